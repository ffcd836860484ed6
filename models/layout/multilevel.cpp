// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/multilevel.h"

#include "layout/parallel.h"
#include "layout/repulsion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace castellan::layout {

namespace {

/// Fewer nodes than this are placed at once.
constexpr qint32 fewNodes = 40;
/// Taking together stops paying when more than this part of the nodes is left.
constexpr double tooMany = 0.9;
/// What is taken together may become this much heavier than the average.
constexpr double heaviest = 4;
/// Iterations on a level: as many as make it cost about the same as others, within these.
constexpr double nodesMoved = 150'000;
constexpr int mostIterations = 100;
constexpr int fewestIterations = 6;
/// How far a node may go in the first iteration, in average distances between nodes, and in the last one,
/// relative to that.
constexpr float firstStep = 0.3F;
constexpr float firstStepOfAll = 5;
constexpr float settlingStep = 0.1F;
constexpr int settlingIterations = 60;
constexpr double lastStep = 0.02;
constexpr double fastestCooling = 0.9;
/// How far those who were one start from each other.
constexpr float apart = 0.3F;
constexpr qint32 leastNodes = 4000; ///< worth a thread

struct Level
{
    Adjacency graph;
    std::vector<float> masses; ///< how many nodes each stands for
    std::vector<qint32> parents; ///< of each: its node on the next level
};

/// Which node of the next, rougher level each node becomes. Those with few links choose first, and choose
/// whom they are linked to most: a star becomes one, and hubs stay apart.
std::vector<qint32> takeTogether(const Level &level, std::vector<float> &masses)
{
    const Adjacency &graph = level.graph;
    std::vector<qint32> order(size_t(graph.size()));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&graph](qint32 node) { return graph.degree(node); });

    const double average = std::accumulate(level.masses.cbegin(), level.masses.cend(), 0.0)
        / double(graph.size());
    const auto limit = float(heaviest * average);
    std::vector<qint32> parents(size_t(graph.size()), -1);
    for (const qint32 node : order) {
        if (parents[size_t(node)] >= 0)
            continue;
        const float mass = level.masses[size_t(node)];
        qint32 best = -1;
        float bestTie = 0;
        for (qint32 i = graph.offsets[size_t(node)]; i < graph.offsets[size_t(node) + 1]; ++i) {
            const qint32 other = graph.neighbours[size_t(i)];
            const qint32 parent = parents[size_t(other)];
            const float otherMass = parent < 0 ? level.masses[size_t(other)] : masses[size_t(parent)];
            const float tie = graph.weight(i) / otherMass;
            if (tie > bestTie && (parent < 0 || otherMass + mass <= limit)) {
                best = other;
                bestTie = tie;
            }
        }
        if (best >= 0 && parents[size_t(best)] >= 0) {
            parents[size_t(node)] = parents[size_t(best)];
            masses[size_t(parents[size_t(node)])] += mass;
            continue;
        }
        parents[size_t(node)] = qint32(masses.size());
        masses.push_back(mass);
        if (best >= 0) {
            parents[size_t(best)] = parents[size_t(node)];
            masses.back() += level.masses[size_t(best)];
        }
    }
    return parents;
}

Level rougher(Level &level)
{
    Level result;
    level.parents = takeTogether(level, result.masses);
    const auto size = result.masses.size();

    // Members of each, one after the other.
    std::vector<qint32> first(size + 1);
    for (const qint32 parent : level.parents)
        ++first[size_t(parent) + 1];
    std::partial_sum(first.cbegin(), first.cend(), first.begin());
    std::vector<qint32> members(level.parents.size());
    std::vector<qint32> next(first.cbegin(), first.cend() - 1);
    for (size_t node = 0; node < level.parents.size(); ++node)
        members[size_t(next[size_t(level.parents[node])]++)] = qint32(node);

    const Adjacency &fine = level.graph;
    Adjacency &graph = result.graph;
    graph.offsets.assign(1, 0);
    graph.offsets.reserve(size + 1);
    std::vector<qint32> indexOf(size, -1); // among the neighbours of the one that is made
    for (size_t node = 0; node < size; ++node) {
        const auto begin = qint32(graph.neighbours.size());
        for (qint32 m = first[node]; m < first[node + 1]; ++m) {
            const auto member = size_t(members[size_t(m)]);
            for (qint32 i = fine.offsets[member]; i < fine.offsets[member + 1]; ++i) {
                const qint32 other = level.parents[size_t(fine.neighbours[size_t(i)])];
                if (size_t(other) == node)
                    continue;
                if (qint32 &index = indexOf[size_t(other)]; index >= begin) {
                    graph.weights[size_t(index)] += fine.weight(i);
                } else {
                    index = qint32(graph.neighbours.size());
                    graph.neighbours.push_back(other);
                    graph.weights.push_back(fine.weight(i));
                }
            }
        }
        graph.offsets.push_back(qint32(graph.neighbours.size()));
    }
    return result;
}

float averageDistance(const std::vector<Point> &positions)
{
    const auto [left, right] = std::ranges::minmax(positions, {}, &Point::x);
    const auto [top, bottom] = std::ranges::minmax(positions, {}, &Point::y);
    const float width = right.x - left.x;
    const float height = bottom.y - top.y;
    const auto count = float(positions.size());
    return std::max(std::sqrt(width * height / count), std::max(width, height) / count);
}

