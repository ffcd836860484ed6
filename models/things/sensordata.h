// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"
#include "wire/element.h"
#include "wire/provisioning.h"

/// As much of XEP-0323 (sensor data) and XEP-0325 (control) as makes the questions of XEP-0324 real.
namespace castellan::things {

inline constexpr QLatin1StringView nsSensorData { "urn:xmpp:iot:sensordata" };
inline constexpr QLatin1StringView nsControl { "urn:xmpp:iot:control" };
inline constexpr QLatin1StringView nsDataForms { "jabber:x:data" };

/// XEP-0323 `req`. `when`, `from` and `to` are not supported: we answer at once, with what we have.
struct ReadRequest
{
    int sequence = 0;
    QList<NodeRef> nodes; ///< empty: all
    QStringList fields; ///< empty: all
    FieldTypes types = allFieldTypes;
    bool typesWritten = false; ///< false: no type attribute at all, which means all types
    wire::Tokens tokens;

    friend bool operator==(const ReadRequest &, const ReadRequest &) = default;
};

[[nodiscard]] Result<ReadRequest> readReadRequest(const wire::Element &element);
[[nodiscard]] wire::Element write(const ReadRequest &request);

/// One value of one field.
struct FieldValue
{
    NodeRef node;
    QString name;
    FieldType type = FieldType::Momentary;
    QDateTime at;
    QString value;
    QString unit; ///< empty: the value is text, not a number
    bool writable = false; ///< a control parameter has the same name (XEP-0323 §4.9)

    friend bool operator==(const FieldValue &, const FieldValue &) = default;
};

/// Several values that belong to a read-out; `done`: the last ones.
struct FieldValues
{
    int sequence = 0;
    bool done = false;
    QList<FieldValue> values;

    friend bool operator==(const FieldValues &, const FieldValues &) = default;
};

[[nodiscard]] Result<FieldValues> readFieldValues(const wire::Element &element);
[[nodiscard]] wire::Element write(const FieldValues &values);

/// A typed value of XEP-0325; the type is the element's name, e.g. `boolean`, `int`, `string`.
struct ParameterValue
{
    QString name;
    QString type;
    QString value;

    friend bool operator==(const ParameterValue &, const ParameterValue &) = default;
};

/// XEP-0325 `set`. Values that came in a form have the type `string`.
struct ControlRequest
{
    QList<NodeRef> nodes; ///< empty: the device itself
    QList<ParameterValue> parameters;
    wire::Tokens tokens;

    friend bool operator==(const ControlRequest &, const ControlRequest &) = default;
};

[[nodiscard]] Result<ControlRequest> readControlRequest(const wire::Element &element);
[[nodiscard]] wire::Element write(const ControlRequest &request);

/// XEP-0325 `setResponse`: what the command was carried out on, both empty when that is all of it.
struct ControlResponse
{
    QList<NodeRef> nodes;
    QStringList parameters;

    friend bool operator==(const ControlResponse &, const ControlResponse &) = default;
};

[[nodiscard]] Result<ControlResponse> readControlResponse(const wire::Element &element);
[[nodiscard]] wire::Element write(const ControlResponse &response);

/// The nodes of a `getForm`.
[[nodiscard]] Result<QList<NodeRef>> readFormRequest(const wire::Element &element);

} // namespace castellan::things
