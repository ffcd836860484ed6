// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/ipaddress.h"

#include <QByteArray>
#include <QList>
#include <QStringList>

namespace castellan {

/// A point on the Earth (WGS 84).
struct Location
{
    double latitude = 0; ///< degrees, -90 to 90
    double longitude = 0; ///< degrees, -180 to 180

    friend bool operator==(const Location &, const Location &) = default;
};

/// What a service knows of a visitor (XEP-0324 §3.6.2, table 1). Several of a kind: any of them is the
/// visitor's. The service vouches for them; nothing here has been verified.
struct Credentials
{
    QStringList jids; ///< bare, in normal form
    QList<IpAddress> addresses;
    QStringList hostNames; ///< lower case, without a dot at the end
    QList<QByteArray> certificates; ///< DER, as sent
    QStringList thumbprints; ///< lower-case hexadecimal, of whichever hash the service uses
    QStringList userNames;
    QList<Location> locations;
    QStringList ssoTokens;
    QStringList protocols; ///< as the schema's ProtocolName has them

    friend bool operator==(const Credentials &, const Credentials &) = default;
};

} // namespace castellan
