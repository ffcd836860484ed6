// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/element.h"

#include <QDomDocument>
#include <QTest>
#include <QXmlStreamReader>

#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::wire;

namespace {

class RandomElement
{
public:
    explicit RandomElement(quint32 seed)
        : m_random(seed)
    { }

    Element operator()(int levels = 5)
    {
        Element element { .name = name(), .xmlns = pick({ u"urn:a"_s, u"urn:b"_s }) };
        for (int i = 0; i < below(3); ++i)
            element.attributes.append({ u"%1%2"_s.arg(name()).arg(i), text() });
        element.text = text();
        for (int i = 0; i < below(levels); ++i)
            element.children.append((*this)(levels - 1));
        return element;
    }

private:
    int below(int limit) { return int(m_random() % unsigned(limit)); }
    QString pick(const QStringList &list) { return list[below(int(list.size()))]; }
    QString name() { return pick({ u"a"_s, u"b-c"_s, u"été"_s }); }
    QString text() { return pick({ u""_s, u"x"_s, u" a\tb\nc\rd\r\n"_s, u"<&>\"']]>"_s, u"ü𝄞日本"_s }); }

    std::mt19937 m_random;
};

Element fromDom(const QByteArray &xml)
{
    QDomDocument document;
    const QDomDocument::ParseResult parsed = document.setContent(
        xml,
        QDomDocument::ParseOptions(QDomDocument::ParseOption::UseNamespaceProcessing)
            | QDomDocument::ParseOption::PreserveSpacingOnlyNodes);
    if (!parsed)
        qFatal("%s", qPrintable(parsed.errorMessage));
    return Element::fromDom(document.documentElement());
}

/// A DOM does not keep the order of attributes.
Element sorted(Element element)
{
    std::ranges::sort(element.attributes, {}, &Element::Attribute::name);
    for (Element &child : element.children)
        child = sorted(child);
    return element;
}

Element iq()
{
    return Element::fromXml("<iq type='get' id='x1' from='a@b/c' to='d'><q xmlns='urn:q'/></iq>").value();
}

} // namespace

class ElementTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readingUndoesWriting();
    void writesNamespacesWhereTheyChange();
    void readsMixedContent();
    void leavesOutForeignAttributes();
    void leavesOutWhatXmlCannotSay();
    void attributes();
    void child();
    void readerStopsBehindTheElement();
    void malformed_data();
    void malformed();
    void depth();
    void result();
    void errors_data();
    void errors();
    void applicationCondition();
    void unreadableError();
};

void ElementTest::readingUndoesWriting()
{
    for (quint32 seed = 0; seed < 300; ++seed) {
        const Element element = RandomElement(seed)();
        const QByteArray xml = element.toXml();
        const Result<Element> read = Element::fromXml(xml);
        QVERIFY2(read, xml);
        QVERIFY2(*read == element, xml);
        QVERIFY2(sorted(fromDom(xml)) == sorted(element), xml);

        // QXmpp writes through the other way.
        QByteArray other;
        QXmlStreamWriter writer(&other);
        element.write(writer);
        QCOMPARE(xml, other);
    }
}

void ElementTest::writesNamespacesWhereTheyChange()
{
    const Element element {
        .name = u"iq"_s,
        .children = { { .name = u"a"_s, .xmlns = u"urn:a"_s, .children = { { .name = u"b"_s } } } }
    };
    // An element without a namespace has that of whatever it is written into.
    QCOMPARE(element.toXml(), R"(<iq><a xmlns="urn:a"><b/></a></iq>)"_ba);
}

void ElementTest::readsMixedContent()
{
    const QByteArray xml =
        "<?xml version='1.0'?><!-- a --><a xmlns='urn:a' xml:lang='de'>1<b/>&lt;<!-- b --><![CDATA[<3>]]> "
        "<c xmlns='' d='e'>4</c></a>";
    const Element expected {
        .name = u"a"_s,
        .xmlns = u"urn:a"_s,
        .attributes = { { u"xml:lang"_s, u"de"_s } },
        .children = { { .name = u"b"_s, .xmlns = u"urn:a"_s },
                      { .name = u"c"_s, .attributes = { { u"d"_s, u"e"_s } }, .text = u"4"_s } },
        .text = u"1<<3> "_s,
    };
    QVERIFY(Element::fromXml(xml).value() == expected);
    QVERIFY2(fromDom(xml) == expected, fromDom(xml).toXml());
}

