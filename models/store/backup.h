// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace castellan::store {

class Connection;

/// Writes what \a connection holds, as it is at one moment, into the SQLite file \a path. A file that is
/// there already is replaced by a whole one or not at all. In no transaction of the caller's. Throws Abort.
void writeBackup(Connection &connection, const QString &path);

/// Puts what the backup \a path holds into the empty tables of \a connection, within the caller's
/// transaction. The file stays as it is. Throws Abort.
void readBackup(const QString &path, Connection &connection);

} // namespace castellan::store
