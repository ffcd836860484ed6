// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/explanation.h"

#include "server/answers.h"
#include "server/servicedesk.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

using Outcome = admin::Consideration::Outcome;
using By = admin::Verdict::By;

Outcome outcomeOf(rules::Consideration::Outcome outcome)
{
    switch (outcome) {
    case rules::Consideration::Outcome::Decided:
        return Outcome::Decided;
    case rules::Consideration::Outcome::OtherSubject:
        return Outcome::OtherSubject;
    case rules::Consideration::Outcome::MissingToken:
        return Outcome::MissingToken;
    case rules::Consideration::Outcome::OtherNode:
        return Outcome::OtherNode;
    case rules::Consideration::Outcome::OtherName:
        return Outcome::OtherName;
    case rules::Consideration::Outcome::OtherType:
        return Outcome::OtherType;
    case rules::Consideration::Outcome::NotYetValid:
        return Outcome::NotYetValid;
    case rules::Consideration::Outcome::Expired:
        return Outcome::Expired;
    case rules::Consideration::Outcome::Unreached:
        return Outcome::Unreached;
    }
    Q_UNREACHABLE_RETURN(Outcome::Unreached);
}

QList<admin::Consideration> considered(const QList<rules::Consideration> &considerations)
{
    QList<admin::Consideration> list;
    for (const rules::Consideration &one : considerations)
        list.append({ .id = one.ruleId, .place = {}, .outcome = outcomeOf(one.outcome) });
    return list;
}

/// Answers one `explain`.
class Explainer
{
public:
    Explainer(const rules::Snapshot &network, const admin::Explain &request, const QDateTime &now, int rows,
              qint64 combinations)
        : m_network(network),
          m_request(request),
          m_now(now),
          m_rows(rows),
          m_combinations(combinations)
    { }

    Result<admin::Explained> operator()(const wire::IsFriend &question)
    {
        const auto decision = m_network.decide(rules::FriendQuestion { m_request.asker, question.jid.bare() },
                                               rules::Explain::Yes);
        admin::Verdict verdict { .allowed = decision.accepted,
                                 .granted = decision.accepted,
                                 .decidedBy = decision.decidedBy,
                                 .considered = considered(decision.considered) };
        switch (decision.by) {
        case rules::FriendDecision::By::Containment:
            verdict.by = By::Containment;
            break;
        case rules::FriendDecision::By::Pair:
            verdict.by = By::Pair;
            break;
        case rules::FriendDecision::By::Rule:
            verdict.by = By::Rule;
            break;
        case rules::FriendDecision::By::Default:
            verdict.by = By::Default;
            break;
        }
        return explained(answerTo(question, decision), { verdict });
    }

    Result<admin::Explained> operator()(const wire::CanRead &question)
    {
        const auto access = accessQuestion(m_request.asker, question, identities(), m_now);
        return explainAccess(access, [&](const rules::AccessDecision &decision) {
            return answerTo(question, access.types, decision);
        });
    }

    Result<admin::Explained> operator()(const wire::CanControl &question)
    {
        const auto access = accessQuestion(m_request.asker, question, identities(), m_now);
        return explainAccess(access, [&](const rules::AccessDecision &decision) {
            return answerTo(question, decision);
        });
    }

    Result<admin::Explained> operator()(const wire::CanAccess &question)
    {
        const Credentials credentials = countingAt(question.credentials, m_network, m_now);
        QStringList known = services();
        if (known.isEmpty())
            known.append(QString());
        QList<admin::Verdict> verdicts;
        bool granted = false;
        for (const QString &service : std::as_const(known)) {
            const auto decision = m_network.decide(
                rules::ServiceQuestion { m_request.asker, service, credentials }, rules::Explain::Yes);
            admin::Verdict verdict { .allowed = decision.allowed, .granted = decision.allowed };
            switch (decision.by) {
            case rules::ServiceDecision::By::Containment:
                verdict.by = By::Containment;
                verdict.decidedBy = decision.contained;
                break;
            case rules::ServiceDecision::By::UnknownService:
                verdict.by = By::UnknownService;
                break;
            case rules::ServiceDecision::By::Rule:
                verdict.by = By::Rule;
                verdict.decidedBy = service;
                verdict.place = int(decision.rule);
                break;
            case rules::ServiceDecision::By::Default:
                verdict.by = By::Default;
                break;
            }
            for (const rules::ServiceConsideration &one : decision.considered) {
                Outcome outcome = Outcome::ConditionFailed;
                if (one.outcome == rules::ServiceConsideration::Outcome::Decided)
                    outcome = Outcome::Decided;
                else if (one.outcome == rules::ServiceConsideration::Outcome::Unreached)
                    outcome = Outcome::Unreached;
                verdict.considered.append({ .id = service,
                                            .place = int(one.rule),
                                            .outcome = outcome,
                                            .conditions = one.conditions });
            }
            verdicts.append(verdict);
            granted = decision.allowed;
            if (granted)
                break; // as it is asked for real
        }
        return explained(wire::CanAccessResponse { .result = granted, .userToken = {} }, verdicts);
    }

