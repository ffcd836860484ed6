// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/objecttables.h"

#include "store/connection.h"
#include "vocabulary/networkjson.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

// The tables hold these numbers: an enumeration may only grow at its end.
static_assert(int(ObjectType::Thing) == 0 && int(ObjectType::AccessRule) == 3 && int(ObjectType::Service) == 4
              && int(ObjectType::Policy) == 11 && int(ObjectType::RoleGrant) == 12);
static_assert(int(ThingKind::Thing) == 0 && int(ThingKind::Concentrator) == 1 && int(ThingKind::Service) == 2
              && int(ThingKind::User) == 3);
static_assert(int(Friendship::State::Accepted) == 0 && int(Friendship::State::Rejected) == 1);
static_assert(int(Action::Read) == 0 && int(Action::Control) == 1);
static_assert(int(Effect::Allow) == 0 && int(Effect::Deny) == 1);
static_assert(int(Subject::Kind::Everyone) == 0 && int(Subject::Kind::Jid) == 1
              && int(Subject::Kind::Domain) == 2 && int(Subject::Kind::Role) == 3
              && int(Subject::Kind::Certificate) == 4);
static_assert(int(Target::Kind::Any) == 0 && int(Target::Kind::Device) == 1 && int(Target::Kind::Role) == 2);

struct Table
{
    Table(const QString &name, const QString &columns)
        : name(name)
    {
        QStringList list = columns.split(u", "_s);
        QStringList marks;
        QStringList updates;
        for (const QString &column : list) {
            marks.append(u"?"_s);
            updates.append(u"%1 = excluded.%1"_s.arg(column));
        }
        write = u"INSERT INTO %1 (%2) VALUES (%3) ON CONFLICT (id) DO UPDATE SET %4"_s.arg(
            name, columns, marks.join(u", "_s), updates.join(u", "_s));
        searched = list.contains("search"_L1) ? u"search"_s : u"id"_s;
        list.removeOne("search"_L1);
        read = list.join(u", "_s);
    }

    QString name;
    QString read; ///< columns that make an object; id and version first
    QString write;
    QString searched;
};

const Table &table(ObjectType type)
{
    const QString plainColumns = u"id, version, value, search"_s;
    static const std::array tables {
        Table(u"thing"_s, u"id, version, kind, name, owner, tags, roles, comment, noted, nodes, search"_s),
        Table(u"friendship"_s, u"id, version, state, secondary_trust, comment"_s),
        Table(u"friendship_rule"_s,
              u"id, version, rank, effect, "
              "one_kind, one_value, one_with_user, one_with_service, "
              "other_kind, other_value, other_with_user, other_with_service, "
              "secondary_trust, comment, search"_s),
        Table(u"access_rule"_s,
              u"id, version, rank, action, effect, "
              "subject_kind, subject_value, subject_with_user, subject_with_service, "
              "target_kind, target_value, node_and_below, node_id, node_source_id, node_cache_type, "
              "names, types, valid_from, valid_until, comment, search"_s),
        Table(u"service"_s, plainColumns),
        Table(u"user_account"_s, plainColumns),
        Table(u"privilege_list"_s, plainColumns),
        Table(u"privilege"_s, plainColumns),
        Table(u"certificate"_s, plainColumns),
        Table(u"question"_s, plainColumns),
        Table(u"containment"_s, plainColumns),
        Table(u"policy"_s, plainColumns),
        Table(u"role_grant"_s, plainColumns),
    };
    static_assert(tables.size() == allObjectTypes.size());
    return tables[size_t(type)];
}

// ---- values to columns

/// The columns of one row, in the table's order.
class RowWriter
{
public:
    RowWriter(const QString &id, Revision version) { *this << id << version; }

    RowWriter &operator<<(qint64 value) { return add(Query::toVariant(value)); }
    RowWriter &operator<<(const QString &value) { return add(Query::toVariant(value)); }
    RowWriter &operator<<(const std::optional<QString> &value) { return add(Query::toVariant(value)); }
    RowWriter &operator<<(const QDateTime &value) { return add(Query::toVariant(value)); }
    RowWriter &operator<<(const QJsonArray &value)
    {
        return *this << QString::fromUtf8(QJsonDocument(value).toJson(QJsonDocument::Compact));
    }
    RowWriter &operator<<(const QStringList &value) { return *this << QJsonArray::fromStringList(value); }
    RowWriter &operator<<(const Subject &subject)
    {
        return *this << qint64(subject.kind) << subject.value << subject.withUser << subject.withService;
    }

