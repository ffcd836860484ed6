// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/network.h"

#include <QTest>
#include <QTimeZone>

using namespace Qt::StringLiterals;
using namespace castellan;

class NetworkTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fieldTypeNames();
    void s09_historicalIsNineTypes();
    void s04_pairIsUnordered();
    void objectTypeNames();
    void normalForms();
    void refused_data();
    void refused();
};

namespace {

const QString thumbprint = u"0123456789abcdef"_s.repeated(4);

AccessRule readRule()
{
    return { .id = u"r"_s, .subject = {}, .target = {}, .names = {}, .from = {}, .until = {}, .comment = {} };
}

template<typename T>
T normal(T value)
{
    const Result<Object> result = normalised(std::move(value));
    if (!result) {
        QTest::qFail(qPrintable(result.error().text), __FILE__, __LINE__);
        return {};
    }
    return std::get<T>(*result);
}

} // namespace

void NetworkTest::fieldTypeNames()
{
    FieldTypes all;
    for (const FieldTypeName &known : castellan::fieldTypeNames) {
        QCOMPARE(fieldTypeFromName(known.name.toString()), known.type);
        all |= known.type;
    }
    QCOMPARE(all, allFieldTypes);
    QVERIFY(!fieldTypeFromName(u"historical"));
    QVERIFY(!fieldTypeFromName(u"Momentary"));
}

void NetworkTest::s09_historicalIsNineTypes()
{
    QCOMPARE(std::popcount(uint(historicalFieldTypes.toInt())), 9);
    for (const FieldTypeName &known : castellan::fieldTypeNames)
        QCOMPARE(historicalFieldTypes.testFlag(known.type), known.name.startsWith("historical"_L1));
}

void NetworkTest::s04_pairIsUnordered()
{
    QCOMPARE(makeFriendship(u"b@x"_s, u"a@x"_s), makeFriendship(u"a@x"_s, u"b@x"_s));
    QCOMPARE(friendshipId(u"b@x"_s, u"a@x"_s), u"a@x b@x"_s);
    const Friendship pair = normal(
        Friendship { .a = u"B@X/res"_s, .b = u"a@x"_s, .state = Friendship::State::Rejected, .comment = {} });
    QCOMPARE(pair, makeFriendship(u"a@x"_s, u"b@x"_s, Friendship::State::Rejected));
    QCOMPARE(objectId(pair), u"a@x b@x"_s);
}

void NetworkTest::objectTypeNames()
{
    for (const ObjectType type : allObjectTypes)
        QCOMPARE(objectTypeFromName(objectTypeName(type).toString()), type);
    QCOMPARE(objectTypeName(ObjectType::FriendshipRule), "friendship-rule"_L1);
    QVERIFY(!objectTypeFromName(u"Thing"));
    QCOMPARE(objectType(readRule()), ObjectType::AccessRule);
    QCOMPARE(objectId(readRule()), u"r"_s);
    QCOMPARE(objectType(Policy {}), ObjectType::Policy);
    QCOMPARE(objectId(PrivilegeList { .service = u"s"_s, .name = {}, .entries = {}, .comment = {} }),
             u"s anonymous"_s);
    QCOMPARE(objectId(Question { .asker = u"b@x"_s, .jid = u"a@x"_s, .asked = {} }), u"a@x b@x"_s);
}

void NetworkTest::normalForms()
{
    const auto hostName = [](const QString &value) {
        const AccessCondition condition { .kind = AccessCondition::Kind::HostName, .value = value };
        return normal(Service { .id = u"s"_s, .access = { { .conditions = { condition } } } })
            .access[0]
            .conditions[0]
            .value;
    };
    QCOMPARE(hostName(u"Desk.EXAMPLE."_s), u"desk.example"_s);
    QCOMPARE(hostName(u".Example"_s), u".example"_s);

    Thing thing;
    thing.jid = u"Meter@Building.localhost/x"_s;
    thing.roles = { u" meters "_s, u"meters"_s, QString() };
    QCOMPARE(normal(thing).jid, u"meter@building.localhost"_s);
    QCOMPARE(normal(thing).roles, QStringList { u"meters"_s });

    AccessRule rule = readRule();
    rule.subject = { Subject::Kind::Certificate, u"01:23:45:67 89:AB:CD:EF"_s.repeated(4), {}, {} };
    rule.target = { Target::Kind::Device, u"METER@building.localhost"_s, {} };
    rule.from = QDateTime(QDate(2026, 11, 21), QTime(14, 0), QTimeZone::fromSecondsAheadOfUtc(3600));
    rule = normal(rule);
    QCOMPARE(rule.subject.value, thumbprint);
    QCOMPARE(rule.target.value, u"meter@building.localhost"_s);
    QCOMPARE(rule.from.timeSpec(), Qt::UTC);
    QCOMPARE(rule.from, QDateTime(QDate(2026, 11, 21), QTime(13, 0), QTimeZone::UTC));

    rule.subject = { Subject::Kind::Domain, u"Example.ORG"_s, {}, {} };
    QCOMPARE(normal(rule).subject.value, u"example.org"_s);
}

