// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/matching.h"
#include "rules/snapshot.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

using Outcome = Consideration::Outcome;

namespace {

const QString device = u"device@x"_s;
const QString asker = u"user@y"_s;

AccessRule rule(Effect effect)
{
    AccessRule rule;
    static int number = 0;
    rule.id = u"rule %1"_s.arg(++number);
    rule.effect = effect;
    return rule;
}

AccessRule allow()
{
    return rule(Effect::Allow);
}
AccessRule deny()
{
    return rule(Effect::Deny);
}

/// A chain, so that a test shows only what it is about.
struct With
{
    AccessRule rule;

    With names(const QStringList &names) &&
    {
        rule.names = names;
        return *this;
    }
    With types(FieldTypes types) &&
    {
        rule.types = types;
        return *this;
    }
    With node(const QString &nodeId) &&
    {
        return std::move(*this).node(NodePattern { nodeId, {}, {}, false });
    }
    With node(const NodePattern &pattern) &&
    {
        rule.target.node = pattern;
        return *this;
    }
    With target(Target::Kind kind, const QString &value) &&
    {
        rule.target = { kind, value, {} };
        return *this;
    }
    With subject(Subject::Kind kind, const QString &value) &&
    {
        rule.subject.kind = kind;
        rule.subject.value = value;
        return *this;
    }
    With user(const QString &user) &&
    {
        rule.subject.withUser = user;
        return *this;
    }
    With service(const QString &service) &&
    {
        rule.subject.withService = service;
        return *this;
    }
    With control() &&
    {
        rule.action = Action::Control;
        return *this;
    }
    With valid(const QDateTime &from, const QDateTime &until) &&
    {
        rule.from = from;
        rule.until = until;
        return *this;
    }
    operator AccessRule() const { return rule; }
};

NodeRef node(const QString &nodeId, const QString &sourceId = {}, const QString &cacheType = {})
{
    return { nodeId, sourceId, cacheType };
}

Node knownNode(const NodeRef &ref, const QStringList &names = {}, const NodeRef &parent = {})
{
    Node node;
    node.ref = ref;
    node.parent = parent;
    for (const QString &name : names)
        node.fields.append({ name });
    node.parameters = names;
    return node;
}

Network networkOf(const QList<AccessRule> &rules, const QList<Node> &nodes = {})
{
    Network network;
    network.accessRules = rules;
    if (!nodes.isEmpty()) {
        Thing thing;
        thing.jid = device;
        thing.nodes = nodes;
        network.things.append(thing);
    }
    return network;
}

AccessQuestion question(const QList<NodeRef> &nodes = {}, const QStringList &names = {},
                        FieldTypes types = FieldType::Momentary)
{
    return { .action = Action::Read,
             .device = device,
             .jid = asker,
             .nodes = nodes,
             .names = names,
             .types = types,
             .identities = {},
             .now = RandomNetwork::now() };
}

AccessDecision ask(const QList<AccessRule> &rules, const AccessQuestion &question,
                   const QList<Node> &nodes = {})
{
    return Snapshot(networkOf(rules, nodes)).decide(question);
}

} // namespace

class AccessTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s02_nodeIdMeansEverySource();
    void s02_noNodeMeansEveryKnownNode();
    void s02_noKnownNodeMeansTheDevice();
    void s02_unknownAttributesDeny();
    void s02_belowAnUnknownNode();
    void s03_certificates();
    void s09_subjects_data();
    void s09_subjects();
    void s09_targets();
    void s09_nodeAndBelow();
    void s09_nodeBySourceOnly();
    void s09_wildcards_data();
    void s09_wildcards();
    void s09_validity_data();
    void s09_validity();
    void s09_withTokens();
    void s09_actionsAreApart();
    void s10_firstMatchDecides();
    void s10_noMatchIsDeny();
    void s11_productNeverOvergrants();
    void s12_equalListsAreOmitted();
    void s12_namesOfTheInventory();
    void s12_withoutInventory();
    void s12_omittedNamesMeanAnyName();
    void s12_nodesAsTheRequestWroteThem();
    void s13_unionOfTokens();
    void s13_deadTokenCountsAsNone();
    void s13_unionIsMonotone();
    void s14_rulesApplyToUnknownDevices();
    void s25_containment();
    void explanation();
    void explanationAgreesWithDecision();
    void s10_s11_s12_s13_agreesWithOracle();
};

