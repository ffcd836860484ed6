// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/servicedesk.h"

#include "server/certificates.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

/// It is kept with the token.
static constexpr qsizetype mostUserName = 1000;

Credentials countingAt(Credentials credentials, const rules::Snapshot &network, const QDateTime &now)
{
    const auto isRevoked = [&](const QString &thumbprint) {
        const auto known = network.certificate(thumbprint);
        return known && known->revoked;
    };
    credentials.certificates.removeIf([&](const QByteArray &der) {
        const Result<Certificate> certificate = readCertificate(der);
        return !certificate || !checkTime(*certificate, now) || isRevoked(certificate->thumbprint);
    });
    credentials.thumbprints.removeIf(isRevoked);
    return credentials;
}

ServiceDesk::ServiceDesk(LiveNetwork &network, TokenRegistry &tokens, Noting &noting)
    : m_network(network),
      m_tokens(tokens),
      m_noting(noting)
{ }

void ServiceDesk::canAccess(const Jid &from, const wire::CanAccess &question, const Unproven &unproven,
                            const Done &done)
{
    const QStringList known = services(m_tokens.present(question.serviceTokens, unproven));
    if (known.isEmpty()) // reading certificates takes its time
        return done(wire::CanAccessResponse { .result = false });
    const Credentials credentials = countingAt(question.credentials, m_network.snapshot(),
                                               QDateTime::currentDateTimeUtc());

    for (const QString &service : known) {
        const rules::ServiceQuestion asked { from.bare(), service, credentials };
        if (!m_network.snapshot().decide(asked).allowed)
            continue;
        return m_tokens.issueUserToken(from, service, [done](const Result<QString> &token) {
            done(token.transform([](const QString &text) {
                return wire::Provisioning(wire::CanAccessResponse { .result = true, .userToken = text });
            }));
        });
    }
    done(wire::CanAccessResponse { .result = false });
}

wire::HasPrivilegeResponse ServiceDesk::hasPrivilege(const Jid &from, const wire::HasPrivilege &question,
                                                     const Unproven &unproven)
{
    const auto asked = choices(from, question.serviceTokens, question.userTokens, unproven);
    const bool granted = std::ranges::any_of(asked, [&](const rules::PrivilegesQuestion &of) {
        return m_network.snapshot().decide(rules::PrivilegeQuestion { of, question.privilegeId }).granted;
    });
    for (const rules::PrivilegesQuestion &of : asked) {
        m_noting.note(Privilege { .service = of.service, .privilege = question.privilegeId, .noted = true },
                      shareOf(of.service));
    }
    return { .result = granted };
}

wire::DownloadPrivilegesResponse ServiceDesk::downloadPrivileges(const Jid &from,
                                                                 const wire::DownloadPrivileges &question,
                                                                 const Unproven &unproven)
{
    for (const auto &of : choices(from, question.serviceTokens, question.userTokens, unproven)) {
        const QList<PrivilegeEntry> entries = m_network.snapshot().privileges(of);
        if (!entries.isEmpty())
            return { .entries = entries };
    }
    return {};
}

void ServiceDesk::userLoggedIn(const Jid &from, const wire::UserLoggedIn &login, const Unproven &unproven,
                               const std::function<void(const Result<void> &)> &done)
{
    if (login.userName.size() > mostUserName) {
        return done(
            fail(FailureKind::BadRequest, u"A user name has at most %1 characters."_s.arg(mostUserName)));
    }
    const QStringList known = services(m_tokens.present(login.serviceTokens, unproven));
    for (const TokenRegistry::Live &visitor : m_tokens.present(login.userTokens, unproven).live) {
        if (visitor.certificate || !known.contains(visitor.token.service)
            || m_network.snapshot().isContained(from.bare()))
            continue;
        m_noting.note(User { .name = login.userName, .noted = true }, shareOf(visitor.token.service));
        return m_tokens.setUser(visitor.token.hash, login.userName, done);
    }
    done(fail(FailureKind::ItemNotFound,
              u"These tokens are not of a service and of a visitor that it was given a token for."_s));
}

QStringList ServiceDesk::services(const TokenRegistry::Presented &tokens)
{
    noteServices(tokens);
    QStringList ids;
    for (const TokenRegistry::Live &live : tokens.live) {
        // A visitor's token names a service too, but is not its.
        if (live.certificate && !live.identity.service.isEmpty() && !ids.contains(live.identity.service))
            ids.append(live.identity.service);
    }
    return ids;
}

QList<rules::PrivilegesQuestion> ServiceDesk::choices(const Jid &from, const QStringList &serviceTokens,
                                                      const QStringList &userTokens, const Unproven &unproven)
{
    const TokenRegistry::Presented visitors = m_tokens.present(userTokens, unproven);
    if (visitors.isDenied)
        return {};
    QList<rules::PrivilegesQuestion> choices;
    for (const QString &service : services(m_tokens.present(serviceTokens, unproven))) {
        QStringList names;
        for (const TokenRegistry::Live &visitor : visitors.live) {
            // A token of another service's visitor says nothing here (statement 16).
            const bool fits = visitor.certificate || visitor.token.service == service;
            if (fits && !visitor.identity.user.isEmpty())
                names.append(visitor.identity.user);
        }
        if (names.isEmpty())
            names.append(QString());
        for (const QString &name : std::as_const(names))
            choices.append({ .asker = from.bare(), .service = service, .user = name });
    }
    return choices;
}

void ServiceDesk::noteServices(const TokenRegistry::Presented &tokens)
{
    for (const TokenRegistry::Live &live : tokens.live) {
        if (!live.certificate || !live.identity.service.isEmpty())
            continue;
        // Who got the token is the service; who presents it may only have it from there.
        QString id = live.token.jid;
        if (m_network.snapshot().contains({ ObjectType::Service, id }))
            id += u'/' + live.certificate->thumbprint.first(8);
        m_noting.note(Service { .id = id, .certificates = { live.certificate->thumbprint }, .noted = true });
    }
}

/// What services that nobody has confirmed bring along shall not hide what the others do.
Noting::Share ServiceDesk::shareOf(const QString &service) const
{
    const auto object = m_network.snapshot().object({ ObjectType::Service, service });
    return object && !std::get<Service>(*object).noted ? Noting::Share::Whole : Noting::Share::Half;
}

} // namespace castellan::server
