// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema.h"
#include "wire/provisioning.h"

#include <QTest>

#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::wire;

namespace {

Jid jid(QStringView text)
{
    return Jid::parse(text).value();
}

Element payload(const QByteArray &xml)
{
    const Result<Element> element = Element::fromXml(xml);
    if (!element)
        qFatal("%s", qPrintable(element.error().text));
    return *element;
}

/// The payload that \a body, written without a namespace declaration, stands for.
QByteArray inNamespace(QByteArray body)
{
    const qsizetype nameEnd = body.indexOf('<') + 1 + qsizetype(strcspn(body.constData() + 1, " />"));
    return body.insert(nameEnd, " xmlns='urn:xmpp:iot:provisioning'");
}

/// The provisioning payloads of the listings, in order, by the number of the listing.
QMultiMap<int, Element> listings()
{
    QFile file(QStringLiteral(CASTELLAN_SOURCE_DIR "/tests/conformance/xep-0324-listings.xml"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s", qPrintable(file.errorString()));
    QMultiMap<int, Element> payloads;
    const Element document = payload(file.readAll());
    for (const Element &listing : document.children) {
        const int number = listing.attribute("number"_L1).toInt();
        if (number < 9 || number > 20) // the others are not read yet
            continue;
        for (const Element &stanza : listing.children) {
            for (const Element &child : stanza.children) {
                if (child.xmlns == nsProvisioning)
                    payloads.insert(number, child);
            }
        }
    }
    return payloads;
}

class RandomPayload
{
public:
    explicit RandomPayload(quint32 seed)
        : m_random(seed)
    { }

    Provisioning operator()()
    {
        switch (below(10)) {
        case 0:
            return IsFriend { address() };
        case 1:
            return IsFriendResponse { address(), chance(), chance() };
        case 2: {
            CanRead question { .jid = address(), .nodes = nodes(), .fields = names(), .tokens = tokens() };
            question.typesWritten = chance();
            if (question.typesWritten)
                question.types = types();
            return question;
        }
        case 3:
            return CanReadResponse { address(), chance(), nodes(), names(), types() };
        case 4:
            return CanControl { address(), nodes(), names(), tokens() };
        case 5:
            return CanControlResponse { address(), chance(), nodes(), names() };
        case 6:
            return ClearCache {};
        case 7:
            return ClearCacheResponse {};
        case 8:
            return Unfriend { address() };
        default:
            return Befriend { address() };
        }
    }

private:
    int below(int limit) { return int(m_random() % unsigned(limit)); }
    bool chance() { return below(2) == 0; }
    FieldTypes types()
    {
        // The special forms would hardly ever come up by chance.
        switch (below(4)) {
        case 0:
            return allFieldTypes;
        case 1:
            return historicalFieldTypes | FieldTypes::fromInt(below(1 << 5));
        default:
            return FieldTypes::fromInt(below(allFieldTypes.toInt() + 1));
        }
    }
    Jid address() { return jid(u"thing-%1@ä.example"_s.arg(below(1000))); }
    QString text(int number)
    {
        static const QStringList texts { u"Energy"_s, u"<&>'\""_s, u" a  b "_s, u"\t\r\n"_s, u"ü𝄞日本"_s };
        return texts[below(int(texts.size()))] + QString::number(number);
    }
    QString optional() { return chance() ? QString() : text(below(9)); }

    QStringList names()
    {
        QStringList names;
        for (int i = 0; i < below(4); ++i)
            names.append(text(i));
        return names;
    }
    QList<NodeRef> nodes()
    {
        QList<NodeRef> nodes;
        for (int i = 0; i < below(4); ++i)
            nodes.append({ text(i), optional(), optional() });
        return nodes;
    }
    QStringList someTokens()
    {
        QStringList tokens;
        for (int i = 0; i < below(3); ++i)
            tokens.append(u"token&%1"_s.arg(below(100)));
        return tokens;
    }
    Tokens tokens() { return { someTokens(), someTokens(), someTokens() }; }

    std::mt19937 m_random;
};

} // namespace

class ProvisioningTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void listings_data();
    void listings();
    void listingsAreValid();
    void booleans_data();
    void booleans();
    void s09_allAndHistorical();
    void s09_noTypeAtAll();
    void s13_severalTokens();
    void repeatedNodesAndNames();
    void s01_resourcesAreIgnored();
    void passesOver_data();
    void passesOver();
    void s26_refused_data();
    void s26_refused();
    void schemaRefusesToo_data() { s26_refused_data(); }
    void schemaRefusesToo();
    void readingUndoesWriting();
    void writtenIsValid();
    void s26_manyChildren();
};

void ProvisioningTest::listings_data()
{
    QTest::addColumn<int>("number");
    QTest::addColumn<QList<Provisioning>>("expected");

    const Jid primary = jid(u"primary@example.org");
    const Jid client2 = jid(u"client2@example.org");
    const Tokens tokens { { u"SERVICETOKEN1"_s }, { u"USERTOKEN1"_s }, {} };
    const auto nodes = [](std::initializer_list<QString> ids) {
        QList<NodeRef> nodes;
        for (const QString &id : ids)
            nodes.append({ .nodeId = id });
        return nodes;
    };
    const CanRead read {
        .jid = primary, .types = FieldType::Momentary, .typesWritten = true, .tokens = tokens
    };
    const CanReadResponse answer { .jid = primary, .types = FieldType::Momentary };
    const auto row = [](int number, const char *about, const QList<Provisioning> &expected) {
        QTest::addRow("%d %s", number, about) << number << expected;
    };

    CanRead multipleTokens = read;
    multipleTokens.tokens.service.append(u"SERVICETOKEN2"_s);
    CanReadResponse accepted = answer;
    accepted.result = true;
    row(9, "multiple tokens", { multipleTokens, accepted });
    row(10, "friend",
        { IsFriend { jid(u"client1@example.org") }, IsFriendResponse { jid(u"client1@example.org"), true } });
    row(11, "no friend", { IsFriend { client2 }, IsFriendResponse { client2, false } });
    row(12, "unfriend", { Unfriend { client2 } });
    row(13, "befriend", { Befriend { client2 } });
    row(14, "rejected read-out", { read, answer });

    CanRead someNodes = read;
    someNodes.nodes = nodes({ u"Device02"_s, u"Device03"_s });
    CanReadResponse oneNode = accepted;
    oneNode.nodes = nodes({ u"Device02"_s });
    row(15, "restricted nodes", { someNodes, oneNode });
    CanReadResponse someFields = accepted;
    someFields.fields = { u"Energy"_s, u"Power"_s };
    row(16, "restricted fields", { read, someFields });

    const QStringList output { u"Output"_s };
    row(17, "rejected control",
        { CanControl { primary, {}, output, tokens }, CanControlResponse { primary, false, {}, {} } });
    row(18, "control of nodes",
        { CanControl {
              primary,
              nodes({ u"DigitalOutput1"_s, u"DigitalOutput2"_s, u"DigitalOutput3"_s, u"DigitalOutput4"_s }),
              output, tokens },
          CanControlResponse { primary, true, nodes({ u"DigitalOutput2"_s, u"DigitalOutput3"_s }), {} } });
    const QStringList digital { u"DigitalOutput1"_s, u"DigitalOutput2"_s, u"DigitalOutput3"_s,
                                u"DigitalOutput4"_s };
    const QStringList analog { u"AnalogOutput1"_s, u"AnalogOutput2"_s, u"AnalogOutput3"_s,
                               u"AnalogOutput4"_s };
    row(19, "control of parameters",
        { CanControl { primary, {}, digital + analog, { { u"SERVICETOKEN1"_s }, { u"user0001"_s }, {} } },
          CanControlResponse { primary, true, {}, digital } });
    row(20, "clear cache", { ClearCache {}, ClearCacheResponse {} });
}

void ProvisioningTest::listings()
{
    QFETCH(const int, number);
    QFETCH(const QList<Provisioning>, expected);

    // QMultiMap gives what was inserted last first.
    QList<Element> payloads = ::listings().values(number);
    std::ranges::reverse(payloads);
    QCOMPARE(payloads.size(), expected.size());
    for (qsizetype i = 0; i < payloads.size(); ++i) {
        const Result<Provisioning> read = readProvisioning(payloads[i]);
        QVERIFY2(read, qPrintable(read ? QString() : read.error().text));
        QVERIFY2(*read == expected[i], payloads[i].toXml());
    }
}

void ProvisioningTest::listingsAreValid()
{
    QByteArrayList documents;
    const QMultiMap<int, Element> payloads = ::listings();
    for (const Element &element : payloads)
        documents.append(element.toXml());
    QCOMPARE(documents.size(), 22);
    QCOMPARE(schemaFaults(u"xep-0324.xsd"_s, documents), QByteArray());
}

void ProvisioningTest::booleans_data()
{
    QTest::addColumn<QByteArray>("written");
    QTest::addColumn<bool>("expected");
    QTest::newRow("true") << "true"_ba << true;
    QTest::newRow("1") << "1"_ba << true;
    QTest::newRow("false") << "false"_ba << false;
    QTest::newRow("0") << "0"_ba << false;
    QTest::newRow("white space collapses") << " &#9;true&#10;"_ba << true;
}

void ProvisioningTest::booleans()
{
    QFETCH(const QByteArray, written);
    QFETCH(const bool, expected);
    const QByteArray xml = inNamespace("<isFriendResponse jid='a@b' result='" + written + "'/>");
    QCOMPARE(schemaFaults(u"xep-0324.xsd"_s, { xml }), QByteArray());
    const Result<Provisioning> read = readProvisioning(payload(xml));
    QVERIFY(read);
    QCOMPARE(std::get<IsFriendResponse>(*read).result, expected);
}

void ProvisioningTest::s09_allAndHistorical()
{
    const auto types = [](const QByteArray &attributes) {
        const Result<Provisioning> read = readProvisioning(
            payload(inNamespace("<canRead jid='a@b' " + attributes + "/>")));
        return std::get<CanRead>(read.value()).types;
    };
    QCOMPARE(types("all='true'"), allFieldTypes);
    QCOMPARE(types("historical='1' peak='1'"), historicalFieldTypes | FieldType::Peak);
    QCOMPARE(types("all='false' historical='false' peak='true' status='0'"), FieldType::Peak);
    for (const auto &[type, name] : fieldTypeNames)
        QCOMPARE(types(QByteArray(name.data(), name.size()) + "='true'"), type);
}

void ProvisioningTest::s09_noTypeAtAll()
{
    const auto read = [](const QByteArray &attributes) {
        return std::get<CanRead>(
            readProvisioning(payload(inNamespace("<canRead jid='a@b' " + attributes + "/>"))).value());
    };
    QVERIFY(!read("").typesWritten);
    // Asking for no type is not the same as not saying which, and stays so on the way.
    const CanRead none = read("momentary='false'");
    QVERIFY(none.typesWritten);
    QVERIFY(!none.types);
    QVERIFY(readProvisioning(write(none)).value() == Provisioning(none));
}

void ProvisioningTest::s13_severalTokens()
{
    const Result<Provisioning> read = readProvisioning(payload(inNamespace(
        "<canControl jid='a@b' serviceToken=' one  two&#9;three ' userToken='' deviceToken='four'/>")));
    QVERIFY(read);
    QCOMPARE(std::get<CanControl>(*read).tokens,
             (Tokens { { u"one"_s, u"two"_s, u"three"_s }, {}, { u"four"_s } }));
}

void ProvisioningTest::repeatedNodesAndNames()
{
    const Result<Provisioning> read = readProvisioning(
        payload(inNamespace("<canRead jid='a@b'><field name='E'/><node nodeId='1'/><field name='E'/><node "
                            "nodeId='1' sourceId='s'/><node nodeId='1'/></canRead>")));
    QVERIFY(read);
    const CanRead &question = std::get<CanRead>(*read);
    QCOMPARE(question.fields, QStringList { u"E"_s });
    QVERIFY((question.nodes == QList<NodeRef> { { u"1"_s, {}, {} }, { u"1"_s, u"s"_s, {} } }));
}

void ProvisioningTest::s01_resourcesAreIgnored()
{
    const Result<Provisioning> read = readProvisioning(
        payload(inNamespace("<isFriend jid='A@B.example/some where'/>")));
    QVERIFY(read);
    QCOMPARE(std::get<IsFriend>(*read).jid.full(), u"a@b.example"_s);
}

void ProvisioningTest::passesOver_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("xml:lang") << inNamespace("<isFriend jid='a@b' xml:lang='de'/>");
    QTest::newRow("foreign attribute") << inNamespace("<isFriend jid='a@b' xmlns:x='urn:x' x:y='z'/>");
    QTest::newRow("foreign child") << inNamespace(
        "<isFriend jid='a@b'><x xmlns='urn:x'><node/></x></isFriend>");
    QTest::newRow("white space") << inNamespace("<isFriend jid='a@b'>\n  </isFriend>");
}

