// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/serveroptions.h"

#include "vocabulary/result.h"

#include <QCommandLineParser>
#include <QFile>
#include <QProcessEnvironment>
#include <QSettings>

#include <variant>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

constexpr QLatin1StringView notInFile[] = { "config"_L1, "import"_L1,  "export"_L1,
                                            "backup"_L1, "restore"_L1, "verify-audit"_L1 };

const QString description = uR"(The Castellan provisioning server (XEP-0324): tells things who may befriend,
read and control whom, and administrators' consoles what there is to administrate.

Three ways to be reached:
  embedded   an XMPP server of its own on this machine (loopback only)
             --domain D --listen ADDR:PORT --accounts FILE
  component  a component (XEP-0114) of your XMPP server
             --domain D --connect HOST:PORT --secret-file FILE
  account    an ordinary account on any XMPP server; things befriend it
             --jid JID --password-file FILE [--connect HOST:PORT]

Once it serves, it prints "ready ADDRESS" on standard output. SIGTERM stops it.

The file of --config has lines KEY=VALUE; keys are the names of the options below
without the dashes, except those that do one thing and end; several administrators are separated by commas.
The command line wins over the file. Paths are relative to the working folder.)"_s;

const QString environmentHelp = uR"(
Environment:
  CASTELLAN_SECRET    the component's secret, if there is no --secret-file
  CASTELLAN_PASSWORD  the account's password, if there is no --password-file

Exit codes: 0 stopped or done; 1 could not start or go on, or the audit log was altered; 2 wrong options.
)"_s;

void addOptions(QCommandLineParser &parser)
{
    parser.setApplicationDescription(description);
    parser.addOptions({
        { { u"h"_s, u"help"_s }, u"Print this and exit."_s },
        { { u"v"_s, u"version"_s }, u"Print the version and exit."_s },
        { u"config"_s, u"Take options from a file."_s, u"FILE"_s },
        { u"mode"_s, u"embedded (default), component or account."_s, u"MODE"_s },
        { u"domain"_s, u"Embedded and component: the domain that is the server's own JID."_s, u"DOMAIN"_s },
        { u"listen"_s, u"Embedded: where clients connect (default 127.0.0.1:5222). Port 0: any free one."_s,
          u"ADDR:PORT"_s },
        { u"accounts"_s,
          u"Embedded: who may log in, a JID and its password per line. Without it nobody may."_s, u"FILE"_s },
        { u"connect"_s,
          u"Component: the XMPP server's component port. Account: its client port, if the domain does "
          u"not say."_s,
          u"HOST:PORT"_s },
        { u"secret-file"_s, u"Component: file that holds the secret shared with the XMPP server."_s,
          u"FILE"_s },
        { u"jid"_s, u"Account: the account's JID."_s, u"JID"_s },
        { u"password-file"_s, u"Account: file that holds the account's password."_s, u"FILE"_s },
        { u"database"_s,
          u"sqlite:PATH, made if it is not there, or postgres://USER@HOST:PORT/DATABASE (password from "
          u"PGPASSWORD or ~/.pgpass). Servers may share the latter."_s,
          u"URL"_s },
        { u"admin"_s, u"Makes a bare JID an administrator. May be given several times."_s, u"JID"_s },
        { u"import"_s,
          u"Fill a new database with a network (resources/schemas/network.schema.json), then serve."_s,
          u"FILE"_s },
        { u"export"_s, u"Write the whole network to a file (-: standard output) and exit."_s, u"FILE"_s },
        { u"backup"_s, u"Write everything in the database to a file and exit; servers may go on meanwhile."_s,
          u"FILE"_s },
        { u"restore"_s,
          u"Fill a new database of either kind with what --backup wrote and exit. Things will ask anew."_s,
          u"FILE"_s },
        { u"verify-audit"_s,
          u"Check the chain of the audit log, print its length and last hash, and exit: 1 names the first "
          u"entry that does not fit."_s },
        { u"log-level"_s, u"debug, info (default), warning or error."_s, u"LEVEL"_s },
    });
}

/// The options from wherever they come.
class Source
{
public:
    explicit Source(const QCommandLineParser &parser)
        : m_parser(parser)
    { }

