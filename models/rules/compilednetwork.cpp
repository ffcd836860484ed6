// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/compilednetwork.h"

#include "rules/matching.h"

#include <algorithm>
#include <map>

namespace castellan::rules {

namespace {

/// The number of the empty text in m_names: the value of subjects and targets that name nobody.
constexpr quint32 noText = 1;

/// Subjects in the order of how few they match.
int breadth(const Subject &subject)
{
    switch (subject.kind) {
    case Subject::Kind::Jid:
    case Subject::Kind::Certificate:
        return 0;
    case Subject::Kind::Role:
        return 1;
    case Subject::Kind::Domain:
        return 2;
    case Subject::Kind::Everyone:
        return 3;
    }
    Q_UNREACHABLE_RETURN(3);
}

quint32 mixed(quint64 value)
{
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93;
    return quint32(value >> 32);
}

quint32 hashOfSubject(Subject::Kind kind, quint32 value)
{
    return mixed(quint64(kind) << 32 | value);
}

int classOf(Action action, Target::Kind target, Subject::Kind subject)
{
    return (int(action) * 3 + int(target)) * 5 + int(subject);
}

quint32 hashOfKey(int ruleClass, quint32 target, quint32 subject)
{
    return mixed((quint64(target) << 32 | subject) + quint64(ruleClass) * 0x9e3779b97f4a7c15);
}

int classOf(const CompiledRule &rule)
{
    return classOf(rule.ruleAction(), rule.kindOfTarget(), rule.kindOfSubject());
}

quint32 hashOfKey(const CompiledRule &rule)
{
    return hashOfKey(classOf(rule), rule.target, rule.subject);
}

/// Null where \a text is not exactly what QUuid would write.
QUuid asUuid(const QString &text)
{
    const QUuid id = QUuid::fromString(text);
    return !id.isNull() && id.toString(QUuid::WithoutBraces) == text ? id : QUuid();
}

/// Ranks decide; ids only make the order total.
constexpr auto placeOf = [](const FriendshipRulePtr &rule) { return std::tie(rule->rank, rule->id); };

/// Of the subject that fewer match, and of the other one.
std::pair<quint32, quint32> hashesOf(const CompiledNetwork::CompiledFriendshipRule &rule)
{
    const quint32 one = hashOfSubject(rule.rule->one.kind, rule.one);
    const quint32 other = hashOfSubject(rule.rule->other.kind, rule.other);
    return breadth(rule.rule->other) < breadth(rule.rule->one) ? std::pair(other, one)
                                                               : std::pair(one, other);
}

/// Documents have the order of their lists and no ranks; a store's lists have ranks that agree with it.
template<typename Rule>
void rank(QList<Rule> &rules)
{
    const bool ranked = std::ranges::adjacent_find(std::as_const(rules), std::greater_equal(), &Rule::rank)
        == rules.cend();
    for (qsizetype i = 0; !ranked && i < rules.size(); ++i)
        rules[i].rank = i + 1;
}

template<typename Owners>
void addOwner(Owners &owners, const QStringList &certificates, const QString &id)
{
    for (const QString &thumbprint : certificates) {
        const QStringList *found = owners.find(thumbprint);
        QStringList ids = found ? *found : QStringList();
        ids.insert(std::ranges::lower_bound(ids, id), id);
        owners.insert(thumbprint, ids);
    }
}

template<typename Owners>
void removeOwner(Owners &owners, const QStringList &certificates, const QString &id)
{
    for (const QString &thumbprint : certificates) {
        QStringList ids = *owners.find(thumbprint);
        ids.removeOne(id);
        if (!ids.isEmpty())
            owners.insert(thumbprint, ids);
        else
            owners.remove(thumbprint);
    }
}

/// When \a object begins or ends to count.
QList<qint64> boundariesOf(const AccessRule &rule)
{
    QList<qint64> times;
    for (const QDateTime &time : { rule.from, rule.until }) {
        if (time.isValid())
            times.append(time.toMSecsSinceEpoch());
    }
    return times;
}

QList<qint64> boundariesOf(const Certificate &certificate)
{
    QList<qint64> times;
    if (certificate.notBefore.isValid())
        times.append(certificate.notBefore.toMSecsSinceEpoch());
    if (certificate.notAfter.isValid())
        times.append(certificate.notAfter.toMSecsSinceEpoch() + 1); // it is inclusive
    return times;
}

QList<qint64> boundariesOf(const Containment &containment)
{
    return containment.until.isValid() ? QList { containment.until.toMSecsSinceEpoch() } : QList<qint64>();
}

template<typename T>
concept Timed = requires(const T &value) { boundariesOf(value); };

template<typename T>
std::optional<Object> asObject(const T *found)
{
    return found ? std::optional<Object>(*found) : std::nullopt;
}

Friendship friendshipOf(const PairKey &key, const CompiledPair &pair)
{
    return { .a = key.a,
             .b = key.b,
             .state = pair.accepted ? Friendship::State::Accepted : Friendship::State::Rejected,
             .secondaryTrustAllowed = pair.secondaryTrustAllowed,
             .comment = pair.comment };
}

CompiledNetwork::FriendshipRules inOrder(CompiledNetwork::FriendshipRules rules)
{
    std::ranges::sort(rules, {}, [](const auto *compiled) { return placeOf(compiled->rule); });
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end()); // both may have brought the same
    return rules;
}

/// The two JIDs of the id of a pair; not set for what is none.
std::optional<std::pair<QString, QString>> jidsOf(const QString &pairId)
{
    const qsizetype space = pairId.indexOf(u' ');
    if (space < 0)
        return {};
    return std::pair(pairId.first(space), pairId.sliced(space + 1));
}

} // namespace