void ProvisioningTest::passesOver()
{
    QFETCH(const QByteArray, xml);
    const Result<Provisioning> read = readProvisioning(payload(xml));
    QVERIFY2(read, qPrintable(read ? QString() : read.error().text));
    QVERIFY(*read == Provisioning(IsFriend { jid(u"a@b") }));
}

void ProvisioningTest::s26_refused_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::addColumn<FailureKind>("kind");
    QTest::addColumn<QString>("mentions");
    QTest::addColumn<bool>("schemaCanTell");

    const auto row = [](const char *about, const QByteArray &xml, const QString &mentions) -> QTestData & {
        return QTest::newRow(about) << inNamespace(xml) << FailureKind::BadRequest << mentions;
    };
    row("unknown element", "<isFoe jid='a@b'/>", u"isFoe"_s) << true;
    row("no JID", "<isFriend/>", u"jid"_s) << true;
    row("empty JID", "<isFriend jid=''/>", u"jid"_s) << false;
    row("misspelt attribute", "<isFriend jid='a@b' Jid='c@d'/>", u"Jid"_s) << true;
    row("unknown child", "<isFriend jid='a@b'><node nodeId='1'/></isFriend>", u"node"_s) << true;
    row("child of another payload", "<canRead jid='a@b'><parameter name='p'/></canRead>", u"parameter"_s)
        << true;
    row("no result", "<isFriendResponse jid='a@b'/>", u"result"_s) << true;
    row("result maybe", "<isFriendResponse jid='a@b' result='maybe'/>", u"maybe"_s) << true;
    row("TRUE is not a boolean", "<canRead jid='a@b' peak='TRUE'/>", u"peak"_s) << true;
    row("unknown type", "<canRead jid='a@b' historicalCentury='true'/>", u"historicalCentury"_s) << true;
    row("control has no types", "<canControl jid='a@b' peak='true'/>", u"peak"_s) << true;
    row("node without id", "<canRead jid='a@b'><node sourceId='1'/></canRead>", u"nodeId"_s) << true;
    row("field without name", "<canRead jid='a@b'><field/></canRead>", u"name"_s) << true;
    row("child of a node", "<canRead jid='a@b'><node nodeId='1'><field name='1'/></node></canRead>",
        u"field"_s)
        << true;
    row("attribute of a field", "<canRead jid='a@b'><field name='1' type='1'/></canRead>", u"type"_s) << true;
    row("text", "<isFriend jid='a@b'>please</isFriend>", u"please"_s) << true;
    row("clearCache of something", "<clearCache jid='a@b'/>", u"jid"_s) << true;
    QTest::newRow("malformed JID") << inNamespace("<isFriend jid='a b@c'/>") << FailureKind::JidMalformed
                                   << u"a b"_s << false;
}

