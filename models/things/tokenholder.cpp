// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/tokenholder.h"

#include "things/statestore.h"

#include <algorithm>
#include <ranges>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

QStringList all(const wire::Tokens &tokens)
{
    return tokens.service + tokens.user + tokens.device;
}

void add(QStringList &to, const QStringList &from)
{
    to += from;
    to.removeDuplicates();
}

/// The payload of an answer, if it is of the kind that fits.
template<typename T>
Result<T> payloadOf(const Result<wire::Element> &iq)
{
    if (!iq)
        return std::unexpected(iq.error());
    const auto payload = iq->firstChild() ? wire::readProvisioning(*iq->firstChild())
                                          : fail(FailureKind::BadRequest, u"an empty answer"_s);
    if (!payload)
        return std::unexpected(payload.error());
    if (const T *value = std::get_if<T>(&*payload))
        return *value;
    return fail(FailureKind::BadRequest, u"an answer to another question"_s);
}

} // namespace

TokenHolder::TokenHolder(Connection &connection, StateStore &store, ThingKind kind, QObject *parent)
    : QObject(parent),
      m_connection(connection),
      m_store(store),
      m_kind(kind)
{ }

void TokenHolder::restore(const Identity &identity)
{
    const auto key = KeyPair::fromPrivateKey(identity.privateKey);
    if (!key)
        return;
    m_key = *key;
    m_identity = identity;
}

Result<void> TokenHolder::makeIdentity()
{
    m_key = KeyPair::generate();
    const QDateTime now = QDateTime::currentDateTimeUtc();
    m_identity = { .privateKey = m_key->privateKey(),
                   .certificate = m_key->certificate(m_connection.jid().bare(), now.addSecs(-60),
                                                     now.addYears(5)),
                   .token = {} };
    return m_store.saveIdentity(m_connection.jid().bare(), m_identity);
}

void TokenHolder::obtain(const Jid &server, const Reply &reply)
{
    if (!m_key) {
        if (const auto made = makeIdentity(); !made)
            return reply(std::unexpected(made.error()));
    }
    const auto redeemed = [this, reply](const Result<wire::Element> &iq) {
        const auto response = payloadOf<wire::GetTokenResponse>(iq);
        if (!response)
            return reply(std::unexpected(response.error()));
        m_identity.token = response->token;
        reply(m_store.saveIdentity(m_connection.jid().bare(), m_identity).transform([this] {
            return m_identity.token;
        }));
    };
    m_connection.ask("get"_L1, server, wire::write(wire::GetToken { m_identity.certificate }),
                     [this, server, reply, redeemed](const Result<wire::Element> &iq) {
                         const auto challenge = payloadOf<wire::GetTokenChallenge>(iq);
                         const auto secret = challenge.and_then(
                             [this](const auto &received) { return m_key->decrypt(received.challenge); });
                         if (!secret)
                             return reply(std::unexpected(secret.error()));
                         const wire::GetTokenChallengeResponse response { challenge->seqnr, *secret };
                         m_connection.ask("get"_L1, server, wire::write(response), redeemed);
                     });
}

wire::Tokens TokenHolder::own() const
{
    wire::Tokens tokens;
    if (m_identity.token.isEmpty())
        return tokens;
    switch (m_kind) {
    case ThingKind::Service:
        tokens.service = { m_identity.token };
        break;
    case ThingKind::User:
        tokens.user = { m_identity.token };
        break;
    case ThingKind::Thing:
    case ThingKind::Concentrator:
        tokens.device = { m_identity.token };
        break;
    }
    return tokens;
}

wire::Tokens TokenHolder::received() const
{
    wire::Tokens tokens;
    for (const Received &received : m_received) {
        if (received.until.hasExpired())
            continue;
        add(tokens.service, received.tokens.service);
        add(tokens.user, received.tokens.user);
        add(tokens.device, received.tokens.device);
    }
    return tokens;
}

void TokenHolder::noteSent(const Jid &to, const wire::Tokens &tokens)
{
    m_sent.removeIf([](const Sent &sent) { return sent.until.hasExpired(); });
    for (const QString &token : all(tokens))
        m_sent.append({ to.bare(), token, QDeadlineTimer(1min) });
}

void TokenHolder::noteReceived(const Jid &from, const wire::Tokens &tokens)
{
    m_received.removeIf([](const Received &received) { return received.until.hasExpired(); });
    if (tokens != wire::Tokens())
        m_received.append({ from, tokens, QDeadlineTimer(1min) });
}

void TokenHolder::answerChallenge(const Jid &from, const wire::TokenChallenge &challenge,
                                  const Answer &answer)
{
    const bool wasSent = std::ranges::any_of(m_sent, [&](const Sent &sent) {
        return sent.to == from.bare() && sent.token == challenge.token && !sent.until.hasExpired();
    });
    if (!wasSent)
        return answer(fail(FailureKind::Forbidden, u"This token was not sent to you."_s));
    if (challenge.token == m_identity.token) {
        return answer(m_key->decrypt(challenge.challenge).transform([](const QByteArray &secret) {
            return wire::TokenChallengeResponse { secret };
        }));
    }
    // The latest one: an earlier one may be gone.
    for (const Received &received : m_received | std::views::reverse) {
        if (!all(received.tokens).contains(challenge.token))
            continue;
        m_connection.ask("get"_L1, received.from, wire::write(challenge),
                         [answer](const Result<wire::Element> &iq) {
                             answer(payloadOf<wire::TokenChallengeResponse>(iq));
                         });
        return;
    }
    answer(fail(FailureKind::Forbidden, u"Nobody is known any more who sent this token."_s));
}

} // namespace castellan::things