void AccessTest::s02_nodeIdMeansEverySource()
{
    const QList<Node> nodes { knownNode(node(u"n"_s, u"s1"_s)), knownNode(node(u"n"_s, u"s2"_s)),
                              knownNode(node(u"m"_s, u"s1"_s)) };
    const NodePattern first { u"n"_s, u"s1"_s, {}, false };
    const AccessDecision decision = ask({ With(allow()).node(first) }, question({ node(u"n"_s) }), nodes);
    QVERIFY(decision.allowed);
    QCOMPARE(decision.nodes, QList { node(u"n"_s, u"s1"_s) });
    QVERIFY(!ask({ With(allow()).node(first) }, question({ node(u"n"_s, u"s2"_s) }), nodes).allowed);
    QVERIFY(ask({ With(allow()).node(u"n"_s) }, question({ node(u"n"_s) }), nodes).nodes.isEmpty());
}

void AccessTest::s02_noNodeMeansEveryKnownNode()
{
    const QList<Node> nodes { knownNode(node(u"n"_s)), knownNode(node(u"m"_s)) };
    const AccessDecision decision = ask({ With(allow()).node(u"m"_s) }, question(), nodes);
    QVERIFY(decision.allowed);
    QCOMPARE(decision.nodes, QList { node(u"m"_s) });
    QVERIFY(ask({ allow() }, question(), nodes).nodes.isEmpty());
}

void AccessTest::s02_noKnownNodeMeansTheDevice()
{
    QVERIFY(ask({ allow() }, question()).allowed);
    QVERIFY(!ask({ With(allow()).node(u"n"_s) }, question()).allowed);
    QVERIFY(ask({ With(deny()).node(u"n"_s), allow() }, question()).allowed);
}

void AccessTest::s02_unknownAttributesDeny()
{
    const NodePattern pattern { u"n"_s, u"s"_s, {}, false };
    QVERIFY(!ask({ With(allow()).node(pattern) }, question({ node(u"n"_s) })).allowed);
    QVERIFY(!ask({ With(deny()).node(pattern), allow() }, question({ node(u"n"_s) })).allowed);
    QVERIFY(ask({ With(allow()).node(pattern) }, question({ node(u"n"_s, u"s"_s) })).allowed);
    QVERIFY(ask({ With(deny()).node(pattern), allow() }, question({ node(u"n"_s, u"t"_s) })).allowed);
    QVERIFY(ask({ With(deny()).node(pattern), allow() }, question({ node(u"m"_s) })).allowed);
    // A known node without a source has none.
    QVERIFY(
        ask({ With(deny()).node(pattern), allow() }, question({ node(u"n"_s) }), { knownNode(node(u"n"_s)) })
            .allowed);
}

void AccessTest::s02_belowAnUnknownNode()
{
    const NodePattern below { u"top"_s, {}, {}, true };
    QVERIFY(!ask({ With(allow()).node(below) }, question({ node(u"n"_s) })).allowed);
    QVERIFY(!ask({ With(deny()).node(below), allow() }, question({ node(u"n"_s) })).allowed);
    QVERIFY(
        ask({ With(deny()).node(below), allow() }, question({ node(u"n"_s) }), { knownNode(node(u"n"_s)) })
            .allowed);
    const QList<Node> dangling { knownNode(node(u"n"_s), {}, node(u"nobody knows"_s)) };
    QVERIFY(!ask({ With(deny()).node(below), allow() }, question({ node(u"n"_s) }), dangling).allowed);
}

void AccessTest::s03_certificates()
{
    const QString thumbprint = u"ab"_s.repeated(32);
    const AccessRule byCertificate = With(allow()).subject(Subject::Kind::Certificate, thumbprint);
    AccessQuestion asked = question();
    QVERIFY(!ask({ byCertificate }, asked).allowed);
    for (const auto list : { &Identities::service, &Identities::user, &Identities::device }) {
        asked.identities = {};
        (asked.identities.*list).append({ u"cd"_s.repeated(32), {}, {} });
        QVERIFY(!ask({ byCertificate }, asked).allowed);
        (asked.identities.*list).append({ thumbprint, {}, {} });
        QVERIFY(ask({ byCertificate }, asked).allowed);
    }
}

