// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

namespace castellan::server {

inline constexpr QLatin1StringView nsPing { "urn:xmpp:ping" };
inline constexpr QLatin1StringView nsVersion { "jabber:iq:version" };

/// What service discovery says we are (XEP-0030).
struct DiscoIdentity
{
    QString category;
    QString type;
};
inline const DiscoIdentity componentIdentity { QStringLiteral("component"), QStringLiteral("generic") };
inline const DiscoIdentity accountIdentity { QStringLiteral("client"), QStringLiteral("bot") };

inline constexpr QLatin1StringView capsNode { "urn:castellan:server" };
/// The verification string of XEP-0115 §5 for the answer below, not yet in base-64.
[[nodiscard]] QByteArray capsHash(const DiscoIdentity &identity);
/// `<c/>` for our presence (XEP-0115 §4).
[[nodiscard]] wire::Element capsElement(const DiscoIdentity &identity);
/// Answers \a query, a disco#info; item-not-found for a node that is not that of our capabilities.
[[nodiscard]] Result<wire::Element> discoInfo(const DiscoIdentity &identity, const wire::Element &query);

} // namespace castellan::server
