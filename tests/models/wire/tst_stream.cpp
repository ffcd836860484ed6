// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/stream.h"

#include <QTest>

#include <malloc.h>

#include <ctime>
#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::wire;

namespace {

const QByteArray opening = "<stream:stream xmlns='jabber:component:accept' "
                           "xmlns:stream='http://etherx.jabber.org/streams' id='3BF96D32' from='p.example'>";

/// Everything a stream gave, whatever pieces it came in.
struct Whole
{
    std::optional<Element> header;
    QList<Element> stanzas;
    QList<StreamParser::Refused> refused;
    bool closed = false;
    std::optional<Failure> failure;

    void take(Result<StreamParser::Output> output)
    {
        if (!output) {
            failure = output.error();
            return;
        }
        if (output->header)
            header = output->header;
        stanzas += output->stanzas;
        refused += output->refused;
        closed = closed || output->closed;
    }
};

template<typename NextSize>
Whole parse(const QByteArray &stream, NextSize nextSize, const StreamParser::Limits &limits = {})
{
    StreamParser parser(limits);
    Whole whole;
    for (qsizetype at = 0; at < stream.size() && !whole.failure;) {
        const qsizetype size = std::min<qsizetype>(nextSize(), stream.size() - at);
        whole.take(parser.feed(stream.sliced(at, size)));
        at += size;
    }
    return whole;
}

Whole parse(const QByteArray &stream, const StreamParser::Limits &limits = {})
{
    return parse(stream, [&] { return stream.size(); }, limits);
}

/// For rows about malformed input: whether the pieces are whole, bytes or something between must not matter.
QList<Whole> parseVariously(const QByteArray &stream, const StreamParser::Limits &limits = {})
{
    QList<Whole> results { parse(stream, limits) };
    for (const qsizetype size : { 1, 2, 3, 7, 1000 })
        results.append(parse(stream, [=] { return size; }, limits));
    return results;
}

/// Words that make up streams, well-formed or not.
const QByteArrayList words { "<",
                             ">",
                             "/>",
                             "</",
                             "a",
                             "='",
                             "'",
                             "\"",
                             "&amp;",
                             "&#x1F600;",
                             "<![CDATA[",
                             "]]>",
                             "<!",
                             "<?xml",
                             "xmlns=",
                             " xmlns:p='u'",
                             "p:",
                             " ",
                             "\n",
                             "\xc3\xbc",
                             "\xf0",
                             "<a>",
                             "</a>",
                             "<a/>",
                             "</stream:stream>" };

} // namespace

class StreamTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsAStream();
    void cutsDoNotMatter();
    void noMarksInside();
    void keepAlive();
    void tellsWhatIsComplete();
    void refused_data();
    void refused();
    void failuresAreFinal();
    void limits_data();
    void limits();
    void limitsTellWhose();
    void limitsCountPerStanza();
    void stallsNowhere_data();
    void stallsNowhere();
    void namesDoNotPileUp();
    void garbage();
    void agreesWithQt();
};

void StreamTest::readsAStream()
{
    const Whole whole = parse(
        "<?xml version='1.0' encoding='utf-8'?>\n" + opening
        + "<handshake/>"
          "<iq type='get' id='1' xml:lang='en'>"
          "<q xmlns='urn:x' a='&lt;&#252;&apos;'>one<![CDATA[ <two> ]]>&amp;<r/>three</q></iq>"
          "</stream:stream>");
    QVERIFY(!whole.failure);
    QVERIFY(whole.header);
    QCOMPARE(whole.header->name, u"stream"_s);
    QCOMPARE(whole.header->xmlns, u"http://etherx.jabber.org/streams"_s);
    QCOMPARE(whole.header->attribute("id"_L1), u"3BF96D32"_s);
    QVERIFY(whole.closed);
    QCOMPARE(whole.stanzas.size(), 2);
    QVERIFY((whole.stanzas[0] == Element { .name = u"handshake"_s, .xmlns = nsComponent }));
    const Element iq {
        .name = u"iq"_s,
        .xmlns = nsComponent,
        .attributes = { { u"type"_s, u"get"_s }, { u"id"_s, u"1"_s }, { u"xml:lang"_s, u"en"_s } },
        .children = { { .name = u"q"_s,
                        .xmlns = u"urn:x"_s,
                        .attributes = { { u"a"_s, u"<ü'"_s } },
                        .children = { { .name = u"r"_s, .xmlns = u"urn:x"_s } },
                        .text = u"one <two> &three"_s } },
    };
    QVERIFY(whole.stanzas[1] == iq);
}

