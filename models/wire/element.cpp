// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/element.h"

#include <QDomElement>
#include <QVarLengthArray>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

struct ConditionName
{
    FailureKind kind;
    QLatin1StringView name;
    QLatin1StringView type; ///< the error type RFC 6120 §8.3.3 recommends
};

constexpr std::array conditions {
    ConditionName { FailureKind::BadRequest, "bad-request"_L1, "modify"_L1 },
    ConditionName { FailureKind::Conflict, "conflict"_L1, "cancel"_L1 },
    ConditionName { FailureKind::FeatureNotImplemented, "feature-not-implemented"_L1, "cancel"_L1 },
    ConditionName { FailureKind::Forbidden, "forbidden"_L1, "auth"_L1 },
    ConditionName { FailureKind::InternalServerError, "internal-server-error"_L1, "cancel"_L1 },
    ConditionName { FailureKind::ItemNotFound, "item-not-found"_L1, "cancel"_L1 },
    ConditionName { FailureKind::JidMalformed, "jid-malformed"_L1, "modify"_L1 },
    ConditionName { FailureKind::NotAllowed, "not-allowed"_L1, "cancel"_L1 },
    ConditionName { FailureKind::PolicyViolation, "policy-violation"_L1, "modify"_L1 },
    ConditionName { FailureKind::RecipientUnavailable, "recipient-unavailable"_L1, "wait"_L1 },
    ConditionName { FailureKind::RemoteServerNotFound, "remote-server-not-found"_L1, "cancel"_L1 },
    ConditionName { FailureKind::ResourceConstraint, "resource-constraint"_L1, "wait"_L1 },
    ConditionName { FailureKind::ServiceUnavailable, "service-unavailable"_L1, "cancel"_L1 },
    ConditionName { FailureKind::Timeout, "remote-server-timeout"_L1, "wait"_L1 },
};

std::unexpected<Failure> malformed(const QXmlStreamReader &reader)
{
    return fail(FailureKind::BadRequest,
                u"The XML is malformed at line %1, column %2: %3"_s.arg(reader.lineNumber())
                    .arg(reader.columnNumber())
                    .arg(reader.errorString()));
}

Element answer(const Element &request, const QString &type)
{
    QString id;
    QString from;
    QString to;
    for (const Element::Attribute &attribute : request.attributes) {
        if (attribute.name == "id"_L1)
            id = attribute.value;
        else if (attribute.name == "from"_L1)
            to = attribute.value;
        else if (attribute.name == "to"_L1)
            from = attribute.value;
    }
    Element result { .name = request.name };
    result.attributes.reserve(4);
    result.attributes.append({ u"type"_s, type });
    const auto put = [&](const QString &name, const QString &value) {
        if (!value.isNull())
            result.attributes.append({ name, value });
    };
    put(u"id"_s, id);
    put(u"from"_s, from);
    put(u"to"_s, to);
    return result;
}

/// Prefixes mean nothing without their declarations, which an Element does not keep.
bool isOwnAttribute(QStringView name)
{
    return !name.contains(u':') || name.startsWith("xml:"_L1);
}

Element fromDomBelow(const QDomElement &dom, int levels)
{
    Element element;
    // Parsed with namespaces, a DOM element has a local name; made by hand, only a tag name.
    element.name = dom.localName().isEmpty() ? dom.tagName() : dom.localName();
    element.xmlns = dom.namespaceURI();
    const QDomNamedNodeMap attributes = dom.attributes();
    for (int i = 0; i < attributes.count(); ++i) {
        const QDomAttr attribute = attributes.item(i).toAttr();
        QString name = attribute.name();
        if (!attribute.prefix().isEmpty() && !name.contains(u':')) // as it is when parsed with namespaces
            name.prepend(attribute.prefix() + u':');
        if (name == "xmlns"_L1) {
            if (element.xmlns.isEmpty())
                element.xmlns = attribute.value();
        } else if (isOwnAttribute(name)) {
            element.attributes.append({ name, attribute.value() });
        }
    }
    for (QDomNode node = dom.firstChild(); !node.isNull(); node = node.nextSibling()) {
        if (node.isElement() && levels > 1)
            element.children.append(fromDomBelow(node.toElement(), levels - 1));
        else if (node.isText()) // CDATA sections are text as well
            element.text += node.nodeValue();
    }
    return element;
}

/// Carriage returns in text must be written as references, or whoever reads them finds line feeds.
void writeText(QXmlStreamWriter &writer, QStringView text)
{
    for (qsizetype at = text.indexOf(u'\r'); at >= 0; at = text.indexOf(u'\r')) {
        writer.writeCharacters(text.first(at));
        writer.writeEntityReference(u"#13"_s);
        text = text.sliced(at + 1);
    }
    writer.writeCharacters(text);
}

