// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftsets.h"
#include "replica/queries.h"

#include <QFile>
#include <QRandomGenerator>
#include <QSet>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <ranges>

using namespace castellan;
using namespace castellan::replica;
using namespace Qt::StringLiterals;

namespace {

VersionedObject committed(const Object &object, Revision version = 1)
{
    return { .key = { objectType(object), objectId(object) }, .version = version, .object = object };
}

QString jid(int number)
{
    return u"thing-%1@example.org"_s.arg(number);
}

AccessRule makeRule(const QString &id, qint64 rank = 0)
{
    return { .id = id,
             .subject = { Subject::Kind::Jid, jid(1) },
             .target = { Target::Kind::Device, jid(2), {} },
             .names = { u"Energy"_s },
             .rank = rank };
}

/// All rows of a reading: page by page, and the same again from row to row backwards.
template<typename Row, typename Read>
QList<Row> allPages(Read read)
{
    QList<Row> rows;
    for (;;) {
        const Result<Page<Row>> page = read(rows.size(), 3);
        if (!page) {
            qWarning() << page.error().text;
            return {};
        }
        rows += page->rows;
        if (page->rows.size() < 3 && page->total != rows.size())
            return {};
        if (page->rows.isEmpty() || rows.size() == page->total)
            break;
    }
    for (qsizetype row = rows.size(); row-- > 0;) {
        const Result<Page<Row>> page = read(row, 2);
        if (!page || page->rows != rows.mid(row, 2))
            return {};
    }
    return rows;
}

} // namespace

