// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/store.h"
#include "support/databases.h"

#include <QTest>
#include <QUuid>

#include <thread>

using namespace Qt::StringLiterals;
using namespace castellan;

namespace {

const QString a = u"a.x.example"_s;
const QString b = u"b.x.example"_s;
const QString meter = u"meter@x.example"_s;
const QString valve = u"valve@x.example"_s;

Change put(const QString &jid, const QString &name = {}, Revision base = 0)
{
    Thing thing;
    thing.jid = jid;
    thing.name = name;
    return { .key = { ObjectType::Thing, jid }, .base = base, .object = thing };
}

Follow owing(const QStringList &jids)
{
    return [jids](const auto &, const auto &) { return Consequences { .owed = { .clearCaches = jids } }; };
}

ApplyResult apply(Store &store, const QList<Change> &changes, const Known &known,
                  const Follow &follow = owing({}))
{
    return store
        .apply({ .id = QUuid::createUuid().toString(), .title = {}, .changes = changes },
               { u"admin@x.example/c"_s }, follow, {}, known)
        .result();
}

} // namespace

/// Two servers on one PostgreSQL.
class SharedStoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY2(m_postgres.start(), qPrintable(m_postgres.complaints())); }
    void init();
    void cleanup();
    void nobodyCommitsOnTopOfWhatHeDoesNotKnow();
    void revisionsNeverCollide();
    void askersBelongToTheServerTheyAskedLast();
    void newAskersOfOthersAreNotOverlooked();
    void othersAreHeard();
    void aDatabaseThatComesBackIsListenedToAgain();

private:
    std::shared_ptr<Store> opened(const QString &server)
    {
        return Store::open(m_url, Store::Use::Serve, server).takeResult().value();
    }
    static News news(Store &store, const Known &known = {}) { return store.news(known).result().value(); }
    static QStringList owed(Store &store, Revision upTo = 1000)
    {
        QStringList jids;
        const QList<Delivery> deliveries = store.owedTo({ meter, valve }, upTo).result().value();
        for (const Delivery &delivery : deliveries)
            jids.append(delivery.jid);
        return jids;
    }

    test::PostgresServer m_postgres;
    QString m_url;
    std::shared_ptr<Store> m_a;
    std::shared_ptr<Store> m_b;
};

void SharedStoreTest::init()
{
    m_url = m_postgres.createDatabase();
    m_a = opened(a);
    m_b = opened(b);
}

void SharedStoreTest::cleanup()
{
    m_a.reset();
    m_b.reset();
}

void SharedStoreTest::nobodyCommitsOnTopOfWhatHeDoesNotKnow()
{
    QVERIFY(std::holds_alternative<Committed>(apply(*m_a, { put(meter, u"one"_s), put(valve) }, {})));
    QVERIFY(std::holds_alternative<Behind>(apply(*m_b, { put(u"other@x.example"_s) }, {})));

    const News first = news(*m_b);
    QCOMPARE(first.known.revision, 1);
    QCOMPARE(first.objects.size(), 2);
    QCOMPARE(first.changedAt, m_a->load().result()->changedAt);
    QVERIFY(std::holds_alternative<Committed>(
        apply(*m_b,
              { put(meter, u"two"_s, 1),
                { .verb = Change::Verb::Remove, .key = { ObjectType::Thing, valve }, .base = 1 } },
              first.known)));

    const News second = news(*m_a, { .revision = 1 });
    QCOMPARE(second.known.revision, 2);
    QCOMPARE(second.objects.size(), 2);
    for (const VersionedObject &object : second.objects)
        QCOMPARE(object.object.has_value(), object.key.id == meter);
    // What a conflict is, both see alike.
    QVERIFY(std::holds_alternative<StoreConflict>(apply(*m_a, { put(meter, u"three"_s, 1) }, second.known)));
}

