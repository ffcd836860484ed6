// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/listmodel.h"

#include <QSet>

#include <algorithm>
#include <cstdlib>
#include <functional>

namespace castellan::presentation {

class AbstractRows
{
public:
    explicit AbstractRows(ListModel &model) { model.m_rows = this; }
    virtual ~AbstractRows() = default;
    Q_DISABLE_COPY_MOVE(AbstractRows)

    /// \a row: of the list.
    [[nodiscard]] virtual QVariant value(qint64 row, int role) const = 0;
    [[nodiscard]] virtual qint64 total() const = 0;
    [[nodiscard]] virtual bool hasMore() const = 0;
    /// Somebody has asked for rows that are not there.
    [[nodiscard]] virtual bool isMissing() const = 0;
    virtual void read(replica::Replica &replica) = 0;
    /// How many there are, where that is not known yet.
    virtual void countOn(replica::Replica &replica) = 0;
    virtual void clear() = 0;
};

/// The rows of a ListModel. What is read again is compared with what is shown. Of a list that is short enough
/// to be here as a whole, views see rows come, go, move and change, and keep their place and selection; of a
/// longer one, where only a window of rows is here, they see that other things stand in the rows.
template<typename Row>
class Rows final : public AbstractRows
{
public:
    struct Source
    {
        std::function<QFuture<Result<replica::Page<Row>>>(replica::Replica &, qint64 first, int limit)> read;
        /// What makes a row the same row.
        std::function<QString(const Row &)> id;
        std::function<QVariant(const Row &, int role)> value;
    };

    Rows(ListModel &model, Source source)
        : AbstractRows(model),
          m_model(model),
          m_source(std::move(source))
    { }

    [[nodiscard]] QVariant value(qint64 row, int role) const override
    {
        if (row < m_start + margin && m_start > 0)
            want(row);
        else if (row >= m_start + m_rows.size() - margin && m_start + m_rows.size() < m_total)
            want(row);
        return holds(row) ? m_source.value(m_rows.at(row - m_start), role) : m_source.value(Row(), role);
    }
    [[nodiscard]] qint64 total() const override { return m_total; }
    [[nodiscard]] bool hasMore() const override { return m_more; }
    [[nodiscard]] bool isMissing() const override { return !m_wanted.isEmpty(); }

    void read(replica::Replica &replica) override
    {
        qint64 first = m_start;
        int limit = int(m_rows.size()) + pageSize;
        if (m_model.m_restarted) {
            first = 0;
            limit = pageSize;
            m_wanted.clear();
        } else if (!m_wanted.isEmpty() && m_total <= whole) {
            first = 0;
            limit = whole;
        } else if (!m_wanted.isEmpty()) {
            first = std::max<qint64>(0, m_wanted.first() - pageSize);
            limit = 3 * pageSize;
        } else if (!isWhole()) {
            limit = int(m_rows.size());
        }
        m_wanted.removeIf([&](qint64 row) { return row >= first && row < first + limit; });
        m_source.read(replica, first, limit)
            .then(&m_model,
                  [this, first, generation = m_model.m_generation](Result<replica::Page<Row>> page) {
                      if (generation != m_model.m_generation)
                          return;
                      if (page)
                          take(first, std::move(*page));
                      else if (m_model.m_session)
                          m_model.m_session->report(page.error());
                      m_model.arrived();
                  });
    }

    /// Counts further, in pieces that keep nobody waiting, as long as that finds more.
    void countOn(replica::Replica &replica) override
    {
        m_source.read(replica, m_total, 0)
            .then(&m_model,
                  [this, generation = m_model.m_generation](const Result<replica::Page<Row>> &page) {
                      if (generation != m_model.m_generation || !page
                          || (page->total == m_total && page->more == m_more))
                          return;
                      replace(m_start, { .rows = m_rows, .total = page->total, .more = page->more });
                      Q_EMIT m_model.totalChanged();
                      m_model.arrived();
                  });
    }

    void clear() override
    {
        m_model.beginResetModel();
        m_rows.clear();
        m_start = 0;
        m_total = 0;
        m_more = false;
        m_wanted.clear();
        m_model.m_first = 0;
        m_model.endResetModel();
        Q_EMIT m_model.firstChanged();
        Q_EMIT m_model.totalChanged();
    }

private:
    static constexpr int pageSize = 100;
    static constexpr int margin = pageSize / 2; ///< rows that are read before they are needed
    /// Lists of up to so many rows are kept as a whole once somebody has looked beyond the first page.
    static constexpr int whole = 1000;

    [[nodiscard]] bool holds(qint64 row) const { return row >= m_start && row < m_start + m_rows.size(); }
    [[nodiscard]] bool isWhole() const { return m_start == 0 && m_rows.size() == m_total && !m_more; }

    void want(qint64 row) const
    {
        // A view asks for what it shows from top to bottom: that is one reading.
        if (!std::ranges::any_of(m_wanted, [&](qint64 other) { return std::abs(other - row) < margin; }))
            m_wanted.append(row);
        m_model.readSoon();
    }

