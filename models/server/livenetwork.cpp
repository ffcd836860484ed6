// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/livenetwork.h"

#include "server/log.h"
#include "vocabulary/jid.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

LiveNetwork::LiveNetwork(std::shared_ptr<Store> store, const StartingState &state, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_snapshot(state.network),
      m_known { state.stored.revision, state.stored.askerSerial },
      m_epoch(state.stored.epoch),
      m_changedAt(state.stored.changedAt),
      m_askers([] { return QSet<QString>(); }),
      m_watch(m_store->watch(this, [this] { catchUp(); }))
{ }

void LiveNetwork::commit(const ChangeSet &changeSet, const Actor &actor, Done done, const CommitTerms &terms,
                         const QStringList &outdated)
{
    m_queue.enqueue(bareJid(actor.jid), { changeSet, actor, std::move(done), terms, outdated });
    if (!isCommitting())
        goOn();
}

void LiveNetwork::catchUp()
{
    m_isBehind = true;
    if (!isCommitting())
        goOn();
}

void LiveNetwork::goOn()
{
    if (std::exchange(m_isBehind, false)) {
        m_isCatchingUp = true;
        m_store->news(m_known).then(this, [this](const Result<News> &news) { take(news); });
    } else if (m_underWay) {
        startCommit();
    } else if (!m_queue.isEmpty()) {
        m_underWay = m_queue.dequeue();
        startCommit();
    } else {
        Q_EMIT settled();
    }
}

/// Whether somebody is left who can undo what is wrong.
static bool hasAdministrator(const rules::Snapshot &network)
{
    const QList<RoleGrant> grants = network.roleGrants();
    return std::ranges::any_of(grants, [&](const RoleGrant &grant) {
        return grant.role == AdminRole::Administrator && !network.isContained(grant.holder);
    });
}

/// Whether \a changeSet would leave nobody.
static bool disarms(const rules::Snapshot &network, const ChangeSet &changeSet)
{
    QList<VersionedObject> changes;
    for (const Change &change : changeSet.changes) {
        if (change.key.type == ObjectType::RoleGrant || change.key.type == ObjectType::Containment)
            changes.append({ .key = change.key, .object = change.object });
    }
    return !changes.isEmpty() && hasAdministrator(network) && !hasAdministrator(network.with(changes));
}

void LiveNetwork::startCommit()
{
    if (disarms(m_snapshot, m_underWay->changeSet)) {
        return finishCommit(
            Failure { FailureKind::NotAllowed,
                      u"Nobody would be left who is an administrator. Make somebody else one first."_s },
            {});
    }
    const auto outcome = std::make_shared<Outcome>();
    const auto follow = [outcome, before = m_snapshot, since = m_changedAt, askers = m_askers(),
                         outdated = m_underWay->outdated](const QList<VersionedObject> &objects,
                                                          const QDateTime &at) {
        *outcome = outcomeOf(before, objects, since, at, askers, outdated);
        return Consequences { outcome->removed, outcome->owed };
    };
    const Follow nothing = [](const auto &, const auto &) { return Consequences {}; };
    m_store
        ->apply(m_underWay->changeSet, m_underWay->actor,
                m_underWay->terms.isTrial ? nothing : Follow(follow), m_underWay->terms, m_known)
        .then(this, [this, outcome](const ApplyResult &result) { finishCommit(result, *outcome); });
}

void LiveNetwork::finishCommit(const ApplyResult &result, const Outcome &outcome)
{
    if (std::holds_alternative<Behind>(result)) {
        m_isBehind = true;
        return goOn(); // and then once more
    }
    const auto *committed = std::get_if<Committed>(&result);
    const bool isNew = committed && !committed->repeated && !m_underWay->terms.isTrial;
    if (isNew) {
        m_snapshot = outcome.after;
        m_known.revision = committed->revision;
        m_changedAt = committed->at;
        qCInfo(lcServer, "Revision %lld by %ls: %lld objects, %d messages owed", committed->revision,
               qUtf16Printable(m_underWay->actor.jid), qlonglong(committed->objects.size()),
               committed->deliveryCount);
    }
    m_underWay->done(result);
    if (isNew)
        Q_EMIT this->committed(*committed, outcome.owed);
    m_underWay.reset();
    goOn();
}

void LiveNetwork::take(const Result<News> &news)
{
    if (!news) {
        m_isCatchingUp = false;
        // What listens for others connects anew, and says so then.
        qCWarning(lcServer, "What other servers wrote could not be read: %ls",
                  qUtf16Printable(news.error().text));
        if (m_underWay) {
            m_underWay->done(news.error());
            m_underWay.reset();
        }
        return goOn();
    }
    const bool isRevision = news->known.revision > m_known.revision;
    m_known = news->known;
    Q_EMIT learned(*news);
    if (isRevision) {
        m_snapshot = m_snapshot.with(news->objects);
        m_changedAt = news->changedAt;
        qCInfo(lcServer, "Revision %lld by another server: %lld objects", m_known.revision,
               qlonglong(news->objects.size()));
        Committed committed;
        committed.revision = m_known.revision;
        committed.at = news->changedAt;
        committed.objects = news->objects;
        committed.deliverySequence = news->deliverySequence;
        Q_EMIT this->committed(committed, Owed { .messages = {}, .clearCaches = news->owed });
    }
    m_isCatchingUp = false; // only now: who commits because of it waits for goOn()
    goOn();
}

} // namespace castellan::server