CompiledThing::CompiledThing(Thing what)
    : thing(std::move(what))
{
    if (thing.nodes.isEmpty())
        return;
    std::map<NodeRef, int> byRef;
    for (qsizetype i = 0; i < thing.nodes.size(); ++i)
        byRef.emplace(thing.nodes.at(i).ref, int(i));
    for (qsizetype i = 0; i < thing.nodes.size(); ++i) {
        const Node &node = thing.nodes.at(i);
        nodesById.insert(node.ref.nodeId, int(i));
        const auto parent = byRef.find(node.parent);
        parents.append(node.parent.isDevice()      ? hangsBelowDevice
                           : parent == byRef.end() ? parentUnknown
                                                   : parent->second);
    }
}

bool Party::is(Subject::Kind kind, quint32 value) const
{
    switch (kind) {
    case Subject::Kind::Everyone:
        return true;
    case Subject::Kind::Jid:
        return value == jid;
    case Subject::Kind::Domain:
        return value == domain;
    case Subject::Kind::Role:
        return hasRole(value);
    case Subject::Kind::Certificate:
        return false;
    }
    Q_UNREACHABLE_RETURN(false);
}

bool Party::isTarget(Target::Kind kind, quint32 value) const
{
    switch (kind) {
    case Target::Kind::Any:
        return true;
    case Target::Kind::Device:
        return value == jid;
    case Target::Kind::Role:
        return hasRole(value);
    }
    Q_UNREACHABLE_RETURN(false);
}

CompiledNetwork::CompiledNetwork()
{
    const quint32 number = takeName(QString());
    Q_ASSERT(number == noText);
}

CompiledNetwork::CompiledNetwork(Network network)
    : CompiledNetwork()
{
    rank(network.friendshipRules);
    rank(network.accessRules);
    addAll(network.things);
    addAll(network.friendships);
    addAll(network.friendshipRules);
    addAll(network.accessRules);
    addAll(network.services);
    addAll(network.users);
    addAll(network.privilegeLists);
    addAll(network.privileges);
    addAll(network.certificates);
    addAll(network.questions);
    addAll(network.containments);
    addAll(network.roleGrants);
    if (network.policy)
        put(*network.policy);
    settle();
}

/// Frees what only \a objects has as it goes, so that a large network is not there twice.
template<typename T>
void CompiledNetwork::addAll(QList<T> &objects)
{
    const bool isOurs = objects.isDetached();
    for (qsizetype i = 0; i < objects.size(); ++i) {
        add(objects.at(i));
        if (isOurs)
            objects[i] = T();
    }
    objects.clear();
}

void CompiledNetwork::add(const Object &object)
{
    std::visit(
        [this]<typename T>(const T &value) {
            if constexpr (std::is_same_v<T, Friendship>)
                m_newPairs.push_back(compiled(value));
            else
                put(value);
        },
        object);
}

void CompiledNetwork::settle()
{
    m_pairs.fill(std::exchange(m_newPairs, {}));
}

void CompiledNetwork::apply(const VersionedObject &change)
{
    if (object(change.key) == change.object)
        return; // and copies nothing
    remove(change.key);
    if (change.object)
        std::visit([this](const auto &object) { put(object); }, *change.object);
}