    Result<admin::Explained> operator()(const wire::HasPrivilege &question)
    {
        QList<admin::Verdict> verdicts;
        for (const rules::PrivilegesQuestion &of : choices()) {
            const auto decision = m_network.decide(rules::PrivilegeQuestion { of, question.privilegeId },
                                                   rules::Explain::Yes);
            admin::Verdict verdict { .name = question.privilegeId,
                                     .allowed = decision.granted,
                                     .granted = decision.granted };
            switch (decision.by) {
            case rules::PrivilegeDecision::By::Containment:
                verdict.by = By::Containment;
                verdict.decidedBy = decision.contained;
                break;
            case rules::PrivilegeDecision::By::UnknownService:
                verdict.by = By::UnknownService;
                break;
            case rules::PrivilegeDecision::By::Entry:
                verdict.by = By::Entry;
                verdict.decidedBy = decision.list;
                verdict.place = int(decision.entry);
                break;
            case rules::PrivilegeDecision::By::Default:
                verdict.by = By::Default;
                break;
            }
            for (const rules::PrivilegeConsideration &one : decision.considered) {
                Outcome outcome = Outcome::OtherPrivilege;
                if (one.outcome == rules::PrivilegeConsideration::Outcome::Decided)
                    outcome = Outcome::Decided;
                else if (one.outcome == rules::PrivilegeConsideration::Outcome::Unreached)
                    outcome = Outcome::Unreached;
                verdict.considered.append({ .id = one.list, .place = int(one.entry), .outcome = outcome });
            }
            verdicts.append(verdict);
        }
        const bool granted = std::ranges::any_of(verdicts, &admin::Verdict::granted);
        return explained(wire::HasPrivilegeResponse { .result = granted }, verdicts);
    }

    Result<admin::Explained> operator()(const wire::DownloadPrivileges &)
    {
        for (const rules::PrivilegesQuestion &of : choices()) {
            const QList<PrivilegeEntry> entries = m_network.privileges(of);
            if (!entries.isEmpty())
                return explained(wire::DownloadPrivilegesResponse { .entries = entries }, {});
        }
        return explained(wire::DownloadPrivilegesResponse {}, {});
    }

    template<typename T>
    Result<admin::Explained> operator()(const T &)
    {
        return fail(FailureKind::BadRequest, u"This is no question that can be explained."_s);
    }

private:
    template<typename Answer>
    Result<admin::Explained> explainAccess(const rules::AccessQuestion &question, Answer answer)
    {
        const qint64 asked = combinationsOf(question);
        if (asked > m_combinations) {
            return fail(FailureKind::PolicyViolation,
                        u"The question is about %1 combinations of node, name and type; ask about fewer: at "
                        u"most %2 are explained at once."_s.arg(asked)
                            .arg(m_combinations));
        }
        const auto decision = m_network.decide(question, rules::Explain::Yes);
        QList<admin::Verdict> verdicts;
        for (const rules::Combination &one : decision.combinations) {
            if (verdicts.size() == m_rows)
                break;
            admin::Verdict verdict { .node = one.node,
                                     .name = one.name,
                                     .allowed = one.allowed,
                                     .granted = one.granted,
                                     .by = one.decidedBy.isEmpty() ? By::Default : By::Rule,
                                     .decidedBy = one.decidedBy,
                                     .considered = considered(one.considered) };
            if (question.action == Action::Read)
                verdict.type = one.type;
            if (!decision.contained.isEmpty()) {
                verdict.by = By::Containment;
                verdict.decidedBy = decision.contained;
            }
            verdicts.append(verdict);
        }
        auto result = explained(answer(decision), verdicts);
        result->verdictCount = int(decision.combinations.size());
        result->elsewhere = decision.elsewhere.first(std::min<qsizetype>(decision.elsewhere.size(), m_rows));
        return result;
    }