void ElementTest::leavesOutForeignAttributes()
{
    // Written without the declaration of their prefix they would not be XML.
    const QByteArray xml = "<a xmlns:p='urn:p' p:b='1' xml:lang='de' c='2'/>";
    const Element expected { .name = u"a"_s,
                             .attributes = { { u"c"_s, u"2"_s }, { u"xml:lang"_s, u"de"_s } } };
    QVERIFY(sorted(Element::fromXml(xml).value()) == expected);
    QVERIFY(sorted(fromDom(xml)) == expected);
}

void ElementTest::leavesOutWhatXmlCannotSay()
{
    const Element element { .name = u"a"_s,
                            .attributes = { { u"b"_s, u"1\u0001\u001b2"_s } },
                            .text = u"3\uffff"_s + QChar() + QChar(0xd800) + u"4"_s };
    const Result<Element> read = Element::fromXml(element.toXml());
    QVERIFY(read);
    QCOMPARE(read->attribute("b"_L1), u"12"_s);
    QCOMPARE(read->text, u"34"_s);
}

void ElementTest::attributes()
{
    Element element;
    QVERIFY(!element.hasAttribute("a"_L1));
    QVERIFY(element.attribute("a"_L1).isNull());
    element.setAttribute("a"_L1, u""_s);
    QVERIFY(element.hasAttribute("a"_L1));
    element.setAttribute("b"_L1, u"1"_s);
    element.setAttribute("a"_L1, u"2"_s);
    QCOMPARE(element.attributes, (QList<Element::Attribute> { { u"a"_s, u"2"_s }, { u"b"_s, u"1"_s } }));
}

void ElementTest::child()
{
    const Element element =
        Element::fromXml("<a><b xmlns='urn:1'/><b xmlns='urn:2' c='1'/><b xmlns='urn:2'/></a>").value();
    QVERIFY(!element.child("b"_L1, "urn:3"_L1));
    QVERIFY(!element.child("c"_L1, "urn:2"_L1));
    QCOMPARE(element.child("b"_L1, "urn:2"_L1)->attribute("c"_L1), u"1"_s);
    QCOMPARE(element.firstChild()->xmlns, u"urn:1"_s);
    QVERIFY(!Element().firstChild());
}

void ElementTest::readerStopsBehindTheElement()
{
    QXmlStreamReader reader("<a><b>1</b><c/></a>"_ba);
    QVERIFY(reader.readNextStartElement() && reader.readNextStartElement());
    QCOMPARE(Element::fromReader(reader).value().text, u"1"_s);
    QVERIFY(reader.readNextStartElement());
    QCOMPARE(reader.name(), u"c"_s);
}

void ElementTest::malformed_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("nothing") << ""_ba;
    QTest::newRow("no XML") << "{}"_ba;
    QTest::newRow("cut off") << "<a><b/>"_ba;
    QTest::newRow("cut off in a tag") << "<a><b c='"_ba;
    QTest::newRow("mismatch") << "<a></b>"_ba;
    QTest::newRow("something behind") << "<a/><b/>"_ba;
    QTest::newRow("entities")
        << "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z SYSTEM 'file:///etc/passwd'>]><a>&z;</a>"_ba;
}

void ElementTest::malformed()
{
    QFETCH(const QByteArray, xml);
    const Result<Element> read = Element::fromXml(xml);
    QVERIFY(!read);
    QCOMPARE(read.error().kind, FailureKind::BadRequest);
    QVERIFY(!read.error().text.isEmpty());
}

void ElementTest::depth()
{
    const auto nested = [](int levels) { return "<a>"_ba.repeated(levels) + "</a>"_ba.repeated(levels); };
    QVERIFY(Element::fromXml(nested(Element::maxDepth)));
    for (const int levels : { Element::maxDepth + 1, 1'000'000 }) {
        const Result<Element> read = Element::fromXml(nested(levels));
        QVERIFY(!read);
        QCOMPARE(read.error().kind, FailureKind::PolicyViolation);
    }
    QVERIFY(fromDom(nested(200)) == Element::fromXml(nested(Element::maxDepth)).value());
}

