// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/database.h"

#include "replica/draftstate.h"
#include "replica/rows.h"
#include "wire/objects.h"

#include <QCoreApplication>
#include <QMutex>
#include <QSqlError>
#include <QTimeZone>
#include <QUuid>

#include <array>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

/// Never changed, only appended to: files of earlier consoles go through what they have not seen.
constexpr std::array migrations {
    // 1
    R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE things (
    jid TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, tags TEXT NOT NULL,
    roles TEXT NOT NULL, noted INTEGER NOT NULL, sort_name TEXT NOT NULL, search TEXT NOT NULL,
    version INTEGER NOT NULL, object BLOB NOT NULL);
CREATE INDEX things_by_name ON things (sort_name, jid);
CREATE INDEX things_by_kind ON things (kind, jid);

-- What things offer for completion
CREATE TABLE words (
    kind INTEGER NOT NULL, folded TEXT NOT NULL, word TEXT NOT NULL, jid TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (kind, folded, word, jid)) WITHOUT ROWID;
CREATE INDEX words_by_thing ON words (jid, kind);

CREATE TABLE friendships (
    id TEXT PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, state INTEGER NOT NULL, version INTEGER NOT NULL,
    object BLOB NOT NULL);
CREATE INDEX friendships_by_a ON friendships (a, b);
CREATE INDEX friendships_by_b ON friendships (b, a);

-- list: 0 read, 1 control, 2 friendship
CREATE TABLE rules (
    id TEXT PRIMARY KEY, list INTEGER NOT NULL, rank INTEGER NOT NULL, subject_kind INTEGER NOT NULL,
    subject_value TEXT NOT NULL, target_kind INTEGER NOT NULL, target_value TEXT NOT NULL, search TEXT NOT NULL,
    version INTEGER NOT NULL, object BLOB NOT NULL);
CREATE INDEX rules_in_order ON rules (list, rank);

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
    WITHOUT ROWID;
CREATE INDEX who_is_online ON statuses (online) WHERE online;

CREATE TABLE draft_steps (number INTEGER PRIMARY KEY, step BLOB NOT NULL)
)sql",
    // 2
    R"sql(
-- Objects of the types from service on in vocabulary/network.h. Copies made before lack them: without an epoch
-- they start over.
CREATE TABLE objects (
    type INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, object BLOB NOT NULL,
    PRIMARY KEY (type, id)) WITHOUT ROWID;
DELETE FROM meta WHERE name = 'epoch'
)sql",
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

QString words(QStringList list)
{
    list.removeAll({});
    return notNull(list.join(u'\n').toCaseFolded());
}

QStringList nodeWords(const std::optional<NodePattern> &node)
{
    return node ? QStringList { node->nodeId.value_or(QString()), node->sourceId.value_or(QString()),
                                node->cacheType.value_or(QString()) }
                : QStringList();
}

QString searchText(const Thing &thing)
{
    QStringList list { thing.jid, thing.name, thing.owner, thing.comment };
    list += thing.tags;
    list += thing.roles;
    for (const Node &node : thing.nodes)
        list << node.ref.nodeId << node.name;
    return words(std::move(list));
}

QString searchText(const FriendshipRule &rule)
{
    return words({ rule.one.value, rule.other.value, rule.comment });
}

QVariant toSql(const Object &object)
{
    return wire::writeObject(object).toXml();
}

} // namespace

QVariant toSql(const QDateTime &time)
{
    return time.isValid() ? QVariant(time.toMSecsSinceEpoch()) : QVariant();
}

QDateTime timeFromSql(const QVariant &value)
{
    return value.isNull() ? QDateTime() : QDateTime::fromMSecsSinceEpoch(value.toLongLong(), QTimeZone::UTC);
}

QString searchText(const AccessRule &rule)
{
    QStringList list { rule.subject.value, rule.subject.withUser, rule.subject.withService, rule.target.value,
                       rule.comment };
    list += rule.names;
    list += nodeWords(rule.target.node);
    return words(std::move(list));
}

Result<Object> objectFromSql(const QVariant &value)
{
    return wire::Element::fromXml(value.toByteArray()).and_then(wire::readObject);
}