    void take(qint64 first, replica::Page<Row> page)
    {
        const bool otherTotal = page.total != m_total || page.more != m_more;
        if (std::exchange(m_model.m_restarted, false)) {
            m_model.beginResetModel();
            m_rows = std::move(page.rows);
            m_start = first;
            m_total = page.total;
            m_more = page.more;
            m_model.m_first = 0;
            m_model.endResetModel();
            Q_EMIT m_model.firstChanged();
        } else if (isWhole() && first == 0 && page.rows.size() == page.total && !page.more) {
            update(page.rows);
        } else {
            replace(first, page);
        }
        if (otherTotal)
            Q_EMIT m_model.totalChanged();
    }

    /// The list has \a page from row \a first on, whatever was there.
    void replace(qint64 first, const replica::Page<Row> &page)
    {
        const QList<Row> before = std::exchange(m_rows, page.rows);
        const qint64 start = std::exchange(m_start, first);
        m_more = page.more;
        const int count = m_model.count();
        const int target = int(std::clamp<qint64>(page.total - m_model.m_first, 0, ListModel::stretch));
        if (target > count) {
            m_model.beginInsertRows({}, count, target - 1);
            m_total = page.total;
            m_model.endInsertRows();
        } else if (target < count) {
            m_model.beginRemoveRows({}, target, count - 1);
            m_total = page.total;
            m_model.endRemoveRows();
        }
        m_total = page.total;
        for (qsizetype i = 0; i < m_rows.size(); ++i) {
            const qint64 row = first + i;
            const qint64 shown = row - m_model.m_first;
            if (shown < 0 || shown >= target)
                continue;
            const qint64 old = row - start;
            tell(int(shown), old >= 0 && old < before.size() ? before.at(old) : Row(), m_rows.at(i));
        }
    }

    void update(const QList<Row> &target)
    {
        QHash<QString, qsizetype> places;
        for (qsizetype i = 0; i < target.size(); ++i)
            places.insert(m_source.id(target.at(i)), i);

        for (qsizetype i = m_rows.size(); i-- > 0;) {
            if (places.contains(m_source.id(m_rows.at(i))))
                continue;
            m_model.beginRemoveRows({}, int(i), int(i));
            m_rows.removeAt(i);
            m_total = m_rows.size();
            m_model.endRemoveRows();
        }

        QSet<QString> shown;
        for (const Row &row : std::as_const(m_rows))
            shown.insert(m_source.id(row));
        for (qsizetype i = 0; i < target.size(); ++i) {
            const QString id = m_source.id(target.at(i));
            if (!shown.contains(id)) {
                m_model.beginInsertRows({}, int(i), int(i));
                m_rows.insert(i, target.at(i));
                m_total = m_rows.size();
                m_model.endInsertRows();
                continue;
            }
            while (m_source.id(m_rows.at(i)) != id)
                moveEither(i, id, places);
            change(i, target.at(i));
        }
    }

    /// Row \a i should be \a id. Moves that row up or the one in its place down, whichever goes farther, so
    /// that a single row that changed its place is a single move in either direction.
    void moveEither(qsizetype i, const QString &id, const QHash<QString, qsizetype> &places)
    {
        const auto found = std::find_if(m_rows.cbegin() + i, m_rows.cend(),
                                        [&](const Row &row) { return m_source.id(row) == id; });
        const qsizetype up = found - m_rows.cbegin();
        const qsizetype down = std::min(places.value(m_source.id(m_rows.at(i))), m_rows.size() - 1);
        if (down > up)
            move(i, down);
        else
            move(up, i);
    }

    void move(qsizetype from, qsizetype to)
    {
        m_model.beginMoveRows({}, int(from), int(from), {}, int(to > from ? to + 1 : to));
        m_rows.move(from, to);
        m_model.endMoveRows();
    }

    void change(qsizetype i, const Row &row)
    {
        const Row before = std::exchange(m_rows[i], row);
        tell(int(i), before, row);
    }

    /// Says what is new in row \a i of the model.
    void tell(int i, const Row &before, const Row &after)
    {
        if (before == after)
            return;
        QList<int> roles;
        for (auto role = m_model.m_roleNames.keyBegin(); role != m_model.m_roleNames.keyEnd(); ++role) {
            if (m_source.value(before, *role) != m_source.value(after, *role))
                roles.append(*role);
        }
        if (!roles.isEmpty())
            Q_EMIT m_model.dataChanged(m_model.index(i), m_model.index(i), roles);
    }

    ListModel &m_model;
    const Source m_source;
    QList<Row> m_rows; ///< from row m_start of the list on
    qint64 m_start = 0;
    qint64 m_total = 0;
    bool m_more = false;
    mutable QList<qint64> m_wanted; ///< rows that were asked for and are not here, or nearly so
};

} // namespace castellan::presentation
