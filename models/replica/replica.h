// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/connection.h"
#include "replica/draft.h"
#include "replica/rows.h"

#include <QFuture>
#include <QObject>

#include <functional>
#include <memory>

namespace castellan::replica {

class Database;

/// The console's own copy of what a provisioning server holds: filled once, kept current by the
/// server's events, readable without a connection. Network and SQL happen on threads of its own;
/// functions may be called from the thread of the replica, where futures are to be continued with
/// `.then(context, …)`.
class Replica : public QObject
{
    Q_OBJECT

public:
    enum class State {
        Connecting, ///< for the first time
        Synchronising,
        Online,
        Offline, ///< the connection was lost or never came about; see failure()
        Refused, ///< as Offline, but there is no use in trying again
        Cancelled, ///< as Offline, until retry()
    };

    /// \a folder holds the database; a second console of the same account gets another one.
    Replica(const Account &account, const QString &folder, QObject *parent = nullptr);
    /// Below QStandardPaths::AppDataLocation.
    [[nodiscard]] static QString defaultFolder();
    ~Replica() override;

    [[nodiscard]] const Account &account() const;
    [[nodiscard]] State state() const;
    /// Why the state is Offline, Refused or Cancelled.
    [[nodiscard]] std::optional<Failure> failure() const;
    /// What the host has shown, while Refused because that is not trusted; the host's own is the first.
    [[nodiscard]] QList<PeerCertificate> distrusted() const;
    /// What the server said when it was last reached.
    [[nodiscard]] std::optional<wire::admin::Capabilities> capabilities() const;
    /// 0: nothing was ever read from the server.
    [[nodiscard]] Revision revision() const;
    /// Of what is being fetched, 0 to 1.
    [[nodiscard]] double progress() const;
    void retry();
    /// Ends a transfer, and the connection. What has come so far is kept and can be read; retry() goes on
    /// from there.
    void cancel();

    [[nodiscard]] ChangeDraft &draft() const;

    /// The revisions that the server undoes by itself unless somebody confirms them, as it last said.
    [[nodiscard]] QList<RevisionInfo> unconfirmed() const;
    /// Keeps what waits for a confirmation.
    [[nodiscard]] QFuture<Result<void>> confirm(const QString &changeSetId);
    /// Undoes a committed change set, as a revision of its own.
    [[nodiscard]] QFuture<Result<void>> revert(const QString &changeSetId);

    /// What the server would answer to a question, and why.
    [[nodiscard]] QFuture<Result<wire::admin::Explained>> explain(const wire::admin::Explain &question);
    /// What committing \a changeSet would do.
    [[nodiscard]] QFuture<Result<wire::admin::Previewed>> preview(const ChangeSet &changeSet);

    // At once, without a change set: what support may do, too. Statement 25; the server's own words for it.
    [[nodiscard]] QFuture<Result<void>> contain(const QString &jid);
    [[nodiscard]] QFuture<Result<void>> release(const QString &jid);
    [[nodiscard]] QFuture<Result<void>> unfriend(const QString &jid, const QString &peer);

    /// The server's audit log, which is not copied: up to \a limit entries, oldest first, in front of the one
    /// that \a before names (the `first` of the page behind); empty: the last ones.
    [[nodiscard]] QFuture<Result<wire::admin::History>> history(const AuditFilter &filter,
                                                                const QString &before, int limit);
    /// Walks the chain of the audit log.
    [[nodiscard]] QFuture<Result<wire::admin::Verified>> verify();

    // Reading, with the draft laid over friendships and rules.
    [[nodiscard]] QFuture<Result<Page<ThingRow>>> things(const ThingQuery &query) const;
    /// Fails with item-not-found.
    [[nodiscard]] QFuture<Result<ThingPortrait>> thing(const QString &jid) const;
    [[nodiscard]] QFuture<Result<Page<FriendRow>>> friends(const FriendQuery &query) const;
    [[nodiscard]] QFuture<Result<Page<RuleRow>>> rules(const RuleQuery &query) const;
    /// The row of an access rule in the list of its action, from 0; not set: nobody holds it.
    [[nodiscard]] QFuture<Result<std::optional<qint64>>> ruleRow(Action action, const QString &ruleId) const;
    [[nodiscard]] QFuture<Result<Page<PushRow>>> pushes(qint64 first, int limit) const;
    [[nodiscard]] QFuture<Result<Page<DeliveryRow>>> deliveries(Revision revision, qint64 first,
                                                                int limit) const;
    /// The first objects of any kind that have all words of \a search somewhere in their names, JIDs, tags,
    /// roles, nodes, fields or comments.
    [[nodiscard]] QFuture<Result<Page<HitRow>>> search(const QString &search, int limit) const;
    [[nodiscard]] QFuture<Result<Page<WordRow>>> words(const WordQuery &query) const;
    [[nodiscard]] QFuture<Result<GraphRows>> graph(const GraphQuery &query) const;
    /// Tells \a visitor of the whole network as it is committed, beside all other reading. False: the visitor
    /// or the end of the replica has ended it.
    [[nodiscard]] QFuture<Result<bool>> visit(const NetworkVisitor &visitor) const;
    [[nodiscard]] QFuture<Result<QList<NameRow>>> names(const QList<qint64> &ids) const;
    /// Where a file named \a suffix may be kept that belongs to this copy and can be made again.
    [[nodiscard]] QString companion(const QString &suffix) const;
    [[nodiscard]] QFuture<Result<Counts>> counts() const;
    /// Committed objects; what does not exist comes without an object and with version 0.
    [[nodiscard]] QFuture<Result<QList<VersionedObject>>> objects(const QList<ObjectKey> &keys) const;
    /// What to commit so that the server's objects become what \a draft shows.
    [[nodiscard]] QFuture<Result<QList<Change>>> changes(const DraftState &draft) const;

Q_SIGNALS:
    void stateChanged();
    void capabilitiesChanged();
    void revisionChanged();
    void unconfirmedChanged();
    void progressChanged();
    /// The copy is another one than before.
    void changed(castellan::replica::Parts parts);
    /// Something of the copy could not be read or written.
    void failed(const castellan::Failure &failure);

private:
    /// Replaces a damaged file.
    void heal();

    friend class ChangeDraft;
    [[nodiscard]] QFuture<RequestResult> request(const wire::admin::Request &request);
    /// Fetches what the server has beyond revision().
    void synchronise();
    /// Changes the database, behind earlier changes and before later requests. Failures go to failed().
    QFuture<void> write(std::function<Result<void>(Database &)> work);

    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace castellan::replica
