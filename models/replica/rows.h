// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"

#include <QFlags>
#include <QVariant>

#include <functional>

/// What can be asked of the local copy, and the rows that answer. Lists are read a page at a time, from any
/// row on; a page costs about the same wherever it is.
namespace castellan::replica {

/// What a batch from the server, or an edit, touched.
enum class Part {
    Things = 1 << 0,
    Friendships = 1 << 1,
    Rules = 1 << 2,
    Deliveries = 1 << 3,
    Revisions = 1 << 4,
    Statuses = 1 << 5,
};
Q_DECLARE_FLAGS(Parts, Part)
Q_DECLARE_OPERATORS_FOR_FLAGS(Parts)

inline constexpr Parts allParts = Parts::fromInt((1 << 6) - 1);

/// What a change of such an object touches.
[[nodiscard]] constexpr Part partOf(ObjectType type)
{
    return type == ObjectType::Thing     ? Part::Things
        : type == ObjectType::Friendship ? Part::Friendships
                                         : Part::Rules;
}

template<typename Row>
struct Page
{
    QList<Row> rows; ///< from the row on that was asked for
    qint64 total = 0; ///< rows that fit the query
    bool more = false; ///< there are at least so many; how many, is not known yet
};

enum class ThingSort {
    Name, ///< the JID where there is no name
    Jid,
    Kind,
    Online,
    LastAsked,
    Friends,
    Waiting,
    Owner,
};

struct ThingQuery
{
    /// Words that must all occur in JID, name, owner, roles, tags, comment or the nodes with their fields and
    /// parameters.
    QString search;
    std::optional<ThingKind> kind;
    ThingSort sort = ThingSort::Name;
    bool descending = false;
    qint64 first = 0;
    int limit = 100;
};

struct ThingRow
{
    QString jid;
    QString name;
    ThingKind kind = ThingKind::Thing;
    QString owner;
    QStringList tags;
    QStringList roles;
    bool noted = false;
    bool online = false;
    QDateTime lastAsked; ///< invalid: never
    QDateTime lastSeen;
    int friends = 0; ///< accepted pairs
    int waiting = 0; ///< clearCache messages that are not yet acknowledged

    friend bool operator==(const ThingRow &, const ThingRow &) = default;
};

/// A thing with what surrounds it.
struct ThingPortrait
{
    ThingRow row;
    Thing thing;
    int rules = 0; ///< access rules that can involve it
    bool contained = false;

    friend bool operator==(const ThingPortrait &, const ThingPortrait &) = default;
};

struct FriendQuery
{
    QString jid;
    qint64 first = 0;
    int limit = 100;
};

/// What an edit that is not pushed yet makes of an object.
enum class DraftMark {
    None,
    Added,
    Removed,
    Changed,
    Moved,
};

struct FriendRow
{
    QString peer;
    QString peerName;
    ThingKind peerKind = ThingKind::Thing;
    bool peerOnline = false;
    Friendship::State state = Friendship::State::Accepted; ///< as drafted, where it is
    DraftMark draft = DraftMark::None;

    friend bool operator==(const FriendRow &, const FriendRow &) = default;
};

struct RuleQuery
{
    Action action = Action::Read;
    QString touching; ///< bare JID: only rules that can involve it
    QString search;
    qint64 first = 0;
    int limit = 100;
};

struct RuleRow
{
    AccessRule rule; ///< as edited
    Revision version = 0;
    qint64 position = 0; ///< from 1 in the whole list of the action; rules removed by the draft count
    DraftMark draft = DraftMark::None;

    friend bool operator==(const RuleRow &, const RuleRow &) = default;
};

struct PushRow
{
    RevisionInfo revision;
    int total = 0; ///< clearCache messages, as the three that follow
    int waiting = 0;
    int sent = 0;
    int acknowledged = 0;
    int failed = 0;
    int notices = 0; ///< friend and unfriend messages

    friend bool operator==(const PushRow &, const PushRow &) = default;
};

struct DeliveryRow
{
    Delivery delivery;
    QString name; ///< of the thing
    bool online = false;

    friend bool operator==(const DeliveryRow &, const DeliveryRow &) = default;
};

struct Counts
{
    qint64 things = 0;
    qint64 online = 0;
    qint64 friendships = 0; ///< accepted
    qint64 rules = 0; ///< read and control
    qint64 openDeliveries = 0; ///< clearCache messages that are not yet acknowledged

    friend bool operator==(const Counts &, const Counts &) = default;
};

enum class WordKind {
    Role,
    Domain,
    Field,
    Parameter,
    Node, ///< node ids; the detail is the node's name
    Thing, ///< JIDs; the detail is the thing's name
};

struct WordQuery
{
    WordKind kind = WordKind::Thing;
    QString of; ///< only the words of this thing
    QString prefix; ///< letter case does not matter
    int limit = 20;
};

struct WordRow
{
    QString word;
    QString detail;

    friend bool operator==(const WordRow &, const WordRow &) = default;
};

/// Something that a search has found.
struct HitRow
{
    ObjectKey key;
    QString text; ///< what it is called

    friend bool operator==(const HitRow &, const HitRow &) = default;
};

struct GraphQuery
{
    QString focus; ///< empty: the whole network
    int hops = 1;
    QStringList members; ///< these and no others, if there are any
};

/// What a map of the whole network needs to know of a thing.
struct NetworkThing
{
    qint64 id = 0; ///< names are read by it, see names(); negative: only pairs know it
    QString jid;
    ThingKind kind = ThingKind::Thing;
    bool online = false;
    bool waiting = false; ///< for the acknowledgement of a clearCache message
};

/// Who is told of all things and pairs, on a thread of the replica: first of every thing, then of every pair.
struct NetworkVisitor
{
    std::function<void(const NetworkThing &)> thing;
    /// Two ids, in the order of the pair. A thing that only pairs know is told of before the first.
    std::function<void(qint64 a, qint64 b, Friendship::State)> pair;
    /// Now and then, with the part that is done (0 to 1); false ends it.
    std::function<bool(double progress)> goOn;
};

struct NameRow
{
    qint64 id = 0;
    QString jid;
    QString name;

    friend bool operator==(const NameRow &, const NameRow &) = default;
};

/// An explicit pair and what the draft makes of it.
struct PairRow
{
    Friendship pair;
    DraftMark draft = DraftMark::None;

    friend bool operator==(const PairRow &, const PairRow &) = default;
};

struct GraphRows
{
    QList<ThingRow> things; ///< friends are not counted
    QList<PairRow> pairs; ///< between them
};

} // namespace castellan::replica
