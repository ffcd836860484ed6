// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/answercache.h"
#include "things/statestore.h"

#include <QRandomGenerator>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QDateTime start = QDateTime::fromString(u"2026-01-31T12:00:00Z"_s, Qt::ISODate);

AnswerCache::Entry entry(int number, const QString &about = u"a@b"_s, const QDateTime &used = start)
{
    return { .question = "question " + QByteArray::number(number),
             .about = about,
             .answer = wire::IsFriendResponse { Jid::parse(about).value(), number % 2 == 0 },
             .used = used };
}

/// The same as AnswerCache, without any thought for speed: a list in order of use.
class Model
{
public:
    explicit Model(AnswerCache::Limits limits)
        : m_limits(limits)
    { }

    std::optional<wire::Provisioning> find(const QByteArray &question, const QDateTime &now)
    {
        forget(now);
        const auto found = std::ranges::find(entries, question, &AnswerCache::Entry::question);
        if (found == entries.end())
            return std::nullopt;
        auto entry = *found;
        entries.erase(found);
        entry.used = now;
        entries.append(entry);
        return entry.answer;
    }
    void insert(const AnswerCache::Entry &entry)
    {
        forget(entry.used);
        entries.removeIf([&](const auto &known) { return known.question == entry.question; });
        entries.append(entry);
        while (entries.size() > m_limits.entries)
            entries.removeFirst();
    }
    void removeAbout(const QString &jid)
    {
        entries.removeIf([&](const auto &known) { return known.about == jid; });
    }

    QList<AnswerCache::Entry> entries;

private:
    void forget(const QDateTime &now)
    {
        if (m_limits.unused)
            entries.removeIf(
                [&](const auto &known) { return known.used.addDuration(*m_limits.unused) < now; });
    }

    AnswerCache::Limits m_limits;
};

} // namespace

/// XEP-0324 §5.2.
class AnswerCacheTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void leastRecentlyUsedGoesFirst();
    void unusedGoesAfterAWhile();
    void removesWhatIsAboutSomeone();
    void survivesARestart();
    void savesAllOrNothing();
    void refusesAStoreOfAnotherVersion();
    void equalsItsModel_data();
    void equalsItsModel();
};

void AnswerCacheTest::leastRecentlyUsedGoesFirst()
{
    AnswerCache cache({ .entries = 3 });
    for (int i = 1; i <= 3; ++i)
        cache.insert(entry(i));
    QVERIFY(cache.find("question 1", start.addSecs(1))); // now 2 is the oldest
    cache.insert(entry(4, u"a@b"_s, start.addSecs(2)));
    QCOMPARE(cache.size(), 3);
    QVERIFY(!cache.find("question 2", start.addSecs(3)));
    QVERIFY(cache.find("question 1", start.addSecs(3)));
    QVERIFY(cache.find("question 3", start.addSecs(3)));
    QVERIFY(cache.find("question 4", start.addSecs(3)));
}

void AnswerCacheTest::unusedGoesAfterAWhile()
{
    AnswerCache cache({ .unused = 60s });
    cache.insert(entry(1));
    cache.insert(entry(2));
    QVERIFY(cache.find("question 1", start.addSecs(50)));
    QVERIFY(!cache.find("question 2", start.addSecs(70)));
    QVERIFY(cache.find("question 1", start.addSecs(70)));
    QCOMPARE(cache.size(), 1);
}

void AnswerCacheTest::removesWhatIsAboutSomeone()
{
    AnswerCache cache({});
    cache.insert(entry(1, u"a@b"_s));
    cache.insert(entry(2, u"c@d"_s));
    cache.insert(entry(3, u"a@b"_s));
    cache.removeAbout(u"a@b"_s);
    QCOMPARE(cache.entries(), QList { entry(2, u"c@d"_s) });
}

void AnswerCacheTest::survivesARestart()
{
    QTemporaryDir folder;
    AnswerCache cache({});
    for (int i = 1; i <= 4; ++i)
        cache.insert(entry(i, u"a@b"_s, start.addSecs(i)));
    QVERIFY(cache.find("question 2", start.addSecs(9)));
    cache.removeAbout(u"nobody@here"_s);
    {
        auto store = StateStore::open(folder.path());
        QVERIFY(store);
        QVERIFY((*store)->saveServer(u"thing@b"_s, u"server@b"_s));
        QVERIFY((*store)->saveAnswers(u"thing@b"_s, cache.changes()));
        QVERIFY((*store)->saveAnswers(u"other@b"_s, { { .question = "x", .entry = entry(7) } }));
    }
    auto store = StateStore::open(folder.path());
    QVERIFY(store);
    const auto memory = (*store)->load(u"thing@b"_s);
    QVERIFY(memory);
    QCOMPARE(memory->server, u"server@b"_s);
    QCOMPARE(memory->answers, cache.entries()); // the order of use as well

    cache.markSaved();
    cache.clear();
    QVERIFY((*store)->saveAnswers(u"thing@b"_s, cache.changes()));
    QVERIFY((*store)->load(u"thing@b"_s)->answers.isEmpty());
    QCOMPARE((*store)->load(u"other@b"_s)->answers.size(), 1);
}

