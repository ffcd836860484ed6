// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/friendsmodel.h"

#include "presentation/text.h"

namespace castellan::presentation {

static QVariant value(const replica::FriendRow &row, int role)
{
    switch (role) {
    case FriendsModel::PeerRole:
        return row.peer;
    case FriendsModel::PeerNameRole:
        return row.peerName;
    case FriendsModel::PeerKindRole:
        return kindName(row.peerKind);
    case FriendsModel::PeerOnlineRole:
        return row.peerOnline;
    case FriendsModel::StateRole:
        return friendshipStateName(row.state);
    case FriendsModel::DraftStateRole:
        return draftMarkName(row.draft);
    default:
        return {};
    }
}

FriendsModel::FriendsModel(QObject *parent)
    : ListModel(replica::Part::Things | replica::Part::Friendships | replica::Part::Statuses,
                Follow::ServerAndDraft,
                { "peer", "peerName", "peerKind", "peerOnline", "state", "draftState" }, parent),
      m_rows(*this,
             { .read =
                   [this](replica::Replica &replica, qint64 first, int limit) {
                       return replica.friends({ .jid = m_jid, .first = first, .limit = limit });
                   },
               .id = &replica::FriendRow::peer,
               .value = value })
{ }

void FriendsModel::setJid(const QString &jid)
{
    if (std::exchange(m_jid, jid) == jid)
        return;
    Q_EMIT jidChanged();
    restart();
}

} // namespace castellan::presentation