void AccessTest::s09_subjects_data()
{
    QTest::addColumn<Subject::Kind>("kind");
    QTest::addColumn<QString>("value");
    QTest::addColumn<bool>("matches");

    QTest::newRow("everyone") << Subject::Kind::Everyone << QString() << true;
    QTest::newRow("JID") << Subject::Kind::Jid << asker << true;
    QTest::newRow("other JID") << Subject::Kind::Jid << device << false;
    QTest::newRow("domain") << Subject::Kind::Domain << u"y"_s << true;
    QTest::newRow("other domain") << Subject::Kind::Domain << u"x"_s << false;
    QTest::newRow("role") << Subject::Kind::Role << u"readers"_s << true;
    QTest::newRow("other role") << Subject::Kind::Role << u"writers"_s << false;
}

void AccessTest::s09_subjects()
{
    QFETCH(const Subject::Kind, kind);
    QFETCH(const QString, value);

    Network network = networkOf({ With(allow()).subject(kind, value) });
    Thing user;
    user.jid = asker;
    user.roles = { u"readers"_s };
    network.things = { user };
    QTEST(Snapshot(network).decide(question()).allowed, "matches");
}

void AccessTest::s09_targets()
{
    Network network;
    Thing thing;
    thing.jid = device;
    thing.roles = { u"meters"_s, u"basement"_s };
    network.things = { thing };
    const auto allowed = [&](Target::Kind kind, const QString &value) {
        network.accessRules = { With(allow()).target(kind, value) };
        return Snapshot(network).decide(question()).allowed;
    };
    QVERIFY(allowed(Target::Kind::Any, {}));
    QVERIFY(allowed(Target::Kind::Device, device));
    QVERIFY(!allowed(Target::Kind::Device, u"other@x"_s));
    QVERIFY(allowed(Target::Kind::Role, u"basement"_s));
    QVERIFY(!allowed(Target::Kind::Role, u"roof"_s));
}

void AccessTest::s09_nodeAndBelow()
{
    const QList<Node> nodes { knownNode(node(u"top"_s)), knownNode(node(u"middle"_s), {}, node(u"top"_s)),
                              knownNode(node(u"leaf"_s), {}, node(u"middle"_s)),
                              knownNode(node(u"beside"_s)) };
    const AccessDecision decision = ask({ With(allow()).node({ u"middle"_s, {}, {}, true }) }, question(),
                                        nodes);
    QCOMPARE(decision.nodes, (QList { node(u"middle"_s), node(u"leaf"_s) }));
    QCOMPARE(ask({ With(allow()).node({ u"middle"_s, {}, {}, false }) }, question(), nodes).nodes,
             QList { node(u"middle"_s) });
}

void AccessTest::s09_nodeBySourceOnly()
{
    const QList<Node> nodes { knownNode(node(u"n"_s, u"s1"_s)), knownNode(node(u"m"_s, u"s1"_s)),
                              knownNode(node(u"n"_s, u"s2"_s)) };
    QCOMPARE(ask({ With(allow()).node({ {}, u"s1"_s, {}, false }) }, question(), nodes).nodes,
             (QList { node(u"n"_s, u"s1"_s), node(u"m"_s, u"s1"_s) }));
}

void AccessTest::s09_wildcards_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("matches");

    QTest::newRow("equal") << u"Energy"_s << u"Energy"_s << true;
    QTest::newRow("case") << u"Energy"_s << u"energy"_s << false;
    QTest::newRow("prefix") << u"Energy*"_s << u"Energy, total"_s << true;
    QTest::newRow("nothing") << u"Energy*"_s << u"Energy"_s << true;
    QTest::newRow("not a prefix") << u"Energy*"_s << u"My Energy"_s << false;
    QTest::newRow("suffix") << u"*total"_s << u"Energy total"_s << true;
    QTest::newRow("inside") << u"a*b*c"_s << u"a-b-b-c"_s << true;
    QTest::newRow("again") << u"*ab"_s << u"aab"_s << true;
    QTest::newRow("too short") << u"a*a"_s << u"a"_s << false;
    QTest::newRow("everything") << u"**"_s << u"x"_s << true;
    QTest::newRow("no other wildcards") << u"E?[a-z]."_s << u"Enxy"_s << false;
    QTest::newRow("literally") << u"E?[a-z]."_s << u"E?[a-z]."_s << true;
    QTest::newRow("many stars") << u"*a"_s.repeated(500) + u"b"_s << u"a"_s.repeated(2000) << false;
}

