// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/services.h"

#include "vocabulary/iprange.h"

#include <QCryptographicHash>
#include <QtMath>

#include <algorithm>
#include <cmath>

namespace castellan::rules {

namespace {

/// A leading dot stands for the name behind it and everything below.
bool matchesHost(QStringView pattern, QStringView name)
{
    if (!pattern.startsWith(u'.'))
        return name.compare(pattern, Qt::CaseInsensitive) == 0;
    return name.endsWith(pattern, Qt::CaseInsensitive)
        || name.compare(pattern.sliced(1), Qt::CaseInsensitive) == 0;
}

/// Whose containment denies everything (statement 25), or empty. A visitor who may be contained is denied.
QString containedOf(const CompiledNetwork &network, const ServiceQuestion &question)
{
    for (const QString &jid : QStringList { question.asker, question.service } + question.credentials.jids) {
        if (network.isContained(jid))
            return jid;
    }
    return {};
}

} // namespace

Credentials withThumbprints(Credentials credentials)
{
    for (const QByteArray &der : std::as_const(credentials.certificates)) {
        const QByteArray hash = QCryptographicHash::hash(der, QCryptographicHash::Sha256);
        credentials.thumbprints.append(QString::fromLatin1(hash.toHex()));
    }
    return credentials;
}

bool isMet(const AccessCondition &condition, const Credentials &credentials)
{
    using Kind = AccessCondition::Kind;
    switch (condition.kind) {
    case Kind::Jid:
        return credentials.jids.contains(condition.value);
    case Kind::IpAddress: {
        const std::optional<IpRange> range = IpRange::parse(condition.value);
        return range && std::ranges::any_of(credentials.addresses, [&](const IpAddress &address) {
                   return range->contains(address);
               });
    }
    case Kind::HostName:
        return std::ranges::any_of(credentials.hostNames,
                                   [&](const QString &name) { return matchesHost(condition.value, name); });
    case Kind::Certificate:
        return credentials.thumbprints.contains(condition.value);
    case Kind::UserName:
        return credentials.userNames.contains(condition.value);
    case Kind::Location:
        return std::ranges::any_of(credentials.locations, [&](const Location &location) {
            return distance(location, { condition.latitude, condition.longitude }) <= condition.metres;
        });
    case Kind::SsoToken:
        return credentials.ssoTokens.contains(condition.value);
    case Kind::Protocol:
        return credentials.protocols.contains(condition.value, Qt::CaseInsensitive);
    }
    Q_UNREACHABLE_RETURN(false);
}

/// The haversine formula, which unlike the cosine one is exact for short distances.
double distance(const Location &a, const Location &b)
{
    constexpr double meanEarthRadius = 6'371'008.8; // IUGG
    const auto haversine = [](double degrees) {
        return std::pow(std::sin(qDegreesToRadians(degrees) / 2), 2);
    };
    const double h = haversine(b.latitude - a.latitude)
        + std::cos(qDegreesToRadians(a.latitude)) * std::cos(qDegreesToRadians(b.latitude))
            * haversine(b.longitude - a.longitude);
    return 2 * meanEarthRadius * std::asin(std::sqrt(std::min(1.0, h)));
}

ServiceDecision decide(const CompiledNetwork &network, const ServiceQuestion &question, Explain explain)
{
    ServiceDecision decision;
    decision.contained = containedOf(network, question);
    if (!decision.contained.isEmpty()) {
        decision.by = ServiceDecision::By::Containment;
        return decision;
    }
    const Service *service = network.find<Service>(question.service);
    if (!service) {
        decision.by = ServiceDecision::By::UnknownService;
        return decision;
    }
    using Outcome = ServiceConsideration::Outcome;
    const Credentials credentials = withThumbprints(question.credentials);
    for (qsizetype i = 0; i < service->access.size(); ++i) {
        const ServiceRule &rule = service->access.at(i);
        ServiceConsideration consideration { .rule = i, .outcome = Outcome::Unreached, .conditions = {} };
        if (decision.rule < 0) {
            for (const AccessCondition &condition : rule.conditions)
                consideration.conditions.append(isMet(condition, credentials));
            consideration.outcome = Outcome::ConditionFailed;
            if (!consideration.conditions.contains(false)) {
                consideration.outcome = Outcome::Decided;
                decision.by = ServiceDecision::By::Rule;
                decision.rule = i;
                decision.allowed = rule.effect == Effect::Allow;
            }
        }
        if (explain == Explain::Yes)
            decision.considered.append(consideration);
        else if (decision.rule >= 0)
            break;
    }
    return decision;
}

} // namespace castellan::rules
