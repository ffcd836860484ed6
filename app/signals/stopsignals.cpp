// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "signals/stopsignals.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace castellan {

namespace {

int sockets[2] = { -1, -1 };

/// A signal handler may do next to nothing; writing to a socket is allowed.
void onSignal(int)
{
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(sockets[0], &byte, 1);
}

bool handle(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    return ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
}

} // namespace

StopSignals::StopSignals(QObject *parent)
    : QObject(parent)
{
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0 || !handle(onSignal))
        return;
    m_notifier = std::make_unique<QSocketNotifier>(sockets[1], QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this](QSocketDescriptor socket) {
        char byte;
        [[maybe_unused]] const auto got = ::read(int(socket), &byte, 1);
        Q_EMIT received();
    });
}

StopSignals::~StopSignals()
{
    handle(SIG_DFL);
    m_notifier.reset();
    for (int &socket : sockets)
        ::close(std::exchange(socket, -1));
}

} // namespace castellan
