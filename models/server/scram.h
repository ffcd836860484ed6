// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QByteArray>
#include <QCryptographicHash>
#include <QString>

namespace castellan::server {

/// The client's side of SCRAM without channel binding (RFC 5802, RFC 7677): proves that it knows a password
/// without telling it, and has the server prove that it knows it too. Written by hand because QXmpp keeps its
/// own to itself.
class Scram
{
public:
    Scram(QCryptographicHash::Algorithm hash, const QString &user, const QString &password);
    /// With a chosen nonce, as the examples of the RFCs have it.
    Scram(QCryptographicHash::Algorithm hash, const QString &user, const QString &password,
          const QByteArray &nonce);

    [[nodiscard]] QByteArray first() const { return "n,," + m_firstBare; }
    /// Answers the server's first message. Fails with `bad-request` for what is none.
    [[nodiscard]] Result<QByteArray> answer(const QByteArray &challenge);
    /// Whether \a last, the server's last message, proves that it knows the password.
    [[nodiscard]] bool isProof(const QByteArray &last) const;

private:
    QCryptographicHash::Algorithm m_hash;
    QByteArray m_password;
    QByteArray m_nonce;
    QByteArray m_firstBare;
    QByteArray m_serverSignature;
};

} // namespace castellan::server
