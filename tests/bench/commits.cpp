// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "store/connection.h"
#include "store/store.h"
#include "support/databases.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::bench {

namespace {

Thing thing(qsizetype index, Revision revision)
{
    Thing thing;
    thing.jid = u"thing-%1@building.example"_s.arg(index, 6, 10, QLatin1Char('0'));
    thing.name = u"Thing %1, edited %2 times"_s.arg(index).arg(revision);
    thing.owner = u"Facility management"_s;
    thing.tags = { u"cellar"_s, u"2nd floor"_s };
    return thing;
}

std::shared_ptr<Store> opened(const QString &url)
{
    auto store = Store::open(url).takeResult();
    if (!store)
        giveUp(store.error().text);
    return *store;
}

/// Change sets of \a count edits, each of which owes a device a clearCache.
void commits(const Bench &bench, const QString &name, const QString &url, const QString &peerUrl,
             const QString &durability)
{
    const qsizetype count = bench.size(1000, 20);
    const auto store = opened(url);
    Revision version = 0;
    const auto ours = [&]() -> Sample {
        ChangeSet changeSet { .id = QUuid::createUuid().toString(), .title = u"Edit"_s, .changes = {} };
        QStringList owed;
        for (qsizetype i = 0; i < count; ++i) {
            const Thing edited = thing(i, version);
            changeSet.changes.append(
                { .key = { ObjectType::Thing, edited.jid }, .base = version, .object = edited });
            owed.append(edited.jid);
        }
        QElapsedTimer timer;
        timer.start();
        const ApplyResult result = store
                                       ->apply(changeSet, { u"admin@building.example/console"_s },
                                               [owed](const auto &, const auto &) {
                                                   return Consequences { .owed = { .clearCaches = owed } };
                                               })
                                       .result();
        const auto *committed = std::get_if<Committed>(&result);
        if (!committed || committed->deliveryCount != count)
            giveUp(u"The change set was not committed."_s);
        version = committed->revision;
        return { double(timer.nsecsElapsed()) / 1e6 };
    };

    // The rows that this writes, and nothing that makes them right: no versions, no order, no chain.
    (void)opened(peerUrl); // makes the tables
    store::Connection peer(store::Location::parse(peerUrl).value());
    if (!peer.isPostgres()) {
        peer.execute(u"PRAGMA synchronous = FULL"_s);
        peer.execute(u"PRAGMA foreign_keys = ON"_s);
    }
    Revision peerVersion = 0;
    const auto raw = [&]() -> Sample {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const qint64 first = peerVersion * count;
        ++peerVersion;
        QElapsedTimer timer;
        timer.start();
        store::Transaction transaction(peer);
        store::Query(peer,
                     u"INSERT INTO revision (revision, change_set, at, by, title, changes)"
                     " VALUES (?, ?, ?, 'admin', 'Edit', ?)"_s)
            .run(peerVersion, QUuid::createUuid().toString(), now, qint64(count));
        store::Query object(
            peer,
            u"INSERT INTO thing (id, version, kind, name, owner, tags, roles, comment, noted, nodes,"
            " search) VALUES (?, ?, 0, ?, ?, '[\"2nd floor\",\"cellar\"]', '[]', '', 0, '[]', ?)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name"_s);
        store::Query audit(
            peer,
            u"INSERT INTO audit (id, at, by, operation, object_type, object_id, revision, why, before,"
            " after, result, hash) VALUES (?, ?, 'admin@building.example/console', 'put', 'thing', ?,"
            " ?, 'Edit', ?, ?, 'done', ?)"_s);
        store::Query delivery(
            peer,
            u"INSERT INTO delivery (id, revision, jid, kind, peer, state, attempts, created, error,"
            " sequence) VALUES (?, ?, ?, 0, '', 0, 0, ?, '', ?)"_s);
        const QString json = QString(150, u'j');
        const QString hash = QString(64, u'h');
        for (qsizetype i = 0; i < count; ++i) {
            const Thing edited = thing(i, peerVersion);
            const qint64 id = first + i + 1;
            object.run(edited.jid, peerVersion, edited.name, edited.owner,
                       edited.jid + edited.name + edited.owner);
            audit.run(id, now, edited.jid, peerVersion, json, json, hash);
            delivery.run(id, peerVersion, edited.jid, now, id);
        }
        transaction.commit();
        return { double(timer.nsecsElapsed()) / 1e6 };
    };
    bench.compare(
        { .name = u"change set of %1 edits, %2"_s.arg(count).arg(name),
          .unit = u"ms"_s,
          .target = atMost(1000),
          .tolerance = 0.3,
          .note = u"at the store, %1; peer: the same rows as prepared statements in one transaction"_s.arg(
              durability) },
        ours, raw);
}

void sqlite(const Bench &bench)
{
    QTemporaryDir folder;
    const QString url = u"sqlite:"_s + folder.filePath(u"ours"_s);
    commits(bench, u"SQLite"_s, url, url + u"-peer"_s, u"on the disk"_s);
}

void postgres(const Bench &bench)
{
    test::PostgresServer server;
    if (!server.start())
        giveUp(server.complaints());
    const QString url = server.createDatabase();
    commits(bench, u"PostgreSQL"_s, url, server.createDatabase(), u"server on loopback without fsync"_s);
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const QCoreApplication application(argc, argv);
    const Row rows[] = {
        { "commits-sqlite", sqlite },
        { "commits-postgres", postgres },
    };
    return run(argc, argv, rows);
}
