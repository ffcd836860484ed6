// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/store.h"

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

/// Revision by revision: the same things, each named after the revision, and as many deliveries.
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
    return store
        .apply(edit, { u"admin@x.example/console"_s },
               [owed](const auto &, const auto &) { return Consequences { .owed = owed }; })
        .result();
}

/// Commits until killed, telling each revision that was acknowledged.
int commitForEver(const QString &path)
{
    const auto store = Store::open(u"sqlite:"_s + path).result();
    if (!store)
        return 1;
    QTextStream out(stdout);
    for (Revision revision = (*store)->load().result()->revision + 1;; ++revision) {
        if (!std::holds_alternative<Committed>(commitNext(**store, revision)))
            return 2;
        std::ignore = (*store)
                          ->noteAskers({ u"asker%1@x.example"_s.arg(revision) },
                                       QDateTime::currentDateTimeUtc())
                          .result();
        out << revision << Qt::endl;
    }
}

} // namespace

class StoreCrashTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void killedProcessLosesNothingAcknowledged();
    void fullDiskChangesNothing();

private:
    static std::shared_ptr<Store> opened(const QString &path)
    {
        const auto store = Store::open(u"sqlite:"_s + path).takeResult(); // leaves no other reference behind
        if (!store)
            qWarning().noquote() << store.error().text;
        return store.value_or(nullptr);
    }
};

void StoreCrashTest::killedProcessLosesNothingAcknowledged()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"castellan.db"_s);
    Revision before = 0;
    QList<Revision> allAcknowledged;
    // Killed at different moments: early, and when the write-ahead log has been taken over a few times.
    for (const int least : { 1, 7, 150, 23 }) {
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), { u"--commit-for-ever"_s, path });
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

        const std::shared_ptr<Store> store = opened(path);
        QVERIFY(store);
        const StoredState state = store->load().result().value();
        QVERIFY2(state.revision == acknowledged || state.revision == acknowledged + 1,
                 qPrintable(u"%1 acknowledged, %2 stored"_s.arg(acknowledged).arg(state.revision)));
        QCOMPARE(state.network.things.size(), thingsPerChangeSet);
        for (const Thing &thing : state.network.things)
            QCOMPARE(thing.name, QString::number(state.revision));
        QCOMPARE(state.deliverySequence, state.revision * thingsPerChangeSet);
        QCOMPARE(store->verifyAudit().result().value(), state.revision * thingsPerChangeSet);
        for (const Revision revision : std::as_const(allAcknowledged))
            QVERIFY(state.askers.contains(u"asker%1@x.example"_s.arg(revision)));
        before = state.revision;
    }
    store::Connection connection(path);
    store::Query check(connection, u"PRAGMA integrity_check"_s);
    QVERIFY(check.run().next());
    QCOMPARE(check.text(0), u"ok"_s);
}

void StoreCrashTest::fullDiskChangesNothing()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"castellan.db"_s);
    std::shared_ptr<Store> store = opened(path);
    QVERIFY(store);
    QVERIFY(std::holds_alternative<Committed>(commitNext(*store, 1)));
    const StoredState before = store->load().result().value();

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
    const Result<StoredState> meanwhile = store->load().result();
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
    store = opened(path);
    QVERIFY(store);
    const StoredState after = store->load().result().value();
    QCOMPARE(after.revision, 2);
    QVERIFY(after.askers.isEmpty());
    QVERIFY(store->verifyAudit().result());
}

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    if (argc == 3 && application.arguments()[1] == "--commit-for-ever"_L1)
        return commitForEver(application.arguments()[2]);
    StoreCrashTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_storecrash.moc"
