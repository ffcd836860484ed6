// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "communities.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace castellan::bench {

namespace {

class Communities
{
public:
    explicit Communities(qint32 nodes)
        : m_friends(size_t(nodes))
    {
        for (qint32 first = 0; first < nodes;) {
            const double size = 20 * std::pow(1 - fraction(), -1 / 1.2);
            const auto most = double(std::min(nodes - first, std::max(50, nodes / 20)));
            m_first.push_back(first);
            first += qint32(std::min(size, most));
        }
        m_first.push_back(nodes);
        for (size_t i = 0; i + 1 < m_first.size(); ++i) {
            grow(m_first[i], m_first[i + 1]);
            if (i > 0)
                link(memberOf(i), memberOf(size_t(double(below(qint32(i))) * fraction())));
        }
        while (m_edges.size() < qsizetype(nodes) * 3) {
            const qint32 node = below(nodes);
            const auto own = size_t(std::ranges::upper_bound(m_first, node) - m_first.begin() - 1);
            const size_t other = below(5) > 0 ? own / 2 + size_t(below(5)) : size_t(below(count()));
            link(node, memberOf(std::min(other, size_t(count()) - 1)));
        }
        // Numbers must not say who belongs together.
        std::vector<qint32> names;
        for (qint32 node = 0; node < nodes; ++node)
            names.push_back(node);
        std::ranges::shuffle(names, m_random);
        for (auto &[from, to] : m_edges) {
            from = names[size_t(from)];
            to = names[size_t(to)];
        }
    }

    [[nodiscard]] const Edges &edges() const { return m_edges; }

private:
    qint32 below(qint32 limit) { return qint32(m_random() % quint64(limit)); }
    double fraction() { return double(m_random() >> 11) / double(Q_UINT64_C(1) << 53); }
    [[nodiscard]] qint32 count() const { return qint32(m_first.size()) - 1; }
    qint32 memberOf(size_t community)
    {
        return m_first[community] + below(m_first[community + 1] - m_first[community]);
    }

    bool link(qint32 one, qint32 other)
    {
        std::vector<qint32> &known = m_friends[size_t(one)];
        if (one == other || std::ranges::contains(known, other))
            return false;
        known.push_back(other);
        m_friends[size_t(other)].push_back(one);
        m_edges.append({ one, other });
        return true;
    }

    void grow(qint32 first, qint32 end)
    {
        std::vector<qint32> linked { first }; // once for each link
        const auto any = [this](const std::vector<qint32> &list) {
            return list[size_t(below(qint32(list.size())))];
        };
        for (qint32 node = first + 1; node < end; ++node) {
            const qint32 host = any(linked);
            link(node, host);
            linked.insert(linked.end(), { node, host });
            for (int i = 0; i < 2; ++i) {
                const qint32 friendOf = below(5) < 3 ? any(m_friends[size_t(host)]) : any(linked);
                if (link(node, friendOf))
                    linked.insert(linked.end(), { node, friendOf });
            }
        }
    }

    std::mt19937_64 m_random { 1 };
    std::vector<qint32> m_first; ///< of each community, and one more
    std::vector<std::vector<qint32>> m_friends;
    Edges m_edges;
};

} // namespace

Edges communities(qint32 nodes)
{
    return Communities(nodes).edges();
}

} // namespace castellan::bench
