// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"

#include <QFile>
#include <QSqlDriver>
#include <QSqlError>
#include <QSqlRecord>
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

// Of all writers to one PostgreSQL database only the one that has this lock goes on.
constexpr auto writersLock = "SELECT pg_advisory_xact_lock(1130460020)"_L1;

// Connecting gives up after five seconds; a connection that nobody answers on counts as lost after ten.
constexpr auto postgresOptions =
    "connect_timeout=5;tcp_user_timeout=10000;application_name=castellan-server"_L1;

[[noreturn]] void refuse(FailureKind kind, const QString &text)
{
    throw Abort { { kind, text }, true };
}

} // namespace

Connection::Connection() = default;

// Delegates, so that the destructor cleans up when this throws.
Connection::Connection(const Location &location)
    : Connection()
{
    m_location = location;
    const QString driver = isPostgres() ? u"QPSQL"_s : u"QSQLITE"_s;
    if (!QSqlDatabase::isDriverAvailable(driver)) {
        throw Abort { { FailureKind::InternalServerError,
                        tr("Qt has no driver %1 on this machine. Install it (Debian: %2).",
                           "%1 is the name of a driver, %2 of a package")
                            .arg(driver, isPostgres() ? u"libqt6sql6-psql"_s : u"libqt6sql6-sqlite"_s) } };
    }
    m_database = QSqlDatabase::addDatabase(driver, QUuid::createUuid().toString());
    if (isPostgres()) {
        m_database.setUserName(location.user);
        m_database.setHostName(location.host);
        m_database.setPort(location.port);
        m_database.setDatabaseName(location.database);
        m_database.setConnectOptions(postgresOptions);
    } else {
        // Rules and privileges are nobody else's business. SQLite gives its other files the same permissions.
        // That it fails when the file exists is meant; whatever else is wrong, SQLite will say.
        QFile(location.path)
            .open(QIODevice::WriteOnly | QIODevice::NewOnly, QFile::ReadOwner | QFile::WriteOwner);
        m_database.setDatabaseName(location.path);
        // Others write only for moments: who migrates, or takes the place of a process that stops.
        m_database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=5000"_s);
    }
    open();
}

Connection::~Connection()
{
    const QString name = m_database.connectionName();
    m_idle.clear();
    m_database = {};
    QSqlDatabase::removeDatabase(name);
}

void Connection::open()
{
    m_idle.clear(); // prepared in the connection before
    m_database.close();
    if (!m_database.open())
        raise(m_database.lastError());
    m_isLost = false;
    if (!isPostgres())
        return;
    QSqlQuery encoding(u"SHOW server_encoding"_s, m_database);
    if (encoding.next() && encoding.value(0) != u"UTF8"_s) {
        throw Abort { { FailureKind::NotAllowed,
                        tr("The database %1 has the encoding %2 and cannot hold every name. Create one with "
                           "the encoding UTF8.",
                           "%1 is a URL, %2 the name of an encoding")
                            .arg(name(), encoding.value(0).toString()) } };
    }
}

void Connection::execute(const QString &sql)
{
    QSqlQuery query(m_database);
    if (!query.exec(sql))
        raise(query.lastError());
}

void Connection::listen(const QString &channel, const std::function<void(const QString &)> &heard)
{
    QSqlDriver *driver = m_database.driver();
    QObject::connect(driver, &QSqlDriver::notification, driver,
                     [heard](const QString &, QSqlDriver::NotificationSource, const QVariant &payload) {
                         heard(payload.toString());
                     });
    if (!driver->subscribeToNotification(channel))
        raise(driver->lastError());
}

QString Connection::contains(const QString &column) const
{
    return (isPostgres() ? u"strpos(%1, ?) > 0"_s : u"instr(%1, ?) > 0"_s).arg(column);
}

QString Connection::bare(const QString &column) const
{
    return (isPostgres() ? u"split_part(%1, '/', 1)"_s : u"substr(%1, 1, instr(%1 || '/', '/') - 1)"_s)
        .arg(column);
}

QString Connection::texts(const QString &alias) const
{
    return (isPostgres() ? u"(SELECT ordinality - 1 AS key, value FROM json_array_elements_text(?)"
                           " WITH ORDINALITY) AS %1"_s
                         : u"json_each(?) AS %1"_s)
        .arg(alias);
}

QString Connection::lists(const QString &alias) const
{
    return (isPostgres() ? u"(SELECT ordinality - 1 AS key, value FROM json_array_elements(?)"
                           " WITH ORDINALITY) AS %1"_s
                         : u"json_each(?) AS %1"_s)
        .arg(alias);
}

void Connection::setCacheSize(int kibibytes)
{
    if (!isPostgres())
        execute(u"PRAGMA cache_size = -%1"_s.arg(kibibytes));
}

void Connection::raise(const QSqlError &error)
{
    if (isPostgres())
        raisePostgres(error.nativeErrorCode(), error.databaseText().trimmed());
    raiseSqlite(error.nativeErrorCode().toInt() & 0xff, // the rest tells extended codes apart
                error.databaseText());
}

