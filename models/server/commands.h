// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/dataform.h"
#include "server/operations.h"
#include "server/transport.h"

#include <QDeadlineTimer>

#include <chrono>

namespace castellan::server {

inline constexpr QLatin1StringView nsCommands { "http://jabber.org/protocol/commands" };

struct Command;

/// The administration interface as ad-hoc commands (XEP-0050), for people with any chat client: forms that
/// become requests of Operations, and answers that become forms. Lives on the service's thread.
class Commands
{
public:
    struct Settings
    {
        int sessions = 200; ///< the oldest goes
        int sessionsEach = 4; ///< of one full JID
        std::chrono::milliseconds life { std::chrono::minutes(10) };
    };

    Commands(Operations &operations, Transport &transport, const Settings &settings);

    /// Answers \a iq, a set whose child \a payload is a `<command/>`.
    void handle(const Jid &from, const wire::Element &iq, const wire::Element &payload);
    /// Service discovery of the list of commands and of each; only those that \a from may use.
    [[nodiscard]] wire::Element items(const Jid &from) const;
    /// Nothing for a node that is neither the list nor a command.
    [[nodiscard]] std::optional<wire::Element> info(const Jid &from, const QString &node) const;

private:
    struct Session
    {
        QString id;
        QString full; ///< whose it is
        const Command *command = nullptr;
        bool isLast = false; ///< what was filled in so far has been looked up, and waits to be carried out
        bool isBusy = false;
        FormValues values {};
        wire::admin::Response found {}; ///< what was looked up
        QDeadlineTimer deadline;
    };

    [[nodiscard]] bool mayUse(const Jid &from, const Command &command) const;
    void begin(const Jid &from, const wire::Element &iq, const Command &command);
    void proceed(const Jid &from, const wire::Element &iq, const QString &id,
                 const wire::admin::Request &request);
    void onReply(const wire::Element &iq, const QString &id, const AdminReply &reply);
    /// Asks for what the session's stage needs. \a note: what was wrong with what came.
    void ask(const wire::Element &iq, const Session &session, const QString &note = {});
    void complete(const wire::Element &iq, const Session &session, const wire::admin::Response &response);
    void refuse(const wire::Element &iq, const Failure &failure, QLatin1StringView condition = {});
    [[nodiscard]] qsizetype indexOf(const QString &id) const;

    Operations &m_operations;
    Transport &m_transport;
    Settings m_settings;
    QList<Session> m_sessions; ///< the oldest first
};

} // namespace castellan::server
