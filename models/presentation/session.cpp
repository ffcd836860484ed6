// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/session.h"

#include "presentation/draft.h"
#include "presentation/profiles.h"

#include <QUrl>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

Result<replica::Account> makeAccount(const QString &jid, const QString &password, const QString &address,
                                     const QString &server)
{
    const auto account = Jid::parse(jid.trimmed());
    if (!account || account->local().isEmpty()) {
        return fail(FailureKind::BadRequest,
                    Session::tr("\"%1\" is not the JID of an account: write it as name@example.org",
                                "%1 is what was typed")
                        .arg(jid));
    }
    const auto serverJid = server.trimmed().isEmpty() ? Jid::parse(account->domain())
                                                      : Jid::parse(server.trimmed());
    if (!serverJid)
        return std::unexpected(serverJid.error());
    const QUrl url(u"xmpp://"_s + address.trimmed(), QUrl::StrictMode);
    if (!address.trimmed().isEmpty() && (!url.isValid() || url.host().isEmpty())) {
        return fail(FailureKind::BadRequest,
                    Session::tr("\"%1\" is not an address to connect to: write it as host:port",
                                "%1 is what was typed")
                        .arg(address));
    }
    return replica::Account { .jid = account->toBare(),
                              .password = password,
                              .host = address.trimmed().isEmpty() ? QString() : url.host(),
                              .port = quint16(url.port(0)),
                              .server = serverJid->toBare() };
}

Session::Session(QObject *parent)
    : QObject(parent),
      m_draft(new Draft(this)),
      m_profiles(new Profiles(this))
{
    connect(m_profiles, &Profiles::countChanged, this, &Session::accountChanged); // its name, its colour
}

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
    const auto account = makeAccount(jid, password, connect, serverJid);
    if (account)
        begin(*account, replica::Replica::defaultFolder());
    else
        report(account.error());
}

void Session::open(const QString &profileId)
{
    signOut();
    replica::readPassword(profileId).then(
        this, [this, profileId, opening = ++m_opening](const Result<QString> &password) {
            if (opening != m_opening)
                return;
            if (password)
                openWith(profileId, *password, false);
            else
                ask(profileId,
                    password.error().kind == FailureKind::ItemNotFound ? QString() : password.error().text);
        });
}

void Session::openWith(const QString &profileId, const QString &password, bool remember)
{
    signOut();
    const auto profile = m_profiles->find(profileId);
    if (!profile)
        return;
    auto account = makeAccount(profile->jid, password, profile->address, profile->server);
    if (!account)
        return report(account.error());
    account->pin = profile->pin;
    m_profile = profileId;
    if (remember)
        m_passwordToKeep = password;
    replica::setLastProfile(profileId);
    begin(*account, replica::profileFolder(profileId));
}

void Session::checkKeychain()
{
    // There is no such profile: a keychain that works says so.
    replica::readPassword(u"check"_s).then(this, [this](const Result<QString> &password) {
        const QString problem = password || password.error().kind == FailureKind::ItemNotFound
            ? QString()
            : password.error().text;
        if (std::exchange(m_keychainProblem, problem) != problem)
            Q_EMIT keychainProblemChanged();
    });
}

void Session::pinCertificate()
{
    if (!m_replica || m_replica->distrusted().isEmpty())
        return;
    replica::Account account = m_replica->account();
    account.pin = m_replica->distrusted().first().thumbprint;
    m_profiles->pin(m_profile, account.pin);
    begin(account, m_folder);
}

void Session::begin(const replica::Account &account, const QString &folder)
{
    ask({}, {});
    setError({});
    m_folder = folder;
    // The one before is kept until everybody has let go of it; its file can only then be had again.
    auto previous = std::exchange(m_replica, nullptr);
    if (previous)
        Q_EMIT replicaChanged();
    previous.reset();
    m_replica = std::make_unique<replica::Replica>(account, folder);
    QObject::connect(m_replica.get(), &replica::Replica::stateChanged, this, &Session::follow);
    QObject::connect(m_replica.get(), &replica::Replica::capabilitiesChanged, this,
                     &Session::capabilitiesChanged);
    QObject::connect(m_replica.get(), &replica::Replica::revisionChanged, this, &Session::revisionChanged);
    QObject::connect(m_replica.get(), &replica::Replica::progressChanged, this, &Session::progressChanged);
    QObject::connect(m_replica.get(), &replica::Replica::changed, this, &Session::count);
    QObject::connect(m_replica.get(), &replica::Replica::failed, this, &Session::report);
    QObject::connect(m_replica.get(), &replica::Replica::unconfirmedChanged, this,
                     &Session::unconfirmedChanged);
    Q_EMIT replicaChanged();
    Q_EMIT accountChanged();
    Q_EMIT capabilitiesChanged();
    Q_EMIT revisionChanged();
    Q_EMIT unconfirmedChanged();
    follow();
    count();
}