    const QVariantList &values() const { return m_values; }

private:
    RowWriter &add(const QVariant &value)
    {
        m_values.append(value);
        return *this;
    }

    QVariantList m_values;
};

QString searchText(const QStringList &texts)
{
    return texts.join(u'\n').toLower();
}

QVariantList row(const Thing &thing, Revision version)
{
    RowWriter row(thing.jid, version);
    row << qint64(thing.kind) << thing.name << thing.owner << thing.tags << thing.roles << thing.comment
        << qint64(thing.noted);
    row << (thing.nodes.isEmpty() ? QJsonArray() : objectToJson(thing).value("nodes"_L1).toArray());
    row << searchText(QStringList { thing.jid, thing.name, thing.owner } + thing.tags);
    return row.values();
}

QVariantList row(const Friendship &friendship, Revision version)
{
    RowWriter row(friendshipId(friendship.a, friendship.b), version);
    row << qint64(friendship.state) << qint64(friendship.secondaryTrustAllowed) << friendship.comment;
    return row.values();
}

QVariantList row(const FriendshipRule &rule, Revision version)
{
    RowWriter row(rule.id, version);
    row << rule.rank << qint64(rule.effect) << rule.one << rule.other << qint64(rule.secondaryTrustAllowed)
        << rule.comment;
    row << searchText({ rule.id, rule.one.value, rule.other.value });
    return row.values();
}

QVariantList row(const AccessRule &rule, Revision version)
{
    RowWriter row(rule.id, version);
    row << rule.rank << qint64(rule.action) << qint64(rule.effect) << rule.subject;
    row << qint64(rule.target.kind) << rule.target.value;
    const NodePattern node = rule.target.node.value_or(NodePattern());
    row << (rule.target.node ? std::optional(QString::number(int(node.andBelow))) : std::nullopt);
    row << node.nodeId << node.sourceId << node.cacheType;
    row << rule.names << qint64(rule.types.toInt()) << rule.from << rule.until << rule.comment;
    row << searchText(QStringList { rule.id, rule.subject.value, rule.target.value } + rule.names);
    return row.values();
}

/// What people look for such an object by, beside its id.
QStringList words(const Service &service)
{
    return QStringList { service.name } + service.certificates;
}

QStringList words(const User &user)
{
    return user.roles + user.certificates;
}

QStringList words(const Certificate &certificate)
{
    return { certificate.subject, certificate.issuer, certificate.jid };
}

template<typename T>
QStringList words(const T &)
{
    return {};
}

/// The objects that are kept as JSON.
template<typename T>
QVariantList row(const T &value, Revision version)
{
    RowWriter row(objectId(value), version);
    row << QString::fromUtf8(QJsonDocument(objectToJson(value)).toJson(QJsonDocument::Compact))
        << searchText(QStringList { objectId(value) } + words(value));
    return row.values();
}

// ---- columns to values

/// Lists of texts by their JSON. Many rows have the same; they are parsed once, and share them.
class Lists
{
public:
    QStringList of(const QString &json)
    {
        if (json == "[]"_L1)
            return {};
        if (const auto known = m_known.constFind(json); known != m_known.cend())
            return *known;
        QStringList texts;
        const QJsonArray values = QJsonDocument::fromJson(json.toUtf8()).array();
        for (const QJsonValue &value : values)
            texts.append(value.toString());
        if (m_known.size() == most)
            m_known.clear();
        m_known.insert(json, texts);
        return texts;
    }

private:
    static constexpr qsizetype most = 4096;
    QHash<QString, QStringList> m_known;
};

class RowReader
{
public:
    RowReader(const Query &query, Lists &lists)
        : m_query(query),
          m_lists(lists)
    { }

    qint64 number() { return m_query.number(m_column++); }
    bool boolean() { return number() != 0; }
    QString text() { return m_query.text(m_column++); }
    std::optional<QString> optionalText() { return m_query.optionalText(m_column++); }
    QDateTime time() { return m_query.time(m_column++); }
    QStringList texts() { return m_lists.of(text()); }
    template<typename Enum>
    Enum enumeration()
    {
        return Enum(number());
    }
    Subject subject()
    {
        return {
            .kind = enumeration<Subject::Kind>(), .value = text(), .withUser = text(), .withService = text()
        };
    }

private:
    const Query &m_query;
    Lists &m_lists;
    int m_column = 0;
};

