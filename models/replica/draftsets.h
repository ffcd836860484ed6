// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/draftstate.h"
#include "wire/admin.h"

/// The change sets that are not pushed yet, in the database of the local copy: every step is written when
/// it is made, so that a console that is killed loses nothing. On the thread of `database`.
namespace castellan::replica {

class Database;

struct StoredSet
{
    qint64 id = 0; ///< above 0
    QString name; ///< empty: the one that is there before anybody makes one
    QList<DraftStep> steps;
    qsizetype position = 0; ///< steps behind it are undone
    std::optional<wire::admin::Apply> push; ///< sent, perhaps, and not yet known to be applied or refused

    friend bool operator==(const StoredSet &, const StoredSet &) = default;
};

struct StoredSets
{
    QList<StoredSet> sets; ///< by id, at least one
    qint64 current = 0; ///< the one that is worked on

    friend bool operator==(const StoredSets &, const StoredSets &) = default;
};

[[nodiscard]] Result<StoredSets> readSets(Database &database);
/// Creates the set, with whatever is in it.
[[nodiscard]] Result<void> saveSet(Database &database, const StoredSet &set);
[[nodiscard]] Result<void> saveName(Database &database, qint64 set, const QString &name);
[[nodiscard]] Result<void> saveCurrent(Database &database, qint64 set);
struct SetStep
{
    qint64 set = 0;
    qsizetype position = 0; ///< steps of the set from here on are replaced
    DraftStep step;
};
/// All of them or none: what moves from one set to another is never in both, nor in neither.
[[nodiscard]] Result<void> saveSteps(Database &database, const QList<SetStep> &steps);
[[nodiscard]] Result<void> savePosition(Database &database, qint64 set, qsizetype position);
[[nodiscard]] Result<void> savePush(Database &database, qint64 set,
                                    const std::optional<wire::admin::Apply> &push);
/// Forgets the steps and the push, and keeps the set.
[[nodiscard]] Result<void> clearSet(Database &database, qint64 set);
[[nodiscard]] Result<void> removeSet(Database &database, qint64 set);

} // namespace castellan::replica
