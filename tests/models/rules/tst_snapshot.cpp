// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/shardedhash.h"
#include "rules/snapshot.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

namespace {

VersionedObject put(const Object &object)
{
    return { { objectType(object), objectId(object) }, 1, object };
}

VersionedObject removal(const Object &object)
{
    return { { objectType(object), objectId(object) }, 1, {} };
}

/// A few edits of \a network, and \a network with them.
QList<VersionedObject> edit(RandomNetwork &random, Network &network, bool friendshipsOnly)
{
    QList<VersionedObject> changes;
    const auto putOrRemove = [&](auto &list, auto value, auto isSame) {
        const auto found = std::ranges::find_if(list, isSame);
        if (found != list.end() && random.chance(3)) {
            changes.append(removal(*found));
            list.erase(found);
        } else if (found != list.end()) {
            if constexpr (requires { value.rank; })
                value.rank = random.chance() ? found->rank : 1 + random.below(40);
            *found = value;
            changes.append(put(value));
        } else {
            if constexpr (requires { value.rank; })
                value.rank = 1 + random.below(40);
            list.append(value);
            changes.append(put(value));
        }
    };
    do {
        switch (random.below(friendshipsOnly ? 2 : 4)) {
        case 0: {
            const Friendship pair = random.pair();
            putOrRemove(network.friendships, pair,
                        [&](const Friendship &other) { return pair.a == other.a && pair.b == other.b; });
            break;
        }
        case 1: {
            const FriendshipRule rule = random.friendshipRule(u"f%1"_s.arg(random.below(8)));
            putOrRemove(network.friendshipRules, rule,
                        [&](const FriendshipRule &other) { return rule.id == other.id; });
            break;
        }
        case 2: {
            const AccessRule rule = random.accessRule(u"a%1"_s.arg(random.below(16)));
            putOrRemove(network.accessRules, rule,
                        [&](const AccessRule &other) { return rule.id == other.id; });
            break;
        }
        case 3: {
            const Thing thing = random.thing(random.jid());
            putOrRemove(network.things, thing, [&](const Thing &other) { return thing.jid == other.jid; });
            break;
        }
        }
    } while (random.chance());
    const auto place = [](const auto &rule) { return std::tie(rule.rank, rule.id); };
    std::ranges::sort(network.friendshipRules, {}, place);
    std::ranges::sort(network.accessRules, {}, place);
    return changes;
}

/// A random network whose rules have the ranks that a store would have given them.
Network rankedNetwork(RandomNetwork &random)
{
    return Snapshot(random.network()).network();
}

AccessRule rule(const QString &id, const Target &target)
{
    AccessRule rule;
    rule.id = id;
    rule.target = target;
    return rule;
}

QSet<QString> affected(const Network &network, const QList<VersionedObject> &changes,
                       const QSet<QString> &known)
{
    const Snapshot before(network);
    return before.affectedBy(changes, before.with(changes), known);
}

bool sameAnswer(const FriendDecision &a, const FriendDecision &b)
{
    return a.accepted == b.accepted && a.secondaryTrustAllowed == b.secondaryTrustAllowed;
}

bool sameAnswer(const AccessDecision &a, const AccessDecision &b)
{
    return a.allowed == b.allowed && a.nodes == b.nodes && a.names == b.names && a.types == b.types;
}

} // namespace

class SnapshotTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsTheNetwork();
    void listOrderIsTheOrder();
    void moveChangesTheOrder();
    void withLeavesTheOldOneAlone();
    void incrementalEqualsRebuilt();
    void shardsAreShared();
    void shardedHashEqualsHash();
    void s23_pairAffectsItsTwo();
    void s23_friendshipRuleAffectsWhomItMatches();
    void s23_shadowedFriendshipRuleAffectsNobody();
    void s23_accessRuleAffectsItsTargets();
    void s23_commentAffectsNobody();
    void s23_rolesAffectTheirRules();
    void s23_nodesAffectTheirDevice();
    void s23_friendsExactly();
    void s23_nobodyIsForgotten();
    void s24_onlyWhoHasAsked();
};

void SnapshotTest::keepsTheNetwork()
{
    RandomNetwork random(1);
    for (int i = 0; i < 100; ++i) {
        const Network network = rankedNetwork(random);
        QCOMPARE(Snapshot(network).network(), network);
        for (const AccessRule &rule : network.accessRules)
            QCOMPARE(Snapshot(network).object({ ObjectType::AccessRule, rule.id }), Object(rule));
        for (const Friendship &pair : network.friendships)
            QCOMPARE(Snapshot(network).object({ ObjectType::Friendship, objectId(pair) }), Object(pair));
        for (const Thing &thing : network.things)
            QCOMPARE(Snapshot(network).object({ ObjectType::Thing, thing.jid }), Object(thing));
    }
    QVERIFY(!Snapshot().object({ ObjectType::Thing, u"a@x"_s }));
    QVERIFY(!Snapshot().object({ ObjectType::Friendship, u"a@x"_s }));
}

