// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QFuture>
#include <QList>
#include <QString>

#include <array>

/// The servers that a console knows. What can be read by anybody is in the application's settings, the
/// password in the system's keychain and nowhere else.
namespace castellan::replica {

/// One server and one account there.
struct Profile
{
    QString id; ///< UUID
    QString name; ///< what the administrator calls it; not empty
    QString jid; ///< as typed, like what follows
    QString address; ///< "host:port" to connect to; empty: as DNS says
    QString server; ///< JID of the provisioning server; empty: the domain of `jid`
    QString colour; ///< one of profileColours, or empty
    QString pin; ///< see Account::pin

    friend bool operator==(const Profile &, const Profile &) = default;
};

/// What a server can be marked with, so that nobody takes the production server for the one to try things on.
inline constexpr std::array profileColours { QLatin1StringView("red"), QLatin1StringView("amber"),
                                             QLatin1StringView("green"), QLatin1StringView("blue") };

/// By name.
[[nodiscard]] QList<Profile> readProfiles();
/// Adds it, or replaces the one of the same id.
[[nodiscard]] Result<void> writeProfile(const Profile &profile);
/// Forgets it with its password and, unless a console uses it, its local copy and all that is not pushed.
[[nodiscard]] QFuture<Result<void>> removeProfile(const QString &id);
/// The one that was used last; empty: none.
[[nodiscard]] QString lastProfile();
void setLastProfile(const QString &id);
/// Where its local copy is.
[[nodiscard]] QString profileFolder(const QString &id);

// Passwords. On a thread with an event loop; a keychain may ask its user before it answers.
/// Fails with `item-not-found` where none is kept, with another kind where the keychain cannot be used.
[[nodiscard]] QFuture<Result<QString>> readPassword(const QString &profileId);
[[nodiscard]] QFuture<Result<void>> storePassword(const QString &profileId, const QString &password);
[[nodiscard]] QFuture<Result<void>> forgetPassword(const QString &profileId);

} // namespace castellan::replica
