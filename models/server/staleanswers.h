// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/livenetwork.h"
#include "server/transport.h"

#include <QSet>
#include <QTimer>

#include <chrono>

namespace castellan::server {

/// Owes clearCache to those who hold answers that are wrong now though nothing in the network has changed: a
/// token was proved after a question with it had been denied, or a user logged in (statement 23). A revision
/// without changes carries it, for many at once, so that nobody makes a revision of every login.
class StaleAnswers : public QObject
{
    Q_OBJECT
public:
    StaleAnswers(LiveNetwork &network, const Transport &transport, std::chrono::milliseconds delay,
                 QObject *parent = nullptr);

    /// \a holders: bare JIDs. They are owed their clearCache after the delay.
    void add(const QStringList &holders);

private:
    void commit();

    LiveNetwork &m_network;
    const Transport &m_transport;
    QSet<QString> m_holders;
    QTimer m_timer;
};

} // namespace castellan::server
