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

/// What tokens can say of their holder.
struct TokenMeanings
{
    QSet<QString> certificates;
    QSet<QString> users;
    QSet<QString> services;

    /// That a token for \a thumbprint counts or not, or whom it stands for.
    void add(const QString &thumbprint, const CompiledNetwork &network)
    {
        certificates.insert(thumbprint);
        users += toSet(network.usersOf(thumbprint));
        services += toSet(network.servicesOf(thumbprint));
    }
};

/// The JIDs by which \a service is known.
QStringList jidsOf(const Service &service, const CompiledNetwork &network)
{
    QStringList jids { service.id };
    for (const QString &thumbprint : service.certificates) {
        if (const Certificate *certificate = network.find<Certificate>(thumbprint))
            jids.append(certificate->jid);
    }
    return jids;
}

template<typename T>
QStringList certificatesOf(const CompiledNetwork &network, const QString &id)
{
    const T *found = network.find<T>(id);
    return found ? found->certificates : QStringList();
}

/// The rules of a service without what is for people. An unknown service has none.
QList<ServiceRule> decidingAccess(const CompiledNetwork &network, const QString &id)
{
    const Service *service = network.find<Service>(id);
    QList<ServiceRule> access = service ? service->access : QList<ServiceRule>();
    for (ServiceRule &rule : access)
        rule.comment.clear();
    return access;
}

std::optional<QList<PrivilegeEntry>> entriesOf(const CompiledNetwork &network, const ObjectKey &list)
{
    const std::optional<Object> object = network.object(list);
    return object ? std::optional(std::get<PrivilegeList>(*object).entries) : std::nullopt;
}

/// A user as statement 16 sees it. One who was only noted is as unknown as before.
std::optional<QStringList> decidingRoles(const CompiledNetwork &network, const QString &name)
{
    const User *user = network.find<User>(name);
    return user && (!user->noted || !user->roles.isEmpty()) ? std::optional(user->roles) : std::nullopt;
}

/// Whether tokens for a certificate count, as far as the certificate says it.
bool countsDiffers(const Certificate *was, const Certificate *is)
{
    if (!was || !is)
        return was != is;
    return was->revoked != is->revoked || was->notBefore != is->notBefore || was->notAfter != is->notAfter
        || was->jid != is->jid;
}

/// Finds the devices for which reading, control, or what services ask can have another answer.
class AffectedAccess
{
public:
    AffectedAccess(const CompiledNetwork &before, const CompiledNetwork &after)
        : m_before(before),
          m_after(after)
    { }

    QSet<QString> by(const QList<VersionedObject> &changes, const QSet<QString> &known)
    {
        for (const VersionedObject &change : changes)
            add(change.key);
        addTargets();
        return m_targets.among(known);
    }

    QSet<QString> by(const QList<ObjectKey> &boundaries, const QSet<QString> &known)
    {
        for (const ObjectKey &key : boundaries) {
            if (key.type == ObjectType::AccessRule)
                m_targets.add(decidingRule<AccessRule>(m_after, key)->target, m_after);
            else if (key.type == ObjectType::Certificate)
                addCertificate(key.id);
        }
        addTargets();
        return m_targets.among(known);
    }

private:
    void add(const ObjectKey &key)
    {
        switch (key.type) {
        case ObjectType::AccessRule:
            return addRule(key);
        case ObjectType::Thing:
            for (const QString &role : changedRoles(m_before, m_after, key.id))
                m_rolesChanged[role].append(key.id);
            if (decidingNodes(m_before, key.id) != decidingNodes(m_after, key.id))
                m_targets.addDevice(key.id);
            return;
        case ObjectType::Certificate:
            if (countsDiffers(m_before.find<Certificate>(key.id), m_after.find<Certificate>(key.id)))
                addCertificate(key.id);
            return;
        case ObjectType::Service:
            addOwned(certificatesOf<Service>(m_before, key.id), certificatesOf<Service>(m_after, key.id));
            if (decidingAccess(m_before, key.id) != decidingAccess(m_after, key.id)
                || privilegesDiffer(key.id))
                addService(key.id);
            return;
        case ObjectType::User:
            addOwned(certificatesOf<User>(m_before, key.id), certificatesOf<User>(m_after, key.id));
            if (decidingRoles(m_before, key.id) != decidingRoles(m_after, key.id))
                m_allServices = true;
            return;
        case ObjectType::PrivilegeList:
            if (entriesOf(m_before, key) != entriesOf(m_after, key))
                addService(key.id.section(u' ', 0, 0));
            return;
        case ObjectType::Containment:
            if (m_before.isContained(key.id) != m_after.isContained(key.id))
                addContained(key.id);
            return;
        case ObjectType::Friendship:
        case ObjectType::FriendshipRule:
        case ObjectType::Privilege:
        case ObjectType::Question:
        case ObjectType::Policy:
        case ObjectType::RoleGrant:
            return;
        }
    }

