// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "estate.h"
#include "replica/queries.h"
#include "replica/searchtext.h"
#include "wire/admin.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QSortFilterProxyModel>
#include <QSqlDatabase>
#include <QSqlQueryModel>
#include <QSqlTableModel>
#include <QTemporaryDir>
#include <QTextStream>

#include <sqlite3.h>

#include <memory>

using namespace castellan;
using namespace castellan::bench;
using namespace castellan::replica;
using namespace Qt::StringLiterals;

namespace {

constexpr int pageRows = 100;
constexpr int pageObjects = 1000;

template<typename T>
T must(Result<T> result)
{
    if (!result)
        giveUp(result.error().text);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

std::unique_ptr<Database> openCopy(const QString &path)
{
    return must(Database::open(path));
}

Thing describedThing(const Estate &estate, qsizetype index)
{
    Thing thing = estate.thing(index);
    thing.name = u"Meter %1, hall %2"_s.arg(index).arg(dice(quint64(index)) % 200);
    thing.owner = u"tenant-%1"_s.arg(dice(quint64(index) + 1) % 500);
    thing.tags = { u"floor-%1"_s.arg(dice(quint64(index) + 2) % 30) };
    thing.nodes = { Node { .ref = { u"rail-%1"_s.arg(dice(quint64(index) + 3) % 5000), {}, {} },
                           .fields = { { u"Energy"_s, FieldType::Momentary } } } };
    return thing;
}

/// Objects \a from to \a to of a network of `things` things, three times as many pairs and as many rules.
QList<VersionedObject> objects(const Estate &estate, qsizetype from, qsizetype to)
{
    QList<VersionedObject> list;
    const qsizetype things = estate.things();
    for (qsizetype i = from; i < to; ++i) {
        Object object;
        if (i < things) {
            object = describedThing(estate, i);
        } else if (i < 4 * things) {
            object = estate.pair(i - things);
        } else {
            AccessRule rule = estate.rule(i - 4 * things);
            rule.rank = (i - 4 * things + 1) * 1024;
            object = rule;
        }
        list.append({ .key = { objectType(object), objectId(object) }, .version = 1, .object = object });
    }
    return list;
}

qsizetype objectsOf(const Estate &estate)
{
    return 5 * estate.things();
}

/// Not part of any measure but the one of synchronisation.
void fill(Database &database, const Estate &estate)
{
    must(database.startOver(u"bench"_s));
    for (qsizetype from = 0; from < objectsOf(estate); from += pageObjects) {
        must(database.storeObjects(
            objects(estate, from, std::min<qsizetype>(from + pageObjects, objectsOf(estate))), {}));
    }
    QList<wire::admin::ThingStatus> statuses;
    for (qsizetype i = 0; i < estate.things(); i += 3) {
        statuses.append(
            { .jid = estate.jid(i),
              .online = i % 2 == 0,
              .lastAsked = QDateTime::fromSecsSinceEpoch(qint64(dice(quint64(i)) % 1'700'000'000)) });
    }
    must(database.storeStatuses(statuses));
    while (!must(database.finishFilling())) { }
}

/// A copy of a network of a million things, three times as many pairs and as many rules; made once.
struct Copy
{
    explicit Copy(const Bench &bench)
        : estate(bench.size(1'000'000, 400)),
          path(folder.filePath(u"copy.sqlite"_s)),
          database(openCopy(path))
    {
        fill(*database, estate);
        database = openCopy(path);
    }

    static Copy &of(const Bench &bench)
    {
        if (!made)
            made = std::make_unique<Copy>(bench);
        return *made;
    }
    static inline std::unique_ptr<Copy> made;

    [[nodiscard]] Page<ThingRow> things(const ThingQuery &query)
    {
        return must(database->consistently([&](Database &open) { return readThings(open, query); }));
    }

    QTemporaryDir folder;
    const Estate estate;
    const QString path;
    std::unique_ptr<Database> database;
};

/// SQLite without us and without Qt.
class Raw
{
public:
    explicit Raw(const QString &path)
    {
        if (sqlite3_open(path.toUtf8().constData(), &m_handle) != SQLITE_OK)
            giveUp(u"sqlite3_open"_s);
        for (const char *pragma : { "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                                    "PRAGMA cache_size = -49152", "PRAGMA wal_autocheckpoint = 8000" })
            execute(pragma);
    }
    ~Raw() { sqlite3_close(m_handle); }
    Q_DISABLE_COPY_MOVE(Raw)

    void execute(const QByteArray &sql)
    {
        if (sqlite3_exec(m_handle, sql.constData(), nullptr, nullptr, nullptr) != SQLITE_OK)
            giveUp(QString::fromUtf8(sqlite3_errmsg(m_handle)));
    }
    [[nodiscard]] sqlite3_stmt *prepare(const QByteArray &sql)
    {
        sqlite3_stmt *statement = nullptr;
        if (sqlite3_prepare_v2(m_handle, sql.constData(), -1, &statement, nullptr) != SQLITE_OK)
            giveUp(QString::fromUtf8(sqlite3_errmsg(m_handle)));
        return statement;
    }

private:
    sqlite3 *m_handle = nullptr;
};

/// All rows of the tables of a copy, in memory.
struct Rows
{
    struct Table
    {
        QByteArray name;
        std::vector<std::vector<sqlite3_value *>> rows;
    };
    std::vector<Table> tables;
    std::vector<std::pair<qint64, QByteArray>> grams;
};

Rows rowsOf(const QString &path)
{
    Raw raw(path);
    Rows all;
    for (const char *name : { "things", "words", "friendships", "rules" }) {
        Rows::Table table { name, {} };
        sqlite3_stmt *select = raw.prepare(QByteArray("SELECT * FROM ") + name);
        while (sqlite3_step(select) == SQLITE_ROW) {
            std::vector<sqlite3_value *> row;
            for (int i = 0; i < sqlite3_column_count(select); ++i)
                row.push_back(sqlite3_value_dup(sqlite3_column_value(select, i)));
            table.rows.push_back(std::move(row));
        }
        sqlite3_finalize(select);
        all.tables.push_back(std::move(table));
    }
    for (const auto &[table, found] :
         { std::pair("things", Found::Thing), std::pair("rules", Found::Rule) }) {
        sqlite3_stmt *select = raw.prepare(QByteArray("SELECT id, search FROM ") + table);
        while (sqlite3_step(select) == SQLITE_ROW) {
            const auto text = QString::fromUtf8(
                reinterpret_cast<const char *>(sqlite3_column_text(select, 1)));
            all.grams.emplace_back(firstGram(found) + sqlite3_column_int64(select, 0), gramsOf(text));
        }
        sqlite3_finalize(select);
    }
    return all;
}

void insert(Raw &raw, const Rows &rows)
{
    int pending = 0;
    const auto step = [&](sqlite3_stmt *statement) {
        if (sqlite3_step(statement) != SQLITE_DONE)
            giveUp(u"a row cannot be inserted"_s);
        sqlite3_reset(statement);
        if (++pending % pageObjects == 0) {
            raw.execute("COMMIT");
            raw.execute("BEGIN IMMEDIATE");
        }
    };
    raw.execute("BEGIN IMMEDIATE");
    for (const Rows::Table &table : rows.tables) {
        const qsizetype columns = qsizetype(table.rows.front().size());
        sqlite3_stmt *statement = raw.prepare("INSERT INTO " + table.name + " VALUES (?"
                                              + QByteArray(", ?").repeated(columns - 1) + ")");
        for (const auto &row : table.rows) {
            for (qsizetype i = 0; i < columns; ++i)
                sqlite3_bind_value(statement, int(i) + 1, row[size_t(i)]);
            step(statement);
        }
        sqlite3_finalize(statement);
    }
    sqlite3_stmt *statement = raw.prepare("INSERT INTO grams (rowid, text) VALUES (?, ?)");
    for (const auto &[id, text] : rows.grams) {
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_text(statement, 2, text.constData(), int(text.size()), SQLITE_STATIC);
        step(statement);
    }
    sqlite3_finalize(statement);
    raw.execute("COMMIT");
}

/// From the bytes of the answers to `changes` to a copy that can be searched.
void synchronisation(const Bench &bench)
{
    const Estate estate(bench.size(10'000, 500));
    const qsizetype count = objectsOf(estate);
    QList<QByteArray> answers;
    for (qsizetype from = 0; from < count; from += pageObjects) {
        answers.append(
            wire::admin::write(
                wire::admin::Response(wire::admin::Objects {
                    .epoch = u"bench"_s,
                    .revision = 1,
                    .objects = objects(estate, from, std::min<qsizetype>(from + pageObjects, count)) }))
                .toXml());
    }
    QTemporaryDir folder;
    int number = 0;
    const auto ours = [&] {
        auto database = openCopy(folder.filePath(u"ours-%1.sqlite"_s.arg(++number)));
        const double time = nanoseconds([&] {
            for (const QByteArray &answer : std::as_const(answers)) {
                const auto response = must(
                    wire::Element::fromXml(answer).and_then(wire::admin::readResponse));
                must(database->storeObjects(std::get<wire::admin::Objects>(response).objects, {}));
            }
            while (!must(database->finishFilling())) { }
        });
        return Sample { double(count) / time * 1e9, {} };
    };
    ours();
    const Rows rows = rowsOf(folder.filePath(u"ours-1.sqlite"_s));
    const auto peer = [&] {
        const QString path = folder.filePath(u"peer-%1.sqlite"_s.arg(++number));
        auto schema = openCopy(path); // the same, with all of its indexes
        while (!must(schema->finishFilling())) { }
        schema.reset();
        Raw raw(path);
        const double time = nanoseconds([&] { insert(raw, rows); });
        return Sample { double(count) / time * 1e9, {} };
    };
    bench.compare(
        { .name = u"replica: snapshot, objects"_s,
          .unit = u"/s"_s,
          .target = ratioAtLeast(0.5),
          .note =
              u"ours reads the server's answers as well; the peer inserts the same rows, ready in memory, "
              "with sqlite3_bind_value into the same schema"_s },
        ours, peer);
}

void firstPage(const Bench &bench)
{
    Copy &copy = Copy::of(bench);
    {
        QSqlDatabase connection = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"peer"_s);
        connection.setDatabaseName(copy.path);
        if (!connection.open())
            giveUp(u"the copy does not open"_s);
        QSqlTableModel model(nullptr, connection);
        model.setTable(u"things"_s);
        model.setSort(model.fieldIndex(u"sort_name"_s), Qt::AscendingOrder);
        const qsizetype count = bench.size(100, 2);
        bench.compare(
            { .name = u"replica: first page"_s,
              .unit = u"ns"_s,
              .target = ratioAtMost(0.3),
              .note = u"the peer is QSqlTableModel, sorted by the same indexed column"_s },
            [&] { return each(count, [&](qsizetype) { keep(copy.things({ .limit = pageRows })); }); },
            [&] {
                return each(count, [&](qsizetype) {
                    if (!model.select())
                        giveUp(u"QSqlTableModel"_s);
                    for (int row = 0; row < pageRows; ++row) {
                        for (int column = 0; column < 15; ++column)
                            keep(model.data(model.index(row, column)));
                    }
                });
            });
    }
    QSqlDatabase::removeDatabase(u"peer"_s);
}

void deepPage(const Bench &bench)
{
    Copy &copy = Copy::of(bench);
    const qint64 start = copy.estate.things() * 6 / 10;
    const qsizetype count = bench.size(500, 2);
    Raw raw(copy.path);
    const QByteArray columns =
        "SELECT id, sort_name, jid, name, kind, owner, tags, roles, noted, online, last_asked, "
        "last_seen, friends, waiting FROM things ";
    sqlite3_stmt *statement = raw.prepare(columns
                                          + "WHERE (sort_name, id) > (?, ?) ORDER BY sort_name, id LIMIT "
                                          + QByteArray::number(pageRows));
    const auto text = [](sqlite3_stmt *row, int column) {
        return QString::fromUtf16(static_cast<const char16_t *>(sqlite3_column_text16(row, column)),
                                  sqlite3_column_bytes16(row, column) / 2);
    };
    sqlite3_stmt *first = raw.prepare(columns + "ORDER BY sort_name, id LIMIT 1 OFFSET "
                                      + QByteArray::number(qint64(start - 1)));
    if (sqlite3_step(first) != SQLITE_ROW)
        giveUp(u"the list is too short"_s);
    const QString startKey = text(first, 1);
    const qint64 startId = sqlite3_column_int64(first, 0);
    sqlite3_finalize(first);

    bench.compare(
        { .name = u"replica: page deep in the list"_s,
          .unit = u"ns"_s,
          .target = ratioAtMost(1.5),
          .note =
              u"page after page; the peer is the C interface of SQLite, continued behind the last row, with "
              "texts made QStrings"_s },
        [&] {
            return each(count, [&](qsizetype i) {
                const auto page = copy.things({ .first = start + i * pageRows, .limit = pageRows });
                keep(page);
            });
        },
        [&] {
            QString key = startKey;
            qint64 id = startId;
            return each(count, [&](qsizetype i) {
                if (i == 0) {
                    key = startKey;
                    id = startId;
                }
                QList<ThingRow> rows;
                sqlite3_reset(statement);
                sqlite3_bind_text16(statement, 1, key.utf16(), int(key.size() * 2), SQLITE_TRANSIENT);
                sqlite3_bind_int64(statement, 2, id);
                while (sqlite3_step(statement) == SQLITE_ROW) {
                    id = sqlite3_column_int64(statement, 0);
                    key = text(statement, 1);
                    rows.append({ .jid = text(statement, 2),
                                  .name = text(statement, 3),
                                  .kind = ThingKind(sqlite3_column_int(statement, 4)),
                                  .owner = text(statement, 5),
                                  .tags = { text(statement, 6) },
                                  .roles = { text(statement, 7) },
                                  .online = sqlite3_column_int(statement, 9) != 0,
                                  .friends = sqlite3_column_int(statement, 12),
                                  .waiting = sqlite3_column_int(statement, 13) });
                }
                keep(rows);
            });
        });
    sqlite3_finalize(statement);
    bench.report({ .name = u"replica: page anywhere, by row number"_s,
                   .unit = u"ns"_s,
                   .target = atMost(5e7),
                   .note = u"as when a scroll bar is dragged"_s },
                 [&] {
                     return each(bench.size(500, 2), [&](qsizetype i) {
                         keep(copy.things({ .first = qint64(dice(quint64(i)) % quint64(copy.estate.things())),
                                            .limit = pageRows }));
                     });
                 });
}

/// What a search asks for: parts of what is there, of three to nine characters.
QStringList partsOfTexts(const Copy &copy, qsizetype count)
{
    QStringList words;
    for (qsizetype i = 0; i < count; ++i) {
        const Thing thing = describedThing(copy.estate,
                                           qsizetype(dice(quint64(i)) % quint64(copy.estate.things())));
        const QStringList texts { thing.jid, thing.name.section(u' ', 1, 1), thing.nodes.first().ref.nodeId,
                                  thing.owner };
        const QString text = texts.at(qsizetype(dice(quint64(i) + 7) % 4)).toCaseFolded();
        const qsizetype length = std::min<qsizetype>(text.size(), 3 + qsizetype(dice(quint64(i) + 11) % 7));
        words.append(text.mid(qsizetype(dice(quint64(i) + 13) % quint64(text.size() - length + 1)), length));
    }
    return words;
}

/// By the proxy that a Qt programmer would reach for.
void sortAndFilter(const Bench &bench)
{
    Copy &copy = Copy::of(bench);
    if (!bench.hasMemory(3'000'000'000, u"replica: changing sort, changing filter"_s))
        return;
    {
        QSqlDatabase connection = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"peer"_s);
        connection.setDatabaseName(copy.path);
        if (!connection.open())
            giveUp(u"the copy does not open"_s);
        QSqlQueryModel all;
        all.setQuery(u"SELECT jid, sort_name, owner, last_asked, friends FROM things"_s, connection);
        while (all.canFetchMore())
            all.fetchMore();
        QSortFilterProxyModel proxy;
        proxy.setSourceModel(&all);
        proxy.setFilterKeyColumn(0);

        // More lists than are remembered, so that each is a new one
        int number = 0;
        constexpr std::array sorts { ThingSort::Name,    ThingSort::Jid,       ThingSort::Kind,
                                     ThingSort::Online,  ThingSort::LastAsked, ThingSort::Friends,
                                     ThingSort::Waiting, ThingSort::Owner };
        const qsizetype count = bench.size(160, 4);
        int column = 0;
        bench.compare(
            { .name = u"replica: changing sort"_s,
              .unit = u"ns"_s,
              .target = ratioAtMost(0.005),
              .rounds = 4,
              .note = u"to the first page; the peer is QSortFilterProxyModel over all rows in memory"_s },
            [&] {
                return each(count, [&](qsizetype) {
                    ++number;
                    keep(copy.things({ .sort = sorts.at(size_t(number) % sorts.size()),
                                       .descending = number / qsizetype(sorts.size()) % 2 != 0,
                                       .limit = pageRows }));
                });
            },
            [&] {
                const double time = nanoseconds([&] { proxy.sort(++column % 5); });
                return Sample { time, {} };
            });
        proxy.sort(-1);
        const QStringList words = partsOfTexts(copy, 1000);
        qsizetype word = 0;
        bench.compare(
            { .name = u"replica: changing filter"_s,
              .unit = u"ns"_s,
              .target = ratioAtMost(0.005),
              .rounds = 4,
              .note = u"to the first page, by name, of what contains a word anywhere; the peer looks in one "
                      "column"_s },
            [&] {
                return each(bench.size(100, 4), [&](qsizetype) {
                    keep(copy.things({ .search = words.at(++word % words.size()), .limit = pageRows }));
                });
            },
            [&] {
                const double time = nanoseconds(
                    [&] { proxy.setFilterFixedString(words.at(++word % words.size())); });
                return Sample { time, {} };
            });
    }
    QSqlDatabase::removeDatabase(u"peer"_s);
}

void search(const Bench &bench)
{
    Copy &copy = Copy::of(bench);
    const auto measure = [&](const char *name, const QStringList &words, const QString &note) {
        bench.report(
            { .name = QString::fromLatin1(name), .unit = u"ns"_s, .target = atMost(1e6), .note = note }, [&] {
                return each(words.size(),
                            [&](qsizetype i) { keep(must(readHits(*copy.database, words.at(i), 50))); });
            });
    };
    const QStringList parts = partsOfTexts(copy, bench.size(400, 10));
    qsizetype part = 0;
    bench.report(
        { .name = u"replica: any search in any order"_s,
          .unit = u"ns"_s,
          .target = atMost(5e7),
          .note =
              u"to the first page of 100; the mean and, of single ones, p99; the promise is about the median"_s },
        [&] {
            return each(bench.size(40, 4), [&](qsizetype i) {
                keep(copy.things({ .search = parts.at(++part % parts.size()),
                                   .sort = ThingSort(i % 8),
                                   .descending = i % 3 == 0,
                                   .limit = pageRows }));
            });
        });
    measure("replica: search, parts of words", partsOfTexts(copy, bench.size(300, 5)),
            u"first 50 hits; three to nine characters from anywhere in a name, JID, node id or owner"_s);
    measure("replica: search, one or two characters",
            { u"e"_s, u"z"_s, u"7"_s, u"q"_s, u"er"_s, u"9-"_s, u"@s"_s, u"qx"_s },
            u"first 50 hits, or that there are none"_s);
    measure("replica: search, words that are everywhere", { u"meter"_s, u"example"_s, u"site-"_s, u"role"_s },
            u"first 50 hits"_s);
    measure("replica: search, words that are nowhere",
            { u"meterx"_s, u"examplex"_s, u"zebra"_s, u"siteexample"_s },
            u"of runs of characters that are everywhere, and of others"_s);
}

/// What a program needs that has such a copy open twice, as a console has, and reads here and there.
void memory(const Bench &bench)
{
    Copy &copy = Copy::of(bench);
    QProcess reader;
    reader.start(QCoreApplication::applicationFilePath(),
                 { u"--read"_s, copy.path, QString::number(copy.estate.things()) });
    if (!reader.waitForFinished(-1) || reader.exitCode() != 0)
        giveUp(u"the reader has failed: "_s + QString::fromUtf8(reader.readAllStandardError()));
    bench.record(
        { .name = u"replica: memory of a reader"_s,
          .unit = u"bytes"_s,
          .target = atMost(250e6),
          .note = u"most that was resident: two connections, after two hundred pages anywhere in lists of "
                  "every order, searches and friends; the console has its windows beside that"_s },
        reader.readAllStandardOutput().toDouble());
}

/// The process that memory() looks at.
int readAround(const QString &path, qsizetype things)
{
    const Estate estate(things);
    const auto writer = openCopy(path);
    const auto reader = openCopy(path);
    const QStringList words { u"meter"_s, u"12"_s, u"rail-77"_s, u"tenant-4"_s, u"zebra"_s };
    for (quint64 i = 0; i < 200; ++i) {
        const ThingQuery query { .sort = ThingSort(i % 8),
                                 .descending = i % 3 == 0,
                                 .first = qint64(dice(i) % quint64(things)),
                                 .limit = pageRows };
        keep(must(readThings(*reader, query)));
        if (i % 10 == 0) {
            keep(must(readThings(*reader, { .search = words.at(qsizetype(i / 10) % words.size()) })));
            keep(must(readFriends(*reader, {}, { .jid = estate.jid(query.first) })));
            keep(must(readRules(*reader, {}, { .first = query.first / 2 })));
        }
    }
    keep(must(writer->progress()));
    QFile status(u"/proc/self/status"_s);
    if (!status.open(QIODevice::ReadOnly))
        return 1;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            QTextStream(stdout) << line.simplified().split(' ').at(1).toLongLong() * 1024;
    }
    return 0;
}

constexpr Row rows[] {
    { "replica: snapshot", synchronisation },
    { "replica: first page", firstPage },
    { "replica: page deep in the list", deepPage },
    { "replica: changing sort, changing filter", sortAndFilter },
    { "replica: search", search },
    { "replica: memory of a reader", memory },
};

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (const QStringList arguments = application.arguments(); arguments.value(1) == "--read"_L1)
        return readAround(arguments.value(2), arguments.value(3).toLongLong());
    const int status = run(argc, argv, rows);
    Copy::made.reset(); // before what Qt needs to close a database goes
    return status;
}
