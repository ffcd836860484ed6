// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/connection.h"

#include <QCryptographicHash>
#include <QDomElement>
#include <QHash>
#include <QHostAddress>
#include <QLoggingCategory>
#include <QPromise>
#include <QRandomGenerator>
#include <QSslCertificate>
#include <QSslError>
#include <QSslSocket>
#include <QTimer>
#include <QUuid>
#include <QXmppAuthenticationError.h>
#include <QXmppClient.h>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>
#include <QXmppIq.h>
#include <QXmppOutgoingClient.h>
#include <QXmppPresence.h>
#include <QXmppSendResult.h>
#include <QXmppTask.h>

#include <chrono>

namespace castellan::replica {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcConnection, "castellan.replica.connection", QtInfoMsg)

/// A network or server that does not answer at all is given up after this.
constexpr auto patience = 30s;
constexpr auto requestTimeout = 60s;
constexpr auto longestPause = 60s;

/// An iq that carries one of our payloads.
class AdminIq : public QXmppIq
{
public:
    AdminIq(const QString &to, const wire::admin::Request &request)
        : QXmppIq(wire::admin::isSet(request) ? Set : Get),
          m_payload(wire::admin::write(request))
    {
        setTo(to);
    }

    void toXmlElementFromChild(QXmlStreamWriter *writer) const override
    {
        m_payload.write(*writer, wire::nsClient);
    }

private:
    const wire::Element m_payload;
};

/// Takes what the provisioning server sends out of the stream. Answers too: QXmpp would keep of an error
/// only its condition and text, and a conflict says more.
class Listener : public QXmppClientExtension
{
public:
    using Handler = std::function<bool(const QDomElement &stanza)>;

    explicit Listener(Handler handler)
        : m_handler(std::move(handler))
    { }

    using QXmppClientExtension::handleStanza;
    bool handleStanza(const QDomElement &stanza) override { return m_handler(stanza); }

private:
    const Handler m_handler;
};

bool isThisMachine(const QString &host)
{
    return host == "localhost"_L1 || QHostAddress(host).isLoopback();
}

QString thumbprint(const QSslCertificate &certificate)
{
    return QString::fromLatin1(certificate.digest(QCryptographicHash::Sha256).toHex());
}

QString sentence(const QString &text)
{
    return text.endsWith(u'.') ? text : text + u'.';
}

/// Errors that a server on the way sends when it cannot, or could not yet, reach the one that was asked.
bool isFromTheWay(FailureKind kind)
{
    switch (kind) {
    case FailureKind::RecipientUnavailable:
    case FailureKind::RemoteServerNotFound:
    case FailureKind::ServiceUnavailable:
    case FailureKind::Timeout:
        return true;
    default:
        return false;
    }
}

} // namespace

struct AdminConnection::Private
{
    explicit Private(AdminConnection *q)
        : q(q),
          client(QXmppClient::NoExtensions)
    { }

    void attempt();
    void connected();
    void presenceReceived(const QXmppPresence &presence);
    void down();
    void pauseThenRetry(const Failure &why);
    void setReady(const QString &newPeer);
    [[nodiscard]] Failure explain() const;
    [[nodiscard]] QSslSocket *socket() const;
    /// Whether the certificate of the other side is the pinned one.
    [[nodiscard]] bool isPinned() const;
    void distrust(const QList<QSslError> &errors);
    [[nodiscard]] bool isHopeless() const;
    bool handleStanza(const QDomElement &stanza);
    void finish(const QString &id, RequestResult result);

    AdminConnection *const q;
    QXmppClient client;
    Account account;
    bool wanted = false; ///< between open() and close(), unless refused
    bool trying = false; ///< from the start of an attempt to the end of its connection
    QString peer; ///< what requests go to; empty: nobody there
    int failures = 0;
    QXmppError error;
    bool mustEncrypt = false;
    bool met = false; ///< somebody took the connection
    bool encrypted = false;
    QList<PeerCertificate> distrusted; ///< the chain that the host has shown, if it is not good
    std::optional<Failure> reason; ///< why we gave the connection up ourselves
    QTimer pause;
    QTimer impatience;
    QHash<QString, std::shared_ptr<QPromise<RequestResult>>> pending; ///< by the id of the stanza
};

