// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/thingsmodel.h"

#include "presentation/text.h"

#include <array>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

static constexpr std::array sortKeys { "name"_L1,      "jid"_L1,     "kind"_L1,    "online"_L1,
                                       "lastAsked"_L1, "friends"_L1, "waiting"_L1, "owner"_L1 };
static_assert(sortKeys.size() == size_t(replica::ThingSort::Owner) + 1);

static QVariant value(const replica::ThingRow &row, int role)
{
    switch (role) {
    case ThingsModel::JidRole:
        return row.jid;
    case ThingsModel::NameRole:
        return row.name;
    case ThingsModel::KindRole:
        return kindName(row.kind);
    case ThingsModel::OwnerRole:
        return row.owner;
    case ThingsModel::TagsRole:
        return row.tags;
    case ThingsModel::RolesRole:
        return row.roles;
    case ThingsModel::OnlineRole:
        return row.online;
    case ThingsModel::LastAskedRole:
        return row.lastAsked;
    case ThingsModel::LastSeenRole:
        return row.lastSeen;
    case ThingsModel::FriendCountRole:
        return row.friends;
    case ThingsModel::WaitingCountRole:
        return row.waiting;
    case ThingsModel::NotedRole:
        return row.noted;
    default:
        return {};
    }
}

ThingsModel::ThingsModel(QObject *parent)
    : ListModel(replica::Part::Things | replica::Part::Friendships | replica::Part::Statuses
                    | replica::Part::Deliveries,
                Follow::Server,
                { "jid", "name", "kind", "owner", "tags", "roles", "online", "lastAsked", "lastSeen",
                  "friendCount", "waitingCount", "noted" },
                parent),
      m_rows(*this,
             { .read =
                   [this](replica::Replica &replica, qint64 first, int limit) {
                       replica::ThingQuery query = m_query;
                       query.limit = limit;
                       query.first = first;
                       return replica.things(query);
                   },
               .id = &replica::ThingRow::jid,
               .value = value })
{ }

void ThingsModel::setSearch(const QString &search)
{
    if (std::exchange(m_query.search, search) == search)
        return;
    Q_EMIT searchChanged();
    restart();
}

QString ThingsModel::kind() const
{
    return m_query.kind ? kindName(*m_query.kind) : QString();
}

void ThingsModel::setKind(const QString &kind)
{
    const auto value = kindFromName(kind);
    if (std::exchange(m_query.kind, value) == value)
        return;
    Q_EMIT kindChanged();
    restart();
}

QString ThingsModel::sortKey() const
{
    return sortKeys.at(size_t(m_query.sort));
}

void ThingsModel::setSortKey(const QString &key)
{
    const auto found = std::ranges::find(sortKeys, key);
    if (found == sortKeys.end())
        return;
    const auto sort = replica::ThingSort(found - sortKeys.begin());
    if (std::exchange(m_query.sort, sort) == sort)
        return;
    Q_EMIT sortKeyChanged();
    restart();
}

void ThingsModel::setDescending(bool descending)
{
    if (std::exchange(m_query.descending, descending) == descending)
        return;
    Q_EMIT descendingChanged();
    restart();
}

} // namespace castellan::presentation
