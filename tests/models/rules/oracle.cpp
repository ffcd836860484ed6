// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"

#include <QRegularExpression>

#include <algorithm>
#include <tuple>

using namespace Qt::StringLiterals;

namespace oracle {

using namespace castellan::rules;

namespace {

const Thing *find(const Network &network, const QString &jid)
{
    const auto found = std::ranges::find(network.things, jid, &Thing::jid);
    return found == network.things.end() ? nullptr : &*found;
}

bool hasRole(const Network &network, const QString &jid, const QString &role)
{
    const Thing *thing = find(network, jid);
    return thing && thing->roles.contains(role);
}

bool isContained(const Network &network, const QString &jid)
{
    return std::ranges::find(network.containments, jid, &Containment::jid) != network.containments.end();
}

/// Of the conditions that a RandomNetwork has.
bool isMet(const AccessCondition &condition, const Credentials &credentials)
{
    switch (condition.kind) {
    case AccessCondition::Kind::Jid:
        return credentials.jids.contains(condition.value);
    case AccessCondition::Kind::UserName:
        return credentials.userNames.contains(condition.value);
    case AccessCondition::Kind::HostName:
        return std::ranges::any_of(credentials.hostNames, [&](const QString &name) {
            return condition.value.startsWith(u'.') ? (u'.' + name).endsWith(condition.value)
                                                    : name == condition.value;
        });
    case AccessCondition::Kind::IpAddress: {
        const QString &value = condition.value;
        const int last = value.endsWith("/30"_L1) ? 3 : value.endsWith(".9"_L1) ? 9 : 1;
        const int first = value.endsWith("/30"_L1) ? 0 : 1;
        return std::ranges::any_of(credentials.addresses, [&](const IpAddress &address) {
            const int number = address.text().section(u'.', 3).toInt();
            return number >= first && number <= last;
        });
    }
    default:
        return false;
    }
}

bool isSubject(const Network &network, const Subject &subject, const QString &jid)
{
    const QString domain = jid.contains(u'@') ? jid.section(u'@', 1) : jid;
    return subject.kind == Subject::Kind::Everyone
        || (subject.kind == Subject::Kind::Jid && subject.value == jid)
        || (subject.kind == Subject::Kind::Domain && subject.value == domain)
        || (subject.kind == Subject::Kind::Role && hasRole(network, jid, subject.value));
}

struct Choice
{
    Identity service, user, device;
};

QList<Choice> choices(const Identities &identities)
{
    const auto orNone = [](const QList<Identity> &list) {
        return list.isEmpty() ? QList<Identity> { {} } : list;
    };
    QList<Choice> choices;
    for (const Identity &service : orNone(identities.service)) {
        for (const Identity &user : orNone(identities.user)) {
            for (const Identity &device : orNone(identities.device))
                choices.append({ service, user, device });
        }
    }
    return choices;
}

bool isTarget(const Network &network, const Target &target, const QString &device)
{
    return target.kind == Target::Kind::Any || (target.kind == Target::Kind::Device && target.value == device)
        || (target.kind == Target::Kind::Role && hasRole(network, device, target.value));
}

/// What a value is: yes, no, or not set for "cannot be known".
using Maybe = std::optional<bool>;

Maybe both(Maybe a, Maybe b)
{
    if (a == false || b == false)
        return false;
    return a && b ? Maybe(true) : Maybe();
}

Maybe either(Maybe a, Maybe b)
{
    if (a == true || b == true)
        return true;
    return a && b ? Maybe(false) : Maybe();
}

const Node *knownNode(const Thing *thing, const NodeRef &ref)
{
    if (!thing)
        return nullptr;
    const auto found = std::ranges::find(thing->nodes, ref, &Node::ref);
    return found == thing->nodes.end() ? nullptr : &*found;
}

Maybe isNode(const NodePattern &pattern, const Thing *thing, const NodeRef &ref)
{
    const bool known = ref == NodeRef() || knownNode(thing, ref);
    const auto equal = [&](const std::optional<QString> &wanted, const QString &value,
                           bool mayBeLeftOut) -> Maybe {
        if (!wanted)
            return true;
        if (mayBeLeftOut && value.isEmpty() && !known)
            return {};
        return *wanted == value;
    };
    const Maybe itself = both(equal(pattern.nodeId, ref.nodeId, false),
                              both(equal(pattern.sourceId, ref.sourceId, true),
                                   equal(pattern.cacheType, ref.cacheType, true)));
    if (!pattern.andBelow || ref == NodeRef())
        return itself;
    const Node *node = knownNode(thing, ref);
    if (!node)
        return either(itself, Maybe());
    if (node->parent == NodeRef())
        return itself;
    return either(itself, isNode(pattern, thing, node->parent));
}

Maybe isName(const QStringList &patterns, const std::optional<QString> &name)
{
    if (patterns.isEmpty())
        return true;
    Maybe result = false;
    for (const QString &pattern : patterns) {
        if (name) {
            const QRegularExpression expression(QRegularExpression::wildcardToRegularExpression(
                pattern, QRegularExpression::NonPathWildcardConversion));
            result = either(result, expression.match(*name).hasMatch());
        } else {
            result = either(result,
                            pattern == "*"_L1            ? Maybe(true)
                                : pattern.contains(u'*') ? Maybe()
                                                         : Maybe(false));
        }
    }
    return result;
}

bool isAllowedWith(const Network &network, const AccessQuestion &question, const Choice &tokens,
                   const NodeRef &node, const std::optional<QString> &name, FieldType type)
{
    for (const AccessRule &rule : network.accessRules) {
        const Subject &subject = rule.subject;
        const bool certificate = subject.kind == Subject::Kind::Certificate
            && (tokens.service.certificate == subject.value || tokens.user.certificate == subject.value
                || tokens.device.certificate == subject.value);
        if (rule.action != question.action || (!certificate && !isSubject(network, subject, question.jid))
            || (!subject.withUser.isEmpty() && tokens.user.user != subject.withUser)
            || (!subject.withService.isEmpty() && tokens.service.service != subject.withService)
            || !isTarget(network, rule.target, question.device)
            || (question.action == Action::Read && !rule.types.testFlag(type))
            || (rule.from.isValid() && question.now < rule.from)
            || (rule.until.isValid() && question.now >= rule.until))
            continue;
        const Maybe matches = both(rule.target.node
                                       ? isNode(*rule.target.node, find(network, question.device), node)
                                       : Maybe(true),
                                   isName(rule.names, name));
        if (matches.value_or(rule.effect == Effect::Deny))
            return rule.effect == Effect::Allow;
    }
    return false;
}

QList<NodeRef> meant(const Thing *thing, const NodeRef &asked)
{
    QList<NodeRef> nodes;
    for (const Node &node : thing ? thing->nodes : QList<Node>()) {
        if (node.ref.nodeId == asked.nodeId
            && (asked.sourceId.isEmpty() || asked.sourceId == node.ref.sourceId)
            && (asked.cacheType.isEmpty() || asked.cacheType == node.ref.cacheType))
            nodes.append(node.ref);
    }
    return nodes.isEmpty() ? QList { asked } : nodes;
}

QStringList inventory(Action action, const Node &node)
{
    if (action == Action::Control)
        return node.parameters;
    QStringList names;
    for (const Field &field : node.fields)
        names.append(field.name);
    return names;
}

/// A place in all orders at once: more combinations first, then the earliest differing node, name, type.
struct Candidate
{
    qint64 size = 0;
    QList<bool> nodes, names, types;
    bool every = false;