AdminConnection::AdminConnection(QObject *parent)
    : QObject(parent),
      d(new Private(this))
{
    d->client.addExtension(
        new Listener([this](const QDomElement &stanza) { return d->handleStanza(stanza); }));
    d->pause.setSingleShot(true);
    d->impatience.setSingleShot(true);
    connect(&d->pause, &QTimer::timeout, this, [this] { d->attempt(); });
    connect(&d->impatience, &QTimer::timeout, this, [this] {
        giveUp({ FailureKind::Timeout,
                 d->client.isConnected()
                     ? tr("%1 is not online, or does not know you", "%1 is the JID of a server")
                           .arg(d->account.server.bare())
                     : tr("The server does not answer. Check the address and the network", "connecting") });
    });
    connect(&d->client, &QXmppClient::connected, this, [this] { d->connected(); });
    connect(d->socket(), &QSslSocket::connected, this, [this] { d->met = true; });
    // Encrypted, and nothing said yet: the system may trust what is not the one that was pinned.
    connect(d->socket(), &QSslSocket::encrypted, this, [this] {
        d->encrypted = true;
        if (!d->account.pin.isEmpty() && !d->isPinned()) {
            d->distrust({});
            d->socket()->abort();
        }
    });
    connect(&d->client, &QXmppClient::presenceReceived, this,
            [this](const QXmppPresence &presence) { d->presenceReceived(presence); });
    connect(&d->client, &QXmppClient::sslErrors, this, [this](const QList<QSslError> &errors) {
        if (d->isPinned())
            d->socket()->ignoreSslErrors();
        else
            d->distrust(errors);
    });
    // Queued: QXmpp is still taking the old stream down when it says so.
    connect(
        &d->client, &QXmppClient::errorOccurred, this,
        [this](const QXmppError &error) {
            d->error = error;
            d->down();
        },
        Qt::QueuedConnection);
    connect(&d->client, &QXmppClient::disconnected, this, [this] { d->down(); }, Qt::QueuedConnection);
}

AdminConnection::~AdminConnection()
{
    d->client.disconnect(this);
    d->client.disconnectFromServer();
}

void AdminConnection::open(const Account &account)
{
    d->account = account;
    d->wanted = true;
    if (!d->trying) // else when the connection that is ending has ended
        d->attempt();
}

void AdminConnection::retry()
{
    if (!d->wanted || d->trying)
        return;
    d->attempt();
}

void AdminConnection::giveUp(const Failure &why)
{
    if (!d->trying)
        return;
    d->reason = why;
    // Queued: QXmpp may be reading from the stream that is to be closed.
    QMetaObject::invokeMethod(this, [this] { d->down(); }, Qt::QueuedConnection);
}

void AdminConnection::refuse(const Failure &why)
{
    d->wanted = false;
    d->pause.stop();
    giveUp(why);
    Q_EMIT refused(why);
}

void AdminConnection::Private::attempt()
{
    pause.stop();
    trying = true;
    error = {};
    distrusted.clear();
    met = false;
    encrypted = false;
    reason.reset();
    Q_EMIT q->connecting();

    // Nobody is between us and ourselves, and an embedded server has no certificate. Who pinned one, though,
    // has met an encrypted server there.
    mustEncrypt = !isThisMachine(account.host) || !account.pin.isEmpty();
    QXmppConfiguration configuration;
    configuration.setJid(account.jid.bare());
    configuration.setPassword(account.password);
    // Of its own: two consoles of one account would throw each other out.
    configuration.setResource(u"castellan-"_s + QUuid::createUuid().toString(QUuid::Id128).first(8));
    if (!account.host.isEmpty())
        configuration.setHost(account.host);
    if (account.port)
        configuration.setPort(account.port);
    configuration.setStreamSecurityMode(mustEncrypt ? QXmppConfiguration::TLSRequired
                                                    : QXmppConfiguration::TLSEnabled);
    configuration.setIgnoreSslErrors(false);
    configuration.setDisabledSaslMechanisms({});
    configuration.setAutoReconnectionEnabled(false); // ours knows why the last attempt failed
    configuration.setAutoAcceptSubscriptions(false);
    configuration.setKeepAliveInterval(30);
    configuration.setKeepAliveTimeout(20);
    impatience.start(patience);
    client.connectToServer(configuration);
}

