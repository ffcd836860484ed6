// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/queries.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

#include <algorithm>
#include <limits>
#include <ranges>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

/// Conditions and the values for their question marks.
struct Filter
{
    QStringList conditions { u"1"_s };
    QVariantList values;

    void add(const QString &condition, const QVariantList &more = {})
    {
        conditions.append(u'(' + condition + u')');
        values += more;
    }
    void addSearch(const QString &column, const QString &search)
    {
        const QStringList words = search.toCaseFolded().split(u' ', Qt::SkipEmptyParts);
        for (const QString &word : words)
            add(u"instr(%1, ?)"_s.arg(column), { word });
    }
    [[nodiscard]] QString where() const { return u" WHERE "_s + conditions.join(u" AND "_s); }
};

/// For `IN (SELECT value FROM json_each(?))`.
QString jsonList(const QStringList &list)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

QStringList splitWords(const QVariant &value)
{
    return value.toString().split(u'\n', Qt::SkipEmptyParts);
}

/// Calls \a read for every row.
template<typename Read>
Result<void> forEach(Database &database, const QString &sql, const QVariantList &values, Read read)
{
    return database.run(sql, values).transform([&](QSqlQuery *query) {
        while (query->next())
            read(*query);
    });
}

const QString waitingOf =
    u"(SELECT count(*) FROM deliveries d WHERE d.jid = %1 AND d.kind = 0 AND d.state < 2)"_s;

/// jid, name, kind, owner, tags, roles, noted, online, last_asked, last_seen, waiting, friends
const QString thingColumns =
    uR"(t.jid, t.name, t.kind, t.owner, t.tags, t.roles, t.noted, coalesce(s.online, 0),
    s.last_asked, s.last_seen, %1)"_s.arg(waitingOf.arg(u"t.jid"_s));
const QString friendsOfThing = u"((SELECT count(*) FROM friendships f WHERE f.a = t.jid AND f.state = 0)"
                               " + (SELECT count(*) FROM friendships f WHERE f.b = t.jid AND f.state = 0))"_s;
static_assert(int(Friendship::State::Accepted) == 0);

ThingRow thingRow(const QSqlQuery &query)
{
    return { .jid = query.value(0).toString(),
             .name = query.value(1).toString(),
             .kind = ThingKind(query.value(2).toInt()),
             .owner = query.value(3).toString(),
             .tags = splitWords(query.value(4)),
             .roles = splitWords(query.value(5)),
             .noted = query.value(6).toBool(),
             .online = query.value(7).toBool(),
             .lastAsked = timeFromSql(query.value(8)),
             .lastSeen = timeFromSql(query.value(9)),
             .waiting = query.value(10).toInt() };
}

QString sortColumn(ThingSort sort)
{
    switch (sort) {
    case ThingSort::Name:
        return u"t.sort_name"_s;
    case ThingSort::Jid:
        return u"t.jid"_s;
    case ThingSort::Kind:
        return u"t.kind"_s;
    case ThingSort::Online:
        return u"coalesce(s.online, 0)"_s;
    case ThingSort::LastAsked:
        return u"coalesce(s.last_asked, 0)"_s;
    case ThingSort::Friends:
        return friendsOfThing;
    }
    Q_UNREACHABLE_RETURN({});
}

/// What a rule's subject or target has to fit to involve a JID.
struct Involved
{
    QString jid;
    QString domain;
    QStringList roles;
};

Result<Involved> involved(Database &database, const QString &jid)
{
    return database.value(u"SELECT roles FROM things WHERE jid = ?"_s, { jid })
        .transform([&](const QVariant &roles) {
            return Involved { jid, jid.sliced(jid.indexOf(u'@') + 1), splitWords(roles) };
        });
}

void addTouching(Filter &filter, const Involved &who)
{
    const auto kind = [](auto value) { return QString::number(int(value)); };
    const QString roles = jsonList(who.roles);
    filter.add(u"(subject_kind = %1)"
               " OR (subject_kind = %2 AND subject_value = ?)"
               " OR (subject_kind = %3 AND subject_value = ?)"
               " OR (subject_kind = %4 AND subject_value IN (SELECT value FROM json_each(?)))"
               " OR (target_kind = %5)"
               " OR (target_kind = %6 AND target_value = ?)"
               " OR (target_kind = %7 AND target_value IN (SELECT value FROM json_each(?)))"_s.arg(
                   kind(Subject::Kind::Everyone), kind(Subject::Kind::Jid), kind(Subject::Kind::Domain),
                   kind(Subject::Kind::Role), kind(Target::Kind::Any), kind(Target::Kind::Device),
                   kind(Target::Kind::Role)),
               { who.jid, who.domain, roles, who.jid, roles });
}

