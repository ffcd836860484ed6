// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "server/consequences.h"
#include "server/fairqueue.h"
#include "server/startingstate.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <optional>

namespace castellan::server {

/// The network as it is in force, and the one way to change it: commits, one after the other, in turn among
/// those who make them. What other servers commit to the same database comes into force here as well, before
/// anything is committed on top of it. Lives on the service's thread; what a commit entails is computed on
/// the store's.
class LiveNetwork : public QObject
{
    Q_OBJECT
public:
    using Done = std::function<void(const ApplyResult &)>;

    LiveNetwork(std::shared_ptr<Store> store, const StartingState &state, QObject *parent = nullptr);

    [[nodiscard]] const rules::Snapshot &snapshot() const { return m_snapshot; }
    [[nodiscard]] Revision revision() const { return m_known.revision; }
    [[nodiscard]] const QString &epoch() const { return m_epoch; }
    /// When it was last changed, UTC: things know, or will, what began or ended to be valid up to then.
    [[nodiscard]] const QDateTime &changedAt() const { return m_changedAt; }

    /// Says who has asked before, at the time a commit starts.
    void setAskers(std::function<QSet<QString>()> askers) { m_askers = std::move(askers); }

    /// Commits \a changeSet with all that follows from it in one transaction, puts the new network in force,
    /// then calls \a done, then emits committed(). \a outdated: bare JIDs of those who are owed a clearCache
    /// with it, whatever it changes. \a done never gets Behind.
    /// Refuses (`not-allowed`) what would leave nobody who is an administrator. A trial changes nothing and
    /// finds nothing that follows; while \a done runs, snapshot() is what it was tried on.
    void commit(const ChangeSet &changeSet, const Actor &actor, Done done, const CommitTerms &terms = {},
                const QStringList &outdated = {});
    /// Another server may have committed something.
    void catchUp();
    /// While true, an answer to somebody who has never asked before must wait for settled(): the commit
    /// under way would not know that this asker has to be told.
    [[nodiscard]] bool isCommitting() const { return m_underWay || m_isCatchingUp; }

Q_SIGNALS:
    /// Read from the store: what other servers wrote. Comes before committed() for their revisions.
    void learned(const castellan::News &news);
    /// \a committed is in force, and \a owed is to be delivered. Of other servers' revisions together, as
    /// one without an id.
    void committed(const castellan::Committed &committed, const castellan::Owed &owed);
    void settled();

private:
    struct Job
    {
        ChangeSet changeSet;
        Actor actor;
        Done done;
        CommitTerms terms;
        QStringList outdated;
    };
    void goOn();
    void startCommit();
    void finishCommit(const ApplyResult &result, const Outcome &outcome);
    void take(const Result<News> &news);

    std::shared_ptr<Store> m_store;
    rules::Snapshot m_snapshot;
    Known m_known;
    QString m_epoch;
    QDateTime m_changedAt;
    std::function<QSet<QString>()> m_askers;
    FairQueue<Job> m_queue;
    std::optional<Job> m_underWay;
    bool m_isBehind = false; ///< or may be
    bool m_isCatchingUp = false;
    std::shared_ptr<void> m_watch; ///< ends first
};

} // namespace castellan::server
