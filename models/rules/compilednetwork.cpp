// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/compilednetwork.h"

#include "rules/matching.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace castellan::rules {

namespace {

/// Ranks decide; ids only make the order total.
constexpr auto placeOf = [](const auto &rule) { return std::tie(rule->rank, rule->id); };

template<typename Rule>
QList<std::shared_ptr<const Rule>> inOrder(const ShardedHash<QString, std::shared_ptr<const Rule>> &rules)
{
    QList<std::shared_ptr<const Rule>> list;
    list.reserve(rules.size());
    rules.forEach([&](const QString &, const std::shared_ptr<const Rule> &rule) { list.append(rule); });
    std::ranges::sort(list, {}, placeOf);
    return list;
}

template<typename Key, typename RulePtr>
void addToIndex(ShardedHash<Key, QList<RulePtr>> &index, const Key &key, const RulePtr &rule)
{
    QList<RulePtr> &list = index[key];
    list.insert(std::ranges::upper_bound(list, placeOf(rule), {}, placeOf), rule);
}

template<typename Key, typename RulePtr>
void removeFromIndex(ShardedHash<Key, QList<RulePtr>> &index, const Key &key, const RulePtr &rule)
{
    QList<RulePtr> &list = index[key];
    list.erase(std::ranges::lower_bound(list, placeOf(rule), {}, placeOf));
    if (list.isEmpty())
        index.remove(key);
}

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

SubjectKey keyOf(const FriendshipRule &rule)
{
    const Subject &narrower = breadth(rule.other) < breadth(rule.one) ? rule.other : rule.one;
    return { narrower.kind, narrower.value };
}

AccessKey keyOf(const AccessRule &rule)
{
    return { rule.action,
             { rule.target.kind, rule.target.value },
             { rule.subject.kind, rule.subject.value } };
}

template<typename Owners>
void addOwner(Owners &owners, const QStringList &certificates, const QString &id)
{
    for (const QString &thumbprint : certificates) {
        QStringList &ids = owners[thumbprint];
        ids.insert(std::ranges::lower_bound(ids, id), id);
    }
}

template<typename Owners>
void removeOwner(Owners &owners, const QStringList &certificates, const QString &id)
{
    for (const QString &thumbprint : certificates) {
        QStringList &ids = owners[thumbprint];
        ids.removeOne(id);
        if (ids.isEmpty())
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

/// Documents have the order of their lists and no ranks; a store's lists have ranks that agree with it.
template<typename Rule>
QList<Rule> withRanks(QList<Rule> rules)
{
    const bool ranked = std::ranges::adjacent_find(rules, std::greater_equal(), &Rule::rank) == rules.end();
    if (!ranked) {
        for (qsizetype i = 0; i < rules.size(); ++i)
            rules[i].rank = i + 1;
    }
    return rules;
}

/// Not set for what is not the id of a privilege list.
std::optional<PrivilegeListKey> privilegeListKey(const QString &id)
{
    const QString service = id.section(u' ', 0, 0);
    const QString name = id.section(u' ', 2);
    for (const auto kind :
         { PrivilegeList::Holder::Anonymous, PrivilegeList::Holder::User, PrivilegeList::Holder::Role }) {
        if (privilegeListId(service, kind, name) == id)
            return PrivilegeListKey { service, kind, name };
    }
    return {};
}

template<typename T>
std::optional<Object> asObject(const T *found)
{
    return found ? std::optional<Object>(*found) : std::nullopt;
}

} // namespace

CompiledThing::CompiledThing(const Thing &what)
    : thing(what)
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

PairKey::PairKey(const QString &one, const QString &other)
    : a(std::min(one, other)),
      b(std::max(one, other))
{ }

std::optional<PairKey> pairKey(const QString &friendshipId)
{
    const qsizetype space = friendshipId.indexOf(u' ');
    if (space < 0)
        return {};
    return PairKey(friendshipId.first(space), friendshipId.sliced(space + 1));
}

CompiledNetwork::CompiledNetwork(const Network &network)
{
    m_things.reserve(network.things.size());
    m_friendships.reserve(network.friendships.size());
    m_friendshipRules.reserve(network.friendshipRules.size());
    m_friendshipIndex.reserve(network.friendshipRules.size());
    m_accessRules.reserve(network.accessRules.size());
    m_accessIndex.reserve(network.accessRules.size());
    for (const Thing &thing : network.things)
        put(thing);
    for (const Friendship &friendship : network.friendships)
        put(friendship);
    for (const FriendshipRule &rule : withRanks(network.friendshipRules))
        put(rule);
    for (const AccessRule &rule : withRanks(network.accessRules))
        put(rule);
    const auto putAll = [this](const auto &objects) {
        for (const auto &object : objects)
            put(object);
    };
    putAll(network.services);
    putAll(network.users);
    putAll(network.privilegeLists);
    putAll(network.privileges);
    putAll(network.certificates);
    putAll(network.questions);
    putAll(network.containments);
    if (network.policy)
        put(*network.policy);
}

void CompiledNetwork::apply(const VersionedObject &change)
{
    if (object(change.key) == change.object)
        return; // and copies nothing
    remove(change.key);
    if (change.object)
        std::visit([this](const auto &object) { put(object); }, *change.object);
}

const CompiledThing *CompiledNetwork::thing(const QString &jid) const
{
    const ThingPtr *found = m_things.find(jid);
    return found ? found->get() : nullptr;
}

QStringList CompiledNetwork::rolesOf(const QString &jid) const
{
    const CompiledThing *found = thing(jid);
    return found ? found->thing.roles : QStringList();
}

const Friendship *CompiledNetwork::friendship(const QString &one, const QString &other) const
{
    return m_friendships.find(PairKey(one, other));
}

QStringList CompiledNetwork::friendsOf(const QString &jid) const
{
    QStringList friends;
    m_friendships.forEach([&](const PairKey &pair, const Friendship &friendship) {
        if (friendship.state == Friendship::State::Accepted && (pair.a == jid || pair.b == jid))
            friends.append(pair.a == jid ? pair.b : pair.a);
    });
    return friends;
}

std::optional<Object> CompiledNetwork::object(const ObjectKey &key) const
{
    switch (key.type) {
    case ObjectType::Thing:
        if (const CompiledThing *found = thing(key.id))
            return found->thing;
        break;
    case ObjectType::Friendship:
        if (const std::optional<PairKey> pair = pairKey(key.id)) {
            if (const Friendship *found = m_friendships.find(*pair))
                return *found;
        }
        break;
    case ObjectType::FriendshipRule:
        if (const FriendshipRulePtr *found = m_friendshipRules.find(key.id))
            return **found;
        break;
    case ObjectType::AccessRule:
        if (const AccessRulePtr *found = m_accessRules.find(key.id))
            return **found;
        break;
    case ObjectType::PrivilegeList:
        if (const std::optional<PrivilegeListKey> list = privilegeListKey(key.id)) {
            if (const CompiledPrivilegeList *found = privilegeList(*list))
                return found->list;
        }
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
    }
    return {};
}

const CompiledPrivilegeList *CompiledNetwork::privilegeList(const PrivilegeListKey &key) const
{
    const auto *found = m_privilegeLists.find(key);
    return found ? found->get() : nullptr;
}

bool CompiledNetwork::hasPrivilegeLists(const QString &service) const
{
    bool has = false;
    m_privilegeLists.forEach(
        [&](const PrivilegeListKey &key, const auto &) { has |= key.service == service; });
    return has;
}

bool CompiledNetwork::isContained(const QString &jid) const
{
    const auto &containments = std::get<Table<Containment>>(m_tables);
    return containments.size() > 0 && containments.find(jid);
}

Policy CompiledNetwork::policy() const
{
    const Policy *policy = find<Policy>(policyId);
    return policy ? *policy : Policy();
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

QList<FriendshipRulePtr> CompiledNetwork::friendshipRules(const QList<SubjectKey> &keys) const
{
    QList<FriendshipRulePtr> rules;
    for (const SubjectKey &key : keys) {
        if (const QList<FriendshipRulePtr> *found = m_friendshipIndex.find(key))
            rules += *found;
    }
    std::ranges::sort(rules, {}, placeOf);
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end()); // a key may have been there twice
    return rules;
}

QList<AccessRulePtr> CompiledNetwork::accessRules(Action action, const QList<TargetKey> &targets,
                                                  const QList<SubjectKey> &subjects) const
{
    QList<AccessRulePtr> rules;
    for (const TargetKey &target : targets) {
        for (const SubjectKey &subject : subjects) {
            if (const QList<AccessRulePtr> *found = m_accessIndex.find({ action, target, subject }))
                rules += *found;
        }
    }
    std::ranges::sort(rules, {}, placeOf);
    return rules;
}

QList<ThingPtr> CompiledNetwork::allThings() const
{
    QList<ThingPtr> list;
    list.reserve(m_things.size());
    m_things.forEach([&](const QString &, const ThingPtr &thing) { list.append(thing); });
    return list;
}

QList<FriendshipRulePtr> CompiledNetwork::allFriendshipRules() const
{
    return inOrder(m_friendshipRules);
}

QList<AccessRulePtr> CompiledNetwork::allAccessRules() const
{
    return inOrder(m_accessRules);
}

Network CompiledNetwork::network() const
{
    Network network;
    for (const ThingPtr &thing : allThings())
        network.things.append(thing->thing);
    std::ranges::sort(network.things, {}, &Thing::jid);
    m_friendships.forEach([&](const PairKey &, const Friendship &pair) { network.friendships.append(pair); });
    std::ranges::sort(network.friendships, {},
                      [](const Friendship &pair) { return std::tie(pair.a, pair.b); });
    for (const FriendshipRulePtr &rule : allFriendshipRules())
        network.friendshipRules.append(*rule);
    for (const AccessRulePtr &rule : allAccessRules())
        network.accessRules.append(*rule);
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
    return network;
}

void CompiledNetwork::put(const Thing &thing)
{
    m_things[thing.jid] = std::make_shared<const CompiledThing>(thing);
}

void CompiledNetwork::put(const Friendship &friendship)
{
    m_friendships[PairKey(friendship.a, friendship.b)] = friendship;
}

void CompiledNetwork::put(const FriendshipRule &rule)
{
    const auto shared = std::make_shared<const FriendshipRule>(rule);
    m_friendshipRules[rule.id] = shared;
    addToIndex(m_friendshipIndex, keyOf(rule), shared);
}

void CompiledNetwork::put(const AccessRule &rule)
{
    const auto shared = std::make_shared<const AccessRule>(rule);
    m_accessRules[rule.id] = shared;
    addToIndex(m_accessIndex, keyOf(rule), shared);
    for (const qint64 at : boundariesOf(rule))
        m_boundaries.insert({ at, { ObjectType::AccessRule, rule.id } });
}

void CompiledNetwork::put(const PrivilegeList &list)
{
    m_privilegeLists[{ list.service, list.holder, list.name }] =
        std::make_shared<const CompiledPrivilegeList>(list);
}

template<typename T>
void CompiledNetwork::put(const T &object)
{
    const QString id = objectId(object);
    std::get<Table<T>>(m_tables)[id] = std::make_shared<const T>(object);
    if constexpr (std::is_same_v<T, Service>)
        addOwner(m_services, object.certificates, id);
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
    const T *object = find<T>(id);
    if (!object)
        return;
    if constexpr (std::is_same_v<T, Service>)
        removeOwner(m_services, object->certificates, id);
    if constexpr (std::is_same_v<T, User>)
        removeOwner(m_users, object->certificates, id);
    if constexpr (Timed<T>) {
        for (const qint64 at : boundariesOf(*object))
            m_boundaries.remove({ at, { objectType(*object), id } });
    }
    std::get<Table<T>>(m_tables).remove(id);
}

void CompiledNetwork::remove(const ObjectKey &key)
{
    switch (key.type) {
    case ObjectType::Thing:
        m_things.remove(key.id);
        break;
    case ObjectType::Friendship:
        if (const std::optional<PairKey> pair = pairKey(key.id))
            m_friendships.remove(*pair);
        break;
    case ObjectType::FriendshipRule:
        if (const FriendshipRulePtr *found = m_friendshipRules.find(key.id)) {
            removeFromIndex(m_friendshipIndex, keyOf(**found), *found);
            m_friendshipRules.remove(key.id);
        }
        break;
    case ObjectType::AccessRule:
        if (const AccessRulePtr *found = m_accessRules.find(key.id)) {
            removeFromIndex(m_accessIndex, keyOf(**found), *found);
            for (const qint64 at : boundariesOf(**found))
                m_boundaries.remove({ at, key });
            m_accessRules.remove(key.id);
        }
        break;
    case ObjectType::PrivilegeList:
        if (const std::optional<PrivilegeListKey> list = privilegeListKey(key.id))
            m_privilegeLists.remove(*list);
        break;
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
    }
}

QList<SubjectKey> subjectKeys(const QString &jid, const QStringList &roles)
{
    QList<SubjectKey> keys { { Subject::Kind::Jid, jid },
                             { Subject::Kind::Domain, domainOf(jid) },
                             { Subject::Kind::Everyone, {} } };
    for (const QString &role : roles)
        keys.append({ Subject::Kind::Role, role });
    return keys;
}

QList<TargetKey> targetKeys(const QString &device, const QStringList &roles)
{
    QList<TargetKey> keys { { Target::Kind::Device, device }, { Target::Kind::Any, {} } };
    for (const QString &role : roles)
        keys.append({ Target::Kind::Role, role });
    return keys;
}

} // namespace castellan::rules
