// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/streamtransport.h"

namespace castellan::server {

/// A component of somebody's XMPP server (XEP-0114).
class ComponentTransport : public StreamTransport
{
    Q_OBJECT
public:
    ComponentTransport(const Jid &domain, const QString &host, quint16 port, const QString &secret,
                       const Timing &timing, QObject *parent = nullptr);
    ComponentTransport(const Jid &domain, const QString &host, quint16 port, const QString &secret,
                       QObject *parent = nullptr)
        : ComponentTransport(domain, host, port, secret, Timing {}, parent)
    { }

    [[nodiscard]] Jid jid() const override { return m_domain; }

protected:
    void connectToServer() override { connectTo(m_server, m_port); }
    void onHeader(const wire::Element &header) override;
    void onNegotiation(const wire::Element &element) override;
    [[nodiscard]] std::optional<Refusal> refusalOf(const QString &condition) const override;

private:
    Jid m_domain;
    QString m_server;
    quint16 m_port;
    QString m_secret;
};

} // namespace castellan::server
