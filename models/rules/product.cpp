// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/product.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <set>

namespace castellan::rules {

namespace {

/// True when \a a has the earliest bit in which the two differ.
std::optional<bool> hasEarliestDifference(const QBitArray &a, const QBitArray &b)
{
    for (qsizetype i = 0; i < a.size(); ++i) {
        if (a.testBit(i) != b.testBit(i))
            return a.testBit(i);
    }
    return {};
}

bool comesFirst(const Product &a, const Product &b)
{
    if (const std::optional<bool> groups = hasEarliestDifference(a.groups, b.groups))
        return *groups;
    if (const std::optional<bool> names = hasEarliestDifference(a.names, b.names))
        return *names;
    if (a.everyName != b.everyName)
        return a.everyName;
    const auto differing = unsigned((a.types ^ b.types).toInt());
    return (unsigned(a.types.toInt()) & differing & (~differing + 1)) != 0; // the lowest differing bit
}

/// Every set of types that a largest product can have: what some of the cells have in common.
std::set<FieldTypes::Int> typeSets(const Rights &rights)
{
    std::set<FieldTypes::Int> cells;
    for (const RightsGroup &group : rights.groups) {
        for (const FieldTypes types : group.names)
            cells.insert(types.toInt());
        cells.insert(group.everyName.toInt());
    }
    std::set<FieldTypes::Int> sets;
    for (const FieldTypes::Int cell : cells) {
        std::set<FieldTypes::Int> common { cell };
        for (const FieldTypes::Int set : sets)
            common.insert(set & cell);
        sets.merge(common);
    }
    sets.erase(0);
    return sets;
}

/// Looks for the best groups and names for one set of types after the other.
class Search
{
public:
    explicit Search(const Rights &rights)
        : m_rights(rights),
          m_names(rights.groups.isEmpty() ? 0 : rights.groups.first().names.size())
    { }

    Product run()
    {
        for (const FieldTypes::Int types : typeSets(m_rights)) {
            setTypes(FieldTypes::fromInt(types));
            const Partial nothing { QBitArray(m_rights.groups.size()), 0, QBitArray(m_names, true), true };
            if (m_rights.groups.size() <= exactGroups)
                tryAll(nothing, 0, m_allNodes);
            else
                tryGreedily(nothing);
        }
        return m_best;
    }

private:
    struct Row
    {
        QBitArray names;
        bool everyName = false;
    };

    /// Groups chosen so far and the names that all of them allow.
    struct Partial
    {
        QBitArray groups;
        qint64 nodes = 0;
        QBitArray names;
        bool everyName = false;
    };

    void setTypes(FieldTypes types)
    {
        m_types = types;
        m_rows.clear();
        m_allNodes = 0;
        for (const RightsGroup &group : m_rights.groups) {
            Row row { QBitArray(m_names), (group.everyName & types) == types };
            for (qsizetype i = 0; i < m_names; ++i)
                row.names.setBit(i, (group.names.at(i) & types) == types);
            m_rows.append(row);
            m_allNodes += group.nodes;
        }
    }

    [[nodiscard]] Partial with(const Partial &partial, qsizetype group) const
    {
        Partial larger = partial;
        larger.groups.setBit(group);
        larger.nodes += m_rights.groups.at(group).nodes;
        larger.names &= m_rows.at(group).names;
        larger.everyName &= m_rows.at(group).everyName;
        return larger;
    }

    /// The number of combinations if the groups had \a nodes nodes.
    [[nodiscard]] qint64 size(const Partial &partial, qint64 nodes) const
    {
        const qint64 names = partial.names.count(true) + (partial.everyName ? m_rights.everyNameWeight : 0);
        return nodes * names * std::popcount(unsigned(m_types.toInt()));
    }

    void offer(const Partial &partial)
    {
        const qint64 value = size(partial, partial.nodes);
        if (value == 0 || value < m_bestSize)
            return;
        const Product product { partial.groups, partial.names, partial.everyName, m_types };
        if (value > m_bestSize || comesFirst(product, m_best)) {
            m_bestSize = value;
            m_best = product;
        }
    }

    /// Every subset of the groups, but for those that cannot even equal the best so far.
    void tryAll(const Partial &partial, qsizetype next, qint64 nodesLeft)
    {
        if (next == m_rows.size())
            return;
        const qint64 bound = size(partial, partial.nodes + nodesLeft);
        if (bound == 0 || bound < m_bestSize)
            return;
        const Partial larger = with(partial, next);
        offer(larger);
        nodesLeft -= m_rights.groups.at(next).nodes;
        tryAll(larger, next + 1, nodesLeft);
        tryAll(partial, next + 1, nodesLeft);
    }

    /// Takes the groups that are worth most alone, as long as each does not make the product smaller.
    void tryGreedily(Partial partial)
    {
        QList<std::pair<qint64, qsizetype>> order;
        for (qsizetype i = 0; i < m_rows.size(); ++i)
            order.append({ -size(with(partial, i), m_rights.groups.at(i).nodes), i });
        std::ranges::sort(order);
        for (const auto &[worth, group] : order) {
            const Partial larger = with(partial, group);
            if (size(larger, larger.nodes) >= size(partial, partial.nodes))
                partial = larger;
            offer(partial);
        }
    }

    const Rights &m_rights;
    const qsizetype m_names;
    FieldTypes m_types;
    QList<Row> m_rows; ///< what the groups allow for all of m_types
    qint64 m_allNodes = 0;
    Product m_best;
    qint64 m_bestSize = 0;
};

} // namespace

Product largestProduct(const Rights &rights)
{
    return Search(rights).run();
}

} // namespace castellan::rules
