// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftsets.h"
#include "replica/queries.h"

#include <QRandomGenerator>
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

/// All pages of a reading, small ones; each page must agree about the total.
template<typename Row, typename Read>
QList<Row> allPages(Read read)
{
    QList<Row> rows;
    Cursor after;
    for (;;) {
        const Result<Page<Row>> page = read(3, after);
        if (!page) {
            qWarning() << page.error().text;
            return {};
        }
        rows += page->rows;
        if (page->complete)
            return page->total == rows.size() ? rows : QList<Row>();
        after = page->next;
    }
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
        auto opened = Database::open(m_path);
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().text));
        m_database = std::move(*opened);
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
        {
            auto raw = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"raw"_s);
            raw.setDatabaseName(m_path);
            QVERIFY(raw.open());
            QSqlQuery query(u"PRAGMA user_version"_s, raw);
            QVERIFY(query.next());
            QCOMPARE(query.value(0).toInt(), 3); // one line per migration above, from an empty file
            QVERIFY(query.exec(u"PRAGMA user_version = 99"_s));
        }
        QSqlDatabase::removeDatabase(u"raw"_s);
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

    void thingsInEveryOrder_data()
    {
        QTest::addColumn<ThingSort>("sort");
        QTest::addColumn<bool>("descending");
        for (const auto &[name, sort] :
             { std::pair("name", ThingSort::Name), std::pair("jid", ThingSort::Jid),
               std::pair("kind", ThingSort::Kind), std::pair("online", ThingSort::Online),
               std::pair("asked", ThingSort::LastAsked), std::pair("friends", ThingSort::Friends) }) {
            QTest::addRow("%s", name) << sort << false;
            QTest::addRow("%s descending", name) << sort << true;
        }
    }
    void thingsInEveryOrder()
    {
        QFETCH(ThingSort, sort);
        QFETCH(bool, descending);
        fill(20);
        const auto rows = allPages<ThingRow>([&](int limit, const Cursor &after) {
            return readThings(*m_database,
                              { .sort = sort, .descending = descending, .limit = limit, .after = after });
        });
        QCOMPARE(rows.size(), 20);
        const auto key = [&](const ThingRow &row) -> std::pair<QVariant, QString> {
            switch (sort) {
            case ThingSort::Name:
                return { row.name.isEmpty() ? row.jid : row.name.toCaseFolded(), row.jid };
            case ThingSort::Jid:
                return { {}, row.jid };
            case ThingSort::Kind:
                return { int(row.kind), row.jid };
            case ThingSort::Online:
                return { int(row.online), row.jid };
            case ThingSort::LastAsked:
                return { row.lastAsked.isValid() ? row.lastAsked.toMSecsSinceEpoch() : 0, row.jid };
            case ThingSort::Friends:
                return { row.friends, row.jid };
            }
            return {};
        };
        const auto less = [&](const ThingRow &a, const ThingRow &b) {
            const auto ka = key(a);
            const auto kb = key(b);
            const auto order = QVariant::compare(ka.first, kb.first);
            return order == QPartialOrdering::Less
                || (order != QPartialOrdering::Greater && ka.second < kb.second);
        };
        QVERIFY(descending ? std::ranges::is_sorted(rows | std::views::reverse, less)
                           : std::ranges::is_sorted(rows, less));
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
    }
    void searching()
    {
        QFETCH(QString, search);
        QFETCH(int, found);
        fill(20);
        const auto page = readThings(*m_database, { .search = search });
        QVERIFY(page);
        QCOMPARE(page->rows.size(), found);
        QCOMPARE(page->total, found);
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

        const auto pushes = readPushes(*m_database, 10, {});
        QVERIFY(pushes);
        QCOMPARE(pushes->rows.size(), 1);
        QCOMPARE(pushes->rows.first().total, 2);
        QCOMPARE(pushes->rows.first().sent, 1);
        QCOMPARE(pushes->rows.first().acknowledged, 1);
        QCOMPARE(pushes->rows.first().notices, 1);
        const auto devices = allPages<DeliveryRow>(
            [&](int, const Cursor &after) { return readDeliveries(*m_database, 2, 1, after); });
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
        const auto rows = allPages<FriendRow>([&](int limit, const Cursor &after) {
            return readFriends(*m_database, draft, { .jid = jid(1), .limit = limit, .after = after });
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
            }

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
    void fill(int count)
    {
        QList<VersionedObject> objects;
        QList<wire::admin::ThingStatus> statuses;
        for (int i = 0; i < count; ++i) {
            Thing thing { .jid = jid(i), .kind = ThingKind(i % 4), .tags = { u"tag%1"_s.arg(i) } };
            if (i % 3)
                thing.name = u"Name %1"_s.arg(count - i);
            if (i == 0)
                thing.comment = u"Zähler Maß"_s;
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
        QVERIFY(m_database->storeStatuses(statuses, true));
    }

    static DraftState removal(const QString &ruleId)
    {
        DraftState state;
        state.remove(committed(makeRule(ruleId)));
        return state;
    }

    QList<RuleRow> ruleRows(const DraftState &draft, RuleQuery query)
    {
        return allPages<RuleRow>([&](int limit, const Cursor &after) {
            query.limit = limit;
            query.after = after;
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
