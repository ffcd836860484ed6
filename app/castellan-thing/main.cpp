// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "signals/stopsignals.h"
#include "things/commands.h"
#include "things/fleet.h"
#include "things/generator.h"
#include "vocabulary/networkjson.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QSaveFile>
#include <QSocketNotifier>

#include <unistd.h>

#include <array>
#include <cstdio>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan_thing)
};

void print(std::FILE *file, const QString &line)
{
    std::fputs(line.toLocal8Bit().constData(), file);
    std::fputc('\n', file);
    std::fflush(file);
}

int complain(const QString &what, int status = 1)
{
    print(stderr, u"castellan-thing: "_s + what);
    return status;
}

Result<QByteArray> contents(const QString &path)
{
    QFile file(path);
    if (!file.open(QFile::ReadOnly)) {
        return fail(FailureKind::ItemNotFound,
                    Text::tr("%1 cannot be read: %2", "%1 is a file, %2 why").arg(path, file.errorString()));
    }
    return file.readAll();
}

/// Puts the name of the file before what is wrong in it.
auto in(const QString &path)
{
    return [path](Failure why) {
        why.text = path + u": "_s + why.text;
        return why;
    };
}

Result<Endpoint> endpointFromText(const QString &text)
{
    const auto colon = text.lastIndexOf(u':');
    bool ok = false;
    const auto port = text.sliced(colon + 1).toUShort(&ok);
    QString host = text.first(qMax(colon, 0));
    if (host.startsWith(u'[') && host.endsWith(u']')) // IPv6
        host = host.sliced(1, host.size() - 2);
    if (host.isEmpty() || !ok || port == 0) {
        return fail(FailureKind::BadRequest,
                    Text::tr("--connect takes HOST:PORT, not \"%1\".", "%1 is what was given").arg(text));
    }
    return Endpoint { host, port };
}

/// Hands standard input on, line by line. At its end nothing happens: app/run gives us none at all.
class CommandInput : public QObject
{
    Q_OBJECT
public:
    CommandInput()
        : m_notifier(STDIN_FILENO, QSocketNotifier::Read)
    {
        connect(&m_notifier, &QSocketNotifier::activated, this, &CommandInput::read);
    }

Q_SIGNALS:
    void line(const QString &text);

private:
    void read()
    {
        char buffer[4096];
        const auto size = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (size <= 0) {
            m_notifier.setEnabled(false);
            return;
        }
        m_input.append(buffer, size);
        for (qsizetype end; (end = m_input.indexOf('\n')) >= 0;) {
            const QString text = QString::fromLocal8Bit(m_input.first(end));
            m_input.remove(0, end + 1);
            Q_EMIT line(text);
        }
    }

    QSocketNotifier m_notifier;
    QByteArray m_input;
};

/// The sizes that have a name.
constexpr std::array namedSizes { std::pair { "campus"_L1, 2'000 }, std::pair { "city"_L1, 100'000 } };

