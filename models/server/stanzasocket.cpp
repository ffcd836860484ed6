// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/stanzasocket.h"

#include "server/log.h"

#include <QHostAddress>

using namespace Qt::StringLiterals;

namespace castellan::server {

StanzaSocket::StanzaSocket(QObject *parent)
    : QSslSocket(parent),
      m_parser(std::make_unique<wire::StreamParser>())
{ }

qint64 StanzaSocket::readData(char *data, qint64 maxSize)
{
    char piece[16 * 1024];
    for (qint64 size; (size = QSslSocket::readData(piece, sizeof piece)) > 0;)
        take(QByteArray(piece, size));
    const qint64 size = std::min<qint64>(maxSize, m_whole.size());
    std::copy_n(m_whole.cbegin(), size, data);
    m_whole.remove(0, size);
    return size;
}

qint64 StanzaSocket::writeData(const char *data, qint64 size)
{
    // The client's next byte begins a new stream (RFC 6120 §6.4.6); not so with SASL2 (XEP-0388 §2.5).
    const QByteArrayView written(data, size);
    if (written.startsWith("<success") && written.contains("urn:ietf:params:xml:ns:xmpp-sasl")) {
        m_parser = std::make_unique<wire::StreamParser>();
        m_held.clear();
        m_heldFrom = 0;
        m_isAtEnd = false;
    }
    return QSslSocket::writeData(data, size);
}

void StanzaSocket::take(const QByteArray &bytes)
{
    if (m_isAtEnd)
        return;
    m_held += bytes;
    const Result<wire::StreamParser::Output> output = m_parser->feed(bytes);
    if (!output)
        return refuse(output.error());
    if (!output->refused.isEmpty())
        return refuse(output->refused.first().failure);
    m_isAtEnd = output->closed;
    const qsizetype whole = output->closed ? m_held.size() : output->completeTo - m_heldFrom;
    if (whole > 0) {
        m_whole += m_held.first(whole);
        m_held.remove(0, whole);
        m_heldFrom += whole;
    }
    if (m_held.size() > wire::StreamParser::Limits().stanzaBytes)
        refuse({ FailureKind::PolicyViolation, u"A stanza is too long."_s });
}

void StanzaSocket::refuse(const Failure &why)
{
    qCWarning(lcTransport, "Ended the stream of port %d: %ls", int(peerPort()), qUtf16Printable(why.text));
    m_isAtEnd = true;
    m_held.clear();
    // Not while QXmpp is reading.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (state() != ConnectedState)
                return;
            write("<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
                  "<policy-violation "
                  "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
            disconnectFromHost();
        },
        Qt::QueuedConnection);
}

} // namespace castellan::server