/// A stanza on its way out: short ones need no memory of their own until they are complete.
using Buffer = QVarLengthArray<char, 1024>;

void append(Buffer &xml, QByteArrayView bytes)
{
    xml.append(bytes.data(), bytes.size());
}

/// Appends one character as UTF-8, or nothing if XML does not have it.
void appendWide(Buffer &xml, char32_t c)
{
    if (QChar::isSurrogate(c) || c == 0xfffe || c == 0xffff)
        return;
    if (c < 0x800) {
        xml.append(char(0xc0 | (c >> 6)));
    } else {
        if (c < 0x10000) {
            xml.append(char(0xe0 | (c >> 12)));
        } else {
            xml.append(char(0xf0 | (c >> 18)));
            xml.append(char(0x80 | ((c >> 12) & 0x3f)));
        }
        xml.append(char(0x80 | ((c >> 6) & 0x3f)));
    }
    xml.append(char(0x80 | (c & 0x3f)));
}

/// The characters that stand for something else or would not come back (XML 1.0 §2.11, §3.3.3), and those
/// that XML does not have.
constexpr auto isSpecial = [] {
    std::array<bool, 0x80> special {};
    std::fill_n(special.begin(), 0x20, true);
    for (const char c : { '<', '>', '&', '"' })
        special[size_t(c)] = true;
    return special;
}();

void appendSpecial(Buffer &xml, QStringView text, bool attribute)
{
    for (auto at = text.begin(); at != text.end();) {
        const QChar unit = *at++;
        char32_t c = unit.unicode();
        if (unit.isHighSurrogate() && at != text.end() && at->isLowSurrogate())
            c = QChar::surrogateToUcs4(unit, *at++);
        if (c >= 0x80)
            appendWide(xml, c);
        else if (!isSpecial[c])
            xml.append(char(c));
        else if (c == '<')
            append(xml, "&lt;");
        else if (c == '>')
            append(xml, "&gt;");
        else if (c == '&')
            append(xml, "&amp;");
        else if (c == '"')
            append(xml, "&quot;");
        else if (c == '\r')
            append(xml, "&#13;");
        else if (c == '\n' || c == '\t')
            attribute ? append(xml, c == '\n' ? "&#10;" : "&#9;") : xml.append(char(c));
    }
}

void appendEscaped(Buffer &xml, QStringView text, bool attribute)
{
    const qsizetype before = xml.size();
    xml.resize(before + text.size());
    char *out = xml.data() + before;
    bool isPlain = true;
    for (const QChar c : text) { // to its end, because nearly all text is plain
        isPlain &= c.unicode() < 0x80 && !isSpecial[c.unicode() & 0x7f];
        *out++ = char(c.unicode());
    }
    if (isPlain)
        return;
    xml.resize(before);
    appendSpecial(xml, text, attribute);
}

void append(Buffer &xml, const Element &element, const QString &inherited)
{
    xml.append('<');
    appendEscaped(xml, element.name, false);
    const auto put = [&xml](QStringView name, QStringView value) {
        xml.append(' ');
        appendEscaped(xml, name, false);
        append(xml, "=\"");
        appendEscaped(xml, value, true);
        xml.append('"');
    };
    const QString &current = element.xmlns.isEmpty() ? inherited : element.xmlns;
    if (current != inherited)
        put(u"xmlns", current);
    for (const Element::Attribute &attribute : element.attributes)
        put(attribute.name, attribute.value);
    if (element.text.isEmpty() && element.children.isEmpty())
        return append(xml, "/>");
    xml.append('>');
    appendEscaped(xml, element.text, false);
    for (const Element &child : element.children)
        append(xml, child, current);
    append(xml, "</");
    appendEscaped(xml, element.name, false);
    xml.append('>');
}

} // namespace

Element Element::fromDom(const QDomElement &dom)
{
    return fromDomBelow(dom, maxDepth);
}

