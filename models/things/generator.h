// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

namespace castellan::things {

/// The smallest network that generatedNetwork() makes.
inline constexpr int fewestThings = 50;

/// A made-up network of buildings, for demonstrations and for trying how things work at a size: \a things
/// things (at least fewestThings), three friendships and a rule for each, and what belongs to them: services,
/// users, privileges, certificates, some questions and a containment. Who knows whom follows what is found
/// in real networks: communities of very different sizes, in which a few know many. The same for the same
/// \a things and \a seed. Any thread.
[[nodiscard]] Network generatedNetwork(int things, quint32 seed);

} // namespace castellan::things
