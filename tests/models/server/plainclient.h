// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTcpSocket>
#include <QTest>

namespace castellan::server {

/// A client of the plainest kind, which chooses its resource itself; QXmpp's leaves that to the server.
struct PlainClient
{
    QTcpSocket socket;
    QByteArray received;

    explicit PlainClient(quint16 port)
    {
        socket.connectToHost(QStringLiteral("127.0.0.1"), port);
        QObject::connect(&socket, &QTcpSocket::readyRead, &socket, [this] { received += socket.readAll(); });
    }
    void send(const QByteArray &xml)
    {
        received.clear();
        socket.write(xml);
    }
    bool waitFor(const QByteArray &text)
    {
        return QTest::qWaitFor([&] { return received.contains(text); });
    }
    bool login(const QByteArray &user, const QByteArray &password, const QByteArray &resource)
    {
        const QByteArray header =
            "<?xml version='1.0'?><stream:stream to='building.localhost' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
        send(header);
        if (!waitFor("</stream:features>"))
            return false;
        send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
             + (QByteArray(1, '\0') + user + QByteArray(1, '\0') + password).toBase64() + "</auth>");
        if (!waitFor("<success"))
            return false;
        send(header);
        if (!waitFor("</stream:features>"))
            return false;
        send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource
             + "</resource></bind></iq>");
        if (!waitFor("</iq>"))
            return false;
        send("<presence/>");
        return true;
    }
};

} // namespace castellan::server
