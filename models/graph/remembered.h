// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/network.h"

#include <optional>

namespace castellan::graph {

/// Keeps a placed network in the file \a path, for this machine: what is drawn before anything else is read.
/// False if it cannot be written.
bool remember(const Network &network, const QString &path);

/// What remember() has kept; not set if there is none, or it is damaged or of another version.
[[nodiscard]] std::optional<Network> remembered(const QString &path);

} // namespace castellan::graph
