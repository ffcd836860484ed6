// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/access.h"

#include "rules/matching.h"
#include "rules/product.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace castellan::rules {

namespace {

using Outcome = Consideration::Outcome;

bool hasBegun(const AccessRule &rule, const QDateTime &now)
{
    return !rule.from.isValid() || rule.from <= now;
}

bool hasEnded(const AccessRule &rule, const QDateTime &now)
{
    return rule.until.isValid() && rule.until <= now;
}

// ---- tokens

QList<Identity> orNone(QList<Identity> identities)
{
    if (identities.isEmpty())
        identities.append(Identity());
    return identities;
}

/// Every choice of one token per attribute (statement 13) that makes a difference to \a rules: tokens that
/// no rule tells apart count once, so that many tokens do not make many choices.
QList<TokenChoice> tokenChoices(const Identities &identities, const QList<AccessRulePtr> &rules)
{
    QSet<QString> certificates;
    QSet<QString> users;
    QSet<QString> services;
    for (const AccessRulePtr &rule : rules) {
        if (rule->subject.kind == Subject::Kind::Certificate)
            certificates.insert(rule->subject.value);
        users.insert(rule->subject.withUser);
        services.insert(rule->subject.withService);
    }
    const auto distinct = [&](const QList<Identity> &list, const QSet<QString> &knownUsers,
                              const QSet<QString> &knownServices) {
        QList<Identity> result;
        for (const Identity &identity : orNone(list)) {
            const Identity told {
                .certificate = certificates.contains(identity.certificate) ? identity.certificate : QString(),
                .user = knownUsers.contains(identity.user) ? identity.user : QString(),
                .service = knownServices.contains(identity.service) ? identity.service : QString(),
            };
            if (!result.contains(told))
                result.append(told);
        }
        return result;
    };
    const QList<Identity> deviceTokens = distinct(identities.device, {}, {});
    const QList<Identity> userTokens = distinct(identities.user, users, {});
    QList<TokenChoice> choices;
    for (const Identity &service : distinct(identities.service, {}, services)) {
        for (const Identity &user : userTokens) {
            for (const Identity &device : deviceTokens)
                choices.append({ service, user, device });
        }
    }
    return choices;
}

// ---- nodes

/// The known nodes that a node of a request stands for (statement 2), or what the request says of it.
QList<AskedNode> expanded(const NodeRef &ref, const CompiledThing *device)
{
    QList<AskedNode> nodes;
    if (device) {
        for (const int index : device->nodesById.values(ref.nodeId)) {
            const NodeRef &known = device->thing.nodes.at(index).ref;
            if ((ref.sourceId.isEmpty() || ref.sourceId == known.sourceId)
                && (ref.cacheType.isEmpty() || ref.cacheType == known.cacheType))
                nodes.append({ known, index });
        }
        std::ranges::sort(nodes, {}, &AskedNode::known);
    }
    if (nodes.isEmpty())
        nodes.append({ ref });
    return nodes;
}

QList<AskedNode> askedNodes(const QList<NodeRef> &refs, const CompiledThing *device)
{
    QList<AskedNode> nodes;
    if (refs.isEmpty() && device) {
        for (qsizetype i = 0; i < device->thing.nodes.size(); ++i)
            nodes.append({ device->thing.nodes.at(i).ref, int(i) });
    }
    if (refs.isEmpty() && nodes.isEmpty())
        nodes.append({ NodeRef() });
    std::set<NodeRef> seen;
    for (const NodeRef &ref : refs) {
        for (const AskedNode &node : expanded(ref, device)) {
            if (seen.insert(node.ref).second)
                nodes.append(node);
        }
    }
    return nodes;
}

// ---- names

struct AskedNames
{
    QStringList listed; ///< what an answer can list
    /// The request says "all": an answer can, too, if it allows these and those that nobody listed.
    bool every = false;
    QStringList unlisted;
    int everyWeight = 0;
};

QStringList inventory(Action action, const Node &node)
{
    if (action == Action::Control)
        return node.parameters;
    QStringList names;
    for (const Field &field : node.fields)
        names.append(field.name);
    return names;
}

QStringList inventory(Action action, const QList<AskedNode> &nodes, const CompiledThing *device)
{
    QStringList names;
    if (!device)
        return names;
    for (const AskedNode &node : nodes) {
        if (node.known >= 0)
            names += inventory(action, device->thing.nodes.at(node.known));
    }
    if (names.isEmpty()) { // next best: nodes of one device are often alike
        for (const Node &node : device->thing.nodes)
            names += inventory(action, node);
    }
    names.removeDuplicates();
    return names;
}

/// Statement 12.
AskedNames askedNames(const AccessQuestion &question, const QList<AskedNode> &nodes,
                      const CompiledThing *device, const QList<AccessRulePtr> &rules)
{
    AskedNames names;
    names.listed = question.names;
    names.listed.removeDuplicates();
    if (!names.listed.isEmpty())
        return names;

    names.every = true;
    names.listed = inventory(question.action, nodes, device);
    const bool hasInventory = !names.listed.isEmpty();
    names.everyWeight = hasInventory ? 0 : 1;
    for (const AccessRulePtr &rule : rules) {
        for (const QString &name : rule->names) {
            if (!isWildcard(name))
                (rule->effect == Effect::Allow && !hasInventory ? names.listed : names.unlisted).append(name);
        }
    }
    names.listed.removeDuplicates();
    names.unlisted.removeDuplicates();
    return names;
}

// ---- the rules

/// Decides one question. The members are what the question comes down to.
class Decider
{
public:
    Decider(const CompiledNetwork &network, const AccessQuestion &question)
        : m_network(network),
          m_question(question),
          m_device(network.thing(question.device)),
          m_deviceRoles(network.rolesOf(question.device)),
          m_jidRoles(network.rolesOf(question.jid)),
          m_types(question.action == Action::Read ? question.types : FieldType::Momentary)
    {
        QList<SubjectKey> subjects = subjectKeys(question.jid, m_jidRoles);
        for (const auto list : { &Identities::service, &Identities::user, &Identities::device }) {
            for (const Identity &identity : question.identities.*list) {
                const SubjectKey key { Subject::Kind::Certificate, identity.certificate };
                if (!identity.certificate.isEmpty() && !subjects.contains(key))
                    subjects.append(key);
            }
        }
        m_rules = network.accessRules(question.action, targetKeys(question.device, m_deviceRoles), subjects);
        m_rules.removeIf([&](const AccessRulePtr &rule) {
            return !hasBegun(*rule, question.now) || hasEnded(*rule, question.now);
        });
        m_choices = tokenChoices(question.identities, m_rules);
        m_nodes = askedNodes(question.nodes, m_device);
        m_names = askedNames(question, m_nodes, m_device, m_rules);
    }

