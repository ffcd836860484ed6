// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QXmppClient.h>

namespace castellan::tests {

/// A thing at a LiveServer that does as the test says.
class ScriptedThing : public QObject
{
    Q_OBJECT

public:
    ScriptedThing(const QString &jid, quint16 port);

    void connectToServer();
    /// Returns when the connection is closed.
    void disconnectFromServer();
    [[nodiscard]] bool isConnected() const { return m_client.isConnected(); }
    /// Asks isFriend; answered() tells.
    void askFriend(const QString &jid);

    int clearCaches = 0; ///< received
    QStringList unfriended; ///< by messages of the server

Q_SIGNALS:
    void answered(bool isFriend);

private:
    const QString m_jid;
    const quint16 m_port;
    QXmppClient m_client;
};

} // namespace castellan::tests
