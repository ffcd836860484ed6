// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/ipaddress.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;

class IpAddressTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parsed_data();
    void parsed();
    void refused_data();
    void refused();
    void order();
};

void IpAddressTest::parsed_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("normal");
    QTest::addColumn<bool>("ip4");
    QTest::newRow("IPv4") << u"10.0.0.1"_s << u"10.0.0.1"_s << true;
    QTest::newRow("last IPv4") << u"255.255.255.255"_s << u"255.255.255.255"_s << true;
    QTest::newRow("IPv4 as IPv6") << u"::FFFF:10.0.0.1"_s << u"10.0.0.1"_s << true;
    QTest::newRow("IPv4 as IPv6, hexadecimal") << u"::ffff:a00:1"_s << u"10.0.0.1"_s << true;
    QTest::newRow("IPv6") << u"2001:DB8:0:0:0:0:0:1"_s << u"2001:db8::1"_s << false;
    QTest::newRow("unspecified") << u"::"_s << u"::"_s << false;
}

void IpAddressTest::parsed()
{
    QFETCH(const QString, text);
    QFETCH(const QString, normal);
    QFETCH(const bool, ip4);
    const std::optional<IpAddress> address = IpAddress::parse(text);
    QVERIFY(address);
    QCOMPARE(address->text(), normal);
    QCOMPARE(address->isIp4(), ip4);
    QVERIFY(IpAddress::parse(normal) == address);
}

void IpAddressTest::refused_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << QString();
    QTest::newRow("short") << u"10.1"_s;
    QTest::newRow("too large") << u"10.0.0.256"_s;
    QTest::newRow("octal or not?") << u"10.0.0.010"_s;
    QTest::newRow("hexadecimal") << u"0x0a.0.0.1"_s;
    QTest::newRow("white space") << u" 10.0.0.1"_s;
    QTest::newRow("network") << u"10.0.0.0/8"_s;
    QTest::newRow("zone") << u"fe80::1%eth0"_s;
    QTest::newRow("brackets") << u"[::1]"_s;
    QTest::newRow("two gaps") << u"1::2::3"_s;
    QTest::newRow("nine groups") << u"1:2:3:4:5:6:7:8:9"_s;
    QTest::newRow("other digits") << u"١٠.0.0.1"_s;
    QTest::newRow("null behind it") << u"10.0.0.1"_s + QChar(0) + u"x"_s;
}

void IpAddressTest::refused()
{
    QFETCH(const QString, text);
    QVERIFY(!IpAddress::parse(text));
}

void IpAddressTest::order()
{
    const auto address = [](QStringView text) { return IpAddress::parse(text).value(); };
    QVERIFY(address(u"10.0.0.2") < address(u"10.0.0.10"));
    QVERIFY(address(u"127.255.255.255") < address(u"128.0.0.0"));
    QVERIFY(address(u"2001:db8::ff") < address(u"2001:db8::100"));
    QVERIFY(address(u"::ffff:1.2.3.4") == address(u"1.2.3.4"));
}

QTEST_GUILESS_MAIN(IpAddressTest)
#include "tst_ipaddress.moc"
