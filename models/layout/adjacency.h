// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTypes>

#include <span>
#include <utility>
#include <vector>

namespace castellan::layout {

struct Point
{
    float x = 0;
    float y = 0;
};

/// Who is linked to whom: neighbours in one array, the way that forces walk through them.
struct Adjacency
{
    std::vector<qint32> offsets { 0 }; ///< one more than nodes
    std::vector<qint32> neighbours; ///< both directions of every edge
    std::vector<float> weights; ///< of each of `neighbours`; empty: all are 1

    /// Without loops; what is linked twice is linked once.
    Adjacency(qint32 nodes, std::span<const std::pair<qint32, qint32>> edges);
    Adjacency() = default;

    [[nodiscard]] qint32 size() const { return qint32(offsets.size()) - 1; }
    [[nodiscard]] qint32 degree(qint32 node) const
    {
        return offsets[size_t(node) + 1] - offsets[size_t(node)];
    }
    [[nodiscard]] std::span<const qint32> of(qint32 node) const
    {
        return { neighbours.data() + offsets[size_t(node)], size_t(degree(node)) };
    }
    [[nodiscard]] float weight(qint32 index) const { return weights.empty() ? 1 : weights[size_t(index)]; }
};

} // namespace castellan::layout
