// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"
#include "vocabulary/listing.h"
#include "vocabulary/network.h"

#include <QCoreApplication>
#include <QFuture>

#include <functional>
#include <limits>
#include <memory>

namespace castellan {

/// A token that was given out (XEP-0324 §3.1.3, §3.6.2). Only its hash is kept: who reads the database has no
/// token that he could use.
struct Token
{
    QByteArray hash; ///< SHA-256
    QString certificate; ///< thumbprint of the one it stands for; empty: a user token, from canAccess
    QString service; ///< user tokens: id of the service it was made for
    QString user; ///< user tokens: the name, as soon as the service has said it
    QString jid; ///< bare: to whom it was given
    QDateTime issued; ///< UTC
    QDateTime used; ///< UTC, not to the minute

    friend bool operator==(const Token &, const Token &) = default;
};

/// What a starting server needs to know beside the network.
struct StoredState
{
    QString epoch; ///< names this store; a new one after restoring
    Revision revision = 0;
    QDateTime changedAt; ///< of that revision, UTC
    QHash<QString, QDateTime> askers; ///< bare JID -> last asked (statements 8 and 24)
    QSet<QString> elsewhere; ///< those of them who asked another server last
    qint64 askerSerial = 0; ///< grows with every asker that is new or went to another server
    QStringList owed; ///< bare JIDs of this server's with deliveries that are Waiting or Sent
    qint64 deliverySequence = 0;
    QList<Token> tokens;
    QList<RevisionInfo> unconfirmed; ///< that wait for a confirmation
};

/// The messages that a commit owes.
struct Owed
{
    QList<Delivery> messages; ///< friend and unfriend; only jid, kind and peer count
    QStringList clearCaches; ///< bare JIDs: lists grow with the network, so no more than that for each

    friend bool operator==(const Owed &, const Owed &) = default;
};

/// What follows from a commit and belongs to it.
struct Consequences
{
    QList<ObjectKey> removed {}; ///< objects that it puts an end to
    Owed owed {};
};
/// Finds what follows from objects as a commit writes them at a time (UTC). Called on the store's thread.
using Follow = std::function<Consequences(const QList<VersionedObject> &objects, const QDateTime &at)>;

/// Gets objects that were read, some at a time: those of a type after each other, rules in their order and
/// with ranks. One call at a time, on whatever thread: the store reads on meanwhile.
using Take = std::function<void(QList<VersionedObject> objects)>;

/// On what terms a change set is committed.
struct CommitTerms
{
    QDateTime confirmBy {}; ///< UTC; valid: it waits for a confirmation, and is to be undone then
    /// Id of the change set that this one undoes; that one does not wait for a confirmation any more.
    QString reverts {};
    /// With `reverts`: only if that one still waits, else `item-not-found`. So of a confirmation and the
    /// undoing that it prevents only one happens, also between two servers.
    bool onlyUnconfirmed = false;
    /// Everything but writing it: what would be answered.
    bool isTrial = false;
};

/// A change set as it was committed.
struct Committed
{
    QString changeSetId;
    Revision revision = 0;
    QDateTime confirmBy; ///< as in CommitTerms, also for a repeated one; invalid when it is confirmed
    bool repeated = false; ///< this id was applied before; nothing was written now
    QDateTime at; ///< UTC; not set for a repeated one, as all that follows
    /// Every object written, with ranks; also rules whose rank had to give way, and what it put an end to.
    QList<VersionedObject> objects;
    int deliveryCount = 0; ///< also for a repeated one
    qint64 deliverySequence = 0; ///< of the last delivery; 0 for a repeated one
};

/// What a server knows of a store that it shares with others.
struct Known
{
    Revision revision = 0;
    qint64 askerSerial = 0;
};

/// A commit that was not made because others have written what its maker does not know yet; see
/// Store::news().
struct Behind
{ };

/// What others have written. Also holds what the caller wrote itself since what he knows.
struct News
{
    Known known; ///< with this
    QDateTime changedAt; ///< of that revision, UTC
    QList<VersionedObject> objects; ///< without `object`: removed
    QHash<QString, QDateTime> askers; ///< that are new or went to another server
    QSet<QString> elsewhere; ///< those of them who asked another server last
    QStringList owed; ///< of those who asked this server last, who is owed something by these revisions
    qint64 deliverySequence = 0;
};

/// A commit that was not made because objects are not as the editor saw them.
struct StoreConflict
{
    QList<VersionedObject> current;
};

using ApplyResult = std::variant<Committed, StoreConflict, Behind, Failure>;

/// What a walk through the audit log found.
struct AuditCheck
{
    qint64 entries = 0; ///< that fit
    QString head; ///< hash of the last of them: who keeps it elsewhere would notice a log made anew
    std::optional<qint64> firstBroken; ///< number of the first entry that does not fit
    QString why; ///< what is wrong with it
};

/// What an import is made of. One call at a time, on whatever thread: the store writes meanwhile what came
/// before.
struct ImportSource
{
    /// The next objects, rules in order; none: that was all of them.
    std::function<Result<QList<Object>>()> next;
    /// The SHA-256 of the document, after the last object: evidence of all of them in the audit log.
    std::function<QByteArray()> digest;
};

namespace store {
struct Location;
}

/// The network's durable memory, in SQLite or PostgreSQL. All SQL runs on one thread of its own; every
/// function may be called from any thread and returns a future that finishes there: continue with
/// `.then(context, …)`. A finished future means: durable. Failures carry the database's own words. When
/// PostgreSQL cannot be reached every function fails with `service-unavailable` and has done nothing, or,
/// where the connection was lost while it finished, everything; what is asked for next connects anew.
class Store
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Store)

