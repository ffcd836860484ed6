// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/profiles.h"

#include <QAbstractListModel>
#include <QQmlEngine>

namespace castellan::presentation {

class Session;

/// The servers that the administrator has made a note of, by name.
class Profiles : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Session.profiles is the one")

    Q_PROPERTY(int count READ count NOTIFY countChanged)
    /// The id of the one that was used last; "" if none was.
    Q_PROPERTY(QString last READ last NOTIFY countChanged)
    /// The names of the colours that a profile can be marked with.
    Q_PROPERTY(QStringList colours READ colours CONSTANT)

public:
    enum Role {
        ProfileIdRole = Qt::UserRole, ///< QString
        NameRole, ///< QString
        JidRole, ///< QString, as typed, as the two that follow
        AddressRole,
        ServerRole,
        ColourRole, ///< QString, one of `colours` or ""
        PinnedRole, ///< bool: a certificate is trusted that the system does not trust
    };
    Q_ENUM(Role)

    explicit Profiles(Session *session);

    [[nodiscard]] int count() const { return int(m_profiles.size()); }
    [[nodiscard]] static QString last() { return replica::lastProfile(); }
    [[nodiscard]] static QStringList colours();

    [[nodiscard]] int rowCount(const QModelIndex &parent) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// The row of a profile or -1.
    Q_INVOKABLE int row(const QString &profileId) const;
    /// Changes a profile, or adds one if \a profileId is ""; returns its id. A pin is kept as long as it is
    /// the same host. "": what is typed cannot be an account; Session.error says why.
    Q_INVOKABLE QString save(const QString &profileId, const QString &name, const QString &jid,
                             const QString &address, const QString &server, const QString &colour);
    /// Forgets the profile, its password, its local copy and what is not pushed there.
    Q_INVOKABLE void remove(const QString &profileId);
    Q_INVOKABLE void unpin(const QString &profileId);

    [[nodiscard]] std::optional<replica::Profile> find(const QString &profileId) const;
    void pin(const QString &profileId, const QString &thumbprint);

Q_SIGNALS:
    void countChanged();

private:
    bool write(const replica::Profile &profile);
    void read();

    Session *m_session;
    QList<replica::Profile> m_profiles;
};

} // namespace castellan::presentation
