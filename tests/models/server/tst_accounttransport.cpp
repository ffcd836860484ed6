// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/accounttransport.h"
#include "server/embeddedtransport.h"
#include "server/stanza.h"

#include <QDomElement>
#include <QSignalSpy>
#include <QTest>
#include <QXmppClient.h>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

const Accounts accounts { { u"prov@x"_s, u"secret"_s }, { u"meter@x"_s, u"secret"_s } };

/// A thing that befriends whoever asks.
class Thing : public QXmppClient
{
public:
    explicit Thing(quint16 port)
        : QXmppClient(NoExtensions)
    {
        addExtension(new Extension(*this));
        QXmppConfiguration configuration;
        configuration.setJid(u"meter@x"_s);
        configuration.setPassword(u"secret"_s);
        configuration.setHost(u"127.0.0.1"_s);
        configuration.setPort(port);
        configuration.setStreamSecurityMode(QXmppConfiguration::TLSDisabled);
        connectToServer(configuration);
    }
    void sendPresence(const QString &type)
    {
        sendPacket(RawStanza(stanza(u"presence"_s, type, {}, u"prov@x"_s)));
    }
    QStringList presences; ///< types, as they came from the account

private:
    class Extension : public QXmppClientExtension
    {
    public:
        explicit Extension(Thing &thing)
            : m_thing(thing)
        { }
        bool handleStanza(const QDomElement &dom) override
        {
            if (dom.tagName() != "presence"_L1 || !dom.attribute(u"from"_s).startsWith("prov@x"_L1))
                return false;
            m_thing.presences.append(dom.attribute(u"type"_s, u"available"_s));
            if (m_thing.presences.last() == "subscribe"_L1)
                m_thing.sendPresence(u"subscribed"_s);
            return true;
        }

    private:
        Thing &m_thing;
    };
};

} // namespace

class TestAccountTransport : public QObject
{
    Q_OBJECT

    std::unique_ptr<EmbeddedTransport> m_server;
    const Jid m_account = Jid::parse(u"prov@x").value();

    void startServer(quint16 port)
    {
        m_server = std::make_unique<EmbeddedTransport>(Jid::parse(u"x").value(), QHostAddress::LocalHost,
                                                       port, accounts);
        QSignalSpy ready(m_server.get(), &Transport::ready);
        m_server->start();
        QCOMPARE(ready.size(), 1);
    }

private Q_SLOTS:
    void init() { startServer(0); }

    void thingsBefriendItAndAreSeen()
    {
        AccountTransport transport(m_account, u"secret"_s, u"127.0.0.1"_s, m_server->port());
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy received(&transport, &Transport::stanzaReceived);
        QSignalSpy availability(&transport, &Transport::availabilityChanged);
        QVERIFY(!transport.send(stanza(u"message"_s, {}, {}, u"meter@x"_s)));
        transport.start();
        QTRY_COMPARE(ready.size(), 1);
        QVERIFY(!transport.jid().isBare());
        QCOMPARE(transport.jid().bare(), u"prov@x"_s);

        Thing thing(m_server->port());
        QTRY_VERIFY(thing.isConnected());
        thing.sendPresence(u"subscribe"_s);
        QTRY_VERIFY(thing.presences.contains(u"available"_s));
        QVERIFY(thing.presences.contains(u"subscribed"_s));
        QVERIFY(thing.presences.contains(u"subscribe"_s)); // asked back
        QTRY_COMPARE(availability.size(), 1);
        QCOMPARE(availability.first().at(0).value<Jid>().full(), thing.configuration().jid());
        QCOMPARE(availability.first().at(1).toBool(), true);

        thing.sendPacket(RawStanza(stanza(u"iq"_s, u"get"_s, {}, transport.jid().full(), u"1"_s)));
        QTRY_COMPARE(received.size(), 1); // and nothing of the roster's business
        const auto iq = received.first().first().value<wire::Element>();
        QCOMPARE(iq.xmlns, QString());
        QCOMPARE(iq.attribute("from"_L1), thing.configuration().jid());

        thing.disconnectFromServer();
        QTRY_COMPARE(availability.size(), 2);
        QCOMPARE(availability.last().at(1).toBool(), false);
    }

    void comesBack()
    {
        AccountTransport transport(m_account, u"secret"_s, u"127.0.0.1"_s, m_server->port());
        QSignalSpy ready(&transport, &Transport::ready);
        QSignalSpy lost(&transport, &Transport::lost);
        transport.start();
        QTRY_COMPARE(ready.size(), 1);
        const quint16 port = m_server->port();
        m_server.reset();
        QTRY_VERIFY(!lost.isEmpty());
        QVERIFY(!transport.send(stanza(u"message"_s, {}, {}, u"meter@x"_s)));
        startServer(port);
        QTRY_COMPARE_WITH_TIMEOUT(ready.size(), 2, 30'000);
    }

    void aWrongPasswordIsFinal()
    {
        AccountTransport transport(m_account, u"wrong"_s, u"127.0.0.1"_s, m_server->port());
        QSignalSpy failed(&transport, &Transport::failed);
        QSignalSpy lost(&transport, &Transport::lost);
        transport.start();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed.first().first().value<Failure>().text.contains("prov@x cannot log in"_L1));
        QVERIFY(lost.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestAccountTransport)
#include "tst_accounttransport.moc"
