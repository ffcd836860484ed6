// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "integration/harness.h"
#include "rawstream.h"
#include "vocabulary/networkjson.h"
#include "wire/admin.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QUuid>

#include <chrono>

/// The whole program behind real connections. Whoever asks is one component of Prosody with the addresses of
/// all things: so there is no client in between that one would wait for.
namespace castellan::bench {

using namespace Qt::StringLiterals;
using integration::LineProcess;
using integration::Prosody;

namespace {

const QString thingsDomain = u"things.example"_s;
const QString serverDomain = u"provisioning.example"_s;
const QString echoDomain = u"echo.example"_s;
const QString admin = u"admin@things.example"_s;
const QString secret = u"secret"_s;

QString thingJid(qsizetype number)
{
    return u"thing-%1@%2"_s.arg(number).arg(thingsDomain);
}

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Things in a row, each a friend of the next; a role for the first 1000 (`few`) and one for all (`many`).
Network network(qsizetype things, qsizetype few)
{
    Network network;
    for (qsizetype i = 0; i < things; ++i) {
        QStringList roles { u"many"_s };
        if (i < few)
            roles.append(u"few"_s);
        network.things.append({ .jid = thingJid(i), .roles = roles });
        network.friendships.append(makeFriendship(thingJid(i), thingJid((i + 1) % things)));
    }
    return network;
}

/// castellan-server in a process and folder of its own.
class Server
{
public:
    Server(const QString &mode, const Network &network, const QStringList &arguments)
    {
        write(u"network.json"_s, networkToJson(network));
        write(u"secret"_s, secret.toUtf8());
        QByteArray accounts;
        for (const Thing &thing : network.things)
            accounts += thing.jid.toUtf8() + ' ' + secret.toUtf8() + '\n';
        write(u"accounts"_s, accounts);
        QStringList all { u"--mode"_s,      mode,
                          u"--database"_s,  u"sqlite:"_s + m_folder.filePath(u"db"_s),
                          u"--admin"_s,     admin,
                          u"--log-level"_s, u"warning"_s,
                          u"--import"_s,    m_folder.filePath(u"network.json"_s) };
        for (const QString &argument : arguments)
            all.append(QString(argument).replace(u"FOLDER"_s, m_folder.path()));
        m_process.start(QStringLiteral(CASTELLAN_SERVER), all);
        if (!QTest::qWaitFor([this] { return !m_process.lines.isEmpty(); }, 60'000))
            giveUp(u"castellan-server did not start: %1"_s.arg(QString::fromUtf8(m_process.complaints)));
        ready = m_process.lines.first().section(u' ', 1);
    }

    QString ready; ///< the address that it says

    /// From now on peakMemory() says how much it came to.
    void watchMemory() const { proc(u"clear_refs"_s, QIODevice::WriteOnly, "5"); }
    /// Megabytes.
    [[nodiscard]] double peakMemory() const
    {
        static const QRegularExpression peak(u"VmHWM:\\s+(\\d+) kB"_s);
        const QString status = QString::fromUtf8(proc(u"status"_s, QIODevice::ReadOnly));
        return peak.match(status).captured(1).toDouble() / 1024;
    }

private:
    void write(const QString &name, const QByteArray &contents) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            giveUp(u"%1 cannot be written: %2"_s.arg(file.fileName(), file.errorString()));
    }

    QByteArray proc(const QString &name, QIODevice::OpenMode mode, const QByteArray &contents = {}) const
    {
        QFile file(u"/proc/%1/%2"_s.arg(m_process.id()).arg(name));
        if (!file.open(mode) || (mode == QIODevice::WriteOnly && file.write(contents) < 0))
            giveUp(u"%1: %2"_s.arg(file.fileName(), file.errorString()));
        return mode == QIODevice::ReadOnly ? file.readAll() : QByteArray();
    }

    QTemporaryDir m_folder;
    LineProcess m_process { u"castellan-server"_s };
};

/// Prosody with our server, the echo component, and whoever asks: one component with the addresses of all
/// things.
class Stage
{
public:
    explicit Stage(const Network &network)
        : m_prosody({ u"server@example"_s }, secret,
                    { { serverDomain, secret }, { echoDomain, secret }, { thingsDomain, secret } }),
          things(network.things.size())
    {
        if (!m_prosody.start())
            giveUp(u"Prosody did not start: %1"_s.arg(QString::fromUtf8(m_prosody.complaints())));
        const quint16 port = m_prosody.componentAddress().section(u':', 1).toUShort();
        client.openComponent(port, thingsDomain.toUtf8(), secret.toUtf8());
        m_echo.start(QStringLiteral(CASTELLAN_BENCH_ECHO), { QString::number(port), echoDomain, secret });
        if (!QTest::qWaitFor([this] { return !m_echo.lines.isEmpty(); }, 60'000))
            giveUp(u"The echo component did not start: %1"_s.arg(QString::fromUtf8(m_echo.complaints)));
    }

    [[nodiscard]] QStringList component() const
    {
        return { u"--connect"_s, m_prosody.componentAddress(), u"--domain"_s,
                 serverDomain,   u"--secret-file"_s,           u"FOLDER/secret"_s };
    }
    [[nodiscard]] QStringList account() const
    {
        return { u"--connect"_s,      m_prosody.clientAddress(), u"--jid"_s,
                 u"server@example"_s, u"--password-file"_s,      u"FOLDER/secret"_s };
    }

    /// Every thing asks \a to whether it is a friend of the next one, \a count times in all, \a window at a
    /// time. Questions answered in a second.
    double ask(const QString &to, qsizetype count, qsizetype window)
    {
        const QByteArray server = to.toUtf8();
        qsizetype sent = 0;
        qsizetype answered = 0;
        const auto askNext = [&] {
            const qsizetype asker = sent % things;
            client.write("<iq type='get' id='" + QByteArray::number(sent) + "' from='"
                         + thingJid(asker).toUtf8() + "/bench' to='" + server
                         + "'><isFriend xmlns='urn:xmpp:iot:provisioning' jid='"
                         + thingJid((asker + 1) % things).toUtf8() + "'/></iq>");
            ++sent;
        };
        client.onIq = [&](QByteArrayView iq) {
            if (attribute(iq, "type") != "result")
                giveUp(u"No answer, but %1"_s.arg(QString::fromUtf8(iq.toByteArray())));
            ++answered;
            if (sent < count)
                askNext();
        };
        const auto start = std::chrono::steady_clock::now();
        while (sent < std::min(window, count))
            askNext();
        waitUntil([&] { return answered == count; }, u"answer to every question"_s);
        return double(count) / secondsSince(start);
    }

    struct Cleared
    {
        double untilFirst = 0; ///< seconds until the first clearCache has come
        double rate = 0; ///< from then on, clearCaches answered in a second
    };
    /// Sends \a request, an iq to \a to from the administrator, answers \a count clearCaches, and waits until
    /// \a to has all these answers.
    Cleared clear(const QString &to, const QByteArray &request, qsizetype count)
    {
        const QByteArray address = "' from='" + admin.toUtf8() + "/bench' to='" + to.toUtf8() + "'>";
        qsizetype answered = 0;
        bool isDone = false;
        bool isPinged = false;
        std::chrono::steady_clock::time_point first;
        client.onIq = [&](QByteArrayView iq) {
            const QByteArrayView type = attribute(iq, "type");
            const QByteArrayView id = attribute(iq, "id");
            if (type == "set") {
                if (answered++ == 0)
                    first = std::chrono::steady_clock::now();
                client.write("<iq type='result' id='" + id.toByteArray() + "' from='"
                             + attribute(iq, "to").toByteArray() + "' to='"
                             + attribute(iq, "from").toByteArray() + "'/>");
                // What is behind the last answer on the same way arrives after it.
                if (answered == count)
                    client.write("<iq type='get' id='ping" + address + "<ping xmlns='urn:xmpp:ping'/></iq>");
            } else if (id == "ping") {
                isPinged = true;
            } else if (id == "request") {
                if (type == "error")
                    giveUp(u"Refused: %1"_s.arg(QString::fromUtf8(iq.toByteArray())));
                lastResult = iq.toByteArray();
                isDone = true;
            }
        };
        const auto start = std::chrono::steady_clock::now();
        client.write("<iq type='set' id='request" + address + request + "</iq>");
        waitUntil([&] { return isDone && isPinged; }, u"end of %1 clearCaches"_s.arg(count));
        if (answered != count)
            giveUp(u"%1 clearCaches came instead of %2."_s.arg(answered).arg(count));
        return { std::chrono::duration<double>(first - start).count(), double(count) / secondsSince(first) };
    }

    RawStream client;
    QByteArray lastResult; ///< of clear()

private:
    Prosody m_prosody;
    LineProcess m_echo { u"bench_echo"_s };
    qsizetype things;
};

// ---- questions

constexpr qsizetype askers = 1000; ///< each well below what one sender may ask at once

void component(const Bench &bench)
{
    const Network things = network(bench.size(askers, 20), 1);
    Stage stage(things);
    const Server server(u"component"_s, things, stage.component());
    const qsizetype count = bench.size(5000, 60);
    (void)stage.ask(serverDomain, things.things.size(),
                    20); // the first question of each is also written down
    (void)stage.ask(echoDomain, things.things.size(), 20);
    bench.compare(
        { .name = u"questions through Prosody, component"_s,
          .unit = u"/s"_s,
          .target = ratioAtLeast(0.95),
          .rounds = 20,
          .tolerance = 0.05,
          .note = u"256 at a time; peer: a component that sends back what it gets"_s },
        [&] { return Sample { stage.ask(serverDomain, count, 256) }; },
        [&] { return Sample { stage.ask(echoDomain, count, 256) }; });
}

void account(const Bench &bench)
{
    const Network things = network(bench.size(askers, 20), 1);
    Stage stage(things);
    const Server server(u"account"_s, things, stage.account());
    const qsizetype count = bench.size(2000, 60);
    (void)stage.ask(server.ready, things.things.size(), 20);
    bench.report({ .name = u"questions through Prosody, account"_s,
                   .unit = u"/s"_s,
                   .note = u"16 at a time: QXmpp reads bursts anew with every piece"_s },
                 [&] { return Sample { stage.ask(server.ready, count, 16) }; });
}

void embedded(const Bench &bench)
{
    const Network things = network(bench.size(64, 4), 1);
    const Server server(u"embedded"_s, things,
                        { u"--domain"_s, thingsDomain, u"--listen"_s, u"127.0.0.1:0"_s, u"--accounts"_s,
                          u"FOLDER/accounts"_s });
    const quint16 port = server.ready.section(u':', -1).toUShort();
    const qsizetype count = bench.size(640, 40); // of each so few that it is never refused
    std::vector<std::unique_ptr<RawStream>> clients;
    for (qsizetype i = 0; i < things.things.size(); ++i) {
        clients.push_back(std::make_unique<RawStream>());
        clients.back()->openClient(port, thingsDomain.toUtf8(), thingJid(i).section(u'@', 0, 0).toUtf8(),
                                   secret.toUtf8());
    }
    const auto ask = [&]() -> Sample {
        qsizetype sent = 0;
        qsizetype answered = 0;
        const auto askNext = [&](size_t client) {
            const QByteArray other = thingJid(qsizetype(client + 1) % things.things.size()).toUtf8();
            clients[client]->write(
                "<iq type='get' id='" + QByteArray::number(sent++) + "' to='" + thingsDomain.toUtf8()
                + "'><isFriend xmlns='urn:xmpp:iot:provisioning' jid='" + other + "'/></iq>");
        };
        for (size_t i = 0; i < clients.size(); ++i) {
            clients[i]->onIq = [&, i](QByteArrayView iq) {
                if (attribute(iq, "type") != "result")
                    giveUp(u"No answer, but %1"_s.arg(QString::fromUtf8(iq.toByteArray())));
                ++answered;
                if (sent < count)
                    askNext(i);
            };
        }
        const auto start = std::chrono::steady_clock::now();
        for (size_t i = 0; i < clients.size(); ++i)
            askNext(i);
        waitUntil([&] { return answered == sent && sent >= count; }, u"answer to every question"_s);
        return { double(answered) / secondsSince(start) };
    };
    (void)ask();
    bench.report({ .name = u"questions to the embedded server"_s,
                   .unit = u"/s"_s,
                   .note = u"from %1 clients, one at a time each"_s.arg(clients.size()) },
                 ask);
}

// ---- clearCache

/// A change set that lets everybody's answers about the things of \a role change.
class Rule
{
public:
    explicit Rule(const QString &role)
        : m_role(role)
    { }

    QByteArray change()
    {
        m_allow = !m_allow;
        AccessRule rule;
        rule.id = u"rule-"_s + m_role;
        rule.effect = m_allow ? Effect::Allow : Effect::Deny;
        rule.target = { Target::Kind::Role, m_role, {} };
        const Change change { .key = { ObjectType::AccessRule, rule.id }, .base = m_version, .object = rule };
        return wire::admin::write(
                   wire::admin::Apply { { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                                          .title = u"bench"_s,
                                          .changes = { change } } })
            .toXml();
    }
    /// \a iq: the answer to change().
    void changed(const QByteArray &iq)
    {
        const auto stanza = wire::Element::fromXml(iq);
        if (!stanza || !stanza->firstChild())
            giveUp(u"Not understood: %1"_s.arg(QString::fromUtf8(iq)));
        const auto response = wire::admin::readResponse(*stanza->firstChild());
        if (!response || !std::holds_alternative<wire::admin::Applied>(*response))
            giveUp(u"Not applied: %1"_s.arg(QString::fromUtf8(iq)));
        m_version = std::get<wire::admin::Applied>(*response).revision;
    }

private:
    QString m_role;
    bool m_allow = false;
    Revision m_version = 0;
};

void clearCache(const Bench &bench)
{
    const qsizetype many = bench.size(10'000, 40);
    const qsizetype few = bench.size(1000, 20);
    const Network things = network(many, few);
    Stage stage(things);
    const Server server(u"component"_s, things, stage.component());
    (void)stage.ask(serverDomain, many, 20); // who never asked is not told

    std::vector<double> peaks[2];
    Rule rules[] = { Rule(u"few"_s), Rule(u"many"_s) };
    for (const size_t which : { 0, 1, 0, 1 }) { // whatever grows only once has grown then
        (void)stage.clear(serverDomain, rules[which].change(), which ? many : few);
        rules[which].changed(stage.lastResult);
    }
    for (const size_t which : { 0, 1 }) {
        const qsizetype count = which ? many : few;
        std::vector<double> commits;
        bench.compare(
            { .name = u"clearCache to %1 things"_s.arg(count),
              .unit = u"/s"_s,
              .target = ratioAtLeast(0.95),
              .tolerance = 0.05,
              .note =
                  u"from the first to the last acknowledged; peer: a component that only sends as many"_s },
            [&]() -> Sample {
                server.watchMemory();
                const auto cleared = stage.clear(serverDomain, rules[which].change(), count);
                rules[which].changed(stage.lastResult);
                peaks[which].push_back(server.peakMemory());
                commits.push_back(cleared.untilFirst);
                return { cleared.rate };
            },
            [&]() -> Sample {
                const QByteArray request = "<blast xmlns='urn:castellan:bench' count='"
                    + QByteArray::number(count) + "' to='" + thingsDomain.toUtf8() + "'/>";
                return { stage.clear(echoDomain, request, count).rate };
            });
        bench.record({ .name = u"commit that owes clearCache to %1 things"_s.arg(count),
                       .unit = u"ms"_s,
                       .note = u"from the push to the first clearCache"_s },
                     median(commits) * 1000);
    }
    bench.record({ .name = u"memory while %1 caches are cleared"_s.arg(many),
                   .unit = u"MB"_s,
                   .target = ratioAtMost(1.1),
                   .note = u"most that was resident; peer: ourselves with %1"_s.arg(few) },
                 median(peaks[1]), median(peaks[0]));
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = {
        { "component", component },
        { "account", account },
        { "embedded", embedded },
        { "clearCache", clearCache },
    };
    return run(argc, argv, rows);
}
