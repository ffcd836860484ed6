// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/rows.h"

namespace castellan::presentation {

/// What commits owe to things: one row per revision that owed any message, newest first.
class PushesModel : public ListModel
{
    Q_OBJECT
    QML_ELEMENT

public:
    enum Role {
        RevisionRole = Qt::UserRole, ///< qint64
        TitleRole, ///< what whoever committed it called it
        ByRole, ///< full JID
        CommittedAtRole, ///< QDateTime
        TotalRole, ///< clearCache messages, as in the next four
        WaitingRole,
        SentRole, ///< on their way; not yet an effect
        AcknowledgedRole,
        FailedRole,
        NoticesRole, ///< friend and unfriend messages
        SettledRole, ///< bool: every clearCache was acknowledged or failed
    };
    Q_ENUM(Role)

    explicit PushesModel(QObject *parent = nullptr);

private:
    Rows<replica::PushRow> m_rows;
};

/// The messages of one revision, by thing.
class PushDevicesModel : public ListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(qint64 revision READ revision WRITE setRevision NOTIFY revisionChanged REQUIRED)

public:
    enum Role {
        JidRole = Qt::UserRole, ///< bare
        NameRole, ///< "" if it has none
        KindRole, ///< of the message: "clearCache", "friend" or "unfriend"
        PeerRole, ///< friend and unfriend: the other one
        OnlineRole, ///< bool
        StateRole, ///< "waiting", "sent", "acknowledged" or "failed"
        AttemptsRole,
        CreatedAtRole, ///< QDateTime
        SentAtRole, ///< QDateTime of the last attempt
        SettledAtRole, ///< QDateTime
        ErrorRole, ///< what the thing answered
    };
    Q_ENUM(Role)

    explicit PushDevicesModel(QObject *parent = nullptr);

    [[nodiscard]] qint64 revision() const { return m_revision; }
    void setRevision(qint64 revision);

Q_SIGNALS:
    void revisionChanged();

private:
    qint64 m_revision = 0;
    Rows<replica::DeliveryRow> m_rows;
};

} // namespace castellan::presentation
