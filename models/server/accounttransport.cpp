// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/accounttransport.h"

#include "server/backoff.h"
#include "server/disco.h"
#include "server/log.h"
#include "server/stanza.h"

#include <QDomElement>
#include <QHostAddress>
#include <QSet>
#include <QTimer>
#include <QXmppAuthenticationError.h>
#include <QXmppClient.h>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>
#include <QXmppError.h>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

constexpr QLatin1StringView nsRoster { "jabber:iq:roster" };

/// Sees every stanza before QXmpp does something with it.
class Extension : public QXmppClientExtension
{
public:
    explicit Extension(std::function<bool(const QDomElement &)> handle)
        : m_handle(std::move(handle))
    { }
    bool handleStanza(const QDomElement &stanza) override { return m_handle(stanza); }

private:
    std::function<bool(const QDomElement &)> m_handle;
};

bool isThisMachine(const QString &host)
{
    return host == "localhost"_L1 || QHostAddress(host).isLoopback();
}

} // namespace

struct AccountTransport::Private
{
    Private(AccountTransport *transport, const Jid &account, const QString &password, const QString &host,
            quint16 port)
        : q(transport),
          account(account.toBare()),
          backoff(std::chrono::seconds(1), std::chrono::seconds(60)),
          client(QXmppClient::NoExtensions)
    {
        configuration.setJid(this->account.full());
        configuration.setPassword(password);
        configuration.setResource(u"castellan"_s);
        if (!host.isEmpty())
            configuration.setHost(host);
        if (port != 0)
            configuration.setPort(port);
        const bool local = isThisMachine(host);
        configuration.setStreamSecurityMode(local ? QXmppConfiguration::TLSEnabled
                                                  : QXmppConfiguration::TLSRequired);
        configuration.setIgnoreSslErrors(local);
        configuration.setAutoReconnectionEnabled(false); // Backoff decides
        presence.setCapabilityHash(u"sha-1"_s);
        presence.setCapabilityNode(capsNode);
        presence.setCapabilityVer(capsHash(accountIdentity));

        client.addExtension(new Extension([this](const QDomElement &dom) { return handle(dom); }));
        QObject::connect(&client, &QXmppClient::connected, q, [this] { onConnected(); });
        QObject::connect(&client, &QXmppClient::disconnected, q, [this] {
            lose({ FailureKind::RemoteServerNotFound,
                   u"The connection of %1 has ended."_s.arg(this->account.full()) });
        });
        QObject::connect(&client, &QXmppClient::errorOccurred, q,
                         [this](const QXmppError &error) { onError(error); });
        retryTimer.setSingleShot(true);
        QObject::connect(&retryTimer, &QTimer::timeout, q, [this] { open(); });
    }

    void open() { client.connectToServer(configuration, presence); }

    void onConnected()
    {
        isReady = wasReady = true;
        backoff.reset();
        qCInfo(lcTransport, "Connected as %ls", qUtf16Printable(q->jid().full()));
        if (client.streamManagementState() != QXmppClient::ResumedStream) {
            // Presence starts afresh: who is still there will say so.
            for (const Jid &full : std::exchange(there, {}))
                Q_EMIT q->availabilityChanged(full, false);
            wire::Element iq = stanza(u"iq"_s, u"get"_s, {}, {}, u"roster"_s);
            iq.children = { { .name = u"query"_s, .xmlns = nsRoster } };
            q->send(iq);
        }
        // QXmppClient sends the initial presence after this signal.
        QMetaObject::invokeMethod(
            q,
            [this] {
                if (isReady)
                    Q_EMIT q->ready();
            },
            Qt::QueuedConnection);
    }

    void onError(const QXmppError &error)
    {
        const QString text = u"%1: %2"_s.arg(account.full(), error.description);
        if (const auto refused = error.value<QXmpp::AuthenticationError>(); refused && !wasReady) {
            q->stop();
            Q_EMIT q->failed(
                { FailureKind::Forbidden,
                  u"%1 cannot log in: %2. Check the account and the file of --password-file."_s.arg(
                      account.full(), error.description.isEmpty() ? refused->text : error.description) });
            return;
        }
        lose({ FailureKind::RemoteServerNotFound, text });
    }

