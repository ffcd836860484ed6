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
      m_known { state.revision, state.askerSerial },
      m_epoch(state.epoch),
      m_changedAt(state.changedAt),
      m_askers([] { return QSet<QString>(); }),
      m_watch(m_store->watch(this, [this] { catchUp(); }))
{ }

void LiveNetwork::commit(const ChangeSet &changeSet, const Actor &actor, Done done,
                         const QStringList &outdated)
{
    m_queue.enqueue(bareJid(actor.jid), { changeSet, actor, std::move(done), outdated });
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

void LiveNetwork::startCommit()
{
    const auto outcome = std::make_shared<Outcome>();
    const auto follow = [outcome, before = m_snapshot, since = m_changedAt, askers = m_askers(),
                         outdated = m_underWay->outdated](const QList<VersionedObject> &objects,
                                                          const QDateTime &at) {
        *outcome = outcomeOf(before, objects, since, at, askers, outdated);
        return Consequences { outcome->removed, outcome->owed };
    };
    m_store->apply(m_underWay->changeSet, m_underWay->actor, follow, m_known)
        .then(this, [this, outcome](const ApplyResult &result) { finishCommit(result, *outcome); });
}

void LiveNetwork::finishCommit(const ApplyResult &result, const Outcome &outcome)
{
    if (std::holds_alternative<Behind>(result)) {
        m_isBehind = true;
        return goOn(); // and then once more
    }
    const auto *committed = std::get_if<Committed>(&result);
    const bool isNew = committed && !committed->repeated;
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
