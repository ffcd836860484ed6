// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"

#include <QDateTime>

#include <optional>

/// What administrators ask lists for.
namespace castellan {

/// A part of a list, as XEP-0059 asks for it. Positions are what the answer before gave.
struct Window
{
    int max = 0;
    QString after; ///< empty: from the start
    /// Set: the page in front of this position, still in the list's order; empty: the last page.
    std::optional<QString> before;

    friend bool operator==(const Window &, const Window &) = default;
};

/// What an object must have to be listed.
struct Filter
{
    enum class Property {
        Jid, ///< who it is, or one of those it is about; a bare JID
        Kind, ///< things: a name of ThingKind
        Owner, ///< things
        Tag, ///< things
        Role, ///< things and users: that they have it; rules: that they name it
        Noted, ///< whatever can be noted: `true` or `false`
    };
    Property property = Property::Jid;
    QString value;

    friend bool operator==(const Filter &, const Filter &) = default;
};

/// The objects of one type that pass all filters and have \a search in ids, names, owners or tags, whatever
/// the case.
struct Listing
{
    enum class Sort {
        Place, ///< rules: their order; everything else: by id
        Version, ///< the order in which they were changed last
    };
    ObjectType type = ObjectType::Thing;
    QString search {};
    QList<Filter> filters {};
    Sort sort = Sort::Place;
    bool descending = false;

    friend bool operator==(const Listing &, const Listing &) = default;
};

/// An entry of the audit log as it was written. What does not apply is empty.
struct AuditRecord
{
    qint64 id = 0; ///< counts from 1 without a gap
    QDateTime at; ///< UTC
    QString by; ///< full JID
    QString operation; ///< `put`, `remove`, `move`, `import`, … or what was refused
    QString objectType;
    QString objectId;
    Revision revision = 0; ///< that came of it, 0: none
    QString why;
    QString before; ///< the object as JSON
    QString after;
    QString result;
    QString hash; ///< SHA-256 over this entry and the hash before, hexadecimal

    friend bool operator==(const AuditRecord &, const AuditRecord &) = default;
};

/// Which entries of the audit log; what is not set is not asked.
struct AuditFilter
{
    std::optional<ObjectKey> object {};
    QString by {}; ///< a bare JID, with whichever resource
    QString operation {};
    QDateTime from {}; ///< UTC
    QDateTime until {}; ///< UTC, exclusive

    friend bool operator==(const AuditFilter &, const AuditFilter &) = default;
};

} // namespace castellan
