// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QByteArray>
#include <QDateTime>

#include <memory>

using EVP_PKEY = struct evp_pkey_st;

namespace castellan::things {

/// An RSA key, and certificates that its holder signs himself: what a thing identifies itself with towards
/// provisioning servers (XEP-0324 §3.1.3).
class KeyPair
{
public:
    /// Takes a tenth of a second at 2048 bits.
    [[nodiscard]] static KeyPair generate(int bits = 2048);
    /// Takes up one that was saved as privateKey().
    [[nodiscard]] static Result<KeyPair> fromPrivateKey(const QByteArray &der);

    [[nodiscard]] QByteArray privateKey() const; ///< DER, PKCS#8, not encrypted
    /// DER, X.509 v3.
    [[nodiscard]] QByteArray certificate(const QString &commonName, const QDateTime &notBefore,
                                         const QDateTime &notAfter) const;
    /// RSA, PKCS#1 v1.5. What was not encrypted for this key gives `bad-request` or bytes that mean nothing:
    /// which of them OpenSSL does not let anybody find out, so that nobody can decrypt by asking (RFC 8017
    /// §7.2.2).
    [[nodiscard]] Result<QByteArray> decrypt(const QByteArray &encrypted) const;

private:
    explicit KeyPair(EVP_PKEY *key);
    std::shared_ptr<EVP_PKEY> m_key;
};

} // namespace castellan::things
