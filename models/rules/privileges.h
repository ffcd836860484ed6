// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/decisions.h"

#include <vector>

namespace castellan::rules {

class CompiledNetwork;

/// Finds the first entry of a privilege list that matches (statement 17) by looking up the few prefixes of
/// what is asked about, however long the list is.
class PrivilegeIndex
{
public:
    explicit PrivilegeIndex(const QList<PrivilegeEntry> &entries);

    /// The place of the first entry that is equal to \a privilege or a whole-part prefix of it, or -1.
    [[nodiscard]] qsizetype firstMatch(QStringView privilege) const;

private:
    struct Slot
    {
        quint32 hash = 0;
        qint32 entry = -1;
    };

    QList<PrivilegeEntry> m_entries; ///< shared with the list
    std::vector<Slot> m_slots; ///< open addressing, a power of two; only the first of equal entries
};

/// A privilege list and its index.
struct CompiledPrivilegeList
{
    explicit CompiledPrivilegeList(const PrivilegeList &what)
        : list(what),
          index(what.entries)
    { }

    PrivilegeList list;
    PrivilegeIndex index;
};

[[nodiscard]] PrivilegeDecision decide(const CompiledNetwork &network, const PrivilegeQuestion &question,
                                       Explain explain);

/// See Snapshot::privileges.
[[nodiscard]] QList<PrivilegeEntry> privileges(const CompiledNetwork &network,
                                               const PrivilegesQuestion &question);

} // namespace castellan::rules