    Result<void> readFile(const QString &path)
    {
        if (QFile file(path); !file.open(QIODevice::ReadOnly)) {
            return fail(FailureKind::ItemNotFound,
                        u"The configuration file %1 cannot be read: %2"_s.arg(path, file.errorString()));
        }
        const QSettings settings(path, QSettings::IniFormat);
        if (settings.status() != QSettings::NoError)
            return fail(FailureKind::BadRequest,
                        u"The configuration file %1 is not lines of KEY=VALUE."_s.arg(path));
        QCommandLineParser known;
        addOptions(known);
        for (const QString &key : settings.allKeys()) {
            const bool isOption = known.parse({ u"castellan-server"_s, u"--%1=x"_s.arg(key) });
            if (!isOption || std::ranges::find(notInFile, key) != std::end(notInFile) || key == "help"_L1
                || key == "version"_L1) {
                return fail(FailureKind::BadRequest,
                            u"The configuration file %1 has the unknown key “%2”."_s.arg(path, key));
            }
            m_file.insert(key, settings.value(key).toStringList());
        }
        return {};
    }

    QStringList values(const QString &name) const
    {
        if (m_parser.isSet(name))
            return m_parser.values(name);
        QStringList values;
        for (const QString &value : m_file.value(name))
            values.append(value.trimmed());
        return values;
    }
    QString value(const QString &name) const { return values(name).value(0); }

private:
    const QCommandLineParser &m_parser;
    QHash<QString, QStringList> m_file;
};

Result<void> readAddress(const QString &text, const QString &option, ServerOptions &options)
{
    const qsizetype colon = text.lastIndexOf(u':');
    bool ok = false;
    const int port = colon < 0 ? 0 : text.sliced(colon + 1).toInt(&ok);
    if (!ok || colon == 0 || port < 0 || port > 65535) {
        return fail(FailureKind::BadRequest,
                    u"--%1 takes an address and a port, such as 127.0.0.1:5222; this is “%2”."_s.arg(option,
                                                                                                     text));
    }
    options.host = text.first(colon);
    if (options.host.startsWith(u'[') && options.host.endsWith(u']')) // IPv6
        options.host = options.host.sliced(1, options.host.size() - 2);
    options.port = quint16(port);
    return {};
}

Result<QString> readSecret(const QString &path, const QString &option, const QProcessEnvironment &environment,
                           const QString &variable)
{
    if (path.isEmpty()) {
        if (environment.value(variable).isEmpty())
            return fail(FailureKind::BadRequest, u"Give --%1 FILE or set %2."_s.arg(option, variable));
        return environment.value(variable);
    }
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(FailureKind::ItemNotFound,
                    u"The file of --%1, %2, cannot be read: %3"_s.arg(option, path, file.errorString()));
    const QString secret = QString::fromUtf8(file.readAll()).trimmed();
    if (secret.isEmpty())
        return fail(FailureKind::BadRequest, u"The file of --%1, %2, is empty."_s.arg(option, path));
    return secret;
}

Result<Jid> readJid(const Source &source, const QString &option)
{
    const QString text = source.value(option);
    if (text.isEmpty())
        return fail(FailureKind::BadRequest, u"This mode needs --%1."_s.arg(option));
    const Result<Jid> jid = Jid::parse(text);
    if (!jid)
        return fail(jid.error().kind, u"--%1: %2"_s.arg(option, jid.error().text));
    return jid;
}