void StreamTest::cutsDoNotMatter()
{
    const QByteArray stream = "\xef\xbb\xbf<?xml version='1.0'?>" + opening
        + "<a b='ü𝄞日本' c=\"it's &quot;>&quot;\">ü𝄞日本 &amp; ]] <![CDATA[ ]] ]> <x> ü𝄞 ]]]>\r\n</a>\n \n"
          "<b><c xmlns='urn:1'><d xmlns='' e = '1'\n/></c><p:f xmlns:p='urn:2' p:g=''/></b><h></h >"
          "</stream:stream>\n";
    const Whole expected = parse(stream);
    QVERIFY(!expected.failure);
    QCOMPARE(expected.stanzas.size(), 3);
    QVERIFY(expected.closed);

    const auto verify = [&](const Whole &whole) {
        return !whole.failure && whole.header == expected.header && whole.stanzas == expected.stanzas
            && whole.closed;
    };
    for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
        bool first = true;
        QVERIFY2(verify(parse(stream, [&] { return std::exchange(first, false) ? cut : stream.size(); })),
                 stream.first(cut));
    }
    for (quint32 seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        QVERIFY2(verify(parse(stream, [&] { return random() % 7; })), QByteArray::number(seed));
    }
}

void StreamTest::noMarksInside()
{
    // Only in front of the stream is it a byte order mark; elsewhere it makes another name.
    const QByteArray stanza = "<a b='\ufeff\ufeff1'>\ufeff2\ufeff\ufeff3<![CDATA[\ufeff]]></a>";
    for (const Whole &whole : parseVariously("\ufeff" + opening + stanza)) {
        QCOMPARE(whole.stanzas.size(), 1);
        QCOMPARE(whole.stanzas[0].attribute("b"_L1), u"\ufeff\ufeff1"_s);
        QCOMPARE(whole.stanzas[0].text, u"\ufeff2\ufeff\ufeff3\ufeff"_s);
    }
}

void StreamTest::keepAlive()
{
    StreamParser parser({ .stanzaBytes = 200 });
    QVERIFY(parser.feed(opening));
    for (int i = 0; i < 1000; ++i) {
        const Result<StreamParser::Output> output = parser.feed(" \n");
        QVERIFY(output);
        QVERIFY(output->stanzas.isEmpty());
    }
    QCOMPARE(parser.feed("<a/>").value().stanzas.size(), 1);
}

void StreamTest::tellsWhatIsComplete()
{
    // Whatever the pieces: the bytes up to there are whole stanzas, and those behind are none.
    const QByteArray stanza = "<a b='>'><c/></a>";
    const QByteArray stream = opening + stanza + stanza + "<d/>";
    for (const qsizetype size : { 1, 5, 1000 }) {
        StreamParser parser;
        for (qsizetype at = 0; at < stream.size(); at += size) {
            const qsizetype fed = std::min(at + size, stream.size());
            qsizetype expected = 0;
            for (const qsizetype end : { opening.size(), opening.size() + stanza.size(),
                                         opening.size() + 2 * stanza.size(), stream.size() }) {
                if (end <= fed)
                    expected = end;
            }
            QCOMPARE(parser.feed(stream.sliced(at, fed - at)).value().completeTo, expected);
        }
    }
}

