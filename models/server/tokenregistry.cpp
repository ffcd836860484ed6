// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/tokenregistry.h"

#include "server/certificates.h"
#include "server/log.h"

#include <QCryptographicHash>
#include <QRandomGenerator>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

/// Who present one visitor's token: its service and the things it is passed on to.
constexpr qsizetype mostPresenters = 64;

Failure revoked()
{
    return { FailureKind::Forbidden, u"This certificate has been revoked. Use a new one."_s };
}

QByteArray hashOf(const QString &token)
{
    return QCryptographicHash::hash(token.toUtf8(), QCryptographicHash::Sha256);
}

} // namespace

TokenRegistry::TokenRegistry(std::shared_ptr<Store> store, LiveNetwork &network, Noting &noting,
                             const QList<Token> &tokens, const Settings &settings, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_network(network),
      m_noting(noting),
      m_settings(settings)
{
    QList<QByteArray> orphans;
    QList<Token> inOrder;
    for (const Token &token : tokens) {
        if (isOrphan(token))
            orphans.append(token.hash);
        else
            inOrder.append(token);
    }
    std::ranges::stable_sort(inOrder, {}, [](const Token &token) {
        return token.certificate.isEmpty() ? token.used : token.issued;
    });
    for (const Token &token : std::as_const(inOrder))
        add(token);
    forget(orphans);
    connect(&m_network, &LiveNetwork::committed, this, &TokenRegistry::take);
}

void TokenRegistry::take(const Committed &committed)
{
    QList<QByteArray> orphans;
    for (const VersionedObject &object : committed.objects) {
        // Who comes back under the same name shall not find the tokens of who was removed.
        if (object.object)
            continue;
        if (object.key.type == ObjectType::Service)
            orphans.append(m_byHolder.value(holderOf({ .service = object.key.id })).values());
        else if (object.key.type == ObjectType::Certificate)
            orphans.append(m_byHolder.value(holderOf({ .certificate = object.key.id })).values());
    }
    forget(orphans);
}

// ---- challenges

Result<wire::GetTokenChallenge> TokenRegistry::challenge(const Jid &from, const QByteArray &der)
{
    const QString sender = from.bare();
    while (!m_challengeOrder.isEmpty()) {
        const auto oldest = m_challenges.constFind(m_challengeOrder.head());
        if (oldest != m_challenges.cend() && !oldest->deadline.hasExpired())
            break;
        forgetChallenge(m_challengeOrder.dequeue());
    }
    if (m_network.snapshot().isContained(sender))
        return fail(FailureKind::Forbidden, u"%1 gets no tokens now."_s.arg(sender));
    if (m_challenges.size() >= m_settings.challenges
        || m_challengesOf.value(sender) >= m_settings.challengesPerSender) {
        return fail(FailureKind::ResourceConstraint,
                    u"Too many challenges wait for an answer. Answer one, or ask again later."_s);
    }

    Result<Certificate> certificate = readCertificate(der);
    if (!certificate)
        return std::unexpected(certificate.error());
    if (const Result<void> valid = checkTime(*certificate, QDateTime::currentDateTimeUtc()); !valid)
        return std::unexpected(valid.error());
    if (isRevoked(certificate->thumbprint))
        return std::unexpected(revoked());
    const QByteArray secret = randomSecret();
    const Result<QByteArray> encrypted = encryptFor(der, secret);
    if (!encrypted)
        return std::unexpected(encrypted.error());

    qint32 number = 0;
    do
        number = qint32(QRandomGenerator::system()->bounded(1, std::numeric_limits<qint32>::max()));
    while (m_challenges.contains(number));
    certificate->jid = sender;
    certificate->noted = true;
    m_challenges.insert(
        number, { sender, *std::move(certificate), secret, QDeadlineTimer(m_settings.challengeLife) });
    m_challengeOrder.enqueue(number);
    ++m_challengesOf[sender];
    return wire::GetTokenChallenge { .seqnr = number, .challenge = *encrypted };
}

void TokenRegistry::forgetChallenge(qint32 number)
{
    const auto challenge = m_challenges.constFind(number);
    if (challenge == m_challenges.cend())
        return;
    if (--m_challengesOf[challenge->sender] == 0)
        m_challengesOf.remove(challenge->sender);
    m_challenges.erase(challenge);
}

void TokenRegistry::redeem(const Jid &from, const wire::GetTokenChallengeResponse &response, const Done &done)
{
    const auto found = m_challenges.constFind(response.seqnr);
    if (found == m_challenges.cend() || found->sender != from.bare() || found->deadline.hasExpired()) {
        return done(
            fail(FailureKind::ItemNotFound,
                 u"No challenge %1 waits for your answer. Begin again with getToken."_s.arg(response.seqnr)));
    }
    const Challenge challenge = *found;
    forgetChallenge(response.seqnr); // one attempt for each
    if (!equalInConstantTime(challenge.secret, response.response)) {
        return done(
            fail(FailureKind::BadRequest, u"This is not what was encrypted. Begin again with getToken."_s));
    }
    if (isRevoked(challenge.certificate.thumbprint)) // meanwhile
        return done(std::unexpected(revoked()));
    keep(challenge.certificate, [this, challenge, done](const Result<void> &kept) {
        if (!kept)
            return done(std::unexpected(kept.error()));
        issue({ .certificate = challenge.certificate.thumbprint, .jid = challenge.sender }, done);
    });
}

void TokenRegistry::keep(const Certificate &certificate, const Noting::Done &done)
{
    const auto known = m_network.snapshot().certificate(certificate.thumbprint);
    if (!known || !known->der.isEmpty())
        return m_noting.noteNow(certificate, done);
    // An administrator named it by its thumbprint only; its tokens could not be challenged.
    m_store->object({ ObjectType::Certificate, certificate.thumbprint })
        .then(this, [this, certificate, done](const Result<VersionedObject> &stored) {
            if (!stored)
                return done(std::unexpected(stored.error()));
            Certificate complete = certificate;
            const Certificate &before = std::get<Certificate>(*stored->object);
            complete.revoked = before.revoked;
            complete.comment = before.comment;
            complete.noted = before.noted;
            m_noting.replace(*stored, complete, done);
        });
}

// ---- tokens

void TokenRegistry::issueUserToken(const Jid &to, const QString &service, const Done &done)
{
    issue({ .service = service, .jid = to.bare() }, done);
}

void TokenRegistry::issue(Token token, const Done &done)
{
    const QString text = QString::fromLatin1(
        randomSecret().toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals));
    token.hash = hashOf(text);
    token.issued = token.used = QDateTime::currentDateTimeUtc();

    const auto &others = m_byHolder[holderOf(token)];
    const int limit = token.certificate.isEmpty() ? m_settings.tokensPerService
                                                  : m_settings.tokensPerCertificate;
    QList<QByteArray> gone;
    if (others.size() >= limit)
        gone = others.values().first(others.size() - limit + 1);
    for (const QByteArray &hash : std::as_const(gone))
        remove(hash);
    add(token); // nobody knows it yet
    m_store->addToken(token, gone).then(this, [this, text, token, done](const Result<void> &added) {
        if (added)
            return done(text);
        remove(token.hash);
        qCWarning(lcServer, "A token could not be stored: %ls", qUtf16Printable(added.error().text));
        done(fail(FailureKind::InternalServerError,
                  u"The server's database does not answer; ask again later."_s));
    });
}

