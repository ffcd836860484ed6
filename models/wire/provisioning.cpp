// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/provisioning.h"

#include "wire/elementreader.h"

#include <QSet>

#include <set>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

/// Reads the attributes and children that several payloads share.
class Reader : public ElementReader
{
public:
    using ElementReader::ElementReader;

    [[nodiscard]] Jid jid()
    {
        const QString text = required("jid"_L1);
        if (failed())
            return {};
        const Result<Jid> parsed = Jid::parse(text);
        if (!parsed) {
            complain(parsed.error());
            return {};
        }
        return parsed->toBare(); // statement 1: the resource is ignored
    }

    [[nodiscard]] Tokens tokens()
    {
        // Tokens contain no white space of any kind (statement 21).
        const auto split = [](const QString &text) {
            return text.simplified().split(u' ', Qt::SkipEmptyParts);
        };
        return { split(optional("serviceToken"_L1)), split(optional("userToken"_L1)),
                 split(optional("deviceToken"_L1)) };
    }

    /// The field types asked about, `all` and `historical` expanded; \a written: whether any attribute was
    /// there.
    [[nodiscard]] FieldTypes types(bool *written = nullptr)
    {
        FieldTypes types;
        bool any = false;
        const auto take = [&](QLatin1StringView name, FieldTypes meant) {
            any = any || element().hasAttribute(name);
            if (boolean(name))
                types |= meant;
        };
        for (const auto &[type, name] : fieldTypeNames)
            take(name, type);
        take("historical"_L1, historicalFieldTypes);
        take("all"_L1, allFieldTypes);
        if (written)
            *written = any;
        return types;
    }

    /// Reads the children: `node` into \a nodes, those called \a nameElement into \a names.
    void nodesAndNames(QList<NodeRef> &nodes, QLatin1StringView nameElement, QStringList &names)
    {
        // Asked twice is asked once: answers list each node and each name once.
        std::set<NodeRef> seenNodes;
        QSet<QString> seenNames;
        children([&](ElementReader &child) {
            const QString &kind = child.element().name;
            if (kind == "node"_L1) {
                const NodeRef node { child.required("nodeId"_L1), child.optional("sourceId"_L1),
                                     child.optional("cacheType"_L1) };
                if (seenNodes.insert(node).second)
                    nodes.append(node);
            } else if (kind == nameElement) {
                const QString name = child.required("name"_L1);
                if (!seenNames.contains(name)) {
                    seenNames.insert(name);
                    names.append(name);
                }
            } else {
                return false;
            }
            return true;
        });
    }
};

Element element(QLatin1StringView name)
{
    return { .name = name, .xmlns = nsProvisioning };
}

void setBoolean(Element &element, QLatin1StringView name, bool value)
{
    element.setAttribute(name, value ? "true"_L1 : "false"_L1);
}

void writeNodes(Element &parent, const QList<NodeRef> &nodes)
{
    for (const NodeRef &node : nodes) {
        Element child = element("node"_L1);
        child.setAttribute("nodeId"_L1, node.nodeId);
        if (!node.sourceId.isEmpty())
            child.setAttribute("sourceId"_L1, node.sourceId);
        if (!node.cacheType.isEmpty())
            child.setAttribute("cacheType"_L1, node.cacheType);
        parent.children.append(child);
    }
}

void writeNames(Element &parent, QLatin1StringView nameElement, const QStringList &names)
{
    for (const QString &name : names) {
        Element child = element(nameElement);
        child.setAttribute("name"_L1, name);
        parent.children.append(child);
    }
}

void writeTypes(Element &parent, FieldTypes types)
{
    // The shortest way to say it: as a client that asked for `all` or `historical` expects to read it.
    if (types == allFieldTypes) {
        setBoolean(parent, "all"_L1, true);
        return;
    }
    if ((types & historicalFieldTypes) == historicalFieldTypes) {
        setBoolean(parent, "historical"_L1, true);
        types &= ~historicalFieldTypes;
    }
    for (const auto &[type, name] : fieldTypeNames) {
        if (types.testFlag(type))
            setBoolean(parent, name, true);
    }
}

void writeTokens(Element &parent, const Tokens &tokens)
{
    const auto put = [&](QLatin1StringView name, const QStringList &values) {
        if (!values.isEmpty())
            parent.setAttribute(name, values.join(u' '));
    };
    put("serviceToken"_L1, tokens.service);
    put("userToken"_L1, tokens.user);
    put("deviceToken"_L1, tokens.device);
}

struct Writer
{
    static Element jidOnly(QLatin1StringView name, const Jid &jid)
    {
        Element result = element(name);
        result.setAttribute("jid"_L1, jid.bare());
        return result;
    }

