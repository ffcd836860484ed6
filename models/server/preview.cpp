// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/preview.h"

#include "server/consequences.h"

#include <algorithm>

namespace castellan::server {

wire::admin::Previewed preview(const rules::Snapshot &before, const QList<VersionedObject> &objects,
                               const QDateTime &since, const QDateTime &at, const QSet<QString> &askers,
                               const rules::EffectLimits &limits)
{
    const Outcome outcome = outcomeOf(before, objects, since, at, askers);
    QList<VersionedObject> changes = objects;
    for (const ObjectKey &key : outcome.removed)
        changes.append({ .key = key });
    wire::admin::Previewed previewed;
    previewed.effects = before.effectsOf(changes, outcome.after, at, limits);
    const auto isFull = [&] { return previewed.told.size() >= limits.rows; };
    for (const Delivery &message : outcome.owed.messages) {
        if (!isFull())
            previewed.told.append(message);
    }
    for (const QString &jid : outcome.owed.clearCaches) {
        if (isFull())
            break;
        previewed.told.append({ .jid = jid, .kind = Delivery::Kind::ClearCache });
    }
    previewed.deliveries = int(outcome.owed.messages.size() + outcome.owed.clearCaches.size());
    previewed.removed = outcome.removed.first(std::min<qsizetype>(outcome.removed.size(), limits.rows));
    return previewed;
}

} // namespace castellan::server
