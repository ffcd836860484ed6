// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"
#include "server/certificates.h"
#include "vocabulary/networkjson.h"

#include <QDateTime>
#include <QJsonDocument>

using namespace castellan;

/// A certificate that somebody wants a token for.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray der = bytesOf(data, size);
    static_cast<void>(server::encryptFor(der, QByteArray(32, 'x')));
    const Result<Certificate> certificate = server::readCertificate(der);
    if (!certificate)
        return 0;
    static_cast<void>(server::checkTime(*certificate, QDateTime::currentDateTimeUtc()));
    require(normalised(*certificate) == Result<Object>(*certificate), "a certificate is in normal form");
    require(objectFromJson(ObjectType::Certificate, QJsonDocument(objectToJson(*certificate)).toJson())
                == Result<Object>(*certificate),
            "what is exported can be imported");
    return 0;
}
