// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/auditlog.h"
#include "store/connection.h"
#include "store/filelock.h"
#include "store/objecttables.h"
#include "store/store.h"

namespace castellan::store {

/// What Store promises, on the thread that made it. Every function runs within a transaction of the caller:
/// what it returns is true once that is committed. Failures for which something would have to be undone are
/// thrown as Abort.
class Database
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Store)

public:
    struct Settings
    {
        Location location;
        Store::Use use = Store::Use::Serve;
        QString server; ///< its JID
        QString instance; ///< what this process says when it has written
    };
    /// Opens and migrates, in transactions of its own.
    explicit Database(const Settings &settings);

    [[nodiscard]] Transaction begin(Transaction::Access access)
    {
        m_audit.reread();
        m_isNews = false;
        return Transaction(m_connection, access);
    }
    void commit(Transaction &transaction);

    StoredState load(const Take &take);
    ApplyResult apply(const ChangeSet &changeSet, const Actor &actor, const Follow &follow,
                      const CommitTerms &terms, const std::optional<Known> &known);
    News news(const Known &known);
    Result<void> confirm(const QString &changeSetId, const Actor &actor, const QString &why);
    Result<QList<Change>> inverseOf(const QString &changeSetId);
    /// In no transaction of the caller's.
    Result<Revision> importNetwork(const ImportSource &source, const Actor &actor);
    void readAll(ObjectTables::Order order, const Take &take);
    Result<Store::ObjectPage> changes(Revision since, int max, const QString &after);
    Result<Store::ObjectPage> list(const Listing &listing, const Window &window);
    Result<VersionedObject> object(const ObjectKey &key);
    Store::RevisionPage revisions(Revision since, int max);
    Store::DeliveryPage deliveries(qint64 afterSequence, int max);
    QList<Delivery> owedTo(const QStringList &jids, Revision upTo);
    qint64 updateDeliveries(const QList<Delivery> &deliveries);
    qint64 recallDeliveries();
    Revision noteAskers(const QStringList &jids, const QDateTime &at);
    void touchAskers(const QHash<QString, QDateTime> &times);
    void addToken(const Token &token);
    void setTokenUser(const QByteArray &hash, const QString &user);
    void touchTokens(const QHash<QByteArray, QDateTime> &times);
    void removeTokens(const QList<QByteArray> &hashes);
    void auditRefusal(const Actor &actor, const QString &operation, const Failure &failure);
    Result<Store::AuditPage> history(const AuditFilter &filter, const Window &window)
    {
        return m_audit.history(filter, window);
    }
    /// In no transaction of the caller's.
    void backup(const QString &path);
    Result<Revision> restore(const QString &path, const Actor &actor);
    [[nodiscard]] bool verifyAudit(AuditCheck &check, int count) { return m_audit.verify(check, count); }

private:
    [[nodiscard]] QString readEpoch();
    [[nodiscard]] qint64 number(const QString &sql);
    [[nodiscard]] Revision revision();
    [[nodiscard]] qint64 deliverySequence();
    [[nodiscard]] bool isBehind(const Known &known);
    [[nodiscard]] Result<Revision> fill(const ImportSource &source, const Actor &actor);
    [[nodiscard]] StoreConflict conflictOf(const QList<Change> &changes);
    [[nodiscard]] std::optional<Committed> appliedBefore(const QString &changeSetId);
    void addRevision(const RevisionInfo &info);
    [[nodiscard]] static QList<RevisionInfo> readRevisions(Query &query);
    [[nodiscard]] bool isUnconfirmed(const QString &changeSetId);
    /// Fills in what \a committed says of deliveries.
    void addDeliveries(const Owed &owed, const RevisionInfo &info, Committed &committed);
    [[nodiscard]] Store::ObjectPage makePage(QList<VersionedObject> objects, int max);

    std::optional<FileLock> m_lock; ///< SQLite, serving
    Connection m_connection;
    QString m_server;
    QString m_instance;
    QString m_epoch;
    bool m_isNews = false; ///< this transaction writes what other servers must know
    ObjectTables m_objects { m_connection };
    AuditLog m_audit { m_connection };
};

} // namespace castellan::store