void AdminConnection::Private::connected()
{
    const QString server = account.server.bare();
    if (account.server.isDomain()) {
        // So that the server, where it is not the one that holds our account, learns when we go.
        QXmppPresence presence;
        presence.setTo(server);
        client.send(std::move(presence));
        setReady(server);
        return;
    }
    // An account answers requests at its full JID only, which its presence tells.
    QXmppPresence subscribe(QXmppPresence::Subscribe);
    subscribe.setTo(server);
    client.send(std::move(subscribe));
}

void AdminConnection::Private::presenceReceived(const QXmppPresence &presence)
{
    if (account.server.isDomain() || bareJid(presence.from()) != account.server.bare())
        return;
    if (presence.type() == QXmppPresence::Subscribe) {
        QXmppPresence subscribed(QXmppPresence::Subscribed);
        subscribed.setTo(account.server.bare());
        client.send(std::move(subscribed));
    } else if (presence.type() == QXmppPresence::Available && peer.isEmpty()) {
        setReady(presence.from());
    } else if (presence.type() == QXmppPresence::Unavailable && presence.from() == peer) {
        q->giveUp({ FailureKind::RecipientUnavailable,
                    tr("%1 has gone offline", "%1 is the JID of a server").arg(account.server.bare()) });
    }
}

void AdminConnection::Private::setReady(const QString &newPeer)
{
    impatience.stop();
    peer = newPeer;
    qCInfo(lcConnection) << "connected to" << peer;
    Q_EMIT q->ready();
}

void AdminConnection::Private::down()
{
    if (!trying)
        return;
    if (client.state() != QXmppClient::DisconnectedState) {
        client.disconnectFromServer();
        return;
    }
    trying = false;
    peer.clear();
    impatience.stop();
    const Failure why = explain();
    qCInfo(lcConnection) << "not connected:" << why.text;
    for (const QString &id : pending.keys())
        finish(id, std::unexpected(RequestFailure { why, false, {} }));
    if (wanted && isHopeless()) {
        wanted = false;
        if (!distrusted.isEmpty())
            Q_EMIT q->untrusted(distrusted);
        Q_EMIT q->refused(why);
    } else if (wanted) {
        pauseThenRetry(why);
    }
}

void AdminConnection::Private::pauseThenRetry(const Failure &why)
{
    std::chrono::milliseconds wait = std::min<std::chrono::milliseconds>(longestPause,
                                                                         1s * (1 << std::min(failures, 6)));
    ++failures;
    // Consoles that lost the same server do not come back in step.
    wait = wait * QRandomGenerator::global()->bounded(80, 121) / 100;
    pause.start(wait);
    Q_EMIT q->lost(why);
}

bool AdminConnection::Private::isHopeless() const
{
    return !reason && (!distrusted.isEmpty() || error.holdsType<QXmpp::AuthenticationError>());
}

Failure AdminConnection::Private::explain() const
{
    if (reason)
        return *reason;
    const QString where = account.host.isEmpty() ? account.jid.domain() : account.host;
    if (!distrusted.isEmpty()) {
        return { FailureKind::PolicyViolation,
                 tr("The certificate of %1 is not trusted: %2 Your password was not sent",
                    "%1 is a host, %2 a list of sentences")
                     .arg(where, distrusted.first().problems.join(u' ')) };
    }
    if (const auto authentication = error.value<QXmpp::AuthenticationError>()) {
        if (authentication->type == QXmpp::AuthenticationError::NotAuthorized) {
            return { FailureKind::Forbidden,
                     tr("%1 does not accept the password of %2", "%1 is a host, %2 a JID")
                         .arg(where, account.jid.bare()) };
        }
        return { FailureKind::Forbidden,
                 tr("%1 does not let %2 in: %3", "%1 is a host, %2 a JID, %3 an error message")
                     .arg(where, account.jid.bare(), error.description) };
    }
    if (!error.description.isEmpty()) {
        return { FailureKind::RemoteServerNotFound,
                 tr("No connection to %1: %2. Is the address right, and is the server running?",
                    "%1 is a host, %2 an error message")
                     .arg(where, error.description) };
    }
    if (met && mustEncrypt && !encrypted) {
        return { FailureKind::PolicyViolation,
                 tr("The connection to %1 ended before it was encrypted, and your password was not sent. "
                    "Passwords go to other machines with TLS only: does the server offer it?",
                    "%1 is a host")
                     .arg(where) };
    }
    return { FailureKind::RemoteServerNotFound,
             tr("The connection to %1 has ended", "%1 is a host").arg(where) };
}

QSslSocket *AdminConnection::Private::socket() const
{
    return client.findChild<QXmppOutgoingClient *>()->socket();
}

