// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/confirmations.h"
#include "server/contacts.h"
#include "server/livenetwork.h"
#include "server/ratelimit.h"
#include "server/subscribers.h"
#include "server/tokenregistry.h"
#include "wire/admin.h"

#include <QElapsedTimer>
#include <QThreadPool>

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <span>

namespace castellan::server {

/// What keeps one administrator from making the server slower for others; `capabilities` states it.
struct AdminLimits
{
    int pageSize = 1000; ///< objects
    /// Bytes of objects in one page: XMPP servers commonly refuse stanzas above 256 KiB.
    qsizetype pageBytes = 100'000;
    int changeSetSize = 1000;
    int searchLength = 200;
    int filters = 8;
    int concurrent = 8;
    int analyses = 2;
    int rows = 200; ///< of each kind in what an analysis answers
    qint64 comparisons = 200'000; ///< see rules::EffectLimits
    qint64 combinations = 50'000; ///< of nodes, names and types that one question may be explained for
    std::chrono::seconds confirmWithin { std::chrono::hours(24) };
    int unconfirmed = 20; ///< change sets that wait for a confirmation
    /// How many refused attempts of one sender are audited; the rest is only logged.
    Rate auditedRefusals { .perSecond = 0.1, .burst = 20 };
};

/// Why an operation was not carried out.
struct Refusal
{
    Failure failure;
    wire::Element condition {}; ///< the application condition beside it, if it has a name
};
using AdminReply = std::expected<wire::admin::Response, Refusal>;

/// The operations of the administration interface, whichever way they are asked for. One table says of each
/// what it is called, who may use it and what carries it out; execute() is the only way in, so that role and
/// limits hold for every face. Lives on the service's thread.
class Operations : public QObject
{
    Q_OBJECT
public:
    struct Call
    {
        Jid from;
        std::function<void(const AdminReply &)> done;
    };
    struct Operation
    {
        QLatin1StringView name;
        AdminRole least; ///< the roles are in order: each may what the one below it may
        /// Computed beside the service's thread; fewer at once.
        bool isAnalysis = false;
        void (*run)(Operations &, const Call &, const wire::admin::Request &) = nullptr;
    };
    /// In the order of wire::admin::Request.
    [[nodiscard]] static std::span<const Operation> table();
    /// Null for a name that no operation has.
    [[nodiscard]] static const Operation *find(QLatin1StringView name);

    Operations(std::shared_ptr<Store> store, LiveNetwork &network, Contacts &contacts, TokenRegistry &tokens,
               Subscribers &subscribers, Confirmations &confirmations, const AdminLimits &limits,
               QObject *parent = nullptr);
    ~Operations() override;

    /// The highest role that is granted to \a jid or to a certificate that it has proved to own. None while
    /// it is contained.
    [[nodiscard]] AdminRole roleOf(const Jid &jid) const;
    /// Carries out \a request for \a from and calls \a done, once, now or later. What the role does not allow
    /// is `forbidden` and audited, what exceeds a limit `policy-violation` or `resource-constraint`.
    void execute(const Jid &from, const wire::admin::Request &request,
                 const std::function<void(const AdminReply &)> &done);
    /// Logs and audits that \a from may not use \a operation, and says so.
    [[nodiscard]] Failure refuse(const Jid &from, const QString &operation);
    /// \a full went away: nobody waits for its analyses any more.
    void cancel(const QString &full);

    [[nodiscard]] const AdminLimits &limits() const { return m_limits; }
    [[nodiscard]] const LiveNetwork &network() const { return m_network; }
    [[nodiscard]] const Contacts &contacts() const { return m_contacts; }

private:
    friend struct OperationTable;
    using Response = wire::admin::Response;

    static void answer(const Call &call, const AdminReply &reply) { call.done(reply); }
    static void answer(const Call &call, const Failure &failure);
    /// Answers from a future of the store, with the words of \a make.
    template<typename T, typename Make>
    void answerFrom(const Call &call, QFuture<Result<T>> future, Make make);
    template<typename Fetch>
    void answerObjects(const Call &call, int max, Fetch fetch);
    void answerHistory(const Call &call, const wire::admin::GetHistory &request, int max);
    [[nodiscard]] int pageSize(const wire::admin::Page &page) const;

    // Reading: readingoperations.cpp
    void run(const Call &call, const wire::admin::GetCapabilities &request);
    void run(const Call &call, const wire::admin::GetChanges &request);
    void run(const Call &call, const wire::admin::GetObject &request);
    void run(const Call &call, const wire::admin::ListObjects &request);
    void run(const Call &call, const wire::admin::GetDeliveries &request);
    void run(const Call &call, const wire::admin::GetRevisions &request);
    void run(const Call &call, const wire::admin::GetStatuses &request);
    void run(const Call &call, const wire::admin::GetHistory &request);
    void run(const Call &call, const wire::admin::Verify &request);
    void run(const Call &call, const wire::admin::Preview &request);
    void run(const Call &call, const wire::admin::Explain &request);
    void run(const Call &call, const wire::admin::Subscribe &request);
    void run(const Call &call, const wire::admin::Unsubscribe &request);

    // Changing: changingoperations.cpp
    void run(const Call &call, const wire::admin::Apply &request);
    void run(const Call &call, const wire::admin::Confirm &request);
    void run(const Call &call, const wire::admin::Revert &request);
    void run(const Call &call, const wire::admin::Contain &request);
    void run(const Call &call, const wire::admin::Release &request);
    void run(const Call &call, const wire::admin::Unfriend &request);
    void run(const Call &call, const wire::admin::AnswerQuestion &request);

    /// With its objects in normal form and within the limits.
    [[nodiscard]] Result<ChangeSet> checked(ChangeSet changeSet) const;
    /// Explains an answer as it would be with \a changes.
    void explainAfter(const Call &call, const wire::admin::Explain &request,
                      const QList<VersionedObject> &changes);
    void commit(const Call &call, const ChangeSet &changeSet);
    void answerCommit(const Call &call, const ApplyResult &result);
    /// Makes the change that is right for the object as it is now (not set: there is none), whatever was
    /// there when the administrator looked.
    using MakeChange = std::function<Result<Change>(const std::optional<Object> &now)>;
    void edit(const Call &call, const ObjectKey &key, const QString &title, const MakeChange &make,
              int attempts = 3);

    /// Calls \a compute beside this thread; it asks its argument now and then whether to stop.
    using Compute = std::function<AdminReply(const std::function<bool()> &isStopped)>;
    void analyse(const Call &call, const Compute &compute);

    struct Analysis
    {
        QString full; ///< who waits for it
        QFuture<AdminReply> future;
    };
    struct Load
    {
        int operations = 0;
        int analyses = 0;
    };

    std::shared_ptr<Store> m_store;
    LiveNetwork &m_network;
    Contacts &m_contacts;
    TokenRegistry &m_tokens;
    Subscribers &m_subscribers;
    Confirmations &m_confirmations;
    AdminLimits m_limits;
    QHash<QString, Load> m_underWay; ///< by bare JID
    QHash<quint64, Analysis> m_analyses;
    quint64 m_lastAnalysis = 0;
    QThreadPool m_pool;
    RateLimit m_auditLimit;
    QElapsedTimer m_clock;
};

} // namespace castellan::server
