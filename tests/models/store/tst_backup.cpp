// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/schema.h"
#include "store/store.h"
#include "support/databases.h"
#include "support/stored.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QUuid>

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace Qt::StringLiterals;
using namespace castellan;

namespace {

const Actor admin { u"admin@x.example/console"_s };

ApplyResult commit(Store &store, const QList<Change> &changes, const Owed &owed = {})
{
    return store
        .apply({ .id = QUuid::createUuid().toString(), .title = u"Because"_s, .changes = changes }, admin,
               [owed](const auto &, const auto &) { return Consequences { .owed = owed }; })
        .result();
}

Change put(const Object &object, Revision base = 0)
{
    return { .key = { objectType(object), objectId(object) }, .base = base, .object = object };
}

Thing thing(const QString &jid, const QString &name = {})
{
    Thing thing;
    thing.jid = jid;
    thing.name = name;
    return thing;
}

std::shared_ptr<Store> opened(const QString &url, Store::Use use = Store::Use::Serve)
{
    const auto store = Store::open(url, use).takeResult(); // leaves no other reference behind
    if (!store)
        qWarning().noquote() << store.error().text;
    return store.value_or(nullptr);
}

/// Something in every table, told apart by what is odd in it.
void fill(Store &store)
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Thing gateway = thing(u"gateway@x.example"_s, u"“Süd” '; DROP TABLE thing; --"_s);
    gateway.tags = { u"a \"tag\""_s, u"\U0001F511"_s };
    gateway.comment = u"two\nlines \\ and a %1"_s;
    AccessRule rule;
    rule.id = u"rule"_s;
    rule.target = { Target::Kind::Device, gateway.jid, NodePattern { u"n"_s, {}, u"c"_s, true } };
    rule.from = now;
    FriendshipRule friends;
    friends.id = u"friends"_s;
    Network network;
    network.things = { gateway, thing(u"meter@x.example"_s) };
    network.friendships = { makeFriendship(u"gateway@x.example"_s, u"meter@x.example"_s) };
    network.friendshipRules = { friends };
    network.accessRules = { rule };
    network.services = { Service { .id = u"billing@x.example"_s } };
    network.users = { User { .name = u"Kermit"_s } };
    network.privilegeLists = { PrivilegeList { .service = u"billing@x.example"_s } };
    network.privileges = { Privilege { .service = u"billing@x.example"_s, .privilege = u"Bills"_s } };
    network.certificates = { Certificate { .thumbprint = QString(64, u'a') } };
    network.questions = { Question { u"z@x.example"_s, u"a@x.example"_s, now } };
    network.containments = { Containment { .jid = u"meter@x.example"_s } };
    network.policy = Policy {};
    network.roleGrants = { RoleGrant { u"root@x.example"_s, AdminRole::Administrator } };
    const Result<Revision> imported = store.importNetwork(network, admin).result();
    QVERIFY2(imported, imported ? "" : qPrintable(imported.error().text));
    QVERIFY(store.noteAskers({ gateway.jid, u"meter@x.example"_s }, now).result());
    QVERIFY(
        store.addToken({ .hash = QByteArray(32, 'h'), .certificate = u"c"_s, .issued = now, .used = now }, {})
            .result());
    const Owed owed { .messages = {}, .clearCaches = { gateway.jid } };
    QVERIFY(std::holds_alternative<Committed>(commit(
        store,
        { { .verb = Change::Verb::Remove, .key = { ObjectType::Thing, u"meter@x.example"_s }, .base = 1 } },
        owed)));
}

} // namespace

class BackupTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { test::Databases::addRows(); }
    void holdsEveryTable();
    void restoresEverything_data();
    void restoresEverything();
    void isOfOneMomentWhileAServerWrites();
    void restoresOlderVersions();
    void fillsOnlyEmptyDatabases();
    void damagedBackupLeavesTheDatabaseEmpty_data();
    void damagedBackupLeavesTheDatabaseEmpty();
    void fullDiskLeavesTheBackupBefore();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    static QByteArray contents(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    test::Databases m_databases;
    QTemporaryDir m_folder;
};

void BackupTest::holdsEveryTable()
{
    const QString url = m_databases.create();
    QVERIFY(opened(url));
    store::Connection connection(store::Location::parse(url).value());
    store::Query tables(connection,
                        connection.isPostgres()
                            ? u"SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"_s
                            : u"SELECT name FROM sqlite_master WHERE type = 'table'"_s);
    tables.run();
    QSet<QString> expected;
    while (tables.next())
        expected.insert(tables.text(0));
    expected -= { u"meta"_s, u"sqlite_sequence"_s };
    QSet<QString> held;
    for (const QLatin1StringView table : store::contentTables())
        held.insert(table);
    QCOMPARE(held, expected);
}

