// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace castellan::graph {

namespace {

constexpr double nodesInCell = 2;
/// Of the finest cells for links; those of the next layer are so much larger, and so on.
constexpr double nodesInLinkCell = 40;
constexpr double coarser = 4;
constexpr double mostCells = 1 << 20;
/// Of the cells that have nodes, so many hold fewer than a crowded one.
constexpr double crowded = 0.98;

template<typename Visit>
void visitLinks(const Network &network, Visit visit)
{
    for (qint32 node = 0; node < network.size(); ++node) {
        for (const qint32 other : network.friends.of(node)) {
            if (node < other)
                visit(Link { node, other });
        }
    }
}

} // namespace

void Map::Grid::cover(const QRectF &bounds, double cells)
{
    side = std::max(std::sqrt(bounds.width() * bounds.height() / std::min(cells, mostCells)),
                    std::max(bounds.width(), bounds.height()) / 2000);
    columns = qint32(bounds.width() / side) + 1;
    rows = qint32(bounds.height() / side) + 1;
    first.assign(size_t(columns) * size_t(rows) + 1, 0);
}

qint32 Map::Grid::column(double offset) const
{
    return qint32(std::clamp(std::floor(offset / side), 0.0, double(columns - 1)));
}

qint32 Map::Grid::row(double offset) const
{
    return qint32(std::clamp(std::floor(offset / side), 0.0, double(rows - 1)));
}

Map::Map(std::shared_ptr<const Network> network)
    : m_network(std::move(network))
{
    Point low { std::numeric_limits<float>::max(), std::numeric_limits<float>::max() };
    Point high { std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest() };
    for (const Point place : m_network->places) {
        low = { std::min(low.x, place.x), std::min(low.y, place.y) };
        high = { std::max(high.x, place.x), std::max(high.y, place.y) };
    }
    if (m_network->places.empty())
        low = high = {};
    m_bounds = QRectF(QPointF(low.x, low.y), QPointF(high.x, high.y)).adjusted(-0.5, -0.5, 0.5, 0.5);
    sortNodes();
    sortLinks();
}

void Map::sortNodes()
{
    const auto &places = m_network->places;
    m_nodeGrid.cover(m_bounds, std::max(1.0, double(places.size()) / nodesInCell));
    const auto cellOf = [this](Point place) {
        return size_t(m_nodeGrid.row(place.y - m_bounds.top())) * size_t(m_nodeGrid.columns)
            + size_t(m_nodeGrid.column(place.x - m_bounds.left()));
    };
    std::vector<qint32> &first = m_nodeGrid.first;
    for (const Point place : places)
        ++first[cellOf(place) + 1];

    std::vector<qint32> filled;
    std::ranges::copy_if(first, std::back_inserter(filled), [](qint32 count) { return count > 0; });
    if (!filled.empty()) {
        const auto many = filled.begin() + qsizetype(double(filled.size() - 1) * crowded);
        std::ranges::nth_element(filled, many);
        m_crowding = *many / (m_nodeGrid.side * m_nodeGrid.side);
    }

    std::partial_sum(first.cbegin(), first.cend(), first.begin());
    m_nodes.resize(places.size());
    std::vector<qint32> next(first.cbegin(), first.cend() - 1);
    for (size_t node = 0; node < places.size(); ++node)
        m_nodes[size_t(next[cellOf(places[node])]++)] = qint32(node);
}

/// Calls \a visit with the number of each cell of \a grid that \a link crosses: row by row what lies between
/// where it comes in and where it goes out.
template<typename Visit>
void Map::visitCells(const Grid &grid, Link link, Visit visit) const
{
    const auto place = [&](qint32 node) {
        const Point place = m_network->places[size_t(node)];
        return QPointF(place.x - m_bounds.left(), place.y - m_bounds.top()) / grid.side;
    };
    QPointF a = place(link.from);
    QPointF b = place(link.to);
    if (a.y() > b.y())
        std::swap(a, b);
    const auto limit = [](double value, qint32 count) {
        return qint32(std::clamp(std::floor(value), 0.0, double(count - 1)));
    };
    const qint32 firstRow = limit(a.y(), grid.rows);
    const qint32 lastRow = limit(b.y(), grid.rows);
    const double slope = b.y() > a.y() ? (b.x() - a.x()) / (b.y() - a.y()) : 0;
    for (qint32 row = firstRow; row <= lastRow; ++row) {
        const double in = row == firstRow ? a.x() : a.x() + (row - a.y()) * slope;
        const double out = row == lastRow ? b.x() : a.x() + (row + 1 - a.y()) * slope;
        const qint32 last = limit(std::max(in, out), grid.columns);
        for (qint32 column = limit(std::min(in, out), grid.columns); column <= last; ++column)
            visit(size_t(row) * size_t(grid.columns) + size_t(column));
    }
}

/// Cells are at least as large as a link is long, so that it is in few of them.
size_t Map::layerOf(Link link) const
{
    const Point a = m_network->places[size_t(link.from)];
    const Point b = m_network->places[size_t(link.to)];
    const double length = std::max(std::abs(a.x - b.x), std::abs(a.y - b.y));
    size_t layer = 0;
    while (layer + 1 < m_layers.size() && m_layers[layer].grid.side < length)
        ++layer;
    return layer;
}

