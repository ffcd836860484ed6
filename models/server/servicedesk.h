// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/tokenproofs.h"

namespace castellan::server {

/// \a credentials without certificates that say nothing for their holder: unreadable, out of date or revoked.
[[nodiscard]] Credentials countingAt(Credentials credentials, const rules::Snapshot &network,
                                     const QDateTime &now);

/// Answers services about their visitors (XEP-0324 §3.6 and §3.7, statements 15 to 19), and notes what it
/// hears of (§5.4). A service is who presents a live token for its certificate. Lives on the service's
/// thread.
class ServiceDesk
{
public:
    using Unproven = TokenProofs::Unproven;

    ServiceDesk(LiveNetwork &network, TokenRegistry &tokens, Noting &noting);

    using Done = std::function<void(const Result<wire::Provisioning> &)>;
    /// \a done is called when the token that a granted answer carries is durable.
    void canAccess(const Jid &from, const wire::CanAccess &question, const Unproven &unproven,
                   const Done &done);
    [[nodiscard]] wire::HasPrivilegeResponse hasPrivilege(const Jid &from, const wire::HasPrivilege &question,
                                                          const Unproven &unproven);
    /// Several live tokens: the list for the first choice of them that may anything.
    [[nodiscard]] wire::DownloadPrivilegesResponse downloadPrivileges(
        const Jid &from, const wire::DownloadPrivileges &question, const Unproven &unproven);
    /// The name counts at once. `item-not-found` when there is no such visitor of such a service.
    void userLoggedIn(const Jid &from, const wire::UserLoggedIn &login, const Unproven &unproven,
                      const std::function<void(const Result<void> &)> &done);

    /// Makes services known to the network whose certificate no service has yet.
    void noteServices(const TokenRegistry::Presented &tokens);

private:
    /// The services that \a tokens are of.
    [[nodiscard]] QStringList services(const TokenRegistry::Presented &tokens);
    [[nodiscard]] QList<rules::PrivilegesQuestion> choices(const Jid &from, const QStringList &serviceTokens,
                                                           const QStringList &userTokens,
                                                           const Unproven &unproven);
    [[nodiscard]] Noting::Share shareOf(const QString &service) const;

    LiveNetwork &m_network;
    TokenRegistry &m_tokens;
    Noting &m_noting;
};

} // namespace castellan::server