void ElementTest::result()
{
    QCOMPARE(iqResult(iq()).toXml(), R"(<iq type="result" id="x1" from="d" to="a@b/c"/>)"_ba);
    QCOMPARE(iqResult(iq(), { .name = u"r"_s, .xmlns = u"urn:r"_s }).toXml(),
             R"(<iq type="result" id="x1" from="d" to="a@b/c"><r xmlns="urn:r"/></iq>)"_ba);
    // In a stream of one's own an iq needs no addresses.
    QCOMPARE(iqResult(Element::fromXml("<iq type='set' id='2'/>").value()).toXml(),
             R"(<iq type="result" id="2"/>)"_ba);
}

void ElementTest::errors_data()
{
    QTest::addColumn<FailureKind>("kind");
    QTest::addColumn<QString>("condition");
    QTest::addColumn<QString>("type");
    const auto row = [](FailureKind kind, const char *condition, const QString &type) {
        QTest::newRow(condition) << kind << QString::fromLatin1(condition) << type;
    };
    // RFC 6120 §8.3.3
    row(FailureKind::BadRequest, "bad-request", u"modify"_s);
    row(FailureKind::Conflict, "conflict", u"cancel"_s);
    row(FailureKind::FeatureNotImplemented, "feature-not-implemented", u"cancel"_s);
    row(FailureKind::Forbidden, "forbidden", u"auth"_s);
    row(FailureKind::InternalServerError, "internal-server-error", u"cancel"_s);
    row(FailureKind::ItemNotFound, "item-not-found", u"cancel"_s);
    row(FailureKind::JidMalformed, "jid-malformed", u"modify"_s);
    row(FailureKind::NotAllowed, "not-allowed", u"cancel"_s);
    row(FailureKind::PolicyViolation, "policy-violation", u"modify"_s);
    row(FailureKind::RecipientUnavailable, "recipient-unavailable", u"wait"_s);
    row(FailureKind::RemoteServerNotFound, "remote-server-not-found", u"cancel"_s);
    row(FailureKind::ResourceConstraint, "resource-constraint", u"wait"_s);
    row(FailureKind::ServiceUnavailable, "service-unavailable", u"cancel"_s);
    row(FailureKind::Timeout, "remote-server-timeout", u"wait"_s);
}

void ElementTest::errors()
{
    QFETCH(const FailureKind, kind);
    QFETCH(const QString, condition);
    QFETCH(const QString, type);
    const Failure failure { kind, u"What to do: <read>."_s };
    const Element stanza = iqError(iq(), failure);
    QCOMPARE(
        stanza.toXml(),
        u"<iq type=\"error\" id=\"x1\" from=\"d\" to=\"a@b/c\"><error type=\"%1\">"
        "<%2 xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/>"
        "<text xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" xml:lang=\"en\">What to do: &lt;read&gt;.</text>"
        "</error></iq>"_s.arg(type, condition)
            .toUtf8());
    QCOMPARE(failureFromError(Element::fromXml(stanza.toXml()).value()), failure);
}

void ElementTest::applicationCondition()
{
    const Element stanza = iqError(iq(), { FailureKind::Conflict, {} },
                                   { .name = u"more"_s, .xmlns = u"urn:m"_s });
    QCOMPARE(
        stanza.toXml(),
        R"(<iq type="error" id="x1" from="d" to="a@b/c"><error type="cancel">)"
        R"(<conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><more xmlns="urn:m"/></error></iq>)"_ba);
    QCOMPARE(failureFromError(stanza), (Failure { FailureKind::Conflict, {} }));
}

void ElementTest::unreadableError()
{
    for (const QByteArray &xml :
         { "<iq type='error'/>"_ba, "<iq type='error'><error/></iq>"_ba,
           "<iq type='error'><error><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"_ba,
           "<iq type='error'><error><conflict xmlns='urn:x'/></error></iq>"_ba })
        QCOMPARE(failureFromError(Element::fromXml(xml).value()).kind, FailureKind::InternalServerError);
}

QTEST_GUILESS_MAIN(ElementTest)
#include "tst_element.moc"