/// The same as addTouching(), for rules that no database holds yet.
bool touches(const AccessRule &rule, const Involved &who)
{
    const auto subjectFits = [&] {
        switch (rule.subject.kind) {
        case Subject::Kind::Everyone:
            return true;
        case Subject::Kind::Jid:
            return rule.subject.value == who.jid;
        case Subject::Kind::Domain:
            return rule.subject.value == who.domain;
        case Subject::Kind::Role:
            return who.roles.contains(rule.subject.value);
        case Subject::Kind::Certificate:
            return false; // nothing says whose it is
        }
        Q_UNREACHABLE_RETURN(false);
    };
    const auto targetFits = [&] {
        switch (rule.target.kind) {
        case Target::Kind::Any:
            return true;
        case Target::Kind::Device:
            return rule.target.value == who.jid;
        case Target::Kind::Role:
            return who.roles.contains(rule.target.value);
        }
        Q_UNREACHABLE_RETURN(false);
    };
    return subjectFits() || targetFits();
}

bool matches(const AccessRule &rule, const QString &search)
{
    const QString text = searchText(rule);
    return std::ranges::all_of(search.toCaseFolded().split(u' ', Qt::SkipEmptyParts),
                               [&](const QString &word) { return text.contains(word); });
}

/// Where a rule stands: committed rules at their rank, drafted ones behind the rank of their slot.
struct Place
{
    qint64 rank = 0;
    qsizetype index = 0; ///< from 1 for drafted ones
    friend auto operator<=>(const Place &, const Place &) = default;
};
constexpr qint64 firstRank = std::numeric_limits<qint64>::min();
constexpr qint64 lastRank = std::numeric_limits<qint64>::max();

struct PlacedRule
{
    Place place;
    QString id;
};

/// The drafted rules of one list in order, places not being known for what nobody holds any more.
Result<QList<PlacedRule>> placedRules(Database &database, const DraftState &draft, RuleList list)
{
    QList<PlacedRule> placed;
    for (auto slot = draft.places.cbegin(); slot != draft.places.cend(); ++slot) {
        if (slot.key().list != list)
            continue;
        qint64 rank = lastRank;
        if (slot.key().behind && slot.key().behind->isEmpty()) {
            rank = firstRank;
        } else if (slot.key().behind) {
            const auto found = database.value(u"SELECT rank FROM rules WHERE id = ?"_s,
                                              { *slot.key().behind });
            if (!found)
                return std::unexpected(found.error());
            if (!found->isNull())
                rank = found->toLongLong();
        }
        for (qsizetype i = 0; i < slot->size(); ++i)
            placed.append({ { rank, i + 1 }, slot->at(i) });
    }
    std::ranges::sort(placed, {}, &PlacedRule::place);
    return placed;
}

const AccessRule *ruleOf(const Edit &edit)
{
    const std::optional<Object> &object = edit.mine ? edit.mine : edit.base.object;
    return object ? std::get_if<AccessRule>(&*object) : nullptr;
}

std::optional<Edit> editOf(const DraftState &draft, ObjectType type, const QString &id)
{
    const auto found = draft.edits.constFind({ type, id });
    return found == draft.edits.cend() ? std::nullopt : std::optional(*found);
}

DraftMark markOf(const std::optional<Edit> &edit)
{
    if (!edit)
        return DraftMark::None;
    switch (edit->verb) {
    case Change::Verb::Put:
        return edit->creates() ? DraftMark::Added : DraftMark::Changed;
    case Change::Verb::Remove:
        return DraftMark::Removed;
    case Change::Verb::Move:
        return DraftMark::Moved;
    }
    Q_UNREACHABLE_RETURN(DraftMark::None);
}

/// The pairs that only the draft knows.
QList<Friendship> addedPairs(const DraftState &draft)
{
    QList<Friendship> pairs;
    for (const Edit &edit : draft.edits) {
        if (edit.creates() && edit.mine && edit.base.key.type == ObjectType::Friendship)
            pairs.append(std::get<Friendship>(*edit.mine));
    }
    return pairs;
}

} // namespace

