// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/provisioningservice.h"
#include "server/serveroptions.h"

#include <QObject>

#include <memory>

namespace castellan::server {

/// castellan-server from the options to the end: opens the store, does what ends by itself or
/// serves until stop().
class ServerApp : public QObject
{
    Q_OBJECT
public:
    explicit ServerApp(ServerOptions options, QObject *parent = nullptr);
    ~ServerApp() override;

    void start();
    /// Stops cleanly; finished() follows.
    void stop();

Q_SIGNALS:
    /// Serves now. \a address: `ADDR:PORT` when embedded, else the server's JID.
    void ready(const QString &address);
    /// What was asked for, on standard output.
    void output(const QString &text);
    /// What people should read, on standard error.
    void message(const QString &text);
    void finished(int exitCode);

private:
    void give(const QString &what, const Failure &failure);
    void onOpened(std::shared_ptr<Store> store);
    void exportNetwork();
    void backup();
    void restore();
    void verifyAudit();
    void importNetwork();
    void serve();
    void nameAdministrators(const QList<VersionedObject> &grants);
    void loadAndStart();
    void startService(const StartingState &state);
    [[nodiscard]] Result<std::unique_ptr<Transport>> makeTransport() const;
    [[nodiscard]] QString readyAddress() const;

    ServerOptions m_options;
    std::shared_ptr<Store> m_store;
    std::unique_ptr<Transport> m_transport;
    std::unique_ptr<ProvisioningService> m_service;
    bool m_isReady = false;
    bool m_isStopping = false;
};

} // namespace castellan::server
