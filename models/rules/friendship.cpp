// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/friendship.h"

#include "rules/matching.h"

#include <algorithm>

namespace castellan::rules {

namespace {

struct Party
{
    const QString &jid;
    QStringList roles;

    [[nodiscard]] bool is(const Subject &subject) const { return matchesJid(subject, jid, roles); }
};

bool matches(const FriendshipRule &rule, const Party &a, const Party &b)
{
    return (a.is(rule.one) && b.is(rule.other)) || (b.is(rule.one) && a.is(rule.other));
}

/// Every rule with a subject that is one of the two.
QList<Consideration> consider(const CompiledNetwork &network, const Party &a, const Party &b,
                              bool decidedBefore)
{
    QList<Consideration> considered;
    bool decided = decidedBefore;
    for (const FriendshipRulePtr &rule : network.allFriendshipRules()) {
        if (!a.is(rule->one) && !a.is(rule->other) && !b.is(rule->one) && !b.is(rule->other))
            continue;
        auto outcome = Consideration::Outcome::OtherSubject;
        if (decided) {
            outcome = Consideration::Outcome::Unreached;
        } else if (matches(*rule, a, b)) {
            outcome = Consideration::Outcome::Decided;
            decided = true;
        }
        considered.append({ rule->id, outcome });
    }
    return considered;
}

} // namespace

FriendDecision decideByRules(const CompiledNetwork &network, const QString &one, const QString &other)
{
    const Party a { one, network.rolesOf(one) };
    const Party b { other, network.rolesOf(other) };
    const QList<FriendshipRulePtr> rules = network.friendshipRules(subjectKeys(a.jid, a.roles)
                                                                   + subjectKeys(b.jid, b.roles));
    const auto first = std::ranges::find_if(rules, [&](const FriendshipRulePtr &rule) {
        return matches(*rule, a, b);
    });
    FriendDecision decision;
    if (first != rules.end()) {
        decision.by = FriendDecision::By::Rule;
        decision.decidedBy = (*first)->id;
        decision.accepted = (*first)->effect == Effect::Allow;
        decision.secondaryTrustAllowed = decision.accepted && (*first)->secondaryTrustAllowed;
    }
    return decision;
}

FriendDecision decide(const CompiledNetwork &network, const FriendQuestion &question, Explain explain)
{
    FriendDecision decision;
    const Friendship *pair = network.friendship(question.asker, question.jid);
    const bool askerContained = network.isContained(question.asker);
    if (askerContained || network.isContained(question.jid)) {
        decision.by = FriendDecision::By::Containment;
        decision.decidedBy = askerContained ? question.asker : question.jid;
    } else if (pair) {
        decision.by = FriendDecision::By::Pair;
        decision.decidedBy = friendshipId(pair->a, pair->b);
        decision.accepted = pair->state == Friendship::State::Accepted;
        decision.secondaryTrustAllowed = decision.accepted && pair->secondaryTrustAllowed;
    } else {
        decision = decideByRules(network, question.asker, question.jid);
        decision.ask = decision.by == FriendDecision::By::Default
            && network.policy().unknownFriends == Policy::Unknown::Ask;
    }
    if (explain == Explain::Yes) {
        const Party a { question.asker, network.rolesOf(question.asker) };
        const Party b { question.jid, network.rolesOf(question.jid) };
        const bool before = decision.by == FriendDecision::By::Containment
            || decision.by == FriendDecision::By::Pair;
        decision.considered = consider(network, a, b, before);
    }
    return decision;
}

} // namespace castellan::rules
