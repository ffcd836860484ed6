// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/listings.h"

#include "replica/database.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <limits>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 stride = 1000; ///< rows between anchors; SQLite skips so many in less than a millisecond
constexpr qsizetype mostAnchors = 20'000;
constexpr qsizetype mostListings = 8;

struct Selection
{
    QString sql;
    QVariantList values;
};

/// The rows behind \a after (all: not set), or, backwards, from the end.
Selection select(const Ordered &ordered, const QString &columns, const std::optional<QVariantList> &after,
                 bool backwards = false)
{
    const bool down = ordered.descending != backwards;
    QStringList conditions;
    Selection statement;
    if (!ordered.base.isEmpty())
        conditions.append(ordered.base);
    if (!ordered.filter.isEmpty()) {
        conditions.append(ordered.filter);
        statement.values += ordered.values;
    }
    if (after) {
        conditions.append(u"(%1, id) %2 (?, ?)"_s.arg(ordered.key, down ? u"<"_s : u">"_s));
        statement.values += *after;
    }
    statement.sql = u"SELECT "_s + columns + u" FROM "_s + ordered.table
        + (conditions.isEmpty() ? QString() : u" WHERE "_s + conditions.join(u" AND "_s))
        + u" ORDER BY %1%2, id%2 LIMIT ? OFFSET ?"_s.arg(ordered.key, down ? u" DESC"_s : u""_s);
    return statement;
}

Result<qint64> count(Database &database, const Ordered &ordered)
{
    QStringList conditions { ordered.base, ordered.filter };
    conditions.removeAll({});
    const QString sql = u"SELECT count(*) FROM "_s + ordered.table
        + (conditions.isEmpty() ? QString() : u" WHERE "_s + conditions.join(u" AND "_s));
    if (ordered.values.isEmpty())
        return database.count(sql, ordered.parts);
    return database.value(sql, ordered.values).transform([](const QVariant &total) {
        return total.toLongLong();
    });
}

/// The rows with these primary keys, in the order of \a ordered.
Result<void> readRows(Database &database, const Ordered &ordered, const QJsonArray &ids,
                      const std::function<void(const Statement &)> &row)
{
    return database
        .run(u"SELECT %1 FROM %2 WHERE id IN (SELECT value FROM json_each(?)) ORDER BY +%3%4, id%4"_s.arg(
                 ordered.columns, ordered.table, ordered.key, ordered.descending ? u" DESC"_s : u""_s),
             { QString::fromUtf8(QJsonDocument(ids).toJson(QJsonDocument::Compact)) })
        .transform([&](Statement *statement) {
            while (statement->next())
                row(*statement);
        });
}

} // namespace

Result<Listings::Extent> Listings::read(Database &database, const Ordered &ordered, qint64 first, int limit,
                                        const std::function<void(const Statement &)> &row)
{
    auto found = listing(database, ordered);
    if (!found)
        return std::unexpected(found.error());
    Listing &listing = **found;
    const auto run = [&](const QString &sql, const QVariantList &values) {
        return database.run(sql, values).transform([&](Statement *query) {
            while (query->next())
                row(*query);
        });
    };

    if (listing.isWhole) {
        QJsonArray ids;
        for (const Anchor &at : listing.rows.mid(first, limit))
            ids.append(at.id);
        return readRows(database, ordered, ids, row).transform([&] { return listing.extent; });
    }
    if (!ordered.inBuckets.isEmpty())
        return readBuckets(database, ordered, listing, first, limit, row).transform([&] {
            return listing.extent;
        });

    if (limit > 0 && listing.extent.more && first + limit >= listing.extent.total) {
        auto reached = reach(database, ordered, listing,
                             std::max(first + limit, listing.extent.total) + whole);
        if (!reached)
            return std::unexpected(reached.error());
        if (listing.extent.more)
            listing.extent.total = *reached;
    }
    const qint64 fromEnd = listing.extent.total - first;
    if (!listing.extent.more && fromEnd <= stride && first > stride) {
        if (fromEnd <= 0)
            return listing.extent;
        Selection last = select(ordered, ordered.columns, {}, true);
        const qint64 count = std::min<qint64>(limit, fromEnd);
        last.values << count << fromEnd - count;
        return run(u"SELECT * FROM (%1) ORDER BY 2%2, 1%2"_s.arg(last.sql,
                                                                 ordered.descending ? u" DESC"_s : u""_s),
                   last.values)
            .transform([&] { return listing.extent; });
    }

    const auto start = reach(database, ordered, listing, first);
    if (!start)
        return std::unexpected(start.error());
    std::optional<QVariantList> after;
    if (*start > 0) {
        const Anchor &anchor = listing.anchors[*start];
        after = { anchor.key, anchor.id };
    }
    Selection page = select(ordered, ordered.columns, after);
    page.values << limit << first - *start;
    qint64 next = first;
    Anchor end;
    auto read = database.run(page.sql, page.values).transform([&](Statement *query) {
        while (query->next()) {
            row(*query);
            if (++next == first + limit) // behind the end of the list nobody goes on
                end = { query->value(1).toVariant(), query->value(0).toLongLong() };
        }
    });
    if (!read)
        return std::unexpected(read.error());
    if (limit > 0 && next == first + limit) {
        if (listing.anchors.size() >= mostAnchors)
            listing.anchors.clear();
        listing.anchors.insert(next, end);
    }
    return listing.extent;
}

