// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"

#include <QHostAddress>
#include <QStringList>

#include <variant>

class QProcessEnvironment;

namespace castellan::server {

enum class Mode {
    Embedded,
    Component,
    Account,
};

/// What castellan-server was told to do, checked and complete.
struct ServerOptions
{
    Mode mode = Mode::Embedded;
    Jid jid; ///< the domain, or in account mode the account
    QString host; ///< --listen or --connect; empty in account mode: found by the JID's domain
    quint16 port = 0;
    QString secret; ///< of the component, or the account's password
    QString database;
    QString accounts; ///< file
    QStringList administrators; ///< bare
    QString importFile;
    QString exportFile; ///< `-`: standard output
    QString backupFile;
    QString restoreFile;
    bool verifyAudit = false;
    QString logLevel;
};

/// What to print instead of serving.
struct Answer
{
    QString text;
    bool isError = false;
};

/// Reads the command line (\a arguments with the program's name first), then the file it names with
/// --config, then the environment, in this order of precedence.
[[nodiscard]] std::variant<ServerOptions, Answer> readServerOptions(const QStringList &arguments,
                                                                    const QProcessEnvironment &environment);

} // namespace castellan::server
