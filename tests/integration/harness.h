// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>

/// The real parts that integration tests are made of. Each is a process of its own on loopback; each stops
/// with its object. Failures say what the process printed.
namespace castellan::integration {

/// A port that was free a moment ago.
[[nodiscard]] quint16 freePort();

/// A process whose standard output is read line by line while Qt's event loop runs.
class LineProcess : public QObject
{
    Q_OBJECT
public:
    explicit LineProcess(const QString &name);
    ~LineProcess() override;

    void start(const QString &program, const QStringList &arguments,
               const QProcessEnvironment &environment = QProcessEnvironment::systemEnvironment());
    /// SIGTERM, then waits. The exit code, or -1 when it had to be killed.
    int stop();
    /// SIGKILL: no chance to tidy up.
    void kill();
    [[nodiscard]] bool isRunning() const { return m_process.state() == QProcess::Running; }
    [[nodiscard]] qint64 id() const { return m_process.processId(); }
    void write(const QString &line);

    /// The lines so far that were not taken yet.
    QStringList lines;
    /// All it wrote to standard error, for failure messages.
    QByteArray complaints;

Q_SIGNALS:
    void lineArrived();

private:
    QString m_name;
    QProcess m_process;
};

/// Prosody from the distribution, configured in a folder of its own.
class Prosody
{
public:
    struct Component
    {
        QString domain;
        QString secret;
    };
    /// \a accounts: bare JIDs of one domain, all with \a password. \a settings: lines of the domain's
    /// section.
    Prosody(const QStringList &accounts, const QString &password, const QList<Component> &components,
            const QString &settings = {});

    /// Listening for clients and components. False when it did not come up in time; \sa complaints.
    [[nodiscard]] bool start();
    void stop() { m_process.stop(); }
    [[nodiscard]] QString clientAddress() const { return QStringLiteral("127.0.0.1:%1").arg(m_clientPort); }
    [[nodiscard]] QString componentAddress() const
    {
        return QStringLiteral("127.0.0.1:%1").arg(m_componentPort);
    }
    [[nodiscard]] QByteArray complaints() const
    {
        return m_process.complaints + m_process.lines.join(u'\n').toUtf8();
    }

private:
    QTemporaryDir m_folder;
    bool m_hasComponents;
    quint16 m_clientPort;
    quint16 m_componentPort;
    LineProcess m_process { QStringLiteral("prosody") };
};

/// ejabberd from the distribution, in a folder of its own and no part of any Erlang network: without a node
/// name it needs no epmd and leaves none behind.
class Ejabberd
{
public:
    /// As with Prosody; \a component is the only one.
    Ejabberd(const QStringList &accounts, const QString &password, const Prosody::Component &component);

    /// Listening, with its accounts. False when it did not come up in time; \sa complaints.
    [[nodiscard]] bool start();
    void stop() { m_process.stop(); }
    [[nodiscard]] QString clientAddress() const { return QStringLiteral("127.0.0.1:%1").arg(m_clientPort); }
    [[nodiscard]] QString componentAddress() const
    {
        return QStringLiteral("127.0.0.1:%1").arg(m_componentPort);
    }
    [[nodiscard]] QByteArray complaints() const
    {
        return m_process.complaints + m_process.lines.join(u'\n').toUtf8();
    }

private:
    QTemporaryDir m_folder;
    QStringList m_accounts;
    QString m_password;
    quint16 m_clientPort;
    quint16 m_componentPort;
    LineProcess m_process { QStringLiteral("ejabberd") };
};

/// A thing written with slixmpp (thing.py), which shares no code with ours.
class SlixmppThing : public QObject
{
    Q_OBJECT
public:
    SlixmppThing(const QString &jid, const QString &server, const QString &connect,
                 const QString &passwordFile, const QStringList &options = {});

    void start();
    void goOffline() { m_process.write(QStringLiteral("offline")); }
    void goOnline() { m_process.write(QStringLiteral("online")); }
    /// Sends \a xml as an iq-get to the provisioning server.
    void ask(const QString &xml) { m_process.write(QStringLiteral("ask ") + xml); }

    /// Sends \a xml as an iq-set.
    void set(const QString &xml) { m_process.write(QStringLiteral("set ") + xml); }
    /// From now on \a jid is the provisioning server.
    void turnTo(const QString &jid) { m_process.write(QStringLiteral("server ") + jid); }

    /// The oldest event of this name that was not taken yet; an empty object when none came in time.
    [[nodiscard]] QJsonObject take(const QString &event, int milliseconds = 20'000);
    /// How many events of this name have come and were not taken.
    [[nodiscard]] int pending(const QString &event);
    [[nodiscard]] QByteArray complaints() const { return m_process.complaints; }

private:
    void readLines();

    QString m_program;
    QStringList m_arguments;
    QList<QJsonObject> m_events;
    LineProcess m_process;
};

} // namespace castellan::integration
