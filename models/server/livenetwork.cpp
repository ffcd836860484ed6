// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/livenetwork.h"

#include "server/commitplan.h"
#include "server/log.h"

namespace castellan::server {

LiveNetwork::LiveNetwork(std::shared_ptr<Store> store, const StoredState &state, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_snapshot(state.network),
      m_revision(state.revision),
      m_epoch(state.epoch),
      m_askers([] { return QSet<QString>(); })
{ }

void LiveNetwork::commit(const ChangeSet &changeSet, const Actor &actor, Done done)
{
    m_queue.enqueue({ changeSet, actor, std::move(done) });
    if (m_queue.size() == 1)
        startNext();
}

void LiveNetwork::startNext()
{
    Job &job = m_queue.head();
    const CommitPlan plan = planCommit(m_snapshot, job.changeSet);
    job.owed = owedDeliveries(m_snapshot, plan, m_askers());
    m_store->apply(job.changeSet, job.actor, job.owed).then(this, [this](const ApplyResult &result) {
        finish(result);
    });
}

void LiveNetwork::finish(const ApplyResult &result)
{
    const auto *committed = std::get_if<Committed>(&result);
    const bool isNew = committed && !committed->repeated;
    if (isNew) {
        m_snapshot = m_snapshot.with(committed->objects);
        m_revision = committed->revision;
        qCInfo(lcServer, "Revision %lld by %ls: %lld objects, %d messages owed", committed->revision,
               qUtf16Printable(m_queue.head().actor.jid), qlonglong(committed->objects.size()),
               committed->deliveryCount);
    }
    m_queue.head().done(result);
    if (isNew)
        Q_EMIT this->committed(*committed, m_queue.head().owed);
    m_queue.dequeue();
    if (m_queue.isEmpty())
        Q_EMIT settled();
    else
        startNext();
}

} // namespace castellan::server
