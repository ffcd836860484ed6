// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/database.h"

#include "replica/draftstate.h"
#include "replica/rows.h"
#include "replica/searchtext.h"
#include "wire/objects.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QLoggingCategory>
#include <QMutex>
#include <QTimeZone>

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

Q_LOGGING_CATEGORY(lcDatabase, "castellan.replica.database", QtInfoMsg)

/// For drafts. Never changed, only appended to: files of earlier consoles go through what they have not seen.
constexpr std::array migrations {
    // 1
    R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE draft_steps (number INTEGER PRIMARY KEY, step BLOB NOT NULL)
)sql",
    // 2 was about copied tables, when they were migrated
    "SELECT 1",
    // 3
    R"sql(
-- Several change sets, each with its own history. `push`: sent, perhaps, and not yet known to be applied.
CREATE TABLE draft_sets (id INTEGER PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL, push BLOB);
CREATE TABLE draft_set_steps (
    draft INTEGER NOT NULL, number INTEGER NOT NULL, step BLOB NOT NULL, PRIMARY KEY (draft, number)) WITHOUT ROWID;
INSERT INTO draft_sets VALUES (1, '', coalesce((SELECT value FROM meta WHERE name = 'draftPosition'), 0),
    (SELECT value FROM meta WHERE name = 'push'));
INSERT INTO draft_set_steps SELECT 1, number, step FROM draft_steps;
DROP TABLE draft_steps;
DELETE FROM meta WHERE name IN ('draftPosition', 'push')
)sql",
};
static_assert(migrations.size() == 3, "a new migration needs a line in the test of migrations");

/// What is copied from the server. May be changed: a file whose copy has another schema is filled anew.
constexpr auto copySchema = R"sql(
CREATE TABLE generations (part INTEGER PRIMARY KEY, number INTEGER NOT NULL);

-- What is behind `version` comes from the tables below. bucket: see gramOfThing()
CREATE TABLE things (
    id INTEGER PRIMARY KEY, jid TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, name TEXT NOT NULL,
    sort_name TEXT NOT NULL, owner TEXT NOT NULL, tags TEXT NOT NULL, roles TEXT NOT NULL, noted INTEGER NOT NULL,
    version INTEGER NOT NULL, bucket INTEGER NOT NULL DEFAULT 0, online INTEGER NOT NULL DEFAULT 0, last_asked INTEGER NOT NULL DEFAULT 0,
    last_seen INTEGER NOT NULL DEFAULT 0, friends INTEGER NOT NULL DEFAULT 0, waiting INTEGER NOT NULL DEFAULT 0,
    search TEXT NOT NULL, object BLOB NOT NULL);
CREATE INDEX things_by_sort_name ON things (sort_name);

-- What things offer for completion, and how many of them do
CREATE TABLE words (
    kind INTEGER NOT NULL, folded TEXT NOT NULL, word TEXT NOT NULL, detail TEXT NOT NULL, uses INTEGER NOT NULL,
    PRIMARY KEY (kind, folded, word)) WITHOUT ROWID;

CREATE TABLE friendships (
    id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, state INTEGER NOT NULL, secondary INTEGER NOT NULL,
    comment TEXT NOT NULL, version INTEGER NOT NULL, search TEXT NOT NULL, UNIQUE (a, b));

-- list: 0 read, 1 control, 2 friendship
CREATE TABLE rules (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL UNIQUE, list INTEGER NOT NULL, rank INTEGER NOT NULL,
    subject_kind INTEGER NOT NULL, subject_value TEXT NOT NULL, target_kind INTEGER NOT NULL,
    target_value TEXT NOT NULL, version INTEGER NOT NULL, search TEXT NOT NULL, object BLOB NOT NULL);
CREATE INDEX rules_in_order ON rules (list, rank);

-- Objects of the types from service on in vocabulary/network.h
CREATE TABLE objects (
    id INTEGER PRIMARY KEY, type INTEGER NOT NULL, object_id TEXT NOT NULL, version INTEGER NOT NULL,
    search TEXT NOT NULL, object BLOB NOT NULL, UNIQUE (type, object_id));

-- rowid: gramOfThing() for things, else firstGram() of the table plus its id. What is in it is small: which rows
-- have which runs of characters, not where.
CREATE VIRTUAL TABLE grams USING fts5(text, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- kind: 0 clearCache, 1 friend, 2 unfriend / state: 0 waiting, 1 sent, 2 acknowledged, 3 failed
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, revision INTEGER NOT NULL, jid TEXT NOT NULL,
    kind INTEGER NOT NULL, peer TEXT NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, created INTEGER,
    sent INTEGER, settled INTEGER, error TEXT NOT NULL);
CREATE INDEX deliveries_by_revision ON deliveries (revision, jid, id);
CREATE INDEX open_deliveries ON deliveries (jid) WHERE kind = 0 AND state < 2;

CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY, at INTEGER, by TEXT NOT NULL, title TEXT NOT NULL, changes INTEGER NOT NULL);

CREATE TABLE statuses (jid TEXT PRIMARY KEY, online INTEGER NOT NULL, last_asked INTEGER, last_seen INTEGER)
    WITHOUT ROWID
)sql";

