// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/behaviour.h"
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
    void isPlayed();

private:
    QByteArray m_json;
    Network m_network;
    QSet<QString> m_jids;
};

void DemoNetworkTest::initTestCase()
{
    QFile file(QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/networks/demo.json"));
    QVERIFY2(file.open(QFile::ReadOnly), qPrintable(file.errorString()));
    const auto network = networkFromJson(m_json = file.readAll());
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

/// Who reads or controls somebody is meant to be that one's friend.
void DemoNetworkTest::isPlayed()
{
    const auto behaviours = things::behavioursFromJson(m_json, m_network);
    QVERIFY2(behaviours, qPrintable(behaviours.error_or(Failure()).text));
    QVERIFY(behaviours->size() > 50);
    const auto areFriends = [this](const QString &one, const QString &other) {
        return std::ranges::any_of(m_network.friendships, [&](const Friendship &pair) {
            return friendshipId(pair.a, pair.b) == friendshipId(one, other)
                && pair.state == Friendship::State::Accepted;
        });
    };
    const auto hasNodes = [this](const QString &jid, const QList<NodeRef> &nodes) {
        const auto thing = std::ranges::find(m_network.things, jid, &Thing::jid);
        return std::ranges::all_of(nodes, [&](const NodeRef &wanted) {
            return std::ranges::any_of(thing->nodes,
                                       [&](const Node &node) { return node.ref.nodeId == wanted.nodeId; });
        });
    };
    int compromised = 0;
    for (const auto &[jid, behaviour] : behaviours->asKeyValueRange()) {
        for (const auto &job : behaviour.reads)
            QVERIFY2(areFriends(jid, job.peer) && hasNodes(job.peer, job.nodes),
                     qPrintable(jid + u' ' + job.peer));
        for (const auto &job : behaviour.controls)
            QVERIFY2(areFriends(jid, job.peer) && hasNodes(job.peer, job.nodes),
                     qPrintable(jid + u' ' + job.peer));
        compromised += behaviour.misbehaviour.kind == things::Misbehaviour::Kind::Ignoring;
    }
    QCOMPARE(compromised, 1);
}

QTEST_GUILESS_MAIN(DemoNetworkTest)
#include "tst_demonetwork.moc"
