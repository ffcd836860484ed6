// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/certificates.h"

#include "wire/provisioning.h"

#include <QCryptographicHash>
#include <QRandomGenerator>
#include <QTimeZone>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

template<auto free>
struct Freeing
{
    void operator()(auto *object) const { free(object); }
};
using X509Ptr = std::unique_ptr<X509, Freeing<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freeing<BIO_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freeing<BN_free>>;

constexpr int fewestBits = 1024;
constexpr int mostBits = 8192;
/// Every known library uses 3, 17 or 65537. A long one would only cost us time.
constexpr int mostExponentBits = 32;

auto badRequest(const QString &text)
{
    // OpenSSL's own words are for programmers; left in the queue, they would turn up somewhere else.
    ERR_clear_error();
    return fail(FailureKind::BadRequest, text);
}

X509Ptr parse(const QByteArray &der)
{
    const auto *at = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *end = at + der.size();
    X509Ptr certificate(d2i_X509(nullptr, &at, long(der.size())));
    return at == end ? std::move(certificate) : nullptr;
}

/// As RFC 4514 writes it, readable for people.
QString toText(const X509_NAME *name)
{
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    char *text = nullptr;
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, flags) < 0)
        return {};
    const long size = BIO_get_mem_data(bio.get(), &text);
    return QString::fromUtf8(text, size);
}

QDateTime toDateTime(const ASN1_TIME *time)
{
    std::tm tm = {};
    if (!ASN1_TIME_to_tm(time, &tm))
        return {};
    return QDateTime(QDate(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday),
                     QTime(tm.tm_hour, tm.tm_min, tm.tm_sec), QTimeZone::UTC);
}

/// Why \a key cannot be used for a challenge; empty: it can.
QString fault(const EVP_PKEY *key)
{
    if (!key)
        return u"The key in this certificate cannot be read."_s;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        const char *name = EVP_PKEY_get0_type_name(key);
        return u"The key in this certificate is of the kind %1, which cannot be used to encrypt a challenge. "
               u"Use a certificate with an RSA key."_s.arg(QString::fromLatin1(name ? name : "unknown"));
    }
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < fewestBits || bits > mostBits) {
        return u"The RSA key in this certificate has %1 bits. Use one of %2 to %3 bits."_s.arg(
            QString::number(bits), QString::number(fewestBits), QString::number(mostBits));
    }
    BIGNUM *number = nullptr;
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number);
    const NumberPtr exponent(number);
    if (!exponent || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get())
        || BN_num_bits(exponent.get()) > mostExponentBits)
        return u"The RSA key in this certificate has an unusual exponent. Use one with 65537."_s;
    return {};
}

} // namespace

Result<Certificate> readCertificate(const QByteArray &der)
{
    if (der.size() > wire::maxCertificateBytes) {
        return badRequest(u"The certificate has %1 bytes; more than %2 are not accepted."_s.arg(
            QString::number(der.size()), QString::number(wire::maxCertificateBytes)));
    }
    const X509Ptr x509 = parse(der);
    if (!x509)
        return badRequest(u"This is not an X.509 certificate in DER, encoded in base-64."_s);
    const Certificate certificate {
        .thumbprint = QString::fromLatin1(QCryptographicHash::hash(der, QCryptographicHash::Sha256).toHex()),
        .der = der,
        .subject = toText(X509_get_subject_name(x509.get())),
        .issuer = toText(X509_get_issuer_name(x509.get())),
        .notBefore = toDateTime(X509_get0_notBefore(x509.get())),
        .notAfter = toDateTime(X509_get0_notAfter(x509.get())),
    };
    ERR_clear_error();
    if (!certificate.notBefore.isValid() || !certificate.notAfter.isValid())
        return badRequest(u"The certificate does not say when it is valid."_s);
    return certificate;
}

Result<void> checkTime(const Certificate &certificate, const QDateTime &now)
{
    if (now < certificate.notBefore) {
        return badRequest(u"The certificate is not valid before %1. Check its dates and the clock."_s.arg(
            certificate.notBefore.toString(Qt::ISODate)));
    }
    if (now > certificate.notAfter) {
        return badRequest(u"The certificate has expired: it was valid until %1. Use a new one."_s.arg(
            certificate.notAfter.toString(Qt::ISODate)));
    }
    return {};
}

Result<QByteArray> encryptFor(const QByteArray &der, const QByteArray &secret)
{
    const X509Ptr x509 = parse(der);
    EVP_PKEY *key = x509 ? X509_get0_pubkey(x509.get()) : nullptr; // stays the certificate's
    if (const QString why = fault(key); !why.isEmpty())
        return badRequest(why);

    const KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
    const auto *in = reinterpret_cast<const unsigned char *>(secret.constData());
    size_t size = size_t(EVP_PKEY_get_size(key));
    QByteArray encrypted(qsizetype(size), Qt::Uninitialized);
    if (!context || EVP_PKEY_encrypt_init(context.get()) <= 0
        || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) <= 0
        || EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char *>(encrypted.data()), &size, in,
                            size_t(secret.size()))
            <= 0)
        return badRequest(u"Nothing can be encrypted with the RSA key in this certificate."_s);
    encrypted.resize(qsizetype(size));
    return encrypted;
}

QByteArray randomSecret()
{
    std::array<quint32, 8> words;
    QRandomGenerator::system()->fillRange(words.data(), words.size());
    return QByteArray(reinterpret_cast<const char *>(words.data()), sizeof words);
}

bool equalInConstantTime(const QByteArray &one, const QByteArray &other)
{
    return one.size() == other.size()
        && CRYPTO_memcmp(one.constData(), other.constData(), size_t(one.size())) == 0;
}

} // namespace castellan::server
