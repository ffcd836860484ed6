// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "plainclient.h"
#include "server/embeddedtransport.h"
#include "server/serverapp.h"
#include "server/stanza.h"
#include "vocabulary/networkjson.h"
#include "wire/admin.h"
#include "wire/provisioning.h"

#include <QDomElement>
#include <QProcessEnvironment>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QXmppClient.h>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

/// A client of QXmpp's that shows every stanza and sends what it is given.
class Client : public QXmppClient
{
public:
    Client()
        : QXmppClient(NoExtensions)
    {
        addExtension(new Extension(*this));
    }

    void login(const QString &bare, quint16 port, const QString &password = u"secret"_s)
    {
        QXmppConfiguration configuration;
        configuration.setJid(bare);
        configuration.setPassword(password);
        configuration.setHost(u"127.0.0.1"_s);
        configuration.setPort(port);
        configuration.setAutoReconnectionEnabled(false);
        configuration.setStreamSecurityMode(QXmppConfiguration::TLSDisabled);
        connectToServer(configuration);
    }
    void sendXml(const QByteArray &xml) { sendPacket(RawStanza(wire::Element::fromXml(xml).value())); }
    QString jid() { return configuration().jid(); }
    wire::Element request(const QByteArray &type, const QByteArray &payload)
    {
        const QByteArray id = "q" + QByteArray::number(++m_lastId);
        sendXml("<iq type='" + type + "' to='building.localhost' id='" + id + "'>" + payload + "</iq>");
        return waitFor([&](const wire::Element &stanza) { return stanza.attribute("id"_L1).toUtf8() == id; });
    }
    wire::Element waitFor(const std::function<bool(const wire::Element &)> &wanted)
    {
        wire::Element found;
        (void)QTest::qWaitFor([&] {
            for (qsizetype i = 0; i < received.size(); ++i) {
                if (wanted(received.at(i))) {
                    found = received.takeAt(i);
                    return true;
                }
            }
            return false;
        });
        return found;
    }

    QList<wire::Element> received;

private:
    class Extension : public QXmppClientExtension
    {
    public:
        explicit Extension(Client &client)
            : m_client(client)
        { }
        bool handleStanza(const QDomElement &dom) override
        {
            if (!m_client.isConnected())
                return false;
            m_client.received.append(withoutStreamNamespace(wire::Element::fromDom(dom)));
            return true;
        }

    private:
        Client &m_client;
    };
    int m_lastId = 0;
};

bool isClearCache(const wire::Element &stanza)
{
    return stanza.firstChild() && stanza.firstChild()->name == "clearCache"_L1;
}

const QByteArray isFriend = "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='b@building.localhost'/>";

} // namespace