Result<Element> Element::fromReader(QXmlStreamReader &reader)
{
    Element root;
    QList<Element *> open;
    do {
        if (reader.isStartElement()) {
            if (open.size() >= maxDepth)
                return fail(FailureKind::PolicyViolation,
                            u"The XML is nested deeper than the %1 levels allowed."_s.arg(maxDepth));
            Element *element = open.isEmpty() ? &root : &open.last()->children.emplaceBack();
            element->name = reader.name().toString();
            element->xmlns = reader.namespaceUri().toString();
            const QXmlStreamAttributes attributes = reader.attributes();
            for (const QXmlStreamAttribute &attribute : attributes) {
                if (isOwnAttribute(attribute.qualifiedName()))
                    element->attributes.append(
                        { attribute.qualifiedName().toString(), attribute.value().toString() });
            }
            open.append(element);
        } else if (reader.isCharacters()) {
            open.last()->text += reader.text();
        } else if (reader.isEntityReference()) {
            return fail(FailureKind::BadRequest,
                        u"The XML has the entity %1, which is not known."_s.arg(reader.name()));
        } else if (reader.isEndElement()) {
            open.removeLast();
            if (open.isEmpty())
                return root;
        }
        reader.readNext();
    } while (!reader.hasError());
    return malformed(reader);
}

Result<Element> Element::fromXml(const QByteArray &xml)
{
    QXmlStreamReader reader(xml);
    while (!reader.atEnd() && !reader.isStartElement()) {
        reader.readNext();
        if (reader.isDTD()) // Entities can make a small document large, or read files.
            return fail(FailureKind::BadRequest, u"The XML has a document type, which is not allowed."_s);
    }
    Result<Element> root = fromReader(reader);
    while (root && !reader.atEnd())
        reader.readNext();
    if (root && reader.hasError())
        return malformed(reader);
    return root;
}

QString Element::attribute(QLatin1StringView name) const
{
    const auto found = std::ranges::find(attributes, name, &Attribute::name);
    return found == attributes.end() ? QString() : found->value;
}

bool Element::hasAttribute(QLatin1StringView name) const
{
    return std::ranges::find(attributes, name, &Attribute::name) != attributes.end();
}

void Element::setAttribute(QLatin1StringView name, const QString &value)
{
    const auto found = std::ranges::find(attributes, name, &Attribute::name);
    if (found == attributes.end())
        attributes.append({ name, value });
    else
        found->value = value;
}

const Element *Element::child(QLatin1StringView name, QLatin1StringView xmlns) const
{
    const auto found = std::ranges::find_if(children, [&](const Element &child) {
        return child.name == name && child.xmlns == xmlns;
    });
    return found == children.end() ? nullptr : &*found;
}

void Element::write(QXmlStreamWriter &writer, const QString &inherited) const
{
    writer.writeStartElement(name);
    // A stanza without a namespace takes that of the stream it is written to.
    const QString &current = xmlns.isEmpty() ? inherited : xmlns;
    if (current != inherited)
        writer.writeDefaultNamespace(current);
    for (const Attribute &attribute : attributes)
        writer.writeAttribute(attribute.name, attribute.value);
    if (!text.isEmpty())
        writeText(writer, text);
    for (const Element &child : children)
        child.write(writer, current);
    writer.writeEndElement();
}

QByteArray Element::toXml() const
{
    // Not through QXmlStreamWriter, which takes longer over an answer than deciding it.
    Buffer xml;
    append(xml, *this, {});
    return QByteArray(xml.constData(), xml.size());
}

Element iqResult(const Element &request, const Element &payload)
{
    Element result = answer(request, u"result"_s);
    if (!payload.name.isEmpty())
        result.children.append(payload);
    return result;
}

Element iqError(const Element &request, const Failure &failure, const Element &applicationCondition)
{
    const auto condition = std::ranges::find(conditions, failure.kind, &ConditionName::kind);
    Element error { .name = u"error"_s };
    error.setAttribute("type"_L1, condition->type);
    error.children.append({ .name = condition->name, .xmlns = nsStanzas });
    if (!failure.text.isEmpty()) {
        Element text { .name = u"text"_s, .xmlns = nsStanzas, .text = failure.text };
        text.setAttribute("xml:lang"_L1, u"en"_s);
        error.children.append(text);
    }
    if (!applicationCondition.name.isEmpty())
        error.children.append(applicationCondition);

    Element result = answer(request, u"error"_s);
    result.children.append(error);
    return result;
}

Failure failureFromError(const Element &stanza)
{
    Failure failure { FailureKind::InternalServerError, {} };
    for (const Element &child : stanza.children) {
        if (child.name != "error"_L1)
            continue;
        for (const Element &detail : child.children) {
            if (detail.xmlns != nsStanzas)
                continue;
            const auto condition = std::ranges::find(conditions, detail.name, &ConditionName::name);
            if (condition != conditions.end())
                failure.kind = condition->kind;
            else if (detail.name == "text"_L1)
                failure.text = detail.text;
        }
    }
    return failure;
}

} // namespace castellan::wire
