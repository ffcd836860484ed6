// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/database.h"

#include "store/backup.h"
#include "store/listener.h"
#include "store/schema.h"
#include "vocabulary/jid.h"
#include "vocabulary/networkjson.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QThreadPool>
#include <QUuid>
#include <QtConcurrentRun>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

// As they stand in the audit log, which is for programs too: not translated.
constexpr auto done = "done"_L1;

static_assert(int(Delivery::Kind::ClearCache) == 0 && int(Delivery::Kind::Friend) == 1
              && int(Delivery::Kind::Unfriend) == 2);
static_assert(int(Delivery::State::Waiting) == 0 && int(Delivery::State::Sent) == 1
              && int(Delivery::State::Acknowledged) == 2 && int(Delivery::State::Failed) == 3);

QLatin1StringView nameOf(Delivery::State state)
{
    switch (state) {
    case Delivery::State::Waiting:
        return "waiting"_L1;
    case Delivery::State::Sent:
        return "sent"_L1;
    case Delivery::State::Acknowledged:
        return "acknowledged"_L1;
    case Delivery::State::Failed:
        return "failed"_L1;
    }
    Q_UNREACHABLE_RETURN({});
}

QLatin1StringView nameOf(Delivery::Kind kind)
{
    switch (kind) {
    case Delivery::Kind::ClearCache:
        return "clear-cache"_L1;
    case Delivery::Kind::Friend:
        return "friend"_L1;
    case Delivery::Kind::Unfriend:
        return "unfriend"_L1;
    }
    Q_UNREACHABLE_RETURN({});
}

/// KiB of a SQLite file that are kept in memory.
constexpr int ordinaryCache = 8192;
constexpr int importCache = 512 * 1024;

/// Members of a list that is handed to the database as one value.
constexpr qsizetype listSize = 1000;

/// Does one part of something large while this thread does another.
class OtherThread
{
public:
    OtherThread() { m_pool.setMaxThreadCount(1); }

    /// Whatever \a work refers to lives as long as this.
    template<typename Work>
    [[nodiscard]] auto run(Work work)
    {
        return QtConcurrent::run(&m_pool, std::move(work));
    }

private:
    QThreadPool m_pool; ///< waits in the end
};

/// How a connection to SQLite writes very much in one transaction: with much in memory, because ids come in
/// no order and the same pages would be written again and again; and into the file itself and not into the
/// log first, unless others have it open. Should it die, the file is as it was all the same.
class Filling
{
public:
    explicit Filling(Connection &connection)
        : m_connection(connection)
    {
        m_connection.setCacheSize(importCache);
        if (m_connection.isPostgres())
            return;
        try {
            m_connection.execute(u"PRAGMA journal_mode = TRUNCATE"_s);
        } catch (const Abort &abort) {
            if (abort.failure.kind != FailureKind::ServiceUnavailable)
                throw;
        }
    }
    ~Filling()
    {
        try {
            m_connection.setCacheSize(ordinaryCache);
            if (!m_connection.isPostgres())
                m_connection.execute(u"PRAGMA journal_mode = WAL"_s);
        } catch (const Abort &) {
            // Slower, but as safe.
        }
    }
    Q_DISABLE_COPY_MOVE(Filling)

private:
    Connection &m_connection;
};

/// For json_each().
QString jsonList(const QStringList &list)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

/// Of a delivery: the one it is for did not ask another server than `?` last.
constexpr auto notElsewhere =
    "NOT EXISTS (SELECT 1 FROM asker WHERE asker.jid = delivery.jid AND server <> ?)"_L1;

constexpr auto deliveryColumns =
    "id, revision, jid, kind, peer, state, attempts, created, sent, settled, error, sequence"_L1;

Delivery readDelivery(const Query &row)
{
    return { .id = row.number(0),
             .revision = row.number(1),
             .jid = row.text(2),
             .kind = Delivery::Kind(row.number(3)),
             .peer = row.text(4),
             .state = Delivery::State(row.number(5)),
             .attempts = int(row.number(6)),
             .created = row.time(7),
             .sent = row.time(8),
             .settled = row.time(9),
             .error = row.text(10),
             .sequence = row.number(11) };
}

