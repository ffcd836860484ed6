// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/backup.h"

#include "store/connection.h"
#include "store/schema.h"

#include <QFile>
#include <QFileInfo>
#include <QScopeGuard>
#include <QTemporaryDir>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

/// Rows that one statement inserts: PostgreSQL answers each, which takes longer than the row.
constexpr qsizetype rowsAtOnce = 200;

void copyRows(Connection &from, Connection &to, const QString &table)
{
    Query rows(from, u"SELECT * FROM %1"_s.arg(table), Query::Rows::Many);
    rows.run();
    const QStringList columns = rows.columns();
    const QString marks = u"(%1)"_s.arg(QStringList(columns.size(), u"?"_s).join(u','));
    const auto insert = [&](const QVariantList &values) {
        const QStringList all(values.size() / columns.size(), marks);
        Query(to, u"INSERT INTO %1 (\"%2\") VALUES %3"_s.arg(table, columns.join("\",\""_L1), all.join(u',')))
            .runRow(values);
    };
    QVariantList values;
    while (rows.next()) {
        for (int i = 0; i < columns.size(); ++i)
            values.append(rows.value(i));
        if (values.size() == rowsAtOnce * columns.size()) {
            insert(values);
            values.clear();
        }
    }
    if (!values.isEmpty())
        insert(values);
}

void copyAll(Connection &from, Connection &to)
{
    to.execute(u"DELETE FROM audit_head"_s); // a new database has a row there
    for (const QLatin1StringView table : contentTables())
        copyRows(from, to, table);
}

/// The name counts only from here on, also after a power failure.
[[nodiscard]] bool finish(const QString &part, const QString &path)
{
    const auto sync = [](const QString &name, int flags) {
        const int file = open(QFile::encodeName(name).constData(), flags | O_CLOEXEC);
        const bool isDone = file >= 0 && fsync(file) == 0;
        if (file >= 0)
            close(file);
        return isDone;
    };
    return sync(part, O_RDONLY)
        && std::rename(QFile::encodeName(part).constData(), QFile::encodeName(path).constData()) == 0
        && sync(QFileInfo(path).absolutePath(), O_RDONLY | O_DIRECTORY);
}

void copyOf(Connection &connection, Connection &copy)
{
    migrate(copy, migrations());
    Transaction reading(connection, Transaction::Access::Read);
    Transaction writing(copy);
    copyAll(connection, copy);
    Query epoch(connection, u"SELECT value FROM meta WHERE key = 'epoch'"_s);
    if (epoch.run().next())
        Query(copy, u"INSERT INTO meta (key, value) VALUES ('epoch', ?)"_s).run(epoch.text(0));
    writing.commit();
}

} // namespace

void writeBackup(Connection &connection, const QString &path)
{
    const QString part = path + ".part"_L1;
    const auto tidy = qScopeGuard([&part] {
        for (const QString &name : { part, part + "-journal"_L1 })
            QFile::remove(name);
    });
    const auto raise = [&path](FailureKind kind, const QString &why) {
        throw Abort { { kind,
                        Connection::tr("The backup %1 was not written: %2",
                                       "%1 is a file name, %2 what is wrong")
                            .arg(path, why) } };
    };
    try {
        QFile::remove(part); // of a backup that was stopped
        Connection copy({ .path = part });
        if (connection.isPostgres())
            copyOf(connection, copy);
        else
            Query(connection, u"VACUUM INTO ?"_s).run(part); // which takes an empty file for none
    } catch (const Abort &abort) {
        raise(abort.failure.kind, abort.failure.text);
    }
    if (!finish(part, path))
        raise(FailureKind::ResourceConstraint, qt_error_string(errno));
}

void readBackup(const QString &path, Connection &connection)
{
    const auto refuse = [&path] {
        throw Abort {
            { FailureKind::ItemNotFound,
              Connection::tr("%1 is not a backup of castellan-server.", "%1 is a file name").arg(path) }
        };
    };
    if (!QFile::exists(path))
        refuse();
    QTemporaryDir folder;
    QString source = path;
    int version = 0;
    {
        Connection backup({ .path = path });
        version = versionOf(backup);
    }
    if (version == 0)
        refuse();
    if (version != schemaVersion) { // older, or newer, which migrate() refuses
        source = folder.filePath(u"backup"_s);
        if (!QFile::copy(path, source)) {
            throw Abort { { FailureKind::ResourceConstraint,
                            Connection::tr("There is no room to bring the backup %1 up to date in %2.",
                                           "%1 is a file name, %2 a folder")
                                .arg(path, folder.path()) } };
        }
    }
    Connection backup({ .path = source });
    if (version != schemaVersion)
        migrate(backup, migrations());
    Transaction reading(backup, Transaction::Access::Read);
    copyAll(backup, connection);
}

} // namespace castellan::store
