// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/schema.h"
#include "store/store.h"

#include <QCryptographicHash>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::store;

namespace {

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Everything that makes up the schema of a database.
QStringList schemaOf(Connection &connection)
{
    QStringList schema;
    Query query(connection,
                u"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"_s);
    query.run();
    while (query.next())
        schema.append(QStringList { query.text(0), query.text(1), query.text(2), query.text(3) }.join(u'|'));
    return schema;
}

} // namespace

class SchemaTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyOlderVersionBecomesTheNewest();
    void administratorsStayWhatTheyAre();
    void migrationsThatWereReleasedStay();
    void failedMigrationLeavesTheVersionBefore();
    void failedFirstMigrationLeavesAnEmptyDatabase();
    void refused_data();
    void refused();
    void newerVersionIsRefused();
    void databaseOfAnotherProgramIsRefused();
    void databaseInUseIsRefused();
    void filesAreTheOwnersOnly();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    /// What opening \a path says, empty if it works.
    static QString failureOf(const QString &path)
    {
        const auto store = Store::open(u"sqlite:"_s + path).takeResult(); // leaves no other reference behind
        return store ? QString() : store.error().text;
    }

    QTemporaryDir m_folder;
};

void SchemaTest::everyOlderVersionBecomesTheNewest()
{
    Connection fresh(path(u"fresh.db"_s));
    migrate(fresh, migrations());

    for (size_t version = 0; version < migrations().size(); ++version) {
        const QString file = path(u"from-%1.db"_s.arg(version));
        {
            Connection old(file);
            migrate(old, migrations().first(version));
        }
        QCOMPARE(failureOf(file), QString());
        Connection upgraded(file);
        QCOMPARE(schemaOf(upgraded), schemaOf(fresh));
    }
}

void SchemaTest::administratorsStayWhatTheyAre()
{
    constexpr int asTable = 4; // the last version that had them in a table of their own
    const QString file = path(u"administrators.db"_s);
    {
        Connection old(file);
        migrate(old, migrations().first(asTable));
        old.execute(u"INSERT INTO revision VALUES (7, 'seventh', 0, 'x', 'x', 0)"_s);
        old.execute(u"INSERT INTO administrator VALUES ('a@x.example'), ('b@x.example')"_s);
    }
    const auto store = Store::open(u"sqlite:"_s + file).result();
    QVERIFY(store);
    const auto changes = (*store)->changes(7, 10, {}).result();
    QVERIFY(changes);
    QCOMPARE(changes->revision, 8);
    QList<RoleGrant> grants;
    for (const VersionedObject &object : changes->objects)
        grants.append(std::get<RoleGrant>(*object.object));
    QCOMPARE(grants,
             (QList<RoleGrant> { { u"a@x.example"_s, AdminRole::Administrator, {} },
                                 { u"b@x.example"_s, AdminRole::Administrator, {} } }));
}

void SchemaTest::migrationsThatWereReleasedStay()
{
    // Databases exist that have gone through these. Do not correct a number here: append a migration.
    const QStringList released { u"070115c55a8df225b2aaf5a2f4f69d049a74a6ba1532a9e3de1533df112257c4"_s,
                                 u"73f6337bfa21ccf540ac423d1fff13cf404a881053fe6ed987def8b38c453260"_s,
                                 u"2c3406a7ee2b793faaad29644f1294776baf5891600c9eea8cde71215c5d2ebd"_s,
                                 u"378d499212b66503b67a2d996d5a8659b72c7922ae3c692322d62ebdf1a753bb"_s,
                                 u"7a4f99cbd0e5ac7ae77eaa98fe1335ea892cf2aeb6dafc1042419bd2aa693019"_s };
    QCOMPARE(released.size(), schemaVersion);
    for (int i = 0; i < schemaVersion; ++i) {
        QCryptographicHash hash(QCryptographicHash::Sha256);
        for (const QLatin1StringView statement : migrations()[i])
            hash.addData(QByteArrayView(statement));
        QCOMPARE(QString::fromLatin1(hash.result().toHex()), released[i]);
    }
}