Result<Page<ThingRow>> readThings(Database &database, const ThingQuery &query)
{
    Filter filter;
    filter.addSearch(u"t.search"_s, query.search);
    if (query.kind)
        filter.add(u"t.kind = ?"_s, { int(*query.kind) });
    const QString source = u" FROM things t LEFT JOIN statuses s ON s.jid = t.jid"_s;

    Page<ThingRow> page;
    const auto total = database.value(u"SELECT count(*) FROM things t"_s + filter.where(), filter.values);
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong();

    const QString key = sortColumn(query.sort);
    const QString direction = query.descending ? u" DESC"_s : QString();
    if (!query.after.isStart()) {
        filter.add(u"(%1, t.jid) %2 (?, ?)"_s.arg(key, query.descending ? u"<"_s : u">"_s),
                   { query.after.key, query.after.id });
    }
    const QString sql = u"SELECT "_s + thingColumns + u", "_s + friendsOfThing + u", "_s + key + source
        + filter.where() + u" ORDER BY %1%2, t.jid%2 LIMIT ?"_s.arg(key, direction);
    return forEach(database, sql, filter.values + QVariantList { query.limit },
                   [&](const QSqlQuery &row) {
                       ThingRow thing = thingRow(row);
                       thing.friends = row.value(11).toInt();
                       page.rows.append(thing);
                       page.next = { row.value(12), thing.jid };
                   })
        .transform([&] {
            page.complete = page.rows.size() < query.limit;
            return page;
        });
}

Result<ThingPortrait> readThing(Database &database, const QString &jid)
{
    std::optional<ThingPortrait> portrait;
    Result<Object> object = fail(FailureKind::ItemNotFound, jid);
    const QString sql = u"SELECT "_s + thingColumns + u", "_s + friendsOfThing
        + u", t.object FROM things t LEFT JOIN statuses s ON s.jid = t.jid WHERE t.jid = ?"_s;
    auto read = forEach(database, sql, { jid }, [&](const QSqlQuery &row) {
        portrait.emplace();
        portrait->row = thingRow(row);
        portrait->row.friends = row.value(11).toInt();
        object = objectFromSql(row.value(12));
    });
    if (!read)
        return std::unexpected(read.error());
    if (!object)
        return std::unexpected(object.error());
    portrait->thing = std::get<Thing>(*object);

    Filter filter;
    filter.add(u"list <= ?"_s, { listOf(Action::Control) });
    addTouching(filter, { jid, jid.sliced(jid.indexOf(u'@') + 1), portrait->thing.roles });
    return database.value(u"SELECT count(*) FROM rules"_s + filter.where(), filter.values)
        .transform([&](const QVariant &n) {
            portrait->rules = n.toInt();
            return *portrait;
        });
}

Result<Page<FriendRow>> readFriends(Database &database, const DraftState &draft, const FriendQuery &query)
{
    Page<FriendRow> page;
    const auto describe = [&](FriendRow row) -> Result<void> {
        auto described = forEach(database,
                                 u"SELECT t.name, t.kind, coalesce(s.online, 0) FROM things t LEFT JOIN "
                                 u"statuses s ON s.jid = t.jid"
                                 " WHERE t.jid = ?"_s,
                                 { row.peer }, [&](const QSqlQuery &thing) {
                                     row.peerName = thing.value(0).toString();
                                     row.peerKind = ThingKind(thing.value(1).toInt());
                                     row.peerOnline = thing.value(2).toBool();
                                 });
        page.rows.append(row);
        return described;
    };

    qint64 added = 0;
    for (const Friendship &pair : addedPairs(draft)) {
        if (pair.a != query.jid && pair.b != query.jid)
            continue;
        ++added;
        if (!query.after.isStart())
            continue; // on the first page already
        auto described = describe({ .peer = pair.a == query.jid ? pair.b : pair.a,
                                    .state = pair.state,
                                    .draft = DraftMark::Added });
        if (!described)
            return std::unexpected(described.error());
    }

    const auto total = database.value(
        u"SELECT (SELECT count(*) FROM friendships WHERE a = ?) + (SELECT count(*) FROM friendships WHERE b = ?)"_s,
        { query.jid, query.jid });
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong() + added;

    QList<FriendRow> rows;
    const QString start = query.after.isStart() ? u""_s : query.after.id;
    auto read = forEach(database,
                        u"SELECT b AS peer, id, state FROM friendships WHERE a = ? AND b > ?"
                        " UNION ALL SELECT a, id, state FROM friendships WHERE b = ? AND a > ?"
                        " ORDER BY peer LIMIT ?"_s,
                        { query.jid, start, query.jid, start, query.limit }, [&](const QSqlQuery &row) {
                            FriendRow friendRow { .peer = row.value(0).toString(),
                                                  .state = Friendship::State(row.value(2).toInt()) };
                            const auto edit = editOf(draft, ObjectType::Friendship, row.value(1).toString());
                            friendRow.draft = markOf(edit);
                            if (edit && edit->mine)
                                friendRow.state = std::get<Friendship>(*edit->mine).state;
                            rows.append(friendRow);
                        });
    for (const FriendRow &row : std::as_const(rows))
        read = read.and_then([&] { return describe(row); });
    if (!rows.isEmpty())
        page.next = { {}, rows.last().peer };
    page.complete = rows.size() < query.limit;
    return read.transform([&] { return page; });
}

