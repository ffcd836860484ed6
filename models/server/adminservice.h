// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/contacts.h"
#include "server/livenetwork.h"
#include "server/ratelimit.h"
#include "server/transport.h"
#include "wire/admin.h"

#include <QElapsedTimer>
#include <QSet>
#include <QTimer>

#include <chrono>
#include <memory>

namespace castellan::server {

/// The administration interface (`urn:castellan:admin:0`): checks the role, keeps the limits that
/// `capabilities` states, carries the operations out, and tells subscribers when there is more to fetch.
/// Lives on the service's thread.
class AdminService : public QObject
{
    Q_OBJECT
public:
    struct Limits
    {
        int pageSize = 200; ///< objects
        /// Bytes of objects in one page: XMPP servers commonly refuse stanzas above 256 KiB.
        qsizetype pageBytes = 100'000;
        int changeSetSize = 1000;
        int searchLength = 200;
        int concurrent = 8;
        int subscribers = 200;
        /// How many refused attempts of one sender are audited; the rest is only logged.
        Rate auditedRefusals { .perSecond = 0.1, .burst = 20 };
        std::chrono::seconds subscription { 600 };
        std::chrono::milliseconds eventDelay { 100 };
    };

    AdminService(std::shared_ptr<Store> store, LiveNetwork &network, Contacts &contacts, Transport &transport,
                 qint64 deliverySequence, const Limits &limits, QObject *parent = nullptr);

    /// Answers \a iq, whose child \a payload is of the namespace.
    void handle(const Jid &from, const wire::Element &iq, const wire::Element &payload);
    /// \a full went away, or an event to it came back: no events to it any more.
    void unsubscribe(const QString &full);
    void onDeliveryChanged(qint64 sequence);

private:
    [[nodiscard]] AdminRole roleOf(const Jid &jid) const;
    void refuse(const Jid &from, const wire::Element &iq, const QString &name);

    /// One request under way.
    struct Call
    {
        Jid from;
        wire::Element iq;
    };
    void answer(const Call &call, const wire::admin::Response &response);
    void answer(const Call &call, const Failure &failure, const wire::Element &condition = {});
    /// Answers from a future of the store, with the words of \a make.
    template<typename T, typename Make>
    void answerFrom(const Call &call, QFuture<Result<T>> future, Make make);
    template<typename Fetch>
    void answerObjects(const Call &call, int max, Fetch fetch);

    void run(const Call &call, const wire::admin::GetCapabilities &request);
    void run(const Call &call, const wire::admin::GetChanges &request);
    void run(const Call &call, const wire::admin::GetObject &request);
    void run(const Call &call, const wire::admin::ListObjects &request);
    void run(const Call &call, const wire::admin::GetDeliveries &request);
    void run(const Call &call, const wire::admin::GetRevisions &request);
    void run(const Call &call, const wire::admin::GetStatuses &request);
    void run(const Call &call, const wire::admin::Apply &request);
    void run(const Call &call, const wire::admin::Subscribe &request);
    void run(const Call &call, const wire::admin::Unsubscribe &request);

    [[nodiscard]] int pageSize(const wire::admin::Page &page) const;
    void finished(const Call &call);
    void planEvent();
    void sendEvents();
    void sendEvent(const QString &to, const wire::admin::Event &event);
    /// Tells consoles that are there already that they may have missed something.
    void announce();

    std::shared_ptr<Store> m_store;
    LiveNetwork &m_network;
    Contacts &m_contacts;
    Transport &m_transport;
    Limits m_limits;
    qint64 m_deliverySequence;
    QHash<QString, int> m_underWay; ///< bare JID -> operations
    QHash<QString, QDateTime> m_subscribers; ///< full JID -> until when
    QSet<QString> m_changedStatuses;
    QTimer m_eventTimer;
    RateLimit m_auditLimit;
    QElapsedTimer m_clock;
};

} // namespace castellan::server
