// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/networkjson.h"

#include <QFile>
#include <QSet>
#include <QTest>

using namespace castellan;
using namespace Qt::StringLiterals;

/// The demonstration network is what people see first, and what the tour and its pictures rely on.
class DemoNetworkTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void roundTrip();
    void everyReferenceResolves();
    void showsEveryKind();

private:
    Network m_network;
    QSet<QString> m_jids;
};

void DemoNetworkTest::initTestCase()
{
    QFile file(QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/networks/demo.json"));
    QVERIFY2(file.open(QFile::ReadOnly), qPrintable(file.errorString()));
    const auto network = networkFromJson(file.readAll());
    QVERIFY2(network, qPrintable(network.error_or(Failure()).text));
    m_network = *network;
    for (const Thing &thing : std::as_const(m_network.things))
        m_jids.insert(thing.jid);
    QCOMPARE(m_jids.size(), m_network.things.size());
}

void DemoNetworkTest::roundTrip()
{
    const auto again = networkFromJson(networkToJson(m_network));
    QVERIFY2(again, qPrintable(again.error_or(Failure()).text));
    QCOMPARE(*again, m_network);
}

void DemoNetworkTest::everyReferenceResolves()
{
    QSet<QString> roles;
    QSet<std::pair<QString, QString>> nodes;
    for (const Thing &thing : std::as_const(m_network.things)) {
        roles += QSet<QString>(thing.roles.begin(), thing.roles.end());
        for (const Node &node : thing.nodes)
            nodes.insert({ thing.jid, node.ref.nodeId });
        for (const Node &node : thing.nodes)
            QVERIFY2(node.parent.isDevice() || nodes.contains({ thing.jid, node.parent.nodeId }),
                     qPrintable(node.parent.nodeId));
    }
    for (const Friendship &pair : std::as_const(m_network.friendships)) {
        QVERIFY2(m_jids.contains(pair.a), qPrintable(pair.a));
        QVERIFY2(m_jids.contains(pair.b), qPrintable(pair.b));
    }
    const auto resolves = [&](const Subject &subject) {
        return subject.kind == Subject::Kind::Jid ? m_jids.contains(subject.value)
            : subject.kind == Subject::Kind::Role ? roles.contains(subject.value)
                                                  : true;
    };
    for (const FriendshipRule &rule : std::as_const(m_network.friendshipRules)) {
        QVERIFY2(resolves(rule.one), qPrintable(rule.id));
        QVERIFY2(resolves(rule.other), qPrintable(rule.id));
    }
    for (const AccessRule &rule : std::as_const(m_network.accessRules)) {
        QVERIFY2(resolves(rule.subject), qPrintable(rule.id));
        const Target &target = rule.target;
        if (target.kind == Target::Kind::Role)
            QVERIFY2(roles.contains(target.value), qPrintable(rule.id));
        if (target.kind == Target::Kind::Device)
            QVERIFY2(m_jids.contains(target.value), qPrintable(rule.id));
        if (target.node && target.node->nodeId)
            QVERIFY2(nodes.contains({ target.value, *target.node->nodeId }), qPrintable(rule.id));
    }
}

void DemoNetworkTest::showsEveryKind()
{
    QMap<ThingKind, int> kinds;
    for (const Thing &thing : std::as_const(m_network.things))
        ++kinds[thing.kind];
    QVERIFY(kinds[ThingKind::Thing] >= 40);
    QVERIFY(kinds[ThingKind::Concentrator] >= 2);
    QCOMPARE(kinds[ThingKind::Service], 2);
    QCOMPARE(kinds[ThingKind::User], 12);

    const auto any = [&](auto &&holds) { return std::ranges::any_of(m_network.accessRules, holds); };
    QVERIFY(any([](const AccessRule &rule) { return rule.action == Action::Control; }));
    QVERIFY(any([](const AccessRule &rule) { return rule.effect == Effect::Deny && !rule.names.isEmpty(); }));
    QVERIFY(any([](const AccessRule &rule) { return rule.target.node && rule.target.node->andBelow; }));
    QVERIFY(any([](const AccessRule &rule) { return rule.from.isValid() && rule.until.isValid(); }));
    QVERIFY(std::ranges::any_of(m_network.friendships, [](const Friendship &pair) {
        return pair.state == Friendship::State::Rejected;
    }));
}

QTEST_GUILESS_MAIN(DemoNetworkTest)
#include "tst_demonetwork.moc"
