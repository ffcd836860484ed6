// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/saslclient.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

/// That a login with the right password works is shown with Prosody (tst_accounttransport); here is what a
/// server may do wrong.
class TestSaslClient : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesTheStrongest_data()
    {
        QTest::addColumn<QStringList>("offered");
        QTest::addColumn<QString>("taken");
        QTest::newRow("all") << QStringList { u"PLAIN"_s, u"SCRAM-SHA-1"_s, u"X"_s, u"SCRAM-SHA-256"_s }
                             << u"SCRAM-SHA-256"_s;
        QTest::newRow("older") << QStringList { u"SCRAM-SHA-1"_s, u"PLAIN"_s } << u"SCRAM-SHA-1"_s;
        QTest::newRow("plain") << QStringList { u"DIGEST-MD5"_s, u"PLAIN"_s } << u"PLAIN"_s;
        QTest::newRow("unknown") << QStringList { u"SCRAM-SHA-1-PLUS"_s, u"EXTERNAL"_s } << QString();
        QTest::newRow("none") << QStringList() << QString();
    }
    void takesTheStrongest()
    {
        QFETCH(QStringList, offered);
        QFETCH(QString, taken);
        const Result<SaslClient> client = SaslClient::start(offered, u"user"_s, u"pencil"_s);
        QCOMPARE(client ? client->mechanism() : QString(), taken);
    }

    void saysAllAtOnceWithPlain()
    {
        Result<SaslClient> client = SaslClient::start({ u"PLAIN"_s }, u"Üser"_s, u"pen cil"_s);
        QCOMPARE(client->step({}).value_or("nothing"), QByteArray("\0Üser\0pen cil", 14));
        QVERIFY(client->isComplete());
    }

    void badChallenges_data()
    {
        QTest::addColumn<QByteArray>("challenge");
        QTest::newRow("nothing") << ""_ba;
        QTest::newRow("garbage") << "\xff\x00,,,=="_ba;
        QTest::newRow("another's nonce") << "r=yours123,s=QSXCR+Q6sek8bf92,i=4096"_ba;
        QTest::newRow("no salt") << "r=NONCE123,i=4096"_ba;
        QTest::newRow("no rounds") << "r=NONCE123,s=QSXCR+Q6sek8bf92"_ba;
    }
    void badChallenges()
    {
        QFETCH(QByteArray, challenge);
        Result<SaslClient> client = SaslClient::start({ u"SCRAM-SHA-256"_s }, u"user"_s, u"pencil"_s);
        const QByteArray first = client->step({}).value_or(QByteArray());
        QVERIFY2(first.startsWith("n,,n=user,r="), first);
        QVERIFY(!client->step(challenge.replace("NONCE", first.mid(12))));
        QVERIFY(!client->isComplete());
    }

    void serverMustKnowThePassword()
    {
        Result<SaslClient> client = SaslClient::start({ u"SCRAM-SHA-1"_s }, u"user"_s, u"pencil"_s);
        const QByteArray nonce = client->step({}).value_or(QByteArray()).mid(12);
        QVERIFY(client->step("r=" + nonce + "3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"));
        QVERIFY(!client->isComplete());
        QVERIFY(!client->step("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
        QVERIFY(!client->isComplete());
    }
};

QTEST_GUILESS_MAIN(TestSaslClient)
#include "tst_saslclient.moc"
