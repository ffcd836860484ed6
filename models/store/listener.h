// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/location.h"

#include <QThread>

#include <functional>

namespace castellan::store {

/// What everyone who writes to a PostgreSQL database says there.
inline constexpr auto newsChannel = "castellan_news";

/// Listens to a PostgreSQL database, on a thread and a connection of its own: QtSql hears nothing without an
/// event loop, and connecting may take seconds. A connection that was lost is made anew.
class Listener
{
public:
    /// \a heard is called on the listener's thread, with what was said, or with nothing when something may
    /// have been said before it listened.
    Listener(const Location &location, std::function<void(const QString &)> heard);
    ~Listener();
    Q_DISABLE_COPY_MOVE(Listener)

private:
    QThread m_thread;
};

} // namespace castellan::store
