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

// The log's end is written down beside the log, so that an entry missing there is noticed in every database.
// An asker belongs to the server it asked last, which brings it what it is owed; `serial` grows with every
// new asker and every one that went to another server. A revision may wait for somebody to confirm it, and
// may undo another. Indexes for reading the log by object, by who and by what; deliveries settle many at a
// time, and PostgreSQL has no index for texts as long as that makes them.
constexpr QLatin1StringView headMigration[] = {
    "CREATE TABLE audit_head (id INTEGER NOT NULL, at INTEGER NOT NULL, hash TEXT NOT NULL)"_L1,
    "INSERT INTO audit_head SELECT"
    " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0),"
    " coalesce((SELECT max(at) FROM audit), 0),"
    " coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '')"_L1,
    "CREATE INDEX audit_object ON audit (object_type, object_id, id) WHERE object_type <> 'delivery'"_L1,
    "CREATE INDEX audit_by ON audit (substr(by, 1, instr(by || '/', '/') - 1), id)"
    " WHERE object_type <> 'delivery'"_L1,
    "CREATE INDEX audit_operation ON audit (operation, id)"_L1,
    "ALTER TABLE asker ADD COLUMN server TEXT NOT NULL DEFAULT ''"_L1, // its JID; empty: not known
    "ALTER TABLE asker ADD COLUMN serial INTEGER NOT NULL DEFAULT 0"_L1,
    "CREATE INDEX asker_serial ON asker (serial)"_L1,
    "ALTER TABLE revision ADD COLUMN confirm_by INTEGER"_L1, // NULL: nobody has to, or somebody did
    "ALTER TABLE revision ADD COLUMN reverts TEXT NOT NULL DEFAULT ''"_L1, // id of a change set
};

