// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "communities.h"
#include "graph/density.h"
#include "graph/map.h"
#include "graph/reach.h"
#include "graph/remembered.h"

#include <QTemporaryDir>

#include <memory>
#include <random>

/// A network of a million things and three million friendships, as people look at it.
namespace castellan::bench {

using namespace Qt::StringLiterals;

namespace {

double secondsOf(const auto &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Placed; made once.
const graph::Network &network(const Bench &bench)
{
    static const graph::Network network = [&bench] {
        const auto nodes = qint32(bench.size(1'000'000, 2000));
        graph::Network network;
        for (qint32 node = 0; node < nodes; ++node) {
            network.keys.push_back(graph::keyOf(u"thing-%1@city.example"_s.arg(node)));
            network.ids.push_back(node + 1);
            network.marks.push_back(graph::Marks(node % 5 == 0 ? 0 : quint8(graph::Mark::Online)));
        }
        network.friends = layout::Adjacency(nodes, communities(nodes));
        if (!graph::place(network, {}, {}))
            giveUp(u"the network could not be placed."_s);
        return network;
    }();
    return network;
}

void firstPicture(const Bench &bench)
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"network.map"_s);
    if (!graph::remember(network(bench), path))
        giveUp(u"the network could not be kept in "_s + path);
    bench.report(
        { .name = u"first picture of a remembered network of %1"_s.arg(inWords(network(bench).size())),
          .unit = u"s"_s,
          .target = atMost(1),
          .rounds = 6,
          .note = u"reads the file, sorts what lies where, and fills 1280×800 pixels; one thread"_s },
        [&] {
            return Sample { secondsOf([&] {
                                const auto read = std::make_shared<graph::Network>(
                                    graph::remembered(path).value());
                                const graph::Map map(read);
                                const double scale = 800 / map.bounds().height();
                                keep(graph::density(map,
                                                    QRect(QPoint(int(map.bounds().left() * scale),
                                                                 int(map.bounds().top() * scale)),
                                                          QSize(1280, 800)),
                                                    scale));
                            }),
                            {} };
        });
}

void looking(const Bench &bench)
{
    const graph::Network &all = network(bench);
    const graph::Map map(std::make_shared<graph::Network>(all));
    std::mt19937 random(1);
    // Hits are as likely as on the screen: beside a thing, a few pixels away.
    const double scale = 20;
    bench.report({ .name = u"finding what is under the pointer among %1"_s.arg(inWords(all.size())),
                   .unit = u"ns"_s,
                   .target = atMost(1e6) },
                 [&] {
                     return each(bench.size(20'000, 100), [&](qsizetype) {
                         const graph::Point near = all.places[random() % all.places.size()];
                         keep(map.nearest({ near.x + 3 / scale, near.y - 2 / scale }, 10 / scale));
                     });
                 });
}

void reaching(const Bench &bench)
{
    const graph::Network &all = network(bench);
    auto anyone = [&all, random = std::mt19937(1)]() mutable {
        return qint32(random() % quint32(all.size()));
    };
    const auto milliseconds = [](const auto &work) { return Sample { nanoseconds(work) / 1e6, {} }; };
    bench.report({ .name = u"who can be reached among %1"_s.arg(inWords(all.size())),
                   .unit = u"ms"_s,
                   .target = atMost(100) },
                 [&] {
                     const qint32 without[] = { anyone(), anyone() };
                     return milliseconds([&] { keep(graph::reach(all, anyone(), without)); });
                 });
    bench.report({ .name = u"all shortest ways between two among %1"_s.arg(inWords(all.size())),
                   .unit = u"ms"_s,
                   .target = atMost(100),
                   .tolerance = 0.5,
                   .note = u"other pairs every time, which are not equally far from each other"_s },
                 [&] { return milliseconds([&] { keep(graph::waysBetween(all, anyone(), anyone())); }); });
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = { { "graph-first", firstPicture },
                         { "graph-pick", looking },
                         { "graph-reach", reaching } };
    return run(argc, argv, rows);
}
