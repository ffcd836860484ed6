// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/componenttransport.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace castellan;
using namespace castellan::server;

/// The XMPP server's end of XEP-0114, as far as a test wants it.
class XmppServer : public QObject
{
    Q_OBJECT
public:
    XmppServer()
    {
        if (!listener.listen(QHostAddress::LocalHost))
            qFatal("no port");
        connect(&listener, &QTcpServer::newConnection, this, [this] {
            socket = listener.nextPendingConnection();
            received.clear();
            ++connections;
            if (!greet)
                return;
            socket->write("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                          "xmlns:stream='http://etherx.jabber.org/streams' from='prov.x' id='3BF96D32'>");
            connect(socket, &QTcpSocket::readyRead, this, [this] {
                const bool isGreeted = received.contains("</handshake>");
                received += socket->readAll();
                if (isGreeted || !received.contains("</handshake>"))
                    return;
                const QByteArray hash =
                    QCryptographicHash::hash("3BF96D32geheim", QCryptographicHash::Sha1).toHex();
                if (!error.isEmpty())
                    socket->write(streamError(error));
                else if (received.contains("<handshake>" + hash + "</handshake>"))
                    socket->write("<handshake/>");
                else
                    socket->write(streamError("not-authorized"));
            });
        });
    }
    static QByteArray streamError(const QByteArray &condition)
    {
        return "<stream:error><" + condition
            + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";
    }

    QTcpServer listener;
    QTcpSocket *socket = nullptr;
    QByteArray received;
    QByteArray error;
    int connections = 0;
    bool greet = true;
};

class TestComponentTransport : public QObject
{
    Q_OBJECT