void Session::ask(const QString &profileId, const QString &reason)
{
    m_askedProfile = profileId;
    m_askReason = reason;
    Q_EMIT passwordAsked();
}

void Session::signOut()
{
    ++m_opening;
    setError({});
    m_passwordToKeep.clear();
    m_profile.clear();
    if (!m_askedProfile.isEmpty())
        ask({}, {});
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
    Q_EMIT unconfirmedChanged();
    Q_EMIT countsChanged();
}

void Session::retry()
{
    if (!m_replica)
        return;
    if (m_replica->state() == replica::Replica::State::Refused)
        begin(replica::Account(m_replica->account()), m_folder);
    else
        m_replica->retry();
}

void Session::cancel()
{
    if (m_replica)
        m_replica->cancel();
}

QList<UnconfirmedPush> Session::unconfirmed() const
{
    QList<UnconfirmedPush> list;
    if (!m_replica)
        return list;
    for (const RevisionInfo &info : m_replica->unconfirmed()) {
        UnconfirmedPush push;
        push.changeSetId = info.changeSetId;
        push.title = info.title;
        push.by = bareJid(info.by);
        push.confirmBy = info.confirmBy;
        list.append(push);
    }
    return list;
}

int Session::longestConfirmation() const
{
    const auto capabilities = m_replica ? m_replica->capabilities() : std::nullopt;
    return capabilities ? capabilities->confirmWithin : 0;
}

void Session::confirm(const QString &changeSetId)
{
    if (m_replica)
        reportIfFailed(m_replica->confirm(changeSetId));
}

void Session::revert(const QString &changeSetId)
{
    if (m_replica)
        reportIfFailed(m_replica->revert(changeSetId));
}

void Session::reportIfFailed(QFuture<Result<void>> future)
{
    future.then(this, [this](const Result<void> &done) {
        if (!done)
            report(done.error());
    });
}

QString Session::title() const
{
    const auto profile = m_profiles->find(m_profile);
    return profile ? profile->name : serverJid();
}

QString Session::colour() const
{
    const auto profile = m_profiles->find(m_profile);
    return profile ? profile->colour : QString();
}

QList<CertificateInfo> Session::certificates() const
{
    QList<CertificateInfo> list;
    if (!m_replica || m_replica->state() != replica::Replica::State::Refused)
        return list;
    for (const replica::PeerCertificate &certificate : m_replica->distrusted()) {
        CertificateInfo info;
        info.subject = certificate.subject;
        info.issuer = certificate.issuer;
        info.notBefore = certificate.notBefore;
        info.notAfter = certificate.notAfter;
        for (qsizetype i = 0; i < certificate.thumbprint.size(); i += 2)
            info.thumbprint += (i > 0 ? u":"_s : QString()) + certificate.thumbprint.sliced(i, 2).toUpper();
        info.problems = certificate.problems;
        list.append(info);
    }
    return list;
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

bool Session::actsDirectly() const
{
    return canUnfriend() && !canEdit();
}

void Session::contain(const QString &jid)
{
    if (m_replica)
        act(m_replica->contain(jid), tr("%1 is contained", "%1 is a JID").arg(jid));
}

void Session::release(const QString &jid)
{
    if (m_replica)
        act(m_replica->release(jid), tr("%1 is released", "%1 is a JID").arg(jid));
}

void Session::unfriend(const QString &jid, const QString &peer)
{
    if (m_replica)
        act(m_replica->unfriend(jid, peer),
            tr("%1 and %2 are no friends any more", "two JIDs").arg(jid, peer));
}

void Session::act(QFuture<Result<void>> future, const QString &what)
{
    future.then(this, [this, what](const Result<void> &done) {
        if (done)
            Q_EMIT acted(what);
        else
            report(done.error());
    });
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
        if (const QString password = std::exchange(m_passwordToKeep, {}); !password.isEmpty()) {
            replica::storePassword(m_profile, password).then(this, [this](const Result<void> &stored) {
                if (!stored)
                    report(stored.error());
            });
        }
        break;
    case replica::Replica::State::Cancelled:
        setState(Cancelled);
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
