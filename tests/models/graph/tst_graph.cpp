// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/density.h"
#include "graph/map.h"
#include "graph/reach.h"
#include "graph/remembered.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>
#include <set>

using namespace castellan::graph;
using namespace Qt::StringLiterals;

namespace {

/// Nodes anywhere in a square, linked at random.
Network randomNetwork(qint32 nodes, int links, quint32 seed)
{
    std::mt19937 random(seed);
    const auto side = float(std::sqrt(double(nodes)));
    std::uniform_real_distribution<float> anywhere(-side / 2, side / 2);
    std::uniform_int_distribution<qint32> anyone(0, nodes - 1);
    Network network;
    for (qint32 node = 0; node < nodes; ++node) {
        network.keys.push_back(keyOf(u"thing-%1@example.org"_s.arg(node)));
        network.ids.push_back(node + 1);
        network.marks.push_back(Marks(random() % 16));
        network.places.push_back({ anywhere(random), anywhere(random) });
    }
    std::vector<std::pair<qint32, qint32>> pairs;
    for (int i = 0; i < links; ++i)
        pairs.emplace_back(anyone(random), anyone(random));
    network.friends = castellan::layout::Adjacency(nodes, pairs);
    return network;
}

/// Nodes 0 – 1 – 2 – … in a line, one apart.
Network chain(qint32 nodes)
{
    Network network = randomNetwork(nodes, 0, 1);
    std::vector<std::pair<qint32, qint32>> pairs;
    for (qint32 node = 0; node < nodes; ++node) {
        network.places[size_t(node)] = { float(node), 0 };
        if (node > 0)
            pairs.emplace_back(node - 1, node);
    }
    network.friends = castellan::layout::Adjacency(nodes, pairs);
    return network;
}

QPointF placeOf(const Network &network, qint32 node)
{
    return { network.places[size_t(node)].x, network.places[size_t(node)].y };
}

std::shared_ptr<const Network> shared(Network network)
{
    return std::make_shared<const Network>(std::move(network));
}

double sum(const std::vector<float> &values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

constexpr qint32 far = 1'000'000;

/// Steps between all pairs, the plain way.
std::vector<std::vector<qint32>> allDistances(const Network &network, const std::vector<qint32> &without)
{
    const auto size = size_t(network.size());
    std::vector<std::vector<qint32>> distances(size, std::vector<qint32>(size, far));
    const auto isOut = [&](size_t node) { return std::ranges::contains(without, qint32(node)); };
    for (size_t node = 0; node < size; ++node) {
        if (isOut(node))
            continue;
        distances[node][node] = 0;
        for (const qint32 other : network.friends.of(qint32(node))) {
            if (!isOut(size_t(other)))
                distances[node][size_t(other)] = 1;
        }
    }
    for (size_t by = 0; by < size; ++by) {
        for (size_t a = 0; a < size; ++a) {
            for (size_t b = 0; b < size; ++b)
                distances[a][b] = std::min(distances[a][b], distances[a][by] + distances[by][b]);
        }
    }
    return distances;
}

bool sameNetwork(const Network &one, const Network &other)
{
    const auto samePlace = [](Point a, Point b) { return a.x == b.x && a.y == b.y; };
    return one.keys == other.keys && one.ids == other.ids && one.marks == other.marks
        && std::ranges::equal(one.places, other.places, samePlace)
        && one.friends.offsets == other.friends.offsets && one.friends.neighbours == other.friends.neighbours
        && one.rejected == other.rejected;
}

} // namespace

class GraphTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keysStayTheSame()
    {
        // They are kept in files: another hash would forget every place.
        QCOMPARE(keyOf(u""), 14695981039346656037ULL);
        QCOMPARE(keyOf(u"a"), 12638187200555641996ULL);
        QVERIFY(keyOf(u"meter-1@example.org") != keyOf(u"meter-2@example.org"));
    }

