// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/iprange.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;

class IpRangeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s15_contains_data();
    void s15_contains();
    void s15_refused_data();
    void s15_refused();
};

void IpRangeTest::s15_contains_data()
{
    QTest::addColumn<QString>("range");
    QTest::addColumn<QString>("address");
    QTest::addColumn<bool>("contained");

    QTest::newRow("itself") << u"10.0.0.1"_s << u"10.0.0.1"_s << true;
    QTest::newRow("its neighbour") << u"10.0.0.1"_s << u"10.0.0.2"_s << false;
    QTest::newRow("first of a network") << u"10.1.2.3/8"_s << u"10.0.0.0"_s << true;
    QTest::newRow("last of a network") << u"10.0.0.0/8"_s << u"10.255.255.255"_s << true;
    QTest::newRow("behind a network") << u"10.0.0.0/8"_s << u"11.0.0.0"_s << false;
    QTest::newRow("network within a byte") << u"192.168.16.0/20"_s << u"192.168.31.255"_s << true;
    QTest::newRow("behind it") << u"192.168.16.0/20"_s << u"192.168.32.0"_s << false;
    QTest::newRow("every IPv4 address") << u"0.0.0.0/0"_s << u"203.0.113.7"_s << true;
    QTest::newRow("but no IPv6 address") << u"0.0.0.0/0"_s << u"2001:db8::1"_s << false;
    QTest::newRow("every address") << u"::/0"_s << u"203.0.113.7"_s << true;
    QTest::newRow("range") << u"10.0.0.5-10.0.1.4"_s << u"10.0.0.255"_s << true;
    QTest::newRow("before a range") << u"10.0.0.5-10.0.1.4"_s << u"10.0.0.4"_s << false;
    QTest::newRow("end of a range") << u"10.0.0.5-10.0.1.4"_s << u"10.0.1.4"_s << true;
    QTest::newRow("IPv6") << u"2001:db8::/32"_s << u"2001:db8:ffff::1"_s << true;
    QTest::newRow("IPv6 written differently") << u"2001:db8::1"_s << u"2001:0DB8:0:0::1"_s << true;
    QTest::newRow("IPv4 as IPv6") << u"10.0.0.0/8"_s << u"::ffff:10.1.1.1"_s << true;
}

void IpRangeTest::s15_contains()
{
    QFETCH(const QString, range);
    QFETCH(const QString, address);
    QFETCH(const bool, contained);
    const auto parsed = IpRange::parse(range);
    QVERIFY(parsed);
    QCOMPARE(parsed->contains(*IpAddress::parse(address)), contained);
}

void IpRangeTest::s15_refused_data()
{
    QTest::addColumn<QString>("range");
    for (const char *text :
         { "", "10", "10.1", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "::/129",
           "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "10.0.0.1-", "host.example", "fe80::1%eth0", " 10.0.0.1" })
        QTest::newRow(text) << QString::fromLatin1(text);
}

void IpRangeTest::s15_refused()
{
    QFETCH(const QString, range);
    QVERIFY(!IpRange::parse(range));
}

QTEST_GUILESS_MAIN(IpRangeTest)
#include "tst_iprange.moc"
