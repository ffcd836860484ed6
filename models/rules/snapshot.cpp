// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/snapshot.h"

#include "rules/access.h"
#include "rules/affected.h"
#include "rules/compilednetwork.h"
#include "rules/friendship.h"
#include "rules/matching.h"

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

QStringList Snapshot::rulesTouching(const QString &jid) const
{
    const QStringList roles = d->rolesOf(jid);
    QStringList ids;
    for (const FriendshipRulePtr &rule : d->allFriendshipRules()) {
        if (matchesJid(rule->one, jid, roles) || matchesJid(rule->other, jid, roles))
            ids.append(rule->id);
    }
    for (const AccessRulePtr &rule : d->allAccessRules()) {
        if (matchesDevice(rule->target, jid, roles) || matchesJid(rule->subject, jid, roles))
            ids.append(rule->id);
    }
    return ids;
}

} // namespace castellan::rules
