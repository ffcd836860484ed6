// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "wire/admin.h"

namespace castellan::server {

/// What a commit of \a objects at \a at would do to \a before; the rest as in outcomeOf(). Safe on any
/// thread.
[[nodiscard]] wire::admin::Previewed preview(const rules::Snapshot &before,
                                             const QList<VersionedObject> &objects, const QDateTime &since,
                                             const QDateTime &at, const QSet<QString> &askers,
                                             const rules::EffectLimits &limits);

} // namespace castellan::server