class TestEmbedded : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<ServerApp> m_server;
    quint16 m_port = 0;

    QString path(const QString &name) const { return m_directory->filePath(name); }
    void write(const QString &name, const QByteArray &content)
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content), content.size());
    }
    ServerOptions options(const QStringList &more = {}) const
    {
        const QStringList arguments { u"castellan-server"_s,
                                      u"--domain"_s,
                                      u"building.localhost"_s,
                                      u"--listen"_s,
                                      u"127.0.0.1:0"_s,
                                      u"--accounts"_s,
                                      path(u"accounts"_s),
                                      u"--database"_s,
                                      u"sqlite:"_s + path(u"server.db"_s),
                                      u"--admin"_s,
                                      u"admin@building.localhost"_s };
        return std::get<ServerOptions>(readServerOptions(arguments + more, QProcessEnvironment()));
    }
    /// Starts a server; false and the message in \a message when it does not.
    bool startServer(const ServerOptions &options, QString *message = nullptr)
    {
        m_server = std::make_unique<ServerApp>(options);
        QSignalSpy ready(m_server.get(), &ServerApp::ready);
        QSignalSpy failed(m_server.get(), &ServerApp::message);
        m_server->start();
        (void)QTest::qWaitFor([&] { return !ready.isEmpty() || !failed.isEmpty(); });
        if (message && !failed.isEmpty())
            *message = failed.first().first().toString();
        if (ready.isEmpty())
            return false;
        const QString address = ready.first().first().toString();
        m_port = address.section(u':', -1).toUShort();
        return address.startsWith("127.0.0.1:"_L1);
    }
    void login(Client &client, const QString &bare)
    {
        QSignalSpy connected(&client, &QXmppClient::connected);
        client.login(bare, m_port);
        QTRY_COMPARE(connected.size(), 1);
    }
    /// Commits through the administration interface and gives the new revision.
    Revision reject(Client &admin, Revision base)
    {
        const Friendship pair = makeFriendship(u"a@building.localhost"_s, u"b@building.localhost"_s,
                                               Friendship::State::Rejected);
        const wire::admin::Apply apply { { .id = u"edit-%1"_s.arg(base),
                                           .changes = { { .key = { ObjectType::Friendship, objectId(pair) },
                                                          .base = base,
                                                          .object = pair } } } };
        const wire::Element answer = admin.request("set",
                                                   wire::admin::write(wire::admin::Request(apply)).toXml());
        const auto response = answer.firstChild() ? wire::admin::readResponse(*answer.firstChild())
                                                  : Result<wire::admin::Response>(fail({}, {}));
        const auto *applied = response ? std::get_if<wire::admin::Applied>(&*response) : nullptr;
        return applied ? applied->revision : -1;
    }
    Delivery::State clearCacheState(Client &admin)
    {
        const wire::Element answer = admin.request(
            "get", wire::admin::write(wire::admin::Request(wire::admin::GetDeliveries {})).toXml());
        const auto response = answer.firstChild() ? wire::admin::readResponse(*answer.firstChild())
                                                  : Result<wire::admin::Response>(fail({}, {}));
        const auto *deliveries = response ? std::get_if<wire::admin::Deliveries>(&*response) : nullptr;
        for (const Delivery &delivery : deliveries ? deliveries->deliveries : QList<Delivery> {}) {
            if (delivery.kind == Delivery::Kind::ClearCache)
                return delivery.state;
        }
        return Delivery::State::Failed;
    }

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        write(u"accounts"_s,
              "# who may log in\n\na@building.localhost secret\nb@building.localhost secret\n"
              "admin@building.localhost secret\n");
        Network network;
        network.friendships = { makeFriendship(u"a@building.localhost"_s, u"b@building.localhost"_s) };
        write(u"network.json"_s, networkToJson(network));
        QVERIFY(startServer(options({ u"--import"_s, path(u"network.json"_s) })));
    }
    void cleanup() { m_server.reset(); }

    void thingsAskAndAreToldToForget()
    {
        Client thing;
        Client admin;
        login(thing, u"a@building.localhost"_s);
        login(admin, u"admin@building.localhost"_s);
        QCOMPARE(thing.request("get", isFriend).firstChild()->attribute("result"_L1), u"true"_s);
        QVERIFY(reject(admin, 1) > 1);
        const wire::Element iq = thing.waitFor(isClearCache);
        QCOMPARE(iq.attribute("from"_L1), u"building.localhost"_s);
        QCOMPARE(iq.attribute("to"_L1), thing.jid());
        thing.sendXml(wire::iqResult(iq, wire::write(wire::ClearCacheResponse {})).toXml());
        QTRY_COMPARE(clearCacheState(admin), Delivery::State::Acknowledged);
        QCOMPARE(thing.request("get", isFriend).firstChild()->attribute("result"_L1), u"false"_s);
    }

    void anOfflineThingIsToldWhenItComesBack()
    {
        Client thing;
        Client admin;
        login(thing, u"a@building.localhost"_s);
        login(admin, u"admin@building.localhost"_s);
        thing.request("get", isFriend);
        QSignalSpy gone(&thing, &QXmppClient::disconnected);
        thing.disconnectFromServer();
        QTRY_COMPARE(gone.size(), 1);
        QVERIFY(reject(admin, 1) > 1);
        QTRY_COMPARE(clearCacheState(admin), Delivery::State::Waiting);
        thing.received.clear();
        login(thing, u"a@building.localhost"_s);
        const wire::Element iq = thing.waitFor(isClearCache);
        QVERIFY(!iq.name.isEmpty());
        thing.sendXml(wire::iqResult(iq).toXml());
        QTRY_COMPARE(clearCacheState(admin), Delivery::State::Acknowledged);
    }

    void aRestartGoesOnWhereTheServerStopped()
    {
        Client thing;
        {
            Client admin;
            login(thing, u"a@building.localhost"_s);
            login(admin, u"admin@building.localhost"_s);
            thing.request("get", isFriend);
            QVERIFY(reject(admin, 1) > 1);
            QVERIFY(!thing.waitFor(isClearCache).name.isEmpty()); // not answered
            QTRY_COMPARE(clearCacheState(admin), Delivery::State::Sent);
        }
        m_server.reset();
        thing.received.clear();
        QVERIFY(startServer(options()));
        Client admin;
        login(admin, u"admin@building.localhost"_s);
        QTRY_COMPARE(clearCacheState(admin), Delivery::State::Waiting);
        QTRY_VERIFY(!thing.isConnected());
        login(thing, u"a@building.localhost"_s);
        thing.sendXml(wire::iqResult(thing.waitFor(isClearCache)).toXml());
        QTRY_COMPARE(clearCacheState(admin), Delivery::State::Acknowledged);
        QCOMPARE(thing.request("get", isFriend).firstChild()->attribute("result"_L1), u"false"_s);
    }

    void clientsReachEachOther()
    {
        Client a;
        Client b;
        login(a, u"a@building.localhost"_s);
        login(b, u"b@building.localhost"_s);
        a.sendXml("<presence type='subscribe' to='b@building.localhost'/>");
        const auto isSubscribe = [](const wire::Element &stanza) {
            return stanza.attribute("type"_L1) == "subscribe"_L1;
        };
        QCOMPARE(b.waitFor(isSubscribe).attribute("from"_L1), u"a@building.localhost"_s);
        b.sendXml("<presence type='subscribed' to='a@building.localhost'/>");
        const auto isPresenceOfB = [&](const wire::Element &stanza) {
            return stanza.name == "presence"_L1 && stanza.attribute("from"_L1) == b.jid();
        };
        QVERIFY(!a.waitFor(isPresenceOfB).name.isEmpty());
        a.sendXml("<iq type='get' id='x1' to='" + b.jid().toUtf8() + "'><ping xmlns='urn:xmpp:ping'/></iq>");
        const wire::Element ping = b.waitFor(
            [](const wire::Element &stanza) { return stanza.attribute("id"_L1) == "x1"_L1; });
        QCOMPARE(ping.attribute("from"_L1), a.jid());
        a.sendXml("<iq type='get' id='x2' to='b@building.localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        const wire::Element answer = a.waitFor(
            [](const wire::Element &stanza) { return stanza.attribute("id"_L1) == "x2"_L1; });
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        b.disconnectFromServer();
        QCOMPARE(a.waitFor(isPresenceOfB).attribute("type"_L1), u"unavailable"_s);
    }

    void onlyKnownAccountsLogIn_data()
    {
        QTest::addColumn<QString>("jid");
        QTest::addColumn<QString>("password");
        QTest::newRow("wrong password") << u"a@building.localhost"_s << u"wrong"_s;
        QTest::newRow("no such account") << u"c@building.localhost"_s << u"secret"_s;
        QTest::newRow("not the normal form") << u"A@building.localhost"_s << u"secret"_s;
    }
    void onlyKnownAccountsLogIn()
    {
        QFETCH(QString, jid);
        QFETCH(QString, password);
        Client client;
        QSignalSpy failed(&client, &QXmppClient::errorOccurred);
        QSignalSpy connected(&client, &QXmppClient::connected);
        client.login(jid, m_port, password);
        QTRY_VERIFY(!failed.isEmpty() || !connected.isEmpty());
        QVERIFY(connected.isEmpty());
    }

    void theNewerSessionOfTheSameResourceStays()
    {
        Client admin;
        login(admin, u"admin@building.localhost"_s);
        PlainClient older(m_port);
        PlainClient newer(m_port);
        QVERIFY(older.login("a", "secret", "meter"));
        older.send("<iq type='get' id='1' to='building.localhost'>" + isFriend + "</iq>");
        QVERIFY(older.waitFor("isFriendResponse"));
        QVERIFY(newer.login("a", "secret", "meter"));
        QVERIFY(older.waitFor("conflict"));
        QTRY_COMPARE(older.socket.state(), QAbstractSocket::UnconnectedState);
        QVERIFY(reject(admin, 1) > 1);
        QVERIFY(newer.waitFor("clearCache"));
    }

    void s26_aClientThatDoesNotReadIsLetGo()
    {
        EmbeddedTransport transport(Jid::parse(u"building.localhost"_s).value(), QHostAddress::LocalHost, 0,
                                    { { u"a@building.localhost"_s, u"secret"_s },
                                      { u"b@building.localhost"_s, u"secret"_s } });
        QSignalSpy gone(&transport, &Transport::availabilityChanged);
        transport.start();
        PlainClient deaf(transport.port());
        PlainClient other(transport.port());
        QVERIFY(deaf.login("a", "secret", "r"));
        QVERIFY(other.login("b", "secret", "r"));
        QTRY_COMPARE(gone.size(), 2); // here, so far
        QObject::disconnect(&deaf.socket, &QTcpSocket::readyRead, nullptr, nullptr);
        deaf.socket.setReadBufferSize(1);
        wire::Element message { .name = u"message"_s, .text = QString(100'000, u'x') };
        message.setAttribute("to"_L1, u"a@building.localhost/r"_s);
        for (int i = 0; i < 150; ++i)
            transport.send(message);
        QTRY_COMPARE(gone.size(), 3);
        QCOMPARE(gone.last().first().value<Jid>().full(), u"a@building.localhost/r"_s);
        QCOMPARE(gone.last().last().toBool(), false);
        message.setAttribute("to"_L1, u"b@building.localhost/r"_s);
        other.received.clear();
        QVERIFY(transport.send(message));
        QVERIFY(other.waitFor("</message>"));
    }

    void mistakesAreExplained()
    {
        m_server.reset();
        QString message;
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        ServerOptions busy = options();
        busy.port = other.serverPort();
        QVERIFY(!startServer(busy, &message));
        QVERIFY2(message.contains("--listen"_L1), qPrintable(message));

        QVERIFY(!startServer(options({ u"--import"_s, path(u"network.json"_s) }), &message));
        QVERIFY2(message.contains("already holds a network"_L1), qPrintable(message));

        write(u"bad.json"_s,
              R"({"castellan": "network", "format": 1, "accessRules": [{"id": "r", "action": "fly"}]})");
        ServerOptions bad = options({ u"--import"_s, path(u"bad.json"_s) });
        bad.database = u"sqlite:"_s + path(u"other.db"_s);
        QVERIFY(!startServer(bad, &message));
        QVERIFY2(message.contains("/accessRules/0"_L1), qPrintable(message));

        write(u"accounts"_s, "a@building.localhost secret\na@elsewhere secret\n");
        QVERIFY(!startServer(options(), &message));
        QVERIFY2(message.contains("ine 2"_L1), qPrintable(message));
    }

    void exportsWhatItImported()
    {
        m_server.reset();
        ServerApp exporter(options({ u"--export"_s, path(u"out.json"_s) }));
        QSignalSpy finished(&exporter, &ServerApp::finished);
        exporter.start();
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished.first().first().toInt(), 0);
        QFile in(path(u"network.json"_s));
        QFile out(path(u"out.json"_s));
        QVERIFY(in.open(QIODevice::ReadOnly) && out.open(QIODevice::ReadOnly));
        Network expected = networkFromJson(in.readAll()).value();
        expected.roleGrants = { { u"admin@building.localhost"_s, AdminRole::Administrator, {} } };
        QCOMPARE(networkFromJson(out.readAll()).value(), expected);
    }

    void stopsCleanly()
    {
        Client thing;
        login(thing, u"a@building.localhost"_s);
        thing.request("get", isFriend);
        QSignalSpy finished(m_server.get(), &ServerApp::finished);
        m_server->stop();
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished.first().first().toInt(), 0);
        QTRY_VERIFY(!thing.isConnected());
    }
};

QTEST_GUILESS_MAIN(TestEmbedded)
#include "tst_embedded.moc"
