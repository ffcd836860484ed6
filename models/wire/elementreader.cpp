// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/elementreader.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

qint64 ElementReader::number(QLatin1StringView name)
{
    return numberUpTo(name, std::numeric_limits<qint64>::max());
}

qint64 ElementReader::requiredNumber(QLatin1StringView name)
{
    static_cast<void>(required(name));
    return number(name);
}

int ElementReader::requiredCount(QLatin1StringView name)
{
    static_cast<void>(required(name));
    return int(numberUpTo(name, std::numeric_limits<int>::max()));
}

qint64 ElementReader::numberUpTo(QLatin1StringView name, qint64 most)
{
    m_known.append(name);
    if (!m_element.hasAttribute(name))
        return 0;
    bool ok = false;
    const QString value = m_element.attribute(name);
    const qint64 result = value.toLongLong(&ok);
    if (ok && result >= 0 && result <= most)
        return result;
    badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be a whole number up to %4."_s.arg(
        name, m_element.name, value, QString::number(most)));
    return 0;
}

double ElementReader::requiredDecimal(QLatin1StringView name)
{
    const QString value = required(name);
    bool ok = false;
    const double number = value.toDouble(&ok);
    if (ok && std::isfinite(number))
        return number;
    badRequest(
        u"The attribute %1 of <%2/> is \"%3\" and should be a number."_s.arg(name, m_element.name, value));
    return 0;
}

QDateTime ElementReader::dateTime(QLatin1StringView name)
{
    m_known.append(name);
    if (!m_element.hasAttribute(name))
        return {};
    const QString value = m_element.attribute(name);
    const QDateTime result = QDateTime::fromString(value.trimmed(), Qt::ISODateWithMs);
    // Whose local time would it be?
    if (result.isValid() && result.timeSpec() != Qt::LocalTime)
        return result.toUTC();
    badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be a date and time with a zone, such as "
               u"2026-01-31T12:00:00Z."_s.arg(name, m_element.name, value));
    return {};
}

void ElementReader::notOneOf(QLatin1StringView name, const QString &value, const QStringList &known)
{
    badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be one of: %4."_s.arg(
        name, m_element.name, value, known.join(u", "_s)));
}

void ElementReader::once(bool &seen)
{
    if (std::exchange(seen, true))
        badRequest(u"<%1/> is there more than once."_s.arg(m_element.name));
}

QString ElementReader::requiredText()
{
    m_textRead = true;
    if (m_element.text.isEmpty())
        badRequest(u"<%1/> must not be empty."_s.arg(m_element.name));
    return m_element.text;
}

QByteArray ElementReader::requiredBytes(qsizetype most)
{
    return fromBase64(requiredText(), most);
}

QByteArray ElementReader::requiredBytes(QLatin1StringView name, qsizetype most)
{
    return fromBase64(required(name), most);
}

QByteArray ElementReader::fromBase64(const QString &text, qsizetype most)
{
    const qsizetype mostWritten = (most + 2) / 3 * 4;
    QByteArray written;
    for (const QChar c : text) {
        if (c == u' ' || c == u'\t' || c == u'\n' || c == u'\r')
            continue;
        written.append(c.unicode() < 0x80 ? char(c.unicode()) : '?');
        if (written.size() > mostWritten)
            break;
    }
    QByteArray bytes = QByteArray::fromBase64(written);
    // The decoder passes over what it does not know; the encoder does not write it.
    if (!bytes.isEmpty() && bytes.size() <= most && bytes.toBase64() == written)
        return bytes;
    badRequest(u"<%1/> should have base64 of 1 to %2 bytes."_s.arg(m_element.name, QString::number(most)));
    return {};
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
    if (!m_textRead && !std::ranges::all_of(m_element.text, [](QChar c) { return c.isSpace(); }))
        badRequest(u"<%1/> contains the text \"%2\" and should contain none."_s.arg(
            m_element.name, m_element.text.first(std::min<qsizetype>(m_element.text.size(), 100))));
    if (!m_childrenRead)
        children([](ElementReader &) { return false; });
    return m_failure;
}

} // namespace castellan::wire
