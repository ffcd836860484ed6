// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/serverapp.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QProcessEnvironment>
#include <QSocketNotifier>
#include <QTimer>

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

using namespace Qt::StringLiterals;
using namespace castellan::server;

namespace {

void print(std::FILE *file, const QString &text)
{
    std::fputs(text.toLocal8Bit().constData(), file);
    std::fflush(file);
}

int signalSockets[2];

/// A signal handler may do next to nothing; writing to a socket is allowed.
void onSignal(int)
{
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(signalSockets[0], &byte, 1);
}

bool watchSignals()
{
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, signalSockets) != 0)
        return false;
    struct sigaction action = {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    return ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
}

void setLogLevel(const QString &level)
{
    static constexpr QLatin1StringView levels[] = { "debug"_L1, "info"_L1, "warning"_L1 };
    QString rules;
    for (QLatin1StringView below : levels) {
        if (below == level)
            break;
        rules += u"castellan.*.%1=false\ncastellan.%1=false\n"_s.arg(below);
    }
    QLoggingCategory::setFilterRules(rules);
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(u"castellan-server"_s);
    QCoreApplication::setApplicationVersion(u"" CASTELLAN_VERSION ""_s);

    const auto read = readServerOptions(QCoreApplication::arguments(),
                                        QProcessEnvironment::systemEnvironment());
    if (const auto *answer = std::get_if<Answer>(&read)) {
        print(answer->isError ? stderr : stdout, answer->text);
        return answer->isError ? 2 : 0;
    }
    const auto &options = std::get<ServerOptions>(read);
    setLogLevel(options.logLevel);

    ServerApp server(options);
    QObject::connect(&server, &ServerApp::ready, &app,
                     [](const QString &address) { print(stdout, u"ready %1\n"_s.arg(address)); });
    QObject::connect(&server, &ServerApp::message, &app,
                     [](const QString &text) { print(stderr, u"castellan-server: %1\n"_s.arg(text)); });
    QObject::connect(&server, &ServerApp::finished, &app, &QCoreApplication::exit, Qt::QueuedConnection);
    if (!watchSignals()) {
        print(stderr, u"castellan-server: signals cannot be watched\n"_s);
        return 1;
    }
    QSocketNotifier notifier(signalSockets[1], QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &server, [&](QSocketDescriptor socket) {
        char byte;
        [[maybe_unused]] const auto got = ::read(int(socket), &byte, 1);
        server.stop();
    });
    QTimer::singleShot(0, &server, &ServerApp::start);
    return QCoreApplication::exec();
}