    void findsWhatLiesWhere()
    {
        for (quint32 seed = 1; seed <= 5; ++seed) {
            const Map map(shared(randomNetwork(qint32(200 * seed), 600, seed)));
            const Network &network = map.network();
            std::mt19937 random(seed);
            std::uniform_real_distribution<double> anywhere(map.bounds().left() - 2,
                                                            map.bounds().right() + 2);
            for (int i = 0; i < 200; ++i) {
                const QPointF place(anywhere(random), anywhere(random));
                const auto distance = [&](qint32 node) {
                    const QPointF way = placeOf(network, node) - place;
                    return QPointF::dotProduct(way, way);
                };
                std::vector<qint32> all(size_t(network.size()));
                std::iota(all.begin(), all.end(), 0);
                const qint32 nearest = *std::ranges::min_element(all, {}, distance);
                QCOMPARE(map.nearest(place, 1.5), distance(nearest) <= 2.25 ? nearest : -1);

                const QRectF area = QRectF(place, QPointF(anywhere(random), anywhere(random))).normalized();
                std::vector<qint32> found = map.nodesIn(area, size_t(-1));
                std::ranges::sort(found);
                std::vector<qint32> inside;
                std::ranges::copy_if(all, std::back_inserter(inside),
                                     [&](qint32 node) { return area.contains(placeOf(network, node)); });
                QCOMPARE(found, inside);
                QVERIFY(map.countIn(area, size_t(-1)) >= inside.size());
                QVERIFY(map.nodesIn(area, 10).size() <= inside.size());
            }
        }
    }

    void findsTheLinksThatCross()
    {
        const Map map(shared(randomNetwork(400, 900, 3)));
        const Network &network = map.network();
        const QRectF area(-3, -2, 4, 5);
        const std::vector<Link> found = map.linksIn(area);
        for (size_t i = 1; i < found.size(); ++i)
            QVERIFY(!(found[i] == found[i - 1]));
        int crossing = 0;
        for (qint32 node = 0; node < network.size(); ++node) {
            for (const qint32 other : network.friends.of(node)) {
                if (node > other)
                    continue;
                const QPointF a = placeOf(network, node);
                const QPointF b = placeOf(network, other);
                bool inside = false;
                for (int step = 0; step <= 1000 && !inside; ++step)
                    inside = area.contains(a + (b - a) * step / 1000);
                crossing += inside;
                if (inside)
                    QVERIFY(std::ranges::contains(found, Link { node, other }));
            }
        }
        QVERIFY(crossing > 20);
        QVERIFY(map.linksIn(QRectF(1000, 1000, 1, 1)).empty());
    }

    void emptyAndSingle()
    {
        const Map none(shared({}));
        QCOMPARE(none.nearest({}, 10), -1);
        QVERIFY(none.linksIn(none.bounds()).empty());
        QCOMPARE(sum(density(none, QRect(0, 0, 8, 8), 1).nodes), 0.0);
        const Map one(shared(chain(1)));
        QCOMPARE(one.nearest({ 0.1, 0.1 }, 1), 0);
        QCOMPARE(one.nodesIn(one.bounds(), 10).size(), 1U);
    }

    void picturesShowEveryNodeAndFitTogether()
    {
        const Map map(shared(randomNetwork(3000, 6000, 5)));
        const double scale = 6;
        const QRect all(-256, -256, 512, 512);
        const Density whole = density(map, all, scale);
        // A node has a pixel of ink at least, and never more than a disc of radius 3.5.
        QVERIFY(sum(whole.nodes) > 3000 && sum(whole.nodes) < 3000 * 38);
        QVERIFY(sum(whole.waiting) > 0 && sum(whole.waiting) < sum(whole.nodes));
        QVERIFY(sum(whole.links) > 6000);
        for (const QPoint corner : { QPoint(-256, -256), QPoint(0, -256), QPoint(-256, 0), QPoint(0, 0) }) {
            const Density part = density(map, QRect(corner, QSize(256, 256)), scale);
            for (int y = 0; y < 256; ++y) {
                for (int x = 0; x < 256; ++x) {
                    const size_t there = whole.index(corner.x() + 256 + x, corner.y() + 256 + y);
                    QVERIFY(std::abs(part.nodes[part.index(x, y)] - whole.nodes[there]) < 1e-3F);
                    QVERIFY(std::abs(part.links[part.index(x, y)] - whole.links[there]) < 1e-3F);
                }
            }
        }
    }