void AnswerCacheTest::savesAllOrNothing()
{
    QTemporaryDir folder;
    auto store = StateStore::open(folder.path());
    QVERIFY(store);
    {
        auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"fault"_s);
        database.setDatabaseName(folder.filePath(u"things.db"_s));
        QVERIFY(database.open());
        QSqlQuery query(database);
        QVERIFY(query.exec(u"CREATE TRIGGER full BEFORE INSERT ON answer WHEN NEW.question = x'62' "
                           "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"_s));
    }
    QSqlDatabase::removeDatabase(u"fault"_s);
    const auto saved = (*store)->saveAnswers(u"thing@b"_s, { { "a", entry(1) }, { "b", entry(2) } });
    QVERIFY(!saved);
    QVERIFY2(saved.error().text.contains(u"the disk is full"_s), qPrintable(saved.error().text));
    QVERIFY((*store)->load(u"thing@b"_s)->answers.isEmpty());
    QVERIFY((*store)->saveAnswers(u"thing@b"_s, { { "a", entry(1) } }));
}

void AnswerCacheTest::refusesAStoreOfAnotherVersion()
{
    QTemporaryDir folder;
    {
        auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"later"_s);
        database.setDatabaseName(folder.filePath(u"things.db"_s));
        QVERIFY(database.open());
        QVERIFY(QSqlQuery(database).exec(u"PRAGMA user_version = 99"_s));
    }
    QSqlDatabase::removeDatabase(u"later"_s);
    const auto store = StateStore::open(folder.path());
    QVERIFY(!store);
    QVERIFY2(store.error().text.contains(u"another version"_s), qPrintable(store.error().text));
}

void AnswerCacheTest::equalsItsModel_data()
{
    QTest::addColumn<quint32>("seed");
    for (quint32 seed = 1; seed <= 30; ++seed)
        QTest::newRow(qPrintable(u"seed %1"_s.arg(seed))) << seed;
}

/// Any sequence of operations, with saves and restarts in between, leaves what the model has.
void AnswerCacheTest::equalsItsModel()
{
    QFETCH(quint32, seed);
    QRandomGenerator random(seed);
    AnswerCache::Limits limits { .entries = random.bounded(1, 12) };
    if (random.bounded(2))
        limits.unused = std::chrono::seconds(random.bounded(1, 60));
    QTemporaryDir folder;
    auto store = StateStore::open(folder.path());
    QVERIFY(store);
    auto cache = std::make_unique<AnswerCache>(limits);
    Model model(limits);
    QDateTime now = start;

    for (int step = 0; step < 400; ++step) {
        now = now.addSecs(random.bounded(4));
        const int number = random.bounded(20);
        const QString about = number % 3 ? u"a@b"_s : u"c@d"_s;
        switch (random.bounded(8)) {
        case 0:
        case 1:
        case 2:
            cache->insert(entry(number, about, now));
            model.insert(entry(number, about, now));
            break;
        case 3:
        case 4:
        case 5: {
            const QByteArray question = entry(number).question;
            QCOMPARE(cache->find(question, now), model.find(question, now));
            break;
        }
        case 6:
            if (random.bounded(10) == 0) {
                cache->clear();
                model.entries.clear();
            } else {
                cache->removeAbout(about);
                model.removeAbout(about);
            }
            break;
        default:
            QVERIFY((*store)->saveAnswers(u"thing@b"_s, cache->changes()));
            cache->markSaved();
            if (random.bounded(3) == 0) { // restart
                cache = std::make_unique<AnswerCache>(limits);
                const auto memory = (*store)->load(u"thing@b"_s);
                QVERIFY(memory);
                for (const auto &answer : memory->answers)
                    cache->insert(answer);
                cache->markSaved();
                // What shares a second may come back in another order.
                const auto byUse = [](const auto &a, const auto &b) {
                    return std::tie(a.used, a.question) < std::tie(b.used, b.question);
                };
                std::ranges::sort(model.entries, byUse);
            }
        }
        QVERIFY(cache->size() <= limits.entries);
        QCOMPARE(cache->entries(), model.entries);
    }
}

QTEST_GUILESS_MAIN(AnswerCacheTest)
#include "tst_answercache.moc"
