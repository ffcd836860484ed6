// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QTcpSocket>

#include <functional>

namespace castellan::bench {

/// The other side of an XMPP stream, as bytes: what generates load must cost next to nothing itself. It looks
/// for markup as text, which is enough for streams whose content it knows. Failures end the program.
class RawStream : public QObject
{
    Q_OBJECT
public:
    /// Only connects.
    void open(quint16 port);
    /// A component of the XMPP server at \a port (XEP-0114).
    void openComponent(quint16 port, const QByteArray &domain, const QByteArray &secret);
    /// A client that logs in with SASL PLAIN, as \a local@\a domain/bench.
    void openClient(quint16 port, const QByteArray &domain, const QByteArray &local,
                    const QByteArray &password);

    void write(const QByteArray &bytes) { m_socket.write(bytes); }
    void flush() { m_socket.flush(); }
    [[nodiscard]] qint64 unsent() const { return m_socket.bytesToWrite(); }

    /// Gets every whole `<iq …>…</iq>`, one at a time; other stanzas are passed over.
    std::function<void(QByteArrayView iq)> onIq;

private:
    void expect(QByteArrayView text);
    void read();

    QTcpSocket m_socket;
    QByteArray m_received;
};

/// The value of an attribute of the stanza's own tag, as it is written there; empty when there is none.
[[nodiscard]] QByteArrayView attribute(QByteArrayView stanza, QByteArrayView name);

/// Handles events until \a done; ends the program, naming \a what, when that takes longer than a minute.
void waitUntil(const std::function<bool()> &done, const QString &what);

} // namespace castellan::bench
