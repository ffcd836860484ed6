// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::integration;

namespace {

const QString password = u"secret"_s;
const QString demo = QStringLiteral(CASTELLAN_SOURCE_DIR "/resources/networks/demo.json");
const QString meter = u"electricity-1@building.localhost"_s;
const QString billing = u"energy-billing@building.localhost"_s;
const QString printer = u"printer-3@building.localhost"_s;
const QString provisioning = u"provisioning@building.localhost"_s;

} // namespace

/// castellan-thing plays the demonstration network against the real castellan-server.
class FleetTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void playsTheDemonstration();
    void throughProsody_data();
    void throughProsody();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder->filePath(name); }
    void write(const QString &name, const QByteArray &contents);
    /// Where it serves; empty when it does not.
    QString startServer(const QStringList &arguments);
    void startFleet(const QString &address, const QStringList &more = {});
    /// The answer to a command; nothing when none came.
    QJsonObject command(const QString &line);
    bool becomes(const QString &line, const std::function<bool(const QJsonObject &)> &holds);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<LineProcess> m_server;
    std::unique_ptr<LineProcess> m_fleet;
};

void FleetTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_server = std::make_unique<LineProcess>(u"castellan-server"_s);
    m_fleet = std::make_unique<LineProcess>(u"castellan-thing"_s);
}

void FleetTest::cleanup()
{
    if (QTest::currentTestFailed())
        qWarning().noquote() << m_server->complaints << m_fleet->complaints;
    m_fleet.reset();
    m_server.reset();
}

void FleetTest::write(const QString &name, const QByteArray &contents)
{
    QFile file(path(name));
    QVERIFY2(file.open(QFile::WriteOnly) && file.write(contents) == contents.size(),
             qPrintable(file.errorString()));
}