Thing readThing(const QString &id, RowReader &row)
{
    Thing thing { .jid = id,
                  .kind = row.enumeration<ThingKind>(),
                  .name = row.text(),
                  .owner = row.text(),
                  .tags = row.texts(),
                  .roles = row.texts(),
                  .comment = row.text(),
                  .noted = row.boolean(),
                  .nodes = {} };
    const QByteArray nodes = row.text().toUtf8();
    if (nodes != "[]") {
        // Which thing they are of does not matter here.
        Result<Object> parsed = objectFromJson(ObjectType::Thing, R"({"jid":"x","nodes":)" + nodes + '}');
        if (!parsed)
            throw Abort { parsed.error() };
        thing.nodes = std::get<Thing>(*std::move(parsed)).nodes;
    }
    return thing;
}

Friendship readFriendship(const QString &id, RowReader &row)
{
    const qsizetype space = id.indexOf(u' ');
    return { .a = id.first(space),
             .b = id.sliced(space + 1),
             .state = row.enumeration<Friendship::State>(),
             .secondaryTrustAllowed = row.boolean(),
             .comment = row.text() };
}

FriendshipRule readFriendshipRule(const QString &id, RowReader &row)
{
    const qint64 rank = row.number();
    return { .id = id,
             .effect = row.enumeration<Effect>(),
             .one = row.subject(),
             .other = row.subject(),
             .secondaryTrustAllowed = row.boolean(),
             .comment = row.text(),
             .rank = rank };
}

Target readTarget(RowReader &row)
{
    Target target { .kind = row.enumeration<Target::Kind>(), .value = row.text(), .node = {} };
    const std::optional<QString> andBelow = row.optionalText();
    NodePattern node { .nodeId = row.optionalText(),
                       .sourceId = row.optionalText(),
                       .cacheType = row.optionalText(),
                       .andBelow = andBelow == "1"_L1 };
    if (andBelow)
        target.node = std::move(node);
    return target;
}

AccessRule readAccessRule(const QString &id, RowReader &row)
{
    const qint64 rank = row.number();
    return { .id = id,
             .action = row.enumeration<Action>(),
             .effect = row.enumeration<Effect>(),
             .subject = row.subject(),
             .target = readTarget(row),
             .names = row.texts(),
             .types = FieldTypes::fromInt(int(row.number())),
             .from = row.time(),
             .until = row.time(),
             .comment = row.text(),
             .rank = rank };
}

Object readJson(ObjectType type, RowReader &row)
{
    Result<Object> parsed = objectFromJson(type, row.text().toUtf8());
    if (!parsed)
        throw Abort { parsed.error() };
    return *std::move(parsed);
}

VersionedObject readRow(ObjectType type, const Query &query, Lists &lists)
{
    RowReader row(query, lists);
    const QString id = row.text();
    VersionedObject read { .key = { type, id }, .version = row.number(), .object = {} };
    switch (type) {
    case ObjectType::Thing:
        read.object = readThing(id, row);
        break;
    case ObjectType::Friendship:
        read.object = readFriendship(id, row);
        break;
    case ObjectType::FriendshipRule:
        read.object = readFriendshipRule(id, row);
        break;
    case ObjectType::AccessRule:
        read.object = readAccessRule(id, row);
        break;
    case ObjectType::Service:
    case ObjectType::User:
    case ObjectType::PrivilegeList:
    case ObjectType::Privilege:
    case ObjectType::Certificate:
    case ObjectType::Question:
    case ObjectType::Containment:
    case ObjectType::Policy:
    case ObjectType::RoleGrant:
        read.object = readJson(type, row);
        break;
    }
    return read;
}

} // namespace

bool isOrdered(ObjectType type)
{
    return type == ObjectType::FriendshipRule || type == ObjectType::AccessRule;
}

qint64 rankOf(const Object &rule)
{
    return rule.index() == size_t(ObjectType::AccessRule) ? std::get<AccessRule>(rule).rank
                                                          : std::get<FriendshipRule>(rule).rank;
}

void setRank(Object &rule, qint64 rank)
{
    if (auto *access = std::get_if<AccessRule>(&rule))
        access->rank = rank;
    else
        std::get<FriendshipRule>(rule).rank = rank;
}

ObjectTables::ObjectTables(Connection &connection)
    : m_connection(connection)
{ }

