// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/statement.h"

#include <sqlite3.h>

namespace castellan::replica {

bool Cell::isNull() const
{
    return sqlite3_column_type(m_statement, m_column) == SQLITE_NULL;
}

qint64 Cell::toLongLong() const
{
    return sqlite3_column_int64(m_statement, m_column);
}

QString Cell::toString() const
{
    const unsigned char *text = sqlite3_column_text(m_statement, m_column);
    return QString::fromUtf8(reinterpret_cast<const char *>(text),
                             sqlite3_column_bytes(m_statement, m_column));
}

QByteArray Cell::toByteArray() const
{
    const void *bytes = sqlite3_column_blob(m_statement, m_column);
    return { static_cast<const char *>(bytes), sqlite3_column_bytes(m_statement, m_column) };
}

QVariant Cell::toVariant() const
{
    switch (sqlite3_column_type(m_statement, m_column)) {
    case SQLITE_INTEGER:
        return toLongLong();
    case SQLITE_TEXT:
        return toString();
    case SQLITE_BLOB:
        return toByteArray();
    case SQLITE_FLOAT:
        return sqlite3_column_double(m_statement, m_column);
    default:
        return {};
    }
}

Statement::Statement(sqlite3 *database, const QString &sql)
{
    const QByteArray text = sql.toUtf8();
    sqlite3_prepare_v3(database, text.constData(), int(text.size()), SQLITE_PREPARE_PERSISTENT, &m_statement,
                       nullptr);
}

Statement::~Statement()
{
    sqlite3_finalize(m_statement);
}

bool Statement::execute(const QVariantList &values)
{
    finish();
    m_values = values;
    for (qsizetype i = 0; i < m_values.size(); ++i)
        bind(int(i) + 1, m_values.at(i));
    m_status = sqlite3_step(m_statement);
    m_atFirst = m_status == SQLITE_ROW;
    if (!m_atFirst)
        sqlite3_reset(m_statement);
    return !failed();
}

bool Statement::finished()
{
    m_status = sqlite3_step(m_statement);
    sqlite3_reset(m_statement);
    return !failed();
}

bool Statement::next()
{
    if (std::exchange(m_atFirst, false))
        return true;
    if (m_status != SQLITE_ROW)
        return false;
    m_status = sqlite3_step(m_statement);
    if (m_status != SQLITE_ROW)
        sqlite3_reset(m_statement);
    return m_status == SQLITE_ROW;
}

void Statement::finish()
{
    sqlite3_reset(m_statement);
    m_atFirst = false;
    m_status = SQLITE_DONE;
}

bool Statement::failed() const
{
    return m_status != SQLITE_ROW && m_status != SQLITE_DONE;
}

qint64 Statement::lastInsertId() const
{
    return sqlite3_last_insert_rowid(sqlite3_db_handle(m_statement));
}

qint64 Statement::changedRows() const
{
    return sqlite3_changes64(sqlite3_db_handle(m_statement));
}

void Statement::bind(int number, const QVariant &value)
{
    // get_if: what is bound is the text in the variant and not a copy of it, which would be gone too early.
    if (value.isNull())
        sqlite3_bind_null(m_statement, number);
    else if (const auto *text = get_if<QString>(&value))
        bind(number, *text);
    else if (const auto *bytes = get_if<QByteArray>(&value))
        bind(number, *bytes);
    else
        bind(number, value.toLongLong());
}

void Statement::bind(int number, const QString &value)
{
    if (value.isNull())
        sqlite3_bind_null(m_statement, number);
    else
        sqlite3_bind_text16(m_statement, number, value.utf16(), int(value.size() * 2), SQLITE_STATIC);
}

void Statement::bind(int number, QUtf8StringView value)
{
    sqlite3_bind_text(m_statement, number, value.data(), int(value.size()), SQLITE_STATIC);
}

void Statement::bind(int number, const QByteArray &value)
{
    sqlite3_bind_blob(m_statement, number, value.constData(), int(value.size()), SQLITE_STATIC);
}

void Statement::bind(int number, qint64 value)
{
    sqlite3_bind_int64(m_statement, number, value);
}

} // namespace castellan::replica