/// Made when everything is there, one after the other: see finishFilling(). What is derived needs the first.
constexpr std::array<std::pair<const char *, const char *>, 10> lateIndexes { {
    { "friendships_by_b", "friendships (b, a, state)" },
    { "friendships_by_state", "friendships (state)" },
    { "things_by_kind", "things (kind)" },
    { "things_by_owner", "things (owner)" },
    { "things_by_online", "things (online)" },
    { "things_by_last_asked", "things (last_asked)" },
    { "things_by_friends", "things (friends)" },
    { "things_by_waiting", "things (waiting)" },
    { "rules_by_subject", "rules (subject_kind, subject_value)" },
    { "rules_by_target", "rules (target_kind, target_value)" },
} };

/// Things of one bucket at first. A search that is answered in the order of names reads whole buckets, and
/// one index entry more for each of their things.
constexpr qint64 thingsPerBucket = 256;

/// So many rows are done at once when a copy is finished: few, and what is searched falls into too many
/// pieces; many, and what else is to be written waits.
constexpr int doneAtOnce = 20'000;

/// More than so many objects at once, if they are more than there were things, fill a copy anew.
constexpr qint64 many = 50'000;

const QString refreshing = uR"(UPDATE things SET
    friends = (SELECT count(*) FROM friendships WHERE a = jid AND state = 0)
            + (SELECT count(*) FROM friendships WHERE b = jid AND state = 0),
    waiting = (SELECT count(*) FROM deliveries d WHERE d.jid = things.jid AND d.kind = 0 AND d.state < 2),
    (online, last_asked, last_seen) = (SELECT coalesce(max(s.online), 0), coalesce(max(s.last_asked), 0),
        coalesce(max(s.last_seen), 0) FROM statuses s WHERE s.jid = things.jid))"_s;

/// Reader and writer open the same new file at once, and SQLite does not wait for a lock while it changes the
/// journal mode: one of them would find the file locked and never work.
QMutex opening;

/// What `meta` says about the copy, for json_each().
const QString copyMeta =
    uR"(["epoch", "revision", "deliverySequence", "revisionInfo", "target", "cursor", "received", "expected", "schema", "filled", "stage", "stageFrom"])"_s;

// The lists of the table `rules`
constexpr int friendshipList = int(RuleList::Friendship);
static_assert(int(RuleList::Read) == int(Action::Read) && int(RuleList::Control) == int(Action::Control)
              && friendshipList == 2);
static_assert(int(Delivery::Kind::ClearCache) == 0 && int(Delivery::State::Sent) == 1);

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::replica)
};

/// SQL tells null strings from empty ones; nobody else here does.
QString notNull(const QString &text)
{
    return text.isNull() ? u""_s : text;
}

QVariant toSql(const Object &object)
{
    return wire::writeObject(object).toXml();
}

QByteArray copySchemaHash()
{
    QByteArray all = copySchema;
    for (const auto &[name, columns] : lateIndexes)
        all += QByteArray(name) + columns;
    return QCryptographicHash::hash(all, QCryptographicHash::Sha256).toHex();
}

} // namespace

QVariant toSql(const QDateTime &time)
{
    return time.isValid() ? QVariant(time.toMSecsSinceEpoch()) : QVariant();
}

QDateTime timeFromSql(const Cell &cell)
{
    const qint64 time = cell.toLongLong();
    return time == 0 ? QDateTime() : QDateTime::fromMSecsSinceEpoch(time, QTimeZone::UTC);
}

Result<Object> objectFromSql(const Cell &cell)
{
    return wire::Element::fromXml(cell.toByteArray()).and_then(wire::readObject);
}

Result<std::unique_ptr<Database>> Database::open(const QString &path)
{
    const QMutexLocker oneAtATime(&opening);

    auto database = connect(path);
    if (!database)
        return std::unexpected(database.error());
    auto migrated = (*database)->migrate();
    if (!migrated && (*database)->isDamaged()) {
        database->reset();
        return setAside(path);
    }
    if (!migrated)
        return std::unexpected(migrated.error());
    return database;
}

Result<std::unique_ptr<Database>> Database::heal(const QString &path)
{
    const QMutexLocker oneAtATime(&opening);
    return setAside(path);
}