public:
    enum class Use {
        Serve, ///< SQLite: only one process at a time
        Inspect, ///< something must be there; another process may be serving it
    };
    /// \a url: `sqlite:PATH` or `postgres://user@host:port/database` (password from PGPASSWORD or ~/.pgpass).
    /// Creates (to serve) and migrates as needed; fails without changing anything if that is not possible.
    /// \a server: its JID, where several serve one database. Askers belong to the one they asked last, which
    /// brings them what they are owed; those of nobody become this one's.
    [[nodiscard]] static QFuture<Result<std::shared_ptr<Store>>> open(const QString &url,
                                                                      Use use = Use::Serve,
                                                                      const QString &server = {});
    /// Does what was called before, then closes. Waits for that.
    ~Store();
    Q_DISABLE_COPY_MOVE(Store)

    /// \a take: gets every object as it is at the same moment, in any order. Not set: nobody wants them.
    [[nodiscard]] QFuture<Result<StoredState>> load(const Take &take = {});

    /// Commits all of \a changeSet or nothing, and with it what \a follow finds: one delivery of a kind for
    /// each JID (and peer). One audit entry per object. Without changes it is a revision all the same.
    /// With \a known only if that is all there is; else Behind, and nothing was written.
    [[nodiscard]] QFuture<ApplyResult> apply(const ChangeSet &changeSet, const Actor &actor,
                                             const Follow &follow, const CommitTerms &terms = {},
                                             const std::optional<Known> &known = {});
    /// The change set stays: it does not wait for a confirmation any more. Audited with \a why.
    /// `item-not-found` when it did not.
    [[nodiscard]] QFuture<Result<void>> confirm(const QString &changeSetId, const Actor &actor,
                                                const QString &why);
    /// The changes that undo what a change set did, by what the audit log has kept: made against what it
    /// wrote, so that they conflict where somebody has edited since. Questions it answered are asked again;
    /// containments that were over stay over. `item-not-found` when none with this id was committed.
    [[nodiscard]] QFuture<Result<QList<Change>>> inverseOf(const QString &changeSetId);
    [[nodiscard]] QFuture<Result<News>> news(const Known &known);
    /// Calls \a changed on \a context's thread, for as long as the result lives, after another process has
    /// written to the database (PostgreSQL; LISTEN), and when that may have happened unheard. Empty with
    /// SQLite, where nobody else writes.
    [[nodiscard]] std::shared_ptr<void> watch(QObject *context, const std::function<void()> &changed);
    /// Replaces nothing: only for a store that holds nothing but roles, else `not-allowed`. One revision and
    /// one audit entry, however much there is of it.
    [[nodiscard]] QFuture<Result<Revision>> importNetwork(const ImportSource &source, const Actor &actor);
    [[nodiscard]] QFuture<Result<Revision>> importNetwork(const Network &network, const Actor &actor);
    /// Gives \a take every object as it is at one moment, by id.
    [[nodiscard]] QFuture<Result<void>> readAll(const Take &take);

    /// Versions above \a since in (version, type, id) order, at most \a max, behind \a after. With since = 0
    /// no traces of removed objects.
    struct ObjectPage
    {
        QString epoch;
        Revision revision = 0;
        QList<VersionedObject> objects;
        QString first; ///< list() only
        QString last;
        std::optional<int>
            count; ///< in all; only with the first page, because counting goes through everything
        bool complete = false;
    };
    [[nodiscard]] QFuture<Result<ObjectPage>> changes(Revision since, int max, const QString &after);
    /// `bad-request` for a filter that the type does not have.
    [[nodiscard]] QFuture<Result<ObjectPage>> list(const Listing &listing, const Window &window);
    [[nodiscard]] QFuture<Result<VersionedObject>> object(const ObjectKey &key);

    struct RevisionPage
    {
        QList<RevisionInfo> revisions;
        bool complete = false;
    };
    [[nodiscard]] QFuture<Result<RevisionPage>> revisions(Revision since, int max);

    struct DeliveryPage
    {
        QList<Delivery> deliveries;
        bool complete = false;
    };
    [[nodiscard]] QFuture<Result<DeliveryPage>> deliveries(qint64 afterSequence, int max);
    /// How many deliveries owedTo() answers for one JID at most.
    static constexpr int owedToEach = 16;
    /// What is open by \a upTo for each of \a jids who asked this server last, in their order: messages
    /// first, then clearCaches, the oldest first; id, jid, kind, peer and attempts of it.
    [[nodiscard]] QFuture<Result<QList<Delivery>>> owedTo(
        const QStringList &jids, Revision upTo = std::numeric_limits<Revision>::max());
    /// Writes state, attempts, times and error of \a deliveries, found by their ids; passes over those that
    /// are settled already. Audited when they settle: those that settle alike as one entry, with their ids
    /// and JIDs, separated by spaces. Answers the last sequence.
    [[nodiscard]] QFuture<Result<qint64>> updateDeliveries(const QList<Delivery> &deliveries);
    /// What this server sent and is not settled waits again: for a server that starts, and that no answer
    /// will reach. Answers the last sequence.
    [[nodiscard]] QFuture<Result<qint64>> recallDeliveries();

    /// Remembers that \a jids have asked, and asked this server. Must be durable before the first answer
    /// leaves: a device that holds an answer and is not known here would never be told to forget it. Answers
    /// the last revision: an answer by an older one might never be taken back.
    [[nodiscard]] QFuture<Result<Revision>> noteAskers(const QStringList &jids, const QDateTime &at);
    /// Last-asked times of known askers, in bulk; not urgent.
    [[nodiscard]] QFuture<Result<void>> touchAskers(const QHash<QString, QDateTime> &times);

    /// Remembers \a token in the place of \a gone (hashes). Must be durable before the token is handed out.
    [[nodiscard]] QFuture<Result<void>> addToken(const Token &token, const QList<QByteArray> &gone);
    [[nodiscard]] QFuture<Result<void>> setTokenUser(const QByteArray &hash, const QString &user);
    /// Times of last use by hash, in bulk; not urgent.
    [[nodiscard]] QFuture<Result<void>> touchTokens(const QHash<QByteArray, QDateTime> &times);
    [[nodiscard]] QFuture<Result<void>> removeTokens(const QList<QByteArray> &hashes);

    /// An attempt that was refused, for the audit log.
    [[nodiscard]] QFuture<Result<void>> auditRefusal(const Actor &actor, const QString &operation,
                                                     const Failure &failure);
    struct AuditPage
    {
        QList<AuditRecord> entries; ///< oldest first
        QString first; ///< positions of the page's ends
        QString last;
        std::optional<int> count; ///< in all; only with the first and the last page
        bool complete = false; ///< nothing lies beyond, in the direction of the window
    };
    [[nodiscard]] QFuture<Result<AuditPage>> history(const AuditFilter &filter, const Window &window);
    /// Walks the chain of the audit log, letting others have their turn on the way.
    [[nodiscard]] QFuture<Result<AuditCheck>> verifyAudit();

    /// Writes everything, as it is at one moment, into a SQLite file at \a path, also from PostgreSQL. A file
    /// that is there already is replaced by a whole one or not at all. Others may use the database meanwhile.
    [[nodiscard]] QFuture<Result<void>> backup(const QString &path);
    /// Fills an empty store from a backup of this version or an older one, or fails and leaves it empty. What
    /// comes of it has another epoch, and a revision of its own that makes every asker forget its answers:
    /// they may be of a time after the backup.
    [[nodiscard]] QFuture<Result<Revision>> restore(const QString &path, const Actor &actor);

private:
    Store(const store::Location &location, Use use, const QString &server);
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan
