// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/networkjson.h"

#include <QCryptographicHash>
#include <QDir>
#include <QJsonDocument>
#include <QProcess>
#include <QTest>
#include <QTimeZone>

#include <random>

using namespace Qt::StringLiterals;
using namespace castellan;

namespace {

/// Networks in normal form, with every member used somewhere.
class RandomNetwork
{
public:
    explicit RandomNetwork(quint32 seed)
        : m_random(seed)
    { }

    Network operator()()
    {
        Network network;
        for (int i = 0; i < below(6); ++i)
            network.things.append(thing(i));
        for (int i = 0; i < below(6); ++i) {
            Friendship pair = makeFriendship(u"a%1@x.example"_s.arg(i), jid());
            pair.state = chance() ? Friendship::State::Accepted : Friendship::State::Rejected;
            pair.secondaryTrustAllowed = chance();
            pair.comment = text();
            network.friendships.append(pair);
        }
        for (int i = 0; i < below(6); ++i) {
            network.friendshipRules.append({
                .id = u"f%1"_s.arg(i),
                .effect = effect(),
                .one = subject(false),
                .other = subject(false),
                .secondaryTrustAllowed = chance(),
                .comment = text(),
            });
        }
        for (int i = 0; i < below(9); ++i)
            network.accessRules.append(rule(i));
        for (int i = 0; i < below(4); ++i)
            network.services.append(service(i));
        for (int i = 0; i < below(4); ++i) {
            network.users.append({ .name = u"user %1"_s.arg(i),
                                   .certificates = thumbprints(),
                                   .roles = words(),
                                   .comment = text(),
                                   .noted = chance() });
        }
        for (int i = 0; i < below(4); ++i) {
            PrivilegeList list { .service = u"s%1"_s.arg(i),
                                 .holder = PrivilegeList::Holder(below(3)),
                                 .name = {},
                                 .entries = {},
                                 .comment = text() };
            if (list.holder != PrivilegeList::Holder::Anonymous)
                list.name = word();
            for (int j = 0; j < below(5); ++j)
                list.entries.append({ chance(), privilege() });
            network.privilegeLists.append(list);
        }
        for (int i = 0; i < below(4); ++i)
            network.privileges.append({ u"s%1"_s.arg(i), privilege(), text(), chance() });
        for (int i = 0; i < below(3); ++i)
            network.certificates.append(certificate(i));
        for (int i = 0; i < below(3); ++i)
            network.questions.append({ u"asker-%1@x.example"_s.arg(i), jid(), maybeMoment() });
        for (int i = 0; i < below(3); ++i)
            network.containments.append({ u"thing-%1@x.example"_s.arg(i), maybeMoment(), text() });
        for (int i = 0; i < below(3); ++i)
            network.roleGrants.append({ u"admin-%1@x.example"_s.arg(i), AdminRole(1 + below(3)), text() });
        if (chance())
            network.policy = Policy { Policy::Unknown(below(2)), Policy::Challenge(below(4)),
                                      1 + below(100) };
        return network;
    }

private:
    int below(int limit) { return int(m_random() % unsigned(limit)); }
    bool chance() { return below(2) == 0; }
    QString text() { return chance() ? QString() : u"täxt / ~ \"%1\"\n"_s.arg(below(100)); }
    QString word() { return u"w%1"_s.arg(below(100)); }
    QString jid() { return u"thing-%1@ä.example"_s.arg(below(1000)); }
    Effect effect() { return chance() ? Effect::Allow : Effect::Deny; }
    FieldTypes types() { return FieldTypes::fromInt(1 + below(allFieldTypes.toInt())); }

    QStringList words()
    {
        QStringList words;
        for (int i = 0; i < below(4); ++i)
            words.append(u"%1%2"_s.arg(word()).arg(i));
        words.removeDuplicates();
        return words;
    }

    NodeRef nodeRef(int i)
    {
        return { u"n%1"_s.arg(i), chance() ? QString() : word(), chance() ? QString() : word() };
    }

    Thing thing(int number)
    {
        Thing thing {
            .jid = u"thing-%1@ä.example"_s.arg(number),
            .kind = ThingKind(below(4)),
            .name = text(),
            .owner = text(),
            .tags = words(),
            .roles = words(),
            .comment = text(),
            .noted = chance(),
            .nodes = {},
        };
        for (int i = 0; i < below(5); ++i) {
            Node node {
                .ref = nodeRef(i), .parent = {}, .name = text(), .fields = {}, .parameters = words()
            };
            if (i > 0 && chance())
                node.parent = thing.nodes.last().ref;
            for (int j = 0; j < below(4); ++j)
                node.fields.append(
                    { u"%1%2"_s.arg(text()).arg(j), chance() ? FieldType::Momentary : types() });
            thing.nodes.append(node);
        }
        return thing;
    }

    QDateTime moment()
    {
        return { QDate(2026, 1, 1 + below(9)), QTime(0, 0, 0, below(1000)), QTimeZone::UTC };
    }
    QDateTime maybeMoment() { return chance() ? moment() : QDateTime(); }
    QString privilege() { return chance() ? word() : word() + u'.' + word() + u" and."_s + word(); }

    QStringList thumbprints()
    {
        return chance() ? QStringList() : QStringList { u"0123456789abcdef"_s.repeated(4) };
    }

    Service service(int number)
    {
        Service service { .id = u"s%1"_s.arg(number),
                          .name = text(),
                          .certificates = thumbprints(),
                          .access = {},
                          .comment = text(),
                          .noted = chance() };
        for (int i = 0; i < below(4); ++i) {
            ServiceRule rule { .effect = effect(), .conditions = {}, .comment = text() };
            for (int j = 0; j < below(4); ++j) {
                AccessCondition condition { .kind = AccessCondition::Kind(below(8)), .value = word() };
                using Kind = AccessCondition::Kind;
                if (condition.kind == Kind::Jid)
                    condition.value = jid();
                else if (condition.kind == Kind::IpAddress)
                    condition.value = chance() ? u"10.0.0.0/8"_s : u"fe80::1-fe80::ff"_s;
                else if (condition.kind == Kind::HostName)
                    condition.value = chance() ? u".example.org"_s : u"www.example.org"_s;
                else if (condition.kind == Kind::Certificate)
                    condition.value = u"0123456789abcdef"_s.repeated(4);
                else if (condition.kind == Kind::Location)
                    condition = {
                        Kind::Location, {}, below(90) + 0.125, -below(180) - 0.5, double(below(1000))
                    };
                rule.conditions.append(condition);
            }
            service.access.append(rule);
        }
        return service;
    }

    Certificate certificate(int number)
    {
        const QByteArray der = QByteArray::number(number) + QByteArray::fromHex("00ff10");
        return { .thumbprint = QString::fromLatin1(
                     QCryptographicHash::hash(der, QCryptographicHash::Sha256).toHex()),
                 .der = chance() ? der : QByteArray(),
                 .subject = text(),
                 .issuer = text(),
                 .notBefore = maybeMoment(),
                 .notAfter = maybeMoment(),
                 .jid = chance() ? jid() : QString(),
                 .revoked = chance(),
                 .comment = text(),
                 .noted = chance() };
    }

    Subject subject(bool tokens)
    {
        Subject subject {
            .kind = Subject::Kind(below(tokens ? 5 : 4)), .value = {}, .withUser = {}, .withService = {}
        };
        if (subject.kind == Subject::Kind::Jid)
            subject.value = jid();
        else if (subject.kind == Subject::Kind::Domain)
            subject.value = u"ä.example"_s;
        else if (subject.kind == Subject::Kind::Role)
            subject.value = word();
        else if (subject.kind == Subject::Kind::Certificate)
            subject.value = u"0123456789abcdef"_s.repeated(4);
        if (tokens) {
            subject.withUser = text();
            subject.withService = text();
        }
        return subject;
    }

    AccessRule rule(int i)
    {
        AccessRule rule {
            .id = u"r%1"_s.arg(i),
            .action = Action(below(2)),
            .effect = effect(),
            .subject = subject(true),
            .target = { Target::Kind(below(3)), {}, {} },
            .names = words(),
            .from = {},
            .until = {},
            .comment = text(),
        };
        if (rule.target.kind == Target::Kind::Device)
            rule.target.value = jid();
        else if (rule.target.kind == Target::Kind::Role)
            rule.target.value = word();
        if (chance()) {
            rule.target.node = NodePattern {
                .nodeId = word(), .sourceId = {}, .cacheType = {}, .andBelow = chance()
            };
            if (chance())
                rule.target.node->sourceId = QString();
            if (chance())
                rule.target.node->cacheType = word();
        }
        if (rule.action == Action::Read && chance())
            rule.types = types();
        const QDateTime from = moment();
        if (chance())
            rule.from = from;
        if (chance())
            rule.until = from.addDays(1);
        return rule;
    }

    std::mt19937 m_random;
};

QByteArray document(const QByteArray &members)
{
    return R"({ "castellan": "network", "format": 1)" + (members.isEmpty() ? "" : ", " + members) + " }";
}

/// What an independent validator says of \a documents: one line each, "True" for valid.
QByteArray validate(const QList<QByteArray> &documents)
{
    const QByteArray script = R"(
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    print(validator.is_valid(json.loads(line)))
)";
    QProcess python;
    python.start(u"python3"_s,
                 { u"-c"_s, QString::fromUtf8(script),
                   QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/schemas/network.schema.json") });
    for (QByteArray document : documents)
        python.write(document.replace('\n', ' ') + '\n');
    python.closeWriteChannel();
    if (!python.waitForFinished() || python.exitCode() != 0)
        qWarning("python3 and its module jsonschema are needed: %s",
                 python.readAllStandardError().constData());
    return python.readAllStandardOutput();
}

} // namespace

class NetworkJsonTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsWrittenIsRead();
    void objectsAloneToo();
    void schemaAcceptsWhatIsWritten();
    void normalises();
    void passesOverTheFleet();
    void shippedNetworks_data();
    void shippedNetworks();
    void refused_data();
    void refused();
    void schemaRefusesToo_data() { refused_data(); }
    void schemaRefusesToo();
    void cutOff();
    void piecesAreCutAnywhere();
    void manyObjectsComeInParts();
};

