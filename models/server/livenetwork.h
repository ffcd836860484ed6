// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "store/store.h"

#include <QQueue>

#include <functional>
#include <memory>

namespace castellan::server {

/// The network as it is in force, and the one way to change it: commits, one after the other. Lives on the
/// service's thread.
class LiveNetwork : public QObject
{
    Q_OBJECT
public:
    using Done = std::function<void(const ApplyResult &)>;

    LiveNetwork(std::shared_ptr<Store> store, const StoredState &state, QObject *parent = nullptr);

    [[nodiscard]] const rules::Snapshot &snapshot() const { return m_snapshot; }
    [[nodiscard]] Revision revision() const { return m_revision; }
    [[nodiscard]] const QString &epoch() const { return m_epoch; }

    /// Says who has asked before, at the time a commit starts.
    void setAskers(std::function<QSet<QString>()> askers) { m_askers = std::move(askers); }

    /// Commits \a changeSet with the messages it owes in one transaction, puts the new network in force,
    /// then calls \a done, then emits committed().
    void commit(const ChangeSet &changeSet, const Actor &actor, Done done);
    /// While true, an answer to somebody who has never asked before must wait for settled(): the commit
    /// under way would not know that this asker has to be told.
    [[nodiscard]] bool isCommitting() const { return !m_queue.isEmpty(); }

Q_SIGNALS:
    /// \a committed is in force, and \a owed is to be delivered.
    void committed(const castellan::Committed &committed, const castellan::Owed &owed);
    void settled();

private:
    struct Job
    {
        ChangeSet changeSet;
        Actor actor;
        Done done;
        Owed owed {}; ///< when it is under way
    };
    void startNext();
    void finish(const ApplyResult &result);

    std::shared_ptr<Store> m_store;
    rules::Snapshot m_snapshot;
    Revision m_revision;
    QString m_epoch;
    std::function<QSet<QString>()> m_askers;
    QQueue<Job> m_queue; ///< the first one is under way
};

} // namespace castellan::server