Revision ObjectTables::version(const ObjectKey &key) const
{
    Query query(m_connection, u"SELECT version FROM %1 WHERE id = ?"_s.arg(table(key.type).name));
    return query.run(key.id).next() ? query.number(0) : 0;
}

std::optional<VersionedObject> ObjectTables::read(const ObjectKey &key) const
{
    const Table &from = table(key.type);
    Query query(m_connection, u"SELECT %1 FROM %2 WHERE id = ?"_s.arg(from.read, from.name));
    Lists lists;
    return query.run(key.id).next() ? std::optional(readRow(key.type, query, lists)) : std::nullopt;
}

void ObjectTables::readAll(ObjectType type, Order order,
                           const std::function<void(VersionedObject &&)> &take) const
{
    const Table &from = table(type);
    const QString by = isOrdered(type) ? u" ORDER BY rank, id"_s
        : order == Order::ById         ? u" ORDER BY id"_s
                                       : QString();
    Query query(m_connection, u"SELECT %1 FROM %2%3"_s.arg(from.read, from.name, by), Query::Rows::Many);
    Lists lists;
    query.run();
    while (query.next())
        take(readRow(type, query, lists));
}

ObjectTables::Row ObjectTables::rowOf(const Object &object, Revision version)
{
    return { objectType(object),
             std::visit([version](const auto &value) { return row(value, version); }, object) };
}

void ObjectTables::write(const QList<Row> &rows)
{
    for (auto row = rows.cbegin(); row != rows.cend();) {
        const ObjectType type = row->type;
        Query query(m_connection, table(type).write);
        for (; row != rows.cend() && row->type == type; ++row)
            query.runRow(row->values);
    }
}

QStringList ObjectTables::dropIndexes()
{
    if (m_connection.isPostgres())
        return {};
    QStringList names;
    QStringList statements;
    Query index(m_connection,
                u"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
                " AND sql IS NOT NULL"_s);
    for (const ObjectType type : allObjectTypes) {
        index.run(table(type).name);
        while (index.next()) {
            names.append(index.text(0));
            statements.append(index.text(1));
        }
    }
    for (const QString &name : std::as_const(names))
        m_connection.execute(u"DROP INDEX %1"_s.arg(name));
    return statements;
}

void ObjectTables::remove(const ObjectKey &key, Revision version)
{
    Query(m_connection, u"DELETE FROM %1 WHERE id = ?"_s.arg(table(key.type).name)).run(key.id);
    Query(m_connection, u"INSERT INTO tombstone (type, id, version) VALUES (?, ?, ?)"_s)
        .run(qint64(key.type), key.id, version);
}

void ObjectTables::forgetRemoved(const ObjectKey &key)
{
    Query(m_connection, u"DELETE FROM tombstone WHERE type = ? AND id = ?"_s).run(qint64(key.type), key.id);
}

ObjectTables::Place ObjectTables::placeBehind(ObjectType type, const std::optional<QString> &after,
                                              const QString &id) const
{
    const QString name = table(type).name;
    if (!after) {
        Query last(m_connection, u"SELECT max(rank) FROM %1 WHERE id <> ?"_s.arg(name));
        std::ignore = last.run(id).next();
        return { .rank = last.number(0) + rankGap, .giveWay = {} };
    }
    if (after->isEmpty()) {
        Query first(m_connection, u"SELECT min(rank) FROM %1 WHERE id <> ?"_s.arg(name));
        std::ignore = first.run(id).next();
        return { .rank = first.number(0) - rankGap, .giveWay = {} };
    }

    const qint64 lower = rankOf(*read({ type, *after })->object);
    Query behind(m_connection,
                 u"SELECT id, rank FROM %1 WHERE rank > ? AND id <> ? ORDER BY rank LIMIT ?"_s.arg(name));
    if (!behind.run(lower, id, 1).next())
        return { .rank = lower + rankGap, .giveWay = {} };
    if (const qint64 upper = behind.number(1); upper - lower > 1)
        return { .rank = lower + (upper - lower) / 2, .giveWay = {} };

    // No room. The rules that follow are spread anew, as few as leave room for more to come: each gets a new
    // version, which whoever is editing it meets as a conflict.
    constexpr qint64 worthwhileGap = Q_INT64_C(1) << 16;
    for (int window = 8;; window *= 4) {
        QStringList following;
        std::optional<qint64> upper;
        behind.run(lower, id, window + 1);
        while (behind.next())
            if (following.size() == window)
                upper = behind.number(1);
            else
                following.append(behind.text(0));
        const qint64 gap = upper ? (*upper - lower) / (window + 2) : rankGap;
        if (gap < worthwhileGap)
            continue;
        Place place { .rank = lower + gap, .giveWay = {} };
        for (qsizetype i = 0; i < following.size(); ++i)
            place.giveWay.append({ following[i], lower + gap * (i + 2) });
        return place;
    }
}

