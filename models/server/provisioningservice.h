// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/adminservice.h"
#include "server/calendar.h"
#include "server/commands.h"
#include "server/contacts.h"
#include "server/deliveries.h"
#include "server/livenetwork.h"
#include "server/noting.h"
#include "server/ratelimit.h"
#include "server/servicedesk.h"
#include "server/staleanswers.h"
#include "server/tokenproofs.h"
#include "server/tokenregistry.h"
#include "server/transport.h"
#include "store/store.h"
#include "wire/provisioning.h"

#include <QElapsedTimer>
#include <QTimer>

#include <chrono>
#include <memory>

namespace castellan::server {

/// What of the service can be set. The defaults are for a network of some ten thousand things.
struct ServiceSettings
{
    Rate rate;
    Deliveries::Retry retry;
    AdminLimits admin;
    Subscribers::Settings subscribers;
    Commands::Settings commands;
    Noting::Settings noting;
    TokenRegistry::Settings tokens;
    TokenProofs::Settings proofs;
    /// Most different JIDs that may ever ask, and most questions that may wait for the store.
    int askers = 1'000'000;
    int waiting = 10'000;
    int waitingEach = 20; ///< of one sender
    int contacts = 100'000;
    std::chrono::milliseconds touchDelay { std::chrono::seconds(30) };
    /// How long who holds an answer that a token has made wrong waits for others, to be told together.
    std::chrono::milliseconds staleDelay { std::chrono::seconds(5) };
};

/// The provisioning server (XEP-0324), whichever way stanzas reach it. Answers from the network in force,
/// refuses what is malformed (statement 26), notes who asks, and hands the rest to Deliveries and
/// AdminService. One thread: that of the transport.
class ProvisioningService : public QObject
{
    Q_OBJECT
public:
    /// \a state: what \a store holds; \a transport outlives the service and is started by the caller.
    ProvisioningService(std::shared_ptr<Store> store, const StartingState &state, Transport &transport,
                        const ServiceSettings &settings = {}, QObject *parent = nullptr);

    /// Writes what was not urgent. The transport should be stopped by now.
    [[nodiscard]] QFuture<Result<void>> flush();

private:
    void greet();
    void greetMore();
    [[nodiscard]] wire::Element presenceTo(const QString &jid) const;
    void onStanza(const wire::Element &stanza);
    void onPresence(const Jid &from, const wire::Element &presence);
    void onMessage(const Jid &from, const wire::Element &message);
    void onIq(const Jid &from, const wire::Element &iq);
    void onRequest(const Jid &from, const wire::Element &iq);
    void onProvisioning(const Jid &from, const wire::Element &iq, const wire::Element &payload);
    using LoginDone = std::function<void(const Result<void> &)>;
    void onUserLoggedIn(const Jid &from, const wire::UserLoggedIn &login, const LoginDone &done);

    void answerDiscoInfo(const Jid &from, const wire::Element &iq, const wire::Element &query);
    void answerDiscoItems(const Jid &from, const wire::Element &iq, const wire::Element &query);
    void answerVersion(const wire::Element &iq);
    void refuse(const Jid &from, const wire::Element &iq, const Failure &failure);

    /// A question that is well-formed.
    struct Question
    {
        Jid from;
        wire::Element iq;
        wire::Provisioning payload;
    };
    void onQuestion(const Question &question);
    /// Answers as soon as the tokens that came with it are proved.
    void answer(const Question &question);
    void decide(const Question &question, const TokenProofs::Unproven &unproven);
    void reply(const Question &question, const Result<wire::Provisioning> &response);
    void decideFriendship(const Question &question, const wire::IsFriend &isFriend);
    void answerWaiting();
    void rememberMore();
    void onRemembered(const QStringList &senders, const Result<Revision> &noted);
    void onLearned(const News &news);

    std::shared_ptr<Store> m_store;
    Transport &m_transport;
    ServiceSettings m_settings;
    LiveNetwork m_network;
    Noting m_noting;
    Calendar m_calendar;
    StaleAnswers m_staleAnswers;
    TokenRegistry m_tokens;
    TokenProofs m_proofs;
    ServiceDesk m_desk;
    Contacts m_contacts;
    Deliveries m_deliveries;
    Subscribers m_subscribers;
    Confirmations m_confirmations;
    Operations m_operations;
    AdminService m_admin;
    Commands m_commands;
    RateLimit m_rateLimit;
    QElapsedTimer m_clock;

    /// Questions of those who never asked before, until the store remembers them.
    QHash<QString, QList<Question>> m_unremembered;
    QStringList m_toRemember; ///< those of them whom the store has not been told of, each once
    bool m_isRemembering = false;
    /// Remembered by now; they wait for the commit under way.
    QList<Question> m_waiting;
    qsizetype m_waitingCount = 0;

    QStringList m_toGreet;
    QTimer m_touchTimer;
};

} // namespace castellan::server