Result<ServerOptions> read(const QCommandLineParser &parser, const QProcessEnvironment &environment)
{
    Source source(parser);
    if (parser.isSet(u"config"_s)) {
        if (const Result<void> file = source.readFile(parser.value(u"config"_s)); !file)
            return std::unexpected(file.error());
    }
    ServerOptions options;
    options.database = source.value(u"database"_s);
    options.exportFile = source.value(u"export"_s);
    options.importFile = source.value(u"import"_s);
    options.logLevel = source.value(u"log-level"_s);
    if (options.logLevel.isEmpty())
        options.logLevel = u"info"_s;
    if (!QStringList { u"debug"_s, u"info"_s, u"warning"_s, u"error"_s }.contains(options.logLevel)) {
        return fail(FailureKind::BadRequest,
                    u"--log-level takes debug, info, warning or error; this is “%1”."_s.arg(
                        options.logLevel));
    }
    if (options.database.isEmpty())
        return fail(FailureKind::BadRequest, u"Give --database, such as sqlite:castellan.db."_s);
    options.backupFile = source.value(u"backup"_s);
    options.restoreFile = source.value(u"restore"_s);
    options.verifyAudit = parser.isSet(u"verify-audit"_s);
    const QList<bool> others { !options.exportFile.isEmpty(), !options.backupFile.isEmpty(),
                               !options.restoreFile.isEmpty(), options.verifyAudit };
    const qsizetype tasks = others.count(true) + (options.importFile.isEmpty() ? 0 : 1);
    if (tasks > 1) {
        return fail(FailureKind::BadRequest,
                    u"--import, --export, --backup, --restore and --verify-audit exclude each other."_s);
    }
    if (others.contains(true))
        return options; // the rest is about serving

    const QString mode = source.value(u"mode"_s);
    if (mode == "component"_L1)
        options.mode = Mode::Component;
    else if (mode == "account"_L1)
        options.mode = Mode::Account;
    else if (!mode.isEmpty() && mode != "embedded"_L1)
        return fail(FailureKind::BadRequest,
                    u"--mode takes embedded, component or account; this is “%1”."_s.arg(mode));

    const bool account = options.mode == Mode::Account;
    const QString jidOption = account ? u"jid"_s : u"domain"_s;
    const Result<Jid> jid = readJid(source, jidOption);
    if (!jid)
        return std::unexpected(jid.error());
    options.jid = *jid;
    if (account ? options.jid.isDomain() || options.jid.local().isEmpty() : !options.jid.isDomain()) {
        return fail(FailureKind::BadRequest,
                    u"--%1 takes %2; this is “%3”."_s.arg(
                        jidOption, account ? u"an account such as things@example.org"_s : u"a domain"_s,
                        jid->full()));
    }

    const QString addressOption = options.mode == Mode::Embedded ? u"listen"_s : u"connect"_s;
    QString address = source.value(addressOption);
    if (address.isEmpty() && options.mode == Mode::Embedded)
        address = u"127.0.0.1:5222"_s;
    if (address.isEmpty() && options.mode == Mode::Component)
        return fail(FailureKind::BadRequest, u"Component mode needs --connect HOST:PORT."_s);
    if (!address.isEmpty()) {
        if (const Result<void> read = readAddress(address, addressOption, options); !read)
            return std::unexpected(read.error());
    }
    if (options.mode == Mode::Embedded) {
        if (options.host == "localhost"_L1)
            options.host = u"127.0.0.1"_s;
        if (!QHostAddress(options.host).isLoopback()) {
            return fail(FailureKind::BadRequest,
                        u"Embedded mode has no encryption and listens on this machine only (127.0.0.1 or "
                        u"::1), not on "
                        u"%1. For a network, use --mode component or account with an XMPP server."_s.arg(
                            options.host));
        }
        options.accounts = source.value(u"accounts"_s);
    } else {
        const Result<QString> secret = account
            ? readSecret(source.value(u"password-file"_s), u"password-file"_s, environment,
                         u"CASTELLAN_PASSWORD"_s)
            : readSecret(source.value(u"secret-file"_s), u"secret-file"_s, environment,
                         u"CASTELLAN_SECRET"_s);
        if (!secret)
            return std::unexpected(secret.error());
        options.secret = *secret;
    }
    for (const QString &text : source.values(u"admin"_s)) {
        const Result<Jid> admin = Jid::parse(text);
        if (!admin)
            return fail(admin.error().kind, u"--admin: %1"_s.arg(admin.error().text));
        options.administrators.append(admin->bare());
    }
    return options;
}

} // namespace

std::variant<ServerOptions, Answer> readServerOptions(const QStringList &arguments,
                                                      const QProcessEnvironment &environment)
{
    QCommandLineParser parser;
    addOptions(parser);
    const QString seeHelp = u"\ncastellan-server --help lists the options\n"_s;
    if (!parser.parse(arguments))
        return Answer { parser.errorText() + seeHelp, true };
    if (parser.isSet(u"help"_s))
        return Answer { parser.helpText() + environmentHelp };
    if (parser.isSet(u"version"_s))
        return Answer { u"castellan-server " CASTELLAN_VERSION "\n"_s };
    if (!parser.positionalArguments().isEmpty())
        return Answer { u"“%1” is not an option."_s.arg(parser.positionalArguments().first()) + seeHelp,
                        true };
    Result<ServerOptions> options = read(parser, environment);
    if (!options)
        return Answer { options.error().text + seeHelp, true };
    return *std::move(options);
}

} // namespace castellan::server
