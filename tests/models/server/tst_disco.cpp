// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/disco.h"
#include "servicefixture.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

/// XEP-0115 §5.1, read word for word, of a disco#info answer without extended information.
QString verificationString(const wire::Element &query)
{
    QList<QByteArray> identities;
    QList<QByteArray> features;
    for (const wire::Element &child : query.children) {
        if (child.name == "identity"_L1) {
            identities.append((child.attribute("category"_L1) + u'/' + child.attribute("type"_L1) + u'/'
                               + child.attribute("xml:lang"_L1) + u'/' + child.attribute("name"_L1) + u'<')
                                  .toUtf8());
        } else if (child.name == "feature"_L1) {
            features.append(child.attribute("var"_L1).toUtf8() + '<');
        }
    }
    std::ranges::sort(identities); // by bytes, as the i;octet collation wants it
    std::ranges::sort(features);
    const QByteArray s = identities.join() + features.join();
    return QString::fromLatin1(QCryptographicHash::hash(s, QCryptographicHash::Sha1).toBase64());
}

const wire::Element *capsOf(const wire::Element &presence)
{
    return presence.child("c"_L1, "http://jabber.org/protocol/caps"_L1);
}

bool isPresenceTo(const wire::Element &stanza, const QString &to)
{
    return stanza.name == "presence"_L1 && !stanza.hasAttribute("type"_L1) && stanza.attribute("to"_L1) == to;
}

} // namespace

class TestDisco : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    /// XEP-0324 §4: what the server can is found by its presence, where somebody gets that.
    void presenceSaysWhatTheServerCan()
    {
        ServiceFixture fixture;
        fixture.start();
        fixture.receive("<presence type='probe' from='meter@example.org/r' to='prov.example.org'/>");
        const wire::Element presence = fixture.waitForSent(
            [](const wire::Element &stanza) { return isPresenceTo(stanza, u"meter@example.org/r"_s); });
        const wire::Element *caps = capsOf(presence);
        QVERIFY(caps);
        QCOMPARE(caps->attribute("hash"_L1), u"sha-1"_s);

        const QString node = caps->attribute("node"_L1) + u'#' + caps->attribute("ver"_L1);
        const wire::Element answer = fixture.ask("meter@example.org/r",
                                                 "<query xmlns='http://jabber.org/protocol/disco#info' node='"
                                                     + node.toUtf8() + "'/>");
        QCOMPARE(answer.attribute("type"_L1), u"result"_s);
        const wire::Element query = *answer.firstChild();
        QCOMPARE(query.attribute("node"_L1), node);
        QCOMPARE(verificationString(query), caps->attribute("ver"_L1));
        QStringList features;
        for (const wire::Element &child : query.children)
            features.append(child.attribute("var"_L1));
        QVERIFY(features.contains(u"urn:xmpp:iot:provisioning"_s));
        QVERIFY(features.contains(u"http://jabber.org/protocol/caps"_s));
    }

    void greetingsSayItToo()
    {
        ServiceFixture fixture;
        fixture.start();
        fixture.ask("meter@example.org/r", prov("isFriend", "jid='display@example.org'/>"));
        fixture.kill();
        fixture.start();
        QVERIFY(capsOf(fixture.waitForSent(
            [](const wire::Element &stanza) { return isPresenceTo(stanza, u"meter@example.org"_s); })));
    }

    void anAccountSaysItOfItself()
    {
        const wire::Element caps = capsElement(accountIdentity);
        const QString node = caps.attribute("node"_L1) + u'#' + caps.attribute("ver"_L1);
        wire::Element request { .name = u"query"_s, .xmlns = wire::nsDiscoInfo };
        request.setAttribute("node"_L1, node);
        const auto info = discoInfo(accountIdentity, request);
        QVERIFY(info);
        QCOMPARE(verificationString(*info), caps.attribute("ver"_L1));
        QVERIFY(!discoInfo(componentIdentity, request)); // which is another one
    }
};

QTEST_GUILESS_MAIN(TestDisco)
#include "tst_disco.moc"
