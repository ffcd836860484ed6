// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/livenetwork.h"
#include "vocabulary/jid.h"

#include <QTimer>

namespace castellan::server {

/// The change sets that wait for a confirmation, and what undoes them when none comes. Lives on the service's
/// thread; what waits lies in the store, over restarts.
///
/// Undoing is all or nothing: where somebody has edited one of the objects since, nothing is undone, nobody's
/// edit is lost, the change set stays and does not wait any more, and the audit log says so.
class Confirmations : public QObject
{
    Q_OBJECT
public:
    /// \a server: in whose name what is due is undone.
    Confirmations(std::shared_ptr<Store> store, LiveNetwork &network, const QList<RevisionInfo> &unconfirmed,
                  const Jid &server, QObject *parent = nullptr);

    [[nodiscard]] const QList<RevisionInfo> &unconfirmed() const { return m_unconfirmed; }

    /// \a info: as it was just committed, with `confirmBy`.
    void await(const RevisionInfo &info);
    void confirm(const QString &changeSetId, const Actor &actor,
                 const std::function<void(const Result<void> &)> &done);
    /// A change set of its own, of which the id follows from \a changeSetId: undone twice is undone once.
    void revert(const QString &changeSetId, const Actor &actor, const LiveNetwork::Done &done);

Q_SIGNALS:
    void changed(const QList<castellan::RevisionInfo> &unconfirmed);

private:
    void undo(const QString &changeSetId, const Actor &actor, const QString &title, bool onlyUnconfirmed,
              const LiveNetwork::Done &done);
    void undoDue();
    void settle(const QString &changeSetId, const QString &why);
    void forget(const QString &changeSetId);
    void plan();

    std::shared_ptr<Store> m_store;
    LiveNetwork &m_network;
    Actor m_server;
    QList<RevisionInfo> m_unconfirmed;
    QSet<QString> m_underWay; ///< ids of those being undone because they are due
    QTimer m_timer;
};

} // namespace castellan::server
