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

using Candidates = CompiledNetwork::Candidates;

bool hasBegun(const CompiledRule &rule, const QDateTime &now)
{
    return !rule.rest || !rule.rest->from.isValid() || rule.rest->from <= now;
}

bool hasEnded(const CompiledRule &rule, const QDateTime &now)
{
    return rule.rest && rule.rest->until.isValid() && rule.rest->until <= now;
}

bool hasNodePattern(const CompiledRule *rule)
{
    return rule->rest && rule->rest->node;
}

bool hasTokens(const TokenChoice &tokens, const CompiledRule &rule)
{
    return !rule.rest || hasTokens(tokens, rule.rest->withUser, rule.rest->withService);
}

Match matchNode(const CompiledRule &rule, const AskedNode &node, const CompiledThing *device)
{
    return hasNodePattern(&rule) ? matchNode(rule.rest->node, node, device) : Match::Yes;
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
QList<TokenChoice> tokenChoices(const Identities &identities, const Candidates &rules,
                                const CompiledNetwork &network)
{
    if (identities.service.size() <= 1 && identities.user.size() <= 1 && identities.device.size() <= 1)
        return { { identities.service.value(0), identities.user.value(0), identities.device.value(0) } };

    QSet<QString> certificates;
    QSet<QString> users;
    QSet<QString> services;
    for (const CompiledRule *rule : rules) {
        if (rule->kindOfSubject() == Subject::Kind::Certificate)
            certificates.insert(network.name(rule->subject));
        if (rule->rest) {
            users.insert(rule->rest->withUser);
            services.insert(rule->rest->withService);
        }
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
                      const CompiledThing *device, const Candidates &rules, const CompiledNetwork &network)
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
    for (const CompiledRule *rule : rules) {
        for (const QString &name : network.namesOf(*rule)) {
            if (!isWildcard(name)) {
                const bool states = rule->ruleEffect() == Effect::Allow && !hasInventory;
                (states ? names.listed : names.unlisted).append(name);
            }
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
          m_types(question.action == Action::Read ? question.types : FieldType::Momentary)
    {
        std::tie(m_deviceParty, m_jidParty) = network.parties(question.device, question.jid);
        for (const auto list : { &Identities::service, &Identities::user, &Identities::device }) {
            for (const Identity &identity : question.identities.*list) {
                const quint32 certificate = identity.certificate.isEmpty()
                    ? 0
                    : network.nameNumber(identity.certificate);
                if (certificate && !m_certificates.contains(certificate))
                    m_certificates.append(certificate);
            }
        }
        m_rules = network.accessRules(question.action, m_deviceParty, m_jidParty, m_certificates);
        m_rules.removeIf([&](const CompiledRule *rule) {
            return !hasBegun(*rule, question.now) || hasEnded(*rule, question.now);
        });
        m_choices = tokenChoices(question.identities, m_rules, network);
    }

    /// The answer where it can be seen at once: no node differs from another, and every name that is allowed
    /// at all is allowed for the same types. Then what is allowed is a product, and the largest one.
    std::optional<AccessDecision> decideAtOnce() const
    {
        AccessDecision decision;
        if (m_rules.isEmpty())
            return decision;
        if (m_choices.size() > 1)
            return {};
        Candidates rules = m_rules;
        rules.removeIf([this](const CompiledRule *rule) { return !isFor(*rule, m_choices.first()); });
        if (std::ranges::any_of(rules, hasNodePattern))
            return {};
        if (m_question.names.isEmpty()) {
            if (std::ranges::any_of(rules, [this](const CompiledRule *rule) {
                    return !m_network.namesOf(*rule).empty();
                }))
                return {};
            decision.types = allowedTypes(rules, {});
        }
        bool some = false; // names are not allowed
        for (const QString &name : m_question.names) {
            const FieldTypes types = allowedTypes(rules, name);
            if (types && decision.types && types != decision.types)
                return {};
            decision.types |= types;
            some |= !types;
        }
        if (decision.types && some) {
            for (const QString &name : m_question.names) {
                if (allowedTypes(rules, name) && !decision.names.contains(name))
                    decision.names.append(name);
            }
        }
        decision.allowed = bool(decision.types);
        if (m_question.action == Action::Control)
            decision.types = {};
        return decision;
    }

    /// The answer in any case. \a contained: who is.
    AccessDecision decide(const QString &contained, Explain explain)
    {
        m_device = m_network.thing(m_question.device);
        m_nodes = askedNodes(m_question.nodes, m_device);
        m_names = askedNames(m_question, m_nodes, m_device, m_rules, m_network);
        computeRights();
        const Product product = contained.isEmpty() ? largestProduct(m_rights) : Product();
        AccessDecision decision;
        decision.contained = contained;
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
    void computeRights()
    {
        QList<Candidates> perChoice; // the rules whose subject has the tokens it needs
        for (const TokenChoice &choice : std::as_const(m_choices)) {
            Candidates rules = m_rules;
            rules.removeIf([&](const CompiledRule *rule) { return !isFor(*rule, choice); });
            perChoice.append(rules);
        }
        Candidates withPattern = m_rules;
        withPattern.removeIf([](const CompiledRule *rule) { return !hasNodePattern(rule); });

        // Nodes that the same rules apply to have equal rights, and often there are many of them.
        std::map<std::vector<bool>, qsizetype> groupByApplying;
        std::map<std::vector<FieldTypes::Int>, qsizetype> groupByRights;
        m_rights.everyNameWeight = m_names.everyWeight;
        for (const AskedNode &node : std::as_const(m_nodes)) {
            std::vector<bool> applying;
            for (const CompiledRule *rule : withPattern)
                applying.push_back(applies(matchNode(*rule, node, m_device), rule->ruleEffect()));
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
        for (const qsizetype group : std::as_const(m_groups))
            ++m_rights.groups[group].nodes;
    }

    RightsGroup rightsOf(const AskedNode &node, QList<Candidates> perChoice) const
    {
        for (Candidates &rules : perChoice) {
            rules.removeIf([&](const CompiledRule *rule) {
                return !applies(matchNode(*rule, node, m_device), rule->ruleEffect());
            });
        }
        const auto allowed = [&](const AskedName &name) {
            FieldTypes types;
            for (const Candidates &rules : std::as_const(perChoice))
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
    FieldTypes allowedTypes(const Candidates &rules, const AskedName &name) const
    {
        FieldTypes allowed;
        FieldTypes undecided = m_types;
        for (const CompiledRule *rule : rules) {
            if (!applies(matchName(m_network.namesOf(*rule), name), rule->ruleEffect()))
                continue;
            if (rule->ruleEffect() == Effect::Allow)
                allowed |= undecided & rule->fieldTypes();
            undecided &= ~rule->fieldTypes();
            if (!undecided)
                break;
        }
        return allowed;
    }

    bool isSubject(const CompiledRule &rule, const TokenChoice &tokens) const
    {
        if (rule.kindOfSubject() == Subject::Kind::Certificate)
            return hasCertificate(tokens, m_network.name(rule.subject));
        return m_jidParty.is(rule.kindOfSubject(), rule.subject);
    }

    bool isFor(const CompiledRule &rule, const TokenChoice &tokens) const
    {
        return isSubject(rule, tokens) && hasTokens(tokens, rule);
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
        const QList<const CompiledRule *> rules = m_network.accessRulesAbout(m_question.action,
                                                                             m_deviceParty);

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

    QStringList rulesElsewhere() const
    {
        QStringList ids;
        for (const CompiledRule *rule :
             m_network.accessRulesNaming(m_question.action, m_jidParty, m_certificates)) {
            if (!m_deviceParty.isTarget(rule->kindOfTarget(), rule->target))
                ids.append(m_network.idOf(*rule));
        }
        return ids;
    }

    /// With the first choice of tokens that allows it, or just the first.
    Combination explained(const QList<const CompiledRule *> &rules, const AskedNode &node,
                          const AskedName &name, FieldType type) const
    {
        Combination first;
        for (qsizetype i = 0; i < m_choices.size(); ++i) {
            Combination combination;
            combination.node = node.ref;
            combination.name = name.value_or(QString());
            combination.type = type;
            for (const CompiledRule *rule : rules) {
                Outcome outcome = Outcome::Unreached;
                if (combination.decidedBy.isEmpty())
                    outcome = outcomeOf(*rule, m_choices.at(i), node, name, type);
                const QString id = m_network.idOf(*rule);
                if (outcome == Outcome::Decided) {
                    combination.decidedBy = id;
                    combination.allowed = rule->ruleEffect() == Effect::Allow;
                }
                combination.considered.append({ id, outcome });
            }
            if (combination.allowed)
                return combination;
            if (i == 0)
                first = combination;
        }
        return first;
    }

    Outcome outcomeOf(const CompiledRule &rule, const TokenChoice &tokens, const AskedNode &node,
                      const AskedName &name, FieldType type) const
    {
        if (!isSubject(rule, tokens))
            return Outcome::OtherSubject;
        if (!hasTokens(tokens, rule))
            return Outcome::MissingToken;
        if (!applies(matchNode(rule, node, m_device), rule.ruleEffect()))
            return Outcome::OtherNode;
        if (!applies(matchName(m_network.namesOf(rule), name), rule.ruleEffect()))
            return Outcome::OtherName;
        if (!rule.fieldTypes().testFlag(type))
            return Outcome::OtherType;
        if (!hasBegun(rule, m_question.now))
            return Outcome::NotYetValid;
        if (hasEnded(rule, m_question.now))
            return Outcome::Expired;
        return Outcome::Decided;
    }

    const CompiledNetwork &m_network;
    const AccessQuestion &m_question;
    Party m_deviceParty;
    Party m_jidParty;
    FieldTypes m_types; ///< control has one, so that both actions are computed alike
    QVarLengthArray<quint32, 4> m_certificates; ///< of the tokens, as far as rules name them
    Candidates m_rules; ///< in force, and about device and asker
    QList<TokenChoice> m_choices;

    const CompiledThing *m_device = nullptr;
    QList<AskedNode> m_nodes;
    AskedNames m_names;
    Rights m_rights;
    QList<qsizetype> m_groups; ///< per node: its index in m_rights.groups
};

} // namespace

AccessDecision decide(const CompiledNetwork &network, const AccessQuestion &question, Explain explain)
{
    QString contained;
    if (network.isContained(question.device))
        contained = question.device;
    else if (network.isContained(question.jid))
        contained = question.jid;
    if (!contained.isEmpty() && explain == Explain::No)
        return { .contained = contained };
    Decider decider(network, question);
    if (explain == Explain::Yes)
        return decider.decide(contained, explain);
    if (std::optional<AccessDecision> decision = decider.decideAtOnce())
        return *std::move(decision);
    return decider.decide({}, explain);
}

} // namespace castellan::rules
