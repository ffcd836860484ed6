// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include <QFile>
#include <QJsonDocument>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::integration;

namespace castellan::conformance {

namespace {

const QString domain = u"example.org"_s;
const QString component = u"provisioning.example.org"_s;
const QString account = u"provisioning@example.org"_s;
const QString password = u"secret"_s;

QString program(const QString &name)
{
    return QStringLiteral(CASTELLAN_SOURCE_DIR "/tests/conformance/") + name;
}

QStringList accounts()
{
    QStringList jids { account };
    for (const auto *name : { "admin", "device", "primary", "concentrator", "plc", "service", "client1",
                              "client2", "stranger", "u1", "u2", "support", "auditor" })
        jids.append(QString::fromLatin1(name) + u'@' + domain);
    return jids;
}

bool write(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size();
}

} // namespace

const char *transportName(Transport transport)
{
    switch (transport) {
    case Transport::Embedded:
        return "embedded";
    case Transport::ProsodyComponent:
        return "Prosody component";
    case Transport::ProsodyAccount:
        return "Prosody account";
    case Transport::EjabberdComponent:
        return "ejabberd component";
    }
    Q_UNREACHABLE_RETURN("");
}

bool Prepared::make()
{
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(u"python3"_s, { program(u"prepare.py"_s), m_folder.path() });
    return process.waitForFinished() && process.exitStatus() == QProcess::NormalExit
        && process.exitCode() == 0;
}

QStringList cases(const QString &driver)
{
    QProcess process;
    process.start(u"python3"_s, { program(driver), u"--list"_s });
    if (!process.waitForFinished() || process.exitCode() != 0)
        return {};
    return QString::fromUtf8(process.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

Network::Network(Transport transport, const Prepared &prepared, const QString &driver)
    : m_transport(transport),
      m_prepared(prepared),
      m_driverProgram(program(driver))
{ }

Network::~Network()
{
    m_driver.stop();
    m_server.stop();
}

bool Network::startXmppServer()
{
    switch (m_transport) {
    case Transport::Embedded:
        return true;
    case Transport::ProsodyComponent:
        m_prosody.emplace(accounts(), password, QList { Prosody::Component { component, password } });
        break;
    case Transport::ProsodyAccount:
        // §3.1.2 is about components. Whoever runs the XMPP server can have an account found the same way.
        m_prosody.emplace(accounts(), password, QList<Prosody::Component> {},
                          u"  disco_items = { { \"%1\", \"Provisioning\" } }\n"_s.arg(account));
        break;
    case Transport::EjabberdComponent:
        m_ejabberd.emplace(accounts(), password, Prosody::Component { component, password });
        m_address = m_ejabberd->clientAddress();
        return m_ejabberd->start();
    }
    m_address = m_prosody->clientAddress();
    return m_prosody->start();
}

bool Network::startServer()
{
    const QString secret = m_folder.filePath(u"secret"_s);
    QStringList arguments { u"--database"_s, u"sqlite:"_s + m_folder.filePath(u"network.db"_s),
                            u"--import"_s,   m_prepared.path(u"network.json"_s),
                            u"--admin"_s,    u"admin@"_s + domain };
    QByteArray logins;
    const QStringList jids = accounts();
    for (const QString &jid : jids)
        logins += (jid + u' ' + password + u'\n').toUtf8();
    if (!write(secret, password.toUtf8()) || !write(m_folder.filePath(u"accounts"_s), logins))
        return false;

    switch (m_transport) {
    case Transport::Embedded:
        m_jid = domain;
        arguments += { u"--mode"_s,   u"embedded"_s,    u"--domain"_s,   domain,
                       u"--listen"_s, u"127.0.0.1:0"_s, u"--accounts"_s, m_folder.filePath(u"accounts"_s) };
        break;
    case Transport::ProsodyComponent:
    case Transport::EjabberdComponent:
        m_jid = component;
        arguments += {
            u"--mode"_s,        u"component"_s,
            u"--domain"_s,      component,
            u"--connect"_s,     m_prosody ? m_prosody->componentAddress() : m_ejabberd->componentAddress(),
            u"--secret-file"_s, secret
        };
        break;
    case Transport::ProsodyAccount:
        m_jid = account;
        arguments += { u"--mode"_s,    u"account"_s, u"--jid"_s,           account,
                       u"--connect"_s, m_address,    u"--password-file"_s, secret };
        break;
    }
    m_server.start(QStringLiteral(CASTELLAN_SERVER), arguments);
    if (!QTest::qWaitFor([this] { return !m_server.lines.isEmpty() || !m_server.isRunning(); }, 30'000)
        || m_server.lines.isEmpty())
        return false;
    if (m_transport == Transport::Embedded)
        m_address = m_server.lines.first().section(u' ', 1);
    return true;
}

bool Network::start()
{
    if (!startXmppServer() || !startServer())
        return false;
    QStringList arguments { m_driverProgram, u"--connect"_s, m_address,     u"--server"_s,      m_jid,
                            u"--password"_s, password,       u"--folder"_s, m_prepared.path({}) };
    if (m_transport == Transport::ProsodyAccount)
        arguments.append(u"--befriend"_s);
    m_driver.start(u"python3"_s, arguments);
    return m_driver.isRunning();
}

QString Network::run(const QString &line)
{
    m_driver.write(line);
    if (!QTest::qWaitFor([this] { return !m_driver.lines.isEmpty() || !m_driver.isRunning(); }, 120'000)
        || m_driver.lines.isEmpty())
        return u"the driver did not answer"_s;
    const QJsonObject answer = QJsonDocument::fromJson(m_driver.lines.takeFirst().toUtf8()).object();
    if (answer[u"ok"_s].toBool())
        return {};
    const QString text = answer[u"text"_s].toString();
    return text.isEmpty() ? u"the driver does not say why"_s : text;
}

QByteArray Network::stopAndExport()
{
    m_driver.stop();
    if (m_server.stop() != 0)
        return {};
    QProcess process;
    process.start(QStringLiteral(CASTELLAN_SERVER),
                  { u"--database"_s, u"sqlite:"_s + m_folder.filePath(u"network.db"_s), u"--export"_s,
                    u"-"_s });
    process.waitForFinished();
    return process.readAllStandardOutput();
}

QByteArray Network::complaints() const
{
    QByteArray text = m_driver.complaints + m_server.complaints;
    if (m_prosody)
        text += m_prosody->complaints();
    if (m_ejabberd)
        text += m_ejabberd->complaints();
    return text;
}

} // namespace castellan::conformance
