// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QTemporaryDir>

#include <memory>

namespace castellan::test {

/// A PostgreSQL of its own, in a folder of its own, on loopback; gone with this object. PostgreSQL does not
/// run as root: where tests do, it runs as the user "postgres" that its package makes.
class PostgresServer
{
public:
    PostgresServer();
    ~PostgresServer();
    Q_DISABLE_COPY_MOVE(PostgresServer)

    /// False when it does not come up; \sa complaints.
    [[nodiscard]] bool start();
    /// At once, whoever is connected.
    void stop();
    /// The URL of a new, empty database; empty when it could not be made.
    [[nodiscard]] QString createDatabase();
    [[nodiscard]] QString complaints() const;

private:
    [[nodiscard]] QString logFile() const { return m_folder.filePath(QStringLiteral("log")); }
    bool run(const QString &program, const QStringList &arguments);

    QTemporaryDir m_folder;
    QString m_programs; ///< folder
    quint16 m_port = 0;
    int m_databases = 0;
    QProcess m_process;
    QString m_complaints;
};

/// New databases of both kinds, for tests whose every function runs on each.
class Databases
{
public:
    /// To be called by initTestCase_data(): global rows "SQLite" and "PostgreSQL".
    static void addRows();
    /// Is this the row of PostgreSQL?
    [[nodiscard]] static bool isPostgres();
    /// The URL of a new database of this row's kind.
    [[nodiscard]] QString create();
    [[nodiscard]] PostgresServer &postgres();

private:
    QTemporaryDir m_folder;
    int m_files = 0;
    std::unique_ptr<PostgresServer> m_postgres;
};

} // namespace castellan::test
