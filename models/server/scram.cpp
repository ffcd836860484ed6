// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/scram.h"

#include "server/certificates.h"

#include <QMessageAuthenticationCode>
#include <QPasswordDigestor>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

/// More rounds than anybody has use for would only keep us busy.
static constexpr int mostIterations = 1'000'000;

static QByteArray nameOf(const QString &user)
{
    return user.normalized(QString::NormalizationForm_KC).toUtf8().replace('=', "=3D").replace(',', "=2C");
}

/// The value of the attribute \a name; empty: there is none.
static QByteArray valueOf(const QByteArray &message, char name)
{
    for (const QByteArray &part : message.split(',')) {
        if (part.startsWith(name) && part.size() > 1 && part.at(1) == '=')
            return part.sliced(2);
    }
    return {};
}

Scram::Scram(QCryptographicHash::Algorithm hash, const QString &user, const QString &password)
    : Scram(hash, user, password, randomSecret().toBase64())
{ }

Scram::Scram(QCryptographicHash::Algorithm hash, const QString &user, const QString &password,
             const QByteArray &nonce)
    : m_hash(hash),
      m_password(password.normalized(QString::NormalizationForm_KC).toUtf8()),
      m_nonce(nonce),
      m_firstBare("n=" + nameOf(user) + ",r=" + nonce)
{ }

Result<QByteArray> Scram::answer(const QByteArray &challenge)
{
    const QByteArray nonce = valueOf(challenge, 'r');
    const QByteArray salt = QByteArray::fromBase64(valueOf(challenge, 's'));
    const int iterations = valueOf(challenge, 'i').toInt();
    if (!nonce.startsWith(m_nonce) || nonce.size() == m_nonce.size() || salt.isEmpty() || iterations < 1
        || iterations > mostIterations || challenge.startsWith("m="))
        return fail(FailureKind::BadRequest, u"its challenge is not one of SCRAM."_s);

    const auto mac = [this](const QByteArray &message, const QByteArray &key) {
        return QMessageAuthenticationCode::hash(message, key, m_hash);
    };
    const QByteArray salted = QPasswordDigestor::deriveKeyPbkdf2(m_hash, m_password, salt, iterations,
                                                                 QCryptographicHash::hashLength(m_hash));
    const QByteArray clientKey = mac("Client Key", salted);
    const QByteArray last = "c=biws,r=" + nonce;
    const QByteArray all = m_firstBare + ',' + challenge + ',' + last;
    const QByteArray signature = mac(all, QCryptographicHash::hash(clientKey, m_hash));
    QByteArray proof(clientKey.size(), '\0');
    std::ranges::transform(clientKey, signature, proof.begin(), [](char a, char b) { return char(a ^ b); });
    m_serverSignature = mac(all, mac("Server Key", salted));
    return last + ",p=" + proof.toBase64();
}

bool Scram::isProof(const QByteArray &last) const
{
    return !m_serverSignature.isEmpty()
        && equalInConstantTime(QByteArray::fromBase64(valueOf(last, 'v')), m_serverSignature);
}

} // namespace castellan::server
