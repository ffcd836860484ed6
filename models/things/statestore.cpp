// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/statestore.h"

#include "things/logging.h"

#include <QDir>
#include <QSqlError>
#include <QSqlQuery>
#include <QTimeZone>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

constexpr int schemaVersion = 1;

// NORMAL: a commit survives the end of the process, which is what things are put through; a power cut
// of the machine may take the last ones back, but never out of order.
const QStringList schema {
    u"PRAGMA journal_mode = WAL"_s,
    u"PRAGMA synchronous = NORMAL"_s,
    u"PRAGMA busy_timeout = 5000"_s,
    u"CREATE TABLE IF NOT EXISTS server (thing TEXT PRIMARY KEY, jid TEXT NOT NULL) WITHOUT ROWID"_s,
    u"CREATE TABLE IF NOT EXISTS answer (thing TEXT NOT NULL, question BLOB NOT NULL, about TEXT NOT NULL, "
    "answer BLOB NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (thing, question)) WITHOUT ROWID"_s,
    u"CREATE TABLE IF NOT EXISTS identity (thing TEXT PRIMARY KEY, private_key BLOB NOT NULL, "
    "certificate BLOB NOT NULL, token TEXT NOT NULL) WITHOUT ROWID"_s,
    u"PRAGMA user_version = %1"_s.arg(schemaVersion),
};

} // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const QString &directory)
{
    if (!QDir().mkpath(directory))
        return fail(FailureKind::InternalServerError, u"The folder %1 cannot be made."_s.arg(directory));
    std::unique_ptr<StateStore> store(
        new StateStore(QSqlDatabase::addDatabase(u"QSQLITE"_s, QUuid::createUuid().toString())));
    store->m_database.setDatabaseName(QDir(directory).filePath(u"things.db"_s));
    if (!store->m_database.open())
        return std::unexpected(store->failure(store->m_database.lastError().text()));

    auto version = store->run(u"PRAGMA user_version"_s);
    if (!version)
        return std::unexpected(version.error());
    const int found = version->next() ? version->value(0).toInt() : 0;
    version->finish(); // a statement under way would keep the journal mode from changing
    if (found != 0 && found != schemaVersion) {
        return std::unexpected(store->failure(u"it was written by another version of castellan-thing; "
                                              "give another folder, or remove this one"_s));
    }
    for (const QString &statement : schema) {
        if (const auto done = store->run(statement); !done)
            return std::unexpected(done.error());
    }
    return store;
}

StateStore::~StateStore()
{
    const QString name = m_database.connectionName();
    m_database = {};
    QSqlDatabase::removeDatabase(name);
}

Result<StateStore::Memory> StateStore::load(const QString &thing)
{
    Memory memory;
    auto server = run(u"SELECT jid FROM server WHERE thing = ?"_s, { thing });
    if (!server)
        return std::unexpected(server.error());
    if (server->next())
        memory.server = server->value(0).toString();

    auto answers = run(
        u"SELECT question, about, answer, used FROM answer WHERE thing = ? ORDER BY used, question"_s,
        { thing });
    if (!answers)
        return std::unexpected(answers.error());
    while (answers->next()) {
        const auto answer =
            wire::Element::fromXml(answers->value(2).toByteArray()).and_then(wire::readProvisioning);
        if (!answer) { // it will be asked again
            qCWarning(lcThings).noquote() << thing << "forgets an answer:" << answer.error().text;
            continue;
        }
        memory.answers.append(
            { .question = answers->value(0).toByteArray(),
              .about = answers->value(1).toString(),
              .answer = *answer,
              .used = QDateTime::fromMSecsSinceEpoch(answers->value(3).toLongLong(), QTimeZone::UTC) });
    }

    auto identity = run(u"SELECT private_key, certificate, token FROM identity WHERE thing = ?"_s, { thing });
    if (!identity)
        return std::unexpected(identity.error());
    if (identity->next())
        memory.identity = { identity->value(0).toByteArray(), identity->value(1).toByteArray(),
                            identity->value(2).toString() };
    return memory;
}

Result<void> StateStore::saveServer(const QString &thing, const QString &server)
{
    return run(u"INSERT OR REPLACE INTO server (thing, jid) VALUES (?, ?)"_s, { thing, server })
        .transform([](const QSqlQuery &) { });
}

Result<void> StateStore::saveIdentity(const QString &thing, const TokenHolder::Identity &identity)
{
    // Not NULL: a null QString would be.
    const QString token = identity.token.isEmpty() ? u""_s : identity.token;
    return run(u"INSERT OR REPLACE INTO identity (thing, private_key, certificate, token) VALUES (?, ?, ?, ?)"_s,
               { thing, identity.privateKey, identity.certificate, token })
        .transform([](const QSqlQuery &) { });
}

Result<void> StateStore::saveAnswers(const QString &thing, const QList<AnswerCache::Change> &changes)
{
    if (!m_database.transaction())
        return std::unexpected(failure(m_database.lastError().text()));
    for (const auto &[question, entry] : changes) {
        const auto saved = entry
            ? run(u"INSERT OR REPLACE INTO answer (thing, question, about, answer, used) VALUES (?, ?, ?, ?, ?)"_s,
                  { thing, question, entry->about, wire::write(entry->answer).toXml(),
                    entry->used.toMSecsSinceEpoch() })
            : run(u"DELETE FROM answer WHERE thing = ? AND question = ?"_s, { thing, question });
        if (!saved) {
            m_database.rollback();
            return std::unexpected(saved.error());
        }
    }
    if (!m_database.commit()) {
        const Failure why = failure(m_database.lastError().text());
        m_database.rollback();
        return std::unexpected(why);
    }
    return {};
}

Result<QSqlQuery> StateStore::run(const QString &sql, const QVariantList &values)
{
    QSqlQuery query(m_database);
    query.setForwardOnly(true);
    bool done = query.prepare(sql);
    for (const QVariant &value : values)
        query.addBindValue(value);
    done = done && query.exec();
    if (!done)
        return std::unexpected(failure(query.lastError().text()));
    return query;
}

Failure StateStore::failure(const QString &why) const
{
    return { FailureKind::InternalServerError,
             u"The memory of the things, %1, cannot be used: %2"_s.arg(m_database.databaseName(), why) };
}

} // namespace castellan::things
