// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"
#include "rules/snapshot.h"

namespace castellan::rules {

/// See Snapshot::effectsOf.
[[nodiscard]] Effects effectsOf(const CompiledNetwork &before, const CompiledNetwork &after,
                                const QList<VersionedObject> &changes, const QDateTime &now,
                                const EffectLimits &limits);

} // namespace castellan::rules
