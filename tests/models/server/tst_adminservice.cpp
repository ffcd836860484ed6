// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminfixture.h"

#include <QUuid>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;
namespace admin = castellan::wire::admin;

namespace {

Network manyThings(int count)
{
    Network network;
    for (int i = 0; i < count; ++i)
        network.things.append(Thing { .jid = u"thing-%1@example.org"_s.arg(i, 3, 10, QChar(u'0')),
                                      .comment = QString(500, u'x') });
    return network;
}

AccessRule rule(const QString &id)
{
    return { .id = id, .action = Action::Read };
}

} // namespace

class Fixture : public AdminFixture
{
public:
    admin::Applied apply(const QList<Change> &changes)
    {
        return get<admin::Applied>(
            admin::Apply { { .id = QUuid::createUuid().toString(), .changes = changes } });
    }
    admin::Event waitForEvent(const QByteArray &to)
    {
        const wire::Element message = waitForSent([&](const wire::Element &stanza) {
            return stanza.name == "message"_L1 && stanza.attribute("to"_L1).toUtf8() == to;
        });
        const auto event = message.firstChild() ? admin::readEvent(*message.firstChild())
                                                : Result<admin::Event>(fail({}, {}));
        return event.value_or(admin::Event {});
    }
};

class TestAdminService : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void capabilitiesNameTheLimits()
    {
        Fixture fixture;
        fixture.start();
        const auto capabilities = fixture.get<admin::Capabilities>(admin::GetCapabilities {});
        QCOMPARE(capabilities.role, AdminRole::Administrator);
        QCOMPARE(capabilities.revision, fixture.store->load().result().value().revision);
        QVERIFY(!capabilities.epoch.isEmpty());
        QVERIFY(capabilities.operations.contains(u"apply"_s));
        QVERIFY(capabilities.pageSize > 0 && capabilities.changeSetSize > 0 && capabilities.searchLength > 0
                && capabilities.concurrent > 0);
    }

    void othersAreForbiddenAndAudited()
    {
        Fixture fixture;
        fixture.start(manyThings(1));
        const qint64 before = fixture.store->verifyAudit().result().value().entries;
        for (const admin::Request &request :
             { admin::Request(admin::GetCapabilities {}), admin::Request(admin::GetChanges {}),
               admin::Request(admin::Subscribe {}), admin::Request(admin::Apply {}) }) {
            QCOMPARE(condition(fixture.send(request, "thing-000@example.org/r")), u"forbidden"_s);
        }
        QCOMPARE(condition(fixture.request("get", "thing-000@example.org/r",
                                           "<nonsense xmlns='urn:castellan:admin:0'/>")),
                 u"forbidden"_s);
        QTRY_COMPARE(fixture.store->verifyAudit().result().value().entries, before + 5);
    }

    void aStrangerCannotFillTheAuditLog()
    {
        Fixture fixture;
        fixture.settings.admin.auditedRefusals = { .perSecond = 0.001, .burst = 2 };
        fixture.start(manyThings(1));
        const qint64 before = fixture.store->verifyAudit().result().value().entries;
        for (int i = 0; i < 10; ++i)
            QCOMPARE(condition(fixture.send(admin::GetCapabilities {}, "thing-000@example.org/r")),
                     u"forbidden"_s);
        QCOMPARE(fixture.store->verifyAudit().result().value().entries, before + 2);
    }

    void changesPageThroughEverything()
    {
        Fixture fixture;
        fixture.settings.admin.pageSize = 10;
        fixture.start(manyThings(25));
        QStringList jids;
        admin::GetChanges request;
        for (int pages = 0; pages < 10; ++pages) {
            const auto page = fixture.get<admin::Objects>(request);
            QVERIFY(page.objects.size() <= 10);
            for (const VersionedObject &object : page.objects)
                jids.append(object.key.id);
            request.page.after = page.page.last;
            if (page.page.complete)
                break;
        }
        QCOMPARE(jids.size(), 25 + 1);
        QCOMPARE(QSet<QString>(jids.cbegin(), jids.cend()).size(), 25 + 1);
    }

    void pagesFitIntoStanzas()
    {
        Fixture fixture;
        fixture.settings.admin.pageBytes = 2000; // some three things
        fixture.start(manyThings(20));
        admin::GetChanges request;
        QStringList jids;
        for (int pages = 0; pages < 20; ++pages) {
            const auto page = fixture.get<admin::Objects>(request);
            QVERIFY(!page.objects.isEmpty() && page.objects.size() <= 4);
            for (const VersionedObject &object : page.objects)
                jids.append(object.key.id);
            request.page.after = page.page.last;
            if (page.page.complete)
                break;
        }
        QCOMPARE(jids.size(), 20 + 1); // and the role of the administrator
    }

    void limitsAreKept()
    {
        Fixture fixture;
        fixture.settings.admin.changeSetSize = 2;
        fixture.settings.admin.searchLength = 3;
        fixture.start(manyThings(3));
        QCOMPARE(condition(fixture.send(admin::ListObjects { { .search = u"long"_s } })),
                 u"policy-violation"_s);
        QCOMPARE(fixture.get<admin::Objects>(admin::ListObjects { { .search = u"001"_s } }).objects.size(),
                 1);
        QList<Change> changes;
        for (const QString &id : { u"a"_s, u"b"_s, u"c"_s })
            changes.append({ .key = { ObjectType::AccessRule, id }, .object = rule(id) });
        QCOMPARE(condition(fixture.send(admin::Apply { { .id = u"too-many"_s, .changes = changes } })),
                 u"policy-violation"_s);
        QCOMPARE(fixture.store->load().result().value().revision, 1);
    }

    void applyChangesWhatIsDecided()
    {
        Fixture fixture;
        fixture.start(manyThings(2));
        const QByteArray question = prov("canRead", "jid='thing-001@example.org'/>");
        QCOMPARE(fixture.ask("thing-000@example.org/r", question).firstChild()->attribute("result"_L1),
                 u"false"_s);
        const admin::Applied applied = fixture.apply(
            { { .key = { ObjectType::AccessRule, u"all"_s }, .object = rule(u"all"_s) } });
        QCOMPARE(applied.revision, 2);
        QCOMPARE(applied.deliveries, 1);
        QCOMPARE(fixture.ask("thing-000@example.org/r", question).firstChild()->attribute("result"_L1),
                 u"true"_s);
        const auto object = fixture.get<admin::Objects>(
            admin::GetObject { { ObjectType::AccessRule, u"all"_s } });
        QCOMPARE(object.objects.value(0).version, 2);
        const auto revisions = fixture.get<admin::Revisions>(admin::GetRevisions { .since = 1 });
        QCOMPARE(revisions.revisions.size(), 1);
        QCOMPARE(revisions.revisions.first().by, QString::fromUtf8(console));
        QCOMPARE(fixture.get<admin::Deliveries>(admin::GetDeliveries {}).deliveries.size(), 1);
        QCOMPARE(condition(fixture.send(admin::GetObject { { ObjectType::AccessRule, u"none"_s } })),
                 u"item-not-found"_s);
    }

    void applyingTwiceChangesOnce()
    {
        Fixture fixture;
        fixture.start(manyThings(1));
        const admin::Apply request {
            { .id = u"once"_s,
              .changes = { { .key = { ObjectType::AccessRule, u"r"_s }, .object = rule(u"r"_s) } } }
        };
        const auto first = fixture.get<admin::Applied>(request);
        const auto second = fixture.get<admin::Applied>(request);
        QCOMPARE(second, first);
        QCOMPARE(fixture.store->load().result().value().revision, 2);
    }

    void aConflictComesWithWhatIsThere()
    {
        Fixture fixture;
        fixture.start(manyThings(1));
        fixture.apply({ { .key = { ObjectType::AccessRule, u"r"_s }, .object = rule(u"r"_s) } });
        const wire::Element answer = fixture.send(admin::Apply {
            { .id = u"late"_s,
              .changes = { { .key = { ObjectType::AccessRule, u"r"_s }, .object = rule(u"r"_s) } } } });
        QCOMPARE(condition(answer), u"conflict"_s);
        const auto error = std::ranges::find(answer.children, u"error"_s, &wire::Element::name);
        const auto conflicts = admin::readConflicts(error->children.last());
        QVERIFY(conflicts);
        QCOMPARE(conflicts->current.size(), 1);
        QCOMPARE(conflicts->current.first().version, 2);
    }

    void badObjectsAreRefused()
    {
        Fixture fixture;
        fixture.start(manyThings(1));
        const wire::Element answer = fixture.send(
            admin::Apply { { .id = u"bad"_s,
                             .changes = { { .key = { ObjectType::Thing, u"a@@b"_s },
                                            .object = Thing { .jid = u"a@@b"_s } } } } });
        QCOMPARE(condition(answer), u"jid-malformed"_s);
        QCOMPARE(fixture.store->load().result().value().revision, 1);
    }

    void subscribersHearOfCommitsDeliveriesAndPresence()
    {
        Fixture fixture;
        fixture.start(manyThings(2));
        fixture.ask("thing-000@example.org/r", prov("canRead", "jid='thing-001@example.org'/>"));
        const auto subscribed = fixture.get<admin::Subscribed>(admin::Subscribe {});
        QCOMPARE(subscribed.expires, 600);
        fixture.apply({ { .key = { ObjectType::AccessRule, u"r"_s }, .object = rule(u"r"_s) } });
        admin::Event event = fixture.waitForEvent(console);
        QCOMPARE(event.revision, 2);
        QVERIFY(event.deliverySequence > subscribed.deliverySequence);

        fixture.receive(
            "<presence type='unavailable' from='thing-000@example.org/r' to='prov.example.org'/>");
        event = fixture.waitForEvent(console);
        while (event.statuses.isEmpty() && event.revision != 0) // of the delivery that waits now
            event = fixture.waitForEvent(console);
        QCOMPARE(event.statuses.value(0).jid, u"thing-000@example.org"_s);
        QVERIFY(!event.statuses.first().online);
        const auto statuses = fixture.get<admin::Statuses>(admin::GetStatuses {});
        const auto status = std::ranges::find(statuses.statuses, u"thing-000@example.org"_s,
                                              &admin::ThingStatus::jid);
        QVERIFY(status != statuses.statuses.cend());
        QVERIFY(!status->online && status->lastAsked.isValid() && status->lastSeen.isValid());
    }

    void administratorsHearOfARestart()
    {
        Fixture fixture;
        fixture.start(manyThings(1));
        const admin::Event event = fixture.waitForEvent("admin@example.org");
        QVERIFY(event.restarted);
        QCOMPARE(event.revision, 1);
    }

    void subscriptionsEnd_data()
    {
        QTest::addColumn<QByteArray>("stanza");
        const QByteArray addresses = " from='" + console + "' to='prov.example.org'";
        QTest::newRow("unavailable") << "<presence type='unavailable'" + addresses + "/>";
        QTest::newRow("bounce") << "<message type='error'" + addresses + "/>";
        QTest::newRow("unsubscribe") << "<iq type='set' id='u'" + addresses
                + "><unsubscribe xmlns='urn:castellan:admin:0'/></iq>";
    }
    void subscriptionsEnd()
    {
        QFETCH(QByteArray, stanza);
        Fixture fixture;
        fixture.start(manyThings(1));
        const QByteArray other = "admin@example.org/other";
        fixture.get<admin::Subscribed>(admin::Subscribe {});
        fixture.get<admin::Subscribed>(admin::Subscribe {}, other);
        fixture.receive(stanza);
        fixture.transport.sent.clear();
        fixture.get<admin::Applied>(admin::Apply { { .id = u"c"_s,
                                                     .changes = { { .key = { ObjectType::AccessRule, u"r"_s },
                                                                    .object = rule(u"r"_s) } } } },
                                    other);
        admin::Event event = fixture.waitForEvent(other);
        while (event.revision == 1) // of who is there
            event = fixture.waitForEvent(other);
        QCOMPARE(event.revision, 2);
        QVERIFY(std::ranges::none_of(fixture.transport.sent, [](const wire::Element &sent) {
            return sent.name == "message"_L1 && sent.attribute("to"_L1).toUtf8() == console;
        }));
    }

    void subscriptionsExpire()
    {
        Fixture fixture;
        fixture.settings.subscribers.expiry = std::chrono::seconds(0);
        fixture.start(manyThings(1));
        fixture.transport.sent.clear();
        fixture.get<admin::Subscribed>(admin::Subscribe {});
        fixture.apply({ { .key = { ObjectType::AccessRule, u"r"_s }, .object = rule(u"r"_s) } });
        QTest::qWait(50); // nothing to wait for: nothing is to come
        QVERIFY(std::ranges::none_of(fixture.transport.sent,
                                     [](const wire::Element &sent) { return sent.name == "message"_L1; }));
    }
};

QTEST_GUILESS_MAIN(TestAdminService)
#include "tst_adminservice.moc"
