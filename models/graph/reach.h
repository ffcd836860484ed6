// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/network.h"

#include <optional>

namespace castellan::graph {

/// Who can be reached from friend to friend.
struct Reach
{
    std::vector<qint32> nodes; ///< nearest first; the first is where it began
    /// How many of `nodes` are within so many steps: rings[0] is 1, the last is all.
    std::vector<size_t> rings;
};

/// Everybody that can be reached from \a from, through nobody of \a without (those that are contained, or
/// will be): friendship goes both ways, so these are also those who can reach it. Empty if \a from is one of
/// them. Any thread; some 50 ms for a million.
[[nodiscard]] Reach reach(const Network &network, qint32 from, std::span<const qint32> without = {});

/// The ways between two nodes.
struct Ways
{
    qint32 steps = 0; ///< of the shortest
    std::vector<qint32> nodes; ///< all that are on one of them, ends included; by their distance from `from`
};

/// All ways from \a from to \a to that take at most \a more steps than the shortest, through nobody of
/// \a without; \a more is 0 or 1, as longer ones would come by somewhere twice. Not set: there is none. Any
/// thread; some 50 ms for a million.
[[nodiscard]] std::optional<Ways> waysBetween(const Network &network, qint32 from, qint32 to, qint32 more = 0,
                                              std::span<const qint32> without = {});

} // namespace castellan::graph
