// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/listmodel.h"

#include <QSet>

#include <algorithm>
#include <functional>
#include <optional>

namespace castellan::presentation {

class AbstractRows
{
public:
    explicit AbstractRows(ListModel &model) { model.m_rows = this; }
    virtual ~AbstractRows() = default;
    Q_DISABLE_COPY_MOVE(AbstractRows)

    [[nodiscard]] virtual qsizetype size() const = 0;
    [[nodiscard]] virtual QVariant value(qsizetype row, int role) const = 0;
    [[nodiscard]] virtual bool hasMore() const = 0;
    [[nodiscard]] virtual qint64 total() const = 0;
    virtual void read(replica::Replica &replica, bool more) = 0;
    virtual void clear() = 0;
};

/// The rows of a ListModel. What is read again is compared with what is shown, so that views see rows come,
/// go, move and change, and keep their place and selection.
template<typename Row>
class Rows final : public AbstractRows
{
public:
    struct Source
    {
        std::function<QFuture<Result<replica::Page<Row>>>(replica::Replica &, int limit,
                                                          const replica::Cursor &after)>
            read;
        /// What makes a row the same row.
        std::function<QString(const Row &)> id;
        std::function<QVariant(const Row &, int role)> value;
    };

    Rows(ListModel &model, Source source)
        : AbstractRows(model),
          m_model(model),
          m_source(std::move(source))
    { }

    [[nodiscard]] qsizetype size() const override { return m_rows.size(); }
    [[nodiscard]] QVariant value(qsizetype row, int role) const override
    {
        return m_source.value(m_rows.at(row), role);
    }
    [[nodiscard]] bool hasMore() const override { return m_more; }
    [[nodiscard]] qint64 total() const override { return m_total; }

    void read(replica::Replica &replica, bool more) override
    {
        const int limit = more ? pageSize : int(std::max<qsizetype>(pageSize, m_rows.size()));
        m_source.read(replica, limit, more ? m_next : replica::Cursor())
            .then(&m_model, [this, more, generation = m_model.m_generation](Result<replica::Page<Row>> page) {
                if (generation != m_model.m_generation)
                    return;
                if (page)
                    take(std::move(*page), more);
                else if (m_model.m_session)
                    m_model.m_session->report(page.error());
                m_model.arrived();
            });
    }

    void clear() override
    {
        m_model.beginResetModel();
        m_rows.clear();
        m_next = {};
        m_more = false;
        m_total = 0;
        m_model.endResetModel();
        Q_EMIT m_model.totalChanged();
    }

private:
    static constexpr int pageSize = 100;

    void take(replica::Page<Row> page, bool more)
    {
        m_next = page.next;
        m_more = !page.complete;
        if (more) {
            append(page.rows);
        } else if (std::exchange(m_model.m_restarted, false)) {
            m_model.beginResetModel();
            m_rows = std::move(page.rows);
            m_model.endResetModel();
        } else {
            update(page.rows);
        }
        if (std::exchange(m_total, page.total) != page.total)
            Q_EMIT m_model.totalChanged();
    }

    void append(const QList<Row> &rows)
    {
        if (rows.isEmpty())
            return;
        m_model.beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + rows.size()) - 1);
        m_rows.append(rows);
        m_model.endInsertRows();
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
        if (m_rows.at(i) == row)
            return;
        QList<int> roles;
        for (auto role = m_model.m_roleNames.keyBegin(); role != m_model.m_roleNames.keyEnd(); ++role) {
            if (m_source.value(m_rows.at(i), *role) != m_source.value(row, *role))
                roles.append(*role);
        }
        m_rows[i] = row;
        if (!roles.isEmpty())
            Q_EMIT m_model.dataChanged(m_model.index(int(i)), m_model.index(int(i)), roles);
    }

    ListModel &m_model;
    const Source m_source;
    QList<Row> m_rows;
    replica::Cursor m_next;
    bool m_more = false;
    qint64 m_total = 0;
};

} // namespace castellan::presentation