// ---- who is who

const CompiledThing *CompiledNetwork::thing(const QString &jid) const
{
    const Name *name = m_names.find(jid);
    return name && name->thing ? m_things.at(name->thing).get() : nullptr;
}

QStringList CompiledNetwork::rolesOf(const QString &jid) const
{
    const CompiledThing *found = thing(jid);
    return found ? found->thing.roles : QStringList();
}

std::pair<Party, Party> CompiledNetwork::parties(const QString &one, const QString &other) const
{
    std::pair<Party, Party> parties;
    if (m_domains > 0) {
        const auto [a, b, domainOfA,
                    domainOfB] = m_names.numbersOf<4>({ one, other, domainOf(one), domainOf(other) });
        parties = { { .jid = a, .domain = domainOfA }, { .jid = b, .domain = domainOfB } };
    } else {
        const auto [a, b] = m_names.numbersOf<2>({ one, other });
        parties = { { .jid = a }, { .jid = b } };
    }
    for (Party *party : { &parties.first, &parties.second }) {
        const quint32 roles = party->jid ? m_names.value(party->jid).roles : 0;
        if (roles)
            party->roles = m_roleSets.key(roles);
    }
    return parties;
}

bool CompiledNetwork::isContained(const QString &jid) const
{
    const auto &containments = std::get<Table<Containment>>(m_tables);
    return containments.size() > 0 && containments.find(jid);
}

quint32 CompiledNetwork::takeName(const QString &text)
{
    const quint32 number = m_names.insert(text);
    ++m_names.value(number).uses;
    return number;
}

void CompiledNetwork::dropName(quint32 number)
{
    if (--m_names.value(number).uses == 0)
        m_names.remove(QString(m_names.key(number)));
}

// ---- things

void CompiledNetwork::put(const Thing &thing)
{
    Thing shared = thing; // what many things have in common is there once
    QList<quint32> roles;
    for (const QString &role : thing.roles)
        roles.append(takeName(role));
    const quint32 jid = takeName(thing.jid);
    shared.jid = name(jid);
    Name &known = m_names.value(jid);
    if (!roles.isEmpty()) {
        known.roles = m_roleSets.insert(roles);
        RoleSet &set = m_roleSets.value(known.roles);
        if (set.uses++ == 0) {
            for (const quint32 role : std::as_const(roles))
                set.roles.append(name(role));
        }
        shared.roles = set.roles;
    }
    known.thing = m_things.add(std::make_shared<const CompiledThing>(std::move(shared)));
}

void CompiledNetwork::removeThing(const QString &jid)
{
    const quint32 number = m_names.numberOf(jid);
    if (number == 0 || m_names.value(number).thing == 0)
        return;
    Name &known = m_names.value(number);
    m_things.remove(std::exchange(known.thing, 0));
    if (const quint32 set = std::exchange(known.roles, 0)) {
        const QList<quint32> roles = m_roleSets.key(set);
        if (--m_roleSets.value(set).uses == 0)
            m_roleSets.remove(roles);
        for (const quint32 role : roles)
            dropName(role);
    }
    dropName(number);
}

QList<ThingPtr> CompiledNetwork::allThings() const
{
    QList<ThingPtr> list;
    m_names.forEach([&](const QString &, const Name &name) {
        if (name.thing)
            list.append(m_things.at(name.thing));
    });
    return list;
}

// ---- friendships

QStringList CompiledNetwork::friendsOf(const QString &jid) const
{
    QStringList friends;
    m_pairs.forEach([&](const PairKey &key, const CompiledPair &pair) {
        if (pair.accepted && (key.a == jid || key.b == jid))
            friends.append(key.a == jid ? key.b : key.a);
    });
    return friends;
}

CompiledNetwork::Pairs::Hashed CompiledNetwork::compiled(const Friendship &friendship) const
{
    const auto [a, b] = m_names.numbersOf<2>({ friendship.a, friendship.b });
    return { .key = { a ? name(a) : friendship.a, b ? name(b) : friendship.b },
             .value = { .comment = friendship.comment,
                        .accepted = friendship.state == Friendship::State::Accepted,
                        .secondaryTrustAllowed = friendship.secondaryTrustAllowed } };
}

void CompiledNetwork::put(const Friendship &friendship)
{
    const Pairs::Hashed pair = compiled(friendship);
    m_pairs.insert(pair.key, pair.value);
}

