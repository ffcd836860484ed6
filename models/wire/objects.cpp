// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/objects.h"

#include "wire/elementreader.h"

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

template<typename Enum>
struct EnumName
{
    Enum value;
    QLatin1StringView name;
};

constexpr std::array thingKinds {
    EnumName { ThingKind::Thing, "thing"_L1 },
    EnumName { ThingKind::Concentrator, "concentrator"_L1 },
    EnumName { ThingKind::Service, "service"_L1 },
    EnumName { ThingKind::User, "user"_L1 },
};
constexpr std::array friendshipStates {
    EnumName { Friendship::State::Accepted, "accepted"_L1 },
    EnumName { Friendship::State::Rejected, "rejected"_L1 },
};
constexpr std::array subjectKinds {
    EnumName { Subject::Kind::Everyone, "everyone"_L1 },       EnumName { Subject::Kind::Jid, "jid"_L1 },
    EnumName { Subject::Kind::Domain, "domain"_L1 },           EnumName { Subject::Kind::Role, "role"_L1 },
    EnumName { Subject::Kind::Certificate, "certificate"_L1 },
};
constexpr std::array targetKinds {
    EnumName { Target::Kind::Any, "any"_L1 },
    EnumName { Target::Kind::Device, "device"_L1 },
    EnumName { Target::Kind::Role, "role"_L1 },
};
constexpr std::array actions {
    EnumName { Action::Read, "read"_L1 },
    EnumName { Action::Control, "control"_L1 },
};
constexpr std::array effects {
    EnumName { Effect::Allow, "allow"_L1 },
    EnumName { Effect::Deny, "deny"_L1 },
};

template<typename Enum, size_t n>
QString nameOf(const std::array<EnumName<Enum>, n> &names, Enum value)
{
    return std::ranges::find(names, value, &EnumName<Enum>::value)->name;
}

template<typename Enum, size_t n>
Enum readEnum(ElementReader &reader, QLatin1StringView attribute, const std::array<EnumName<Enum>, n> &names)
{
    const QString text = reader.required(attribute);
    const auto found = std::ranges::find(names, text, &EnumName<Enum>::name);
    if (found != names.end())
        return found->value;
    QStringList allowed;
    for (const auto &name : names)
        allowed.append(name.name);
    reader.badRequest(u"The attribute %1 of <%2/> is \"%3\" and should be one of: %4."_s.arg(
        attribute, reader.element().name, text, allowed.join(u", "_s)));
    return names.front().value;
}

Element element(QLatin1StringView name)
{
    return { .name = name, .xmlns = nsAdmin };
}

void put(Element &element, QLatin1StringView name, const QString &value)
{
    if (!value.isEmpty())
        element.setAttribute(name, value);
}

void put(Element &element, QLatin1StringView name, bool value)
{
    if (value)
        element.setAttribute(name, u"true"_s);
}

void put(Element &element, QLatin1StringView name, const QDateTime &value)
{
    if (value.isValid())
        element.setAttribute(name, value.toUTC().toString(Qt::ISODateWithMs));
}

void putTexts(Element &parent, QLatin1StringView name, const QStringList &texts)
{
    for (const QString &text : texts) {
        Element child = element(name);
        child.text = text;
        parent.children.append(child);
    }
}

QStringList typeNames(FieldTypes types)
{
    QStringList names;
    for (const auto &[type, name] : fieldTypeNames) {
        if (types.testFlag(type))
            names.append(name);
    }
    return names;
}

FieldTypes readTypes(ElementReader &reader, QLatin1StringView attribute)
{
    FieldTypes types;
    const QStringList names = reader.optional(attribute).split(u' ', Qt::SkipEmptyParts);
    for (const QString &name : names) {
        if (const std::optional<FieldType> type = fieldTypeFromName(name))
            types |= *type;
        else
            reader.badRequest(u"\"%1\" is not a field type."_s.arg(name));
    }
    return types;
}

void putNodeRef(Element &element, const NodeRef &ref, QLatin1StringView prefix = {})
{
    const auto name = [&](QLatin1StringView plain) { return QString(prefix + plain).toLatin1(); };
    put(element, QLatin1StringView(name("node-id"_L1)), ref.nodeId);
    put(element, QLatin1StringView(name("source-id"_L1)), ref.sourceId);
    put(element, QLatin1StringView(name("cache-type"_L1)), ref.cacheType);
}

Element writeNode(const Node &node)
{
    Element result = element("node"_L1);
    putNodeRef(result, node.ref);
    putNodeRef(result, node.parent, "parent-"_L1);
    put(result, "name"_L1, node.name);
    for (const Field &field : node.fields) {
        Element child = element("field"_L1);
        child.setAttribute("name"_L1, field.name);
        child.setAttribute("types"_L1, typeNames(field.types).join(u' '));
        result.children.append(child);
    }
    for (const QString &parameter : node.parameters) {
        Element child = element("parameter"_L1);
        child.setAttribute("name"_L1, parameter);
        result.children.append(child);
    }
    return result;
}

