// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/adjust.h"

#include <algorithm>
#include <cmath>

namespace castellan::layout {

namespace {

constexpr size_t mostMoved = 64; ///< around one touched node, itself included
constexpr size_t mostFixed = 96; ///< of what stands around those
constexpr int iterations = 16;
constexpr float firstStep = 0.5F; ///< in edge lengths
constexpr float softening = 0.01F;

bool isPlaced(Point point)
{
    return std::isfinite(point.x) && std::isfinite(point.y);
}

/// Beside the middle of the neighbours that have a place; on the side away from theirs.
bool begin(const Adjacency &graph, std::vector<Point> &positions, qint32 node)
{
    Point middle;
    float count = 0;
    for (const qint32 other : graph.of(node)) {
        if (const Point there = positions[size_t(other)]; isPlaced(there)) {
            middle = { middle.x + there.x, middle.y + there.y };
            ++count;
        }
    }
    if (count == 0)
        return false;
    // The angle only has to differ between nodes that begin beside the same one.
    const auto angle = float(node) * 2.399963F;
    positions[size_t(node)] = { middle.x / count + 0.7F * std::cos(angle),
                                middle.y / count + 0.7F * std::sin(angle) };
    return true;
}

/// The surroundings of one node: what may move, itself first, and what stands around that.
struct Surroundings
{
    std::vector<qint32> nodes;
    size_t moved = 0;

    Surroundings(const Adjacency &graph, const std::vector<Point> &positions, qint32 centre)
        : nodes { centre }
    {
        const auto grow = [&](size_t from, size_t end, size_t most) {
            for (size_t i = from; i < end; ++i) {
                for (const qint32 other : graph.of(nodes[i])) {
                    if (nodes.size() >= most)
                        return;
                    if (isPlaced(positions[size_t(other)]) && !std::ranges::contains(nodes, other))
                        nodes.push_back(other);
                }
            }
        };
        grow(0, 1, mostMoved);
        moved = nodes.size();
        grow(1, moved, mostMoved + mostFixed);
    }
};

void settleAround(const Adjacency &graph, std::vector<Point> &positions, qint32 centre)
{
    const Surroundings around(graph, positions, centre);
    float step = firstStep;
    for (int iteration = 0; iteration < iterations; ++iteration) {
        for (size_t i = 0; i < around.moved; ++i) {
            const qint32 node = around.nodes[i];
            Point &here = positions[size_t(node)];
            Point shift;
            for (const qint32 other : around.nodes) {
                if (other == node)
                    continue;
                const Point there = positions[size_t(other)];
                const float x = here.x - there.x;
                const float y = here.y - there.y;
                const float square = x * x + y * y;
                if (square > 4) // what is far away was balanced before
                    continue;
                shift.x += 0.25F * x / (square + softening);
                shift.y += 0.25F * y / (square + softening);
            }
            // Only as far as a link is too long: what was at rest before is not drawn together.
            float links = 1;
            for (const qint32 other : graph.of(node).first(std::min(graph.of(node).size(), mostMoved))) {
                const Point there = positions[size_t(other)];
                if (!isPlaced(there))
                    continue;
                const float x = there.x - here.x;
                const float y = there.y - here.y;
                const float length = std::sqrt(x * x + y * y);
                ++links;
                if (length > 1) {
                    shift.x += x * (1 - 1 / length);
                    shift.y += y * (1 - 1 / length);
                }
            }
            shift = { shift.x / links, shift.y / links };
            const float length = std::sqrt(shift.x * shift.x + shift.y * shift.y);
            const float most = i == 0 ? step : step * 0.2F; // who was there before gives way a little
            const float scale = length > most ? most / length : 1;
            here = { here.x + shift.x * scale, here.y + shift.y * scale };
        }
        step *= 0.85F;
    }
}

} // namespace

void adjust(const Adjacency &graph, std::vector<Point> &positions, std::span<const qint32> touched)
{
    // Every round reaches the neighbours of what the round before placed.
    for (bool more = true; more;) {
        more = false;
        for (const qint32 node : touched)
            more |= !isPlaced(positions[size_t(node)]) && begin(graph, positions, node);
    }
    for (const qint32 node : touched) {
        if (isPlaced(positions[size_t(node)]))
            settleAround(graph, positions, node);
    }
}

} // namespace castellan::layout
