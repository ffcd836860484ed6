// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/ipaddress.h"

namespace castellan {

/// IP addresses from one to another, both included (XEP-0324 §3.6.2: provisioning on addresses or ranges).
struct IpRange
{
    IpAddress first;
    IpAddress last;

    /// An address, `ADDRESS/PREFIX` or `FIRST-LAST`, of either version. Nothing for anything else.
    [[nodiscard]] static std::optional<IpRange> parse(QStringView text);
    [[nodiscard]] bool contains(const IpAddress &address) const
    {
        return first <= address && address <= last;
    }

    friend bool operator==(const IpRange &, const IpRange &) = default;
};

} // namespace castellan
