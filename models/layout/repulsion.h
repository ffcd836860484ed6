// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layout/adjacency.h"

#include <vector>

namespace castellan::layout {

/// How strongly every node pushes every other away: by its mass over the distance.
///
/// Computed on a pyramid of grids, each cell of which stands for the nodes in it: a cell is pushed by those
/// that lie two to three cells away, and by what pushes the larger cell around it. Nodes that are next to
/// each other push one by one. The time is linear in the number of nodes. The fields are kept between calls,
/// so that they need not be allocated again.
class Repulsion
{
public:
    /// What moves each node, into \a pushes. \a softening: square of the distance below which the push stops
    /// growing.
    void compute(const std::vector<Point> &positions, const std::vector<float> &masses, float softening,
                 std::vector<Point> &pushes);

private:
    struct Cell
    {
        float mass = 0;
        Point centre; ///< of mass
        Point push;
    };
    struct Grid
    {
        qint32 side = 0;
        std::vector<Cell> cells; ///< by row
    };

    void fill(const std::vector<Point> &positions, const std::vector<float> &masses);
    void pushCells(float softening);
    [[nodiscard]] Point pushOn(qint32 node, qint32 x, qint32 y, const std::vector<Point> &positions,
                               const std::vector<float> &masses, float softening) const;

    std::vector<Grid> m_grids; ///< the coarsest first
    /// The nodes of each cell of the finest grid: those from m_first[cell] up to m_first[cell + 1].
    std::vector<qint32> m_first;
    std::vector<qint32> m_nodes;
    std::vector<qint32> m_cellOf; ///< by node
};

} // namespace castellan::layout
