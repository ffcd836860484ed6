// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/queries.h"

#include "replica/searchtext.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

#include <algorithm>
#include <limits>
#include <ranges>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

/// For `IN (SELECT value FROM json_each(?))`.
QString jsonList(const QStringList &list)
{
    return QString::fromUtf8(QJsonDocument(QJsonArray::fromStringList(list)).toJson(QJsonDocument::Compact));
}

QStringList splitWords(const QString &words)
{
    return words.isEmpty() ? QStringList() : words.split(u'\n', Qt::SkipEmptyParts);
}

/// Calls \a read for every row.
template<typename Read>
Result<void> forEach(Database &database, const QString &sql, const QVariantList &values, Read read)
{
    return database.run(sql, values).transform([&](Statement *query) {
        while (query->next())
            read(*query);
    });
}

/// Read by thingRow().
const QString thingColumns =
    u"jid, name, kind, owner, tags, roles, noted, online, last_asked, last_seen, friends,"
    " waiting"_s;

/// \a first: the column of the JID.
ThingRow thingRow(const Statement &query, int first)
{
    return { .jid = query.value(first).toString(),
             .name = query.value(first + 1).toString(),
             .kind = ThingKind(query.value(first + 2).toInt()),
             .owner = query.value(first + 3).toString(),
             .tags = splitWords(query.value(first + 4).toString()),
             .roles = splitWords(query.value(first + 5).toString()),
             .noted = query.value(first + 6).toBool(),
             .online = query.value(first + 7).toBool(),
             .lastAsked = timeFromSql(query.value(first + 8)),
             .lastSeen = timeFromSql(query.value(first + 9)),
             .friends = query.value(first + 10).toInt(),
             .waiting = query.value(first + 11).toInt() };
}

QString sortColumn(ThingSort sort)
{
    switch (sort) {
    case ThingSort::Name:
        return u"sort_name"_s;
    case ThingSort::Jid:
        return u"jid"_s;
    case ThingSort::Kind:
        return u"kind"_s;
    case ThingSort::Online:
        return u"online"_s;
    case ThingSort::LastAsked:
        return u"last_asked"_s;
    case ThingSort::Friends:
        return u"friends"_s;
    case ThingSort::Waiting:
        return u"waiting"_s;
    case ThingSort::Owner:
        return u"owner"_s;
    }
    Q_UNREACHABLE_RETURN({});
}

/// What besides the things themselves changes their order.
Parts sortParts(ThingSort sort)
{
    switch (sort) {
    case ThingSort::Online:
    case ThingSort::LastAsked:
        return Part::Things | Part::Statuses;
    case ThingSort::Friends:
        return Part::Things | Part::Friendships;
    case ThingSort::Waiting:
        return Part::Things | Part::Deliveries;
    default:
        return Part::Things;
    }
}

/// Conditions and the values for their question marks.
struct Filter
{
    QStringList conditions;
    QVariantList values;

    void add(const QString &condition, const QVariantList &more = {})
    {
        conditions.append(u'(' + condition + u')');
        values += more;
    }
    [[nodiscard]] QString text() const { return conditions.join(u" AND "_s); }
};

/// Selects \a columns of the rows of \a table (`t`) whose text has all \a words, found by the grams, and that
/// pass \a filter. Not \a ofAll: the caller adds which rows of the grams to look at.
Filter hits(Found found, const QString &table, const QString &columns, const QStringList &words,
            const Filter &filter, bool ofAll = true)
{
    QString expression;
    Filter all;
    all.add(u"grams MATCH ?"_s);
    if (ofAll) {
        all.add(u"grams.rowid BETWEEN %1 AND %2"_s.arg(firstGram(found))
                    .arg(firstGram(found) + firstGram(Found(1)) - 1));
    }
    for (const QString &word : words) {
        expression += gramsExpression(word);
        all.add(u"instr(t.search, ?)"_s, { word });
    }
    all.values.prepend(expression);
    if (!filter.conditions.isEmpty())
        all.add(filter.text(), filter.values);
    return { { u"SELECT %1 FROM grams CROSS JOIN %2 t ON t.id = grams.rowid & %3 WHERE %4"_s.arg(
                 columns, table, QString::number(gramIdMask), all.text()) },
             all.values };
}