quint32 CompiledNetwork::friendshipRuleNumber(const QString &id) const
{
    return m_friendshipRuleIds.find(hashOf(id), [&](quint32 number) {
        return m_friendshipRules.at(number).rule->id == id;
    });
}

void CompiledNetwork::put(const FriendshipRule &rule)
{
    const CompiledFriendshipRule compiled { .rule = std::make_shared<const FriendshipRule>(rule),
                                            .one = takeName(rule.one.value),
                                            .other = takeName(rule.other.value) };
    const quint32 number = m_friendshipRules.add(compiled);
    m_friendshipRuleIds.insert(hashOf(rule.id), number);
    const auto [narrower, wider] = hashesOf(compiled);
    m_friendshipIndex.insert(narrower, number);
    m_otherFriendshipIndex.insert(wider, number);
    m_domains += (rule.one.kind == Subject::Kind::Domain) + (rule.other.kind == Subject::Kind::Domain);
}

void CompiledNetwork::removeFriendshipRule(const QString &id)
{
    const quint32 number = friendshipRuleNumber(id);
    if (number == 0)
        return;
    const CompiledFriendshipRule compiled = m_friendshipRules.at(number);
    const FriendshipRule &rule = *compiled.rule;
    m_friendshipRuleIds.remove(hashOf(id), number);
    const auto [narrower, wider] = hashesOf(compiled);
    m_friendshipIndex.remove(narrower, number);
    m_otherFriendshipIndex.remove(wider, number);
    m_domains -= (rule.one.kind == Subject::Kind::Domain) + (rule.other.kind == Subject::Kind::Domain);
    m_friendshipRules.remove(number);
    dropName(compiled.one);
    dropName(compiled.other);
}

/// Calls \a add with the rules that \a index has for what \a party can be meant by.
template<typename Add>
void CompiledNetwork::forEachFriendshipRule(const SharedTable &index, const Party &party, bool everyone,
                                            Add add) const
{
    const auto look = [&](Subject::Kind kind, quint32 value) {
        if (value == 0)
            return;
        index.forEach(hashOfSubject(kind, value), [&](quint32 number) {
            add(m_friendshipRules.at(number));
            return true;
        });
    };
    look(Subject::Kind::Jid, party.jid);
    look(Subject::Kind::Domain, party.domain);
    for (const quint32 role : party.roles)
        look(Subject::Kind::Role, role);
    if (everyone)
        look(Subject::Kind::Everyone, noText);
}

CompiledNetwork::FriendshipRules CompiledNetwork::friendshipRules(const Party &one, const Party &other) const
{
    FriendshipRules rules;
    const auto add = [&](const CompiledFriendshipRule &rule) { rules.append(&rule); };
    forEachFriendshipRule(m_friendshipIndex, one, true, add);
    forEachFriendshipRule(m_friendshipIndex, other, false, add);
    return inOrder(rules);
}

CompiledNetwork::FriendshipRules CompiledNetwork::friendshipRulesNaming(const Party &one,
                                                                        const Party &other) const
{
    FriendshipRules rules = friendshipRules(one, other);
    const auto add = [&](const CompiledFriendshipRule &rule) { rules.append(&rule); };
    forEachFriendshipRule(m_otherFriendshipIndex, one, false, add);
    forEachFriendshipRule(m_otherFriendshipIndex, other, false, add);
    return inOrder(rules);
}

QList<FriendshipRulePtr> CompiledNetwork::allFriendshipRules() const
{
    QList<FriendshipRulePtr> list;
    m_friendshipRuleIds.forEach([&](quint32 number) { list.append(m_friendshipRules.at(number).rule); });
    std::ranges::sort(list, {}, placeOf);
    return list;
}

// ---- access rules

quint32 CompiledNetwork::ruleNumber(const QString &id) const
{
    const QUuid uuid = asUuid(id);
    if (uuid.isNull()) {
        return m_ruleIds.find(hashOf(id), [&](quint32 number) {
            const CompiledRule &rule = m_rules.at(number);
            return rule.id.isNull() && rule.rest->id == id;
        });
    }
    return m_ruleIds.find(hashOf(uuid), [&](quint32 number) { return m_rules.at(number).id == uuid; });
}

bool CompiledNetwork::comesBefore(const CompiledRule *one, const CompiledRule *other) const
{
    return one->rank != other->rank ? one->rank < other->rank : idOf(*one) < idOf(*other);
}

