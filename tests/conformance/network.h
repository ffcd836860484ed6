// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../integration/harness.h"

#include <optional>

/// A provisioning server in the network that XEP-0324 speaks of, example.org, and how it is reached.
namespace castellan::conformance {

enum class Transport {
    Embedded,
    ProsodyComponent,
    ProsodyAccount,
    EjabberdComponent,
};

[[nodiscard]] const char *transportName(Transport transport);

/// The certificates and the network of the listings, made anew for each run.
class Prepared
{
public:
    /// False, with the reason on the console.
    [[nodiscard]] bool make();
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }

private:
    QTemporaryDir m_folder;
};

/// What \a driver can do, from itself; empty if it does not run.
[[nodiscard]] QStringList cases(const QString &driver);

/// The XMPP server, castellan-server and a driver written with slixmpp, all running.
class Network
{
public:
    /// \a driver: a Python program of this folder.
    Network(Transport transport, const Prepared &prepared, const QString &driver);
    ~Network();

    /// False, with the reason in complaints().
    [[nodiscard]] bool start();
    /// Has the driver carry out one line. Empty, or what was wrong.
    [[nodiscard]] QString run(const QString &line);
    /// What the network is now, by --export of the stopped server. Empty: it did not stop cleanly.
    [[nodiscard]] QByteArray stopAndExport();

    [[nodiscard]] QByteArray complaints() const;

private:
    [[nodiscard]] bool startXmppServer();
    [[nodiscard]] bool startServer();

    Transport m_transport;
    const Prepared &m_prepared;
    QString m_driverProgram;
    QTemporaryDir m_folder;
    std::optional<integration::Prosody> m_prosody;
    std::optional<integration::Ejabberd> m_ejabberd;
    QString m_address; ///< of the XMPP server, for clients
    QString m_jid; ///< of the provisioning server
    integration::LineProcess m_server { QStringLiteral("castellan-server") };
    integration::LineProcess m_driver { QStringLiteral("driver") };
};

} // namespace castellan::conformance
