// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/accounttransport.h"

#include "server/disco.h"
#include "server/stanza.h"

#include <QHostAddress>

#include <utility>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

constexpr QLatin1StringView nsTls { "urn:ietf:params:xml:ns:xmpp-tls" };
constexpr QLatin1StringView nsSasl { "urn:ietf:params:xml:ns:xmpp-sasl" };
constexpr QLatin1StringView nsBind { "urn:ietf:params:xml:ns:xmpp-bind" };
constexpr QLatin1StringView nsRoster { "jabber:iq:roster" };
constexpr quint16 usualPort = 5222;

bool isThisMachine(const QString &host)
{
    return host == "localhost"_L1 || QHostAddress(host).isLoopback();
}

wire::Element saslElement(const QString &name, const QByteArray &data)
{
    return { .name = name, .xmlns = nsSasl, .text = QString::fromLatin1(data.toBase64()) };
}

QByteArray dataOf(const wire::Element &sasl)
{
    return QByteArray::fromBase64(sasl.text.toLatin1());
}

} // namespace

AccountTransport::AccountTransport(const Jid &account, const QString &password, const QString &host,
                                   quint16 port, const Timing &timing, QObject *parent)
    : AccountTransport(new QSslSocket, account, password, host, port, timing, parent)
{ }

AccountTransport::AccountTransport(QSslSocket *socket, const Jid &account, const QString &password,
                                   const QString &host, quint16 port, const Timing &timing, QObject *parent)
    : StreamTransport(std::unique_ptr<QTcpSocket>(socket), account.domain(), wire::nsClient, timing, parent),
      m_tls(*socket),
      m_account(account.toBare()),
      m_password(password),
      m_server(host),
      m_port(port),
      m_isLocal(isThisMachine(host))
{
    m_tls.setPeerVerifyName(m_account.domain());
    // The certificate of a server on this machine need not be anybody's.
    if (m_isLocal)
        connect(&m_tls, &QSslSocket::sslErrors, this, [this] { m_tls.ignoreSslErrors(); });
    connect(&m_tls, &QSslSocket::encrypted, this, &AccountTransport::beginStream);
    connect(&m_tls, &QSslSocket::encryptedBytesWritten, this, &AccountTransport::onBytesWritten);
    m_lookup.setType(QDnsLookup::SRV);
    m_lookup.setName("_xmpp-client._tcp."_L1 + m_account.domain());
    connect(&m_lookup, &QDnsLookup::finished, this, &AccountTransport::onServersFound);
}

qint64 AccountTransport::unsent() const
{
    return m_tls.bytesToWrite() + (m_tls.isEncrypted() ? m_tls.encryptedBytesToWrite() : 0);
}

void AccountTransport::connectToServer()
{
    m_isAuthenticated = false;
    m_login.reset();
    if (!m_server.isEmpty())
        connectTo(m_server, m_port ? m_port : usualPort);
    else
        m_lookup.lookup();
}

/// RFC 6120 §3.2.1: the records, which QDnsLookup has put in order, one after the other; without any the
/// domain itself.
void AccountTransport::onServersFound()
{
    const QList<QDnsServiceRecord> servers = m_lookup.serviceRecords();
    if (servers.isEmpty())
        return connectTo(m_account.domain(), m_port ? m_port : usualPort);
    const QDnsServiceRecord &server = servers.at(m_attempt++ % servers.size());
    connectTo(server.target(), server.port());
}

void AccountTransport::onNegotiation(const wire::Element &element)
{
    if (element.name == "features"_L1) {
        onFeatures(element);
    } else if (element.xmlns == nsTls && element.name == "proceed"_L1) {
        endStream(); // what came in the clear behind this must not count as encrypted
        m_tls.startClientEncryption();
    } else if (element.xmlns == nsTls) {
        lose({ FailureKind::ServiceUnavailable, u"%1 cannot do TLS now."_s.arg(host()) });
    } else if (element.xmlns == nsSasl && element.name == "challenge"_L1) {
        onChallenge(element);
    } else if (element.xmlns == nsSasl && element.name == "success"_L1) {
        onSuccess(element);
    } else if (element.xmlns == nsSasl) {
        refuseLogin(element.firstChild() ? element.firstChild()->name : element.name);
    } else if (element.name == "iq"_L1 && element.attribute("id"_L1) == "bind"_L1) {
        onBound(element);
    }
}

void AccountTransport::onFeatures(const wire::Element &features)
{
    if (!m_tls.isEncrypted() && features.child("starttls"_L1, nsTls))
        return write(wire::Element { .name = u"starttls"_s, .xmlns = nsTls }.toXml());
    if (!m_tls.isEncrypted() && !m_isLocal) {
        return lose(
            { FailureKind::Forbidden,
              u"%1 offers no TLS, without which no password is sent to another machine."_s.arg(host()) });
    }
    const wire::Element *mechanisms = features.child("mechanisms"_L1, nsSasl);
    if (!m_isAuthenticated && mechanisms)
        return authenticate(*mechanisms);
    if (!m_isAuthenticated || !features.child("bind"_L1, nsBind)) {
        return lose({ FailureKind::FeatureNotImplemented,
                      u"%1 does not let clients log in (RFC 6120 §6, §7)."_s.arg(host()) });
    }
    wire::Element resource { .name = u"resource"_s, .xmlns = nsBind, .text = u"castellan"_s };
    wire::Element bind { .name = u"bind"_s, .xmlns = nsBind, .children = { resource } };
    wire::Element iq = stanza(u"iq"_s, u"set"_s, {}, {}, u"bind"_s);
    iq.children = { bind };
    write(iq.toXml());
}

