// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/answercache.h"
#include "things/tokenholder.h"
#include "vocabulary/result.h"

#include <QSqlDatabase>
#include <QVariantList>

#include <memory>

class QSqlQuery;

namespace castellan::things {

/// What the things of a fleet remember over restarts (XEP-0324 §5.2), in one SQLite file. Things are told
/// apart by their bare JIDs; several fleets may share a file as long as they share no thing. Lives on
/// the thread that opened it.
class StateStore
{
public:
    /// Opens or creates `things.db` in \a directory, which is made if need be.
    [[nodiscard]] static Result<std::unique_ptr<StateStore>> open(const QString &directory);
    ~StateStore();
    Q_DISABLE_COPY_MOVE(StateStore)

    struct Memory
    {
        QString server; ///< the provisioning server that the answers are from
        QList<AnswerCache::Entry> answers; ///< least recently used first
        TokenHolder::Identity identity; ///< empty: it has none
    };

    [[nodiscard]] Result<Memory> load(const QString &thing);
    [[nodiscard]] Result<void> saveServer(const QString &thing, const QString &server);
    [[nodiscard]] Result<void> saveIdentity(const QString &thing, const TokenHolder::Identity &identity);
    /// All of \a changes or none.
    [[nodiscard]] Result<void> saveAnswers(const QString &thing, const QList<AnswerCache::Change> &changes);

private:
    explicit StateStore(const QSqlDatabase &database)
        : m_database(database)
    { }
    [[nodiscard]] Result<QSqlQuery> run(const QString &sql, const QVariantList &values = {});
    [[nodiscard]] Failure failure(const QString &why) const;

    QSqlDatabase m_database;
};

} // namespace castellan::things
