// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout/layout.h"

#include "layout/multilevel.h"

#include <QPoint>
#include <QRectF>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace castellan::layout {

namespace {

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

/// False when stopped.
bool arrange(Part &part, quint32 seed, const std::stop_token &stop)
{
    if (part.nodes.size() == 1) {
        if (!part.placedBefore)
            part.positions = { QPointF() };
        return !stop.stop_requested();
    }
    const Adjacency graph(qint32(part.nodes.size()), part.edges);
    if (part.placedBefore) {
        std::vector<Point> places;
        for (const QPointF position : std::as_const(part.positions))
            places.push_back({ float(position.x()), float(position.y()) });
        if (!settle(graph, places, stop))
            return false;
        std::ranges::transform(places, part.positions.begin(),
                               [](Point place) { return QPointF(place.x, place.y); });
        return true;
    }

    const std::optional<std::vector<Point>> places = placeConnected(graph, seed, stop);
    if (!places)
        return false;
    double length = 0;
    for (const auto &[from, to] : std::as_const(part.edges)) {
        const Point a = places->at(size_t(from));
        const Point b = places->at(size_t(to));
        length += std::sqrt(std::pow(a.x - b.x, 2) + std::pow(a.y - b.y, 2)) / double(part.edges.size());
    }
    const double scale = length > 0 ? 1 / length : 1;
    for (const Point place : *places)
        part.positions.append(QPointF(place.x, place.y) * scale);
    return true;
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
