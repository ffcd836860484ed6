// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/serverapp.h"
#include "signals/stopsignals.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QProcessEnvironment>
#include <QTimer>

#include <cstdio>

using namespace Qt::StringLiterals;
using namespace castellan::server;

namespace {

void print(std::FILE *file, const QString &text)
{
    std::fputs(text.toLocal8Bit().constData(), file);
    std::fflush(file);
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
    QObject::connect(&server, &ServerApp::output, &app, [](const QString &text) { print(stdout, text); });
    QObject::connect(&server, &ServerApp::message, &app,
                     [](const QString &text) { print(stderr, u"castellan-server: %1\n"_s.arg(text)); });
    QObject::connect(&server, &ServerApp::finished, &app, &QCoreApplication::exit, Qt::QueuedConnection);
    const castellan::StopSignals signals;
    if (!signals.isWatching()) {
        print(stderr, u"castellan-server: signals cannot be watched\n"_s);
        return 1;
    }
    QObject::connect(&signals, &castellan::StopSignals::received, &server, &ServerApp::stop);
    QTimer::singleShot(0, &server, &ServerApp::start);
    return QCoreApplication::exec();
}
