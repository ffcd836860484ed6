// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

namespace castellan {

/// Counts committed change sets of one store, from 1. An object's version is the revision that last
/// wrote it; 0 is "does not exist".
using Revision = qint64;

/// One edit of one object.
struct Change
{
    enum class Verb {
        Put, ///< create (base 0) or replace
        Remove,
        Move, ///< ordered rules only: change the place, nothing else
    };

    Verb verb = Verb::Put;
    ObjectKey key;
    /// The version that the editor saw. Another one in the store is a conflict.
    Revision base = 0;
    std::optional<Object> object; ///< Put only
    /// Ordered rules, on Move and optionally on Put: the id of the rule to stand directly behind, empty
    /// for the first place. Not set on Put: a new rule goes last, an existing one stays where it is.
    std::optional<QString> after;

    friend bool operator==(const Change &, const Change &) = default;
};

/// Edits that are committed together or not at all.
struct ChangeSet
{
    /// UUID. Applying the same id twice answers the first result and changes nothing, so that a reply
    /// lost on the way never leads to a double edit.
    QString id;
    QString title;
    QList<Change> changes;

    friend bool operator==(const ChangeSet &, const ChangeSet &) = default;
};

/// An object with its version, or the trace of a removed one (`object` not set).
struct VersionedObject
{
    ObjectKey key;
    Revision version = 0;
    std::optional<Object> object;

    friend bool operator==(const VersionedObject &, const VersionedObject &) = default;
};

/// What one commit was, without its objects.
struct RevisionInfo
{
    Revision revision = 0;
    QDateTime at;
    QString by; ///< full JID of the administrator, or the server's own for what it noted
    QString title;
    int changes = 0;
    QString changeSetId {};
    QString reverts {}; ///< id of the change set that this one undid; empty: none
    /// UTC. Set while the server waits for a confirmation and will otherwise undo it by itself then.
    QDateTime confirmBy {};

    friend bool operator==(const RevisionInfo &, const RevisionInfo &) = default;
};

/// Who does something in the administration interface.
struct Actor
{
    QString jid; ///< full, as it arrived
    friend bool operator==(const Actor &, const Actor &) = default;
};

/// One message that a commit owes a thing, until the thing has confirmed it (statement 23).
struct Delivery
{
    enum class Kind {
        ClearCache,
        Friend,
        Unfriend,
    };
    enum class State {
        Waiting, ///< the thing is offline, or it is not its turn yet
        Sent, ///< on its way; for ClearCache not yet an effect
        Acknowledged, ///< ClearCache only
        Failed, ///< the thing answered with an error, kept in `error`
    };

    qint64 id = 0;
    Revision revision = 0;
    QString jid; ///< bare
    Kind kind = Kind::ClearCache;
    QString peer; ///< Friend and Unfriend: the other one
    State state = State::Waiting;
    int attempts = 0;
    QDateTime created;
    QDateTime sent; ///< last attempt
    QDateTime settled; ///< acknowledged or failed
    QString error;
    /// Grows with every change of any delivery, over restarts: `deliveries after=…` continues from here.
    qint64 sequence = 0;

    friend bool operator==(const Delivery &, const Delivery &) = default;
};

} // namespace castellan