Result<Page<RuleRow>> readRules(Database &database, const DraftState &draft, const RuleQuery &query)
{
    const auto placed = placedRules(database, draft,
                                    query.action == Action::Read ? RuleList::Read : RuleList::Control);
    if (!placed)
        return std::unexpected(placed.error());
    QStringList placedIds;
    for (const PlacedRule &rule : *placed)
        placedIds.append(rule.id);

    // The committed list, without what the draft placed elsewhere
    Filter list;
    list.add(u"list = ?"_s, { listOf(query.action) });
    list.add(u"id NOT IN (SELECT value FROM json_each(?))"_s, { jsonList(placedIds) });
    Filter filter = list;
    filter.addSearch(u"search"_s, query.search);
    Involved who;
    if (!query.touching.isEmpty()) {
        auto found = involved(database, query.touching);
        if (!found)
            return std::unexpected(found.error());
        who = *found;
        addTouching(filter, who);
    }

    struct Candidate
    {
        Place place;
        RuleRow row;
    };
    QList<Candidate> candidates;
    for (const PlacedRule &rule : *placed) {
        const auto edit = editOf(draft, ObjectType::AccessRule, rule.id);
        const AccessRule *content = edit ? ruleOf(*edit) : nullptr;
        if (content && matches(*content, query.search)
            && (query.touching.isEmpty() || touches(*content, who)))
            candidates.append(
                { rule.place, { .rule = *content, .version = edit->base.version, .draft = markOf(edit) } });
    }

    Page<RuleRow> page;
    const auto total = database.value(u"SELECT count(*) FROM rules"_s + filter.where(), filter.values);
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong() + candidates.size();

    Place after { firstRank, 0 };
    if (!query.after.isStart())
        after = { query.after.key.toLongLong(), query.after.id.toLongLong() };
    candidates.removeIf([&](const Candidate &candidate) { return candidate.place <= after; });

    filter.add(u"rank > ?"_s, { after.rank });
    int committed = 0;
    std::optional<Failure> unreadable;
    auto read = forEach(
        database, u"SELECT rank, version, object FROM rules"_s + filter.where() + u" ORDER BY rank LIMIT ?"_s,
        filter.values + QVariantList { query.limit }, [&](const QSqlQuery &row) {
            auto object = objectFromSql(row.value(2));
            if (!object) {
                unreadable = object.error();
                return;
            }
            ++committed;
            RuleRow rule { .rule = std::get<AccessRule>(*object), .version = row.value(1).toLongLong() };
            const auto edit = editOf(draft, ObjectType::AccessRule, rule.rule.id);
            rule.draft = markOf(edit);
            if (const AccessRule *content = edit ? ruleOf(*edit) : nullptr)
                rule.rule = *content;
            candidates.append({ { row.value(0).toLongLong(), 0 }, rule });
        });
    if (!read)
        return std::unexpected(read.error());
    if (unreadable)
        return std::unexpected(*unreadable);

    std::ranges::stable_sort(candidates, {}, &Candidate::place);
    page.complete = committed < query.limit && candidates.size() <= query.limit;
    candidates.resize(std::min<qsizetype>(candidates.size(), query.limit));

    // Each position counts on from the one before.
    Place counted { firstRank, 0 };
    qint64 position = 0;
    for (Candidate &candidate : candidates) {
        const auto passed = database.value(u"SELECT count(*) FROM rules"_s + list.where()
                                               + u" AND rank > ? AND rank <= ?"_s,
                                           list.values + QVariantList { counted.rank, candidate.place.rank });
        if (!passed)
            return std::unexpected(passed.error());
        position += passed->toLongLong() + std::ranges::count_if(*placed, [&](const PlacedRule &rule) {
                        return rule.place > counted && rule.place <= candidate.place;
                    });
        counted = candidate.place;
        candidate.row.position = position;
        page.rows.append(candidate.row);
    }
    if (!candidates.isEmpty())
        page.next = { counted.rank, QString::number(counted.index) };
    return page;
}

