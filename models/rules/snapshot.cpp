// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/snapshot.h"

#include "rules/access.h"
#include "rules/affected.h"
#include "rules/compilednetwork.h"
#include "rules/effects.h"
#include "rules/friendship.h"
#include "rules/privileges.h"
#include "rules/services.h"

#include <QTimeZone>

#include <algorithm>

namespace castellan::rules {

Snapshot::Snapshot()
    : d(std::make_shared<const CompiledNetwork>())
{ }

Snapshot::Snapshot(Network network)
    : d(std::make_shared<const CompiledNetwork>(std::move(network)))
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

ServiceDecision Snapshot::decide(const ServiceQuestion &question, Explain explain) const
{
    return rules::decide(*d, question, explain);
}

PrivilegeDecision Snapshot::decide(const PrivilegeQuestion &question, Explain explain) const
{
    return rules::decide(*d, question, explain);
}

QList<PrivilegeEntry> Snapshot::privileges(const PrivilegesQuestion &question) const
{
    return rules::privileges(*d, question);
}

bool Snapshot::counts(const QString &thumbprint, const QDateTime &now) const
{
    const Certificate *found = d->find<Certificate>(thumbprint);
    if (!found || found->revoked || d->isContained(found->jid)
        || (found->notBefore.isValid() && now < found->notBefore)
        || (found->notAfter.isValid() && found->notAfter < now))
        return false;
    return std::ranges::none_of(d->servicesOf(thumbprint),
                                [this](const QString &service) { return d->isContained(service); });
}

std::optional<Certificate> Snapshot::certificate(const QString &thumbprint) const
{
    const Certificate *found = d->find<Certificate>(thumbprint);
    return found ? std::optional(*found) : std::nullopt;
}

QString Snapshot::serviceOf(const QString &thumbprint) const
{
    return d->servicesOf(thumbprint).value(0);
}

QString Snapshot::userOf(const QString &thumbprint) const
{
    return d->usersOf(thumbprint).value(0);
}

bool Snapshot::isContained(const QString &jid) const
{
    return d->isContained(jid);
}

Policy Snapshot::policy() const
{
    return d->policy();
}

QStringList Snapshot::friendsOf(const QString &jid) const
{
    return d->friendsOf(jid);
}

QSet<QString> Snapshot::affectedBy(const QList<VersionedObject> &changes, const Snapshot &after,
                                   const QSet<QString> &known) const
{
    return rules::affectedBy(*d, *after.d, changes, known);
}

Effects Snapshot::effectsOf(const QList<VersionedObject> &changes, const Snapshot &after,
                            const QDateTime &now, const EffectLimits &limits) const
{
    return rules::effectsOf(*d, *after.d, changes, now, limits);
}

QList<Question> Snapshot::answered(const QList<VersionedObject> &changes) const
{
    QSet<QString> jids; // of whom some answer may be another
    QSet<QString> pairs;
    bool all = false;
    for (const VersionedObject &change : changes) {
        switch (change.key.type) {
        case ObjectType::FriendshipRule:
            all = true;
            break;
        case ObjectType::Thing:
        case ObjectType::Containment:
            jids.insert(change.key.id);
            break;
        case ObjectType::Friendship:
            pairs.insert(change.key.id);
            break;
        default:
            break;
        }
    }
    if (!all && jids.isEmpty() && pairs.isEmpty())
        return {};
    QList<Question> questions = d->all<Question>();
    questions.removeIf([&](const Question &question) {
        if (!all && !jids.contains(question.asker) && !jids.contains(question.jid)
            && !pairs.contains(friendshipId(question.asker, question.jid)))
            return true;
        const FriendDecision::By by = decide(FriendQuestion { question.asker, question.jid }).by;
        return by != FriendDecision::By::Pair && by != FriendDecision::By::Rule;
    });
    return questions;
}

QDateTime Snapshot::nextBoundary(const QDateTime &time) const
{
    QDateTime next;
    d->boundaries().forEachAfter(time.toMSecsSinceEpoch(), [&](const Boundaries::Boundary &boundary) {
        next = QDateTime::fromMSecsSinceEpoch(boundary.at, QTimeZone::UTC);
        return false;
    });
    return next;
}

QSet<QString> Snapshot::affectedBetween(const QDateTime &from, const QDateTime &to,
                                        const QSet<QString> &known) const
{
    return rules::affectedBetween(*d, from, to, known);
}

QList<Containment> Snapshot::endedContainments(const QDateTime &time) const
{
    QList<Containment> ended = d->all<Containment>();
    ended.removeIf([&](const Containment &containment) {
        return !containment.until.isValid() || containment.until > time;
    });
    return ended;
}

Network Snapshot::network() const
{
    return d->network();
}

std::optional<Object> Snapshot::object(const ObjectKey &key) const
{
    return d->object(key);
}

QList<RoleGrant> Snapshot::roleGrants() const
{
    return d->all<RoleGrant>();
}

bool Snapshot::contains(const ObjectKey &key) const
{
    // Things are what every question asks for, and what costs most to copy.
    return key.type == ObjectType::Thing ? d->thing(key.id) != nullptr : d->object(key).has_value();
}

SnapshotBuilder::SnapshotBuilder()
    : m_network(std::make_shared<CompiledNetwork>())
{ }

void SnapshotBuilder::add(const Object &object)
{
    m_network->add(object);
}

Snapshot SnapshotBuilder::finish()
{
    m_network->settle();
    return Snapshot(std::exchange(m_network, {}));
}

} // namespace castellan::rules
