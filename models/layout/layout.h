// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPointF>

#include <stop_token>
#include <utility>

/// Where to put the nodes of a graph. Knows nothing of things, Qt Quick or threads: callers run it off
/// the GUI thread.
namespace castellan::layout {

struct Graph
{
    qsizetype nodes = 0;
    QList<std::pair<qint32, qint32>> edges; ///< indices below `nodes`
    /// Positions to start from, one per node or none at all. Gives stability: what was placed before stays
    /// near. A node without a place yet has NaN coordinates and starts beside its neighbours.
    QList<QPointF> start;
};

/// Positions for every node, in a plane where linked nodes are about 1 apart; the same for the same graph
/// and \a seed. Unlinked parts lie side by side. Empty when \a stop was requested. Any thread.
[[nodiscard]] QList<QPointF> place(const Graph &graph, quint32 seed, std::stop_token stop = {});

} // namespace castellan::layout
