// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/friendship.h"

#include <algorithm>

namespace castellan::rules {

namespace {

/// Two JIDs about to be told apart by friendship rules.
class Parties
{
public:
    Parties(const CompiledNetwork &network, const FriendQuestion &question)
        : m_network(network)
    {
        std::tie(m_one, m_other) = network.parties(question.asker, question.jid);
    }

    [[nodiscard]] FriendDecision decide(Explain explain) const
    {
        FriendDecision decision;
        for (const auto *compiled : m_network.friendshipRules(m_one, m_other)) {
            if (!compiled->matches(m_one, m_other))
                continue;
            const FriendshipRulePtr &rule = compiled->rule;
            decision.by = FriendDecision::By::Rule;
            if (explain == Explain::Yes)
                decision.decidedBy = rule->id;
            decision.accepted = rule->effect == Effect::Allow;
            decision.secondaryTrustAllowed = decision.accepted && rule->secondaryTrustAllowed;
            break;
        }
        return decision;
    }

    [[nodiscard]] QList<Consideration> consider(bool decidedBefore) const
    {
        QList<Consideration> considered;
        bool decided = decidedBefore;
        for (const auto *compiled : m_network.friendshipRulesNaming(m_one, m_other)) {
            auto outcome = Consideration::Outcome::OtherSubject;
            if (decided) {
                outcome = Consideration::Outcome::Unreached;
            } else if (compiled->matches(m_one, m_other)) {
                outcome = Consideration::Outcome::Decided;
                decided = true;
            }
            considered.append({ compiled->rule->id, outcome });
        }
        return considered;
    }

private:
    const CompiledNetwork &m_network;
    Party m_one;
    Party m_other;
};

} // namespace

FriendDecision decideByRules(const CompiledNetwork &network, const FriendQuestion &question)
{
    return Parties(network, question).decide(Explain::No);
}

FriendDecision decide(const CompiledNetwork &network, const FriendQuestion &question, Explain explain)
{
    FriendDecision decision;
    const bool askerContained = network.isContained(question.asker);
    if (askerContained || network.isContained(question.jid)) {
        decision.by = FriendDecision::By::Containment;
        if (explain == Explain::Yes)
            decision.decidedBy = askerContained ? question.asker : question.jid;
    } else if (const CompiledPair *pair = network.pair(question.asker, question.jid)) {
        decision.by = FriendDecision::By::Pair;
        if (explain == Explain::Yes)
            decision.decidedBy = friendshipId(question.asker, question.jid);
        decision.accepted = pair->accepted;
        decision.secondaryTrustAllowed = pair->accepted && pair->secondaryTrustAllowed;
    } else {
        decision = Parties(network, question).decide(explain);
        decision.ask = decision.by == FriendDecision::By::Default
            && network.policy().unknownFriends == Policy::Unknown::Ask;
    }
    if (explain == Explain::Yes) {
        decision.considered = Parties(network, question)
                                  .consider(decision.by == FriendDecision::By::Containment
                                            || decision.by == FriendDecision::By::Pair);
    }
    return decision;
}

} // namespace castellan::rules
