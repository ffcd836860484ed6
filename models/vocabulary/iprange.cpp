// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/iprange.h"

#include <algorithm>

namespace castellan {

std::optional<IpRange> IpRange::parse(QStringView text)
{
    if (const qsizetype slash = text.indexOf(u'/'); slash >= 0) {
        const auto base = IpAddress::parse(text.first(slash));
        const QStringView digits = text.sliced(slash + 1);
        bool ok = std::ranges::all_of(digits, [](QChar c) { return c >= u'0' && c <= u'9'; });
        int prefix = ok ? digits.toInt(&ok) : 0;
        if (!base || !ok || prefix > (base->isIp4() ? 32 : 128))
            return {};
        if (base->isIp4())
            prefix += 96;
        IpRange range { *base, *base };
        for (int i = 0; i < 16; ++i) {
            const quint8 mask = quint8(0xff00 >> std::clamp(prefix - 8 * i, 0, 8)); // the network's bits
            range.first.bytes[size_t(i)] &= mask;
            range.last.bytes[size_t(i)] |= quint8(~mask);
        }
        return range;
    }
    const qsizetype dash = text.indexOf(u'-');
    const auto first = IpAddress::parse(dash < 0 ? text : text.first(dash));
    const auto last = dash < 0 ? first : IpAddress::parse(text.sliced(dash + 1));
    if (!first || !last || first->isIp4() != last->isIp4() || *last < *first)
        return {};
    return IpRange { *first, *last };
}

} // namespace castellan