    AccessDecision decide(Explain explain)
    {
        AccessDecision decision;
        if (m_network.isContained(m_question.device))
            decision.contained = m_question.device;
        else if (m_network.isContained(m_question.jid))
            decision.contained = m_question.jid;
        computeRights();
        const Product product = decision.contained.isEmpty() ? largestProduct(m_rights) : Product();
        decision.allowed = bool(product.types);
        if (decision.allowed) {
            if (m_question.action == Action::Read)
                decision.types = product.types;
            decision.nodes = listedNodes(product);
            if (product.names.count(false) > 0 || (m_names.every && !product.everyName))
                decision.names = listedNames(product);
        }
        if (explain == Explain::Yes) {
            decision.combinations = combinations(product);
            decision.elsewhere = rulesElsewhere();
        }
        return decision;
    }

private:
    using Rules = std::vector<const AccessRule *>;

    void computeRights()
    {
        std::vector<Rules> perChoice; // the rules whose subject has the tokens it needs
        for (const TokenChoice &choice : m_choices) {
            Rules &rules = perChoice.emplace_back();
            for (const AccessRulePtr &rule : m_rules) {
                if (isSubject(*rule, choice) && hasTokens(choice, rule->subject))
                    rules.push_back(rule.get());
            }
        }
        Rules withPattern;
        for (const AccessRulePtr &rule : m_rules) {
            if (rule->target.node)
                withPattern.push_back(rule.get());
        }

        // Nodes that the same rules apply to have equal rights, and often there are many of them.
        std::map<std::vector<bool>, qsizetype> groupByApplying;
        std::map<std::vector<FieldTypes::Int>, qsizetype> groupByRights;
        m_rights.everyNameWeight = m_names.everyWeight;
        for (const AskedNode &node : m_nodes) {
            std::vector<bool> applying;
            for (const AccessRule *rule : withPattern)
                applying.push_back(applies(matchNode(rule->target.node, node, m_device), rule->effect));
            const auto [known, isNew] = groupByApplying.emplace(applying, 0);
            if (isNew) {
                const RightsGroup group = rightsOf(node, perChoice);
                std::vector<FieldTypes::Int> rights { group.everyName.toInt() };
                for (const FieldTypes types : group.names)
                    rights.push_back(types.toInt());
                const auto [same, isFirst] = groupByRights.emplace(rights, m_rights.groups.size());
                if (isFirst)
                    m_rights.groups.append(group);
                known->second = same->second;
            }
            m_groups.append(known->second);
        }
        for (RightsGroup &group : m_rights.groups)
            group.nodes = 0;
        for (const qsizetype group : m_groups)
            ++m_rights.groups[group].nodes;
    }

