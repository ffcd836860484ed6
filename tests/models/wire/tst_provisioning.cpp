// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema.h"
#include "wire/provisioning.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
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

QByteArray contents(const QString &name)
{
    QFile file(QStringLiteral(CASTELLAN_SOURCE_DIR "/tests/conformance/") + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s", qPrintable(file.errorString()));
    return file.readAll();
}

/// The provisioning payloads of the listings with their faults corrected, in order, by the number of the
/// listing.
QMultiMap<int, Element> listings()
{
    const QByteArray published = contents(u"xep-0324-listings.xml"_s);
    const QJsonArray corrections =
        QJsonDocument::fromJson(contents(u"corrections.json"_s)).object()["listings"_L1].toArray();
    QMultiMap<int, Element> payloads;
    for (int number = 1; number <= 26; ++number) {
        const qsizetype start = published.indexOf("<listing number='" + QByteArray::number(number) + "'");
        QByteArray listing = published.mid(start, published.indexOf("</listing>", start) + 10 - start);
        for (const QJsonValue &correction : corrections) {
            if (correction["listings"_L1].toArray().contains(number))
                listing.replace(correction["published"_L1].toString().toUtf8(),
                                correction["corrected"_L1].toString().toUtf8());
        }
        const Element document = payload(listing);
        for (const Element &stanza : document.children) {
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
        switch (below(int(std::variant_size_v<Provisioning>))) {
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
        case 9:
            return Befriend { address() };
        case 10:
            return GetToken { bytes(maxCertificateBytes) };
        case 11:
            return GetTokenChallenge { number(), bytes(4096) };
        case 12:
            return GetTokenChallengeResponse { number(), bytes(32) };
        case 13:
            return GetTokenResponse { u"token&%1"_s.arg(below(100)) };
        case 14:
            return TokenChallenge { text(1), bytes(256) };
        case 15:
            return TokenChallengeResponse { bytes(32) };
        case 16:
            return CanAccess { someTokens(), credentials() };
        case 17:
            return CanAccessResponse { chance(), chance() ? QString() : u"token"_s };
        case 18:
            return UserLoggedIn { someTokens(), someTokens(), text(2) };
        case 19:
            return HasPrivilege { someTokens(), someTokens(), privilege() };
        case 20:
            return HasPrivilegeResponse { chance() };
        case 21:
            return DownloadPrivileges { someTokens(), someTokens() };
        default: {
            DownloadPrivilegesResponse answer;
            for (int i = 0; i < below(4); ++i)
                answer.entries.append({ chance(), privilege() });
            return answer;
        }
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
    qint32 number() { return qint32(m_random()); }
    QByteArray bytes(qsizetype most)
    {
        QByteArray bytes(below(8) == 0 ? most : 1 + below(40), Qt::Uninitialized);
        std::ranges::generate(bytes, [this] { return char(m_random()); });
        return bytes;
    }
    QString privilege()
    {
        static const QStringList privileges { u"Sensors"_s, u"Sensors.View"_s, u"Ä & Ö.a b.<x>"_s };
        return privileges[below(int(privileges.size()))];
    }
    Credentials credentials()
    {
        Credentials credentials;
        if (chance())
            credentials.jids = { address().bare(), address().bare() };
        if (chance())
            credentials.addresses = { *IpAddress::parse(u"10.0.0.%1"_s.arg(below(256))),
                                      *IpAddress::parse(u"2001:db8::%1"_s.arg(below(256))) };
        if (chance())
            credentials.hostNames = { u"desk-%1.ä.example"_s.arg(below(10)) };
        if (chance())
            credentials.certificates = { bytes(maxCertificateBytes) };
        if (chance())
            credentials.thumbprints = { QString::fromLatin1(bytes(64).first(1).toHex()) };
        if (chance())
            credentials.userNames = { text(1), text(2) };
        for (int i = 0; i < below(3); ++i)
            credentials.locations.append({ (below(18001) - 9000) / 100.0, number() / double(1 << 24) });
        if (chance())
            credentials.ssoTokens = { text(3) };
        if (chance())
            credentials.protocols = { u"HTTPS"_s, u"TcpSocket"_s };
        return credentials;
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
    void s15_bothSpellings();
    void s15_typesOfTheOtherSpelling_data();
    void s15_typesOfTheOtherSpelling();
    void s15_valuesAreNormal();
    void s15_pointsArePairs();
    void base64_data();
    void base64();
    void tokensMayBeEmpty();
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

    const QList<Provisioning> getToken { GetToken { "CERTIFICATE" }, GetTokenChallenge { 1, "CHALLENGE" },
                                         GetTokenChallengeResponse { 1, "RESPONSE" },
                                         GetTokenResponse { u"TOKEN"_s } };
    row(4, "token", getToken);
    row(7, "token challenge",
        { TokenChallenge { u"TOKEN"_s, "CHALLENGE" }, TokenChallengeResponse { "RESPONSE" } });
    row(21, "service token", getToken);
    const QList<Provisioning> access {
        CanAccess { tokens.service,
                    { .addresses = { *IpAddress::parse(u"10.0.0.1") }, .locations = { { 67.89, 123.45 } } } },
        CanAccessResponse { true, u"USERTOKEN1"_s },
        UserLoggedIn { tokens.service, tokens.user, u"Kermit"_s },
    };
    row(22, "user access", access);
    row(23, "privilege",
        { HasPrivilege { tokens.service, tokens.user, u"Sensors.View"_s }, HasPrivilegeResponse { true } });
    row(24, "all privileges",
        access
            + QList<Provisioning> {
                DownloadPrivileges { tokens.service, tokens.user },
                DownloadPrivilegesResponse { { { false, u"Sensors.Delete"_s }, { true, u"Sensors"_s } } } });
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
    QCOMPARE(documents.size(), 42);
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

void ProvisioningTest::s15_bothSpellings()
{
    const auto read = [](const QByteArray &credentials) {
        const QByteArray xml = inNamespace("<canAccess serviceToken='s'>" + credentials + "</canAccess>");
        return std::get<CanAccess>(readProvisioning(payload(xml)).value()).credentials;
    };
    const Credentials published = read("<jid value='a@b'/><ip4 value='10.0.0.1'/><ip6 value='::1'/>"
                                       "<hostName value='desk.example'/><x509Certificate base64='AAEC'/>"
                                       "<x509CertificateThumbprint base64='q80='/><userName value='Kermit'/>"
                                       "<longitude value='1.5'/><latitude value='-2'/><altitude value='3'/>"
                                       "<sso value='t'/><protocol value='HTTPS'/>");
    const Credentials expected { .jids = { u"a@b"_s },
                                 .addresses = { *IpAddress::parse(u"10.0.0.1"), *IpAddress::parse(u"::1") },
                                 .hostNames = { u"desk.example"_s },
                                 .certificates = { QByteArray("\0\1\2", 3) },
                                 .thumbprints = { u"abcd"_s },
                                 .userNames = { u"Kermit"_s },
                                 .locations = { { -2, 1.5 } },
                                 .ssoTokens = { u"t"_s },
                                 .protocols = { u"HTTPS"_s } };
    QVERIFY(published == expected);
    const Credentials listed = read(
        "<credentials type='Jid' value='a@b'/><credentials type='IpAddress' value='10.0.0.1'/>"
        "<credentials type='IpAddress' value='::1'/><credentials type='HostName' value='desk.example'/>"
        "<credentials type='X509Certificate' value='AAEC'/>"
        "<credentials type='X509CertificateThumbprint' value='q80='/>"
        "<credentials type='UserName' value='Kermit'/><credentials type='Longitude' value='1.5'/>"
        "<credentials type='Latitude' value='-2'/><credentials type='Altitude' value='3'/>"
        "<credentials type='SsoToken' value='t'/><credentials type='Protocol' value='HTTPS'/>");
    QVERIFY(listed == expected);
}

void ProvisioningTest::s15_typesOfTheOtherSpelling_data()
{
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<Credentials>("expected");
    const Credentials address { .addresses = { *IpAddress::parse(u"10.0.0.1") } };
    QTest::newRow("listing") << "IpAddress"_ba << "10.0.0.1"_ba << address;
    QTest::newRow("case") << "ipADDRESS"_ba << "10.0.0.1"_ba << address;
    QTest::newRow("table") << "IP Address"_ba << "10.0.0.1"_ba << address;
    QTest::newRow("schema") << "ip4"_ba << "10.0.0.1"_ba << address;
    QTest::newRow("X.509") << "X.509 Certificate"_ba << "AAEC"_ba
                           << Credentials { .certificates = { QByteArray("\0\1\2", 3) } };
    QTest::newRow("SSO") << "SSO Token"_ba << "t"_ba << Credentials { .ssoTokens = { u"t"_s } };
    QTest::newRow("sso") << "sso"_ba << "t"_ba << Credentials { .ssoTokens = { u"t"_s } };
}

void ProvisioningTest::s15_typesOfTheOtherSpelling()
{
    QFETCH(const QByteArray, type);
    QFETCH(const QByteArray, value);
    QFETCH(const Credentials, expected);
    const Result<Provisioning> read = readProvisioning(payload(inNamespace(
        "<canAccess serviceToken='s'><credentials type='" + type + "' value='" + value + "'/></canAccess>")));
    QVERIFY(read);
    QVERIFY(std::get<CanAccess>(*read).credentials == expected);
    // Written as the schema has it.
    QCOMPARE(schemaFaults(u"xep-0324.xsd"_s, { write(*read).toXml() }), QByteArray());
    QVERIFY(!write(*read).toXml().contains("<credentials"));
}

void ProvisioningTest::s15_valuesAreNormal()
{
    const Result<Provisioning> read = readProvisioning(
        payload(inNamespace("<canAccess serviceToken='s'><jid value='A@B.example/r'/><hostName "
                            "value='Desk.EXAMPLE.'/><ip6 value='::ffff:10.0.0.1'/></canAccess>")));
    QVERIFY(read);
    QVERIFY((std::get<CanAccess>(*read).credentials
             == Credentials { .jids = { u"a@b.example"_s },
                              .addresses = { *IpAddress::parse(u"10.0.0.1") },
                              .hostNames = { u"desk.example"_s } }));
}

void ProvisioningTest::s15_pointsArePairs()
{
    const Result<Provisioning> read = readProvisioning(payload(
        inNamespace("<canAccess serviceToken='s'><longitude value='1'/><latitude value='2'/><latitude "
                    "value='4'/><longitude value='3'/><longitude value='5'/></canAccess>")));
    QVERIFY(read);
    QVERIFY((std::get<CanAccess>(*read).credentials.locations == QList<Location> { { 2, 1 }, { 4, 3 } }));
}

void ProvisioningTest::base64_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::newRow("plain") << "AAECAw=="_ba << true;
    QTest::newRow("white space") << " AAE\n\tCAw =\r\n= "_ba << true;
    QTest::newRow("empty") << ""_ba << false;
    QTest::newRow("no padding") << "AAECAw"_ba << false;
    QTest::newRow("half of the padding") << "AAECAw="_ba << false;
    QTest::newRow("bits behind the end") << "AAECAx=="_ba << false;
    QTest::newRow("padding inside") << "AA==AA=="_ba << false;
    QTest::newRow("for URLs") << "AA-_"_ba << false;
    QTest::newRow("placeholder") << "BASE-64 ENCODED CHALLENGE"_ba << false;
    QTest::newRow("no ASCII") << "AAEÄ"_ba << false;
    QTest::newRow("largest") << QByteArray(maxCertificateBytes, 'x').toBase64() << true;
    QTest::newRow("too large") << QByteArray(maxCertificateBytes + 1, 'x').toBase64() << false;
}

void ProvisioningTest::base64()
{
    QFETCH(const QByteArray, text);
    QFETCH(const bool, valid);
    const Result<Provisioning> read = readProvisioning(
        payload(inNamespace("<getToken>" + text + "</getToken>")));
    QCOMPARE(read.has_value(), valid);
    if (!valid)
        QCOMPARE(read.error().kind, FailureKind::BadRequest);
}

void ProvisioningTest::tokensMayBeEmpty()
{
    // An unknown token gets false, no error (statement 15); none at all is no different.
    const Result<Provisioning> read = readProvisioning(
        payload(inNamespace("<hasPrivilege serviceToken='' userToken=' ' privilegeId='Sensors'/>")));
    QVERIFY(read);
    QVERIFY(*read == Provisioning(HasPrivilege { {}, {}, u"Sensors"_s }));
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
    row("no sequence number", "<getTokenChallenge>AAEC</getTokenChallenge>", u"seqnr"_s) << true;
    row("large sequence number",
        "<getTokenChallengeResponse seqnr='2147483648'>AAEC</getTokenChallengeResponse>", u"2147483648"_s)
        << true;
    row("token with white space", "<getTokenResponse token='a b'/>", u"token"_s) << true;
    row("no service token", "<canAccess/>", u"serviceToken"_s) << true;
    row("device token", "<canAccess serviceToken='s' deviceToken='d'/>", u"deviceToken"_s) << true;
    row("unknown credential", "<canAccess serviceToken='s'><face value='x'/></canAccess>", u"face"_s) << true;
    row("unknown type of credential",
        "<canAccess serviceToken='s'><credentials type='face' value='x'/></canAccess>", u"face"_s)
        << false;
    row("credential without value", "<canAccess serviceToken='s'><userName/></canAccess>", u"value"_s)
        << true;
    row("certificate as value", "<canAccess serviceToken='s'><x509Certificate value='AAEC'/></canAccess>",
        u"base64"_s)
        << true;
    row("IPv6 as IPv4", "<canAccess serviceToken='s'><ip4 value='::1'/></canAccess>", u"::1"_s) << false;
    row("IPv4 as IPv6", "<canAccess serviceToken='s'><ip6 value='1.2.3.4'/></canAccess>", u"1.2.3.4"_s)
        << false;
    row("range of addresses", "<canAccess serviceToken='s'><ip4 value='10.0.0.0/8'/></canAccess>",
        u"10.0.0.0/8"_s)
        << false;
    row("host with resource", "<canAccess serviceToken='s'><hostName value='a/b'/></canAccess>", u"a/b"_s)
        << false;
    row("far north", "<canAccess serviceToken='s'><latitude value='90.1'/></canAccess>", u"90.1"_s) << false;
    row("nowhere", "<canAccess serviceToken='s'><longitude value='NaN'/></canAccess>", u"NaN"_s) << false;
    row("no number", "<canAccess serviceToken='s'><altitude value='high'/></canAccess>", u"high"_s) << true;
    row("unknown protocol", "<canAccess serviceToken='s'><protocol value='Gopher'/></canAccess>", u"Gopher"_s)
        << true;
    row("login without name", "<userLoggedIn serviceToken='s' userToken='u'/>", u"userName"_s) << true;
    row("login with credentials",
        "<userLoggedIn serviceToken='s' userToken='u' userName='n'><jid value='a@b'/></userLoggedIn>",
        u"jid"_s)
        << true;
    row("privilege without id", "<hasPrivilege serviceToken='s' userToken='u'/>", u"privilegeId"_s) << true;
    for (const char *id : { ".", "a.", ".a", "a..b", "a. b", "a .b", " a" }) {
        row(id, "<hasPrivilege serviceToken='s' userToken='u' privilegeId='"_ba + id + "'/>",
            QString::fromLatin1(id))
            << true;
    }
    row("listed privilege without id", "<downloadPrivilegesResponse><include/></downloadPrivilegesResponse>",
        u"id"_s)
        << true;
    row("33 tokens", "<canRead jid='a@b' userToken='" + "t "_ba.repeated(33) + "'/>", u"32"_s) << false;
    row("long name", "<canRead jid='a@b'><field name='" + QByteArray(2049, 'x') + "'/></canRead>", u"2048"_s)
        << false;
    row("65 credentials",
        "<canAccess serviceToken='s'>" + "<userName value='u'/>"_ba.repeated(65) + "</canAccess>", u"64"_s)
        << false;
    QTest::newRow("malformed credential JID")
        << inNamespace("<canAccess serviceToken='s'><jid value='a b@c'/></canAccess>")
        << FailureKind::JidMalformed << u"a b"_s << false;
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
