// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/elementreader.h"

using namespace Qt::StringLiterals;

namespace castellan::wire {

QString ElementReader::required(QLatin1StringView name)
{
    m_known.append(name);
    const QString value = m_element.attribute(name);
    if (value.isEmpty())
        badRequest(u"<%1/> needs the attribute %2."_s.arg(m_element.name, name));
    return value;
}

QString ElementReader::optional(QLatin1StringView name)
{
    m_known.append(name);
    return m_element.attribute(name);
}

bool ElementReader::boolean(QLatin1StringView name)
{
    m_known.append(name);
    if (!m_element.hasAttribute(name))
        return false;
    const QString value = m_element.attribute(name).trimmed();
    if (value == "true"_L1 || value == "1"_L1)
        return true;
    if (value != "false"_L1 && value != "0"_L1)
        badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be true or false."_s.arg(
            name, m_element.name, value));
    return false;
}

bool ElementReader::requiredBoolean(QLatin1StringView name)
{
    static_cast<void>(required(name));
    return boolean(name);
}

qint64 ElementReader::number(QLatin1StringView name, qint64 fallback)
{
    m_known.append(name);
    if (!m_element.hasAttribute(name))
        return fallback;
    bool ok = false;
    const QString value = m_element.attribute(name);
    const qint64 result = value.toLongLong(&ok);
    if (!ok || result < 0)
        badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be a whole number."_s.arg(
            name, m_element.name, value));
    return result;
}

QDateTime ElementReader::dateTime(QLatin1StringView name)
{
    m_known.append(name);
    if (!m_element.hasAttribute(name))
        return {};
    const QString value = m_element.attribute(name);
    const QDateTime result = QDateTime::fromString(value, Qt::ISODateWithMs);
    if (!result.isValid())
        badRequest(
            u"The attribute %1 of <%2/> is \"%3\" and should be a date and time such as 2026-01-31T12:00:00Z."_s
                .arg(name, m_element.name, value));
    return result.toUTC();
}

void ElementReader::children(const std::function<bool(ElementReader &)> &take)
{
    m_childrenRead = true;
    for (const Element &child : m_element.children) {
        if (child.xmlns != m_element.xmlns)
            continue;
        ElementReader reader(child);
        if (!take(reader))
            badRequest(u"<%1/> has no child <%2/>."_s.arg(m_element.name, child.name));
        if (const std::optional<Failure> fault = reader.finish())
            complain(*fault);
        if (failed())
            return;
    }
}

void ElementReader::complain(const Failure &failure)
{
    if (!m_failure)
        m_failure = failure;
}

std::optional<Failure> ElementReader::finish()
{
    for (const Element::Attribute &attribute : m_element.attributes) {
        if (!attribute.name.contains(u':') && !m_known.contains(attribute.name))
            badRequest(u"<%1/> has no attribute %2."_s.arg(m_element.name, attribute.name));
    }
    if (!m_childrenRead)
        children([](ElementReader &) { return false; });
    return m_failure;
}

} // namespace castellan::wire
