// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/listener.h"

#include "store/connection.h"

#include <QTimer>

#include <chrono>
#include <memory>

namespace castellan::store {

/// A lost connection says nothing by itself.
static constexpr std::chrono::milliseconds checkEvery { 500 };

Listener::Listener(const Location &location, std::function<void(const QString &)> heard)
{
    struct State
    {
        std::unique_ptr<Connection> connection;
        QTimer timer;
    };
    auto *state = new State; // lives and dies on the thread
    const auto check = [state, location, heard = std::move(heard)] {
        try {
            if (state->connection)
                return state->connection->execute(QStringLiteral("SELECT 1"));
            state->connection = std::make_unique<Connection>(location);
            state->connection->listen(QString::fromLatin1(newsChannel), heard);
            heard({});
        } catch (const Abort &) {
            state->connection.reset(); // whoever wants something of the database says what is wrong with it
        }
    };
    state->timer.setInterval(checkEvery);
    state->timer.moveToThread(&m_thread);
    QObject::connect(&state->timer, &QTimer::timeout, &state->timer, check);
    QObject::connect(&m_thread, &QThread::started, &state->timer, [state, check] {
        check();
        state->timer.start();
    });
    QObject::connect(&m_thread, &QThread::finished, [state] { delete state; });
    m_thread.start();
}

Listener::~Listener()
{
    m_thread.quit();
    m_thread.wait();
}

} // namespace castellan::store