Result<std::unique_ptr<Database>> Database::connect(const QString &path)
{
    std::unique_ptr<Database> database(new Database);
    database->m_path = path;
    const int opened = sqlite3_open_v2(path.toUtf8().constData(), &database->m_handle,
                                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                       nullptr);
    if (opened != SQLITE_OK) {
        return fail(
            FailureKind::InternalServerError,
            Text::tr("The local copy %1 cannot be opened: %2. Check that the folder can be written to",
                     "%1 is a file name, %2 an error message")
                .arg(path, QString::fromUtf8(sqlite3_errstr(opened))));
    }
    sqlite3_busy_timeout(database->m_handle, 10'000);
    return database;
}

Result<std::unique_ptr<Database>> Database::setAside(const QString &path)
{
    const QString aside = path + u".damaged"_s;
    QFile::remove(aside);
    if (!QFile::rename(path, aside)) {
        return fail(
            FailureKind::InternalServerError,
            Text::tr("The local copy %1 is damaged and cannot be set aside. Check that the folder can "
                     "be written to",
                     "%1 is a file name")
                .arg(path));
    }
    for (const QString &companion : { u"-wal"_s, u"-shm"_s }) {
        QFile::remove(aside + companion);
        QFile::rename(path + companion, aside + companion);
    }

    auto database = connect(path);
    if (!database)
        return std::unexpected(database.error());
    if (auto migrated = (*database)->migrate(); !migrated)
        return std::unexpected(migrated.error());
    const auto drafts = (*database)->takeDraftsFrom(aside);
    qCWarning(lcDatabase) << path << "was damaged; it is now" << aside
                          << (drafts ? u"and its drafts were taken over"_s
                                     : u"and its drafts cannot be read: "_s + drafts.error().text);
    return database;
}

Result<void> Database::takeDraftsFrom(const QString &path)
{
    if (auto attached = run(u"ATTACH ? AS damaged"_s, { path }); !attached)
        return std::unexpected(attached.error());
    auto taken = atomically([&] {
        return column(
                   u"SELECT name FROM damaged.sqlite_master WHERE type = 'table' AND name GLOB 'draft_*'"_s)
            .and_then([&](const QStringList &tables) -> Result<void> {
                for (const QString &table : tables) {
                    auto copied = run(u"DELETE FROM main."_s + table).and_then([&](auto) {
                        return run(u"INSERT INTO main.%1 SELECT * FROM damaged.%1"_s.arg(table));
                    });
                    if (!copied)
                        return std::unexpected(copied.error());
                }
                return run(u"INSERT OR REPLACE INTO main.meta SELECT * FROM damaged.meta WHERE name NOT IN "
                           "(SELECT value FROM json_each(?))"_s,
                           { copyMeta })
                    .transform([](auto) { });
            });
    });
    m_statements.clear();
    m_damaged = false; // that was the other one
    (void)run(u"DETACH damaged"_s);
    return taken;
}

Database::~Database()
{
    m_statements.clear();
    sqlite3_close(m_handle);
}

Failure Database::failure()
{
    const int code = sqlite3_errcode(m_handle);
    m_damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return { FailureKind::InternalServerError,
             Text::tr("The local copy %1 does not work: %2", "%1 is a file name, %2 an error message")
                 .arg(m_path, QString::fromUtf8(sqlite3_errmsg(m_handle))) };
}

Result<Statement *> Database::prepare(const QString &sql)
{
    auto found = m_statements.find(sql);
    if (found == m_statements.end()) {
        Statement statement(m_handle, sql);
        if (!statement.isPrepared())
            return std::unexpected(failure());
        found = m_statements.emplace(sql, std::move(statement)).first;
    }
    return &found->second;
}

Result<Statement *> Database::run(const QString &sql, const QVariantList &values)
{
    return prepare(sql).and_then([&](Statement *statement) -> Result<Statement *> {
        if (!statement->execute(values))
            return std::unexpected(failure());
        return statement;
    });
}

Result<QVariant> Database::value(const QString &sql, const QVariantList &values)
{
    return run(sql, values).transform([](Statement *statement) {
        const QVariant value = statement->next() ? statement->value(0).toVariant() : QVariant();
        statement->finish();
        return value;
    });
}

Result<QStringList> Database::column(const QString &sql, const QVariantList &values)
{
    return run(sql, values).transform([](Statement *query) {
        QStringList list;
        while (query->next())
            list.append(query->value(0).toString());
        return list;
    });
}

Result<void> Database::executeAll(const char *script)
{
    if (sqlite3_exec(m_handle, script, nullptr, nullptr, nullptr) != SQLITE_OK)
        return std::unexpected(failure());
    return {};
}

Result<void> Database::migrate()
{
    // Readers do not wait for the writer, and what was written survives a crash of the machine. Caches are in
    // KiB: together with what else there is, far below what a console may take.
    for (const QString &pragma :
         { u"PRAGMA journal_mode = WAL"_s, u"PRAGMA synchronous = FULL"_s, u"PRAGMA cache_size = -49152"_s,
           u"PRAGMA wal_autocheckpoint = 8000"_s, u"PRAGMA temp_store = MEMORY"_s }) {
        if (auto set = value(pragma); !set)
            return std::unexpected(set.error());
    }
    return atomically([this]() -> Result<void> {
        const auto version = value(u"PRAGMA user_version"_s);
        if (!version)
            return std::unexpected(version.error());
        const auto done = version->toULongLong();
        if (done > migrations.size()) {
            return fail(
                FailureKind::NotAllowed,
                Text::tr("The local copy %1 was written by a newer version of Castellan. Use that version",
                         "%1 is a file name")
                    .arg(m_path));
        }
        for (auto i = done; i < migrations.size(); ++i) {
            if (auto executed = executeAll(migrations.at(i)); !executed)
                return executed;
        }
        if (done < migrations.size()) {
            if (auto set = run(u"PRAGMA user_version = %1"_s.arg(migrations.size())); !set)
                return std::unexpected(set.error());
        }
        return meta(u"schema"_s).and_then([this](const QVariant &schema) {
            return schema.toByteArray() == copySchemaHash() ? Result<void>() : createCopy();
        });
    });
}

Result<void> Database::createCopy()
{
    // Virtual tables take those along that they consist of.
    for (const QString &which : { u"sql LIKE 'CREATE VIRTUAL%'"_s, u"type = 'table'"_s }) {
        const auto tables = column(u"SELECT name FROM sqlite_master WHERE "_s + which
                                   + u" AND name <> 'meta' AND name NOT GLOB 'draft_*'"
                                     " AND name NOT GLOB 'sqlite_*'"_s);
        if (!tables)
            return std::unexpected(tables.error());
        for (const QString &table : *tables) {
            if (auto dropped = run(u"DROP TABLE "_s + table); !dropped)
                return std::unexpected(dropped.error());
        }
    }
    return executeAll(copySchema)
        .and_then([this] {
            return run(u"DELETE FROM meta WHERE name IN (SELECT value FROM json_each(?))"_s, { copyMeta });
        })
        .and_then([this](auto) { return setMeta(u"schema"_s, copySchemaHash()); })
        .and_then([this] { return bump(allParts); });
}

Result<bool> Database::isFilling()
{
    return meta(u"filled"_s).transform([](const QVariant &filled) { return filled.isNull(); });
}

Result<void> Database::startFilling()
{
    m_order = {};
    m_buckets = {};
    for (const auto &[name, columns] : lateIndexes) {
        if (auto dropped = run(u"DROP INDEX IF EXISTS "_s + QLatin1StringView(name)); !dropped)
            return std::unexpected(dropped.error());
    }
    return run(u"INSERT INTO grams (grams) VALUES ('delete-all')"_s)
        .and_then([this](auto) {
            return run(u"DELETE FROM meta WHERE name IN ('filled', 'stage', 'stageFrom')"_s);
        })
        .transform([](auto) {});
}

Result<bool> Database::finishFilling()
{
    const auto filling = isFilling();
    if (!filling)
        return std::unexpected(filling.error());
    if (!*filling)
        return true;
    bool finished = false;
    auto done = atomically([&]() -> Result<void> {
        const auto stage = meta(u"stage"_s);
        const auto stageFrom = meta(u"stageFrom"_s);
        if (!stage || !stageFrom)
            return std::unexpected(stage ? stageFrom.error() : stage.error());
        qint64 from = stageFrom->toLongLong();
        const auto step = [&]() -> Result<bool> {
            switch (const int number = stage->toInt()) {
            case 1:
                return refreshSome(from);
            case 2:
                return indexThings(from);
            case 3:
                return indexSome(Found::Rule, u"rules"_s, from);
            case 4:
                return indexSome(Found::Friendship, u"friendships"_s, from);
            case 5:
                return indexSome(Found::Other, u"objects"_s, from);
            default: {
                const auto &[name, columns] = lateIndexes.at(size_t(number ? number - 5 : 0));
                return run(u"CREATE INDEX %1 ON %2"_s.arg(QLatin1StringView(name),
                                                          QLatin1StringView(columns)))
                    .transform([](auto) { return true; });
            }
            }
        };
        const auto stepped = step();
        if (!stepped)
            return std::unexpected(stepped.error());
        const int next = stage->toInt() + (*stepped ? 1 : 0);
        finished = next - 5 >= int(lateIndexes.size());
        if (!finished)
            return setMeta(u"stage"_s, next).and_then([&] {
                return setMeta(u"stageFrom"_s, *stepped ? 0 : from);
            });
        m_order = {};
        return setMeta(u"filled"_s, true).and_then([this] { return bump(allParts); });
    });
    return done.transform([&] { return finished; });
}

Result<void> Database::orderThings()
{
    if (!m_order.empty())
        return {};
    return run(u"SELECT id FROM things ORDER BY sort_name, id"_s).transform([this](Statement *thing) {
        while (thing->next())
            m_order.push_back(thing->value(0).toInt());
    });
}

Result<bool> Database::refreshSome(qint64 &from)
{
    const auto last = orderThings().and_then(
        [this] { return value(u"SELECT coalesce(max(id), 0) FROM things"_s); });
    if (!last)
        return std::unexpected(last.error());
    if (m_buckets.empty()) {
        m_buckets.resize(size_t(last->toLongLong()) + 1);
        for (size_t i = 0; i < m_order.size(); ++i)
            m_buckets[size_t(m_order[i])] = int(i) / thingsPerBucket;
    }
    const qint64 to = std::min(from + doneAtOnce, last->toLongLong());
    const QString sql = refreshing + u", bucket = ? WHERE id = ?"_s;
    for (qint64 id = from + 1; id <= to; ++id) {
        if (auto refreshed = write(sql, m_buckets[size_t(id)], id); !refreshed)
            return std::unexpected(refreshed.error());
    }
    from = to;
    return to == last->toLongLong();
}

Result<bool> Database::indexThings(qint64 &from)
{
    if (auto ordered = orderThings(); !ordered)
        return std::unexpected(ordered.error());
    m_buckets = {};
    const auto count = qint64(m_order.size());
    const qint64 to = std::min<qint64>(from + doneAtOnce, count);
    for (; from < to; from += thingsPerBucket) {
        std::vector ids(m_order.begin() + from, m_order.begin() + std::min(from + thingsPerBucket, count));
        std::ranges::sort(ids); // FTS5 is quicker with rows that come in order
        for (const int id : ids) {
            auto thing = run(u"SELECT search FROM things WHERE id = ?"_s, { id });
            if (!thing)
                return std::unexpected(thing.error());
            (void)(*thing)->next();
            const QString text = (*thing)->value(0).toString();
            (*thing)->finish();
            if (auto put = putGrams({}, gramOfThing(from / thingsPerBucket, id), text); !put)
                return std::unexpected(put.error());
        }
    }
    from = to;
    return to == count;
}

Result<bool> Database::indexSome(Found found, const QString &table, qint64 &from)
{
    auto rows = run(u"SELECT id, search FROM %1 WHERE id > ? ORDER BY id LIMIT ?"_s.arg(table),
                    { from, doneAtOnce });
    if (!rows)
        return std::unexpected(rows.error());
    int count = 0;
    for (; (*rows)->next(); ++count) {
        from = (*rows)->value(0).toLongLong();
        if (auto put = putGrams({}, firstGram(found) + from, (*rows)->value(1).toString()); !put)
            return std::unexpected(put.error());
    }
    return count < doneAtOnce;
}

Result<qint64> Database::generation(Parts parts)
{
    return value(u"SELECT coalesce(sum(number), 0) FROM generations WHERE part & ?"_s, { parts.toInt() })
        .transform([](const QVariant &number) { return number.toLongLong(); });
}

Result<qint64> Database::count(const QString &sql, Parts parts)
{
    return generation(parts).and_then([&](qint64 generation) -> Result<qint64> {
        const auto known = m_counts.constFind(sql);
        if (known != m_counts.cend() && known->generation == generation)
            return known->number;
        return value(sql).transform([&](const QVariant &number) {
            m_counts.insert(sql, { generation, number.toLongLong() });
            return number.toLongLong();
        });
    });
}

Result<void> Database::bump(Parts parts)
{
    for (int part = 1; part <= allParts.toInt(); part *= 2) {
        if (!parts.testFlag(Part(part)))
            continue;
        // Starting from the time, so that no number comes twice when the table is made anew
        auto bumped = run(
            u"INSERT INTO generations VALUES (?, ?) ON CONFLICT DO UPDATE SET number = number + 1"_s,
            { part, QDateTime::currentMSecsSinceEpoch() });
        if (!bumped)
            return std::unexpected(bumped.error());
    }
    return {};
}

Result<QVariant> Database::meta(const QString &name)
{
    return value(u"SELECT value FROM meta WHERE name = ?"_s, { name });
}

Result<void> Database::setMeta(const QString &name, const QVariant &value)
{
    return run(u"INSERT OR REPLACE INTO meta VALUES (?, ?)"_s, { name, value }).transform([](auto) { });
}

Result<Database::Progress> Database::progress()
{
    Progress progress;
    auto query = run(u"SELECT name, value FROM meta"_s);
    if (!query)
        return std::unexpected(query.error());
    while ((*query)->next()) {
        const QString name = (*query)->value(0).toString();
        const QVariant value = (*query)->value(1).toVariant();
        if (name == "epoch"_L1)
            progress.epoch = value.toString();
        else if (name == "revision"_L1)
            progress.revision = value.toLongLong();
        else if (name == "deliverySequence"_L1)
            progress.deliverySequence = value.toLongLong();
        else if (name == "revisionInfo"_L1)
            progress.revisionInfo = value.toLongLong();
        else if (name == "target"_L1)
            progress.target = value.toLongLong();
        else if (name == "cursor"_L1)
            progress.cursor = value.toString();
        else if (name == "received"_L1)
            progress.received = value.toLongLong();
        else if (name == "expected"_L1)
            progress.expected = value.toLongLong();
    }
    return progress;
}

Result<void> Database::saveProgress(const Progress &progress)
{
    const std::array<std::pair<QString, QVariant>, 8> values { {
        { u"epoch"_s, progress.epoch },
        { u"revision"_s, progress.revision },
        { u"deliverySequence"_s, progress.deliverySequence },
        { u"revisionInfo"_s, progress.revisionInfo },
        { u"target"_s, progress.target },
        { u"cursor"_s, progress.cursor },
        { u"received"_s, progress.received },
        { u"expected"_s, progress.expected },
    } };
    for (const auto &[name, value] : values) {
        if (auto set = setMeta(name, value); !set)
            return set;
    }
    return {};
}

Result<void> Database::startOver(const QString &epoch)
{
    return atomically(
        [&] { return createCopy().and_then([&] { return saveProgress({ .epoch = epoch }); }); });
}

Result<void> Database::storeObjects(const QList<VersionedObject> &objects, const Progress &progress)
{
    const auto wasFilling = isFilling();
    if (!wasFilling)
        return std::unexpected(wasFilling.error());
    return atomically([&]() -> Result<void> {
        bool filling = *wasFilling;
        // The first page of a transfer that would take longer than to begin again, and whatever comes while
        // what waited is being done
        bool begins = false;
        if (!filling && progress.expected > many && progress.received <= objects.size()) {
            const auto things = value(u"SELECT count(*) FROM things"_s);
            if (!things)
                return std::unexpected(things.error());
            begins = progress.expected > things->toLongLong();
        } else if (filling) {
            const auto stage = meta(u"stage"_s);
            if (!stage)
                return std::unexpected(stage.error());
            begins = !stage->isNull();
        }
        if (begins) {
            if (auto begun = startFilling(); !begun)
                return begun;
            filling = true;
        }

        Parts parts;
        QSet<QString> touched;
        Words words;
        for (const VersionedObject &object : objects) {
            auto stored = object.object ? put(object, filling, words) : remove(object.key, filling, words);
            if (!stored)
                return stored;
            parts |= partOf(object.key.type);
            if (filling)
                continue;
            if (object.key.type == ObjectType::Thing)
                touched.insert(object.key.id);
            else if (object.key.type == ObjectType::Friendship)
                touched += QSet<QString> { object.key.id.section(u' ', 0, 0),
                                           object.key.id.section(u' ', 1) };
        }
        return storeWords(words)
            .and_then([&] { return refresh(touched); })
            .and_then([&] { return bump(parts); })
            .and_then([&] { return saveProgress(progress); });
    });
}

Result<void> Database::refresh(const QSet<QString> &jids)
{
    const auto begun = value(u"SELECT 1 FROM meta WHERE name IN ('filled', 'stage')"_s);
    if (!begun)
        return std::unexpected(begun.error());
    if (begun->isNull())
        return {};
    for (const QString &jid : jids) {
        if (auto refreshed = write(refreshing + u" WHERE jid = ?"_s, jid); !refreshed)
            return std::unexpected(refreshed.error());
    }
    return {};
}

Result<void> Database::remove(const ObjectKey &key, bool filling, Words &words)
{
    struct Place
    {
        Found found;
        QString table;
        QString condition;
        QVariantList values;
    };
    const auto place = [&]() -> Place {
        switch (key.type) {
        case ObjectType::Thing:
            return { Found::Thing, u"things"_s, u"jid = ?"_s, { key.id } };
        case ObjectType::Friendship:
            return { Found::Friendship,
                     u"friendships"_s,
                     u"a = ? AND b = ?"_s,
                     { key.id.section(u' ', 0, 0), key.id.section(u' ', 1) } };
        case ObjectType::FriendshipRule:
        case ObjectType::AccessRule:
            return { Found::Rule, u"rules"_s, u"rule = ?"_s, { key.id } };
        default:
            return { Found::Other, u"objects"_s, u"type = ? AND object_id = ?"_s, { int(key.type), key.id } };
        }
    }();
    const bool isThing = place.found == Found::Thing;
    auto found = run(u"SELECT id, %1 FROM %2 WHERE %3"_s.arg(isThing ? u"bucket, object"_s : u"0, NULL"_s,
                                                             place.table, place.condition),
                     place.values);
    if (!found)
        return std::unexpected(found.error());
    if (!(*found)->next())
        return {};
    const qint64 id = (*found)->value(0).toLongLong();
    const qint64 gram = isThing ? gramOfThing((*found)->value(1).toLongLong(), id)
                                : firstGram(place.found) + id;
    if (isThing) {
        const auto object = objectFromSql((*found)->value(2));
        if (!object)
            return std::unexpected(object.error());
        addWords(words, std::get<Thing>(*object), -1);
    }
    (*found)->finish();
    return (filling ? Result<void>() : putGrams(gram, gram, {})).and_then([&] {
        return write(u"DELETE FROM %1 WHERE id = ?"_s.arg(place.table), id).transform([](auto) { });
    });
}

Result<void> Database::put(const VersionedObject &versioned, bool filling, Words &words)
{
    const Object &object = *versioned.object;
    if (const auto *thing = std::get_if<Thing>(&object))
        return putThing(versioned, *thing, filling, words);

    const QString text = searchText(object);
    // Most are new: that is tried first.
    const auto store = [&](Found found, const QString &previous, const QVariantList &key,
                           const QString &insert, const QString &update,
                           const auto &...values) -> Result<void> {
        const auto inserted = write(insert + u" ON CONFLICT DO NOTHING"_s, values...);
        if (!inserted)
            return std::unexpected(inserted.error());
        if ((*inserted)->changedRows() > 0) {
            return filling ? Result<void>()
                           : putGrams({}, firstGram(found) + (*inserted)->lastInsertId(), text);
        }
        auto before = run(previous, key);
        if (!before)
            return std::unexpected(before.error());
        (void)(*before)->next();
        const qint64 gram = firstGram(found) + (*before)->value(0).toLongLong();
        const bool same = (*before)->value(1).toString() == text;
        (*before)->finish();
        return write(insert + u" ON CONFLICT DO UPDATE SET "_s + update, values...).and_then([&](auto) {
            return filling || same ? Result<void>() : putGrams(gram, gram, text);
        });
    };

    if (const auto *pair = std::get_if<Friendship>(&object)) {
        return store(Found::Friendship, u"SELECT id, search FROM friendships WHERE a = ? AND b = ?"_s,
                     { pair->a, pair->b },
                     u"INSERT INTO friendships (a, b, state, secondary, comment, version, search) VALUES "
                     "(?, ?, ?, ?, ?, ?, ?)"_s,
                     u"state = excluded.state, secondary = excluded.secondary, comment = excluded.comment,"
                     " version = excluded.version, search = excluded.search"_s,
                     pair->a, pair->b, int(pair->state), pair->secondaryTrustAllowed, notNull(pair->comment),
                     versioned.version, text);
    }
    const auto putRule = [&](int list, qint64 rank, const Subject &subject, int targetKind,
                             const QString &targetValue) {
        return store(
            Found::Rule, u"SELECT id, search FROM rules WHERE rule = ?"_s, { versioned.key.id },
            u"INSERT INTO rules (rule, list, rank, subject_kind, subject_value, target_kind, target_value,"
            " version, search, object) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
            u"list = excluded.list, rank = excluded.rank, subject_kind = excluded.subject_kind,"
            " subject_value = excluded.subject_value, target_kind = excluded.target_kind,"
            " target_value = excluded.target_value, version = excluded.version,"
            " search = excluded.search, object = excluded.object"_s,
            versioned.key.id, list, rank, int(subject.kind), notNull(subject.value), targetKind,
            notNull(targetValue), versioned.version, text, toSql(object));
    };
    if (const auto *rule = std::get_if<AccessRule>(&object))
        return putRule(listOf(rule->action), rule->rank, rule->subject, int(rule->target.kind),
                       rule->target.value);
    if (const auto *rule = std::get_if<FriendshipRule>(&object))
        return putRule(friendshipList, rule->rank, rule->one, int(rule->other.kind), rule->other.value);
    return store(Found::Other, u"SELECT id, search FROM objects WHERE type = ? AND object_id = ?"_s,
                 { int(versioned.key.type), versioned.key.id },
                 u"INSERT INTO objects (type, object_id, version, search, object) VALUES (?, ?, ?, ?, ?)"_s,
                 u"version = excluded.version, search = excluded.search, object = excluded.object"_s,
                 int(versioned.key.type), versioned.key.id, versioned.version, text, toSql(object));
}

Result<void> Database::putThing(const VersionedObject &versioned, const Thing &thing, bool filling,
                                Words &words)
{
    const QString text = searchText(*versioned.object);
    const QString sortName = (thing.name.isEmpty() ? thing.jid : thing.name).toCaseFolded();
    const auto bucket = filling ? Result<qint64>(0) : bucketFor(sortName);
    if (!bucket)
        return std::unexpected(bucket.error());
    addWords(words, thing, 1);

    const auto insert = [&](const QString &onConflict) {
        return write(
            u"INSERT INTO things (jid, kind, name, sort_name, owner, tags, roles, noted, version, bucket,"
            " search, object) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "_s
                + onConflict,
            thing.jid, int(thing.kind), notNull(thing.name), sortName, notNull(thing.owner),
            notNull(thing.tags.join(u'\n')), notNull(thing.roles.join(u'\n')), thing.noted, versioned.version,
            *bucket, text, toSql(*versioned.object));
    };
    const auto inserted = insert(u"NOTHING"_s); // most are new
    if (!inserted)
        return std::unexpected(inserted.error());
    if ((*inserted)->changedRows() > 0)
        return filling ? Result<void>()
                       : putGrams({}, gramOfThing(*bucket, (*inserted)->lastInsertId()), text);

    auto before = run(u"SELECT id, bucket, search, object FROM things WHERE jid = ?"_s, { thing.jid });
    if (!before)
        return std::unexpected(before.error());
    (void)(*before)->next();
    const qint64 id = (*before)->value(0).toLongLong();
    const qint64 previousGram = gramOfThing((*before)->value(1).toLongLong(), id);
    const qint64 gram = gramOfThing(*bucket, id);
    const bool same = gram == previousGram && (*before)->value(2).toString() == text;
    const auto previous = objectFromSql((*before)->value(3));
    (*before)->finish();
    if (!previous)
        return std::unexpected(previous.error());
    addWords(words, std::get<Thing>(*previous), -1);
    return insert(u"UPDATE SET kind = excluded.kind, name = excluded.name, sort_name = excluded.sort_name,"
                  " owner = excluded.owner, tags = excluded.tags, roles = excluded.roles,"
                  " noted = excluded.noted, version = excluded.version, bucket = excluded.bucket,"
                  " search = excluded.search, object = excluded.object"_s)
        .and_then(
            [&](auto) { return filling || same ? Result<void>() : putGrams(previousGram, gram, text); });
}

Result<qint64> Database::bucketFor(const QString &sortName)
{
    return value(u"SELECT bucket FROM things WHERE sort_name <= ? ORDER BY sort_name DESC, id DESC LIMIT 1"_s,
                 { sortName })
        .transform([](const QVariant &bucket) { return bucket.toLongLong(); });
}

void Database::addWords(Words &words, const Thing &thing, int uses)
{
    const auto add = [&](WordKind kind, const QString &word, const QString &detail = {}) {
        if (word.isEmpty())
            return;
        WordUse &use = words[{ kind, word }];
        use.uses += uses;
        if (uses > 0)
            use.detail = detail;
    };
    add(WordKind::Domain, thing.jid.sliced(thing.jid.indexOf(u'@') + 1));
    for (const QString &role : thing.roles)
        add(WordKind::Role, role);
    for (const Node &node : thing.nodes) {
        add(WordKind::Node, node.ref.nodeId, node.name);
        for (const QString &parameter : node.parameters)
            add(WordKind::Parameter, parameter);
        for (const Field &field : node.fields)
            add(WordKind::Field, field.name);
    }
}

Result<void> Database::storeWords(const Words &words)
{
    for (const auto &[word, use] : words.asKeyValueRange()) {
        const QString folded = word.word.toCaseFolded();
        auto stored = use.uses < 0
            ? write(u"UPDATE words SET uses = uses + ? WHERE kind = ? AND folded = ? AND word = ?"_s,
                    use.uses, int(word.kind), folded, word.word)
            : write(u"INSERT INTO words VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " uses = uses + excluded.uses, detail = excluded.detail"_s,
                    int(word.kind), folded, word.word, notNull(use.detail), use.uses);
        if (stored && use.uses <= 0) {
            stored = write(u"DELETE FROM words WHERE kind = ? AND folded = ? AND word = ? AND uses <= 0"_s,
                           int(word.kind), folded, word.word);
        }
        if (!stored)
            return std::unexpected(stored.error());
    }
    return {};
}

Result<void> Database::putGrams(std::optional<qint64> previous, qint64 gram, const QString &text)
{
    if (previous) {
        if (auto removed = write(u"DELETE FROM grams WHERE rowid = ?"_s, *previous); !removed)
            return std::unexpected(removed.error());
    }
    if (text.isEmpty())
        return {};
    const QByteArray grams = gramsOf(text);
    return write(u"INSERT INTO grams (rowid, text) VALUES (?, ?)"_s, gram, QUtf8StringView(grams))
        .transform([](auto) { });
}

Result<void> Database::storeDeliveries(const QList<Delivery> &deliveries, const Progress &progress)
{
    return atomically([&]() -> Result<void> {
        QSet<QString> touched;
        for (const Delivery &delivery : deliveries) {
            auto stored = run(
                u"INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
                { delivery.id, delivery.sequence, delivery.revision, delivery.jid, int(delivery.kind),
                  notNull(delivery.peer), int(delivery.state), delivery.attempts, toSql(delivery.created),
                  toSql(delivery.sent), toSql(delivery.settled), notNull(delivery.error) });
            if (!stored)
                return std::unexpected(stored.error());
            touched.insert(delivery.jid);
        }
        return refresh(touched).and_then([&] { return bump(Part::Deliveries); }).and_then([&] {
            return saveProgress(progress);
        });
    });
}

Result<void> Database::storeRevisions(const QList<RevisionInfo> &revisions, const Progress &progress)
{
    return atomically([&]() -> Result<void> {
        for (const RevisionInfo &info : revisions) {
            auto stored = run(u"INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?, ?)"_s,
                              { info.revision, toSql(info.at), notNull(info.by), notNull(info.title),
                                info.changes });
            if (!stored)
                return std::unexpected(stored.error());
        }
        return bump(Part::Revisions).and_then([&] { return saveProgress(progress); });
    });
}

Result<void> Database::storeStatuses(const QList<wire::admin::ThingStatus> &statuses)
{
    return atomically([&] { return putStatuses(statuses, {}); });
}

Result<void> Database::replaceStatuses(const QString &after, const QList<wire::admin::ThingStatus> &statuses,
                                       bool isLast)
{
    return atomically([&]() -> Result<void> {
        QHash<QString, wire::admin::ThingStatus> known;
        QString sql = u"SELECT jid, online, last_asked, last_seen FROM statuses WHERE jid > ?"_s;
        QVariantList values { notNull(after) };
        if (!isLast && !statuses.isEmpty()) {
            sql += u" AND jid <= ?"_s;
            values.append(statuses.last().jid);
        }
        auto query = run(sql, values);
        if (!query)
            return std::unexpected(query.error());
        while ((*query)->next()) {
            const QString jid = (*query)->value(0).toString();
            known.insert(jid,
                         { jid, (*query)->value(1).toBool(), timeFromSql((*query)->value(2)),
                           timeFromSql((*query)->value(3)) });
        }
        QList<wire::admin::ThingStatus> changed;
        for (const auto &status : statuses) {
            const auto before = known.constFind(status.jid);
            if (before == known.cend() || *before != status)
                changed.append(status);
            known.remove(status.jid);
        }
        return putStatuses(changed, known.keys());
    });
}

Result<void> Database::putStatuses(const QList<wire::admin::ThingStatus> &statuses, const QStringList &gone)
{
    QSet<QString> touched(gone.cbegin(), gone.cend());
    for (const QString &jid : gone) {
        if (auto removed = run(u"DELETE FROM statuses WHERE jid = ?"_s, { jid }); !removed)
            return std::unexpected(removed.error());
    }
    for (const auto &status : statuses) {
        auto stored = run(u"INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?)"_s,
                          { status.jid, status.online, toSql(status.lastAsked), toSql(status.lastSeen) });
        if (!stored)
            return std::unexpected(stored.error());
        touched.insert(status.jid);
    }
    if (touched.isEmpty())
        return {};
    return refresh(touched).and_then([&] { return bump(Part::Statuses); });
}

} // namespace castellan::replica
