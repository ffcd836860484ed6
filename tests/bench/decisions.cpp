// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "estate.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>

#include <boost/unordered/unordered_flat_map.hpp>

/// Decisions in process: how fast they are, beside what else could take them, and what the rules weigh.
namespace castellan::bench {

using namespace Qt::StringLiterals;

namespace {

/// Enough different questions that large networks are not answered from the processor's caches, and so few
/// that the questions themselves do not push small ones out.
qsizetype questionCount(qsizetype things)
{
    return std::clamp<qsizetype>(things / 8, 4096, 1 << 16);
}

/// Never holds all of a large network as objects, which take several times the memory of what is made of
/// them.
rules::Snapshot compiled(const Estate &estate, qsizetype pairs, qsizetype rules)
{
    constexpr qsizetype batch = 1'000'000;
    rules::Snapshot snapshot(estate.network(std::min(pairs, batch), std::min(rules, batch)));
    for (qsizetype done = batch; done < std::max(pairs, rules); done += batch) {
        QList<VersionedObject> changes;
        const auto add = [&](const Object &object) {
            changes.append({ { objectType(object), objectId(object) }, 1, object });
        };
        for (qsizetype i = done; i < std::min(pairs, done + batch); ++i)
            add(estate.pair(i));
        for (qsizetype i = done; i < std::min(rules, done + batch); ++i) {
            AccessRule rule = estate.rule(i);
            rule.rank = 1000 + i; // behind the rules there are
            add(rule);
        }
        snapshot = snapshot.with(changes);
    }
    return snapshot;
}

// ---- isFriend

struct PairView
{
    QStringView a;
    QStringView b;
};

struct HashPair
{
    using is_transparent = void;
    using is_avalanching = void; // says Boost: the hash needs no more mixing
    size_t operator()(const auto &pair) const
    {
        return qHashMulti(0, QStringView(pair.a), QStringView(pair.b));
    }
};

struct EqualPair
{
    using is_transparent = void;
    bool operator()(const auto &one, const auto &other) const
    {
        return QStringView(one.a) == QStringView(other.a) && QStringView(one.b) == QStringView(other.b);
    }
};

struct Pair
{
    QString a;
    QString b;
};

/// What isFriend can at best be: a look-up of the pair. Boost's is the fastest flat hash that Debian has; it
/// gets Qt's hash function, which uses the processor's AES, and looks up without touching reference counts.
class FlatHash
{
public:
    FlatHash(const Estate &estate, qsizetype pairs)
    {
        m_accepted.reserve(size_t(pairs));
        for (qsizetype i = 0; i < pairs; ++i) {
            const Friendship pair = estate.pair(i);
            m_accepted.emplace(Pair { pair.a, pair.b }, pair.state == Friendship::State::Accepted);
        }
    }

