// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "layout/adjacency.h"

#include <QFlags>
#include <QString>

#include <span>
#include <stop_token>
#include <vector>

/// A network of a million things as numbers: who may talk to whom, where each is drawn, what can be seen and
/// reached. Knows nothing of JIDs, databases or Qt Quick; any thread.
namespace castellan::graph {

using layout::Point;

/// What can be seen of a node without reading anything else about it.
enum class Mark : quint8 {
    Concentrator = 1, ///< the kinds: one of these, or none for a plain thing
    Service = 2,
    User = 3,
    Online = 1 << 2,
    Waiting = 1 << 3, ///< deliveries that are not acknowledged
};
using Marks = quint8;
[[nodiscard]] constexpr quint8 kindOf(Marks marks)
{
    return marks & 3;
}
[[nodiscard]] constexpr bool has(Marks marks, Mark mark)
{
    return marks & quint8(mark);
}

/// A pair of nodes, by index.
struct Link
{
    qint32 from = 0;
    qint32 to = 0;

    friend bool operator==(const Link &, const Link &) = default;
};

/// What a node is recognised by when a network is read again, even by another copy: a hash of its JID.
using Key = quint64;
[[nodiscard]] Key keyOf(QStringView jid);

/// Nodes and their links. A million nodes and three million links are some 50 MB.
struct Network
{
    std::vector<Key> keys;
    std::vector<qint64> ids; ///< what names are read by; below 0: nothing is known but the links
    std::vector<Marks> marks;
    std::vector<Point> places; ///< linked nodes are about 1 apart; NaN: not placed yet
    layout::Adjacency friends; ///< accepted pairs, which is how things reach each other
    std::vector<Link> rejected;

    [[nodiscard]] qint32 size() const { return qint32(keys.size()); }
    [[nodiscard]] qint64 linkCount() const
    {
        return qint64(friends.neighbours.size() / 2) + qint64(rejected.size());
    }
    /// -1: there is none.
    [[nodiscard]] qint32 indexOf(Key key) const;
};

/// Takes the places of \a before over by key, and places what has none: a little that is new goes beside its
/// friends, and only its surroundings move; a network that is mostly new is laid out as a whole. Then numbers
/// the nodes anew: who is drawn near is near in memory, which is what everything that walks from friend to
/// friend waits for. False when \a stop was requested; \a network is of no use then.
[[nodiscard]] bool place(Network &network, const Network &before, const std::stop_token &stop);

} // namespace castellan::graph
