// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/shardedhash.h"
#include "vocabulary/changeset.h"
#include "vocabulary/network.h"

#include <QMultiHash>

#include <memory>

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
    [[nodiscard]] std::optional<Object> object(const ObjectKey &key) const;

    /// The rules found by any of \a keys, in order.
    [[nodiscard]] QList<FriendshipRulePtr> friendshipRules(const QList<SubjectKey> &keys) const;
    [[nodiscard]] QList<AccessRulePtr> accessRules(Action action, const QList<TargetKey> &targets,
                                                   const QList<SubjectKey> &subjects) const;

    /// Everything of a kind. Costs time in proportion to the network: not for decisions.
    [[nodiscard]] QList<ThingPtr> allThings() const; ///< in no order
    [[nodiscard]] QList<FriendshipRulePtr> allFriendshipRules() const; ///< in order
    [[nodiscard]] QList<AccessRulePtr> allAccessRules() const; ///< in order
    [[nodiscard]] Network network() const;

private:
    void put(const Thing &thing);
    void put(const Friendship &friendship);
    void put(const FriendshipRule &rule);
    void put(const AccessRule &rule);
    template<typename T>
    void put(const T &object)
    {
        m_others[{ ObjectType(Object(object).index()), objectId(object) }] = std::make_shared<const Object>(
            object);
    }
    void remove(const ObjectKey &key);

    ShardedHash<QString, ThingPtr> m_things;
    ShardedHash<PairKey, Friendship> m_friendships;
    ShardedHash<QString, FriendshipRulePtr> m_friendshipRules;
    ShardedHash<QString, AccessRulePtr> m_accessRules;
    ShardedHash<ObjectKey, std::shared_ptr<const Object>> m_others; ///< of the other types
    /// By the subject that fewer match. Lists are in the rules' order.
    ShardedHash<SubjectKey, QList<FriendshipRulePtr>> m_friendshipIndex;
    ShardedHash<AccessKey, QList<AccessRulePtr>> m_accessIndex;
};

/// The keys under which rules about \a jid can be found, but for certificates.
[[nodiscard]] QList<SubjectKey> subjectKeys(const QString &jid, const QStringList &roles);
[[nodiscard]] QList<TargetKey> targetKeys(const QString &device, const QStringList &roles);

} // namespace castellan::rules
