// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QLibraryInfo>
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

static bool isListening(quint16 port)
{
    QTcpSocket probe;
    probe.connectToHost(u"127.0.0.1"_s, port);
    return probe.waitForConnected(200);
}

static void write(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        qFatal("cannot write %ls", qUtf16Printable(path));
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

Prosody::Prosody(const QStringList &accounts, const QString &password, const QList<Component> &components,
                 const QString &settings)
    : m_hasComponents(!components.isEmpty()),
      m_clientPort(freePort()),
      m_componentPort(freePort())
{
    const QString folder = m_folder.path();
    const QString domain = accounts.first().section(u'@', 1);
    QString config;
    QTextStream(&config) << "run_as_root = true\n"
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
                         << "modules_enabled = { \"roster\", \"saslauth\", \"disco\", \"ping\", "
                            "\"offline\" }\n"
                         << "modules_disabled = { \"s2s\", \"tls\", \"limits\" }\n"
                         << "c2s_require_encryption = false\n"
                         << "authentication = \"internal_plain\"\n"
                         << "VirtualHost \"" << domain << "\"\n"
                         << settings;
    for (const Component &component : components) {
        config += u"Component \"%1\"\n  component_secret = \"%2\"\n  name = \"Provisioning\"\n"_s.arg(
            component.domain, component.secret);
    }
    write(m_folder.filePath(u"prosody.cfg.lua"_s), config.toUtf8());
    // As prosodyctl would, which takes half a second for each.
    const auto fileName = [](const QString &text) {
        return QString::fromLatin1(text.toUtf8().toPercentEncoding({}, "-._~", '%')).toLower();
    };
    QString accountsFolder = u"data/%1/accounts"_s.arg(fileName(domain));
    QDir(folder).mkpath(accountsFolder);
    for (const QString &jid : accounts) {
        write(u"%1/%2/%3.dat"_s.arg(folder, accountsFolder, fileName(jid.section(u'@', 0, 0))),
              u"return {\n\t[\"password\"] = \"%1\";\n};\n"_s.arg(password).toUtf8());
    }
}

bool Prosody::start()
{
    m_process.start(u"prosody"_s, { u"--config"_s, m_folder.filePath(u"prosody.cfg.lua"_s), u"-F"_s });
    return QTest::qWaitFor(
        [this] { return isListening(m_clientPort) && (!m_hasComponents || isListening(m_componentPort)); },
        15'000);
}

Ejabberd::Ejabberd(const QStringList &accounts, const QString &password, const Prosody::Component &component)
    : m_accounts(accounts),
      m_password(password),
      m_clientPort(freePort()),
      m_componentPort(freePort())
{
    QString config;
    QTextStream(&config) << "hosts: [\"" << accounts.first().section(u'@', 1) << "\"]\n"
                         << "loglevel: warning\n"
                         << "auth_method: internal\n"
                         << "auth_password_format: plain\n"
                         // slixmpp says "y" where there is nothing to bind to, which ejabberd takes for an
                         // attack (RFC 5802 §6). It offers DIGEST-MD5 as well.
                         << "disable_sasl_mechanisms: [\"SCRAM-SHA-1\"]\n"
                         << "listen:\n"
                         << "  - port: " << m_clientPort << "\n"
                         << "    ip: \"127.0.0.1\"\n"
                         << "    module: ejabberd_c2s\n"
                         << "  - port: " << m_componentPort << "\n"
                         << "    ip: \"127.0.0.1\"\n"
                         << "    module: ejabberd_service\n"
                         << "    hosts:\n"
                         << "      \"" << component.domain << "\":\n"
                         << "        password: \"" << component.secret << "\"\n"
                         << "modules:\n"
                         << "  mod_disco: {}\n"
                         << "  mod_ping: {}\n"
                         << "  mod_roster: {}\n";
    write(m_folder.filePath(u"ejabberd.yml"_s), config.toUtf8());
}

bool Ejabberd::start()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"EJABBERD_CONFIG_PATH"_s, m_folder.filePath(u"ejabberd.yml"_s));
    environment.insert(u"EJABBERD_LOG_PATH"_s, m_folder.filePath(u"ejabberd.log"_s));
    environment.insert(u"ERL_CRASH_DUMP"_s, m_folder.filePath(u"crash.dump"_s));
    environment.insert(u"ERL_LIBS"_s, QLibraryInfo::path(QLibraryInfo::LibrariesPath));
    environment.insert(u"HOME"_s, m_folder.path()); // where Erlang keeps its cookie
    QStringList registrations;
    for (const QString &jid : std::as_const(m_accounts)) {
        registrations += u"ejabberd_auth:try_register(<<\"%1\">>, <<\"%2\">>, <<\"%3\">>)"_s.arg(
            jid.section(u'@', 0, 0), jid.section(u'@', 1), m_password);
    }
    // Not ejabberdctl, which gives the node a name and becomes another user.
    m_process.start(u"erl"_s,
                    { u"-noinput"_s, u"-mnesia"_s, u"dir"_s, u"\"%1\""_s.arg(m_folder.filePath(u"spool"_s)),
                      u"-s"_s, u"ejabberd"_s, u"-eval"_s,
                      registrations.join(u", "_s) + u", io:format(\"ready~n\")."_s },
                    environment);
    return QTest::qWaitFor([this] { return m_process.lines.contains(u"ready"_s) || !m_process.isRunning(); },
                           120'000)
        && isListening(m_clientPort) && isListening(m_componentPort);
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
