// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"
#include "store/connection.h"
#include "support/databases.h"

#include <QFile>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::integration;

namespace {

const QString demo = QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/networks/demo.json");

} // namespace

/// What castellan-server does with its database beside serving, while it serves and afterwards.
class DatabaseTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data() { test::Databases::addRows(); }
    void init() { m_url = m_databases.create(); }
    void hasItsAuditLogVerified_data();
    void hasItsAuditLogVerified();
    void isCopiedWhileItServes();
    void servesOneProcessOnly();

private:
    struct Ended
    {
        int exitCode = -1;
        QString output;
        QString complaints;
    };
    /// castellan-server, until it ends.
    static Ended run(const QStringList &arguments);
    static bool start(LineProcess &server, const QString &url, const QStringList &arguments);

    test::Databases m_databases;
    QTemporaryDir m_folder;
    QString m_url;
};

DatabaseTest::Ended DatabaseTest::run(const QStringList &arguments)
{
    QProcess process;
    process.start(QStringLiteral(CASTELLAN_SERVER), arguments);
    if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit)
        return {};
    return { process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
             QString::fromUtf8(process.readAllStandardError()) };
}

bool DatabaseTest::start(LineProcess &server, const QString &url, const QStringList &arguments)
{
    server.start(QStringLiteral(CASTELLAN_SERVER),
                 QStringList { u"--database"_s, url, u"--domain"_s, u"building.localhost"_s, u"--listen"_s,
                               u"127.0.0.1:0"_s }
                     + arguments);
    return QTest::qWaitFor([&] { return !server.lines.isEmpty() || !server.isRunning(); }, 60'000)
        && !server.lines.isEmpty();
}

void DatabaseTest::hasItsAuditLogVerified_data()
{
    QTest::addColumn<QString>("sql");
    QTest::addColumn<int>("firstBroken");

    // Four entries: the import, and one administrator after the other.
    QTest::newRow("as it was written") << QString() << 0;
    QTest::newRow("changed") << u"UPDATE audit SET by = 'nobody@x.example' WHERE id = 2"_s << 2;
    QTest::newRow("removed") << u"DELETE FROM audit WHERE id = 2"_s << 2;
    QTest::newRow("removed at the end") << u"DELETE FROM audit WHERE id = 4"_s << 4;
    QTest::newRow("reordered")
        << u"UPDATE audit SET id = CASE id WHEN 2 THEN -3 ELSE -2 END WHERE id IN (2, 3);"
           "UPDATE audit SET id = -id WHERE id < 0"_s
        << 2;
}

void DatabaseTest::hasItsAuditLogVerified()
{
    QFETCH(const QString, sql);
    QFETCH(const int, firstBroken);
    LineProcess server(u"castellan-server"_s);
    QVERIFY2(start(server, m_url, { u"--import"_s, demo, u"--admin"_s, u"a@x.example"_s }),
             server.complaints);
    QCOMPARE(server.stop(), 0);
    for (const QString &admin : { u"b@x.example"_s, u"c@x.example"_s }) {
        server.lines.clear();
        QVERIFY2(start(server, m_url, { u"--admin"_s, admin }), server.complaints);
        QCOMPARE(server.stop(), 0);
    }
    {
        store::Connection connection(store::Location::parse(m_url).value());
        if (connection.isPostgres()) {
            connection.execute(u"DROP TRIGGER audit_only_grows ON audit"_s);
        } else {
            connection.execute(u"DROP TRIGGER audit_no_update"_s);
            connection.execute(u"DROP TRIGGER audit_no_delete"_s);
        }
        for (const QString &statement : sql.split(u';', Qt::SkipEmptyParts))
            connection.execute(statement);
    }

    const Ended verified = run({ u"--database"_s, m_url, u"--verify-audit"_s });
    if (firstBroken == 0) {
        QCOMPARE(verified.complaints, QString());
        QCOMPARE(verified.exitCode, 0);
        const QRegularExpression words(u"^4 entries, head [0-9a-f]{64}\n$"_s);
        QVERIFY2(words.match(verified.output).hasMatch(), qPrintable(verified.output));
    } else {
        QCOMPARE(verified.exitCode, 1);
        QVERIFY2(verified.complaints.contains(u"entry %1 "_s.arg(firstBroken)),
                 qPrintable(verified.complaints));
        QCOMPARE(verified.output, QString());
    }
}

void DatabaseTest::isCopiedWhileItServes()
{
    LineProcess server(u"castellan-server"_s);
    QVERIFY2(start(server, m_url, { u"--import"_s, demo }), server.complaints);
    const auto exported = [](const QString &url) {
        const Ended ended = run({ u"--database"_s, url, u"--export"_s, u"-"_s });
        if (ended.exitCode != 0)
            qWarning().noquote() << ended.complaints;
        return ended.output;
    };
    const QString network = exported(m_url);
    QVERIFY(network.contains(u"electricity-1@building.localhost"_s));

    const QString file = m_folder.filePath(u"backup-%1"_s.arg(test::Databases::isPostgres()));
    const Ended backup = run({ u"--database"_s, m_url, u"--backup"_s, file });
    QVERIFY2(backup.exitCode == 0, qPrintable(backup.complaints));
    QVERIFY(server.isRunning());

    // Of either kind from either kind.
    for (const QString &url : { u"sqlite:"_s + file + u".db"_s, m_databases.postgres().createDatabase() }) {
        const Ended restored = run({ u"--database"_s, url, u"--restore"_s, file });
        QVERIFY2(restored.exitCode == 0, qPrintable(restored.complaints));
        QCOMPARE(exported(url), network);
        QCOMPARE(run({ u"--database"_s, url, u"--verify-audit"_s }).exitCode, 0);
        LineProcess other(u"castellan-server"_s);
        QVERIFY2(start(other, url, {}), other.complaints);
        QCOMPARE(other.stop(), 0);
        const Ended again = run({ u"--database"_s, url, u"--restore"_s, file });
        QCOMPARE(again.exitCode, 1);
        QVERIFY2(again.complaints.contains(u"empty database"_s), qPrintable(again.complaints));
    }
    const Ended nowhere = run(
        { u"--database"_s, m_url, u"--backup"_s, m_folder.filePath(u"no/such/folder"_s) });
    QCOMPARE(nowhere.exitCode, 1);
    QVERIFY2(nowhere.complaints.contains(u"folder"_s), qPrintable(nowhere.complaints));
    QCOMPARE(server.stop(), 0);
}

void DatabaseTest::servesOneProcessOnly()
{
    if (test::Databases::isPostgres())
        return; // tst_twoservers: it serves several
    LineProcess server(u"castellan-server"_s);
    QVERIFY2(start(server, m_url, {}), server.complaints);
    LineProcess second(u"castellan-server"_s);
    QVERIFY(!start(second, m_url, {}));
    QTRY_VERIFY2(second.complaints.contains("in use by another process"), second.complaints);
    server.kill();
    QVERIFY2(start(second, m_url, {}), second.complaints);
}

QTEST_GUILESS_MAIN(DatabaseTest)
#include "tst_database.moc"
