// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/rows.h"

namespace castellan::presentation {

/// The explicit pairs of one JID, with the draft laid over them.
class FriendsModel : public ListModel
{
    Q_OBJECT
    QML_ELEMENT
    /// Bare.
    Q_PROPERTY(QString jid READ jid WRITE setJid NOTIFY jidChanged REQUIRED)

public:
    enum Role {
        PeerRole = Qt::UserRole, ///< bare JID of the other one
        PeerNameRole, ///< "" if it has none
        PeerKindRole, ///< "thing", "concentrator", "service" or "user"
        PeerOnlineRole, ///< bool
        StateRole, ///< "accepted" or "rejected", as committed or, where added, as it will be
        DraftStateRole, ///< "", "added", "removed" or "changed"
    };
    Q_ENUM(Role)

    explicit FriendsModel(QObject *parent = nullptr);

    [[nodiscard]] QString jid() const { return m_jid; }
    void setJid(const QString &jid);

Q_SIGNALS:
    void jidChanged();

private:
    QString m_jid;
    Rows<replica::FriendRow> m_rows;
};

} // namespace castellan::presentation
