// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/schema.h"

#include "store/connection.h"

#include <QLoggingCategory>

using namespace Qt::StringLiterals;

namespace castellan::store {

namespace {

Q_LOGGING_CATEGORY(logSchema, "castellan.store.schema")

// "Cast", so that file(1) and this program know the file. Written by the first migration.
constexpr int applicationId = 0x43617374;

// Once a version has left this repository its migration is never edited: databases exist that have gone
// through it. What has to change, a new migration changes.
//
// Conventions: ids are as vocabulary/network.h defines them; `version` is the revision that last wrote the
// row; times are milliseconds since 1970, UTC, NULL for none; enumerations are numbers in the order of
// vocabulary/network.h, which objecttables.cpp holds fast; lists and inventories are JSON; `search` is
// what list() looks in, in lower case.
constexpr QLatin1StringView firstMigration[] = {
    "PRAGMA application_id = 1130460020"_L1,

    "CREATE TABLE meta ("
    " key TEXT PRIMARY KEY," // epoch, schema
    " value TEXT NOT NULL"
    ") WITHOUT ROWID"_L1,

    "CREATE TABLE revision ("
    " revision INTEGER PRIMARY KEY,"
    " change_set TEXT NOT NULL UNIQUE," // its id: a change set is applied once
    " at INTEGER NOT NULL,"
    " by TEXT NOT NULL,"
    " title TEXT NOT NULL,"
    " changes INTEGER NOT NULL"
    ")"_L1,

    "CREATE TABLE thing ("
    " id TEXT PRIMARY KEY,"
    " version INTEGER NOT NULL REFERENCES revision,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),"
    " name TEXT NOT NULL,"
    " owner TEXT NOT NULL,"
    " tags TEXT NOT NULL,"
    " roles TEXT NOT NULL,"
    " comment TEXT NOT NULL,"
    " noted INTEGER NOT NULL,"
    " nodes TEXT NOT NULL,"
    " search TEXT NOT NULL"
    ")"_L1,
    "CREATE INDEX thing_version ON thing (version, id)"_L1,

    "CREATE TABLE friendship ("
    " id TEXT PRIMARY KEY," // both JIDs, the smaller first, separated by a space
    " version INTEGER NOT NULL REFERENCES revision,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 1),"
    " secondary_trust INTEGER NOT NULL,"
    " comment TEXT NOT NULL"
    ") WITHOUT ROWID"_L1,
    "CREATE INDEX friendship_version ON friendship (version, id)"_L1,

    "CREATE TABLE friendship_rule ("
    " id TEXT PRIMARY KEY,"
    " version INTEGER NOT NULL REFERENCES revision,"
    " rank INTEGER NOT NULL,"
    " effect INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 1),"
    " one_kind INTEGER NOT NULL CHECK (one_kind BETWEEN 0 AND 4),"
    " one_value TEXT NOT NULL,"
    " one_with_user TEXT NOT NULL,"
    " one_with_service TEXT NOT NULL,"
    " other_kind INTEGER NOT NULL CHECK (other_kind BETWEEN 0 AND 4),"
    " other_value TEXT NOT NULL,"
    " other_with_user TEXT NOT NULL,"
    " other_with_service TEXT NOT NULL,"
    " secondary_trust INTEGER NOT NULL,"
    " comment TEXT NOT NULL,"
    " search TEXT NOT NULL"
    ")"_L1,
    "CREATE INDEX friendship_rule_version ON friendship_rule (version, id)"_L1,
    "CREATE INDEX friendship_rule_rank ON friendship_rule (rank, id)"_L1,

    "CREATE TABLE access_rule ("
    " id TEXT PRIMARY KEY,"
    " version INTEGER NOT NULL REFERENCES revision,"
    " rank INTEGER NOT NULL," // one order for both actions
    " action INTEGER NOT NULL CHECK (action BETWEEN 0 AND 1),"
    " effect INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 1),"
    " subject_kind INTEGER NOT NULL CHECK (subject_kind BETWEEN 0 AND 4),"
    " subject_value TEXT NOT NULL,"
    " subject_with_user TEXT NOT NULL,"
    " subject_with_service TEXT NOT NULL,"
    " target_kind INTEGER NOT NULL CHECK (target_kind BETWEEN 0 AND 2),"
    " target_value TEXT NOT NULL,"
    " node_and_below INTEGER," // NULL: the rule names no node
    " node_id TEXT," // this and the next two: NULL is any
    " node_source_id TEXT,"
    " node_cache_type TEXT,"
    " names TEXT NOT NULL,"
    " types INTEGER NOT NULL," // the bits of vocabulary/fieldtypes.h
    " valid_from INTEGER,"
    " valid_until INTEGER,"
    " comment TEXT NOT NULL,"
    " search TEXT NOT NULL"
    ")"_L1,
    "CREATE INDEX access_rule_version ON access_rule (version, id)"_L1,
    "CREATE INDEX access_rule_rank ON access_rule (rank, id)"_L1,

    "CREATE TABLE tombstone ("
    " type INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " version INTEGER NOT NULL REFERENCES revision," // that removed it
    " PRIMARY KEY (type, id)"
    ") WITHOUT ROWID"_L1,
    "CREATE INDEX tombstone_version ON tombstone (version, type, id)"_L1,

    "CREATE TABLE delivery ("
    " id INTEGER PRIMARY KEY,"
    " revision INTEGER NOT NULL REFERENCES revision,"
    " jid TEXT NOT NULL,"
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),"
    " peer TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),"
    " attempts INTEGER NOT NULL,"
    " created INTEGER NOT NULL,"
    " sent INTEGER,"
    " settled INTEGER,"
    " error TEXT NOT NULL,"
    " sequence INTEGER NOT NULL UNIQUE,"
    " UNIQUE (revision, jid, kind, peer)"
    ")"_L1,
    "CREATE INDEX delivery_open ON delivery (id) WHERE settled IS NULL"_L1,

