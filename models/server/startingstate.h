// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "store/store.h"

namespace castellan::server {

/// What a server starts with.
struct StartingState
{
    StoredState stored;
    rules::Snapshot network;
    QList<Object> noted; ///< of the network: what no administrator has confirmed yet
};

/// Reads what \a store holds. Parts of the network are compiled while others are read: nothing but what was
/// compiled is ever in memory as a whole. Finishes on the store's thread.
[[nodiscard]] QFuture<Result<StartingState>> readStartingState(Store &store);

} // namespace castellan::server
