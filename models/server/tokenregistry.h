// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/livenetwork.h"
#include "server/noting.h"
#include "store/store.h"
#include "vocabulary/jid.h"
#include "wire/provisioning.h"

#include <QDeadlineTimer>
#include <QQueue>

#include <chrono>
#include <functional>
#include <memory>

namespace castellan::server {

/// The tokens that were given out, and how they are obtained (XEP-0324 §3.1.3.1, §3.6.2, statements 3, 16, 20
/// and 21). Lives on the service's thread.
///
/// Only hashes are kept, in memory as in the store, and a token is looked up by its hash: how long that takes
/// says nothing about tokens that exist.
class TokenRegistry : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        /// How long a challenge of getToken waits for its answer. The XEP wants a minute, statement 20 at
        /// most ten.
        std::chrono::milliseconds challengeLife { std::chrono::minutes(2) };
        int challenges = 4000;
        int challengesPerSender = 8;
        int tokensPerCertificate = 8; ///< the oldest goes
        int tokensPerService = 10'000; ///< user tokens; the least recently used goes
    };

    /// \a tokens: as the store has them; those that stand for nothing any more are forgotten.
    TokenRegistry(std::shared_ptr<Store> store, LiveNetwork &network, Noting &noting,
                  const QList<Token> &tokens, const Settings &settings, QObject *parent = nullptr);

    /// Answers getToken. Fails with `bad-request` for a certificate that will not do, `forbidden` for a
    /// revoked one or a contained sender, `resource-constraint` beyond the limits.
    [[nodiscard]] Result<wire::GetTokenChallenge> challenge(const Jid &from, const QByteArray &der);
    using Done = std::function<void(const Result<QString> &token)>;
    /// Answers getTokenChallengeResponse with a token, when that is durable. `item-not-found` for a number
    /// that \a from was not given or that is over, `bad-request` for a wrong answer; the number is used up.
    void redeem(const Jid &from, const wire::GetTokenChallengeResponse &response, const Done &done);

    /// Makes a token for a visitor of \a service, to be given to \a to.
    void issueUserToken(const Jid &to, const QString &service, const Done &done);
    /// In force at once; \a done when it is durable.
    void setUser(const QByteArray &hash, const QString &user,
                 const std::function<void(const Result<void> &)> &done);

    /// A token that counts (statement 3).
    struct Live
    {
        Token token;
        std::optional<Certificate> certificate; ///< not set: a user token, which stands for none
        rules::Identity identity;
    };
    /// Nothing: never given out, revoked, out of date, or its holder is contained. Counts as a use.
    [[nodiscard]] std::optional<Live> find(const QString &token);
    /// \a by asks something with \a tokens: the answer depends on who has logged in with those of visitors.
    void presented(const QStringList &tokens, const Jid &by);
    /// What became of the tokens of one attribute (statement 13).
    struct Presented
    {
        QList<Live> live;
        bool hasDead = false;
        /// None of them counts, and one for the reason that it was not proved (statement 22): the question
        /// is denied.
        bool isDenied = false;
        /// For the rules: a dead one beside live ones is the choice to present none.
        [[nodiscard]] QList<rules::Identity> identities() const;
    };
    [[nodiscard]] Presented present(const QStringList &tokens, const QSet<QString> &unproven);
    /// Whether \a bare has proved to own the certificate (§3.1.3.1): it was given a token for it that counts.
    [[nodiscard]] bool isOwner(const QString &bare, const QString &thumbprint) const;
    /// An administrator said so.
    [[nodiscard]] bool isRevoked(const QString &thumbprint) const;

    /// Writes when tokens were used last.
    [[nodiscard]] QFuture<Result<void>> flush();

Q_SIGNALS:
    /// Another user than before has logged in with a token that \a holders (bare) have presented.
    void userChanged(const QStringList &holders);

private:
    struct Challenge
    {
        QString sender; ///< bare
        Certificate certificate;
        QByteArray secret;
        QDeadlineTimer deadline;
    };
    struct Entry
    {
        Token token;
        quint64 place = 0; ///< in the order in which tokens of its kind go
        QStringList presentedBy; ///< bare JIDs, of a visitor's token; since its user logged in
    };

    void take(const Committed &committed);
    void forgetChallenge(qint32 number);
    /// Makes a proved certificate part of the network.
    void keep(const Certificate &certificate, const Noting::Done &done);
    void add(const Token &token);
    void remove(const QByteArray &hash);
    void issue(Token token, const Done &done);
    /// What tokens share that stand for one certificate, or are of one service's visitors.
    [[nodiscard]] static QString holderOf(const Token &token);
    [[nodiscard]] bool isOrphan(const Token &token) const;
    void forget(const QList<QByteArray> &hashes);

    std::shared_ptr<Store> m_store;
    LiveNetwork &m_network;
    Noting &m_noting;
    Settings m_settings;

    QHash<qint32, Challenge> m_challenges;
    QQueue<qint32> m_challengeOrder; ///< the oldest is first; numbers may be used up already
    QHash<QString, int> m_challengesOf;

    QHash<QByteArray, Entry> m_tokens; ///< by hash
    QHash<QString, QMap<quint64, QByteArray>> m_byHolder; ///< hashes; what goes first is first
    quint64 m_lastPlace = 0;
    QHash<QByteArray, QDateTime> m_used; ///< since the last flush()
};

} // namespace castellan::server
