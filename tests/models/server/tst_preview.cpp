// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "adminfixture.h"

using namespace castellan;
using namespace castellan::server;

class TestPreview : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    /// What preview says is what apply then does.
    void saysWhatApplyDoes()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        // Who has asked is told.
        for (const QString &jid : { u"lamp@example.org"_s, u"meter@example.org"_s, u"switch@example.org"_s })
            std::ignore = fixture.areFriends(jid, u"somebody@example.org"_s);
        const Friendship accepted = makeFriendship(u"switch@example.org"_s, u"lamp@example.org"_s);
        const AccessRule rule { .id = u"new"_s,
                                .effect = Effect::Deny,
                                .subject = { .kind = Subject::Kind::Jid, .value = u"meter@example.org"_s },
                                .target = { .kind = Target::Kind::Device, .value = u"lamp@example.org"_s } };
        const ChangeSet changeSet {
            .id = u"1"_s,
            .title = {},
            .changes = { { .key = { ObjectType::Friendship, objectId(accepted) }, .object = accepted },
                         { .key = { ObjectType::AccessRule, rule.id }, .object = rule, .after = u""_s } }
        };
        const auto previewed = fixture.get<admin::Previewed>(admin::Preview { changeSet }, auditor);
        QCOMPARE(fixture.store->load().result().value().revision, previewed.revision);
        QVERIFY(previewed.conflicts.isEmpty());
        QCOMPARE(previewed.effects.friendships,
                 (QList<FriendshipEffect> { { true, u"lamp@example.org"_s, u"switch@example.org"_s } }));
        QVERIFY(previewed.effects.accessLost > 0);
        QCOMPARE(previewed.effects.accessGained, 0);
        for (const AccessEffect &effect : previewed.effects.access) {
            QCOMPARE(effect.device, u"lamp@example.org"_s);
            QCOMPARE(effect.who.value, u"meter@example.org"_s);
        }
        QCOMPARE(previewed.removed.size(), 1); // the question
        QCOMPARE(previewed.removed.first().type, ObjectType::Question);

        const auto applied = fixture.get<admin::Applied>(admin::Apply { changeSet });
        QCOMPARE(applied.deliveries, previewed.deliveries);
        QCOMPARE(applied.revision, previewed.revision + 1);
        const auto line = [](const Delivery &delivery) {
            return u"%1 %2 %3"_s.arg(delivery.jid).arg(int(delivery.kind)).arg(delivery.peer);
        };
        QStringList told;
        for (const Delivery &delivery : previewed.told)
            told.append(line(delivery));
        QStringList owed;
        for (const Delivery &delivery : fixture.deliveries())
            owed.append(line(delivery));
        told.sort();
        owed.sort();
        QCOMPARE(owed, told);
    }

    void aTrialLeavesNoTrace()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        const test::Stored before = test::stored(*fixture.store).value();
        const qint64 entries = fixture.store->verifyAudit().result().value().entries;
        const AccessRule rule { .id = u"new"_s };
        const ChangeSet changeSet { .id = u"1"_s,
                                    .title = {},
                                    .changes = {
                                        { .key = { ObjectType::AccessRule, rule.id }, .object = rule } } };
        std::ignore = fixture.get<admin::Previewed>(admin::Preview { changeSet });
        const test::Stored after = test::stored(*fixture.store).value();
        QCOMPARE(after.revision, before.revision);
        QVERIFY(after.network == before.network);
        const AuditCheck check = fixture.store->verifyAudit().result().value();
        QCOMPARE(check.entries, entries);
        QVERIFY(!check.firstBroken);
        // And the chain goes on where it was.
        fixture.get<admin::Applied>(admin::Apply { changeSet });
        QVERIFY(!fixture.store->verifyAudit().result().value().firstBroken);
    }

    void conflictsAreSaid()
    {
        AdminFixture fixture;
        fixture.start(administrated());
        const ChangeSet changeSet { .id = u"1"_s,
                                    .title = {},
                                    .changes = { { .verb = Change::Verb::Remove,
                                                   .key = { ObjectType::AccessRule, u"read"_s },
                                                   .base = 7 } } };
        const auto previewed = fixture.get<admin::Previewed>(admin::Preview { changeSet });
        QCOMPARE(previewed.conflicts.size(), 1);
        QCOMPARE(previewed.conflicts.first().key.id, u"read"_s);
        QCOMPARE(previewed.conflicts.first().version, 1);
    }

    void nobodyWaitsForWhoIsGone()
    {
        AdminFixture fixture;
        Network network = administrated();
        for (int i = 0; i < 300; ++i)
            network.things.append({ .jid = u"t%1@example.org"_s.arg(i) });
        fixture.settings.admin.comparisons = std::numeric_limits<qint64>::max();
        fixture.start(network);
        const AccessRule rule { .id = u"everyone"_s };
        const ChangeSet changeSet { .id = u"1"_s,
                                    .title = {},
                                    .changes = {
                                        { .key = { ObjectType::AccessRule, rule.id }, .object = rule } } };
        // Two that take long, of somebody who leaves, do not keep a third waiting.
        for (const char *id : { "first", "second" }) {
            fixture.receive("<iq type='get' id='" + QByteArray(id) + "' from='" + console
                            + "' to='prov.example.org'>" + admin::write(admin::Preview { changeSet }).toXml()
                            + "</iq>");
        }
        fixture.receive("<presence type='unavailable' from='" + console + "' to='prov.example.org'/>");
        const auto explained = fixture.get<admin::Explained>(
            admin::Explain { .asker = u"lamp@example.org"_s,
                             .question = wire::IsFriend { Jid::parse(u"meter@example.org").value() } },
            auditor);
        QVERIFY(std::get<wire::IsFriendResponse>(explained.answer).result);
    }
};

QTEST_GUILESS_MAIN(TestPreview)
#include "tst_preview.moc"
