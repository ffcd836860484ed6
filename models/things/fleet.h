// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/behaviour.h"
#include "things/connection.h"
#include "things/provisioningclient.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <memory>

namespace castellan::things {

class SimulatedThing;
class StateStore;

/// Passwords by bare JID.
using Accounts = QHash<QString, QString>;

/// Reads lines of a JID, white space and a password; blank ones and those that start with `#` are passed
/// over. Errors name the line.
[[nodiscard]] Result<Accounts> accountsFromText(const QByteArray &text);

/// All the simulated things of a process, on one thread.
class Fleet : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        Endpoint endpoint;
        ProvisioningClient::Settings provisioning;
        QString stateDirectory;
    };

    explicit Fleet(QObject *parent = nullptr);
    ~Fleet() override;

    /// Makes those things of \a network that \a behaviours has. Fails when one has no account or what they
    /// remember cannot be read; the fleet is of no use then.
    [[nodiscard]] Result<void> create(const Network &network, const Behaviours &behaviours,
                                      const Accounts &accounts, const Settings &settings);

    /// Logs in one after the other, without waiting for each other.
    void start();
    /// Saves what is remembered and goes offline; stopped() follows.
    void stop();

    [[nodiscard]] SimulatedThing *thing(const QString &jid) const;
    [[nodiscard]] int size() const { return int(m_things.size()); }

Q_SIGNALS:
    /// Each thing has been ready once.
    void ready();
    void stopped();
    void refused(const castellan::Failure &why);

private:
    void save();
    void onReady(SimulatedThing *thing);
    void considerStopped();

    std::unique_ptr<StateStore> m_store;
    QList<SimulatedThing *> m_things;
    QHash<QString, SimulatedThing *> m_index;
    QSet<SimulatedThing *> m_awaited; ///< not ready yet
    qsizetype m_started = 0;
    bool m_stopping = false;
    QTimer m_startTimer;
    QTimer m_saveTimer;
};

} // namespace castellan::things
