// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/connection.h"

#include "things/logging.h"

#include <QDomElement>
#include <QHostAddress>
#include <QRandomGenerator>
#include <QXmlStreamWriter>
#include <QXmppAuthenticationError.h>
#include <QXmppClient.h>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>
#include <QXmppError.h>
#include <QXmppNonza.h>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

/// How an Element travels through QXmppClient.
class Packet : public QXmppNonza
{
public:
    explicit Packet(const wire::Element &element)
        : m_element(element)
    { }
    void parse(const QDomElement &) override { }
    void toXml(QXmlStreamWriter *writer) const override { m_element.write(*writer); }

private:
    const wire::Element &m_element;
};

/// Takes every stanza before QXmpp looks at it.
class Tap : public QXmppClientExtension
{
public:
    explicit Tap(std::function<void(const wire::Element &)> receive)
        : m_receive(std::move(receive))
    { }
    bool handleStanza(const QDomElement &stanza) override
    {
        const QString name = stanza.tagName();
        if (name != "iq"_L1 && name != "message"_L1 && name != "presence"_L1)
            return false; // QXmpp shows us the making of the stream, too
        m_receive(wire::Element::fromDom(stanza));
        return true;
    }

private:
    std::function<void(const wire::Element &)> m_receive;
};

bool isLoopback(const QString &host)
{
    return host == "localhost"_L1 || QHostAddress(host).isLoopback();
}

} // namespace

Connection::Connection(const Jid &jid, const QString &password, const Endpoint &endpoint, QObject *parent)
    : QObject(parent),
      m_jid(jid),
      m_password(password),
      m_endpoint(endpoint),
      m_client(new QXmppClient(QXmppClient::NoExtensions, this))
{
    m_client->addExtension(new Tap([this](const wire::Element &stanza) { receive(stanza); }));
    connect(m_client, &QXmppClient::connected, this, &Connection::onOpened);
    connect(m_client, &QXmppClient::disconnected, this, [this] { onLost(u"the stream was closed"_s); });
    connect(m_client, &QXmppClient::errorOccurred, this, [this](const QXmppError &error) {
        if (error.holdsType<QXmpp::AuthenticationError>()) {
            m_wanted = false;
            Q_EMIT refused(Failure { FailureKind::NotAllowed,
                                     u"%1 could not log in: %2"_s.arg(m_jid.bare(), error.description) });
        } else {
            onLost(error.description);
        }
    });
    m_reopen.setSingleShot(true);
    connect(&m_reopen, &QTimer::timeout, this, &Connection::open);
}

Connection::~Connection()
{
    // The client says goodbye while it is destroyed; nobody is left to hear it.
    m_client->disconnect(this);
}

void Connection::open()
{
    m_wanted = true;
    if (m_client->state() != QXmppClient::DisconnectedState)
        return;
    QXmppConfiguration configuration;
    configuration.setJid(m_jid.bare());
    configuration.setResource(thingResource);
    configuration.setPassword(m_password);
    configuration.setHost(m_endpoint.host);
    configuration.setPort(m_endpoint.port);
    configuration.setAutoReconnectionEnabled(false); // ours has jitter
    configuration.setUseSasl2Authentication(false); // would let the server choose the resource
    // Nobody listens in on loopback, and certificates for it do not exist.
    const bool loopback = isLoopback(m_endpoint.host);
    configuration.setStreamSecurityMode(loopback ? QXmppConfiguration::TLSEnabled
                                                 : QXmppConfiguration::TLSRequired);
    configuration.setIgnoreSslErrors(loopback);
    if (loopback)
        configuration.setDisabledSaslMechanisms({});
    m_client->connectToServer(configuration);
}

void Connection::close()
{
    m_wanted = false;
    m_reopen.stop();
    m_client->disconnectFromServer();
}

void Connection::send(const wire::Element &stanza)
{
    if (m_open)
        m_client->sendPacket(Packet(stanza));
}

void Connection::ask(QLatin1StringView type, const Jid &to, const wire::Element &payload, Reply reply)
{
    const QString id = u"q%1"_s.arg(++m_lastId);
    m_questions.insert(id, { to, std::move(reply) });

    wire::Element iq { .name = u"iq"_s, .children = { payload } };
    iq.setAttribute("type"_L1, type);
    iq.setAttribute("id"_L1, id);
    if (!to.isEmpty())
        iq.setAttribute("to"_L1, to.full());
    send(iq);

    QTimer::singleShot(m_open ? 30s : 0s, this, [this, id, to] {
        settle(id,
               m_open ? fail(FailureKind::Timeout, u"%1 does not answer"_s.arg(to.full()))
                      : fail(FailureKind::RecipientUnavailable, u"%1 is offline"_s.arg(m_jid.bare())));
    });
}

void Connection::onOpened()
{
    m_open = true;
    m_failures = 0;
    Q_EMIT opened();
}

void Connection::onLost(const QString &why)
{
    const bool wasOpen = std::exchange(m_open, false);
    if (m_wanted && !m_reopen.isActive()) {
        const auto pause = std::min(1000 << std::min(m_failures++, 5), 30'000);
        m_reopen.start(pause / 2 + QRandomGenerator::global()->bounded(pause));
        qCInfo(lcThings).noquote() << m_jid.bare() << "is offline:" << why;
    }
    const auto questions = std::exchange(m_questions, {});
    for (const Question &question : questions)
        question.reply(fail(FailureKind::RecipientUnavailable, u"the connection was lost: %1"_s.arg(why)));
    if (wasOpen)
        Q_EMIT closed();
}

void Connection::receive(const wire::Element &stanza)
{
    const QString type = stanza.attribute("type"_L1);
    if (stanza.name != "iq"_L1 || (type != "result"_L1 && type != "error"_L1)) {
        Q_EMIT stanzaReceived(stanza);
        return;
    }
    const QString id = stanza.attribute("id"_L1);
    const auto question = m_questions.constFind(id);
    if (question == m_questions.cend())
        return;
    // Only who was asked may answer. For our own account, servers leave `from` out or write one of our JIDs
    // or their own.
    const QString from = stanza.attribute("from"_L1);
    const Jid sender = Jid::parse(from).value_or(Jid());
    const bool asked = question->to.isEmpty()
        ? from.isEmpty() || sender.bare() == m_jid.bare() || sender.full() == m_jid.domain()
        : sender == question->to;
    if (!asked) {
        qCWarning(lcThings).noquote() << m_jid.bare() << "ignores an answer from" << from
                                      << "to a question that went to" << question->to.full();
        return;
    }
    if (type == "error"_L1)
        settle(id, std::unexpected(wire::failureFromError(stanza)));
    else
        settle(id, stanza);
}

void Connection::settle(const QString &id, const Result<wire::Element> &answer)
{
    const auto question = m_questions.take(id);
    if (question.reply)
        question.reply(answer);
}

} // namespace castellan::things
