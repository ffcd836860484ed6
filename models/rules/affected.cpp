// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/affected.h"

#include "rules/friendship.h"
#include "rules/matching.h"

#include <algorithm>

namespace castellan::rules {

namespace {

QSet<QString> toSet(const QStringList &list)
{
    return { list.cbegin(), list.cend() };
}

/// The roles a thing gained or lost.
QSet<QString> changedRoles(const CompiledNetwork &before, const CompiledNetwork &after, const QString &jid)
{
    const QSet<QString> was = toSet(before.rolesOf(jid));
    const QSet<QString> is = toSet(after.rolesOf(jid));
    return (was - is) + (is - was);
}

/// What of a thing's nodes can alter an answer.
QList<Node> decidingNodes(const CompiledNetwork &network, const QString &jid)
{
    const CompiledThing *thing = network.thing(jid);
    QList<Node> nodes = thing ? thing->thing.nodes : QList<Node>();
    for (Node &node : nodes) {
        node.name.clear();
        for (Field &field : node.fields)
            field.types = {};
    }
    return nodes;
}

template<typename Rule>
std::optional<Rule> decidingRule(const CompiledNetwork &network, const ObjectKey &key)
{
    const std::optional<Object> object = network.object(key);
    if (!object)
        return {};
    Rule rule = std::get<Rule>(*object);
    rule.comment.clear();
    return rule;
}

// ---- reading and control

/// Collects targets and then looks at the known devices once.
class AffectedTargets
{
public:
    void add(const Target &target, const CompiledNetwork &network)
    {
        switch (target.kind) {
        case Target::Kind::Any:
            m_all = true;
            break;
        case Target::Kind::Device:
            m_devices.insert(target.value);
            break;
        case Target::Kind::Role:
            m_roles[&network].insert(target.value);
            break;
        }
    }

    void addDevice(const QString &jid) { m_devices.insert(jid); }

    [[nodiscard]] QSet<QString> among(const QSet<QString> &known) const
    {
        if (m_all)
            return known;
        QSet<QString> affected;
        for (const QString &jid : m_devices) {
            if (known.contains(jid))
                affected.insert(jid);
        }
        for (const auto &[network, roles] : m_roles.asKeyValueRange()) {
            for (const QString &jid : known) {
                if (toSet(network->rolesOf(jid)).intersects(roles))
                    affected.insert(jid);
            }
        }
        return affected;
    }

private:
    bool m_all = false;
    QSet<QString> m_devices;
    QHash<const CompiledNetwork *, QSet<QString>> m_roles; ///< of those who have them in that network
};

QSet<QString> affectedInAccess(const CompiledNetwork &before, const CompiledNetwork &after,
                               const QList<VersionedObject> &changes, const QSet<QString> &known)
{
    AffectedTargets targets;
    QHash<QString, QStringList> rolesChanged; // role → things that gained or lost it
    for (const VersionedObject &change : changes) {
        if (change.key.type == ObjectType::AccessRule) {
            const auto was = decidingRule<AccessRule>(before, change.key);
            const auto is = decidingRule<AccessRule>(after, change.key);
            if (was == is)
                continue;
            if (was)
                targets.add(was->target, before);
            if (is)
                targets.add(is->target, after);
        } else if (change.key.type == ObjectType::Thing) {
            for (const QString &role : changedRoles(before, after, change.key.id))
                rolesChanged[role].append(change.key.id);
            if (decidingNodes(before, change.key.id) != decidingNodes(after, change.key.id))
                targets.addDevice(change.key.id);
        }
    }
    if (!rolesChanged.isEmpty()) {
        for (const CompiledNetwork *network : { &before, &after }) {
            for (const AccessRulePtr &rule : network->allAccessRules()) {
                if (rule->subject.kind == Subject::Kind::Role && rolesChanged.contains(rule->subject.value))
                    targets.add(rule->target, *network);
                if (rule->target.kind == Target::Kind::Role) {
                    for (const QString &jid : rolesChanged.value(rule->target.value))
                        targets.addDevice(jid);
                }
            }
        }
    }
    return targets.among(known);
}

// ---- friendships

/// Finds the devices for which somebody gets another answer. Whom a device has asked about is not
/// recorded, and it may be anybody; but JIDs that the rules cannot tell apart get the same answer from
/// them, so that one of each kind is enough to ask about.
class AffectedFriends
{
public:
    AffectedFriends(const CompiledNetwork &before, const CompiledNetwork &after, const QSet<QString> &known)
        : m_before(before),
          m_after(after),
          m_known(known)
    { }

    QSet<QString> by(const QList<VersionedObject> &changes)
    {
        QStringList withOtherRoles;
        QList<ObjectKey> changedRules;
        for (const VersionedObject &change : changes) {
            if (change.key.type == ObjectType::Friendship)
                addPair(change.key.id);
            else if (change.key.type == ObjectType::FriendshipRule
                     && decidingRule<FriendshipRule>(m_before, change.key)
                         != decidingRule<FriendshipRule>(m_after, change.key))
                changedRules.append(change.key);
            else if (change.key.type == ObjectType::Thing
                     && !changedRoles(m_before, m_after, change.key.id).isEmpty())
                withOtherRoles.append(change.key.id);
        }
        if (changedRules.isEmpty() && withOtherRoles.isEmpty())
            return m_affected;

        collectMentions();
        const Kinds everybody = kindsOf(representatives());
        if (!withOtherRoles.isEmpty()) {
            add(m_known, kindsOf(withOtherRoles));
            add(toSet(withOtherRoles) & m_known, everybody);
        }
        for (const ObjectKey &key : changedRules) {
            if (const auto was = decidingRule<FriendshipRule>(m_before, key))
                addRule(*was, m_before, everybody);
            if (const auto is = decidingRule<FriendshipRule>(m_after, key))
                addRule(*is, m_after, everybody);
        }
        return m_affected;
    }

private:
    /// What the friendship rules can tell of a JID, before and after. Equal for JIDs of one kind.
    using Kind = QStringList;
    using Kinds = QHash<Kind, QStringList>;