/// Gives what it has in small pieces.
class Dripping : public QIODevice
{
public:
    Dripping(const QByteArray &data, qint64 size)
        : m_data(data),
          m_size(size)
    {
        open(ReadOnly | Unbuffered);
    }
    bool isSequential() const override { return true; }

protected:
    qint64 readData(char *to, qint64 most) override
    {
        const qint64 size = std::min({ most, m_size, qint64(m_data.size()) - m_at });
        std::copy_n(m_data.cbegin() + m_at, size, to);
        m_at += size;
        return size;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_data;
    qint64 m_size;
    qint64 m_at = 0;
};

void NetworkJsonTest::whatIsWrittenIsRead()
{
    RandomNetwork random(1);
    for (int i = 0; i < 500; ++i) {
        const Network network = random();
        const Result<Network> read = networkFromJson(networkToJson(network));
        QVERIFY2(read, read ? "" : qPrintable(read.error().text));
        QCOMPARE(*read, network);
    }
}

void NetworkJsonTest::objectsAloneToo()
{
    RandomNetwork random(2);
    for (int i = 0; i < 100; ++i) {
        const Network network = random();
        const auto check = [](const Object &object) {
            const Result<Object> read = objectFromJson(objectType(object),
                                                       QJsonDocument(objectToJson(object)).toJson());
            QVERIFY2(read, read ? "" : qPrintable(read.error().text));
            QCOMPARE(*read, object);
        };
        forEachObject(network, check);
    }
    const Result<Object> refused = objectFromJson(ObjectType::Thing, R"({"jid": "a@x", "colour": "red"})");
    QVERIFY(!refused);
    QVERIFY2(refused.error().text.contains(u"/colour: "_s), qPrintable(refused.error().text));
}

void NetworkJsonTest::schemaAcceptsWhatIsWritten()
{
    RandomNetwork random(2);
    QList<QByteArray> documents;
    for (int i = 0; i < 100; ++i)
        documents.append(networkToJson(random()));
    QCOMPARE(validate(documents), QByteArray("True\n").repeated(100));
}

void NetworkJsonTest::normalises()
{
    const Result<Network> network = networkFromJson(document(R"(
        "things": [{ "jid": "A@X.example/r" }],
        "accessRules": [{ "id": "1", "action": "read", "effect": "allow", "subject": { "kind": "everyone" },
                          "target": { "kind": "any" }, "from": "2026-11-21T14:00:00+01:00" }])"));
    QVERIFY(network);
    QCOMPARE(network->things.first().jid, u"a@x.example"_s);
    QCOMPARE(network->accessRules.first().types, allFieldTypes);
    QCOMPARE(network->accessRules.first().from, QDateTime(QDate(2026, 11, 21), QTime(13, 0), QTimeZone::UTC));
}

void NetworkJsonTest::passesOverTheFleet()
{
    const Result<Network> network = networkFromJson(document(R"("fleet": { "anything": [1] })"));
    QVERIFY(network);
    QCOMPARE(*network, Network());
}

void NetworkJsonTest::shippedNetworks_data()
{
    QTest::addColumn<QString>("path");
    const QDir folder(QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/networks"));
    for (const QFileInfo &file : folder.entryInfoList({ u"*.json"_s }))
        QTest::newRow(qPrintable(file.fileName())) << file.filePath();
}

void NetworkJsonTest::shippedNetworks()
{
    QFETCH(const QString, path);
    QFile file(path);
    QVERIFY(file.open(QFile::ReadOnly));
    const QByteArray json = file.readAll();
    const Result<Network> network = networkFromJson(json);
    QVERIFY2(network, network ? "" : qPrintable(network.error().text));
    QCOMPARE(validate({ json }), "True\n");
}

void NetworkJsonTest::refused_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("pointer");

    const auto rule = [](const QByteArray &changed) {
        return document(
            R"("accessRules": [{ "id": "0", "action": "read", "effect": "deny", "subject": { "kind": "everyone" }, "target": { "kind": "any" } }, )"
            + changed + "]");
    };

    QTest::newRow("array") << "[]"_ba << u"/"_s;
    QTest::newRow("another document") << R"({ "castellan": "fleet", "format": 1 })"_ba << u"/"_s;
    QTest::newRow("no format") << R"({ "castellan": "network" })"_ba << u"/format"_s;
    QTest::newRow("later format") << R"({ "castellan": "network", "format": 2 })"_ba << u"/format"_s;
    QTest::newRow("unknown list") << document(R"("rules": [])") << u"/rules"_s;
    QTest::newRow("pointer is escaped") << document(R"("a/b~c": 1)") << u"/a~1b~0c"_s;
    QTest::newRow("not a list") << document(R"("things": {})") << u"/things"_s;
    QTest::newRow("not an object") << document(R"("things": ["a@x"])") << u"/things/0"_s;
    QTest::newRow("no JID") << document(R"("things": [{ "jid": "a@x" }, {}])") << u"/things/1"_s;
    QTest::newRow("unknown kind") << document(R"("things": [{ "jid": "a@x", "kind": "robot" }])")
                                  << u"/things/0/kind"_s;
    QTest::newRow("misspelt member") << document(R"("things": [{ "jid": "a@x", "role": [] }])")
                                     << u"/things/0/role"_s;
    QTest::newRow("number for text") << document(R"("things": [{ "jid": "a@x", "name": 1 }])")
                                     << u"/things/0/name"_s;
    QTest::newRow("number in a list")
        << document(R"("things": [{ "jid": "a@x", "tags": ["t", 1] }])") << u"/things/0/tags/1"_s;
    QTest::newRow("text for truth") << document(R"("things": [{ "jid": "a@x", "noted": "yes" }])")
                                    << u"/things/0/noted"_s;
    QTest::newRow("field without name")
        << document(R"("things": [{ "jid": "a@x", "nodes": [{ "nodeId": "n", "fields": [{}] }] }])")
        << u"/things/0/nodes/0/fields/0"_s;
    QTest::newRow("unknown type") << document(
        R"("things": [{ "jid": "a@x", "nodes": [{ "fields": [{ "name": "E", "types": ["historical"] }] }] }])")
                                  << u"/things/0/nodes/0/fields/0/types/0"_s;
    QTest::newRow("rule without target")
        << rule(R"({ "id": "1", "action": "read", "effect": "allow", "subject": { "kind": "everyone" } })")
        << u"/accessRules/1/target"_s;
    QTest::newRow("rule without effect") << rule(
        R"({ "id": "1", "action": "read", "subject": { "kind": "everyone" }, "target": { "kind": "any" } })")
                                         << u"/accessRules/1"_s;
    QTest::newRow("unknown subject") << rule(
        R"({ "id": "1", "action": "read", "effect": "allow", "subject": { "kind": "all" }, "target": { "kind": "any" } })")
                                     << u"/accessRules/1/subject/kind"_s;
    QTest::newRow("no type at all") << rule(
        R"({ "id": "1", "action": "read", "effect": "allow", "subject": { "kind": "everyone" }, "target": { "kind": "any" }, "types": [] })")
                                    << u"/accessRules/1"_s;
    QTest::newRow("control with types") << rule(
        R"({ "id": "1", "action": "control", "effect": "allow", "subject": { "kind": "everyone" }, "target": { "kind": "any" }, "types": ["peak"] })")
                                        << u"/accessRules/1"_s;
    QTest::newRow("friendship by certificate") << document(
        R"("friendshipRules": [{ "id": "1", "effect": "allow", "one": { "kind": "everyone" }, "other": { "kind": "certificate", "value": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" } }])")
                                               << u"/friendshipRules/0"_s;
    QTest::newRow("service with a space") << document(R"("services": [{ "id": "a b" }])") << u"/services/0"_s;
    QTest::newRow("condition without value") << document(
        R"("services": [{ "id": "s", "access": [{ "effect": "allow", "conditions": [{ "kind": "protocol" }] }] }])")
                                             << u"/services/0"_s;
    QTest::newRow("place on a protocol") << document(
        R"("services": [{ "id": "s", "access": [{ "effect": "allow", "conditions": [{ "kind": "protocol", "value": "HTTP", "metres": 1 }] }] }])")
                                         << u"/services/0"_s;
    QTest::newRow("beyond the pole") << document(
        R"("services": [{ "id": "s", "access": [{ "effect": "allow", "conditions": [{ "kind": "location", "latitude": 91, "longitude": 0, "metres": 1 }] }] }])")
                                     << u"/services/0"_s;
    QTest::newRow("user without name") << document(R"("users": [{ "roles": ["r"] }])") << u"/users/0"_s;
    QTest::newRow("thumbprint") << document(R"("users": [{ "name": "u", "certificates": ["0123"] }])")
                                << u"/users/0"_s;
    QTest::newRow("anonymous with a name")
        << document(R"("privilegeLists": [{ "service": "s", "holder": "anonymous", "name": "n" }])")
        << u"/privilegeLists/0"_s;
    QTest::newRow("role without a name")
        << document(R"("privilegeLists": [{ "service": "s", "holder": "role" }])") << u"/privilegeLists/0"_s;
    QTest::newRow("neither include nor exclude")
        << document(R"("privilegeLists": [{ "service": "s", "holder": "anonymous", "entries": [{}] }])")
        << u"/privilegeLists/0/entries/0"_s;
    QTest::newRow("both include and exclude") << document(
        R"("privilegeLists": [{ "service": "s", "holder": "anonymous", "entries": [{ "include": "A", "exclude": "B" }] }])")
                                              << u"/privilegeLists/0/entries/0/exclude"_s;
    for (const QByteArray id : { "", ".A", "A.", "A..B", " A", "A .B", "A. B" }) {
        QTest::addRow("privilege \"%s\"", id.constData())
            << document(R"("privileges": [{ "service": "s", "privilege": ")" + id + R"(" }])")
            << u"/privileges/0"_s;
    }
    QTest::newRow("unknown policy") << document(R"("policy": { "challenge": "sometimes" })")
                                    << u"/policy/challenge"_s;
    QTest::newRow("no hours") << document(R"("policy": { "challengeHours": 0 })") << u"/policy"_s;

    // What only the program finds
    QTest::newRow("address range") << document(
        R"("services": [{ "id": "s", "access": [{ "effect": "allow", "conditions": [{ "kind": "ipAddress", "value": "10.0.0.0/33" }] }] }])")
                                   << u"/services/0"_s;
    QTest::newRow("another certificate") << document(
        R"("certificates": [{ "thumbprint": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "der": "AAAA" }])")
                                         << u"/certificates/0"_s;
    QTest::newRow("not base64") << document(
        R"("certificates": [{ "thumbprint": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "der": "?" }])")
                                << u"/certificates/0/der"_s;
    QTest::newRow("asks itself") << document(R"("questions": [{ "asker": "a@x", "jid": "a@x" }])")
                                 << u"/questions/0"_s;
    QTest::newRow("not JSON") << "{\n\n\"castellan\": "_ba << u"line 3"_s;
    QTest::newRow("rule id twice") << rule(
        R"({ "id": "0", "action": "control", "effect": "allow", "subject": { "kind": "everyone" }, "target": { "kind": "any" } })")
                                   << u"/accessRules/1"_s;
    QTest::newRow("thing twice") << document(R"("things": [{ "jid": "a@x" }, { "jid": "A@x/r" }])")
                                 << u"/things/1"_s;
    QTest::newRow("pair twice") << document(
        R"("friendships": [{ "a": "a@x", "b": "b@x" }, { "b": "a@x", "a": "b@x" }])")
                                << u"/friendships/1"_s;
    QTest::newRow("malformed JID") << document(R"("things": [{ "jid": "a b@x" }])") << u"/things/0"_s;
    QTest::newRow("control character")
        << document(R"("things": [{ "jid": "a@x", "tags": ["\u0001"] }])") << u"/things/0/tags/0"_s;
    QTest::newRow("time without zone") << rule(
        R"({ "id": "1", "action": "read", "effect": "allow", "subject": { "kind": "everyone" }, "target": { "kind": "any" }, "from": "2026-11-21T14:00:00" })")
                                       << u"/accessRules/1/from"_s;
}

