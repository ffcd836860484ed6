// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/snapshot.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

using By = FriendDecision::By;
using Outcome = Consideration::Outcome;

namespace {

FriendshipRule rule(const QString &id, Effect effect, const Subject &one, const Subject &other)
{
    FriendshipRule rule;
    rule.id = id;
    rule.effect = effect;
    rule.one = one;
    rule.other = other;
    return rule;
}

Subject everyone()
{
    return {};
}
Subject jid(const QString &value)
{
    return { Subject::Kind::Jid, value, {}, {} };
}
Subject domain(const QString &value)
{
    return { Subject::Kind::Domain, value, {}, {} };
}
Subject role(const QString &value)
{
    return { Subject::Kind::Role, value, {}, {} };
}

} // namespace

class FriendshipTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s04_pairIsUnordered();
    void s05_explicitPairBeforeRules();
    void s05_rulesMatchEitherWayRound();
    void s05_firstRuleWins();
    void s05_domainIsNotItsSubdomains();
    void s05_rolesOfEither();
    void s05_secondaryTrustOnlyWhenAccepted();
    void s05_defaultIsDeny();
    void s14_unknownJidsCount();
    void s05_explanation();
    void s05_askIsADenial();
    void s05_agreesWithOracle();
    void s25_containmentComesFirst();
};

void FriendshipTest::s04_pairIsUnordered()
{
    Network network;
    network.friendships = { makeFriendship(u"b@x"_s, u"a@x"_s) };
    const Snapshot snapshot(network);
    QVERIFY(snapshot.decide(FriendQuestion { u"a@x"_s, u"b@x"_s }).accepted);
    QVERIFY(snapshot.decide(FriendQuestion { u"b@x"_s, u"a@x"_s }).accepted);
}

void FriendshipTest::s05_explicitPairBeforeRules()
{
    Network network;
    network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected) };
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, everyone(), everyone()) };
    const FriendDecision decision = Snapshot(network).decide(FriendQuestion { u"a@x"_s, u"b@x"_s },
                                                             Explain::Yes);
    QVERIFY(!decision.accepted);
    QCOMPARE(decision.by, By::Pair);
    QCOMPARE(decision.decidedBy, u"a@x b@x"_s);
    QVERIFY(Snapshot(network).decide(FriendQuestion { u"a@x"_s, u"c@x"_s }).accepted);
}

void FriendshipTest::s05_rulesMatchEitherWayRound()
{
    Network network;
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, jid(u"a@x"_s), domain(u"y"_s)) };
    const Snapshot snapshot(network);
    QVERIFY(snapshot.decide(FriendQuestion { u"a@x"_s, u"b@y"_s }).accepted);
    QVERIFY(snapshot.decide(FriendQuestion { u"b@y"_s, u"a@x"_s }).accepted);
    QVERIFY(!snapshot.decide(FriendQuestion { u"b@y"_s, u"c@y"_s }).accepted);
}

void FriendshipTest::s05_firstRuleWins()
{
    Network network;
    network.friendshipRules = { rule(u"z"_s, Effect::Deny, jid(u"a@x"_s), everyone()),
                                rule(u"a"_s, Effect::Allow, everyone(), everyone()) };
    const FriendDecision decision = Snapshot(network).decide(FriendQuestion { u"b@x"_s, u"a@x"_s },
                                                             Explain::Yes);
    QVERIFY(!decision.accepted);
    QCOMPARE(decision.by, By::Rule);
    QCOMPARE(decision.decidedBy, u"z"_s);
    std::ranges::reverse(network.friendshipRules);
    QVERIFY(Snapshot(network).decide(FriendQuestion { u"b@x"_s, u"a@x"_s }).accepted);
}

void FriendshipTest::s05_domainIsNotItsSubdomains()
{
    Network network;
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, domain(u"x"_s), everyone()) };
    const Snapshot snapshot(network);
    QVERIFY(snapshot.decide(FriendQuestion { u"a@x"_s, u"b@y"_s }).accepted);
    QVERIFY(snapshot.decide(FriendQuestion { u"x"_s, u"b@y"_s }).accepted);
    QVERIFY(!snapshot.decide(FriendQuestion { u"a@sub.x"_s, u"b@y"_s }).accepted);
}

void FriendshipTest::s05_rolesOfEither()
{
    Network network;
    Thing meter;
    meter.jid = u"m@x"_s;
    meter.roles = { u"meters"_s };
    network.things = { meter };
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, role(u"meters"_s), everyone()) };
    const Snapshot snapshot(network);
    QVERIFY(snapshot.decide(FriendQuestion { u"m@x"_s, u"b@y"_s }).accepted);
    QVERIFY(snapshot.decide(FriendQuestion { u"b@y"_s, u"m@x"_s }).accepted);
    QVERIFY(!snapshot.decide(FriendQuestion { u"b@y"_s, u"c@y"_s }).accepted);
}

void FriendshipTest::s05_secondaryTrustOnlyWhenAccepted()
{
    Network network;
    Friendship rejected = makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected);
    rejected.secondaryTrustAllowed = true;
    Friendship accepted = makeFriendship(u"a@x"_s, u"c@x"_s);
    accepted.secondaryTrustAllowed = true;
    network.friendships = { rejected, accepted, makeFriendship(u"a@x"_s, u"d@x"_s) };
    network.friendshipRules = { rule(u"1"_s, Effect::Deny, domain(u"y"_s), everyone()),
                                rule(u"2"_s, Effect::Allow, everyone(), everyone()) };
    network.friendshipRules[0].secondaryTrustAllowed = true;
    network.friendshipRules[1].secondaryTrustAllowed = true;
    const Snapshot snapshot(network);
    QVERIFY(!snapshot.decide(FriendQuestion { u"a@x"_s, u"b@x"_s }).secondaryTrustAllowed);
    QVERIFY(snapshot.decide(FriendQuestion { u"a@x"_s, u"c@x"_s }).secondaryTrustAllowed);
    QVERIFY(!snapshot.decide(FriendQuestion { u"a@x"_s, u"d@x"_s }).secondaryTrustAllowed);
    QVERIFY(!snapshot.decide(FriendQuestion { u"a@x"_s, u"e@y"_s }).secondaryTrustAllowed);
    QVERIFY(snapshot.decide(FriendQuestion { u"a@x"_s, u"e@x"_s }).secondaryTrustAllowed);
}

