// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/commands.h"

#include "server/command.h"

#include <QRandomGenerator>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

wire::Element commandElement(QLatin1StringView name)
{
    return { .name = name, .xmlns = nsCommands };
}

/// The answer to a command, without form.
wire::Element answer(const Command &command, const QString &session, const QString &status)
{
    wire::Element element = commandElement("command"_L1);
    element.setAttribute("node"_L1, command.node());
    element.setAttribute("sessionid"_L1, session);
    element.setAttribute("status"_L1, status);
    return element;
}

wire::Element noteElement(const QString &type, const QString &text)
{
    wire::Element note = commandElement("note"_L1);
    note.setAttribute("type"_L1, type);
    note.text = text;
    return note;
}

/// All there is to say where a client shows nothing but the note when a command is completed, as Converse
/// does.
QString summary(const DataForm &result)
{
    if (!result.columns.isEmpty())
        return result.title + u" (no table here? Choose to show it as lines of text.)"_s;
    QString text = result.title;
    for (const DataForm::Field &field : result.fields)
        text += u"\n• "_s + field.values.join(u' ');
    return text;
}

wire::Element discoElement(QLatin1StringView name, QLatin1StringView xmlns)
{
    return { .name = name, .xmlns = xmlns };
}

/// Whose text helps whoever filled in the form to do it better.
bool isAboutInput(const Failure &failure)
{
    return failure.kind == FailureKind::BadRequest || failure.kind == FailureKind::JidMalformed
        || failure.kind == FailureKind::ItemNotFound || failure.kind == FailureKind::PolicyViolation
        || failure.kind == FailureKind::NotAllowed || failure.kind == FailureKind::Conflict;
}

const Command *commandOf(const QString &node)
{
    const std::span<const Command> commands = allCommands();
    const auto found = std::ranges::find(commands, node, &Command::node);
    return found == commands.end() ? nullptr : &*found;
}

} // namespace

Commands::Commands(Operations &operations, Transport &transport, const Settings &settings)
    : m_operations(operations),
      m_transport(transport),
      m_settings(settings)
{ }

bool Commands::mayUse(const Jid &from, const Command &command) const
{
    return m_operations.roleOf(from) >= Operations::find(command.operation)->least;
}

wire::Element Commands::items(const Jid &from) const
{
    wire::Element query = discoElement("query"_L1, wire::nsDiscoItems);
    query.setAttribute("node"_L1, nsCommands);
    for (const Command &command : allCommands()) {
        if (!mayUse(from, command))
            continue;
        wire::Element item = discoElement("item"_L1, wire::nsDiscoItems);
        item.setAttribute("jid"_L1, m_transport.jid().full());
        item.setAttribute("node"_L1, command.node());
        item.setAttribute("name"_L1, command.title);
        query.children.append(item);
    }
    return query;
}

std::optional<wire::Element> Commands::info(const Jid &from, const QString &node) const
{
    const Command *command = commandOf(node);
    if (node != nsCommands && (!command || !mayUse(from, *command)))
        return {};
    wire::Element query = discoElement("query"_L1, wire::nsDiscoInfo);
    query.setAttribute("node"_L1, node);
    wire::Element identity = discoElement("identity"_L1, wire::nsDiscoInfo);
    identity.setAttribute("category"_L1, u"automation"_s);
    identity.setAttribute("type"_L1, command ? u"command-node"_s : u"command-list"_s);
    identity.setAttribute("name"_L1, command ? command->title : u"Commands"_s);
    query.children.append(identity);
    for (const QLatin1StringView name : { nsCommands, nsDataForms }) {
        wire::Element feature = discoElement("feature"_L1, wire::nsDiscoInfo);
        feature.setAttribute("var"_L1, name);
        query.children.append(feature);
    }
    return query;
}

qsizetype Commands::indexOf(const QString &id) const
{
    const auto found = std::ranges::find(m_sessions, id, &Session::id);
    return found == m_sessions.end() ? -1 : found - m_sessions.begin();
}

void Commands::refuse(const wire::Element &iq, const Failure &failure, QLatin1StringView condition)
{
    m_transport.send(
        wire::iqError(iq, failure, condition.isEmpty() ? wire::Element() : commandElement(condition)));
}

