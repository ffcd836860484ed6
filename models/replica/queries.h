// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/database.h"
#include "replica/draftstate.h"
#include "replica/rows.h"

/// The readings of Replica, on the thread of `database`.
namespace castellan::replica {

[[nodiscard]] Result<Page<ThingRow>> readThings(Database &database, const ThingQuery &query);
[[nodiscard]] Result<ThingPortrait> readThing(Database &database, const QString &jid);
[[nodiscard]] Result<Page<FriendRow>> readFriends(Database &database, const DraftState &draft,
                                                  const FriendQuery &query);
[[nodiscard]] Result<Page<RuleRow>> readRules(Database &database, const DraftState &draft,
                                              const RuleQuery &query);
/// The row of an access rule in the list of its action, from 0; not set: nobody holds it.
[[nodiscard]] Result<std::optional<qint64>> readRuleRow(Database &database, const DraftState &draft,
                                                        Action action, const QString &ruleId);
[[nodiscard]] Result<Page<PushRow>> readPushes(Database &database, qint64 first, int limit);
[[nodiscard]] Result<Page<DeliveryRow>> readDeliveries(Database &database, Revision revision, qint64 first,
                                                       int limit);
[[nodiscard]] Result<Page<HitRow>> readHits(Database &database, const QString &search, int limit);
[[nodiscard]] Result<Page<WordRow>> readWords(Database &database, const WordQuery &query);
[[nodiscard]] Result<GraphRows> readGraph(Database &database, const DraftState &draft,
                                          const GraphQuery &query);
/// True when everything was visited, false when the visitor ended it.
[[nodiscard]] Result<bool> visitNetwork(Database &database, const NetworkVisitor &visitor);
[[nodiscard]] Result<QList<NameRow>> readNames(Database &database, const QList<qint64> &ids);
[[nodiscard]] Result<Counts> readCounts(Database &database);
[[nodiscard]] Result<QList<VersionedObject>> readObjects(Database &database, const QList<ObjectKey> &keys);
[[nodiscard]] Result<QList<Change>> readChanges(Database &database, const DraftState &draft);

} // namespace castellan::replica
