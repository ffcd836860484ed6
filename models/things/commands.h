// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <functional>

namespace castellan::things {

class Fleet;

/// Carries out one command line for a running fleet. \a reply gets one object, now or later:
/// `{"command": …, "ok": true, …}`, or `"ok": false` with the condition in `error` and words in `text`.
/// See commandsHelp() for the commands.
void execute(Fleet &fleet, const QString &line, const std::function<void(const QJsonObject &)> &reply);

[[nodiscard]] QString commandsHelp();

} // namespace castellan::things
