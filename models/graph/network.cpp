// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/network.h"

#include "layout/adjust.h"
#include "layout/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace castellan::graph {

namespace {

/// More new nodes than this part of all, and their surroundings are everywhere.
constexpr double mostlyNew = 0.1;

bool isPlaced(Point place)
{
    return std::isfinite(place.x) && std::isfinite(place.y);
}

std::vector<qint32> byKey(const Network &network)
{
    std::vector<qint32> order(network.keys.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&network](qint32 node) { return network.keys[size_t(node)]; });
    return order;
}

void takePlaces(Network &network, const Network &before)
{
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    network.places.assign(network.keys.size(), { none, none });
    const std::vector<qint32> known = byKey(before);
    const auto keyOfOld = [&before](qint32 node) { return before.keys[size_t(node)]; };
    for (size_t node = 0; node < network.keys.size(); ++node) {
        const auto found = std::ranges::lower_bound(known, network.keys[node], {}, keyOfOld);
        if (found != known.end() && keyOfOld(*found) == network.keys[node])
            network.places[node] = before.places[size_t(*found)];
    }
}

bool placeAll(Network &network, const std::stop_token &stop)
{
    layout::Graph graph { .nodes = network.size(), .edges = {}, .start = {} };
    graph.edges.reserve(network.linkCount());
    for (qint32 node = 0; node < network.size(); ++node) {
        for (const qint32 other : network.friends.of(node)) {
            if (node < other)
                graph.edges.append({ node, other });
        }
    }
    for (const Link &link : network.rejected)
        graph.edges.append({ link.from, link.to });
    const QList<QPointF> places = layout::place(graph, 1, stop);
    std::ranges::transform(places, network.places.begin(),
                           [](QPointF place) { return Point { float(place.x()), float(place.y()) }; });
    return places.size() == network.size();
}

/// What has no friends to stand beside goes below all others, in a row.
void lineUp(Network &network, const std::vector<qint32> &nodes)
{
    Point low { std::numeric_limits<float>::max(), 0 };
    Point high { std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest() };
    for (const Point place : network.places) {
        if (isPlaced(place)) {
            low.x = std::min(low.x, place.x);
            high = { std::max(high.x, place.x), std::max(high.y, place.y) };
        }
    }
    const int columns = std::max(1, int(high.x - low.x));
    int next = 0;
    for (const qint32 node : nodes) {
        Point &place = network.places[size_t(node)];
        if (!isPlaced(place)) {
            place = { low.x + float(next % columns), high.y + 1 + float(next / columns) };
            ++next;
        }
    }
}

/// Along a curve that stays near where it is.
quint32 alongCurve(quint32 x, quint32 y)
{
    const auto spread = [](quint32 bits) {
        bits = (bits | bits << 8) & 0x00ff00ffU;
        bits = (bits | bits << 4) & 0x0f0f0f0fU;
        bits = (bits | bits << 2) & 0x33333333U;
        return (bits | bits << 1) & 0x55555555U;
    };
    return spread(x & 0xffff) | spread(y & 0xffff) << 1;
}

void numberByPlace(Network &network)
{
    const auto count = size_t(network.size());
    if (count == 0)
        return;
    const auto [left, right] = std::ranges::minmax(network.places, {}, &Point::x);
    const auto [top, bottom] = std::ranges::minmax(network.places, {}, &Point::y);
    const float extent = std::max({ right.x - left.x, bottom.y - top.y, 1.0F });
    const auto step = [extent](float offset) { return quint32(offset / extent * 65535); };
    std::vector<std::pair<quint32, qint32>> order; // place on the curve, old number
    for (size_t node = 0; node < count; ++node) {
        const Point place = network.places[node];
        order.emplace_back(alongCurve(step(place.x - left.x), step(place.y - top.y)), qint32(node));
    }
    std::ranges::sort(order);

    Network sorted;
    std::vector<qint32> numbers(count);
    for (const auto &[place, node] : order) {
        const auto old = size_t(node);
        numbers[old] = sorted.size();
        sorted.keys.push_back(network.keys[old]);
        sorted.ids.push_back(network.ids[old]);
        sorted.marks.push_back(network.marks[old]);
        sorted.places.push_back(network.places[old]);
    }
    sorted.friends.neighbours.reserve(network.friends.neighbours.size());
    for (const auto &[place, node] : order) {
        const auto first = qsizetype(sorted.friends.neighbours.size());
        for (const qint32 other : network.friends.of(node))
            sorted.friends.neighbours.push_back(numbers[size_t(other)]);
        std::sort(sorted.friends.neighbours.begin() + first, sorted.friends.neighbours.end());
        sorted.friends.offsets.push_back(qint32(sorted.friends.neighbours.size()));
    }
    for (const Link link : network.rejected)
        sorted.rejected.push_back({ numbers[size_t(link.from)], numbers[size_t(link.to)] });
    network = std::move(sorted);
}

} // namespace

Key keyOf(QStringView jid)
{
    // FNV-1a: the same in every version of everything, as what is kept in files has to be.
    Key key = 14695981039346656037ULL;
    for (const QChar character : jid)
        key = (key ^ character.unicode()) * 1099511628211ULL;
    return key;
}

qint32 Network::indexOf(Key key) const
{
    const auto found = std::ranges::find(keys, key);
    return found == keys.end() ? -1 : qint32(found - keys.begin());
}

bool place(Network &network, const Network &before, const std::stop_token &stop)
{
    takePlaces(network, before);
    std::vector<qint32> unplaced;
    for (qint32 node = 0; node < network.size(); ++node) {
        if (!isPlaced(network.places[size_t(node)]))
            unplaced.push_back(node);
    }
    if (double(unplaced.size()) > mostlyNew * network.size()) {
        if (!placeAll(network, stop))
            return false;
    } else {
        layout::adjust(network.friends, network.places, unplaced);
        lineUp(network, unplaced);
    }
    numberByPlace(network);
    return !stop.stop_requested();
}

} // namespace castellan::graph
