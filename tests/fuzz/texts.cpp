// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz.h"
#include "vocabulary/iprange.h"
#include "vocabulary/jid.h"
#include "vocabulary/network.h"

using namespace castellan;

/// What attributes hold: addresses of XMPP and of the Internet, Privilege IDs, conditions of rules.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QString text = QString::fromUtf8(bytesOf(data, size));
    if (const Result<Jid> jid = Jid::parse(text)) {
        require(Jid::parse(jid->full()) == jid, "a normal form stays as it is");
        require(Jid::parse(jid->bare()) == jid->toBare(), "a bare JID is a JID");
    }
    if (const std::optional<IpAddress> address = IpAddress::parse(text)) {
        require(IpAddress::parse(address->text()) == address, "an address stays as it is");
        const std::optional<IpRange> range = IpRange::parse(text);
        require(range && range->first == *address && range->contains(*address), "an address is a range");
    }
    if (const std::optional<IpRange> range = IpRange::parse(text))
        require(range->contains(range->first) && range->contains(range->last), "a range has its ends");
    if (isPrivilegeId(text)) {
        require(isPrivilegeId(text + QStringLiteral(".x")), "a Privilege ID can go on");
        require(!isPrivilegeId(text + u'.'), "a Privilege ID ends with a part");
    }
    using Kind = AccessCondition::Kind;
    for (const Kind kind : { Kind::Jid, Kind::IpAddress, Kind::HostName, Kind::Certificate }) {
        const AccessCondition condition { .kind = kind, .value = text };
        const Result<Object> service = normalised(
            Service { .id = QStringLiteral("s"), .access = { { .conditions = { condition } } } });
        require(!service || normalised(*service) == service, "a condition in normal form stays as it is");
    }
    return 0;
}