void Map::sortLinks()
{
    for (double cells = double(m_network->size()) / nodesInLinkCell;; cells /= coarser * coarser) {
        m_layers.emplace_back();
        m_layers.back().grid.cover(m_bounds, std::max(cells, 1.0));
        if (cells <= 1)
            break;
    }
    visitLinks(*m_network, [&](Link link) {
        Grid &grid = m_layers[layerOf(link)].grid;
        visitCells(grid, link, [&](size_t cell) { ++grid.first[cell + 1]; });
    });
    std::vector<std::vector<qint32>> next;
    for (Layer &layer : m_layers) {
        std::vector<qint32> &first = layer.grid.first;
        std::partial_sum(first.cbegin(), first.cend(), first.begin());
        layer.links.resize(size_t(first.back()));
        next.emplace_back(first.cbegin(), first.cend() - 1);
    }
    visitLinks(*m_network, [&](Link link) {
        const size_t number = layerOf(link);
        Layer &layer = m_layers[number];
        visitCells(layer.grid, link, [&](size_t cell) { layer.links[size_t(next[number][cell]++)] = link; });
    });
}

/// Calls \a visit with the nodes of a cell and whether all of them are in \a area, until it returns false.
template<typename Visit>
void Map::visitNodes(const QRectF &area, Visit visit) const
{
    if (!area.intersects(m_bounds))
        return;
    const QRectF inside = area.translated(-m_bounds.topLeft());
    const qint32 firstColumn = m_nodeGrid.column(inside.left());
    const qint32 lastColumn = m_nodeGrid.column(inside.right());
    for (qint32 row = m_nodeGrid.row(inside.top()); row <= m_nodeGrid.row(inside.bottom()); ++row) {
        for (qint32 column = firstColumn; column <= lastColumn; ++column) {
            const auto cell = size_t(row) * size_t(m_nodeGrid.columns) + size_t(column);
            const std::span nodes(m_nodes.begin() + m_nodeGrid.first[cell],
                                  m_nodes.begin() + m_nodeGrid.first[cell + 1]);
            if (!visit(nodes))
                return;
        }
    }
}

qint32 Map::nearest(QPointF place, double within) const
{
    qint32 nearest = -1;
    double distance = within * within;
    const QPointF reach(within, within);
    visitNodes({ place - reach, place + reach }, [&](std::span<const qint32> nodes) {
        for (const qint32 node : nodes) {
            const Point there = m_network->places[size_t(node)];
            const QPointF way(there.x - place.x(), there.y - place.y());
            if (const double square = QPointF::dotProduct(way, way); square <= distance) {
                nearest = node;
                distance = square;
            }
        }
        return true;
    });
    return nearest;
}

std::vector<qint32> Map::nodesIn(const QRectF &area, size_t most) const
{
    std::vector<qint32> found;
    visitNodes(area, [&](std::span<const qint32> nodes) {
        for (const qint32 node : nodes) {
            const Point place = m_network->places[size_t(node)];
            if (area.contains(QPointF(place.x, place.y)))
                found.push_back(node);
        }
        return found.size() < most;
    });
    return found;
}

size_t Map::countIn(const QRectF &area, size_t most) const
{
    size_t count = 0;
    visitNodes(area, [&](std::span<const qint32> nodes) {
        count += nodes.size();
        return count < most;
    });
    return std::min(count, most);
}

std::vector<Map::Cell> Map::cellsIn(const QRectF &area) const
{
    std::vector<Cell> cells;
    if (!area.intersects(m_bounds))
        return cells;
    const QRectF inside = area.translated(-m_bounds.topLeft());
    for (const auto &[grid, links] : m_layers) {
        const qint32 lastRow = grid.row(inside.bottom());
        const qint32 lastColumn = grid.column(inside.right());
        for (qint32 row = grid.row(inside.top()); row <= lastRow; ++row) {
            for (qint32 column = grid.column(inside.left()); column <= lastColumn; ++column) {
                const auto cell = size_t(row) * size_t(grid.columns) + size_t(column);
                if (grid.first[cell] == grid.first[cell + 1])
                    continue;
                const QPointF corner(m_bounds.left() + column * grid.side, m_bounds.top() + row * grid.side);
                cells.push_back(
                    { .area = QRectF(corner, QSizeF(grid.side, grid.side)),
                      .links = { links.begin() + grid.first[cell], links.begin() + grid.first[cell + 1] } });
            }
        }
    }
    return cells;
}

std::vector<Link> Map::linksIn(const QRectF &area) const
{
    std::vector<Link> links;
    for (const Cell &cell : cellsIn(area))
        links.insert(links.end(), cell.links.begin(), cell.links.end());
    const auto ends = [](Link link) { return std::pair(link.from, link.to); };
    std::ranges::sort(links, {}, ends);
    const auto same = std::ranges::unique(links);
    links.erase(same.begin(), same.end());
    std::erase_if(links, [&](Link link) {
        const Point a = m_network->places[size_t(link.from)];
        const Point b = m_network->places[size_t(link.to)];
        return std::max(a.x, b.x) < area.left() || std::min(a.x, b.x) > area.right()
            || std::max(a.y, b.y) < area.top() || std::min(a.y, b.y) > area.bottom();
    });
    return links;
}

} // namespace castellan::graph
