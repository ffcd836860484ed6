// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/databases.h"

#include <QDir>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTest>

#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

using namespace Qt::StringLiterals;

namespace castellan::test {

static constexpr int patience = 60'000;

/// The folder of the newest PostgreSQL's programs, which Debian keeps out of the PATH.
static QString programsFolder()
{
    const QStringList versions = QDir(u"/usr/lib/postgresql"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    const auto newest = std::ranges::max_element(versions, {},
                                                 [](const QString &name) { return name.toInt(); });
    if (newest != versions.end())
        return u"/usr/lib/postgresql/%1/bin/"_s.arg(*newest);
    const QString inPath = QStandardPaths::findExecutable(u"postgres"_s);
    return inPath.isEmpty() ? QString() : QFileInfo(inPath).canonicalPath() + u'/';
}

/// Before the program of a child starts.
static void becomeOrdinary()
{
    if (geteuid() == 0) {
        const passwd *user = getpwnam("postgres");
        if (!user || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
            _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGINT); // a test that crashes leaves no server behind
}

PostgresServer::PostgresServer()
    : m_programs(programsFolder())
{
    QTcpServer probe;
    probe.listen(QHostAddress::LocalHost, 0);
    m_port = probe.serverPort();
    if (geteuid() == 0) {
        const passwd *user = getpwnam("postgres");
        if (!user || chown(m_folder.path().toLocal8Bit().constData(), user->pw_uid, user->pw_gid) != 0)
            m_complaints += u"There is no user postgres.\n"_s;
    }
    run(u"initdb"_s,
        { u"--pgdata"_s, m_folder.filePath(u"data"_s), u"--username=castellan"_s, u"--auth=trust"_s,
          u"--encoding=UTF8"_s, u"--locale=C.UTF-8"_s, u"--no-sync"_s });
}

PostgresServer::~PostgresServer()
{
    stop();
}

bool PostgresServer::run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setChildProcessModifier(becomeOrdinary);
    process.setWorkingDirectory(m_folder.path());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(m_programs + program, arguments);
    const bool isDone = process.waitForFinished(patience) && process.exitStatus() == QProcess::NormalExit
        && process.exitCode() == 0;
    if (!isDone)
        m_complaints += program + ": "_L1 + process.errorString() + u'\n'
            + QString::fromUtf8(process.readAll());
    return isDone;
}

bool PostgresServer::start()
{
    QFile::remove(logFile()); // what it says of an earlier start is no sign of this one
    m_process.setChildProcessModifier(becomeOrdinary);
    m_process.setWorkingDirectory(m_folder.path());
    m_process.setStandardErrorFile(logFile());
    m_process.start(m_programs + u"postgres"_s,
                    { u"-D"_s, m_folder.filePath(u"data"_s), u"-p"_s, QString::number(m_port), u"-h"_s,
                      u"127.0.0.1"_s, u"-k"_s, m_folder.path(), u"-F"_s });
    return QTest::qWaitFor([this] { return complaints().contains(u"ready to accept connections"_s); },
                           patience);
}

void PostgresServer::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    kill(pid_t(m_process.processId()), SIGINT);
    if (!m_process.waitForFinished(patience))
        m_process.kill();
    m_process.waitForFinished();
}

QString PostgresServer::complaints() const
{
    QFile log(logFile());
    return log.open(QIODevice::ReadOnly) ? m_complaints + QString::fromUtf8(log.readAll()) : m_complaints;
}

QString PostgresServer::createDatabase()
{
    const QString name = u"test%1"_s.arg(++m_databases);
    const QString port = QString::number(m_port);
    if (!run(u"createdb"_s,
             { u"--host=127.0.0.1"_s, u"--port"_s, port, u"--username=castellan"_s, u"--no-password"_s,
               name }))
        return {};
    return u"postgres://castellan@127.0.0.1:%1/%2"_s.arg(port, name);
}

void Databases::addRows()
{
    QTest::addColumn<bool>("isPostgres");
    QTest::newRow("SQLite") << false;
    QTest::newRow("PostgreSQL") << true;
}

bool Databases::isPostgres()
{
    QFETCH_GLOBAL(const bool, isPostgres);
    return isPostgres;
}

QString Databases::create()
{
    if (isPostgres())
        return postgres().createDatabase();
    return u"sqlite:"_s + m_folder.filePath(u"test%1.db"_s.arg(++m_files));
}

PostgresServer &Databases::postgres()
{
    if (!m_postgres) {
        m_postgres = std::make_unique<PostgresServer>();
        if (!m_postgres->start())
            qFatal("PostgreSQL did not start: %ls", qUtf16Printable(m_postgres->complaints()));
    }
    return *m_postgres;
}

} // namespace castellan::test