void AccessTest::s09_wildcards()
{
    QFETCH(const QString, pattern);
    QFETCH(const QString, name);
    QTEST(matchesPattern(pattern, name), "matches");
    QTEST(ask({ With(allow()).names({ pattern }) }, question({}, { name })).allowed, "matches");
}

void AccessTest::s09_validity_data()
{
    QTest::addColumn<int>("from"); ///< milliseconds from now; 0 has a meaning, so 99 is "not set"
    QTest::addColumn<int>("until");
    QTest::addColumn<bool>("allowed");

    QTest::newRow("always") << 99 << 99 << true;
    QTest::newRow("from now") << 0 << 99 << true;
    QTest::newRow("not yet") << 1 << 99 << false;
    QTest::newRow("until now") << 99 << 0 << false;
    QTest::newRow("until soon") << 99 << 1 << true;
    QTest::newRow("within") << -1 << 1 << true;
}

void AccessTest::s09_validity()
{
    QFETCH(const int, from);
    QFETCH(const int, until);
    const auto time = [](int offset) {
        return offset == 99 ? QDateTime() : RandomNetwork::now().addMSecs(offset);
    };
    QTEST(ask({ With(allow()).valid(time(from), time(until)) }, question()).allowed, "allowed");
}

void AccessTest::s09_withTokens()
{
    const AccessRule forAlice = With(allow()).user(u"alice"_s);
    const AccessRule forService = With(allow()).service(u"s"_s);
    AccessQuestion asked = question();
    QVERIFY(!ask({ forAlice }, asked).allowed);
    asked.identities.user = { { {}, u"alice"_s, u"s"_s } };
    QVERIFY(ask({ forAlice }, asked).allowed); // counts without its service's token
    QVERIFY(!ask({ forService }, asked).allowed); // and does not stand in for it
    asked.identities.user = { { {}, u"bob"_s, {} } };
    QVERIFY(!ask({ forAlice }, asked).allowed);
    asked.identities.service = { { {}, {}, u"s"_s } };
    QVERIFY(ask({ forService }, asked).allowed);
    QVERIFY(!ask({ With(AccessRule(With(forService).user(u"alice"_s))) }, asked).allowed);
}

void AccessTest::s09_actionsAreApart()
{
    AccessQuestion asked = question({}, { u"Output"_s });
    QVERIFY(!ask({ With(allow()).control() }, asked).allowed);
    asked.action = Action::Control;
    const AccessDecision decision = ask({ With(allow()).control() }, asked);
    QVERIFY(decision.allowed);
    QVERIFY(!decision.types);
    QVERIFY(!ask({ allow() }, asked).allowed);
}

void AccessTest::s10_firstMatchDecides()
{
    const AccessRule one = With(deny()).names({ u"P"_s });
    QCOMPARE(ask({ one, allow() }, question({}, { u"E"_s, u"P"_s })).names, QStringList { u"E"_s });
    QVERIFY(ask({ allow(), one }, question({}, { u"E"_s, u"P"_s })).names.isEmpty());
    const AccessRule peak = With(deny()).types(FieldType::Peak);
    QCOMPARE(ask({ peak, allow() }, question({}, { u"E"_s }, FieldType::Momentary | FieldType::Peak)).types,
             FieldTypes(FieldType::Momentary));
}

void AccessTest::s10_noMatchIsDeny()
{
    QVERIFY(!Snapshot().decide(question()).allowed);
    QVERIFY(!ask({ With(allow()).names({ u"E"_s }) }, question({}, { u"P"_s })).allowed);
    QVERIFY(!ask({ allow() }, question({}, {}, {})).allowed); // nothing asked for
}

void AccessTest::s11_productNeverOvergrants()
{
    // E of n and P of m are allowed; no product holds both.
    const QList<AccessRule> rules { With(With(allow()).node(u"n"_s)).names({ u"E"_s }),
                                    With(With(allow()).node(u"m"_s)).names({ u"P"_s }) };
    const AccessDecision decision = ask(rules, question({ node(u"n"_s), node(u"m"_s) }, { u"E"_s, u"P"_s }));
    QVERIFY(decision.allowed);
    QCOMPARE(decision.nodes, QList { node(u"n"_s) });
    QCOMPARE(decision.names, QStringList { u"E"_s });
}