void StreamTest::refused_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<FailureKind>("kind");
    const auto forbidden = FailureKind::PolicyViolation;
    const auto malformed = FailureKind::BadRequest;

    QTest::newRow("comment") << opening + "<a><!-- hello --></a>" << forbidden;
    QTest::newRow("comment before the stream") << "<!-- hello -->" + opening << forbidden;
    QTest::newRow("processing instruction") << opening + "<?php 1 ?>" << forbidden;
    QTest::newRow("processing instruction before the stream") << "<?php 1 ?>" + opening << forbidden;
    QTest::newRow("DTD") << "<!DOCTYPE stream>" + opening << forbidden;
    QTest::newRow("entities") << "<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
            + opening << forbidden;
    QTest::newRow("entity") << opening + "<a>&nbsp;</a>" << malformed;
    QTest::newRow("mismatched tags") << opening + "<a></b>" << malformed;
    QTest::newRow("closed twice") << opening + "</stream:stream></stream:stream>" << malformed;
    QTest::newRow("stanza behind the end") << opening + "</stream:stream><a/>" << malformed;
    QTest::newRow("attribute twice") << opening + "<a b='1' b='2'/>" << malformed;
    QTest::newRow("attribute without quotes") << opening + "<a b=1/>" << malformed;
    QTest::newRow("undeclared prefix") << opening + "<p:a/>" << malformed;
    QTest::newRow("less-than in a value") << opening + "<a b='<'/>" << malformed;
    QTest::newRow("ampersand") << opening + "<a>a & b</a>" << malformed;
    QTest::newRow("end of CDATA in text") << opening + "<a>]]]></a>" << malformed;
    QTest::newRow("empty tag") << opening + "<>" << malformed;
    QTest::newRow("text between stanzas") << opening + "<a/>hello<a/>" << malformed;
    QTest::newRow("CDATA between stanzas") << opening + "<a/><![CDATA[hello]]><a/>" << malformed;
    QTest::newRow("text before the stream") << "HTTP/1.1 200 OK\r\n\r\n" + opening << malformed;
    QTest::newRow("null") << opening + "<a>"_ba + '\0' + "</a>" << malformed;
    QTest::newRow("control character") << opening + "<a>\x01</a>" << malformed;
    QTest::newRow("reference to a control character") << opening + "<a>&#1;</a>" << malformed;
    QTest::newRow("reference to a surrogate") << opening + "<a>&#xD800;</a>" << malformed;
    QTest::newRow("not UTF-8") << opening + "<a>\xe4</a>" << malformed;
    QTest::newRow("overlong UTF-8") << opening + "<a>\xc0\xaf</a>" << malformed;
    QTest::newRow("surrogates in UTF-8") << opening + "<a>\xed\xa0\x80\xed\xb0\x80</a>" << malformed;
    QTest::newRow("declared Latin-1") << "<?xml version='1.0' encoding='ISO-8859-1'?>" + opening << malformed;
    QTest::newRow("XML 1.1") << "<?xml version='1.1'?>" + opening << malformed;
    QStringEncoder utf16(QStringEncoder::Utf16LE, QStringEncoder::Flag::WriteBom);
    const QByteArray encoded = utf16(QString::fromUtf8(opening));
    QTest::newRow("UTF-16") << encoded << malformed;
    QTest::newRow("UTF-16 without a mark") << encoded.sliced(2) << malformed;
}

void StreamTest::refused()
{
    QFETCH(const QByteArray, stream);
    QFETCH(const FailureKind, kind);
    for (const Whole &whole : parseVariously(stream)) {
        QVERIFY(whole.failure);
        QCOMPARE(whole.failure->kind, kind);
        QVERIFY(!whole.failure->text.isEmpty());
    }
}

void StreamTest::failuresAreFinal()
{
    StreamParser parser;
    QVERIFY(parser.feed(opening + "<a/>"));
    const Result<StreamParser::Output> first = parser.feed("<a><!-- -->");
    QVERIFY(!first);
    for (const QByteArray &more : { "</a><a/>"_ba, "<a/>"_ba, QByteArray() }) {
        const Result<StreamParser::Output> again = parser.feed(more);
        QVERIFY(!again);
        QCOMPARE(again.error(), first.error());
    }
}

