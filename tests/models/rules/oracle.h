// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"

/// The semantics once more, as slow and as close to design/semantics.md as can be: every rule is looked
/// at for every combination, and every subset is tried. Shares no code with models/rules.
namespace oracle {

using namespace castellan;

rules::FriendDecision decide(const Network &network, const rules::FriendQuestion &question);

/// The largest safe answers; only what goes on the wire.
rules::AccessDecision decide(const Network &network, const rules::AccessQuestion &question);

rules::ServiceDecision decide(const Network &network, const rules::ServiceQuestion &question);

rules::PrivilegeDecision decide(const Network &network, const rules::PrivilegeQuestion &question);

/// Whether the rules allow one combination; \a name not set: any that nobody listed.
bool isAllowed(const Network &network, const rules::AccessQuestion &question, const NodeRef &node,
               const std::optional<QString> &name, FieldType type);

} // namespace oracle
