// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/elementreader.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>

/// What the payloads of the administration interface are written with. Attributes that say nothing are left
/// out: reading supplies them.
namespace castellan::wire {

inline Element adminElement(QLatin1StringView name)
{
    return { .name = name, .xmlns = nsAdmin };
}

inline void put(Element &element, QLatin1StringView name, const QString &value)
{
    if (!value.isEmpty())
        element.setAttribute(name, value);
}

inline void put(Element &element, QLatin1StringView name, const QDateTime &value)
{
    if (value.isValid())
        element.setAttribute(name, value.toUTC().toString(Qt::ISODateWithMs));
}

inline void putTrue(Element &element, QLatin1StringView name, bool value)
{
    if (value)
        element.setAttribute(name, QStringLiteral("true"));
}

inline void putNumber(Element &element, QLatin1StringView name, qint64 value)
{
    element.setAttribute(name, QString::number(value));
}

inline void putDecimal(Element &element, QLatin1StringView name, double value)
{
    element.setAttribute(name, QString::number(value, 'g', QLocale::FloatingPointShortest));
}

template<typename Enum, size_t Size>
void putName(Element &element, QLatin1StringView name, const Names<Enum, Size> &names, Enum value)
{
    element.setAttribute(name,
                         std::ranges::find(names, value, &std::pair<Enum, QLatin1StringView>::first)->second);
}

} // namespace castellan::wire
