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
    // Mostly the same nodes in the same order: then nothing has to be looked up.
    if (network.keys == before.keys) {
        network.places = before.places;
        return;
    }
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
    if (double(unplaced.size()) > mostlyNew * network.size())
        return placeAll(network, stop);
    layout::adjust(network.friends, network.places, unplaced);
    lineUp(network, unplaced);
    return !stop.stop_requested();
}

} // namespace castellan::graph
