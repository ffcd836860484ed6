// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/sensordata.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

using wire::Element;

/// The typed elements of XEP-0323 and XEP-0325 that carry a value.
constexpr std::array valueElements {
    "boolean"_L1, "color"_L1, "date"_L1, "dateTime"_L1, "double"_L1, "duration"_L1,
    "enum"_L1,    "int"_L1,   "long"_L1, "numeric"_L1,  "string"_L1, "time"_L1,
};

bool isValueElement(const QString &name)
{
    return std::ranges::find(valueElements, name) != valueElements.end();
}

bool isTrue(const QString &text)
{
    return text == "true"_L1 || text == "1"_L1;
}

std::unexpected<Failure> malformed(const Element &element, const QString &what)
{
    return fail(FailureKind::BadRequest, u"<%1/> %2"_s.arg(element.name, what));
}

Result<int> readSequence(const Element &element)
{
    bool ok = false;
    const int sequence = element.attribute("seqnr"_L1).toInt(&ok);
    if (!ok)
        return malformed(element, u"needs a number as seqnr"_s);
    return sequence;
}

Result<NodeRef> readNode(const Element &element)
{
    if (!element.hasAttribute("nodeId"_L1))
        return malformed(element, u"needs a nodeId"_s);
    return NodeRef { element.attribute("nodeId"_L1), element.attribute("sourceId"_L1),
                     element.attribute("cacheType"_L1) };
}

Element writeNode(const NodeRef &node, QLatin1StringView xmlns)
{
    Element element { .name = u"node"_s, .xmlns = xmlns };
    element.setAttribute("nodeId"_L1, node.nodeId);
    if (!node.sourceId.isEmpty())
        element.setAttribute("sourceId"_L1, node.sourceId);
    if (!node.cacheType.isEmpty())
        element.setAttribute("cacheType"_L1, node.cacheType);
    return element;
}

Result<QString> readName(const Element &element)
{
    const QString name = element.attribute("name"_L1);
    if (name.isEmpty())
        return malformed(element, u"needs a name"_s);
    return name;
}

Element writeNamed(QLatin1StringView element, QLatin1StringView xmlns, const QString &name)
{
    Element result { .name = element, .xmlns = xmlns };
    result.setAttribute("name"_L1, name);
    return result;
}

constexpr struct
{
    QLatin1StringView attribute;
    QStringList wire::Tokens::*list;
} tokenLists[] = {
    { "serviceToken"_L1, &wire::Tokens::service },
    { "userToken"_L1, &wire::Tokens::user },
    { "deviceToken"_L1, &wire::Tokens::device },
};

wire::Tokens readTokens(const Element &element)
{
    wire::Tokens tokens;
    for (const auto &[attribute, list] : tokenLists)
        tokens.*list = element.attribute(attribute).split(u' ', Qt::SkipEmptyParts);
    return tokens;
}

void writeTokens(Element &element, const wire::Tokens &tokens)
{
    for (const auto &[attribute, list] : tokenLists) {
        if (!(tokens.*list).isEmpty())
            element.setAttribute(attribute, (tokens.*list).join(u' '));
    }
}

} // namespace

Result<ReadRequest> readReadRequest(const Element &element)
{
    ReadRequest request;
    const auto sequence = readSequence(element);
    if (!sequence)
        return std::unexpected(sequence.error());
    request.sequence = *sequence;

    FieldTypes types;
    for (const auto &[type, name] : fieldTypeNames) {
        request.typesWritten |= element.hasAttribute(name);
        types.setFlag(type, isTrue(element.attribute(name)));
    }
    request.typesWritten |= element.hasAttribute("all"_L1) || element.hasAttribute("historical"_L1);
    if (isTrue(element.attribute("historical"_L1)))
        types |= historicalFieldTypes;
    if (isTrue(element.attribute("all"_L1)))
        types = allFieldTypes;
    if (request.typesWritten)
        request.types = types;

    for (const Element &child : element.children) {
        if (child.name == "node"_L1) {
            const auto node = readNode(child);
            if (!node)
                return std::unexpected(node.error());
            request.nodes.append(*node);
        } else if (child.name == "field"_L1) {
            const auto name = readName(child);
            if (!name)
                return std::unexpected(name.error());
            request.fields.append(*name);
        } else {
            return malformed(element, u"cannot hold a <%1/>"_s.arg(child.name));
        }
    }
    request.tokens = readTokens(element);
    return request;
}

Element write(const ReadRequest &request)
{
    Element element { .name = u"req"_s, .xmlns = nsSensorData };
    element.setAttribute("seqnr"_L1, QString::number(request.sequence));
    if (request.typesWritten && request.types == allFieldTypes) {
        element.setAttribute("all"_L1, u"true"_s);
    } else if (request.typesWritten && !request.types) {
        element.setAttribute("momentary"_L1, u"false"_s); // none; no attribute at all would mean all types
    } else if (request.typesWritten) {
        for (const auto &[type, name] : fieldTypeNames) {
            if (request.types.testFlag(type))
                element.setAttribute(name, u"true"_s);
        }
    }
    writeTokens(element, request.tokens);
    for (const NodeRef &node : request.nodes)
        element.children.append(writeNode(node, nsSensorData));
    for (const QString &field : request.fields)
        element.children.append(writeNamed("field"_L1, nsSensorData, field));
    return element;
}