    Element operator()(const IsFriend &p) const { return jidOnly("isFriend"_L1, p.jid); }
    Element operator()(const IsFriendResponse &p) const
    {
        Element result = jidOnly("isFriendResponse"_L1, p.jid);
        setBoolean(result, "result"_L1, p.result);
        if (p.secondaryTrustAllowed)
            setBoolean(result, "secondaryTrustAllowed"_L1, true);
        return result;
    }
    Element operator()(const CanRead &p) const
    {
        Element result = jidOnly("canRead"_L1, p.jid);
        writeTokens(result, p.tokens);
        if (p.typesWritten && !p.types)
            setBoolean(result, "momentary"_L1, false); // none; no attribute at all would mean all types
        else if (p.typesWritten)
            writeTypes(result, p.types);
        writeNodes(result, p.nodes);
        writeNames(result, "field"_L1, p.fields);
        return result;
    }
    Element operator()(const CanReadResponse &p) const
    {
        Element result = jidOnly("canReadResponse"_L1, p.jid);
        writeTypes(result, p.types);
        setBoolean(result, "result"_L1, p.result);
        writeNodes(result, p.nodes);
        writeNames(result, "field"_L1, p.fields);
        return result;
    }
    Element operator()(const CanControl &p) const
    {
        Element result = jidOnly("canControl"_L1, p.jid);
        writeTokens(result, p.tokens);
        writeNodes(result, p.nodes);
        writeNames(result, "parameter"_L1, p.parameters);
        return result;
    }
    Element operator()(const CanControlResponse &p) const
    {
        Element result = jidOnly("canControlResponse"_L1, p.jid);
        setBoolean(result, "result"_L1, p.result);
        writeNodes(result, p.nodes);
        writeNames(result, "parameter"_L1, p.parameters);
        return result;
    }
    Element operator()(const ClearCache &) const { return element("clearCache"_L1); }
    Element operator()(const ClearCacheResponse &) const { return element("clearCacheResponse"_L1); }
    Element operator()(const Unfriend &p) const { return jidOnly("unfriend"_L1, p.jid); }
    Element operator()(const Befriend &p) const { return jidOnly("friend"_L1, p.jid); }
};

} // namespace

Result<Provisioning> readProvisioning(const Element &payload)
{
    if (payload.xmlns != nsProvisioning)
        return fail(FailureKind::FeatureNotImplemented,
                    u"<%1/> of %2 is not understood here."_s.arg(payload.name, payload.xmlns));

    Reader reader(payload);
    Provisioning result;
    const QString &name = payload.name;
    if (name == "isFriend"_L1) {
        result = IsFriend { reader.jid() };
    } else if (name == "isFriendResponse"_L1) {
        result = IsFriendResponse { reader.jid(), reader.requiredBoolean("result"_L1),
                                    reader.boolean("secondaryTrustAllowed"_L1) };
    } else if (name == "canRead"_L1) {
        CanRead question { .jid = reader.jid() };
        question.types = reader.types(&question.typesWritten);
        question.tokens = reader.tokens();
        reader.nodesAndNames(question.nodes, "field"_L1, question.fields);
        result = question;
    } else if (name == "canReadResponse"_L1) {
        CanReadResponse answer { .jid = reader.jid(), .result = reader.requiredBoolean("result"_L1) };
        answer.types = reader.types();
        reader.nodesAndNames(answer.nodes, "field"_L1, answer.fields);
        result = answer;
    } else if (name == "canControl"_L1) {
        CanControl question { .jid = reader.jid() };
        question.tokens = reader.tokens();
        reader.nodesAndNames(question.nodes, "parameter"_L1, question.parameters);
        result = question;
    } else if (name == "canControlResponse"_L1) {
        CanControlResponse answer { .jid = reader.jid(), .result = reader.requiredBoolean("result"_L1) };
        reader.nodesAndNames(answer.nodes, "parameter"_L1, answer.parameters);
        result = answer;
    } else if (name == "clearCache"_L1) {
        result = ClearCache {};
    } else if (name == "clearCacheResponse"_L1) {
        result = ClearCacheResponse {};
    } else if (name == "unfriend"_L1) {
        result = Unfriend { reader.jid() };
    } else if (name == "friend"_L1) {
        result = Befriend { reader.jid() };
    } else {
        return fail(FailureKind::BadRequest, u"%1 has no element <%2/>."_s.arg(nsProvisioning, name));
    }
    if (const auto failure = reader.finish())
        return std::unexpected(*failure);
    return result;
}

Element write(const Provisioning &payload)
{
    return std::visit(Writer(), payload);
}

} // namespace castellan::wire