void AccessTest::s12_equalListsAreOmitted()
{
    const AccessDecision decision = ask(
        { allow() }, question({ node(u"n"_s), node(u"m"_s) }, { u"E"_s, u"P"_s }, allFieldTypes));
    QVERIFY(decision.allowed);
    QVERIFY(decision.nodes.isEmpty());
    QVERIFY(decision.names.isEmpty());
    QCOMPARE(decision.types, allFieldTypes);
}

void AccessTest::s12_namesOfTheInventory()
{
    const QList<Node> nodes { knownNode({}, { u"E"_s, u"P"_s, u"T"_s }) };
    const AccessDecision read = ask({ With(deny()).names({ u"P"_s }), allow() }, question(), nodes);
    QVERIFY(read.allowed);
    QCOMPARE(read.names, (QStringList { u"E"_s, u"T"_s }));

    AccessQuestion control = question();
    control.action = Action::Control;
    const AccessDecision controlled = ask(
        { With(With(deny()).names({ u"P"_s })).control(), With(allow()).control() }, control, nodes);
    QCOMPARE(controlled.names, (QStringList { u"E"_s, u"T"_s }));
}

void AccessTest::s12_withoutInventory()
{
    const AccessRule secret = With(deny()).names({ u"P"_s });
    QVERIFY(!ask({ secret, allow() }, question()).allowed);
    const AccessDecision stated = ask({ secret, With(allow()).names({ u"E"_s, u"T*"_s }) }, question());
    QVERIFY(stated.allowed);
    QCOMPARE(stated.names, QStringList { u"E"_s });
    // Every name of one node (two, with the stated one) against the stated name of two nodes (two): the
    // second node is the earliest that differs.
    const QList<AccessRule> rules { With(allow()).names({ u"E"_s }), With(allow()).node(u"n"_s) };
    const AccessDecision tie = ask(rules, question({ node(u"n"_s), node(u"m"_s) }));
    QVERIFY(tie.nodes.isEmpty());
    QCOMPARE(tie.names, QStringList { u"E"_s });
}

void AccessTest::s12_omittedNamesMeanAnyName()
{
    const QList<Node> nodes { knownNode({}, { u"E"_s, u"P"_s }) };
    // All that is known is allowed, but not all that there may be.
    const AccessDecision decision = ask({ With(allow()).names({ u"E"_s, u"P"_s }) }, question(), nodes);
    QCOMPARE(decision.names, (QStringList { u"E"_s, u"P"_s }));
    const AccessDecision secret = ask({ With(deny()).names({ u"Secret*"_s }), allow() }, question(), nodes);
    QCOMPARE(secret.names, (QStringList { u"E"_s, u"P"_s }));
    QVERIFY(ask({ With(allow()).names({ u"*"_s }) }, question(), nodes).names.isEmpty());
    // And it counts no more than what is known: two names of one node against one name of two nodes.
    const QList<Node> two { knownNode(node(u"n"_s), { u"E"_s, u"P"_s }),
                            knownNode(node(u"m"_s), { u"E"_s, u"P"_s }) };
    const AccessDecision tie = ask({ With(allow()).names({ u"E"_s }), With(allow()).node(u"n"_s) },
                                   question(), two);
    QVERIFY(tie.nodes.isEmpty());
    QCOMPARE(tie.names, QStringList { u"E"_s });
}

void AccessTest::s12_nodesAsTheRequestWroteThem()
{
    const QList<Node> nodes { knownNode(node(u"n"_s, u"s1"_s)), knownNode(node(u"n"_s, u"s2"_s)),
                              knownNode(node(u"m"_s, u"s1"_s)) };
    QCOMPARE(ask({ With(allow()).node(u"n"_s) }, question({ node(u"m"_s), node(u"n"_s) }), nodes).nodes,
             QList { node(u"n"_s) });
}

