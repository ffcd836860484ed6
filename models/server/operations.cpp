// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/operations.h"

#include "server/log.h"

#include <QPromise>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

/// What a stranger wrote as an operation's name is audited no longer than this.
static constexpr qsizetype longestOperation = 64;

struct OperationTable
{
    template<typename T>
    static constexpr Operations::Operation entry(QLatin1StringView name, AdminRole least,
                                                 bool isAnalysis = false)
    {
        return { name, least, isAnalysis,
                 [](Operations &operations, const Operations::Call &call, const admin::Request &request) {
                     operations.run(call, std::get<T>(request));
                 } };
    }

    /// Who may do what.
    static std::span<const Operations::Operation> all()
    {
        static constexpr std::array<Operations::Operation, std::variant_size_v<admin::Request>> operations {
            entry<admin::GetCapabilities>("capabilities"_L1, AdminRole::Auditor),
            entry<admin::GetChanges>("changes"_L1, AdminRole::Auditor),
            entry<admin::GetObject>("get"_L1, AdminRole::Auditor),
            entry<admin::ListObjects>("list"_L1, AdminRole::Auditor),
            entry<admin::GetDeliveries>("deliveries"_L1, AdminRole::Auditor),
            entry<admin::GetRevisions>("revisions"_L1, AdminRole::Auditor),
            entry<admin::GetStatuses>("statuses"_L1, AdminRole::Auditor),
            entry<admin::GetHistory>("history"_L1, AdminRole::Auditor),
            entry<admin::Verify>("verify"_L1, AdminRole::Auditor, true),
            entry<admin::Preview>("preview"_L1, AdminRole::Auditor, true),
            entry<admin::Explain>("explain"_L1, AdminRole::Auditor, true),
            entry<admin::Apply>("apply"_L1, AdminRole::Administrator),
            entry<admin::Confirm>("confirm"_L1, AdminRole::Administrator),
            entry<admin::Revert>("revert"_L1, AdminRole::Administrator),
            entry<admin::Contain>("contain"_L1, AdminRole::Support),
            entry<admin::Release>("release"_L1, AdminRole::Support),
            entry<admin::Unfriend>("unfriend"_L1, AdminRole::Support),
            entry<admin::AnswerQuestion>("answer"_L1, AdminRole::Administrator),
            entry<admin::Subscribe>("subscribe"_L1, AdminRole::Auditor),
            entry<admin::Unsubscribe>("unsubscribe"_L1, AdminRole::Auditor),
        };
        return operations;
    }
};

std::span<const Operations::Operation> Operations::table()
{
    return OperationTable::all();
}

const Operations::Operation *Operations::find(QLatin1StringView name)
{
    const std::span<const Operation> all = table();
    const auto found = std::ranges::find(all, name, &Operation::name);
    return found == all.end() ? nullptr : &*found;
}

Operations::Operations(std::shared_ptr<Store> store, LiveNetwork &network, Contacts &contacts,
                       TokenRegistry &tokens, Subscribers &subscribers, Confirmations &confirmations,
                       const AdminLimits &limits, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_network(network),
      m_contacts(contacts),
      m_tokens(tokens),
      m_subscribers(subscribers),
      m_confirmations(confirmations),
      m_limits(limits),
      m_auditLimit(limits.auditedRefusals)
{
    m_clock.start();
    m_pool.setMaxThreadCount(1); // the service keeps the other cores
    m_pool.setThreadPriority(QThread::LowPriority);
    connect(&m_contacts, &Contacts::disappeared, this,
            [this](const QString &, const QString &full) { cancel(full); });
}

Operations::~Operations()
{
    for (Analysis &analysis : m_analyses)
        analysis.future.cancel();
    m_pool.waitForDone();
}

AdminRole Operations::roleOf(const Jid &jid) const
{
    const rules::Snapshot &network = m_network.snapshot();
    const QString bare = jid.bare();
    if (network.isContained(bare))
        return AdminRole::None;
    const auto own = network.object({ ObjectType::RoleGrant, bare });
    AdminRole role = own ? std::get<RoleGrant>(*own).role : AdminRole::None;
    const QList<RoleGrant> grants = network.roleGrants();
    for (const RoleGrant &grant : grants) {
        if (isThumbprint(grant.holder) && m_tokens.isOwner(bare, grant.holder))
            role = std::max(role, grant.role);
    }
    return role;
}

void Operations::execute(const Jid &from, const admin::Request &request,
                         const std::function<void(const AdminReply &)> &done)
{
    const Operation &operation = table()[request.index()];
    if (roleOf(from) < operation.least)
        return done(std::unexpected(Refusal { refuse(from, operation.name) }));
    const QString bare = from.bare();
    Load &load = m_underWay[bare];
    if (load.operations >= m_limits.concurrent
        || (operation.isAnalysis && load.analyses >= m_limits.analyses)) {
        return done(std::unexpected(Refusal {
            { FailureKind::ResourceConstraint,
              u"%1 operations of yours are under way; wait for an answer."_s.arg(load.operations) } }));
    }
    ++load.operations;
    load.analyses += operation.isAnalysis;
    const auto finish = [this, bare, isAnalysis = operation.isAnalysis, done](const AdminReply &reply) {
        const auto underWay = m_underWay.find(bare);
        underWay->analyses -= isAnalysis;
        if (--underWay->operations == 0)
            m_underWay.erase(underWay);
        done(reply);
    };
    operation.run(*this, { from, finish }, request);
}

Failure Operations::refuse(const Jid &from, const QString &name)
{
    const QString operation = name.first(std::min(name.size(), longestOperation));
    const Failure failure { FailureKind::Forbidden,
                            u"%1 may not use %2 here."_s.arg(from.bare(), operation) };
    qCWarning(lcServer, "Refused: %ls", qUtf16Printable(failure.text));
    if (m_auditLimit.take(from.bare(), m_clock.elapsed())) {
        m_store->auditRefusal(Actor { from.full() }, operation, failure)
            .then(this, [](const Result<void> &audited) {
                if (!audited)
                    qCWarning(lcServer, "A refusal could not be audited: %ls",
                              qUtf16Printable(audited.error().text));
            });
    }
    return failure;
}

void Operations::answer(const Call &call, const Failure &failure)
{
    call.done(std::unexpected(Refusal { failure }));
}

void Operations::analyse(const Call &call, const Compute &compute)
{
    const auto promise = std::make_shared<QPromise<AdminReply>>();
    QFuture<AdminReply> future = promise->future();
    const quint64 number = ++m_lastAnalysis;
    m_analyses.insert(number, { call.from.full(), future });
    promise->start();
    m_pool.start([promise, compute] {
        if (!promise->isCanceled())
            promise->addResult(compute([&] { return promise->isCanceled(); }));
        promise->finish();
    });
    const auto over = [this, call, number](const AdminReply &reply) {
        m_analyses.remove(number);
        answer(call, reply);
    };
    future.then(this, over).onCanceled(this, [over] {
        over(std::unexpected(
            Refusal { { FailureKind::RecipientUnavailable, u"Given up, because nobody waited for it."_s } }));
    });
}

void Operations::cancel(const QString &full)
{
    for (Analysis &analysis : m_analyses) {
        if (analysis.full == full)
            analysis.future.cancel();
    }
}

} // namespace castellan::server
