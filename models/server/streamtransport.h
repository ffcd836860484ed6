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
#include <optional>

namespace castellan::server {

/// A stream to somebody's XMPP server. Stays connected by itself, waiting longer after every failure. Reads
/// within limits and stops where its answers are not taken. That `from` is true is that server's business.
class StreamTransport : public Transport
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

    void start() override;
    void stop() override;
    bool send(const wire::Element &stanza) override;
    [[nodiscard]] bool isCongested() const override { return m_isCongested; }

protected:
    /// \a domain: to whom the stream is opened. \a xmlns: that of its stanzas.
    StreamTransport(std::unique_ptr<QTcpSocket> socket, const QString &domain, QLatin1StringView xmlns,
                    const Timing &timing, QObject *parent);

    /// Calls connectTo(), now or later.
    virtual void connectToServer() = 0;
    void connectTo(const QString &host, quint16 port);
    /// The server has opened its stream.
    virtual void onHeader(const wire::Element &header) = 0;
    /// Until setReady().
    virtual void onNegotiation(const wire::Element &element) = 0;
    /// From setReady() on, without the stream's namespace.
    virtual void onStanza(wire::Element stanza) { Q_EMIT stanzaReceived(stanza); }
    /// What the server ended the stream for, in words; nothing: as it is. What is final is so only for who
    /// was never accepted: later it may be an XMPP server that is being set up anew.
    struct Refusal
    {
        Failure why;
        bool isFinal = false;
    };
    [[nodiscard]] virtual std::optional<Refusal> refusalOf(const QString &condition) const;
    /// Bytes that the server has not taken yet.
    [[nodiscard]] virtual qint64 unsent() const { return m_socket->bytesToWrite(); }
    /// Some were taken.
    void onBytesWritten();

    void write(const QByteArray &bytes);
    /// The next stream on the same connection (RFC 6120 §4.3.3).
    void beginStream();
    /// Drops what has been received of this stream and not been handled.
    void endStream();
    /// Stanzas can be sent and come. The caller emits ready().
    void setReady();
    [[nodiscard]] bool isReady() const { return m_state == State::Ready; }
    void refuse(const Refusal &refusal);
    /// Drops the connection and plans the next one.
    void lose(const Failure &why);
    [[nodiscard]] const QString &host() const { return m_host; }

private:
    enum class State {
        Off,
        Connecting, ///< until the stream is accepted
        Ready,
    };
    void open();
    void onConnected();
    void onReadyRead();
    void onElement(wire::Element element);
    /// Answers for a stanza that is too much for us.
    void onTooMuch(const wire::StreamParser::Refused &refused);
    void onStreamError(const wire::Element &error);

    QString m_domain;
    QLatin1StringView m_xmlns;
    QString m_host;
    quint16 m_port = 0;
    Backoff m_backoff;
    State m_state = State::Off;
    bool m_isStreamOpen = false; ///< there is something to close
    bool m_wasReady = false; ///< with this configuration, ever
    std::unique_ptr<QTcpSocket> m_socket;
    bool m_isCongested = false;
    bool m_isPaused = false; ///< something may be there to be read
    std::unique_ptr<wire::StreamParser> m_parser;
    int m_streams = 0; ///< begun so far
    QTimer m_retryTimer;
    QTimer m_loginTimer;
    QTimer m_keepAliveTimer;
};

} // namespace castellan::server