Node readNode(ElementReader &reader)
{
    Node node;
    node.ref = { reader.optional("node-id"_L1), reader.optional("source-id"_L1),
                 reader.optional("cache-type"_L1) };
    node.parent = { reader.optional("parent-node-id"_L1), reader.optional("parent-source-id"_L1),
                    reader.optional("parent-cache-type"_L1) };
    node.name = reader.optional("name"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name == "field"_L1)
            node.fields.append({ child.required("name"_L1), readTypes(child, "types"_L1) });
        else if (child.element().name == "parameter"_L1)
            node.parameters.append(child.required("name"_L1));
        else
            return false;
        return true;
    });
    return node;
}

Element writeSubject(QLatin1StringView name, const Subject &subject)
{
    Element result = element(name);
    result.setAttribute("kind"_L1, nameOf(subjectKinds, subject.kind));
    put(result, "value"_L1, subject.value);
    put(result, "with-user"_L1, subject.withUser);
    put(result, "with-service"_L1, subject.withService);
    return result;
}

Subject readSubject(ElementReader &reader)
{
    return { readEnum(reader, "kind"_L1, subjectKinds), reader.optional("value"_L1),
             reader.optional("with-user"_L1), reader.optional("with-service"_L1) };
}

Element writeTarget(const Target &target)
{
    Element result = element("target"_L1);
    result.setAttribute("kind"_L1, nameOf(targetKinds, target.kind));
    put(result, "value"_L1, target.value);
    if (target.node) {
        Element node = element("node"_L1);
        // An attribute that is there and empty asks for an empty one; that is why these are written even so.
        const auto putIfSet = [&](QLatin1StringView name, const std::optional<QString> &value) {
            if (value)
                node.setAttribute(name, *value);
        };
        putIfSet("node-id"_L1, target.node->nodeId);
        putIfSet("source-id"_L1, target.node->sourceId);
        putIfSet("cache-type"_L1, target.node->cacheType);
        put(node, "and-below"_L1, target.node->andBelow);
        result.children.append(node);
    }
    return result;
}

Target readTarget(ElementReader &reader)
{
    Target target { readEnum(reader, "kind"_L1, targetKinds), reader.optional("value"_L1), {} };
    reader.children([&](ElementReader &child) {
        if (child.element().name != "node"_L1)
            return false;
        const auto optional = [&](QLatin1StringView name) {
            const QString value = child.optional(name);
            return child.element().hasAttribute(name) ? std::optional(value) : std::nullopt;
        };
        target.node = NodePattern { optional("node-id"_L1), optional("source-id"_L1),
                                    optional("cache-type"_L1), child.boolean("and-below"_L1) };
        return true;
    });
    return target;
}

struct ObjectWriter
{
    Element operator()(const Thing &thing) const
    {
        Element result = element("thing"_L1);
        result.setAttribute("jid"_L1, thing.jid);
        result.setAttribute("kind"_L1, nameOf(thingKinds, thing.kind));
        put(result, "name"_L1, thing.name);
        put(result, "owner"_L1, thing.owner);
        put(result, "comment"_L1, thing.comment);
        put(result, "noted"_L1, thing.noted);
        putTexts(result, "tag"_L1, thing.tags);
        putTexts(result, "role"_L1, thing.roles);
        for (const Node &node : thing.nodes)
            result.children.append(writeNode(node));
        return result;
    }

    Element operator()(const Friendship &friendship) const
    {
        Element result = element("friendship"_L1);
        result.setAttribute("a"_L1, friendship.a);
        result.setAttribute("b"_L1, friendship.b);
        result.setAttribute("state"_L1, nameOf(friendshipStates, friendship.state));
        put(result, "secondary-trust-allowed"_L1, friendship.secondaryTrustAllowed);
        put(result, "comment"_L1, friendship.comment);
        return result;
    }

    Element operator()(const FriendshipRule &rule) const
    {
        Element result = element("friendship-rule"_L1);
        result.setAttribute("id"_L1, rule.id);
        result.setAttribute("effect"_L1, nameOf(effects, rule.effect));
        put(result, "secondary-trust-allowed"_L1, rule.secondaryTrustAllowed);
        put(result, "comment"_L1, rule.comment);
        result.setAttribute("rank"_L1, QString::number(rule.rank));
        result.children = { writeSubject("one"_L1, rule.one), writeSubject("other"_L1, rule.other) };
        return result;
    }

