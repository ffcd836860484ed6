// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/location.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QSqlDatabase>
#include <QSqlQuery>

#include <functional>
#include <optional>
#include <unordered_map>

namespace castellan::store {

/// Thrown inside this room, and only there, to leave a transaction undone. The thread's loop in store.cpp
/// makes the caller's failure from it.
struct Abort
{
    Failure failure;
    bool isDatabases = false; ///< it was the database that refused
};

/// One connection to SQLite or PostgreSQL, used by the thread that made it. One to PostgreSQL that was lost
/// is made anew when the next transaction begins.
///
/// SQL is written once, in what both understand; the little they say differently is here.
class Connection
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Store)

public:
    /// Opens \a location, creating an empty SQLite file if there is none. Throws Abort.
    explicit Connection(const Location &location);
    ~Connection();
    Q_DISABLE_COPY_MOVE(Connection)

    [[nodiscard]] Location::Kind kind() const { return m_location.kind; }
    [[nodiscard]] bool isPostgres() const { return kind() == Location::Kind::Postgres; }
    /// Of the database, for people.
    [[nodiscard]] QString name() const { return m_location.name(); }
    /// Runs a statement without values and results. Throws Abort.
    void execute(const QString &sql);

    /// PostgreSQL: calls \a heard with everything that is said on \a channel from now on, from the event loop
    /// of this thread. Throws Abort.
    void listen(const QString &channel, const std::function<void(const QString &)> &heard);

    /// The condition that the text \a column has the text `?` in it.
    [[nodiscard]] QString contains(const QString &column) const;
    /// The part of a full JID before its resource.
    [[nodiscard]] QString bare(const QString &column) const;
    /// A table made of a JSON list of texts, bound to a `?`: columns key (from 0) and value. Either database
    /// takes a list apart several times faster than QtSql binds its members.
    [[nodiscard]] QString texts(const QString &alias) const;
    /// The same with a list of lists: `value ->> 0` is the first member of one as text.
    [[nodiscard]] QString lists(const QString &alias) const;
    /// How much of a SQLite file is kept in memory. PostgreSQL has its own settings for that.
    void setCacheSize(int kibibytes);

private:
    friend class Query;
    friend class Transaction;
    Connection();
    void open();
    [[noreturn]] void raise(const QSqlError &error);
    [[noreturn]] void raiseSqlite(int code, const QString &words) const;
    [[noreturn]] void raisePostgres(const QString &state, const QString &words);

    Location m_location;
    QSqlDatabase m_database;
    bool m_isLost = false;
    /// Prepared statements that are not in use, by their text.
    std::unordered_multimap<QString, QSqlQuery> m_idle;
};

/// One use of a prepared statement. Preparing it again is free: the connection keeps statements.
class Query
{
public:
    enum class Rows {
        Few, ///< other queries may run while they are read
        Many, ///< not held in memory; no other query may run meanwhile
    };
    /// Throws Abort.
    Query(Connection &connection, const QString &sql, Rows rows = Rows::Few);
    ~Query();
    Q_DISABLE_COPY_MOVE(Query)

    /// Binds \a values in order and executes; may be repeated. Throws Abort.
    template<typename... Values>
    Query &run(const Values &...values)
    {
        return runRow({ toVariant(values)... });
    }
    Query &runRow(const QVariantList &values);

    /// Goes to the next row of the result. Throws Abort.
    [[nodiscard]] bool next();
    [[nodiscard]] int affectedRows() const { return m_query.numRowsAffected(); }

    [[nodiscard]] QStringList columns() const;
    [[nodiscard]] QVariant value(int column) const { return m_query.value(column); }
    [[nodiscard]] bool isNull(int column) const { return m_query.isNull(column); }
    [[nodiscard]] qint64 number(int column) const { return m_query.value(column).toLongLong(); }
    [[nodiscard]] QString text(int column) const { return m_query.value(column).toString(); }
    [[nodiscard]] std::optional<QString> optionalText(int column) const;
    /// UTC; invalid for NULL.
    [[nodiscard]] QDateTime time(int column) const;

    [[nodiscard]] static QVariant toVariant(qint64 value) { return value; }
    /// Never NULL: this room knows no difference between an empty text and none. Half surrogate pairs are
    /// replaced here, because SQLite would make something else of them than was hashed for the audit log.
    [[nodiscard]] static QVariant toVariant(const QString &value);
    [[nodiscard]] static QVariant toVariant(const std::optional<QString> &value);
    /// Milliseconds since 1970; NULL for an invalid time.
    [[nodiscard]] static QVariant toVariant(const QDateTime &value);

private:
    Connection &m_connection;
    QString m_sql;
    QSqlQuery m_query;
};

/// Rolls back when it goes out of scope without commit(). All that is read in one is of one moment.
class Transaction
{
public:
    enum class Access {
        None, ///< none: whoever is called begins one, or must not be in any
        Read,
        Write, ///< one at a time: of all processes, the others wait
    };
    /// Throws Abort.
    explicit Transaction(Connection &connection, Access access = Access::Write);
    ~Transaction();
    Q_DISABLE_COPY_MOVE(Transaction)

    void commit();

private:
    Connection &m_connection;
    bool m_open;
};

} // namespace castellan::store
