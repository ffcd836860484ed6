// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/ipaddress.h"

#include <QByteArray>

#include <arpa/inet.h>

#include <algorithm>
#include <span>

namespace castellan {

namespace {

constexpr std::array<quint8, 12> ip4Prefix { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

} // namespace

// Not QHostAddress: it takes `10.1` for `10.0.0.1`, and this room does without the network.
std::optional<IpAddress> IpAddress::parse(QStringView text)
{
    const QByteArray written = text.toUtf8();
    if (written.contains('\0')) // where inet_pton() would stop reading
        return {};
    IpAddress address;
    if (inet_pton(AF_INET6, written.constData(), address.bytes.data()) == 1)
        return address;
    std::ranges::copy(ip4Prefix, address.bytes.begin());
    if (inet_pton(AF_INET, written.constData(), address.bytes.data() + ip4Prefix.size()) == 1)
        return address;
    return {};
}

bool IpAddress::isIp4() const
{
    return std::ranges::equal(std::span(bytes).first<ip4Prefix.size()>(), ip4Prefix);
}

QString IpAddress::text() const
{
    std::array<char, INET6_ADDRSTRLEN> buffer {};
    const char *written = isIp4()
        ? inet_ntop(AF_INET, bytes.data() + ip4Prefix.size(), buffer.data(), buffer.size())
        : inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
    return QString::fromLatin1(written);
}

} // namespace castellan
