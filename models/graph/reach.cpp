// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/reach.h"

#include <algorithm>
#include <limits>

namespace castellan::graph {

namespace {

constexpr qint32 anyNumber = std::numeric_limits<qint32>::max();

/// A bit per node: fits into a cache, which is what walking through a million friends waits for.
class Seen
{
public:
    Seen(qint32 size, std::span<const qint32> without)
        : m_bits(size_t(size) / 64 + 1)
    {
        for (const qint32 node : without)
            add(node);
    }
    /// False: it was there already.
    bool add(qint32 node)
    {
        quint64 &word = m_bits[size_t(node) / 64];
        const quint64 bit = 1ULL << (size_t(node) % 64);
        const bool isNew = !(word & bit);
        word |= bit;
        return isNew;
    }

private:
    std::vector<quint64> m_bits;
};

/// Wave after wave, as long as \a goOn(reach so far) says.
template<typename GoOn>
Reach waves(const Network &network, qint32 from, std::span<const qint32> without, GoOn goOn)
{
    Reach reach;
    Seen seen(network.size(), without);
    if (!seen.add(from))
        return reach;
    reach.nodes.reserve(size_t(network.size()));
    reach.nodes.push_back(from);
    for (size_t next = 0; next < reach.nodes.size();) {
        reach.rings.push_back(reach.nodes.size());
        if (!goOn(reach))
            break;
        for (const size_t end = reach.nodes.size(); next < end; ++next) {
            for (const qint32 other : network.friends.of(reach.nodes[next])) {
                if (seen.add(other))
                    reach.nodes.push_back(other);
            }
        }
    }
    return reach;
}

} // namespace

Reach reach(const Network &network, qint32 from, std::span<const qint32> without)
{
    return waves(network, from, without, [](const Reach &) { return true; });
}

std::optional<Ways> waysBetween(const Network &network, qint32 from, qint32 to, qint32 more,
                                std::span<const qint32> without)
{
    // How far everybody is from `to`, up to the distance of `from` and what is allowed beyond it.
    qint32 steps = -1;
    size_t looked = 0;
    const Reach back = waves(network, to, without, [&](const Reach &reach) {
        const auto here = qint32(reach.rings.size()) - 1;
        if (steps < 0
            && std::find(reach.nodes.begin() + qsizetype(looked), reach.nodes.end(), from)
                != reach.nodes.end())
            steps = here;
        looked = reach.nodes.size();
        return steps < 0 || here < steps + more;
    });
    if (steps < 0)
        return {};
    std::vector<qint32> left(size_t(network.size()), anyNumber);
    for (size_t ring = 0, node = 0; ring < back.rings.size(); ++ring) {
        for (; node < back.rings[ring]; ++node)
            left[size_t(back.nodes[node])] = qint32(ring);
    }

    // From `from` on only where what is left can still be walked.
    Ways ways { .steps = steps, .nodes = { from } };
    Seen seen(network.size(), ways.nodes);
    for (size_t next = 0, walked = 1; next < ways.nodes.size(); ++walked) {
        for (const size_t end = ways.nodes.size(); next < end; ++next) {
            for (const qint32 other : network.friends.of(ways.nodes[next])) {
                const qint32 rest = left[size_t(other)];
                if (rest != anyNumber && qint32(walked) + rest <= steps + more && seen.add(other))
                    ways.nodes.push_back(other);
            }
        }
    }
    return ways;
}

} // namespace castellan::graph