/// Narrows a list to what has all words of \a search and passes \a filter, which another index of the table
/// may answer. \a inBuckets: the list is in the order of the buckets.
Result<void> narrow(Database &database, Ordered &ordered, Found found, const QString &search,
                    const Filter &filter, bool inBuckets = false)
{
    Filter all = filter;
    const QStringList words = searchWords(search);
    for (const QString &word : words)
        all.add(u"instr(search, ?)"_s, { word });
    ordered.filter = all.text();
    ordered.values = all.values;
    return database.isFilling().transform([&](bool filling) {
        Filter from { { u"SELECT id FROM %1 WHERE %2"_s.arg(ordered.table, all.text()) }, all.values };
        if (!words.isEmpty() && !filling) { // before, there are no grams
            from = hits(found, ordered.table, inBuckets ? u"grams.rowid, t.sort_name"_s : u"t.id"_s, words,
                        filter, !inBuckets);
            ordered.inBuckets = inBuckets ? from.text() : QString();
        }
        ordered.from = from.text();
        ordered.fromValues = from.values;
    });
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
            return Involved { jid, jid.sliced(jid.indexOf(u'@') + 1), splitWords(roles.toString()) };
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
    return std::ranges::all_of(searchWords(search), [&](const QString &word) { return text.contains(word); });
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
            const auto found = database.value(u"SELECT rank FROM rules WHERE rule = ?"_s,
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

/// The words of one kind that a thing offers and that begin with \a prefix, each once, by their folded form.
QList<WordRow> wordsOf(const Thing &thing, WordKind kind, const QString &prefix, int limit)
{
    QMap<QString, WordRow> words;
    const auto add = [&](const QString &word, const QString &detail = {}) {
        if (const QString folded = word.toCaseFolded(); !word.isEmpty() && folded.startsWith(prefix))
            words.insert(folded + u'\n' + word, { word, detail });
    };
    for (const Node &node : thing.nodes) {
        if (kind == WordKind::Node)
            add(node.ref.nodeId, node.name);
        if (kind == WordKind::Parameter)
            std::ranges::for_each(node.parameters, [&](const QString &parameter) { add(parameter); });
        if (kind == WordKind::Field)
            std::ranges::for_each(node.fields, [&](const Field &field) { add(field.name); });
    }
    if (kind == WordKind::Role)
        std::ranges::for_each(thing.roles, [&](const QString &role) { add(role); });
    return words.values().first(std::min<qsizetype>(words.size(), limit));
}

/// The committed rules of one action in their order.
Ordered rulesOf(Action action)
{
    return { .table = u"rules"_s,
             .columns = u"id, rank, version, object"_s,
             .key = u"rank"_s,
             .base = u"list = %1"_s.arg(listOf(action)),
             .parts = Part::Rules };
}

/// How the draft changes the order of one action's rules.
struct Rearranged
{
    QList<PlacedRule> placed;
    QList<qint64> gone; ///< ranks of committed rules that are placed elsewhere, ascending
};

Result<Rearranged> rearranged(Database &database, const DraftState &draft, Action action)
{
    auto placed = placedRules(database, draft, RuleList(listOf(action)));
    if (!placed)
        return std::unexpected(placed.error());
    Rearranged result { .placed = std::move(*placed) };
    if (result.placed.isEmpty())
        return result;
    QStringList ids;
    for (const PlacedRule &rule : std::as_const(result.placed))
        ids.append(rule.id);
    return forEach(database,
                   u"SELECT rank FROM rules WHERE rule IN (SELECT value FROM json_each(?)) AND +list = ?"
                   " ORDER BY +rank"_s,
                   { jsonList(ids), listOf(action) },
                   [&](const Statement &row) { result.gone.append(row.value(0).toLongLong()); })
        .transform([&] { return result; });
}

/// The position of what is at \a place, from 1 in the list as it is drafted.
Result<qint64> positionOf(Database &database, Action action, const Rearranged &rearranged, const Place &place)
{
    Result<qint64> committed = 0;
    if (place.rank != firstRank)
        committed = database.listings().rowsUpTo(database, rulesOf(action), place.rank);
    return committed.transform([&](qint64 rows) {
        return rows - (std::ranges::upper_bound(rearranged.gone, place.rank) - rearranged.gone.begin())
            + std::ranges::count_if(rearranged.placed,
                                    [&](const PlacedRule &rule) { return rule.place <= place; });
    });
}

} // namespace

Result<Page<ThingRow>> readThings(Database &database, const ThingQuery &query)
{
    const QString key = sortColumn(query.sort);
    Ordered ordered { .table = u"things"_s,
                      .columns = u"id, %1, %2"_s.arg(key, thingColumns),
                      .key = key,
                      .descending = query.descending,
                      .parts = sortParts(query.sort) };
    Filter filter;
    if (query.kind)
        filter.add(u"kind = ?"_s, { int(*query.kind) });
    const bool searched = !searchWords(query.search).isEmpty();
    if (query.kind || searched) {
        const auto narrowed = narrow(database, ordered, Found::Thing, query.search, filter,
                                     query.sort == ThingSort::Name);
        if (!narrowed)
            return std::unexpected(narrowed.error());
    }
    ordered.countable = !searched;

    Page<ThingRow> page;
    return database.listings()
        .read(database, ordered, query.first, query.limit,
              [&](const Statement &row) { page.rows.append(thingRow(row, 2)); })
        .transform([&](const Listings::Extent &extent) {
            page.total = extent.total;
            page.more = extent.more;
            return page;
        });
}

Result<ThingPortrait> readThing(Database &database, const QString &jid)
{
    std::optional<ThingPortrait> portrait;
    Result<Object> object = fail(FailureKind::ItemNotFound, jid);
    auto read = forEach(database, u"SELECT %1, object FROM things WHERE jid = ?"_s.arg(thingColumns), { jid },
                        [&](const Statement &row) {
                            portrait.emplace();
                            portrait->row = thingRow(row, 0);
                            object = objectFromSql(row.value(12));
                        });
    if (!read)
        return std::unexpected(read.error());
    if (!object)
        return std::unexpected(object.error());
    portrait->thing = std::get<Thing>(*object);

    const auto contained = database.value(u"SELECT 1 FROM objects WHERE type = ? AND object_id = ?"_s,
                                          { int(ObjectType::Containment), jid });
    if (!contained)
        return std::unexpected(contained.error());
    portrait->contained = !contained->isNull();

    Filter filter;
    filter.add(u"+list <= ?"_s, { listOf(Action::Control) });
    addTouching(filter, { jid, jid.sliced(jid.indexOf(u'@') + 1), portrait->thing.roles });
    return database.value(u"SELECT count(*) FROM rules WHERE "_s + filter.text(), filter.values)
        .transform([&](const QVariant &n) {
            portrait->rules = n.toInt();
            return *portrait;
        });
}

Result<Page<FriendRow>> readFriends(Database &database, const DraftState &draft, const FriendQuery &query)
{
    Page<FriendRow> page;
    QList<Friendship> added = addedPairs(draft);
    added.removeIf([&](const Friendship &pair) { return pair.a != query.jid && pair.b != query.jid; });
    for (const Friendship &pair : added.mid(query.first, query.limit)) {
        page.rows.append({ .peer = pair.a == query.jid ? pair.b : pair.a,
                           .state = pair.state,
                           .draft = DraftMark::Added });
    }

    const auto total = database.value(
        u"SELECT (SELECT count(*) FROM friendships WHERE a = ?) + (SELECT count(*) FROM friendships WHERE b = ?)"_s,
        { query.jid, query.jid });
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong() + added.size();

    auto read = forEach(database,
                        u"SELECT b AS peer, state FROM friendships WHERE a = ?"
                        " UNION ALL SELECT a, state FROM friendships WHERE b = ?"
                        " ORDER BY peer LIMIT ? OFFSET ?"_s,
                        { query.jid, query.jid, query.limit - page.rows.size(),
                          std::max<qint64>(0, query.first - added.size()) },
                        [&](const Statement &row) {
                            FriendRow friendRow { .peer = row.value(0).toString(),
                                                  .state = Friendship::State(row.value(1).toInt()) };
                            const auto edit = editOf(draft, ObjectType::Friendship,
                                                     friendshipId(query.jid, friendRow.peer));
                            friendRow.draft = markOf(edit);
                            if (edit && edit->mine)
                                friendRow.state = std::get<Friendship>(*edit->mine).state;
                            page.rows.append(friendRow);
                        });
    for (FriendRow &row : page.rows) {
        read = read.and_then([&] {
            return forEach(database, u"SELECT name, kind, online FROM things WHERE jid = ?"_s, { row.peer },
                           [&](const Statement &thing) {
                               row.peerName = thing.value(0).toString();
                               row.peerKind = ThingKind(thing.value(1).toInt());
                               row.peerOnline = thing.value(2).toBool();
                           });
        });
    }
    return read.transform([&] { return page; });
}

Result<Page<RuleRow>> readRules(Database &database, const DraftState &draft, const RuleQuery &query)
{
    const auto moved = rearranged(database, draft, query.action);
    if (!moved)
        return std::unexpected(moved.error());

    Ordered list = rulesOf(query.action);
    const bool filtered = !query.touching.isEmpty() || !searchWords(query.search).isEmpty();
    Involved who;
    if (filtered) {
        Filter filter;
        filter.add(u"+list = ?"_s, { listOf(query.action) });
        if (!query.touching.isEmpty()) {
            auto found = involved(database, query.touching);
            if (!found)
                return std::unexpected(found.error());
            who = *found;
            addTouching(filter, who);
        }
        if (!moved->placed.isEmpty()) {
            QStringList ids;
            for (const PlacedRule &rule : moved->placed)
                ids.append(rule.id);
            filter.add(u"rule NOT IN (SELECT value FROM json_each(?))"_s, { jsonList(ids) });
        }
        if (auto narrowed = narrow(database, list, Found::Rule, query.search, filter); !narrowed)
            return std::unexpected(narrowed.error());
    }

    // The committed list with what the draft takes out of it and puts into it: in front of which of its rows
    struct Change
    {
        qint64 at = 0;
        const PlacedRule *put = nullptr; ///< null: the row itself is not here any more
    };
    QList<Change> changes;
    const auto extent = database.listings().read(database, list, 0, 0, [](const Statement &) { });
    if (!extent)
        return std::unexpected(extent.error());
    for (const PlacedRule &rule : moved->placed) {
        const auto edit = editOf(draft, ObjectType::AccessRule, rule.id);
        const AccessRule *content = edit ? ruleOf(*edit) : nullptr;
        if (!content || !matches(*content, query.search)
            || (!query.touching.isEmpty() && !touches(*content, who)))
            continue;
        Result<qint64> at = extent->total;
        if (rule.place.rank == firstRank)
            at = 0;
        else if (rule.place.rank != lastRank)
            at = database.listings().rowsUpTo(database, list, rule.place.rank);
        if (!at)
            return std::unexpected(at.error());
        changes.append({ *at, &rule });
    }
    if (!filtered) {
        for (const qint64 rank : moved->gone) {
            const auto rows = database.listings().rowsUpTo(database, list, rank);
            if (!rows)
                return std::unexpected(rows.error());
            changes.append({ *rows - 1, nullptr });
        }
    }
    // What is put in front of a row comes before what becomes of the row itself.
    std::ranges::stable_sort(changes, {},
                             [](const Change &change) { return std::pair(change.at, !change.put); });

    Page<RuleRow> page;
    Listings::Extent now = *extent;
    std::optional<Failure> failure;
    const auto position = [&](const Place &place) {
        const auto found = positionOf(database, query.action, *moved, place);
        if (!found)
            failure = found.error();
        return found.value_or(0);
    };
    qint64 row = 0; // of the list as it is drafted
    qint64 committed = 0; // of the committed one
    const auto left = [&] { return query.limit - page.rows.size(); };
    const auto addCommitted = [&](qint64 end) -> Result<void> {
        const qint64 skipped = std::clamp<qint64>(query.first - row, 0, end - committed);
        const qint64 count = std::min<qint64>(left(), end - committed - skipped);
        Result<void> result;
        if (count > 0) {
            QList<RuleRow> rows;
            QList<Place> places;
            result = database.listings()
                         .read(database, list, committed + skipped, int(count),
                               [&](const Statement &read) {
                                   auto object = objectFromSql(read.value(3));
                                   if (!object) {
                                       failure = object.error();
                                       return;
                                   }
                                   RuleRow rule { .rule = std::get<AccessRule>(*object),
                                                  .version = read.value(2).toLongLong() };
                                   const auto edit = editOf(draft, ObjectType::AccessRule, rule.rule.id);
                                   rule.draft = markOf(edit);
                                   if (const AccessRule *content = edit ? ruleOf(*edit) : nullptr)
                                       rule.rule = *content;
                                   places.append({ read.value(1).toLongLong(), 0 });
                                   rows.append(rule);
                               })
                         .transform([&](const Listings::Extent &read) { now = read; });
            for (qsizetype i = 0; i < rows.size(); ++i) {
                rows[i].position = filtered ? position(places.at(i)) : row + skipped + i + 1;
                page.rows.append(rows.at(i));
            }
        }
        row += end - committed;
        committed = end;
        return result;
    };
    Result<void> added;
    for (const Change &change : std::as_const(changes)) {
        added = added.and_then([&] { return addCommitted(change.at); });
        if (!change.put) {
            ++committed;
            continue;
        }
        if (row >= query.first && left() > 0) {
            const auto edit = editOf(draft, ObjectType::AccessRule, change.put->id);
            page.rows.append({ .rule = *ruleOf(*edit),
                               .version = edit->base.version,
                               .position = filtered ? position(change.put->place) : row + 1,
                               .draft = markOf(edit) });
        }
        ++row;
    }
    added = added.and_then([&] { return addCommitted(extent->total); });
    if (!added)
        return std::unexpected(added.error());
    if (failure)
        return std::unexpected(*failure);
    page.total = now.total + row - committed;
    page.more = now.more;
    return page;
}

Result<std::optional<qint64>> readRuleRow(Database &database, const DraftState &draft, Action action,
                                          const QString &ruleId)
{
    const auto moved = rearranged(database, draft, action);
    if (!moved)
        return std::unexpected(moved.error());
    const auto row = [&](const Place &place) {
        return positionOf(database, action, *moved, place).transform([](qint64 position) {
            return std::optional(position - 1);
        });
    };
    const auto placed = std::ranges::find(moved->placed, ruleId, &PlacedRule::id);
    if (placed != moved->placed.end())
        return row(placed->place);
    const auto rank = database.value(u"SELECT rank FROM rules WHERE rule = ? AND list = ?"_s,
                                     { ruleId, listOf(action) });
    if (!rank)
        return std::unexpected(rank.error());
    if (rank->isNull())
        return std::optional<qint64>();
    return row({ rank->toLongLong(), 0 });
}

Result<Page<PushRow>> readPushes(Database &database, qint64 first, int limit)
{
    Page<PushRow> page;
    const auto total = database.count(u"SELECT count(DISTINCT revision) FROM deliveries"_s, Part::Deliveries);
    if (!total)
        return std::unexpected(total.error());
    page.total = *total;
    return forEach(
               database,
               uR"(SELECT d.revision, r.at, r.by, r.title, r.changes, sum(d.kind = 0), sum(d.kind = 0 AND d.state = 0),
                              sum(d.kind = 0 AND d.state = 1), sum(d.kind = 0 AND d.state = 2),
                              sum(d.kind = 0 AND d.state = 3), sum(d.kind <> 0)
                       FROM deliveries d LEFT JOIN revisions r ON r.revision = d.revision
                       GROUP BY d.revision ORDER BY d.revision DESC LIMIT ? OFFSET ?)"_s,
               { limit, first },
               [&](const Statement &row) {
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
               })
        .transform([&] { return page; });
}

