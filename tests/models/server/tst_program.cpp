// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "plainclient.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::server;

namespace {

struct Outcome
{
    int exitCode = -1;
    QString output;
    QString errors;
};

Outcome run(const QStringList &arguments)
{
    QProcess process;
    process.start(QStringLiteral(CASTELLAN_SERVER), arguments);
    if (!process.waitForFinished() || process.exitStatus() != QProcess::NormalExit)
        return {};
    return { process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
             QString::fromUtf8(process.readAllStandardError()) };
}

} // namespace

/// castellan-server as others run it.
class TestProgram : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;

    QString path(const QString &name) const { return m_directory.filePath(name); }
    QStringList serving(const QString &database) const
    {
        return { u"--domain"_s,   u"building.localhost"_s,
                 u"--listen"_s,   u"127.0.0.1:0"_s,
                 u"--accounts"_s, path(u"accounts"_s),
                 u"--database"_s, u"sqlite:"_s + path(database),
                 u"--admin"_s,    u"admin@building.localhost"_s };
    }
    /// Starts a server and waits until it serves; its port, 0 if it does not.
    quint16 start(QProcess &server, const QString &database) const
    {
        server.start(QStringLiteral(CASTELLAN_SERVER), serving(database));
        QByteArray output;
        (void)QTest::qWaitFor(
            [&] {
                output += server.readAllStandardOutput();
                return output.endsWith('\n') || server.state() == QProcess::NotRunning;
            },
            20'000);
        static const QRegularExpression ready(u"^ready 127\\.0\\.0\\.1:(\\d+)\n$"_s);
        return ready.match(QString::fromUtf8(output)).captured(1).toUShort();
    }

private Q_SLOTS:
    void initTestCase()
    {
        QFile accounts(path(u"accounts"_s));
        QVERIFY(accounts.open(QIODevice::WriteOnly));
        accounts.write("admin@building.localhost secret\n");
    }

    void helpAndVersion()
    {
        const Outcome help = run({ u"--help"_s });
        QCOMPARE(help.exitCode, 0);
        QVERIFY(help.output.contains("--secret-file"_L1));
        const Outcome version = run({ u"--version"_s });
        QCOMPARE(version.exitCode, 0);
        QCOMPARE(version.output, u"castellan-server " CASTELLAN_VERSION "\n"_s);
    }

    void wrongOptions()
    {
        const Outcome outcome = run({ u"--fast"_s });
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY(outcome.output.isEmpty());
        QVERIFY(outcome.errors.contains("fast"_L1));
    }

    void whatCannotStart()
    {
        const Outcome outcome = run({ u"--domain"_s, u"x"_s, u"--listen"_s, u"127.0.0.1:0"_s, u"--database"_s,
                                      u"sqlite:/nowhere/x.db"_s });
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY2(outcome.errors.contains("/nowhere/x.db"_L1), qPrintable(outcome.errors));
    }

    void stopsWhenAsked()
    {
        QProcess server;
        QVERIFY(start(server, u"stop.db"_s) != 0);
        server.terminate();
        QVERIFY(server.waitForFinished());
        QCOMPARE(server.exitStatus(), QProcess::NormalExit);
        QCOMPARE(server.exitCode(), 0);
    }

    void losesNothingWhenKilled()
    {
        for (int round = 1; round <= 3; ++round) {
            QProcess server;
            PlainClient admin(start(server, u"kill.db"_s));
            QVERIFY(admin.login("admin", "secret", "console"));
            const QByteArray number = QByteArray::number(round);
            admin.send(
                "<iq type='set' id='a' to='building.localhost'><apply xmlns='urn:castellan:admin:0' id='set-"
                + number + "'><change verb='put' type='thing' id='thing-" + number
                + "@x' base='0'><thing jid='thing-" + number + "@x' kind='thing'/></change></apply></iq>");
            QVERIFY2(admin.waitFor("<applied"), admin.received.constData());
            server.kill();
            QVERIFY(server.waitForFinished());
        }
        const Outcome outcome = run(
            { u"--database"_s, u"sqlite:"_s + path(u"kill.db"_s), u"--export"_s, u"-"_s });
        QCOMPARE(outcome.exitCode, 0);
        for (int round = 1; round <= 3; ++round)
            QVERIFY(outcome.output.contains(u"thing-%1@x"_s.arg(round)));
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