void NetworkJsonTest::refused()
{
    QFETCH(const QByteArray, json);
    QFETCH(const QString, pointer);

    const Result<Network> network = networkFromJson(json);
    QVERIFY(!network);
    QVERIFY2(network.error().text.contains(pointer + u": "_s), qPrintable(network.error().text));
}

void NetworkJsonTest::schemaRefusesToo()
{
    QFETCH(const QByteArray, json);
    static const QSet<QByteArray> beyondASchema { "not JSON",          "rule id twice", "thing twice",
                                                  "pair twice",        "malformed JID", "control character",
                                                  "time without zone", "address range", "another certificate",
                                                  "not base64",        "asks itself" };
    if (beyondASchema.contains(QTest::currentDataTag()))
        return;
    QCOMPARE(validate({ json }), "False\n");
}

void NetworkJsonTest::cutOff()
{
    const QByteArray json = networkToJson(RandomNetwork(1)()).trimmed();
    for (qsizetype size = 0; size < json.size(); ++size) {
        const Result<Network> read = networkFromJson(json.first(size));
        QVERIFY2(!read, json.first(size));
        QVERIFY(!read.error().text.isEmpty());
    }
}

void NetworkJsonTest::piecesAreCutAnywhere()
{
    const Network network = RandomNetwork(3)();
    const QByteArray json = networkToJson(network);
    for (qint64 size = 1; size < 200; size += 7) {
        Dripping device(json, size);
        NetworkReader reader(device);
        Network read;
        for (;;) {
            Result<QList<Object>> objects = reader.next();
            QVERIFY2(objects, objects ? "" : qPrintable(objects.error().text));
            if (objects->isEmpty())
                break;
            for (const Object &object : std::as_const(*objects))
                add(read, object);
        }
        QCOMPARE(read, network);
        QCOMPARE(reader.digest(), QCryptographicHash::hash(json, QCryptographicHash::Sha256));
    }
}

void NetworkJsonTest::manyObjectsComeInParts()
{
    Network network;
    for (int i = 0; i < 20'000; ++i)
        network.things.append({ .jid = u"thing-%1@example.org"_s.arg(i), .tags = { u"a \"tag\" ]}"_s } });
    const QByteArray json = networkToJson(network);
    Dripping device(json, std::numeric_limits<qint64>::max());
    NetworkReader reader(device);
    qsizetype parts = 0;
    qsizetype count = 0;
    for (;;) {
        const Result<QList<Object>> objects = reader.next();
        QVERIFY2(objects, objects ? "" : qPrintable(objects.error().text));
        if (objects->isEmpty())
            break;
        ++parts;
        for (const Object &object : *objects)
            QCOMPARE(std::get<Thing>(object), network.things.at(count++));
    }
    QCOMPARE(count, network.things.size());
    QVERIFY(parts > 3);
}

QTEST_GUILESS_MAIN(NetworkJsonTest)
#include "tst_networkjson.moc"
