// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/consequences.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

const QDateTime noon = QDateTime::fromString(u"2026-11-21T12:00:00Z"_s, Qt::ISODate);
const QSet<QString> everybody { u"a@x"_s, u"b@x"_s, u"c@x"_s };

VersionedObject object(const Object &object)
{
    return { .key = { objectType(object), objectId(object) }, .object = object };
}

Outcome outcome(const Network &before, const QList<VersionedObject> &objects,
                const QSet<QString> &askers = everybody, const QDateTime &at = noon)
{
    return outcomeOf(rules::Snapshot(before), objects, noon.addSecs(-60), at, askers);
}

/// `jid kind peer`
QStringList messages(const Outcome &outcome)
{
    QStringList texts;
    for (const Delivery &message : outcome.owed.messages) {
        texts.append(u"%1 %2 %3"_s.arg(
            message.jid, message.kind == Delivery::Kind::Friend ? u"friend"_s : u"unfriend"_s, message.peer));
    }
    return texts;
}

Network pairOf(const QString &a, const QString &b, Friendship::State state = Friendship::State::Accepted)
{
    Network network;
    network.friendships = { makeFriendship(a, b, state) };
    return network;
}

const FriendshipRule ruleForAll { .id = u"all"_s, .effect = Effect::Allow };

} // namespace

