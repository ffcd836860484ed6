// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/componenttransport.h"

#include "server/log.h"
#include "server/stanza.h"

#include <QCryptographicHash>
#include <QXmlStreamWriter>

using namespace Qt::StringLiterals;

namespace castellan::server {

static constexpr QLatin1StringView nsStream { "http://etherx.jabber.org/streams" };
static constexpr QLatin1StringView nsStreamErrors { "urn:ietf:params:xml:ns:xmpp-streams" };
/// Bytes that the XMPP server has not taken yet: from the first on, what can wait should; from the second on
/// nothing more is read, whose answers would only join the queue; with the third it has stopped reading. When
/// no more than `drainedUnsent` are left all goes on.
static constexpr qint64 congestedUnsent = 1 << 20;
static constexpr qint64 pausedUnsent = 16 << 20;
static constexpr qint64 mostUnsent = 64 << 20;
static constexpr qint64 drainedUnsent = congestedUnsent / 2;
/// Read before everything else has its turn, and held at most.
static constexpr qint64 bytesAtOnce = 64 << 10;
static constexpr qint64 mostUnread = 1 << 20;

ComponentTransport::ComponentTransport(const Jid &domain, const QString &host, quint16 port,
                                       const QString &secret, const Timing &timing, QObject *parent)
    : Transport(parent),
      m_domain(domain),
      m_host(host),
      m_port(port),
      m_secret(secret),
      m_backoff(timing.firstRetry, timing.mostRetry)
{
    connect(&m_socket, &QTcpSocket::connected, this, &ComponentTransport::onConnected);
    m_socket.setReadBufferSize(mostUnread);
    connect(&m_socket, &QTcpSocket::readyRead, this, &ComponentTransport::onReadyRead);
    connect(&m_socket, &QTcpSocket::bytesWritten, this, &ComponentTransport::onBytesWritten);
    connect(&m_socket, &QTcpSocket::errorOccurred, this, [this] {
        lose({ FailureKind::RemoteServerNotFound,
               u"%1 port %2: %3"_s.arg(m_host).arg(m_port).arg(m_socket.errorString()) });
    });
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, this, &ComponentTransport::open);
    m_loginTimer.setSingleShot(true);
    m_loginTimer.setInterval(timing.login);
    connect(&m_loginTimer, &QTimer::timeout, this, [this] {
        lose({ FailureKind::Timeout,
               u"%1 port %2 does not answer as an XMPP server does to its components."_s.arg(m_host).arg(
                   m_port) });
    });
    m_keepAliveTimer.setInterval(timing.keepAlive);
    connect(&m_keepAliveTimer, &QTimer::timeout, this, [this] { write(" "_ba); });
}

void ComponentTransport::start()
{
    if (m_state == State::Off)
        open();
}

void ComponentTransport::stop()
{
    const bool wasOpen = m_state == State::Handshaking || m_state == State::Ready;
    m_state = State::Off;
    m_retryTimer.stop();
    m_loginTimer.stop();
    m_keepAliveTimer.stop();
    if (wasOpen) {
        write("</stream:stream>"_ba);
        m_socket.disconnectFromHost(); // after what is unsent
    } else {
        m_socket.abort();
    }
}

bool ComponentTransport::send(const wire::Element &stanza)
{
    if (m_state != State::Ready)
        return false;
    write(stanza.toXml());
    if (m_socket.bytesToWrite() > mostUnsent) {
        lose({ FailureKind::ResourceConstraint, u"%1 has stopped reading."_s.arg(m_host) });
        return false;
    }
    return true;
}

void ComponentTransport::open()
{
    m_state = State::Connecting;
    m_isCongested = m_isPaused = false;
    m_parser = std::make_unique<wire::StreamParser>();
    m_loginTimer.start();
    m_socket.connectToHost(m_host, m_port);
}

void ComponentTransport::onConnected()
{
    m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket.setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    QByteArray header;
    QXmlStreamWriter writer(&header);
    writer.writeStartDocument();
    writer.writeNamespace(nsStream, u"stream"_s);
    writer.writeDefaultNamespace(wire::nsComponent);
    writer.writeStartElement(nsStream, u"stream"_s);
    writer.writeAttribute(u"to"_s, m_domain.domain());
    writer.writeCharacters({}); // closes the start tag
    write(header);
}

