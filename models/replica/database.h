// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/listings.h"
#include "replica/rows.h"
#include "replica/statement.h"
#include "wire/admin.h"

#include <QHash>
#include <QSet>

#include <memory>
#include <unordered_map>
#include <vector>

namespace castellan::replica {

/// Rows of all tables that are searched share one index: these are the tables, and where their rows are in
/// it.
enum class Found : qint64 {
    Thing,
    Rule,
    Friendship,
    Other,
};
[[nodiscard]] constexpr qint64 firstGram(Found found)
{
    return qint64(found) << 60;
}
/// Things come in the order of their buckets, which is that of their names: what a search finds first is what
/// a list shows first. Within a bucket they come as they have come to us.
[[nodiscard]] constexpr qint64 gramOfThing(qint64 bucket, qint64 id)
{
    return firstGram(Found::Thing) + (bucket << 40) + id;
}
inline constexpr qint64 gramIdMask = (1LL << 40) - 1;

/// One connection to the file that holds the local copy. Used on the thread that opened it. A text of
/// several words is kept in one column, separated by line feeds.
///
/// What came from the server can be fetched again, what was drafted cannot. Hence tables of drafts (`meta`
/// and all that begin with `draft_`) are migrated and saved out of damaged files; the others are made anew,
/// empty, when their schema is another one than this console's, when the server is not the one it was, and
/// when the file is damaged.
class Database
{
public:
    /// Creates the file and brings its schema up to date. A file that a newer console wrote is refused and
    /// left as it is; one that is damaged is set aside (`.damaged` is added to its name) and its drafts are
    /// taken over as far as they can be read.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const QString &path);
    /// Treats the file as open() does one that is damaged. No other connection may have it open.
    [[nodiscard]] static Result<std::unique_ptr<Database>> heal(const QString &path);
    ~Database();
    Q_DISABLE_COPY_MOVE(Database)

    /// Runs one statement, prepared once; the query is valid until the same statement runs again. Read it to
    /// its end: rows left behind would keep later readings at the state of this one.
    [[nodiscard]] Result<Statement *> run(const QString &sql, const QVariantList &values = {});
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

    /// Calls \a read with everything as it is at one moment, whatever is written meanwhile.
    template<typename Read>
    auto consistently(Read read) -> std::invoke_result_t<Read, Database &>
    {
        if (auto begun = run(QStringLiteral("BEGIN")); !begun)
            return std::unexpected(begun.error());
        auto result = read(*this);
        (void)run(QStringLiteral("COMMIT"));
        return result;
    }
    /// Whether a statement has found the file damaged. It is of no use then; see heal().
    [[nodiscard]] bool isDamaged() const { return m_damaged; }
    /// Another number whenever one of \a parts has changed.
    [[nodiscard]] Result<qint64> generation(Parts parts);
    [[nodiscard]] Listings &listings() { return m_listings; }
    /// The number that \a sql counts, which is counted once for each state of \a parts.
    [[nodiscard]] Result<qint64> count(const QString &sql, Parts parts);

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
        qint64 received = 0; ///< objects so far, of
        qint64 expected = 0; ///< in all; 0: not known
        friend bool operator==(const Progress &, const Progress &) = default;
    };
    [[nodiscard]] Result<Progress> progress();

