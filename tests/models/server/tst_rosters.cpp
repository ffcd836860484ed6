// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/rosters.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

/// The accounts a, b and c of x, and what the server sends them.
class Domain
{
public:
    Rosters rosters {
        u"x"_s, [](const QString &bare) { return bare == "a@x"_L1 || bare == "b@x"_L1 || bare == "c@x"_L1; },
        [this](const wire::Element &stanza) { sent.append(stanza); }
    };
    QList<wire::Element> sent;

    bool receive(const QByteArray &xml)
    {
        const auto stanza = wire::Element::fromXml(xml).value();
        return rosters.handle(Jid::parse(stanza.attribute("from"_L1)).value(), stanza);
    }
    void login(const QByteArray &full)
    {
        receive("<iq type='get' id='1' from='" + full + "' to='x'><query xmlns='jabber:iq:roster'/></iq>");
        receive("<presence from='" + full + "' to='x'/>");
    }
    void presence(const QByteArray &type, const QByteArray &from, const QByteArray &to)
    {
        receive("<presence type='" + type + "' from='" + from + "' to='" + to + "'/>");
    }
    void befriend(const QByteArray &one, const QByteArray &other)
    {
        presence("subscribe", one, other);
        presence("subscribed", other, one);
        presence("subscribe", other, one);
        presence("subscribed", one, other);
    }
    /// What was sent to \a to, in short, and forgets it all.
    QStringList taken(const QString &to)
    {
        QStringList taken;
        for (const wire::Element &stanza : std::exchange(sent, {})) {
            if (stanza.attribute("to"_L1) != to)
                continue;
            QString text = stanza.name;
            if (stanza.name == "presence"_L1) {
                text = stanza.attribute("type"_L1).isEmpty() ? u"available"_s : stanza.attribute("type"_L1);
                text += u" from "_s + stanza.attribute("from"_L1);
            } else if (stanza.firstChild()) {
                for (const wire::Element &item : stanza.firstChild()->children) {
                    text += u' ' + item.attribute("jid"_L1) + u' ' + item.attribute("subscription"_L1);
                    if (item.hasAttribute("ask"_L1))
                        text += u" asked"_s;
                }
            }
            taken.append(text);
        }
        return taken;
    }
};

class TestRosters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void subscribingBothWays()
    {
        Domain domain;
        domain.login("a@x/1");
        domain.login("b@x/1");
        domain.sent.clear();
        domain.presence("subscribe", "a@x", "b@x");
        QCOMPARE(domain.taken(u"a@x/1"_s), QStringList { u"iq b@x none asked"_s });
        domain.presence("subscribe", "a@x", "b@x");
        QCOMPARE(domain.taken(u"b@x"_s), QStringList { u"subscribe from a@x"_s });
        domain.presence("subscribed", "b@x", "a@x");
        QCOMPARE(domain.taken(u"a@x"_s),
                 (QStringList { u"subscribed from b@x"_s, u"available from b@x/1"_s }));
        domain.presence("subscribe", "b@x", "a@x");
        domain.presence("subscribed", "a@x", "b@x");
        domain.sent.clear();
        domain.receive("<iq type='get' id='2' from='a@x/1' to='a@x'><query xmlns='jabber:iq:roster'/></iq>");
        QCOMPARE(domain.taken(u"a@x/1"_s), QStringList { u"iq b@x both"_s });
    }

    void presenceGoesToFriendsOnly()
    {
        Domain domain;
        domain.login("a@x/1");
        domain.login("b@x/1");
        domain.login("c@x/1");
        domain.befriend("a@x", "b@x");
        domain.sent.clear();
        domain.receive("<presence from='a@x/1' to='x'><show>away</show></presence>");
        QCOMPARE(domain.sent.size(), 2); // b and a itself
        QCOMPARE(domain.taken(u"b@x/1"_s), QStringList { u"available from a@x/1"_s });
        domain.rosters.disconnected(Jid::parse(u"a@x/1").value());
        QCOMPARE(domain.taken(u"b@x/1"_s), QStringList { u"unavailable from a@x/1"_s });
        domain.login("a@x/2");
        QCOMPARE(domain.taken(u"a@x/2"_s),
                 (QStringList { u"iq b@x both"_s, u"available from a@x/2"_s, u"available from b@x/1"_s }));
    }

    void aRequestWaitsForWhoIsOffline()
    {
        Domain domain;
        domain.login("a@x/1");
        domain.presence("subscribe", "a@x", "b@x");
        domain.sent.clear();
        domain.login("b@x/1");
        QVERIFY(domain.taken(u"b@x/1"_s).contains(u"subscribe from a@x"_s));
        domain.presence("subscribed", "c@x", "a@x"); // nobody asked c
        QVERIFY(domain.taken(u"a@x"_s).isEmpty());
    }

    void removingEndsBothSubscriptions()
    {
        Domain domain;
        domain.login("a@x/1");
        domain.login("b@x/1");
        domain.befriend("a@x", "b@x");
        domain.sent.clear();
        domain.receive("<iq type='set' id='3' from='a@x/1' to='x'><query xmlns='jabber:iq:roster'>"
                       "<item jid='b@x' subscription='remove'/></query></iq>");
        const QList<wire::Element> sent = domain.sent;
        QCOMPARE(domain.taken(u"b@x"_s),
                 (QStringList { u"unsubscribe from a@x"_s, u"unsubscribed from a@x"_s,
                                u"unavailable from a@x/1"_s }));
        domain.sent = sent;
        QVERIFY(domain.taken(u"a@x/1"_s).contains(u"iq b@x remove"_s));
        domain.login("b@x/2");
        QVERIFY(domain.taken(u"b@x/2"_s).contains(u"iq a@x none"_s));
    }

    void namesAndGroupsAreKept()
    {
        Domain domain;
        domain.login("a@x/1");
        domain.receive("<iq type='set' id='3' from='a@x/1' to='x'><query xmlns='jabber:iq:roster'>"
                       "<item jid='b@x' name='Bee'><group>Insects</group></item></query></iq>");
        domain.sent.clear();
        domain.login("a@x/2");
        QCOMPARE(domain.sent.first().attribute("from"_L1), u"a@x"_s);
        const wire::Element item = domain.sent.first().firstChild()->children.value(0);
        QCOMPARE(item.attribute("name"_L1), u"Bee"_s);
        QCOMPARE(item.children.value(0).text, u"Insects"_s);
    }

    void theRestIsNotForRosters()
    {
        Domain domain;
        QVERIFY(!domain.receive("<message from='a@x/1' to='b@x'/>"));
        QVERIFY(
            !domain.receive("<iq type='get' id='1' from='a@x/1' to='x'><ping xmlns='urn:xmpp:ping'/></iq>"));
        QVERIFY(!domain.receive(
            "<iq type='get' id='1' from='a@x/1' to='b@x'><query xmlns='jabber:iq:roster'/></iq>"));
    }
};

QTEST_GUILESS_MAIN(TestRosters)
#include "tst_rosters.moc"
