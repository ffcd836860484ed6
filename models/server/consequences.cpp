// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/consequences.h"

namespace castellan::server {

namespace {

/// The explicit pairs that \a changes can have touched: those that were edited, and those of who was
/// contained or released.
QSet<QString> touchedPairs(const rules::Snapshot &before, const rules::Snapshot &after,
                           const QList<VersionedObject> &changes)
{
    QSet<QString> pairs;
    for (const VersionedObject &change : changes) {
        if (change.key.type == ObjectType::Friendship)
            pairs.insert(change.key.id);
        if (change.key.type != ObjectType::Containment)
            continue;
        for (const rules::Snapshot *network : { &before, &after }) {
            for (const QString &peer : network->friendsOf(change.key.id))
                pairs.insert(friendshipId(change.key.id, peer));
        }
    }
    return pairs;
}

} // namespace

Outcome outcomeOf(const rules::Snapshot &before, const QList<VersionedObject> &objects,
                  const QDateTime &since, const QDateTime &at, const QSet<QString> &askers,
                  const QStringList &outdated)
{
    QList<VersionedObject> changes = objects;
    Outcome outcome { .after = before.with(objects) };
    const auto remove = [&](const ObjectKey &key) {
        outcome.removed.append(key);
        changes.append({ .key = key });
        outcome.after = outcome.after.with({ { .key = key } });
    };
    for (const Containment &ended : outcome.after.endedContainments(at))
        remove({ ObjectType::Containment, ended.jid });
    const QList<Question> answered = outcome.after.answered(changes);
    for (const Question &question : answered)
        remove({ ObjectType::Question, objectId(question) });

    const auto isAccepted = [](const rules::Snapshot &network, const QString &a, const QString &b) {
        return network.decide(rules::FriendQuestion { a, b }).accepted;
    };
    QSet<std::pair<QString, QString>> told;
    const auto tell = [&](const QString &jid, Delivery::Kind kind, const QString &peer) {
        if (!askers.contains(jid) || told.contains({ jid, peer }))
            return;
        told.insert({ jid, peer });
        outcome.owed.messages.append({ .jid = jid, .kind = kind, .peer = peer });
    };
    QStringList pairs = touchedPairs(before, outcome.after, changes).values();
    pairs.sort(); // the same commit owes the same
    for (const QString &pair : std::as_const(pairs)) {
        const QString a = pair.section(u' ', 0, 0);
        const QString b = pair.section(u' ', 1);
        const bool is = isAccepted(outcome.after, a, b);
        if (is == isAccepted(before, a, b))
            continue;
        tell(a, is ? Delivery::Kind::Friend : Delivery::Kind::Unfriend, b);
        tell(b, is ? Delivery::Kind::Friend : Delivery::Kind::Unfriend, a);
    }

    QSet<QString> affected = before.affectedBy(changes, outcome.after, askers);
    affected.unite(outcome.after.affectedBetween(since, at, askers));
    for (const Question &question : answered) {
        if (!isAccepted(outcome.after, question.asker, question.jid))
            continue;
        tell(question.asker, Delivery::Kind::Friend, question.jid);
        if (askers.contains(question.asker))
            affected.insert(question.asker);
    }
    for (const QString &bare : outdated) {
        if (askers.contains(bare))
            affected.insert(bare);
    }
    outcome.owed.clearCaches = affected.values();
    outcome.owed.clearCaches.sort();
    return outcome;
}

} // namespace castellan::server
