// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/sharedmap.h"
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
        const auto sameIdAs = [](const auto &value) {
            return [id = objectId(value)](const auto &other) { return objectId(other) == id; };
        };
        switch (random.below(friendshipsOnly ? 3 : 11)) {
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
            const Containment containment = random.containment();
            putOrRemove(network.containments, containment, sameIdAs(containment));
            break;
        }
        case 3: {
            const AccessRule rule = random.accessRule(u"a%1"_s.arg(random.below(16)));
            putOrRemove(network.accessRules, rule,
                        [&](const AccessRule &other) { return rule.id == other.id; });
            break;
        }
        case 4: {
            const Thing thing = random.thing(random.jid());
            putOrRemove(network.things, thing, [&](const Thing &other) { return thing.jid == other.jid; });
            break;
        }
        case 5: {
            const Service service = random.service(random.service());
            putOrRemove(network.services, service, sameIdAs(service));
            break;
        }
        case 6: {
            const User user = random.user(random.user());
            putOrRemove(network.users, user, sameIdAs(user));
            break;
        }
        case 7: {
            const PrivilegeList list = random.privilegeList();
            putOrRemove(network.privilegeLists, list, sameIdAs(list));
            break;
        }
        case 8: {
            const Certificate certificate = random.certificate(random.certificate());
            putOrRemove(network.certificates, certificate, sameIdAs(certificate));
            break;
        }
        case 9: {
            const Question question = random.pendingQuestion();
            putOrRemove(network.questions, question, sameIdAs(question));
            break;
        }
        case 10:
            network.policy = random.policy();
            changes.append(put(*network.policy));
            break;
        }
    } while (random.chance());
    const auto place = [](const auto &rule) { return std::tie(rule.rank, rule.id); };
    std::ranges::sort(network.friendshipRules, {}, place);
    std::ranges::sort(network.accessRules, {}, place);
    return changes;
}

/// In the order in which a snapshot gives it back.
Network sorted(Network network)
{
    const auto byId = [](auto &list) {
        std::ranges::sort(list, {}, [](const auto &object) { return objectId(object); });
    };
    std::ranges::sort(network.friendships, {},
                      [](const Friendship &pair) { return std::tie(pair.a, pair.b); });
    byId(network.things);
    byId(network.services);
    byId(network.users);
    byId(network.privilegeLists);
    byId(network.privileges);
    byId(network.certificates);
    byId(network.questions);
    byId(network.containments);
    return network;
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
    void compilesInPieces();
    void listOrderIsTheOrder();
    void moveChangesTheOrder();
    void withLeavesTheOldOneAlone();
    void incrementalEqualsRebuilt();
    void mapsShareWhatIsEqual();
    void sharedMapsEqualHash();
    void sharedPoolKeepsNumbers();
    void equalHashesAreToldApart();
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
    void s03_whatCounts();
    void s03_whomTokensStandFor();
    void s06_answeredQuestions();
    void s23_boundaries();
    void s23_nothingChangesBetweenBoundaries();
    void s23_tokensAffectTheirRules();
    void s23_privilegesAffectTheirService();
    void s25_containmentAffectsPeers();
    void s25_releaseRestores();
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

void SnapshotTest::compilesInPieces()
{
    const QString hub = u"hub@x.example"_s;
    const auto jid = [](int i) { return u"t%1@x.example"_s.arg(i); };
    QList<VersionedObject> objects; // more than one bucket of pairs, and in no order
    const auto append = [&](const Object &object) {
        objects.append({ .key = { objectType(object), objectId(object) }, .object = object });
    };
    for (int i = 0; i < 3000; ++i) {
        if (i % 2 == 0)
            append(Thing { .jid = jid(i), .roles = { u"meters"_s, u"r%1"_s.arg(i % 5) } });
        append(makeFriendship(jid(i), hub,
                              i % 3 == 0 ? Friendship::State::Rejected : Friendship::State::Accepted));
    }
    std::ranges::shuffle(objects, std::mt19937(1));
    SnapshotBuilder builder;
    for (const VersionedObject &object : std::as_const(objects))
        builder.add(*object.object);
    const Snapshot built = builder.finish();
    const Snapshot changed = Snapshot().with(objects);
    QCOMPARE(built.network(), changed.network());
    for (int i = 0; i < 3000; ++i)
        QCOMPARE(built.decide(FriendQuestion { hub, jid(i) }).accepted, i % 3 != 0);

    for (int i = 0; i < 2000; ++i)
        objects[i].object.reset();
    QCOMPARE(built.with(objects).network(), changed.with(objects).network());
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
            QCOMPARE(now, sorted(network));
            const Snapshot rebuilt(network);
            for (int q = 0; q < 10; ++q) {
                const AccessQuestion question = random.question();
                QVERIFY(sameAnswer(incremental.decide(question), rebuilt.decide(question)));
                const FriendQuestion friends { random.jid(), random.jid() };
                QCOMPARE(incremental.decide(friends, Explain::Yes).decidedBy,
                         rebuilt.decide(friends, Explain::Yes).decidedBy);
                const ServiceQuestion visit = random.serviceQuestion();
                QCOMPARE(incremental.decide(visit).rule, rebuilt.decide(visit).rule);
                const PrivilegesQuestion privileges = random.privilegesQuestion();
                QCOMPARE(incremental.privileges(privileges), rebuilt.privileges(privileges));
                const QString thumbprint = random.certificate();
                QCOMPARE(incremental.serviceOf(thumbprint), rebuilt.serviceOf(thumbprint));
                QCOMPARE(incremental.userOf(thumbprint), rebuilt.userOf(thumbprint));
                const QDateTime time = RandomNetwork::now().addMSecs(random.below(4000) - 2000);
                QCOMPARE(incremental.counts(thumbprint, time), rebuilt.counts(thumbprint, time));
                QCOMPARE(incremental.nextBoundary(time), rebuilt.nextBoundary(time));
            }
        }
    }
}

