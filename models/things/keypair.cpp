// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/keypair.h"

#include <QRandomGenerator>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

template<typename T>
QByteArray toDer(int (*write)(const T *, unsigned char **), const T *object)
{
    QByteArray der(write(object, nullptr), Qt::Uninitialized);
    auto *to = reinterpret_cast<unsigned char *>(der.data());
    write(object, &to);
    return der;
}

} // namespace

KeyPair::KeyPair(EVP_PKEY *key)
    : m_key(key, EVP_PKEY_free)
{ }

KeyPair KeyPair::generate(int bits)
{
    EVP_PKEY *key = EVP_RSA_gen(unsigned(bits));
    if (!key)
        qFatal("OpenSSL makes no RSA key of %d bits", bits);
    return KeyPair(key);
}

Result<KeyPair> KeyPair::fromPrivateKey(const QByteArray &der)
{
    const auto *from = reinterpret_cast<const unsigned char *>(der.constData());
    EVP_PKEY *key = d2i_AutoPrivateKey(nullptr, &from, long(der.size()));
    if (!key)
        return fail(FailureKind::BadRequest, u"This is not a private key."_s);
    return KeyPair(key);
}

QByteArray KeyPair::privateKey() const
{
    return toDer(i2d_PrivateKey, m_key.get());
}

QByteArray KeyPair::certificate(const QString &commonName, const QDateTime &notBefore,
                                const QDateTime &notAfter) const
{
    const CertificatePtr certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()),
                            QRandomGenerator::global()->generate64() >> 1);
    ASN1_TIME_set(X509_getm_notBefore(certificate.get()), notBefore.toSecsSinceEpoch());
    ASN1_TIME_set(X509_getm_notAfter(certificate.get()), notAfter.toSecsSinceEpoch());
    // A common name has at most 64 characters (RFC 5280).
    const QByteArray name = commonName.left(64).toUtf8();
    X509_NAME *subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char *>(name.constData()), int(name.size()),
                               -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), m_key.get());
    X509_sign(certificate.get(), m_key.get(), EVP_sha256());
    return toDer(i2d_X509, certificate.get());
}

Result<QByteArray> KeyPair::decrypt(const QByteArray &encrypted) const
{
    const ContextPtr context(EVP_PKEY_CTX_new(m_key.get(), nullptr), EVP_PKEY_CTX_free);
    const auto *from = reinterpret_cast<const unsigned char *>(encrypted.constData());
    size_t size = size_t(EVP_PKEY_get_size(m_key.get()));
    QByteArray decrypted(qsizetype(size), Qt::Uninitialized);
    if (EVP_PKEY_decrypt_init(context.get()) <= 0
        || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) <= 0
        || EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char *>(decrypted.data()), &size, from,
                            size_t(encrypted.size()))
            <= 0) {
        ERR_clear_error();
        return fail(FailureKind::BadRequest, u"This challenge is not for this key."_s);
    }
    decrypted.resize(qsizetype(size));
    return decrypted;
}

} // namespace castellan::things
