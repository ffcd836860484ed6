// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/tokenproofs.h"

#include "server/certificates.h"
#include "server/log.h"
#include "server/stanza.h"

#include <QTimer>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::server {

TokenProofs::TokenProofs(LiveNetwork &network, TokenRegistry &tokens, Transport &transport,
                         const Settings &settings, QObject *parent)
    : QObject(parent),
      m_network(network),
      m_tokens(tokens),
      m_transport(transport),
      m_settings(settings),
      m_proofs(settings.remembered)
{ }

bool TokenProofs::needsProof(const Jid &from, const TokenRegistry::Live &live) const
{
    if (!live.certificate) // a user token stands for no key that could prove anything
        return false;
    const Policy policy = m_network.snapshot().policy();
    const QString sender = from.bare();
    const QDateTime *proof = m_proofs.object({ live.token.hash, sender });
    QDateTime last = proof ? *proof : QDateTime();
    // Obtaining it was a proof.
    if (sender == live.token.jid && (!last.isValid() || last < live.token.issued))
        last = live.token.issued;
    switch (policy.challenge) {
    case Policy::Challenge::Never:
        return false;
    case Policy::Challenge::FirstUse:
        return !last.isValid();
    case Policy::Challenge::Interval:
        return !last.isValid()
            || last.addDuration(std::chrono::hours(policy.challengeHours)) <= QDateTime::currentDateTimeUtc();
    case Policy::Challenge::Always:
        return true;
    }
    Q_UNREACHABLE_RETURN(true);
}

bool TokenProofs::prove(const Jid &from, const QStringList &tokens, const Done &done)
{
    QHash<QString, TokenRegistry::Live> toProve;
    for (const QString &token : tokens) {
        if (const auto live = m_tokens.find(token); live && needsProof(from, *live))
            toProve.insert(token, *live);
    }
    if (toProve.isEmpty()) {
        done({});
        return true;
    }
    const QString sender = from.bare();
    if (m_waiting >= m_settings.waiting || m_waitingOf.value(sender) >= m_settings.waitingPerSender)
        return false;

    const auto waiting = std::make_shared<Waiting>(done);
    for (const auto &[token, live] : std::as_const(toProve).asKeyValueRange()) {
        // One that is on its way is answered after this question came: it proves for it too.
        QString id = m_onTheirWay.value({ from, token });
        if (id.isEmpty())
            id = challenge(from, token, live);
        if (id.isEmpty()) {
            waiting->unproven.insert(token);
            remember({ live.token.hash, sender }, false);
        } else {
            m_challenges[id].waiting.append(waiting);
            ++waiting->open;
        }
    }
    if (waiting->open == 0) {
        done(waiting->unproven);
    } else {
        ++m_waiting;
        ++m_waitingOf[sender];
    }
    return true;
}

QString TokenProofs::challenge(const Jid &to, const QString &token, const TokenRegistry::Live &live)
{
    const QByteArray secret = randomSecret();
    const Result<QByteArray> encrypted = encryptFor(live.certificate->der, secret);
    if (!encrypted) {
        qCWarning(lcServer, "A token of %ls cannot be challenged: %ls", qUtf16Printable(live.token.jid),
                  qUtf16Printable(encrypted.error().text));
        return {};
    }
    const QString id = u"challenge-"_s + QUuid::createUuid().toString(QUuid::WithoutBraces);
    wire::Element iq = stanza(u"iq"_s, u"get"_s, m_transport.jid().full(), to.full(), id);
    iq.children = { wire::write(wire::TokenChallenge { token, *encrypted }) };
    if (!m_transport.send(iq))
        return {};
    m_challenges.insert(id, { to, token, live.token.hash, secret, {} });
    m_onTheirWay.insert({ to, token }, id);
    QTimer::singleShot(m_settings.timeout, this, [this, id] { settle(id, false); });
    return id;
}

bool TokenProofs::takeAnswer(const Jid &from, const wire::Element &iq)
{
    const QString id = iq.attribute("id"_L1);
    const auto challenge = m_challenges.constFind(id);
    if (challenge == m_challenges.cend() || challenge->to != from)
        return false;
    bool proved = false;
    if (iq.attribute("type"_L1) == "result"_L1 && iq.firstChild()) {
        const auto payload = wire::readProvisioning(*iq.firstChild());
        const auto *response = payload ? std::get_if<wire::TokenChallengeResponse>(&*payload) : nullptr;
        proved = response && equalInConstantTime(challenge->secret, response->response);
    }
    settle(id, proved);
    return true;
}

void TokenProofs::settle(const QString &id, bool proved)
{
    const auto found = m_challenges.constFind(id);
    if (found == m_challenges.cend())
        return; // answered in time
    const Challenge challenge = *found;
    m_challenges.erase(found);
    m_onTheirWay.remove({ challenge.to, challenge.token });
    remember({ challenge.hash, challenge.to.bare() }, proved);
    if (!proved)
        qCInfo(lcServer, "%ls did not prove that it may use the token it presented",
               qUtf16Printable(challenge.to.full()));
    for (const auto &waiting : challenge.waiting) {
        if (!proved)
            waiting->unproven.insert(challenge.token);
        if (--waiting->open > 0)
            continue;
        --m_waiting;
        if (--m_waitingOf[challenge.to.bare()] == 0)
            m_waitingOf.remove(challenge.to.bare());
        waiting->done(waiting->unproven);
    }
}

void TokenProofs::remember(const Proof &proof, bool proved)
{
    const QDateTime *last = m_proofs.object(proof);
    const bool hasFailed = last && !last->isValid();
    m_proofs.insert(proof, new QDateTime(proved ? QDateTime::currentDateTimeUtc() : QDateTime()));
    if (proved && hasFailed)
        Q_EMIT provedLate(proof.second);
}

} // namespace castellan::server