void AccessTest::s13_unionOfTokens()
{
    const QList<AccessRule> rules { With(With(allow()).user(u"alice"_s)).names({ u"E"_s }),
                                    With(With(deny()).user(u"bob"_s)).names({ u"E"_s }),
                                    With(With(allow()).user(u"bob"_s)).names({ u"P"_s }) };
    AccessQuestion asked = question({}, { u"E"_s, u"P"_s, u"T"_s });
    asked.identities.user = { { {}, u"alice"_s, {} }, { {}, u"bob"_s, {} } };
    const AccessDecision decision = ask(rules, asked);
    QVERIFY(decision.allowed);
    QCOMPARE(decision.names, (QStringList { u"E"_s, u"P"_s }));

    // One token per attribute and choice: a rule that needs two users can never match.
    const QString thumbprint = u"ab"_s.repeated(32);
    asked.identities.user = { { thumbprint, {}, {} }, { {}, u"bob"_s, {} } };
    QVERIFY(
        !ask({ With(With(allow()).subject(Subject::Kind::Certificate, thumbprint)).user(u"bob"_s) }, asked)
             .allowed);
}

void AccessTest::s13_deadTokenCountsAsNone()
{
    const QList<AccessRule> rules { With(deny()).user(u"alice"_s), allow() };
    AccessQuestion asked = question();
    asked.identities.user = { { {}, u"alice"_s, {} } };
    QVERIFY(!ask(rules, asked).allowed);
    asked.identities.user.append(Identity());
    QVERIFY(ask(rules, asked).allowed);
}

void AccessTest::s13_unionIsMonotone()
{
    RandomNetwork random(13);
    int compared = 0;
    for (int i = 0; i < 1000; ++i) {
        const Snapshot snapshot(random.network());
        AccessQuestion asked = random.question();
        if (asked.identities.user.isEmpty())
            asked.identities.user = { {} }; // as a dead token beside which another is put
        const AccessDecision fewer = snapshot.decide(asked, Explain::Yes);
        asked.identities.user.append(random.identity());
        const AccessDecision more = snapshot.decide(asked, Explain::Yes);
        QVERIFY(more.allowed >= fewer.allowed);
        for (const Combination &before : fewer.combinations) {
            const auto after = std::ranges::find_if(more.combinations, [&](const Combination &combination) {
                return combination.node == before.node && combination.name == before.name
                    && combination.type == before.type;
            });
            if (after != more.combinations.end()) { // a certificate may bring rules that state more names
                QVERIFY(after->allowed >= before.allowed);
                ++compared;
            }
        }
    }
    QVERIFY(compared > 500);
}

void AccessTest::s14_rulesApplyToUnknownDevices()
{
    const AccessRule known =
        With(With(allow()).target(Target::Kind::Device, device)).subject(Subject::Kind::Jid, asker);
    QVERIFY(ask({ known }, question({ node(u"n"_s) }, { u"E"_s })).allowed);
}

void AccessTest::s25_containment()
{
    for (const QString &jid : { device, asker }) {
        Network network = networkOf({ allow() });
        network.containments = { { .jid = jid, .until = {}, .comment = {} } };
        const AccessDecision decision = Snapshot(network).decide(question(), Explain::Yes);
        QVERIFY(!decision.allowed);
        QCOMPARE(decision.contained, jid);
        // What the rules would say is still there to be read.
        QVERIFY(decision.combinations.first().allowed);
        QVERIFY(!decision.combinations.first().granted);
    }
}