void StreamTest::limits_data()
{
    QTest::addColumn<QByteArray>("allowed");
    QTest::addColumn<QByteArray>("excessive");

    // Under the limits set in limits().
    const auto nested = [](int levels) {
        QByteArray xml = "<b/>";
        for (int i = 1; i < levels; ++i)
            xml = "<a>" + xml + "</a>";
        return xml;
    };
    const auto attributes = [](int count) {
        QByteArray xml = "<a";
        for (int i = 0; i < count; ++i)
            xml += " b" + QByteArray::number(i) + "='='";
        return xml + "/>";
    };
    const auto sized = [](const QByteArray &before, const QByteArray &after) {
        return [=](qsizetype size) {
            return before + QByteArray(size - before.size() - after.size(), 'x') + after;
        };
    };
    const auto text = sized("<a>", "</a>");
    const auto value = sized("<a b='", "'/>");
    const auto section = sized("<a><![CDATA[", "]]></a>");
    const auto space = [](qsizetype size) { return "<a" + QByteArray(size - 4, ' ') + "/>"; };

    QTest::newRow("depth") << nested(5) << nested(6);
    QTest::newRow("attributes") << attributes(4) << attributes(5);
    QTest::newRow("namespace declarations") << "<a xmlns:b='urn:b' xmlns='urn:a' b:c='' d=''/>"_ba
                                            << "<a xmlns:b='urn:b' xmlns='urn:a' b:c='' d='' e=''/>"_ba;
    QTest::newRow("elements") << "<a>" + "<b/>"_ba.repeated(9) + "</a>"
                              << "<a>" + "<b/>"_ba.repeated(10) + "</a>";
    QTest::newRow("text") << text(500) << text(501);
    QTest::newRow("attribute value") << value(500) << value(501);
    QTest::newRow("CDATA") << section(500) << section(501);
    QTest::newRow("white space in a tag") << space(500) << space(501);
}

void StreamTest::limits()
{
    QFETCH(const QByteArray, allowed);
    QFETCH(const QByteArray, excessive);
    const StreamParser::Limits limits { .stanzaBytes = 500, .elements = 10, .depth = 5, .attributes = 4 };

    for (const Whole &whole : parseVariously(opening + allowed + allowed, limits)) {
        QVERIFY2(!whole.failure, qPrintable(whole.failure ? whole.failure->text : QString()));
        QCOMPARE(whole.stanzas.size(), 2);
    }
    // Alone: others share the stream.
    for (const Whole &whole : parseVariously(opening + allowed + excessive + allowed, limits)) {
        QVERIFY2(!whole.failure, qPrintable(whole.failure ? whole.failure->text : QString()));
        QCOMPARE(whole.stanzas.size(), 2);
        QVERIFY(whole.stanzas[0] == whole.stanzas[1]);
        QCOMPARE(whole.refused.size(), 1);
        QCOMPARE(whole.refused[0].failure.kind, FailureKind::PolicyViolation);
    }
}

void StreamTest::limitsTellWhose()
{
    const QByteArray tag = "<iq from='a@b' id='1'>";
    for (const Whole &whole : parseVariously(opening + tag + "x<a>" + QByteArray(600, 'x') + "</a></iq>",
                                             { .stanzaBytes = 500 })) {
        QCOMPARE(whole.refused.size(), 1);
        QVERIFY((whole.refused[0].stanza
                 == Element { .name = u"iq"_s,
                              .xmlns = nsComponent,
                              .attributes = { { u"from"_s, u"a@b"_s }, { u"id"_s, u"1"_s } } }));
    }
    // There is nobody to tell.
    for (const Whole &whole :
         parseVariously(opening + "<iq from='" + QByteArray(600, 'x') + "'/>", { .stanzaBytes = 500 })) {
        QCOMPARE(whole.refused.size(), 1);
        QVERIFY(whole.refused[0].stanza == Element());
    }
    // And here the peer itself is at fault.
    for (const Whole &whole :
         parseVariously("<stream a='" + QByteArray(600, 'x') + "'>", { .stanzaBytes = 500 })) {
        QVERIFY(whole.failure);
        QCOMPARE(whole.failure->kind, FailureKind::PolicyViolation);
    }
}