class TestConsequences : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s08_pairChanges_data()
    {
        using State = Friendship::State;
        QTest::addColumn<std::optional<State>>("before");
        QTest::addColumn<std::optional<State>>("after");
        QTest::addColumn<bool>("ruleAccepts");
        QTest::addColumn<QString>("expected");
        const std::optional<State> none;
        const std::optional<State> accepted = State::Accepted;
        const std::optional<State> rejected = State::Rejected;
        QTest::newRow("accepted anew") << none << accepted << false << u"friend"_s;
        QTest::newRow("accepted before by a rule") << none << accepted << true << QString();
        QTest::newRow("accepted after all") << rejected << accepted << false << u"friend"_s;
        QTest::newRow("accepted still") << accepted << accepted << false << QString();
        QTest::newRow("rejected anew") << none << rejected << true << u"unfriend"_s;
        QTest::newRow("rejected as before by default") << none << rejected << false << QString();
        QTest::newRow("rejected after all") << accepted << rejected << true << u"unfriend"_s;
        QTest::newRow("removed") << accepted << none << false << u"unfriend"_s;
        QTest::newRow("removed, rules accept") << accepted << none << true << QString();
        QTest::newRow("no longer rejected, rules accept") << rejected << none << true << u"friend"_s;
        QTest::newRow("no longer rejected") << rejected << none << false << QString();
    }
    void s08_pairChanges()
    {
        QFETCH(std::optional<Friendship::State>, before);
        QFETCH(std::optional<Friendship::State>, after);
        QFETCH(bool, ruleAccepts);
        QFETCH(QString, expected);
        Network network;
        if (before)
            network = pairOf(u"a@x"_s, u"b@x"_s, *before);
        if (ruleAccepts)
            network.friendshipRules = { ruleForAll };
        VersionedObject change { .key = { ObjectType::Friendship, u"a@x b@x"_s } };
        if (after)
            change.object = makeFriendship(u"a@x"_s, u"b@x"_s, *after);
        QStringList told;
        if (!expected.isEmpty())
            told = { u"a@x %1 b@x"_s.arg(expected), u"b@x %1 a@x"_s.arg(expected) };
        QCOMPARE(messages(outcome(network, { change })), told);
        // Only those who have asked.
        QCOMPARE(messages(outcome(network, { change }, { u"b@x"_s })), told.mid(1));
        QCOMPARE(outcome(network, { change }, {}).owed, Owed());
    }

    void s23_affectedDevicesAreCleared()
    {
        const auto edited = outcome(
            pairOf(u"a@x"_s, u"b@x"_s),
            { object(makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected)) });
        QCOMPARE(edited.owed.clearCaches, (QStringList { u"a@x"_s, u"b@x"_s }));
        QVERIFY(edited.removed.isEmpty());
    }

    void s06_aGrantedQuestionIsAnswered_data()
    {
        QTest::addColumn<VersionedObject>("change");
        QTest::addColumn<QStringList>("told");
        QTest::newRow("by a pair") << object(makeFriendship(u"a@x"_s, u"b@x"_s))
                                   << QStringList { u"a@x friend b@x"_s, u"b@x friend a@x"_s };
        QTest::newRow("by a rule") << object(ruleForAll) << QStringList { u"a@x friend b@x"_s };
        QTest::newRow("rejected by a pair")
            << object(makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected)) << QStringList {};
        QTest::newRow("rejected by a rule")
            << object(FriendshipRule { .id = u"no"_s, .effect = Effect::Deny }) << QStringList {};
    }
    void s06_aGrantedQuestionIsAnswered()
    {
        QFETCH(VersionedObject, change);
        QFETCH(QStringList, told);
        Network network;
        network.policy = Policy { .unknownFriends = Policy::Unknown::Ask };
        network.questions = { { .asker = u"a@x"_s, .jid = u"b@x"_s, .asked = noon } };
        const Outcome answered = outcome(network, { change });
        QCOMPARE(answered.removed, (QList<ObjectKey> { { ObjectType::Question, u"a@x b@x"_s } }));
        QVERIFY(!answered.after.object(answered.removed.first()));
        QCOMPARE(messages(answered), told);
        QCOMPARE(answered.owed.clearCaches.contains(u"a@x"_s), !told.isEmpty());
    }

    void s06_aQuestionThatNobodyAnsweredStays()
    {
        Network network;
        network.policy = Policy { .unknownFriends = Policy::Unknown::Ask };
        network.questions = { { .asker = u"a@x"_s, .jid = u"b@x"_s, .asked = noon } };
        const Outcome other = outcome(network, { object(makeFriendship(u"a@x"_s, u"c@x"_s)) });
        QVERIFY(other.removed.isEmpty());
        QVERIFY(other.after.object({ ObjectType::Question, u"a@x b@x"_s }));
        // While one of the two is contained, no answer is one.
        network.containments = { { .jid = u"b@x"_s } };
        QVERIFY(messages(outcome(network, { object(makeFriendship(u"a@x"_s, u"b@x"_s)) })).isEmpty());
    }

    void s25_containingUnfriendsAndReleasingRestores()
    {
        Network network = pairOf(u"a@x"_s, u"b@x"_s);
        network.friendships.append(makeFriendship(u"a@x"_s, u"c@x"_s, Friendship::State::Rejected));
        const Containment containment { .jid = u"a@x"_s };
        const Outcome contained = outcome(network, { object(containment) });
        QCOMPARE(messages(contained), (QStringList { u"a@x unfriend b@x"_s, u"b@x unfriend a@x"_s }));
        QCOMPARE(contained.owed.clearCaches, (QStringList { u"a@x"_s, u"b@x"_s }));

        network.containments = { containment };
        const Outcome released = outcome(network, { { .key = { ObjectType::Containment, u"a@x"_s } } });
        QCOMPARE(messages(released), (QStringList { u"a@x friend b@x"_s, u"b@x friend a@x"_s }));
        QCOMPARE(released.owed.clearCaches, (QStringList { u"a@x"_s, u"b@x"_s }));
    }

    void s25_containmentsEndWithTheirTime()
    {
        Network network = pairOf(u"a@x"_s, u"b@x"_s);
        network.containments = { { .jid = u"a@x"_s, .until = noon } };
        QVERIFY(outcome(network, {}, everybody, noon.addMSecs(-1)).removed.isEmpty());
        const Outcome ended = outcome(network, {});
        QCOMPARE(ended.removed, (QList<ObjectKey> { { ObjectType::Containment, u"a@x"_s } }));
        QCOMPARE(messages(ended), (QStringList { u"a@x friend b@x"_s, u"b@x friend a@x"_s }));
        QVERIFY(ended.after.decide(rules::FriendQuestion { u"b@x"_s, u"a@x"_s }).accepted);
    }

    void s23_validityAlters()
    {
        Network network;
        network.accessRules = { { .id = u"until noon"_s,
                                  .target = { .kind = Target::Kind::Device, .value = u"b@x"_s },
                                  .until = noon } };
        QCOMPARE(outcome(network, {}).owed.clearCaches, QStringList { u"b@x"_s });
        QVERIFY(outcome(network, {}, everybody, noon.addMSecs(-1)).owed.clearCaches.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestConsequences)
#include "tst_consequences.moc"
