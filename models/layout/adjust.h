// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layout/adjacency.h"

#include <span>
#include <vector>

namespace castellan::layout {

/// Makes room for \a touched nodes, which are new (NaN: they begin beside their neighbours) or linked to
/// others than before, in \a positions where linked nodes are about 1 apart. Only they, their neighbours and
/// some of theirs move, and the further away the less; so it takes as long however large the graph is. What
/// no placed node can be reached from stays NaN.
void adjust(const Adjacency &graph, std::vector<Point> &positions, std::span<const qint32> touched);

} // namespace castellan::layout
