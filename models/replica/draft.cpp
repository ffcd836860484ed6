// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draft.h"

#include "replica/replica.h"

namespace castellan::replica {

ChangeDraft::ChangeDraft(Replica &replica)
    : m_replica(replica)
{ }

void ChangeDraft::put(const VersionedObject &, const Object &) { }
void ChangeDraft::remove(const VersionedObject &) { }
void ChangeDraft::move(const VersionedObject &, const QString &) { }
void ChangeDraft::discard(const ObjectKey &) { }
void ChangeDraft::discardAll() { }
void ChangeDraft::undo() { }
void ChangeDraft::redo() { }
std::optional<VersionedObject> ChangeDraft::theirs(const ObjectKey &key) const
{
    const auto found = m_theirs.constFind(key);
    return found == m_theirs.cend() ? std::nullopt : std::optional(*found);
}
void ChangeDraft::keepMine(const ObjectKey &) { }
void ChangeDraft::push(const QString &) { }

} // namespace castellan::replica
