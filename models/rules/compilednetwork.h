// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/boundaries.h"
#include "rules/privileges.h"
#include "rules/shardedhash.h"
#include "vocabulary/changeset.h"
#include "vocabulary/network.h"

#include <QMultiHash>

#include <memory>
#include <tuple>

namespace castellan::rules {

/// A thing with what the questions about its nodes need.
struct CompiledThing
{
    explicit CompiledThing(const Thing &thing);

    Thing thing;
    QMultiHash<QString, int> nodesById; ///< nodeId → index in thing.nodes
    QList<int> parents; ///< per node: index of its parent, or one of the two below

    static constexpr int hangsBelowDevice = -1;
    static constexpr int parentUnknown = -2; ///< named, but not among the known nodes
};

using ThingPtr = std::shared_ptr<const CompiledThing>;
using AccessRulePtr = std::shared_ptr<const AccessRule>;
using FriendshipRulePtr = std::shared_ptr<const FriendshipRule>;

struct PairKey
{
    PairKey(const QString &one, const QString &other);

    QString a; ///< the smaller one
    QString b;

    friend bool operator==(const PairKey &, const PairKey &) = default;
    friend size_t qHash(const PairKey &key, size_t seed = 0) { return qHashMulti(seed, key.a, key.b); }
};

/// Not set for what is not the id of a pair.
[[nodiscard]] std::optional<PairKey> pairKey(const QString &friendshipId);

/// What a subject can be found by; tokens are looked at afterwards.
struct SubjectKey
{
    Subject::Kind kind = Subject::Kind::Everyone;
    QString value;

    friend bool operator==(const SubjectKey &, const SubjectKey &) = default;
    friend size_t qHash(const SubjectKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.kind), key.value);
    }
};

struct TargetKey
{
    Target::Kind kind = Target::Kind::Any;
    QString value;

    friend bool operator==(const TargetKey &, const TargetKey &) = default;
    friend size_t qHash(const TargetKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.kind), key.value);
    }
};

struct AccessKey
{
    Action action = Action::Read;
    TargetKey target;
    SubjectKey subject;

    friend bool operator==(const AccessKey &, const AccessKey &) = default;
    friend size_t qHash(const AccessKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.action), key.target, key.subject);
    }
};

/// Which privilege list: what its id is made of.
struct PrivilegeListKey
{
    QString service;
    PrivilegeList::Holder holder = PrivilegeList::Holder::Anonymous;
    QString name;

    friend bool operator==(const PrivilegeListKey &, const PrivilegeListKey &) = default;
    friend size_t qHash(const PrivilegeListKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, key.service, int(key.holder), key.name);
    }
};

/// What a Snapshot is made of. A question looks up the few keys that can concern it, so that its cost
/// depends on the rules about the two who are involved and not on the size of the network.
class CompiledNetwork
{
public:
    CompiledNetwork() = default;
    explicit CompiledNetwork(const Network &network);

    void apply(const VersionedObject &change);

    [[nodiscard]] const CompiledThing *thing(const QString &jid) const;
    /// Empty for who is not in the network.
    [[nodiscard]] QStringList rolesOf(const QString &jid) const;
    [[nodiscard]] const Friendship *friendship(const QString &one, const QString &other) const;
    /// Those with whom \a jid has an accepted pair. Costs time in proportion to the pairs there are.
    [[nodiscard]] QStringList friendsOf(const QString &jid) const;
    [[nodiscard]] std::optional<Object> object(const ObjectKey &key) const;
    /// Objects of the types in Tables; null where there is none.
    template<typename T>
    [[nodiscard]] const T *find(const QString &id) const
    {
        const auto *found = std::get<Table<T>>(m_tables).find(id);
        return found ? found->get() : nullptr;
    }
    [[nodiscard]] const CompiledPrivilegeList *privilegeList(const PrivilegeListKey &key) const;
    /// Costs time in proportion to the lists there are.
    [[nodiscard]] bool hasPrivilegeLists(const QString &service) const;
    [[nodiscard]] bool isContained(const QString &jid) const;
    [[nodiscard]] Policy policy() const;
    /// Ids of the services (or names of the users) that have the certificate, in order.
    [[nodiscard]] QStringList servicesOf(const QString &thumbprint) const;
    [[nodiscard]] QStringList usersOf(const QString &thumbprint) const;
    [[nodiscard]] const Boundaries &boundaries() const { return m_boundaries; }

    /// The rules found by any of \a keys, in order.
    [[nodiscard]] QList<FriendshipRulePtr> friendshipRules(const QList<SubjectKey> &keys) const;
    [[nodiscard]] QList<AccessRulePtr> accessRules(Action action, const QList<TargetKey> &targets,
                                                   const QList<SubjectKey> &subjects) const;

    /// Everything of a kind. Costs time in proportion to the network: not for decisions.
    [[nodiscard]] QList<ThingPtr> allThings() const; ///< in no order
    [[nodiscard]] QList<FriendshipRulePtr> allFriendshipRules() const; ///< in order
    [[nodiscard]] QList<AccessRulePtr> allAccessRules() const; ///< in order
    template<typename T>
    [[nodiscard]] QList<T> all() const ///< in the order of their ids
    {
        QList<T> list;
        std::get<Table<T>>(m_tables).forEach(
            [&](const QString &, const auto &value) { list.append(*value); });
        std::ranges::sort(list, {}, [](const T &value) { return objectId(value); });
        return list;
    }
    [[nodiscard]] Network network() const;

private:
    template<typename T>
    using Table = ShardedHash<QString, std::shared_ptr<const T>>; ///< by id
    using Tables = std::tuple<Table<Service>, Table<User>, Table<Privilege>, Table<Certificate>,
                              Table<Question>, Table<Containment>, Table<Policy>>;
    using Owners = ShardedHash<QString, QStringList>; ///< certificate → ids, in order

    void put(const Thing &thing);
    void put(const Friendship &friendship);
    void put(const FriendshipRule &rule);
    void put(const AccessRule &rule);
    void put(const PrivilegeList &list);
    template<typename T>
    void put(const T &object);
    void remove(const ObjectKey &key);
    template<typename T>
    void removeFrom(const QString &id);

    ShardedHash<QString, ThingPtr> m_things;
    ShardedHash<PairKey, Friendship> m_friendships;
    ShardedHash<QString, FriendshipRulePtr> m_friendshipRules;
    ShardedHash<QString, AccessRulePtr> m_accessRules;
    ShardedHash<PrivilegeListKey, std::shared_ptr<const CompiledPrivilegeList>> m_privilegeLists;
    Tables m_tables;
    Owners m_services;
    Owners m_users;
    Boundaries m_boundaries;
    /// By the subject that fewer match. Lists are in the rules' order.
    ShardedHash<SubjectKey, QList<FriendshipRulePtr>> m_friendshipIndex;
    ShardedHash<AccessKey, QList<AccessRulePtr>> m_accessIndex;
};

/// The keys under which rules about \a jid can be found, but for certificates.
[[nodiscard]] QList<SubjectKey> subjectKeys(const QString &jid, const QStringList &roles);
[[nodiscard]] QList<TargetKey> targetKeys(const QString &device, const QStringList &roles);

} // namespace castellan::rules