void SnapshotTest::listOrderIsTheOrder()
{
    Network network;
    network.accessRules = { rule(u"z"_s, {}), rule(u"a"_s, {}), rule(u"m"_s, {}) };
    const Network kept = Snapshot(network).network();
    QCOMPARE(kept.accessRules.size(), 3);
    QCOMPARE(kept.accessRules.at(0).id, u"z"_s);
    QCOMPARE(kept.accessRules.at(1).id, u"a"_s);
    QCOMPARE(kept.accessRules.at(2).id, u"m"_s);
}

void SnapshotTest::moveChangesTheOrder()
{
    Network network;
    network.accessRules = { rule(u"allow"_s, {}), rule(u"deny"_s, {}) };
    network.accessRules[1].effect = Effect::Deny;
    const Snapshot before(network);
    const AccessQuestion question { .device = u"d@x"_s,
                                    .jid = u"u@x"_s,
                                    .nodes = {},
                                    .names = {},
                                    .identities = {},
                                    .now = RandomNetwork::now() };
    QVERIFY(before.decide(question).allowed);
    AccessRule moved = before.network().accessRules.at(1);
    moved.rank = 0;
    QVERIFY(!before.with({ put(moved) }).decide(question).allowed);
}

void SnapshotTest::withLeavesTheOldOneAlone()
{
    RandomNetwork random(2);
    for (int i = 0; i < 200; ++i) {
        Network network = rankedNetwork(random);
        const Network kept = network;
        const Snapshot before(network);
        const Snapshot after = before.with(edit(random, network, false));
        QCOMPARE(before.network(), kept);
    }
}

void SnapshotTest::incrementalEqualsRebuilt()
{
    RandomNetwork random(3);
    for (int i = 0; i < 80; ++i) {
        Network network = rankedNetwork(random);
        Snapshot incremental(network);
        for (int step = 0; step < 8; ++step) {
            incremental = incremental.with(edit(random, network, false));
            const Network now = incremental.network();
            const auto sorted = [](Network network) {
                std::ranges::sort(network.things, {}, &Thing::jid);
                std::ranges::sort(network.friendships, {},
                                  [](const Friendship &pair) { return std::tie(pair.a, pair.b); });
                return network;
            };
            QCOMPARE(now, sorted(network));
            const Snapshot rebuilt(network);
            for (int q = 0; q < 10; ++q) {
                const AccessQuestion question = random.question();
                QVERIFY(sameAnswer(incremental.decide(question), rebuilt.decide(question)));
                const FriendQuestion friends { random.jid(), random.jid() };
                QCOMPARE(incremental.decide(friends).decidedBy, rebuilt.decide(friends).decidedBy);
            }
        }
    }
}

