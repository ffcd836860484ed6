// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/effects.h"

#include "rules/access.h"
#include "rules/affected.h"
#include "rules/friendship.h"
#include "rules/matching.h"

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;

namespace castellan::rules {

namespace {

/// A stranger's addresses: RFC 6761 keeps this domain from being anybody's.
constexpr QLatin1StringView strangerDomain { "stranger.invalid" };
constexpr QLatin1StringView strangerName { "stranger" };
/// A name that no rule and no inventory mentions: a noncharacter.
const QString unmentioned(QChar(0xFDD0));

template<typename T>
const T *objectIn(const std::optional<Object> &object)
{
    return object ? std::get_if<T>(&*object) : nullptr;
}

QStringList sorted(const QSet<QString> &set)
{
    QStringList list(set.cbegin(), set.cend());
    list.sort();
    return list;
}

/// Compares two networks where changes can have made a difference.
class Comparison
{
public:
    Comparison(const CompiledNetwork &before, const CompiledNetwork &after,
               const QList<VersionedObject> &changes, const QDateTime &now, const EffectLimits &limits)
        : m_before(before),
          m_after(after),
          m_changes(changes),
          m_now(now),
          m_limits(limits)
    { }

    Effects run()
    {
        for (const VersionedObject &change : m_changes) {
            if (m_effects.truncated)
                break;
            const std::optional<Object> old = m_before.object(change.key);
            switch (change.key.type) {
            case ObjectType::AccessRule:
                compareRule(objectIn<AccessRule>(old));
                compareRule(objectIn<AccessRule>(change.object));
                break;
            case ObjectType::Friendship:
                comparePair(change.key.id.section(u' ', 0, 0), change.key.id.section(u' ', 1));
                break;
            case ObjectType::FriendshipRule:
                compareRule(objectIn<FriendshipRule>(old));
                compareRule(objectIn<FriendshipRule>(change.object));
                break;
            case ObjectType::Thing:
                compareThing(change.key.id, objectIn<Thing>(old), objectIn<Thing>(change.object));
                break;
            case ObjectType::Containment:
                compareContained(change);
                break;
            case ObjectType::Certificate:
                compareCertificate(change.key.id);
                break;
            default: // says nothing about friends, reading or control by itself
                break;
            }
        }
        return std::move(m_effects);
    }

private:
    // ---- what changes are about

    void compareRule(const AccessRule *rule)
    {
        if (!rule)
            return;
        const QStringList devices = devicesOf(rule->target);
        for (const Subject &who : allWho(rule->subject)) {
            for (const QString &device : devices)
                compareAccess(who, device);
        }
    }

    void compareRule(const FriendshipRule *rule)
    {
        if (!rule)
            return;
        const QStringList others = jidsOf(rule->other);
        for (const QString &one : jidsOf(rule->one)) {
            for (const QString &other : others)
                comparePair(one, other);
        }
    }

    void compareThing(const QString &jid, const Thing *old, const Thing *now)
    {
        compareAsDevice(jid);
        const QStringList oldRoles = old ? old->roles : QStringList();
        const QStringList newRoles = now ? now->roles : QStringList();
        QStringList changed;
        for (const QString &role : oldRoles + newRoles) {
            if (oldRoles.contains(role) != newRoles.contains(role) && !changed.contains(role))
                changed.append(role);
        }
        const Subject self { .kind = Subject::Kind::Jid, .value = jid, .withUser = {}, .withService = {} };
        for (const QString &role : std::as_const(changed)) {
            forEachNetwork([&](const CompiledNetwork &network) {
                network.forEachRuleOfSubject(network.nameNumber(role), [&](const CompiledRule &compiled) {
                    if (compiled.kindOfSubject() != Subject::Kind::Role)
                        return;
                    const AccessRule rule = network.decompiled(compiled);
                    Subject who = self;
                    who.withUser = rule.subject.withUser;
                    who.withService = rule.subject.withService;
                    for (const QString &device : devicesOf(rule.target))
                        compareAccess(who, device);
                });
                const QList<FriendshipRulePtr> rules = network.allFriendshipRules();
                for (const FriendshipRulePtr &rule : rules) {
                    if (rule->one.kind == Subject::Kind::Role && rule->one.value == role)
                        compareWithAll(jid, rule->other);
                    if (rule->other.kind == Subject::Kind::Role && rule->other.value == role)
                        compareWithAll(jid, rule->one);
                }
            });
        }
    }