void FriendshipTest::s05_defaultIsDeny()
{
    const FriendDecision decision = Snapshot().decide(FriendQuestion { u"a@x"_s, u"b@x"_s });
    QVERIFY(!decision.accepted);
    QCOMPARE(decision.by, By::Default);
    QVERIFY(decision.decidedBy.isEmpty());
}

void FriendshipTest::s14_unknownJidsCount()
{
    Network network; // without a thing
    network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s) };
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, jid(u"c@x"_s), jid(u"d@x"_s)) };
    QVERIFY(Snapshot(network).decide(FriendQuestion { u"a@x"_s, u"b@x"_s }).accepted);
    QVERIFY(Snapshot(network).decide(FriendQuestion { u"d@x"_s, u"c@x"_s }).accepted);
}

void FriendshipTest::s05_explanation()
{
    Network network;
    network.friendshipRules = { rule(u"1"_s, Effect::Deny, jid(u"a@x"_s), jid(u"other@x"_s)),
                                rule(u"2"_s, Effect::Deny, jid(u"nobody@x"_s), jid(u"other@x"_s)),
                                rule(u"3"_s, Effect::Allow, domain(u"x"_s), domain(u"x"_s)),
                                rule(u"4"_s, Effect::Deny, everyone(), everyone()) };
    const Snapshot snapshot(network);
    const FriendQuestion question { u"a@x"_s, u"b@x"_s };
    QCOMPARE(snapshot.decide(question, Explain::Yes).considered,
             (QList<Consideration> { { u"1"_s, Outcome::OtherSubject },
                                     { u"3"_s, Outcome::Decided },
                                     { u"4"_s, Outcome::Unreached } }));
    QVERIFY(snapshot.decide(question).considered.isEmpty());

    network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s) };
    const FriendDecision byPair = Snapshot(network).decide(question, Explain::Yes);
    QCOMPARE(byPair.by, By::Pair);
    QCOMPARE(byPair.considered,
             (QList<Consideration> { { u"1"_s, Outcome::Unreached },
                                     { u"3"_s, Outcome::Unreached },
                                     { u"4"_s, Outcome::Unreached } }));
}

void FriendshipTest::s05_agreesWithOracle()
{
    RandomNetwork random(5);
    for (int i = 0; i < 500; ++i) {
        const Network network = random.network();
        const Snapshot snapshot(network);
        for (const QString &asker : RandomNetwork::jids()) {
            for (const QString &jid : RandomNetwork::jids()) {
                const FriendDecision decision = snapshot.decide(FriendQuestion { asker, jid }, Explain::Yes);
                const FriendDecision expected = oracle::decide(network, FriendQuestion { asker, jid });
                QCOMPARE(decision.by, expected.by);
                QCOMPARE(decision.decidedBy, expected.decidedBy);
                QCOMPARE(decision.accepted, expected.accepted);
                QCOMPARE(decision.secondaryTrustAllowed, expected.secondaryTrustAllowed);
                QCOMPARE(decision.ask, expected.ask);
            }
        }
    }
}

void FriendshipTest::s05_askIsADenial()
{
    const FriendQuestion question { u"a@x"_s, u"b@x"_s };
    QVERIFY(!Snapshot().decide(question).ask);
    Network network;
    network.policy = { .unknownFriends = Policy::Unknown::Ask };
    const FriendDecision decision = Snapshot(network).decide(question);
    QVERIFY(decision.ask);
    QVERIFY(!decision.accepted);
    QCOMPARE(decision.by, By::Default);
    // Only where nothing else says anything.
    network.friendshipRules = { rule(u"1"_s, Effect::Deny, everyone(), everyone()) };
    QVERIFY(!Snapshot(network).decide(question).ask);
}

void FriendshipTest::s25_containmentComesFirst()
{
    Network network;
    network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s) };
    network.friendshipRules = { rule(u"1"_s, Effect::Allow, everyone(), everyone()) };
    network.policy = { .unknownFriends = Policy::Unknown::Ask };
    network.containments = { { .jid = u"a@x"_s, .until = {}, .comment = {} } };
    const Snapshot snapshot(network);
    for (const FriendQuestion &question :
         { FriendQuestion { u"a@x"_s, u"b@x"_s }, { u"b@x"_s, u"a@x"_s }, { u"c@x"_s, u"a@x"_s } }) {
        const FriendDecision decision = snapshot.decide(question, Explain::Yes);
        QVERIFY(!decision.accepted);
        QVERIFY(!decision.ask);
        QCOMPARE(decision.by, By::Containment);
        QCOMPARE(decision.decidedBy, u"a@x"_s);
        QCOMPARE(decision.considered, (QList<Consideration> { { u"1"_s, Outcome::Unreached } }));
    }
    QVERIFY(snapshot.decide(FriendQuestion { u"b@x"_s, u"c@x"_s }).accepted);
}

QTEST_GUILESS_MAIN(FriendshipTest)
#include "tst_friendship.moc"
