// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tour.h"

#include <QCommandLineParser>
#include <QFile>
#include <QGuiApplication>
#include <QIcon>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QStandardPaths>
#include <QTranslator>

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

/// The context of what this file says to people.
class Main
{
    Q_DECLARE_TR_FUNCTIONS(Main)
};

struct Options
{
    QVariantMap window; ///< initial properties of the QML window
    QString tour; ///< folder, or empty
};

[[noreturn]] void refuse(const QString &why)
{
    std::fputs(qPrintable("castellan: "_L1 + why + u'\n'), stderr);
    std::exit(2);
}

QString readPassword(const QString &path)
{
    QFile file(path);
    if (!file.open(QFile::ReadOnly)) {
        refuse(QCoreApplication::translate(
                   "main", "The password file %1 cannot be read: %2. Check its name and permissions.",
                   "%1 is a path, %2 an error message")
                   .arg(path, file.errorString()));
    }
    return QString::fromUtf8(file.readLine()).trimmed();
}

Options parseOptions(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        Main::tr("Administrates a provisioning server (XEP-0324). Without options it asks for an account."));
    const QCommandLineOption jid(u"jid"_s, Main::tr("Sign in as this administrator."), u"JID"_s);
    const QCommandLineOption passwordFile(
        u"password-file"_s,
        Main::tr("Read the password from the first line of this file, and sign in at once."), u"FILE"_s);
    const QCommandLineOption connect(
        u"connect"_s, Main::tr("Connect to this address instead of looking the JID's domain up."),
        u"HOST:PORT"_s);
    const QCommandLineOption server(
        u"server"_s,
        Main::tr("JID of the provisioning server. Default: the domain of the administrator's JID."),
        u"JID"_s);
    const QCommandLineOption theme(u"theme"_s,
                                   Main::tr("light, dark or system. Default: what was chosen last."),
                                   u"THEME"_s);
    const QCommandLineOption tour(
        u"tour"_s,
        Main::tr(
            "Do an administrator's main job with mouse and keyboard, leave pictures and transcript.txt "
            "in DIR, and exit with 0 only if every step held. Needs --jid, --password-file and --connect."),
        u"DIR"_s);
    parser.addOptions({ jid, passwordFile, connect, server, theme, tour });
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(arguments);

    if (!parser.positionalArguments().isEmpty())
        refuse(Main::tr("Unknown argument %1; --help lists the options.")
                   .arg(parser.positionalArguments().first()));
    const QString scheme = parser.value(theme);
    if (!scheme.isEmpty() && scheme != "light"_L1 && scheme != "dark"_L1 && scheme != "system"_L1)
        refuse(Main::tr("--theme is light, dark or system, not %1.").arg(scheme));
    if (parser.isSet(passwordFile) && !parser.isSet(jid))
        refuse(Main::tr("--password-file needs --jid: whose password is it?"));
    if (parser.isSet(tour) && !(parser.isSet(jid) && parser.isSet(passwordFile) && parser.isSet(connect)))
        refuse(Main::tr("--tour needs --jid, --password-file and --connect."));

    return {
        .window = {
            { u"jid"_s, parser.value(jid) },
            { u"password"_s, parser.isSet(passwordFile) ? readPassword(parser.value(passwordFile)) : QString() },
            { u"connect"_s, parser.value(connect) },
            { u"server"_s, parser.value(server) },
            { u"scheme"_s, scheme },
            { u"reducedMotion"_s, parser.isSet(tour) }, // pictures of things at rest
            { u"signInAtOnce"_s, !parser.isSet(tour) },
        },
        .tour = parser.value(tour),
    };
}

/// Help and version are to be had without a display.
bool asksForText(int argc, char *argv[])
{
    return std::any_of(argv + 1, argv + argc, [](const char *argument) {
        return QByteArrayView(argument) == "--help" || QByteArrayView(argument) == "-h"
            || QByteArrayView(argument) == "--help-all" || QByteArrayView(argument) == "--version"
            || QByteArrayView(argument) == "-v";
    });
}

/// Breeze, with our own icons for what it lacks, on every desktop and on none.
void setIcons()
{
    QStringList paths = QIcon::themeSearchPaths();
    for (const QString &path : QStandardPaths::locateAll(QStandardPaths::GenericDataLocation, u"icons"_s,
                                                         QStandardPaths::LocateDirectory)) {
        if (!paths.contains(path))
            paths.append(path);
    }
    QIcon::setThemeSearchPaths(paths);
    QIcon::setThemeName(u"castellan"_s);
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication::setOrganizationName(u"castellan"_s);
    QCoreApplication::setApplicationName(u"castellan"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(CASTELLAN_VERSION));
    if (asksForText(argc, argv)) {
        const QCoreApplication app(argc, argv);
        parseOptions(QCoreApplication::arguments());
        return 0;
    }

    QGuiApplication app(argc, argv);
    QGuiApplication::setApplicationDisplayName(u"Castellan"_s);
    QGuiApplication::setDesktopFileName(u"castellan"_s);

    QTranslator translator;
    // English has a translation too: its plural forms.
    if (translator.load(QLocale(), u"castellan"_s, u"_"_s, u":/i18n"_s)
        || translator.load(QLocale(QLocale::English), u"castellan"_s, u"_"_s, u":/i18n"_s)) {
        QCoreApplication::installTranslator(&translator);
    }

    const Options options = parseOptions(QCoreApplication::arguments());
    setIcons();
    QGuiApplication::setWindowIcon(QIcon(u":/icons/castellan/64/castellan.svg"_s));
    QQuickStyle::setStyle(u"Basic"_s); // only tool tips come from it; Castellan.Controls has its own look

    QQmlApplicationEngine engine;
    engine.setInitialProperties(options.window);
    QObject::connect(
        &engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { QCoreApplication::exit(1); },
        Qt::QueuedConnection);
    engine.loadFromModule("Castellan.Shell", "Main");

    if (!options.tour.isEmpty() && !engine.rootObjects().isEmpty()) {
        auto *window = qobject_cast<QQuickWindow *>(engine.rootObjects().first());
        return castellan::runTour(*window, options.tour, options.window) ? 0 : 1;
    }
    return QCoreApplication::exec();
}
