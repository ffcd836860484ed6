// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/snapshot.h"

#include <QTest>

#include <map>
#include <set>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

namespace {

template<typename T>
void putOrRemove(RandomNetwork &random, QList<T> &list, T value, QList<VersionedObject> &changes)
{
    const QString id = objectId(value);
    const auto found = std::ranges::find_if(list, [&](const T &other) { return objectId(other) == id; });
    const ObjectKey key { objectType(value), id };
    if (found != list.end() && random.chance()) {
        list.erase(found);
        changes.append({ key, 1, {} });
        return;
    }
    if (found != list.end())
        *found = value;
    else
        list.append(value);
    changes.append({ key, 1, value });
}

/// Changes \a network, each object at most once.
QList<VersionedObject> edit(RandomNetwork &random, Network &network)
{
    QList<VersionedObject> changes;
    QSet<ObjectKey> touched;
    const auto once = [&](const Object &object) {
        const ObjectKey key { objectType(object), objectId(object) };
        if (touched.contains(key))
            return false;
        touched.insert(key);
        return true;
    };
    do {
        switch (random.below(5)) {
        case 0:
            if (const Friendship pair = random.pair(); once(pair))
                putOrRemove(random, network.friendships, pair, changes);
            break;
        case 1:
            if (FriendshipRule rule = random.friendshipRule(u"f%1"_s.arg(random.below(8))); once(rule)) {
                rule.rank = random.below(45) * 1000 + 1
                    + changes.size(); // as the store does, never the same twice
                putOrRemove(random, network.friendshipRules, rule, changes);
            }
            break;
        case 2:
            if (AccessRule rule = random.accessRule(u"a%1"_s.arg(random.below(16))); once(rule)) {
                rule.rank = random.below(45) * 1000 + 1
                    + changes.size(); // as the store does, never the same twice
                putOrRemove(random, network.accessRules, rule, changes);
            }
            break;
        case 3:
            if (const Thing thing = random.thing(random.jid()); once(thing))
                putOrRemove(random, network.things, thing, changes);
            break;
        default:
            if (const Containment containment = random.containment(); once(containment))
                putOrRemove(random, network.containments, containment, changes);
            break;
        }
    } while (random.chance());
    const auto byRank = [](const auto &one, const auto &other) { return one.rank < other.rank; };
    std::ranges::stable_sort(network.accessRules, byRank);
    std::ranges::stable_sort(network.friendshipRules, byRank);
    return changes;
}

Network ranked(Network network)
{
    qint64 rank = 0;
    for (AccessRule &rule : network.accessRules)
        rule.rank = ++rank * 3000;
    rank = 0;
    for (FriendshipRule &rule : network.friendshipRules)
        rule.rank = ++rank * 5000;
    return network;
}

bool isContained(const Network &network, const QString &jid)
{
    return std::ranges::any_of(network.containments,
                               [&](const Containment &containment) { return containment.jid == jid; });
}

QString addressOf(const Subject &who)
{
    if (who.kind == Subject::Kind::Jid)
        return who.value;
    return who.kind == Subject::Kind::Domain ? u"somebody@%1"_s.arg(who.value) : u"somebody@nowhere"_s;
}

/// By the oracle, which looks at every rule.
FieldTypes allowedTypes(const Network &network, const Subject &who, Action action, const QString &device,
                        const NodeRef &node, const QString &name)
{
    AccessQuestion question {
        .action = action, .device = device, .jid = addressOf(who), .now = RandomNetwork::now()
    };
    if (who.kind == Subject::Kind::Certificate)
        question.identities.device = { { .certificate = who.value } };
    if (!who.withUser.isEmpty())
        question.identities.user = { { .user = who.withUser } };
    if (!who.withService.isEmpty())
        question.identities.service = { { .service = who.withService } };
    FieldTypes types;
    if (isContained(network, device) || isContained(network, question.jid))
        return types;
    const QString asked = name.isEmpty() ? u"nobody mentions this"_s : name;
    for (const FieldTypeName &type : fieldTypeNames) {
        if (oracle::isAllowed(network, question, node, asked, type.type))
            types |= type.type;
    }
    return types;
}

/// The names that the node is known to have, or that rules about the device name.
QStringList mentioned(const Network &network, Action action, const QString &device, const NodeRef &node)
{
    QStringList names;
    QStringList roles;
    for (const Thing &thing : network.things) {
        if (thing.jid != device)
            continue;
        roles = thing.roles;
        for (const Node &known : thing.nodes) {
            if (known.ref != node)
                continue;
            for (const Field &field : action == Action::Read ? known.fields : QList<Field>())
                names.append(field.name);
            if (action == Action::Control)
                names += known.parameters;
        }
    }
    for (const AccessRule &rule : network.accessRules) {
        const bool isAbout = rule.target.kind == Target::Kind::Any
            || (rule.target.kind == Target::Kind::Device && rule.target.value == device)
            || (rule.target.kind == Target::Kind::Role && roles.contains(rule.target.value));
        if (rule.action == action && isAbout)
            names += rule.names;
    }
    return names;
}

struct Row
{
    bool gained;
    Action action;
    QString who;
    QString device;
    NodeRef node;
    QString name;
    friend auto operator<=>(const Row &, const Row &) = default;
};

QByteArray describe(quint32 seed, const Row &row)
{
    return u"seed %1: %2 %3 of %4 by %5, node %6, name %7"_s.arg(seed)
        .arg(row.gained ? u"gained"_s : u"lost"_s, row.action == Action::Read ? u"reading"_s : u"control"_s,
             row.device, row.who, row.node.nodeId, row.name)
        .toUtf8();
}

} // namespace

