// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"
#include "vocabulary/listing.h"

#include <QVariant>

#include <functional>

namespace castellan::store {

class Connection;
class Query;

[[nodiscard]] bool isOrdered(ObjectType type);
/// The rank of an ordered rule.
[[nodiscard]] qint64 rankOf(const Object &rule);
void setRank(Object &rule, qint64 rank);

/// Ranks start this far apart: room for 32 rules at the same place before others have to give way. A million
/// rules still have ranks that a double holds exactly.
inline constexpr qint64 rankGap = Q_INT64_C(1) << 32;

/// The tables of the network's objects, within the caller's transaction. Every function throws Abort.
class ObjectTables
{
public:
    explicit ObjectTables(Connection &connection);

    /// 0: not there.
    [[nodiscard]] Revision version(const ObjectKey &key) const;
    [[nodiscard]] std::optional<VersionedObject> read(const ObjectKey &key) const;
    enum class Order {
        ById,
        Any, ///< as the database finds them: it does not have to look for each
    };
    /// Every object of \a type; rules always in their own order.
    void readAll(ObjectType type, Order order, const std::function<void(VersionedObject &&)> &take) const;

    /// What is written for an object.
    struct Row
    {
        ObjectType type = ObjectType::Thing;
        QVariantList values;
    };
    [[nodiscard]] static Row rowOf(const Object &object, Revision version); ///< on any thread
    void write(const QList<Row> &rows);
    void write(const Object &object, Revision version) { write({ rowOf(object, version) }); }
    /// Takes the indexes away, but not those of ids, and answers the SQL that makes them again: for writing
    /// very many objects. Of PostgreSQL none.
    [[nodiscard]] QStringList dropIndexes();
    /// Leaves a tombstone.
    void remove(const ObjectKey &key, Revision version);
    /// Takes the tombstone away, if there is one: the object comes back.
    void forgetRemoved(const ObjectKey &key);

    /// A place in the order, and the rules that have to give way for it, with their new ranks.
    struct Place
    {
        qint64 rank = 0;
        QList<std::pair<QString, qint64>> giveWay;
    };
    /// The place directly behind the rule \a after, which exists (empty: the first; not set: the last), for
    /// the rule \a id.
    [[nodiscard]] Place placeBehind(ObjectType type, const std::optional<QString> &after,
                                    const QString &id) const;

    /// Where a page starts: behind this one.
    struct Position
    {
        Revision version = 0;
        /// An ObjectType; behind the last one: all of that version lies before.
        int type = int(allObjectTypes.size());
        QString id {};
    };
    /// Objects, and tombstones if \a withRemoved, behind \a position in (version, type, id) order.
    [[nodiscard]] QList<VersionedObject> changed(const Position &position, bool withRemoved, int max) const;
    [[nodiscard]] int countChanged(Revision since, bool withRemoved) const;

    /// Which objects a listing means, as conditions of SQL.
    struct Selection
    {
        QStringList conditions;
        QVariantList values;
    };
    /// `bad-request` for a filter that the type does not have.
    [[nodiscard]] Result<Selection> select(const Listing &listing) const;
    /// Whether the order of \a listing is by a number and then by ids, or by ids alone.
    [[nodiscard]] bool hasSortNumber(const Listing &listing) const;
    [[nodiscard]] std::optional<qint64> sortNumber(const Listing &listing,
                                                   const VersionedObject &object) const;
    /// A place in a list: behind this one, or in front of it.
    struct ListPlace
    {
        qint64 number = 0; ///< see hasSortNumber()
        QString id {};
    };
    /// Objects next to \a place (not set: from the end that the direction starts at). \a backwards: in front
    /// of it, and the nearest first.
    [[nodiscard]] QList<VersionedObject> list(const Listing &listing, const Selection &selection,
                                              const std::optional<ListPlace> &place, bool backwards,
                                              int max) const;
    [[nodiscard]] int countListed(const Listing &listing, const Selection &selection) const;

private:
    Connection &m_connection;
};

} // namespace castellan::store