    static constexpr ComponentTransport::Timing fast {
        .firstRetry = 10ms, .mostRetry = 20ms, .login = 2s, .keepAlive = 50ms
    };
    const Jid m_domain = Jid::parse(u"prov.x").value();

private Q_SLOTS:
    void s26_aServerThatDoesNotReadIsNotReadFrom()
    {
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy received(&transport, &Transport::stanzaReceived);
        QSignalSpy drained(&transport, &Transport::drained);
        transport.start();
        QVERIFY(ready.wait());
        server.socket->setReadBufferSize(1000); // what comes stays with the system
        wire::Element stanza { .name = u"message"_s };
        stanza.text = QString(100'000, u'x');
        int sent = 0;
        for (; !transport.isCongested(); ++sent)
            QVERIFY(transport.send(stanza));
        for (; sent < 300; ++sent) // beyond where reading pauses
            QVERIFY(transport.send(stanza));
        QCoreApplication::processEvents();
        server.socket->write("<iq id='a'/><iq id='b'/>");
        QVERIFY(server.socket->waitForBytesWritten());
        QVERIFY(!received.wait(50ms));
        QVERIFY(drained.isEmpty());

        server.socket->setReadBufferSize(0);
        QTRY_COMPARE(server.received.count("</message>"), sent);
        QTRY_COMPARE(received.size(), 2);
        QCOMPARE(drained.size(), 1);
        QVERIFY(!transport.isCongested());
    }

    void sendsAndReceives()
    {
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy received(&transport, &Transport::stanzaReceived);
        QVERIFY(!transport.send({ .name = u"iq"_s }));
        transport.start();
        QTRY_COMPARE(ready.size(), 1);
        QVERIFY(server.received.contains(" to=\"prov.x\""));

        server.socket->write(
            "<iq type='get' id='1' from='a@x/r' to='prov.x'><ping xmlns='urn:xmpp:ping'/></iq>");
        QTRY_COMPARE(received.size(), 1);
        const auto iq = received.first().first().value<wire::Element>();
        QCOMPARE(iq.xmlns, QString()); // the stream's namespace is the transport's business
        QVERIFY(transport.send(wire::iqResult(iq)));
        QTRY_VERIFY(server.received.contains("type=\"result\""));
        QVERIFY(!server.received.sliced(server.received.indexOf("<handshake>")).contains("xmlns"));
    }

    void s26_excessIsRefusedAlone()
    {
        // Whoever sends it is one of many behind this connection.
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy lost(&transport, &Transport::lost);
        QSignalSpy received(&transport, &Transport::stanzaReceived);
        transport.start();
        QTRY_COMPARE(ready.size(), 1);

        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Refused a stanza of a@x/r"_s));
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Refused a stanza of b@x"_s));
        server.socket->write("<iq type='get' id='deep' from='a@x/r' to='prov.x'>" + "<a>"_ba.repeated(100)
                             + "</a>"_ba.repeated(100) + "</iq><message from='b@x'>"
                             + "<a/>"_ba.repeated(100'000)
                             + "</message><iq type='get' id='after' from='c@x/r' to='prov.x'/>");
        QTRY_COMPARE(received.size(), 1);
        QCOMPARE(received.first().first().value<wire::Element>().attribute("id"_L1), u"after"_s);
        QTRY_VERIFY(server.received.contains("policy-violation"));
        QVERIFY(server.received.contains(R"(<iq type="error" id="deep" from="prov.x" to="a@x/r">)"));
        QVERIFY(lost.isEmpty());
    }

    void keepsTheConnectionAlive()
    {
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        transport.start();
        QTRY_VERIFY(server.received.endsWith("  "));
    }

    void reconnects()
    {
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy lost(&transport, &Transport::lost);
        transport.start();
        QTRY_COMPARE(ready.size(), 1);
        server.socket->abort();
        QTRY_COMPARE(ready.size(), 2);
        QCOMPARE(lost.size(), 1);
        server.socket->write("</stream:stream>");
        QTRY_COMPARE(ready.size(), 3);
        server.socket->write("<iq></message>");
        QTRY_COMPARE(ready.size(), 4);
        server.socket->write(XmppServer::streamError("system-shutdown"));
        QTRY_COMPARE(ready.size(), 5);
        QCOMPARE(lost.size(), 4);
    }

    void waitsForAServerThatIsNotThereYet()
    {
        auto server = std::make_unique<XmppServer>();
        const quint16 port = server->listener.serverPort();
        server->listener.close();
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, port, u"geheim"_s, fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy lost(&transport, &Transport::lost);
        transport.start();
        QTRY_VERIFY(lost.size() >= 2);
        QVERIFY(server->listener.listen(QHostAddress::LocalHost, port));
        QTRY_COMPARE(ready.size(), 1);
    }

    void aSilentServerIsGivenUp()
    {
        XmppServer server;
        server.greet = false;
        ComponentTransport::Timing timing = fast;
        timing.login = 50ms;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     timing);
        transport.start();
        QTRY_VERIFY(server.connections >= 2);
    }

    void refusalsAreFinal_data()
    {
        QTest::addColumn<QString>("secret");
        QTest::addColumn<QByteArray>("error");
        QTest::addColumn<QString>("named");
        QTest::newRow("bad secret") << u"falsch"_s << ""_ba << u"secret"_s;
        QTest::newRow("unknown component") << u"geheim"_s << "host-unknown"_ba << u"prov.x"_s;
    }
    void refusalsAreFinal()
    {
        QFETCH(QString, secret);
        QFETCH(QByteArray, error);
        QFETCH(QString, named);
        XmppServer server;
        server.error = error;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), secret, fast);
        QSignalSpy failed(&transport, &Transport::failed);
        transport.start();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().value<Failure>().text.contains(named));
        QCOMPARE(server.connections, 1);
    }

    void aConflictIsTriedAgain()
    {
        XmppServer server;
        server.error = "conflict";
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        transport.start();
        QTRY_VERIFY(server.connections >= 2);
        server.error.clear();
        QTRY_COMPARE(ready.size(), 1);
    }

    void stopping()
    {
        XmppServer server;
        ComponentTransport transport(m_domain, u"127.0.0.1"_s, server.listener.serverPort(), u"geheim"_s,
                                     fast);
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy lost(&transport, &Transport::lost);
        transport.start();
        QTRY_COMPARE(ready.size(), 1);
        transport.stop();
        QTRY_VERIFY(server.received.endsWith("</stream:stream>"));
        QTRY_COMPARE(server.socket->state(), QAbstractSocket::UnconnectedState);
        QVERIFY(lost.isEmpty());
        QCOMPARE(server.connections, 1);
    }
};

QTEST_GUILESS_MAIN(TestComponentTransport)
#include "tst_componenttransport.moc"