Result<qint64> Listings::rowsUpTo(Database &database, const Ordered &ordered, qint64 key)
{
    auto found = listing(database, ordered);
    if (!found)
        return std::unexpected(found.error());
    Listing &listing = **found;
    if (listing.isWhole) {
        return std::ranges::upper_bound(listing.rows, key, {},
                                        [](const Anchor &row) { return row.key.toLongLong(); })
            - listing.rows.begin();
    }
    while (listing.anchors.isEmpty() || listing.anchors.last().key.toLongLong() < key) {
        const auto advanced = advance(database, ordered, listing);
        if (!advanced)
            return std::unexpected(advanced.error());
        if (!*advanced)
            break;
    }
    qint64 rows = 0;
    qint64 last = std::numeric_limits<qint64>::min();
    for (auto anchor = listing.anchors.cbegin(); anchor != listing.anchors.cend(); ++anchor) {
        if (anchor->key.toLongLong() > key)
            break;
        rows = anchor.key();
        last = anchor->key.toLongLong();
    }
    Ordered rest = ordered;
    rest.filter += (rest.filter.isEmpty() ? u""_s : u" AND "_s) + u"%1 > ? AND %1 <= ?"_s.arg(ordered.key);
    rest.values << last << key;
    return count(database, rest).transform([&](qint64 more) { return rows + more; });
}

Result<Listings::Listing *> Listings::listing(Database &database, const Ordered &ordered)
{
    const auto generation = database.generation(ordered.parts);
    if (!generation)
        return std::unexpected(generation.error());
    QString identity = QStringList { ordered.table, ordered.key, ordered.base, ordered.filter }.join(u'\n');
    identity += ordered.descending ? u'-' : u'+';
    for (const QVariant &value : ordered.values)
        identity += value.toString() + u'\n';

    if (!m_listings.contains(identity) && m_listings.size() >= mostListings) {
        m_listings.erase(
            std::min_element(m_listings.begin(), m_listings.end(),
                             [](const Listing &one, const Listing &other) { return one.used < other.used; }));
    }
    Listing &listing = m_listings[identity];
    listing.used = ++m_uses;
    if (listing.generation != *generation) {
        listing = { .generation = *generation, .used = listing.used };
        if (auto opened = open(database, ordered, listing); !opened) {
            m_listings.remove(identity);
            return std::unexpected(opened.error());
        }
    }
    return &listing;
}

Result<void> Listings::open(Database &database, const Ordered &ordered, Listing &listing)
{
    if (ordered.filter.isEmpty()) {
        return count(database, ordered).transform([&](qint64 total) { listing.extent = { total, false }; });
    }

    if (!ordered.inBuckets.isEmpty()) {
        listing.extent.more = true; // than none, for all that is known
        return {};
    }

    // The plus keeps the index of the key out of it: that would go through all rows.
    auto few = database.run(u"SELECT id, %1 FROM %2 WHERE id IN (%3 LIMIT %4) ORDER BY +%1%5, id%5"_s.arg(
                                ordered.key, ordered.table, ordered.from, QString::number(whole + 1),
                                ordered.descending ? u" DESC"_s : u""_s),
                            ordered.fromValues);
    if (!few)
        return std::unexpected(few.error());
    while ((*few)->next())
        listing.rows.append({ (*few)->value(1).toVariant(), (*few)->value(0).toLongLong() });
    if (listing.rows.size() <= whole) {
        listing.isWhole = true;
        listing.extent.total = listing.rows.size();
        return {};
    }
    listing.rows.clear();
    listing.extent = { whole, true };
    if (!ordered.countable)
        return {};
    return database.value(u"SELECT count(*) FROM (%1)"_s.arg(ordered.from), ordered.fromValues)
        .transform([&](const QVariant &total) { listing.extent = { total.toLongLong(), false }; });
}