Result<FieldValues> readFieldValues(const Element &element)
{
    FieldValues result;
    const auto sequence = readSequence(element);
    if (!sequence)
        return std::unexpected(sequence.error());
    result.sequence = *sequence;
    result.done = isTrue(element.attribute("done"_L1));
    for (const Element &nodeElement : element.children) {
        const auto node = readNode(nodeElement);
        if (!node)
            return std::unexpected(node.error());
        for (const Element &timestamp : nodeElement.children) {
            const auto at = QDateTime::fromString(timestamp.attribute("value"_L1), Qt::ISODateWithMs).toUTC();
            for (const Element &value : timestamp.children) {
                if (!isValueElement(value.name))
                    return malformed(timestamp, u"cannot hold a <%1/>"_s.arg(value.name));
                const auto name = readName(value);
                if (!name)
                    return std::unexpected(name.error());
                const auto type = std::ranges::find_if(fieldTypeNames,
                                                       [&value](const FieldTypeName &candidate) {
                                                           return isTrue(value.attribute(candidate.name));
                                                       });
                result.values.append({
                    .node = *node,
                    .name = *name,
                    .type = type == fieldTypeNames.end() ? FieldType::Momentary : type->type,
                    .at = at,
                    .value = value.attribute("value"_L1),
                    .unit = value.attribute("unit"_L1),
                    .writable = isTrue(value.attribute("writable"_L1)),
                });
            }
        }
    }
    return result;
}

Element write(const FieldValues &values)
{
    Element element { .name = u"fields"_s, .xmlns = nsSensorData };
    element.setAttribute("seqnr"_L1, QString::number(values.sequence));
    if (values.done)
        element.setAttribute("done"_L1, u"true"_s);

    // Neighbours of the same node and time share their elements.
    const FieldValue *last = nullptr;
    for (const FieldValue &value : values.values) {
        if (!last || last->node != value.node)
            element.children.append(writeNode(value.node, nsSensorData));
        Element &node = element.children.last();
        if (node.children.isEmpty() || last->at != value.at) {
            Element timestamp { .name = u"timestamp"_s, .xmlns = nsSensorData };
            timestamp.setAttribute("value"_L1, value.at.toUTC().toString(Qt::ISODate));
            node.children.append(timestamp);
        }
        const bool number = !value.unit.isEmpty();
        Element field = writeNamed(number ? "numeric"_L1 : "string"_L1, nsSensorData, value.name);
        for (const auto &[type, name] : fieldTypeNames) {
            if (type == value.type)
                field.setAttribute(name, u"true"_s);
        }
        field.setAttribute("automaticReadout"_L1, u"true"_s);
        if (value.writable)
            field.setAttribute("writable"_L1, u"true"_s);
        field.setAttribute("value"_L1, value.value);
        if (number)
            field.setAttribute("unit"_L1, value.unit);
        node.children.last().children.append(field);
        last = &value;
    }
    return element;
}

Result<ControlRequest> readControlRequest(const Element &element)
{
    ControlRequest request;
    request.tokens = readTokens(element);
    for (const Element &child : element.children) {
        if (child.name == "node"_L1) {
            const auto node = readNode(child);
            if (!node)
                return std::unexpected(node.error());
            request.nodes.append(*node);
        } else if (child.name == "x"_L1 && child.xmlns == nsDataForms) {
            for (const Element &field : child.children) {
                const QString name = field.attribute("var"_L1);
                if (field.name != "field"_L1 || field.attribute("type"_L1) == "hidden"_L1)
                    continue; // titles, and what the form carries for its own sake
                if (name.isEmpty())
                    return malformed(field, u"needs a var"_s);
                const Element *value = field.child("value"_L1, nsDataForms);
                request.parameters.append({ name, u"string"_s, value ? value->text : QString() });
            }
        } else if (isValueElement(child.name)) {
            const auto name = readName(child);
            if (!name)
                return std::unexpected(name.error());
            request.parameters.append({ *name, child.name, child.attribute("value"_L1) });
        } else {
            return malformed(element, u"cannot hold a <%1/>"_s.arg(child.name));
        }
    }
    if (request.parameters.isEmpty())
        return malformed(element, u"sets no parameter"_s);
    return request;
}

Element write(const ControlRequest &request)
{
    Element element { .name = u"set"_s, .xmlns = nsControl };
    writeTokens(element, request.tokens);
    for (const NodeRef &node : request.nodes)
        element.children.append(writeNode(node, nsControl));
    for (const ParameterValue &parameter : request.parameters) {
        Element child { .name = parameter.type, .xmlns = nsControl };
        child.setAttribute("name"_L1, parameter.name);
        child.setAttribute("value"_L1, parameter.value);
        element.children.append(child);
    }
    return element;
}

Result<ControlResponse> readControlResponse(const Element &element)
{
    ControlResponse response;
    for (const Element &child : element.children) {
        if (child.name == "node"_L1) {
            const auto node = readNode(child);
            if (!node)
                return std::unexpected(node.error());
            response.nodes.append(*node);
        } else {
            const auto name = readName(child);
            if (!name)
                return std::unexpected(name.error());
            response.parameters.append(*name);
        }
    }
    return response;
}

Element write(const ControlResponse &response)
{
    Element element { .name = u"setResponse"_s, .xmlns = nsControl };
    for (const NodeRef &node : response.nodes)
        element.children.append(writeNode(node, nsControl));
    for (const QString &parameter : response.parameters)
        element.children.append(writeNamed("parameter"_L1, nsControl, parameter));
    return element;
}

Result<QList<NodeRef>> readFormRequest(const Element &element)
{
    QList<NodeRef> nodes;
    for (const Element &child : element.children) {
        if (child.name != "node"_L1)
            return malformed(element, u"cannot hold a <%1/>"_s.arg(child.name));
        const auto node = readNode(child);
        if (!node)
            return std::unexpected(node.error());
        nodes.append(*node);
    }
    return nodes;
}

} // namespace castellan::things
