// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/admin.h"

#include <QFuture>
#include <QObject>

#include <memory>

namespace castellan::replica {

/// Who signs in where.
struct Account
{
    Jid jid;
    QString password;
    QString host; ///< empty: as DNS says
    quint16 port = 0; ///< 0: the standard's
    Jid server; ///< the provisioning server, bare
};

/// Why a request brought no result.
struct RequestFailure
{
    Failure failure;
    /// The server said so. Otherwise it may have done what was asked, or may still do it.
    bool answered = false;
    std::optional<wire::admin::Conflicts> conflicts; ///< Apply only
};
using RequestResult = std::expected<wire::admin::Response, RequestFailure>;

/// The line to a provisioning server's administration interface. Encrypted, except to this machine
/// itself. Keeps trying, with growing pauses, unless it is turned away. Lives on the thread of
/// the network; futures finish there.
class AdminConnection : public QObject
{
    Q_OBJECT

public:
    explicit AdminConnection(QObject *parent = nullptr);
    ~AdminConnection() override;

    void open(const Account &account);
    /// Ends a pause between two attempts.
    void retry();
    /// Treats a connection that does not serve as lost.
    void giveUp(const Failure &why);
    /// The same, for good.
    void refuse(const Failure &why);

    /// Never waits longer than a minute.
    [[nodiscard]] QFuture<RequestResult> request(const wire::admin::Request &request);

Q_SIGNALS:
    void connecting();
    /// Requests can be made.
    void ready();
    /// There is no connection; another attempt follows.
    void lost(const castellan::Failure &why);
    /// No other attempt follows: the account or the server's certificate is not good, or refuse() was called.
    void refused(const castellan::Failure &why);
    void eventReceived(const castellan::wire::admin::Event &event);

private:
    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace castellan::replica
