// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "estate.h"
#include "integration/harness.h"
#include "rawstream.h"
#include "vocabulary/networkjson.h"
#include "wire/admin.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QUuid>

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

/// The whole program with a network of a million things, three million friendships and a million rules: what
/// nobody wants to do ten times over, so each is measured once.
namespace castellan::bench {

using namespace Qt::StringLiterals;
using integration::LineProcess;

namespace {

const QString domain = u"server.example"_s;
const QString admin = u"admin@server.example"_s;
const QString secret = u"secret"_s;

/// How many are applied one after the other.
constexpr qsizetype changeSets = 5;

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A network of any size in a file, without it ever being in memory.
void writeNetwork(const Estate &estate, qsizetype pairs, qsizetype rules, const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        giveUp(u"%1 cannot be written: %2"_s.arg(path, file.errorString()));
    NetworkWriter writer(file);
    for (qsizetype i = 0; i < estate.things(); ++i)
        writer.write(estate.thing(i));
    for (qsizetype i = 0; i < pairs; ++i)
        writer.write(estate.pair(i));
    for (qsizetype i = 0; i < rules; ++i)
        writer.write(estate.rule(i));
    if (const Result<void> written = writer.finish(); !written)
        giveUp(written.error().text);
}

/// castellan-server in a process of its own.
class Server
{
public:
    explicit Server(const QStringList &arguments)
    {
        m_process.start(QStringLiteral(CASTELLAN_SERVER), arguments);
    }

