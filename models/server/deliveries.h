// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/contacts.h"
#include "server/transport.h"
#include "store/store.h"

#include <QTimer>

#include <chrono>
#include <memory>
#include <unordered_map>

namespace castellan::server {

/// Brings to things what commits owe them: clearCache one at a time for each thing, in the order of the
/// revisions, until acknowledged (statement 23); friend and unfriend, which have no answer, as soon as the
/// thing is there (statement 8). What waits for a thing survives restarts in the store. Lives on the
/// service's thread.
class Deliveries : public QObject
{
    Q_OBJECT
public:
    /// How long a clearCache may stay without an answer before it is sent again; doubles every time.
    struct Retry
    {
        std::chrono::milliseconds first { std::chrono::seconds(30) };
        std::chrono::milliseconds most { std::chrono::hours(1) };
    };

    Deliveries(std::shared_ptr<Store> store, Contacts &contacts, Transport &transport, Retry retry,
               QObject *parent = nullptr);

    /// Takes up what was open when the server last stopped. What had been sent then counts as waiting: its
    /// answer, if there was one, is lost.
    void resume(const QList<Delivery> &open);
    void add(const QList<Delivery> &deliveries);
    /// The transport can send (again).
    void sendAll();
    /// Takes an iq result or error; false when it answers nothing of ours.
    bool takeAnswer(const Jid &from, const wire::Element &iq);

Q_SIGNALS:
    void changed(qint64 sequence);

private:
    struct Queue
    {
        QList<Delivery> open; ///< if something is on its way, it is the first one
        QString sentTo; ///< full JID; empty: nothing is on its way
        bool heardSince = false; ///< a sign of life since it was sent
        std::unique_ptr<QTimer> timer;
    };
    void onHeard(const QString &bare);
    void sendNext(const QString &bare);
    /// False when the transport cannot send.
    bool sendMessages(Queue &queue, const QString &to);
    void retry(const QString &bare);
    void onDisappeared(const QString &bare, const QString &full);
    /// Puts the first one back to wait for a sign of life.
    void wait(const QString &bare, const QString &error);
    void settle(const QString &bare, Delivery::State state, const QString &error);
    void store(const Delivery &delivery);
    bool send(const QString &to, const Delivery &delivery);

    std::shared_ptr<Store> m_store;
    Contacts &m_contacts;
    Transport &m_transport;
    Retry m_retry;
    std::unordered_map<QString, Queue> m_queues; ///< by bare JID; only with something open
};

} // namespace castellan::server
