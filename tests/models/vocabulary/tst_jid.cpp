// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/jid.h"

#include <QTest>

#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;

class JidTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s01_normalForm_data();
    void s01_normalForm();
    void s01_malformed_data();
    void s01_malformed();
    void s01_normalFormIsStable();
    void s01_caseOfNameAndDomainMeansNothing();
    void s01_resourceIsIgnoredInBareForm();
    void parts_data();
    void parts();
    void longParts();
    void failureNamesThePart();
};

void JidTest::s01_normalForm_data()
{
    QTest::addColumn<QString>("written");
    QTest::addColumn<QString>("normal");

    // RFC 7622 §3.5, table 1
    QTest::newRow("bare") << u"juliet@example.com"_s << u"juliet@example.com"_s;
    QTest::newRow("space in resource") << u"juliet@example.com/foo bar"_s << u"juliet@example.com/foo bar"_s;
    QTest::newRow("at in resource") << u"juliet@example.com/foo@bar"_s << u"juliet@example.com/foo@bar"_s;
    QTest::newRow("escaped space") << u"foo\\20bar@example.com"_s << u"foo\\20bar@example.com"_s;
    QTest::newRow("sharp s") << u"fußball@example.com"_s << u"fußball@example.com"_s;
    QTest::newRow("small pi") << u"π@example.com"_s << u"π@example.com"_s;
    QTest::newRow("capital sigma") << u"Σ@example.com/foo"_s << u"σ@example.com/foo"_s;
    QTest::newRow("final sigma") << u"ς@example.com/foo"_s << u"ς@example.com/foo"_s;
    QTest::newRow("symbol in resource") << u"king@example.com/♚"_s << u"king@example.com/♚"_s;
    QTest::newRow("domain") << u"example.com"_s << u"example.com"_s;
    QTest::newRow("domain with resource")
        << u"a.example.com/b@example.net"_s << u"a.example.com/b@example.net"_s;

    QTest::newRow("upper case") << u"Meter-1@BUILDING.Localhost/Res"_s << u"meter-1@building.localhost/Res"_s;
    QTest::newRow("full width") << u"ｍｅｔｅｒ@example.com"_s << u"meter@example.com"_s;
    QTest::newRow("decomposed") << u"cafe\u0301@example.com"_s << u"café@example.com"_s;
    QTest::newRow("decomposed resource") << u"a@b/cafe\u0301"_s << u"a@b/café"_s;
    QTest::newRow("no-break space in resource") << u"a@b/c\u00a0d"_s << u"a@b/c d"_s;
    QTest::newRow("Hebrew") << u"שלום@example.com"_s << u"שלום@example.com"_s;
    QTest::newRow("Catalan middle dot") << u"paral·lel@example.com"_s << u"paral·lel@example.com"_s;
    QTest::newRow("trailing dot") << u"a@example.com."_s << u"a@example.com"_s;
    QTest::newRow("Unicode domain") << u"a@Bücher.example"_s << u"a@bücher.example"_s;
    QTest::newRow("ACE domain") << u"a@XN--Bcher-kva.example"_s << u"a@bücher.example"_s;
    QTest::newRow("ACE prefix inside a label") << u"a@axn--b.example"_s << u"a@axn--b.example"_s;
    QTest::newRow("IPv4") << u"a@127.0.0.1"_s << u"a@127.0.0.1"_s;
    QTest::newRow("IPv6") << u"a@[0:0:0:0:0:0:0:1]"_s << u"a@[::1]"_s;
    QTest::newRow("second at belongs to resource") << u"a@b/@"_s << u"a@b/@"_s;
}

void JidTest::s01_normalForm()
{
    QFETCH(const QString, written);
    QFETCH(const QString, normal);

    const Result<Jid> jid = Jid::parse(written);
    QVERIFY2(jid, jid ? "" : qPrintable(jid.error().text));
    QCOMPARE(jid->full(), normal);
}

void JidTest::s01_malformed_data()
{
    QTest::addColumn<QString>("written");

    // RFC 7622 §3.5, table 2
    QTest::newRow("quotes") << u"\"juliet\"@example.com"_s;
    QTest::newRow("space in local part") << u"foo bar@example.com"_s;
    QTest::newRow("empty local part and resource") << u"@example.com/"_s;
    QTest::newRow("compatibility character") << u"henryⅣ@example.com"_s;
    QTest::newRow("symbol in local part") << u"♚@example.com"_s;
    QTest::newRow("no domain") << u"juliet@"_s;
    QTest::newRow("only a resource") << u"/foobar"_s;

    QTest::newRow("empty") << QString();
    QTest::newRow("dot") << u"."_s;
    QTest::newRow("empty resource") << u"a@b/"_s;
    QTest::newRow("two ats") << u"a@b@c"_s;
    for (const QChar c : u"\"&':<>"_s)
        QTest::addRow("%c in local part", c.toLatin1()) << u"a%1b@example.com"_s.arg(c);
    QTest::newRow("forbidden after width mapping") << u"a＠b@example.com"_s;
    QTest::newRow("control character") << u"a\u0001@example.com"_s;
    QTest::newRow("control character in resource") << u"a@example.com/\n"_s;
    QTest::newRow("lone surrogate") << u"a"_s + QChar(0xd800) + u"@example.com"_s;
    QTest::newRow("unassigned") << u"a\u0378@example.com"_s;
    QTest::newRow("zero width joiner") << u"a\u200db@example.com"_s;
    QTest::newRow("middle dot") << u"a·b@example.com"_s;
    QTest::newRow("soft hyphen") << u"a\u00adb@example.com"_s;
    QTest::newRow("mixed directions") << u"aש@example.com"_s;
    QTest::newRow("mixed Arabic digits") << u"م\u0661\u06f1@example.com"_s;
    QTest::newRow("empty label") << u"a@example..com"_s;
    QTest::newRow("hyphen first") << u"a@-example.com"_s;
    QTest::newRow("underscore in domain") << u"a@ex_ample.com"_s;
    QTest::newRow("space in domain") << u"a@exam ple.com"_s;
    QTest::newRow("false ACE") << u"a@xn--a-ecp.ru"_s;
    QTest::newRow("IPv6 with zone") << u"a@[fe80::1%eth0]"_s;
    QTest::newRow("IP of the future") << u"a@[v1.x:y]"_s;
    QTest::newRow("bracket") << u"a@[::1"_s;
}

