// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "estate.h"
#include "integration/harness.h"
#include "rawstream.h"
#include "vocabulary/networkjson.h"
#include "wire/admin.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QUuid>

#include <chrono>

/// The whole program with a network of a million things, three million friendships and a million rules: what
/// nobody wants to do ten times over, so each is measured once.
namespace castellan::bench {

using namespace Qt::StringLiterals;
using integration::LineProcess;

namespace {

const QString domain = u"server.example"_s;
const QString admin = u"admin@server.example"_s;
const QString secret = u"secret"_s;

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A network of any size in a file, without it ever being in memory.
void writeNetwork(const Estate &estate, qsizetype pairs, qsizetype rules, const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        giveUp(u"%1 cannot be written: %2"_s.arg(path, file.errorString()));
    NetworkWriter writer(file);
    for (qsizetype i = 0; i < estate.things(); ++i)
        writer.write(estate.thing(i));
    for (qsizetype i = 0; i < pairs; ++i)
        writer.write(estate.pair(i));
    for (qsizetype i = 0; i < rules; ++i)
        writer.write(estate.rule(i));
    if (const Result<void> written = writer.finish(); !written)
        giveUp(written.error().text);
}

/// castellan-server in a process of its own.
class Server
{
public:
    explicit Server(const QStringList &arguments)
    {
        m_process.start(QStringLiteral(CASTELLAN_SERVER), arguments);
    }

    /// Until it serves. The seconds since it was started.
    double waitUntilReady()
    {
        waitFor([this] { return !m_process.lines.isEmpty(); });
        return secondsSince(m_start);
    }
    double waitUntilDone()
    {
        waitFor([this] { return !m_process.isRunning(); });
        return secondsSince(m_start);
    }
    [[nodiscard]] quint16 port() const
    {
        return m_process.lines.first().section(u' ', 1).section(u':', -1).toUShort();
    }
    /// Megabytes.
    [[nodiscard]] double peakMemory() const
    {
        static const QRegularExpression peak(u"VmHWM:\\s+(\\d+) kB"_s);
        QFile file(u"/proc/%1/status"_s.arg(m_process.id()));
        if (!file.open(QIODevice::ReadOnly))
            giveUp(u"%1: %2"_s.arg(file.fileName(), file.errorString()));
        return peak.match(QString::fromUtf8(file.readAll())).captured(1).toDouble() / 1024;
    }
    void stop() { m_process.stop(); }

private:
    void waitFor(const std::function<bool()> &done)
    {
        if (!QTest::qWaitFor(done, 600'000))
            giveUp(u"castellan-server: %1"_s.arg(QString::fromUtf8(m_process.complaints)));
    }

    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    LineProcess m_process { u"castellan-server"_s };
};

/// \a count edits as an administrator makes them: tags of things, new rules, pairs that end.
ChangeSet edits(const Estate &estate, qsizetype count, qsizetype rules)
{
    ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                          .title = u"bench"_s,
                          .changes = {} };
    for (qsizetype i = 0; i < count; ++i) {
        Object object;
        if (i % 4 == 0) {
            Thing thing = estate.thing(i * 37 % estate.things());
            thing.tags = { u"edited"_s };
            object = thing;
        } else if (i % 4 == 1) {
            Friendship pair = estate.pair(i * 41 % estate.things());
            pair.state = Friendship::State::Rejected;
            pair.comment = u"edited"_s;
            object = pair;
        } else {
            object = estate.rule(rules + i);
        }
        const Change change { .key = { objectType(object), objectId(object) },
                              .base = i % 4 < 2 ? 1 : 0,
                              .object = object };
        changeSet.changes.append(change);
    }
    return changeSet;
}

double apply(RawStream &console, const ChangeSet &changeSet)
{
    const QByteArray request = wire::admin::write(wire::admin::Apply { changeSet }).toXml();
    QByteArray answer;
    console.onIq = [&](QByteArrayView iq) { answer = iq.toByteArray(); };
    const auto start = std::chrono::steady_clock::now();
    console.write("<iq type='set' id='apply' to='" + domain.toUtf8() + "'>" + request + "</iq>");
    waitUntil([&] { return !answer.isEmpty(); }, u"answer to apply"_s);
    const double seconds = secondsSince(start);
    if (attribute(answer, "type") != "result" || !answer.contains("<applied"))
        giveUp(u"Not applied: %1"_s.arg(
            QString::fromUtf8(answer.first(std::min<qsizetype>(answer.size(), 2000)))));
    return seconds;
}

void network(const Bench &bench)
{
    const qsizetype things = bench.size(1'000'000, 200);
    const Estate estate(things);
    const QTemporaryDir folder;
    const auto path = [&](const QString &name) { return folder.filePath(name); };
    const QString of = u"%1 things, %2 friendships, %1 rules"_s.arg(inWords(things), inWords(3 * things));
    writeNetwork(estate, 3 * things, things, path(u"network.json"_s));
    QFile accounts(path(u"accounts"_s));
    if (!accounts.open(QIODevice::WriteOnly) || accounts.write((admin + u' ' + secret).toUtf8()) < 0)
        giveUp(accounts.errorString());
    accounts.close();

    const QStringList serve { u"--database"_s,  u"sqlite:"_s + path(u"db"_s),
                              u"--mode"_s,      u"embedded"_s,
                              u"--domain"_s,    domain,
                              u"--listen"_s,    u"127.0.0.1:0"_s,
                              u"--accounts"_s,  accounts.fileName(),
                              u"--admin"_s,     admin,
                              u"--log-level"_s, u"warning"_s };
    {
        Server server(serve + QStringList { u"--import"_s, path(u"network.json"_s) });
        const double seconds = server.waitUntilReady();
        bench.record({ .name = u"import and first start, %1"_s.arg(inWords(things)),
                       .unit = u"s"_s,
                       .target = atMost(60),
                       .note = of + u"; from the start of the program until it serves"_s },
                     seconds);
        bench.record({ .name = u"memory of it at most, %1"_s.arg(inWords(things)), .unit = u"MB"_s },
                     server.peakMemory());
        server.stop();
    }
    {
        Server server(serve);
        const double seconds = server.waitUntilReady();
        bench.record({ .name = u"start, %1"_s.arg(inWords(things)),
                       .unit = u"s"_s,
                       .target = atMost(15),
                       .note = of + u"; until it serves"_s },
                     seconds);
        bench.record({ .name = u"memory when started, %1"_s.arg(inWords(things)), .unit = u"MB"_s },
                     server.peakMemory());
        RawStream console;
        console.openClient(server.port(), domain.toUtf8(), "admin", secret.toUtf8());
        const qsizetype count = bench.size(1000, 20);
        bench.record({ .name = u"change set of %1, %2"_s.arg(inWords(count), inWords(things)),
                       .unit = u"s"_s,
                       .target = atMost(1),
                       .note = u"from sending it to its answer: read, checked, committed, in force"_s },
                     apply(console, edits(estate, count, things)));
        server.stop();
    }
    Server server({ u"--database"_s, u"sqlite:"_s + path(u"db"_s), u"--export"_s, path(u"again.json"_s) });
    bench.record({ .name = u"export, %1"_s.arg(inWords(things)), .unit = u"s"_s, .note = of },
                 server.waitUntilDone());
    if (QFile(path(u"again.json"_s)).size() < QFile(path(u"network.json"_s)).size())
        giveUp(u"The export is smaller than what was imported."_s);
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    const Row rows[] = {
        { "scale", network },
    };
    return run(argc, argv, rows);
}
