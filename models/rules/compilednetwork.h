// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/boundaries.h"
#include "rules/privileges.h"
#include "rules/sharedmap.h"
#include "vocabulary/changeset.h"
#include "vocabulary/network.h"

#include <QMultiHash>
#include <QUuid>
#include <QVarLengthArray>

#include <memory>
#include <span>
#include <tuple>

namespace castellan::rules {

/// A thing with what the questions about its nodes need.
struct CompiledThing
{
    explicit CompiledThing(Thing thing);

    Thing thing;
    QMultiHash<QString, int> nodesById; ///< nodeId → index in thing.nodes
    QList<int> parents; ///< per node: index of its parent, or one of the two below

    static constexpr int hangsBelowDevice = -1;
    static constexpr int parentUnknown = -2; ///< named, but not among the known nodes
};

using ThingPtr = std::shared_ptr<const CompiledThing>;
using FriendshipRulePtr = std::shared_ptr<const FriendshipRule>;

/// What most access rules do without.
struct RestOfRule : QSharedData
{
    QString id; ///< where it is not a UUID as QUuid writes it
    QStringList names; ///< where they are several
    std::optional<NodePattern> node;
    QString withUser;
    QString withService;
    QDateTime from;
    QDateTime until;
    QString comment;
};

/// An access rule in the memory of one cache line. Strings are numbers in CompiledNetwork::names().
struct CompiledRule
{
    QExplicitlySharedDataPointer<const RestOfRule> rest; ///< null: there is none
    qint64 rank = 0;
    QUuid id; ///< null: see rest
    quint32 subject = 0; ///< number of its value, also of the empty one
    quint32 target = 0;
    quint32 name = 0; ///< 0: any name, or see rest
    quint32 nextOfSubject = 0; ///< rules of the same subject value are a chain, in no order; so are those
    quint32 previousOfSubject = 0; ///< of the same target value
    quint32 nextOfTarget = 0;
    quint32 previousOfTarget = 0;
    quint16 types = 0;
    quint8 action : 1 = 0;
    quint8 effect : 1 = 0;
    quint8 subjectKind : 3 = 0;
    quint8 targetKind : 2 = 0;

    [[nodiscard]] Action ruleAction() const { return Action(action); }
    [[nodiscard]] Effect ruleEffect() const { return Effect(effect); }
    [[nodiscard]] Subject::Kind kindOfSubject() const { return Subject::Kind(subjectKind); }
    [[nodiscard]] Target::Kind kindOfTarget() const { return Target::Kind(targetKind); }
    [[nodiscard]] FieldTypes fieldTypes() const { return FieldTypes::fromInt(types); }
};
static_assert(sizeof(CompiledRule) == 64);

/// Two JIDs in either order.
struct PairView
{
    const QString &one;
    const QString &other;

    friend size_t qHash(const PairView &pair, size_t seed = 0)
    {
        return qHash(pair.one, seed) + qHash(pair.other, seed);
    }
};

struct PairKey
{
    QString a; ///< the smaller one
    QString b;

    friend bool operator==(const PairKey &key, const PairView &pair)
    {
        __builtin_prefetch(key.b.constData()); // while a is compared
        return (key.a == pair.one && key.b == pair.other) || (key.b == pair.one && key.a == pair.other);
    }
    friend bool operator==(const PairKey &, const PairKey &) = default;
    friend size_t qHash(const PairKey &key, size_t seed = 0) { return qHash(PairView(key.a, key.b), seed); }
};

/// What a pair is beside its JIDs.
struct CompiledPair
{
    QString comment;
    bool accepted = false;
    bool secondaryTrustAllowed = false;
};

/// Which privilege list: what its id is made of, as numbers in CompiledNetwork::names().
struct PrivilegeListKey
{
    quint32 service = 0;
    quint32 name = 0;
    PrivilegeList::Holder holder = PrivilegeList::Holder::Anonymous;

    friend bool operator==(const PrivilegeListKey &, const PrivilegeListKey &) = default;
    friend size_t qHash(const PrivilegeListKey &key, size_t seed = 0)
    {
        return qHash(quint64(key.service) << 32 | key.name, seed + size_t(key.holder));
    }
};

/// Somebody in a question, as the numbers by which rules can mean them. 0: no rule names it.
struct Party
{
    quint32 jid = 0;
    quint32 domain = 0;
    std::span<const quint32> roles;