void JidTest::s01_malformed()
{
    QFETCH(const QString, written);

    const Result<Jid> jid = Jid::parse(written);
    QVERIFY2(!jid, jid ? qPrintable(jid->full()) : "");
    QCOMPARE(jid.error().kind, FailureKind::JidMalformed);
    QVERIFY(!jid.error().text.isEmpty());
    QCOMPARE(bareJid(written), QString());
}

/// Whatever is accepted is its own normal form, and the faster ways for ASCII agree with that.
void JidTest::s01_normalFormIsStable()
{
    std::mt19937 random(1);
    const QString alphabet = u"aAzZ09.-_@/\\ \u00c4\u00e4e\u0301\u03a3\u03c2ｍ＠İıßｶﾞ한ᄒﬁⅣשم١·l\u200d"_s;
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        QString text;
        const int length = 1 + int(random() % 12);
        for (int j = 0; j < length; ++j)
            text += alphabet.at(qsizetype(random() % size_t(alphabet.size())));
        const Result<Jid> jid = Jid::parse(text);
        if (!jid)
            continue;
        ++accepted;
        const Result<Jid> again = Jid::parse(jid->full());
        QVERIFY2(again, qPrintable(jid->full()));
        QCOMPARE(again->full(), jid->full());
        QCOMPARE(again->bare(), jid->bare());
    }
    QVERIFY(accepted > 100);
}

/// Also a check of the short cut for what is in its normal form already: what has capitals takes the long
/// way.
void JidTest::s01_caseOfNameAndDomainMeansNothing()
{
    std::mt19937 random(2);
    const QString alphabet = u"abxn019--..@@//_\\ :\u00e4"_s;
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        QString text;
        const int length = 1 + int(random() % 12);
        for (int j = 0; j < length; ++j)
            text += alphabet.at(qsizetype(random() % size_t(alphabet.size())));
        const qsizetype slash = text.indexOf(u'/');
        const QString capitals = text.first(slash < 0 ? text.size() : slash).toUpper()
            + text.sliced(slash < 0 ? text.size() : slash);
        const Result<Jid> jid = Jid::parse(text);
        const Result<Jid> other = Jid::parse(capitals);
        QVERIFY2(jid.has_value() == other.has_value(), qPrintable(text));
        if (!jid)
            continue;
        ++accepted;
        QCOMPARE(other->full(), jid->full());
        QCOMPARE(other->bare(), jid->bare());
        QCOMPARE(other->local(), jid->local());
    }
    QVERIFY(accepted > 1000);
}

void JidTest::s01_resourceIsIgnoredInBareForm()
{
    const Result<Jid> one = Jid::parse(u"Device@Example.org/One");
    const Result<Jid> other = Jid::parse(u"device@example.org/two");
    QVERIFY(one && other);
    QVERIFY(*one != *other);
    QCOMPARE(one->toBare(), other->toBare());
    QCOMPARE(one->bare(), other->bare());
}

void JidTest::parts_data()
{
    QTest::addColumn<QString>("written");
    QTest::addColumn<QStringList>("parts");
    QTest::addColumn<bool>("bare");
    QTest::addColumn<bool>("domain");

    QTest::newRow("full") << u"a@b/c"_s << QStringList { u"a"_s, u"b"_s, u"c"_s } << false << false;
    QTest::newRow("bare") << u"a@b"_s << QStringList { u"a"_s, u"b"_s, QString() } << true << false;
    QTest::newRow("domain") << u"b"_s << QStringList { QString(), u"b"_s, QString() } << true << true;
    QTest::newRow("domain with resource")
        << u"b/c"_s << QStringList { QString(), u"b"_s, u"c"_s } << false << false;
}

void JidTest::parts()
{
    QFETCH(const QString, written);
    QFETCH(const QStringList, parts);
    const Result<Jid> jid = Jid::parse(written);
    QVERIFY(jid);
    QCOMPARE(QStringList({ jid->local(), jid->domain(), jid->resource() }), parts);
    QTEST(jid->isBare(), "bare");
    QTEST(jid->isDomain(), "domain");
    QVERIFY(jid->toBare().isBare());
    QVERIFY(Jid().isEmpty());
    QCOMPARE(Jid().domain(), QString());
}

void JidTest::longParts()
{
    const QString longest(1023, u'a');
    QVERIFY(Jid::parse(longest + u"@b/"_s + longest));
    QVERIFY(!Jid::parse(longest + u"a@b"_s));
    QVERIFY(!Jid::parse(u"a@b/"_s + longest + u'a'));
    QVERIFY(!Jid::parse(QString(512, u'ä') + u"@b"_s)); // bytes count, not characters
    QVERIFY(!Jid::parse(u"a@"_s + QString(64, u'b')));
}

void JidTest::failureNamesThePart()
{
    const Result<Jid> jid = Jid::parse(u"a@exam ple.com");
    QVERIFY(!jid);
    QVERIFY2(jid.error().text.contains("exam ple.com"_L1), qPrintable(jid.error().text));
}

QTEST_GUILESS_MAIN(JidTest)
#include "tst_jid.moc"
