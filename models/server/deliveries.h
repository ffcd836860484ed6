// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/contacts.h"
#include "server/transport.h"
#include "store/store.h"

#include <QElapsedTimer>
#include <QHash>
#include <QQueue>
#include <QTimer>

#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <span>

namespace castellan::server {

/// Brings to things what commits owe them: clearCache one at a time for each thing, in the order of the
/// revisions, until acknowledged (statement 23); friend and unfriend, which have no answer, as soon as the
/// thing is there (statement 8). Lives on the service's thread.
///
/// What is owed lies in the store, over restarts. Here is only who is owed something (in Contacts), and what
/// is on its way: a commit that concerns a million things neither fills the memory nor the connection.
class Deliveries : public QObject
{
    Q_OBJECT
public:
    /// How long a clearCache may stay without an answer before it is sent again; doubles every time.
    struct Retry
    {
        std::chrono::milliseconds first { std::chrono::seconds(30) };
        std::chrono::milliseconds most { std::chrono::hours(1) };
        /// That one is on its way is worth storing when it has had no answer for this long. Until then it
        /// counts towards `window`: so many may be on their way before more are sent, and no more than the
        /// transport says.
        std::chrono::milliseconds prompt { std::chrono::seconds(1) };
        int window = 8192;
    };

    Deliveries(std::shared_ptr<Store> store, Contacts &contacts, Transport &transport, Retry retry,
               QObject *parent = nullptr);

    /// Takes up what was open when the server last stopped, also what had been sent: its answer, if there
    /// was one, is lost.
    void resume(const QStringList &things, Revision revision);
    /// Delivers what was committed for those in \a owed, by \a revision.
    void owe(const Owed &owed, Revision revision);
    /// \a bare asked this server, after another one: what it is owed is brought from here.
    void takeOver(const QString &bare);
    /// \a bare asked another server: that one brings it what it is owed.
    void handOver(const QString &bare);
    /// The transport can send (again).
    void sendAll();
    /// Takes an iq result or error; false when it answers nothing of ours.
    bool takeAnswer(const Jid &from, const wire::Element &iq);

Q_SIGNALS:
    void changed(qint64 sequence);

private:
    /// A clearCache without an answer.
    struct Flight
    {
        qint64 id = 0; ///< of the delivery
        int attempts = 0;
        QString to; ///< full JID
        qint64 sent = 0; ///< by m_clock
        qint64 due = 0; ///< by m_clock: when to send it again
        bool heardSince = false; ///< a sign of life since it was sent
        bool isPrompt = true;
    };
    using Flights = QHash<QString, Flight>;

    /// Those a commit concerns, of whom the first \c next have had their turn.
    struct Walk
    {
        QStringList things;
        qsizetype next = 0;
    };

    void onHeard(const QString &bare);
    void onDisappeared(const QString &bare, const QString &full);
    void onTime();

    void enqueue(const QString &bare);
    /// Reads what is owed to those who are there, as long as there is room for more on the way.
    void readMore();
    [[nodiscard]] QStringList nextThings(qsizetype max);
    void takeOwed(const QStringList &things, const QList<Delivery> &owed);
    /// Sends what is open for one thing and says how much of it is still to be read later.
    [[nodiscard]] Contacts::Owed sendTo(const QString &bare, std::span<const Delivery> owed);

    /// Just sent to \a to.
    void takeOff(Flights::iterator flight, const QString &to);
    /// Not on its way any more; to be erased, or to take off again.
    void land(Flights::iterator flight);
    void sendAgain(Flights::iterator flight);
    void sendLate();
    void planTimer();
    /// Back to wait for a sign of life.
    void wait(Flights::iterator flight, const QString &error);
    void settle(Flights::iterator flight, Delivery::State state, const QString &error);

    void store(const Flight &flight, Delivery::State state, const QString &error = {});
    void store(const Delivery &delivery);
    void writeStored();
    /// False when the transport cannot.
    bool send(const Delivery &delivery, const QString &to);

    std::shared_ptr<Store> m_store;
    Contacts &m_contacts;
    Transport &m_transport;
    Retry m_retry;
    QElapsedTimer m_clock; ///< milliseconds
    bool m_canSend = false;
    Revision m_revision = 0; ///< in force here: what is owed by a later one is none of ours yet

    QQueue<QString> m_ready; ///< Owed::Queued, each once
    QQueue<Walk> m_walks; ///< take turns, so that a small commit need not wait for a large one
    bool m_isReading = false;
    QSet<qint64> m_settledWhileReading; ///< ids that what is being read may still show as open

    Flights m_flights; ///< by bare JID
    std::set<std::pair<qint64, QString>> m_late; ///< due, bare JID: every flight
    QTimer m_timer; ///< for the first of m_late and of m_prompt
    std::deque<std::pair<qint64, QString>> m_prompt; ///< sent, bare JID; also of those that have landed
    int m_promptCount = 0;

    QList<Delivery> m_changes; ///< to be stored
    QTimer m_writeTimer;
    bool m_hasWriteFailed = false; ///< then nothing more is sent: nobody would remember it
};

} // namespace castellan::server