    bool operator<(const Candidate &other) const
    {
        return std::tie(size, nodes, names, every, types)
            < std::tie(other.size, other.nodes, other.names, other.every, other.types);
    }
};

QList<bool> bits(unsigned set, qsizetype count)
{
    QList<bool> list;
    for (qsizetype i = 0; i < count; ++i)
        list.append((set >> i) & 1);
    return list;
}

} // namespace

FriendDecision decide(const Network &network, const FriendQuestion &question)
{
    FriendDecision decision;
    for (const QString &jid : { question.asker, question.jid }) {
        if (isContained(network, jid)) {
            decision.by = FriendDecision::By::Containment;
            decision.decidedBy = jid;
            return decision;
        }
    }
    for (const Friendship &pair : network.friendships) {
        if ((pair.a == question.asker && pair.b == question.jid)
            || (pair.b == question.asker && pair.a == question.jid)) {
            decision.by = FriendDecision::By::Pair;
            decision.decidedBy = pair.a + u' ' + pair.b;
            decision.accepted = pair.state == Friendship::State::Accepted;
            decision.secondaryTrustAllowed = decision.accepted && pair.secondaryTrustAllowed;
            return decision;
        }
    }
    for (const FriendshipRule &rule : network.friendshipRules) {
        const auto is = [&](const Subject &subject, const QString &jid) {
            return isSubject(network, subject, jid);
        };
        if ((is(rule.one, question.asker) && is(rule.other, question.jid))
            || (is(rule.one, question.jid) && is(rule.other, question.asker))) {
            decision.by = FriendDecision::By::Rule;
            decision.decidedBy = rule.id;
            decision.accepted = rule.effect == Effect::Allow;
            decision.secondaryTrustAllowed = decision.accepted && rule.secondaryTrustAllowed;
            return decision;
        }
    }
    decision.ask = network.policy && network.policy->unknownFriends == Policy::Unknown::Ask;
    return decision;
}

ServiceDecision decide(const Network &network, const ServiceQuestion &question)
{
    ServiceDecision decision;
    for (const QString &jid : QStringList { question.asker, question.service } + question.credentials.jids) {
        if (isContained(network, jid)) {
            decision.by = ServiceDecision::By::Containment;
            decision.contained = jid;
            return decision;
        }
    }
    const auto service = std::ranges::find(network.services, question.service, &Service::id);
    if (service == network.services.end()) {
        decision.by = ServiceDecision::By::UnknownService;
        return decision;
    }
    for (qsizetype i = 0; i < service->access.size(); ++i) {
        const ServiceRule &rule = service->access.at(i);
        bool met = true;
        for (const AccessCondition &condition : rule.conditions)
            met = met && isMet(condition, question.credentials);
        if (met) {
            decision.allowed = rule.effect == Effect::Allow;
            decision.by = ServiceDecision::By::Rule;
            decision.rule = i;
            return decision;
        }
    }
    return decision;
}

PrivilegeDecision decide(const Network &network, const PrivilegeQuestion &question)
{
    PrivilegeDecision decision;
    for (const QString &jid : { question.of.asker, question.of.service }) {
        if (isContained(network, jid)) {
            decision.by = PrivilegeDecision::By::Containment;
            decision.contained = jid;
            return decision;
        }
    }
    if (std::ranges::find(network.services, question.of.service, &Service::id) == network.services.end()) {
        decision.by = PrivilegeDecision::By::UnknownService;
        return decision;
    }
    const auto user = std::ranges::find(network.users, question.of.user, &User::name);
    const auto list = [&](PrivilegeList::Holder holder, const QString &name) {
        QList<PrivilegeList> lists = network.privilegeLists;
        lists.removeIf([&](const PrivilegeList &list) {
            return list.service != question.of.service || list.holder != holder || list.name != name;
        });
        return lists;
    };
    QList<PrivilegeList> lists;
    if (user != network.users.end()) {
        lists = list(PrivilegeList::Holder::User, user->name);
        for (const QString &role : user->roles)
            lists += list(PrivilegeList::Holder::Role, role);
    }
    const bool onlyNoted = user != network.users.end() && user->noted && user->roles.isEmpty()
        && lists.isEmpty();
    if (user == network.users.end() || onlyNoted)
        lists = list(PrivilegeList::Holder::Anonymous, {});
    for (const PrivilegeList &privileges : lists) {
        for (qsizetype i = 0; i < privileges.entries.size(); ++i) {
            const PrivilegeEntry &entry = privileges.entries.at(i);
            if ((question.privilege + u'.').startsWith(entry.privilege + u'.')) {
                decision.granted = entry.include;
                decision.by = PrivilegeDecision::By::Entry;
                decision.list = objectId(privileges);
                decision.entry = i;
                return decision;
            }
        }
    }
    return decision;
}

bool isAllowed(const Network &network, const AccessQuestion &question, const NodeRef &node,
               const std::optional<QString> &name, FieldType type)
{
    return std::ranges::any_of(choices(question.identities), [&](const Choice &tokens) {
        return isAllowedWith(network, question, tokens, node, name, type);
    });
}

AccessDecision decide(const Network &network, const AccessQuestion &question)
{
    for (const QString &jid : { question.device, question.jid }) {
        if (isContained(network, jid))
            return { .contained = jid };
    }
    const Thing *device = find(network, question.device);

    QList<NodeRef> nodes;
    for (const NodeRef &asked : question.nodes)
        nodes += meant(device, asked);
    for (const Node &node : question.nodes.isEmpty() && device ? device->nodes : QList<Node>())
        nodes.append(node.ref);
    if (nodes.isEmpty())
        nodes.append(NodeRef());
    QList<NodeRef> distinct;
    for (const NodeRef &node : nodes) {
        if (!distinct.contains(node))
            distinct.append(node);
    }
    nodes = distinct;

    QStringList names = question.names;
    QStringList stated;
    const bool all = names.isEmpty();
    bool inventoried = false;
    if (all) {
        for (const NodeRef &ref : nodes) {
            if (const Node *node = knownNode(device, ref))
                names += inventory(question.action, *node);
        }
        for (const Node &node : names.isEmpty() && device ? device->nodes : QList<Node>())
            names += inventory(question.action, node);
        inventoried = !names.isEmpty();
        for (const AccessRule &rule : network.accessRules) {
            // Rules that cannot concern the question state nothing about it.
            const bool concerns = rule.action == question.action
                && isTarget(network, rule.target, question.device)
                && (!rule.from.isValid() || question.now >= rule.from)
                && (!rule.until.isValid() || question.now < rule.until)
                && (isSubject(network, rule.subject, question.jid)
                    || (rule.subject.kind == Subject::Kind::Certificate
                        && std::ranges::any_of(choices(question.identities), [&](const Choice &choice) {
                               return rule.subject.value == choice.service.certificate
                                   || rule.subject.value == choice.user.certificate
                                   || rule.subject.value == choice.device.certificate;
                           })));
            for (const QString &name : concerns ? rule.names : QStringList()) {
                if (name.contains(u'*'))
                    continue;
                stated.append(name);
                if (!inventoried && rule.effect == Effect::Allow)
                    names.append(name);
            }
        }
    }
    names.removeDuplicates();

    QList<FieldType> types;
    for (const FieldTypeName &type : fieldTypeNames) {
        if (question.action == Action::Control ? types.isEmpty() : question.types.testFlag(type.type))
            types.append(type.type);
    }

    Candidate best;
    for (unsigned t = 1; t < 1u << types.size(); ++t) {
        const auto allowed = [&](const NodeRef &node, const std::optional<QString> &name) {
            for (qsizetype i = 0; i < types.size(); ++i) {
                if ((t >> i) & 1 && !isAllowed(network, question, node, name, types.at(i)))
                    return false;
            }
            return true;
        };
        QList<QList<bool>> table; // per node, per name
        QList<bool> every; // per node
        for (const NodeRef &node : nodes) {
            QList<bool> row;
            for (const QString &name : names)
                row.append(allowed(node, name));
            table.append(row);
            every.append(
                all && !row.contains(false) && allowed(node, {})
                && std::ranges::all_of(stated, [&](const QString &name) { return allowed(node, name); }));
        }
        for (unsigned n = 1; n < 1u << nodes.size(); ++n) {
            // Of names, only all that are allowed can be the most; every subset would say the same, slower.
            Candidate candidate { .nodes = bits(n, nodes.size()),
                                  .names = QList<bool>(names.size(), true),
                                  .types = bits(t, types.size()),
                                  .every = all };
            for (qsizetype i = 0; i < nodes.size(); ++i) {
                if (!candidate.nodes.at(i))
                    continue;
                for (qsizetype j = 0; j < names.size(); ++j)
                    candidate.names[j] &= table.at(i).at(j);
                candidate.every &= every.at(i);
            }
            candidate.size = qint64(std::popcount(n)) * std::popcount(t)
                * (candidate.names.count(true) + (candidate.every && !inventoried ? 1 : 0));
            if (candidate.size > 0 && best < candidate)
                best = candidate;
        }
    }

    AccessDecision decision;
    decision.allowed = best.size > 0;
    if (!decision.allowed)
        return decision;
    for (qsizetype i = 0; i < types.size(); ++i) {
        if (best.types.at(i) && question.action == Action::Read)
            decision.types |= types.at(i);
    }
    if (best.names.contains(false) || (all && !best.every)) {
        for (qsizetype i = 0; i < names.size(); ++i) {
            if (best.names.at(i))
                decision.names.append(names.at(i));
        }
    }
    if (best.nodes.contains(false)) {
        const auto granted = [&](const NodeRef &node) { return best.nodes.at(nodes.indexOf(node)); };
        for (const NodeRef &asked : question.nodes.isEmpty() ? nodes : question.nodes) {
            const QList<NodeRef> means = question.nodes.isEmpty() ? QList { asked } : meant(device, asked);
            const bool whole = std::ranges::all_of(means, granted);
            for (const NodeRef &node : whole ? QList { asked } : means) {
                if ((whole || granted(node)) && !decision.nodes.contains(node))
                    decision.nodes.append(node);
            }
        }
    }
    return decision;
}

} // namespace oracle