    void linksAreDrawnFromEndToEnd()
    {
        Network network = chain(2);
        network.places = { { 2, 3 }, { 12, 3 } };
        const Density flat = density(Map(shared(network)), QRect(0, 0, 16, 8), 1);
        for (int x = 2; x < 12; ++x)
            QVERIFY(flat.links[flat.index(x, 2)] + flat.links[flat.index(x, 3)] > 0.9F);
        QCOMPARE(flat.links[flat.index(0, 3)], 0.0F);
        QCOMPARE(flat.links[flat.index(14, 3)], 0.0F);
        network.places = { { 2, 3 }, { 2.5, 3 } };
        QCOMPARE(sum(density(Map(shared(network)), QRect(0, 0, 16, 8), 1).links), 0.0); // less than a pixel

        std::stop_source stop;
        stop.request_stop();
        QVERIFY(density(Map(shared(network)), QRect(0, 0, 16, 8), 1, stop.get_token()).nodes.empty());
    }

    void reachIsWhatDistancesSay()
    {
        for (quint32 seed = 1; seed <= 20; ++seed) {
            const Network network = randomNetwork(60, 70, seed);
            const std::vector<qint32> without { qint32(seed % 60), qint32(seed * 7 % 60) };
            const auto distances = allDistances(network, without);
            for (qint32 from = 0; from < 60; from += 7) {
                const Reach found = reach(network, from, without);
                const auto &expected = distances[size_t(from)];
                const auto within = [&](qint32 steps) {
                    return size_t(std::ranges::count_if(expected, [&](qint32 d) { return d <= steps; }));
                };
                QCOMPARE(found.nodes.size(), within(far - 1));
                for (size_t ring = 0; ring < found.rings.size(); ++ring)
                    QCOMPARE(found.rings[ring], within(qint32(ring)));
            }
        }
        QCOMPARE(reach(chain(5), 2).nodes.size(), 5U);
        const qint32 contained[] = { 1 };
        QCOMPARE(reach(chain(5), 2, contained).nodes.size(), 3U);
        QVERIFY(reach(chain(5), 1, contained).nodes.empty());
    }

    void waysAreWhatDistancesSay()
    {
        int found = 0;
        for (quint32 seed = 1; seed <= 20; ++seed) {
            const Network network = randomNetwork(60, 80, seed);
            const std::vector<qint32> without { qint32(seed % 60) };
            const auto distances = allDistances(network, without);
            for (qint32 from = 0; from < 60; from += 5) {
                for (qint32 more = 0; more <= 1; ++more) {
                    const qint32 to = qint32((from * 11 + 3) % 60);
                    const auto ways = waysBetween(network, from, to, more, without);
                    const qint32 steps = distances[size_t(from)][size_t(to)];
                    QCOMPARE(ways.has_value(), steps < far);
                    if (!ways)
                        continue;
                    ++found;
                    QCOMPARE(ways->steps, steps);
                    std::set<qint32> expected;
                    for (qint32 node = 0; node < 60; ++node) {
                        if (distances[size_t(from)][size_t(node)] + distances[size_t(node)][size_t(to)]
                            <= steps + more)
                            expected.insert(node);
                    }
                    QCOMPARE(std::set(ways->nodes.begin(), ways->nodes.end()), expected);
                    QCOMPARE(ways->nodes.size(), expected.size());
                }
            }
        }
        QVERIFY(found > 100);
    }