Result<Page<DeliveryRow>> readDeliveries(Database &database, Revision revision, qint64 first, int limit)
{
    Page<DeliveryRow> page;
    const auto total = database.value(u"SELECT count(*) FROM deliveries WHERE revision = ?"_s, { revision });
    if (!total)
        return std::unexpected(total.error());
    page.total = total->toLongLong();
    return forEach(
               database,
               uR"(SELECT d.id, d.revision, d.jid, d.kind, d.peer, d.state, d.attempts, d.created, d.sent, d.settled,
                              d.error, d.sequence, t.name, coalesce(t.online, 0)
                       FROM deliveries d LEFT JOIN things t ON t.jid = d.jid
                       WHERE d.revision = ? ORDER BY d.jid, d.id LIMIT ? OFFSET ?)"_s,
               { revision, limit, first },
               [&](const Statement &row) {
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
               })
        .transform([&] { return page; });
}

Result<Page<WordRow>> readWords(Database &database, const WordQuery &query)
{
    Page<WordRow> page;
    const QString prefix = u""_s
        + query.prefix.trimmed().toCaseFolded(); // not null, which SQL compares with nothing
    const QString beyond = prefix + u"\U0010ffff"_s;
    const auto add = [&](const Statement &row) {
        page.rows.append({ row.value(0).toString(), row.value(1).toString() });
    };
    Result<void> read;
    if (query.kind == WordKind::Thing) {
        // What begins like that comes before what only contains it.
        read = forEach(database,
                       u"SELECT jid, name FROM things WHERE jid >= ? AND jid < ? ORDER BY jid LIMIT ?"_s,
                       { prefix, beyond, query.limit }, add);
        if (const QStringList words = searchWords(prefix); !words.isEmpty()) {
            Filter others;
            others.add(u"NOT (t.jid >= ? AND t.jid < ?)"_s, { prefix, beyond });
            const Filter found = hits(Found::Thing, u"things"_s, u"t.jid, t.name"_s, words, others);
            read = read.and_then([&] {
                return forEach(database, found.text() + u" LIMIT ?"_s,
                               found.values + QVariantList { query.limit - page.rows.size() }, add);
            });
        }
    } else if (!query.of.isEmpty()) {
        read = forEach(database, u"SELECT object FROM things WHERE jid = ?"_s, { query.of },
                       [&](const Statement &row) {
                           if (const auto object = objectFromSql(row.value(0)))
                               page.rows = wordsOf(std::get<Thing>(*object), query.kind, prefix, query.limit);
                       });
    } else {
        read = forEach(
            database,
            u"SELECT word, detail FROM words WHERE kind = ? AND folded >= ? AND folded < ? LIMIT ?"_s,
            { int(query.kind), prefix, beyond, query.limit }, add);
    }
    return read.transform([&] {
        page.total = page.rows.size();
        return page;
    });
}

