// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/layout.h"

#include <QLineF>
#include <QRectF>
#include <QTest>

#include <algorithm>
#include <limits>
#include <random>
#include <ranges>
#include <thread>

using namespace castellan::layout;

namespace {

/// A gateway with \a leaves behind it: nodes first … first + leaves.
void addStar(Graph &graph, qint32 leaves)
{
    const auto hub = qint32(graph.nodes);
    graph.nodes += leaves + 1;
    for (qint32 leaf = 1; leaf <= leaves; ++leaf)
        graph.edges.append({ hub, hub + leaf });
}

Graph randomGraph(qsizetype nodes, qsizetype edges, quint32 seed)
{
    std::mt19937 random(seed);
    std::uniform_int_distribution<qint32> any(0, qint32(nodes) - 1);
    Graph graph { .nodes = nodes, .edges = {}, .start = {} };
    for (qsizetype i = 0; i < edges; ++i)
        graph.edges.append({ any(random), any(random) });
    return graph;
}

QRectF bounds(const QList<QPointF> &points)
{
    const auto [left, right] = std::ranges::minmax(points | std::views::transform(&QPointF::x));
    const auto [top, bottom] = std::ranges::minmax(points | std::views::transform(&QPointF::y));
    return { QPointF(left, top), QPointF(right, bottom) };
}

double largestMove(const QList<QPointF> &from, const QList<QPointF> &to)
{
    double largest = 0;
    for (qsizetype i = 0; i < from.size(); ++i)
        largest = std::max(largest, QLineF(from.at(i), to.at(i)).length());
    return largest;
}

double closestPair(const QList<QPointF> &points)
{
    double closest = std::numeric_limits<double>::infinity();
    for (qsizetype i = 0; i < points.size(); ++i) {
        for (qsizetype j = i + 1; j < points.size(); ++j)
            closest = std::min(closest, QLineF(points.at(i), points.at(j)).length());
    }
    return closest;
}

} // namespace

class LayoutTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void emptyGraph();
    void sameGraphAndSeedGiveSamePlaces();
    void nodesDoNotCoincide_data();
    void nodesDoNotCoincide();
    void linkedNodesAreAboutOneApart();
    void isolatedNodesStayTogether();
    void unlinkedPartsDoNotOverlap();
    void placedNodesStayNear();
    void newNodeStartsBesideItsNeighbour();
    void placedPartsThatGrowTogetherAreParted();
    void loopsAndDoubleEdgesAreHarmless();
    void stopsBeforeAndWhileWorking();
    void threadsDoNotDisturbEachOther();
};

void LayoutTest::emptyGraph()
{
    QVERIFY(place({}, 1).isEmpty());
}

void LayoutTest::sameGraphAndSeedGiveSamePlaces()
{
    const Graph graph = randomGraph(80, 90, 3);
    const QList<QPointF> first = place(graph, 7);
    QCOMPARE(first.size(), 80);
    QCOMPARE(place(graph, 7), first);
    QVERIFY(place(graph, 8) != first);
}

void LayoutTest::nodesDoNotCoincide_data()
{
    QTest::addColumn<Graph>("graph");
    Graph star;
    addStar(star, 40);
    QTest::newRow("star") << star;
    QTest::newRow("sparse") << randomGraph(120, 60, 1);
    QTest::newRow("tangle") << randomGraph(60, 600, 2);
    QTest::newRow("isolated") << Graph { .nodes = 100, .edges = {}, .start = {} };
}

void LayoutTest::nodesDoNotCoincide()
{
    QFETCH(Graph, graph);
    const QList<QPointF> places = place(graph, 1);
    QCOMPARE(places.size(), graph.nodes);
    QVERIFY2(closestPair(places) > 0.1, qPrintable(QString::number(closestPair(places))));
}

void LayoutTest::linkedNodesAreAboutOneApart()
{
    const Graph graph = randomGraph(100, 130, 5);
    const QList<QPointF> places = place(graph, 1);
    double sum = 0;
    for (const auto &[from, to] : graph.edges)
        sum += QLineF(places.at(from), places.at(to)).length();
    const double mean = sum / double(graph.edges.size());
    QVERIFY2(mean > 0.5 && mean < 3, qPrintable(QString::number(mean)));
}