Result<void> Listings::readBuckets(Database &database, const Ordered &ordered, Listing &listing, qint64 first,
                                   int limit, const std::function<void(const Statement &)> &row)
{
    using Hit = std::pair<QByteArray, qint64>; // key and id; SQLite compares texts by their bytes
    const qint64 end = first + (limit > 0 ? limit : whole); // how far it is read
    const auto after = listing.anchors.upperBound(first);
    qint64 rows = 0; // that are in the buckets so far
    qint64 from = ordered.descending ? firstGram(Found::Rule) >> 40 : -1; // the bucket before
    if (after != listing.anchors.begin()) {
        rows = std::prev(after).key();
        from = std::prev(after)->key.toLongLong();
    }
    auto found = database.run(
        ordered.inBuckets + u" AND grams.rowid BETWEEN ? AND ? ORDER BY grams.rowid"_s
            + (ordered.descending ? u" DESC"_s : u""_s),
        ordered.fromValues
            + (ordered.descending ? QVariantList { gramOfThing(0, 0), gramOfThing(from, 0) - 1 }
                                  : QVariantList { gramOfThing(from + 1, 0), firstGram(Found::Rule) - 1 }));
    if (!found)
        return std::unexpected(found.error());
    QJsonArray ids;
    std::vector<Hit> bucket;
    const auto endBucket = [&] {
        std::ranges::sort(bucket);
        if (ordered.descending)
            std::ranges::reverse(bucket);
        for (const Hit &hit : bucket) {
            if (rows >= first && rows < first + limit)
                ids.append(hit.second);
            ++rows;
        }
        bucket.clear();
        if (rows > 0)
            listing.anchors.insert(rows, { from, 0 });
    };
    bool more = false;
    while ((*found)->next()) {
        const qint64 gram = (*found)->value(0).toLongLong();
        if (gram >> 40 != from && !bucket.empty()) {
            endBucket();
            more = rows >= end;
            if (more)
                break;
        }
        from = gram >> 40;
        bucket.emplace_back((*found)->value(1).toByteArray(), gram & gramIdMask);
    }
    (*found)->finish();
    if (!more) {
        endBucket();
        listing.extent = { rows, false };
    } else if (listing.extent.more) {
        listing.extent.total = std::max(listing.extent.total, rows);
    }
    return readRows(database, ordered, ids, row);
}

Result<bool> Listings::advance(Database &database, const Ordered &ordered, Listing &listing)
{
    std::optional<QVariantList> after;
    qint64 row = 0;
    if (!listing.anchors.isEmpty()) {
        after = { listing.anchors.last().key, listing.anchors.last().id };
        row = listing.anchors.lastKey();
    }
    Selection next = select(ordered, u"id, "_s + ordered.key, after);
    next.values << 1 << stride - 1;
    return database.run(next.sql, next.values).transform([&](Statement *query) {
        if (!query->next())
            return false;
        listing.anchors.insert(row + stride, { query->value(1).toVariant(), query->value(0).toLongLong() });
        query->finish();
        return true;
    });
}

Result<qint64> Listings::reach(Database &database, const Ordered &ordered, Listing &listing, qint64 row)
{
    for (;;) {
        auto anchor = listing.anchors.upperBound(row);
        const qint64 before = anchor == listing.anchors.begin() ? 0 : std::prev(anchor).key();
        if (row - before < stride || anchor != listing.anchors.end())
            return before;
        const auto advanced = advance(database, ordered, listing);
        if (!advanced)
            return std::unexpected(advanced.error());
        if (*advanced)
            continue;
        // It ends less than a stride behind the last anchor.
        Selection rest = select(ordered, u"id"_s,
                                before ? std::optional(QVariantList { listing.anchors[before].key,
                                                                      listing.anchors[before].id })
                                       : std::nullopt);
        rest.values << stride << 0;
        const auto count = database.value(u"SELECT count(*) FROM (%1)"_s.arg(rest.sql), rest.values);
        if (!count)
            return std::unexpected(count.error());
        listing.extent = { before + count->toLongLong(), false };
        return before;
    }
}

} // namespace castellan::replica
