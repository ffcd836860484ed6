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

class QSqlQuery;

namespace castellan::replica {

class Database;

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
    Parts parts; ///< what changes the order or the choice
};

/// Finds row number N of a list without counting from its start each time. Remembered per list and for as
/// long as nothing changed: where every thousandth row is and where pages ended; or, of lists that are short
/// after filtering, all their rows in order.
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
                                      const std::function<void(const QSqlQuery &)> &row);
    /// How many rows have at most this key. For lists in ascending order of numbers that do not repeat.
    [[nodiscard]] Result<qint64> rowsUpTo(Database &database, const Ordered &ordered, qint64 key);

    /// Lists of up to so many rows that pass a filter are kept whole; of longer ones it is only known that
    /// they are longer, until somebody goes there.
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
        bool isWhole = false;
        QList<Anchor> rows; ///< isWhole: all, in order
        QMap<qint64, Anchor> anchors; ///< by the number of rows up to and including the anchor
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

    QHash<QString, Listing> m_listings;
    quint64 m_uses = 0;
};

} // namespace castellan::replica