template<typename List>
void CompiledNetwork::putInOrder(List &rules) const
{
    const auto before = [this](const CompiledRule *one, const CompiledRule *other) {
        return comesBefore(one, other);
    };
    // Those of one key are, as long as nobody has moved any.
    if (!std::ranges::is_sorted(rules, before))
        std::ranges::sort(rules, before);
}

CompiledNetwork::Candidates CompiledNetwork::accessRules(Action action, const Party &device, const Party &jid,
                                                         std::span<const quint32> certificates) const
{
    struct Key
    {
        int kind;
        quint32 value;
    };
    QVarLengthArray<Key, 16> subjects;
    const auto addSubject = [&](Subject::Kind kind, quint32 value) {
        if (value && m_names.value(value).firstOfSubject)
            subjects.append({ int(kind), value });
    };
    addSubject(Subject::Kind::Jid, jid.jid);
    addSubject(Subject::Kind::Domain, jid.domain);
    addSubject(Subject::Kind::Everyone, noText);
    for (const quint32 role : jid.roles)
        addSubject(Subject::Kind::Role, role);
    for (const quint32 certificate : certificates)
        addSubject(Subject::Kind::Certificate, certificate);

    Candidates candidates;
    const auto look = [&](Target::Kind kind, quint32 target) {
        if (target == 0 || m_names.value(target).firstOfTarget == 0)
            return;
        for (const Key &subject : subjects) {
            const int ruleClass = classOf(action, kind, Subject::Kind(subject.kind));
            if (m_classes.at(size_t(ruleClass)) == 0)
                continue;
            m_ruleIndex.forEach(hashOfKey(ruleClass, target, subject.value), [&](quint32 number) {
                const CompiledRule &rule = m_rules.at(number);
                if (rule.target == target && rule.subject == subject.value && classOf(rule) == ruleClass)
                    candidates.append(&rule);
                return true;
            });
        }
    };
    look(Target::Kind::Device, device.jid);
    look(Target::Kind::Any, noText);
    for (const quint32 role : device.roles)
        look(Target::Kind::Role, role);
    putInOrder(candidates);
    return candidates;
}

QList<const CompiledRule *> CompiledNetwork::accessRulesAbout(Action action, const Party &device) const
{
    QList<const CompiledRule *> rules;
    const auto look = [&](Target::Kind kind, quint32 target) {
        forEachRuleOfTarget(target, [&](const CompiledRule &rule) {
            if (rule.ruleAction() == action && rule.kindOfTarget() == kind)
                rules.append(&rule);
        });
    };
    look(Target::Kind::Device, device.jid);
    look(Target::Kind::Any, noText);
    for (const quint32 role : device.roles)
        look(Target::Kind::Role, role);
    putInOrder(rules);
    return rules;
}

QList<const CompiledRule *> CompiledNetwork::accessRulesNaming(Action action, const Party &jid,
                                                               std::span<const quint32> certificates) const
{
    QList<const CompiledRule *> rules;
    const auto look = [&](Subject::Kind kind, quint32 subject) {
        forEachRuleOfSubject(subject, [&](const CompiledRule &rule) {
            if (rule.ruleAction() == action && rule.kindOfSubject() == kind)
                rules.append(&rule);
        });
    };
    look(Subject::Kind::Jid, jid.jid);
    look(Subject::Kind::Domain, jid.domain);
    for (const quint32 role : jid.roles)
        look(Subject::Kind::Role, role);
    for (const quint32 certificate : certificates)
        look(Subject::Kind::Certificate, certificate);
    putInOrder(rules);
    return rules;
}

QString CompiledNetwork::idOf(const CompiledRule &rule) const
{
    return rule.id.isNull() ? rule.rest->id : rule.id.toString(QUuid::WithoutBraces);
}

std::span<const QString> CompiledNetwork::namesOf(const CompiledRule &rule) const
{
    if (rule.name)
        return { &name(rule.name), 1 };
    return rule.rest ? std::span<const QString>(rule.rest->names) : std::span<const QString>();
}

Target CompiledNetwork::targetOf(const CompiledRule &rule) const
{
    return { .kind = rule.kindOfTarget(),
             .value = name(rule.target),
             .node = rule.rest ? rule.rest->node : std::nullopt };
}