class TestEffects : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    /// Everybody, everything, before and after: what differs is what effectsOf() says, and nothing else.
    void isWhatAnOracleFinds()
    {
        int rows = 0;
        int friendships = 0;
        for (quint32 seed = 0; seed < 80; ++seed) {
            RandomNetwork random(seed);
            const Network before = ranked(random.network());
            Network after = before;
            const QList<VersionedObject> changes = edit(random, after);
            const Snapshot old(before);
            const Effects effects = old.effectsOf(
                changes, old.with(changes), RandomNetwork::now(),
                { .rows = 1'000'000, .comparisons = 10'000'000, .isStopped = [] { return false; } });
            QVERIFY(!effects.truncated);

            // What it says is so.
            std::map<Row, FieldTypes> said;
            for (const AccessEffect &effect : effects.access) {
                const FieldTypes was = allowedTypes(before, effect.who, effect.action, effect.device,
                                                    effect.node, effect.name);
                const FieldTypes is = allowedTypes(after, effect.who, effect.action, effect.device,
                                                   effect.node, effect.name);
                const Row row { effect.gained, effect.action, addressOf(effect.who),
                                effect.device, effect.node,   effect.name };
                const FieldTypes expected = effect.gained ? (is & ~was) : (was & ~is);
                if (effect.who.kind != Subject::Kind::Certificate) {
                    QVERIFY2(expected && (effect.action == Action::Control || effect.types == expected),
                             describe(seed, row));
                }
                if (effect.who.withUser.isEmpty() && effect.who.withService.isEmpty()
                    && effect.who.kind != Subject::Kind::Certificate)
                    QVERIFY2(said.emplace(row, effect.types).second, describe(seed, row));
            }
            rows += int(effects.access.size());

            // And it says everything.
            QSet<QString> known;
            QSet<QString> domains;
            for (const Network *network : { &before, &std::as_const(after) }) {
                for (const Thing &thing : network->things)
                    known.insert(thing.jid);
                for (const AccessRule &rule : network->accessRules) {
                    if (rule.subject.kind == Subject::Kind::Jid)
                        known.insert(rule.subject.value);
                    if (rule.subject.kind == Subject::Kind::Domain)
                        domains.insert(rule.subject.value);
                    if (rule.target.kind == Target::Kind::Device)
                        known.insert(rule.target.value);
                }
            }
            QList<Subject> everybody { {} };
            for (const QString &domain : std::as_const(domains))
                everybody.append({ .kind = Subject::Kind::Domain, .value = domain });
            for (const QString &jid : std::as_const(known))
                everybody.append({ .kind = Subject::Kind::Jid, .value = jid });
            for (const QString &device : std::as_const(known)) {
                std::set<NodeRef> nodes;
                for (const Network *network : { &before, &std::as_const(after) }) {
                    for (const Thing &thing : network->things) {
                        for (const Node &node : thing.jid == device ? thing.nodes : QList<Node>())
                            nodes.insert(node.ref);
                    }
                }
                if (nodes.empty())
                    nodes.insert(NodeRef());
                for (const Subject &who : std::as_const(everybody)) {
                    if (who.value == device)
                        continue;
                    for (const Action action : { Action::Read, Action::Control }) {
                        for (const NodeRef &node : nodes) {
                            QStringList asked = mentioned(before, action, device, node)
                                + mentioned(after, action, device, node);
                            asked.append(QString());
                            for (const QString &name : std::as_const(asked)) {
                                const FieldTypes was = allowedTypes(before, who, action, device, node, name);
                                const FieldTypes is = allowedTypes(after, who, action, device, node, name);
                                for (const bool gained : { true, false }) {
                                    const Row row { gained, action, addressOf(who), device, node, name };
                                    const FieldTypes expected = gained ? (is & ~was) : (was & ~is);
                                    QVERIFY2(said.contains(row) == bool(expected), describe(seed, row));
                                }
                            }
                        }
                    }
                }
            }

            QSet<QString> saidPairs;
            for (const FriendshipEffect &effect : effects.friendships) {
                const FriendQuestion question { effect.a, effect.b };
                QCOMPARE(oracle::decide(before, question).accepted, !effect.gained);
                QCOMPARE(oracle::decide(after, question).accepted, effect.gained);
                saidPairs.insert(friendshipId(effect.a, effect.b));
            }
            friendships += int(effects.friendships.size());
            for (const QString &one : std::as_const(known)) {
                for (const QString &other : std::as_const(known)) {
                    const FriendQuestion question { one, other };
                    const bool differs = one != other
                        && oracle::decide(before, question).accepted
                            != oracle::decide(after, question).accepted;
                    if (differs)
                        QVERIFY2(saidPairs.contains(friendshipId(one, other)),
                                 qPrintable(u"seed %1: %2 and %3"_s.arg(seed).arg(one, other)));
                }
            }
        }
        QVERIFY(rows > 500 && friendships > 50); // else nothing was tried
    }

    void listsAreCutAndNumbersAreOfAll()
    {
        Network network;
        for (int i = 0; i < 20; ++i)
            network.things.append({ .jid = u"t%1@a"_s.arg(i), .roles = { u"r"_s } });
        const Snapshot before(network);
        const AccessRule rule { .id = u"new"_s,
                                .subject = { .kind = Subject::Kind::Role, .value = u"r"_s },
                                .target = { .kind = Target::Kind::Role, .value = u"r"_s } };
        const QList<VersionedObject> changes { { { ObjectType::AccessRule, rule.id }, 1, rule } };
        EffectLimits limits { .rows = 7 };
        const Effects some = before.effectsOf(changes, before.with(changes), RandomNetwork::now(), limits);
        QCOMPARE(some.access.size(), 7);
        QCOMPARE(some.accessGained, 20 * 19);
        QCOMPARE(some.accessLost, 0);
        QVERIFY(!some.truncated);

        limits.comparisons = 50;
        const Effects few = before.effectsOf(changes, before.with(changes), RandomNetwork::now(), limits);
        QVERIFY(few.truncated);
        QVERIFY(few.accessGained <= 50);

        limits.comparisons = 100'000;
        limits.isStopped = [] { return true; };
        QVERIFY(before.effectsOf(changes, before.with(changes), RandomNetwork::now(), limits).truncated);
    }
};

QTEST_GUILESS_MAIN(TestEffects)
#include "tst_effects.moc"
