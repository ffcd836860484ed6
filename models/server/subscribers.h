// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/contacts.h"
#include "server/livenetwork.h"
#include "server/transport.h"
#include "wire/admin.h"

#include <QHash>
#include <QSet>
#include <QTimer>

#include <chrono>

namespace castellan::server {

/// The consoles that are told when there is more to fetch. Lives on the service's thread.
class Subscribers : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        int most = 200;
        std::chrono::seconds expiry { 600 };
        std::chrono::milliseconds delay { 100 }; ///< what happens within it is told at once
    };

    Subscribers(LiveNetwork &network, Contacts &contacts, Transport &transport, qint64 deliverySequence,
                const Settings &settings, QObject *parent = nullptr);

    /// `resource-constraint` when there are too many.
    [[nodiscard]] Result<wire::admin::Subscribed> add(const QString &full);
    /// \a full went away, or an event to it came back: no events to it any more.
    void remove(const QString &full);
    void onDeliveryChanged(qint64 sequence);
    /// What waits for a confirmation is another now.
    void onUnconfirmedChanged(const QList<RevisionInfo> &unconfirmed);

private:
    void forgetExpired();
    void plan();
    void sendEvents();
    void send(const QString &to, const wire::admin::Event &event);
    /// Tells consoles that are there already that they may have missed something.
    void announce();
    [[nodiscard]] wire::admin::Event event() const;

    LiveNetwork &m_network;
    Contacts &m_contacts;
    Transport &m_transport;
    Settings m_settings;
    qint64 m_deliverySequence;
    QList<RevisionInfo> m_unconfirmed;
    QHash<QString, QDateTime> m_subscribers; ///< full JID -> until when
    QSet<QString> m_changedStatuses;
    QTimer m_timer;
};

} // namespace castellan::server