    [[nodiscard]] bool accepted(const rules::FriendQuestion &question) const
    {
        const bool inOrder = question.asker < question.jid;
        const auto found = m_accepted.find(inOrder ? PairView { question.asker, question.jid }
                                                   : PairView { question.jid, question.asker });
        return found != m_accepted.end() && found->second;
    }

private:
    boost::unordered_flat_map<Pair, bool, HashPair, EqualPair> m_accepted;
};

std::vector<rules::FriendQuestion> friendQuestions(const Estate &estate, qsizetype pairs, bool known)
{
    std::vector<rules::FriendQuestion> questions;
    for (qsizetype i = 0; i < questionCount(estate.things()); ++i)
        questions.push_back(estate.friendQuestion(i, pairs, known));
    return questions;
}

Turn decideFriends(const rules::Snapshot &snapshot, const std::vector<rules::FriendQuestion> &questions)
{
    return [&] {
        return each(qsizetype(questions.size()), [&](qsizetype i) { keep(snapshot.decide(questions[i])); });
    };
}

void isFriend(const Bench &bench)
{
    for (const qsizetype things : bench.sizes({ 1000, 10'000, 100'000, 1'000'000 })) {
        const qsizetype pairs = 4 * things;
        if (!bench.hasMemory(pairs * 1000, u"isFriend for %1 things"_s.arg(things)))
            continue;
        const Estate estate(things);
        const rules::Snapshot snapshot = compiled(estate, pairs, 0);
        const std::vector<rules::FriendQuestion> byPair = friendQuestions(estate, pairs, true);
        {
            const FlatHash flatHash(estate, pairs);
            for (const rules::FriendQuestion &question : byPair) {
                if (snapshot.decide(question).accepted != flatHash.accepted(question))
                    giveUp(u"isFriend: not what the flat hash says of %1 and %2"_s.arg(question.asker,
                                                                                       question.jid));
            }
            bench.compare({ .name = u"isFriend by pair, %1 things"_s.arg(inWords(things)),
                            .unit = u"ns"_s,
                            .target = ratioAtMost(1.5),
                            .note = u"peer: boost::unordered_flat_map of the same %1 pairs"_s.arg(pairs) },
                          decideFriends(snapshot, byPair), [&] {
                              return each(qsizetype(byPair.size()),
                                          [&](qsizetype i) { keep(flatHash.accepted(byPair[i])); });
                          });
        }
        const std::vector<rules::FriendQuestion> byRule = friendQuestions(estate, pairs, false);
        bench.report({ .name = u"isFriend by rule, %1 things"_s.arg(inWords(things)), .unit = u"ns"_s },
                     decideFriends(snapshot, byRule));
    }
}

// ---- canRead and canControl

std::vector<rules::AccessQuestion> accessQuestions(const Estate &estate, qsizetype rules, Action action)
{
    std::vector<rules::AccessQuestion> questions;
    for (qsizetype i = 0; i < questionCount(estate.things()); ++i)
        questions.push_back(estate.accessQuestion(i, rules, action));
    return questions;
}

Turn decideAccess(const rules::Snapshot &snapshot, const std::vector<rules::AccessQuestion> &questions)
{
    return [&] {
        return each(qsizetype(questions.size()), [&](qsizetype i) { keep(snapshot.decide(questions[i])); });
    };
}

void access(const Bench &bench)
{
    for (const qsizetype things : bench.sizes({ 1000, 10'000, 100'000, 1'000'000 })) {
        const qsizetype rules = 2 * things;
        if (!bench.hasMemory(rules * 2000, u"canRead and canControl for %1 things"_s.arg(things)))
            continue;
        const Estate estate(things);
        const rules::Snapshot snapshot = compiled(estate, 0, rules);
        for (const Action action : { Action::Read, Action::Control }) {
            const std::vector<rules::AccessQuestion> questions = accessQuestions(estate, rules, action);
            const QString name = action == Action::Read ? u"canRead"_s : u"canControl"_s;
            bench.report({ .name = u"%1, %2 things"_s.arg(name, inWords(things)),
                           .unit = u"ns"_s,
                           .note = u"%1 simple rules"_s.arg(rules) },
                         decideAccess(snapshot, questions));
        }
    }
}

// ---- hasPrivilege

constexpr int privilegeDepth = 4;

QString privilege(quint64 number, int parts)
{
    const QStringList all { u"Building-%1"_s.arg(number % 7), u"Floor-%1"_s.arg(number / 7 % 11),
                            u"Room-%1"_s.arg(number / 77), u"Open"_s };
    return all.first(parts).join(u'.');
}

/// \a count different ones, from the particular to the general as people write them; one in three excludes.
QList<PrivilegeEntry> privilegeEntries(qsizetype count)
{
    QList<PrivilegeEntry> entries;
    for (qsizetype i = 0; i < count; ++i) {
        const bool general = i * 20 / count == 19;
        const quint64 number = general ? quint64(i % 77) : 2 * quint64(i);
        entries.append({ dice(quint64(i)) % 3 != 0, privilege(number, general ? 2 : 3) });
    }
    return entries;
}

/// The entries one by one until one covers the privilege.
bool scan(const QList<PrivilegeEntry> &entries, const QString &privilege)
{
    for (const PrivilegeEntry &entry : entries) {
        if (privilege.startsWith(entry.privilege)
            && (privilege.size() == entry.privilege.size() || privilege.at(entry.privilege.size()) == u'.'))
            return entry.include;
    }
    return false;
}

/// The entries in SQLite's memory, by the index that finds them at once: the privilege and all that may cover
/// it are known, so it is asked for those.
class SqlList
{
public:
    explicit SqlList(const QList<PrivilegeEntry> &entries)
        : m_database(QSqlDatabase::addDatabase(u"QSQLITE"_s, u"privileges"_s))
    {
        m_database.setDatabaseName(u":memory:"_s);
        if (!m_database.open())
            giveUp(m_database.lastError().text());
        run(u"CREATE TABLE entry (list TEXT, place INTEGER, include INTEGER, privilege TEXT)"_s);
        QSqlQuery insert(m_database);
        insert.prepare(u"INSERT INTO entry VALUES ('meters anonymous', ?, ?, ?)"_s);
        for (qsizetype i = 0; i < entries.size(); ++i) {
            insert.bindValue(0, i);
            insert.bindValue(1, int(entries.at(i).include));
            insert.bindValue(2, entries.at(i).privilege);
            if (!insert.exec())
                giveUp(insert.lastError().text());
        }
        run(u"CREATE INDEX place ON entry (list, privilege, place, include)"_s);
        m_query = QSqlQuery(m_database);
        m_query.setForwardOnly(true);
        m_query.prepare(u"SELECT include FROM entry WHERE list = ? AND privilege IN (?, ?, ?, ?) "
                        "ORDER BY place LIMIT 1"_s);
    }
    ~SqlList()
    {
        m_query = QSqlQuery();
        m_database = QSqlDatabase();
        QSqlDatabase::removeDatabase(u"privileges"_s);
    }
    Q_DISABLE_COPY_MOVE(SqlList)