    void compareContained(const VersionedObject &change)
    {
        const QString &jid = change.key.id;
        compareAsDevice(jid);
        const QSet<QString> touched = affectedBy(m_before, m_after, { change }, known());
        const Subject self { .kind = Subject::Kind::Jid, .value = jid, .withUser = {}, .withService = {} };
        for (const QString &other : sorted(touched)) {
            compareAccess(self, other);
            comparePair(jid, other);
        }
    }

    /// Of who presents a token for it; not of what its user or service may besides.
    void compareCertificate(const QString &thumbprint)
    {
        const Subject who {
            .kind = Subject::Kind::Certificate, .value = thumbprint, .withUser = {}, .withService = {}
        };
        forEachNetwork([&](const CompiledNetwork &network) {
            network.forEachRuleOfSubject(network.nameNumber(thumbprint), [&](const CompiledRule &compiled) {
                if (compiled.kindOfSubject() != Subject::Kind::Certificate)
                    return;
                for (const QString &device : devicesOf(network.decompiled(compiled).target))
                    compareAccess(who, device);
            });
        });
    }

    /// Whoever some rule about the device can mean.
    void compareAsDevice(const QString &device)
    {
        forEachNetwork([&](const CompiledNetwork &network) {
            for (const Action action : { Action::Read, Action::Control }) {
                const auto rules = network.accessRulesAbout(action, network.party(device));
                for (const CompiledRule *compiled : rules) {
                    for (const Subject &who : allWho(network.decompiled(*compiled).subject))
                        compareAccess(who, device);
                }
            }
        });
    }

    void compareWithAll(const QString &jid, const Subject &others)
    {
        for (const QString &other : jidsOf(others))
            comparePair(jid, other);
    }

    // ---- who is meant

    template<typename Visit>
    void forEachNetwork(Visit visit)
    {
        visit(m_before);
        visit(m_after);
    }

    /// Every JID of the networks, and that their access rules name.
    const QSet<QString> &known()
    {
        if (m_known)
            return *m_known;
        m_known.emplace();
        forEachNetwork([&](const CompiledNetwork &network) {
            const QList<ThingPtr> things = network.allThings();
            for (const ThingPtr &thing : things)
                m_known->insert(thing->thing.jid);
            network.forEachAccessRule([&](const CompiledRule &rule) {
                if (rule.kindOfSubject() == Subject::Kind::Jid)
                    m_known->insert(network.name(rule.subject));
                else if (rule.kindOfSubject() == Subject::Kind::Domain)
                    m_domains.insert(network.name(rule.subject));
                if (rule.kindOfTarget() == Target::Kind::Device)
                    m_known->insert(network.name(rule.target));
            });
        });
        m_knownInOrder = sorted(*m_known);
        return *m_known;
    }

    const QStringList &knownInOrder()
    {
        std::ignore = known();
        return m_knownInOrder;
    }

    QStringList withRole(const QString &role)
    {
        QSet<QString> jids;
        forEachNetwork([&](const CompiledNetwork &network) {
            const QList<ThingPtr> things = network.allThings();
            for (const ThingPtr &thing : things) {
                if (thing->thing.roles.contains(role))
                    jids.insert(thing->thing.jid);
            }
        });
        return sorted(jids);
    }

    QStringList devicesOf(const Target &target)
    {
        switch (target.kind) {
        case Target::Kind::Any:
            return knownInOrder();
        case Target::Kind::Device:
            return { target.value };
        case Target::Kind::Role:
            return withRole(target.value);
        }
        Q_UNREACHABLE_RETURN({});
    }

