// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <array>
#include <optional>

namespace castellan {

/// An IPv4 or IPv6 address. IPv4 is kept as the IPv6 address that stands for it (`::ffff:a.b.c.d`, RFC 4291
/// §2.5.5.2), so that both spellings of one host are equal and ranges are plain comparisons.
struct IpAddress
{
    std::array<quint8, 16> bytes {}; ///< most significant first

    /// Four decimal numbers or RFC 4291 §2.2, without a zone and with nothing around it. Nothing when it is
    /// neither.
    [[nodiscard]] static std::optional<IpAddress> parse(QStringView text);
    [[nodiscard]] bool isIp4() const;
    /// As RFC 5952 writes it; IPv4 with dots.
    [[nodiscard]] QString text() const;

    friend bool operator==(const IpAddress &, const IpAddress &) = default;
    friend auto operator<=>(const IpAddress &, const IpAddress &) = default;
};

} // namespace castellan