AccessRule CompiledNetwork::decompiled(const CompiledRule &rule) const
{
    AccessRule result { .id = idOf(rule),
                        .action = rule.ruleAction(),
                        .effect = rule.ruleEffect(),
                        .subject = { .kind = rule.kindOfSubject(),
                                     .value = name(rule.subject),
                                     .withUser = {},
                                     .withService = {} },
                        .target = targetOf(rule),
                        .names = {},
                        .types = rule.fieldTypes(),
                        .from = {},
                        .until = {},
                        .comment = {},
                        .rank = rule.rank };
    if (rule.name)
        result.names = { name(rule.name) };
    if (rule.rest) {
        if (!rule.name)
            result.names = rule.rest->names;
        result.subject.withUser = rule.rest->withUser;
        result.subject.withService = rule.rest->withService;
        result.from = rule.rest->from;
        result.until = rule.rest->until;
        result.comment = rule.rest->comment;
    }
    return result;
}

void CompiledNetwork::put(const AccessRule &rule)
{
    CompiledRule compiled {
        .rank = rule.rank,
        .id = asUuid(rule.id),
        .subject = takeName(rule.subject.value),
        .target = takeName(rule.target.value),
        .name = rule.names.size() == 1 ? takeName(rule.names.first()) : 0,
        .types = quint16(rule.types.toInt()),
        .action = quint8(rule.action),
        .effect = quint8(rule.effect),
        .subjectKind = quint8(rule.subject.kind),
        .targetKind = quint8(rule.target.kind),
    };
    const bool isSimple = !compiled.id.isNull() && rule.names.size() <= 1 && !rule.target.node
        && rule.subject.withUser.isEmpty() && rule.subject.withService.isEmpty() && !rule.from.isValid()
        && !rule.until.isValid() && rule.comment.isEmpty();
    if (!isSimple) {
        auto *rest = new RestOfRule;
        if (compiled.id.isNull())
            rest->id = rule.id;
        if (rule.names.size() > 1)
            rest->names = rule.names;
        rest->node = rule.target.node;
        rest->withUser = rule.subject.withUser;
        rest->withService = rule.subject.withService;
        rest->from = rule.from;
        rest->until = rule.until;
        rest->comment = rule.comment;
        compiled.rest.reset(rest);
    }
    Name &subject = m_names.value(compiled.subject);
    compiled.nextOfSubject = subject.firstOfSubject;
    Name &target = m_names.value(compiled.target);
    compiled.nextOfTarget = target.firstOfTarget;
    const quint32 number = m_rules.add(compiled);
    m_names.value(compiled.subject).firstOfSubject = number;
    m_names.value(compiled.target).firstOfTarget = number;
    if (compiled.nextOfSubject)
        m_rules[compiled.nextOfSubject].previousOfSubject = number;
    if (compiled.nextOfTarget)
        m_rules[compiled.nextOfTarget].previousOfTarget = number;
    m_ruleIds.insert(compiled.id.isNull() ? hashOf(rule.id) : hashOf(compiled.id), number);
    m_ruleIndex.insert(hashOfKey(compiled), number);
    ++m_classes.at(size_t(classOf(compiled)));
    m_domains += rule.subject.kind == Subject::Kind::Domain;
    for (const qint64 at : boundariesOf(rule))
        m_boundaries.insert({ at, { ObjectType::AccessRule, rule.id } });
}

void CompiledNetwork::removeAccessRule(const QString &id)
{
    const quint32 number = ruleNumber(id);
    if (number == 0)
        return;
    const CompiledRule rule = m_rules.at(number);
    if (rule.rest) {
        for (const qint64 at : boundariesOf(decompiled(rule)))
            m_boundaries.remove({ at, { ObjectType::AccessRule, id } });
    }
    m_domains -= rule.kindOfSubject() == Subject::Kind::Domain;
    --m_classes.at(size_t(classOf(rule)));
    m_ruleIndex.remove(hashOfKey(rule), number);
    m_ruleIds.remove(rule.id.isNull() ? hashOf(id) : hashOf(rule.id), number);
    if (rule.nextOfSubject)
        m_rules[rule.nextOfSubject].previousOfSubject = rule.previousOfSubject;
    if (rule.nextOfTarget)
        m_rules[rule.nextOfTarget].previousOfTarget = rule.previousOfTarget;
    if (rule.previousOfSubject)
        m_rules[rule.previousOfSubject].nextOfSubject = rule.nextOfSubject;
    else
        m_names.value(rule.subject).firstOfSubject = rule.nextOfSubject;
    if (rule.previousOfTarget)
        m_rules[rule.previousOfTarget].nextOfTarget = rule.nextOfTarget;
    else
        m_names.value(rule.target).firstOfTarget = rule.nextOfTarget;
    m_rules.remove(number);
    dropName(rule.subject);
    dropName(rule.target);
    if (rule.name)
        dropName(rule.name);
}

