// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/store.h"
#include "support/databases.h"
#include "support/stored.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QTextStream>
#include <QUuid>

#include <sys/resource.h>

#include <csignal>

using namespace Qt::StringLiterals;
using namespace castellan;

namespace {

constexpr int thingsPerChangeSet = 5;

QString asker(Revision revision)
{
    return u"asker%1@x.example"_s.arg(revision);
}

/// Revision by revision: the same things, each named after the revision, as many deliveries, and a question
/// instead of the one before.
ApplyResult commitNext(Store &store, Revision revision, const QString &comment = {})
{
    ChangeSet edit { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                     .title = u"Next"_s,
                     .changes = {} };
    Owed owed;
    for (int i = 0; i < thingsPerChangeSet; ++i) {
        Thing thing;
        thing.jid = u"t%1@x.example"_s.arg(i);
        thing.name = QString::number(revision);
        thing.comment = comment;
        edit.changes.append({ .verb = Change::Verb::Put,
                              .key = { ObjectType::Thing, thing.jid },
                              .base = revision - 1,
                              .object = thing,
                              .after = {} });
        owed.clearCaches.append(thing.jid);
    }
    const auto question = [](Revision revision) {
        return Question { .asker = asker(revision),
                          .jid = u"z@x.example"_s,
                          .asked = QDateTime::currentDateTimeUtc() };
    };
    const ObjectKey before { ObjectType::Question, objectId(question(revision - 1)) };
    const Question next = question(revision);
    edit.changes.append({ .key = { ObjectType::Question, objectId(next) }, .object = next });
    return store
        .apply(edit, { u"admin@x.example/console"_s },
               [=](const auto &, const auto &) {
                   return Consequences { .removed = revision > 1 ? QList { before } : QList<ObjectKey>(),
                                         .owed = owed };
               })
        .result();
}

/// All things acknowledge everything.
Result<qint64> acknowledge(Store &store)
{
    QStringList things;
    for (int i = 0; i < thingsPerChangeSet; ++i)
        things.append(u"t%1@x.example"_s.arg(i));
    QList<Delivery> owed = store.owedTo(things).result().value();
    for (Delivery &delivery : owed) {
        delivery.state = Delivery::State::Acknowledged;
        delivery.settled = QDateTime::currentDateTimeUtc();
    }
    return store.updateDeliveries(owed).result();
}

/// Commits until killed, telling each revision that is stored with what became of its deliveries.
int commitForEver(const QString &url)
{
    const auto store = Store::open(url).result();
    if (!store)
        return 1;
    QTextStream out(stdout);
    for (Revision revision = (*store)->load().result()->revision + 1;; ++revision) {
        if (!std::holds_alternative<Committed>(commitNext(**store, revision)) || !acknowledge(**store))
            return 2;
        std::ignore = (*store)->noteAskers({ asker(revision) }, QDateTime::currentDateTimeUtc()).result();
        out << revision << Qt::endl;
    }
}

/// Imports until killed, telling each part that was asked for.
int importForEver(const QString &url)
{
    const auto store = Store::open(url).result();
    if (!store)
        return 1;
    int part = 0;
    const auto next = [&]() -> Result<QList<Object>> {
        QList<Object> things;
        for (int i = 0; i < 1000; ++i)
            things.append(Thing { .jid = u"t%1@x.example"_s.arg(part * 1000 + i) });
        QTextStream(stdout) << ++part << Qt::endl;
        return things;
    };
    std::ignore = (*store)
                      ->importNetwork({ .next = next, .digest = [] { return QByteArray(); } },
                                      { u"admin@x.example"_s })
                      .result();
    return 2;
}

} // namespace

class StoreCrashTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { test::Databases::addRows(); }
    void killedProcessLosesNothingAcknowledged();
    void killedImportLeavesNothing();
    void fullDiskChangesNothing();
    void databaseGoesAndComesBack();

private:
    static std::shared_ptr<Store> opened(const QString &url)
    {
        const auto store = Store::open(url).takeResult(); // leaves no other reference behind
        if (!store)
            qWarning().noquote() << store.error().text;
        return store.value_or(nullptr);
    }

    void fullDiskOfPostgresChangesNothing(const QString &url, Store &store, const test::Stored &before);

    test::Databases m_databases;
};