void TokenRegistry::setUser(const QByteArray &hash, const QString &user,
                            const std::function<void(const Result<void> &)> &done)
{
    const auto entry = m_tokens.find(hash);
    if (entry == m_tokens.end() || entry->token.user == user)
        return done({});
    entry->token.user = user;
    const QStringList holders = std::exchange(entry->presentedBy, {});
    m_store->setTokenUser(hash, user).then(this, [this, holders, done](const Result<void> &stored) {
        done(stored);
        Q_EMIT userChanged(holders); // it is in force, stored or not
    });
}

void TokenRegistry::presented(const QStringList &tokens, const Jid &by)
{
    for (const QString &token : tokens) {
        const auto entry = m_tokens.find(hashOf(token));
        if (entry == m_tokens.end() || !entry->token.certificate.isEmpty()
            || entry->presentedBy.contains(by.bare()))
            continue;
        entry->presentedBy.append(by.bare());
        if (entry->presentedBy.size() > mostPresenters)
            entry->presentedBy.removeFirst();
    }
}

std::optional<TokenRegistry::Live> TokenRegistry::find(const QString &token)
{
    const rules::Snapshot &network = m_network.snapshot();
    const auto entry = m_tokens.find(hashOf(token));
    if (entry == m_tokens.end() || network.isContained(entry->token.jid))
        return {};
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Live live { .token = entry->token };
    if (entry->token.certificate.isEmpty()) {
        live.identity.service = entry->token.service;
        live.identity.user = entry->token.user;
    } else {
        const QString &thumbprint = entry->token.certificate;
        live.certificate = network.certificate(thumbprint);
        if (!live.certificate || !network.counts(thumbprint, now))
            return {};
        live.identity = { .certificate = thumbprint,
                          .user = network.userOf(thumbprint),
                          .service = network.serviceOf(thumbprint) };
    }

    entry->token.used = now;
    m_used.insert(entry->token.hash, now);
    if (entry->token.certificate.isEmpty()) {
        auto &order = m_byHolder[holderOf(entry->token)];
        order.remove(entry->place);
        entry->place = ++m_lastPlace;
        order.insert(entry->place, entry->token.hash);
    }
    return live;
}

