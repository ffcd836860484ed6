// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/certificates.h"
#include "things/keypair.h"

#include <QCryptographicHash>
#include <QTest>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <ctime>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;
using castellan::things::KeyPair;

namespace {

const QDateTime now = QDateTime::currentDateTimeUtc();

QByteArray certificateOf(const KeyPair &key, const QString &name = u"meter"_s)
{
    return key.certificate(name, now.addDays(-1), now.addDays(1));
}

/// A certificate whose key can sign but not encrypt, or of a length that nobody should make.
QByteArray certificateOf(EVP_PKEY *key, const EVP_MD *digest)
{
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, digest);
    unsigned char *der = nullptr;
    const int size = i2d_X509(certificate, &der);
    const QByteArray result(reinterpret_cast<char *>(der), size);
    OPENSSL_free(der);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}

/// An RSA public key of any size and exponent takes no time to make if nobody needs the private one.
QByteArray withModulus(int bits, quint64 exponent)
{
    EVP_PKEY *signer = EVP_RSA_gen(1024);
    BIGNUM *n = BN_new();
    BIGNUM *e = BN_new();
    BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    BN_set_word(e, exponent);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
    EVP_PKEY *key = nullptr;
    EVP_PKEY_fromdata_init(context);
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);

    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, signer, EVP_sha256());
    unsigned char *der = nullptr;
    const int size = i2d_X509(certificate, &der);
    const QByteArray result(reinterpret_cast<char *>(der), size);

    OPENSSL_free(der);
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    EVP_PKEY_free(signer);
    return result;
}

} // namespace

class TestCertificates : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s03_theThumbprintNamesIt()
    {
        const KeyPair key = KeyPair::generate(1024);
        const QByteArray der = certificateOf(key, u"Zähler, Süd"_s);
        const Result<Certificate> certificate = readCertificate(der);
        QVERIFY(certificate);
        QCOMPARE(certificate->thumbprint.toLatin1(),
                 QCryptographicHash::hash(der, QCryptographicHash::Sha256).toHex());
        QCOMPARE(certificate->der, der);
        QCOMPARE(certificate->subject, u"CN=Zähler\\, Süd"_s);
        QCOMPARE(certificate->issuer, certificate->subject); // signed by itself, which is fine
        QCOMPARE(certificate->notBefore.toSecsSinceEpoch(), now.addDays(-1).toSecsSinceEpoch());
        QCOMPARE(certificate->notAfter.toSecsSinceEpoch(), now.addDays(1).toSecsSinceEpoch());
        QVERIFY(normalised(*certificate));
    }

    void s03_validityHasTwoEnds()
    {
        const auto certificate = readCertificate(certificateOf(KeyPair::generate(1024)));
        QVERIFY(certificate);
        QVERIFY(checkTime(*certificate, certificate->notBefore));
        QVERIFY(checkTime(*certificate, certificate->notAfter)); // RFC 5280: inclusive
        QCOMPARE(checkTime(*certificate, certificate->notBefore.addSecs(-1)).error().kind,
                 FailureKind::BadRequest);
        QCOMPARE(checkTime(*certificate, certificate->notAfter.addSecs(1)).error().kind,
                 FailureKind::BadRequest);
    }

    void s20_onlyTheHolderOfTheKeyReadsAChallenge()
    {
        const KeyPair key = KeyPair::generate(1024);
        const QByteArray secret = randomSecret();
        QVERIFY(secret.size() >= 32);
        QVERIFY(secret != randomSecret());
        const auto one = encryptFor(certificateOf(key), secret);
        const auto other = encryptFor(certificateOf(key), secret);
        QVERIFY(one && other);
        QVERIFY(*one != *other); // padded at random
        QCOMPARE(key.decrypt(*one), secret);
        const auto stranger = KeyPair::generate(1024).decrypt(*one);
        QVERIFY(!stranger || *stranger != secret);
    }

    void s20_unusableCertificates_data()
    {
        QTest::addColumn<QByteArray>("der");
        QTest::addColumn<QString>("says");
        const QByteArray good = certificateOf(KeyPair::generate(1024));
        QTest::newRow("nothing") << QByteArray() << u"not an X.509 certificate"_s;
        QTest::newRow("garbage") << QByteArray(1000, 'x') << u"not an X.509 certificate"_s;
        QTest::newRow("PEM") << QByteArray("-----BEGIN CERTIFICATE-----\n") << u"not an X.509 certificate"_s;
        QTest::newRow("cut off") << good.chopped(1) << u"not an X.509 certificate"_s;
        QTest::newRow("more behind it") << good + 'x' << u"not an X.509 certificate"_s;
        QTest::newRow("too large") << QByteArray(100'000, '0') << u"100000 bytes"_s;
        QTest::newRow("EC") << certificateOf(EVP_EC_gen("P-256"), EVP_sha256()) << u"kind EC"_s;
        QTest::newRow("Ed25519") << certificateOf(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), nullptr)
                                 << u"kind ED25519"_s;
        QTest::newRow("512 bits") << withModulus(512, 65537) << u"512 bits"_s;
        QTest::newRow("16 kbit") << withModulus(16384, 65537) << u"16384 bits"_s;
        QTest::newRow("exponent 1") << withModulus(2048, 1) << u"unusual exponent"_s;
        QTest::newRow("even exponent") << withModulus(2048, 65536) << u"unusual exponent"_s;
        QTest::newRow("long exponent") << withModulus(2048, 0xffff'ffff'ffff) << u"unusual exponent"_s;
    }
    void s20_unusableCertificates()
    {
        QFETCH(QByteArray, der);
        QFETCH(QString, says);
        const Result<Certificate> certificate = readCertificate(der);
        const auto encrypted = certificate ? encryptFor(der, randomSecret())
                                           : std::unexpected(certificate.error());
        QVERIFY(!encrypted);
        QCOMPARE(encrypted.error().kind, FailureKind::BadRequest);
        QVERIFY2(encrypted.error().text.contains(says), qPrintable(encrypted.error().text));
    }

    /// All of it happens on the service's thread. In time of the processor, so that a busy machine does not
    /// count; the bound is loose, for slow ones.
    void noCertificateTakesLong_data()
    {
        QTest::addColumn<QByteArray>("der");
        QTest::newRow("usual") << withModulus(2048, 65537);
        QTest::newRow("largest that is accepted") << withModulus(8192, 0xffff'fffb);
    }
    void noCertificateTakesLong()
    {
        QFETCH(QByteArray, der);
        constexpr int rounds = 50;
        const std::clock_t before = std::clock();
        for (int i = 0; i < rounds; ++i) {
            QVERIFY(readCertificate(der));
            QVERIFY(encryptFor(der, randomSecret()));
        }
        const double each = 1000.0 * double(std::clock() - before) / CLOCKS_PER_SEC / rounds;
        qInfo("%.2f ms", each);
        QVERIFY(each < 10);
    }

    void comparesAll()
    {
        QVERIFY(equalInConstantTime("secret", "secret"));
        QVERIFY(!equalInConstantTime("secret", "secreT"));
        QVERIFY(!equalInConstantTime("secret", "secre"));
        QVERIFY(!equalInConstantTime("secret", ""));
    }
};

QTEST_GUILESS_MAIN(TestCertificates)
#include "tst_certificates.moc"
