// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFlags>
#include <QString>

#include <array>
#include <optional>

namespace castellan {

/// The fourteen field types of XEP-0323 (attribute group `fieldTypes`), one bit each.
enum class FieldType : quint16 {
    Momentary = 1 << 0,
    Peak = 1 << 1,
    Status = 1 << 2,
    Computed = 1 << 3,
    Identity = 1 << 4,
    HistoricalSecond = 1 << 5,
    HistoricalMinute = 1 << 6,
    HistoricalHour = 1 << 7,
    HistoricalDay = 1 << 8,
    HistoricalWeek = 1 << 9,
    HistoricalMonth = 1 << 10,
    HistoricalQuarter = 1 << 11,
    HistoricalYear = 1 << 12,
    HistoricalOther = 1 << 13,
};
Q_DECLARE_FLAGS(FieldTypes, FieldType)
Q_DECLARE_OPERATORS_FOR_FLAGS(FieldTypes)

inline constexpr FieldTypes allFieldTypes = FieldTypes::fromInt((1 << 14) - 1);
/// What the request attribute `historical` stands for (semantics statement 9).
inline constexpr FieldTypes historicalFieldTypes = FieldTypes::fromInt(((1 << 14) - 1) & ~((1 << 5) - 1));

struct FieldTypeName
{
    FieldType type;
    QLatin1StringView name; ///< the XEP's attribute name
};

/// All types in the XEP's order, which is also the order of their bits.
inline constexpr std::array<FieldTypeName, 14> fieldTypeNames { {
    { FieldType::Momentary, QLatin1StringView("momentary") },
    { FieldType::Peak, QLatin1StringView("peak") },
    { FieldType::Status, QLatin1StringView("status") },
    { FieldType::Computed, QLatin1StringView("computed") },
    { FieldType::Identity, QLatin1StringView("identity") },
    { FieldType::HistoricalSecond, QLatin1StringView("historicalSecond") },
    { FieldType::HistoricalMinute, QLatin1StringView("historicalMinute") },
    { FieldType::HistoricalHour, QLatin1StringView("historicalHour") },
    { FieldType::HistoricalDay, QLatin1StringView("historicalDay") },
    { FieldType::HistoricalWeek, QLatin1StringView("historicalWeek") },
    { FieldType::HistoricalMonth, QLatin1StringView("historicalMonth") },
    { FieldType::HistoricalQuarter, QLatin1StringView("historicalQuarter") },
    { FieldType::HistoricalYear, QLatin1StringView("historicalYear") },
    { FieldType::HistoricalOther, QLatin1StringView("historicalOther") },
} };

[[nodiscard]] std::optional<FieldType> fieldTypeFromName(QStringView name);

} // namespace castellan
