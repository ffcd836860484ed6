// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/startingstate.h"

#include "server/noting.h"

namespace castellan::server {

QFuture<Result<StartingState>> readStartingState(Store &store)
{
    struct Compilation
    {
        rules::SnapshotBuilder network;
        QList<Object> noted;
    };
    const auto compilation = std::make_shared<Compilation>();
    const auto take = [compilation](const QList<VersionedObject> &objects) {
        for (const VersionedObject &object : objects) {
            if (Noting::isNoted(*object.object))
                compilation->noted.append(*object.object);
            compilation->network.add(*object.object);
        }
    };
    return store.load(take).then([compilation](const Result<StoredState> &stored) -> Result<StartingState> {
        if (!stored)
            return std::unexpected(stored.error());
        return StartingState { .stored = *stored,
                               .network = compilation->network.finish(),
                               .noted = compilation->noted };
    });
}

} // namespace castellan::server
