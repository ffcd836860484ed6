// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/commands.h"

#include "things/fleet.h"
#include "things/simulatedthing.h"

#include <QJsonArray>
#include <QProcess>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

QJsonObject failed(const QString &command, const Failure &why)
{
    // The condition as it travels on the wire, which is what scripts compare with.
    const auto error = wire::iqError({}, why);
    const auto *condition = error.firstChild() ? error.firstChild()->firstChild() : nullptr;
    return { { u"command"_s, command },
             { u"ok"_s, false },
             { u"error"_s, condition ? condition->name : QString() },
             { u"text"_s, why.text } };
}

QJsonObject done(const QString &command, QJsonObject more = {})
{
    more.insert(u"command"_s, command);
    more.insert(u"ok"_s, true);
    return more;
}

QJsonObject toJson(const FieldValue &value)
{
    const auto type = std::ranges::find(fieldTypeNames, value.type, &FieldTypeName::type);
    return { { u"nodeId"_s, value.node.nodeId }, { u"name"_s, value.name },
             { u"type"_s, QString(type->name) }, { u"at"_s, value.at.toString(Qt::ISODate) },
             { u"value"_s, value.value },        { u"unit"_s, value.unit } };
}

} // namespace

void execute(Fleet &fleet, const QString &line, const std::function<void(const QJsonObject &)> &reply)
{
    QStringList words = QProcess::splitCommand(line);
    if (words.isEmpty())
        return;
    const QString command = words.takeFirst();
    const auto refuse = [&](FailureKind kind, const QString &text) {
        reply(failed(command, { kind, text }));
    };

    const bool reads = command == "read"_L1 || command == "relay"_L1;
    const auto needed = reads ? 2 : command == "control"_L1 ? 4 : 1;
    static const QStringList known { u"offline"_s, u"online"_s, u"status"_s, u"token"_s,
                                     u"read"_s,    u"relay"_s,  u"control"_s };
    if (!known.contains(command))
        return refuse(FailureKind::FeatureNotImplemented, u"there is no such command"_s);
    if (words.size() < needed || (!reads && words.size() > needed))
        return refuse(FailureKind::BadRequest, u"%1 takes other arguments"_s.arg(command));
    SimulatedThing *thing = fleet.thing(bareJid(words.first()));
    if (!thing)
        return refuse(FailureKind::ItemNotFound, u"%1 is not in this fleet"_s.arg(words.first()));

    if (command == "offline"_L1) {
        thing->stop();
        reply(done(command));
    } else if (command == "online"_L1) {
        thing->start();
        reply(done(command));
    } else if (command == "status"_L1) {
        reply(done(command, thing->status()));
    } else if (command == "token"_L1) {
        thing->tokens().obtain(thing->provisioning().server(), [command, reply](const auto &token) {
            reply(token ? done(command, { { u"token"_s, *token } }) : failed(command, token.error()));
        });
    } else if (reads) {
        thing->read(
            { .peer = bareJid(words.at(1)), .fields = words.sliced(2) },
            [command, reply](const Result<QList<FieldValue>> &values) {
                if (!values)
                    return reply(failed(command, values.error()));
                QJsonArray fields;
                for (const FieldValue &value : *values)
                    fields.append(toJson(value));
                reply(done(command, { { u"fields"_s, fields } }));
            },
            command == "relay"_L1 ? SimulatedThing::Present::Received : SimulatedThing::Present::Own);
    } else {
        thing->control(
            bareJid(words.at(1)), { .parameters = { { words.at(2), u"string"_s, words.at(3) } } },
            [command, reply](const Result<ControlResponse> &response) {
                if (!response)
                    return reply(failed(command, response.error()));
                QJsonArray nodes;
                for (const NodeRef &node : response->nodes)
                    nodes.append(node.nodeId);
                reply(done(command,
                           { { u"nodes"_s, nodes },
                             { u"parameters"_s, QJsonArray::fromStringList(response->parameters) } }));
            });
    }
}

QString commandsHelp()
{
    return uR"(Commands, one per line on standard input; each is answered by one line of JSON:
  offline JID                        go offline and stay there
  online JID                         come back
  status JID                         online, server, friends, answers in the cache, questions asked
  token JID                          JID gets a token for a certificate of its own, and shows it from now on
  read JID PEER [FIELD...]           JID reads PEER
  relay JID PEER [FIELD...]          JID reads PEER for those who read JID in the last minute
  control JID PEER PARAMETER VALUE   JID sets a parameter of PEER
  quit                               stop the fleet
Words with spaces go in double quotes. The end of the input stops nothing.)"_s;
}

} // namespace castellan::things
