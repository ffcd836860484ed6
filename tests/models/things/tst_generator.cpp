// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/generator.h"
#include "vocabulary/networkjson.h"

#include <QTest>

#include <algorithm>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;

class GeneratorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isAsLargeAsAsked_data();
    void isAsLargeAsAsked();
    void isTheSameForTheSameSeed();
    void isANetworkThatCanBeImported();
    void someKnowManyAndMostKnowFew();
};

void GeneratorTest::isAsLargeAsAsked_data()
{
    QTest::addColumn<int>("things");
    QTest::newRow("smallest") << fewestThings;
    QTest::newRow("campus") << 2000;
    QTest::newRow("several domains") << 12'345;
}

void GeneratorTest::isAsLargeAsAsked()
{
    QFETCH(const int, things);
    const Network network = generatedNetwork(things, 1);
    QCOMPARE(network.things.size(), things);
    QVERIFY(network.friendships.size() > things * 2.5);
    QVERIFY(network.friendships.size() <= things * 3);
    QVERIFY(network.accessRules.size() > things * 0.9);
    QVERIFY(!network.services.isEmpty() && !network.users.isEmpty() && !network.privileges.isEmpty()
            && !network.privilegeLists.isEmpty() && !network.certificates.isEmpty()
            && !network.containments.isEmpty());
}

void GeneratorTest::isTheSameForTheSameSeed()
{
    const Network network = generatedNetwork(500, 7);
    QCOMPARE(generatedNetwork(500, 7), network);
    QVERIFY(generatedNetwork(500, 8) != network);
}

void GeneratorTest::isANetworkThatCanBeImported()
{
    // Reading checks every object and normalises it.
    const Network network = generatedNetwork(2000, 1);
    const Result<Network> read = networkFromJson(networkToJson(network));
    QVERIFY2(read, read ? "" : qPrintable(read.error().text));
    QCOMPARE(*read, network);
    const auto idsOf = [](const auto &objects) {
        QSet<QString> ids;
        for (const auto &object : objects)
            ids.insert(objectId(object));
        return ids.size();
    };
    QCOMPARE(idsOf(network.things), network.things.size());
    QCOMPARE(idsOf(network.friendships), network.friendships.size());
    QCOMPARE(idsOf(network.accessRules), network.accessRules.size());
    QCOMPARE(idsOf(network.privilegeLists), network.privilegeLists.size());
    QCOMPARE(idsOf(network.users), network.users.size());
}

void GeneratorTest::someKnowManyAndMostKnowFew()
{
    const Network network = generatedNetwork(2000, 1);
    QHash<QString, int> friends;
    for (const Friendship &pair : network.friendships) {
        ++friends[pair.a];
        ++friends[pair.b];
    }
    QList<int> counts = friends.values();
    std::ranges::sort(counts);
    QCOMPARE(counts.size(), network.things.size()); // nobody is alone
    QVERIFY(counts.at(counts.size() / 2) <= 6);
    QVERIFY(counts.last() >= 30);
}

QTEST_GUILESS_MAIN(GeneratorTest)
#include "tst_generator.moc"