    /// Until it serves. The seconds since it was started.
    double waitUntilReady()
    {
        waitFor([this] { return !m_process.lines.isEmpty(); });
        return secondsSince(m_start);
    }
    double waitUntilDone()
    {
        waitFor([this] { return !m_process.isRunning(); });
        const double seconds = secondsSince(m_start);
        if (m_process.stop() != 0)
            giveUp(u"castellan-server: %1"_s.arg(QString::fromUtf8(m_process.complaints)));
        return seconds;
    }
    /// Seconds that all its threads have computed.
    [[nodiscard]] double processorTime() const
    {
        QFile file(u"/proc/%1/stat"_s.arg(m_process.id()));
        if (!file.open(QIODevice::ReadOnly))
            giveUp(u"%1: %2"_s.arg(file.fileName(), file.errorString()));
        const QByteArray stat = file.readAll();
        const QByteArrayList fields = stat.sliced(stat.lastIndexOf(')') + 2).split(' '); // from state on
        return (fields.at(11).toDouble() + fields.at(12).toDouble()) / double(sysconf(_SC_CLK_TCK));
    }
    [[nodiscard]] quint16 port() const
    {
        return m_process.lines.first().section(u' ', 1).section(u':', -1).toUShort();
    }
    /// Megabytes.
    [[nodiscard]] double peakMemory() const
    {
        static const QRegularExpression peak(u"VmHWM:\\s+(\\d+) kB"_s);
        QFile file(u"/proc/%1/status"_s.arg(m_process.id()));
        if (!file.open(QIODevice::ReadOnly))
            giveUp(u"%1: %2"_s.arg(file.fileName(), file.errorString()));
        return peak.match(QString::fromUtf8(file.readAll())).captured(1).toDouble() / 1024;
    }
    void stop() { m_process.stop(); }

private:
    void waitFor(const std::function<bool()> &done)
    {
        if (!QTest::qWaitFor(done, 600'000))
            giveUp(u"castellan-server: %1"_s.arg(QString::fromUtf8(m_process.complaints)));
    }

    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    LineProcess m_process { u"castellan-server"_s };
};

/// What all the processes have computed that have ended.
double processorTimeOfEnded()
{
    rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// SQLite without us and without Qt.
class Raw
{
public:
    explicit Raw(const QString &path)
    {
        if (sqlite3_open(path.toUtf8().constData(), &m_handle) != SQLITE_OK)
            giveUp(u"sqlite3_open"_s);
    }
    ~Raw() { sqlite3_close(m_handle); }
    Q_DISABLE_COPY_MOVE(Raw)

    void execute(const QByteArray &sql)
    {
        if (sqlite3_exec(m_handle, sql.constData(), nullptr, nullptr, nullptr) != SQLITE_OK)
            fail();
    }
    [[nodiscard]] sqlite3_stmt *prepare(const QByteArray &sql)
    {
        sqlite3_stmt *statement = nullptr;
        if (sqlite3_prepare_v2(m_handle, sql.constData(), -1, &statement, nullptr) != SQLITE_OK)
            fail();
        return statement;
    }
    /// Calls \a visit with \a statement at each row of its result, and ends it.
    template<typename Visit>
    void forEachRow(sqlite3_stmt *statement, Visit visit)
    {
        while (sqlite3_step(statement) == SQLITE_ROW)
            visit(statement);
        if (sqlite3_finalize(statement) != SQLITE_OK)
            fail();
    }
    [[noreturn]] void fail() { giveUp(QString::fromUtf8(sqlite3_errmsg(m_handle))); }

private:
    sqlite3 *m_handle = nullptr;
};

constexpr std::array tables { "thing", "friendship", "access_rule" };

/// The rows of \a from into the same tables at \a to, as we do it: one transaction, indexes last.
double copyRows(const QString &from, const QString &to)
{
    Raw source(from);
    Raw copy(to);
    for (const char *pragma : { "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
                                "PRAGMA cache_size = -524288", "PRAGMA foreign_keys = ON" })
        copy.execute(pragma);
    const auto start = std::chrono::steady_clock::now();
    copy.execute("BEGIN IMMEDIATE");
    QByteArrayList indexes;
    source.forEachRow(source.prepare("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"),
                      [&](sqlite3_stmt *row) {
                          const auto text = [row](int column) {
                              return reinterpret_cast<const char *>(sqlite3_column_text(row, column));
                          };
                          const bool isOurs = std::ranges::contains(tables, QByteArrayView(text(1)))
                              || QByteArrayView(text(1)) == "revision";
                          if (isOurs && QByteArrayView(text(0)) == "table")
                              copy.execute(text(2));
                          else if (isOurs)
                              indexes.append(text(2));
                      });
    const auto copyTable = [&](const QByteArray &table) {
        sqlite3_stmt *select = source.prepare("SELECT * FROM " + table);
        const int columns = sqlite3_column_count(select);
        sqlite3_stmt *insert = copy.prepare("INSERT INTO " + table + " VALUES (?"
                                            + QByteArray(", ?").repeated(columns - 1) + ")");
        source.forEachRow(select, [&](sqlite3_stmt *row) {
            for (int i = 0; i < columns; ++i)
                sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, i));
            if (sqlite3_step(insert) != SQLITE_DONE)
                copy.fail();
            sqlite3_reset(insert);
        });
        sqlite3_finalize(insert);
    };
    copyTable("revision");
    for (const char *table : tables)
        copyTable(table);
    for (const QByteArray &index : std::as_const(indexes))
        copy.execute(index);
    copy.execute("COMMIT");
    return secondsSince(start);
}

/// Every value that makes an object.
double readRows(const QString &path)
{
    Raw source(path);
    const auto start = std::chrono::steady_clock::now();
    for (const QByteArray table : tables) {
        sqlite3_stmt *select = source.prepare("SELECT * FROM " + table);
        const int columns = sqlite3_column_count(select) - (table == "friendship" ? 0 : 1); // `search`
        source.forEachRow(select, [&](sqlite3_stmt *row) {
            for (int i = 0; i < columns; ++i)
                keep(sqlite3_column_text(row, i));
        });
    }
    return secondsSince(start);
}

/// How many objects there are in a document as we write it: one on each line.
qsizetype objectsIn(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        giveUp(u"%1: %2"_s.arg(path, file.errorString()));
    qsizetype count = 0;
    while (!file.atEnd())
        count += file.readLine().startsWith("        {");
    return count;
}

/// \a count edits as an administrator makes them, from \a first on: tags of things, new rules, pairs that
/// end.
ChangeSet edits(const Estate &estate, qsizetype first, qsizetype count, qsizetype rules)
{
    ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                          .title = u"bench"_s,
                          .changes = {} };
    for (qsizetype i = first; i < first + count; ++i) {
        Object object;
        if (i % 4 == 0) {
            Thing thing = estate.thing(i * 37 % estate.things());
            thing.tags = { u"edited"_s };
            object = thing;
        } else if (i % 4 == 1) {
            Friendship pair = estate.pair(i * 41 % estate.things());
            pair.state = Friendship::State::Rejected;
            pair.comment = u"edited"_s;
            object = pair;
        } else {
            object = estate.rule(rules + i);
        }
        const Change change { .key = { objectType(object), objectId(object) },
                              .base = i % 4 < 2 ? 1 : 0,
                              .object = object };
        changeSet.changes.append(change);
    }
    return changeSet;
}

double apply(RawStream &console, const ChangeSet &changeSet)
{
    const QByteArray request = wire::admin::write(wire::admin::Apply { changeSet }).toXml();
    QByteArray answer;
    console.onIq = [&](QByteArrayView iq) { answer = iq.toByteArray(); };
    const auto start = std::chrono::steady_clock::now();
    console.write("<iq type='set' id='apply' to='" + domain.toUtf8() + "'>" + request + "</iq>");
    waitUntil([&] { return !answer.isEmpty(); }, u"answer to apply"_s);
    const double seconds = secondsSince(start);
    if (attribute(answer, "type") != "result" || !answer.contains("<applied"))
        giveUp(u"Not applied: %1"_s.arg(
            QString::fromUtf8(answer.first(std::min<qsizetype>(answer.size(), 2000)))));
    return seconds;
}

/// Change sets of \a count edits each to a server that was just started; from the edit \a first on.
void applyEdits(const Bench &bench, const Server &server, const Estate &estate, qsizetype first,
                qsizetype count, const QString &when)
{
    RawStream console;
    console.openClient(server.port(), domain.toUtf8(), "admin", secret.toUtf8());
    QList<double> seconds;
    const double before = server.processorTime();
    for (qsizetype i = 0; i < changeSets; ++i)
        seconds.append(apply(console, edits(estate, first + i * count, count, estate.things())));
    bench.record(
        { .name = u"change set of %1, %2%3"_s.arg(inWords(count), inWords(estate.things()), when),
          .unit = u"s"_s,
          .target = atMost(1),
          .note = u"from sending it to its answer: read, checked, committed, in force; the slowest of "
                  "%1, the first took %2 s; %3 s of processor time for all of them"_s.arg(
                      QString::number(changeSets), QString::number(seconds.first(), 'f', 2),
                      QString::number(server.processorTime() - before, 'f', 2)) },
        std::ranges::max(seconds));
}

void network(const Bench &bench)
{
    const qsizetype things = bench.size(1'000'000, 200);
    const qsizetype count = bench.size(1000, 20);
    const Estate estate(things);
    const QTemporaryDir folder;
    const auto path = [&](const QString &name) { return folder.filePath(name); };
    const QString of = u"%1 things, %2 friendships, %1 rules"_s.arg(inWords(things), inWords(3 * things));
    const auto computed = [](double seconds) {
        return u"; %1 s of processor time"_s.arg(QString::number(seconds, 'f', 1));
    };
    writeNetwork(estate, 3 * things, things, path(u"network.json"_s));
    QFile accounts(path(u"accounts"_s));
    if (!accounts.open(QIODevice::WriteOnly) || accounts.write((admin + u' ' + secret).toUtf8()) < 0)
        giveUp(accounts.errorString());
    accounts.close();

    const QStringList serve { u"--database"_s,  u"sqlite:"_s + path(u"db"_s),
                              u"--mode"_s,      u"embedded"_s,
                              u"--domain"_s,    domain,
                              u"--listen"_s,    u"127.0.0.1:0"_s,
                              u"--accounts"_s,  accounts.fileName(),
                              u"--admin"_s,     admin,
                              u"--log-level"_s, u"warning"_s };
    {
        Server server(serve + QStringList { u"--import"_s, path(u"network.json"_s) });
        const double seconds = server.waitUntilReady();
        const double processor = server.processorTime();
        const double memory = server.peakMemory();
        server.stop();
        bench.record({ .name = u"import and first start, %1"_s.arg(inWords(things)),
                       .unit = u"s"_s,
                       .target = atMost(60),
                       .note = of + u"; from the start of the program until it serves"_s + computed(processor)
                           + u"; peer: the same rows bound and inserted by sqlite3, pairs in the order of "
                             "their ids"_s },
                     seconds, copyRows(path(u"db"_s), path(u"copy"_s)));
        QFile::remove(path(u"copy"_s));
        bench.record({ .name = u"memory of it at most, %1"_s.arg(inWords(things)), .unit = u"MB"_s }, memory);
    }
    const auto start = [&](const QString &when) {
        auto server = std::make_unique<Server>(serve);
        const double seconds = server->waitUntilReady();
        const double processor = server->processorTime();
        bench.record({ .name = u"start, %1%2"_s.arg(inWords(things), when),
                       .unit = u"s"_s,
                       .target = atMost(15),
                       .note = of + u"; until it serves"_s + computed(processor)
                           + u"; peer: every value of every row by sqlite3"_s },
                     seconds, readRows(path(u"db"_s)));
        bench.record({ .name = u"memory when started, %1%2"_s.arg(inWords(things), when), .unit = u"MB"_s },
                     server->peakMemory());
        return server;
    };
    const auto server = start({});
    applyEdits(bench, *server, estate, 0, count, {});
    server->stop();
    {
        const QString allAsked = u", all asked"_s;
        Raw(path(u"db"_s))
            .execute("INSERT INTO asker (jid, asked, server, serial) SELECT id, 0, '" + domain.toUtf8()
                     + "', 1 FROM thing");
        const auto again = start(allAsked);
        applyEdits(bench, *again, estate, changeSets * count, count, allAsked);
        again->stop();
    }
    const double before = processorTimeOfEnded();
    Server inspect({ u"--database"_s, u"sqlite:"_s + path(u"db"_s), u"--export"_s, path(u"again.json"_s) });
    const double seconds = inspect.waitUntilDone();
    bench.record({ .name = u"export, %1"_s.arg(inWords(things)),
                   .unit = u"s"_s,
                   .note = of + computed(processorTimeOfEnded() - before) },
                 seconds);
    // Half of the edits were new rules, and --admin is one object.
    if (objectsIn(path(u"again.json"_s)) != objectsIn(path(u"network.json"_s)) + changeSets * count + 1)
        giveUp(u"The export has not as many objects as there are."_s);
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = {
        { "scale", network },
    };
    return run(argc, argv, rows);
}