QList<VersionedObject> ObjectTables::changed(const Position &position, bool withRemoved, int max) const
{
    // One branch per table, each a range of its index, so that a page costs the same wherever it starts.
    QStringList branches;
    QVariantList values;
    for (const ObjectType type : allObjectTypes) {
        QString condition = u"version > ?"_s;
        values.append(position.version);
        if (int(type) == position.type) {
            condition = u"(version, id) > (?, ?)"_s;
            values.append(Query::toVariant(position.id));
        } else if (int(type) > position.type) {
            condition = u"version >= ?"_s;
        }
        values.append(max);
        branches.append(
            u"SELECT * FROM (SELECT version, %1, id, 0 FROM %2 WHERE %3 ORDER BY version, id LIMIT ?)"_s.arg(
                QString::number(int(type)), table(type).name, condition));
    }
    if (withRemoved) {
        branches.append(u"SELECT * FROM (SELECT version, type, id, 1 FROM tombstone "
                        "WHERE (version, type, id) > (?, ?, ?) ORDER BY version, type, id LIMIT ?)"_s);
        values << position.version << position.type << Query::toVariant(position.id) << max;
    }
    values.append(max);
    Query keys(m_connection, branches.join(" UNION ALL "_L1) + " ORDER BY 1, 2, 3 LIMIT ?"_L1);
    keys.runRow(values);

    QList<VersionedObject> objects;
    while (keys.next()) {
        const ObjectKey key { ObjectType(keys.number(1)), keys.text(2) };
        objects.append(keys.number(3) ? VersionedObject { key, keys.number(0), {} } : *read(key));
    }
    return objects;
}

int ObjectTables::countChanged(Revision since, bool withRemoved) const
{
    qint64 count = 0;
    QStringList names;
    for (const ObjectType type : allObjectTypes)
        names.append(table(type).name);
    if (withRemoved)
        names.append(u"tombstone"_s);
    for (const QString &name : std::as_const(names)) {
        Query query(m_connection, u"SELECT count(*) FROM %1 WHERE version > ?"_s.arg(name));
        std::ignore = query.run(since).next();
        count += query.number(0);
    }
    return int(count);
}

