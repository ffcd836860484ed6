// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/element.h"

#include "fuzz.h"

#include <QDomDocument>

#include <algorithm>

using namespace castellan;
using namespace castellan::wire;

/// Whole documents: what the console keeps, and what QXmpp hands over as a DOM.
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray xml = bytesOf(data, size);
    QDomDocument document;
    if (document.setContent(xml, QDomDocument::ParseOption::UseNamespaceProcessing)) {
        const Element element = Element::fromDom(document.documentElement());
        static_cast<void>(element.toXml());
        static_cast<void>(failureFromError(element));
    }
    const Result<Element> read = Element::fromXml(xml);
    // QXmlStreamReader lets control characters into names; nothing writes those. And the namespace of
    // <xml:…/>, which nobody uses, must not be declared.
    const bool control = std::ranges::any_of(xml, [](char c) {
        return quint8(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    });
    if (!read || control || xml.contains("<xml:"))
        return 0;
    const Result<Element> again = Element::fromXml(read->toXml());
    require(again.has_value(), "what is written can be read");
    const Result<Element> third = Element::fromXml(again->toXml());
    require(third == again, "what is read again is the same"); // with inherited namespaces
    return 0;
}
