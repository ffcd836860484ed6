// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/scram.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::server;

class TestScram : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    /// RFC 5802 §5, RFC 7677 §3.
    void examples_data()
    {
        QTest::addColumn<QCryptographicHash::Algorithm>("hash");
        QTest::addColumn<QByteArray>("nonce");
        QTest::addColumn<QByteArray>("challenge");
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<QByteArray>("last");
        QTest::newRow("SHA-1")
            << QCryptographicHash::Sha1 << "fyko+d2lbbFgONRv9qkxdawL"_ba
            << "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"_ba
            << "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="_ba
            << "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="_ba;
        QTest::newRow("SHA-256")
            << QCryptographicHash::Sha256 << "rOprNGfwEbeRWgbNEkqO"_ba
            << "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"_ba
            << "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
               "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="_ba
            << "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="_ba;
    }
    void examples()
    {
        QFETCH(QCryptographicHash::Algorithm, hash);
        QFETCH(QByteArray, nonce);
        QFETCH(QByteArray, challenge);
        QFETCH(QByteArray, answer);
        QFETCH(QByteArray, last);
        Scram scram(hash, u"user"_s, u"pencil"_s, nonce);
        QCOMPARE(scram.first(), "n,,n=user,r=" + nonce);
        QVERIFY(!scram.isProof(last)); // of nothing yet
        QCOMPARE(scram.answer(challenge).value_or(QByteArray()), answer);
        QVERIFY(scram.isProof(last));
        QVERIFY(!scram.isProof("v=" + QByteArray::fromBase64(last.sliced(2)).replace(0, 1, "x").toBase64()));
        QVERIFY(!scram.isProof({}));
        QVERIFY(!scram.isProof("e=other-error"));
    }

    void names()
    {
        QCOMPARE(Scram(QCryptographicHash::Sha1, u"a=b,c"_s, {}, "x").first(), "n,,n=a=3Db=2Cc,r=x");
    }

    void whatIsNoChallenge_data()
    {
        QTest::addColumn<QByteArray>("challenge");
        QTest::newRow("nothing") << ""_ba;
        QTest::newRow("another's nonce") << "r=yours123,s=QSXCR+Q6sek8bf92,i=4096"_ba;
        QTest::newRow("only our nonce") << "r=mine,s=QSXCR+Q6sek8bf92,i=4096"_ba;
        QTest::newRow("no salt") << "r=mine123,i=4096"_ba;
        QTest::newRow("no rounds") << "r=mine123,s=QSXCR+Q6sek8bf92"_ba;
        QTest::newRow("rounds without end") << "r=mine123,s=QSXCR+Q6sek8bf92,i=2000000000"_ba;
        QTest::newRow("an extension that must be known") << "m=x,r=mine123,s=QSXCR+Q6sek8bf92,i=4096"_ba;
    }
    void whatIsNoChallenge()
    {
        QFETCH(QByteArray, challenge);
        Scram scram(QCryptographicHash::Sha256, u"user"_s, u"pencil"_s, "mine");
        QVERIFY(!scram.answer(challenge));
    }
};

QTEST_GUILESS_MAIN(TestScram)
#include "tst_scram.moc"
