// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QVariant>

#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace castellan::replica {

/// A value of the row on which a statement stands. Only valid while it stands there.
class Cell
{
public:
    [[nodiscard]] bool isNull() const;
    [[nodiscard]] bool toBool() const { return toLongLong() != 0; }
    [[nodiscard]] int toInt() const { return int(toLongLong()); }
    [[nodiscard]] qint64 toLongLong() const;
    [[nodiscard]] QString toString() const;
    [[nodiscard]] QByteArray toByteArray() const;
    /// For what is only kept: to be bound again, or to be read by whoever knows what it is.
    [[nodiscard]] QVariant toVariant() const;

private:
    friend class Statement;
    Cell(sqlite3_stmt *statement, int column)
        : m_statement(statement),
          m_column(column)
    { }

    sqlite3_stmt *m_statement;
    int m_column;
};

/// A prepared statement of SQLite's own interface. QtSql would make a QVariant of every value, which takes
/// longer than reading it.
class Statement
{
public:
    Statement() = default;
    /// Check isPrepared().
    Statement(sqlite3 *database, const QString &sql);
    ~Statement();
    Statement(Statement &&other) noexcept
        : m_statement(std::exchange(other.m_statement, nullptr)),
          m_values(std::move(other.m_values)),
          m_atFirst(other.m_atFirst),
          m_status(other.m_status)
    { }
    Statement &operator=(Statement &&) = delete;

    [[nodiscard]] bool isPrepared() const { return m_statement != nullptr; }

    /// Forgets the rows that are left, and runs with \a values for the question marks. False: it failed, see
    /// the database.
    [[nodiscard]] bool execute(const QVariantList &values = {});
    /// The same for a statement that has no rows, with values that are not kept.
    template<typename... Values>
    [[nodiscard]] bool write(const Values &...values)
    {
        finish();
        int number = 0;
        (bind(++number, values), ...);
        return finished();
    }

    /// Goes to the first or next row, if there is one. False may mean that it failed: see failed().
    [[nodiscard]] bool next();
    [[nodiscard]] Cell value(int column) const { return { m_statement, column }; }
    void finish();
    [[nodiscard]] bool failed() const;
    [[nodiscard]] qint64 lastInsertId() const;
    /// Rows that the last statement of the database, this one, has written.
    [[nodiscard]] qint64 changedRows() const;

private:
    void bind(int number, const QVariant &value);
    void bind(int number, const QString &value);
    void bind(int number, QUtf8StringView value);
    void bind(int number, const QByteArray &value);
    void bind(int number, qint64 value);
    void bind(int number, int value) { bind(number, qint64(value)); }
    void bind(int number, bool value) { bind(number, qint64(value)); }
    [[nodiscard]] bool finished();

    sqlite3_stmt *m_statement = nullptr;
    QVariantList m_values; ///< bound without a copy
    bool m_atFirst = false; ///< the statement stands on a row that next() has not shown
    int m_status = 0;
};

} // namespace castellan::replica
