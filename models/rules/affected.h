// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"

#include <QSet>

namespace castellan::rules {

/// See Snapshot::affectedBy.
[[nodiscard]] QSet<QString> affectedBy(const CompiledNetwork &before, const CompiledNetwork &after,
                                       const QList<VersionedObject> &changes, const QSet<QString> &known);

/// See Snapshot::affectedBetween.
[[nodiscard]] QSet<QString> affectedBetween(const CompiledNetwork &network, const QDateTime &from,
                                            const QDateTime &to, const QSet<QString> &known);

} // namespace castellan::rules
