// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/livenetwork.h"

#include "server/log.h"
#include "vocabulary/jid.h"

namespace castellan::server {

LiveNetwork::LiveNetwork(std::shared_ptr<Store> store, const StoredState &state, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_snapshot(state.network),
      m_revision(state.revision),
      m_epoch(state.epoch),
      m_changedAt(state.changedAt),
      m_askers([] { return QSet<QString>(); })
{ }

void LiveNetwork::commit(const ChangeSet &changeSet, const Actor &actor, Done done,
                         const QStringList &outdated)
{
    m_queue.enqueue(bareJid(actor.jid), { changeSet, actor, std::move(done), outdated });
    if (!m_underWay)
        startNext();
}

void LiveNetwork::startNext()
{
    m_underWay = m_queue.dequeue();
    const auto outcome = std::make_shared<Outcome>();
    const auto follow = [outcome, before = m_snapshot, since = m_changedAt, askers = m_askers(),
                         outdated = m_underWay->outdated](const QList<VersionedObject> &objects,
                                                          const QDateTime &at) {
        *outcome = outcomeOf(before, objects, since, at, askers, outdated);
        return Consequences { outcome->removed, outcome->owed };
    };
    m_store->apply(m_underWay->changeSet, m_underWay->actor, follow)
        .then(this, [this, outcome](const ApplyResult &result) { finish(result, *outcome); });
}

void LiveNetwork::finish(const ApplyResult &result, const Outcome &outcome)
{
    const auto *committed = std::get_if<Committed>(&result);
    const bool isNew = committed && !committed->repeated;
    if (isNew) {
        m_snapshot = outcome.after;
        m_revision = committed->revision;
        m_changedAt = committed->at;
        qCInfo(lcServer, "Revision %lld by %ls: %lld objects, %d messages owed", committed->revision,
               qUtf16Printable(m_underWay->actor.jid), qlonglong(committed->objects.size()),
               committed->deliveryCount);
    }
    m_underWay->done(result);
    if (isNew)
        Q_EMIT this->committed(*committed, outcome.owed);
    m_underWay.reset();
    if (m_queue.isEmpty())
        Q_EMIT settled();
    else
        startNext();
}

} // namespace castellan::server
