// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/profiles.h"

#include "presentation/session.h"

#include <QFuture>
#include <QUuid>

#include <algorithm>

namespace castellan::presentation {

using namespace Qt::StringLiterals;
using replica::Profile;

Profiles::Profiles(Session *session)
    : QAbstractListModel(session),
      m_session(session),
      m_profiles(replica::readProfiles())
{ }

QStringList Profiles::colours()
{
    return QStringList(replica::profileColours.begin(), replica::profileColours.end());
}

int Profiles::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant Profiles::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Profile &profile = m_profiles.at(index.row());
    switch (role) {
    case ProfileIdRole:
        return profile.id;
    case NameRole:
        return profile.name;
    case JidRole:
        return profile.jid;
    case AddressRole:
        return profile.address;
    case ServerRole:
        return profile.server;
    case ColourRole:
        return profile.colour;
    case PinnedRole:
        return !profile.pin.isEmpty();
    default:
        return {};
    }
}

QHash<int, QByteArray> Profiles::roleNames() const
{
    return {
        { ProfileIdRole, "profileId" }, { NameRole, "name" },     { JidRole, "jid" },
        { AddressRole, "address" },     { ServerRole, "server" }, { ColourRole, "colour" },
        { PinnedRole, "pinned" },
    };
}

int Profiles::row(const QString &profileId) const
{
    const auto found = std::ranges::find(m_profiles, profileId, &Profile::id);
    return found == m_profiles.end() ? -1 : int(found - m_profiles.begin());
}

std::optional<Profile> Profiles::find(const QString &profileId) const
{
    const int found = row(profileId);
    return found < 0 ? std::nullopt : std::optional(m_profiles.at(found));
}

QString Profiles::save(const QString &profileId, const QString &name, const QString &jid,
                       const QString &address, const QString &server, const QString &colour)
{
    Profile profile { .id = profileId.isEmpty() ? QUuid::createUuid().toString(QUuid::WithoutBraces)
                                                : profileId,
                      .name = name.trimmed(),
                      .jid = jid.trimmed(),
                      .address = address.trimmed(),
                      .server = server.trimmed(),
                      .colour = colour };
    const auto account = makeAccount(profile.jid, {}, profile.address, profile.server);
    if (!account) {
        m_session->report(account.error());
        return {};
    }
    if (profile.name.isEmpty())
        profile.name = account->server.bare();
    const auto before = find(profileId);
    const auto domain = [](const Profile &of) { return of.jid.section(u'@', 1); };
    if (before && before->address == profile.address && domain(*before) == domain(profile))
        profile.pin = before->pin;
    return before == profile || write(profile) ? profile.id : QString();
}

void Profiles::remove(const QString &profileId)
{
    if (!find(profileId))
        return;
    if (m_session->profile() == profileId)
        m_session->signOut();
    replica::removeProfile(profileId).then(this, [this](const Result<void> &removed) {
        if (!removed)
            m_session->report(removed.error());
    });
    read();
}

void Profiles::unpin(const QString &profileId)
{
    pin(profileId, {});
}

void Profiles::pin(const QString &profileId, const QString &thumbprint)
{
    if (auto profile = find(profileId)) {
        profile->pin = thumbprint;
        write(*profile);
    }
}

bool Profiles::write(const Profile &profile)
{
    const auto written = replica::writeProfile(profile);
    if (!written)
        m_session->report(written.error());
    read();
    return written.has_value();
}

void Profiles::read()
{
    beginResetModel();
    m_profiles = replica::readProfiles();
    endResetModel();
    Q_EMIT countChanged();
}

} // namespace castellan::presentation
