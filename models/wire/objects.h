// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"
#include "wire/element.h"

namespace castellan::wire {

/// An object as the element of its type's name in the administration namespace (`thing`, `access-rule`, …).
[[nodiscard]] Element writeObject(const Object &object);
/// Reads and normalises. Fails with `bad-request` or `jid-malformed` naming the attribute.
[[nodiscard]] Result<Object> readObject(const Element &element);

} // namespace castellan::wire
