// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"
#include "wire/element.h"

#include <QDateTime>

#include <optional>
#include <variant>

/// The administration interface (`urn:castellan:admin:0`) as values; its schema is
/// resources/schemas/castellan-admin.xsd. Requests travel as iq payloads, answers as their results.
///
/// A replica is filled and kept current with one operation: `changes since=N` pages through every object
/// whose version is above N (N = 0: a snapshot, without traces of removed objects). `deliveries
/// after=N` does the same for what commits owe to things, and `statuses` lists who is there.
/// A `subscribe`d administrator gets an `event` message when there is more to fetch.
namespace castellan::wire::admin {

/// A page of XEP-0059. Not set: as much as `capabilities` allows.
struct Page
{
    std::optional<int> max;
    QString after; ///< the `last` of the page before
    friend bool operator==(const Page &, const Page &) = default;
};

/// What XEP-0059 says about the page that came.
struct PageInfo
{
    QString last; ///< empty when the page is empty
    std::optional<int> count; ///< objects in all
    bool complete = false; ///< nothing comes after this page
    friend bool operator==(const PageInfo &, const PageInfo &) = default;
};

// ---- iq get

struct GetCapabilities
{
    friend bool operator==(const GetCapabilities &, const GetCapabilities &) = default;
};
struct GetChanges
{
    Revision since = 0;
    Page page;
    friend bool operator==(const GetChanges &, const GetChanges &) = default;
};
struct GetObject
{
    ObjectKey key;
    friend bool operator==(const GetObject &, const GetObject &) = default;
};
/// Objects of one type; \a search looks in ids, names, owners and tags, case-insensitively.
struct ListObjects
{
    ObjectType type = ObjectType::Thing;
    QString search;
    Page page;
    friend bool operator==(const ListObjects &, const ListObjects &) = default;
};
struct GetDeliveries
{
    qint64 after = 0; ///< a Delivery::sequence
    Page page;
    friend bool operator==(const GetDeliveries &, const GetDeliveries &) = default;
};
/// What was committed above \a since, oldest first; the start of `history`.
struct GetRevisions
{
    Revision since = 0;
    Page page;
    friend bool operator==(const GetRevisions &, const GetRevisions &) = default;
};
struct GetStatuses
{
    Page page;
    friend bool operator==(const GetStatuses &, const GetStatuses &) = default;
};

// ---- iq set

struct Apply
{
    ChangeSet changeSet;
    friend bool operator==(const Apply &, const Apply &) = default;
};
/// From now on, for this full JID, until `unsubscribe`, its presence goes, an event bounces, or
/// `expires` seconds without another `subscribe` have passed.
struct Subscribe
{
    friend bool operator==(const Subscribe &, const Subscribe &) = default;
};
struct Unsubscribe
{
    friend bool operator==(const Unsubscribe &, const Unsubscribe &) = default;
};

using Request = std::variant<GetCapabilities, GetChanges, GetObject, ListObjects, GetDeliveries, GetRevisions,
                             GetStatuses, Apply, Subscribe, Unsubscribe>;

// ---- results

struct Capabilities
{
    AdminRole role = AdminRole::None;
    QString serverName; ///< e.g. "Castellan 0.1.0"
    /// Names the store. Another one than before means a restored or different store: start from revision 0.
    QString epoch;
    Revision revision = 0;
    QStringList operations; ///< those this role may use
    int pageSize = 0; ///< most objects in a page
    int changeSetSize = 0; ///< most changes in a change set
    int searchLength = 0; ///< most characters in a search
    int concurrent = 0; ///< most operations of one administrator under way at once
    friend bool operator==(const Capabilities &, const Capabilities &) = default;
};

/// Answers changes, get and list.
struct Objects
{
    QString epoch;
    Revision revision = 0; ///< the store's, when the page was read
    QList<VersionedObject> objects;
    PageInfo page;
    friend bool operator==(const Objects &, const Objects &) = default;
};

struct Deliveries
{
    QString epoch;
    QList<Delivery> deliveries; ///< by ascending sequence
    PageInfo page;
    friend bool operator==(const Deliveries &, const Deliveries &) = default;
};

/// What the server knows of one thing's presence and questions.
struct ThingStatus
{
    QString jid; ///< bare
    bool online = false;
    QDateTime lastAsked; ///< invalid: never asked anything
    QDateTime lastSeen;
    friend bool operator==(const ThingStatus &, const ThingStatus &) = default;
};

struct Revisions
{
    QString epoch;
    QList<RevisionInfo> revisions;
    PageInfo page;
    friend bool operator==(const Revisions &, const Revisions &) = default;
};

struct Statuses
{
    QList<ThingStatus> statuses;
    PageInfo page;
    friend bool operator==(const Statuses &, const Statuses &) = default;
};

struct Applied
{
    QString changeSetId;
    Revision revision = 0;
    int deliveries = 0; ///< messages this owes to things: clearCache, friend, unfriend
    friend bool operator==(const Applied &, const Applied &) = default;
};

struct Subscribed
{
    int expires = 0; ///< seconds
    Revision revision = 0;
    qint64 deliverySequence = 0;
    friend bool operator==(const Subscribed &, const Subscribed &) = default;
};

struct Done ///< an empty result
{
    friend bool operator==(const Done &, const Done &) = default;
};

using Response =
    std::variant<Capabilities, Objects, Deliveries, Revisions, Statuses, Applied, Subscribed, Done>;

/// The application condition beside `<conflict/>`: what the store holds where the change set expected
/// something else (an object not set: it is gone).
struct Conflicts
{
    QList<VersionedObject> current;
    friend bool operator==(const Conflicts &, const Conflicts &) = default;
};

/// Message payload to subscribers. What is above the numbers the receiver knows is there to be fetched;
/// statuses are small and come along.
struct Event
{
    QString epoch;
    Revision revision = 0;
    qint64 deliverySequence = 0;
    /// The server has started anew or was out of reach: events may be missing, and subscriptions are gone.
    /// Comes to the bare JID of every administrator; whoever had subscribed starts over.
    bool restarted = false;
    QList<ThingStatus> statuses;
    friend bool operator==(const Event &, const Event &) = default;
};

[[nodiscard]] Result<Request> readRequest(const Element &payload, bool set);
[[nodiscard]] bool isSet(const Request &request);
[[nodiscard]] Element write(const Request &request);
/// \a payload: the iq result's child; a default Element for an empty result.
[[nodiscard]] Result<Response> readResponse(const Element &payload);
[[nodiscard]] Element write(const Response &response);
[[nodiscard]] Result<Event> readEvent(const Element &payload);
[[nodiscard]] Element write(const Event &event);
[[nodiscard]] Result<Conflicts> readConflicts(const Element &payload);
[[nodiscard]] Element write(const Conflicts &conflicts);
/// The operation's name: that of its element, e.g. `changes`.
[[nodiscard]] QLatin1StringView operationName(const Request &request);

} // namespace castellan::wire::admin