    void lose(const Failure &why)
    {
        if (isStopped || retryTimer.isActive())
            return;
        isReady = false;
        retryTimer.start(backoff.next());
        client.disconnectFromServer();
        Q_EMIT q->lost(why);
    }

    bool handle(const QDomElement &dom)
    {
        const QString name = dom.tagName();
        if (!isReady || (name != "iq"_L1 && name != "message"_L1 && name != "presence"_L1))
            return false;
        const wire::Element stanza = withoutStreamNamespace(wire::Element::fromDom(dom));
        const QString from = bareJid(stanza.attribute("from"_L1));
        if (from.isEmpty() || from == account.full())
            handleOwn(stanza);
        else if (name == "presence"_L1)
            handlePresence(stanza);
        else
            Q_EMIT q->stanzaReceived(stanza);
        return true;
    }

    /// From our own account: the roster, and echoes of our own presence.
    void handleOwn(const wire::Element &stanza)
    {
        const wire::Element *query = stanza.child("query"_L1, nsRoster);
        if (stanza.name != "iq"_L1 || !query)
            return;
        for (const wire::Element &item : query->children) {
            const QString jid = bareJid(item.attribute("jid"_L1));
            const QString subscription = item.attribute("subscription"_L1);
            if (subscription == "to"_L1 || subscription == "both"_L1 || item.hasAttribute("ask"_L1))
                subscribedTo.insert(jid);
            else
                subscribedTo.remove(jid);
        }
        if (stanza.attribute("type"_L1) == "set"_L1) {
            q->send(server::stanza(u"iq"_s, u"result"_s, {}, {}, stanza.attribute("id"_L1)));
        }
    }

    void handlePresence(const wire::Element &presence)
    {
        const QString type = presence.attribute("type"_L1);
        const Result<Jid> from = Jid::parse(presence.attribute("from"_L1));
        if (!from)
            return;
        if (type == "subscribe"_L1) {
            sendPresence(u"subscribed"_s, from->bare());
            if (!subscribedTo.contains(from->bare()))
                sendPresence(u"subscribe"_s, from->bare());
        } else if (type == "unsubscribe"_L1) {
            sendPresence(u"unsubscribed"_s, from->bare());
        } else if (type.isEmpty()) {
            there.insert(*from);
            Q_EMIT q->availabilityChanged(*from, true);
        } else if (type == "unavailable"_L1 || type == "error"_L1) {
            there.remove(*from);
            Q_EMIT q->availabilityChanged(*from, false);
        }
    }

    void sendPresence(const QString &type, const QString &to)
    {
        q->send(stanza(u"presence"_s, type, account.full(), to));
    }

    AccountTransport *q;
    Jid account;
    Backoff backoff;
    QXmppConfiguration configuration;
    QXmppPresence presence;
    bool isStopped = true;
    bool isReady = false;
    bool wasReady = false; ///< ever
    QTimer retryTimer;
    QSet<Jid> there; ///< full JIDs whose presence we have
    QSet<QString> subscribedTo;
    QXmppClient client;
};

AccountTransport::AccountTransport(const Jid &account, const QString &password, const QString &host,
                                   quint16 port, QObject *parent)
    : Transport(parent),
      d(std::make_unique<Private>(this, account, password, host, port))
{ }

AccountTransport::~AccountTransport()
{
    QObject::disconnect(&d->client, nullptr, this, nullptr);
}

void AccountTransport::start()
{
    if (std::exchange(d->isStopped, false))
        d->open();
}

void AccountTransport::stop()
{
    d->isStopped = true;
    d->isReady = false;
    d->retryTimer.stop();
    d->client.disconnectFromServer();
}

Jid AccountTransport::jid() const
{
    if (!d->isReady)
        return d->account;
    return Jid::parse(d->client.configuration().jid()).value_or(d->account);
}

bool AccountTransport::send(const wire::Element &stanza)
{
    return d->isReady && d->client.sendPacket(RawStanza(stanza));
}

} // namespace castellan::server