Result<Page<HitRow>> readHits(Database &database, const QString &search, int limit)
{
    struct Place
    {
        Found found;
        QString table;
        QString columns; ///< type, id, text
    };
    const auto type = [](ObjectType type) { return QString::number(int(type)); };
    const std::array places {
        Place { Found::Thing, u"things"_s,
                type(ObjectType::Thing) + u", t.jid, coalesce(nullif(t.name, ''), t.jid)"_s },
        Place { Found::Rule, u"rules"_s,
                u"CASE WHEN t.list < 2 THEN %1 ELSE %2 END, t.rule, replace(t.search, char(10), ' ')"_s.arg(
                    type(ObjectType::AccessRule), type(ObjectType::FriendshipRule)) },
        Place { Found::Friendship, u"friendships"_s,
                type(ObjectType::Friendship) + u", t.a || ' ' || t.b, t.comment"_s },
        Place { Found::Other, u"objects"_s, u"t.type, t.object_id, t.object_id"_s },
    };
    Page<HitRow> page;
    const QStringList words = searchWords(search);
    Result<void> read;
    for (const Place &place : places) {
        if (words.isEmpty() || page.rows.size() >= limit)
            break;
        const Filter found = hits(place.found, place.table, place.columns, words, {});
        read = read.and_then([&] {
            return forEach(
                database, found.text() + u" LIMIT ?"_s,
                found.values + QVariantList { limit - page.rows.size() }, [&](const Statement &row) {
                    page.rows.append({ { ObjectType(row.value(0).toInt()), row.value(1).toString() },
                                       row.value(2).toString() });
                });
        });
    }
    return read.transform([&] {
        page.total = page.rows.size();
        page.more = page.rows.size() == limit;
        return page;
    });
}