void ProvisioningTest::s26_refused()
{
    QFETCH(const QByteArray, xml);
    QFETCH(const FailureKind, kind);
    QFETCH(const QString, mentions);
    const Result<Provisioning> read = readProvisioning(payload(xml));
    QVERIFY(!read);
    QCOMPARE(read.error().kind, kind);
    QVERIFY2(read.error().text.contains(mentions), qPrintable(read.error().text));
}

void ProvisioningTest::schemaRefusesToo()
{
    QFETCH(const QByteArray, xml);
    QFETCH(const bool, schemaCanTell);
    QCOMPARE(!schemaFaults(u"xep-0324.xsd"_s, { xml }).isEmpty(), schemaCanTell);
}

void ProvisioningTest::readingUndoesWriting()
{
    for (quint32 seed = 0; seed < 3000; ++seed) {
        const Provisioning value = RandomPayload(seed)();
        const QByteArray xml = write(value).toXml();
        const Result<Provisioning> read = readProvisioning(payload(xml));
        QVERIFY2(read, xml + qPrintable(read ? QString() : read.error().text));
        QVERIFY2(*read == value, xml);
    }
}

void ProvisioningTest::writtenIsValid()
{
    QByteArrayList documents;
    for (quint32 seed = 0; seed < 500; ++seed)
        documents.append(write(RandomPayload(seed)()).toXml());
    QCOMPARE(schemaFaults(u"xep-0324.xsd"_s, documents), QByteArray());
}

void ProvisioningTest::s26_manyChildren()
{
    Element question { .name = u"canRead"_s,
                       .xmlns = nsProvisioning,
                       .attributes = { { u"jid"_s, u"a@b"_s } } };
    question.children.fill({ .name = u"node"_s, .xmlns = nsProvisioning }, maxChildren);
    for (qsizetype i = 0; i < question.children.size(); ++i)
        question.children[i].setAttribute("nodeId"_L1, QString::number(i));
    const Result<Provisioning> read = readProvisioning(question);
    QVERIFY(read);
    QCOMPARE(std::get<CanRead>(*read).nodes.size(), maxChildren);

    question.children.append({ .name = u"field"_s, .xmlns = nsProvisioning });
    question.children.last().setAttribute("name"_L1, u"Energy"_s);
    QCOMPARE(readProvisioning(question).error().kind, FailureKind::BadRequest);
}

QTEST_GUILESS_MAIN(ProvisioningTest)
#include "tst_provisioning.moc"