/// For the audit log. What is not in the JSON of an object, but may be all that changed: a rule's rank.
QString evidence(const std::optional<VersionedObject> &object)
{
    if (!object || !object->object)
        return {};
    QJsonObject json = objectToJson(*object->object);
    if (isOrdered(object->key.type))
        json.insert("rank"_L1, rankOf(*object->object));
    return QString::fromUtf8(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

Failure badChange(const ObjectKey &key, const QString &why)
{
    return { FailureKind::BadRequest,
             Database::tr("The change of %1 %2 cannot be made: %3",
                          "%1 is a type of object, %2 its id, %3 a sentence")
                 .arg(objectTypeName(key.type), key.id, why) };
}

/// The changes with normalised objects, or what is wrong with them whatever the store holds.
Result<QList<Change>> checked(QList<Change> changes)
{
    QHash<ObjectKey, qsizetype> indexOf;
    for (qsizetype i = 0; i < changes.size(); ++i) {
        if (indexOf.contains(changes[i].key))
            return std::unexpected(badChange(changes[i].key, Database::tr("it is in the change set twice.")));
        indexOf.insert(changes[i].key, i);
    }
    for (qsizetype i = 0; i < changes.size(); ++i) {
        Change &change = changes[i];
        const auto bad = [&change](const QString &why) {
            return std::unexpected(badChange(change.key, why));
        };
        if (change.verb == Change::Verb::Put) {
            if (!change.object)
                return bad(Database::tr("the object is missing."));
            Result<Object> object = normalised(*std::move(change.object));
            if (!object)
                return bad(object.error().text);
            change.object = *std::move(object);
            if (objectType(*change.object) != change.key.type || objectId(*change.object) != change.key.id)
                return bad(Database::tr("the object has another id."));
        } else if (change.base == 0) {
            return bad(Database::tr("it does not name the version that it was made against."));
        }
        if (change.verb == Change::Verb::Move && !change.after)
            return bad(Database::tr("it does not say where to."));
        if (!change.after || change.verb == Change::Verb::Remove)
            continue;
        if (!isOrdered(change.key.type))
            return bad(Database::tr("only rules have an order."));
        const ObjectKey after { change.key.type, *change.after };
        const qsizetype index = indexOf.value(after, -1);
        if (index == i)
            return bad(Database::tr("a rule cannot stand behind itself."));
        if (index >= 0 && index < i && changes[index].verb == Change::Verb::Remove)
            return bad(Database::tr("the rule to stand behind, %1, is removed before.", "%1 is an id")
                           .arg(after.id));
        if (index > i && changes[index].verb == Change::Verb::Put && changes[index].base == 0)
            return bad(
                Database::tr("the rule to stand behind, %1, is added later.", "%1 is an id").arg(after.id));
    }
    return changes;
}

QString hex(const QByteArray &hash)
{
    return QString::fromLatin1(hash.toHex());
}

/// Takes \a text apart at the first \a count spaces.
std::optional<QStringList> parts(const QString &text, int count)
{
    QStringList parts;
    qsizetype from = 0;
    for (int i = 0; i < count; ++i) {
        const qsizetype space = text.indexOf(u' ', from);
        if (space < 0)
            return {};
        parts.append(text.sliced(from, space - from));
        from = space + 1;
    }
    parts.append(text.sliced(from));
    return parts;
}

constexpr QLatin1StringView revisionColumns {
    "revision, at, by, title, changes, change_set, reverts, confirm_by"
};

Failure notUnconfirmed(const QString &changeSetId)
{
    return {
        FailureKind::ItemNotFound,
        Database::tr("The change set %1 does not wait for a confirmation.", "%1 is an id").arg(changeSetId)
    };
}

Failure badPosition(const QString &after)
{
    return { FailureKind::BadRequest,
             Database::tr("There is no page behind “%1”. Start with the first one.",
                          "%1 came from the client")
                 .arg(after) };
}

Failure notThere(const QString &name)
{
    return { FailureKind::ItemNotFound,
             Database::tr("There is no network in the database %1. Is that its name?", "%1 is a database")
                 .arg(name) };
}

/// \a location, if there is something to inspect.
const Location &checked(const Location &location, Store::Use use)
{
    if (use == Store::Use::Inspect && location.kind == Location::Kind::Sqlite
        && !QFile::exists(location.path))
        throw Abort { notThere(location.path) };
    return location;
}

} // namespace

Database::Database(const Settings &settings)
    : m_connection(checked(settings.location, settings.use)),
      m_server(settings.server),
      m_instance(settings.instance)
{
    const auto &[location, use, server, instance] = settings;
    const int version = versionOf(m_connection);
    if (use == Store::Use::Inspect && version == 0)
        throw Abort { notThere(location.name()) };
    if (use == Store::Use::Serve && !m_connection.isPostgres()) {
        // Two servers on one file would each decide from a memory that the other makes stale.
        m_lock.emplace(location.path + "-lock"_L1);
        if (!m_lock->isHeld()) {
            throw Abort {
                { FailureKind::ServiceUnavailable,
                  tr("The database %1 is in use by another process: %2. Stop that one first (another "
                     "castellan-server?).",
                     "%1 is a file name, %2 what is wrong with its lock")
                      .arg(location.path, m_lock->errorString()) }
            };
        }
    }
    if (!m_connection.isPostgres()) {
        // A finished commit is on the disk.
        m_connection.execute(u"PRAGMA synchronous = FULL"_s);
        m_connection.execute(u"PRAGMA foreign_keys = ON"_s);
        m_connection.setCacheSize(ordinaryCache);
    }
    if (version != schemaVersion) // else who only reads need not wait for those who write
        migrate(m_connection, migrations());
    // Only now: it would change a file that is not ours.
    if (!m_connection.isPostgres())
        m_connection.execute(u"PRAGMA journal_mode = WAL"_s);

    if (m_epoch = readEpoch(); m_epoch.isEmpty()) {
        Transaction transaction(m_connection);
        Query(m_connection,
              u"INSERT INTO meta (key, value) VALUES ('epoch', ?) ON CONFLICT (key) DO NOTHING"_s)
            .run(QUuid::createUuid().toString(QUuid::WithoutBraces));
        transaction.commit();
        m_epoch = readEpoch();
    }
    if (use == Store::Use::Serve) {
        Transaction transaction(m_connection);
        Query(m_connection, u"UPDATE asker SET server = ?, serial = ? WHERE server = ''"_s)
            .run(m_server, number(u"SELECT max(serial) FROM asker"_s) + 1);
        transaction.commit();
    }
}

void Database::commit(Transaction &transaction)
{
    m_audit.finish();
    if (m_isNews && m_connection.isPostgres())
        Query(m_connection, u"SELECT pg_notify('%1', ?)"_s.arg(QLatin1StringView(newsChannel)))
            .run(m_instance);
    transaction.commit();
    m_isNews = false;
}

QString Database::readEpoch()
{
    Query epoch(m_connection, u"SELECT value FROM meta WHERE key = 'epoch'"_s);
    return epoch.run().next() ? epoch.text(0) : QString();
}

StoredState Database::load(const Take &take)
{
    StoredState state;
    state.epoch = m_epoch;
    state.revision = revision();
    Query last(m_connection, u"SELECT max(at) FROM revision"_s);
    if (last.run().next())
        state.changedAt = last.time(0);
    state.deliverySequence = deliverySequence();
    if (take)
        readAll(ObjectTables::Order::Any, take);

    state.askerSerial = number(u"SELECT max(serial) FROM asker"_s);
    Query askers(m_connection, u"SELECT jid, asked, server FROM asker"_s, Query::Rows::Many);
    askers.run();
    while (askers.next()) {
        state.askers.insert(askers.text(0), askers.time(1));
        if (askers.text(2) != m_server)
            state.elsewhere.insert(askers.text(0));
    }
    Query owed(m_connection,
               u"SELECT DISTINCT jid FROM delivery WHERE settled IS NULL AND %1 ORDER BY jid"_s.arg(
                   notElsewhere),
               Query::Rows::Many);
    owed.run(m_server);
    while (owed.next())
        state.owed.append(owed.text(0));
    Query tokens(
        m_connection,
        u"SELECT hash, certificate, service, \"user\", jid, issued, used FROM token ORDER BY used, hash"_s);
    tokens.run();
    while (tokens.next())
        state.tokens.append({ .hash = QByteArray::fromHex(tokens.text(0).toLatin1()),
                              .certificate = tokens.text(1),
                              .service = tokens.text(2),
                              .user = tokens.text(3),
                              .jid = tokens.text(4),
                              .issued = tokens.time(5),
                              .used = tokens.time(6) });
    Query unconfirmed(m_connection,
                      u"SELECT %1 FROM revision WHERE confirm_by IS NOT NULL ORDER BY revision"_s.arg(
                          revisionColumns));
    state.unconfirmed = readRevisions(unconfirmed.run());
    return state;
}

void Database::readAll(ObjectTables::Order order, const Take &take)
{
    OtherThread other;
    QFuture<void> taken = QtFuture::makeReadyVoidFuture();
    QList<VersionedObject> objects;
    const auto give = [&] {
        taken.waitForFinished();
        taken = other.run([&take, some = std::exchange(objects, {})] { take(some); });
    };
    for (const ObjectType type : allObjectTypes) {
        m_objects.readAll(type, order, [&](VersionedObject &&read) {
            objects.reserve(listSize);
            objects.append(std::move(read));
            if (objects.size() == listSize)
                give();
        });
    }
    give();
    taken.waitForFinished();
}

ApplyResult Database::apply(const ChangeSet &changeSet, const Actor &actor, const Follow &follow,
                            const CommitTerms &terms, const std::optional<Known> &known)
{
    if (changeSet.id.isEmpty())
        return Failure { FailureKind::BadRequest, tr("A change set needs an id.") };
    if (const std::optional<Committed> before = appliedBefore(changeSet.id))
        return *before;
    if (known && isBehind(*known))
        return Behind {};
    const Result<QList<Change>> changes = checked(changeSet.changes);
    if (!changes)
        return changes.error();
    if (const StoreConflict conflict = conflictOf(*changes); !conflict.current.isEmpty())
        return conflict;

    if (terms.onlyUnconfirmed && !isUnconfirmed(terms.reverts))
        return notUnconfirmed(terms.reverts);

    const RevisionInfo info { .revision = revision() + 1,
                              .at = QDateTime::currentDateTimeUtc(),
                              .by = actor.jid,
                              .title = changeSet.title,
                              .changes = int(changes->size()),
                              .changeSetId = changeSet.id,
                              .reverts = terms.reverts,
                              .confirmBy = terms.confirmBy };
    addRevision(info);
    if (!terms.reverts.isEmpty())
        Query(m_connection, u"UPDATE revision SET confirm_by = NULL WHERE change_set = ?"_s)
            .run(terms.reverts);

    struct Touched
    {
        ObjectKey key;
        QLatin1StringView operation;
        QString before;
    };
    QList<Touched> touched;
    QHash<ObjectKey, qsizetype> indexOf;
    // To be called before the object is written.
    const auto touch = [&](const ObjectKey &key, QLatin1StringView operation) {
        if (const auto index = indexOf.constFind(key); index != indexOf.cend()) {
            touched[*index].operation = operation;
            return;
        }
        indexOf.insert(key, touched.size());
        touched.append({ key, operation, evidence(m_objects.read(key)) });
    };
    const auto writeAt = [&](Object rule, qint64 rank) {
        setRank(rule, rank);
        m_objects.write(rule, info.revision);
    };
    const auto makePlace = [&](const Change &change) {
        const ObjectTables::Place place = m_objects.placeBehind(change.key.type, change.after, change.key.id);
        for (const auto &[id, rank] : place.giveWay) {
            const ObjectKey key { change.key.type, id };
            if (!indexOf.contains(key))
                touch(key, "renumber"_L1);
            writeAt(*m_objects.read(key)->object, rank);
        }
        return place.rank;
    };

    for (const Change &change : *changes) {
        switch (change.verb) {
        case Change::Verb::Put:
            touch(change.key, "put"_L1);
            if (change.base == 0)
                m_objects.forgetRemoved(change.key);
            if (!isOrdered(change.key.type))
                m_objects.write(*change.object, info.revision);
            else if (change.base == 0 || change.after)
                writeAt(*change.object, makePlace(change));
            else
                writeAt(*change.object, rankOf(*m_objects.read(change.key)->object));
            break;
        case Change::Verb::Remove:
            touch(change.key, "remove"_L1);
            m_objects.remove(change.key, info.revision);
            break;
        case Change::Verb::Move:
            touch(change.key, "move"_L1);
            const Object rule = *m_objects.read(change.key)->object;
            writeAt(rule, makePlace(change));
            break;
        }
    }

    Committed committed {
        .changeSetId = changeSet.id, .revision = info.revision, .confirmBy = info.confirmBy, .at = info.at
    };
    for (const Touched &object : std::as_const(touched)) {
        committed.objects.append(
            m_objects.read(object.key).value_or(VersionedObject { object.key, info.revision, {} }));
    }
    const Consequences consequences = follow(committed.objects, info.at);
    for (const ObjectKey &key : consequences.removed) {
        touch(key, "remove"_L1);
        m_objects.remove(key, info.revision);
        committed.objects.resize(touched.size());
        committed.objects[indexOf.value(key)] = { key, info.revision, {} };
    }
    if (!consequences.removed.isEmpty()) {
        Query(m_connection, u"UPDATE revision SET changes = changes + ? WHERE revision = ?"_s)
            .run(qint64(consequences.removed.size()), info.revision);
    }
    for (qsizetype i = 0; i < touched.size(); ++i) {
        m_audit.append({ .at = info.at,
                         .by = info.by,
                         .operation = touched[i].operation,
                         .objectType = objectTypeName(touched[i].key.type),
                         .objectId = touched[i].key.id,
                         .revision = info.revision,
                         .why = info.title,
                         .before = touched[i].before,
                         .after = evidence(committed.objects[i]),
                         .result = done });
    }
    addDeliveries(consequences.owed, info, committed);
    return committed;
}

bool Database::isBehind(const Known &known)
{
    if (revision() != known.revision)
        return true;
    // Its own it knows already.
    Query askers(m_connection, u"SELECT 1 FROM asker WHERE serial > ? AND server <> ? LIMIT 1"_s);
    return askers.run(known.askerSerial, m_server).next();
}

News Database::news(const Known &known)
{
    News news;
    news.known = { revision(), number(u"SELECT max(serial) FROM asker"_s) };
    Query last(m_connection, u"SELECT at FROM revision ORDER BY revision DESC LIMIT 1"_s);
    if (last.run().next())
        news.changedAt = last.time(0);
    news.objects = m_objects.changed({ .version = known.revision }, true, std::numeric_limits<int>::max());
    Query askers(m_connection, u"SELECT jid, asked, server FROM asker WHERE serial > ?"_s);
    askers.run(known.askerSerial);
    while (askers.next()) {
        news.askers.insert(askers.text(0), askers.time(1));
        if (askers.text(2) != m_server)
            news.elsewhere.insert(askers.text(0));
    }
    Query owed(
        m_connection,
        u"SELECT DISTINCT jid FROM delivery WHERE revision > ? AND settled IS NULL AND %1 ORDER BY jid"_s.arg(
            notElsewhere));
    owed.run(known.revision, m_server);
    while (owed.next())
        news.owed.append(owed.text(0));
    news.deliverySequence = deliverySequence();
    return news;
}

StoreConflict Database::conflictOf(const QList<Change> &changes)
{
    StoreConflict conflict;
    QSet<ObjectKey> reported;
    QSet<ObjectKey> added;
    const auto report = [&](const ObjectKey &key) {
        if (!reported.contains(key))
            conflict.current.append(m_objects.read(key).value_or(VersionedObject { key, 0, {} }));
        reported.insert(key);
    };
    for (const Change &change : changes) {
        if (m_objects.version(change.key) != change.base)
            report(change.key);
        if (change.verb == Change::Verb::Put)
            added.insert(change.key);
        if (!change.after || change.after->isEmpty())
            continue;
        const ObjectKey after { change.key.type, *change.after };
        if (!added.contains(after) && m_objects.version(after) == 0)
            report(after);
    }
    return conflict;
}

std::optional<Committed> Database::appliedBefore(const QString &changeSetId)
{
    Query query(
        m_connection,
        u"SELECT revision, (SELECT count(*) FROM delivery"
        " WHERE delivery.revision = revision.revision), confirm_by FROM revision WHERE change_set = ?"_s);
    if (!query.run(changeSetId).next())
        return {};
    Committed committed;
    committed.changeSetId = changeSetId;
    committed.revision = query.number(0);
    committed.repeated = true;
    committed.deliveryCount = int(query.number(1));
    committed.confirmBy = query.time(2);
    return committed;
}

void Database::addRevision(const RevisionInfo &info)
{
    m_isNews = true;
    Query(m_connection,
          u"INSERT INTO revision (revision, change_set, at, by, title, changes, confirm_by, reverts)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"_s)
        .run(info.revision, info.changeSetId, info.at, info.by, info.title, qint64(info.changes),
             info.confirmBy, info.reverts);
}

bool Database::isUnconfirmed(const QString &changeSetId)
{
    Query query(m_connection, u"SELECT 1 FROM revision WHERE change_set = ? AND confirm_by IS NOT NULL"_s);
    return query.run(changeSetId).next();
}

Result<void> Database::confirm(const QString &changeSetId, const Actor &actor, const QString &why)
{
    if (!isUnconfirmed(changeSetId))
        return std::unexpected(notUnconfirmed(changeSetId));
    m_isNews = true;
    Query(m_connection, u"UPDATE revision SET confirm_by = NULL WHERE change_set = ?"_s).run(changeSetId);
    m_audit.append({ .at = QDateTime::currentDateTimeUtc(),
                     .by = actor.jid,
                     .operation = u"confirm"_s,
                     .objectId = changeSetId,
                     .why = why,
                     .result = done });
    return {};
}

Result<QList<Change>> Database::inverseOf(const QString &changeSetId)
{
    Query committed(m_connection, u"SELECT revision FROM revision WHERE change_set = ?"_s);
    if (!committed.run(changeSetId).next()) {
        return fail(FailureKind::ItemNotFound,
                    tr("No change set %1 was committed.", "%1 is an id").arg(changeSetId));
    }
    const Revision revision = committed.number(0);

    struct Touched
    {
        Change change;
        std::optional<qint64> rank; ///< an ordered rule's, before
        bool isMoved = false;
    };
    QList<Touched> touched;
    QSet<ObjectKey> keys;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const auto read = [](ObjectType type, const QString &text, std::optional<qint64> &rank) {
        QJsonObject json = QJsonDocument::fromJson(text.toUtf8()).object();
        if (isOrdered(type) && json.contains("rank"_L1))
            rank = json.take("rank"_L1).toInteger();
        return objectFromJson(type, QJsonDocument(json).toJson(QJsonDocument::Compact));
    };
    Query entries(m_connection,
                  u"SELECT operation, object_type, object_id, before, after FROM audit"
                  " WHERE revision = ? AND object_type <> 'delivery' ORDER BY id"_s);
    entries.run(revision);
    while (entries.next()) {
        const std::optional<ObjectType> type = objectTypeFromName(entries.text(1));
        if (!type) { // the import of a network is one entry
            return fail(FailureKind::NotAllowed,
                        tr("The change set %1 cannot be undone.", "%1 is an id").arg(changeSetId));
        }
        const ObjectKey key { *type, entries.text(2) };
        keys.insert(key);
        if (entries.text(0) == "renumber"_L1)
            continue;
        const bool isThere = !entries.text(4).isEmpty();
        Touched one { .change = { .key = key, .base = isThere ? revision : 0, .object = {}, .after = {} } };
        if (entries.text(3).isEmpty()) {
            one.change.verb = Change::Verb::Remove;
            touched.append(one);
            continue;
        }
        const Result<Object> before = read(*type, entries.text(3), one.rank);
        if (!before)
            return std::unexpected(before.error());
        if (const auto *containment = std::get_if<Containment>(&*before);
            containment && containment->until.isValid() && containment->until <= now)
            continue;
        std::optional<qint64> rankNow;
        if (isThere)
            std::ignore = read(*type, entries.text(4), rankNow);
        one.change.object = *before;
        one.isMoved = one.rank != rankNow;
        touched.append(one);
    }

    // A rule goes back behind the one that it stood behind. So that one is put back first.
    std::ranges::stable_sort(touched, {}, [](const Touched &one) {
        return std::pair { !one.rank, one.rank.value_or(0) };
    });
    const auto predecessor = [&](const Touched &rule) {
        QString id = u""_s;
        std::optional<qint64> rank;
        for (const Touched &other : std::as_const(touched)) {
            if (other.rank && other.change.key.type == rule.change.key.type && *other.rank < *rule.rank
                && (!rank || *other.rank > *rank)) {
                id = other.change.key.id;
                rank = other.rank;
            }
        }
        Query before(m_connection,
                     u"SELECT id, rank FROM %1 WHERE rank < ? ORDER BY rank DESC LIMIT ?"_s.arg(
                         rule.change.key.type == ObjectType::AccessRule ? u"access_rule"_s
                                                                        : u"friendship_rule"_s));
        before.run(*rule.rank, keys.size() + 1);
        while (before.next()) {
            if (keys.contains({ rule.change.key.type, before.text(0) }))
                continue;
            if (!rank || before.number(1) > *rank)
                id = before.text(0);
            break;
        }
        return id;
    };
    QList<Change> changes;
    for (const Touched &one : std::as_const(touched)) {
        changes.append(one.change);
        if (one.rank && one.isMoved)
            changes.last().after = predecessor(one);
    }
    return changes;
}

void Database::addDeliveries(const Owed &owed, const RevisionInfo &info, Committed &committed)
{
    const qint64 id = number(u"SELECT max(id) FROM delivery"_s) + 1;
    const qint64 sequence = deliverySequence() + 1;
    qint64 place = 0;
    // One of a kind per thing and revision: the table refuses more.
    Query message(m_connection,
                  u"INSERT INTO delivery (%1) VALUES (?, ?, ?, ?, ?, 0, 0, ?, NULL, NULL, '', ?)"
                  " ON CONFLICT (revision, jid, kind, peer) DO NOTHING"_s.arg(deliveryColumns));
    for (const Delivery &delivery : owed.messages) {
        message.run(id + place, info.revision, delivery.jid, qint64(delivery.kind), delivery.peer, info.at,
                    sequence + place);
        ++place;
        committed.deliveryCount += message.affectedRows();
    }
    Query clearCaches(m_connection,
                      u"INSERT INTO delivery (%1)"
                      " SELECT ? + key, CAST(? AS bigint), value, 0, '', 0, 0, CAST(? AS bigint), NULL, NULL,"
                      " '', ? + key FROM %2"
                      " WHERE true ON CONFLICT (revision, jid, kind, peer) DO NOTHING"_s.arg(
                          deliveryColumns, m_connection.texts(u"jids"_s)));
    for (qsizetype first = 0; first < owed.clearCaches.size(); first += listSize) {
        const QStringList jids = owed.clearCaches.sliced(first,
                                                         std::min(listSize, owed.clearCaches.size() - first));
        clearCaches.run(id + place, info.revision, info.at, sequence + place, jsonList(jids));
        place += jids.size();
        committed.deliveryCount += clearCaches.affectedRows();
    }
    committed.deliverySequence = deliverySequence();
}

Result<Revision> Database::importNetwork(const ImportSource &source, const Actor &actor)
{
    const Filling filling(m_connection);
    Transaction transaction = begin(Transaction::Access::Write);
    const Result<Revision> revision = fill(source, actor);
    if (revision)
        commit(transaction);
    return revision;
}

Result<Revision> Database::fill(const ImportSource &source, const Actor &actor)
{
    QHash<ObjectKey, Revision> held;
    m_objects.readAll(ObjectType::RoleGrant, ObjectTables::Order::Any,
                      [&](VersionedObject &&read) { held.insert(read.key, read.version); });
    if (m_objects.countChanged(0, false) != held.size()) {
        return fail(
            FailureKind::NotAllowed,
            tr("A network can only be imported into an empty database, and %1 is in use. Name a new one.",
               "%1 is a database")
                .arg(m_connection.name()));
    }
    const RevisionInfo info { .revision = revision() + 1,
                              .at = QDateTime::currentDateTimeUtc(),
                              .by = actor.jid,
                              .title = tr("Import of a network"),
                              .changes = 0,
                              .changeSetId = QUuid::createUuid().toString(QUuid::WithoutBraces) };
    addRevision(info);

    const QStringList indexes = m_objects.dropIndexes();
    std::array<qint64, allObjectTypes.size()> counts {};
    const auto read = [&]() -> Result<QList<ObjectTables::Row>> {
        Result<QList<Object>> objects = source.next();
        if (!objects)
            return std::unexpected(objects.error());
        QList<ObjectTables::Row> rows;
        rows.reserve(objects->size());
        for (Object &object : *objects) {
            const ObjectType type = objectType(object);
            const qint64 place = ++counts[size_t(type)];
            if (isOrdered(type))
                setRank(object, place * rankGap);
            if (type == ObjectType::RoleGrant)
                held.remove({ type, objectId(object) });
            rows.append(ObjectTables::rowOf(object, info.revision));
        }
        return rows;
    };
    OtherThread other;
    QFuture<Result<QList<ObjectTables::Row>>> next = other.run(read);
    for (;;) {
        const Result<QList<ObjectTables::Row>> rows = next.takeResult();
        if (!rows)
            throw Abort { rows.error() };
        if (rows->isEmpty())
            break;
        next = other.run(read);
        m_objects.write(*rows);
    }
    for (const QString &index : indexes)
        m_connection.execute(index);

    QJsonObject evidence { { u"sha256"_s, hex(source.digest()) } };
    qint64 count = 0;
    for (const ObjectType type : allObjectTypes) {
        evidence.insert(objectTypeName(type), counts[size_t(type)]);
        count += counts[size_t(type)];
    }
    if (m_objects.countChanged(0, false) != count + held.size()) {
        throw Abort { { FailureKind::BadRequest,
                        tr("The network was not imported: two of its objects have the same id.") } };
    }
    Query(m_connection, u"UPDATE revision SET changes = ? WHERE revision = ?"_s).run(count, info.revision);
    // One audit entry: the objects' history starts here, and each is there to be read as of this revision.
    m_audit.append({ .at = info.at,
                     .by = info.by,
                     .operation = u"import"_s,
                     .revision = info.revision,
                     .why = info.title,
                     .after = QString::fromUtf8(QJsonDocument(evidence).toJson(QJsonDocument::Compact)),
                     .result = done });
    return info.revision;
}

Result<Store::ObjectPage> Database::changes(Revision since, int max, const QString &after)
{
    ObjectTables::Position position { .version = since };
    if (!after.isEmpty()) {
        const std::optional<QStringList> token = parts(after, 2);
        bool isNumber = false;
        if (token)
            position = { token->at(0).toLongLong(&isNumber), token->at(1).toInt(), token->at(2) };
        if (!isNumber)
            return std::unexpected(badPosition(after));
    }
    const bool withRemoved = since > 0;
    Store::ObjectPage page = makePage(m_objects.changed(position, withRemoved, max + 1), max);
    if (!page.objects.isEmpty()) {
        const VersionedObject &last = page.objects.last();
        page.last = u"%1 %2 %3"_s.arg(QString::number(last.version), QString::number(int(last.key.type)),
                                      last.key.id);
    }
    if (after.isEmpty())
        page.count = m_objects.countChanged(since, withRemoved);
    return page;
}

Result<Store::ObjectPage> Database::list(const Listing &listing, const Window &window)
{
    const int max = std::clamp(window.max, 0, std::numeric_limits<int>::max() - 1);
    const Result<ObjectTables::Selection> selection = m_objects.select(listing);
    if (!selection)
        return std::unexpected(selection.error());
    const auto positionOf = [&](const VersionedObject &object) {
        const std::optional<qint64> number = m_objects.sortNumber(listing, object);
        return number ? u"%1 %2"_s.arg(QString::number(*number), object.key.id) : object.key.id;
    };
    const QString from = window.before ? *window.before : window.after;
    std::optional<ObjectTables::ListPlace> place;
    if (!from.isEmpty()) {
        place.emplace();
        if (m_objects.hasSortNumber(listing)) {
            const std::optional<QStringList> token = parts(from, 1);
            bool isNumber = false;
            if (token)
                place = ObjectTables::ListPlace { token->at(0).toLongLong(&isNumber), token->at(1) };
            if (!isNumber)
                return std::unexpected(badPosition(from));
        } else {
            place->id = from;
        }
    }
    Store::ObjectPage page = makePage(
        m_objects.list(listing, *selection, place, window.before.has_value(), max + 1), max);
    if (window.before)
        std::ranges::reverse(page.objects);
    if (!page.objects.isEmpty()) {
        page.first = positionOf(page.objects.first());
        page.last = positionOf(page.objects.last());
    }
    if (from.isEmpty())
        page.count = m_objects.countListed(listing, *selection);
    return page;
}

/// \a objects: one more than fit the page, if there are.
Store::ObjectPage Database::makePage(QList<VersionedObject> objects, int max)
{
    Store::ObjectPage page;
    page.epoch = m_epoch;
    page.revision = revision();
    page.complete = objects.size() <= max;
    objects.resize(std::min<qsizetype>(objects.size(), max));
    page.objects = std::move(objects);
    return page;
}

Result<VersionedObject> Database::object(const ObjectKey &key)
{
    std::optional<VersionedObject> object = m_objects.read(key);
    if (!object) {
        return fail(FailureKind::ItemNotFound,
                    tr("There is no %1 %2.", "%1 is a type of object, %2 an id")
                        .arg(objectTypeName(key.type), key.id));
    }
    return *std::move(object);
}

Store::RevisionPage Database::revisions(Revision since, int max)
{
    Query query(m_connection,
                u"SELECT %1 FROM revision WHERE revision > ? ORDER BY revision LIMIT ?"_s.arg(
                    revisionColumns));
    Store::RevisionPage page { .revisions = readRevisions(query.run(since, qint64(max) + 1)) };
    page.complete = page.revisions.size() <= max;
    page.revisions.resize(std::min<qsizetype>(page.revisions.size(), max));
    return page;
}

QList<RevisionInfo> Database::readRevisions(Query &query)
{
    QList<RevisionInfo> revisions;
    while (query.next()) {
        revisions.append({ .revision = query.number(0),
                           .at = query.time(1),
                           .by = query.text(2),
                           .title = query.text(3),
                           .changes = int(query.number(4)),
                           .changeSetId = query.text(5),
                           .reverts = query.text(6),
                           .confirmBy = query.time(7) });
    }
    return revisions;
}

Store::DeliveryPage Database::deliveries(qint64 afterSequence, int max)
{
    Query query(m_connection,
                u"SELECT %1 FROM delivery WHERE sequence > ? ORDER BY sequence LIMIT ?"_s.arg(
                    deliveryColumns));
    query.run(afterSequence, max + 1);
    Store::DeliveryPage page;
    page.complete = true;
    while (query.next()) {
        if (page.deliveries.size() == max) {
            page.complete = false;
            break;
        }
        page.deliveries.append(readDelivery(query));
    }
    return page;
}

QList<Delivery> Database::owedTo(const QStringList &jids, Revision upTo)
{
    Query query(m_connection,
                u"SELECT id, kind, peer, attempts FROM delivery WHERE jid = ? AND settled IS NULL"
                " AND revision <= ? AND %1 ORDER BY kind = 0, id LIMIT %2"_s.arg(notElsewhere)
                    .arg(Store::owedToEach));
    QList<Delivery> owed;
    for (const QString &jid : jids) {
        query.run(jid, upTo, m_server);
        while (query.next()) {
            owed.append({ .id = query.number(0),
                          .jid = jid,
                          .kind = Delivery::Kind(query.number(1)),
                          .peer = query.text(2),
                          .attempts = int(query.number(3)) });
        }
    }
    return owed;
}

qint64 Database::updateDeliveries(const QList<Delivery> &deliveries)
{
    m_isNews = true;
    QHash<qint64, const Delivery *> last;
    for (const Delivery &delivery : deliveries)
        last.insert(delivery.id, &delivery);
    using Outcome = std::pair<Delivery::State, QString>;
    QHash<Outcome, QByteArray> rows;
    for (const Delivery *delivery : std::as_const(last)) {
        QByteArray &list = rows[{ delivery->state, delivery->error }];
        const auto append = [&list](char before, const QDateTime &time) {
            list.append(before).append(time.isValid() ? QByteArray::number(time.toMSecsSinceEpoch())
                                                      : "null"_ba);
        };
        list.append(list.isEmpty() ? "[[" : ",[").append(QByteArray::number(delivery->id)).append(',');
        list.append(QByteArray::number(delivery->attempts));
        append(',', delivery->sent);
        append(',', delivery->settled);
        list.append(']');
    }

    qint64 sequence = deliverySequence();
    for (const auto &[outcome, list] : std::as_const(rows).asKeyValueRange()) {
        Query update(m_connection,
                     u"UPDATE delivery SET state = ?, error = ?, attempts = CAST(now.value ->> 1 AS bigint),"
                     " sent = CAST(now.value ->> 2 AS bigint), settled = CAST(now.value ->> 3 AS bigint),"
                     " sequence = ? + now.key FROM %1"
                     " WHERE delivery.id = CAST(now.value ->> 0 AS bigint) AND settled IS NULL"
                     " RETURNING settled, revision, kind, id, jid"_s.arg(m_connection.lists(u"now"_s)));
        update.run(qint64(outcome.first), outcome.second, sequence + 1, QString::fromLatin1(list + ']'));
        struct Settled
        {
            QStringList ids;
            QStringList jids;
        };
        QMap<std::pair<Revision, qint64>, Settled> settled; // by revision and kind
        while (update.next()) {
            if (update.isNull(0))
                continue;
            Settled &group = settled[{ update.number(1), update.number(2) }];
            group.ids.append(update.text(3));
            group.jids.append(update.text(4));
        }
        // One entry for all that settle alike at once, each thing by name.
        for (const auto &[group, things] : settled.asKeyValueRange()) {
            m_audit.append({ .at = QDateTime::currentDateTimeUtc(),
                             .by = things.jids.join(u' '),
                             .operation = nameOf(Delivery::Kind(group.second)),
                             .objectType = u"delivery"_s,
                             .objectId = things.ids.join(u' '),
                             .revision = group.first,
                             .after = nameOf(outcome.first),
                             .result = outcome.second.isEmpty() ? QString(done) : outcome.second });
        }
        sequence = deliverySequence();
    }
    return sequence;
}

qint64 Database::recallDeliveries()
{
    const qint64 sequence = deliverySequence();
    Query(
        m_connection,
        u"UPDATE delivery SET state = 0, sequence = ? + id WHERE settled IS NULL AND state = 1 AND %1"_s.arg(
            notElsewhere))
        .run(sequence, m_server);
    return deliverySequence();
}

Revision Database::noteAskers(const QStringList &jids, const QDateTime &at)
{
    m_isNews = true;
    const qint64 serial = number(u"SELECT max(serial) FROM asker"_s) + 1;
    Query(m_connection,
          u"INSERT INTO asker (jid, asked, server, serial)"
          " SELECT DISTINCT value, CAST(? AS bigint), CAST(? AS text), CAST(? AS bigint) FROM %1 WHERE true"
          " ON CONFLICT (jid) DO UPDATE SET"
          " asked = CASE WHEN asker.asked < excluded.asked THEN excluded.asked ELSE asker.asked END,"
          " serial = CASE WHEN asker.server = excluded.server THEN asker.serial ELSE excluded.serial END,"
          " server = excluded.server"_s.arg(m_connection.texts(u"jids"_s)))
        .run(at, m_server, serial, jsonList(jids));
    return revision();
}

void Database::touchAskers(const QHash<QString, QDateTime> &times)
{
    Query update(m_connection,
                 u"UPDATE asker SET asked = CAST(later.value ->> 1 AS bigint) FROM %1"
                 " WHERE jid = later.value ->> 0 AND asked < CAST(later.value ->> 1 AS bigint)"_s.arg(
                     m_connection.lists(u"later"_s)));
    for (auto time = times.cbegin(); time != times.cend();) {
        QJsonArray list;
        for (; time != times.cend() && list.size() < listSize; ++time)
            list.append(QJsonArray { time.key(), time->toMSecsSinceEpoch() });
        update.run(QString::fromUtf8(QJsonDocument(list).toJson(QJsonDocument::Compact)));
    }
}

void Database::addToken(const Token &token)
{
    Query(m_connection,
          u"INSERT INTO token (hash, certificate, service, \"user\", jid, issued, used)"
          " VALUES (?, ?, ?, ?, ?, ?, ?)"_s)
        .run(hex(token.hash), token.certificate, token.service, token.user, token.jid, token.issued,
             token.used);
}

void Database::setTokenUser(const QByteArray &hash, const QString &user)
{
    Query(m_connection, u"UPDATE token SET \"user\" = ? WHERE hash = ?"_s).run(user, hex(hash));
}

void Database::touchTokens(const QHash<QByteArray, QDateTime> &times)
{
    Query update(m_connection, u"UPDATE token SET used = ? WHERE hash = ? AND used < ?"_s);
    for (const auto &[hash, at] : times.asKeyValueRange())
        update.run(at, hex(hash), at);
}

void Database::removeTokens(const QList<QByteArray> &hashes)
{
    Query remove(m_connection, u"DELETE FROM token WHERE hash = ?"_s);
    for (const QByteArray &hash : hashes)
        remove.run(hex(hash));
}

void Database::auditRefusal(const Actor &actor, const QString &operation, const Failure &failure)
{
    m_audit.append({ .at = QDateTime::currentDateTimeUtc(),
                     .by = actor.jid,
                     .operation = operation,
                     .result = tr("refused: %1", "%1 is the reason").arg(failure.text) });
}

void Database::backup(const QString &path)
{
    writeBackup(m_connection, path);
}

Result<Revision> Database::restore(const QString &path, const Actor &actor)
{
    if (revision() != 0 || number(u"SELECT id FROM audit_head"_s) != 0) {
        return fail(
            FailureKind::NotAllowed,
            tr("A backup can only be restored into an empty database, and %1 is in use. Name a new one.",
               "%1 is a database")
                .arg(m_connection.name()));
    }
    m_connection.setCacheSize(importCache);
    readBackup(path, m_connection);
    m_connection.setCacheSize(ordinaryCache);

    const RevisionInfo info { .revision = revision() + 1,
                              .at = QDateTime::currentDateTimeUtc(),
                              .by = actor.jid,
                              .title = tr("Restored from a backup"),
                              .changeSetId = QUuid::createUuid().toString(QUuid::WithoutBraces) };
    addRevision(info);
    Owed owed;
    Query askers(m_connection, u"SELECT jid FROM asker ORDER BY jid"_s);
    askers.run();
    while (askers.next())
        owed.clearCaches.append(askers.text(0));
    Committed committed;
    addDeliveries(owed, info, committed);
    m_audit.append({ .at = info.at,
                     .by = info.by,
                     .operation = u"restore"_s,
                     .revision = info.revision,
                     .why = info.title,
                     .after = path,
                     .result = done });
    return info.revision;
}

qint64 Database::number(const QString &sql)
{
    Query query(m_connection, sql);
    std::ignore = query.run().next();
    return query.number(0);
}

Revision Database::revision()
{
    return number(u"SELECT max(revision) FROM revision"_s);
}

qint64 Database::deliverySequence()
{
    return number(u"SELECT max(sequence) FROM delivery"_s);
}

} // namespace castellan::store
