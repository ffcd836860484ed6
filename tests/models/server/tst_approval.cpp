// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "servicefixture.h"

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

const QByteArray toDisplay = prov("isFriend", "jid='display@example.org'/>");

Network asking()
{
    Network network;
    network.things = { { .jid = u"meter@example.org"_s }, { .jid = u"display@example.org"_s } };
    network.policy = Policy { .unknownFriends = Policy::Unknown::Ask };
    return network;
}

Network pair()
{
    Network network = asking();
    network.friendships = { makeFriendship(u"meter@example.org"_s, u"display@example.org"_s) };
    return network;
}

QString result(const wire::Element &answer)
{
    return answer.firstChild() ? answer.firstChild()->attribute("result"_L1) : QString();
}

} // namespace

/// What administrators decide later, and for a while.
class TestApproval : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s05_aQuestionIsKeptOnceForEachPair()
    {
        ServiceFixture fixture;
        fixture.start(asking());
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"false"_s);
        // The answer has left only after the question was stored.
        const QList<castellan::Question> questions = fixture.network().questions;
        QCOMPARE(questions.size(), 1);
        QCOMPARE(questions.first().asker, u"meter@example.org"_s);
        QCOMPARE(questions.first().jid, u"display@example.org"_s);
        QVERIFY(questions.first().asked.isValid());

        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"false"_s);
        QCOMPARE(result(fixture.ask("display@example.org/r", prov("isFriend", "jid='meter@example.org'/>"))),
                 u"false"_s);
        QCOMPARE(fixture.network().questions, questions);
    }

    void s05_consolesSeeQuestionsAndContainments()
    {
        ServiceFixture fixture;
        fixture.start(asking());
        namespace admin = wire::admin;
        const auto tell = [&fixture](const admin::Request &request) {
            const QByteArray type = std::holds_alternative<admin::Subscribe>(request) ? "set" : "get";
            const wire::Element answer = fixture.request(type, "admin@example.org/c",
                                                         admin::write(request).toXml());
            return answer.firstChild() ? admin::readResponse(*answer.firstChild())
                                       : Result<admin::Response>(fail({}, u"no answer"_s));
        };
        QVERIFY(tell(admin::Subscribe {}));
        fixture.transport.sent.clear();
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.put(Containment { .jid = u"display@example.org"_s });
        const auto isEvent = [](const wire::Element &stanza) {
            const auto event = stanza.firstChild() ? admin::readEvent(*stanza.firstChild())
                                                   : Result<admin::Event>(fail({}, u"none"_s));
            return stanza.name == "message"_L1 && event && event->revision == 3;
        };
        QVERIFY(!fixture.waitForSent(isEvent).name.isEmpty());
        const auto response = tell(admin::GetChanges { .since = 1 });
        QVERIFY(response);
        QList<ObjectKey> keys;
        for (const VersionedObject &object : std::get<admin::Objects>(*response).objects)
            keys.append(object.key);
        QCOMPARE(keys,
                 (QList<ObjectKey> {
                     { ObjectType::Question, friendshipId(u"meter@example.org"_s, u"display@example.org"_s) },
                     { ObjectType::Containment, u"display@example.org"_s } }));
    }

    void s05_whereNobodyIsToBeAskedNothingIsKept()
    {
        ServiceFixture fixture;
        Network network = asking();
        network.policy->unknownFriends = Policy::Unknown::Deny;
        fixture.start(network);
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"false"_s);
        QVERIFY(fixture.network().questions.isEmpty());
    }

    void s05_questionsAreBounded()
    {
        ServiceFixture fixture;
        fixture.settings.noting.questions = 5;
        fixture.settings.noting.questionsPerAsker = 3;
        fixture.start(asking());
        for (int i = 0; i < 6; ++i) {
            const QByteArray jid = "x" + QByteArray::number(i) + "@example.org";
            QCOMPARE(result(fixture.ask("meter@example.org/r", prov("isFriend", "jid='" + jid + "'/>"))),
                     u"false"_s);
        }
        QCOMPARE(fixture.network().questions.size(), 3);
        for (int i = 0; i < 6; ++i) {
            const QByteArray jid = "x" + QByteArray::number(i) + "@example.org";
            QCOMPARE(result(fixture.ask("display@example.org/r", prov("isFriend", "jid='" + jid + "'/>"))),
                     u"false"_s);
        }
        QCOMPARE(fixture.network().questions.size(), 5);

        // What was answered makes room.
        fixture.put(makeFriendship(u"meter@example.org"_s, u"x0@example.org"_s));
        QCOMPARE(fixture.network().questions.size(), 4);
        fixture.ask("third@example.org/r", prov("isFriend", "jid='x9@example.org'/>"));
        QCOMPARE(fixture.network().questions.size(), 5);
    }

    void s06_aLateApprovalIsTold()
    {
        ServiceFixture fixture;
        fixture.start(asking());
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.put(makeFriendship(u"meter@example.org"_s, u"display@example.org"_s));
        QVERIFY(fixture.network().questions.isEmpty());
        const wire::Element message = fixture.waitForSent(isMessage);
        QCOMPARE(message.attribute("to"_L1), u"meter@example.org/r"_s);
        QCOMPARE(message.firstChild()->name, u"friend"_s);
        QCOMPARE(message.firstChild()->attribute("jid"_L1), u"display@example.org"_s);
        fixture.answer(fixture.waitForSent(isClearCache));
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"true"_s);
    }

    void s06_aLateApprovalByARuleReachesWhoWasOffline()
    {
        ServiceFixture fixture;
        fixture.start(asking());
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.receive("<presence type='unavailable' from='meter@example.org/r' to='prov.example.org'/>");
        fixture.put(FriendshipRule {
            .id = u"1"_s, .one = { .kind = Subject::Kind::Jid, .value = u"meter@example.org"_s } });
        QVERIFY(fixture.network().questions.isEmpty());
        fixture.kill();
        fixture.start();
        fixture.receive("<presence from='meter@example.org/r2' to='prov.example.org'/>");
        QCOMPARE(fixture.waitForSent(isMessage).attribute("to"_L1), u"meter@example.org/r2"_s);
        QVERIFY(!fixture.waitForSent(isClearCache).name.isEmpty());
    }

    void s06_aRejectionIsSilent()
    {
        ServiceFixture fixture;
        fixture.start(asking());
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.put(
            makeFriendship(u"meter@example.org"_s, u"display@example.org"_s, Friendship::State::Rejected));
        QVERIFY(fixture.network().questions.isEmpty());
        QVERIFY(fixture.deliveries().isEmpty());
        fixture.ask("meter@example.org/r", toDisplay);
        QVERIFY(fixture.network().questions.isEmpty());
    }

    void s25_containedUntilReleased()
    {
        ServiceFixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r", toDisplay);
        QCOMPARE(result(fixture.ask("display@example.org/r", prov("isFriend", "jid='meter@example.org'/>"))),
                 u"true"_s);
        const Revision contained = fixture.put(Containment { .jid = u"meter@example.org"_s });
        const auto told = [&fixture](const QString &what) {
            QStringList to;
            for (int i = 0; i < 2; ++i) {
                const wire::Element message = fixture.waitForSent(isMessage);
                if (message.firstChild() && message.firstChild()->name == what)
                    to.append(message.attribute("to"_L1));
            }
            for (int i = 0; i < 2; ++i)
                fixture.answer(fixture.waitForSent(isClearCache));
            to.sort();
            return to;
        };
        const QStringList both { u"display@example.org/r"_s, u"meter@example.org/r"_s };
        QCOMPARE(told(u"unfriend"_s), both);
        QCOMPARE(result(fixture.ask("display@example.org/r", prov("isFriend", "jid='meter@example.org'/>"))),
                 u"false"_s);
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"false"_s);
        QVERIFY(fixture.network().questions.isEmpty()); // there is nothing to ask

        fixture.remove({ ObjectType::Containment, u"meter@example.org"_s }, contained);
        QCOMPARE(told(u"friend"_s), both);
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"true"_s);
        QCOMPARE(fixture.network().friendships, pair().friendships);
    }

    void s25_containedForAWhile()
    {
        ServiceFixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.put(Containment { .jid = u"meter@example.org"_s,
                                  .until = QDateTime::currentDateTimeUtc().addMSecs(100) });
        QCOMPARE(fixture.waitForSent(isMessage).firstChild()->name, u"unfriend"_s);
        fixture.answer(fixture.waitForSent(isClearCache));
        QCOMPARE(fixture.waitForSent(isMessage).firstChild()->name, u"friend"_s);
        fixture.answer(fixture.waitForSent(isClearCache));
        QCOMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"true"_s);
        const RevisionInfo info = fixture.store->revisions(2, 1).result().value().revisions.first();
        QCOMPARE(info.by, u"prov.example.org"_s);
        QVERIFY2(info.title.contains(u"meter@example.org"_s), qPrintable(info.title));
        QCOMPARE(info.changes, 1);
    }

    void s25_whatEndedWhileTheServerWasDownIsReleasedAtItsStart()
    {
        ServiceFixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r", toDisplay);
        fixture.put(Containment { .jid = u"meter@example.org"_s,
                                  .until = QDateTime::currentDateTimeUtc().addMSecs(50) });
        const QDateTime until = fixture.network().containments.value(0).until;
        fixture.kill();
        QTRY_VERIFY(QDateTime::currentDateTimeUtc() > until);
        fixture.start();
        QTRY_VERIFY(fixture.network().containments.isEmpty());
        QTRY_COMPARE(result(fixture.ask("meter@example.org/r", toDisplay)), u"true"_s);
    }

    void s25_anImportedContainmentThatIsOverEnds()
    {
        ServiceFixture fixture;
        Network network = pair();
        network.containments = { { .jid = u"meter@example.org"_s,
                                   .until = QDateTime::currentDateTimeUtc().addDays(-1) } };
        fixture.start(network);
        QTRY_VERIFY(fixture.network().containments.isEmpty());
    }

    void s23_aRulesValidityBeginsAndEnds()
    {
        ServiceFixture fixture;
        fixture.start(pair());
        const QByteArray question = prov("canRead", "jid='display@example.org' momentary='true'/>");
        QCOMPARE(result(fixture.ask("meter@example.org/r", question)), u"false"_s);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        fixture.put(AccessRule { .id = u"soon"_s,
                                 .target = { .kind = Target::Kind::Device, .value = u"meter@example.org"_s },
                                 .from = now.addMSecs(150),
                                 .until = now.addMSecs(300) });
        fixture.answer(fixture.waitForSent(isClearCache)); // of the rule as such
        fixture.answer(fixture.waitForSent(isClearCache));
        QCOMPARE(result(fixture.ask("meter@example.org/r", question)), u"true"_s);
        fixture.answer(fixture.waitForSent(isClearCache));
        QCOMPARE(result(fixture.ask("meter@example.org/r", question)), u"false"_s);
        const auto revisions = fixture.store->revisions(2, 10).result().value().revisions;
        QCOMPARE(revisions.size(), 2);
        QCOMPARE(revisions.first().changes, 0);
    }

    void s23_aValidityThatEndedWhileTheServerWasDown()
    {
        ServiceFixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r", toDisplay);
        const QDateTime until = QDateTime::currentDateTimeUtc().addMSecs(100);
        fixture.put(AccessRule { .id = u"short"_s, .until = until });
        fixture.answer(fixture.waitForSent(isClearCache));
        fixture.kill();
        QTRY_VERIFY(QDateTime::currentDateTimeUtc() > until);
        fixture.start();
        fixture.receive("<presence from='meter@example.org/r' to='prov.example.org'/>");
        QTRY_COMPARE(fixture.store->load().result().value().revision, 3);
        const wire::Element iq = fixture.waitForSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"meter@example.org/r"_s);
    }
};

QTEST_GUILESS_MAIN(TestApproval)
#include "tst_approval.moc"
