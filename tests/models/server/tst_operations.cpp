// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminfixture.h"

using namespace castellan;
using namespace castellan::server;

namespace {

/// One request of each operation that does something in administrated().
QList<admin::Request> oneOfEach()
{
    const AccessRule rule { .id = u"new"_s };
    const ChangeSet changeSet { .id = u"set"_s,
                                .title = {},
                                .changes = {
                                    { .key = { ObjectType::AccessRule, rule.id }, .object = rule } } };
    return {
        admin::GetCapabilities {},
        admin::GetChanges {},
        admin::GetObject { { ObjectType::Thing, u"lamp@example.org"_s } },
        admin::ListObjects {},
        admin::GetDeliveries {},
        admin::GetRevisions {},
        admin::GetStatuses {},
        admin::GetHistory {},
        admin::Verify {},
        admin::Preview { changeSet },
        admin::Explain { .asker = u"lamp@example.org"_s,
                         .question = wire::IsFriend { Jid::parse(u"meter@example.org").value() } },
        admin::Apply { changeSet },
        admin::Confirm { u"set"_s },
        admin::Revert { u"set"_s },
        admin::Contain { .jid = u"lamp@example.org"_s },
        admin::Release { .jid = u"lamp@example.org"_s },
        admin::Unfriend { .jid = u"lamp@example.org"_s, .peer = u"meter@example.org"_s },
        admin::AnswerQuestion {
            .asker = u"switch@example.org"_s, .jid = u"lamp@example.org"_s, .accept = true },
        admin::Subscribe {},
        admin::Unsubscribe {},
    };
}

/// As the design says it, and not the table of the server.
QList<AdminRole> mayUse(const QString &operation)
{
    if (QStringList { u"apply"_s, u"confirm"_s, u"revert"_s, u"answer"_s }.contains(operation))
        return { AdminRole::Administrator };
    if (QStringList { u"contain"_s, u"release"_s, u"unfriend"_s }.contains(operation))
        return { AdminRole::Administrator, AdminRole::Support };
    return { AdminRole::Administrator, AdminRole::Support, AdminRole::Auditor };
}

} // namespace

