// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/objecttables.h"
#include "store/store.h"

namespace castellan::test {

/// All that a store holds.
struct Stored : StoredState
{
    Network network; ///< rules in order, with ranks; everything else by id
    QHash<ObjectKey, Revision> versions;
};

inline Result<Stored> stored(Store &store)
{
    QList<VersionedObject> objects;
    const auto state = store.load([&](const QList<VersionedObject> &some) { objects += some; }).result();
    if (!state)
        return std::unexpected(state.error());
    std::ranges::sort(objects, {}, [](const VersionedObject &object) {
        const qint64 rank = store::isOrdered(object.key.type) ? store::rankOf(*object.object) : 0;
        return std::tuple(object.key.type, rank, object.key.id);
    });
    Stored all { *state };
    for (const VersionedObject &object : std::as_const(objects)) {
        all.versions.insert(object.key, object.version);
        add(all.network, *object.object);
    }
    return all;
}

} // namespace castellan::test