// ---- services and tokens

quint32 CompiledNetwork::serviceNumber(const QString &id) const
{
    const quint32 number = m_names.numberOf(id);
    return number && m_names.value(number).isService ? number : 0;
}

const CompiledPrivilegeList *CompiledNetwork::privilegeList(quint32 service, PrivilegeList::Holder holder,
                                                            const QString &name) const
{
    const quint32 number = name.isEmpty() ? noText : m_names.numberOf(name);
    if (number == 0)
        return nullptr;
    const auto *found = m_privilegeLists.find(PrivilegeListKey { service, number, holder });
    return found ? found->get() : nullptr;
}

/// Null for what is not the id of a privilege list, too.
const CompiledPrivilegeList *CompiledNetwork::privilegeListById(const QString &id) const
{
    const QString service = id.section(u' ', 0, 0);
    const QString name = id.section(u' ', 2);
    const quint32 number = m_names.numberOf(service);
    for (const auto holder :
         { PrivilegeList::Holder::Anonymous, PrivilegeList::Holder::User, PrivilegeList::Holder::Role }) {
        if (number && privilegeListId(service, holder, name) == id)
            return privilegeList(number, holder, name);
    }
    return nullptr;
}

bool CompiledNetwork::hasPrivilegeLists(const QString &service) const
{
    bool has = false;
    m_privilegeLists.forEach(
        [&](const PrivilegeListKey &, const auto &compiled) { has |= compiled->list.service == service; });
    return has;
}

QStringList CompiledNetwork::servicesOf(const QString &thumbprint) const
{
    const QStringList *ids = m_services.find(thumbprint);
    return ids ? *ids : QStringList();
}

QStringList CompiledNetwork::usersOf(const QString &thumbprint) const
{
    const QStringList *names = m_users.find(thumbprint);
    return names ? *names : QStringList();
}

Policy CompiledNetwork::policy() const
{
    const Policy *policy = find<Policy>(policyId);
    return policy ? *policy : Policy();
}

void CompiledNetwork::put(const PrivilegeList &list)
{
    const PrivilegeListKey key { takeName(list.service), takeName(list.name), list.holder };
    m_privilegeLists.insert(key, std::make_shared<const CompiledPrivilegeList>(list));
}

void CompiledNetwork::removePrivilegeList(const QString &id)
{
    const CompiledPrivilegeList *found = privilegeListById(id);
    if (!found)
        return;
    const PrivilegeListKey key { m_names.numberOf(found->list.service), m_names.numberOf(found->list.name),
                                 found->list.holder };
    m_privilegeLists.remove(key);
    dropName(key.service);
    dropName(key.name);
}

template<typename T>
void CompiledNetwork::put(const T &object)
{
    const QString id = objectId(object);
    std::get<Table<T>>(m_tables).insert(id, std::make_shared<const T>(object));
    if constexpr (std::is_same_v<T, Service>) {
        addOwner(m_services, object.certificates, id);
        m_names.value(takeName(id)).isService = true;
    }
    if constexpr (std::is_same_v<T, User>)
        addOwner(m_users, object.certificates, id);
    if constexpr (Timed<T>) {
        for (const qint64 at : boundariesOf(object))
            m_boundaries.insert({ at, { objectType(object), id } });
    }
}

template<typename T>
void CompiledNetwork::removeFrom(const QString &id)
{
    const auto *found = std::get<Table<T>>(m_tables).find(id);
    if (!found)
        return;
    const std::shared_ptr<const T> object = *found;
    if constexpr (std::is_same_v<T, Service>) {
        removeOwner(m_services, object->certificates, id);
        const quint32 number = m_names.numberOf(id);
        m_names.value(number).isService = false;
        dropName(number);
    }
    if constexpr (std::is_same_v<T, User>)
        removeOwner(m_users, object->certificates, id);
    if constexpr (Timed<T>) {
        for (const qint64 at : boundariesOf(*object))
            m_boundaries.remove({ at, { objectType(*object), id } });
    }
    std::get<Table<T>>(m_tables).remove(id);
}

