// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"
#include "vocabulary/effects.h"
#include "vocabulary/listing.h"
#include "wire/element.h"
#include "wire/provisioning.h"

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
///
/// Reading and writing is in adminrequests.cpp and adminresponses.cpp, with adminparts.h.
namespace castellan::wire::admin {

/// A page of XEP-0059. Not set: as much as `capabilities` allows.
struct Page
{
    std::optional<int> max {}; ///< 0: only how many there are
    QString after {}; ///< the `last` of the page before
    /// The `first` of the page behind; empty: the last page. Where pages can only be asked for forwards:
    /// `feature-not-implemented`.
    std::optional<QString> before {};
    friend bool operator==(const Page &, const Page &) = default;
};

/// What XEP-0059 says about the page that came.
struct PageInfo
{
    QString first {}; ///< empty when the page is empty, as \a last
    QString last {};
    std::optional<int> count {}; ///< objects in all
    bool complete = false; ///< nothing comes after this page; asked for backwards: nothing before it
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
struct ListObjects
{
    Listing listing;
    Page page {};
    friend bool operator==(const ListObjects &, const ListObjects &) = default;
};
struct GetDeliveries
{
    qint64 after = 0; ///< a Delivery::sequence
    Page page {};
    /// A bare JID: only what is open for it, the first to go first; id, jid, kind, peer and attempts of it.
    QString openFor {};
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

/// The audit log, oldest first.
struct GetHistory
{
    AuditFilter filter;
    Page page {};
    friend bool operator==(const GetHistory &, const GetHistory &) = default;
};
/// Walks the chain of the audit log.
struct Verify
{
    friend bool operator==(const Verify &, const Verify &) = default;
};
/// What applying \a changeSet now would do. Nothing is changed.
struct Preview
{
    ChangeSet changeSet;
    friend bool operator==(const Preview &, const Preview &) = default;
};
/// Whom a question of `explain` is asked for besides the asker, as tokens would say it (statements 3, 13). A
/// certificate stands for its user and service, too.
struct Bearer
{
    enum class As {
        Service,
        User,
        Device,
    };
    As as = As::User;
    QString certificate {}; ///< SHA-256 thumbprint
    QString user {}; ///< who has no certificate, but has logged in at a service
    QString service {};
    friend bool operator==(const Bearer &, const Bearer &) = default;
};
/// What \a question would be answered now, and why. Tokens are secrets, so the question carries none.
struct Explain
{
    QString asker; ///< bare JID
    QList<Bearer> bearers {};
    Provisioning question; ///< isFriend, canRead, canControl, canAccess, hasPrivilege or downloadPrivileges
    /// As if this were committed; a conflict if it could not be.
    std::optional<ChangeSet> changeSet {};
    friend bool operator==(const Explain &, const Explain &) = default;
};

// ---- iq set

struct Apply
{
    ChangeSet changeSet;
    /// Seconds after which the server undoes it by itself, as a revision of its own, unless it is confirmed.
    std::optional<int> confirmWithin {};
    friend bool operator==(const Apply &, const Apply &) = default;
};
/// The change set stays. `item-not-found` when it does not wait for a confirmation (any more).
struct Confirm
{
    QString changeSetId;
    friend bool operator==(const Confirm &, const Confirm &) = default;
};
/// Undoes a committed change set as a revision of its own; a conflict when an object was changed since, and
/// then nothing is undone.
struct Revert
{
    QString changeSetId;
    friend bool operator==(const Revert &, const Revert &) = default;
};
/// Statement 25. Who is contained already is contained as said now.
struct Contain
{
    QString jid; ///< bare
    QDateTime until {}; ///< UTC; invalid: until it is released
    QString comment {};
    friend bool operator==(const Contain &, const Contain &) = default;
};
/// `item-not-found` when it is not contained.
struct Release
{
    QString jid;
    QString comment {};
    friend bool operator==(const Release &, const Release &) = default;
};
/// Makes the two a rejected pair, whatever made them friends.
struct Unfriend
{
    QString jid;
    QString peer;
    QString comment {};
    friend bool operator==(const Unfriend &, const Unfriend &) = default;
};
/// Answers the pending question of the two (statements 5 and 6): with a pair, or with a friendship rule that
/// comes first. `item-not-found` when it is answered already.
struct AnswerQuestion
{
    /// From whom the answer holds, as somebody to be friends with \a jid.
    enum class Scope {
        Pair,
        Domain, ///< that of the asker
        Role, ///< who has `role`, which the asker has
        Everyone,
    };
    QString asker;
    QString jid; ///< whom it asked about
    bool accept = false;
    Scope scope = Scope::Pair;
    QString role {};
    bool secondaryTrustAllowed = false;
    QString comment {};
    friend bool operator==(const AnswerQuestion &, const AnswerQuestion &) = default;
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
                             GetStatuses, GetHistory, Verify, Preview, Explain, Apply, Confirm, Revert,
                             Contain, Release, Unfriend, AnswerQuestion, Subscribe, Unsubscribe>;

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
    int analyses = 0; ///< most of them that are `preview`, `explain` or `verify`
    int rows = 0; ///< most rows of each kind in what `preview` and `explain` answer
    int filters = 0; ///< most filters of a list
    int confirmWithin = 0; ///< most seconds
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
    QDateTime confirmBy {}; ///< UTC; valid: the server undoes it then, unless it is confirmed
    friend bool operator==(const Applied &, const Applied &) = default;
};

struct History
{
    QString epoch;
    QList<AuditRecord> entries;
    PageInfo page;
    friend bool operator==(const History &, const History &) = default;
};

struct Verified
{
    qint64 entries = 0; ///< that fit
    QString head; ///< hash of the last of them: written down elsewhere, it shows later what was there today
    std::optional<qint64> firstBroken; ///< id of the first entry that does not fit
    QString fault; ///< what is wrong with it
    friend bool operator==(const Verified &, const Verified &) = default;
};

/// Lists are no longer than `capabilities` says; the counts are of all.
struct Previewed
{
    Revision revision = 0; ///< what it was compared with
    QList<VersionedObject> conflicts; ///< as with Conflicts; then nothing else is said
    Effects effects; ///< truncated: as there
    QList<Delivery> told; ///< jid, kind and peer of what would be owed
    int deliveries = 0;
    QList<ObjectKey> removed; ///< what the commit would put an end to besides
    friend bool operator==(const Previewed &, const Previewed &) = default;
};

/// One rule or entry that was looked at.
struct Consideration
{
    enum class Outcome {
        Decided,
        OtherSubject,
        MissingToken,
        OtherNode,
        OtherName,
        OtherType,
        NotYetValid,
        Expired,
        ConditionFailed, ///< a service's rule
        OtherPrivilege, ///< an entry of a privilege list
        Unreached, ///< something before it had decided already
    };
    QString id; ///< of the rule, service or privilege list
    std::optional<int> place; ///< of the rule in the service, or of the entry in the list
    Outcome outcome = Outcome::OtherSubject;
    QList<bool> conditions {}; ///< a service's rule: which are met, in order
    friend bool operator==(const Consideration &, const Consideration &) = default;
};
/// One thing that was decided: the whole question, or one node, name and type of it.
struct Verdict
{
    enum class By {
        Containment,
        Pair,
        Rule,
        Entry, ///< of a privilege list
        UnknownService,
        Default, ///< nothing says anything
    };
    NodeRef node {};
    QString name {};
    std::optional<FieldType> type {};
    bool allowed = false; ///< by the rules alone
    bool granted = false; ///< in the answer (statement 11)
    By by = By::Default;
    QString decidedBy {}; ///< id of the rule, pair, service or list; or the JID that is contained
    std::optional<int> place {}; ///< as in Consideration
    QList<Consideration> considered {};
    friend bool operator==(const Verdict &, const Verdict &) = default;
};
struct Explained
{
    Revision revision = 0;
    Provisioning answer; ///< as the asker would get it, but for the token of a granted canAccess
    QList<Verdict> verdicts;
    int verdictCount = 0; ///< in all
    QStringList elsewhere; ///< ids of rules that name the asker, but are about other devices
    friend bool operator==(const Explained &, const Explained &) = default;
};

struct Subscribed
{
    int expires = 0; ///< seconds
    Revision revision = 0;
    qint64 deliverySequence = 0;
    QList<RevisionInfo> unconfirmed {}; ///< that wait for a confirmation now
    friend bool operator==(const Subscribed &, const Subscribed &) = default;
};

struct Done ///< an empty result
{
    friend bool operator==(const Done &, const Done &) = default;
};

using Response = std::variant<Capabilities, Objects, Deliveries, Revisions, Statuses, History, Verified,
                              Previewed, Explained, Applied, Subscribed, Done>;

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
    QList<ThingStatus> statuses {};
    QList<RevisionInfo> unconfirmed {}; ///< all that wait for a confirmation now, whether new or not
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