void SchemaTest::failedMigrationLeavesTheVersionBefore()
{
    Connection connection(path(u"failing.db"_s));
    migrate(connection, migrations());
    const QStringList before = schemaOf(connection);

    constexpr QLatin1StringView failing[] = { "CREATE TABLE more (id INTEGER PRIMARY KEY)"_L1,
                                              "INSERT INTO asker VALUES ('a@b', 1)"_L1,
                                              "INSERT INTO nowhere VALUES (1)"_L1 };
    std::vector<Migration> list(migrations().begin(), migrations().end());
    list.push_back(failing);
    QVERIFY_THROWS_EXCEPTION(Abort, migrate(connection, list));
    QCOMPARE(schemaOf(connection), before);
    Query askers(connection, u"SELECT jid FROM asker"_s);
    QVERIFY(!askers.run().next());

    // Still what it was: usable, and upgraded by a migration that works.
    constexpr QLatin1StringView working[] = { "CREATE TABLE more (id INTEGER PRIMARY KEY)"_L1 };
    list.back() = working;
    migrate(connection, list);
    QCOMPARE(schemaOf(connection).size(), before.size() + 1);
}

void SchemaTest::failedFirstMigrationLeavesAnEmptyDatabase()
{
    const QString file = path(u"failing-first.db"_s);
    {
        Connection connection(file);
        constexpr QLatin1StringView failing[] = { "CREATE TABLE meta (key TEXT)"_L1, "NONSENSE"_L1 };
        const Migration list[] = { failing };
        QVERIFY_THROWS_EXCEPTION(Abort, migrate(connection, list));
        QCOMPARE(schemaOf(connection), QStringList());
    }
    QCOMPARE(failureOf(file), QString());
}

void SchemaTest::refused_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("says");

    QTest::newRow("PostgreSQL") << u"postgres://castellan@localhost/castellan"_s << u"SQLite only"_s;
    QTest::newRow("nothing") << u""_s << u"sqlite:FILE"_s;
    QTest::newRow("only a path") << u"/tmp/castellan.db"_s << u"sqlite:FILE"_s;
    QTest::newRow("no path") << u"sqlite:"_s << u"sqlite:FILE"_s;
    QTest::newRow("no such folder") << u"sqlite:"_s + path(u"missing/castellan.db"_s) << u"folder"_s;
    QTest::newRow("a folder") << u"sqlite:"_s + m_folder.path() << u"folder"_s;
}

void SchemaTest::refused()
{
    QFETCH(const QString, url);
    QFETCH(const QString, says);

    const auto store = Store::open(url).result();
    QVERIFY(!store);
    QVERIFY2(store.error().text.contains(says), qPrintable(store.error().text));
}

void SchemaTest::newerVersionIsRefused()
{
    const QString file = path(u"newer.db"_s);
    {
        Connection connection(file);
        constexpr QLatin1StringView future[] = { "CREATE TABLE future (id INTEGER PRIMARY KEY)"_L1 };
        std::vector<Migration> list(migrations().begin(), migrations().end());
        list.push_back(future);
        migrate(connection, list);
    }
    const QByteArray before = contents(file);
    const QString failure = failureOf(file);
    QVERIFY2(failure.contains(u"newer Castellan"_s), qPrintable(failure));
    QCOMPARE(contents(file), before);
}

void SchemaTest::databaseOfAnotherProgramIsRefused()
{
    const QString foreign = path(u"foreign.db"_s);
    {
        Connection connection(foreign);
        connection.execute(u"CREATE TABLE meta (key TEXT, value TEXT)"_s);
    }
    const QString text = path(u"text.db"_s);
    QFile file(text);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray("Dear diary, today I was taken for a database. ").repeated(100));
    file.close();

    for (const QString &path : { foreign, text }) {
        const QByteArray before = contents(path);
        const QString failure = failureOf(path);
        QVERIFY2(failure.contains(path) && failure.contains(u"left as it is"_s), qPrintable(failure));
        QCOMPARE(contents(path), before);
    }
}

void SchemaTest::databaseInUseIsRefused()
{
    const QString file = path(u"used.db"_s);
    auto first = Store::open(u"sqlite:"_s + file).takeResult();
    QVERIFY(first);
    const QString failure = failureOf(file);
    QVERIFY2(failure.contains(u"in use by another process"_s), qPrintable(failure));

    first->reset();
    QCOMPARE(failureOf(file), QString());
}

void SchemaTest::filesAreTheOwnersOnly()
{
    const QString file = path(u"private.db"_s);
    const auto store = Store::open(u"sqlite:"_s + file).result();
    QVERIFY(store);
    constexpr auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    for (const QString &path : { file, file + u"-wal"_s }) {
        QVERIFY2(QFile::exists(path), qPrintable(path));
        QVERIFY(!(QFile::permissions(path) & others));
    }
}

QTEST_GUILESS_MAIN(SchemaTest)
#include "tst_schema.moc"