void SnapshotTest::shardsAreShared()
{
    ShardedHash<int, QString> hash;
    hash.reserve(10'000);
    for (int i = 0; i < 10'000; ++i)
        hash[i] = u"value %1"_s.arg(i);
    ShardedHash<int, QString> changed = hash;
    changed[5] = u"other"_s;
    QCOMPARE(*hash.find(5), u"value 5"_s);
    QCOMPARE(*changed.find(5), u"other"_s);
    int shared = 0;
    for (int i = 0; i < 10'000; ++i)
        shared += hash.find(i) == changed.find(i); // the very same entry
    QVERIFY2(shared > 9'000, qPrintable(QString::number(shared)));
}

void SnapshotTest::shardedHashEqualsHash()
{
    std::mt19937 random(4);
    ShardedHash<int, int> sharded;
    QHash<int, int> plain;
    for (int i = 0; i < 20'000; ++i) {
        const int key = int(random() % 5'000);
        if (random() % 3) {
            sharded[key] = i;
            plain.insert(key, i);
        } else {
            sharded.remove(key);
            plain.remove(key);
        }
    }
    QCOMPARE(sharded.size(), plain.size());
    qsizetype visited = 0;
    sharded.forEach([&](int key, int value) {
        ++visited;
        QCOMPARE(value, plain.value(key, -1));
    });
    QCOMPARE(visited, plain.size());
    for (int key = 0; key < 5'000; ++key)
        QCOMPARE(sharded.find(key) != nullptr, plain.contains(key));
}

void SnapshotTest::s23_pairAffectsItsTwo()
{
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@x"_s };
    const Friendship pair = makeFriendship(u"a@x"_s, u"b@x"_s);
    QCOMPARE(affected({}, { put(pair) }, known), (QSet { u"a@x"_s, u"b@x"_s }));
    Network network;
    network.friendships = { pair };
    QCOMPARE(affected(network, { removal(pair) }, known), (QSet { u"a@x"_s, u"b@x"_s }));
    const VersionedObject notAPair { { ObjectType::Friendship, u"a@x"_s }, 1, {} };
    QCOMPARE(affected(network, { notAPair }, known), QSet<QString>());
    // A rejection where nothing would have been accepted alters no answer.
    QCOMPARE(affected({}, { put(makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected)) }, known),
             QSet<QString>());
}

void SnapshotTest::s23_friendshipRuleAffectsWhomItMatches()
{
    FriendshipRule rule { .id = u"1"_s,
                          .one = { Subject::Kind::Jid, u"a@x"_s, {}, {} },
                          .other = { Subject::Kind::Domain, u"y"_s, {}, {} },
                          .comment = {} };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@y"_s, u"d@y"_s };
    QCOMPARE(affected({}, { put(rule) }, known), (QSet { u"a@x"_s, u"c@y"_s, u"d@y"_s }));

    // c already was a friend; d was not.
    Network network;
    network.friendships = { makeFriendship(u"a@x"_s, u"c@y"_s) };
    QCOMPARE(affected(network, { put(rule) }, known), (QSet { u"a@x"_s, u"d@y"_s }));

    rule.effect = Effect::Deny;
    QCOMPARE(affected({}, { put(rule) }, known), QSet<QString>());
}

void SnapshotTest::s23_shadowedFriendshipRuleAffectsNobody()
{
    Network network;
    network.friendshipRules = {
        { .id = u"1"_s, .effect = Effect::Deny, .one = {}, .other = {}, .comment = {} }
    };
    const FriendshipRule later {
        .id = u"2"_s, .one = {}, .other = { Subject::Kind::Role, u"r"_s, {}, {} }, .comment = {}, .rank = 9
    };
    QCOMPARE(affected(network, { put(later) }, { u"a@x"_s }), QSet<QString>());
    // Nobody has the role, so nobody can be asked about.
    FriendshipRule earlier = later;
    earlier.rank = -1;
    QCOMPARE(affected(network, { put(earlier) }, { u"a@x"_s }), QSet<QString>());
    Thing thing;
    thing.jid = u"b@x"_s;
    thing.roles = { u"r"_s };
    network.things = { thing };
    QCOMPARE(affected(network, { put(earlier) }, { u"a@x"_s }), QSet { u"a@x"_s });
}

void SnapshotTest::s23_accessRuleAffectsItsTargets()
{
    Network network;
    Thing thing;
    thing.jid = u"b@x"_s;
    thing.roles = { u"r"_s };
    network.things = { thing };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@x"_s };
    const AccessRule ofA = rule(u"1"_s, { Target::Kind::Device, u"a@x"_s, {} });
    const AccessRule ofRole = rule(u"1"_s, { Target::Kind::Role, u"r"_s, {} });
    QCOMPARE(affected(network, { put(ofA) }, known), QSet { u"a@x"_s });
    QCOMPARE(affected(network, { put(ofRole) }, known), QSet { u"b@x"_s });
    QCOMPARE(affected(network, { put(rule(u"1"_s, {})) }, known), known);
    network.accessRules = { ofA };
    QCOMPARE(affected(network, { put(ofRole) }, known), (QSet { u"a@x"_s, u"b@x"_s }));
    QCOMPARE(affected(network, { removal(ofA) }, known), QSet { u"a@x"_s });
    AccessRule moved = ofA;
    moved.rank = 7;
    QCOMPARE(affected(network, { put(moved) }, known), QSet { u"a@x"_s });
}

void SnapshotTest::s23_commentAffectsNobody()
{
    Network network;
    network.accessRules = { rule(u"1"_s, {}) };
    network.friendshipRules = { { .id = u"1"_s, .one = {}, .other = {}, .comment = {} } };
    network = Snapshot(network).network();
    AccessRule access = network.accessRules.first();
    access.comment = u"why"_s;
    FriendshipRule friendship = network.friendshipRules.first();
    friendship.comment = u"why"_s;
    Thing thing;
    thing.jid = u"a@x"_s;
    thing.name = u"name"_s;
    QCOMPARE(affected(network, { put(access), put(friendship), put(thing) }, { u"a@x"_s }), QSet<QString>());
}

void SnapshotTest::s23_rolesAffectTheirRules()
{
    Network network;
    network.accessRules = { rule(u"1"_s, { Target::Kind::Device, u"a@x"_s, {} }),
                            rule(u"2"_s, { Target::Kind::Role, u"meters"_s, {} }) };
    network.accessRules[0].subject = { Subject::Kind::Role, u"readers"_s, {}, {} };
    network.friendshipRules = { { .id = u"f"_s,
                                  .one = { Subject::Kind::Role, u"friendly"_s, {}, {} },
                                  .other = { Subject::Kind::Domain, u"y"_s, {}, {} },
                                  .comment = {} } };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@y"_s };
    Thing thing;
    thing.jid = u"b@x"_s;
    thing.roles = { u"readers"_s };
    QCOMPARE(affected(network, { put(thing) }, known), QSet { u"a@x"_s });
    thing.roles = { u"meters"_s };
    QCOMPARE(affected(network, { put(thing) }, known), QSet { u"b@x"_s });
    thing.roles = { u"friendly"_s };
    QCOMPARE(affected(network, { put(thing) }, known), (QSet { u"b@x"_s, u"c@y"_s }));
    thing.roles = { u"unused"_s };
    QCOMPARE(affected(network, { put(thing) }, known), QSet<QString>());
}

void SnapshotTest::s23_nodesAffectTheirDevice()
{
    Thing thing;
    thing.jid = u"a@x"_s;
    Node node;
    node.ref.nodeId = u"n"_s;
    thing.nodes = { node };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s };
    QCOMPARE(affected({}, { put(thing) }, known), QSet { u"a@x"_s });
    Network network;
    network.things = { thing };
    thing.nodes[0].name = u"only the name"_s;
    QCOMPARE(affected(network, { put(thing) }, known), QSet<QString>());
    thing.nodes[0].fields.append({ u"E"_s });
    QCOMPARE(affected(network, { put(thing) }, known), QSet { u"a@x"_s });
}

/// Whom friendships affect is exact: those for whom somebody, known or not, gets another answer.
void SnapshotTest::s23_friendsExactly()
{
    const QStringList everybody = RandomNetwork::jids()
        + QStringList { u"new@a"_s, u"new@b"_s, u"new@c"_s, u"new@elsewhere"_s };
    RandomNetwork random(6);
    int some = 0;
    for (int i = 0; i < 400; ++i) {
        Network network = rankedNetwork(random);
        const Snapshot before(network);
        const QList<VersionedObject> changes = edit(random, network, true);
        const Snapshot after = before.with(changes);
        QSet<QString> expected;
        for (const QString &device : RandomNetwork::jids()) {
            for (const QString &jid : everybody) {
                const FriendQuestion question { device, jid };
                if (device != jid && !sameAnswer(before.decide(question), after.decide(question)))
                    expected.insert(device);
            }
        }
        const QStringList jids = RandomNetwork::jids();
        QCOMPARE(before.affectedBy(changes, after, { jids.cbegin(), jids.cend() }), expected);
        some += !expected.isEmpty();
    }
    QVERIFY(some > 100);
}

void SnapshotTest::s23_nobodyIsForgotten()
{
    const QStringList jids = RandomNetwork::jids();
    RandomNetwork random(7);
    int differing = 0;
    for (int i = 0; i < 400; ++i) {
        Network network = rankedNetwork(random);
        const Snapshot before(network);
        const QList<VersionedObject> changes = edit(random, network, false);
        const Snapshot after = before.with(changes);
        const QSet<QString> affected = before.affectedBy(changes, after, { jids.cbegin(), jids.cend() });
        for (int q = 0; q < 30; ++q) {
            const AccessQuestion question = random.question();
            if (!sameAnswer(before.decide(question), after.decide(question))) {
                QVERIFY(affected.contains(question.device));
                ++differing;
            }
            const FriendQuestion friends { random.jid(), random.jid() };
            if (friends.asker != friends.jid && !sameAnswer(before.decide(friends), after.decide(friends)))
                QVERIFY(affected.contains(friends.asker));
        }
    }
    QVERIFY(differing > 100);
}

void SnapshotTest::s24_onlyWhoHasAsked()
{
    const QSet<QString> known { u"a@x"_s };
    QCOMPARE(affected({}, { put(makeFriendship(u"a@x"_s, u"b@x"_s)) }, known), known);
    QCOMPARE(affected({}, { put(rule(u"1"_s, {})) }, known), known);
    QCOMPARE(affected({}, { put(rule(u"1"_s, { Target::Kind::Device, u"b@x"_s, {} })) }, known),
             QSet<QString>());
}

QTEST_GUILESS_MAIN(SnapshotTest)
#include "tst_snapshot.moc"