void BackupTest::restoresEverything_data()
{
    QTest::addColumn<bool>("intoPostgres");
    QTest::newRow("into SQLite") << false;
    QTest::newRow("into PostgreSQL") << true;
}

void BackupTest::restoresEverything()
{
    QFETCH(const bool, intoPostgres);
    const QString file = path(u"%1-%2.backup"_s.arg(test::Databases::isPostgres()).arg(intoPostgres));
    const auto source = opened(m_databases.create());
    fill(*source);
    QVERIFY(source->backup(file).result());
    QVERIFY(!QFile::exists(file + u".part"_s));
    QVERIFY(!(QFile::permissions(file) & (QFile::ReadGroup | QFile::ReadOther)));
    const test::Stored before = test::stored(*source).value();

    const QString url = intoPostgres ? m_databases.postgres().createDatabase()
                                     : u"sqlite:"_s + file + u".db"_s;
    auto target = opened(url);
    QCOMPARE(target->restore(file, admin).result().value(), before.revision + 1);
    target.reset();
    target = opened(url);
    const test::Stored after = test::stored(*target).value();
    QCOMPARE(after.network, before.network);
    QCOMPARE(after.versions, before.versions);
    QCOMPARE(after.askers, before.askers);
    QCOMPARE(after.tokens, before.tokens);
    QVERIFY(after.epoch != before.epoch); // consoles that know the other one begin anew
    QCOMPARE(after.revision, before.revision + 1);
    // Who asked after the backup may hold what it does not know.
    QCOMPARE(after.owed, (QStringList { u"gateway@x.example"_s, u"meter@x.example"_s }));
    QCOMPARE(target->changes(1, 10, {}).result().value().objects,
             source->changes(1, 10, {}).result().value().objects);

    const QList<AuditRecord> log = source->history({}, { .max = 100 }).result()->entries;
    QList<AuditRecord> copy = target->history({}, { .max = 100 }).result()->entries;
    QCOMPARE(copy.size(), log.size() + 1);
    QCOMPARE(copy.takeLast().operation, u"restore"_s);
    QCOMPARE(copy, log);
    const AuditCheck check = target->verifyAudit().result().value();
    QVERIFY2(!check.firstBroken, qPrintable(check.why));
    // And it goes on from there.
    QVERIFY(std::holds_alternative<Committed>(commit(*target, { put(thing(u"new@x.example"_s)) })));
}

void BackupTest::isOfOneMomentWhileAServerWrites()
{
    const QString url = m_databases.create();
    const auto server = opened(url);
    std::atomic<Revision> revision = 0;
    std::atomic<bool> isEnough = false;
    std::thread writer([&] {
        // Two things that always have the same name.
        for (Revision base = 0; !isEnough; ++base) {
            const QString name = QString::number(base);
            const ApplyResult result = commit(*server,
                                              { put(thing(u"a@x.example"_s, name), base),
                                                put(thing(u"b@x.example"_s, name), base) });
            if (!std::holds_alternative<Committed>(result))
                return;
            revision = base + 1;
        }
    });
    Revision last = 0;
    for (int i = 0; i < 5; ++i) {
        QTRY_VERIFY(revision > last + 5);
        const QString file = path(u"moment-%1-%2"_s.arg(test::Databases::isPostgres()).arg(i));
        const Revision atLeast = revision;
        const auto written = opened(url, Store::Use::Inspect)->backup(file).result();
        QVERIFY2(written, written ? "" : qPrintable(written.error().text));
        const auto copy = opened(u"sqlite:"_s + file);
        const test::Stored state = test::stored(*copy).value();
        QVERIFY(state.revision >= atLeast);
        QCOMPARE(state.network.things.size(), 2);
        QCOMPARE(state.network.things[0].name, QString::number(state.revision - 1));
        QCOMPARE(state.network.things[1].name, state.network.things[0].name);
        QCOMPARE(copy->verifyAudit().result().value().entries, state.revision * 2);
        last = state.revision;
    }
    isEnough = true;
    writer.join();
}