class TestOperations : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theTableHasEveryOperationOnce()
    {
        const QList<admin::Request> requests = oneOfEach();
        QCOMPARE(qsizetype(Operations::table().size()), requests.size());
        for (qsizetype i = 0; i < requests.size(); ++i) {
            QCOMPARE(qsizetype(requests.at(i).index()), i);
            QCOMPARE(Operations::table()[size_t(i)].name, admin::operationName(requests.at(i)));
        }
    }

    /// Every operation × every role, as typed iq.
    void rolesAreEnforced_data()
    {
        QTest::addColumn<qsizetype>("index");
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<bool>("allowed");
        const QList<admin::Request> requests = oneOfEach();
        const std::tuple<const char *, QByteArray, AdminRole> callers[] = {
            { "administrator", console, AdminRole::Administrator },
            { "support", supporter, AdminRole::Support },
            { "auditor", auditor, AdminRole::Auditor },
            { "stranger", stranger, AdminRole::None },
        };
        for (qsizetype i = 0; i < requests.size(); ++i) {
            const QString name = admin::operationName(requests.at(i));
            for (const auto &[role, from, adminRole] : callers)
                QTest::addRow("%s by %s", qPrintable(name), role)
                    << i << from << mayUse(name).contains(adminRole);
        }
    }
    void rolesAreEnforced()
    {
        QFETCH(qsizetype, index);
        QFETCH(QByteArray, from);
        QFETCH(bool, allowed);
        AdminFixture fixture;
        fixture.start(administrated());
        const admin::Request request = oneOfEach().at(index);
        const wire::Element answer = fixture.send(request, from);
        QVERIFY(!answer.name.isEmpty());
        QCOMPARE(condition(answer) != "forbidden"_L1, allowed);
        if (!allowed)
            QCOMPARE(fixture.store->load().result().value().revision, 1);
    }

    void capabilitiesListWhatTheRoleMayUse()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        for (const auto &[from, role] : { std::pair { console, AdminRole::Administrator },
                                          { supporter, AdminRole::Support },
                                          { auditor, AdminRole::Auditor } }) {
            const auto capabilities = fixture.get<admin::Capabilities>(admin::GetCapabilities {}, from);
            QCOMPARE(capabilities.role, role);
            QStringList expected;
            for (const admin::Request &request : oneOfEach()) {
                if (mayUse(admin::operationName(request)).contains(role))
                    expected.append(admin::operationName(request));
            }
            QCOMPARE(capabilities.operations, expected);
        }
    }

    void aRoleComesWithACertificateThatIsProved()
    {
        AdminFixture fixture;
        Network network = administrated();
        network.roleGrants.append({ holder().thumbprint(), AdminRole::Support, {} });
        fixture.start(network);
        const admin::Contain contain { .jid = u"lamp@example.org"_s };
        QCOMPARE(condition(fixture.send(contain, stranger)), u"forbidden"_s);
        // Knowing the certificate is not owning it.
        std::ignore = fixture.challenge(stranger);
        QCOMPARE(condition(fixture.send(contain, stranger)), u"forbidden"_s);
        QVERIFY(!fixture.token("other@example.org/o").isEmpty());
        QCOMPARE(condition(fixture.send(contain, stranger)), u"forbidden"_s);
        QVERIFY(!fixture.token(stranger).isEmpty());
        QCOMPARE(fixture.get<admin::Capabilities>(admin::GetCapabilities {}, stranger).role,
                 AdminRole::Support);
        fixture.get<admin::Applied>(contain, stranger);

        // With the certificate goes the role.
        Certificate certificate = fixture.all<Certificate>(ObjectType::Certificate).value(0);
        certificate.revoked = true;
        fixture.put(certificate);
        QCOMPARE(condition(fixture.send(admin::GetCapabilities {}, stranger)), u"forbidden"_s);
    }

    void theHighestRoleCounts()
    {
        AdminFixture fixture;
        Network network = administrated();
        network.roleGrants.append({ holder().thumbprint(), AdminRole::Administrator, {} });
        fixture.start(network);
        QVERIFY(!fixture.token(auditor).isEmpty());
        QCOMPARE(fixture.get<admin::Capabilities>(admin::GetCapabilities {}, auditor).role,
                 AdminRole::Administrator);
    }

    void rolesChangeWithACommit()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        fixture.put(RoleGrant { u"auditor@example.org"_s, AdminRole::Support, {} });
        fixture.get<admin::Applied>(admin::Contain { .jid = u"lamp@example.org"_s }, auditor);
        fixture.remove({ ObjectType::RoleGrant, u"auditor@example.org"_s });
        QCOMPARE(condition(fixture.send(admin::GetCapabilities {}, auditor)), u"forbidden"_s);
    }

    void anAdministratorRemains_data()
    {
        QTest::addColumn<Change>("change");
        const ObjectKey key { ObjectType::RoleGrant, u"admin@example.org"_s };
        QTest::newRow("removed") << Change { .verb = Change::Verb::Remove, .key = key, .base = 1 };
        QTest::newRow("made less") << Change {
            .key = key, .base = 1, .object = RoleGrant { u"admin@example.org"_s, AdminRole::Support, {} }
        };
        QTest::newRow("contained") << Change { .key = { ObjectType::Containment, u"admin@example.org"_s },
                                               .object = Containment { .jid = u"admin@example.org"_s } };
    }
    void anAdministratorRemains()
    {
        QFETCH(Change, change);
        AdminFixture fixture;
        fixture.start(administrated());
        QCOMPARE(condition(
                     fixture.send(admin::Apply { { .id = u"1"_s, .title = {}, .changes = { change } } })),
                 u"not-allowed"_s);
        QCOMPARE(fixture.store->load().result().value().revision, 1);
        fixture.put(RoleGrant { u"second@example.org"_s, AdminRole::Administrator, {} });
        fixture.get<admin::Applied>(admin::Apply { { .id = u"2"_s, .title = {}, .changes = { change } } });
        QCOMPARE(fixture.store->load().result().value().revision, 3);
    }

    void s25_supportContainsAndReleases()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        const auto contained = fixture.get<admin::Applied>(
            admin::Contain { .jid = u"LAMP@example.org/somewhere"_s, .until = {}, .comment = u"stolen"_s },
            supporter);
        QVERIFY(contained.deliveries > 0);
        QVERIFY(!fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        // Once more: another comment, no conflict.
        fixture.get<admin::Applied>(
            admin::Contain { .jid = u"lamp@example.org"_s, .until = {}, .comment = u"found"_s }, supporter);
        QCOMPARE(fixture.all<Containment>(ObjectType::Containment).value(0).comment, u"found"_s);
        fixture.get<admin::Applied>(admin::Release { .jid = u"lamp@example.org"_s }, supporter);
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        QCOMPARE(condition(fixture.send(admin::Release { .jid = u"lamp@example.org"_s }, supporter)),
                 u"item-not-found"_s);
    }

    void badContainmentsAreRefused()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        QCOMPARE(condition(fixture.send(admin::Contain { .jid = u"a b@c"_s })), u"jid-malformed"_s);
        QCOMPARE(condition(fixture.send(admin::Contain {
                     .jid = u"a@c"_s, .until = QDateTime::currentDateTimeUtc().addSecs(-1) })),
                 u"bad-request"_s);
    }

    void supportCannotDisarmAdministrators()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        fixture.put(RoleGrant { u"second@example.org"_s, AdminRole::Administrator, {} });
        QCOMPARE(condition(fixture.send(admin::Contain { .jid = u"second@example.org"_s }, supporter)),
                 u"forbidden"_s);
        fixture.get<admin::Applied>(admin::Contain { .jid = u"second@example.org"_s });
        QCOMPARE(condition(fixture.send(admin::GetCapabilities {}, "second@example.org/r")), u"forbidden"_s);
    }

    void unfriendingMakesARejectedPair()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        fixture.get<admin::Applied>(admin::Unfriend { .jid = u"meter@example.org"_s,
                                                      .peer = u"lamp@example.org"_s,
                                                      .comment = u"as asked"_s },
                                    supporter);
        QVERIFY(!fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        const Friendship pair = fixture.all<Friendship>(ObjectType::Friendship).value(0);
        QCOMPARE(pair.state, Friendship::State::Rejected);
        QCOMPARE(pair.comment, u"as asked"_s);
        QCOMPARE(condition(fixture.send(
                     admin::Unfriend { .jid = u"lamp@example.org"_s, .peer = u"lamp@example.org"_s })),
                 u"bad-request"_s);
    }

    void s06_aQuestionIsAnswered_data()
    {
        using Scope = admin::AnswerQuestion::Scope;
        QTest::addColumn<Scope>("scope");
        QTest::addColumn<bool>("accept");
        QTest::addColumn<int>("pairs"); // besides that of lamp and meter
        QTest::newRow("pair") << Scope::Pair << true << 1;
        QTest::newRow("not the pair") << Scope::Pair << false << 1;
        QTest::newRow("domain") << Scope::Domain << true << 0;
        QTest::newRow("role") << Scope::Role << true << 0;
        QTest::newRow("everyone") << Scope::Everyone << true << 0;
        QTest::newRow("nobody") << Scope::Everyone << false << 0;
    }
    void s06_aQuestionIsAnswered()
    {
        QFETCH(admin::AnswerQuestion::Scope, scope);
        QFETCH(bool, accept);
        QFETCH(int, pairs);
        AdminFixture fixture;
        fixture.start(administrated());
        QVERIFY(!fixture.areFriends(u"switch@example.org"_s, u"lamp@example.org"_s));
        const admin::AnswerQuestion answer { .asker = u"switch@example.org"_s,
                                             .jid = u"lamp@example.org"_s,
                                             .accept = accept,
                                             .scope = scope,
                                             .role = u"switches"_s };
        fixture.get<admin::Applied>(answer);
        QCOMPARE(fixture.all<Question>(ObjectType::Question).size(), 0);
        QCOMPARE(fixture.all<Friendship>(ObjectType::Friendship).size(), 1 + pairs);
        QCOMPARE(fixture.all<FriendshipRule>(ObjectType::FriendshipRule).size(), 1 - pairs);
        QCOMPARE(fixture.areFriends(u"switch@example.org"_s, u"lamp@example.org"_s), accept);
        // Who had asked is told.
        const wire::Element message = accept ? fixture.waitForSent(isMessage) : fixture.takeSent(isMessage);
        QCOMPARE(!message.name.isEmpty(), accept);
        QCOMPARE(condition(fixture.send(answer)), u"item-not-found"_s);
    }

    void anAnswerForARoleThatTheAskerLacksIsRefused()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        QCOMPARE(condition(fixture.send(admin::AnswerQuestion { .asker = u"switch@example.org"_s,
                                                                .jid = u"lamp@example.org"_s,
                                                                .accept = true,
                                                                .scope = admin::AnswerQuestion::Scope::Role,
                                                                .role = u"lights"_s })),
                 u"bad-request"_s);
        QCOMPARE(fixture.store->load().result().value().revision, 1);
    }

    void explainSaysWhatDecides()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        const Jid meterJid = Jid::parse(u"meter@example.org").value();
        const auto friends = fixture.get<admin::Explained>(
            admin::Explain { .asker = u"lamp@example.org"_s, .question = wire::IsFriend { meterJid } },
            auditor);
        QCOMPARE(std::get<wire::IsFriendResponse>(friends.answer).result, true);
        QCOMPARE(friends.verdicts.value(0).by, admin::Verdict::By::Pair);
        QCOMPARE(friends.verdicts.value(0).decidedBy, u"lamp@example.org meter@example.org"_s);

        const wire::CanRead question { .jid = meterJid,
                                       .fields = { u"Power"_s },
                                       .types = FieldType::Momentary | FieldType::Peak,
                                       .typesWritten = true };
        const admin::Explain explain { .asker = u"lamp@example.org"_s, .question = question };
        const auto reading = fixture.get<admin::Explained>(explain, auditor);
        // The answer is what the device itself gets.
        const auto real = payloadOf<wire::CanReadResponse>(
            fixture.ask("lamp@example.org/r", xml(wire::Provisioning(question))));
        QCOMPARE(std::get<wire::CanReadResponse>(reading.answer), real);
        QCOMPARE(reading.verdictCount, 2);
        QCOMPARE(reading.verdicts.value(0).decidedBy, u"read"_s);
        QCOMPARE(reading.verdicts.value(0).considered.value(0).outcome,
                 admin::Consideration::Outcome::Decided);

        // As if another rule came first, and as if that were committed by somebody else meanwhile.
        const AccessRule rule { .id = u"new"_s, .effect = Effect::Deny };
        admin::Explain withRule = explain;
        withRule.changeSet = ChangeSet {
            .id = u"set"_s,
            .title = {},
            .changes = { { .key = { ObjectType::AccessRule, rule.id }, .object = rule, .after = u""_s } }
        };
        const auto denied = fixture.get<admin::Explained>(withRule, auditor);
        QVERIFY(!std::get<wire::CanReadResponse>(denied.answer).result);
        QCOMPARE(denied.verdicts.value(0).decidedBy, u"new"_s);
        QCOMPARE(denied.revision, reading.revision);
        QCOMPARE(fixture.get<admin::Explained>(explain, auditor), reading);
        fixture.get<admin::Applied>(admin::Apply {
            ChangeSet { .id = u"other"_s, .title = {}, .changes = withRule.changeSet->changes } });
        QCOMPARE(condition(fixture.send(withRule, auditor)), u"conflict"_s);
        fixture.get<admin::Applied>(admin::Revert { u"other"_s });

        fixture.get<admin::Applied>(admin::Contain { .jid = u"meter@example.org"_s });
        const auto contained = fixture.get<admin::Explained>(explain, auditor);
        QVERIFY(!std::get<wire::CanReadResponse>(contained.answer).result);
        QCOMPARE(contained.verdicts.value(0).by, admin::Verdict::By::Containment);
        QCOMPARE(contained.verdicts.value(0).decidedBy, u"meter@example.org"_s);
    }

    void explainTakesCertificatesInsteadOfTokens()
    {
        AdminFixture fixture;
        fixture.start(server::network());
        const QString token = fixture.token(portal);
        const Jid display = Jid::parse(u"display@example.org").value();
        wire::CanRead question { .jid = display, .fields = { u"Energy"_s } };
        admin::Explain explain { .asker = u"meter@example.org"_s, .question = question };
        const auto allowed = [&] {
            const auto explained = fixture.get<admin::Explained>(explain);
            return std::get<wire::CanReadResponse>(explained.answer).result;
        };
        QVERIFY(!allowed());
        explain.bearers = { { .as = admin::Bearer::As::Service, .certificate = holder().thumbprint() } };
        QVERIFY(allowed());
        explain.bearers = { { .as = admin::Bearer::As::User, .user = u"Kermit"_s, .service = serviceId } };
        QVERIFY(!allowed()); // another rule, about another field

        question.tokens.service = { token };
        explain.question = question;
        QCOMPARE(condition(fixture.send(explain)), u"bad-request"_s);
    }

    void explainAnswersServicesAsTheyAreAnswered()
    {
        AdminFixture fixture;
        fixture.start(server::network());
        const QString token = fixture.token(portal);
        for (const QString &privilege : { u"Sensors.View"_s, u"Sensors.Delete"_s, u"Else"_s }) {
            const auto real = payloadOf<wire::HasPrivilegeResponse>(
                fixture.ServiceFixture::ask(portal,
                                            xml(wire::Provisioning(wire::HasPrivilege {
                                                .serviceTokens = { token }, .privilegeId = privilege }))));
            const auto explained = fixture.get<admin::Explained>(admin::Explain {
                .asker = serviceId,
                .bearers = { { .as = admin::Bearer::As::Service, .certificate = holder().thumbprint() } },
                .question = wire::HasPrivilege { .privilegeId = privilege } });
            QCOMPARE(std::get<wire::HasPrivilegeResponse>(explained.answer), real);
            QCOMPARE(explained.verdicts.size(), 1);
        }
        const auto access = fixture.get<admin::Explained>(admin::Explain {
            .asker = serviceId,
            .bearers = { { .as = admin::Bearer::As::Service, .certificate = holder().thumbprint() } },
            .question = wire::CanAccess {} });
        QVERIFY(!std::get<wire::CanAccessResponse>(access.answer).result);
        QCOMPARE(access.verdicts.value(0).considered.value(0).conditions, QList<bool> { false });
    }

    void explanationsHaveLimits()
    {
        AdminFixture fixture;
        fixture.settings.admin.combinations = 50;
        fixture.settings.admin.rows = 3;
        fixture.start(administrated());
        wire::CanRead question { .jid = Jid::parse(u"meter@example.org").value(), .fields = { u"Power"_s } };
        const auto some = fixture.get<admin::Explained>(
            admin::Explain { .asker = u"lamp@example.org"_s, .question = question });
        QCOMPARE(some.verdicts.size(), 3);
        QCOMPARE(some.verdictCount, 14);
        question.fields = { u"a"_s, u"b"_s, u"c"_s, u"d"_s };
        QCOMPARE(condition(
                     fixture.send(admin::Explain { .asker = u"lamp@example.org"_s, .question = question })),
                 u"policy-violation"_s);
    }

    void analysesOfOneAreFewAtOnce()
    {
        AdminFixture fixture;
        fixture.settings.admin.analyses = 0;
        fixture.start(administrated());
        QCOMPARE(condition(fixture.send(admin::Explain {
                     .asker = u"lamp@example.org"_s,
                     .question = wire::IsFriend { Jid::parse(u"meter@example.org").value() } })),
                 u"resource-constraint"_s);
        fixture.get<admin::Capabilities>(admin::GetCapabilities {});
    }

    void historyTellsWhoDidWhat()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        fixture.get<admin::Applied>(
            admin::Contain { .jid = u"lamp@example.org"_s, .until = {}, .comment = u"stolen"_s }, supporter);
        std::ignore = fixture.send(admin::GetCapabilities {}, stranger);
        QTRY_COMPARE(fixture.get<admin::History>(admin::GetHistory {}, auditor).entries.size(),
                     3); // the import
        const auto contained = fixture.get<admin::History>(
            admin::GetHistory { { .object = ObjectKey { ObjectType::Containment, u"lamp@example.org"_s } } },
            auditor);
        QCOMPARE(contained.entries.size(), 1);
        const AuditRecord &entry = contained.entries.first();
        QCOMPARE(entry.by, QString::fromUtf8(supporter));
        QCOMPARE(entry.revision, 2);
        QVERIFY(entry.before.isEmpty() && entry.after.contains(u"stolen"_s));
        const auto last = fixture.get<admin::History>(admin::GetHistory { {}, { .max = 1, .before = u""_s } },
                                                      auditor);
        QCOMPARE(last.entries.size(), 1);
        QCOMPARE(last.entries.first().by, QString::fromUtf8(stranger));
        const auto verified = fixture.get<admin::Verified>(admin::Verify {}, auditor);
        QCOMPARE(verified.entries, 3);
        QCOMPARE(verified.head, last.entries.first().hash);
        QVERIFY(!verified.firstBroken);
    }

    void historyFitsIntoStanzas()
    {
        AdminFixture fixture;
        fixture.settings.admin.pageBytes = 3000;
        fixture.start(administrated());
        for (int i = 0; i < 5; ++i) {
            fixture.put(Thing { .jid = u"t%1@example.org"_s.arg(i), .comment = QString(1000, u'x') });
        }
        QStringList ids;
        admin::GetHistory request;
        for (int pages = 0; pages < 20; ++pages) {
            const auto page = fixture.get<admin::History>(request);
            QVERIFY(page.entries.size() < 4);
            for (const AuditRecord &entry : page.entries)
                ids.append(QString::number(entry.id));
            if (page.page.complete)
                break;
            request.page.after = page.page.last;
        }
        QCOMPARE(ids, (QStringList { u"1"_s, u"2"_s, u"3"_s, u"4"_s, u"5"_s, u"6"_s }));
    }

    void listsAreFilteredSortedAndPagedBothWays()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        fixture.put(Thing { .jid = u"meter@example.org"_s, .name = u"Meter"_s, .tags = { u"wet"_s } });
        const auto ids = [&](const admin::ListObjects &request) {
            QStringList ids;
            for (const VersionedObject &object : fixture.get<admin::Objects>(request, auditor).objects)
                ids.append(object.key.id.section(u'@', 0, 0));
            return ids;
        };
        using Property = Filter::Property;
        QCOMPARE(ids({ {} }), (QStringList { u"lamp"_s, u"meter"_s, u"switch"_s }));
        QCOMPARE(ids({ { .descending = true } }), (QStringList { u"switch"_s, u"meter"_s, u"lamp"_s }));
        QCOMPARE(ids({ { .sort = Listing::Sort::Version } }),
                 (QStringList { u"lamp"_s, u"switch"_s, u"meter"_s }));
        QCOMPARE(ids({ { .filters = { { Property::Tag, u"wet"_s } } } }), (QStringList { u"meter"_s }));
        QCOMPARE(ids({ { .filters = { { Property::Tag, u"we"_s } } } }), QStringList());
        QCOMPARE(ids({ { .filters = { { Property::Role, u"lights"_s } } } }), (QStringList { u"lamp"_s }));
        QCOMPARE(ids({ { .search = u"M"_s, .filters = { { Property::Noted, u"false"_s } } } }).size(), 3);
        QCOMPARE(ids({ { .type = ObjectType::AccessRule,
                         .filters = { { Property::Jid, u"meter@example.org"_s } } } }),
                 (QStringList { u"read"_s }));
        QCOMPARE(ids({ { .type = ObjectType::Friendship,
                         .filters = { { Property::Jid, u"meter@example.org"_s } } } })
                     .size(),
                 1);
        QCOMPARE(ids({ { .type = ObjectType::Friendship,
                         .filters = { { Property::Jid, u"eter@example.org"_s } } } })
                     .size(),
                 0);
        QCOMPARE(condition(fixture.send(admin::ListObjects {
                     { .type = ObjectType::Policy, .filters = { { Property::Owner, u"x"_s } } } })),
                 u"bad-request"_s);

        const auto last = fixture.get<admin::Objects>(
            admin::ListObjects { {}, { .max = 2, .before = u""_s } });
        QCOMPARE(last.objects.size(), 2);
        QCOMPARE(last.objects.first().key.id, u"meter@example.org"_s);
        QVERIFY(!last.page.complete);
        const auto before = fixture.get<admin::Objects>(
            admin::ListObjects { {}, { .max = 2, .before = last.page.first } });
        QCOMPARE(before.objects.size(), 1);
        QCOMPARE(before.objects.first().key.id, u"lamp@example.org"_s);
        QVERIFY(before.page.complete);
        const auto counted = fixture.get<admin::Objects>(admin::ListObjects { {}, { .max = 0 } });
        QCOMPARE(counted.objects.size(), 0);
        QCOMPARE(counted.page.count, 3);
    }

    void whatIsOpenForOneThing()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        QVERIFY(fixture.areFriends(u"lamp@example.org"_s, u"meter@example.org"_s));
        fixture.receive("<presence type='unavailable' from='lamp@example.org/r' to='prov.example.org'/>");
        fixture.get<admin::Applied>(admin::Contain { .jid = u"meter@example.org"_s });
        const auto open = fixture.get<admin::Deliveries>(
            admin::GetDeliveries { .openFor = u"Lamp@example.org/r"_s }, supporter);
        QVERIFY(!open.deliveries.isEmpty());
        for (const Delivery &delivery : open.deliveries)
            QCOMPARE(delivery.jid, u"lamp@example.org"_s);
        QVERIFY(open.page.complete);
        QCOMPARE(fixture.get<admin::Deliveries>(admin::GetDeliveries { .openFor = u"nobody@example.org"_s })
                     .deliveries.size(),
                 0);
    }
};

QTEST_GUILESS_MAIN(TestOperations)
#include "tst_operations.moc"