Result<ObjectTables::Selection> ObjectTables::select(const Listing &listing) const
{
    using Property = Filter::Property;
    const ObjectType type = listing.type;
    Selection selection;
    const auto add = [&](const QString &condition, const QVariantList &values) {
        selection.conditions.append(condition);
        selection.values += values;
    };
    if (!listing.search.isEmpty())
        add(m_connection.contains(table(type).searched), { Query::toVariant(listing.search.toLower()) });

    const bool isThing = type == ObjectType::Thing;
    for (const Filter &filter : listing.filters) {
        const QVariant value = Query::toVariant(filter.value);
        const auto isOneOf = [&](const QString &one, qint64 oneKind, const QString &other, qint64 otherKind) {
            add(u"((%1_kind = ? AND %1_value = ?) OR (%2_kind = ? AND %2_value = ?))"_s.arg(one, other),
                { oneKind, value, otherKind, value });
        };
        bool isKnown = true;
        if (filter.property == Property::Jid
            && (isThing || type == ObjectType::Containment || type == ObjectType::RoleGrant
                || type == ObjectType::Service)) {
            add(u"id = ?"_s, { value });
        } else if (filter.property == Property::Jid
                   && (type == ObjectType::Friendship || type == ObjectType::Question)) {
            // Two JIDs with a space between.
            const qint64 length = filter.value.toUcs4().size();
            add(u"(substr(id, 1, ?) = ? OR substr(id, length(id) - ?) = ?)"_s,
                { length + 1, Query::toVariant(filter.value + u' '), length,
                  Query::toVariant(u' ' + filter.value) });
        } else if (filter.property == Property::Jid && type == ObjectType::FriendshipRule) {
            isOneOf(u"one"_s, qint64(Subject::Kind::Jid), u"other"_s, qint64(Subject::Kind::Jid));
        } else if (filter.property == Property::Jid && type == ObjectType::AccessRule) {
            isOneOf(u"subject"_s, qint64(Subject::Kind::Jid), u"target"_s, qint64(Target::Kind::Device));
        } else if (filter.property == Property::Role && type == ObjectType::FriendshipRule) {
            isOneOf(u"one"_s, qint64(Subject::Kind::Role), u"other"_s, qint64(Subject::Kind::Role));
        } else if (filter.property == Property::Role && type == ObjectType::AccessRule) {
            isOneOf(u"subject"_s, qint64(Subject::Kind::Role), u"target"_s, qint64(Target::Kind::Role));
        } else if (isThing && (filter.property == Property::Role || filter.property == Property::Tag)) {
            // A list as JSON: the text in its quotes is in it as a whole.
            const QByteArray json = QJsonDocument(QJsonArray { filter.value }).toJson(QJsonDocument::Compact);
            add(m_connection.contains(filter.property == Property::Role ? u"roles"_s : u"tags"_s),
                { Query::toVariant(QString::fromUtf8(json.sliced(1, json.size() - 2))) });
        } else if (isThing && filter.property == Property::Owner) {
            add(u"owner = ?"_s, { value });
        } else if (isThing && filter.property == Property::Noted) {
            add(u"noted = ?"_s, { qint64(filter.value == "true"_L1) });
            isKnown = filter.value == "true"_L1 || filter.value == "false"_L1;
        } else if (isThing && filter.property == Property::Kind) {
            const QStringList names { u"thing"_s, u"concentrator"_s, u"service"_s, u"user"_s };
            add(u"kind = ?"_s, { names.indexOf(filter.value) });
            isKnown = names.contains(filter.value);
        } else {
            isKnown = false;
        }
        if (!isKnown) {
            return fail(
                FailureKind::BadRequest,
                Connection::tr("A list of objects of type %1 cannot be filtered for “%2” in this way.",
                               "%1 is a type of object, %2 came from the client")
                    .arg(objectTypeName(type), filter.value));
        }
    }
    return selection;
}

bool ObjectTables::hasSortNumber(const Listing &listing) const
{
    return listing.sort == Listing::Sort::Version || isOrdered(listing.type);
}

std::optional<qint64> ObjectTables::sortNumber(const Listing &listing, const VersionedObject &object) const
{
    if (listing.sort == Listing::Sort::Version)
        return object.version;
    return isOrdered(listing.type) ? std::optional(rankOf(*object.object)) : std::nullopt;
}

QList<VersionedObject> ObjectTables::list(const Listing &listing, const Selection &selection,
                                          const std::optional<ListPlace> &place, bool backwards,
                                          int max) const
{
    const Table &from = table(listing.type);
    const bool isDown = listing.descending != backwards;
    QStringList columns { u"id"_s };
    if (hasSortNumber(listing))
        columns.prepend(listing.sort == Listing::Sort::Version ? u"version"_s : u"rank"_s);
    QStringList conditions = selection.conditions;
    QVariantList values = selection.values;
    if (place) {
        const QString comparison = isDown ? u"<"_s : u">"_s;
        if (hasSortNumber(listing)) {
            conditions.append(u"(%1) %2 (?, ?)"_s.arg(columns.join(u", "_s), comparison));
            values.append(place->number);
        } else {
            conditions.append(u"id %1 ?"_s.arg(comparison));
        }
        values.append(Query::toVariant(place->id));
    }
    values.append(qint64(max));
    Query query(m_connection,
                u"SELECT %1 FROM %2%3 ORDER BY %4 LIMIT ?"_s.arg(
                    from.read, from.name,
                    conditions.isEmpty() ? QString() : u" WHERE "_s + conditions.join(" AND "_L1),
                    isDown ? columns.join(u" DESC, "_s) + u" DESC"_s : columns.join(u", "_s)));
    query.runRow(values);
    QList<VersionedObject> objects;
    Lists lists;
    while (query.next())
        objects.append(readRow(listing.type, query, lists));
    return objects;
}

int ObjectTables::countListed(const Listing &listing, const Selection &selection) const
{
    Query query(m_connection,
                u"SELECT count(*) FROM %1%2"_s.arg(table(listing.type).name,
                                                   selection.conditions.isEmpty() ? QString()
                                                                                  : u" WHERE "_s
                                                           + selection.conditions.join(" AND "_L1)));
    std::ignore = query.runRow(selection.values).next();
    return int(query.number(0));
}

} // namespace castellan::store
