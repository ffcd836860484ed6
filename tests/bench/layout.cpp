// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/layout.h"

#include "bench.h"
#include "communities.h"
#include "layout/adjust.h"

#include <igraph/igraph.h>
#include <malloc.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <numeric>
#include <random>

namespace {

/// What operator new has given out, and the most there was at a time.
std::atomic<qint64> inUse = 0;
std::atomic<qint64> mostInUse = 0;

} // namespace

void *operator new(std::size_t size)
{
    void *memory = std::malloc(size);
    if (!memory)
        throw std::bad_alloc();
    const qint64 now = inUse += qint64(malloc_usable_size(memory));
    qint64 most = mostInUse;
    while (now > most && !mostInUse.compare_exchange_weak(most, now)) { }
    return memory;
}

void operator delete(void *memory) noexcept
{
    inUse -= qint64(malloc_usable_size(memory));
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept
{
    operator delete(memory);
}

/// Where the nodes of large graphs are put: how long that takes and how much of the graph can be seen in it,
/// beside igraph.
namespace castellan::bench {

using namespace Qt::StringLiterals;

namespace {

/// What an arrangement shows of a graph.
struct Quality
{
    /// How far distances in the plane are from those in the graph: mean squared relative error at the best
    /// scale, over sampled pairs. 0: not at all.
    double stress = 0;
    /// How many of a node's neighbours are among as many nodes that lie nearest, and the other way round
    /// (Jaccard), over 1000 sampled nodes. 1: all.
    double neighbourhood = 0;
};

Quality qualityOf(const QList<QPointF> &places, const Edges &edges)
{
    std::vector<std::vector<qint32>> friends(size_t(places.size()));
    for (const auto &[from, to] : edges) {
        friends[size_t(from)].push_back(to);
        friends[size_t(to)].push_back(from);
    }
    std::mt19937 random(7);
    const auto anyNode = [&] { return qint32(random() % quint32(places.size())); };
    const auto distance = [&](qint32 one, qint32 other) {
        const QPointF offset = places.at(one) - places.at(other);
        return std::hypot(offset.x(), offset.y());
    };

    std::vector<double> ratios; // distance in the plane over distance in the graph
    std::vector<qint32> steps(friends.size());
    for (int i = 0; i < 50; ++i) {
        const qint32 source = anyNode();
        std::ranges::fill(steps, -1);
        steps[size_t(source)] = 0;
        std::vector<qint32> reached { source };
        for (size_t next = 0; next < reached.size(); ++next) {
            for (const qint32 node : friends[size_t(reached[next])]) {
                if (steps[size_t(node)] < 0) {
                    steps[size_t(node)] = steps[size_t(reached[next])] + 1;
                    reached.push_back(node);
                }
            }
        }
        for (int j = 0; j < 1000; ++j) {
            const qint32 target = reached[random() % reached.size()];
            if (target != source)
                ratios.push_back(distance(source, target) / steps[size_t(target)]);
        }
    }
    const double sum = std::accumulate(ratios.cbegin(), ratios.cend(), 0.0);
    const double squares = std::inner_product(ratios.cbegin(), ratios.cend(), ratios.cbegin(), 0.0);
    Quality quality;
    for (const double ratio : ratios)
        quality.stress += std::pow(ratio * sum / squares - 1, 2) / double(ratios.size());

    constexpr int samples = 1000;
    std::vector<std::pair<double, qint32>> others(friends.size());
    for (int i = 0; i < samples; ++i) {
        const qint32 node = anyNode();
        const std::vector<qint32> &own = friends[size_t(node)];
        for (size_t j = 0; j < others.size(); ++j) {
            const auto other = qint32(j);
            others[j] = { other == node ? std::numeric_limits<double>::infinity() : distance(node, other),
                          other };
        }
        const auto end = others.begin() + qsizetype(own.size());
        std::ranges::nth_element(others, end);
        const auto common = std::count_if(others.begin(), end, [&](const auto &near) {
            return std::ranges::contains(own, near.second);
        });
        quality.neighbourhood += double(common) / double(2 * qsizetype(own.size()) - common) / samples;
    }
    return quality;
}

/// Of all threads, so that using more of them gains nothing here.
double processorSeconds()
{
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

/// igraph's Fruchterman-Reingold on a grid.
class Peer
{
public:
    Peer(qint32 nodes, const Edges &edges)
    {
        igraph_vector_int_t ends;
        igraph_vector_int_init(&ends, edges.size() * 2);
        for (qsizetype i = 0; i < edges.size(); ++i) {
            VECTOR(ends)[i * 2] = edges.at(i).first;
            VECTOR(ends)[i * 2 + 1] = edges.at(i).second;
        }
        igraph_create(&m_graph, &ends, nodes, IGRAPH_UNDIRECTED);
        igraph_vector_int_destroy(&ends);
    }
    ~Peer() { igraph_destroy(&m_graph); }
    Q_DISABLE_COPY_MOVE(Peer)

    [[nodiscard]] QList<QPointF> place(int iterations)
    {
        igraph_rng_seed(igraph_rng_default(), 1);
        igraph_matrix_t matrix;
        igraph_matrix_init(&matrix, 0, 0);
        const auto nodes = igraph_vcount(&m_graph);
        if (igraph_layout_fruchterman_reingold(&m_graph, &matrix, false, iterations, std::sqrt(double(nodes)),
                                               IGRAPH_LAYOUT_GRID, nullptr, nullptr, nullptr, nullptr,
                                               nullptr)
            != IGRAPH_SUCCESS)
            giveUp(u"igraph could not place the graph."_s);
        QList<QPointF> places;
        for (igraph_integer_t i = 0; i < nodes; ++i)
            places.append({ MATRIX(matrix, i, 0), MATRIX(matrix, i, 1) });
        igraph_matrix_destroy(&matrix);
        return places;
    }

private:
    igraph_t m_graph;
};

constexpr int usualIterations = 500; ///< igraph's default

void placing(const Bench &bench)
{
    const auto nodes = qint32(bench.size(100'000, 500));
    const Edges edges = communities(nodes);
    const layout::Graph graph { .nodes = nodes, .edges = edges, .start = {} };
    Peer peer(nodes, edges);
    QList<QPointF> ours;
    QList<QPointF> peers;
    bench.compare(
        { .name = u"layout of %1 nodes"_s.arg(nodes),
          .unit = u"s"_s,
          .target = ratioAtMost(0.12),
          .rounds = 6,
          .note = u"processor time of all threads; peer: igraph's Fruchterman-Reingold on a grid"_s },
        [&] {
            const double start = processorSeconds();
            ours = layout::place(graph, 1);
            return Sample { processorSeconds() - start, {} };
        },
        [&] {
            const double start = processorSeconds();
            peers = peer.place(usualIterations);
            return Sample { processorSeconds() - start, {} };
        });

    const Quality own = qualityOf(ours, edges);
    const Quality other = qualityOf(peers, edges);
    bench.record(
        { .name = u"layout: neighbourhood preserved"_s, .unit = u"Jaccard"_s, .target = ratioAtLeast(1) },
        own.neighbourhood, other.neighbourhood);
    bench.record({ .name = u"layout: stress"_s, .unit = {}, .target = ratioAtMost(1.05) }, own.stress,
                 other.stress);

    const qint64 before = inUse;
    mostInUse = before;
    (void)layout::place(graph, 1);
    const double allowed = 200.0 * nodes + 24.0 * double(edges.size());
    bench.record({ .name = u"layout: most memory at a time"_s,
                   .unit = u"bytes"_s,
                   .target = ratioAtMost(1),
                   .note = u"beside the graph itself; instead of a peer: 200 bytes a node and 24 an edge"_s },
                 double(mostInUse - before), allowed);
}

/// One thing more, with three friends, in a network that is drawn.
void adding(const Bench &bench)
{
    const auto nodes = qint32(bench.size(100'000, 500));
    Edges edges = communities(nodes);
    const layout::Graph graph { .nodes = nodes, .edges = edges, .start = {} };
    std::vector<layout::Point> places(size_t(nodes) + 1);
    const QList<QPointF> all = layout::place(graph, 1);
    std::ranges::transform(all, places.begin(), [](QPointF place) {
        return layout::Point { float(place.x()), float(place.y()) };
    });
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    const qint32 added = nodes;
    edges += { { added, edges.first().first },
               { added, edges.first().second },
               { added, edges.last().first } };
    const layout::Adjacency larger(nodes + 1, edges);
    bench.compare(
        { .name = u"one node more among %1"_s.arg(inWords(nodes)),
          .unit = u"s"_s,
          .target = ratioAtMost(0.001),
          .rounds = 6,
          .tolerance = 0.5,
          .note = u"processor time; instead of a peer: all of them placed by us"_s },
        [&] {
            constexpr int times = 100;
            const double start = processorSeconds();
            for (int i = 0; i < times; ++i) {
                places.back() = { none, none };
                layout::adjust(larger, places, { &added, 1 });
            }
            return Sample { (processorSeconds() - start) / times, {} };
        },
        [&] {
            const double start = processorSeconds();
            keep(layout::place(graph, 1));
            return Sample { processorSeconds() - start, {} };
        });
}

void placingMany(const Bench &bench)
{
    const auto nodes = qint32(bench.size(1'000'000, 500));
    if (!bench.hasMemory(qint64(nodes) * 2000, u"layout of a million nodes"_s))
        return;
    const Edges edges = communities(nodes);
    const layout::Graph graph { .nodes = nodes, .edges = edges, .start = {} };
    Peer peer(nodes, edges);
    constexpr int iterations = 20;
    bench.compare(
        { .name = u"layout of %1 nodes (%2 iterations of the peer)"_s.arg(nodes).arg(iterations),
          .unit = u"s"_s,
          .target = ratioAtMost(0.12 * usualIterations / iterations),
          .rounds = 6,
          .note =
              u"as with fewer nodes, but the peer only starts: all of its 500 iterations take minutes"_s },
        [&] {
            const double start = processorSeconds();
            keep(layout::place(graph, 1));
            return Sample { processorSeconds() - start, {} };
        },
        [&] {
            const double start = processorSeconds();
            keep(peer.place(iterations));
            return Sample { processorSeconds() - start, {} };
        });
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = { { "layout", placing }, { "layout-add", adding }, { "layout-many", placingMany } };
    return run(argc, argv, rows);
}
