// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/stream.h"

#include <QSslSocket>

namespace castellan::server {

/// The embedded server's end of a client's connection. QXmpp reads its whole buffer again at every piece that
/// arrives, and builds and destroys a DOM by recursion: one client could keep it busy for minutes or exhaust
/// its stack. It gets whole stanzas only, each within the limits of wire::StreamParser; beyond those the
/// stream ends with policy-violation (RFC 6120 §13.12).
class StanzaSocket : public QSslSocket
{
public:
    explicit StanzaSocket(QObject *parent = nullptr);

protected:
    qint64 readData(char *data, qint64 maxSize) override;
    qint64 writeData(const char *data, qint64 size) override;

private:
    void take(const QByteArray &bytes);
    void refuse(const Failure &why);

    std::unique_ptr<wire::StreamParser> m_parser;
    QByteArray m_held; ///< the beginning of a stanza
    qsizetype m_heldFrom = 0; ///< where in the stream that is
    QByteArray m_whole; ///< for QXmpp to read
    bool m_isAtEnd = false; ///< what comes after does not count
};

} // namespace castellan::server
