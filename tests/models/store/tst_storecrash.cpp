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
int commitForEver(const QString &path)
{
    const auto store = Store::open(u"sqlite:"_s + path).result();
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
    store::Connection connection({ .path = path });
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
    QVERIFY(!store->verifyAudit().result().value().firstBroken);
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
