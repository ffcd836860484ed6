// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "store/store.h"
#include "vocabulary/changeset.h"

namespace castellan::server {

/// What a change set would make of the network, before the store has agreed to it.
struct CommitPlan
{
    QList<VersionedObject> changes; ///< what the change set puts, moves or removes
    rules::Snapshot after;
};

/// Ranks in the plan give the right order but are not those that the store will choose. A change set that
/// does not fit (an unknown rule to stand behind, a missing object) makes a plan all the same: the store
/// refuses it, and nobody uses the plan.
[[nodiscard]] CommitPlan planCommit(const rules::Snapshot &before, const ChangeSet &changeSet);

/// The messages that \a plan owes to those who have asked before: `friend` or `unfriend` to both of an
/// edited pair (statements 8; not when rules still accept a pair that was removed), then clearCache to
/// every device whose answers may differ (statements 23 and 24).
[[nodiscard]] Owed owedDeliveries(const rules::Snapshot &before, const CommitPlan &plan,
                                  const QSet<QString> &askers);

} // namespace castellan::server
