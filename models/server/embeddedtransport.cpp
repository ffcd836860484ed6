// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/embeddedtransport.h"

#include "server/log.h"
#include "server/rosters.h"
#include "server/stanza.h"
#include "server/stanzasocket.h"

#include <QDomElement>
#include <QFile>
#include <QTcpServer>
#include <QTimer>
#include <QXmppIncomingClient.h>
#include <QXmppPasswordChecker.h>
#include <QXmppServer.h>
#include <QXmppServerExtension.h>

#include <chrono>

using namespace Qt::StringLiterals;

namespace castellan::server {

Result<Accounts> readAccounts(const QString &path, const Jid &domain)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Text)) {
        return fail(FailureKind::ItemNotFound,
                    u"The accounts file %1 cannot be read: %2"_s.arg(path, file.errorString()));
    }
    Accounts accounts;
    for (int number = 1; !file.atEnd(); ++number) {
        const QString line = QString::fromUtf8(file.readLine()).trimmed();
        if (line.isEmpty() || line.startsWith(u'#'))
            continue;
        const qsizetype space = line.indexOf(u' ');
        const auto place = [&] { return u"Line %1 of the accounts file %2"_s.arg(number).arg(path); };
        if (space < 0)
            return fail(FailureKind::BadRequest, u"%1 is not “JID PASSWORD”."_s.arg(place()));
        const Result<Jid> jid = Jid::parse(line.first(space));
        if (!jid)
            return fail(jid.error().kind, u"%1: %2"_s.arg(place(), jid.error().text));
        if (!jid->isBare() || jid->isDomain() || jid->domain() != domain.domain()) {
            return fail(FailureKind::BadRequest,
                        u"%1: %2 is not an account of %3."_s.arg(place(), jid->full(), domain.domain()));
        }
        accounts.insert(jid->full(), line.sliced(space + 1).trimmed());
    }
    return accounts;
}

namespace {

/// A client with more than this still to be taken does not read, and is let go: nobody else pays for it.
constexpr qint64 mostUnsent = 4 << 20;
constexpr std::chrono::seconds sweepEvery { 1 };
/// Of a client, at once: QXmpp reads again what has no end yet.
constexpr qint64 mostUnread = 64 << 10;

// QXmppPasswordChecker has no virtual destructor; ours is never destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class PasswordChecker final : public QXmppPasswordChecker
{
public:
    explicit PasswordChecker(const Accounts &accounts)
        : m_accounts(accounts)
    { }

    /// Lets QXmppServer offer DIGEST-MD5 beside PLAIN.
    bool hasGetPassword() const override { return true; }

protected:
    QXmppPasswordReply::Error getPassword(const QXmppPasswordRequest &request, QString &password) override
    {
        // QXmppServer makes the session's JID of the user name as it was written. Only its normal form
        // logs in: one account must not appear under two names.
        const auto account = m_accounts.constFind(request.username() + u'@' + request.domain());
        if (account == m_accounts.cend())
            return QXmppPasswordReply::AuthorizationError;
        password = *account;
        return QXmppPasswordReply::NoError;
    }

private:
    const Accounts &m_accounts;
};
#pragma GCC diagnostic pop

/// Sees every stanza before QXmppServer routes it.
class Extension : public QXmppServerExtension
{
public:
    explicit Extension(std::function<bool(const QDomElement &)> handle)
        : m_handle(std::move(handle))
    { }
    bool handleStanza(const QDomElement &stanza) override { return m_handle(stanza); }

private:
    std::function<bool(const QDomElement &)> m_handle;
};

/// Accepts connections as StanzaSockets.
class Listener : public QTcpServer
{
public:
    explicit Listener(std::function<void(StanzaSocket *)> accept)
        : m_accept(std::move(accept))
    { }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        auto socket = std::make_unique<StanzaSocket>();
        if (socket->setSocketDescriptor(descriptor))
            m_accept(socket.release());
    }

private:
    std::function<void(StanzaSocket *)> m_accept;
};

} // namespace

struct EmbeddedTransport::Private
{
    Private(EmbeddedTransport *transport, const Jid &domain, const QHostAddress &address, quint16 port,
            const Accounts &accounts)
        : q(transport),
          domain(domain),
          address(address),
          port(port),
          accounts(accounts),
          checker(this->accounts),
          rosters(
              domain.domain(), [this](const QString &bare) { return this->accounts.contains(bare); },
              [this](const wire::Element &stanza) { send(stanza); }),
          listener([this](StanzaSocket *socket) { connected(socket); })
    {
        server.setDomain(domain.domain());
        server.setPasswordChecker(&checker);
        server.addExtension(new Extension([this](const QDomElement &dom) { return handle(dom); }));
        QObject::connect(&server, &QXmppServer::clientConnected, q,
                         [this](const QString &jid) { ++sessions[jid]; });
        QObject::connect(&server, &QXmppServer::clientDisconnected, q,
                         [this](const QString &jid) { disconnected(jid); });
        sweepTimer.setInterval(sweepEvery);
        QObject::connect(&sweepTimer, &QTimer::timeout, q, [this] { sweep(); });
    }

    void connected(StanzaSocket *socket)
    {
        socket->setReadBufferSize(mostUnread);
        auto *client = new QXmppIncomingClient(socket, domain.domain(), &server);
        socket->setParent(client);
        server.addIncomingClient(client);
    }