void AccessTest::explanation()
{
    const QString thumbprint = u"ab"_s.repeated(32);
    const QList<AccessRule> rules {
        With(deny()).target(Target::Kind::Device, u"other@x"_s), // not about anyone here
        With(With(deny()).target(Target::Kind::Device, u"other@x"_s)).subject(Subject::Kind::Jid, asker),
        With(allow()).subject(Subject::Kind::Domain, u"z"_s),
        With(allow()).subject(Subject::Kind::Certificate, thumbprint),
        With(allow()).user(u"alice"_s),
        With(allow()).node(u"m"_s),
        With(allow()).names({ u"P"_s }),
        With(allow()).types(FieldType::Peak),
        With(allow()).valid(RandomNetwork::now().addDays(1), {}),
        With(allow()).valid({}, RandomNetwork::now().addDays(-1)),
        With(deny()).names({ u"E*"_s }),
        allow(),
    };
    const AccessDecision decision =
        Snapshot(networkOf(rules)).decide(question({ node(u"n"_s) }, { u"E"_s }), Explain::Yes);
    QCOMPARE(decision.combinations.size(), 1);
    const Combination combination = decision.combinations.first();
    QCOMPARE(combination.node, node(u"n"_s));
    QCOMPARE(combination.name, u"E"_s);
    QCOMPARE(combination.decidedBy, rules.at(10).id);
    QVERIFY(!combination.allowed);
    QCOMPARE(decision.elsewhere, QStringList { rules.at(1).id });
    const QList<Outcome> outcomes { Outcome::OtherSubject, Outcome::OtherSubject, Outcome::MissingToken,
                                    Outcome::OtherNode,    Outcome::OtherName,    Outcome::OtherType,
                                    Outcome::NotYetValid,  Outcome::Expired,      Outcome::Decided,
                                    Outcome::Unreached };
    QCOMPARE(combination.considered.size(), outcomes.size());
    for (qsizetype i = 0; i < outcomes.size(); ++i)
        QCOMPARE(combination.considered.at(i), (Consideration { rules.at(i + 2).id, outcomes.at(i) }));

    // What the product step took away: allowed, but not granted.
    const QList<AccessRule> apart { With(With(allow()).node(u"n"_s)).names({ u"E"_s }),
                                    With(With(allow()).node(u"m"_s)).names({ u"P"_s }) };
    const AccessDecision product = Snapshot(networkOf(apart))
                                       .decide(question({ node(u"n"_s), node(u"m"_s) }, { u"E"_s, u"P"_s }),
                                               Explain::Yes);
    QCOMPARE(product.combinations.size(), 4);
    QVERIFY(product.combinations.at(0).allowed && product.combinations.at(0).granted);
    QVERIFY(!product.combinations.at(1).allowed && !product.combinations.at(1).granted);
    QVERIFY(product.combinations.at(3).allowed && !product.combinations.at(3).granted);
}

void AccessTest::explanationAgreesWithDecision()
{
    RandomNetwork random(15);
    for (int i = 0; i < 1000; ++i) {
        const Network network = random.network();
        const Snapshot snapshot(network);
        const AccessQuestion asked = random.question();
        const AccessDecision plain = snapshot.decide(asked);
        AccessDecision explained = snapshot.decide(asked, Explain::Yes);
        bool granted = false;
        for (const Combination &combination : std::as_const(explained.combinations)) {
            QVERIFY(combination.allowed >= combination.granted);
            granted |= combination.granted;
            const std::optional<QString> name = combination.name.isEmpty() ? std::nullopt
                                                                           : std::optional(combination.name);
            QCOMPARE(combination.allowed,
                     oracle::isAllowed(network, asked, combination.node, name, combination.type));
            const auto decided = std::ranges::find(combination.considered, Outcome::Decided,
                                                   &Consideration::outcome);
            QCOMPARE(decided == combination.considered.end() ? QString() : decided->ruleId,
                     combination.decidedBy);
        }
        QCOMPARE(granted, plain.allowed);
        explained.combinations.clear();
        QCOMPARE(explained.allowed, plain.allowed);
        QCOMPARE(explained.nodes, plain.nodes);
        QCOMPARE(explained.names, plain.names);
        QCOMPARE(explained.types, plain.types);
    }
}

void AccessTest::s10_s11_s12_s13_agreesWithOracle()
{
    RandomNetwork random(10);
    int allowed = 0;
    int restricted = 0;
    for (int i = 0; i < 3000; ++i) {
        const Network network = random.network();
        const AccessQuestion asked = random.question();
        const AccessDecision decision = Snapshot(network).decide(asked);
        const AccessDecision expected = oracle::decide(network, asked);
        QCOMPARE(decision.allowed, expected.allowed);
        QCOMPARE(decision.nodes, expected.nodes);
        QCOMPARE(decision.names, expected.names);
        QCOMPARE(decision.types, expected.types);
        QCOMPARE(decision.contained, expected.contained);
        allowed += decision.allowed;
        restricted += !decision.nodes.isEmpty() || !decision.names.isEmpty();
    }
    QVERIFY(allowed > 300);
    QVERIFY(restricted > 100);
}

QTEST_GUILESS_MAIN(AccessTest)
#include "tst_access.moc"
