// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QSqlDatabase>
#include <QSqlQuery>

#include <optional>
#include <unordered_map>

namespace castellan::store {

/// Thrown inside this room, and only there, to leave a transaction undone. The thread's loop in store.cpp
/// makes the caller's failure from it.
struct Abort
{
    Failure failure;
    int sqliteCode = 0; ///< SQLite's primary result code, 0 when it was not SQLite that refused
};

/// One SQLite connection, used by the thread that made it. Nobody else can open the file meanwhile.
class Connection
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Store)

public:
    /// Opens \a path, creating an empty database if there is none. Throws Abort.
    explicit Connection(const QString &path);
    ~Connection();
    Q_DISABLE_COPY_MOVE(Connection)

    [[nodiscard]] const QString &path() const { return m_path; }
    /// Runs a statement without values and results. Throws Abort.
    void execute(const QString &sql);

private:
    friend class Query;
    Connection();
    [[noreturn]] void raise(const QSqlError &error) const;

    QString m_path;
    QSqlDatabase m_database;
    /// Prepared statements that are not in use, by their text.
    std::unordered_multimap<QString, QSqlQuery> m_idle;
};

/// One use of a prepared statement. Preparing it again is free: the connection keeps statements.
class Query
{
public:
    /// Throws Abort.
    Query(Connection &connection, const QString &sql);
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

/// Rolls back when it goes out of scope without commit().
class Transaction
{
public:
    explicit Transaction(Connection &connection);
    ~Transaction();
    Q_DISABLE_COPY_MOVE(Transaction)

    void commit();

private:
    Connection &m_connection;
    bool m_open = true;
};

} // namespace castellan::store