void StreamTest::limitsCountPerStanza()
{
    const StreamParser::Limits limits { .stanzaBytes = 200, .elements = 3, .depth = 2, .attributes = 4 };
    const Whole whole = parse(opening + "<a b='1' c='2'><d/><e f='3'/></a> \n"_ba.repeated(1000), limits);
    QVERIFY(!whole.failure);
    QCOMPARE(whole.stanzas.size(), 1000);
}

void StreamTest::stallsNowhere_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<bool>("allowed");
    constexpr qsizetype much = 100'000;

    const auto numbered = [](const QByteArray &before, const QByteArray &behind, int count) {
        QByteArray xml;
        for (int i = 0; i < count; ++i)
            xml += before + QByteArray::number(i) + behind;
        return xml;
    };
    QTest::newRow("value") << "<a b='" + QByteArray(much, 'x') + "'/>" << true;
    QTest::newRow("text") << "<a>" + QByteArray(much, 'x') + "</a>" << true;
    QTest::newRow("CDATA") << "<a><![CDATA[" + QByteArray(much, '>') + "]]></a>" << true;
    QTest::newRow("brackets in CDATA") << "<a><![CDATA[" + QByteArray(much, ']') + "]]></a>" << true;
    QTest::newRow("sections of CDATA") << "<a>" + "<![CDATA[x]]>"_ba.repeated(much / 13) + "</a>" << true;
    QTest::newRow("references") << "<a>" + "&amp;"_ba.repeated(much / 5) + "</a>" << true;
    QTest::newRow("white space in a tag") << "<a" + QByteArray(much, '\n') + "/>" << true;
    QTest::newRow("elements") << "<a>" + numbered("<b c='", "'/>", 10'000) + "</a>" << true;
    QTest::newRow("comment") << "<a><!--" + QByteArray(much, 'x') << false;
    QTest::newRow("processing instruction") << "<?a " + QByteArray(much, '>') << false;
    QTest::newRow("attributes") << "<a" + numbered(" b", "=''", much / 8) + "/>" << false;
    QTest::newRow("namespaces") << "<a" + numbered(" xmlns:b", "='c'", much / 14) + "/>" << false;
    QTest::newRow("depth") << "<a>"_ba.repeated(much / 3) << false;
    QTest::newRow("a million nodes") << "<canRead xmlns='urn:xmpp:iot:provisioning'>"
            + "<node/>"_ba.repeated(1'000'000)
                                     << false;
    QTest::newRow("gigantic value") << "<a b='" + QByteArray(10'000'000, 'x') << false;
    QTest::newRow("gigantic name") << "<a" + QByteArray(10'000'000, 'x') << false;
}

