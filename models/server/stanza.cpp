// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/stanza.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

static void strip(wire::Element &element, const QString &xmlns)
{
    if (element.xmlns == xmlns)
        element.xmlns.clear();
    for (wire::Element &child : element.children)
        strip(child, xmlns);
}

wire::Element withoutStreamNamespace(wire::Element stanza)
{
    if (!stanza.xmlns.isEmpty())
        strip(stanza, QString(stanza.xmlns));
    return stanza;
}

wire::Element stanza(const QString &name, const QString &type, const QString &from, const QString &to,
                     const QString &id)
{
    wire::Element element { .name = name };
    const std::pair<QLatin1StringView, QString> attributes[] = {
        { "type"_L1, type }, { "from"_L1, from }, { "to"_L1, to }, { "id"_L1, id }
    };
    for (const auto &[name, value] : attributes) {
        if (!value.isEmpty())
            element.setAttribute(name, value);
    }
    return element;
}

RawStanza::RawStanza(const wire::Element &element)
    : m_element(element)
{
    setTo(element.attribute("to"_L1));
}

void RawStanza::toXml(QXmlStreamWriter *writer) const
{
    m_element.write(*writer);
}

} // namespace castellan::server
