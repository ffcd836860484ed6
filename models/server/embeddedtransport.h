// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/transport.h"
#include "vocabulary/result.h"

#include <QHash>
#include <QHostAddress>

#include <memory>

namespace castellan::server {

/// Bare JIDs and their passwords.
using Accounts = QHash<QString, QString>;

/// Reads lines of `JID PASSWORD`; blank ones and those that start with `#` are passed over. Fails naming
/// the line. Every JID must be of \a domain.
[[nodiscard]] Result<Accounts> readAccounts(const QString &path, const Jid &domain);

/// An XMPP server of our own, in this process, for a network on one machine: no TLS, hence loopback only,
/// no server-to-server, rosters in memory. The service answers as the domain itself.
class EmbeddedTransport : public Transport
{
    Q_OBJECT
public:
    /// \a port 0: any free one, see port().
    EmbeddedTransport(const Jid &domain, const QHostAddress &address, quint16 port, const Accounts &accounts,
                      QObject *parent = nullptr);
    ~EmbeddedTransport() override;

    void start() override;
    void stop() override;
    [[nodiscard]] Jid jid() const override;
    bool send(const wire::Element &stanza) override;
    /// Little, because clients made with QXmpp take the longer over a stanza the more come with it.
    [[nodiscard]] int window() const override { return 64; }

    [[nodiscard]] QHostAddress address() const;
    [[nodiscard]] quint16 port() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace castellan::server
