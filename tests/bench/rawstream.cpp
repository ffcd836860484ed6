// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rawstream.h"

#include "bench.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QHostAddress>

using namespace Qt::StringLiterals;

namespace castellan::bench {

void waitUntil(const std::function<bool()> &done, const QString &what)
{
    QElapsedTimer timer;
    timer.start();
    while (!done()) {
        if (timer.elapsed() > 60'000)
            giveUp(u"No %1 within a minute."_s.arg(what));
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::ExcludeUserInputEvents);
    }
}

QByteArrayView attribute(QByteArrayView stanza, QByteArrayView name)
{
    const QByteArrayView tag = stanza.first(stanza.indexOf('>'));
    for (qsizetype at = tag.indexOf(name); at >= 0; at = tag.indexOf(name, at + 1)) {
        const qsizetype equals = at + name.size();
        if (tag[at - 1] != ' ' || equals + 1 >= tag.size() || tag[equals] != '=')
            continue;
        const qsizetype start = equals + 2;
        return tag.sliced(start, tag.indexOf(tag[equals + 1], start) - start);
    }
    return {};
}

void RawStream::open(quint16 port)
{
    m_socket.connectToHost(QHostAddress::LocalHost, port);
    waitUntil([this] { return m_socket.state() == QAbstractSocket::ConnectedState; },
              u"connection to port %1"_s.arg(port));
    m_socket.setSocketOption(QAbstractSocket::LowDelayOption, 1);
}

void RawStream::expect(QByteArrayView text)
{
    waitUntil(
        [&] {
            m_received += m_socket.readAll();
            if (m_received.contains("error") || m_received.contains("failure"))
                giveUp(u"The XMPP server refused: %1"_s.arg(QString::fromUtf8(m_received)));
            return m_received.contains(text);
        },
        QString::fromUtf8(text.toByteArray()));
}

void RawStream::openComponent(quint16 port, const QByteArray &domain, const QByteArray &secret)
{
    open(port);
    write(
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='"
        + domain + "'>");
    expect("id=");
    const QByteArrayView header = QByteArrayView(m_received).sliced(m_received.indexOf("<stream:stream"));
    const QByteArray id = attribute(header, "id").toByteArray();
    m_received.clear();
    write("<handshake>" + QCryptographicHash::hash(id + secret, QCryptographicHash::Sha1).toHex()
          + "</handshake>");
    expect("<handshake");
    m_received.clear();
    connect(&m_socket, &QTcpSocket::readyRead, this, &RawStream::read);
}

void RawStream::openClient(quint16 port, const QByteArray &domain, const QByteArray &local,
                           const QByteArray &password)
{
    const QByteArray header =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='" + domain
        + "' version='1.0'>";
    open(port);
    write(header);
    expect("PLAIN");
    m_received.clear();
    write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
          + QByteArray('\0' + local + '\0' + password).toBase64() + "</auth>");
    expect("<success");
    m_received.clear();
    write(header);
    expect("xmpp-bind");
    m_received.clear();
    write("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource>"
          "</bind></iq>");
    expect("</iq>");
    m_received.clear();
    connect(&m_socket, &QTcpSocket::readyRead, this, &RawStream::read);
}

void RawStream::read()
{
    m_received += m_socket.readAll();
    const QByteArrayView received(m_received);
    qsizetype done = 0;
    while (true) {
        const qsizetype start = received.indexOf("<iq", done);
        if (start < 0)
            break;
        const qsizetype tagEnd = received.indexOf('>', start);
        if (tagEnd < 0)
            break;
        qsizetype end = tagEnd + 1;
        if (received[tagEnd - 1] != '/') {
            const qsizetype close = received.indexOf("</iq>", end);
            if (close < 0)
                break;
            end = close + 5;
        }
        if (onIq)
            onIq(received.sliced(start, end - start));
        done = end;
    }
    m_received.remove(0, done);
}

} // namespace castellan::bench
