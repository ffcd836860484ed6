// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/network.h"

#include <QRectF>

#include <memory>

namespace castellan::graph {

/// A network with every node in its place, and what is needed to find what lies where: nodes by cells of the
/// plane, links by cells that they cross, which are the larger the longer a link is. Does not change; made
/// off the GUI thread.
class Map
{
public:
    /// All nodes of \a network are placed.
    explicit Map(std::shared_ptr<const Network> network);

    [[nodiscard]] const Network &network() const { return *m_network; }
    [[nodiscard]] const std::shared_ptr<const Network> &shared() const { return m_network; }
    /// Around all nodes, in world units.
    [[nodiscard]] QRectF bounds() const { return m_bounds; }
    /// Nodes in a square unit where it is crowded.
    [[nodiscard]] double crowding() const { return m_crowding; }

    /// The nearest node not further from \a place than \a within; -1: none.
    [[nodiscard]] qint32 nearest(QPointF place, double within) const;
    /// Nodes in \a area, not many more than \a most.
    [[nodiscard]] std::vector<qint32> nodesIn(const QRectF &area, size_t most) const;
    /// About how many nodes are in \a area; counts no more than \a most.
    [[nodiscard]] size_t countIn(const QRectF &area, size_t most) const;

    /// A square of the plane and links that cross it. Squares of several sizes overlap; a link is in all
    /// squares of one size that it crosses.
    struct Cell
    {
        QRectF area;
        std::span<const Link> links;
    };
    /// The cells that \a area touches.
    [[nodiscard]] std::vector<Cell> cellsIn(const QRectF &area) const;
    /// The links, each once, that may cross \a area.
    [[nodiscard]] std::vector<Link> linksIn(const QRectF &area) const;

private:
    /// Squares over the bounds, and what is in each: from first[cell] up to first[cell + 1].
    struct Grid
    {
        qint32 columns = 1;
        qint32 rows = 1;
        double side = 1; ///< in world units
        std::vector<qint32> first;

        void cover(const QRectF &bounds, double cells);
        [[nodiscard]] qint32 column(double offset) const;
        [[nodiscard]] qint32 row(double offset) const;
    };

    void sortNodes();
    void sortLinks();
    template<typename Visit>
    void visitNodes(const QRectF &area, Visit visit) const;
    template<typename Visit>
    void visitCells(const Grid &grid, Link link, Visit visit) const;
    [[nodiscard]] size_t layerOf(Link link) const;

    std::shared_ptr<const Network> m_network;
    QRectF m_bounds;
    double m_crowding = 0;
    Grid m_nodeGrid;
    std::vector<qint32> m_nodes;
    struct Layer
    {
        Grid grid;
        std::vector<Link> links;
    };
    std::vector<Layer> m_layers; ///< the finest first
};

} // namespace castellan::graph