    "CREATE TABLE asker ("
    " jid TEXT PRIMARY KEY,"
    " asked INTEGER NOT NULL"
    ") WITHOUT ROWID"_L1,

    "CREATE TABLE administrator (jid TEXT PRIMARY KEY) WITHOUT ROWID"_L1,

    // AUTOINCREMENT remembers the last id, so that an entry missing at the end is noticed too.
    "CREATE TABLE audit ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at INTEGER NOT NULL,"
    " by TEXT NOT NULL,"
    " operation TEXT NOT NULL,"
    " object_type TEXT NOT NULL,"
    " object_id TEXT NOT NULL,"
    " revision INTEGER NOT NULL,"
    " why TEXT NOT NULL,"
    " before TEXT NOT NULL,"
    " after TEXT NOT NULL,"
    " result TEXT NOT NULL,"
    " hash TEXT NOT NULL" // see auditlog.h
    ")"_L1,
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"_L1,
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"_L1,
};

// What tokens were given out. Not an object of the network: nobody edits them, and they come and go.
constexpr QLatin1StringView tokenMigration[] = {
    "CREATE TABLE token ("
    " hash TEXT PRIMARY KEY," // SHA-256 in hexadecimal; the token itself is nowhere
    " certificate TEXT NOT NULL," // thumbprint; empty: a user token of `service`
    " service TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " jid TEXT NOT NULL,"
    " issued INTEGER NOT NULL,"
    " used INTEGER NOT NULL"
    ") WITHOUT ROWID"_L1,
};

// Objects that nothing in SQL asks the members of: each as its JSON. "user" is a word of SQL.
constexpr QLatin1StringView objectMigration[] = {
    "CREATE TABLE service ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX service_version ON service (version, id)"_L1,
    "CREATE TABLE user_account ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX user_account_version ON user_account (version, id)"_L1,
    "CREATE TABLE privilege_list ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX privilege_list_version ON privilege_list (version, id)"_L1,
    "CREATE TABLE privilege ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX privilege_version ON privilege (version, id)"_L1,
    "CREATE TABLE certificate ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX certificate_version ON certificate (version, id)"_L1,
    "CREATE TABLE question ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX question_version ON question (version, id)"_L1,
    "CREATE TABLE containment ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX containment_version ON containment (version, id)"_L1,
    "CREATE TABLE policy ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX policy_version ON policy (version, id)"_L1,
};

constexpr QLatin1StringView owedMigration[] = {
    // What is owed is asked for by the one it is owed to, when that one shows a sign of life.
    "DROP INDEX delivery_open"_L1,
    "CREATE INDEX delivery_owed ON delivery (jid, id) WHERE settled IS NULL"_L1,
};

// Roles are objects like all others: edited by change sets, with versions. Consoles hear of those that are
// there already by the revision that makes them such.
constexpr QLatin1StringView roleMigration[] = {
    "CREATE TABLE role_grant ("
    " id TEXT PRIMARY KEY, version INTEGER NOT NULL REFERENCES revision, value TEXT NOT NULL, search TEXT "
    "NOT NULL"
    ")"_L1,
    "CREATE INDEX role_grant_version ON role_grant (version, id)"_L1,
    "INSERT INTO revision (revision, change_set, at, by, title, changes)"
    " SELECT coalesce((SELECT max(revision) FROM revision), 0) + 1, 'administrators-as-objects',"
    " CAST(strftime('%s', 'now') AS INTEGER) * 1000, '', 'Administrators became objects', count(*)"
    " FROM administrator HAVING count(*) > 0"_L1,
    "INSERT INTO role_grant (id, version, value, search)"
    " SELECT jid, (SELECT max(revision) FROM revision),"
    " json_object('holder', jid, 'role', 'administrator'), lower(jid) FROM administrator"_L1,
    "DROP TABLE administrator"_L1,
};

constexpr Migration allMigrations[] = { firstMigration, tokenMigration, objectMigration, owedMigration,
                                        roleMigration };
static_assert(std::size(allMigrations) == schemaVersion,
              "migrations are appended, and each raises schemaVersion");

/// The version of the database, 0 for an empty one. Throws Abort for a database that is not ours.
int version(Connection &connection)
{
    Query identity(connection, u"PRAGMA application_id"_s);
    if (identity.run().next() && identity.number(0) == applicationId) {
        Query schema(connection, u"SELECT value FROM meta WHERE key = 'schema'"_s);
        return schema.run().next() ? int(schema.number(0)) : 0;
    }
    Query anything(connection, u"SELECT 1 FROM sqlite_master"_s);
    if (anything.run().next()) {
        throw Abort {
            { FailureKind::NotAllowed,
              Connection::tr("%1 is a database of another program. Name another file; this one was left "
                             "as it is.",
                             "%1 is a file name")
                  .arg(connection.path()) }
        };
    }
    return 0;
}

} // namespace

std::span<const Migration> migrations()
{
    return allMigrations;
}

void migrate(Connection &connection, std::span<const Migration> migrations)
{
    const int last = int(migrations.size());
    int current = version(connection);
    if (current > last) {
        throw Abort {
            { FailureKind::NotAllowed,
              Connection::tr("%1 was written by a newer Castellan (schema %2; this one knows %3). Use that "
                             "version or a newer one; the file was left as it is.",
                             "%1 is a file name, %2 and %3 are numbers")
                  .arg(connection.path())
                  .arg(current)
                  .arg(last) }
        };
    }
    for (; current < last; ++current) {
        Transaction transaction(connection);
        for (const QLatin1StringView &statement : migrations[current])
            connection.execute(statement);
        Query(connection,
              u"INSERT INTO meta (key, value) VALUES ('schema', ?) "
              "ON CONFLICT (key) DO UPDATE SET value = excluded.value"_s)
            .run(QString::number(current + 1));
        transaction.commit();
        qCDebug(logSchema) << "Database" << connection.path() << "is now at schema" << current + 1;
    }
}

} // namespace castellan::store
