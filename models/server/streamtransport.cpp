// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/streamtransport.h"

#include "server/log.h"
#include "server/stanza.h"

#include <QXmlStreamWriter>

#include <utility>

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

StreamTransport::StreamTransport(std::unique_ptr<QTcpSocket> socket, const QString &domain,
                                 QLatin1StringView xmlns, const Timing &timing, QObject *parent)
    : Transport(parent),
      m_domain(domain),
      m_xmlns(xmlns),
      m_backoff(timing.firstRetry, timing.mostRetry),
      m_socket(std::move(socket))
{
    connect(m_socket.get(), &QTcpSocket::connected, this, &StreamTransport::onConnected);
    m_socket->setReadBufferSize(mostUnread);
    connect(m_socket.get(), &QTcpSocket::readyRead, this, &StreamTransport::onReadyRead);
    connect(m_socket.get(), &QTcpSocket::bytesWritten, this, &StreamTransport::onBytesWritten);
    connect(m_socket.get(), &QTcpSocket::errorOccurred, this, [this] {
        lose({ FailureKind::RemoteServerNotFound,
               u"%1 port %2: %3"_s.arg(m_host).arg(m_port).arg(m_socket->errorString()) });
    });
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, this, &StreamTransport::open);
    m_loginTimer.setSingleShot(true);
    m_loginTimer.setInterval(timing.login);
    connect(&m_loginTimer, &QTimer::timeout, this, [this] {
        lose({ FailureKind::Timeout,
               u"%1 port %2 does not answer as an XMPP server does."_s.arg(m_host).arg(m_port) });
    });
    m_keepAliveTimer.setInterval(timing.keepAlive);
    connect(&m_keepAliveTimer, &QTimer::timeout, this, [this] { write(" "_ba); });
}

void StreamTransport::start()
{
    if (m_state == State::Off)
        open();
}

void StreamTransport::stop()
{
    m_state = State::Off;
    m_retryTimer.stop();
    m_loginTimer.stop();
    m_keepAliveTimer.stop();
    if (std::exchange(m_isStreamOpen, false)) {
        write("</stream:stream>"_ba);
        m_socket->disconnectFromHost(); // after what is unsent
    } else {
        m_socket->abort();
    }
}

bool StreamTransport::send(const wire::Element &stanza)
{
    if (m_state != State::Ready)
        return false;
    write(stanza.toXml());
    if (unsent() > mostUnsent) {
        lose({ FailureKind::ResourceConstraint, u"%1 has stopped reading."_s.arg(m_host) });
        return false;
    }
    return true;
}

void StreamTransport::open()
{
    m_state = State::Connecting;
    m_isCongested = m_isPaused = false;
    m_parser = std::make_unique<wire::StreamParser>();
    m_loginTimer.start();
    connectToServer();
}

void StreamTransport::connectTo(const QString &host, quint16 port)
{
    m_host = host;
    m_port = port;
    m_socket->connectToHost(host, port);
}

void StreamTransport::onConnected()
{
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    beginStream();
}

void StreamTransport::endStream()
{
    m_socket->readAll();
    m_parser = std::make_unique<wire::StreamParser>();
    ++m_streams;
    m_isStreamOpen = false;
}

void StreamTransport::beginStream()
{
    QByteArray header;
    QXmlStreamWriter writer(&header);
    writer.writeStartDocument();
    writer.writeNamespace(nsStream, u"stream"_s);
    writer.writeDefaultNamespace(m_xmlns);
    writer.writeStartElement(nsStream, u"stream"_s);
    writer.writeAttribute(u"to"_s, m_domain);
    if (m_xmlns == wire::nsClient) // components have their own handshake (XEP-0114 §3)
        writer.writeAttribute(u"version"_s, u"1.0"_s);
    writer.writeCharacters({}); // closes the start tag
    write(header);
}