void Commands::handle(const Jid &from, const wire::Element &iq, const wire::Element &payload)
{
    const QString node = payload.attribute("node"_L1);
    const Command *command = commandOf(node);
    if (m_operations.roleOf(from) == AdminRole::None || (command && !mayUse(from, *command)))
        return refuse(iq, m_operations.refuse(from, node)); // not a word about which there are
    if (!command)
        return refuse(iq, { FailureKind::ItemNotFound, u"There is no command %1 here."_s.arg(node) });

    QString action = payload.attribute("action"_L1);
    if (action.isEmpty())
        action = u"execute"_s;
    const QStringList known { u"execute"_s, u"next"_s, u"prev"_s, u"complete"_s, u"cancel"_s };
    if (!known.contains(action)) {
        return refuse(iq, { FailureKind::BadRequest, u"“%1” is no action of a command."_s.arg(action) },
                      "malformed-action"_L1);
    }
    const QString id = payload.attribute("sessionid"_L1);
    if (id.isEmpty()) {
        if (action != "execute"_L1) {
            return refuse(iq, { FailureKind::BadRequest, u"A command begins with “execute”."_s },
                          "bad-action"_L1);
        }
        return begin(from, iq, *command);
    }

    const qsizetype index = indexOf(id);
    if (index < 0 || m_sessions.at(index).full != from.full() || m_sessions.at(index).command != command) {
        return refuse(iq, { FailureKind::BadRequest, u"This session is over, or never was. Begin anew."_s },
                      "bad-sessionid"_L1);
    }
    Session &session = m_sessions[index];
    if (session.deadline.hasExpired()) {
        m_sessions.removeAt(index);
        return refuse(iq, { FailureKind::NotAllowed, u"The session has lasted too long. Begin anew."_s },
                      "session-expired"_L1);
    }
    if (session.isBusy || (action == "prev"_L1 && !session.isLast) || (action == "next"_L1 && session.isLast)
        || (action == "next"_L1 && !command->lookUp)
        || (action == "complete"_L1 && command->lookUp && !session.isLast)) {
        return refuse(iq, { FailureKind::BadRequest, u"“%1” is not possible at this stage."_s.arg(action) },
                      "bad-action"_L1);
    }
    if (action == "cancel"_L1) {
        m_sessions.removeAt(index);
        return (void)m_transport.send(wire::iqResult(iq, answer(*command, id, u"canceled"_s)));
    }
    if (action == "prev"_L1) {
        session.isLast = false;
        return ask(iq, session);
    }

    const wire::Element *form = payload.child("x"_L1, nsDataForms);
    const Result<FormValues> values = form
        ? readSubmitted(*form)
        : fail(FailureKind::BadRequest, u"The command needs its form, filled in."_s);
    if (!values)
        return refuse(iq, values.error(), "bad-payload"_L1);
    session.values.insert(*values);
    const bool looksUp = command->lookUp && !session.isLast;
    const Result<admin::Request> request = looksUp ? command->lookUp(session.values)
                                                   : command->request(session.values);
    if (!request)
        return ask(iq, session, request.error().text);
    proceed(from, iq, id, *request);
}

void Commands::begin(const Jid &from, const wire::Element &iq, const Command &command)
{
    m_sessions.removeIf([](const Session &session) { return session.deadline.hasExpired(); });
    const auto isTheirs = [&](const Session &session) { return session.full == from.full(); };
    if (std::ranges::count_if(m_sessions, isTheirs) >= m_settings.sessionsEach)
        m_sessions.erase(std::ranges::find_if(m_sessions, isTheirs));
    if (m_sessions.size() >= m_settings.sessions)
        m_sessions.removeFirst();
    m_sessions.append({ .id = QString::number(QRandomGenerator::system()->generate64(), 36),
                        .full = from.full(),
                        .command = &command,
                        .deadline = QDeadlineTimer(m_settings.life) });
    ask(iq, m_sessions.last());
}

void Commands::proceed(const Jid &from, const wire::Element &iq, const QString &id,
                       const admin::Request &request)
{
    m_sessions[indexOf(id)].isBusy = true;
    m_operations.execute(from, request, [this, iq, id](const AdminReply &reply) { onReply(iq, id, reply); });
}

void Commands::onReply(const wire::Element &iq, const QString &id, const AdminReply &reply)
{
    const qsizetype index = indexOf(id);
    if (index < 0) { // pushed out by newer ones
        return refuse(iq, { FailureKind::NotAllowed, u"The session is over; too many were begun since."_s },
                      "session-expired"_L1);
    }
    Session &session = m_sessions[index];
    session.isBusy = false;
    if (!reply) {
        if (isAboutInput(reply.error().failure))
            return ask(iq, session, reply.error().failure.text);
        m_sessions.removeAt(index);
        return refuse(iq, reply.error().failure);
    }
    if (session.command->lookUp && !session.isLast) {
        session.isLast = true;
        session.found = *reply;
        return ask(iq, session);
    }
    const Session finished = m_sessions.takeAt(index);
    complete(iq, finished, *reply);
}

void Commands::ask(const wire::Element &iq, const Session &session, const QString &note)
{
    const Command &command = *session.command;
    const bool confirms = command.lookUp && session.isLast;
    DataForm form = confirms ? command.confirm(m_operations, session.values, session.found)
                             : DataForm { .title = command.title, .fields = command.fields };
    if (!note.isEmpty()) // some clients show no notes while a command goes on
        form.instructions = form.instructions.isEmpty() ? note : note + u'\n' + form.instructions;
    for (DataForm::Field &field : form.fields) {
        if (session.values.contains(field.name))
            field.values = { session.values.value(field.name) };
    }

    wire::Element element = answer(command, session.id, u"executing"_s);
    wire::Element actions = commandElement("actions"_L1);
    const QLatin1StringView forwards = command.lookUp && !confirms ? "next"_L1 : "complete"_L1;
    actions.setAttribute("execute"_L1, forwards);
    if (confirms)
        actions.children.append(commandElement("prev"_L1));
    actions.children.append(commandElement(forwards));
    element.children = { actions };
    if (!note.isEmpty())
        element.children.append(noteElement(u"error"_s, note));
    element.children.append(form.write());
    m_transport.send(wire::iqResult(iq, element));
}

void Commands::complete(const wire::Element &iq, const Session &session, const admin::Response &response)
{
    const DataForm form = session.command->show(m_operations, session.values, response);
    wire::Element element = answer(*session.command, session.id, u"completed"_s);
    element.children = { noteElement(u"info"_s, summary(form)), form.write() };
    m_transport.send(wire::iqResult(iq, element));
}

} // namespace castellan::server
