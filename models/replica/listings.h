// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/rows.h"
#include "vocabulary/result.h"

#include <QHash>
#include <QList>
#include <QMap>
#include <QString>

#include <functional>

namespace castellan::replica {

class Database;
class Statement;

/// A table that lists show, in the order of one of its indexes.
struct Ordered
{
    QString table;
    QString columns; ///< what the rows are read from; the first is the primary key, the second the key
    QString key; ///< the column that it is sorted by; the primary key decides between equals
    bool descending = false;
    QString base; ///< condition that the index answers as well, without values; may be empty
    /// Narrows the rows further. Empty: all.
    QString filter;
    QVariantList values; ///< for the question marks of `filter`
    /// Selects the primary keys of the rows that pass the filter, in any order, by another index than that of
    /// the key.
    QString from;
    QVariantList fromValues;
    bool countable = false; ///< that index alone can tell how many pass
    /// Selects keys of the grams and keys of the rows that pass the filter, for rows that come in buckets in
    /// the order of the key: then those are read one after the other, and `from` is not.
    QString inBuckets;
    Parts parts; ///< what changes the order or the choice
};

/// Finds row number N of a list without counting from its start each time. Remembered per list and for as
/// long as nothing changed: where every thousandth row is and where pages ended; or, of lists that are short
/// after filtering, all their rows in order; or, of what is found in buckets, how many are in each.
class Listings
{
public:
    /// Reads up to \a limit rows from number \a first on. Returns how many rows there are, and whether only
    /// at least as many.
    struct Extent
    {
        qint64 total = 0;
        bool more = false;
    };
    [[nodiscard]] Result<Extent> read(Database &database, const Ordered &ordered, qint64 first, int limit,
                                      const std::function<void(const Statement &)> &row);
    /// How many rows have at most this key. For lists in ascending order of numbers that do not repeat.
    [[nodiscard]] Result<qint64> rowsUpTo(Database &database, const Ordered &ordered, qint64 key);

    /// Lists of up to so many rows that pass a filter are kept whole; of longer ones it is only known that
    /// they are longer, until somebody goes there or, in buckets, counts: who reads no rows from the end on
    /// has it go on by as many.
    static constexpr int whole = 5000;

private:
    struct Anchor
    {
        QVariant key;
        qint64 id = 0;
    };
    struct Listing
    {
        qint64 generation = -1;
        bool isWhole = false; ///< not of what is found in buckets
        QList<Anchor> rows; ///< isWhole: all, in order
        /// By the number of rows up to and including the anchor; of what is found in buckets, the key is the
        /// bucket, and all of its rows are included.
        QMap<qint64, Anchor> anchors;
        Extent extent;
        quint64 used = 0;
    };

    [[nodiscard]] Result<Listing *> listing(Database &database, const Ordered &ordered);
    [[nodiscard]] static Result<void> open(Database &database, const Ordered &ordered, Listing &listing);
    /// Adds an anchor behind the last one; false: there are no rows that far.
    [[nodiscard]] static Result<bool> advance(Database &database, const Ordered &ordered, Listing &listing);
    /// The last anchor that is not behind \a row, and not far before it unless the list ends.
    [[nodiscard]] static Result<qint64> reach(Database &database, const Ordered &ordered, Listing &listing,
                                              qint64 row);

    [[nodiscard]] static Result<void> readBuckets(Database &database, const Ordered &ordered,
                                                  Listing &listing, qint64 first, int limit,
                                                  const std::function<void(const Statement &)> &row);

    QHash<QString, Listing> m_listings;
    quint64 m_uses = 0;
};

} // namespace castellan::replica