void StreamTransport::onReadyRead()
{
    m_isPaused = unsent() > pausedUnsent;
    if (m_isPaused || m_socket->bytesAvailable() == 0)
        return;
    auto output = m_parser->feed(m_socket->read(bytesAtOnce));
    if (!output)
        return lose(output.error());
    const int stream = m_streams;
    if (output->header) {
        m_isStreamOpen = true;
        onHeader(*output->header);
    }
    for (wire::Element &element : output->stanzas) {
        onElement(std::move(element));
        if (m_state == State::Off || !m_socket->isValid() || m_streams != stream)
            return; // stopped, lost, or begun anew
    }
    for (const wire::StreamParser::Refused &refused : output->refused)
        onTooMuch(refused);
    if (output->closed)
        lose({ FailureKind::RemoteServerNotFound, u"%1 has closed the connection."_s.arg(m_host) });
    else if (m_socket->bytesAvailable() > 0)
        QMetaObject::invokeMethod(this, &StreamTransport::onReadyRead, Qt::QueuedConnection);
}

void StreamTransport::onBytesWritten()
{
    if (unsent() > drainedUnsent)
        return;
    if (m_isPaused)
        onReadyRead();
    if (std::exchange(m_isCongested, false))
        Q_EMIT drained();
}

void StreamTransport::onElement(wire::Element element)
{
    if (element.name == "error"_L1 && element.xmlns == nsStream)
        onStreamError(element);
    else if (m_state != State::Ready)
        onNegotiation(element);
    else if (element.xmlns == m_xmlns)
        onStanza(withoutStreamNamespace(std::move(element)));
}

void StreamTransport::onTooMuch(const wire::StreamParser::Refused &refused)
{
    const wire::Element stanza = withoutStreamNamespace(refused.stanza);
    qCWarning(lcTransport, "Refused a stanza of %ls: %ls", qUtf16Printable(stanza.attribute("from"_L1)),
              qUtf16Printable(refused.failure.text));
    const QString type = stanza.attribute("type"_L1);
    if (stanza.name == "iq"_L1 && (type == "get"_L1 || type == "set"_L1))
        send(wire::iqError(stanza, refused.failure));
}

std::optional<StreamTransport::Refusal> StreamTransport::refusalOf(const QString &) const
{
    return {};
}

void StreamTransport::onStreamError(const wire::Element &error)
{
    QString condition;
    QString text;
    for (const wire::Element &child : error.children) {
        if (child.xmlns == nsStreamErrors)
            (child.name == "text"_L1 ? text : condition) = child.name == "text"_L1 ? child.text : child.name;
    }
    refuse(refusalOf(condition).value_or(
        Refusal { { FailureKind::ServiceUnavailable,
                    u"%1 has ended the connection: %2 %3"_s.arg(m_host, condition, text).trimmed() } }));
}

void StreamTransport::refuse(const Refusal &refusal)
{
    if (!refusal.isFinal || m_wasReady)
        return lose(refusal.why);
    stop();
    Q_EMIT failed(refusal.why);
}

void StreamTransport::setReady()
{
    m_state = State::Ready;
    m_wasReady = true;
    m_backoff.reset();
    m_loginTimer.stop();
    m_keepAliveTimer.start();
    qCInfo(lcTransport, "Connected to %ls as %ls", qUtf16Printable(m_host), qUtf16Printable(jid().full()));
}

void StreamTransport::lose(const Failure &why)
{
    if (m_state == State::Off || m_retryTimer.isActive())
        return;
    m_state = State::Connecting;
    m_isStreamOpen = false;
    m_loginTimer.stop();
    m_keepAliveTimer.stop();
    m_retryTimer.start(m_backoff.next());
    m_socket->abort();
    Q_EMIT lost(why);
}

void StreamTransport::write(const QByteArray &bytes)
{
    m_socket->write(bytes);
    m_isCongested = m_isCongested || unsent() > congestedUnsent;
}

} // namespace castellan::server