void ComponentTransport::onReadyRead()
{
    m_isPaused = m_socket.bytesToWrite() > pausedUnsent;
    if (m_isPaused || m_socket.bytesAvailable() == 0)
        return;
    auto output = m_parser->feed(m_socket.read(bytesAtOnce));
    if (!output)
        return lose(output.error());
    if (output->header)
        onHeader(*output->header);
    for (wire::Element &element : output->stanzas) {
        onElement(std::move(element));
        if (m_state == State::Off || !m_socket.isValid())
            return; // stopped, or lost
    }
    for (const wire::StreamParser::Refused &refused : output->refused)
        onRefused(refused);
    if (output->closed)
        lose({ FailureKind::RemoteServerNotFound, u"%1 has closed the connection."_s.arg(m_host) });
    else if (m_socket.bytesAvailable() > 0)
        QMetaObject::invokeMethod(this, &ComponentTransport::onReadyRead, Qt::QueuedConnection);
}

void ComponentTransport::onBytesWritten()
{
    if (m_socket.bytesToWrite() > drainedUnsent)
        return;
    if (m_isPaused)
        onReadyRead();
    if (std::exchange(m_isCongested, false))
        Q_EMIT drained();
}

void ComponentTransport::onHeader(const wire::Element &header)
{
    const QString id = header.attribute("id"_L1);
    const QByteArray hash =
        QCryptographicHash::hash((id + m_secret).toUtf8(), QCryptographicHash::Sha1).toHex();
    m_state = State::Handshaking;
    write("<handshake>" + hash + "</handshake>");
}

void ComponentTransport::onElement(wire::Element element)
{
    if (element.name == "error"_L1 && element.xmlns == nsStream) {
        onStreamError(element);
    } else if (m_state == State::Ready) {
        if (element.xmlns == wire::nsComponent)
            Q_EMIT stanzaReceived(withoutStreamNamespace(std::move(element)));
    } else if (m_state == State::Handshaking && element.name == "handshake"_L1) {
        m_state = State::Ready;
        m_wasReady = true;
        m_backoff.reset();
        m_loginTimer.stop();
        m_keepAliveTimer.start();
        qCInfo(lcTransport, "Connected to %ls as %ls", qUtf16Printable(m_host),
               qUtf16Printable(m_domain.full()));
        Q_EMIT ready();
    }
}

void ComponentTransport::onRefused(const wire::StreamParser::Refused &refused)
{
    const wire::Element stanza = withoutStreamNamespace(refused.stanza);
    qCWarning(lcTransport, "Refused a stanza of %ls: %ls", qUtf16Printable(stanza.attribute("from"_L1)),
              qUtf16Printable(refused.failure.text));
    const QString type = stanza.attribute("type"_L1);
    if (stanza.name == "iq"_L1 && (type == "get"_L1 || type == "set"_L1))
        send(wire::iqError(stanza, refused.failure));
}

void ComponentTransport::onStreamError(const wire::Element &error)
{
    QString condition;
    QString text;
    for (const wire::Element &child : error.children) {
        if (child.xmlns == nsStreamErrors)
            (child.name == "text"_L1 ? text : condition) = child.name == "text"_L1 ? child.text : child.name;
    }
    Failure why { FailureKind::ServiceUnavailable,
                  u"%1 has ended the connection: %2 %3"_s.arg(m_host, condition, text).trimmed() };
    const bool refused = condition == "not-authorized"_L1 || condition == "host-unknown"_L1;
    if (condition == "not-authorized"_L1) {
        why = {
            FailureKind::Forbidden,
            u"%1 does not accept the secret for the component %2. It must be the same in the XMPP server's "
            "configuration and in the file of --secret-file."_s.arg(m_host, m_domain.full())
        };
    } else if (condition == "host-unknown"_L1) {
        why = { FailureKind::ItemNotFound,
                u"%1 has no component %2 in its configuration."_s.arg(m_host, m_domain.full()) };
    } else if (condition == "conflict"_L1) {
        why = { FailureKind::Conflict,
                u"Another component is connected to %1 as %2 already."_s.arg(m_host, m_domain.full()) };
    }
    if (refused && !m_wasReady) {
        stop();
        Q_EMIT failed(why);
        return;
    }
    // Once accepted, a refusal may be an XMPP server that is being set up anew.
    lose(why);
}

void ComponentTransport::lose(const Failure &why)
{
    if (m_state == State::Off || m_retryTimer.isActive())
        return;
    m_state = State::Connecting;
    m_loginTimer.stop();
    m_keepAliveTimer.stop();
    m_retryTimer.start(m_backoff.next());
    m_socket.abort();
    Q_EMIT lost(why);
}

void ComponentTransport::write(const QByteArray &bytes)
{
    m_socket.write(bytes);
    m_isCongested = m_isCongested || m_socket.bytesToWrite() > congestedUnsent;
    if (m_state == State::Ready)
        m_keepAliveTimer.start(); // counts from the last byte
}

} // namespace castellan::server
