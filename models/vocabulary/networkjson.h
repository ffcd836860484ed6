// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <QByteArray>
#include <QJsonObject>

namespace castellan {

/// The JSON document of a network, as resources/schemas/network.schema.json describes it.
[[nodiscard]] QByteArray networkToJson(const Network &network);
/// Reads and normalises. Errors name the place as a JSON pointer (`/accessRules/3/subject/kind`).
/// The member `fleet` belongs to castellan-thing and is passed over; any other unknown member is an error.
[[nodiscard]] Result<Network> networkFromJson(const QByteArray &json);

/// One object as it stands in its array of the document.
[[nodiscard]] QJsonObject objectToJson(const Object &object);
/// Reads and normalises, as networkFromJson() does.
[[nodiscard]] Result<Object> objectFromJson(ObjectType type, const QJsonObject &json);

} // namespace castellan