// ---- all objects

std::optional<Object> CompiledNetwork::object(const ObjectKey &key) const
{
    switch (key.type) {
    case ObjectType::Thing:
        if (const CompiledThing *found = thing(key.id))
            return found->thing;
        break;
    case ObjectType::Friendship:
        if (const auto jids = jidsOf(key.id)) {
            const PairView pair(jids->first, jids->second);
            if (const CompiledPair *found = m_pairs.find(pair))
                return friendshipOf(*m_pairs.findKey(pair), *found);
        }
        break;
    case ObjectType::FriendshipRule:
        if (const quint32 number = friendshipRuleNumber(key.id))
            return *m_friendshipRules.at(number).rule;
        break;
    case ObjectType::AccessRule:
        if (const quint32 number = ruleNumber(key.id))
            return decompiled(m_rules.at(number));
        break;
    case ObjectType::PrivilegeList:
        if (const CompiledPrivilegeList *found = privilegeListById(key.id))
            return found->list;
        break;
    case ObjectType::Service:
        return asObject(find<Service>(key.id));
    case ObjectType::User:
        return asObject(find<User>(key.id));
    case ObjectType::Privilege:
        return asObject(find<Privilege>(key.id));
    case ObjectType::Certificate:
        return asObject(find<Certificate>(key.id));
    case ObjectType::Question:
        return asObject(find<Question>(key.id));
    case ObjectType::Containment:
        return asObject(find<Containment>(key.id));
    case ObjectType::Policy:
        return asObject(find<Policy>(key.id));
    case ObjectType::RoleGrant:
        return asObject(find<RoleGrant>(key.id));
    }
    return {};
}

void CompiledNetwork::remove(const ObjectKey &key)
{
    switch (key.type) {
    case ObjectType::Thing:
        return removeThing(key.id);
    case ObjectType::Friendship:
        if (const auto jids = jidsOf(key.id))
            m_pairs.remove(PairView(jids->first, jids->second));
        return;
    case ObjectType::FriendshipRule:
        return removeFriendshipRule(key.id);
    case ObjectType::AccessRule:
        return removeAccessRule(key.id);
    case ObjectType::PrivilegeList:
        return removePrivilegeList(key.id);
    case ObjectType::Service:
        return removeFrom<Service>(key.id);
    case ObjectType::User:
        return removeFrom<User>(key.id);
    case ObjectType::Privilege:
        return removeFrom<Privilege>(key.id);
    case ObjectType::Certificate:
        return removeFrom<Certificate>(key.id);
    case ObjectType::Question:
        return removeFrom<Question>(key.id);
    case ObjectType::Containment:
        return removeFrom<Containment>(key.id);
    case ObjectType::Policy:
        return removeFrom<Policy>(key.id);
    case ObjectType::RoleGrant:
        return removeFrom<RoleGrant>(key.id);
    }
}

Network CompiledNetwork::network() const
{
    Network network;
    for (const ThingPtr &thing : allThings())
        network.things.append(thing->thing);
    std::ranges::sort(network.things, {}, &Thing::jid);
    m_pairs.forEach([&](const PairKey &key, const CompiledPair &pair) {
        network.friendships.append(friendshipOf(key, pair));
    });
    std::ranges::sort(network.friendships, {},
                      [](const Friendship &pair) { return std::tie(pair.a, pair.b); });
    for (const FriendshipRulePtr &rule : allFriendshipRules())
        network.friendshipRules.append(*rule);
    QList<const CompiledRule *> rules;
    forEachAccessRule([&](const CompiledRule &rule) { rules.append(&rule); });
    putInOrder(rules);
    for (const CompiledRule *rule : std::as_const(rules))
        network.accessRules.append(decompiled(*rule));
    network.services = all<Service>();
    network.users = all<User>();
    m_privilegeLists.forEach([&](const PrivilegeListKey &, const auto &compiled) {
        network.privilegeLists.append(compiled->list);
    });
    std::ranges::sort(network.privilegeLists, {}, [](const PrivilegeList &list) { return objectId(list); });
    network.privileges = all<Privilege>();
    network.certificates = all<Certificate>();
    network.questions = all<Question>();
    network.containments = all<Containment>();
    if (const Policy *policy = find<Policy>(policyId))
        network.policy = *policy;
    network.roleGrants = all<RoleGrant>();
    return network;
}

} // namespace castellan::rules