    [[nodiscard]] bool hasRole(quint32 role) const { return std::ranges::find(roles, role) != roles.end(); }
    /// Not of certificates, which only tokens have.
    [[nodiscard]] bool is(Subject::Kind kind, quint32 value) const;
    [[nodiscard]] bool isTarget(Target::Kind kind, quint32 value) const;
};

/// What a Snapshot is made of. A question looks up the few keys that can concern it, so that its cost
/// depends on the rules about the two who are involved and not on the size of the network.
class CompiledNetwork
{
public:
    CompiledNetwork();
    explicit CompiledNetwork(Network network);

    /// Adds an object that is not there yet, a rule with its rank. Pairs count when settle() was called.
    void add(const Object &object);
    void settle();
    void apply(const VersionedObject &change);

    // ---- who is who

    [[nodiscard]] const CompiledThing *thing(const QString &jid) const;
    /// Empty for who is not in the network.
    [[nodiscard]] QStringList rolesOf(const QString &jid) const;
    [[nodiscard]] Party party(const QString &jid) const { return parties(jid, jid).first; }
    [[nodiscard]] std::pair<Party, Party> parties(const QString &one, const QString &other) const;
    /// The number of what rules name, 0 if none does.
    [[nodiscard]] quint32 nameNumber(const QString &text) const { return m_names.numberOf(text); }
    [[nodiscard]] const QString &name(quint32 number) const { return m_names.key(number); }
    [[nodiscard]] bool isContained(const QString &jid) const;

    // ---- friendships

    [[nodiscard]] const CompiledPair *pair(const QString &one, const QString &other) const
    {
        return m_pairs.find(PairView(one, other));
    }
    /// Those with whom \a jid has an accepted pair. Costs time in proportion to the pairs there are.
    [[nodiscard]] QStringList friendsOf(const QString &jid) const;
    /// Numbers of the values of its subjects, so that parties can be compared with them.
    struct CompiledFriendshipRule
    {
        FriendshipRulePtr rule;
        quint32 one = 0;
        quint32 other = 0;

        [[nodiscard]] bool matches(const Party &a, const Party &b) const
        {
            return (a.is(rule->one.kind, one) && b.is(rule->other.kind, other))
                || (b.is(rule->one.kind, one) && a.is(rule->other.kind, other));
        }
    };
    using FriendshipRules = QVarLengthArray<const CompiledFriendshipRule *, 16>;
    /// The rules that can match: those of which the subject that fewer match is one of the two, in order.
    [[nodiscard]] FriendshipRules friendshipRules(const Party &one, const Party &other) const;
    /// Also those that name one of the two, but together with somebody else.
    [[nodiscard]] FriendshipRules friendshipRulesNaming(const Party &one, const Party &other) const;

    // ---- access rules

    using Candidates = QVarLengthArray<const CompiledRule *, 32>;
    /// The rules about \a device that have \a jid, or one of the certificates, as their subject; in order.
    [[nodiscard]] Candidates accessRules(Action action, const Party &device, const Party &jid,
                                         std::span<const quint32> certificates) const;
    /// All rules about \a device, in order.
    [[nodiscard]] QList<const CompiledRule *> accessRulesAbout(Action action, const Party &device) const;
    /// The rules that name \a jid, its domain or a role of it, or one of the certificates, in order.
    [[nodiscard]] QList<const CompiledRule *> accessRulesNaming(Action action, const Party &jid,
                                                                std::span<const quint32> certificates) const;
    /// Calls \a visit with the rules that have the value with that number as their subject's or target's;
    /// with none for 0.
    template<typename Visit>
    void forEachRuleOfSubject(quint32 name, Visit visit) const
    {
        for (quint32 rule = name ? m_names.value(name).firstOfSubject : 0; rule;
             rule = m_rules.at(rule).nextOfSubject)
            visit(m_rules.at(rule));
    }
    template<typename Visit>
    void forEachRuleOfTarget(quint32 name, Visit visit) const
    {
        for (quint32 rule = name ? m_names.value(name).firstOfTarget : 0; rule;
             rule = m_rules.at(rule).nextOfTarget)
            visit(m_rules.at(rule));
    }
    [[nodiscard]] QString idOf(const CompiledRule &rule) const;
    [[nodiscard]] std::span<const QString> namesOf(const CompiledRule &rule) const;
    [[nodiscard]] Target targetOf(const CompiledRule &rule) const;
    [[nodiscard]] AccessRule decompiled(const CompiledRule &rule) const;

    // ---- services and tokens

