// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"
#include "rules/snapshot.h"

namespace castellan::rules {

/// What the friendship rules say of a pair, without containment and explicit pairs.
[[nodiscard]] FriendDecision decideByRules(const CompiledNetwork &network, const FriendQuestion &question);

[[nodiscard]] FriendDecision decide(const CompiledNetwork &network, const FriendQuestion &question,
                                    Explain explain);

} // namespace castellan::rules