void NetworkTest::refused_data()
{
    QTest::addColumn<Object>("object");
    QTest::addColumn<QString>("member"); ///< named in the text

    Thing thing;
    QTest::newRow("thing without JID") << Object(thing) << u"jid"_s;
    thing.jid = u"a@x"_s;
    const Node node { .ref = { u"n"_s, {}, {} }, .parent = {}, .name = {}, .fields = {}, .parameters = {} };
    thing.nodes = { node, node };
    QTest::newRow("node twice") << Object(thing) << u"nodes"_s;
    thing.nodes = { node };
    thing.nodes[0].parent = node.ref;
    QTest::newRow("node below itself") << Object(thing) << u"nodes"_s;
    thing.nodes = { node, node };
    thing.nodes[1].ref.nodeId = u"m"_s;
    thing.nodes[0].parent = thing.nodes[1].ref;
    thing.nodes[1].parent = thing.nodes[0].ref;
    QTest::newRow("nodes in a circle") << Object(thing) << u"nodes"_s;
    thing.nodes = { node };
    thing.nodes[0].ref = { {}, u"s"_s, {} };
    QTest::newRow("device with source") << Object(thing) << u"nodes"_s;
    thing.nodes = { node };
    thing.nodes[0].fields = { { u"Energy"_s, {} } };
    QTest::newRow("field without type") << Object(thing) << u"Energy"_s;
    thing.nodes[0].fields = { { u"Energy"_s }, { u"Energy"_s } };
    QTest::newRow("field twice") << Object(thing) << u"Energy"_s;

    QTest::newRow("friend of itself") << Object(makeFriendship(u"A@x"_s, u"a@x/y"_s)) << u"b"_s;
    QTest::newRow("pair with nobody") << Object(makeFriendship(u"a@x"_s, {})) << u"a"_s;

    FriendshipRule friends { .id = {}, .one = {}, .other = {}, .comment = {} };
    QTest::newRow("friendship rule without id") << Object(friends) << u"id"_s;
    friends.id = u"f"_s;
    friends.other = { Subject::Kind::Certificate, thumbprint, {}, {} };
    QTest::newRow("friendship by certificate") << Object(friends) << u"other"_s;
    friends.other = { Subject::Kind::Everyone, {}, u"user"_s, {} };
    QTest::newRow("friendship with user") << Object(friends) << u"other"_s;

    AccessRule rule = readRule();
    rule.id.clear();
    QTest::newRow("rule without id") << Object(rule) << u"id"_s;
    rule = readRule();
    rule.subject = { Subject::Kind::Everyone, u"x"_s, {}, {} };
    QTest::newRow("everyone with value") << Object(rule) << u"subject"_s;
    rule.subject = { Subject::Kind::Domain, u"a@x"_s, {}, {} };
    QTest::newRow("domain with local part") << Object(rule) << u"subject"_s;
    rule.subject = { Subject::Kind::Role, u" "_s, {}, {} };
    QTest::newRow("empty role") << Object(rule) << u"subject"_s;
    rule.subject = { Subject::Kind::Certificate, u"abc"_s, {}, {} };
    QTest::newRow("short thumbprint") << Object(rule) << u"subject"_s;
    rule = readRule();
    rule.target = { Target::Kind::Any, u"x"_s, {} };
    QTest::newRow("any with value") << Object(rule) << u"target"_s;
    rule.target = { Target::Kind::Device, u"x y"_s, {} };
    QTest::newRow("target not a JID") << Object(rule) << u"target"_s;
    rule.target = { Target::Kind::Any, {}, NodePattern {} };
    QTest::newRow("node without attribute") << Object(rule) << u"target/node"_s;
    rule.target.node->nodeId = QString();
    QTest::newRow("empty nodeId") << Object(rule) << u"target/node/nodeId"_s;
    rule = readRule();
    rule.names = { QString() };
    QTest::newRow("empty name") << Object(rule) << u"names"_s;
    rule = readRule();
    rule.types = {};
    QTest::newRow("no type") << Object(rule) << u"types"_s;
    rule = readRule();
    rule.action = Action::Control;
    rule.types = FieldType::Peak;
    QTest::newRow("control with types") << Object(rule) << u"types"_s;
    rule = readRule();
    rule.from = QDateTime(QDate(2026, 1, 1), QTime(0, 0), QTimeZone::UTC);
    rule.until = rule.from;
    QTest::newRow("never in force") << Object(rule) << u"until"_s;

    QTest::newRow("role of nobody") << Object(RoleGrant()) << u"holder"_s;
    QTest::newRow("no role") << Object(RoleGrant { u"a@x"_s, AdminRole::None, {} }) << u"role"_s;
}

void NetworkTest::refused()
{
    QFETCH(const Object, object);
    QFETCH(const QString, member);

    const Result<Object> result = normalised(object);
    QVERIFY(!result);
    QVERIFY2(result.error().text.contains(member), qPrintable(result.error().text));
}

QTEST_GUILESS_MAIN(NetworkTest)
#include "tst_network.moc"
