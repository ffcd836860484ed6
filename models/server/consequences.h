// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "store/store.h"

namespace castellan::server {

/// What a commit makes of a network, beside what it writes.
struct Outcome
{
    rules::Snapshot after;
    /// What the commit puts an end to: containments whose time is over (statement 25), questions that a pair
    /// or a rule answers now (statement 6).
    QList<ObjectKey> removed;
    /// `friend` and `unfriend` for those explicit pairs that are accepted now and were not, or the other
    /// way round (statements 8 and 25), `friend` to whoever asked a question that is granted now
    /// (statement 6), and clearCache to every device whose answers may differ (statements 23 and 24), all
    /// only to those who have asked before.
    Owed owed;
};

/// \a objects: as the commit writes them at \a at. \a since: the time up to which it has been made known
/// what began or ended to be valid. \a outdated: who is owed a clearCache for another reason.
[[nodiscard]] Outcome outcomeOf(const rules::Snapshot &before, const QList<VersionedObject> &objects,
                                const QDateTime &since, const QDateTime &at, const QSet<QString> &askers,
                                const QStringList &outdated = {});

} // namespace castellan::server
