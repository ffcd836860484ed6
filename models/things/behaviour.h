// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/sensordata.h"

#include <QMap>

#include <chrono>

namespace castellan::things {

/// Something a thing reads again and again.
struct ReadJob
{
    QString peer; ///< bare JID
    QList<NodeRef> nodes; ///< empty: all
    QStringList fields; ///< empty: all
    FieldTypes types = allFieldTypes;

    friend bool operator==(const ReadJob &, const ReadJob &) = default;
};

/// A parameter that a thing sets again and again, to each value in turn.
struct ControlJob
{
    QString peer;
    QList<NodeRef> nodes;
    QList<ParameterValue> values; ///< at least one, all of the same parameter

    friend bool operator==(const ControlJob &, const ControlJob &) = default;
};

/// How a thing fails to behave as XEP-0324 wants.
struct Misbehaviour
{
    enum class Kind {
        None,
        Silent, ///< takes no notice of clearCache: neither clears nor acknowledges
        Slow, ///< clears its cache and acknowledges after `time`
        Offline, ///< online and offline by turns, each for `time`
        Asking, ///< puts a question to the provisioning server every `time`, whatever it remembers
        /// Compromised: acknowledges clearCache and keeps its cache, ignores unfriend, and every `time` asks
        /// for the friendship and all the data of the next in the network.
        Ignoring,
    };

    Kind kind = Kind::None;
    std::chrono::milliseconds time {};

    friend bool operator==(const Misbehaviour &, const Misbehaviour &) = default;
};

/// `silent`, `slow:5`: a kind and, optionally, the time in seconds.
[[nodiscard]] Result<Misbehaviour> misbehaviourFromText(const QString &text);
[[nodiscard]] QString misbehaviourName(Misbehaviour::Kind kind);

/// What a thing does beside answering.
struct Behaviour
{
    QList<ReadJob> reads;
    QList<ControlJob> controls;
    std::chrono::seconds every { 60 }; ///< for each job
    Misbehaviour misbehaviour;

    friend bool operator==(const Behaviour &, const Behaviour &) = default;
};

/// By bare JID, who is simulated and how.
using Behaviours = QMap<QString, Behaviour>;

/// Reads the member `fleet` of a network document (resources/schemas/network.schema.json), all of whose JIDs
/// must be things of \a network. Without the member, every thing is simulated and only answers.
/// Errors name the place as a JSON pointer.
[[nodiscard]] Result<Behaviours> behavioursFromJson(const QByteArray &json, const Network &network);

} // namespace castellan::things
