// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

namespace castellan::store {

/// Where a database is: the parts of the URL that Store::open() takes.
struct Location
{
    enum class Kind {
        Sqlite,
        Postgres,
    };
    Kind kind = Kind::Sqlite;
    QString path {}; ///< SQLite: the file
    // PostgreSQL; what is empty is as PostgreSQL's other programs have it (PGHOST and so on).
    QString user {};
    QString host {};
    int port = -1;
    QString database {};

    /// For people: the file's name, or the URL.
    [[nodiscard]] QString name() const;

    [[nodiscard]] static Result<Location> parse(const QString &url);
};

} // namespace castellan::store