void StoreCrashTest::killedProcessLosesNothingAcknowledged()
{
    const QString url = m_databases.create();
    Revision before = 0;
    QList<Revision> allAcknowledged;
    // Killed at different moments: early, and when the write-ahead log has been taken over a few times.
    for (const int least : { 1, 7, 150, 23 }) {
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), { u"--commit-for-ever"_s, url });
        Revision acknowledged = 0;
        while (acknowledged < before + least) {
            QVERIFY2(child.canReadLine() || child.waitForReadyRead(),
                     child.readAllStandardError().constData());
            while (child.canReadLine())
                allAcknowledged.append(acknowledged = child.readLine().trimmed().toLongLong());
        }
        child.kill();
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        while (child.canReadLine())
            allAcknowledged.append(acknowledged = child.readLine().trimmed().toLongLong());

        const std::shared_ptr<Store> store = opened(url);
        QVERIFY(store);
        const test::Stored state = test::stored(*store).value();
        QVERIFY2(state.revision == acknowledged || state.revision == acknowledged + 1,
                 qPrintable(u"%1 acknowledged, %2 stored"_s.arg(acknowledged).arg(state.revision)));
        QCOMPARE(state.network.things.size(), thingsPerChangeSet);
        for (const Thing &thing : state.network.things)
            QCOMPARE(thing.name, QString::number(state.revision));
        QCOMPARE(state.network.questions.size(), 1);
        QCOMPARE(state.network.questions.first().asker, asker(state.revision));
        QHash<Revision, int> settled;
        qint64 count = 0;
        Store::DeliveryPage page;
        do {
            const qint64 after = page.deliveries.isEmpty() ? 0 : page.deliveries.last().sequence;
            page = store->deliveries(after, 1000).result().value();
            count += page.deliveries.size();
            for (const Delivery &delivery : std::as_const(page.deliveries)) {
                if (delivery.settled.isValid())
                    ++settled[delivery.revision];
            }
        } while (!page.complete);
        QCOMPARE(count, state.revision * thingsPerChangeSet);
        for (Revision revision = 1; revision <= acknowledged; ++revision)
            QCOMPARE(settled.value(revision), thingsPerChangeSet);
        // Things, the new question and the one before, and what was acknowledged.
        QCOMPARE(store->verifyAudit().result().value().entries,
                 state.revision * (thingsPerChangeSet + 2) - 1 + settled.size());
        for (const Revision revision : std::as_const(allAcknowledged))
            QVERIFY(state.askers.contains(asker(revision)));
        before = state.revision;
    }
    if (test::Databases::isPostgres())
        return;
    store::Connection connection(store::Location::parse(url).value());
    store::Query check(connection, u"PRAGMA integrity_check"_s);
    QVERIFY(check.run().next());
    QCOMPARE(check.text(0), u"ok"_s);
}

void StoreCrashTest::killedImportLeavesNothing()
{
    const QString url = m_databases.create();
    for (const int least : { 1, 30 }) {
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), { u"--import-for-ever"_s, url });
        for (int part = 0; part < least; part = child.readLine().trimmed().toInt())
            QVERIFY2(child.canReadLine() || child.waitForReadyRead(),
                     child.readAllStandardError().constData());
        child.kill();
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);

        const std::shared_ptr<Store> store = opened(url);
        QVERIFY(store);
        const test::Stored state = test::stored(*store).value();
        QCOMPARE(state.revision, 0);
        QCOMPARE(state.network, Network());
        QCOMPARE(store->verifyAudit().result().value().entries, 0);
    }
    Network network;
    network.things = { { .jid = u"t@x.example"_s } };
    const std::shared_ptr<Store> store = opened(url);
    QVERIFY(store->importNetwork(network, { u"admin@x.example"_s }).result());
    QCOMPARE(test::stored(*store)->network, network);
}

