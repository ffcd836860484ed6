// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/admin.h"

#include <QDateTime>
#include <QFuture>
#include <QList>
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
    /// The one certificate that the host may show, by its SHA-256 in lower-case hexadecimal, whatever the
    /// system thinks of it. Empty: those that the system trusts.
    QString pin;
};

/// One of the certificates that a host has shown.
struct PeerCertificate
{
    QString subject;
    QString issuer;
    QDateTime notBefore;
    QDateTime notAfter;
    QString thumbprint; ///< SHA-256, lower-case hexadecimal
    QStringList problems; ///< why it is not trusted

    friend bool operator==(const PeerCertificate &, const PeerCertificate &) = default;
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

/// The line to a provisioning server's administration interface. Encrypted, except to a server on this
/// machine that offers no encryption; the password goes nowhere else. Keeps trying, with growing pauses,
/// unless it is turned away. Lives on the thread of the network; futures finish there.
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
    /// The host's certificate is not trusted; comes before refused(). The host's own is the first.
    void untrusted(const QList<castellan::replica::PeerCertificate> &chain);
    /// No other attempt follows: the account or the server's certificate is not good, or refuse() was called.
    void refused(const castellan::Failure &why);
    void eventReceived(const castellan::wire::admin::Event &event);

private:
    struct Private;
    const std::unique_ptr<Private> d;
};

} // namespace castellan::replica