    RightsGroup rightsOf(const AskedNode &node, const std::vector<Rules> &perChoice) const
    {
        std::vector<Rules> applying;
        for (const Rules &rules : perChoice) {
            Rules &left = applying.emplace_back();
            std::ranges::copy_if(rules, std::back_inserter(left), [&](const AccessRule *rule) {
                return applies(matchNode(rule->target.node, node, m_device), rule->effect);
            });
        }
        const auto allowed = [&](const AskedName &name) {
            FieldTypes types;
            for (const Rules &rules : applying)
                types |= allowedTypes(rules, name);
            return types;
        };
        RightsGroup group;
        for (const QString &name : m_names.listed)
            group.names.append(allowed(name));
        if (m_names.every) {
            group.everyName = allowed({});
            for (const FieldTypes types : std::as_const(group.names))
                group.everyName &= types;
            for (const QString &name : m_names.unlisted)
                group.everyName &= allowed(name);
        }
        return group;
    }

    /// First match, for all types at once (statement 10).
    FieldTypes allowedTypes(const Rules &rules, const AskedName &name) const
    {
        FieldTypes allowed;
        FieldTypes undecided = m_types;
        for (const AccessRule *rule : rules) {
            if (!applies(matchName(rule->names, name), rule->effect))
                continue;
            if (rule->effect == Effect::Allow)
                allowed |= undecided & rule->types;
            undecided &= ~rule->types;
            if (!undecided)
                break;
        }
        return allowed;
    }

    bool isSubject(const AccessRule &rule, const TokenChoice &tokens) const
    {
        if (rule.subject.kind == Subject::Kind::Certificate)
            return hasCertificate(tokens, rule.subject.value);
        return matchesJid(rule.subject, m_question.jid, m_jidRoles);
    }

    /// Nothing when every node is granted; else as the request wrote them, where all of what that means is
    /// granted.
    QList<NodeRef> listedNodes(const Product &product) const
    {
        if (product.groups.count(false) == 0)
            return {};
        std::map<NodeRef, bool> granted;
        for (qsizetype i = 0; i < m_nodes.size(); ++i)
            granted.emplace(m_nodes.at(i).ref, product.groups.testBit(m_groups.at(i)));
        QList<NodeRef> list;
        std::set<NodeRef> seen;
        const auto append = [&](const NodeRef &ref) {
            if (seen.insert(ref).second)
                list.append(ref);
        };
        const auto isGranted = [&](const AskedNode &node) { return granted.at(node.ref); };
        if (m_question.nodes.isEmpty()) {
            for (const AskedNode &node : m_nodes) {
                if (isGranted(node))
                    append(node.ref);
            }
        }
        for (const NodeRef &ref : m_question.nodes) {
            const QList<AskedNode> nodes = expanded(ref, m_device);
            if (std::ranges::all_of(nodes, isGranted)) {
                append(ref);
                continue;
            }
            for (const AskedNode &node : nodes) {
                if (isGranted(node))
                    append(node.ref);
            }
        }
        return list;
    }

    QStringList listedNames(const Product &product) const
    {
        QStringList names;
        for (qsizetype i = 0; i < m_names.listed.size(); ++i) {
            if (product.names.testBit(i))
                names.append(m_names.listed.at(i));
        }
        return names;
    }

    // ---- explanation

