// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

namespace castellan::server {

/// What the server does with X.509 certificates and RSA (XEP-0324 §3.1.3, statements 3 and 20), by OpenSSL.
/// Pure; what comes in is bounded in size, so that none of this takes long (tst_certificates has the
/// figures).

/// Reads a certificate in DER. Who issued it does not matter: what it means, rules say. Fails with
/// `bad-request` when it is none or larger than any that is accepted.
[[nodiscard]] Result<Certificate> readCertificate(const QByteArray &der);

/// `bad-request` when \a certificate is not valid at \a now, which is UTC.
[[nodiscard]] Result<void> checkTime(const Certificate &certificate, const QDateTime &now);

/// Encrypts \a secret for who has the private key of the certificate \a der: RSA, PKCS#1 v1.5, as existing
/// clients decrypt it. Fails with `bad-request` when the key is of another kind (EC, for instance), is
/// shorter than 1024 or longer than 8192 bits, or has an exponent that nobody uses.
[[nodiscard]] Result<QByteArray> encryptFor(const QByteArray &der, const QByteArray &secret);

/// 32 bytes from the system's source of randomness; nobody can predict them.
[[nodiscard]] QByteArray randomSecret();

/// Takes as long for a nearly right answer as for a wrong one.
[[nodiscard]] bool equalInConstantTime(const QByteArray &one, const QByteArray &other);

} // namespace castellan::server