void AccountTransport::authenticate(const wire::Element &mechanisms)
{
    QStringList offered;
    for (const wire::Element &mechanism : mechanisms.children)
        offered.append(mechanism.text.trimmed());
    auto login = SaslClient::start(offered, m_account.local(), m_password);
    const auto first = login ? login->step({}) : std::unexpected(login.error());
    if (!first)
        return refuseLogin(first.error().text);
    m_login.emplace(*std::move(login));
    wire::Element auth = saslElement(u"auth"_s, *first);
    auth.setAttribute("mechanism"_L1, m_login->mechanism());
    write(auth.toXml());
}

void AccountTransport::onChallenge(const wire::Element &challenge)
{
    const auto answer = m_login ? m_login->step(dataOf(challenge))
                                : fail(FailureKind::BadRequest, u"nothing was to be challenged."_s);
    if (!answer)
        return lose({ answer.error().kind, u"%1: %2"_s.arg(host(), answer.error().text) });
    write(saslElement(u"response"_s, *answer).toXml());
}

void AccountTransport::onSuccess(const wire::Element &success)
{
    // A server may prove itself in a challenge of its own or with its success.
    if (m_login && !m_login->isComplete())
        (void)m_login->step(dataOf(success));
    if (!m_login || !m_login->isComplete()) {
        return lose(
            { FailureKind::Forbidden,
              u"%1 did not prove that it knows the password of %2."_s.arg(host(), m_account.full()) });
    }
    m_isAuthenticated = true;
    endStream();
    beginStream();
}

void AccountTransport::onBound(const wire::Element &iq)
{
    const wire::Element *bind = iq.child("bind"_L1, nsBind);
    const wire::Element *bound = bind ? bind->child("jid"_L1, nsBind) : nullptr;
    const Result<Jid> jid = Jid::parse(bound ? bound->text : QString());
    if (!jid || jid->bare() != m_account.bare() || jid->isBare()) {
        return lose(
            { FailureKind::ServiceUnavailable, u"%1 gave %2 no address."_s.arg(host(), m_account.full()) });
    }
    m_jid = *jid;
    setReady();
    // Presence starts afresh: who is still there will say so.
    for (const Jid &full : std::exchange(m_there, {}))
        Q_EMIT availabilityChanged(full, false);
    wire::Element roster = stanza(u"iq"_s, u"get"_s, {}, {}, u"roster"_s);
    roster.children = { { .name = u"query"_s, .xmlns = nsRoster } };
    send(roster);
    wire::Element presence { .name = u"presence"_s };
    presence.children = { capsElement(accountIdentity) };
    send(presence);
    Q_EMIT ready();
}

void AccountTransport::refuseLogin(const QString &why)
{
    refuse({ { FailureKind::Forbidden,
               u"%1 cannot log in: %2. Check the account and the file of --password-file."_s.arg(
                   m_account.full(), why) },
             why != "temporary-auth-failure"_L1 });
}

void AccountTransport::onStanza(wire::Element stanza)
{
    const QString from = bareJid(stanza.attribute("from"_L1));
    if (from.isEmpty() || from == m_account.full())
        onOwn(stanza);
    else if (stanza.name == "presence"_L1)
        onPresence(stanza);
    else
        Q_EMIT stanzaReceived(stanza);
}

void AccountTransport::onOwn(const wire::Element &stanza)
{
    const wire::Element *query = stanza.child("query"_L1, nsRoster);
    if (stanza.name != "iq"_L1 || !query)
        return;
    for (const wire::Element &item : query->children) {
        const QString jid = bareJid(item.attribute("jid"_L1));
        const QString subscription = item.attribute("subscription"_L1);
        if (subscription == "to"_L1 || subscription == "both"_L1 || item.hasAttribute("ask"_L1))
            m_subscribedTo.insert(jid);
        else
            m_subscribedTo.remove(jid);
    }
    if (stanza.attribute("type"_L1) == "set"_L1)
        send(server::stanza(u"iq"_s, u"result"_s, {}, {}, stanza.attribute("id"_L1)));
}

void AccountTransport::onPresence(const wire::Element &presence)
{
    const QString type = presence.attribute("type"_L1);
    const Result<Jid> from = Jid::parse(presence.attribute("from"_L1));
    if (!from)
        return;
    if (type == "subscribe"_L1) {
        sendPresence(u"subscribed"_s, from->bare());
        if (!m_subscribedTo.contains(from->bare()))
            sendPresence(u"subscribe"_s, from->bare());
    } else if (type == "unsubscribe"_L1) {
        sendPresence(u"unsubscribed"_s, from->bare());
    } else if (type.isEmpty()) {
        m_there.insert(*from);
        Q_EMIT availabilityChanged(*from, true);
    } else if (type == "unavailable"_L1 || type == "error"_L1) {
        m_there.remove(*from);
        Q_EMIT availabilityChanged(*from, false);
    }
}

void AccountTransport::sendPresence(const QString &type, const QString &to)
{
    send(stanza(u"presence"_s, type, m_account.full(), to));
}

} // namespace castellan::server
