// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/schema.h"
#include "store/store.h"
#include "support/databases.h"

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
    return QFile::exists(path) && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Everything that makes up the schema of a database.
QStringList schemaOf(Connection &connection)
{
    QStringList schema;
    Query query(
        connection,
        connection.isPostgres()
            ? u"SELECT 'column', table_name, column_name, concat_ws('|', data_type, is_nullable, "
              "column_default, collation_name) FROM information_schema.columns"
              " WHERE table_schema = current_schema()"
              " UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes"
              " WHERE schemaname = current_schema()"
              " UNION ALL SELECT 'constraint', conrelid::regclass::text, conname,"
              " pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
              "current_schema()::regnamespace"
              " UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)"
              " FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2, 3, 4"_s
            : u"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name"_s);
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
    void initTestCase_data() { test::Databases::addRows(); }
    void everyOlderVersionBecomesTheNewest();
    void administratorsStayWhatTheyAre();
    void migrationsThatWereReleasedStay();
    void failedMigrationLeavesTheVersionBefore();
    void failedFirstMigrationLeavesAnEmptyDatabase();
    void refused_data();
    void refused();
    void newerVersionIsRefused();
    void databaseOfAnotherProgramIsRefused();
    void onlyOneProcessServesAFile();
    void onlyWhatIsThereIsInspected();
    void filesAreTheOwnersOnly();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    static Location location(const QString &url) { return Location::parse(url).value(); }
    /// What opening \a url says, empty if it works.
    static QString failureOf(const QString &url, Store::Use use = Store::Use::Serve)
    {
        const auto store = Store::open(url, use).takeResult(); // leaves no other reference behind
        return store ? QString() : store.error().text;
    }

    test::Databases m_databases;
    QTemporaryDir m_folder;
};

void SchemaTest::everyOlderVersionBecomesTheNewest()
{
    Connection fresh(location(m_databases.create()));
    migrate(fresh, migrations());

    for (size_t version = 0; version < migrations().size(); ++version) {
        const QString url = m_databases.create();
        {
            Connection old(location(url));
            migrate(old, migrations().first(version));
        }
        QCOMPARE(failureOf(url), QString());
        Connection upgraded(location(url));
        QCOMPARE(schemaOf(upgraded), schemaOf(fresh));
    }
}

void SchemaTest::administratorsStayWhatTheyAre()
{
    if (test::Databases::isPostgres())
        return; // began without such a table
    constexpr int asTable = 4; // the last version that had them in a table of their own
    const QString url = m_databases.create();
    {
        Connection old(location(url));
        migrate(old, migrations().first(asTable));
        old.execute(u"INSERT INTO revision VALUES (7, 'seventh', 0, 'x', 'x', 0)"_s);
        old.execute(u"INSERT INTO administrator VALUES ('a@x.example'), ('b@x.example')"_s);
    }
    const auto store = Store::open(url).result();
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
    const QStringList sqlite { u"070115c55a8df225b2aaf5a2f4f69d049a74a6ba1532a9e3de1533df112257c4"_s,
                               u"73f6337bfa21ccf540ac423d1fff13cf404a881053fe6ed987def8b38c453260"_s,
                               u"2c3406a7ee2b793faaad29644f1294776baf5891600c9eea8cde71215c5d2ebd"_s,
                               u"378d499212b66503b67a2d996d5a8659b72c7922ae3c692322d62ebdf1a753bb"_s,
                               u"7a4f99cbd0e5ac7ae77eaa98fe1335ea892cf2aeb6dafc1042419bd2aa693019"_s,
                               u"fe39743239f5b03a53936eef663faf3f946b7670b3e631be4600ce88fa6e6e31"_s };
    const QStringList postgres { u"e35553986d58d1a33d4e17b9ba7b487dcfdb8a62405334f1cece8d1e216f4984"_s };
    QStringList released = test::Databases::isPostgres() ? postgres : sqlite;
    const Location::Kind kind = location(m_databases.create()).kind;
    for (const Migration &migration : migrations()) {
        if (migration.of(kind).empty())
            continue; // that database began later
        QCryptographicHash hash(QCryptographicHash::Sha256);
        for (const QLatin1StringView statement : migration.of(kind))
            hash.addData(QByteArrayView(statement));
        QVERIFY(!released.isEmpty());
        QCOMPARE(QString::fromLatin1(hash.result().toHex()), released.takeFirst());
    }
    QVERIFY(released.isEmpty());
}

void SchemaTest::failedMigrationLeavesTheVersionBefore()
{
    Connection connection(location(m_databases.create()));
    migrate(connection, migrations());
    const QStringList before = schemaOf(connection);

    constexpr QLatin1StringView failing[] = { "CREATE TABLE more (id INTEGER PRIMARY KEY)"_L1,
                                              "INSERT INTO asker VALUES ('a@b', 1, '', 1)"_L1,
                                              "INSERT INTO nowhere VALUES (1)"_L1 };
    std::vector<Migration> list(migrations().begin(), migrations().end());
    list.push_back({ failing, failing });
    QVERIFY_THROWS_EXCEPTION(Abort, migrate(connection, list));
    QCOMPARE(schemaOf(connection), before);
    Query askers(connection, u"SELECT jid FROM asker"_s);
    QVERIFY(!askers.run().next());

    // Still what it was: usable, and upgraded by a migration that works.
    constexpr QLatin1StringView working[] = { "CREATE TABLE more (id INTEGER PRIMARY KEY)"_L1 };
    list.back() = { working, working };
    migrate(connection, list);
    QVERIFY(schemaOf(connection).size() > before.size());
}