QString FleetTest::startServer(const QStringList &arguments)
{
    m_server->start(QStringLiteral(CASTELLAN_SERVER),
                    arguments
                        + QStringList { u"--database"_s, u"sqlite:"_s + path(u"network.db"_s), u"--import"_s,
                                        demo, u"--admin"_s, u"admin@building.localhost"_s });
    if (!QTest::qWaitFor([this] { return !m_server->lines.isEmpty(); }, 20'000))
        return {};
    return m_server->lines.takeFirst().section(u' ', 1);
}

void FleetTest::startFleet(const QString &address, const QStringList &more)
{
    m_fleet = std::make_unique<LineProcess>(u"castellan-thing"_s);
    m_fleet->start(QStringLiteral(CASTELLAN_THING),
                   QStringList { u"--network"_s, demo, u"--connect"_s, address, u"--accounts"_s,
                                 path(u"accounts"_s), u"--state"_s, path(u"state"_s) }
                       + more);
    QTRY_VERIFY_WITH_TIMEOUT(!m_fleet->lines.isEmpty(), 30'000);
}

QJsonObject FleetTest::command(const QString &line)
{
    m_fleet->lines.clear();
    m_fleet->write(line);
    if (!QTest::qWaitFor([this] { return !m_fleet->lines.isEmpty(); }))
        return {};
    return QJsonDocument::fromJson(m_fleet->lines.takeFirst().toUtf8()).object();
}

bool FleetTest::becomes(const QString &line, const std::function<bool(const QJsonObject &)> &holds)
{
    return QTest::qWaitFor([&] { return holds(command(line)); }, 20'000);
}

void FleetTest::playsTheDemonstration()
{
    QFile file(demo);
    QVERIFY(file.open(QFile::ReadOnly));
    const auto network = QJsonDocument::fromJson(file.readAll()).object();
    QByteArray accounts;
    const auto things = network[u"things"].toArray();
    for (const auto &thing : things)
        accounts += thing[u"jid"].toString().toUtf8() + ' ' + password.toUtf8() + '\n';
    write(u"accounts"_s, accounts);
    const QString address = startServer({ u"--mode"_s, u"embedded"_s, u"--domain"_s, u"building.localhost"_s,
                                          u"--listen"_s, u"127.0.0.1:0"_s, u"--accounts"_s,
                                          path(u"accounts"_s) });
    QVERIFY(!address.isEmpty());

    startFleet(address);
    QCOMPARE(m_fleet->lines.first(), u"ready %1 things"_s.arg(network[u"fleet"].toObject().size()));
    // Everyone finds whom it has business with.
    QVERIFY(becomes(u"status "_s + billing, [](const QJsonObject &status) {
        return status[u"friends"].toArray().contains(meter) && status[u"friends"].toArray().size() > 5;
    }));
    const QString read = u"read %1 %2 Energy"_s.arg(billing, meter);
    QVERIFY(becomes(read, [](const QJsonObject &answer) { return answer[u"ok"].toBool(); }));
    // Rule read-billing-meters: neither the power nor hourly values.
    const auto values = command(u"read %1 %2"_s.arg(billing, meter))[u"fields"].toArray();
    QStringList types;
    for (const auto &value : values) {
        QCOMPARE(value[u"name"], u"Energy"_s);
        types.append(value[u"type"].toString());
    }
    QCOMPARE(types, (QStringList { u"momentary"_s, u"historicalDay"_s, u"historicalMonth"_s }));
    // The compromised one asks, and is refused.
    const auto refused = command(u"read %1 %2"_s.arg(printer, meter));
    QCOMPARE(refused[u"error"], u"forbidden"_s);

    // What they were told, they know after a restart.
    QCOMPARE(m_fleet->stop(), 0);
    startFleet(address);
    const auto status = command(u"status "_s + meter);
    QVERIFY(status[u"cached"].toInt() > 2);
    QCOMPARE(status[u"asked"], 0);
    m_fleet->write(u"quit"_s);
    QTRY_VERIFY(!m_fleet->isRunning());
    QCOMPARE(m_fleet->stop(), 0);
}

void FleetTest::throughProsody_data()
{
    QTest::addColumn<QString>("mode");
    QTest::newRow("component") << u"component"_s;
    QTest::newRow("account") << u"account"_s;
}

void FleetTest::throughProsody()
{
    QFETCH(QString, mode);
    const QString component = u"provisioning.building.localhost"_s;
    Prosody prosody({ meter, billing, printer, provisioning }, password, { { component, password } });
    QVERIFY2(prosody.start(), prosody.complaints());
    write(u"password"_s, password.toUtf8());
    QByteArray accounts;
    for (const QString &jid : { meter, billing, printer })
        accounts += jid.toUtf8() + ' ' + password.toUtf8() + '\n';
    write(u"accounts"_s, accounts);
    QStringList only;
    for (const QString &jid : { meter, billing, printer })
        only += { u"--only"_s, jid };

    if (mode == "component"_L1) { // found by service discovery
        QVERIFY(!startServer({ u"--mode"_s, mode, u"--domain"_s, component, u"--connect"_s,
                               prosody.componentAddress(), u"--secret-file"_s, path(u"password"_s) })
                     .isEmpty());
    } else {
        QVERIFY(!startServer({ u"--mode"_s, mode, u"--jid"_s, provisioning, u"--connect"_s,
                               prosody.clientAddress(), u"--password-file"_s, path(u"password"_s) })
                     .isEmpty());
        only += { u"--server"_s, provisioning };
    }
    startFleet(prosody.clientAddress(), only);
    QCOMPARE(m_fleet->lines.first(), u"ready 3 things"_s);
    const QString read = u"read %1 %2 Energy"_s.arg(billing, meter);
    QVERIFY(becomes(read, [](const QJsonObject &answer) { return answer[u"ok"].toBool(); }));
    QCOMPARE(command(u"read %1 %2"_s.arg(printer, meter))[u"error"], u"forbidden"_s);

    QCOMPARE(command(u"offline "_s + meter)[u"ok"], true);
    QVERIFY(becomes(read, [](const QJsonObject &answer) {
        return answer[u"error"].toString() == "recipient-unavailable"_L1;
    }));
    QCOMPARE(command(u"online "_s + meter)[u"ok"], true);
    QVERIFY(becomes(read, [](const QJsonObject &answer) { return answer[u"ok"].toBool(); }));
}

void FleetTest::saysWhatIsWrong_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("complaint");
    const QStringList usual { u"--network"_s,  demo,          u"--connect"_s, u"localhost:1"_s,
                              u"--accounts"_s, u"accounts"_s, u"--state"_s,   u"state"_s };
    const auto with = [&usual](const QString &option, const QString &value) {
        QStringList arguments = usual;
        const auto index = arguments.indexOf(option);
        if (index >= 0)
            arguments[index + 1] = value;
        else
            arguments += { option, value };
        return arguments;
    };
    QTest::newRow("nothing") << QStringList() << 2 << u"--network is missing"_s;
    QTest::newRow("address") << with(u"--connect"_s, u"localhost"_s) << 2 << u"HOST:PORT"_s;
    QTest::newRow("no file") << with(u"--network"_s, u"/nowhere"_s) << 1 << u"/nowhere"_s;
    QTest::newRow("no network") << with(u"--network"_s, u"bad.json"_s) << 1 << u"bad.json: "_s;
    QTest::newRow("fleet") << with(u"--network"_s, u"fleet.json"_s) << 1 << u"fleet.json: /fleet/x@y"_s;
    QTest::newRow("accounts") << with(u"--accounts"_s, u"bad.json"_s) << 1 << u"bad.json: line 1"_s;
    QTest::newRow("no account") << usual << 1 << meter;
    QTest::newRow("only") << with(u"--only"_s, u"x@y"_s) << 2 << u"x@y"_s;
    QTest::newRow("misbehaviour") << with(u"--misbehave"_s, meter + u"=rude"_s) << 2 << u"rude"_s;
    QTest::newRow("cache") << with(u"--cache-size"_s, u"0"_s) << 2 << u"--cache-size"_s;
}

void FleetTest::saysWhatIsWrong()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, status);
    QFETCH(QString, complaint);
    write(u"bad.json"_s, "{");
    write(u"fleet.json"_s, R"({ "castellan": "network", "format": 1, "fleet": { "x@y": {} } })");
    write(u"accounts"_s, "electricity-main@building.localhost secret\n");
    QProcess process;
    process.setWorkingDirectory(m_folder->path());
    process.start(QStringLiteral(CASTELLAN_THING), arguments);
    QVERIFY(process.waitForFinished());
    const QString said = QString::fromLocal8Bit(process.readAllStandardError());
    QCOMPARE(process.exitCode(), status);
    QVERIFY2(said.startsWith(u"castellan-thing: "_s) && said.contains(complaint), qPrintable(said));
}

QTEST_GUILESS_MAIN(FleetTest)
#include "tst_fleet.moc"