/// Moves nodes by what draws and pushes them. \a pushes: how much of the latter. False when stopped.
bool move(const Level &level, std::vector<Point> &positions, int iterations, float step, float pushing,
          Repulsion &repulsion, const std::stop_token &stop)
{
    const Adjacency &graph = level.graph;
    const double cooling = std::max(fastestCooling, std::pow(lastStep, 1.0 / iterations));
    // So small that two at one place are parted: a node does not remember where it was.
    const float softening = step * step / 10000;
    std::vector<Point> shifts;
    for (int iteration = 0; iteration < iterations; ++iteration) {
        if (stop.stop_requested())
            return false;
        repulsion.compute(positions, level.masses, softening, shifts);
        inParallel(graph.size(), leastNodes, [&](qint32 first, qint32 end) {
            for (qint32 node = first; node < end; ++node) {
                const Point here = positions[size_t(node)];
                Point drawn;
                float links = 0;
                for (qint32 i = graph.offsets[size_t(node)]; i < graph.offsets[size_t(node) + 1]; ++i) {
                    const Point there = positions[size_t(graph.neighbours[size_t(i)])];
                    const float weight = graph.weight(i);
                    drawn.x += (there.x - here.x) * weight;
                    drawn.y += (there.y - here.y) * weight;
                    links += weight;
                }
                // In units of what would bring it into the middle of its neighbours, so that neither hubs nor
                // heavy nodes overshoot. It is pushed as often as it stands for somebody.
                const float pushed = pushing * level.masses[size_t(node)];
                Point &shift = shifts[size_t(node)];
                shift = { (shift.x * pushed + drawn.x) / links, (shift.y * pushed + drawn.y) / links };
            }
        });
        for (size_t node = 0; node < positions.size(); ++node) {
            const Point shift = shifts[node];
            const float length = std::sqrt(shift.x * shift.x + shift.y * shift.y);
            const float scale = length > step ? step / length : 1;
            positions[node].x += shift.x * scale;
            positions[node].y += shift.y * scale;
        }
        step *= float(cooling);
    }
    return true;
}

} // namespace

std::optional<std::vector<Point>> placeConnected(const Adjacency &graph, quint32 seed,
                                                 const std::stop_token &stop)
{
    std::vector<Level> levels;
    levels.push_back({ graph, std::vector<float>(size_t(graph.size()), 1.0F), {} });
    while (levels.back().graph.size() > fewNodes && !stop.stop_requested()) {
        Level next = rougher(levels.back());
        if (next.graph.size() > tooMany * levels.back().graph.size())
            break;
        levels.push_back(std::move(next));
    }

    // Springs and pushes balance where nodes are about 1 apart on average, however many links they have.
    const auto nodes = double(graph.size());
    const auto pushing = float(double(graph.neighbours.size()) / 2 / (15 * nodes));
    std::minstd_rand random(seed + 1);
    const auto jitter = [&random](float range) {
        constexpr auto most = float(std::minstd_rand::max());
        return range * (float(random()) / most - 0.5F);
    };
    std::vector<Point> positions(size_t(levels.back().graph.size()));
    const auto extent = float(std::sqrt(nodes));
    for (Point &position : positions)
        position = { jitter(extent), jitter(extent) };

    Repulsion repulsion;
    const size_t roughest = levels.size() - 1;
    for (size_t i = roughest;; --i) {
        const Level &level = levels[i];
        const int iterations = std::clamp(int(nodesMoved / level.graph.size()), fewestIterations,
                                          mostIterations)
            * (i == roughest ? 2 : 1);
        const float distance = i == roughest ? extent / std::sqrt(float(positions.size()))
                                             : averageDistance(positions);
        if (!move(level, positions, iterations, distance * (i == roughest ? firstStepOfAll : firstStep),
                  pushing, repulsion, stop))
            return {};
        if (i == 0)
            return positions;
        std::vector<Point> finer(levels[i - 1].parents.size());
        for (size_t node = 0; node < finer.size(); ++node) {
            const Point parent = positions[size_t(levels[i - 1].parents[node])];
            finer[node] = { parent.x + jitter(distance * apart), parent.y + jitter(distance * apart) };
        }
        positions = std::move(finer);
        levels.pop_back();
    }
}

bool settle(const Adjacency &graph, std::vector<Point> &positions, const std::stop_token &stop)
{
    // What balances the springs as they are: the whole neither grows nor shrinks.
    double drawn = 0;
    for (qint32 node = 0; node < graph.size(); ++node) {
        for (qint32 i = graph.offsets[size_t(node)]; i < graph.offsets[size_t(node) + 1]; ++i) {
            const Point here = positions[size_t(node)];
            const Point there = positions[size_t(graph.neighbours[size_t(i)])];
            drawn += std::pow(here.x - there.x, 2) + std::pow(here.y - there.y, 2);
        }
    }
    const double pairs = double(graph.size()) * (graph.size() - 1);
    const Level level { graph, std::vector<float>(size_t(graph.size()), 1.0F), {} };
    Repulsion repulsion;
    return move(level, positions, settlingIterations, averageDistance(positions) * settlingStep,
                float(drawn / pairs), repulsion, stop);
}

} // namespace castellan::layout