    /// The known JIDs among them.
    QStringList jidsOf(const Subject &subject)
    {
        switch (subject.kind) {
        case Subject::Kind::Jid:
            return { subject.value };
        case Subject::Kind::Role:
            return withRole(subject.value);
        case Subject::Kind::Domain: {
            QStringList jids = knownInOrder();
            jids.removeIf([&](const QString &jid) { return domainOf(jid) != subject.value; });
            return jids;
        }
        case Subject::Kind::Everyone:
            return knownInOrder();
        case Subject::Kind::Certificate:
            break;
        }
        return {};
    }

    /// Strangers first: they stand for most.
    QList<Subject> allWho(const Subject &subject)
    {
        QList<Subject> all;
        const auto add = [&](Subject::Kind kind, const QString &value) {
            all.append({ .kind = kind,
                         .value = value,
                         .withUser = subject.withUser,
                         .withService = subject.withService });
        };
        if (subject.kind == Subject::Kind::Certificate) {
            add(Subject::Kind::Certificate, subject.value);
        } else if (subject.kind == Subject::Kind::Domain) {
            add(Subject::Kind::Domain, subject.value);
        } else if (subject.kind == Subject::Kind::Everyone) {
            add(Subject::Kind::Everyone, {});
            std::ignore = known();
            for (const QString &domain : sorted(m_domains))
                add(Subject::Kind::Domain, domain);
        }
        for (const QString &jid : jidsOf(subject))
            add(Subject::Kind::Jid, jid);
        return all;
    }

    // ---- comparing

    /// False when enough was compared.
    bool goOn()
    {
        if (m_effects.truncated)
            return false;
        ++m_comparisons;
        if (m_comparisons > m_limits.comparisons || (m_comparisons % 256 == 0 && m_limits.isStopped()))
            m_effects.truncated = true;
        return !m_effects.truncated;
    }

    void comparePair(const QString &one, const QString &other)
    {
        if (one == other || m_effects.truncated)
            return;
        const QString id = friendshipId(one, other);
        if (m_comparedPairs.contains(id) || !goOn())
            return;
        m_comparedPairs.insert(id);
        const FriendQuestion question { one, other };
        const bool was = decide(m_before, question, Explain::No).accepted;
        const bool is = decide(m_after, question, Explain::No).accepted;
        if (was == is)
            return;
        ++(is ? m_effects.friendshipsGained : m_effects.friendshipsLost);
        if (m_effects.friendships.size() < m_limits.rows)
            m_effects.friendships.append({ is, id.section(u' ', 0, 0), id.section(u' ', 1) });
    }

    void compareAccess(const Subject &who, const QString &device)
    {
        if (m_effects.truncated || (who.kind == Subject::Kind::Jid && who.value == device))
            return;
        const QString key =
            u"%1 %2 %3 %4 %5"_s.arg(int(who.kind)).arg(who.value, who.withUser, who.withService, device);
        if (m_comparedAccess.contains(key))
            return;
        m_comparedAccess.insert(key);
        AccessQuestion question {
            .device = device, .jid = who.value, .nodes = {}, .names = {}, .now = m_now
        };
        if (who.kind == Subject::Kind::Domain)
            question.jid = u"%1@%2"_s.arg(strangerName, who.value);
        else if (who.kind != Subject::Kind::Jid)
            question.jid = strangerDomain;
        if (!who.withUser.isEmpty())
            question.identities.user = { { .certificate = {}, .user = who.withUser, .service = {} } };
        if (!who.withService.isEmpty())
            question.identities.service = { { .certificate = {}, .user = {}, .service = who.withService } };

        for (const Action action : { Action::Read, Action::Control }) {
            question.action = action;
            for (const NodeRef &node : nodesOf(device)) {
                for (const QString &name : namesOf(action, device, node)) {
                    if (!goOn())
                        return;
                    compare(who, question, node, name);
                }
            }
        }
    }