Result<std::unique_ptr<Database>> Database::open(const QString &path)
{
    // Reader and writer open the same new file at once, and SQLite does not wait for a lock while it changes
    // the journal mode: one of them would find the file locked and never work.
    static QMutex opening;
    const QMutexLocker oneAtATime(&opening);

    std::unique_ptr<Database> database(new Database);
    database->m_database = QSqlDatabase::addDatabase(u"QSQLITE"_s,
                                                     QUuid::createUuid().toString(QUuid::WithoutBraces));
    database->m_database.setDatabaseName(path);
    database->m_database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=10000"_s);
    if (!database->m_database.open()) {
        return fail(
            FailureKind::InternalServerError,
            Text::tr("The local copy %1 cannot be opened: %2. Check that the folder can be written to",
                     "%1 is a file name, %2 an error message")
                .arg(path, database->m_database.lastError().text()));
    }
    // Readers do not wait for the writer, and what was written survives a crash of the machine.
    for (const QString &pragma : { u"PRAGMA journal_mode = WAL"_s, u"PRAGMA synchronous = FULL"_s }) {
        if (auto set = database->value(pragma); !set)
            return std::unexpected(set.error());
    }
    if (auto migrated = database->migrate(); !migrated)
        return std::unexpected(migrated.error());
    return database;
}

Database::~Database()
{
    const QString name = m_database.connectionName();
    m_statements.clear();
    m_database = {};
    QSqlDatabase::removeDatabase(name);
}

Result<QSqlQuery *> Database::run(const QString &sql, const QVariantList &values)
{
    const auto failure = [this](const QSqlError &error) {
        return fail(FailureKind::InternalServerError,
                    Text::tr("The local copy %1 does not work: %2", "%1 is a file name, %2 an error message")
                        .arg(m_database.databaseName(), error.text()));
    };
    auto found = m_statements.find(sql);
    if (found == m_statements.end()) {
        QSqlQuery query(m_database);
        query.setForwardOnly(true);
        if (!query.prepare(sql))
            return failure(query.lastError());
        found = m_statements.emplace(sql, std::move(query));
    }
    QSqlQuery &query = *found;
    query.finish();
    for (qsizetype i = 0; i < values.size(); ++i)
        query.bindValue(int(i), values.at(i));
    if (!query.exec())
        return failure(query.lastError());
    return &query;
}

Result<QVariant> Database::value(const QString &sql, const QVariantList &values)
{
    return run(sql, values).transform([](QSqlQuery *query) {
        const QVariant value = query->next() ? query->value(0) : QVariant();
        query->finish();
        return value;
    });
}

Result<void> Database::migrate()
{
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
                    .arg(m_database.databaseName()));
        }
        for (auto i = done; i < migrations.size(); ++i) {
            const auto statements = QString::fromLatin1(migrations.at(i)).split(u';');
            for (const QString &statement : statements) {
                if (auto created = run(statement); !created)
                    return std::unexpected(created.error());
            }
        }
        m_statements.clear();
        if (done == migrations.size())
            return {};
        return run(u"PRAGMA user_version = %1"_s.arg(migrations.size())).transform([](auto) { });
    });
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
        const QVariant value = (*query)->value(1);
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
    }
    return progress;
}

Result<void> Database::saveProgress(const Progress &progress)
{
    const std::array<std::pair<QString, QVariant>, 6> values { {
        { u"epoch"_s, progress.epoch },
        { u"revision"_s, progress.revision },
        { u"deliverySequence"_s, progress.deliverySequence },
        { u"revisionInfo"_s, progress.revisionInfo },
        { u"target"_s, progress.target },
        { u"cursor"_s, progress.cursor },
    } };
    for (const auto &[name, value] : values) {
        if (auto set = setMeta(name, value); !set)
            return set;
    }
    return {};
}

Result<void> Database::startOver(const QString &epoch)
{
    return atomically([&]() -> Result<void> {
        for (const auto table : { "things"_L1, "words"_L1, "friendships"_L1, "rules"_L1, "objects"_L1,
                                  "deliveries"_L1, "revisions"_L1, "statuses"_L1 }) {
            if (auto emptied = run(u"DELETE FROM "_s + table); !emptied)
                return std::unexpected(emptied.error());
        }
        return saveProgress({ .epoch = epoch });
    });
}

Result<void> Database::storeObjects(const QList<VersionedObject> &objects, const Progress &progress)
{
    return atomically([&]() -> Result<void> {
        for (const VersionedObject &object : objects) {
            if (auto removed = remove(object.key); !removed)
                return removed;
            if (!object.object)
                continue;
            if (auto inserted = insert(object); !inserted)
                return inserted;
        }
        return saveProgress(progress);
    });
}

Result<void> Database::remove(const ObjectKey &key)
{
    const auto removeFrom = [&](const QString &sql) { return run(sql, { key.id }).transform([](auto) { }); };
    switch (key.type) {
    case ObjectType::Thing:
        return removeFrom(u"DELETE FROM words WHERE jid = ?"_s).and_then([&] {
            return removeFrom(u"DELETE FROM things WHERE jid = ?"_s);
        });
    case ObjectType::Friendship:
        return removeFrom(u"DELETE FROM friendships WHERE id = ?"_s);
    case ObjectType::FriendshipRule:
    case ObjectType::AccessRule:
        return removeFrom(u"DELETE FROM rules WHERE id = ?"_s);
    default:
        return run(u"DELETE FROM objects WHERE type = ? AND id = ?"_s, { int(key.type), key.id })
            .transform([](auto) { });
    }
}