    /// At most; what the question does not name is taken from what is known of the device.
    [[nodiscard]] qint64 combinationsOf(const rules::AccessQuestion &question) const
    {
        qint64 nodes = question.nodes.size();
        qint64 names = question.names.size() + 1;
        const auto object = m_network.object({ ObjectType::Thing, question.device });
        if (const Thing *device = object ? std::get_if<Thing>(&*object) : nullptr) {
            if (nodes == 0)
                nodes = device->nodes.size();
            if (question.names.isEmpty()) {
                for (const Node &node : device->nodes)
                    names += question.action == Action::Read ? node.fields.size() : node.parameters.size();
            }
        }
        const qint64 types = question.action == Action::Read ? qint64(fieldTypeNames.size()) : 1;
        return std::max<qint64>(nodes, 1) * names * types;
    }

    [[nodiscard]] Result<admin::Explained> explained(const wire::Provisioning &answer,
                                                     const QList<admin::Verdict> &verdicts) const
    {
        return admin::Explained { .answer = answer,
                                  .verdicts = verdicts.first(std::min<qsizetype>(verdicts.size(), m_rows)),
                                  .verdictCount = int(verdicts.size()),
                                  .elsewhere = {} };
    }

    /// As TokenRegistry::present() makes them of tokens.
    [[nodiscard]] QList<rules::Identity> identitiesAs(admin::Bearer::As as) const
    {
        QList<rules::Identity> live;
        bool hasDead = false;
        for (const admin::Bearer &bearer : m_request.bearers) {
            if (bearer.as != as)
                continue;
            if (bearer.certificate.isEmpty())
                live.append({ .certificate = {}, .user = bearer.user, .service = bearer.service });
            else if (m_network.counts(bearer.certificate, m_now))
                live.append({ .certificate = bearer.certificate,
                              .user = m_network.userOf(bearer.certificate),
                              .service = m_network.serviceOf(bearer.certificate) });
            else
                hasDead = true;
        }
        if (hasDead && !live.isEmpty())
            live.append(rules::Identity());
        return live;
    }

    [[nodiscard]] rules::Identities identities() const
    {
        return { identitiesAs(admin::Bearer::As::Service), identitiesAs(admin::Bearer::As::User),
                 identitiesAs(admin::Bearer::As::Device) };
    }

    /// Ids of those who ask.
    [[nodiscard]] QStringList services() const
    {
        QStringList ids;
        for (const rules::Identity &identity : identitiesAs(admin::Bearer::As::Service)) {
            if (!identity.service.isEmpty() && !ids.contains(identity.service))
                ids.append(identity.service);
        }
        return ids;
    }

    /// As ServiceDesk makes them of tokens.
    [[nodiscard]] QList<rules::PrivilegesQuestion> choices() const
    {
        QList<rules::PrivilegesQuestion> choices;
        for (const QString &service : services()) {
            QStringList names;
            for (const rules::Identity &visitor : identitiesAs(admin::Bearer::As::User)) {
                const bool fits = !visitor.certificate.isEmpty() || visitor.service == service;
                if (fits && !visitor.user.isEmpty())
                    names.append(visitor.user);
            }
            if (names.isEmpty())
                names.append(QString());
            for (const QString &name : std::as_const(names))
                choices.append({ .asker = m_request.asker, .service = service, .user = name });
        }
        return choices;
    }

    const rules::Snapshot &m_network;
    const admin::Explain &m_request;
    QDateTime m_now;
    int m_rows;
    qint64 m_combinations;
};

bool hasTokens(const wire::Provisioning &question)
{
    return std::visit(
        [](const auto &value) {
            if constexpr (requires { value.tokens; })
                return value.tokens != wire::Tokens();
            else if constexpr (requires { value.userTokens; })
                return !value.serviceTokens.isEmpty() || !value.userTokens.isEmpty();
            else if constexpr (requires { value.serviceTokens; })
                return !value.serviceTokens.isEmpty();
            else
                return false;
        },
        question);
}

} // namespace

Result<admin::Explained> explain(const rules::Snapshot &network, const admin::Explain &request,
                                 const QDateTime &now, int rows, qint64 combinations)
{
    if (hasTokens(request.question)) {
        return fail(FailureKind::BadRequest,
                    u"A question that is to be explained carries no tokens: they are secrets. Name the "
                    u"certificates that they stand for with <bearer/>."_s);
    }
    return std::visit(Explainer(network, request, now, rows, combinations), request.question);
}

} // namespace castellan::server
