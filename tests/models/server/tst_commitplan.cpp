// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/commitplan.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

AccessRule rule(const QString &id, qint64 rank, Action action = Action::Read)
{
    return { .id = id, .action = action, .comment = id, .rank = rank };
}

QStringList order(const rules::Snapshot &snapshot, Action action = Action::Read)
{
    QStringList ids;
    for (const AccessRule &rule : snapshot.network().accessRules) {
        if (rule.action == action)
            ids.append(rule.id);
    }
    return ids;
}

Change put(const QString &id, std::optional<QString> after = {})
{
    return { .key = { ObjectType::AccessRule, id }, .object = rule(id, 0), .after = std::move(after) };
}

Change move(const QString &id, const QString &after)
{
    return { .verb = Change::Verb::Move, .key = { ObjectType::AccessRule, id }, .after = after };
}

Change remove(const QString &id)
{
    return { .verb = Change::Verb::Remove, .key = { ObjectType::AccessRule, id } };
}

Change pairChange(std::optional<Friendship::State> state)
{
    const Friendship pair = makeFriendship(u"a@x"_s, u"b@x"_s, state.value_or(Friendship::State::Accepted));
    Change change { .key = { ObjectType::Friendship, objectId(pair) } };
    if (state)
        change.object = pair;
    else
        change.verb = Change::Verb::Remove;
    return change;
}

} // namespace

Q_DECLARE_METATYPE(castellan::Change)

class TestCommitPlan : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void rulesKeepTheirOrder_data()
    {
        QTest::addColumn<QList<Change>>("changes");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("new goes last")
            << QList { put(u"d"_s) } << QStringList { u"a"_s, u"b"_s, u"c"_s, u"d"_s };
        QTest::newRow("new in front")
            << QList { put(u"d"_s, u""_s) } << QStringList { u"d"_s, u"a"_s, u"b"_s, u"c"_s };
        QTest::newRow("new behind") << QList { put(u"d"_s, u"a"_s) }
                                    << QStringList { u"a"_s, u"d"_s, u"b"_s, u"c"_s };
        QTest::newRow("replaced stays") << QList { put(u"b"_s) } << QStringList { u"a"_s, u"b"_s, u"c"_s };
        QTest::newRow("moved to the front")
            << QList { move(u"c"_s, u""_s) } << QStringList { u"c"_s, u"a"_s, u"b"_s };
        QTest::newRow("moved back") << QList { move(u"a"_s, u"b"_s) }
                                    << QStringList { u"b"_s, u"a"_s, u"c"_s };
        QTest::newRow("removed") << QList { remove(u"b"_s) } << QStringList { u"a"_s, u"c"_s };
        QTest::newRow("behind a new one") << QList { put(u"d"_s, u"a"_s), put(u"e"_s, u"d"_s) }
                                          << QStringList { u"a"_s, u"d"_s, u"e"_s, u"b"_s, u"c"_s };
        QTest::newRow("unfit") << QList { put(u"d"_s, u"nowhere"_s), remove(u"x"_s), move(u"y"_s, u""_s) }
                               << QStringList { u"a"_s, u"b"_s, u"c"_s, u"d"_s };
    }
    void rulesKeepTheirOrder()
    {
        QFETCH(QList<Change>, changes);
        QFETCH(QStringList, expected);
        Network network;
        network.accessRules = { rule(u"a"_s, 10), rule(u"b"_s, 20), rule(u"c"_s, 30),
                                rule(u"z"_s, 5, Action::Control) };
        const CommitPlan plan = planCommit(rules::Snapshot(network), { .changes = changes });
        QCOMPARE(order(plan.after), expected);
        QCOMPARE(order(plan.after, Action::Control), QStringList { u"z"_s });
    }

    void s08_pairChanges_data()
    {
        using State = Friendship::State;
        QTest::addColumn<std::optional<State>>("before");
        QTest::addColumn<std::optional<State>>("after");
        QTest::addColumn<bool>("ruleAccepts");
        QTest::addColumn<int>("expected"); // Delivery::Kind, -1: no message
        const int friendship = int(Delivery::Kind::Friend);
        const int unfriend = int(Delivery::Kind::Unfriend);
        const std::optional<State> none;
        const std::optional<State> accepted = State::Accepted;
        const std::optional<State> rejected = State::Rejected;
        QTest::newRow("accepted anew") << none << accepted << false << friendship;
        QTest::newRow("accepted after all") << rejected << accepted << false << friendship;
        QTest::newRow("accepted still") << accepted << accepted << false << -1;
        QTest::newRow("rejected anew") << none << rejected << true << unfriend;
        QTest::newRow("rejected after all") << accepted << rejected << true << unfriend;
        QTest::newRow("removed") << accepted << none << false << unfriend;
        QTest::newRow("removed, rules accept") << accepted << none << true << -1;
        QTest::newRow("no longer rejected") << rejected << none << true << -1;
    }
    void s08_pairChanges()
    {
        QFETCH(std::optional<Friendship::State>, before);
        QFETCH(std::optional<Friendship::State>, after);
        QFETCH(bool, ruleAccepts);
        QFETCH(int, expected);
        Network network;
        if (before)
            network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s, *before) };
        if (ruleAccepts)
            network.friendshipRules = { { .id = u"all"_s, .effect = Effect::Allow } };
        const rules::Snapshot snapshot(network);
        const CommitPlan plan = planCommit(snapshot, { .changes = { pairChange(after) } });
        QStringList told;
        const Owed owed = owedDeliveries(snapshot, plan, { u"a@x"_s, u"b@x"_s, u"c@x"_s });
        for (const Delivery &delivery : owed.messages) {
            QCOMPARE(int(delivery.kind), expected);
            QCOMPARE(delivery.peer, delivery.jid == "a@x"_L1 ? u"b@x"_s : u"a@x"_s);
            told.append(delivery.jid);
        }
        QCOMPARE(told, expected < 0 ? QStringList {} : (QStringList { u"a@x"_s, u"b@x"_s }));
        // Only those who have asked.
        for (const Delivery &delivery : owedDeliveries(snapshot, plan, { u"b@x"_s }).messages)
            QCOMPARE(delivery.jid, u"b@x"_s);
        QCOMPARE(owedDeliveries(snapshot, plan, {}), Owed());
    }

    void s23_affectedDevicesAreCleared()
    {
        Network network;
        network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s) };
        const rules::Snapshot snapshot(network);
        const CommitPlan plan = planCommit(snapshot,
                                           { .changes = { pairChange(Friendship::State::Rejected) } });
        const QStringList cleared =
            owedDeliveries(snapshot, plan, { u"a@x"_s, u"b@x"_s, u"c@x"_s }).clearCaches;
        QCOMPARE(cleared, (QStringList { u"a@x"_s, u"b@x"_s }));
    }
};

QTEST_GUILESS_MAIN(TestCommitPlan)
#include "tst_commitplan.moc"