void SchemaTest::failedFirstMigrationLeavesAnEmptyDatabase()
{
    const QString url = m_databases.create();
    {
        Connection connection(location(url));
        constexpr QLatin1StringView failing[] = { "CREATE TABLE meta (key TEXT)"_L1, "NONSENSE"_L1 };
        const Migration list[] = { { failing, failing } };
        QVERIFY_THROWS_EXCEPTION(Abort, migrate(connection, list));
        QCOMPARE(schemaOf(connection), QStringList());
    }
    QCOMPARE(failureOf(url), QString());
}

void SchemaTest::refused_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("says");

    QTest::newRow("nothing") << u""_s << u"sqlite:FILE"_s;
    QTest::newRow("only a path") << u"/tmp/castellan.db"_s << u"sqlite:FILE"_s;
    QTest::newRow("another database") << u"mysql://localhost/castellan"_s << u"sqlite:FILE"_s;
    QTest::newRow("no name") << u"postgres://localhost"_s << u"DATABASE"_s;
    QTest::newRow("password for all to see")
        << u"postgres://castellan:secret@localhost/castellan"_s << u"PGPASSWORD"_s;
    QTest::newRow("nobody there") << u"postgres://castellan@127.0.0.1:1/castellan"_s
                                  << u"cannot be reached"_s;
    QTest::newRow("no path") << u"sqlite:"_s << u"sqlite:FILE"_s;
    QTest::newRow("no such folder") << u"sqlite:"_s + path(u"missing/castellan.db"_s) << u"folder"_s;
    QTest::newRow("a folder") << u"sqlite:"_s + m_folder.path() << u"folder"_s;
    QTest::newRow("no such database")
        << m_databases.postgres().createDatabase() + u"s"_s << u"does not exist"_s;
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
    const QString url = m_databases.create();
    QStringList before;
    {
        Connection connection(location(url));
        constexpr QLatin1StringView future[] = { "CREATE TABLE future (id INTEGER PRIMARY KEY)"_L1 };
        std::vector<Migration> list(migrations().begin(), migrations().end());
        list.push_back({ future, future });
        migrate(connection, list);
        before = schemaOf(connection);
    }
    const QByteArray bytes = contents(location(url).path);
    const QString failure = failureOf(url);
    QVERIFY2(failure.contains(u"newer Castellan"_s), qPrintable(failure));
    QCOMPARE(contents(location(url).path), bytes);
    Connection connection(location(url));
    QCOMPARE(schemaOf(connection), before);
}

void SchemaTest::databaseOfAnotherProgramIsRefused()
{
    const QString foreign = m_databases.create();
    {
        Connection connection(location(foreign));
        connection.execute(u"CREATE TABLE meta (key TEXT, value TEXT)"_s);
    }
    QStringList urls { foreign };
    if (!test::Databases::isPostgres()) {
        const QString text = path(u"text.db"_s);
        QFile file(text);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray("Dear diary, today I was taken for a database. ").repeated(100));
        urls.append(u"sqlite:"_s + text);
    }
    for (const QString &url : std::as_const(urls)) {
        const QByteArray before = contents(location(url).path);
        const QString failure = failureOf(url);
        QVERIFY2(failure.contains(location(url).name()) && failure.contains(u"left as it is"_s),
                 qPrintable(failure));
        QCOMPARE(contents(location(url).path), before);
    }
    Connection connection(location(foreign));
    QVERIFY(!schemaOf(connection).isEmpty());
}

void SchemaTest::onlyOneProcessServesAFile()
{
    const QString url = m_databases.create();
    auto first = Store::open(url).takeResult();
    QVERIFY(first);
    const QString failure = failureOf(url);
    if (test::Databases::isPostgres())
        QCOMPARE(failure, QString());
    else
        QVERIFY2(failure.contains(u"in use by another process"_s), qPrintable(failure));
    QCOMPARE(failureOf(url, Store::Use::Inspect), QString());

    first->reset();
    QCOMPARE(failureOf(url), QString());
}

void SchemaTest::onlyWhatIsThereIsInspected()
{
    const QString url = m_databases.create();
    const QString failure = failureOf(url, Store::Use::Inspect);
    QVERIFY2(failure.contains(u"no network in the database"_s), qPrintable(failure));
    QVERIFY(!QFile::exists(location(url).path));
    if (test::Databases::isPostgres()) {
        Connection connection(location(url));
        QVERIFY(schemaOf(connection).isEmpty());
    }
}

void SchemaTest::filesAreTheOwnersOnly()
{
    const QString url = m_databases.create();
    if (test::Databases::isPostgres())
        return; // its files are PostgreSQL's business
    const QString file = location(url).path;
    const auto store = Store::open(url).result();
    QVERIFY(store);
    constexpr auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    for (const QString &path : { file, file + u"-wal"_s, file + u"-shm"_s, file + u"-lock"_s }) {
        QVERIFY2(QFile::exists(path), qPrintable(path));
        QVERIFY(!(QFile::permissions(path) & others));
    }
}

QTEST_GUILESS_MAIN(SchemaTest)
#include "tst_schema.moc"
