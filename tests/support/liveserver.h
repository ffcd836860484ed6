// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <QProcess>
#include <QString>
#include <QTemporaryDir>

namespace castellan::tests {

/// The real castellan-server, embedded, with a database and accounts of its own. Every account's password
/// is "secret".
class LiveServer
{
public:
    static inline const QString domain = QStringLiteral("building.localhost");
    static inline const QString admin = QStringLiteral("admin@building.localhost");
    static inline const QString otherAdmin = QStringLiteral("other@building.localhost");
    static inline const QString password = QStringLiteral("secret");

    /// Accounts for the administrators and for every thing of \a network.
    explicit LiveServer(const Network &network);
    ~LiveServer();

    /// Starts it, again on the same port; false, with the server's words on the console, if that fails.
    [[nodiscard]] bool start();
    /// As kill -9 does.
    void kill();
    /// Stops and continues the process: meanwhile connections stand and nothing is answered.
    void freeze();
    void thaw();
    /// The next start() is on an empty database filled with \a network.
    void replace(const Network &network);

    /// Sets a copy of its database aside, or starts from that one again. While it does not run.
    void keep();
    void takeBack();

    [[nodiscard]] quint16 port() const { return m_port; }
    /// "host:port"
    [[nodiscard]] QString address() const;

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
    bool m_filled = false;
};

/// meter-1 and meter-2 of building.localhost, a valve and a user; the meters are friends of the user, who may
/// read them.
[[nodiscard]] Network smallNetwork();

} // namespace castellan::tests
