// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"

#include <QFile>
#include <QSqlError>
#include <QTimeZone>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

// SQLite's primary result codes (sqlite3.h); QtSql hands them out as text.
enum SqliteCode {
    Busy = 5,
    ReadOnly = 8,
    Corrupt = 11,
    Full = 13,
    CannotOpen = 14,
    NotADatabase = 26,
};

} // namespace

Connection::Connection()
{
    if (!QSqlDatabase::isDriverAvailable(u"QSQLITE"_s)) {
        throw Abort {
            { FailureKind::InternalServerError,
              tr("Qt has no SQLite driver on this machine. Install it (Debian: libqt6sql6-sqlite).") }
        };
    }
    m_database = QSqlDatabase::addDatabase(u"QSQLITE"_s, QUuid::createUuid().toString());
}

// Delegates, so that the destructor cleans up when this throws.
Connection::Connection(const QString &path)
    : Connection()
{
    m_path = path;
    // Rules and privileges are nobody else's business. SQLite gives its other files the same permissions.
    // That it fails when the file exists is meant; whatever else is wrong, SQLite will say.
    QFile(path).open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner);
    m_database.setDatabaseName(path);
    // Long enough for the process before this one to finish, when a service manager restarts it.
    m_database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=2000"_s);
    if (!m_database.open())
        raise(m_database.lastError());
    // Two servers on one file would each decide from a memory that the other makes stale.
    execute(u"PRAGMA locking_mode = EXCLUSIVE"_s);
}

Connection::~Connection()
{
    const QString name = m_database.connectionName();
    m_idle.clear();
    m_database = {};
    QSqlDatabase::removeDatabase(name);
}

void Connection::execute(const QString &sql)
{
    QSqlQuery query(m_database);
    if (!query.exec(sql))
        raise(query.lastError());
}

void Connection::raise(const QSqlError &error) const
{
    const int code = error.nativeErrorCode().toInt() & 0xff; // the rest tells extended codes apart
    const QString words = error.databaseText();
    switch (code) {
    case Busy:
        throw Abort { { FailureKind::ServiceUnavailable,
                        tr("The database %1 is in use by another process. Stop that one first (another "
                           "castellan-server?).",
                           "%1 is a file name")
                            .arg(m_path) },
                      code };
    case CannotOpen:
    case ReadOnly:
        throw Abort {
            { FailureKind::NotAllowed,
              tr("The database %1 could not be opened: %2. Its folder must exist, and this user must be "
                 "allowed to write there and to the file.",
                 "%1 is a file name, %2 what the database said")
                  .arg(m_path, words) },
            code
        };
    case Corrupt:
        throw Abort { { FailureKind::InternalServerError,
                        tr("The database %1 is damaged: %2. Keep the file, and restore a backup.",
                           "%1 is a file name, %2 what the database said")
                            .arg(m_path, words) },
                      code };
    case NotADatabase:
        throw Abort { { FailureKind::NotAllowed,
                        tr("%1 is not a database. Name another file; this one was left as it is.",
                           "%1 is a file name")
                            .arg(m_path) },
                      code };
    case Full:
        throw Abort {
            { FailureKind::ResourceConstraint,
              tr("There is no room left for the database %1: %2. Nothing was changed; make room and "
                 "try again.",
                 "%1 is a file name, %2 what the database said")
                  .arg(m_path, words) },
            code
        };
    default:
        throw Abort { { FailureKind::InternalServerError,
                        tr("The database %1 could not be used: %2.",
                           "%1 is a file name, %2 what the database said")
                            .arg(m_path, words) },
                      code };
    }
}

Query::Query(Connection &connection, const QString &sql)
    : m_connection(connection),
      m_sql(sql),
      m_query(connection.m_database)
{
    if (const auto idle = connection.m_idle.find(sql); idle != connection.m_idle.end()) {
        m_query = std::move(idle->second);
        connection.m_idle.erase(idle);
        return;
    }
    m_query.setForwardOnly(true);
    if (!m_query.prepare(sql))
        connection.raise(m_query.lastError());
}

Query::~Query()
{
    m_query.finish();
    m_connection.m_idle.emplace(m_sql, std::move(m_query));
}

Query &Query::runRow(const QVariantList &values)
{
    for (int i = 0; i < values.size(); ++i)
        m_query.bindValue(i, values[i]);
    if (!m_query.exec())
        m_connection.raise(m_query.lastError());
    return *this;
}

bool Query::next()
{
    if (m_query.next())
        return true;
    if (m_query.lastError().isValid())
        m_connection.raise(m_query.lastError());
    return false;
}

std::optional<QString> Query::optionalText(int column) const
{
    return isNull(column) ? std::nullopt : std::optional(text(column));
}

QDateTime Query::time(int column) const
{
    return isNull(column) ? QDateTime() : QDateTime::fromMSecsSinceEpoch(number(column), QTimeZone::UTC);
}

QVariant Query::toVariant(const QString &value)
{
    if (value.isNull())
        return u""_s;
    return value.isValidUtf16() ? value : QString::fromUtf8(value.toUtf8());
}

QVariant Query::toVariant(const std::optional<QString> &value)
{
    return value ? toVariant(*value) : QVariant(QMetaType::fromType<QString>());
}

QVariant Query::toVariant(const QDateTime &value)
{
    return value.isValid() ? QVariant(value.toMSecsSinceEpoch()) : QVariant(QMetaType::fromType<qint64>());
}

Transaction::Transaction(Connection &connection)
    : m_connection(connection)
{
    connection.execute(u"BEGIN"_s);
}

Transaction::~Transaction()
{
    if (m_open) {
        try {
            m_connection.execute(u"ROLLBACK"_s);
        } catch (const Abort &) {
            // SQLite has rolled back by itself (disk full, I/O error), and says that there is nothing to roll
            // back.
        }
    }
}

void Transaction::commit()
{
    m_connection.execute(u"COMMIT"_s);
    m_open = false;
}

} // namespace castellan::store
