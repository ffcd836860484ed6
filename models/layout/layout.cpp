// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/layout.h"

#include <QMutex>
#include <QPoint>
#include <QRectF>
#include <QSet>

#include <igraph/igraph.h>

#include <algorithm>
#include <cmath>

namespace castellan::layout {

namespace {

constexpr int freshIterations = 500;
/// A part that is laid out already only has to make room for what changed.
constexpr int settledIterations = 60;
constexpr double settledTemperature = 0.08;
/// Free space that a part keeps around itself, in edge lengths.
constexpr double margin = 0.6;

/// One connected part: its nodes, and its edges by index into `nodes`.
struct Part
{
    QList<qint32> nodes;
    QList<std::pair<qint32, qint32>> edges;
    QList<QPointF> positions;
    bool placedBefore = false;
};

bool isPlaced(QPointF point)
{
    return std::isfinite(point.x()) && std::isfinite(point.y());
}

QList<Part> connectedParts(const Graph &graph)
{
    QList<qint32> root(graph.nodes);
    std::ranges::generate(root, [next = 0]() mutable { return next++; });
    const auto find = [&root](qint32 node) {
        while (root.at(node) != node) {
            root[node] = root.at(root.at(node));
            node = root.at(node);
        }
        return node;
    };
    for (const auto &[from, to] : graph.edges) {
        const auto [first, second] = std::minmax({ find(from), find(to) });
        root[second] = first;
    }

    QList<Part> parts;
    QList<qsizetype> partOf(graph.nodes);
    QList<qint32> local(graph.nodes);
    for (qint32 node = 0; node < graph.nodes; ++node) {
        const qint32 first = find(node); // never larger than node: its part exists or starts here
        if (first == node) {
            partOf[node] = parts.size();
            parts.append(Part {});
        } else {
            partOf[node] = partOf.at(first);
        }
        QList<qint32> &nodes = parts[partOf.at(node)].nodes;
        local[node] = qint32(nodes.size());
        nodes.append(node);
    }
    for (const auto &[from, to] : graph.edges) {
        if (from != to)
            parts[partOf.at(from)].edges.append({ local.at(from), local.at(to) });
    }
    return parts;
}

/// Starting positions of a part that was placed before; nodes new to it begin beside a neighbour.
void startFrom(Part &part, const QList<QPointF> &start)
{
    for (const qint32 node : std::as_const(part.nodes)) {
        part.positions.append(start.at(node));
        part.placedBefore |= isPlaced(start.at(node));
    }
    if (!part.placedBefore) {
        part.positions.clear();
        return;
    }
    // Every round reaches the neighbours of what the round before placed; the part is connected.
    for (bool missing = true; missing;) {
        missing = false;
        for (const auto &[from, to] : std::as_const(part.edges)) {
            QPointF &a = part.positions[from];
            QPointF &b = part.positions[to];
            if (isPlaced(a) == isPlaced(b)) {
                missing |= !isPlaced(a);
                continue;
            }
            // The angle only has to differ between nodes that start beside the same one.
            const double angle = isPlaced(a) ? to : from;
            const QPointF aside(std::cos(angle), std::sin(angle));
            (isPlaced(a) ? b : a) = (isPlaced(a) ? a : b) + aside;
        }
    }
}

/// Debian's igraph is built without thread-local state: the random generator, the interruption handler and
/// the clean-up stack are the process's. Whoever holds the lock owns them.
QMutex igraphLock;
const std::stop_token *igraphStop = nullptr;

igraph_error_t interruptIfStopped(void *)
{
    return igraphStop->stop_requested() ? IGRAPH_INTERRUPTED : IGRAPH_SUCCESS;
}

/// False when stopped or out of memory.
bool arrange(Part &part, quint32 seed, const std::stop_token &stop)
{
    if (part.nodes.size() == 1) {
        if (!part.placedBefore)
            part.positions = { QPointF() };
        return true;
    }

    const QMutexLocker lock(&igraphLock);
    igraphStop = &stop;
    igraph_set_interruption_handler(interruptIfStopped);
    igraph_set_error_handler(igraph_error_handler_ignore);
    igraph_rng_seed(igraph_rng_default(), seed);

    igraph_vector_int_t ends;
    igraph_vector_int_init(&ends, part.edges.size() * 2);
    for (qsizetype i = 0; i < part.edges.size(); ++i) {
        VECTOR(ends)[i * 2] = part.edges.at(i).first;
        VECTOR(ends)[i * 2 + 1] = part.edges.at(i).second;
    }
    igraph_t graph;
    igraph_create(&graph, &ends, part.nodes.size(), IGRAPH_UNDIRECTED);
    igraph_simplify(&graph, true, true, nullptr);
    igraph_matrix_t places;
    igraph_matrix_init(&places, part.nodes.size(), 2);
    for (qsizetype i = 0; i < part.positions.size(); ++i) {
        MATRIX(places, i, 0) = part.positions.at(i).x();
        MATRIX(places, i, 1) = part.positions.at(i).y();
    }

    const igraph_error_t outcome = igraph_layout_fruchterman_reingold(
        &graph, &places, part.placedBefore, part.placedBefore ? settledIterations : freshIterations,
        part.placedBefore ? settledTemperature : std::sqrt(double(part.nodes.size())), IGRAPH_LAYOUT_AUTOGRID,
        nullptr, nullptr, nullptr, nullptr, nullptr);
    if (outcome == IGRAPH_SUCCESS) {
        part.positions.clear();
        for (qsizetype i = 0; i < part.nodes.size(); ++i)
            part.positions.append({ MATRIX(places, i, 0), MATRIX(places, i, 1) });
    }

    igraph_matrix_destroy(&places);
    igraph_destroy(&graph);
    igraph_vector_int_destroy(&ends);
    igraph_set_interruption_handler(nullptr);
    igraphStop = nullptr;
    return outcome == IGRAPH_SUCCESS;
}

/// Turns a part so that its longest extent is horizontal: windows and labels are wider than high.
void lay(Part &part)
{
    QPointF middle;
    for (const QPointF position : std::as_const(part.positions))
        middle += position / double(part.positions.size());
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (const QPointF position : std::as_const(part.positions)) {
        const QPointF offset = position - middle;
        xx += offset.x() * offset.x();
        yy += offset.y() * offset.y();
        xy += offset.x() * offset.y();
    }
    const double angle = std::atan2(2 * xy, xx - yy) / 2;
    for (QPointF &position : part.positions) {
        const QPointF offset = position - middle;
        position = { offset.x() * std::cos(angle) + offset.y() * std::sin(angle),
                     offset.y() * std::cos(angle) - offset.x() * std::sin(angle) };
    }
}

QRectF boundsOf(const QList<QPointF> &points)
{
    QRectF bounds(points.first(), QSizeF());
    for (const QPointF point : points) {
        bounds.setCoords(std::min(bounds.left(), point.x()), std::min(bounds.top(), point.y()),
                         std::max(bounds.right(), point.x()), std::max(bounds.bottom(), point.y()));
    }
    return bounds;
}

/// The cells of a square spiral around the origin, in order.
QPoint spiral(qint64 index)
{
    if (index == 0)
        return {};
    const int ring = int(std::ceil((std::sqrt(double(index + 1)) - 1) / 2));
    const int side = ring * 2;
    int rest = int(index - qint64(side - 1) * (side - 1));
    const int edge = rest / side;
    rest %= side;
    switch (edge) {
    case 0:
        return { ring, -ring + 1 + rest };
    case 1:
        return { ring - 1 - rest, ring };
    case 2:
        return { -ring, ring - 1 - rest };
    default:
        return { -ring + 1 + rest, -ring };
    }
}

/// Moves the parts so that their bounds do not touch: the largest first, each as near as possible to where
/// it was (mostly: not at all), or to the middle.
void pack(QList<Part> &parts)
{
    std::ranges::stable_sort(parts, std::greater {}, [](const Part &part) { return part.nodes.size(); });
    QSet<QPoint> taken; // squares of side 1
    QSize lastSize;
    qint64 firstTry = 0;
    for (Part &part : parts) {
        QRectF bounds = boundsOf(part.positions).adjusted(-margin, -margin, margin, margin);
        if (!part.placedBefore) {
            const QPoint middle(-int(bounds.width() / 2), -int(bounds.height() / 2));
            for (QPointF &position : part.positions)
                position += middle - bounds.topLeft();
            bounds.moveTopLeft(middle);
        }
        const QPoint corner(int(std::floor(bounds.left())), int(std::floor(bounds.top())));
        const QSize size(int(std::ceil(bounds.right())) - corner.x(),
                         int(std::ceil(bounds.bottom())) - corner.y());

        const auto isFree = [&taken, corner, size](QPoint shift) {
            for (int x = 0; x < size.width(); ++x) {
                for (int y = 0; y < size.height(); ++y) {
                    if (taken.contains(corner + shift + QPoint(x, y)))
                        return false;
                }
            }
            return true;
        };
        // New parts of one size all start in the middle: where the last had no room, the next has none.
        qint64 index = !part.placedBefore && size == lastSize ? firstTry : 0;
        while (!isFree(spiral(index)))
            ++index;
        if (!part.placedBefore) {
            lastSize = size;
            firstTry = index + 1;
        }

        const QPoint shift = spiral(index);
        for (int x = 0; x < size.width(); ++x) {
            for (int y = 0; y < size.height(); ++y)
                taken.insert(corner + shift + QPoint(x, y));
        }
        for (QPointF &position : part.positions)
            position += shift;
    }
}

} // namespace

QList<QPointF> place(const Graph &graph, quint32 seed, std::stop_token stop)
{
    QList<Part> parts = connectedParts(graph);
    for (Part &part : parts) {
        if (stop.stop_requested())
            return {};
        if (!graph.start.isEmpty())
            startFrom(part, graph.start);
        if (!arrange(part, seed, stop))
            return {};
        if (!part.placedBefore)
            lay(part);
    }
    pack(parts);

    QList<QPointF> positions(graph.nodes);
    for (const Part &part : std::as_const(parts)) {
        for (qsizetype i = 0; i < part.nodes.size(); ++i)
            positions[part.nodes.at(i)] = part.positions.at(i);
    }
    return positions;
}

} // namespace castellan::layout