    Element operator()(const AccessRule &rule) const
    {
        Element result = element("access-rule"_L1);
        result.setAttribute("id"_L1, rule.id);
        result.setAttribute("action"_L1, nameOf(actions, rule.action));
        result.setAttribute("effect"_L1, nameOf(effects, rule.effect));
        if (rule.types != allFieldTypes)
            result.setAttribute("types"_L1, typeNames(rule.types).join(u' '));
        put(result, "from"_L1, rule.from);
        put(result, "until"_L1, rule.until);
        put(result, "comment"_L1, rule.comment);
        result.setAttribute("rank"_L1, QString::number(rule.rank));
        result.children = { writeSubject("subject"_L1, rule.subject), writeTarget(rule.target) };
        putTexts(result, "name"_L1, rule.names);
        return result;
    }
};

qint64 readRank(ElementReader &reader)
{
    const QString text = reader.optional(
        "rank"_L1); // may be negative: what comes first ranks below what was first
    bool ok = true;
    const qint64 rank = text.isEmpty() ? 0 : text.toLongLong(&ok);
    if (!ok)
        reader.badRequest(u"The attribute rank of <%1/> is \"%2\" and should be a whole number."_s.arg(
            reader.element().name, text));
    return rank;
}

Thing readThing(ElementReader &reader)
{
    Thing thing;
    thing.jid = reader.required("jid"_L1);
    thing.kind = readEnum(reader, "kind"_L1, thingKinds);
    thing.name = reader.optional("name"_L1);
    thing.owner = reader.optional("owner"_L1);
    thing.comment = reader.optional("comment"_L1);
    thing.noted = reader.boolean("noted"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name == "tag"_L1)
            thing.tags.append(child.element().text);
        else if (child.element().name == "role"_L1)
            thing.roles.append(child.element().text);
        else if (child.element().name == "node"_L1)
            thing.nodes.append(readNode(child));
        else
            return false;
        return true;
    });
    return thing;
}

Friendship readFriendship(ElementReader &reader)
{
    Friendship friendship;
    friendship.a = reader.required("a"_L1);
    friendship.b = reader.required("b"_L1);
    friendship.state = readEnum(reader, "state"_L1, friendshipStates);
    friendship.secondaryTrustAllowed = reader.boolean("secondary-trust-allowed"_L1);
    friendship.comment = reader.optional("comment"_L1);
    return friendship;
}

FriendshipRule readFriendshipRule(ElementReader &reader)
{
    FriendshipRule rule;
    rule.id = reader.required("id"_L1);
    rule.effect = readEnum(reader, "effect"_L1, effects);
    rule.secondaryTrustAllowed = reader.boolean("secondary-trust-allowed"_L1);
    rule.comment = reader.optional("comment"_L1);
    rule.rank = readRank(reader);
    int subjects = 0;
    reader.children([&](ElementReader &child) {
        if (child.element().name == "one"_L1)
            rule.one = readSubject(child);
        else if (child.element().name == "other"_L1)
            rule.other = readSubject(child);
        else
            return false;
        ++subjects;
        return true;
    });
    if (subjects != 2)
        reader.badRequest(u"<friendship-rule/> needs one <one/> and one <other/>."_s);
    return rule;
}

AccessRule readAccessRule(ElementReader &reader)
{
    AccessRule rule;
    rule.id = reader.required("id"_L1);
    rule.action = readEnum(reader, "action"_L1, actions);
    rule.effect = readEnum(reader, "effect"_L1, effects);
    if (reader.element().hasAttribute("types"_L1))
        rule.types = readTypes(reader, "types"_L1);
    rule.from = reader.dateTime("from"_L1);
    rule.until = reader.dateTime("until"_L1);
    rule.comment = reader.optional("comment"_L1);
    rule.rank = readRank(reader);
    int subjects = 0;
    int targets = 0;
    reader.children([&](ElementReader &child) {
        if (child.element().name == "subject"_L1) {
            rule.subject = readSubject(child);
            ++subjects;
        } else if (child.element().name == "target"_L1) {
            rule.target = readTarget(child);
            ++targets;
        } else if (child.element().name == "name"_L1) {
            rule.names.append(child.element().text);
        } else {
            return false;
        }
        return true;
    });
    if (subjects != 1 || targets != 1)
        reader.badRequest(u"<access-rule/> needs one <subject/> and one <target/>."_s);
    return rule;
}

} // namespace

Element writeObject(const Object &object)
{
    return std::visit(ObjectWriter(), object);
}

Result<Object> readObject(const Element &element)
{
    const std::optional<ObjectType> type = element.xmlns == nsAdmin ? objectTypeFromName(element.name)
                                                                    : std::nullopt;
    if (!type)
        return fail(FailureKind::BadRequest, u"<%1/> is not a kind of object."_s.arg(element.name));
    ElementReader reader(element);
    Object object;
    switch (*type) {
    case ObjectType::Thing:
        object = readThing(reader);
        break;
    case ObjectType::Friendship:
        object = readFriendship(reader);
        break;
    case ObjectType::FriendshipRule:
        object = readFriendshipRule(reader);
        break;
    case ObjectType::AccessRule:
        object = readAccessRule(reader);
        break;
    }
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    return normalised(std::move(object));
}

} // namespace castellan::wire