    void sweep()
    {
        for (QSslSocket *socket : server.findChildren<QSslSocket *>()) {
            if (socket->bytesToWrite() <= mostUnsent)
                continue;
            qCWarning(lcTransport, "The client at %ls port %d does not read what it is sent; let go",
                      qUtf16Printable(socket->peerAddress().toString()), socket->peerPort());
            socket->abort();
        }
    }

    void disconnected(const QString &text)
    {
        // A session that was replaced by another of the same full JID ends after that one has begun.
        const auto session = sessions.find(text);
        if (session == sessions.end() || --*session > 0)
            return;
        sessions.erase(session);
        const Result<Jid> jid = Jid::parse(text);
        if (!jid)
            return;
        rosters.disconnected(*jid);
        Q_EMIT q->availabilityChanged(*jid, false);
    }

    bool handle(const QDomElement &dom)
    {
        const QString to = dom.attribute(u"to"_s);
        const QString name = dom.tagName();
        const bool toDomain = to == domain.domain();
        const bool toBare = !to.contains(u'/');
        const wire::Element stanza = withoutStreamNamespace(wire::Element::fromDom(dom));
        if (!toDomain && name != "presence"_L1 && !(toBare && name == "iq"_L1)) {
            // Between clients. QXmppServer would route it just so, but write xml:lang as lang.
            if (!send(stanza) && isRequest(stanza))
                send(wire::iqError(stanza, { FailureKind::ServiceUnavailable, u"Nobody is there."_s }));
            return true;
        }
        const Result<Jid> from = Jid::parse(stanza.attribute("from"_L1));
        if (!from) {
            qCWarning(lcTransport, "Dropped a stanza from “%ls”: %ls",
                      qUtf16Printable(stanza.attribute("from"_L1)), qUtf16Printable(from.error().text));
            return true;
        }
        if (toDomain && name == "presence"_L1) {
            const QString type = stanza.attribute("type"_L1);
            if (type == "subscribe"_L1 || type == "probe"_L1)
                Q_EMIT q->stanzaReceived(stanza);
            else if (type.isEmpty() || type == "unavailable"_L1)
                Q_EMIT q->availabilityChanged(*from, type.isEmpty());
        }
        if (rosters.handle(*from, stanza))
            return true;
        if (toDomain && answerItems(stanza))
            return true;
        if (toDomain) {
            Q_EMIT q->stanzaReceived(stanza);
            return true;
        }
        // RFC 6121 §8.5.2.1.3: the server answers for an account's bare JID.
        if (isRequest(stanza))
            send(wire::iqError(stanza,
                               { FailureKind::ServiceUnavailable, u"Address one of its resources."_s }));
        return true;
    }

    static bool isRequest(const wire::Element &stanza)
    {
        const QString type = stanza.attribute("type"_L1);
        return stanza.name == "iq"_L1 && (type == "get"_L1 || type == "set"_L1);
    }

    /// A thing looks for a provisioning server among the items of its XMPP server (XEP-0324 §3.1.2). Here
    /// one address is both.
    bool answerItems(const wire::Element &iq)
    {
        const wire::Element *query = iq.firstChild();
        if (iq.name != "iq"_L1 || iq.attribute("type"_L1) != "get"_L1 || iq.children.size() != 1
            || query->name != "query"_L1 || query->xmlns != wire::nsDiscoItems
            || query->hasAttribute("node"_L1))
            return false;
        wire::Element items { .name = u"query"_s, .xmlns = wire::nsDiscoItems };
        wire::Element item { .name = u"item"_s, .xmlns = wire::nsDiscoItems };
        item.setAttribute("jid"_L1, domain.domain());
        item.setAttribute("name"_L1, u"Provisioning"_s);
        items.children.append(item);
        send(wire::iqResult(iq, items));
        return true;
    }

    bool send(const wire::Element &stanza) { return server.sendPacket(RawStanza(stanza)); }

    EmbeddedTransport *q;
    Jid domain;
    QHostAddress address;
    quint16 port;
    Accounts accounts;
    PasswordChecker checker;
    Rosters rosters;
    QHash<QString, int> sessions; ///< by full JID as QXmppServer writes it
    QXmppServer server;
    /// Not QXmppServer::listenForClients(): it neither says which port it got nor why it failed.
    Listener listener;
    QTimer sweepTimer;
};

EmbeddedTransport::EmbeddedTransport(const Jid &domain, const QHostAddress &address, quint16 port,
                                     const Accounts &accounts, QObject *parent)
    : Transport(parent),
      d(std::make_unique<Private>(this, domain, address, port, accounts))
{ }

EmbeddedTransport::~EmbeddedTransport()
{
    QObject::disconnect(&d->server, nullptr, this, nullptr);
}

void EmbeddedTransport::start()
{
    if (!d->listener.listen(d->address, d->port)) {
        Q_EMIT failed(
            { FailureKind::ResourceConstraint,
              u"Cannot listen on %1 port %2: %3. Choose another one with --listen, or stop what uses it."_s
                  .arg(d->address.toString())
                  .arg(d->port)
                  .arg(d->listener.errorString()) });
        return;
    }
    d->sweepTimer.start();
    Q_EMIT ready();
}

void EmbeddedTransport::stop()
{
    d->sweepTimer.stop();
    d->listener.close();
    d->server.close();
}

Jid EmbeddedTransport::jid() const
{
    return d->domain;
}

bool EmbeddedTransport::send(const wire::Element &stanza)
{
    return d->send(stanza);
}

QHostAddress EmbeddedTransport::address() const
{
    return d->listener.serverAddress();
}

quint16 EmbeddedTransport::port() const
{
    return d->listener.serverPort();
}

} // namespace castellan::server
