// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/density.h"

#include <algorithm>
#include <cmath>

namespace castellan::graph {

namespace {

constexpr float leastInk = 0.03F;

/// The part of a link that is drawn: whole pixels from left and top up to right and bottom.
struct Clip
{
    int left = 0;
    int top = 0;
    int right = 0;
    int bottom = 0;
};

/// Adds a line between the centres of pixels, the smooth way: every step along its longer axis shares the
/// ink between two pixels. \a stride: from one step to the next, \a across: to the other of the two.
void addLine(float *cells, qsizetype stride, qsizetype across, double from, double to, double aside,
             double slope, int first, int end, int low, int high, float ink)
{
    // Where it comes into and goes out of the clip across.
    double begin = std::max(std::ceil(from), double(first));
    double last = std::min(std::floor(to), double(end - 1));
    if (slope != 0) {
        const double one = from + (low - 1 - aside) / slope;
        const double other = from + (high - aside) / slope;
        begin = std::max(begin, std::ceil(std::min(one, other)));
        last = std::min(last, std::floor(std::max(one, other)));
    } else if (aside < low - 1 || aside >= high) {
        return;
    }
    double position = aside + (begin - from) * slope;
    for (auto step = qsizetype(begin); step <= qsizetype(last); ++step, position += slope) {
        const double whole = std::floor(position);
        const auto rest = float(position - whole);
        const auto cell = qsizetype(whole);
        if (cell >= low && cell < high)
            cells[step * stride + cell * across] += ink * (1 - rest);
        if (cell + 1 >= low && cell + 1 < high)
            cells[step * stride + (cell + 1) * across] += ink * rest;
    }
}

void addLink(Density &density, QPointF a, QPointF b, const Clip &clip)
{
    const double x = b.x() - a.x();
    const double y = b.y() - a.y();
    const double length = std::hypot(x, y);
    if (length < 1)
        return;
    const float ink = std::max(std::min(1.0F, inkOfLink / float(length)), leastInk);
    const qsizetype width = density.size.width();
    if (std::abs(x) >= std::abs(y)) {
        const QPointF &from = x > 0 ? a : b;
        addLine(density.links.data(), 1, width, from.x(), from.x() + std::abs(x), from.y(), y / x, clip.left,
                clip.right, clip.top, clip.bottom, ink);
    } else {
        const QPointF &from = y > 0 ? a : b;
        addLine(density.links.data(), width, 1, from.y(), from.y() + std::abs(y), from.x(), x / y, clip.top,
                clip.bottom, clip.left, clip.right, ink);
    }
}

void addNode(Density &density, QPointF place, double radius, bool waits)
{
    const int width = density.size.width();
    const int height = density.size.height();
    const int left = std::max(0, int(std::floor(place.x() - radius)));
    const int right = std::min(width - 1, int(std::ceil(place.x() + radius)));
    const int top = std::max(0, int(std::floor(place.y() - radius)));
    const int bottom = std::min(height - 1, int(std::ceil(place.y() + radius)));
    for (int y = top; y <= bottom; ++y) {
        for (int x = left; x <= right; ++x) {
            // Full inside, and less over the last pixel.
            const double distance = std::hypot(x - place.x(), y - place.y());
            const auto part = float(std::clamp(radius + 0.5 - distance, 0.0, 1.0));
            density.nodes[density.index(x, y)] += part;
            if (waits)
                density.waiting[density.index(x, y)] += part;
        }
    }
}

} // namespace

Density density(const Map &map, const QRect &pixels, double scale, const std::stop_token &stop)
{
    Density density { .size = pixels.size(), .nodes = {}, .waiting = {}, .links = {} };
    const auto count = size_t(pixels.width()) * size_t(pixels.height());
    density.nodes.assign(count, 0);
    density.waiting.assign(count, 0);
    density.links.assign(count, 0);

    // Integers are the centres of pixels.
    const QPointF origin = QPointF(pixels.topLeft()) + QPointF(0.5, 0.5);
    const Network &network = map.network();
    const auto pixelOf = [&](qint32 node) {
        const Point place = network.places[size_t(node)];
        return QPointF(place.x * scale - origin.x(), place.y * scale - origin.y());
    };
    const auto clampTo = [](double value, int size) {
        return int(std::clamp(std::ceil(value), 0.0, double(size)));
    };
    const QRectF area(QPointF(pixels.topLeft()) / scale, QSizeF(pixels.size()) / scale);
    for (const Map::Cell &cell : map.cellsIn(area)) {
        if (stop.stop_requested())
            return {};
        const Clip clip { .left = clampTo(cell.area.left() * scale - origin.x(), pixels.width()),
                          .top = clampTo(cell.area.top() * scale - origin.y(), pixels.height()),
                          .right = clampTo(cell.area.right() * scale - origin.x(), pixels.width()),
                          .bottom = clampTo(cell.area.bottom() * scale - origin.y(), pixels.height()) };
        if (clip.left >= clip.right || clip.top >= clip.bottom)
            continue;
        for (const Link link : cell.links)
            addLink(density, pixelOf(link.from), pixelOf(link.to), clip);
    }

    // As large as there is room for where it is crowded.
    const double room = scale / std::sqrt(std::max(map.crowding(), 1e-6));
    const double radius = std::clamp(room * 0.35, 0.5, 3.0);
    const double margin = (radius + 1) / scale;
    for (const qint32 node : map.nodesIn(area.adjusted(-margin, -margin, margin, margin), size_t(-1)))
        addNode(density, pixelOf(node), radius, has(network.marks[size_t(node)], Mark::Waiting));
    return density;
}

} // namespace castellan::graph
