// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/backoff.h"
#include "server/transport.h"
#include "wire/stream.h"

#include <QTcpSocket>
#include <QTimer>

#include <chrono>
#include <memory>

namespace castellan::server {

/// A component of somebody's XMPP server (XEP-0114). Stays connected by itself, waiting longer after every
/// failure. That `from` is true is that server's business.
class ComponentTransport : public Transport
{
    Q_OBJECT
public:
    struct Timing
    {
        std::chrono::milliseconds firstRetry { std::chrono::seconds(1) };
        std::chrono::milliseconds mostRetry { std::chrono::seconds(60) };
        std::chrono::milliseconds login { std::chrono::seconds(20) }; ///< to connect and be accepted
        std::chrono::milliseconds keepAlive { std::chrono::seconds(60) };
    };

    ComponentTransport(const Jid &domain, const QString &host, quint16 port, const QString &secret,
                       const Timing &timing, QObject *parent = nullptr);
    ComponentTransport(const Jid &domain, const QString &host, quint16 port, const QString &secret,
                       QObject *parent = nullptr)
        : ComponentTransport(domain, host, port, secret, Timing {}, parent)
    { }

    void start() override;
    void stop() override;
    [[nodiscard]] Jid jid() const override { return m_domain; }
    bool send(const wire::Element &stanza) override;
    [[nodiscard]] bool isCongested() const override { return m_isCongested; }

private:
    enum class State {
        Off,
        Connecting, ///< until the other side's stream header
        Handshaking,
        Ready,
    };
    void open();
    void onConnected();
    void onReadyRead();
    void onBytesWritten();
    void onHeader(const wire::Element &header);
    void onElement(wire::Element element);
    /// Answers for a stanza that is too much for us.
    void onRefused(const wire::StreamParser::Refused &refused);
    void onStreamError(const wire::Element &error);
    /// Drops the connection and plans the next one.
    void lose(const Failure &why);
    void write(const QByteArray &bytes);

    Jid m_domain;
    QString m_host;
    quint16 m_port;
    QString m_secret;
    Backoff m_backoff;
    State m_state = State::Off;
    bool m_wasReady = false; ///< with this configuration, ever
    QTcpSocket m_socket;
    bool m_isCongested = false;
    bool m_isPaused = false; ///< something may be there to be read
    std::unique_ptr<wire::StreamParser> m_parser;
    QTimer m_retryTimer;
    QTimer m_loginTimer;
    QTimer m_keepAliveTimer;
};

} // namespace castellan::server
