// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/session.h"

#include "presentation/draft.h"

#include <QUrl>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

Session::Session(QObject *parent)
    : QObject(parent),
      m_draft(new Draft(this))
{ }

Session::~Session() = default;

Session *Session::create(QQmlEngine *engine, QJSEngine *)
{
    return new Session(engine);
}

Session *Session::of(const QObject *object)
{
    QQmlEngine *engine = qmlEngine(object);
    return engine ? engine->singletonInstance<Session *>("Castellan.Presentation"_L1, "Session"_L1) : nullptr;
}

void Session::signIn(const QString &jid, const QString &password, const QString &connect,
                     const QString &serverJid)
{
    signOut();
    const auto account = Jid::parse(jid.trimmed());
    if (!account || account->local().isEmpty()) {
        setError(
            tr("\"%1\" is not the JID of an account: write it as name@example.org", "%1 is what was typed")
                .arg(jid));
        return;
    }
    const auto server = serverJid.trimmed().isEmpty() ? Jid::parse(account->domain())
                                                      : Jid::parse(serverJid.trimmed());
    if (!server) {
        setError(server.error().text);
        return;
    }
    const QUrl address(u"xmpp://"_s + connect.trimmed(), QUrl::StrictMode);
    if (!connect.trimmed().isEmpty() && (!address.isValid() || address.host().isEmpty())) {
        setError(tr("\"%1\" is not an address to connect to: write it as host:port", "%1 is what was typed")
                     .arg(connect));
        return;
    }

    m_replica = std::make_unique<replica::Replica>(
        replica::Account { .jid = account->toBare(),
                           .password = password,
                           .host = connect.trimmed().isEmpty() ? QString() : address.host(),
                           .port = quint16(address.port(0)),
                           .server = server->toBare() },
        replica::Replica::defaultFolder());
    QObject::connect(m_replica.get(), &replica::Replica::stateChanged, this, &Session::follow);
    QObject::connect(m_replica.get(), &replica::Replica::capabilitiesChanged, this,
                     &Session::capabilitiesChanged);
    QObject::connect(m_replica.get(), &replica::Replica::revisionChanged, this, &Session::revisionChanged);
    QObject::connect(m_replica.get(), &replica::Replica::progressChanged, this, &Session::progressChanged);
    QObject::connect(m_replica.get(), &replica::Replica::changed, this, &Session::count);
    QObject::connect(m_replica.get(), &replica::Replica::failed, this, &Session::report);
    Q_EMIT replicaChanged();
    Q_EMIT accountChanged();
    Q_EMIT capabilitiesChanged();
    Q_EMIT revisionChanged();
    follow();
    count();
}

void Session::signOut()
{
    setError({});
    if (!m_replica)
        return;
    // Kept until everybody has let go of it.
    const auto previous = std::exchange(m_replica, nullptr);
    m_counts = {};
    setState(SignedOut);
    Q_EMIT replicaChanged();
    Q_EMIT accountChanged();
    Q_EMIT capabilitiesChanged();
    Q_EMIT revisionChanged();
    Q_EMIT countsChanged();
}

void Session::retry()
{
    if (m_replica)
        m_replica->retry();
}

QString Session::jid() const
{
    return m_replica ? m_replica->account().jid.bare() : QString();
}

QString Session::serverJid() const
{
    return m_replica ? m_replica->account().server.bare() : QString();
}

QString Session::serverName() const
{
    const auto capabilities = m_replica ? m_replica->capabilities() : std::nullopt;
    return capabilities ? capabilities->serverName : QString();
}

QString Session::role() const
{
    const auto capabilities = m_replica ? m_replica->capabilities() : std::nullopt;
    if (!capabilities)
        return {};
    switch (capabilities->role) {
    case AdminRole::Administrator:
        return u"administrator"_s;
    case AdminRole::Auditor:
        return u"auditor"_s;
    case AdminRole::Support:
        return u"support"_s;
    case AdminRole::None:
        break;
    }
    return {};
}

bool Session::canEdit() const
{
    const auto capabilities = m_replica ? m_replica->capabilities() : std::nullopt;
    return capabilities && capabilities->role == AdminRole::Administrator;
}

bool Session::canUnfriend() const
{
    const auto capabilities = m_replica ? m_replica->capabilities() : std::nullopt;
    return capabilities
        && (capabilities->role == AdminRole::Administrator || capabilities->role == AdminRole::Support);
}

qint64 Session::revision() const
{
    return m_replica ? m_replica->revision() : 0;
}

double Session::progress() const
{
    return m_replica ? m_replica->progress() : 0;
}

void Session::report(const Failure &failure)
{
    setError(failure.text);
}

void Session::follow()
{
    const auto failure = m_replica->failure();
    setError(failure ? failure->text : QString());
    switch (m_replica->state()) {
    case replica::Replica::State::Connecting:
        setState(Connecting);
        break;
    case replica::Replica::State::Synchronising:
        setState(Synchronising);
        break;
    case replica::Replica::State::Online:
        setState(Online);
        break;
    case replica::Replica::State::Offline:
    case replica::Replica::State::Refused:
        // Without a copy there is nothing to look at; the form that was filled in can be corrected.
        setState(m_replica->revision() > 0 ? Offline : SignedOut);
        break;
    }
}

void Session::count()
{
    m_replica->counts().then(this, [this, asked = m_replica.get()](const Result<replica::Counts> &counts) {
        if (asked != m_replica.get())
            return;
        if (!counts)
            return report(counts.error());
        if (std::exchange(m_counts, *counts) != *counts)
            Q_EMIT countsChanged();
    });
}

void Session::setState(State state)
{
    if (std::exchange(m_state, state) != state)
        Q_EMIT stateChanged();
}

void Session::setError(const QString &error)
{
    if (m_error == error)
        return;
    m_error = error;
    Q_EMIT errorChanged();
}

} // namespace castellan::presentation