/// Writes a made-up network of \a size, which is a number or a name, to the file \a path. The exit code.
int generate(const QString &size, const QString &seed, const QString &path)
{
    bool isNumber = false;
    int things = size.toInt(&isNumber);
    for (const auto &[name, count] : namedSizes) {
        if (size == name) {
            things = count;
            isNumber = true;
        }
    }
    bool isSeed = false;
    const quint32 number = seed.toUInt(&isSeed);
    if (!isNumber || things < fewestThings || !isSeed) {
        return complain(
            Text::tr("--generate takes campus, city or a number of things from %1, and --seed a number.")
                .arg(fewestThings),
            2);
    }
    const QByteArray json = networkToJson(generatedNetwork(things, number));
    QSaveFile file(path);
    if (!file.open(QFile::WriteOnly) || file.write(json) != json.size() || !file.commit()) {
        return complain(
            Text::tr("%1 cannot be written: %2", "%1 is a file, %2 why").arg(path, file.errorString()));
    }
    return 0;
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(u"castellan-thing"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(CASTELLAN_VERSION));

    const QCommandLineOption networkOption(
        u"network"_s,
        Text::tr("The network (resources/schemas/network.schema.json); its member \"fleet\" says who is "
                 "simulated and how."),
        u"FILE"_s);
    const QCommandLineOption connectOption(u"connect"_s, Text::tr("Where the XMPP server listens."),
                                           u"HOST:PORT"_s);
    const QCommandLineOption accountsOption(u"accounts"_s,
                                            Text::tr("The passwords: a JID and its password per line."),
                                            u"FILE"_s);
    const QCommandLineOption stateOption(
        u"state"_s,
        Text::tr("Where the things keep what they remember over restarts; made if it is not there."),
        u"FOLDER"_s);
    const QCommandLineOption serverOption(
        u"server"_s,
        Text::tr("The provisioning server. Without it, things look among the services of their domain."),
        u"JID"_s);
    const QCommandLineOption onlyOption(
        u"only"_s, Text::tr("Simulate this one of the network and no others; may be repeated."), u"JID"_s);
    const QCommandLineOption misbehaveOption(
        u"misbehave"_s,
        Text::tr(
            "How one misbehaves; may be repeated. silent: takes no notice of clearCache. slow: obeys and "
            "acknowledges after SECONDS. offline: comes and goes every SECONDS. asking: asks the "
            "provisioning "
            "server every SECONDS. ignoring: as if compromised, acknowledges but ignores clearCache and "
            "unfriend, and wants to read everyone, one every SECONDS. none: behaves, whatever FILE says."),
        u"JID=KIND[:SECONDS]"_s);
    const QCommandLineOption cacheSizeOption(u"cache-size"_s,
                                             Text::tr("How many answers a thing remembers (256)."), u"N"_s,
                                             u"256"_s);
    const QCommandLineOption cacheAgeOption(
        u"cache-age"_s, Text::tr("Forget answers that were not used for so long; without it, never."),
        u"SECONDS"_s);
    const QCommandLineOption generateOption(
        u"generate"_s,
        Text::tr("Simulate nothing; make up a network of this many things and write it to --output. campus: "
                 "2000, city: 100000."),
        u"THINGS"_s);
    const QCommandLineOption outputOption(u"output"_s, Text::tr("Where --generate writes."), u"FILE"_s);
    const QCommandLineOption seedOption(u"seed"_s, Text::tr("Which of many networks to make up (1)."), u"N"_s,
                                        u"1"_s);

    QCommandLineParser parser;
    parser.setApplicationDescription(
        Text::tr("Simulates the things of a network. Prints \"ready N things\" once all of them are online.")
        + u"\n\n"_s + commandsHelp());
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions({ networkOption, connectOption, accountsOption, stateOption, serverOption, onlyOption,
                        misbehaveOption, cacheSizeOption, cacheAgeOption, generateOption, outputOption,
                        seedOption });
    parser.process(app);
    if (parser.isSet(generateOption)) {
        if (!parser.isSet(outputOption))
            return complain(Text::tr("--generate needs --output."), 2);
        return generate(parser.value(generateOption), parser.value(seedOption), parser.value(outputOption));
    }
    for (const auto &option : { networkOption, connectOption, accountsOption, stateOption }) {
        if (!parser.isSet(option)) {
            return complain(Text::tr("--%1 is missing; --help lists the options.", "an option")
                                .arg(option.names().first()),
                            2);
        }
    }

    Fleet::Settings settings;
    settings.stateDirectory = parser.value(stateOption);
    const auto endpoint = endpointFromText(parser.value(connectOption));
    if (!endpoint)
        return complain(endpoint.error().text, 2);
    settings.endpoint = *endpoint;
    if (parser.isSet(serverOption)) {
        const auto server = Jid::parse(parser.value(serverOption));
        if (!server)
            return complain(u"--server: "_s + server.error().text, 2);
        settings.provisioning.server = server->toBare();
    }
    settings.provisioning.cache.entries = parser.value(cacheSizeOption).toInt();
    if (settings.provisioning.cache.entries < 1)
        return complain(Text::tr("--cache-size takes a number from 1."), 2);
    if (parser.isSet(cacheAgeOption)) {
        settings.provisioning.cache.unused = std::chrono::seconds(parser.value(cacheAgeOption).toInt());
        if (settings.provisioning.cache.unused->count() < 1)
            return complain(Text::tr("--cache-age takes a number of seconds from 1."), 2);
    }

    const QString networkFile = parser.value(networkOption);
    const auto json = contents(networkFile);
    if (!json)
        return complain(json.error().text);
    const auto network = networkFromJson(*json).transform_error(in(networkFile));
    if (!network)
        return complain(network.error().text);
    auto behaviours = behavioursFromJson(*json, *network).transform_error(in(networkFile));
    if (!behaviours)
        return complain(behaviours.error().text);
    const QString accountsFile = parser.value(accountsOption);
    const auto accounts = contents(accountsFile).and_then(accountsFromText).transform_error(in(accountsFile));
    if (!accounts)
        return complain(accounts.error().text);

    if (parser.isSet(onlyOption)) {
        Behaviours chosen;
        for (const QString &text : parser.values(onlyOption)) {
            const QString jid = bareJid(text);
            if (!behaviours->contains(jid))
                return complain(Text::tr("--only: %1 is not simulated in this network.", "a JID").arg(text),
                                2);
            chosen.insert(jid, behaviours->value(jid));
        }
        *behaviours = chosen;
    }
    for (const QString &text : parser.values(misbehaveOption)) {
        const QString jid = bareJid(text.section(u'=', 0, 0));
        if (!behaviours->contains(jid)) {
            return complain(
                Text::tr("--misbehave: %1 is not simulated.", "a JID").arg(text.section(u'=', 0, 0)), 2);
        }
        const auto misbehaviour = misbehaviourFromText(text.section(u'=', 1));
        if (!misbehaviour)
            return complain(u"--misbehave: "_s + misbehaviour.error().text, 2);
        (*behaviours)[jid].misbehaviour = *misbehaviour;
    }

    Fleet fleet;
    if (const auto created = fleet.create(*network, *behaviours, *accounts, settings); !created)
        return complain(created.error().text);
    bool ready = false;
    QObject::connect(&fleet, &Fleet::ready, &app, [&] {
        ready = true;
        print(stdout, u"ready %1 things"_s.arg(fleet.size()));
    });
    QObject::connect(&fleet, &Fleet::refused, &app, [&](const Failure &why) {
        complain(why.text);
        if (!ready) // it will never be
            QCoreApplication::exit(1);
    });
    QObject::connect(&fleet, &Fleet::stopped, &app, &QCoreApplication::quit);

    const StopSignals signals;
    if (!signals.isWatching())
        return complain(Text::tr("signals cannot be watched."));
    QObject::connect(&signals, &StopSignals::received, &fleet, &Fleet::stop);
    CommandInput input;
    QObject::connect(&input, &CommandInput::line, &fleet, [&fleet](const QString &line) {
        if (line.trimmed() == "quit"_L1) {
            fleet.stop();
            return;
        }
        execute(fleet, line, [](const QJsonObject &answer) {
            print(stdout, QString::fromUtf8(QJsonDocument(answer).toJson(QJsonDocument::Compact)));
        });
    });
    fleet.start();
    return QCoreApplication::exec();
}

#include "main.moc"
