// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/matching.h"

#include <algorithm>

namespace castellan::rules {

namespace {

/// \a complete: an attribute that is empty is known to be so, and not just left out of the request.
Match matchRef(const NodePattern &pattern, const NodeRef &ref, bool complete)
{
    if (pattern.nodeId && *pattern.nodeId != ref.nodeId)
        return Match::No;
    Match match = Match::Yes;
    for (const auto &[wanted, found] : { std::pair { &pattern.sourceId, &ref.sourceId },
                                         std::pair { &pattern.cacheType, &ref.cacheType } }) {
        if (!*wanted)
            continue;
        if (!complete && found->isEmpty())
            match = Match::Unknown;
        else if (**wanted != *found)
            return Match::No;
    }
    return match;
}

} // namespace

QStringView domainOf(QStringView bareJid)
{
    return bareJid.sliced(bareJid.indexOf(u'@') + 1);
}

bool hasCertificate(const TokenChoice &tokens, const QString &thumbprint)
{
    return tokens.service.certificate == thumbprint || tokens.user.certificate == thumbprint
        || tokens.device.certificate == thumbprint;
}

bool hasTokens(const TokenChoice &tokens, const QString &withUser, const QString &withService)
{
    return (withUser.isEmpty() || withUser == tokens.user.user)
        && (withService.isEmpty() || withService == tokens.service.service);
}

Match matchNode(const std::optional<NodePattern> &pattern, const AskedNode &node, const CompiledThing *device)
{
    if (!pattern)
        return Match::Yes;
    const bool isKnown = node.known >= 0 || node.ref.isDevice();
    Match match = matchRef(*pattern, node.ref, isKnown);
    if (match == Match::Yes || !pattern->andBelow || node.ref.isDevice())
        return match;
    if (!isKnown)
        return Match::Unknown;

    int above = node.known;
    for (qsizetype steps = 0; above >= 0 && steps < device->parents.size(); ++steps) {
        const NodeRef &parent = device->thing.nodes.at(above).parent;
        above = device->parents.at(above);
        if (above == CompiledThing::hangsBelowDevice)
            break;
        const Match parentMatch = matchRef(*pattern, parent, above >= 0);
        if (parentMatch == Match::Yes)
            return Match::Yes;
        if (parentMatch == Match::Unknown || above == CompiledThing::parentUnknown)
            match = Match::Unknown;
    }
    return match;
}

Match matchName(std::span<const QString> patterns, const AskedName &name)
{
    if (patterns.empty())
        return Match::Yes;
    if (name) {
        const bool any = std::ranges::any_of(patterns, [&](const QString &pattern) {
            return matchesPattern(pattern, *name);
        });
        return any ? Match::Yes : Match::No;
    }
    const auto matchesAll = [](const QString &pattern) {
        return std::ranges::all_of(pattern, [](QChar c) { return c == u'*'; });
    };
    if (std::ranges::any_of(patterns, matchesAll))
        return Match::Yes;
    return std::ranges::any_of(patterns, isWildcard) ? Match::Unknown : Match::No;
}

bool isWildcard(const QString &pattern)
{
    return pattern.contains(u'*');
}

bool matchesPattern(QStringView pattern, QStringView name)
{
    // On a mismatch, let the last star swallow one more character; earlier stars never need another try.
    qsizetype p = 0;
    qsizetype n = 0;
    qsizetype star = -1;
    qsizetype swallowed = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == u'*') {
            star = p++;
            swallowed = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star >= 0) {
            p = star + 1;
            n = ++swallowed;
        } else {
            return false;
        }
    }
    return std::ranges::all_of(pattern.sliced(p), [](QChar c) { return c == u'*'; });
}

} // namespace castellan::rules