Result<GraphRows> readGraph(Database &database, const DraftState &draft, const GraphQuery &query)
{
    const QList<Friendship> added = addedPairs(draft);
    const QString someone = u"(SELECT value FROM json_each(?))"_s;

    // Whose surroundings: one wave of friends after the other
    QSet<QString> around;
    if (!query.members.isEmpty()) {
        around = QSet(query.members.cbegin(), query.members.cend());
    } else if (!query.focus.isEmpty()) {
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
                                [&](const Statement &row) { reach(row.value(0).toString()); });
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
                        u"SELECT "_s + thingColumns + u" FROM things"_s
                            + (whole ? QString() : u" WHERE jid IN "_s + someone) + u" ORDER BY jid"_s,
                        whole ? QVariantList() : QVariantList { members }, [&](const Statement &row) {
                            graph.things.append(thingRow(row, 0));
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
                   u"SELECT a, b, state FROM friendships"_s
                       + (whole ? QString() : u" WHERE a IN "_s + someone + u" AND b IN "_s + someone)
                       + u" ORDER BY a, b"_s,
                   whole ? QVariantList() : QVariantList { members, members }, [&](const Statement &row) {
                       Friendship pair = makeFriendship(row.value(0).toString(), row.value(1).toString(),
                                                        Friendship::State(row.value(2).toInt()));
                       const auto edit = editOf(draft, ObjectType::Friendship, objectId(pair));
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

Result<bool> visitNetwork(Database &database, const NetworkVisitor &visitor)
{
    constexpr int between = 4096; // rows
    const auto expected = database.value(
        u"SELECT (SELECT count(*) FROM things) + (SELECT count(*) FROM friendships)"_s);
    if (!expected)
        return std::unexpected(expected.error());
    qint64 done = 0;
    const auto goesOn = [&] {
        return ++done % between != 0
            || visitor.goOn(std::min(1.0, double(done) / double(std::max(1LL, expected->toLongLong()))));
    };

    const auto things = database.run(u"SELECT id, jid, kind, online, waiting FROM things ORDER BY id"_s);
    if (!things)
        return std::unexpected(things.error());
    while ((*things)->next()) {
        const Statement &row = **things;
        visitor.thing({ .id = row.value(0).toLongLong(),
                        .jid = row.value(1).toString(),
                        .kind = ThingKind(row.value(2).toInt()),
                        .online = row.value(3).toBool(),
                        .waiting = row.value(4).toInt() > 0 });
        if (!goesOn()) {
            (*things)->finish();
            return false;
        }
    }

    // JIDs come along only where no thing has them.
    const auto pairs = database.run(
        u"SELECT x.id, y.id, f.state, CASE WHEN x.id IS NULL THEN f.a END, CASE WHEN y.id IS NULL THEN f.b "
        u"END"
        " FROM friendships f LEFT JOIN things x ON x.jid = f.a LEFT JOIN things y ON y.jid = f.b"_s);
    if (!pairs)
        return std::unexpected(pairs.error());
    QHash<QString, qint64> unknown;
    const auto idOf = [&](const Cell &id, const Cell &jid) {
        if (!id.isNull())
            return id.toLongLong();
        qint64 &made = unknown[jid.toString()];
        if (made == 0) {
            made = -unknown.size();
            visitor.thing({ .id = made, .jid = jid.toString() });
        }
        return made;
    };
    while ((*pairs)->next()) {
        const Statement &row = **pairs;
        const qint64 a = idOf(row.value(0), row.value(3));
        const qint64 b = idOf(row.value(1), row.value(4));
        visitor.pair(a, b, Friendship::State(row.value(2).toInt()));
        if (!goesOn()) {
            (*pairs)->finish();
            return false;
        }
    }
    return visitor.goOn(1);
}

Result<QList<NameRow>> readNames(Database &database, const QList<qint64> &ids)
{
    QStringList texts;
    for (const qint64 id : ids)
        texts.append(QString::number(id));
    QList<NameRow> names;
    return forEach(database,
                   u"SELECT id, jid, name FROM things WHERE id IN (SELECT value FROM json_each(?))"_s,
                   { u'[' + texts.join(u',') + u']' },
                   [&](const Statement &row) {
                       names.append(
                           { row.value(0).toLongLong(), row.value(1).toString(), row.value(2).toString() });
                   })
        .transform([&] { return names; });
}

Result<Counts> readCounts(Database &database)
{
    Counts counts;
    const std::tuple<qint64 &, QString, Parts> all[] {
        { counts.things, u"things"_s, Part::Things },
        { counts.online, u"things WHERE online = 1"_s, Part::Things | Part::Statuses },
        { counts.friendships, u"friendships WHERE state = 0"_s, Part::Friendships },
        { counts.rules, u"rules WHERE list < 2"_s, Part::Rules },
        { counts.openDeliveries, u"deliveries WHERE kind = 0 AND state < 2"_s, Part::Deliveries },
    };
    for (const auto &[number, from, parts] : all) {
        const auto counted = database.count(u"SELECT count(*) FROM "_s + from, parts);
        if (!counted)
            return std::unexpected(counted.error());
        number = *counted;
    }
    return counts;
}

Result<QList<VersionedObject>> readObjects(Database &database, const QList<ObjectKey> &keys)
{
    QList<VersionedObject> objects;
    for (const ObjectKey &key : keys) {
        VersionedObject versioned { .key = key };
        std::optional<Failure> unreadable;
        const auto take = [&](const Statement &row) {
            auto object = objectFromSql(row.value(1));
            if (!object) {
                unreadable = object.error();
                return;
            }
            versioned.version = row.value(0).toLongLong();
            versioned.object = std::move(*object);
        };
        Result<void> read;
        switch (key.type) {
        case ObjectType::Thing:
            read = forEach(database, u"SELECT version, object FROM things WHERE jid = ?"_s, { key.id }, take);
            break;
        case ObjectType::Friendship:
            read = forEach(
                database,
                u"SELECT version, state, secondary, comment FROM friendships WHERE a = ? AND b = ?"_s,
                { key.id.section(u' ', 0, 0), key.id.section(u' ', 1) }, [&](const Statement &row) {
                    versioned.version = row.value(0).toLongLong();
                    versioned.object = Friendship { .a = key.id.section(u' ', 0, 0),
                                                    .b = key.id.section(u' ', 1),
                                                    .state = Friendship::State(row.value(1).toInt()),
                                                    .secondaryTrustAllowed = row.value(2).toBool(),
                                                    .comment = row.value(3).toString() };
                });
            break;
        case ObjectType::FriendshipRule:
        case ObjectType::AccessRule:
            read = forEach(database, u"SELECT version, object FROM rules WHERE rule = ?"_s, { key.id }, take);
            break;
        default:
            read = forEach(database,
                           u"SELECT version, object FROM objects WHERE type = ? AND object_id = ?"_s,
                           { int(key.type), key.id }, take);
        }
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
                u"SELECT rule FROM rules WHERE list = ? AND rank <= ? AND rank > ?"
                " AND rule NOT IN (SELECT value FROM json_each(?)) ORDER BY rank DESC LIMIT 1"_s,
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