    /// Objects of the types in Tables; null where there is none.
    template<typename T>
    [[nodiscard]] const T *find(const QString &id) const
    {
        const auto *found = std::get<Table<T>>(m_tables).find(id);
        return found ? found->get() : nullptr;
    }
    /// 0: there is no service with this id.
    [[nodiscard]] quint32 serviceNumber(const QString &id) const;
    /// \a service: the number of its id, be it known or not.
    [[nodiscard]] const CompiledPrivilegeList *privilegeList(quint32 service, PrivilegeList::Holder holder,
                                                             const QString &name) const;
    /// Costs time in proportion to the lists there are.
    [[nodiscard]] bool hasPrivilegeLists(const QString &service) const;
    /// Ids of the services (or names of the users) that have the certificate, in order.
    [[nodiscard]] QStringList servicesOf(const QString &thumbprint) const;
    [[nodiscard]] QStringList usersOf(const QString &thumbprint) const;
    [[nodiscard]] Policy policy() const;
    [[nodiscard]] const Boundaries &boundaries() const { return m_boundaries; }

    [[nodiscard]] std::optional<Object> object(const ObjectKey &key) const;

    // ---- everything of a kind, in time proportional to the network: not for decisions

    [[nodiscard]] QList<ThingPtr> allThings() const; ///< in no order
    [[nodiscard]] QList<FriendshipRulePtr> allFriendshipRules() const; ///< in order
    template<typename Visit>
    void forEachAccessRule(Visit visit) const ///< in no order
    {
        m_ruleIds.forEach([&](quint32 number) { visit(m_rules.at(number)); });
    }
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
    using Table = SharedHash<QString, std::shared_ptr<const T>>; ///< by id
    using Tables = std::tuple<Table<Service>, Table<User>, Table<Privilege>, Table<Certificate>,
                              Table<Question>, Table<Containment>, Table<Policy>, Table<RoleGrant>>;
    using Pairs = SharedHash<PairKey, CompiledPair>;
    using Owners = SharedHash<QString, QStringList>; ///< certificate → ids, in order

    /// What a text that is kept once stands for.
    struct Name
    {
        quint32 uses = 0;
        quint32 thing = 0; ///< number in m_things of the thing with this JID
        quint32 roles = 0; ///< number in m_roleSets of its roles
        quint32 firstOfSubject = 0; ///< rule whose subject has this value
        quint32 firstOfTarget = 0;
        bool isService = false; ///< there is a service with this id
    };

    /// Roles that several things have.
    struct RoleSet
    {
        quint32 uses = 0;
        QStringList roles;
    };

    [[nodiscard]] quint32 takeName(const QString &text);
    void dropName(quint32 number);

    void put(const Thing &thing);
    void put(const Friendship &friendship);
    [[nodiscard]] Pairs::Hashed compiled(const Friendship &friendship) const;
    void put(const FriendshipRule &rule);
    void put(const AccessRule &rule);
    void put(const PrivilegeList &list);
    template<typename T>
    void put(const T &object);
    template<typename T>
    void addAll(QList<T> &objects);
    void remove(const ObjectKey &key);
    void removeThing(const QString &jid);
    void removeFriendshipRule(const QString &id);
    void removeAccessRule(const QString &id);
    void removePrivilegeList(const QString &id);
    template<typename T>
    void removeFrom(const QString &id);

    [[nodiscard]] quint32 ruleNumber(const QString &id) const;
    [[nodiscard]] const CompiledPrivilegeList *privilegeListById(const QString &id) const;
    [[nodiscard]] quint32 friendshipRuleNumber(const QString &id) const;
    [[nodiscard]] bool comesBefore(const CompiledRule *one, const CompiledRule *other) const;
    template<typename List>
    void putInOrder(List &rules) const;
    template<typename Add>
    void forEachFriendshipRule(const SharedTable &index, const Party &party, bool everyone, Add add) const;

    SharedMap<QString, Name> m_names;
    SharedMap<QList<quint32>, RoleSet> m_roleSets; ///< by the numbers of the roles
    SharedPool<ThingPtr> m_things;
    Pairs m_pairs;
    std::deque<Pairs::Hashed> m_newPairs; ///< until settle()

    SharedPool<CompiledFriendshipRule> m_friendshipRules;
    SharedTable m_friendshipRuleIds;
    SharedTable m_friendshipIndex; ///< by the subject that fewer match
    SharedTable m_otherFriendshipIndex; ///< by the other subject

    SharedPool<CompiledRule> m_rules;
    SharedTable m_ruleIds;
    SharedTable m_ruleIndex; ///< by action, target and subject
    /// How many rules there are for each action, kind of target and kind of subject.
    std::array<quint32, 2 * 3 * 5> m_classes {};
    quint32 m_domains = 0; ///< how many subjects of rules of both kinds are domains

    SharedHash<PrivilegeListKey, std::shared_ptr<const CompiledPrivilegeList>> m_privilegeLists;
    Tables m_tables;
    Owners m_services;
    Owners m_users;
    Boundaries m_boundaries;
};

} // namespace castellan::rules
