// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/behaviour.h"

#include "vocabulary/jid.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>

#include <algorithm>
#include <array>
#include <functional>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

struct MisbehaviourName
{
    Misbehaviour::Kind kind;
    QLatin1StringView name;
    std::chrono::seconds time; ///< when none is given
};

constexpr std::array misbehaviourNames {
    MisbehaviourName { Misbehaviour::Kind::None, "none"_L1, 0s },
    MisbehaviourName { Misbehaviour::Kind::Silent, "silent"_L1, 0s },
    MisbehaviourName { Misbehaviour::Kind::Slow, "slow"_L1, 10s },
    MisbehaviourName { Misbehaviour::Kind::Offline, "offline"_L1, 30s },
    MisbehaviourName { Misbehaviour::Kind::Asking, "asking"_L1, 1s },
    MisbehaviourName { Misbehaviour::Kind::Ignoring, "ignoring"_L1, 2s },
};

/// A place in the document and how to complain about it.
class Place
{
public:
    Place(const QJsonValue &value, const QString &pointer)
        : m_value(value),
          m_pointer(pointer)
    { }

    [[nodiscard]] const QJsonValue &value() const { return m_value; }
    [[nodiscard]] Place at(const QString &member) const
    {
        return { m_value.toObject().value(member), m_pointer + u'/' + member };
    }
    [[nodiscard]] Place at(qsizetype index) const
    {
        return { m_value.toArray().at(index), m_pointer + u'/' + QString::number(index) };
    }
    [[nodiscard]] std::unexpected<Failure> error(const QString &what) const
    {
        return fail(FailureKind::BadRequest, u"%1: %2"_s.arg(m_pointer, what));
    }
    /// Fails on a member that is not among \a allowed, which is most often a slip of the pen.
    [[nodiscard]] Result<void> expectObject(const QStringList &allowed) const
    {
        if (!m_value.isObject())
            return error(u"must be an object"_s);
        for (const QString &member : m_value.toObject().keys()) {
            if (!allowed.contains(member))
                return at(member).error(u"unknown member"_s);
        }
        return {};
    }
    [[nodiscard]] Result<QString> text() const
    {
        if (!m_value.isString())
            return error(u"must be a string"_s);
        return m_value.toString();
    }
    /// Reads each element of an array that may be missing.
    template<typename T, typename Read>
    [[nodiscard]] Result<QList<T>> list(Read read) const
    {
        QList<T> result;
        if (m_value.isUndefined())
            return result;
        if (!m_value.isArray())
            return error(u"must be an array"_s);
        for (qsizetype i = 0; i < m_value.toArray().size(); ++i) {
            const Result<T> element = std::invoke(read, at(i));
            if (!element)
                return std::unexpected(element.error());
            result.append(*element);
        }
        return result;
    }

private:
    QJsonValue m_value;
    QString m_pointer;
};

Result<NodeRef> readNode(const Place &place)
{
    if (const auto object = place.expectObject({ u"nodeId"_s, u"sourceId"_s, u"cacheType"_s }); !object)
        return std::unexpected(object.error());
    return NodeRef { place.at(u"nodeId"_s).value().toString(), place.at(u"sourceId"_s).value().toString(),
                     place.at(u"cacheType"_s).value().toString() };
}

Result<QString> readPeer(const Place &place, const QSet<QString> &known)
{
    return place.text().and_then([&](const QString &text) -> Result<QString> {
        const QString jid = bareJid(text);
        if (!known.contains(jid))
            return place.error(u"%1 is not among the things of the network"_s.arg(text));
        return jid;
    });
}

Result<ReadJob> readReadJob(const Place &place, const QSet<QString> &known)
{
    if (const auto object = place.expectObject({ u"peer"_s, u"nodes"_s, u"fields"_s, u"types"_s }); !object)
        return std::unexpected(object.error());
    const auto peer = readPeer(place.at(u"peer"_s), known);
    if (!peer)
        return std::unexpected(peer.error());
    const auto nodes = place.at(u"nodes"_s).list<NodeRef>(readNode);
    if (!nodes)
        return std::unexpected(nodes.error());
    const auto fields = place.at(u"fields"_s).list<QString>(&Place::text);
    if (!fields)
        return std::unexpected(fields.error());
    const auto types = place.at(u"types"_s).list<FieldType>([](const Place &type) -> Result<FieldType> {
        if (const auto known = fieldTypeFromName(type.value().toString()))
            return *known;
        return type.error(u"is not a field type"_s);
    });
    if (!types)
        return std::unexpected(types.error());

    ReadJob job { .peer = *peer, .nodes = *nodes, .fields = *fields };
    if (!types->isEmpty()) {
        job.types = {};
        for (const FieldType type : *types)
            job.types |= type;
    }
    return job;
}

Result<ParameterValue> readValue(const Place &place, const QString &parameter)
{
    const QJsonValue value = place.value();
    switch (value.type()) {
    case QJsonValue::Bool:
        return ParameterValue { parameter, u"boolean"_s, value.toBool() ? u"true"_s : u"false"_s };
    case QJsonValue::Double: {
        const double number = value.toDouble();
        const bool whole = number == double(int(number));
        return ParameterValue { parameter, whole ? u"int"_s : u"double"_s, QString::number(number) };
    }
    case QJsonValue::String:
        return ParameterValue { parameter, u"string"_s, value.toString() };
    default:
        return place.error(u"must be a boolean, a number or a string"_s);
    }
}