template<typename Map>
static void changeACopy()
{
    Map map;
    for (int i = 0; i < 10'000; ++i)
        map.insert(i, u"value %1"_s.arg(i));
    Map changed = map;
    changed.insert(5, u"other"_s);
    changed.remove(6);
    QCOMPARE(*map.find(5), u"value 5"_s);
    QCOMPARE(*changed.find(5), u"other"_s);
    QCOMPARE(*map.find(6), u"value 6"_s);
    QCOMPARE(changed.find(6), nullptr);
    int shared = 0;
    for (int i = 0; i < 10'000; ++i)
        shared += map.find(i) == changed.find(i); // the very same entry
    QVERIFY2(shared > 9'000, qPrintable(QString::number(shared)));
}

void SnapshotTest::mapsShareWhatIsEqual()
{
    changeACopy<SharedMap<int, QString>>();
    changeACopy<SharedHash<int, QString>>();
}

template<typename Map>
static void compareWithQHash()
{
    std::mt19937 random(4);
    Map map;
    QHash<int, int> plain;
    for (int i = 0; i < 60'000; ++i) {
        // First it grows, then most of it goes again.
        const int key = int(random() % 20'000);
        if (random() % 20 < (i < 40'000 ? 15 : 4)) {
            map.insert(key, i);
            plain.insert(key, i);
        } else {
            map.remove(key);
            plain.remove(key);
        }
    }
    QCOMPARE(map.size(), plain.size());
    qsizetype visited = 0;
    map.forEach([&](int key, int value) {
        ++visited;
        QCOMPARE(value, plain.value(key, -1));
    });
    QCOMPARE(visited, plain.size());
    for (int key = 0; key < 20'000; ++key)
        QCOMPARE(map.find(key) != nullptr, plain.contains(key));
}

void SnapshotTest::sharedMapsEqualHash()
{
    compareWithQHash<SharedMap<int, int>>();
    compareWithQHash<SharedHash<int, int>>();
}

void SnapshotTest::sharedPoolKeepsNumbers()
{
    std::mt19937 random(5);
    SharedPool<QString> pool;
    QHash<quint32, QString> plain;
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 3 || plain.isEmpty()) {
            const QString value = QString::number(i);
            const quint32 number = pool.add(value);
            QVERIFY(number > 0 && !plain.contains(number));
            plain.insert(number, value);
        } else {
            const quint32 number = plain.constBegin().key();
            QCOMPARE(pool.at(number), plain.take(number));
            pool.remove(number);
        }
    }
    for (const auto &[number, value] : plain.asKeyValueRange())
        QCOMPARE(pool.at(number), value);
}

void SnapshotTest::equalHashesAreToldApart()
{
    SharedTable table;
    for (quint32 number = 1; number <= 1000; ++number)
        table.insert(number % 2 ? 77 : number, number);
    quint32 expected = 1;
    table.forEach(77, [&](quint32 number) {
        const bool isNext = number == expected;
        expected += 2;
        return isNext;
    });
    QCOMPARE(expected, 1001u);
    QCOMPARE(table.find(77, [](quint32 number) { return number == 501; }), 501u);
    table.remove(77, 501);
    QCOMPARE(table.find(77, [](quint32 number) { return number == 501; }), 0u);
    QCOMPARE(table.size(), 999);
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
        + QStringList { u"new@a"_s, u"new@b"_s, u"new@c"_s, u"new@elsewhere"_s, u"s"_s, u"t"_s };
    RandomNetwork random(6);
    int some = 0;
    for (int i = 0; i < 400; ++i) {
        Network network = rankedNetwork(random);
        network.accessRules.clear();
        network.services.clear();
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
        QSet<QString> affected = before.affectedBy(changes, after, { jids.cbegin(), jids.cend() });
        QVERIFY(affected.contains(expected));
        for (const VersionedObject &change : changes) {
            if (change.key.type == ObjectType::Containment && !expected.contains(change.key.id))
                affected.remove(change.key.id); // it may have been allowed to read
        }
        QCOMPARE(affected, expected);
        some += !expected.isEmpty();
    }
    QVERIFY(some > 100);
}

void SnapshotTest::s23_nobodyIsForgotten()
{
    const QStringList jids = RandomNetwork::jids() + QStringList { u"s"_s, u"t"_s };
    RandomNetwork random(7);
    int differing = 0;
    for (int i = 0; i < 1000; ++i) {
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
            ServiceQuestion visit = random.serviceQuestion();
            visit.asker = visit.service;
            if (before.decide(visit).allowed != after.decide(visit).allowed)
                QVERIFY(affected.contains(visit.service));
            PrivilegesQuestion privileges = random.privilegesQuestion();
            privileges.asker = privileges.service;
            if (before.privileges(privileges) != after.privileges(privileges))
                QVERIFY(affected.contains(privileges.service));
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

void SnapshotTest::s03_whatCounts()
{
    const QDateTime now = RandomNetwork::now();
    Certificate certificate { .thumbprint = u"c"_s,
                              .der = {},
                              .subject = {},
                              .issuer = {},
                              .notBefore = now,
                              .notAfter = now.addSecs(10),
                              .jid = u"a@x"_s,
                              .comment = {} };
    Network network;
    QVERIFY(!Snapshot(network).counts(u"c"_s, now));
    network.certificates = { certificate };
    QVERIFY(!Snapshot(network).counts(u"c"_s, now.addMSecs(-1)));
    QVERIFY(Snapshot(network).counts(u"c"_s, now));
    QVERIFY(Snapshot(network).counts(u"c"_s, now.addSecs(10)));
    QVERIFY(!Snapshot(network).counts(u"c"_s, now.addMSecs(10'001)));
    network.certificates[0].revoked = true;
    QVERIFY(!Snapshot(network).counts(u"c"_s, now));

    // Statement 25: the tokens of who is contained count as none.
    network.certificates = { certificate };
    network.services = {
        { .id = u"s@x"_s, .name = {}, .certificates = { u"c"_s }, .access = {}, .comment = {} }
    };
    QVERIFY(Snapshot(network).counts(u"c"_s, now));
    for (const QString &jid : { u"a@x"_s, u"s@x"_s }) {
        network.containments = { { .jid = jid, .until = {}, .comment = {} } };
        QVERIFY(!Snapshot(network).counts(u"c"_s, now));
    }
}

void SnapshotTest::s03_whomTokensStandFor()
{
    Network network;
    network.services = {
        { .id = u"t@x"_s, .name = {}, .certificates = { u"c"_s }, .access = {}, .comment = {} },
        { .id = u"s@x"_s, .name = {}, .certificates = { u"c"_s, u"d"_s }, .access = {}, .comment = {} }
    };
    network.users = { { .name = u"bob"_s, .certificates = { u"d"_s }, .roles = {}, .comment = {} } };
    const Snapshot snapshot(network);
    QCOMPARE(snapshot.serviceOf(u"c"_s), u"s@x"_s);
    QCOMPARE(snapshot.serviceOf(u"d"_s), u"s@x"_s);
    QCOMPARE(snapshot.serviceOf(u"e"_s), QString());
    QCOMPARE(snapshot.userOf(u"c"_s), QString());
    QCOMPARE(snapshot.userOf(u"d"_s), u"bob"_s);
    const Snapshot without = snapshot.with({ removal(network.services.at(1)) });
    QCOMPARE(without.serviceOf(u"c"_s), u"t@x"_s);
    QCOMPARE(without.serviceOf(u"d"_s), QString());
}

void SnapshotTest::s06_answeredQuestions()
{
    const Question ab { .asker = u"a@x"_s, .jid = u"b@x"_s, .asked = {} };
    const Question ac { .asker = u"a@x"_s, .jid = u"c@y"_s, .asked = {} };
    Network network;
    network.questions = { ab, ac };
    const Snapshot before(network);
    const auto answered = [&](const QList<VersionedObject> &changes) {
        return before.with(changes).answered(changes);
    };
    QCOMPARE(answered({ put(makeFriendship(u"b@x"_s, u"a@x"_s)) }), QList { ab });
    QCOMPARE(answered({ put(makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected)) }),
             QList { ab });
    QCOMPARE(answered({ put(makeFriendship(u"b@x"_s, u"c@y"_s)) }), QList<Question>());
    FriendshipRule rule {
        .id = u"1"_s, .one = { Subject::Kind::Domain, u"y"_s, {}, {} }, .other = {}, .comment = {}
    };
    QCOMPARE(answered({ put(rule) }), QList { ac });
    rule.other = { Subject::Kind::Role, u"r"_s, {}, {} };
    QCOMPARE(answered({ put(rule) }), QList<Question>());
    Thing thing;
    thing.jid = u"a@x"_s;
    thing.roles = { u"r"_s };
    QCOMPARE(answered({ put(rule), put(thing) }), QList { ac });
    // Containment answers nothing: the question is there again after release.
    const Containment containment { .jid = u"a@x"_s, .until = {}, .comment = {} };
    QCOMPARE(answered({ put(containment), put(makeFriendship(u"b@x"_s, u"a@x"_s)) }), QList<Question>());
    const Snapshot contained = before.with({ put(containment), put(makeFriendship(u"b@x"_s, u"a@x"_s)) });
    QCOMPARE(contained.with({ removal(containment) }).answered({ removal(containment) }), QList { ab });
}

void SnapshotTest::s23_boundaries()
{
    const QDateTime now = RandomNetwork::now();
    AccessRule first = rule(u"1"_s, { Target::Kind::Device, u"a@x"_s, {} });
    first.from = now.addSecs(10);
    first.until = now.addSecs(40);
    AccessRule second = rule(u"2"_s, { Target::Kind::Device, u"b@x"_s, {} });
    second.subject = { Subject::Kind::Certificate, u"c"_s, {}, {} };
    Network network;
    network.accessRules = { first, second };
    network.certificates = { { .thumbprint = u"c"_s,
                               .der = {},
                               .subject = {},
                               .issuer = {},
                               .notBefore = now.addSecs(20),
                               .notAfter = now.addSecs(50),
                               .jid = {},
                               .comment = {} } };
    network.containments = { { .jid = u"d@x"_s, .until = now.addSecs(30), .comment = {} } };
    const Snapshot snapshot(network);
    QList<QDateTime> times;
    for (QDateTime time = now; (time = snapshot.nextBoundary(time)).isValid();)
        times.append(time);
    QCOMPARE(times,
             (QList { now.addSecs(10), now.addSecs(20), now.addSecs(30), now.addSecs(40),
                      now.addMSecs(50'001) }));
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@x"_s, u"d@x"_s };
    const auto affected = [&](int from, int to) {
        return snapshot.affectedBetween(now.addSecs(from), now.addSecs(to), known);
    };
    QCOMPARE(affected(0, 9), QSet<QString>());
    QCOMPARE(affected(9, 10), QSet { u"a@x"_s });
    QCOMPARE(affected(10, 19), QSet<QString>());
    QCOMPARE(affected(10, 20), QSet { u"b@x"_s });
    QCOMPARE(affected(20, 30), QSet<QString>());
    QCOMPARE(affected(0, 100), (QSet { u"a@x"_s, u"b@x"_s }));
    QCOMPARE(snapshot.endedContainments(now.addSecs(29)), QList<Containment>());
    QCOMPARE(snapshot.endedContainments(now.addSecs(30)), network.containments);
    const Snapshot without = snapshot.with({ removal(first), removal(network.containments.first()) });
    QCOMPARE(without.nextBoundary(now), now.addSecs(20));
    QCOMPARE(without.nextBoundary(now.addSecs(20)), now.addMSecs(50'001));
}

/// The same question at two times, with the tokens that count then, gets two answers only when a boundary
/// that affects the device lies between them.
void SnapshotTest::s23_nothingChangesBetweenBoundaries()
{
    const QStringList jids = RandomNetwork::jids();
    const QSet<QString> known { jids.cbegin(), jids.cend() };
    RandomNetwork random(23);
    int differing = 0;
    for (int i = 0; i < 3000; ++i) {
        const Snapshot snapshot(random.network());
        AccessQuestion question = random.question();
        const auto askAt = [&](const QDateTime &now) {
            question.now = now;
            AccessQuestion asked = question;
            for (const auto list : { &Identities::service, &Identities::user, &Identities::device }) {
                for (Identity &identity : asked.identities.*list) {
                    const QString thumbprint = identity.certificate;
                    identity = {};
                    if (snapshot.counts(thumbprint, now))
                        identity = { thumbprint, snapshot.userOf(thumbprint),
                                     snapshot.serviceOf(thumbprint) };
                }
            }
            return snapshot.decide(asked);
        };
        const QDateTime from = RandomNetwork::now().addMSecs(random.below(3000) - 1500);
        const QDateTime to = from.addMSecs(random.below(1500));
        if (!sameAnswer(askAt(from), askAt(to))) {
            QVERIFY(snapshot.nextBoundary(from) <= to);
            QVERIFY(snapshot.affectedBetween(from, to, known).contains(question.device));
            ++differing;
        }
    }
    QVERIFY2(differing > 20, qPrintable(QString::number(differing)));
}

void SnapshotTest::s23_tokensAffectTheirRules()
{
    Network network;
    network.accessRules = { rule(u"1"_s, { Target::Kind::Device, u"a@x"_s, {} }),
                            rule(u"2"_s, { Target::Kind::Device, u"b@x"_s, {} }),
                            rule(u"3"_s, { Target::Kind::Device, u"c@x"_s, {} }),
                            rule(u"4"_s, { Target::Kind::Device, u"d@x"_s, {} }) };
    network.accessRules[0].subject = { Subject::Kind::Certificate, u"cert"_s, {}, {} };
    network.accessRules[1].subject.withUser = u"bob"_s;
    network.accessRules[2].subject.withService = u"s@x"_s;
    Certificate certificate {
        .thumbprint = u"cert"_s, .der = {}, .subject = {}, .issuer = {}, .jid = {}, .comment = {}
    };
    network.certificates = { certificate };
    network.users = { { .name = u"bob"_s, .certificates = { u"cert"_s }, .roles = {}, .comment = {} } };
    network.services = {
        { .id = u"s@x"_s, .name = {}, .certificates = { u"cert"_s }, .access = {}, .comment = {} }
    };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@x"_s, u"d@x"_s, u"s@x"_s };
    const QSet<QString> all { u"a@x"_s, u"b@x"_s, u"c@x"_s, u"s@x"_s };
    certificate.comment = u"only a comment"_s;
    QCOMPARE(affected(network, { put(certificate) }, known), QSet<QString>());
    certificate.revoked = true;
    QCOMPARE(affected(network, { put(certificate) }, known), all);
    QCOMPARE(affected(network, { removal(certificate) }, known), all);
    User bob = network.users.first();
    bob.comment = u"only a comment"_s;
    QCOMPARE(affected(network, { put(bob) }, known), QSet<QString>());
    bob.certificates.clear();
    QVERIFY(affected(network, { put(bob) }, known).contains(u"b@x"_s));
    QVERIFY(!affected(network, { put(bob) }, known).contains(u"d@x"_s));
    Service service = network.services.first();
    service.certificates.clear();
    QVERIFY(affected(network, { put(service) }, known).contains(u"c@x"_s));
}

void SnapshotTest::s23_privilegesAffectTheirService()
{
    Network network;
    network.services = {
        { .id = u"s@x"_s, .name = {}, .certificates = { u"c"_s }, .access = {}, .comment = {} },
        { .id = u"t@x"_s, .name = {}, .certificates = {}, .access = {}, .comment = {} },
    };
    network.certificates = { { .thumbprint = u"c"_s,
                               .der = {},
                               .subject = {},
                               .issuer = {},
                               .jid = u"component.x"_s,
                               .comment = {} } };
    const QSet<QString> known { u"s@x"_s, u"t@x"_s, u"component.x"_s, u"a@x"_s };
    PrivilegeList list { .service = u"s@x"_s, .name = {}, .entries = { { true, u"A"_s } }, .comment = {} };
    QCOMPARE(affected(network, { put(list) }, known), (QSet { u"s@x"_s, u"component.x"_s }));
    network.privilegeLists = { list };
    list.comment = u"only a comment"_s;
    QCOMPARE(affected(network, { put(list) }, known), QSet<QString>());
    Service service = network.services.at(1);
    service.access = { {} };
    QCOMPARE(affected(network, { put(service) }, known), QSet { u"t@x"_s });
    // What the server notes by itself alters nothing.
    const User noted { .name = u"bob"_s, .certificates = {}, .roles = {}, .comment = {}, .noted = true };
    const Service met {
        .id = u"u@x"_s, .name = {}, .certificates = {}, .access = {}, .comment = {}, .noted = true
    };
    const Privilege privilege { .service = u"s@x"_s, .privilege = u"A"_s, .comment = {}, .noted = true };
    QCOMPARE(affected(network, { put(noted), put(met), put(privilege) }, known + QSet { u"u@x"_s }),
             QSet<QString>());
    User bob = noted;
    bob.roles = { u"r"_s };
    QCOMPARE(affected(network, { put(bob) }, known), (QSet { u"s@x"_s, u"t@x"_s, u"component.x"_s }));
}

void SnapshotTest::s25_containmentAffectsPeers()
{
    Network network;
    network.friendships = { makeFriendship(u"a@x"_s, u"b@x"_s),
                            makeFriendship(u"a@x"_s, u"e@x"_s, Friendship::State::Rejected) };
    network.accessRules = { rule(u"1"_s, { Target::Kind::Device, u"c@x"_s, {} }) };
    network.accessRules[0].subject = { Subject::Kind::Jid, u"a@x"_s, {}, {} };
    const QSet<QString> known { u"a@x"_s, u"b@x"_s, u"c@x"_s, u"d@x"_s, u"e@x"_s };
    const Containment containment { .jid = u"a@x"_s, .until = {}, .comment = {} };
    const QSet<QString> peers { u"a@x"_s, u"b@x"_s, u"c@x"_s };
    QCOMPARE(affected(network, { put(containment) }, known), peers);
    network.containments = { containment };
    QCOMPARE(affected(network, { removal(containment) }, known), peers);
    Containment longer = containment;
    longer.until = RandomNetwork::now();
    QCOMPARE(affected(network, { put(longer) }, known), QSet<QString>());
    // While it is contained, its pairs alter nothing.
    QCOMPARE(affected(network, { removal(network.friendships.first()) }, known), QSet<QString>());
}

void SnapshotTest::s25_releaseRestores()
{
    RandomNetwork random(25);
    for (int i = 0; i < 300; ++i) {
        Network network = random.network();
        network.containments.clear();
        const Snapshot before(network);
        const Containment containment = random.containment();
        const Snapshot contained = before.with({ put(containment) });
        const Snapshot after = contained.with({ removal(containment) });
        QCOMPARE(after.network(), before.network());
        for (int q = 0; q < 20; ++q) {
            const AccessQuestion question = random.question();
            QVERIFY(sameAnswer(before.decide(question), after.decide(question)));
            const bool concerned = question.device == containment.jid || question.jid == containment.jid;
            QCOMPARE(contained.decide(question).contained, concerned ? containment.jid : QString());
            if (concerned)
                QVERIFY(sameAnswer(contained.decide(question), AccessDecision()));
            else
                QVERIFY(sameAnswer(contained.decide(question), before.decide(question)));
        }
    }
}

QTEST_GUILESS_MAIN(SnapshotTest)
#include "tst_snapshot.moc"
