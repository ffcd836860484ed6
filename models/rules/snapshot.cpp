// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/snapshot.h"

#include "rules/access.h"
#include "rules/affected.h"
#include "rules/compilednetwork.h"
#include "rules/friendship.h"

namespace castellan::rules {

Snapshot::Snapshot()
    : Snapshot(Network())
{ }

Snapshot::Snapshot(const Network &network)
    : d(std::make_shared<const CompiledNetwork>(network))
{ }

Snapshot::Snapshot(std::shared_ptr<const CompiledNetwork> network)
    : d(std::move(network))
{ }

Snapshot Snapshot::with(const QList<VersionedObject> &changes) const
{
    auto changed = std::make_shared<CompiledNetwork>(*d);
    for (const VersionedObject &change : changes)
        changed->apply(change);
    return Snapshot(std::move(changed));
}

FriendDecision Snapshot::decide(const FriendQuestion &question, Explain explain) const
{
    return rules::decide(*d, question, explain);
}

AccessDecision Snapshot::decide(const AccessQuestion &question, Explain explain) const
{
    return rules::decide(*d, question, explain);
}

QSet<QString> Snapshot::affectedBy(const QList<VersionedObject> &changes, const Snapshot &after,
                                   const QSet<QString> &known) const
{
    return rules::affectedBy(*d, *after.d, changes, known);
}

Network Snapshot::network() const
{
    return d->network();
}

std::optional<Object> Snapshot::object(const ObjectKey &key) const
{
    return d->object(key);
}

} // namespace castellan::rules
