// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/commitplan.h"

#include <algorithm>

namespace castellan::server {

namespace {

template<typename Rule>
qsizetype indexOf(const QList<Rule> &rules, const QString &id)
{
    const auto found = std::ranges::find(rules, id, &Rule::id);
    return found == rules.cend() ? -1 : std::distance(rules.cbegin(), found);
}

/// Applies \a change to the ordered list it belongs to.
template<typename Rule>
void applyInOrder(QList<Rule> &rules, const Change &change)
{
    qsizetype at = indexOf(rules, change.key.id);
    Rule rule;
    if (change.object)
        rule = std::get<Rule>(*change.object);
    else if (at >= 0)
        rule = rules.at(at);
    if (change.verb == Change::Verb::Put && at >= 0 && !change.after) {
        rules[at] = rule;
        return;
    }
    if (at >= 0)
        rules.removeAt(at);
    if (change.verb == Change::Verb::Remove || (at < 0 && !change.object))
        return;
    qsizetype place = rules.size();
    if (change.after) {
        const qsizetype behind = change.after->isEmpty() ? -1 : indexOf(rules, *change.after);
        if (behind >= 0 || change.after->isEmpty())
            place = behind + 1;
    }
    rules.insert(place, rule);
}

/// The whole list with ranks that follow from its order.
template<typename Rule>
void appendRanked(QList<VersionedObject> &objects, const QList<Rule> &rules)
{
    qint64 rank = 0;
    for (Rule rule : rules) {
        rule.rank = ++rank;
        objects.append({ .key = { objectType(rule), rule.id }, .object = rule });
    }
}

} // namespace

CommitPlan planCommit(const rules::Snapshot &before, const ChangeSet &changeSet)
{
    const bool ordered = std::ranges::any_of(changeSet.changes, [](const Change &change) {
        return change.key.type == ObjectType::AccessRule || change.key.type == ObjectType::FriendshipRule;
    });
    Network network;
    if (ordered)
        network = before.network();

    QHash<ObjectKey, qsizetype> places;
    CommitPlan plan;
    for (const Change &change : changeSet.changes) {
        if (change.key.type == ObjectType::AccessRule)
            applyInOrder(network.accessRules, change);
        else if (change.key.type == ObjectType::FriendshipRule)
            applyInOrder(network.friendshipRules, change);
        VersionedObject after { .key = change.key, .object = change.object };
        if (change.verb == Change::Verb::Move)
            after.object = before.object(change.key);
        const auto place = places.constFind(change.key);
        if (place != places.cend()) {
            plan.changes[*place] = after;
        } else {
            places.insert(change.key, plan.changes.size());
            plan.changes.append(after);
        }
    }

    QList<VersionedObject> objects = plan.changes;
    if (ordered) {
        objects.removeIf([](const VersionedObject &object) {
            return object.object
                && (object.key.type == ObjectType::AccessRule
                    || object.key.type == ObjectType::FriendshipRule);
        });
        appendRanked(objects, network.accessRules);
        appendRanked(objects, network.friendshipRules);
    }
    plan.after = before.with(objects);
    for (VersionedObject &change : plan.changes) {
        if (change.object)
            change.object = plan.after.object(change.key);
    }
    return plan;
}

Owed owedDeliveries(const rules::Snapshot &before, const CommitPlan &plan, const QSet<QString> &askers)
{
    Owed owed;
    for (const VersionedObject &change : plan.changes) {
        if (change.key.type != ObjectType::Friendship)
            continue;
        const std::optional<Object> oldObject = before.object(change.key);
        const Friendship *was = oldObject ? std::get_if<Friendship>(&*oldObject) : nullptr;
        const Friendship *is = change.object ? std::get_if<Friendship>(&*change.object) : nullptr;
        if ((!was && !is) || (was && is && was->state == is->state))
            continue;
        const Friendship &pair = is ? *is : *was;
        Delivery::Kind kind = Delivery::Kind::Unfriend;
        if (is) {
            if (is->state == Friendship::State::Accepted)
                kind = Delivery::Kind::Friend;
        } else if (was->state == Friendship::State::Rejected
                   || plan.after.decide(rules::FriendQuestion { pair.a, pair.b }).accepted) {
            continue;
        }
        if (askers.contains(pair.a))
            owed.messages.append({ .jid = pair.a, .kind = kind, .peer = pair.b });
        if (askers.contains(pair.b) && pair.b != pair.a)
            owed.messages.append({ .jid = pair.b, .kind = kind, .peer = pair.a });
    }
    owed.clearCaches = before.affectedBy(plan.changes, plan.after, askers).values();
    owed.clearCaches.sort(); // the same commit makes the same deliveries
    return owed;
}

} // namespace castellan::server