Result<ControlJob> readControlJob(const Place &place, const QSet<QString> &known)
{
    if (const auto object = place.expectObject({ u"peer"_s, u"nodes"_s, u"parameter"_s, u"values"_s });
        !object)
        return std::unexpected(object.error());
    const auto peer = readPeer(place.at(u"peer"_s), known);
    if (!peer)
        return std::unexpected(peer.error());
    const auto nodes = place.at(u"nodes"_s).list<NodeRef>(readNode);
    if (!nodes)
        return std::unexpected(nodes.error());
    const auto parameter = place.at(u"parameter"_s).text();
    if (!parameter)
        return std::unexpected(parameter.error());
    const Place valuesPlace = place.at(u"values"_s);
    const auto values = valuesPlace.list<ParameterValue>(
        [&](const Place &value) { return readValue(value, *parameter); });
    if (!values)
        return std::unexpected(values.error());
    if (values->isEmpty())
        return valuesPlace.error(u"must hold at least one value"_s);
    return ControlJob { .peer = *peer, .nodes = *nodes, .values = *values };
}

Result<Misbehaviour> readMisbehaviour(const Place &place)
{
    if (place.value().isUndefined())
        return Misbehaviour();
    return place.text()
        .and_then(misbehaviourFromText)
        .or_else([&](const Failure &why) -> Result<Misbehaviour> { return place.error(why.text); });
}

Result<Behaviour> readBehaviour(const Place &place, const QSet<QString> &known)
{
    if (const auto object = place.expectObject({ u"reads"_s, u"controls"_s, u"every"_s, u"misbehave"_s });
        !object) {
        return std::unexpected(object.error());
    }
    Behaviour behaviour;
    const auto reads = place.at(u"reads"_s).list<ReadJob>([&](const Place &job) {
        return readReadJob(job, known);
    });
    if (!reads)
        return std::unexpected(reads.error());
    behaviour.reads = *reads;
    const auto controls = place.at(u"controls"_s).list<ControlJob>([&](const Place &job) {
        return readControlJob(job, known);
    });
    if (!controls)
        return std::unexpected(controls.error());
    behaviour.controls = *controls;
    if (const Place every = place.at(u"every"_s); !every.value().isUndefined()) {
        if (every.value().toInt() < 1)
            return every.error(u"must be a number of seconds, at least 1"_s);
        behaviour.every = std::chrono::seconds(every.value().toInt());
    }
    const auto misbehaviour = readMisbehaviour(place.at(u"misbehave"_s));
    if (!misbehaviour)
        return std::unexpected(misbehaviour.error());
    behaviour.misbehaviour = *misbehaviour;
    return behaviour;
}

} // namespace

Result<Misbehaviour> misbehaviourFromText(const QString &text)
{
    const QString name = text.section(u':', 0, 0);
    const auto found = std::ranges::find(misbehaviourNames, name, &MisbehaviourName::name);
    if (found == misbehaviourNames.end()) {
        return fail(FailureKind::BadRequest,
                    u"\"%1\" is no way to misbehave; silent, slow, offline, asking and ignoring are"_s.arg(
                        name));
    }
    if (!text.contains(u':'))
        return Misbehaviour { found->kind, found->time };
    bool ok = false;
    const double seconds = text.section(u':', 1).toDouble(&ok);
    if (!ok || seconds <= 0 || seconds > 86400) {
        return fail(FailureKind::BadRequest,
                    u"\"%1\" is not a time in seconds, as in slow:10"_s.arg(text.section(u':', 1)));
    }
    return Misbehaviour { found->kind, std::chrono::milliseconds(qint64(seconds * 1000)) };
}

QString misbehaviourName(Misbehaviour::Kind kind)
{
    return std::ranges::find(misbehaviourNames, kind, &MisbehaviourName::kind)->name;
}

Result<Behaviours> behavioursFromJson(const QByteArray &json, const Network &network)
{
    QSet<QString> known;
    for (const Thing &thing : network.things)
        known.insert(thing.jid);

    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(json, &error);
    if (document.isNull())
        return fail(FailureKind::BadRequest, u"at byte %1: %2"_s.arg(error.offset).arg(error.errorString()));

    Behaviours behaviours;
    const Place fleet = Place(document.object(), {}).at(u"fleet"_s);
    if (fleet.value().isUndefined()) {
        for (const QString &jid : std::as_const(known))
            behaviours.insert(jid, {});
        return behaviours;
    }
    if (!fleet.value().isObject())
        return fleet.error(u"must be an object"_s);
    for (const QString &member : fleet.value().toObject().keys()) {
        const Place place = fleet.at(member);
        const QString jid = bareJid(member);
        if (!known.contains(jid))
            return place.error(u"is not among the things of the network"_s);
        const auto behaviour = readBehaviour(place, known);
        if (!behaviour)
            return std::unexpected(behaviour.error());
        behaviours.insert(jid, *behaviour);
    }
    return behaviours;
}

} // namespace castellan::things
