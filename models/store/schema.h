// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/location.h"

#include <QLatin1StringView>

#include <span>

namespace castellan::store {

class Connection;

using Statements = std::span<const QLatin1StringView>;

/// What leads from one version of the schema to the next, in either database.
struct Migration
{
    Statements sqlite;
    Statements postgres;

    [[nodiscard]] Statements of(Location::Kind kind) const
    {
        return kind == Location::Kind::Postgres ? postgres : sqlite;
    }
};

/// The number of migrations, which is the version of the schema that they make.
inline constexpr int schemaVersion = 6;

/// All migrations, oldest first.
[[nodiscard]] std::span<const Migration> migrations();

/// Every table whose rows a backup holds: all but what names the database itself. What others refer to comes
/// first.
[[nodiscard]] std::span<const QLatin1StringView> contentTables();

/// The version of the schema, 0 for an empty database. Throws Abort if the database is not ours.
[[nodiscard]] int versionOf(Connection &connection);

/// Brings the database up to the last of \a migrations, each in a transaction of its own. Throws Abort if
/// one fails (its transaction is undone), if the database is from a newer version, or if it is not ours; then
/// nothing is written.
void migrate(Connection &connection, std::span<const Migration> migrations);

} // namespace castellan::store