// What all of SQLite's migrations up to here make. Texts that have an order have that of their bytes, as in
// SQLite.
constexpr QLatin1StringView postgresSchema[] = {
    "CREATE TABLE meta (key text PRIMARY KEY, value text NOT NULL)"_L1,

    "CREATE TABLE revision ("
    " revision bigint PRIMARY KEY,"
    " change_set text NOT NULL UNIQUE," // its id: a change set is applied once
    " at bigint NOT NULL,"
    " by text NOT NULL,"
    " title text NOT NULL,"
    " changes bigint NOT NULL,"
    " confirm_by bigint,"
    " reverts text NOT NULL DEFAULT ''"
    ")"_L1,

    "CREATE TABLE thing ("
    " id text COLLATE \"C\" PRIMARY KEY,"
    " version bigint NOT NULL REFERENCES revision,"
    " kind bigint NOT NULL CHECK (kind BETWEEN 0 AND 3),"
    " name text NOT NULL,"
    " owner text NOT NULL,"
    " tags text NOT NULL,"
    " roles text NOT NULL,"
    " comment text NOT NULL,"
    " noted bigint NOT NULL,"
    " nodes text NOT NULL,"
    " search text NOT NULL"
    ")"_L1,
    "CREATE INDEX thing_version ON thing (version, id)"_L1,

    "CREATE TABLE friendship ("
    " id text COLLATE \"C\" PRIMARY KEY," // both JIDs, the smaller first, separated by a space
    " version bigint NOT NULL REFERENCES revision,"
    " state bigint NOT NULL CHECK (state BETWEEN 0 AND 1),"
    " secondary_trust bigint NOT NULL,"
    " comment text NOT NULL"
    ")"_L1,
    "CREATE INDEX friendship_version ON friendship (version, id)"_L1,

    "CREATE TABLE friendship_rule ("
    " id text COLLATE \"C\" PRIMARY KEY,"
    " version bigint NOT NULL REFERENCES revision,"
    " rank bigint NOT NULL,"
    " effect bigint NOT NULL CHECK (effect BETWEEN 0 AND 1),"
    " one_kind bigint NOT NULL CHECK (one_kind BETWEEN 0 AND 4),"
    " one_value text NOT NULL,"
    " one_with_user text NOT NULL,"
    " one_with_service text NOT NULL,"
    " other_kind bigint NOT NULL CHECK (other_kind BETWEEN 0 AND 4),"
    " other_value text NOT NULL,"
    " other_with_user text NOT NULL,"
    " other_with_service text NOT NULL,"
    " secondary_trust bigint NOT NULL,"
    " comment text NOT NULL,"
    " search text NOT NULL"
    ")"_L1,
    "CREATE INDEX friendship_rule_version ON friendship_rule (version, id)"_L1,
    "CREATE INDEX friendship_rule_rank ON friendship_rule (rank, id)"_L1,

    "CREATE TABLE access_rule ("
    " id text COLLATE \"C\" PRIMARY KEY,"
    " version bigint NOT NULL REFERENCES revision,"
    " rank bigint NOT NULL," // one order for both actions
    " action bigint NOT NULL CHECK (action BETWEEN 0 AND 1),"
    " effect bigint NOT NULL CHECK (effect BETWEEN 0 AND 1),"
    " subject_kind bigint NOT NULL CHECK (subject_kind BETWEEN 0 AND 4),"
    " subject_value text NOT NULL,"
    " subject_with_user text NOT NULL,"
    " subject_with_service text NOT NULL,"
    " target_kind bigint NOT NULL CHECK (target_kind BETWEEN 0 AND 2),"
    " target_value text NOT NULL,"
    " node_and_below bigint," // NULL: the rule names no node
    " node_id text," // this and the next two: NULL is any
    " node_source_id text,"
    " node_cache_type text,"
    " names text NOT NULL,"
    " types bigint NOT NULL," // the bits of vocabulary/fieldtypes.h
    " valid_from bigint,"
    " valid_until bigint,"
    " comment text NOT NULL,"
    " search text NOT NULL"
    ")"_L1,
    "CREATE INDEX access_rule_version ON access_rule (version, id)"_L1,
    "CREATE INDEX access_rule_rank ON access_rule (rank, id)"_L1,

    "CREATE TABLE tombstone ("
    " type bigint NOT NULL,"
    " id text COLLATE \"C\" NOT NULL,"
    " version bigint NOT NULL REFERENCES revision," // that removed it
    " PRIMARY KEY (type, id)"
    ")"_L1,
    "CREATE INDEX tombstone_version ON tombstone (version, type, id)"_L1,

    "CREATE TABLE delivery ("
    " id bigint PRIMARY KEY,"
    " revision bigint NOT NULL REFERENCES revision,"
    " jid text COLLATE \"C\" NOT NULL,"
    " kind bigint NOT NULL CHECK (kind BETWEEN 0 AND 2),"
    " peer text NOT NULL,"
    " state bigint NOT NULL CHECK (state BETWEEN 0 AND 3),"
    " attempts bigint NOT NULL,"
    " created bigint NOT NULL,"
    " sent bigint,"
    " settled bigint,"
    " error text NOT NULL,"
    " sequence bigint NOT NULL UNIQUE,"
    " UNIQUE (revision, jid, kind, peer)"
    ")"_L1,
    "CREATE INDEX delivery_owed ON delivery (jid, id) WHERE settled IS NULL"_L1,

    "CREATE TABLE asker ("
    " jid text COLLATE \"C\" PRIMARY KEY,"
    " asked bigint NOT NULL,"
    " server text NOT NULL,"
    " serial bigint NOT NULL"
    ")"_L1,
    "CREATE INDEX asker_serial ON asker (serial)"_L1,

    "CREATE TABLE token ("
    " hash text COLLATE \"C\" PRIMARY KEY," // SHA-256 in hexadecimal; the token itself is nowhere
    " certificate text NOT NULL," // thumbprint; empty: a user token of `service`
    " service text NOT NULL,"
    " \"user\" text NOT NULL,"
    " jid text COLLATE \"C\" NOT NULL,"
    " issued bigint NOT NULL,"
    " used bigint NOT NULL"
    ")"_L1,

    "CREATE TABLE service ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX service_version ON service (version, id)"_L1,
    "CREATE TABLE user_account ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX user_account_version ON user_account (version, id)"_L1,
    "CREATE TABLE privilege_list ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX privilege_list_version ON privilege_list (version, id)"_L1,
    "CREATE TABLE privilege ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX privilege_version ON privilege (version, id)"_L1,
    "CREATE TABLE certificate ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX certificate_version ON certificate (version, id)"_L1,
    "CREATE TABLE question ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX question_version ON question (version, id)"_L1,
    "CREATE TABLE containment ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX containment_version ON containment (version, id)"_L1,
    "CREATE TABLE policy ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX policy_version ON policy (version, id)"_L1,
    "CREATE TABLE role_grant ("
    " id text COLLATE \"C\" PRIMARY KEY, version bigint NOT NULL REFERENCES revision,"
    " value text NOT NULL, search text NOT NULL)"_L1,
    "CREATE INDEX role_grant_version ON role_grant (version, id)"_L1,

    "CREATE TABLE audit_head (id bigint NOT NULL, at bigint NOT NULL, hash text NOT NULL)"_L1,
    "INSERT INTO audit_head VALUES (0, 0, '')"_L1,
    "CREATE TABLE audit ("
    " id bigint PRIMARY KEY,"
    " at bigint NOT NULL,"
    " by text NOT NULL,"
    " operation text NOT NULL,"
    " object_type text NOT NULL,"
    " object_id text NOT NULL,"
    " revision bigint NOT NULL,"
    " why text NOT NULL,"
    " before text NOT NULL,"
    " after text NOT NULL,"
    " result text NOT NULL,"
    " hash text NOT NULL"
    ")"_L1,
    "CREATE INDEX audit_object ON audit (object_type, object_id, id) WHERE object_type <> 'delivery'"_L1,
    "CREATE INDEX audit_by ON audit (split_part(by, '/', 1), id) WHERE object_type <> 'delivery'"_L1,
    "CREATE INDEX audit_operation ON audit (operation, id)"_L1,
    "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RAISE EXCEPTION ''the audit log is append-only''; END'"_L1,
    "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
    " EXECUTE FUNCTION audit_only_grows()"_L1,
};

