// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"
#include "rules/snapshot.h"

namespace castellan::rules {

[[nodiscard]] AccessDecision decide(const CompiledNetwork &network, const AccessQuestion &question,
                                    Explain explain);

} // namespace castellan::rules
