// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/connection.h"
#include "things/keypair.h"
#include "wire/provisioning.h"

#include <QDeadlineTimer>
#include <QObject>

#include <functional>
#include <optional>

namespace castellan::things {

class StateStore;

/// A thing's side of tokens (XEP-0324 §3.1.3): gets one of its own, and answers challenges. It decrypts those
/// of its own token; those of a token that it passed on it passes back to whom it has it from. Nobody gets an
/// answer who was not sent the token in the last minute (§6.2).
class TokenHolder : public QObject
{
    Q_OBJECT
public:
    TokenHolder(Connection &connection, StateStore &store, ThingKind kind, QObject *parent = nullptr);

    /// What it identifies itself with, kept over restarts.
    struct Identity
    {
        QByteArray privateKey;
        QByteArray certificate;
        QString token; ///< empty: none yet
    };
    void restore(const Identity &identity);

    using Reply = std::function<void(const Result<QString> &token)>;
    /// Asks \a server for a token, with a key and certificate that are made the first time.
    void obtain(const Jid &server, const Reply &reply);

    /// Its own token under the attribute of its kind (§5.6); none before obtain().
    [[nodiscard]] wire::Tokens own() const;
    /// What others sent it in the last minute, to be passed on.
    [[nodiscard]] wire::Tokens received() const;

    void noteSent(const Jid &to, const wire::Tokens &tokens);
    void noteReceived(const Jid &from, const wire::Tokens &tokens);

    using Answer = std::function<void(const Result<wire::TokenChallengeResponse> &)>;
    void answerChallenge(const Jid &from, const wire::TokenChallenge &challenge, const Answer &answer);

private:
    [[nodiscard]] Result<void> makeIdentity();

    struct Sent
    {
        QString to; ///< bare
        QString token;
        QDeadlineTimer until;
    };
    struct Received
    {
        Jid from;
        wire::Tokens tokens;
        QDeadlineTimer until;
    };

    Connection &m_connection;
    StateStore &m_store;
    ThingKind m_kind;
    Identity m_identity;
    std::optional<KeyPair> m_key;
    QList<Sent> m_sent;
    QList<Received> m_received;
};

} // namespace castellan::things