void Connection::raiseSqlite(int code, const QString &words) const
{
    switch (code) {
    case Busy:
        refuse(FailureKind::ServiceUnavailable,
               tr("The database %1 is in use by another process. Stop that one first.", "%1 is a file name")
                   .arg(name()));
    case CannotOpen:
    case ReadOnly:
        refuse(FailureKind::NotAllowed,
               tr("The database %1 could not be opened: %2. Its folder must exist, and this user must be "
                  "allowed to write there and to the file.",
                  "%1 is a file name, %2 what the database said")
                   .arg(name(), words));
    case Corrupt:
        refuse(FailureKind::InternalServerError,
               tr("The database %1 is damaged: %2. Keep the file, and restore a backup.",
                  "%1 is a file name, %2 what the database said")
                   .arg(name(), words));
    case NotADatabase:
        refuse(FailureKind::NotAllowed,
               tr("%1 is not a database. Name another file; this one was left as it is.", "%1 is a file name")
                   .arg(name()));
    case Full:
        refuse(FailureKind::ResourceConstraint,
               tr("There is no room left for the database %1: %2. Nothing was changed; make room and "
                  "try again.",
                  "%1 is a database, %2 what it said")
                   .arg(name(), words));
    default:
        refuse(FailureKind::InternalServerError,
               tr("The database %1 could not be used: %2.", "%1 is a database, %2 what it said")
                   .arg(name(), words));
    }
}

// \a state: as PostgreSQL's manual lists them; empty when there is nobody to say one.
void Connection::raisePostgres(const QString &state, const QString &words)
{
    if (state.isEmpty() || state.startsWith("08"_L1) || state.startsWith("57P0"_L1)) {
        m_isLost = true;
        refuse(FailureKind::ServiceUnavailable,
               tr("The database %1 cannot be reached: %2. It is asked again with the next request; see that "
                  "it runs.",
                  "%1 is a URL, %2 what the database said")
                   .arg(name(), words));
    }
    if (state.startsWith("28"_L1) || state == "3D000"_L1 || state == "42501"_L1) {
        refuse(FailureKind::NotAllowed,
               tr("The database %1 could not be opened: %2. It must exist, and this user must be allowed to "
                  "create tables there; the password comes from PGPASSWORD or ~/.pgpass.",
                  "%1 is a URL, %2 what the database said")
                   .arg(name(), words));
    }
    if (state.startsWith("53"_L1)) {
        refuse(FailureKind::ResourceConstraint,
               tr("There is no room left for the database %1: %2. Nothing was changed; make room and "
                  "try again.",
                  "%1 is a database, %2 what it said")
                   .arg(name(), words));
    }
    refuse(
        FailureKind::InternalServerError,
        tr("The database %1 could not be used: %2.", "%1 is a database, %2 what it said").arg(name(), words));
}

Query::Query(Connection &connection, const QString &sql, Rows rows)
    : m_connection(connection),
      m_sql(sql),
      m_query(connection.m_database)
{
    if (const auto idle = connection.m_idle.find(sql); idle != connection.m_idle.end()) {
        m_query = std::move(idle->second);
        connection.m_idle.erase(idle);
        return;
    }
    // SQLite never holds a result in memory, and goes on with it whatever else runs.
    m_query.setForwardOnly(rows == Rows::Many || !connection.isPostgres());
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
    for (int i = 0; i < values.size(); ++i) {
        // PostgreSQL has no such text, and QtSql would hand it the half before.
        if (m_connection.isPostgres() && values[i].typeId() == QMetaType::QString
            && values[i].toString().contains(QChar::Null)) {
            throw Abort { { FailureKind::BadRequest,
                            Connection::tr("A text with the character U+0000 cannot be stored.") } };
        }
        m_query.bindValue(i, values[i]);
    }
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

QStringList Query::columns() const
{
    QStringList names;
    const QSqlRecord record = m_query.record();
    for (int i = 0; i < record.count(); ++i)
        names.append(record.fieldName(i));
    return names;
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

Transaction::Transaction(Connection &connection, Access access)
    : m_connection(connection),
      m_open(access != Access::None)
{
    if (!m_open)
        return;
    const bool writes = access == Access::Write;
    if (!connection.isPostgres()) {
        connection.execute(writes ? u"BEGIN IMMEDIATE"_s : u"BEGIN"_s);
        return;
    }

    const auto begin = [&] {
        connection.execute(writes ? u"BEGIN ISOLATION LEVEL READ COMMITTED"_s
                                  : u"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"_s);
        if (writes)
            connection.execute(writersLock);
    };
    if (connection.m_isLost)
        connection.open();
    try {
        begin();
    } catch (const Abort &) {
        if (!connection.m_isLost)
            throw;
        // It went while nobody used it, and nothing was done in it yet.
        connection.open();
        begin();
    }
}

Transaction::~Transaction()
{
    if (m_open) {
        try {
            m_connection.execute(u"ROLLBACK"_s);
        } catch (const Abort &) {
            // The database has rolled back by itself (disk full, I/O error, connection lost), and says that
            // there is nothing to roll back.
        }
    }
}

void Transaction::commit()
{
    if (!m_open)
        return;
    m_connection.execute(u"COMMIT"_s);
    m_open = false;
}

} // namespace castellan::store