bool AdminConnection::Private::isPinned() const
{
    return !account.pin.isEmpty() && thumbprint(socket()->peerCertificate()) == account.pin;
}

void AdminConnection::Private::distrust(const QList<QSslError> &errors)
{
    distrusted.clear();
    const QList<QSslCertificate> chain = socket()->peerCertificateChain();
    for (const QSslCertificate &certificate : chain) {
        PeerCertificate shown { .subject = certificate.subjectDisplayName(),
                                .issuer = certificate.issuerDisplayName(),
                                .notBefore = certificate.effectiveDate(),
                                .notAfter = certificate.expiryDate(),
                                .thumbprint = thumbprint(certificate),
                                .problems = {} };
        if (distrusted.isEmpty() && !account.pin.isEmpty())
            shown.problems.append(tr("It is not the one that you have pinned.", "a certificate"));
        for (const QSslError &error : errors) {
            // What is said of no certificate in particular is said of the host's own.
            if (error.certificate() == certificate || (error.certificate().isNull() && distrusted.isEmpty()))
                shown.problems.append(sentence(error.errorString()));
        }
        distrusted.append(shown);
    }
    // The host's own is not good if any above it is not.
    if (!distrusted.isEmpty() && distrusted.first().problems.isEmpty())
        distrusted.first().problems.append(tr("It was issued by one that is not trusted.", "a certificate"));
}

bool AdminConnection::Private::handleStanza(const QDomElement &dom)
{
    if (bareJid(dom.attribute(u"from"_s)) != account.server.bare())
        return false;
    if (dom.tagName() == "message"_L1 && dom.firstChildElement(u"event"_s).namespaceURI() == wire::nsAdmin) {
        const auto event = wire::admin::readEvent(wire::Element::fromDom(dom.firstChildElement(u"event"_s)));
        if (event)
            Q_EMIT q->eventReceived(*event);
        else
            qCWarning(lcConnection) << "an event that cannot be read:" << event.error().text;
        return true;
    }
    const QString id = dom.attribute(u"id"_s);
    if (dom.tagName() != "iq"_L1 || !pending.contains(id))
        return false;

    const wire::Element stanza = wire::Element::fromDom(dom);
    if (stanza.attribute("type"_L1) == "error"_L1) {
        RequestFailure failure { .failure = wire::failureFromError(stanza) };
        failure.answered = !isFromTheWay(failure.failure.kind);
        for (const wire::Element &child : stanza.children) {
            const wire::Element *conflicts = child.child("conflicts"_L1, wire::nsAdmin);
            if (!conflicts)
                continue;
            if (auto read = wire::admin::readConflicts(*conflicts))
                failure.conflicts = std::move(*read);
        }
        finish(id, std::unexpected(std::move(failure)));
    } else if (stanza.attribute("type"_L1) == "result"_L1) {
        failures = 0; // somebody is there who answers
        auto response = wire::admin::readResponse(stanza.firstChild() ? *stanza.firstChild()
                                                                      : wire::Element());
        if (response)
            finish(id, std::move(*response));
        else
            finish(id, std::unexpected(RequestFailure { std::move(response.error()), true, {} }));
    }
    return true;
}

void AdminConnection::Private::finish(const QString &id, RequestResult result)
{
    if (const auto promise = pending.take(id)) {
        promise->addResult(std::move(result));
        promise->finish();
    }
}

QFuture<RequestResult> AdminConnection::request(const wire::admin::Request &request)
{
    auto promise = std::make_shared<QPromise<RequestResult>>();
    promise->start();
    AdminIq iq(d->peer, request);
    const QString id = iq.id();
    d->pending.insert(id, promise);
    if (d->peer.isEmpty()) {
        d->finish(id,
                  std::unexpected(
                      RequestFailure { { FailureKind::RecipientUnavailable,
                                         tr("There is no connection to the server", "a request was made") },
                                       false,
                                       {} }));
        return promise->future();
    }
    QTimer::singleShot(requestTimeout, this, [this, id, name = wire::admin::operationName(request)] {
        d->finish(id,
                  std::unexpected(RequestFailure {
                      { FailureKind::Timeout,
                        tr("The server does not answer (%1)", "%1 is the name of an operation").arg(name) },
                      false,
                      {} }));
    });
    d->client.send(std::move(iq));
    return promise->future();
}

} // namespace castellan::replica