void SharedStoreTest::revisionsNeverCollide()
{
    constexpr int rounds = 40;
    QList<Revision> revisions[2];
    std::thread threads[2];
    Store *stores[] = { m_a.get(), m_b.get() };
    for (int t = 0; t < 2; ++t) {
        threads[t] = std::thread([&, t] {
            Known known;
            for (int i = 0; i < rounds;) {
                const ApplyResult result = apply(*stores[t], { put(u"t%1-%2@x.example"_s.arg(t).arg(i)) },
                                                 known, owing({ meter }));
                if (const auto *committed = std::get_if<Committed>(&result)) {
                    revisions[t].append(committed->revision);
                    known.revision = committed->revision;
                    ++i;
                } else if (std::holds_alternative<Behind>(result)) {
                    known = news(*stores[t], known).known;
                } else {
                    return;
                }
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QList<Revision> all = revisions[0] + revisions[1];
    std::ranges::sort(all);
    QCOMPARE(all.size(), 2 * rounds);
    for (int i = 0; i < all.size(); ++i)
        QCOMPARE(all[i], i + 1);
    const AuditCheck check = m_a->verifyAudit().result().value();
    QVERIFY2(!check.firstBroken, qPrintable(check.why));
    QCOMPARE(check.entries, 2 * rounds);
}

void SharedStoreTest::askersBelongToTheServerTheyAskedLast()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QVERIFY(m_a->noteAskers({ meter }, now).result());
    QVERIFY(m_b->noteAskers({ valve }, now).result());
    const News known = news(*m_a);
    QCOMPARE(known.elsewhere, QSet<QString> { valve });
    QVERIFY(
        std::holds_alternative<Committed>(apply(*m_a, { put(meter) }, known.known, owing({ meter, valve }))));

    // Each brings its own what one of them committed.
    QCOMPARE(owed(*m_a), QStringList { meter });
    QCOMPARE(owed(*m_b), QStringList { valve });
    QCOMPARE(owed(*m_b, 0), QStringList()); // not before the revision is in force there
    QCOMPARE(news(*m_b).owed, QStringList { valve });
    QCOMPARE(m_b->load().result()->owed, QStringList { valve });
    QCOMPARE(m_b->load().result()->elsewhere, QSet<QString> { meter });

    // What is on its way from one is not called back by the other.
    Delivery sent = m_b->owedTo({ valve }).result()->first();
    sent.state = Delivery::State::Sent;
    const qint64 sequence = m_b->updateDeliveries({ sent }).result().value();
    QCOMPARE(m_a->recallDeliveries().result().value(), sequence);
    QVERIFY(m_b->recallDeliveries().result().value() > sequence);

    // A server is gone: who asks the other one gets it from there.
    m_a.reset();
    const Known before = news(*m_b).known;
    QCOMPARE(m_b->noteAskers({ meter }, now).result().value(), 1);
    QCOMPARE(owed(*m_b), (QStringList { meter, valve }));
    QCOMPARE(news(*m_b, before).elsewhere, QSet<QString>());
    m_a = opened(a);
    QCOMPARE(owed(*m_a), QStringList());
    QCOMPARE(m_a->load().result()->elsewhere, (QSet<QString> { meter, valve }));
}

void SharedStoreTest::newAskersOfOthersAreNotOverlooked()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QCOMPARE(m_a->noteAskers({ meter }, now).result().value(), 0);
    QVERIFY(std::holds_alternative<Behind>(apply(*m_b, { put(meter) }, {})));
    const Known known = news(*m_b).known;
    // One's own are no news, however many come while a commit waits.
    QVERIFY(m_b->noteAskers({ valve }, now).result());
    QVERIFY(std::holds_alternative<Committed>(apply(*m_b, { put(meter) }, known)));
    QCOMPARE(m_a->noteAskers({ valve }, now).result().value(), 1);
}

void SharedStoreTest::othersAreHeard()
{
    QObject context;
    int heardByA = 0;
    int heardByB = 0;
    const auto watchOfA = m_a->watch(&context, [&] { ++heardByA; });
    auto watchOfB = m_b->watch(&context, [&] { ++heardByB; });
    QTRY_VERIFY(heardByA > 0 && heardByB > 0); // something may have been before they listened
    heardByA = heardByB = 0;

    QVERIFY(std::holds_alternative<Committed>(apply(*m_a, { put(meter) }, {})));
    QTRY_COMPARE(heardByB, 1);
    QVERIFY(m_a->noteAskers({ meter }, QDateTime::currentDateTimeUtc()).result());
    QTRY_COMPARE(heardByB, 2);
    QVERIFY(m_a->owedTo({ meter }).result());
    QVERIFY(m_b->noteAskers({ valve }, QDateTime::currentDateTimeUtc()).result());
    QTRY_COMPARE(heardByA, 1); // and only that: not what A wrote itself
    QCOMPARE(heardByB, 2);
    watchOfB.reset();
    QVERIFY(m_a->noteAskers({ valve }, QDateTime::currentDateTimeUtc()).result());
    QVERIFY(m_b->noteAskers({ meter }, QDateTime::currentDateTimeUtc()).result());
    QTRY_COMPARE(heardByA, 2);
    QCOMPARE(heardByB, 2);
}

void SharedStoreTest::aDatabaseThatComesBackIsListenedToAgain()
{
    QObject context;
    int heard = 0;
    const auto watch = m_b->watch(&context, [&] { ++heard; });
    QTRY_COMPARE(heard, 1);
    m_postgres.stop();
    QVERIFY(!m_b->load().result());
    QVERIFY2(m_postgres.start(), qPrintable(m_postgres.complaints()));
    QVERIFY(std::holds_alternative<Committed>(apply(*m_a, { put(meter) }, {})));
    QTRY_VERIFY(heard > 1);
    QCOMPARE(news(*m_b).known.revision, 1);
}

QTEST_GUILESS_MAIN(SharedStoreTest)
#include "tst_sharedstore.moc"