    void compare(const Subject &who, AccessQuestion &question, const NodeRef &node, const QString &name)
    {
        question.nodes = { node };
        question.names = { name };
        const FieldTypes was = granted(m_before, who, question, node);
        const FieldTypes is = granted(m_after, who, question, node);
        const auto add = [&](bool gained, FieldTypes types) {
            if (!types)
                return;
            ++(gained ? m_effects.accessGained : m_effects.accessLost);
            if (m_effects.access.size() >= m_limits.rows)
                return;
            m_effects.access.append({ .gained = gained,
                                      .action = question.action,
                                      .who = who,
                                      .device = question.device,
                                      .node = node,
                                      .name = name == unmentioned ? QString() : name,
                                      .types = question.action == Action::Read ? types : FieldTypes() });
        };
        add(true, is & ~was);
        add(false, was & ~is);
    }

    FieldTypes granted(const CompiledNetwork &network, const Subject &who, AccessQuestion &question,
                       const NodeRef &node)
    {
        if (who.kind == Subject::Kind::Certificate) {
            // As a token for it would count, or not (statement 3).
            const auto *certificate = network.find<Certificate>(who.value);
            const bool counts = !certificate || !certificate->revoked;
            question.identities.device = counts
                ? QList<Identity> { { .certificate = who.value, .user = {}, .service = {} } }
                : QList<Identity>();
        }
        const AccessDecision decision = decide(network, question, Explain::No);
        if (!decision.allowed || (!decision.nodes.isEmpty() && !decision.nodes.contains(node)))
            return {};
        return question.action == Action::Read ? decision.types : allFieldTypes;
    }

    /// Known nodes or the device itself, and those that rules name.
    QList<NodeRef> nodesOf(const QString &device)
    {
        std::set<NodeRef> nodes;
        QSet<QString> ids;
        forEachNetwork([&](const CompiledNetwork &network) {
            if (const CompiledThing *thing = network.thing(device)) {
                for (const Node &node : thing->thing.nodes) {
                    nodes.insert(node.ref);
                    ids.insert(node.ref.nodeId);
                }
            }
        });
        if (nodes.empty())
            nodes.insert(NodeRef());
        forEachNetwork([&](const CompiledNetwork &network) {
            for (const Action action : { Action::Read, Action::Control }) {
                const auto rules = network.accessRulesAbout(action, network.party(device));
                for (const CompiledRule *rule : rules) {
                    const NodePattern *pattern = rule->rest && rule->rest->node ? &*rule->rest->node
                                                                                : nullptr;
                    if (pattern && pattern->nodeId && !ids.contains(*pattern->nodeId))
                        nodes.insert({ *pattern->nodeId, pattern->sourceId.value_or(QString()),
                                       pattern->cacheType.value_or(QString()) });
                }
            }
        });
        return { nodes.begin(), nodes.end() };
    }

    /// Those that anything mentions, and one that nothing does.
    QStringList namesOf(Action action, const QString &device, const NodeRef &node)
    {
        QSet<QString> names;
        forEachNetwork([&](const CompiledNetwork &network) {
            if (const CompiledThing *thing = network.thing(device)) {
                for (const Node &known : thing->thing.nodes) {
                    if (known.ref != node)
                        continue;
                    if (action == Action::Control)
                        names.unite({ known.parameters.cbegin(), known.parameters.cend() });
                    else
                        for (const Field &field : known.fields)
                            names.insert(field.name);
                }
            }
            const auto rules = network.accessRulesAbout(action, network.party(device));
            for (const CompiledRule *rule : rules) {
                for (const QString &name : network.namesOf(*rule))
                    names.insert(name);
            }
        });
        return sorted(names) << unmentioned;
    }

    const CompiledNetwork &m_before;
    const CompiledNetwork &m_after;
    const QList<VersionedObject> &m_changes;
    QDateTime m_now;
    const EffectLimits &m_limits;
    Effects m_effects;
    qint64 m_comparisons = 0;
    QSet<QString> m_comparedPairs;
    QSet<QString> m_comparedAccess;
    std::optional<QSet<QString>> m_known;
    QStringList m_knownInOrder;
    QSet<QString> m_domains;
};

} // namespace

Effects effectsOf(const CompiledNetwork &before, const CompiledNetwork &after,
                  const QList<VersionedObject> &changes, const QDateTime &now, const EffectLimits &limits)
{
    return Comparison(before, after, changes, now, limits).run();
}

} // namespace castellan::rules
