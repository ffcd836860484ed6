// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/admin.h"

#include <QHash>
#include <QSqlDatabase>
#include <QSqlQuery>

#include <memory>

namespace castellan::replica {

/// One connection to the file that holds the local copy. Used on the thread that opened it. A text of
/// several words is kept in one column, separated by line feeds.
class Database
{
public:
    /// Creates the file and brings its schema up to date. A file that a newer console wrote is refused and
    /// left as it is.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const QString &path);
    ~Database();
    Q_DISABLE_COPY_MOVE(Database)

    /// Runs one statement, prepared once; the query is valid until the same statement runs again. Read it to
    /// its end: rows left behind would keep later readings at the state of this one.
    [[nodiscard]] Result<QSqlQuery *> run(const QString &sql, const QVariantList &values = {});
    /// The first column of the only row; null if there is none.
    [[nodiscard]] Result<QVariant> value(const QString &sql, const QVariantList &values = {});
    /// All of \a work or nothing.
    template<typename Work>
    [[nodiscard]] Result<void> atomically(Work work)
    {
        if (auto begun = run(QStringLiteral("BEGIN IMMEDIATE")); !begun)
            return std::unexpected(begun.error());
        Result<void> done = work();
        if (done) {
            if (auto committed = run(QStringLiteral("COMMIT")); !committed)
                done = std::unexpected(committed.error());
        }
        if (!done)
            (void)run(QStringLiteral("ROLLBACK"));
        return done;
    }

    /// How far the copy has come.
    struct Progress
    {
        QString epoch;
        Revision revision = 0; ///< everything up to here is in
        qint64 deliverySequence = 0;
        Revision revisionInfo = 0; ///< the last revision whose title is known
        // A transfer that takes several pages, and may be interrupted:
        Revision target = 0; ///< `revision` when it is done; 0: none is under way
        QString cursor; ///< the last object that came
        friend bool operator==(const Progress &, const Progress &) = default;
    };
    [[nodiscard]] Result<Progress> progress();

    // What comes from the server.
    /// Forgets everything but the change sets.
    [[nodiscard]] Result<void> startOver(const QString &epoch);
    [[nodiscard]] Result<void> storeObjects(const QList<VersionedObject> &objects, const Progress &progress);
    [[nodiscard]] Result<void> storeDeliveries(const QList<Delivery> &deliveries, const Progress &progress);
    [[nodiscard]] Result<void> storeRevisions(const QList<RevisionInfo> &revisions, const Progress &progress);
    [[nodiscard]] Result<void> storeStatuses(const QList<wire::admin::ThingStatus> &statuses, bool all);

private:
    Database() = default;
    [[nodiscard]] Result<void> migrate();
    [[nodiscard]] Result<QVariant> meta(const QString &name);
    [[nodiscard]] Result<void> setMeta(const QString &name, const QVariant &value);
    [[nodiscard]] Result<void> saveProgress(const Progress &progress);
    [[nodiscard]] Result<void> remove(const ObjectKey &key);
    [[nodiscard]] Result<void> insert(const VersionedObject &object);

    QSqlDatabase m_database;
    QHash<QString, QSqlQuery> m_statements;
};

// How values are kept.
[[nodiscard]] QVariant toSql(const QDateTime &time);
[[nodiscard]] QDateTime timeFromSql(const QVariant &value);
/// What is searched in: lower case, words apart.
[[nodiscard]] QString searchText(const AccessRule &rule);
[[nodiscard]] Result<Object> objectFromSql(const QVariant &value);
/// The lists of rules in the table `rules`.
[[nodiscard]] inline int listOf(Action action)
{
    return int(action);
}

} // namespace castellan::replica