Result<Page<PushRow>> readPushes(Database &database, int limit, const Cursor &after)
{
    Page<PushRow> page;
    const auto total = database.value(u"SELECT count(DISTINCT revision) FROM deliveries"_s);
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong();
    const Revision before = after.isStart() ? std::numeric_limits<Revision>::max() : after.id.toLongLong();
    return forEach(
               database,
               uR"(SELECT d.revision, r.at, r.by, r.title, r.changes, sum(d.kind = 0), sum(d.kind = 0 AND d.state = 0),
                              sum(d.kind = 0 AND d.state = 1), sum(d.kind = 0 AND d.state = 2),
                              sum(d.kind = 0 AND d.state = 3), sum(d.kind <> 0)
                       FROM deliveries d LEFT JOIN revisions r ON r.revision = d.revision
                       WHERE d.revision < ? GROUP BY d.revision ORDER BY d.revision DESC LIMIT ?)"_s,
               { before, limit },
               [&](const QSqlQuery &row) {
                   page.rows.append({ .revision = { .revision = row.value(0).toLongLong(),
                                                    .at = timeFromSql(row.value(1)),
                                                    .by = row.value(2).toString(),
                                                    .title = row.value(3).toString(),
                                                    .changes = row.value(4).toInt() },
                                      .total = row.value(5).toInt(),
                                      .waiting = row.value(6).toInt(),
                                      .sent = row.value(7).toInt(),
                                      .acknowledged = row.value(8).toInt(),
                                      .failed = row.value(9).toInt(),
                                      .notices = row.value(10).toInt() });
                   page.next = { {}, row.value(0).toString() };
               })
        .transform([&] {
            page.complete = page.rows.size() < limit;
            return page;
        });
}

Result<Page<DeliveryRow>> readDeliveries(Database &database, Revision revision, int limit,
                                         const Cursor &after)
{
    Page<DeliveryRow> page;
    const auto total = database.value(u"SELECT count(*) FROM deliveries WHERE revision = ?"_s, { revision });
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong();
    return forEach(
               database,
               uR"(SELECT d.id, d.revision, d.jid, d.kind, d.peer, d.state, d.attempts, d.created, d.sent, d.settled,
                              d.error, d.sequence, t.name, coalesce(s.online, 0)
                       FROM deliveries d LEFT JOIN things t ON t.jid = d.jid LEFT JOIN statuses s ON s.jid = d.jid
                       WHERE d.revision = ? AND (d.jid, d.id) > (?, ?) ORDER BY d.jid, d.id LIMIT ?)"_s,
               { revision, after.isStart() ? u""_s : after.key, after.id.toLongLong(), limit },
               [&](const QSqlQuery &row) {
                   page.rows.append({ .delivery = { .id = row.value(0).toLongLong(),
                                                    .revision = row.value(1).toLongLong(),
                                                    .jid = row.value(2).toString(),
                                                    .kind = Delivery::Kind(row.value(3).toInt()),
                                                    .peer = row.value(4).toString(),
                                                    .state = Delivery::State(row.value(5).toInt()),
                                                    .attempts = row.value(6).toInt(),
                                                    .created = timeFromSql(row.value(7)),
                                                    .sent = timeFromSql(row.value(8)),
                                                    .settled = timeFromSql(row.value(9)),
                                                    .error = row.value(10).toString(),
                                                    .sequence = row.value(11).toLongLong() },
                                      .name = row.value(12).toString(),
                                      .online = row.value(13).toBool() });
                   page.next = { row.value(2), row.value(0).toString() };
               })
        .transform([&] {
            page.complete = page.rows.size() < limit;
            return page;
        });
}

Result<Page<WordRow>> readWords(Database &database, const WordQuery &query)
{
    Page<WordRow> page { .complete = true };
    const QString prefix = u""_s
        + query.prefix.trimmed().toCaseFolded(); // not null, which SQL compares with nothing
    QString sql;
    Filter filter;
    if (query.kind == WordKind::Thing) {
        filter.addSearch(u"search"_s, prefix);
        // What begins like that comes before what only contains it.
        filter.values += QVariantList { prefix, query.limit };
        sql = u"SELECT jid, name FROM things"_s + filter.where()
            + u" ORDER BY instr(jid, ?) <> 1, jid LIMIT ?"_s;
    } else {
        filter.add(u"kind = ?"_s, { int(query.kind) });
        filter.add(u"folded >= ? AND folded < ?"_s, { prefix, prefix + u"\U0010ffff"_s });
        if (!query.of.isEmpty())
            filter.add(u"jid = ?"_s, { query.of });
        filter.values += query.limit;
        sql = u"SELECT word, max(detail) FROM words"_s + filter.where() + u" GROUP BY folded, word LIMIT ?"_s;
    }
    return forEach(database, sql, filter.values,
                   [&](const QSqlQuery &row) {
                       page.rows.append({ row.value(0).toString(), row.value(1).toString() });
                   })
        .transform([&] {
            page.total = page.rows.size();
            return page;
        });
}

Result<GraphRows> readGraph(Database &database, const DraftState &draft, const GraphQuery &query)
{
    const QList<Friendship> added = addedPairs(draft);
    const QString someone = u"(SELECT value FROM json_each(?))"_s;

    // Whose surroundings: one wave of friends after the other
    QSet<QString> around;
    if (!query.focus.isEmpty()) {
        around.insert(query.focus);
        QStringList wave { query.focus };
        for (int hop = 0; hop < query.hops && !wave.isEmpty(); ++hop) {
            QStringList next;
            const auto reach = [&](const QString &jid) {
                if (!around.contains(jid)) {
                    around.insert(jid);
                    next.append(jid);
                }
            };
            const QString from = jsonList(wave);
            auto read = forEach(database,
                                u"SELECT b FROM friendships WHERE a IN "_s + someone
                                    + u" UNION SELECT a FROM friendships WHERE b IN "_s + someone,
                                { from, from },
                                [&](const QSqlQuery &row) { reach(row.value(0).toString()); });
            if (!read)
                return std::unexpected(read.error());
            for (const Friendship &pair : added) {
                if (wave.contains(pair.a))
                    reach(pair.b);
                if (wave.contains(pair.b))
                    reach(pair.a);
            }
            wave = next;
        }
    }
    const bool whole = around.isEmpty();
    const QString members = jsonList(around.values());
    const auto isMember = [&](const QString &jid) { return whole || around.contains(jid); };

    GraphRows graph;
    QSet<QString> known;
    auto read = forEach(database,
                        u"SELECT "_s + thingColumns
                            + u" FROM things t LEFT JOIN statuses s ON s.jid = t.jid"_s
                            + (whole ? QString() : u" WHERE t.jid IN "_s + someone) + u" ORDER BY t.jid"_s,
                        whole ? QVariantList() : QVariantList { members }, [&](const QSqlQuery &row) {
                            graph.things.append(thingRow(row));
                            known.insert(graph.things.last().jid);
                        });
    if (!read)
        return std::unexpected(read.error());

    const auto addPair = [&](const Friendship &pair, DraftMark mark) {
        // Pairs are about JIDs, whether or not the network knows them.
        for (const QString &jid : { pair.a, pair.b }) {
            if (!known.contains(jid)) {
                known.insert(jid);
                graph.things.append({ .jid = jid });
            }
        }
        graph.pairs.append({ pair, mark });
    };
    read = forEach(database,
                   u"SELECT id, a, b, state FROM friendships"_s
                       + (whole ? QString() : u" WHERE a IN "_s + someone + u" AND b IN "_s + someone)
                       + u" ORDER BY a, b"_s,
                   whole ? QVariantList() : QVariantList { members, members }, [&](const QSqlQuery &row) {
                       Friendship pair = makeFriendship(row.value(1).toString(), row.value(2).toString(),
                                                        Friendship::State(row.value(3).toInt()));
                       const auto edit = editOf(draft, ObjectType::Friendship, row.value(0).toString());
                       if (edit && edit->mine)
                           pair.state = std::get<Friendship>(*edit->mine).state;
                       addPair(pair, markOf(edit));
                   });
    if (!read)
        return std::unexpected(read.error());
    for (const Friendship &pair : added) {
        if (isMember(pair.a) && isMember(pair.b))
            addPair(pair, DraftMark::Added);
    }
    return graph;
}

Result<Counts> readCounts(Database &database)
{
    Counts counts;
    return forEach(database, uR"(SELECT (SELECT count(*) FROM things),
                              (SELECT count(*) FROM statuses s JOIN things t ON t.jid = s.jid WHERE s.online),
                              (SELECT count(*) FROM friendships WHERE state = 0),
                              (SELECT count(*) FROM rules WHERE list < 2),
                              (SELECT count(*) FROM deliveries WHERE kind = 0 AND state < 2))"_s,
                   {},
                   [&](const QSqlQuery &row) {
                       counts = { .things = row.value(0).toLongLong(),
                                  .online = row.value(1).toLongLong(),
                                  .friendships = row.value(2).toLongLong(),
                                  .rules = row.value(3).toLongLong(),
                                  .openDeliveries = row.value(4).toLongLong() };
                   })
        .transform([&] { return counts; });
}

Result<QList<VersionedObject>> readObjects(Database &database, const QList<ObjectKey> &keys)
{
    const auto tableOf = [](ObjectType type) -> QString {
        switch (type) {
        case ObjectType::Thing:
            return u"SELECT version, object FROM things WHERE jid = ?"_s;
        case ObjectType::Friendship:
            return u"SELECT version, object FROM friendships WHERE id = ?"_s;
        case ObjectType::FriendshipRule:
        case ObjectType::AccessRule:
            return u"SELECT version, object FROM rules WHERE id = ?"_s;
        default:
            return u"SELECT version, object FROM objects WHERE id = ? AND type = %1"_s.arg(int(type));
        }
    };
    QList<VersionedObject> objects;
    for (const ObjectKey &key : keys) {
        VersionedObject versioned { .key = key };
        std::optional<Failure> unreadable;
        auto read = forEach(database, tableOf(key.type), { key.id }, [&](const QSqlQuery &row) {
            auto object = objectFromSql(row.value(1));
            if (!object) {
                unreadable = object.error();
                return;
            }
            versioned.version = row.value(0).toLongLong();
            versioned.object = std::move(*object);
        });
        if (!read)
            return std::unexpected(read.error());
        if (unreadable)
            return std::unexpected(*unreadable);
        objects.append(versioned);
    }
    return objects;
}

Result<QList<Change>> readChanges(Database &database, const DraftState &draft)
{
    QList<Change> changes;
    const auto changeOf = [](const Edit &edit) {
        return Change {
            .verb = edit.verb, .key = edit.base.key, .base = edit.base.version, .object = edit.mine
        };
    };

    // Rules with a new place go first and from the top: each then stands behind one that stands already where
    // it will stay, and none behind one that is removed.
    QSet<ObjectKey> done;
    for (const RuleList list : allRuleLists) {
        const auto placed = placedRules(database, draft, list);
        if (!placed)
            return std::unexpected(placed.error());
        QStringList elsewhere; // not at their committed place, or soon not there at all
        for (const PlacedRule &rule : *placed)
            elsewhere.append(rule.id);
        for (const Edit &edit : draft.edits) {
            if (edit.verb == Change::Verb::Remove && edit.base.key.type == objectTypeOf(list))
                elsewhere.append(edit.base.key.id);
        }
        const PlacedRule *previous = nullptr;
        for (const PlacedRule &rule : *placed) {
            const auto edit = editOf(draft, objectTypeOf(list), rule.id);
            if (!edit)
                continue;
            const qint64 above = previous ? previous->place.rank : firstRank;
            const auto committed = database.value(
                u"SELECT id FROM rules WHERE list = ? AND rank <= ? AND rank > ?"
                " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY rank DESC LIMIT 1"_s,
                { int(list), rule.place.rank, above, jsonList(elsewhere) });
            if (!committed)
                return std::unexpected(committed.error());
            Change change = changeOf(*edit);
            // A new rule that nobody placed goes last, whatever others have added meanwhile.
            const bool simplyLast = rule.place == Place { lastRank, 1 } && edit->creates();
            if (!simplyLast)
                change.after = !committed->isNull() ? committed->toString() : previous ? previous->id : u""_s;
            changes.append(change);
            done.insert(edit->base.key);
            previous = &rule;
        }
    }
    for (const Edit &edit : draft.ordered()) {
        if (!done.contains(edit.base.key))
            changes.append(changeOf(edit));
    }
    return changes;
}

} // namespace castellan::replica
