// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/adjacency.h"

#include <algorithm>
#include <numeric>

namespace castellan::layout {

Adjacency::Adjacency(qint32 nodes, std::span<const std::pair<qint32, qint32>> edges)
    : offsets(size_t(nodes) + 1),
      neighbours(edges.size() * 2)
{
    for (const auto &[from, to] : edges) {
        ++offsets[size_t(from) + 1];
        ++offsets[size_t(to) + 1];
    }
    std::partial_sum(offsets.cbegin(), offsets.cend(), offsets.begin());
    std::vector<qint32> next(offsets.cbegin(), offsets.cend() - 1);
    for (const auto &[from, to] : edges) {
        neighbours[size_t(next[size_t(from)]++)] = to;
        neighbours[size_t(next[size_t(to)]++)] = from;
    }

    // Closes the gaps that loops and repetitions leave.
    auto end = neighbours.begin();
    for (qint32 node = 0; node < nodes; ++node) {
        const auto first = neighbours.begin() + offsets[size_t(node)];
        const auto last = neighbours.begin() + offsets[size_t(node) + 1];
        std::sort(first, last);
        offsets[size_t(node)] = qint32(end - neighbours.begin());
        for (auto neighbour = first; neighbour != last; ++neighbour) {
            if (*neighbour != node && (neighbour == first || *neighbour != *(neighbour - 1)))
                *end++ = *neighbour;
        }
    }
    offsets[size_t(nodes)] = qint32(end - neighbours.begin());
    neighbours.erase(end, neighbours.end());
}

} // namespace castellan::layout
