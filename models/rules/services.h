// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"
#include "rules/decisions.h"

namespace castellan::rules {

/// What the visitor is known by, with the SHA-256 thumbprints of the certificates among the thumbprints.
[[nodiscard]] Credentials withThumbprints(Credentials credentials);

/// Whether \a credentials meet \a condition (statement 15).
[[nodiscard]] bool isMet(const AccessCondition &condition, const Credentials &credentials);

/// In metres, along the surface of a sphere with the Earth's mean radius.
[[nodiscard]] double distance(const Location &a, const Location &b);

[[nodiscard]] ServiceDecision decide(const CompiledNetwork &network, const ServiceQuestion &question,
                                     Explain explain);

} // namespace castellan::rules
