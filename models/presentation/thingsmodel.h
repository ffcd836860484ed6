// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/rows.h"

namespace castellan::presentation {

/// The things of the network, searched and sorted by the database.
class ThingsModel : public ListModel
{
    Q_OBJECT
    QML_ELEMENT
    /// Words that must all occur in JID, name, owner, roles, tags, comment or the nodes with their fields and
    /// parameters.
    Q_PROPERTY(QString search READ search WRITE setSearch NOTIFY searchChanged)
    /// "thing", "concentrator", "service" or "user"; "" for all.
    Q_PROPERTY(QString kind READ kind WRITE setKind NOTIFY kindChanged)
    /// "name", "jid", "kind", "online", "lastAsked", "friends", "waiting" or "owner".
    Q_PROPERTY(QString sortKey READ sortKey WRITE setSortKey NOTIFY sortKeyChanged)
    Q_PROPERTY(bool descending READ descending WRITE setDescending NOTIFY descendingChanged)

public:
    enum Role {
        JidRole = Qt::UserRole, ///< bare
        NameRole, ///< "" if it has none
        KindRole, ///< as the property kind
        OwnerRole,
        TagsRole, ///< QStringList
        RolesRole, ///< QStringList
        OnlineRole, ///< bool
        LastAskedRole, ///< QDateTime; invalid: never
        LastSeenRole, ///< QDateTime; invalid: never
        FriendCountRole, ///< accepted pairs
        WaitingCountRole, ///< clearCache messages not yet acknowledged
        NotedRole, ///< bool: the server added it on its own
    };
    Q_ENUM(Role)

    explicit ThingsModel(QObject *parent = nullptr);

    [[nodiscard]] QString search() const { return m_query.search; }
    void setSearch(const QString &search);
    [[nodiscard]] QString kind() const;
    void setKind(const QString &kind);
    [[nodiscard]] QString sortKey() const;
    void setSortKey(const QString &key);
    [[nodiscard]] bool descending() const { return m_query.descending; }
    void setDescending(bool descending);

Q_SIGNALS:
    void searchChanged();
    void kindChanged();
    void sortKeyChanged();
    void descendingChanged();

private:
    replica::ThingQuery m_query;
    Rows<replica::ThingRow> m_rows;
};

} // namespace castellan::presentation
