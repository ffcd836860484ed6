// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layout/adjacency.h"

#include <optional>
#include <stop_token>
#include <vector>

namespace castellan::layout {

/// Places the nodes of a connected graph, from rough to fine: neighbours are taken together until few are
/// left, those are placed, and every step back lays out a little more. Edges draw like springs without a
/// length of their own, nodes push each other away; so communities stand out. Ours, because at 100 000 nodes
/// igraph's layout takes ten times as long and ends further from the distances in the graph (tests/bench has
/// both).
///
/// The same for the same graph and \a seed. Not set when \a stop was requested. Any thread.
[[nodiscard]] std::optional<std::vector<Point>> placeConnected(const Adjacency &graph, quint32 seed,
                                                               const std::stop_token &stop);

/// Makes room for what changed in a graph that has \a positions already; keeps its shape and size.
/// False when \a stop was requested.
[[nodiscard]] bool settle(const Adjacency &graph, std::vector<Point> &positions, const std::stop_token &stop);

} // namespace castellan::layout
