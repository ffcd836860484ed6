// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/compilednetwork.h"
#include "rules/snapshot.h"

/// When a rule's parts match a question's (statements 2 and 9).
namespace castellan::rules {

enum class Match {
    No,
    Unknown, ///< the rule says more than is known: a deny matches, an allow does not
    Yes,
};

[[nodiscard]] inline bool applies(Match match, Effect effect)
{
    return match == Match::Yes || (match == Match::Unknown && effect == Effect::Deny);
}

[[nodiscard]] QStringView domainOf(QStringView bareJid);

/// One token per attribute, each possibly none.
struct TokenChoice
{
    Identity service;
    Identity user;
    Identity device;

    friend bool operator==(const TokenChoice &, const TokenChoice &) = default;
};

[[nodiscard]] bool hasCertificate(const TokenChoice &tokens, const QString &thumbprint);
/// Whether the tokens include those that a rule asks for beside whom it names; empty: none.
[[nodiscard]] bool hasTokens(const TokenChoice &tokens, const QString &withUser, const QString &withService);

/// A node that is asked about.
struct AskedNode
{
    NodeRef ref;
    int known = -1; ///< index in the device's nodes

    friend bool operator==(const AskedNode &, const AskedNode &) = default;
};

/// \a device may be null: a device that is not in the network.
[[nodiscard]] Match matchNode(const std::optional<NodePattern> &pattern, const AskedNode &node,
                              const CompiledThing *device);

/// A field or parameter that is asked about; not set: any name that nobody listed.
using AskedName = std::optional<QString>;

[[nodiscard]] Match matchName(std::span<const QString> patterns, const AskedName &name);
[[nodiscard]] bool isWildcard(const QString &pattern);
/// `*` stands for any run of characters, also for none.
[[nodiscard]] bool matchesPattern(QStringView pattern, QStringView name);

} // namespace castellan::rules
