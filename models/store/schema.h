// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLatin1StringView>

#include <span>

namespace castellan::store {

class Connection;

/// The statements that lead from one version of the schema to the next.
using Migration = std::span<const QLatin1StringView>;

/// The number of migrations, which is the version of the schema that they make.
inline constexpr int schemaVersion = 5;

/// All migrations, oldest first.
[[nodiscard]] std::span<const Migration> migrations();

/// Brings the database up to the last of \a migrations, each in a transaction of its own. Throws Abort if
/// one fails (its transaction is undone), if the database is from a newer version, or if it is not ours; then
/// nothing is written.
void migrate(Connection &connection, std::span<const Migration> migrations);

} // namespace castellan::store
