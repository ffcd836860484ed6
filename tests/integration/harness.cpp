// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"

#include <QJsonDocument>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <sys/prctl.h>

#include <csignal>

using namespace Qt::StringLiterals;

namespace castellan::integration {

quint16 freePort()
{
    QTcpServer probe;
    probe.listen(QHostAddress::LocalHost, 0);
    return probe.serverPort();
}

LineProcess::LineProcess(const QString &name)
    : m_name(name)
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this, [this] {
        while (m_process.canReadLine()) {
            lines.append(QString::fromUtf8(m_process.readLine()).chopped(1));
            Q_EMIT lineArrived();
        }
    });
    connect(&m_process, &QProcess::readyReadStandardError, this,
            [this] { complaints += m_process.readAllStandardError(); });
}

LineProcess::~LineProcess()
{
    stop();
}

void LineProcess::start(const QString &program, const QStringList &arguments,
                        const QProcessEnvironment &environment)
{
    m_process.setProcessEnvironment(environment);
    // A test that crashes must not leave servers behind.
    m_process.setChildProcessModifier([] { prctl(PR_SET_PDEATHSIG, SIGTERM); });
    m_process.start(program, arguments);
    if (!m_process.waitForStarted())
        qCritical().noquote() << m_name << "did not start:" << m_process.errorString();
}

int LineProcess::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    m_process.terminate();
    if (!m_process.waitForFinished(10'000)) {
        kill();
        return -1;
    }
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

void LineProcess::kill()
{
    m_process.kill();
    m_process.waitForFinished(10'000);
}

void LineProcess::write(const QString &line)
{
    m_process.write(line.toUtf8() + '\n');
}

Prosody::Prosody(const QStringList &accounts, const QString &password, const QList<Component> &components)
    : m_accounts(accounts),
      m_password(password),
      m_clientPort(freePort()),
      m_componentPort(freePort())
{
    QFile config(m_folder.filePath(u"prosody.cfg.lua"_s));
    if (!config.open(QIODevice::WriteOnly))
        qFatal("cannot write %s", qPrintable(config.fileName()));
    const QString folder = m_folder.path();
    QTextStream out(&config);
    out << "run_as_root = true\n"
        << "pidfile = \"" << folder << "/prosody.pid\"\n"
        << "data_path = \"" << folder << "/data\"\n"
        << "certificates = \"" << folder << "\"\n"
        << "log = { info = \"*console\" }\n"
        << "interfaces = { \"127.0.0.1\" }\n"
        << "component_interfaces = { \"127.0.0.1\" }\n"
        << "c2s_ports = { " << m_clientPort << " }\n"
        << "component_ports = { " << m_componentPort << " }\n"
        << "c2s_direct_tls_ports = {}\n"
        << "s2s_ports = {}\n"
        << "modules_enabled = { \"roster\", \"saslauth\", \"disco\", \"ping\", \"offline\" }\n"
        << "modules_disabled = { \"s2s\", \"tls\" }\n"
        << "c2s_require_encryption = false\n"
        << "authentication = \"internal_hashed\"\n"
        << "VirtualHost \"" << accounts.first().section(u'@', 1) << "\"\n";
    for (const Component &component : components)
        out << "Component \"" << component.domain << "\"\n  component_secret = \"" << component.secret
            << "\"\n";
}

bool Prosody::start()
{
    const QString config = m_folder.filePath(u"prosody.cfg.lua"_s);
    QDir(m_folder.path()).mkdir(u"data"_s);
    for (const QString &jid : std::as_const(m_accounts)) {
        QProcess control;
        control.start(u"prosodyctl"_s,
                      { u"--config"_s, config, u"register"_s, jid.section(u'@', 0, 0), jid.section(u'@', 1),
                        m_password });
        if (!control.waitForFinished() || control.exitCode() != 0) {
            m_process.complaints += control.readAllStandardError() + control.readAllStandardOutput();
            return false;
        }
    }
    m_process.start(u"prosody"_s, { u"--config"_s, config, u"-F"_s });
    return QTest::qWaitFor(
        [this] {
            for (const quint16 port : { m_clientPort, m_componentPort }) {
                QTcpSocket probe;
                probe.connectToHost(u"127.0.0.1"_s, port);
                if (!probe.waitForConnected(200))
                    return false;
            }
            return true;
        },
        15'000);
}

SlixmppThing::SlixmppThing(const QString &jid, const QString &server, const QString &connect,
                           const QString &passwordFile, const QStringList &options)
    : m_process(jid)
{
    m_program = u"python3"_s;
    m_arguments = QStringList { QStringLiteral(CASTELLAN_SOURCE_DIR "/tests/integration/thing.py"),
                                jid,
                                u"--connect"_s,
                                connect,
                                u"--server"_s,
                                server,
                                u"--password-file"_s,
                                passwordFile }
        + options;
    QObject::connect(&m_process, &LineProcess::lineArrived, this, &SlixmppThing::readLines);
}

void SlixmppThing::start()
{
    m_process.start(m_program, m_arguments);
}

void SlixmppThing::readLines()
{
    for (const QString &line : std::as_const(m_process.lines))
        m_events.append(QJsonDocument::fromJson(line.toUtf8()).object());
    m_process.lines.clear();
}

QJsonObject SlixmppThing::take(const QString &event, int milliseconds)
{
    const auto find = [&] {
        return std::ranges::find(m_events, event,
                                 [](const QJsonObject &e) { return e[u"event"_s].toString(); });
    };
    if (!QTest::qWaitFor([&] { return find() != m_events.end(); }, milliseconds)) {
        qWarning().noquote() << "no event" << event << "came; the thing said:" << complaints();
        return {};
    }
    const auto found = find();
    const QJsonObject result = *found;
    m_events.erase(found);
    return result;
}

int SlixmppThing::pending(const QString &event)
{
    return int(
        std::ranges::count(m_events, event, [](const QJsonObject &e) { return e[u"event"_s].toString(); }));
}

} // namespace castellan::integration