Result<void> Database::insert(const VersionedObject &versioned)
{
    const auto done = [](auto) { };
    const Object &object = *versioned.object;
    if (const auto *pair = std::get_if<Friendship>(&object)) {
        return run(u"INSERT INTO friendships VALUES (?, ?, ?, ?, ?, ?)"_s,
                   { versioned.key.id, pair->a, pair->b, int(pair->state), versioned.version, toSql(object) })
            .transform(done);
    }
    const QString insertRule = u"INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s;
    if (const auto *rule = std::get_if<AccessRule>(&object)) {
        return run(insertRule,
                   { rule->id, listOf(rule->action), rule->rank, int(rule->subject.kind),
                     notNull(rule->subject.value), int(rule->target.kind), notNull(rule->target.value),
                     searchText(*rule), versioned.version, toSql(object) })
            .transform(done);
    }
    if (const auto *rule = std::get_if<FriendshipRule>(&object)) {
        return run(insertRule,
                   { rule->id, friendshipList, rule->rank, int(rule->one.kind), notNull(rule->one.value),
                     int(rule->other.kind), notNull(rule->other.value), searchText(*rule), versioned.version,
                     toSql(object) })
            .transform(done);
    }

    if (!std::holds_alternative<Thing>(object)) {
        return run(u"INSERT INTO objects VALUES (?, ?, ?, ?)"_s,
                   { int(versioned.key.type), versioned.key.id, versioned.version, toSql(object) })
            .transform(done);
    }

    const auto &thing = std::get<Thing>(object);
    auto inserted = run(u"INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
                        { thing.jid, int(thing.kind), notNull(thing.name), notNull(thing.owner),
                          notNull(thing.tags.join(u'\n')), notNull(thing.roles.join(u'\n')), thing.noted,
                          (thing.name.isEmpty() ? thing.jid : thing.name).toCaseFolded(), searchText(thing),
                          versioned.version, toSql(object) });
    if (!inserted)
        return std::unexpected(inserted.error());
    const auto addWord = [&](WordKind kind, const QString &word, const QString &detail = {}) -> Result<void> {
        if (word.isEmpty())
            return {};
        return run(u"INSERT OR IGNORE INTO words VALUES (?, ?, ?, ?, ?)"_s,
                   { int(kind), word.toCaseFolded(), word, thing.jid, notNull(detail) })
            .transform(done);
    };
    Result<void> added = addWord(WordKind::Domain, thing.jid.sliced(thing.jid.indexOf(u'@') + 1));
    const auto addAll = [&](WordKind kind, const QStringList &words) {
        for (const QString &word : words)
            added = added.and_then([&] { return addWord(kind, word); });
    };
    addAll(WordKind::Role, thing.roles);
    for (const Node &node : thing.nodes) {
        added = added.and_then([&] { return addWord(WordKind::Node, node.ref.nodeId, node.name); });
        addAll(WordKind::Parameter, node.parameters);
        for (const Field &field : node.fields)
            added = added.and_then([&] { return addWord(WordKind::Field, field.name); });
    }
    return added;
}

Result<void> Database::storeDeliveries(const QList<Delivery> &deliveries, const Progress &progress)
{
    return atomically([&]() -> Result<void> {
        for (const Delivery &delivery : deliveries) {
            auto stored = run(
                u"INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
                { delivery.id, delivery.sequence, delivery.revision, delivery.jid, int(delivery.kind),
                  notNull(delivery.peer), int(delivery.state), delivery.attempts, toSql(delivery.created),
                  toSql(delivery.sent), toSql(delivery.settled), notNull(delivery.error) });
            if (!stored)
                return std::unexpected(stored.error());
        }
        return saveProgress(progress);
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
        return saveProgress(progress);
    });
}

Result<void> Database::storeStatuses(const QList<wire::admin::ThingStatus> &statuses, bool all)
{
    return atomically([&]() -> Result<void> {
        if (all) {
            if (auto emptied = run(u"DELETE FROM statuses"_s); !emptied)
                return std::unexpected(emptied.error());
        }
        for (const auto &status : statuses) {
            auto stored = run(u"INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?)"_s,
                              { status.jid, status.online, toSql(status.lastAsked), toSql(status.lastSeen) });
            if (!stored)
                return std::unexpected(stored.error());
        }
        return {};
    });
}

} // namespace castellan::replica
