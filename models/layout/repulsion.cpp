// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/repulsion.h"

#include "layout/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace castellan::layout {

namespace {

constexpr int coarsestGrid = 2; // below it, all cells are neighbours
constexpr int finestGrid = 11;
/// Of a neighbouring cell with more nodes than this, only the cell is looked at.
constexpr qint32 fewNodes = 12;
/// Of a node's own cell not many more than this are looked at, who stand for the others.
constexpr qint32 manyNodes = 24;
/// What is worth a thread: some hundred microseconds of work.
constexpr qint32 leastRows = 32;

/// Adds the push that \a mass at \a other gives to what is at \a here.
void push(Point &sum, Point here, Point other, float mass, float softening)
{
    const float x = here.x - other.x;
    const float y = here.y - other.y;
    const float strength = mass / (x * x + y * y + softening);
    sum.x += x * strength;
    sum.y += y * strength;
}

} // namespace

void Repulsion::compute(const std::vector<Point> &positions, const std::vector<float> &masses,
                        float softening, std::vector<Point> &pushes)
{
    fill(positions, masses);
    pushCells(softening);
    pushes.resize(positions.size());
    const qint32 side = m_grids.back().side;
    inParallel(side, leastRows, [&](qint32 firstRow, qint32 endRow) {
        for (qint32 y = firstRow; y < endRow; ++y) {
            for (qint32 x = 0; x < side; ++x) {
                const auto cell = size_t(y * side + x);
                for (qint32 i = m_first[cell]; i < m_first[cell + 1]; ++i) {
                    const qint32 node = m_nodes[size_t(i)];
                    pushes[size_t(node)] = pushOn(node, x, y, positions, masses, softening);
                }
            }
        }
    });
}

void Repulsion::fill(const std::vector<Point> &positions, const std::vector<float> &masses)
{
    Point low { std::numeric_limits<float>::max(), std::numeric_limits<float>::max() };
    Point high { std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest() };
    for (const Point position : positions) {
        low = { std::min(low.x, position.x), std::min(low.y, position.y) };
        high = { std::max(high.x, position.x), std::max(high.y, position.y) };
    }
    // About two nodes in a cell of the finest grid.
    int finest = coarsestGrid;
    while (finest < finestGrid && (size_t(1) << (2 * finest)) < positions.size() / 2)
        ++finest;
    m_grids.resize(size_t(finest - coarsestGrid) + 2);
    for (size_t i = 0; i < m_grids.size(); ++i) {
        m_grids[i].side = 1 << (coarsestGrid - 1 + int(i));
        m_grids[i].cells.assign(size_t(m_grids[i].side) * size_t(m_grids[i].side), Cell());
    }

    Grid &grid = m_grids.back();
    const float extent = std::max({ high.x - low.x, high.y - low.y, std::numeric_limits<float>::min() });
    const float cellsPerUnit = float(grid.side) / extent;
    const auto index = [&](float offset) {
        return std::clamp(qint32(offset * cellsPerUnit), 0, grid.side - 1);
    };
    m_cellOf.resize(positions.size());
    m_first.assign(grid.cells.size() + 1, 0);
    for (size_t node = 0; node < positions.size(); ++node) {
        const Point position = positions[node];
        const qint32 number = index(position.y - low.y) * grid.side + index(position.x - low.x);
        m_cellOf[node] = number;
        ++m_first[size_t(number) + 1];
        Cell &cell = grid.cells[size_t(number)];
        cell.mass += masses[node];
        cell.centre.x += masses[node] * position.x;
        cell.centre.y += masses[node] * position.y;
    }
    std::partial_sum(m_first.cbegin(), m_first.cend(), m_first.begin());
    m_nodes.resize(positions.size());
    std::vector<qint32> next(m_first.cbegin(), m_first.cend() - 1);
    for (size_t node = 0; node < positions.size(); ++node)
        m_nodes[size_t(next[size_t(m_cellOf[node])]++)] = qint32(node);

    for (size_t i = m_grids.size() - 1; i > 0; --i) {
        const Grid &fine = m_grids[i];
        Grid &coarse = m_grids[i - 1];
        for (qint32 y = 0; y < fine.side; ++y) {
            for (qint32 x = 0; x < fine.side; ++x) {
                const Cell &part = fine.cells[size_t(y * fine.side + x)];
                Cell &whole = coarse.cells[size_t(y / 2 * coarse.side + x / 2)];
                whole.mass += part.mass;
                whole.centre.x += part.centre.x;
                whole.centre.y += part.centre.y;
            }
        }
    }
    for (Grid &any : m_grids) {
        for (Cell &cell : any.cells) {
            if (cell.mass > 0)
                cell.centre = { cell.centre.x / cell.mass, cell.centre.y / cell.mass };
        }
    }
}

void Repulsion::pushCells(float softening)
{
    for (size_t i = 1; i < m_grids.size(); ++i) {
        Grid &grid = m_grids[i];
        const Grid &coarse = m_grids[i - 1];
        inParallel(grid.side, leastRows, [&grid, &coarse, softening](qint32 firstRow, qint32 endRow) {
            for (qint32 y = firstRow; y < endRow; ++y) {
                // Cells within those next to the larger cell around this one; whoever is further away has
                // pushed that.
                const qint32 firstY = std::max(0, (y / 2 - 1) * 2);
                const qint32 endY = std::min(grid.side, (y / 2 + 2) * 2);
                for (qint32 x = 0; x < grid.side; ++x) {
                    Cell &cell = grid.cells[size_t(y * grid.side + x)];
                    if (cell.mass <= 0)
                        continue;
                    cell.push = coarse.cells[size_t(y / 2 * coarse.side + x / 2)].push;
                    const qint32 firstX = std::max(0, (x / 2 - 1) * 2);
                    const qint32 endX = std::min(grid.side, (x / 2 + 2) * 2);
                    for (qint32 otherY = firstY; otherY < endY; ++otherY) {
                        for (qint32 otherX = firstX; otherX < endX; ++otherX) {
                            const Cell &other = grid.cells[size_t(otherY * grid.side + otherX)];
                            if (std::abs(otherX - x) > 1 || std::abs(otherY - y) > 1)
                                push(cell.push, cell.centre, other.centre, other.mass, softening);
                        }
                    }
                }
            }
        });
    }
}

Point Repulsion::pushOn(qint32 node, qint32 x, qint32 y, const std::vector<Point> &positions,
                        const std::vector<float> &masses, float softening) const
{
    const Grid &grid = m_grids.back();
    const Point here = positions[size_t(node)];
    const auto own = size_t(y * grid.side + x);
    Point sum = grid.cells[own].push;
    for (qint32 otherY = std::max(0, y - 1); otherY < std::min(grid.side, y + 2); ++otherY) {
        for (qint32 otherX = std::max(0, x - 1); otherX < std::min(grid.side, x + 2); ++otherX) {
            const auto number = size_t(otherY * grid.side + otherX);
            const qint32 first = m_first[number];
            const qint32 end = m_first[number + 1];
            if (number != own && end - first > fewNodes) {
                push(sum, here, grid.cells[number].centre, grid.cells[number].mass, softening);
                continue;
            }
            const qint32 step = 1 + (end - first) / manyNodes;
            for (qint32 i = first + node % step; i < end; i += step) {
                const auto other = size_t(m_nodes[size_t(i)]);
                push(sum, here, positions[other], masses[other] * float(step), softening);
            }
        }
    }
    return sum;
}

} // namespace castellan::layout