void BackupTest::restoresOlderVersions()
{
    using namespace store;
    for (int version = 1; version < schemaVersion; ++version) {
        const QString file = path(u"older-%1-%2"_s.arg(test::Databases::isPostgres()).arg(version));
        {
            Connection old({ .path = file });
            migrate(old, migrations().first(size_t(version)));
            old.execute(u"INSERT INTO revision (revision, change_set, at, by, title, changes)"
                        " VALUES (7, 'seventh', 0, 'x', 'x', 0)"_s);
            old.execute(u"INSERT INTO friendship VALUES ('a@x.example b@x.example', 7, 0, 0, 'old')"_s);
        }
        const QByteArray before = contents(file);
        const auto target = opened(m_databases.create());
        QCOMPARE(target->restore(file, admin).result().value(), 8);
        QCOMPARE(test::stored(*target)->network.friendships.first().comment, u"old"_s);
        QCOMPARE(contents(file), before);
    }
}

void BackupTest::fillsOnlyEmptyDatabases()
{
    const QString file = path(u"full-%1"_s.arg(test::Databases::isPostgres()));
    const auto source = opened(m_databases.create());
    fill(*source);
    QVERIFY(source->backup(file).result());
    const auto used = opened(m_databases.create());
    QVERIFY(std::holds_alternative<Committed>(commit(*used, { put(thing(u"a@x.example"_s)) })));
    const auto restored = used->restore(file, admin).result();
    QVERIFY(!restored);
    QCOMPARE(restored.error().kind, FailureKind::NotAllowed);
    QCOMPARE(test::stored(*used)->network.things.size(), 1);
}

void BackupTest::damagedBackupLeavesTheDatabaseEmpty_data()
{
    QTest::addColumn<QString>("damage");
    for (const char *damage : { "cut off", "text", "empty", "missing", "of another program" })
        QTest::newRow(damage) << QString::fromLatin1(damage);
}

void BackupTest::damagedBackupLeavesTheDatabaseEmpty()
{
    QFETCH(const QString, damage);
    const QString whole = path(u"whole-%1-%2"_s.arg(test::Databases::isPostgres()).arg(damage));
    const QString file = whole + u".damaged"_s;
    const auto source = opened(m_databases.create());
    fill(*source);
    QVERIFY(source->backup(whole).result());
    QFile bad(file);
    if (damage == u"of another program"_s) {
        store::Connection other({ .path = file });
        other.execute(u"CREATE TABLE meta (key TEXT, value TEXT)"_s);
    } else if (damage != u"missing"_s) {
        QVERIFY(bad.open(QIODevice::WriteOnly));
        if (damage == u"cut off"_s)
            bad.write(contents(whole).first(contents(whole).size() / 2));
        else if (damage == u"text"_s)
            bad.write(QByteArray("Dear diary. ").repeated(1000));
        bad.close();
    }

    const QString url = m_databases.create();
    const auto target = opened(url);
    const auto restored = target->restore(file, admin).result();
    QVERIFY(!restored);
    QVERIFY2(restored.error().text.contains(file), qPrintable(restored.error().text));
    const test::Stored state = test::stored(*target).value();
    QCOMPARE(state.revision, 0);
    QCOMPARE(state.network, Network());
    QVERIFY(state.askers.isEmpty());
    // The right file can still be named.
    QVERIFY(target->restore(whole, admin).result());
}

void BackupTest::fullDiskLeavesTheBackupBefore()
{
    const QString file = path(u"disk-%1"_s.arg(test::Databases::isPostgres()));
    const auto source = opened(m_databases.create());
    fill(*source);
    QVERIFY(source->backup(file).result());
    const QByteArray before = contents(file);
    Thing large = thing(u"large@x.example"_s);
    large.comment = u"large "_s.repeated(300'000);
    QVERIFY(std::holds_alternative<Committed>(commit(*source, { put(large) })));

    // No file may grow beyond this: writing fails as on a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit unlimited;
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    rlimit limit = unlimited;
    limit.rlim_cur = 1'000'000;
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto written = source->backup(file).result();
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &unlimited), 0);

    QVERIFY(!written);
    QVERIFY2(written.error().text.contains(file), qPrintable(written.error().text));
    QCOMPARE(contents(file), before);
    QCOMPARE(QDir(m_folder.path()).entryList({ u"disk-*.part*"_s }), QStringList());
    QVERIFY(source->backup(file).result());
    QVERIFY(contents(file) != before);
}

QTEST_GUILESS_MAIN(BackupTest)
#include "tst_backup.moc"