    void addRule(const ObjectKey &key)
    {
        const auto was = decidingRule<AccessRule>(m_before, key);
        const auto is = decidingRule<AccessRule>(m_after, key);
        if (was == is)
            return;
        if (was)
            m_targets.add(was->target, m_before);
        if (is)
            m_targets.add(is->target, m_after);
    }

    void addCertificate(const QString &thumbprint)
    {
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            m_tokens.add(thumbprint, *network);
            for (const QString &service : network->servicesOf(thumbprint))
                addService(service);
            if (const Certificate *certificate = network->find<Certificate>(thumbprint))
                m_targets.addDevice(certificate->jid);
        }
    }

    /// A service or user had certificates \a were and has \a are.
    void addOwned(const QStringList &were, const QStringList &are)
    {
        for (const QString &thumbprint : toSet(were) + toSet(are)) {
            if (were.contains(thumbprint) != are.contains(thumbprint))
                addCertificate(thumbprint);
        }
    }

    /// Privilege lists may be there before their service is.
    bool privilegesDiffer(const QString &service) const
    {
        return !m_before.find<Service>(service) != !m_after.find<Service>(service)
            && (m_before.hasPrivilegeLists(service) || m_after.hasPrivilegeLists(service));
    }

    void addService(const QString &id)
    {
        m_targets.addDevice(id);
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            if (const Service *service = network->find<Service>(id)) {
                for (const QString &jid : jidsOf(*service, *network))
                    m_targets.addDevice(jid);
            }
        }
    }

    void addContained(const QString &jid)
    {
        m_contained.insert(jid);
        m_allServices = true; // a visitor may have this JID
        m_targets.addDevice(jid);
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            for (const QString &thumbprint : certificatesOf<Service>(*network, jid))
                m_tokens.add(thumbprint, *network);
            for (const Certificate &certificate : network->all<Certificate>()) {
                if (certificate.jid == jid)
                    m_tokens.add(certificate.thumbprint, *network);
            }
        }
    }

    /// Adds the devices that the rules about what was collected are about.
    void addTargets()
    {
        for (const CompiledNetwork *network : { &m_before, &m_after }) {
            if (m_allServices) {
                for (const Service &service : network->all<Service>())
                    addService(service.id);
            }
            for (const auto &[role, things] : m_rolesChanged.asKeyValueRange())
                addRole(role, things, *network);
            addTokens(*network);
            for (const QString &jid : std::as_const(m_contained))
                addRulesOf(jid, *network);
        }
    }

    void addRole(const QString &role, const QStringList &things, const CompiledNetwork &network)
    {
        const quint32 name = network.nameNumber(role);
        network.forEachRuleOfSubject(name, [&](const CompiledRule &rule) {
            if (rule.kindOfSubject() == Subject::Kind::Role)
                m_targets.add(network.targetOf(rule), network);
        });
        network.forEachRuleOfTarget(name, [&](const CompiledRule &rule) {
            for (const QString &jid : rule.kindOfTarget() == Target::Kind::Role ? things : QStringList())
                m_targets.addDevice(jid);
        });
    }

    void addTokens(const CompiledNetwork &network)
    {
        for (const QString &thumbprint : std::as_const(m_tokens.certificates)) {
            network.forEachRuleOfSubject(network.nameNumber(thumbprint), [&](const CompiledRule &rule) {
                if (rule.kindOfSubject() == Subject::Kind::Certificate)
                    m_targets.add(network.targetOf(rule), network);
            });
        }
        if (m_tokens.users.isEmpty() && m_tokens.services.isEmpty())
            return;
        network.forEachAccessRule([&](const CompiledRule &rule) {
            if (rule.rest
                && (m_tokens.users.contains(rule.rest->withUser)
                    || m_tokens.services.contains(rule.rest->withService)))
                m_targets.add(network.targetOf(rule), network);
        });
    }

    /// Adds the devices of the rules that may have allowed \a jid something.
    void addRulesOf(const QString &jid, const CompiledNetwork &network)
    {
        const Party party = network.party(jid);
        network.forEachAccessRule([&](const CompiledRule &rule) {
            const Subject::Kind kind = rule.kindOfSubject();
            if (rule.ruleEffect() == Effect::Allow
                && (kind == Subject::Kind::Certificate || party.is(kind, rule.subject)))
                m_targets.add(network.targetOf(rule), network);
        });
    }

    const CompiledNetwork &m_before;
    const CompiledNetwork &m_after;
    AffectedTargets m_targets;
    QHash<QString, QStringList> m_rolesChanged; ///< role → things that gained or lost it
    TokenMeanings m_tokens; ///< that count now and did not, or the other way round
    QSet<QString> m_contained; ///< or released
    bool m_allServices = false;
};

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
        QStringList contained; // or released
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
            else if (change.key.type == ObjectType::Containment
                     && m_before.isContained(change.key.id) != m_after.isContained(change.key.id))
                contained.append(change.key.id);
        }
        if (changedRules.isEmpty() && withOtherRoles.isEmpty() && contained.isEmpty())
            return m_affected;

        collectMentions();
        const QStringList somebody = representatives();
        for (const QString &jid : std::as_const(contained))
            addContained(jid, somebody);
        const Kinds everybody = kindsOf(somebody);
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
        const qsizetype space = id.indexOf(u' ');
        if (space < 0)
            return;
        const QString a = id.first(space);
        const QString b = id.sliced(space + 1);
        if (!answerDiffers(a, b))
            return;
        for (const QString &jid : { a, b }) {
            if (m_known.contains(jid))
                m_affected.insert(jid);
        }
    }

    void addContained(const QString &jid, const QStringList &somebody)
    {
        for (const QString &device : m_known) {
            if (device != jid && answerDiffers(device, jid))
                m_affected.insert(device);
        }
        const auto answerDiffersTo = [&](const QString &other) {
            return other != jid && answerDiffers(jid, other);
        };
        if (m_known.contains(jid)
            && (std::ranges::any_of(m_before.friendsOf(jid), answerDiffersTo)
                || std::ranges::any_of(m_after.friendsOf(jid), answerDiffersTo)
                || std::ranges::any_of(somebody, answerDiffersTo)))
            m_affected.insert(jid);
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
                    if (differs(decideByRules(m_before, { device, jids.first() }),
                                decideByRules(m_after, { device, jids.first() })))
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
        const FriendQuestion question { asker, jid };
        return differs(decide(m_before, question, Explain::No), decide(m_after, question, Explain::No));
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
        const QString domain = domainOf(jid).toString();
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

    static bool is(const Subject &subject, const QString &jid, const CompiledNetwork &network)
    {
        return network.party(jid).is(subject.kind, network.nameNumber(subject.value));
    }

    static QSet<QString> matching(const Subject &subject, const CompiledNetwork &network, QSet<QString> jids)
    {
        jids.removeIf([&](const QString &jid) { return !is(subject, jid, network); });
        return jids;
    }

    static Kinds matching(const Subject &subject, const CompiledNetwork &network, Kinds kinds)
    {
        kinds.removeIf([&](const auto &entry) { return !is(subject, entry.value().first(), network); });
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
    return AffectedAccess(before, after).by(changes, known)
        + AffectedFriends(before, after, known).by(changes);
}

QSet<QString> affectedBetween(const CompiledNetwork &network, const QDateTime &from, const QDateTime &to,
                              const QSet<QString> &known)
{
    QList<ObjectKey> boundaries;
    network.boundaries().forEachAfter(from.toMSecsSinceEpoch(), [&](const Boundaries::Boundary &boundary) {
        const bool inTime = boundary.at <= to.toMSecsSinceEpoch();
        if (inTime)
            boundaries.append(boundary.key);
        return inTime;
    });
    return AffectedAccess(network, network).by(boundaries, known);
}

} // namespace castellan::rules
