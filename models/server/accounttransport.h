// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/transport.h"

#include <memory>

namespace castellan::server {

/// An ordinary account that things befriend (XEP-0324 §3.1.1, §5.1): every subscription request is accepted
/// and returned, and who is there is known from presence. TLS is required except to this machine itself.
class AccountTransport : public Transport
{
    Q_OBJECT
public:
    /// \a host empty: where the JID's domain says. Port 0: the usual one.
    AccountTransport(const Jid &account, const QString &password, const QString &host, quint16 port,
                     QObject *parent = nullptr);
    ~AccountTransport() override;

    void start() override;
    void stop() override;
    /// With the resource once connected.
    [[nodiscard]] Jid jid() const override;
    bool send(const wire::Element &stanza) override;
    [[nodiscard]] bool needsFriendship() const override { return true; }

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan::server
