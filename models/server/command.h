// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/dataform.h"
#include "server/operations.h"

#include <span>

namespace castellan::server {

/// What a command asks of people and shows them.
struct Command
{
    QLatin1StringView name; ///< of its node
    QLatin1StringView operation; ///< of Operations: who may use that may use the command
    QString title;
    QList<DataForm::Field> fields;
    /// Two steps: what is looked up between them, and what is asked then.
    using MakeRequest = Result<wire::admin::Request> (*)(const FormValues &);
    MakeRequest lookUp = nullptr;
    DataForm (*confirm)(const Operations &, const FormValues &, const wire::admin::Response &found) = nullptr;

    MakeRequest request = nullptr;
    DataForm (*show)(const Operations &, const FormValues &, const wire::admin::Response &) = nullptr;

    [[nodiscard]] QString node() const { return QStringLiteral("%1#%2").arg(wire::nsAdmin, name); }
};

[[nodiscard]] std::span<const Command> allCommands();

} // namespace castellan::server