constexpr Migration allMigrations[] = {
    { firstMigration, {} }, { tokenMigration, {} }, { objectMigration, {} },
    { owedMigration, {} },  { roleMigration, {} },  { headMigration, postgresSchema },
};
static_assert(std::size(allMigrations) == schemaVersion,
              "migrations are appended, and each raises schemaVersion");

} // namespace

std::span<const Migration> migrations()
{
    return allMigrations;
}

std::span<const QLatin1StringView> contentTables()
{
    static constexpr QLatin1StringView tables[] = {
        "revision"_L1, "thing"_L1,        "friendship"_L1,     "friendship_rule"_L1, "access_rule"_L1,
        "service"_L1,  "user_account"_L1, "privilege_list"_L1, "privilege"_L1,       "certificate"_L1,
        "question"_L1, "containment"_L1,  "policy"_L1,         "role_grant"_L1,      "tombstone"_L1,
        "delivery"_L1, "asker"_L1,        "token"_L1,          "audit"_L1,           "audit_head"_L1,
    };
    return tables;
}

int versionOf(Connection &connection)
{
    const QString mark = connection.isPostgres()
        ? u"SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'audit_head'"_s
        : u"SELECT 1 FROM pragma_application_id WHERE application_id = %1"_s.arg(applicationId);
    Query identity(connection, mark);
    if (identity.run().next()) {
        Query schema(connection, u"SELECT value FROM meta WHERE key = 'schema'"_s);
        return schema.run().next() ? int(schema.number(0)) : 0;
    }
    Query anything(connection,
                   connection.isPostgres() ? u"SELECT 1 FROM pg_tables WHERE schemaname = current_schema()"_s
                                           : u"SELECT 1 FROM sqlite_master"_s);
    if (anything.run().next()) {
        throw Abort {
            { FailureKind::NotAllowed,
              Connection::tr("%1 is a database of another program. Name another one; this one was left "
                             "as it is.",
                             "%1 is a database")
                  .arg(connection.name()) }
        };
    }
    return 0;
}

void migrate(Connection &connection, std::span<const Migration> migrations)
{
    const int last = int(migrations.size());
    while (true) {
        Transaction transaction(connection); // from here on nobody else migrates
        const int current = versionOf(connection);
        int next = current;
        while (next < last && migrations[size_t(next)].of(connection.kind()).empty())
            ++next; // PostgreSQL begins with the sixth
        if (next == last && current <= last)
            return;
        if (current > last) {
            throw Abort {
                { FailureKind::NotAllowed,
                  Connection::tr(
                      "%1 was written by a newer Castellan (schema %2; this one knows %3). Use that "
                      "version or a newer one; the database was left as it is.",
                      "%1 is a database, %2 and %3 are numbers")
                      .arg(connection.name())
                      .arg(current)
                      .arg(last) }
            };
        }
        for (const QLatin1StringView &statement : migrations[size_t(next)].of(connection.kind()))
            connection.execute(statement);
        Query(connection,
              u"INSERT INTO meta (key, value) VALUES ('schema', ?) "
              "ON CONFLICT (key) DO UPDATE SET value = excluded.value"_s)
            .run(QString::number(next + 1));
        transaction.commit();
        qCDebug(logSchema) << "Database" << connection.name() << "is now at schema" << next + 1;
    }
}

} // namespace castellan::store