void StoreCrashTest::fullDiskChangesNothing()
{
    const QString url = m_databases.create();
    std::shared_ptr<Store> store = opened(url);
    QVERIFY(store);
    QVERIFY(std::holds_alternative<Committed>(commitNext(*store, 1)));
    const test::Stored before = test::stored(*store).value();

    if (test::Databases::isPostgres())
        return fullDiskOfPostgresChangesNothing(url, *store, before);
    const QString path = store::Location::parse(url)->path;
    // No file may grow beyond this: writing fails as on a full disk.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit unlimited;
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    rlimit limit = unlimited;
    limit.rlim_cur = 1000000;
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const ApplyResult failed = commitNext(*store, 2, u"large "_s.repeated(100000));
    const auto asker = store
                           ->noteAskers({ u"large@x.example/"_s.repeated(100000) },
                                        QDateTime::currentDateTimeUtc())
                           .result();
    const Result<test::Stored> meanwhile = test::stored(*store);
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &unlimited), 0);

    QVERIFY(std::holds_alternative<Failure>(failed));
    QVERIFY2(std::get<Failure>(failed).text.contains(path), qPrintable(std::get<Failure>(failed).text));
    QVERIFY(!asker);
    QVERIFY(meanwhile);
    QCOMPARE(meanwhile->network, before.network);
    QCOMPARE(meanwhile->revision, before.revision);

    // There is room again: it goes on, now and after a restart.
    QVERIFY(std::holds_alternative<Committed>(commitNext(*store, 2, u"large "_s.repeated(100000))));
    store.reset();
    store = opened(url);
    QVERIFY(store);
    const test::Stored after = test::stored(*store).value();
    QCOMPARE(after.revision, 2);
    QVERIFY(after.askers.isEmpty());
    QVERIFY(!store->verifyAudit().result().value().firstBroken);
}

/// Its disk is not ours to fill: a trigger says what it says when it is full.
void StoreCrashTest::fullDiskOfPostgresChangesNothing(const QString &url, Store &store,
                                                      const test::Stored &before)
{
    store::Connection connection(store::Location::parse(url).value());
    connection.execute(
        u"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''No space left on device'' USING ERRCODE = ''53100''; END'"_s);
    connection.execute(u"CREATE TRIGGER full_disk BEFORE INSERT ON audit EXECUTE FUNCTION full_disk()"_s);
    const ApplyResult failed = commitNext(store, 2);
    QVERIFY(std::holds_alternative<Failure>(failed));
    QCOMPARE(std::get<Failure>(failed).kind, FailureKind::ResourceConstraint);
    QCOMPARE(test::stored(store)->network, before.network);
    connection.execute(u"DROP TRIGGER full_disk ON audit"_s);
    QVERIFY(std::holds_alternative<Committed>(commitNext(store, 2)));
    QVERIFY(!store.verifyAudit().result().value().firstBroken);
}

void StoreCrashTest::databaseGoesAndComesBack()
{
    if (!test::Databases::isPostgres())
        return; // nobody can take a file away
    const std::shared_ptr<Store> store = opened(m_databases.create());
    QVERIFY(std::holds_alternative<Committed>(commitNext(*store, 1)));

    for (const bool isUsedMeanwhile : { true, false }) {
        m_databases.postgres().stop();
        if (isUsedMeanwhile) {
            for (int i = 0; i < 2; ++i) {
                const ApplyResult result = commitNext(*store, 2);
                QVERIFY(std::holds_alternative<Failure>(result));
                QCOMPARE(std::get<Failure>(result).kind, FailureKind::ServiceUnavailable);
                const auto loaded = store->load().result();
                QVERIFY(!loaded);
                QVERIFY2(loaded.error().text.contains(u"cannot be reached"_s),
                         qPrintable(loaded.error().text));
            }
        }
        QVERIFY(m_databases.postgres().start());
        const test::Stored state = test::stored(*store).value();
        QCOMPARE(state.network.things.size(), thingsPerChangeSet);
        QVERIFY(std::holds_alternative<Committed>(commitNext(*store, state.revision + 1)));
    }
    QCOMPARE(store->load().result()->revision, 3);
    QVERIFY(!store->verifyAudit().result().value().firstBroken);
}

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    if (argc == 3 && application.arguments()[1] == "--commit-for-ever"_L1)
        return commitForEver(application.arguments()[2]);
    if (argc == 3 && application.arguments()[1] == "--import-for-ever"_L1)
        return importForEver(application.arguments()[2]);
    StoreCrashTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_storecrash.moc"