    void isRememberedAsItWas()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"network.map"_s);
        QVERIFY(!remembered(path));
        Network network = randomNetwork(100, 200, 1);
        network.rejected = { { 1, 2 }, { 3, 4 } };
        QVERIFY(remember(network, path));
        const auto again = remembered(path);
        QVERIFY(again);
        QVERIFY(sameNetwork(network, *again));

        // Whatever a crash or a disk makes of the file, it does no harm.
        QFile file(path);
        QVERIFY(file.open(QFile::ReadOnly));
        const QByteArray good = file.readAll();
        file.close();
        std::mt19937 random(1);
        for (int i = 0; i < 300; ++i) {
            QByteArray bad = good;
            if (i % 3 == 0)
                bad.truncate(qsizetype(random() % quint32(good.size())));
            else
                bad[qsizetype(random() % quint32(good.size()))] = char(random());
            QVERIFY(file.open(QFile::WriteOnly | QFile::Truncate));
            file.write(bad);
            file.close();
            if (const auto read = remembered(path)) {
                const Map map(shared(*read));
                QVERIFY(reach(map.network(), 0).nodes.size() <= read->keys.size());
            }
        }
        QVERIFY(!remember(network, folder.filePath(u"missing/network.map"_s)));
    }

    void networksArePlacedOnceAndThenStay()
    {
        Network before = randomNetwork(2000, 5000, 2);
        QVERIFY(place(before, {}, {}));
        QVERIFY(std::ranges::all_of(before.places,
                                    [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }));

        // The same things in another order, one gone, two new: one with a friend, one without.
        Network after;
        for (qint32 node = before.size() - 1; node > 0; --node) {
            after.keys.push_back(before.keys[size_t(node)]);
            after.ids.push_back(node);
            after.marks.push_back(0);
        }
        const qint32 friendOfNew = 17;
        const Key friendsKey = after.keys[friendOfNew];
        const auto newOne = qint32(after.keys.size());
        std::vector<std::pair<qint32, qint32>> pairs { { newOne, friendOfNew } };
        for (qint32 node = 1; node < before.size(); ++node) {
            for (const qint32 other : before.friends.of(node)) {
                if (node < other)
                    pairs.emplace_back(before.size() - 1 - node, before.size() - 1 - other);
            }
        }
        for (const QString &jid : { u"new@example.org"_s, u"alone@example.org"_s }) {
            after.keys.push_back(keyOf(jid));
            after.ids.push_back(10'000);
            after.marks.push_back(0);
        }
        after.friends = castellan::layout::Adjacency(qint32(after.keys.size()), pairs);
        QVERIFY(place(after, before, {}));

        qint32 moved = 0;
        for (qint32 node = 1; node < before.size(); ++node) {
            const Point was = before.places[size_t(node)];
            const Point is = after.places[size_t(after.indexOf(before.keys[size_t(node)]))];
            moved += was.x != is.x || was.y != is.y;
            QVERIFY(std::hypot(was.x - is.x, was.y - is.y) < 2);
        }
        QVERIFY2(moved < 100, qPrintable(QString::number(moved)));
        const qint32 placed = after.indexOf(keyOf(u"new@example.org"));
        const QPointF way = placeOf(after, placed) - placeOf(after, after.indexOf(friendsKey));
        QVERIFY(std::hypot(way.x(), way.y()) < 3);
        QCOMPARE(after.friends.degree(placed), 1); // whatever numbers they have now
        QCOMPARE(after.friends.of(placed).front(), after.indexOf(friendsKey));
        const Map map(shared(after));
        QVERIFY(map.bounds().contains(placeOf(after, after.indexOf(keyOf(u"alone@example.org")))));

        std::stop_source stop;
        stop.request_stop();
        QVERIFY(!place(after, {}, stop.get_token()));
    }
};

QTEST_GUILESS_MAIN(GraphTest)
#include "tst_graph.moc"
