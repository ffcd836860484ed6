// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/pushesmodel.h"

#include "presentation/text.h"

namespace castellan::presentation {

static QVariant pushValue(const replica::PushRow &row, int role)
{
    switch (role) {
    case PushesModel::RevisionRole:
        return row.revision.revision;
    case PushesModel::TitleRole:
        return row.revision.title;
    case PushesModel::ByRole:
        return row.revision.by;
    case PushesModel::CommittedAtRole:
        return row.revision.at;
    case PushesModel::TotalRole:
        return row.total;
    case PushesModel::WaitingRole:
        return row.waiting;
    case PushesModel::SentRole:
        return row.sent;
    case PushesModel::AcknowledgedRole:
        return row.acknowledged;
    case PushesModel::FailedRole:
        return row.failed;
    case PushesModel::NoticesRole:
        return row.notices;
    case PushesModel::SettledRole:
        return row.waiting + row.sent == 0;
    default:
        return {};
    }
}

static QVariant deliveryValue(const replica::DeliveryRow &row, int role)
{
    const Delivery &delivery = row.delivery;
    switch (role) {
    case PushDevicesModel::JidRole:
        return delivery.jid;
    case PushDevicesModel::NameRole:
        return row.name;
    case PushDevicesModel::KindRole:
        return deliveryKindName(delivery.kind);
    case PushDevicesModel::PeerRole:
        return delivery.peer;
    case PushDevicesModel::OnlineRole:
        return row.online;
    case PushDevicesModel::StateRole:
        return deliveryStateName(delivery.state);
    case PushDevicesModel::AttemptsRole:
        return delivery.attempts;
    case PushDevicesModel::CreatedAtRole:
        return delivery.created;
    case PushDevicesModel::SentAtRole:
        return delivery.sent;
    case PushDevicesModel::SettledAtRole:
        return delivery.settled;
    case PushDevicesModel::ErrorRole:
        return delivery.error;
    default:
        return {};
    }
}

PushesModel::PushesModel(QObject *parent)
    : ListModel(replica::Part::Deliveries | replica::Part::Revisions, Follow::Server,
                { "revision", "title", "by", "committedAt", "total", "waiting", "sent", "acknowledged",
                  "failed", "notices", "settled" },
                parent),
      m_rows(*this,
             { .read = [](replica::Replica &replica, qint64 first,
                          int limit) { return replica.pushes(first, limit); },
               .id = [](const replica::PushRow &row) { return QString::number(row.revision.revision); },
               .value = pushValue })
{ }

PushDevicesModel::PushDevicesModel(QObject *parent)
    : ListModel(replica::Part::Deliveries | replica::Part::Statuses | replica::Part::Things, Follow::Server,
                { "jid", "name", "kind", "peer", "online", "state", "attempts", "createdAt", "sentAt",
                  "settledAt", "error" },
                parent),
      m_rows(*this,
             { .read = [this](replica::Replica &replica, qint64 first,
                              int limit) { return replica.deliveries(m_revision, first, limit); },
               .id = [](const replica::DeliveryRow &row) { return QString::number(row.delivery.id); },
               .value = deliveryValue })
{ }

void PushDevicesModel::setRevision(qint64 revision)
{
    if (std::exchange(m_revision, revision) == revision)
        return;
    Q_EMIT revisionChanged();
    restart();
}

} // namespace castellan::presentation