void StreamTest::stallsNowhere()
{
    QFETCH(const QByteArray, stream);
    QFETCH(const bool, allowed);
    // Byte by byte, where anything that is read again costs its square: minutes. Time of this process, not of
    // the clock, so that a busy machine makes no difference.
    const std::clock_t before = std::clock();
    const int piece = stream.size() > 1'000'000 || stream.startsWith("<?") ? 16 : 1;
    const Whole whole = parse(opening + stream, [=] { return piece; }, { .stanzaBytes = 200'000 });
    QCOMPARE(whole.stanzas.size(), allowed ? 1 : 0);
    QVERIFY(!allowed || (!whole.failure && whole.refused.isEmpty()));
    QCOMPARE_LT((std::clock() - before) / CLOCKS_PER_SEC, 10);
}

void StreamTest::namesDoNotPileUp()
{
    // A component's stream lives for months, and everybody in the network may make up names.
    StreamParser parser;
    QVERIFY(parser.feed("<?xml version='1.0'?>" + opening));
    qsizetype fed = opening.size() + 21;
    const auto feed = [&](int round) {
        QByteArray stanza = "<iq>";
        for (int i = 0; i < 5000; ++i) {
            const QByteArray number = QByteArray::number(round * 5000 + i);
            stanza += "<element" + number + " attribute" + number + "='' xmlns:p" + number + "='u'/>";
        }
        stanza += "</iq>";
        fed += stanza.size();
        const Result<StreamParser::Output> output = parser.feed(stanza);
        return output && output->completeTo == fed && output->stanzas.size() == 1
            && output->stanzas[0].xmlns == nsComponent && output->stanzas[0].children.size() == 5000
            && !output->header;
    };
    size_t before = 0;
    for (int round = 0; round < 20; ++round) {
        if (round == 5)
            before = mallinfo2().uordblks;
        QVERIFY(feed(round));
    }
    QCOMPARE_LT(mallinfo2().uordblks, before + (8 << 20)); // they would take 20 MB
    QVERIFY(parser.feed("</stream:stream>").value().closed);
}

void StreamTest::garbage()
{
    // Whatever comes, an answer comes, and whether it is a failure does not depend on the cuts. (Which of
    // several faults is named may.)
    const StreamParser::Limits small { .stanzaBytes = 40, .elements = 3, .depth = 2, .attributes = 1 };
    for (quint32 seed = 0; seed < 4000; ++seed) {
        std::mt19937 random(seed);
        const StreamParser::Limits limits = random() % 2 ? small : StreamParser::Limits();
        QByteArray stream = random() % 4 ? opening : QByteArray();
        if (limits.attributes == small.attributes)
            stream.replace(" id='3BF96D32' from='p.example' xmlns:stream='http://etherx.jabber.org/streams'",
                           "");
        const int count = int(random() % 40);
        for (int i = 0; i < count; ++i)
            stream += words[random() % unsigned(words.size())];
        const Whole whole = parse(stream, limits);
        const Whole bytes = parse(stream, [] { return 1; }, limits);
        const Whole pieces = parse(stream, [&] { return 1 + random() % 9; }, limits);
        QVERIFY2(!whole.failure == !bytes.failure && !whole.failure == !pieces.failure, stream);
        if (whole.failure)
            continue;
        const auto same = [&](const Whole &other) {
            return whole.header == other.header && whole.stanzas == other.stanzas
                && whole.closed == other.closed && whole.refused.size() == other.refused.size();
        };
        QVERIFY2(same(bytes) && same(pieces), stream);
    }
}

void StreamTest::agreesWithQt()
{
    // QXmlStreamReader reads all XML. Of what XMPP leaves of it, it must say the same.
    int accepted = 0;
    for (quint32 seed = 0; seed < 8000; ++seed) {
        std::mt19937 random(seed);
        QByteArray stream = "<s><w>";
        const int count = int(random() % 12);
        for (int i = 0; i < count; ++i) {
            static const QByteArrayList parts { "<a>",
                                                "</a>",
                                                "<a/>",
                                                "<a b='1' c=\"x'\">",
                                                "<a b='\t\r\n &#9;&lt;>'/>",
                                                "<p:a xmlns:p='urn:p' p:b='' b=''>",
                                                "</p:a>",
                                                "<a xmlns='urn:a'>",
                                                "<a xmlns=''/>",
                                                "<a xmlns:p='' />",
                                                "<a xmlns:xml='urn:x'/>",
                                                "<a xml:lang='de'/>",
                                                "<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>",
                                                "<é·/>",
                                                "<·/>",
                                                "<a:b:c/>",
                                                "<a \n/>",
                                                "<a b = '1'/>",
                                                "<a b='1'c=''/>",
                                                "text",
                                                "\r\n",
                                                "]]&gt;",
                                                "<![CDATA[<]]>",
                                                "&#xD;",
                                                "&#0;",
                                                "&bogus;",
                                                "ü𝄞",
                                                "\xef\xbf\xbf",
                                                "\x7f" };
            stream += parts[random() % unsigned(parts.size())];
        }
        stream += "</w></s>";
        const Result<Element> reference = Element::fromXml(stream);
        const Whole whole = parse(stream);
        QVERIFY2((!whole.failure && whole.closed) == reference.has_value(), stream);
        if (whole.failure)
            continue;
        ++accepted;
        QVERIFY2(whole.stanzas == reference->children, stream);
    }
    QCOMPARE_GT(accepted, 500);
}

QTEST_GUILESS_MAIN(StreamTest)
#include "tst_stream.moc"