    // What comes from the server.
    /// Forgets everything but the change sets.
    [[nodiscard]] Result<void> startOver(const QString &epoch);
    /// Until everything was there once, what is derived from several tables, what is searched, and most
    /// indexes wait: it is many times faster to make them at the end. The same when very much comes later.
    [[nodiscard]] Result<bool> isFilling();
    /// Does some of what waits; true: nothing is left to do. Objects are to wait until then: one that comes
    /// between lets it begin again.
    [[nodiscard]] Result<bool> finishFilling();
    [[nodiscard]] Result<void> storeObjects(const QList<VersionedObject> &objects, const Progress &progress);
    [[nodiscard]] Result<void> storeDeliveries(const QList<Delivery> &deliveries, const Progress &progress);
    [[nodiscard]] Result<void> storeRevisions(const QList<RevisionInfo> &revisions, const Progress &progress);
    [[nodiscard]] Result<void> storeStatuses(const QList<wire::admin::ThingStatus> &statuses);
    /// The same, where \a statuses are all there are behind \a after up to the last of them (\a isLast: up to
    /// the end), by JID.
    [[nodiscard]] Result<void> replaceStatuses(const QString &after,
                                               const QList<wire::admin::ThingStatus> &statuses, bool isLast);

private:
    Database() = default;
    [[nodiscard]] static Result<std::unique_ptr<Database>> connect(const QString &path);
    [[nodiscard]] static Result<std::unique_ptr<Database>> setAside(const QString &path);
    [[nodiscard]] Result<void> takeDraftsFrom(const QString &path);
    [[nodiscard]] Result<void> migrate();
    [[nodiscard]] Result<void> createCopy();
    [[nodiscard]] Result<void> executeAll(const char *script);
    [[nodiscard]] Result<QStringList> column(const QString &sql, const QVariantList &values = {});
    [[nodiscard]] Result<QVariant> meta(const QString &name);
    [[nodiscard]] Result<void> setMeta(const QString &name, const QVariant &value);
    [[nodiscard]] Result<void> saveProgress(const Progress &progress);
    [[nodiscard]] Failure failure();
    [[nodiscard]] Result<Statement *> prepare(const QString &sql);
    /// Runs a statement that has no rows.
    template<typename... Values>
    [[nodiscard]] Result<Statement *> write(const QString &sql, const Values &...values)
    {
        return prepare(sql).and_then([&](Statement *statement) -> Result<Statement *> {
            if (!statement->write(values...))
                return std::unexpected(failure());
            return statement;
        });
    }
    [[nodiscard]] Result<void> bump(Parts parts);

    /// What the words of things are used for, before that is stored.
    struct Word
    {
        WordKind kind;
        QString word;
        friend bool operator==(const Word &, const Word &) = default;
        friend size_t qHash(const Word &word, size_t seed = 0)
        {
            return qHashMulti(seed, int(word.kind), word.word);
        }
    };
    struct WordUse
    {
        QString detail;
        int uses = 0;
    };
    using Words = QHash<Word, WordUse>;
    static void addWords(Words &words, const Thing &thing, int uses);
    [[nodiscard]] Result<void> storeWords(const Words &words);

    /// How an object is stored: while the copy is filled, new rows are written at once and nothing else.
    [[nodiscard]] Result<void> put(const VersionedObject &object, bool filling, Words &words);
    [[nodiscard]] Result<void> putThing(const VersionedObject &object, const Thing &thing, bool filling,
                                        Words &words);
    [[nodiscard]] Result<void> remove(const ObjectKey &key, bool filling, Words &words);
    /// Makes the row at \a gram what is found by \a text, and not any more at \a previous.
    [[nodiscard]] Result<void> putGrams(std::optional<qint64> previous, qint64 gram, const QString &text);
    /// Where a thing of such a name belongs.
    [[nodiscard]] Result<qint64> bucketFor(const QString &sortName);
    [[nodiscard]] Result<void> putStatuses(const QList<wire::admin::ThingStatus> &statuses,
                                           const QStringList &gone);
    /// Derives what is known of things from other tables; while the copy is filled, that waits.
    [[nodiscard]] Result<void> refresh(const QSet<QString> &jids);
    [[nodiscard]] Result<void> startFilling();
    [[nodiscard]] Result<void> orderThings();
    // One step of finishFilling(), going on behind `from`; true: there is no more of its kind.
    [[nodiscard]] Result<bool> refreshSome(qint64 &from);
    [[nodiscard]] Result<bool> indexThings(qint64 &from);
    [[nodiscard]] Result<bool> indexSome(Found found, const QString &table, qint64 &from);

    QString m_path;
    sqlite3 *m_handle = nullptr;
    /// Not a QHash: what it holds moves when it grows.
    std::unordered_map<QString, Statement> m_statements;
    // Only while filling is finished:
    std::vector<int> m_order; ///< the ids of things by their names
    std::vector<int> m_buckets; ///< by the ids of things
    Listings m_listings;
    struct Count
    {
        qint64 generation = 0;
        qint64 number = 0;
    };
    QHash<QString, Count> m_counts;
    bool m_damaged = false;
};

// How values are kept.
[[nodiscard]] QVariant toSql(const QDateTime &time);
[[nodiscard]] QDateTime timeFromSql(const Cell &cell);
[[nodiscard]] Result<Object> objectFromSql(const Cell &cell);
/// The lists of rules in the table `rules`.
[[nodiscard]] inline int listOf(Action action)
{
    return int(action);
}

} // namespace castellan::replica