    void addPair(const QString &id)
    {
        const std::optional<PairKey> pair = pairKey(id);
        if (!pair || !answerDiffers(pair->a, pair->b))
            return;
        for (const QString &jid : { pair->a, pair->b }) {
            if (m_known.contains(jid))
                m_affected.insert(jid);
        }
    }

    void addRule(const FriendshipRule &rule, const CompiledNetwork &network, const Kinds &everybody)
    {
        add(matching(rule.one, network, m_known), matching(rule.other, network, everybody));
        add(matching(rule.other, network, m_known), matching(rule.one, network, everybody));
    }

    /// Those of \a devices for whom somebody of \a kinds gets another answer.
    void add(const QSet<QString> &devices, const Kinds &kinds)
    {
        QHash<Kind, QList<const QStringList *>> differing; // the kinds that get another answer from the rules
        for (const QString &device : devices) {
            if (m_affected.contains(device))
                continue;
            const Kind kind = kindOf(device);
            auto found = differing.find(kind);
            if (found == differing.end()) {
                QList<const QStringList *> others;
                for (const QStringList &jids : kinds) {
                    if (differs(decideByRules(m_before, device, jids.first()),
                                decideByRules(m_after, device, jids.first())))
                        others.append(&jids);
                }
                found = differing.insert(kind, others);
            }
            const auto getsAnotherAnswer = [&](const QString &jid) {
                return jid != device && answerDiffers(device, jid);
            };
            const bool affected = std::ranges::any_of(*found, [&](const QStringList *jids) {
                return std::ranges::any_of(*jids, getsAnotherAnswer);
            });
            if (affected)
                m_affected.insert(device);
        }
    }

    bool answerDiffers(const QString &asker, const QString &jid) const
    {
        return differs(decide(m_before, { asker, jid }, Explain::No),
                       decide(m_after, { asker, jid }, Explain::No));
    }

    static bool differs(const FriendDecision &a, const FriendDecision &b)
    {
        return a.accepted != b.accepted || a.secondaryTrustAllowed != b.secondaryTrustAllowed;
    }

    void collectMentions()
    {
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            for (const FriendshipRulePtr &rule : network->allFriendshipRules()) {
                for (const Subject &subject : { rule->one, rule->other }) {
                    if (subject.kind == Subject::Kind::Jid)
                        m_jids.insert(subject.value);
                    else if (subject.kind == Subject::Kind::Domain)
                        m_domains.insert(subject.value);
                    else if (subject.kind == Subject::Kind::Role)
                        m_roles.insert(subject.value);
                }
            }
        }
    }

    /// Somebody of every kind there can be. A local part that is a space belongs to nobody.
    QStringList representatives() const
    {
        QStringList jids { QStringLiteral(" @ ") };
        for (const QString &domain : m_domains)
            jids.append(QStringLiteral(" @") + domain);
        jids += m_jids.values();
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            for (const ThingPtr &thing : m_roles.isEmpty() ? QList<ThingPtr>() : network->allThings()) {
                if (toSet(thing->thing.roles).intersects(m_roles))
                    jids.append(thing->thing.jid);
            }
        }
        jids.removeDuplicates();
        return jids;
    }

    Kind kindOf(const QString &jid) const
    {
        const QString domain = domainOf(jid);
        Kind kind { m_jids.contains(jid) ? jid : QString(), m_domains.contains(domain) ? domain : QString() };
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            QStringList roles = network->rolesOf(jid);
            roles.removeIf([this](const QString &role) { return !m_roles.contains(role); });
            roles.sort();
            kind += roles;
            kind.append(QString()); // roles are not empty: this ends the list
        }
        return kind;
    }

    Kinds kindsOf(const QStringList &jids) const
    {
        Kinds kinds;
        for (const QString &jid : jids)
            kinds[kindOf(jid)].append(jid);
        return kinds;
    }

    static QSet<QString> matching(const Subject &subject, const CompiledNetwork &network, QSet<QString> jids)
    {
        jids.removeIf([&](const QString &jid) { return !matchesJid(subject, jid, network.rolesOf(jid)); });
        return jids;
    }

    static Kinds matching(const Subject &subject, const CompiledNetwork &network, Kinds kinds)
    {
        kinds.removeIf([&](const auto &entry) {
            const QString &jid = entry.value().first();
            return !matchesJid(subject, jid, network.rolesOf(jid));
        });
        return kinds;
    }

    const CompiledNetwork &m_before;
    const CompiledNetwork &m_after;
    const QSet<QString> &m_known;
    QSet<QString> m_jids; ///< that friendship rules name, before or after
    QSet<QString> m_domains;
    QSet<QString> m_roles;
    QSet<QString> m_affected;
};

} // namespace

QSet<QString> affectedBy(const CompiledNetwork &before, const CompiledNetwork &after,
                         const QList<VersionedObject> &changes, const QSet<QString> &known)
{
    return affectedInAccess(before, after, changes, known)
        + AffectedFriends(before, after, known).by(changes);
}

} // namespace castellan::rules