TokenRegistry::Presented TokenRegistry::present(const QStringList &tokens, const QSet<QString> &unproven)
{
    Presented presented;
    for (const QString &token : tokens) {
        auto live = unproven.contains(token) ? std::nullopt : find(token);
        if (live)
            presented.live.append(*std::move(live));
        else
            presented.hasDead = true;
    }
    presented.isDenied = presented.live.isEmpty()
        && std::ranges::any_of(tokens, [&](const QString &token) { return unproven.contains(token); });
    return presented;
}

QList<rules::Identity> TokenRegistry::Presented::identities() const
{
    QList<rules::Identity> identities;
    for (const Live &one : live)
        identities.append(one.identity);
    if (hasDead && !live.isEmpty())
        identities.append(rules::Identity());
    return identities;
}

bool TokenRegistry::isOwner(const QString &bare, const QString &thumbprint) const
{
    const rules::Snapshot &network = m_network.snapshot();
    if (network.isContained(bare) || !network.counts(thumbprint, QDateTime::currentDateTimeUtc()))
        return false;
    const QMap<quint64, QByteArray> hashes = m_byHolder.value(holderOf({ .certificate = thumbprint }));
    return std::ranges::any_of(hashes, [&](const QByteArray &hash) {
        return m_tokens.value(hash).token.jid == bare;
    });
}

bool TokenRegistry::isRevoked(const QString &thumbprint) const
{
    const auto known = m_network.snapshot().certificate(thumbprint);
    return known && known->revoked;
}

QString TokenRegistry::holderOf(const Token &token)
{
    // No thumbprint begins with a space.
    return token.certificate.isEmpty() ? u' ' + token.service : token.certificate;
}

bool TokenRegistry::isOrphan(const Token &token) const
{
    const ObjectKey key = token.certificate.isEmpty()
        ? ObjectKey { ObjectType::Service, token.service }
        : ObjectKey { ObjectType::Certificate, token.certificate };
    return !m_network.snapshot().contains(key);
}

void TokenRegistry::add(const Token &token)
{
    m_tokens.insert(token.hash, { token, ++m_lastPlace });
    m_byHolder[holderOf(token)].insert(m_lastPlace, token.hash);
}

void TokenRegistry::remove(const QByteArray &hash)
{
    const auto entry = m_tokens.constFind(hash);
    if (entry == m_tokens.cend())
        return;
    const auto others = m_byHolder.find(holderOf(entry->token));
    others->remove(entry->place);
    if (others->isEmpty())
        m_byHolder.erase(others);
    m_used.remove(hash);
    m_tokens.erase(entry);
}

void TokenRegistry::forget(const QList<QByteArray> &hashes)
{
    if (hashes.isEmpty())
        return;
    for (const QByteArray &hash : hashes)
        remove(hash);
    m_store->removeTokens(hashes).then(this, [](const Result<void> &removed) {
        // They are removed at the next start.
        if (!removed)
            qCWarning(lcServer, "Tokens could not be removed: %ls", qUtf16Printable(removed.error().text));
    });
}

QFuture<Result<void>> TokenRegistry::flush()
{
    return m_store->touchTokens(std::exchange(m_used, {}));
}

} // namespace castellan::server
