// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/device.h"

#include <QTimeZone>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

struct Quantity
{
    QLatin1StringView field;
    QStringView unit;
    double middle;
    double swing; ///< over a day, to both sides
    double perHour; ///< for what only grows
};

constexpr std::array quantities {
    Quantity { "Temperature"_L1, u"°C", 21.5, 1.5, 0 },
    Quantity { "Supply temperature"_L1, u"°C", 38, 4, 0 },
    Quantity { "Return temperature"_L1, u"°C", 31, 3, 0 },
    Quantity { "Flow temperature"_L1, u"°C", 35, 3, 0 },
    Quantity { "CO2"_L1, u"ppm", 620, 180, 0 },
    Quantity { "Humidity"_L1, u"%", 43, 6, 0 },
    Quantity { "Energy"_L1, u"kWh", 41200, 0, 3.2 },
    Quantity { "Reactive energy"_L1, u"kvarh", 6100, 0, 0.4 },
    Quantity { "Volume"_L1, u"m³", 1830, 0, 0.12 },
    Quantity { "Power"_L1, u"kW", 12.4, 5, 0 },
    Quantity { "Voltage"_L1, u"V", 231, 2, 0 },
    Quantity { "Flow"_L1, u"l/min", 14, 8, 0 },
    Quantity { "Position"_L1, u"%", 45, 25, 0 },
    Quantity { "Level"_L1, u"%", 70, 20, 0 },
    Quantity { "Speed"_L1, u"%", 60, 15, 0 },
    Quantity { "Fan speed"_L1, u"%", 50, 15, 0 },
    Quantity { "Air flow"_L1, u"m³/h", 2400, 500, 0 },
    Quantity { "Filter pressure"_L1, u"Pa", 140, 20, 0 },
    Quantity { "Efficiency"_L1, u"1", 3.6, 0.3, 0 },
    Quantity { "Wind speed"_L1, u"m/s", 4.5, 3, 0 },
    Quantity { "Irradiance"_L1, u"W/m²", 320, 300, 0 },
    Quantity { "Battery"_L1, u"%", 92, 1, 0 },
    Quantity { "Occupancy"_L1, u"1", 2, 2, 0 },
    Quantity { "Operating hours"_L1, u"h", 5200, 0, 0.6 },
    Quantity { "Cycle time"_L1, u"ms", 20, 3, 0 },
    Quantity { "Pages printed"_L1, u"1", 18400, 0, 2 },
    Quantity { "Toner"_L1, u"%", 34, 0, 0 },
    Quantity { "Trips"_L1, u"1", 61000, 0, 9 },
    Quantity { "Floor"_L1, u"1", 2, 1, 0 },
    Quantity { "Devices"_L1, u"1", 6, 0, 0 },
};

/// The start of the period that a historical value is of; \a now for all others.
QDateTime timeOf(FieldType type, const QDateTime &now)
{
    const QDate day = now.date();
    const auto midnight = [](const QDate &date) { return date.startOfDay(QTimeZone::UTC); };
    switch (type) {
    case FieldType::HistoricalMinute:
        return now.addSecs(-now.time().second() - 60);
    case FieldType::HistoricalHour:
        return QDateTime(day, QTime(now.time().hour(), 0), QTimeZone::UTC).addSecs(-3600);
    case FieldType::HistoricalDay:
        return midnight(day.addDays(-1));
    case FieldType::HistoricalWeek:
        return midnight(day.addDays(1 - day.dayOfWeek() - 7));
    case FieldType::HistoricalMonth:
        return midnight(QDate(day.year(), day.month(), 1).addMonths(-1));
    case FieldType::HistoricalQuarter:
        return midnight(QDate(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).addMonths(-3));
    case FieldType::HistoricalYear:
        return midnight(QDate(day.year() - 1, 1, 1));
    default:
        return now;
    }
}

} // namespace

Device::Device(const Thing &thing)
    : m_jid(thing.jid),
      m_nodes(thing.nodes)
{ }

QList<NodeRef> Device::find(const QList<NodeRef> &wanted) const
{
    QList<NodeRef> found;
    for (const Node &node : m_nodes) {
        if (matches(wanted, node.ref))
            found.append(node.ref);
    }
    return found;
}

QList<FieldValue> Device::read(const QList<NodeRef> &nodes, const QStringList &names, FieldTypes types,
                               const QDateTime &now) const
{
    const QDateTime second = now.toUTC().addMSecs(-now.time().msec());
    QList<FieldValue> values;
    for (const NodeRef &ref : nodes) {
        const Node *known = node(ref);
        if (!known)
            continue;
        for (const Field &field : known->fields) {
            if (!names.isEmpty() && !names.contains(field.name))
                continue;
            const size_t individual = qHash(m_jid + ref.nodeId + field.name, 0);
            const auto quantity = std::ranges::find(quantities, field.name, &Quantity::field);
            for (const FieldTypeName &type : fieldTypeNames) {
                if (!(field.types & types).testFlag(type.type))
                    continue;
                const QDateTime at = timeOf(type.type, second);
                FieldValue value { .node = ref, .name = field.name, .type = type.type, .at = at };
                value.writable = known->parameters.contains(field.name);
                if (quantity != quantities.end()) {
                    // Everyone their own level and their own place in the day.
                    const double share = double(individual % 1000) / 1000;
                    const double hours = double(at.toSecsSinceEpoch()) / 3600;
                    const double wave = std::sin((hours / 24 + share) * 2 * std::numbers::pi);
                    const double grown = quantity->perHour * (hours - 493000) * (0.5 + share);
                    value.value = QString::number(quantity->middle + quantity->swing * wave + grown, 'f', 1);
                    value.unit = quantity->unit.toString();
                } else if (type.type == FieldType::Identity) {
                    value.value = QString::number(individual % 90'000'000 + 10'000'000);
                } else {
                    value.value = u"OK"_s;
                }
                if (const QString set = parameter(ref, field.name); !set.isEmpty())
                    value.value = set;
                values.append(value);
            }
        }
    }
    return values;
}

bool Device::hasParameter(const NodeRef &ref, const QString &name) const
{
    const Node *known = node(ref);
    return known && known->parameters.contains(name);
}

QStringList Device::commonParameters(const QList<NodeRef> &nodes) const
{
    QStringList common;
    if (!nodes.isEmpty() && node(nodes.first()))
        common = node(nodes.first())->parameters;
    common.removeIf([&](const QString &name) {
        return !std::ranges::all_of(nodes, [&](const NodeRef &ref) { return hasParameter(ref, name); });
    });
    return common;
}

QString Device::parameter(const NodeRef &ref, const QString &name) const
{
    return m_set.value({ ref.sourceId + u'/' + ref.nodeId, name });
}

void Device::setParameter(const NodeRef &ref, const QString &name, const QString &value)
{
    m_set.insert({ ref.sourceId + u'/' + ref.nodeId, name }, value);
}

const Node *Device::node(const NodeRef &ref) const
{
    const auto found = std::ranges::find(m_nodes, ref, &Node::ref);
    return found == m_nodes.end() ? nullptr : &*found;
}

bool matches(const QList<NodeRef> &allowed, const NodeRef &node)
{
    const auto agree = [](const QString &pattern, const QString &value) {
        return pattern.isEmpty() || pattern == value;
    };
    return allowed.isEmpty() || std::ranges::any_of(allowed, [&](const NodeRef &pattern) {
               return pattern.nodeId == node.nodeId && agree(pattern.sourceId, node.sourceId)
                   && agree(pattern.cacheType, node.cacheType);
           });
}

} // namespace castellan::things