    QList<Combination> combinations(const Product &product) const
    {
        QList<AskedName> names;
        for (const QString &name : m_names.listed + m_names.unlisted)
            names.append(name);
        if (m_names.every)
            names.append(AskedName());
        const QList<AccessRulePtr> rules = rulesToExplain();

        QList<Combination> list;
        for (qsizetype n = 0; n < m_nodes.size(); ++n) {
            const bool nodeGranted = product.types && product.groups.testBit(m_groups.at(n));
            for (qsizetype i = 0; i < names.size(); ++i) {
                const bool nameGranted = product.everyName
                    || (i < m_names.listed.size() && product.types && product.names.testBit(i));
                for (const FieldTypeName &type : fieldTypeNames) {
                    if (!m_types.testFlag(type.type))
                        continue;
                    Combination combination = explained(rules, m_nodes.at(n), names.at(i), type.type);
                    combination.granted = nodeGranted && nameGranted && product.types.testFlag(type.type);
                    list.append(combination);
                }
            }
        }
        return list;
    }

    /// The rules about the device.
    QList<AccessRulePtr> rulesToExplain() const
    {
        QList<AccessRulePtr> rules = m_network.allAccessRules();
        rules.removeIf([this](const AccessRulePtr &rule) {
            return rule->action != m_question.action
                || !matchesDevice(rule->target, m_question.device, m_deviceRoles);
        });
        return rules;
    }

    /// The rules that name the asker but are about other devices.
    QStringList rulesElsewhere() const
    {
        QStringList ids;
        for (const AccessRulePtr &rule : m_network.allAccessRules()) {
            if (rule->action == m_question.action && rule->subject.kind != Subject::Kind::Everyone
                && matchesJid(rule->subject, m_question.jid, m_jidRoles)
                && !matchesDevice(rule->target, m_question.device, m_deviceRoles))
                ids.append(rule->id);
        }
        return ids;
    }

    /// With the first choice of tokens that allows it, or just the first.
    Combination explained(const QList<AccessRulePtr> &rules, const AskedNode &node, const AskedName &name,
                          FieldType type) const
    {
        Combination first;
        for (qsizetype i = 0; i < m_choices.size(); ++i) {
            Combination combination;
            combination.node = node.ref;
            combination.name = name.value_or(QString());
            combination.type = type;
            for (const AccessRulePtr &rule : rules) {
                Outcome outcome = Outcome::Unreached;
                if (combination.decidedBy.isEmpty())
                    outcome = outcomeOf(*rule, m_choices.at(i), node, name, type);
                if (outcome == Outcome::Decided) {
                    combination.decidedBy = rule->id;
                    combination.allowed = rule->effect == Effect::Allow;
                }
                combination.considered.append({ rule->id, outcome });
            }
            if (combination.allowed)
                return combination;
            if (i == 0)
                first = combination;
        }
        return first;
    }

    Outcome outcomeOf(const AccessRule &rule, const TokenChoice &tokens, const AskedNode &node,
                      const AskedName &name, FieldType type) const
    {
        if (!isSubject(rule, tokens))
            return Outcome::OtherSubject;
        if (!hasTokens(tokens, rule.subject))
            return Outcome::MissingToken;
        if (!applies(matchNode(rule.target.node, node, m_device), rule.effect))
            return Outcome::OtherNode;
        if (!applies(matchName(rule.names, name), rule.effect))
            return Outcome::OtherName;
        if (!rule.types.testFlag(type))
            return Outcome::OtherType;
        if (!hasBegun(rule, m_question.now))
            return Outcome::NotYetValid;
        if (hasEnded(rule, m_question.now))
            return Outcome::Expired;
        return Outcome::Decided;
    }

    const CompiledNetwork &m_network;
    const AccessQuestion &m_question;
    const CompiledThing *m_device;
    QStringList m_deviceRoles;
    QStringList m_jidRoles;
    FieldTypes m_types; ///< control has one, so that both actions are computed alike
    QList<AccessRulePtr> m_rules; ///< in force, and about device and asker
    QList<TokenChoice> m_choices;
    QList<AskedNode> m_nodes;
    AskedNames m_names;
    Rights m_rights;
    QList<qsizetype> m_groups; ///< per node: its index in m_rights.groups
};

} // namespace

AccessDecision decide(const CompiledNetwork &network, const AccessQuestion &question, Explain explain)
{
    return Decider(network, question).decide(explain);
}

} // namespace castellan::rules
