// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/livenetwork.h"
#include "server/transport.h"

#include <QTimer>

namespace castellan::server {

/// Commits what time alone changes, when its time has come: the end of a containment (statement 25), and a
/// revision without changes when a rule or certificate begins or ends to be valid, so that things forget
/// what they were answered before (statement 23). What came to pass while the server was down is made up
/// for when it starts.
class Calendar : public QObject
{
    Q_OBJECT
public:
    Calendar(LiveNetwork &network, const Transport &transport, QObject *parent = nullptr);

private:
    void plan();
    void onTime();

    LiveNetwork &m_network;
    const Transport &m_transport;
    QTimer m_timer;
};

} // namespace castellan::server
