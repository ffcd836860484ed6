// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/store.h"

#include <QDateTime>

#include <optional>

namespace castellan::store {

class Connection;

/// What somebody did or tried to do. Texts that do not apply are empty.
struct AuditEntry
{
    QDateTime at {}; ///< UTC; never before that of the entry before, whatever the clock says
    QString by {}; ///< full JID
    QString operation {};
    QString objectType {};
    QString objectId {};
    Revision revision = 0; ///< that came of it, 0 for none
    QString why {};
    QString before {};
    QString after {};
    QString result {};
};

/// The log that only grows. Each entry's hash is the SHA-256, in lower-case hexadecimal, of the hash before
/// (empty for the first) and all its other columns in the table's order, numbers in decimal, each written as
/// a netstring: the length in bytes of its UTF-8, a colon, the text, a comma.
class AuditLog
{
public:
    explicit AuditLog(Connection &connection);

    /// To be called when a transaction begins: what an undone one appended is forgotten.
    void reread() { m_last.reset(); }
    /// Within the caller's transaction. Throws Abort.
    void append(const AuditEntry &entry);
    /// To be called before a transaction in which something was appended is committed. Throws Abort.
    void finish();
    /// Goes on with \a check, which begins empty, through the next \a count entries. False: that was all, or
    /// one of them does not fit. Throws Abort.
    [[nodiscard]] bool verify(AuditCheck &check, int count) const;
    /// Throws Abort.
    [[nodiscard]] Result<Store::AuditPage> history(const AuditFilter &filter, const Window &window) const;

private:
    /// The first entry of that time or later.
    [[nodiscard]] qint64 firstSince(const QDateTime &time) const;
    [[nodiscard]] qint64 size() const;

    struct Last
    {
        qint64 id = 0;
        qint64 at = 0;
        QString hash;
        bool isWritten = true;
    };
    Connection &m_connection;
    std::optional<Last> m_last; ///< as this transaction knows it
};

} // namespace castellan::store