void LayoutTest::isolatedNodesStayTogether()
{
    const QList<QPointF> places = place({ .nodes = 100, .edges = {}, .start = {} }, 1);
    QVERIFY(bounds(places).width() <= 25);
    QVERIFY(bounds(places).height() <= 25);
}

void LayoutTest::unlinkedPartsDoNotOverlap()
{
    Graph graph;
    addStar(graph, 30);
    addStar(graph, 12);
    addStar(graph, 5);
    const QList<QPointF> places = place(graph, 1);
    const QRectF first = bounds(places.sliced(0, 31));
    const QRectF second = bounds(places.sliced(31, 13));
    const QRectF third = bounds(places.sliced(44, 6));
    QVERIFY(!first.intersects(second));
    QVERIFY(!first.intersects(third));
    QVERIFY(!second.intersects(third));
}

void LayoutTest::placedNodesStayNear()
{
    Graph graph = randomGraph(80, 100, 4);
    graph.start = place(graph, 1);
    // The same again, and with one edge less and one more: nothing jumps.
    QVERIFY(largestMove(graph.start, place(graph, 2)) < 1.5);
    graph.edges.removeFirst();
    const QList<QPointF> after = place(graph, 2);
    const QRectF area = bounds(graph.start);
    const double diagonal = QLineF(area.topLeft(), area.bottomRight()).length();
    double sum = 0;
    for (qsizetype i = 0; i < after.size(); ++i)
        sum += QLineF(graph.start.at(i), after.at(i)).length();
    QVERIFY2(sum / 80 < diagonal / 20, qPrintable(QString::number(sum / 80)));
}

void LayoutTest::newNodeStartsBesideItsNeighbour()
{
    Graph graph;
    addStar(graph, 8);
    graph.start = place(graph, 1);
    const QList<QPointF> before = graph.start;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    graph.start.append({ none, none });
    graph.start.append({ none, none });
    graph.nodes += 2;
    graph.edges.append({ 10, 9 }); // reached only through the other new one
    graph.edges.append({ 9, 3 });
    const QList<QPointF> after = place(graph, 1);
    QVERIFY(largestMove(before, after.first(9)) < 2);
    QVERIFY(QLineF(after.at(9), after.at(3)).length() < 3);
    QVERIFY(QLineF(after.at(10), after.at(9)).length() < 3);
}

void LayoutTest::placedPartsThatGrowTogetherAreParted()
{
    Graph graph;
    addStar(graph, 6);
    addStar(graph, 6);
    graph.start = place(graph, 1);
    for (qsizetype i = 7; i < 14; ++i)
        graph.start[i] = graph.start.at(i - 7);
    const QList<QPointF> after = place(graph, 1);
    QVERIFY(!bounds(after.first(7)).intersects(bounds(after.sliced(7))));
}

void LayoutTest::loopsAndDoubleEdgesAreHarmless()
{
    const Graph graph { .nodes = 3, .edges = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 0, 1 } }, .start = {} };
    const QList<QPointF> places = place(graph, 1);
    QCOMPARE(places.size(), 3);
    QVERIFY(closestPair(places) > 0.1);
}

void LayoutTest::stopsBeforeAndWhileWorking()
{
    std::stop_source before;
    before.request_stop();
    QVERIFY(place(randomGraph(10, 10, 1), 1, before.get_token()).isEmpty());

    // Far too large to finish in time; the stop arrives while it works.
    std::stop_source during;
    const Graph large = randomGraph(20000, 40000, 1);
    QList<QPointF> places { QPointF() };
    std::jthread worker([&] { places = place(large, 1, during.get_token()); });
    during.request_stop();
    worker.join();
    QVERIFY(places.isEmpty());
    QCOMPARE(place(randomGraph(10, 10, 1), 1).size(), 10);
}

void LayoutTest::threadsDoNotDisturbEachOther()
{
    const Graph graph = randomGraph(60, 80, 6);
    const QList<QPointF> expected = place(graph, 1);
    QList<QPointF> one;
    QList<QPointF> other;
    {
        const std::jthread a([&] { one = place(graph, 1); });
        const std::jthread b([&] { other = place(graph, 1); });
    }
    QCOMPARE(one, expected);
    QCOMPARE(other, expected);
}

QTEST_GUILESS_MAIN(LayoutTest)
#include "tst_layout.moc"