    [[nodiscard]] bool granted(const QString &privilege)
    {
        m_query.bindValue(0, u"meters anonymous"_s);
        qsizetype end = 0;
        for (int i = 0; i < privilegeDepth; ++i) {
            end = privilege.indexOf(u'.', end + 1);
            m_query.bindValue(i + 1, end < 0 ? privilege : privilege.first(end));
        }
        if (!m_query.exec())
            giveUp(m_query.lastError().text());
        return m_query.next() && m_query.value(0).toBool();
    }

private:
    void run(const QString &sql)
    {
        if (QSqlQuery query(m_database); !query.exec(sql))
            giveUp(query.lastError().text());
    }

    QSqlDatabase m_database;
    QSqlQuery m_query;
};

void hasPrivilege(const Bench &bench)
{
    for (const qsizetype count : bench.sizes({ 100, 1000, 10'000 })) {
        const QList<PrivilegeEntry> entries = privilegeEntries(count);
        Network network;
        network.services.append({ .id = u"meters"_s });
        network.privilegeLists.append({ .service = u"meters"_s, .entries = entries });
        const rules::Snapshot snapshot(network);
        SqlList sql(entries);

        std::vector<rules::PrivilegeQuestion> questions;
        for (qsizetype i = 0; i < 1000; ++i) {
            rules::PrivilegeQuestion question;
            question.of = { .asker = u"meters@example.org"_s, .service = u"meters"_s };
            question.privilege = privilege(dice(quint64(i)) % quint64(2 * count), i % 5 == 0 ? 3 : 4);
            questions.push_back(question);
            const bool granted = snapshot.decide(question).granted;
            if (granted != scan(entries, question.privilege) || granted != sql.granted(question.privilege))
                giveUp(u"hasPrivilege: not what the peers say of %1"_s.arg(question.privilege));
        }
        const auto ours = [&] {
            return each(qsizetype(questions.size()),
                        [&](qsizetype i) { keep(snapshot.decide(questions[i])); });
        };
        bench.compare({ .name = u"hasPrivilege, list of %1"_s.arg(count),
                        .unit = u"ns"_s,
                        .target = ratioAtMost(0.25),
                        .note = u"peer: the list read from its start"_s },
                      ours, [&] {
                          return each(qsizetype(questions.size()),
                                      [&](qsizetype i) { keep(scan(entries, questions[i].privilege)); });
                      });
        bench.compare({ .name = u"hasPrivilege, list of %1 in SQLite"_s.arg(count),
                        .unit = u"ns"_s,
                        .target = ratioAtMost(0.05),
                        .note = u"peer: a prepared, indexed query of a database in memory"_s },
                      ours, [&] {
                          return each(qsizetype(questions.size()),
                                      [&](qsizetype i) { keep(sql.granted(questions[i].privilege)); });
                      });
    }
}

// ---- the size of the network

void manyRules(const Bench &bench)
{
    const qsizetype few = bench.size(10'000, 2000);
    const qsizetype many = bench.size(10'000'000, 4000);
    const Estate village(few / 10);
    const Estate country(many / 10);
    if (!bench.hasMemory(many * 400, u"10^7 pairs"_s))
        return;
    // Both find cold caches, because each pushes the other out of them by turns.
    const Promise target = ratioAtMost(3);
    {
        const rules::Snapshot ours = compiled(country, many, 0);
        const rules::Snapshot peer = compiled(village, few, 0);
        const auto inCountry = friendQuestions(country, many, true);
        const auto inVillage = friendQuestions(village, few, true);
        bench.compare({ .name = u"isFriend, %1 pairs"_s.arg(inWords(many)),
                        .unit = u"ns"_s,
                        .target = target,
                        .note = u"peer: ourselves with %1 pairs, both from cold caches"_s.arg(inWords(few)) },
                      decideFriends(ours, inCountry), decideFriends(peer, inVillage));
    }
    const rules::Snapshot ours = compiled(country, 0, many);
    const rules::Snapshot peer = compiled(village, 0, few);
    const auto inCountry = accessQuestions(country, many, Action::Read);
    const auto inVillage = accessQuestions(village, few, Action::Read);
    bench.compare({ .name = u"canRead, %1 rules"_s.arg(inWords(many)),
                    .unit = u"ns"_s,
                    .target = target,
                    .note = u"peer: ourselves with %1 rules, both from cold caches"_s.arg(inWords(few)) },
                  decideAccess(ours, inCountry), decideAccess(peer, inVillage));
}

/// What is left allocated when only the snapshot is.
qint64 weight(const Estate &estate, qsizetype pairs, qsizetype rules)
{
    const qint64 before = allocatedBytes();
    const rules::Snapshot snapshot = compiled(estate, pairs, rules);
    return allocatedBytes() - before;
}

void memory(const Bench &bench)
{
    const qsizetype count = bench.size(1'000'000, 2000);
    const Estate estate(count / 10);
    const auto things = double(weight(estate, 0, 0));
    bench.record({ .name = u"memory of a thing"_s, .unit = u"bytes"_s }, things / double(estate.things()));
    bench.record({ .name = u"memory of a pair"_s,
                   .unit = u"bytes"_s,
                   .target = atMost(100),
                   .note = u"of %1, ten for each thing"_s.arg(inWords(count)) },
                 (double(weight(estate, count, 0)) - things) / double(count));
    bench.record({ .name = u"memory of a simple rule"_s,
                   .unit = u"bytes"_s,
                   .target = atMost(100),
                   .note = u"of %1, ten for each thing"_s.arg(inWords(count)) },
                 (double(weight(estate, 0, count)) - things) / double(count));
}

/// One changed rule, one changed pair and one changed thing by turns.
void update(const Bench &bench)
{
    const qsizetype things = bench.size(1'000'000, 1000);
    if (!bench.hasMemory(things * 4000, u"updates of a million things"_s))
        return;
    const Estate estate(things);
    const Network network = estate.network(things, things);
    rules::Snapshot snapshot(network);
    qsizetype next = 0;
    const auto change = [&]() -> Object {
        const qsizetype at = qsizetype(dice(quint64(++next)) % quint64(things));
        switch (next % 3) {
        case 0: {
            Thing thing = network.things.at(at);
            thing.roles = { u"role-%1"_s.arg(next % 40) };
            return thing;
        }
        case 1: {
            Friendship pair = network.friendships.at(at);
            pair.secondaryTrustAllowed = next % 2 == 0;
            return pair;
        }
        default:
            AccessRule rule = network.accessRules.at(at);
            rule.rank = at + 1;
            rule.names = { u"field-%1"_s.arg(next % 30) };
            return rule;
        }
    };
    bench.compare(
        { .name = u"update of one object among %1 things"_s.arg(inWords(things)),
          .unit = u"us"_s,
          .note = u"peer: compiling the network anew"_s },
        [&]() -> Sample {
            constexpr int count = 300;
            QList<VersionedObject> changes;
            for (int i = 0; i < count; ++i) {
                const Object object = change();
                changes.append({ { objectType(object), objectId(object) }, 1, object });
            }
            // A second time they would change nothing.
            return { nanoseconds([&] {
                         for (const VersionedObject &changed : changes)
                             snapshot = snapshot.with({ changed });
                     })
                     / count / 1000 };
        },
        [&]() -> Sample { return { nanoseconds([&] { keep(rules::Snapshot(network)); }) / 1000 }; });
}

// ---- casbin

/// npm's casbin in a process of its own (casbin/casbin.mjs), which measures itself.
class Casbin
{
public:
    /// \a policies: role, object, action; \a groups: user, role; \a questions: user, object, action.
    Casbin(const QJsonArray &policies, const QJsonArray &groups, const QJsonArray &questions)
    {
        QFile file(m_folder.filePath(u"rules.json"_s));
        const QJsonObject document { { u"policies"_s, policies },
                                     { u"groups"_s, groups },
                                     { u"questions"_s, questions } };
        if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(document).toJson()) < 0)
            giveUp(u"%1 cannot be written: %2"_s.arg(file.fileName(), file.errorString()));
        file.close();
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(u"node"_s,
                        { QStringLiteral(CASTELLAN_CASBIN "/casbin.mjs"), QFileInfo(file).filePath() });
        m_answers = readLine();
    }
    ~Casbin()
    {
        m_process.closeWriteChannel();
        m_process.waitForFinished();
    }

    /// One character for each question: 1 allowed, 0 denied.
    [[nodiscard]] QByteArray answers() const { return m_answers; }

    Sample measure()
    {
        m_process.write("go\n");
        const QList<QByteArray> numbers = readLine().split(' ');
        return { numbers.value(0).toDouble(), numbers.value(1).toDouble() };
    }

private:
    QByteArray readLine()
    {
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(60'000))
                giveUp(u"casbin does not answer: %1"_s.arg(m_process.errorString()));
        }
        return m_process.readLine().trimmed();
    }

    QTemporaryDir m_folder;
    QProcess m_process;
    QByteArray m_answers;
};

/// The middle one of casbin's own benchmarks with roles: 10 000 users in 1000 roles, each of which may read
/// one of 100 things, are 11 000 rules.
void casbin(const Bench &bench)
{
    if (!QFileInfo::exists(QStringLiteral(CASTELLAN_CASBIN "/node_modules"))) {
        if (!bench.isSmoke())
            giveUp(u"casbin is not installed: start the benchmarks with tests/bench/run"_s);
        return; // tests must not need more of the network than their environment
    }
    const int roles = int(bench.size(1000, 50));
    const int users = 10 * roles;
    const auto role = [](int number) { return u"group-%1"_s.arg(number); };
    const auto user = [](int number) { return u"user-%1@example.org"_s.arg(number); };
    const auto data = [](int number) { return u"data-%1@example.org"_s.arg(number); };

    Network network;
    QJsonArray policies;
    QJsonArray groups;
    for (int i = 0; i < users; ++i) {
        network.things.append({ .jid = user(i), .roles = { role(i / 10) } });
        groups.append(QJsonArray { user(i), role(i / 10) });
    }
    for (int i = 0; i < roles; ++i) {
        AccessRule rule;
        rule.id = u"rule-%1"_s.arg(i);
        rule.subject = { .kind = Subject::Kind::Role, .value = role(i) };
        rule.target = { Target::Kind::Device, data(i / 10), {} };
        rule.names = { u"energy"_s };
        network.accessRules.append(rule);
        policies.append(QJsonArray { role(i), data(i / 10), u"energy"_s });
    }
    const rules::Snapshot snapshot(network);

    std::vector<rules::AccessQuestion> questions;
    QJsonArray casbinQuestions;
    for (int i = 0; i < bench.size(200, 20); ++i) {
        const int asker = int(dice(quint64(i)) % quint64(users));
        const int asked = i % 2 == 0 ? asker / 100 : int(dice(quint64(i) + 1'000'000) % quint64(roles / 10));
        const QString name = i % 5 == 0 ? u"power"_s : u"energy"_s;
        rules::AccessQuestion question;
        question.device = data(asked);
        question.jid = user(asker);
        question.names = { name };
        question.types = FieldType::Momentary;
        question.now = QDateTime::currentDateTimeUtc();
        questions.push_back(question);
        casbinQuestions.append(QJsonArray { user(asker), data(asked), name });
    }

    Casbin peer(policies, groups, casbinQuestions);
    QByteArray answers;
    for (const rules::AccessQuestion &question : questions)
        answers.append(snapshot.decide(question).allowed ? '1' : '0');
    if (answers != peer.answers() || !answers.contains('1') || !answers.contains('0'))
        giveUp(u"canRead and casbin disagree:\n%1\n%2"_s.arg(QString::fromLatin1(answers),
                                                             QString::fromLatin1(peer.answers())));
    bench.compare(
        { .name = u"canRead, %1 rules"_s.arg(users + roles),
          .unit = u"ns"_s,
          .target = ratioAtMost(0.001),
          .note = u"peer: npm casbin with the same rules as RBAC, enforceSync()"_s },
        [&] {
            // As many as casbin takes would be over before the clock has seen them.
            const qsizetype count = qsizetype(questions.size());
            return each(100 * count, [&](qsizetype i) { keep(snapshot.decide(questions[i % count])); });
        },
        [&] { return peer.measure(); });
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = {
        { "isFriend", isFriend },    { "access", access }, { "hasPrivilege", hasPrivilege },
        { "casbin", casbin },        { "update", update }, { "memory", memory },
        { "many-rules", manyRules },
    };
    return run(argc, argv, rows);
}
