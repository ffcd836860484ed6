// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/tokenregistry.h"
#include "server/transport.h"

#include <QCache>
#include <QSet>

#include <chrono>
#include <functional>
#include <memory>

namespace castellan::server {

/// Makes who presents a token prove that he may use it (XEP-0324 §3.1.3.2, statement 22): as the network's
/// policy wants it, the full JID that asked gets a tokenChallenge, and its question waits. Who passed a
/// token on passes the challenge back to whom he has the token from. Lives on the service's thread.
class TokenProofs : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        std::chrono::milliseconds timeout { std::chrono::seconds(30) };
        int waiting = 10'000; ///< questions in all
        int waitingPerSender = 100;
        int remembered = 100'000; ///< proofs; without room, one is asked for again
    };

    TokenProofs(LiveNetwork &network, TokenRegistry &tokens, Transport &transport, const Settings &settings,
                QObject *parent = nullptr);

    /// Tokens whose challenge was not answered rightly.
    using Unproven = QSet<QString>;
    using Done = std::function<void(const Unproven &)>;
    /// Calls \a done when \a tokens are proved or have failed; at once if there is nothing to prove. A token
    /// that does not count needs no proof. False, and \a done is not called, beyond the limits.
    [[nodiscard]] bool prove(const Jid &from, const QStringList &tokens, const Done &done);
    /// Takes an iq result or error; false when it answers nothing of ours.
    [[nodiscard]] bool takeAnswer(const Jid &from, const wire::Element &iq);

Q_SIGNALS:
    /// Proved by who was denied before because it was not: \a holder (bare) may remember the denial.
    void provedLate(const QString &holder);

private:
    struct Waiting
    {
        Done done;
        int open = 0;
        Unproven unproven;
    };
    struct Challenge
    {
        Jid to;
        QString token;
        QByteArray hash;
        QByteArray secret;
        QList<std::shared_ptr<Waiting>> waiting;
    };
    using Proof = std::pair<QByteArray, QString>; ///< hash of the token, bare JID of who presented it

    [[nodiscard]] bool needsProof(const Jid &from, const TokenRegistry::Live &live) const;
    /// The id of a challenge that is on its way to \a to; empty when it could not be sent.
    [[nodiscard]] QString challenge(const Jid &to, const QString &token, const TokenRegistry::Live &live);
    void settle(const QString &id, bool proved);
    void remember(const Proof &proof, bool proved);

    LiveNetwork &m_network;
    TokenRegistry &m_tokens;
    Transport &m_transport;
    Settings m_settings;
    QHash<QString, Challenge> m_challenges; ///< by stanza id
    QHash<std::pair<Jid, QString>, QString> m_onTheirWay; ///< ids, by full JID and token
    QHash<QString, int> m_waitingOf; ///< by bare JID
    int m_waiting = 0;
    QCache<Proof, QDateTime> m_proofs; ///< when, invalid: the last one failed; what is used least goes
};

} // namespace castellan::server