class TestLocalCopy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder.emplace();
        m_path = m_folder->filePath(u"copy.sqlite"_s);
        openFile();
    }
    void cleanup()
    {
        m_database.reset();
        m_folder.reset();
    }

    void migrations()
    {
        // A file of the future is left alone.
        m_database.reset();
        directly([](QSqlQuery &query) {
            QVERIFY(query.exec(u"PRAGMA user_version"_s) && query.next());
            QCOMPARE(query.value(0).toInt(), 3); // one line per migration above, from an empty file
            query.finish();
            QVERIFY(query.exec(u"PRAGMA user_version = 99"_s));
        });
        const auto refused = Database::open(m_path);
        QVERIFY(!refused);
        QVERIFY2(refused.error().text.contains(u"newer"), qPrintable(refused.error().text));
    }

    void aFolderThatIsNotThere()
    {
        const auto opened = Database::open(m_folder->filePath(u"nowhere/copy.sqlite"_s));
        QVERIFY(!opened);
        QVERIFY(opened.error().text.contains(u"nowhere/copy.sqlite"));
    }

    void progressAndDraftSurviveStartingOver()
    {
        fill(5);
        const DraftStep step = DraftState().stepTo(removal(u"a"_s));
        const wire::admin::Apply push { .changeSet = {
                                            .id = u"1"_s,
                                            .title = u"t"_s,
                                            .changes = { Change { .verb = Change::Verb::Remove,
                                                                  .key = { ObjectType::AccessRule, u"a"_s },
                                                                  .base = 3 } } } };
        const StoredSet other { .id = 7, .name = u"Roof"_s, .steps = { step }, .position = 0 };
        QVERIFY(saveSteps(*m_database, { { 1, 0, step }, { 1, 1, step } }));
        QVERIFY(saveSteps(*m_database, { { 1, 1, step } })); // replaces what was undone
        QVERIFY(savePosition(*m_database, 1, 1));
        QVERIFY(savePush(*m_database, 1, push));
        QVERIFY(saveSet(*m_database, other));
        QVERIFY(saveCurrent(*m_database, 7));
        QVERIFY(m_database->startOver(u"other"_s));

        QCOMPARE(*m_database->progress(), Database::Progress { .epoch = u"other"_s });
        QCOMPARE(*readCounts(*m_database), Counts());
        auto sets = readSets(*m_database);
        QVERIFY(sets);
        const StoredSet first { .id = 1, .steps = { step, step }, .position = 1, .push = push };
        QCOMPARE(*sets, (StoredSets { .sets = { first, other }, .current = 7 }));

        QVERIFY(clearSet(*m_database, 1));
        QVERIFY(saveName(*m_database, 1, u"Cellar"_s));
        QVERIFY(removeSet(*m_database, 7));
        sets = readSets(*m_database);
        QCOMPARE(*sets, (StoredSets { .sets = { { .id = 1, .name = u"Cellar"_s } }, .current = 1 }));
    }

    /// Edits of a console that knew one change set only are in the first of several.
    void theDraftOfAnEarlierConsole()
    {
        const DraftStep step = DraftState().stepTo(removal(u"a"_s));
        m_database.reset();
        {
            auto raw = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"raw"_s);
            raw.setDatabaseName(m_path);
            QVERIFY(raw.open());
            QSqlQuery query(raw);
            for (const QString &statement :
                 { u"DROP TABLE draft_sets"_s, u"DROP TABLE draft_set_steps"_s,
                   u"CREATE TABLE draft_steps (number INTEGER PRIMARY KEY, step BLOB NOT NULL)"_s,
                   u"INSERT INTO meta VALUES ('draftPosition', 1)"_s, u"PRAGMA user_version = 2"_s })
                QVERIFY2(query.exec(statement), qPrintable(statement));
            for (int number = 0; number < 2; ++number) {
                QVERIFY(query.prepare(u"INSERT INTO draft_steps VALUES (?, ?)"_s));
                query.bindValue(0, number);
                query.bindValue(1, step.toXml());
                QVERIFY(query.exec());
            }
        }
        QSqlDatabase::removeDatabase(u"raw"_s);
        m_database = std::move(*Database::open(m_path));
        const auto sets = readSets(*m_database);
        QVERIFY(sets);
        QCOMPARE(*sets,
                 (StoredSets { .sets = { { .id = 1, .steps = { step, step }, .position = 1 } },
                               .current = 1 }));
    }

    void aCopyOfAnotherSchema()
    {
        fill(5);
        QVERIFY(saveSteps(*m_database, { { 1, 0, DraftState().stepTo(removal(u"a"_s)) } }));
        m_database.reset();
        directly([](QSqlQuery &query) {
            QVERIFY(query.exec(u"UPDATE meta SET value = 'an earlier one' WHERE name = 'schema'"_s));
            QVERIFY(query.exec(u"DROP TABLE rules"_s));
            QVERIFY(query.exec(u"CREATE TABLE rules (of TEXT)"_s));
        });
        openFile();
        QCOMPARE(*m_database->progress(), Database::Progress()); // the server will be asked for everything
        QCOMPARE(*readCounts(*m_database), Counts());
        QCOMPARE(readSets(*m_database)->sets.first().steps.size(), 1);
        fill(5);
        QCOMPARE(readCounts(*m_database)->things, 5);
    }

    void aDamagedFile_data()
    {
        QTest::addColumn<bool>("all");
        QTest::newRow("all of it") << true;
        QTest::newRow("its head") << false;
    }
    void aDamagedFile()
    {
        QFETCH(bool, all);
        fill(50);
        QVERIFY(saveSteps(*m_database, { { 1, 0, DraftState().stepTo(removal(u"a"_s)) } }));
        m_database.reset();
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write(QByteArray(all ? file.size() : 100, 'x'));
        file.close();

        openFile();
        QCOMPARE(*m_database->progress(), Database::Progress());
        QCOMPARE(readSets(*m_database)->sets.first().steps.size(), 0); // nothing of it can be read
        QVERIFY(QFile::exists(m_path + u".damaged"_s));
        fill(5);
        QCOMPARE(readCounts(*m_database)->things, 5);
    }

    /// Found only when something reads there.
    void damageInTheMiddle()
    {
        fill(50);
        const DraftStep step = DraftState().stepTo(removal(u"a"_s));
        QVERIFY(saveSteps(*m_database, { { 1, 0, step } }));
        m_database.reset();
        qint64 page = 0;
        directly([&](QSqlQuery &query) {
            QVERIFY(query.exec(u"SELECT rootpage FROM sqlite_master WHERE name = 'things'"_s)
                    && query.next());
            page = query.value(0).toLongLong();
        });
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadWrite) && file.seek((page - 1) * 4096));
        file.write(QByteArray(4096, 'x'));
        file.close();

        openFile();
        QVERIFY(!readThing(*m_database, jid(1)));
        QVERIFY(m_database->isDamaged());
        m_database.reset();
        auto healed = Database::heal(m_path);
        QVERIFY(healed);
        m_database = std::move(*healed);
        QVERIFY(!m_database->isDamaged());
        QCOMPARE(readSets(*m_database)->sets.first().steps, QList { step });
        QCOMPARE(*m_database->progress(), Database::Progress());
        fill(5);
        QVERIFY(readThing(*m_database, jid(1)));
    }

    /// Law: it makes no difference what came while the copy was filled and what after.
    void filledAtOnceOrBitByBit()
    {
        QRandomGenerator random(20260121);
        QList<VersionedObject> events;
        for (int i = 0; i < 300; ++i) {
            const int number = random.bounded(8);
            VersionedObject event = committed(makeFriendship(
                jid(number), jid((number + 1 + random.bounded(6)) % 8),
                random.bounded(3) ? Friendship::State::Accepted : Friendship::State::Rejected));
            if (random.bounded(3) == 0) {
                Thing thing { .jid = jid(number), .owner = u"owner %1"_s.arg(random.bounded(3)) };
                thing.roles = { u"role-%1"_s.arg(random.bounded(3)) };
                thing.nodes = { Node { .ref = { u"node-%1"_s.arg(random.bounded(4)), {}, {} } } };
                event = committed(thing);
            }
            if (random.bounded(3) == 0)
                event.object.reset();
            events.append(event);
        }
        QList<wire::admin::ThingStatus> statuses;
        for (int i = 0; i < 8; i += 2)
            statuses.append(
                { jid(i), i % 4 == 0, QDateTime::fromSecsSinceEpoch(1000 + i, QTimeZone::UTC), {} });
        const auto everything = [&] {
            QString all;
            QDebug stream(&all);
            for (const ThingSort sort : { ThingSort::Jid, ThingSort::Friends, ThingSort::Online }) {
                const auto things = readThings(*m_database, { .sort = sort });
                for (const ThingRow &row : things->rows)
                    stream << row.jid << row.friends << row.online << row.lastAsked << row.waiting
                           << row.owner;
                stream << '\n';
            }
            for (const auto kind : { WordKind::Role, WordKind::Node, WordKind::Domain }) {
                const auto words = readWords(*m_database, { .kind = kind });
                for (const WordRow &row : words->rows)
                    stream << row.word << row.detail;
            }
            for (const QString &text : { u"role-1"_s, u"de-2"_s, u"e"_s })
                stream << text << readThings(*m_database, { .search = text, .sort = ThingSort::Jid })->total;
            const auto counts = readCounts(*m_database);
            stream << counts->things << counts->friendships << counts->online;
            return all;
        };

        QStringList results;
        for (const qsizetype filled : { 0, 1, 150, 300 }) {
            QVERIFY(m_database->startOver(u"epoch"_s));
            QVERIFY(m_database->storeStatuses({ statuses.first() }));
            QVERIFY(m_database->storeObjects(events.first(filled), {}));
            if (filled > 100)
                QVERIFY(m_database->replaceStatuses({}, statuses, true));
            finish();
            for (const VersionedObject &event : events.sliced(filled))
                QVERIFY(m_database->storeObjects({ event }, {}));
            const Delivery delivery { .id = 1, .revision = 1, .jid = jid(4) };
            QVERIFY(m_database->storeDeliveries({ delivery }, {}));
            QVERIFY(m_database->replaceStatuses({}, statuses.first(2), false));
            QVERIFY(m_database->replaceStatuses(statuses.at(1).jid, statuses.sliced(2), true));
            results.append(everything());
        }
        results.removeDuplicates();
        QCOMPARE(results.size(), 1);
    }

    void statusesThatAreGone()
    {
        fill(6);
        QCOMPARE(readCounts(*m_database)->online, 2);
        const auto online = [](int thing) {
            return wire::admin::ThingStatus { .jid = jid(thing), .online = true };
        };
        QVERIFY(m_database->replaceStatuses({}, { online(1), online(2) }, false)); // up to 2
        QCOMPARE(readCounts(*m_database)->online, 3); // 1, 2 and still 4
        QVERIFY(m_database->replaceStatuses(jid(2), { online(5) }, true));
        QCOMPARE(readCounts(*m_database)->online, 3); // 1, 2, 5
        QVERIFY(m_database->replaceStatuses({}, {}, true));
        QCOMPARE(readCounts(*m_database)->online, 0);
    }

    /// Of lists that are too long to be remembered row by row, any row is found, from either end.
    void longLists()
    {
        constexpr int count = 2 * Listings::whole + 1500;
        QList<VersionedObject> objects;
        for (int i = 0; i < count; ++i) {
            const Thing thing { .jid = jid(i),
                                .kind = i % 4 ? ThingKind::Thing : ThingKind::User,
                                .name = u"Name %1"_s.arg((i * 7919) % count),
                                .owner = i % 500 == 0 ? u"acme"_s : u"umbrella"_s };
            objects.append(committed(thing));
        }
        QVERIFY(m_database->storeObjects(objects, {}));
        finish();
        const auto read = [&](ThingQuery query, qint64 first, int limit) {
            query.first = first;
            query.limit = limit;
            const auto page = readThings(*m_database, query);
            return page ? *page : Page<ThingRow>();
        };
        QRandomGenerator random(20260122);
        const ThingQuery queries[] {
            {},
            { .descending = true },
            { .sort = ThingSort::Owner },
            { .kind = ThingKind::Thing },
            { .search = u"mbrell"_s },
            { .search = u"thing"_s, .kind = ThingKind::Thing, .descending = true },
            { .search = u"mbrell"_s, .sort = ThingSort::Owner, .descending = true },
            { .search = u"thing"_s, .kind = ThingKind::Thing, .sort = ThingSort::Jid }
        };
        for (const ThingQuery &query : queries) {
            QStringList all;
            for (Page<ThingRow> page;;) {
                page = read(query, all.size(), 997);
                for (const ThingRow &row : page.rows)
                    all.append(row.jid);
                QVERIFY(page.total >= all.size());
                if (page.rows.size() < 997) {
                    QVERIFY(!page.more);
                    QCOMPARE(page.total, all.size());
                    break;
                }
            }
            QCOMPARE(QSet<QString>(all.cbegin(), all.cend()).size(), all.size());
            QVERIFY(all.size() > Listings::whole);
            // What another list has found out is not of this one.
            QVERIFY(m_database->storeObjects({ committed(makeFriendship(jid(1), jid(2))),
                                               committed(std::get<Thing>(*objects.first().object)) },
                                             {}));
            qint64 known = read(query, 0, 1).total;
            for (int i = 0; i < 60; ++i) {
                const qint64 first = i % 3 == 0 ? known - 1 - random.bounded(5) : random.bounded(known);
                const Page<ThingRow> page = read(query, first, 5);
                QStringList jids;
                for (const ThingRow &row : page.rows)
                    jids.append(row.jid);
                QCOMPARE(jids, all.mid(first, 5));
                known = page.total;
            }
        }
        QCOMPARE(readThings(*m_database, { .search = u"thing-77 acme"_s })->total, 0);
        QCOMPARE(readThings(*m_database, { .search = u"acme"_s })->total, count / 500);
    }

    void hitsOfAllKinds()
    {
        Friendship pair = makeFriendship(jid(1), jid(2));
        pair.comment = u"Temporary Zählwerk"_s;
        AccessRule rule = makeRule(u"r"_s);
        rule.comment = u"for the zählwerk"_s;
        QVERIFY(m_database->storeObjects(
            { committed(Thing { .jid = jid(1), .name = u"Zählwerk 1"_s }), committed(pair), committed(rule),
              committed(User { .name = u"zähler"_s }),
              committed(Service { .id = u"s@example.org"_s, .name = u"The zählwerk service"_s }),
              committed(Privilege { .service = u"s@example.org"_s, .privilege = u"Zählwerk.Read"_s }) },
            {}));
        finish();
        const auto keys = [&](const QString &search, int limit = 50) {
            QList<ObjectKey> list;
            if (const auto page = readHits(*m_database, search, limit)) {
                for (const HitRow &hit : page->rows)
                    list.append(hit.key);
            }
            return list;
        };
        QCOMPARE(keys(u"zählw"_s),
                 (QList<ObjectKey> { { ObjectType::Thing, jid(1) },
                                     { ObjectType::AccessRule, u"r"_s },
                                     { ObjectType::Friendship, objectId(pair) },
                                     { ObjectType::Service, u"s@example.org"_s },
                                     { ObjectType::Privilege, u"s@example.org Zählwerk.Read"_s } }));
        QCOMPARE(keys(u"zählw"_s, 2).size(), 2);
        QCOMPARE(keys(u"ler"_s), (QList<ObjectKey> { { ObjectType::User, u"zähler"_s } }));
        QCOMPARE(keys({}).size(), 0);
        pair.comment = u"other"_s;
        QVERIFY(m_database->storeObjects(
            { committed(pair), { .key = { ObjectType::Thing, jid(1) }, .version = 2, .object = {} } }, {}));
        QCOMPARE(keys(u"zählw"_s).size(), 3);
    }

    void thingsInEveryOrder_data()
    {
        QTest::addColumn<ThingSort>("sort");
        QTest::addColumn<bool>("descending");
        for (const auto &[name, sort] :
             { std::pair("name", ThingSort::Name), std::pair("jid", ThingSort::Jid),
               std::pair("kind", ThingSort::Kind), std::pair("online", ThingSort::Online),
               std::pair("asked", ThingSort::LastAsked), std::pair("friends", ThingSort::Friends),
               std::pair("waiting", ThingSort::Waiting), std::pair("owner", ThingSort::Owner) }) {
            QTest::addRow("%s", name) << sort << false;
            QTest::addRow("%s descending", name) << sort << true;
        }
    }
    void thingsInEveryOrder()
    {
        QFETCH(ThingSort, sort);
        QFETCH(bool, descending);
        fill(20);
        const auto all = [&](bool down) {
            return allPages<ThingRow>([&](qint64 first, int limit) {
                return readThings(*m_database,
                                  { .sort = sort, .descending = down, .first = first, .limit = limit });
            });
        };
        QList<ThingRow> rows = all(descending);
        QCOMPARE(rows.size(), 20);
        const auto key = [&](const ThingRow &row) -> QVariant {
            switch (sort) {
            case ThingSort::Name:
                return row.name.isEmpty() ? row.jid : row.name.toCaseFolded();
            case ThingSort::Jid:
                return row.jid;
            case ThingSort::Kind:
                return int(row.kind);
            case ThingSort::Online:
                return int(row.online);
            case ThingSort::LastAsked:
                return row.lastAsked.isValid() ? row.lastAsked.toMSecsSinceEpoch() : 0;
            case ThingSort::Friends:
                return row.friends;
            case ThingSort::Waiting:
                return row.waiting;
            case ThingSort::Owner:
                return row.owner;
            }
            return {};
        };
        QSet<QString> seen;
        for (const ThingRow &row : std::as_const(rows))
            seen.insert(row.jid);
        QCOMPARE(seen.size(), 20);
        const auto less = [&](const ThingRow &a, const ThingRow &b) {
            return QVariant::compare(key(a), key(b)) == QPartialOrdering::Less;
        };
        QVERIFY(descending ? std::ranges::is_sorted(rows | std::views::reverse, less)
                           : std::ranges::is_sorted(rows, less));
        std::ranges::reverse(rows);
        QCOMPARE(all(!descending), rows); // equals too have one order
    }

    void searching_data()
    {
        QTest::addColumn<QString>("search");
        QTest::addColumn<int>("found");
        QTest::newRow("all") << QString() << 20;
        QTest::newRow("case") << u"THING-7@"_s << 1;
        QTest::newRow("two words") << u"  example thing-1 "_s << 11;
        QTest::newRow("a tag") << u"tag3"_s << 1;
        QTest::newRow("a node") << u"rail-4"_s << 1;
        QTest::newRow("no pattern") << u"%"_s << 0;
        QTest::newRow("not there") << u"thing-7 tag3"_s << 0;
        QTest::newRow("beyond ASCII") << u"zähler ß"_s << 1;
        QTest::newRow("beyond 16 bits") << u"\U0001f50c"_s << 1;
        QTest::newRow("one character") << u"z"_s << 1;
        QTest::newRow("two characters") << u"-7"_s << 1;
        QTest::newRow("two anywhere") << u"hi"_s << 20;
        QTest::newRow("within") << u"hing-1"_s << 11;
        QTest::newRow("all the runs, but not the word") << u"thing-1thing-1"_s << 0;
        QTest::newRow("an owner") << u"owner"_s << 20;
        QTest::newRow("a field") << u"powe"_s << 20;
        QTest::newRow("a parameter") << u"outp"_s << 20;
    }
    void searching()
    {
        QFETCH(QString, search);
        QFETCH(int, found);
        fill(20);
        for (const bool filled : { false, true }) {
            if (filled)
                finish();
            const auto page = readThings(*m_database, { .search = search });
            QVERIFY(page);
            QCOMPARE(page->rows.size(), found);
            QCOMPARE(page->total, found);
            QVERIFY(!page->more);
        }
    }

    /// Law: what is found comes in the order of names, whatever was renamed, added and removed since the copy
    /// was filled; and a copy that is filled anew has the same.
    void foundInTheOrderOfNames()
    {
        QRandomGenerator random(20261121);
        QMap<QString, QString> names;
        const auto change = [&](int count) {
            QList<VersionedObject> objects;
            for (int i = 0; i < count; ++i) {
                const QString id = jid(random.bounded(3000));
                VersionedObject object = committed(
                    Thing { .jid = id, .name = u"Näme %1 %2"_s.arg(random.bounded(100)).arg(id) });
                names.insert(id, std::get<Thing>(*object.object).name.toCaseFolded());
                if (random.bounded(4) == 0) {
                    names.remove(id);
                    object.object.reset();
                }
                objects.append(object);
            }
            QVERIFY(m_database->storeObjects(objects, {}));
        };
        const auto check = [&](const QString &word, bool descending) {
            QList<std::pair<QString, QString>> expected;
            for (const auto &[id, name] : names.asKeyValueRange()) {
                if (name.contains(word) || id.contains(word))
                    expected.emplace_back(name, id);
            }
            std::ranges::sort(expected);
            if (descending)
                std::ranges::reverse(expected);
            QList<std::pair<QString, QString>> found;
            for (Page<ThingRow> page;;) {
                const auto read = readThings(
                    *m_database,
                    { .search = word, .descending = descending, .first = found.size(), .limit = 70 });
                QVERIFY(read);
                for (const ThingRow &row : read->rows)
                    found.emplace_back(row.name.toCaseFolded(), row.jid);
                if (read->rows.size() < 70)
                    break;
            }
            QCOMPARE(found, expected);
            // Counted without being read, in a list that nobody has looked at
            ThingQuery query { .search = word + u' ' + word.first(1), .descending = descending, .limit = 1 };
            auto page = readThings(*m_database, query);
            for (query.limit = 0; page && page->more; page = readThings(*m_database, query))
                query.first = page->total;
            QVERIFY(page);
            QCOMPARE(page->total, expected.size());
        };
        change(2500);
        finish();
        for (int round = 0; round < 4; ++round) {
            for (const QString &word : { u"n"_s, u"näme"_s, u"g-12"_s, u"99"_s, u"zz"_s }) {
                check(word, false);
                check(word, true);
            }
            change(round == 2 ? 1500 : 300);
        }
        QVERIFY(m_database->storeObjects({}, { .received = 0, .expected = 60'000 }));
        QVERIFY(*m_database->isFilling());
        check(u"näme"_s, false);
        finish();
        QVERIFY(!*m_database->isFilling());
        check(u"näme"_s, true);
        check(u"g-12"_s, false);
    }

    /// Half of what waited is done when more comes.
    void finishingBeginsAnew()
    {
        fill(600);
        QVERIFY(m_database->storeObjects({}, { .expected = 60'000 }));
        QVERIFY(!*m_database->finishFilling());
        QVERIFY(!*m_database->finishFilling());
        QVERIFY(!*m_database->finishFilling()); // things can be found by now
        QVERIFY(m_database->storeObjects({ committed(Thing { .jid = jid(7), .name = u"Zebra"_s }) }, {}));
        finish();
        QCOMPARE(readThings(*m_database, { .search = u"zebra"_s })->total, 1);
        QCOMPARE(readThings(*m_database, { .search = jid(7) })->total, 1);
        QCOMPARE(readThings(*m_database, { .search = u"thing"_s, .limit = 1000 })->total, 600);
    }

    void aThingWithItsSurroundings()
    {
        fill(6);
        const Delivery waiting { .id = 1, .revision = 2, .jid = jid(2), .state = Delivery::State::Sent };
        const Delivery done { .id = 2, .revision = 2, .jid = jid(2), .state = Delivery::State::Acknowledged };
        const Delivery notice {
            .id = 3, .revision = 2, .jid = jid(2), .kind = Delivery::Kind::Unfriend, .peer = jid(1)
        };
        QVERIFY(m_database->storeDeliveries({ waiting, done, notice }, {}));
        const auto portrait = readThing(*m_database, jid(2));
        QVERIFY(portrait);
        QCOMPARE(portrait->thing.jid, jid(2));
        QCOMPARE(portrait->row.waiting, 1);
        QCOMPARE(portrait->row.friends, 1); // with 1; the pair with 3 is rejected
        QCOMPARE(portrait->rules, 2);
        QCOMPARE(readThing(*m_database, u"nobody@example.org"_s).error().kind, FailureKind::ItemNotFound);

        const auto pushes = readPushes(*m_database, 0, 10);
        QVERIFY(pushes);
        QCOMPARE(pushes->rows.size(), 1);
        QCOMPARE(pushes->rows.first().total, 2);
        QCOMPARE(pushes->rows.first().sent, 1);
        QCOMPARE(pushes->rows.first().acknowledged, 1);
        QCOMPARE(pushes->rows.first().notices, 1);
        const auto devices = allPages<DeliveryRow>(
            [&](qint64 first, int limit) { return readDeliveries(*m_database, 2, first, limit); });
        QCOMPARE(devices.size(), 3);
        QCOMPARE(devices.last().delivery, notice);
    }

    void friendsWithTheDraft()
    {
        fill(12);
        DraftState draft;
        const Friendship gone = makeFriendship(jid(1), jid(2));
        draft.remove(committed(gone));
        const Friendship added = makeFriendship(jid(1), jid(9));
        draft.put({ .key = { ObjectType::Friendship, objectId(added) }, .version = 0, .object = {} }, added);
        const auto rows = allPages<FriendRow>([&](qint64 first, int limit) {
            return readFriends(*m_database, draft, { .jid = jid(1), .first = first, .limit = limit });
        });
        const auto mark = [&](int peer) {
            const auto row = std::ranges::find(rows, jid(peer), &FriendRow::peer);
            return row == rows.end() ? DraftMark::Moved : row->draft;
        };
        QCOMPARE(rows.size(), 3); // 0, 2 and the new one
        QCOMPARE(mark(0), DraftMark::None);
        QCOMPARE(mark(2), DraftMark::Removed);
        QCOMPARE(mark(9), DraftMark::Added);
    }

    void graphAroundAThing()
    {
        fill(8); // a chain 0 – 1 – 2 – … and a pair with somebody unknown
        const auto around = readGraph(*m_database, {}, { .focus = jid(3), .hops = 1 });
        QVERIFY(around);
        QCOMPARE(around->things.size(), 3);
        QCOMPARE(around->pairs.size(), 2);
        const auto farther = readGraph(*m_database, {}, { .focus = jid(3), .hops = 2 });
        QCOMPARE(farther->things.size(), 5);
        const auto whole = readGraph(*m_database, {}, {});
        QCOMPARE(whole->things.size(), 9);
        QCOMPARE(whole->pairs.size(), 8);

        DraftState draft;
        const Friendship shortcut = makeFriendship(jid(0), jid(7));
        draft.put({ .key = { ObjectType::Friendship, objectId(shortcut) }, .version = 0, .object = {} },
                  shortcut);
        const auto drafted = readGraph(*m_database, draft, { .focus = jid(7), .hops = 1 });
        QCOMPARE(drafted->things.size(), 4); // 6, 7, the unknown one and now 0
        QCOMPARE(std::ranges::count(drafted->pairs, DraftMark::Added, &PairRow::draft), 1);
    }

    void theWholeNetworkIsVisited()
    {
        fill(8); // a chain 0 – 1 – 2 – … and a pair with somebody unknown
        QMap<qint64, QString> jids;
        QSet<QString> pairs;
        int rejected = 0;
        double progress = 0;
        const NetworkVisitor visitor {
            .thing = [&](const NetworkThing &thing) { jids.insert(thing.id, thing.jid); },
            .pair =
                [&](qint64 a, qint64 b, Friendship::State state) {
                    rejected += state == Friendship::State::Rejected;
                    pairs.insert(jids.value(a) + u' ' + jids.value(b));
                },
            .goOn =
                [&](double part) {
                    progress = part;
                    return true;
                },
        };
        QCOMPARE(visitNetwork(*m_database, visitor), true);
        QCOMPARE(progress, 1.0);
        QCOMPARE(jids.size(), 9);
        QCOMPARE(pairs.size(), 8);
        QCOMPARE(rejected, 1);
        const auto graph = readGraph(*m_database, {}, {});
        QVERIFY(graph);
        for (const PairRow &row : graph->pairs)
            QVERIFY2(pairs.contains(objectId(row.pair)), qPrintable(objectId(row.pair)));
        QVERIFY(jids.firstKey() < 0); // whom only the pair knows

        const auto names = readNames(*m_database, { jids.key(jid(2)), jids.key(jid(5)) });
        QVERIFY(names);
        QCOMPARE(names->size(), 2);
        QCOMPARE(names->first().jid, jid(2));

        NetworkVisitor impatient = visitor;
        impatient.goOn = [](double) { return false; };
        QCOMPARE(visitNetwork(*m_database, impatient), false);

        const auto some = readGraph(*m_database, {}, { .members = { jid(2), jid(3), jid(6) } });
        QVERIFY(some);
        QCOMPARE(some->things.size(), 3);
        QCOMPARE(some->pairs.size(), 1);
    }

    void completions()
    {
        fill(5);
        const auto texts = [&](const WordQuery &query) {
            QStringList list;
            if (const auto page = readWords(*m_database, query)) {
                for (const WordRow &row : page->rows)
                    list.append(row.word);
            }
            return list;
        };
        QCOMPARE(texts({ .kind = WordKind::Role }), (QStringList { u"odd"_s }));
        QCOMPARE(texts({ .kind = WordKind::Domain, .prefix = u"EX"_s }), (QStringList { u"example.org"_s }));
        QCOMPARE(texts({ .kind = WordKind::Field }), (QStringList { u"Energy"_s, u"Power"_s }));
        QCOMPARE(texts({ .kind = WordKind::Field, .prefix = u"p"_s }), (QStringList { u"Power"_s }));
        QCOMPARE(texts({ .kind = WordKind::Node, .of = jid(3) }), (QStringList { u"rail-3"_s }));
        QCOMPARE(texts({ .kind = WordKind::Parameter, .of = jid(3) }), QStringList { u"Output"_s });
        QCOMPARE(texts({ .kind = WordKind::Thing, .prefix = u"thing-3"_s }), QStringList { jid(3) });
    }

    void rulesThatTouch()
    {
        const auto store = [&](AccessRule rule, const QString &id) {
            rule.id = id;
            rule.rank = ++m_rank;
            QVERIFY(m_database->storeObjects({ committed(rule) }, {}));
        };
        QVERIFY(
            m_database->storeObjects({ committed(Thing { .jid = jid(1), .roles = { u"clerk"_s } }) }, {}));
        const Target elsewhere { Target::Kind::Device, jid(9), {} };
        const Subject stranger { Subject::Kind::Jid, jid(8) };
        store({ .subject = { Subject::Kind::Everyone }, .target = elsewhere }, u"everyone"_s);
        store({ .subject = { Subject::Kind::Jid, jid(1) }, .target = elsewhere }, u"jid"_s);
        store({ .subject = { Subject::Kind::Domain, u"example.org"_s }, .target = elsewhere }, u"domain"_s);
        store({ .subject = { Subject::Kind::Role, u"clerk"_s }, .target = elsewhere }, u"role"_s);
        store({ .subject = { Subject::Kind::Role, u"boss"_s }, .target = elsewhere }, u"other-role"_s);
        store({ .subject = { Subject::Kind::Domain, u"org"_s }, .target = elsewhere }, u"other-domain"_s);
        store({ .subject = { Subject::Kind::Certificate, QString(64, u'a') }, .target = elsewhere },
              u"certificate"_s);
        store({ .subject = stranger, .target = elsewhere }, u"stranger"_s);
        store({ .subject = stranger, .target = { Target::Kind::Any } }, u"any"_s);
        store({ .subject = stranger, .target = { Target::Kind::Device, jid(1), {} } }, u"device"_s);
        store({ .subject = stranger, .target = { Target::Kind::Role, u"clerk"_s, {} } }, u"device-role"_s);
        const QStringList expected { u"everyone"_s, u"jid"_s,    u"domain"_s,     u"role"_s,
                                     u"any"_s,      u"device"_s, u"device-role"_s };
        QCOMPARE(ids(ruleRows({}, { .touching = jid(1) })), expected);

        // Drafted rules are chosen by the same: with all of them moved, no committed one is left to find.
        DraftState draft;
        QString last = u""_s;
        for (const RuleRow &row : ruleRows({}, {})) {
            draft.move(committed(row.rule), last);
            last = row.rule.id;
        }
        QCOMPARE(draft.edits.size(), 11);
        QCOMPARE(ids(ruleRows(draft, { .touching = jid(1) })), expected);
    }

    /// Law: what a draft shows is what the server has after the changes are applied one by one, as it applies
    /// them; and positions count through.
    void theDraftShowsWhatAPushMakes()
    {
        QRandomGenerator random(20260102);
        for (int round = 0; round < 60; ++round) {
            QVERIFY(m_database->startOver(u"epoch"_s));
            QStringList list;
            QList<VersionedObject> objects;
            for (int i = 0; i < 6; ++i) {
                list.append(u"r%1"_s.arg(i));
                objects.append(committed(makeRule(list.last(), i * 10)));
            }
            QVERIFY(m_database->storeObjects(objects, {}));
            DraftState draft;
            for (int i = 0; i < 12; ++i)
                edit(draft, random);

            const auto rows = ruleRows(draft, {});
            for (qsizetype i = 0; i < rows.size(); ++i)
                QCOMPARE(rows.at(i).position, i + 1);
            QStringList shown;
            for (const RuleRow &row : rows) {
                if (row.draft != DraftMark::Removed)
                    shown.append(row.rule.id);
                const auto at = readRuleRow(*m_database, draft, Action::Read, row.rule.id);
                QCOMPARE(at, row.position - 1);
            }
            // The same rules, found by what is in all of them
            QCOMPARE(ruleRows(draft, { .search = u"energy"_s }), rows);

            const auto changes = readChanges(*m_database, draft);
            QVERIFY(changes);
            QCOMPARE(changes->size(), draft.edits.size());
            for (const Change &change : *changes) {
                const QString id = change.key.id;
                if (change.verb == Change::Verb::Remove) {
                    QVERIFY(list.removeOne(id));
                } else if (change.after) {
                    list.removeOne(id);
                    QVERIFY2(change.after->isEmpty() || list.contains(*change.after),
                             qPrintable(*change.after));
                    list.insert(list.indexOf(*change.after) + 1, id);
                } else if (!list.contains(id)) {
                    list.append(id);
                }
            }
            QCOMPARE(list, shown);
        }
    }

private:
    void openFile()
    {
        m_database.reset();
        auto opened = Database::open(m_path);
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().text));
        m_database = std::move(*opened);
    }

    /// Other connections than ours to the file.
    template<typename Work>
    void directly(Work work)
    {
        {
            auto raw = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"raw"_s);
            raw.setDatabaseName(m_path);
            QVERIFY(raw.open());
            QSqlQuery query(raw);
            work(query);
        }
        QSqlDatabase::removeDatabase(u"raw"_s);
    }

    void fill(int count)
    {
        QList<VersionedObject> objects;
        QList<wire::admin::ThingStatus> statuses;
        for (int i = 0; i < count; ++i) {
            Thing thing { .jid = jid(i), .kind = ThingKind(i % 4), .tags = { u"tag%1"_s.arg(i) } };
            if (i % 3)
                thing.name = u"Name %1"_s.arg(count - i);
            thing.owner = u"owner %1"_s.arg(i % 3);
            if (i == 0)
                thing.comment = u"Zähler Maß \U0001f50c"_s;
            if (i % 2)
                thing.roles = { u"odd"_s };
            thing.nodes = { Node {
                .ref = { u"rail-%1"_s.arg(i), {}, {} },
                .fields = { { u"Energy"_s, FieldType::Momentary }, { u"Power"_s, FieldType::Peak } },
                .parameters = { u"Output"_s } } };
            objects.append(committed(thing));
            const QString next = i + 1 < count ? jid(i + 1) : u"unknown@example.org"_s;
            objects.append(committed(makeFriendship(
                jid(i), next, i == 2 ? Friendship::State::Rejected : Friendship::State::Accepted)));
            if (i % 5)
                statuses.append(
                    { jid(i), i % 2 == 0, QDateTime::fromSecsSinceEpoch(1'000'000 - i, QTimeZone::UTC), {} });
        }
        objects.append(committed(makeRule(u"a"_s, 1)));
        AccessRule control = makeRule(u"b"_s, 2);
        control.action = Action::Control;
        objects.append(committed(control));
        AccessRule other = makeRule(u"c"_s, 3);
        other.target.value = jid(5);
        objects.append(committed(other));
        QVERIFY(m_database->storeObjects(objects, { .epoch = u"epoch"_s, .revision = 3 }));
        QVERIFY(m_database->replaceStatuses({}, statuses, true));
        finish();
    }

    void finish()
    {
        for (;;) {
            const auto finished = m_database->finishFilling();
            QVERIFY(finished);
            if (*finished)
                return;
        }
    }

    static DraftState removal(const QString &ruleId)
    {
        DraftState state;
        state.remove(committed(makeRule(ruleId)));
        return state;
    }

    QList<RuleRow> ruleRows(const DraftState &draft, RuleQuery query)
    {
        return allPages<RuleRow>([&](qint64 first, int limit) {
            query.first = first;
            query.limit = limit;
            return readRules(*m_database, draft, query);
        });
    }

    static QStringList ids(const QList<RuleRow> &rows)
    {
        QStringList list;
        for (const RuleRow &row : rows)
            list.append(row.rule.id);
        return list;
    }

    static void edit(DraftState &state, QRandomGenerator &random)
    {
        const int number = random.bounded(8);
        const QString id = u"r%1"_s.arg(number);
        AccessRule rule = makeRule(id);
        const bool known = number < 6;
        const VersionedObject base { .key = { ObjectType::AccessRule, id },
                                     .version = known ? 1 : 0,
                                     .object = known ? std::optional<Object>(rule) : std::nullopt };
        switch (random.bounded(5)) {
        case 0:
            rule.comment = u"other"_s;
            state.put(base, rule);
            break;
        case 1:
            state.remove(base);
            break;
        case 2:
            state.discard(base.key);
            break;
        default:
            if (!known)
                state.put(base, rule);
            // Behind any that is shown: of those that are not committed, only the drafted
            QString after = random.bounded(4) ? u"r%1"_s.arg(random.bounded(8)) : u""_s;
            if ((after == u"r6"_s || after == u"r7"_s) && !state.placeOf({ ObjectType::AccessRule, after }))
                after.clear();
            state.move(base, after);
        }
    }

    std::optional<QTemporaryDir> m_folder;
    QString m_path;
    std::unique_ptr<Database> m_database;
    qint64 m_rank = 0;
};

QTEST_GUILESS_MAIN(TestLocalCopy)
#include "tst_localcopy.moc"
