// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/objects.h"

#include "wire/elementwriter.h"
#include "wire/objectparts.h"
#include "wire/provisioning.h"

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::wire {

namespace {

constexpr std::array thingKinds {
    std::pair { ThingKind::Thing, "thing"_L1 },
    std::pair { ThingKind::Concentrator, "concentrator"_L1 },
    std::pair { ThingKind::Service, "service"_L1 },
    std::pair { ThingKind::User, "user"_L1 },
};
constexpr std::array friendshipStates {
    std::pair { Friendship::State::Accepted, "accepted"_L1 },
    std::pair { Friendship::State::Rejected, "rejected"_L1 },
};
constexpr std::array subjectKinds {
    std::pair { Subject::Kind::Everyone, "everyone"_L1 },       std::pair { Subject::Kind::Jid, "jid"_L1 },
    std::pair { Subject::Kind::Domain, "domain"_L1 },           std::pair { Subject::Kind::Role, "role"_L1 },
    std::pair { Subject::Kind::Certificate, "certificate"_L1 },
};
constexpr std::array targetKinds {
    std::pair { Target::Kind::Any, "any"_L1 },
    std::pair { Target::Kind::Device, "device"_L1 },
    std::pair { Target::Kind::Role, "role"_L1 },
};
constexpr std::array effects {
    std::pair { Effect::Allow, "allow"_L1 },
    std::pair { Effect::Deny, "deny"_L1 },
};

constexpr std::array conditionKinds {
    std::pair { AccessCondition::Kind::Jid, "jid"_L1 },
    std::pair { AccessCondition::Kind::IpAddress, "ip-address"_L1 },
    std::pair { AccessCondition::Kind::HostName, "host-name"_L1 },
    std::pair { AccessCondition::Kind::Certificate, "certificate"_L1 },
    std::pair { AccessCondition::Kind::UserName, "user-name"_L1 },
    std::pair { AccessCondition::Kind::Location, "location"_L1 },
    std::pair { AccessCondition::Kind::SsoToken, "sso-token"_L1 },
    std::pair { AccessCondition::Kind::Protocol, "protocol"_L1 },
};
constexpr std::array holders {
    std::pair { PrivilegeList::Holder::Anonymous, "anonymous"_L1 },
    std::pair { PrivilegeList::Holder::User, "user"_L1 },
    std::pair { PrivilegeList::Holder::Role, "role"_L1 },
};
constexpr std::array unknownFriends {
    std::pair { Policy::Unknown::Deny, "deny"_L1 },
    std::pair { Policy::Unknown::Ask, "ask"_L1 },
};
constexpr std::array challenges {
    std::pair { Policy::Challenge::Never, "never"_L1 },
    std::pair { Policy::Challenge::FirstUse, "first-use"_L1 },
    std::pair { Policy::Challenge::Interval, "interval"_L1 },
    std::pair { Policy::Challenge::Always, "always"_L1 },
};

void putTexts(Element &parent, QLatin1StringView name, const QStringList &texts)
{
    for (const QString &text : texts) {
        Element child = adminElement(name);
        child.text = text;
        parent.children.append(child);
    }
}

} // namespace

QStringList typeNames(FieldTypes types)
{
    QStringList names;
    for (const auto &[type, name] : fieldTypeNames) {
        if (types.testFlag(type))
            names.append(name);
    }
    return names;
}

FieldTypes readTypes(ElementReader &reader)
{
    FieldTypes types;
    const QStringList names = reader.required("types"_L1).simplified().split(u' ', Qt::SkipEmptyParts);
    for (const QString &name : names) {
        if (const std::optional<FieldType> type = fieldTypeFromName(name))
            types |= *type;
        else
            reader.badRequest(u"\"%1\" is not a field type."_s.arg(name));
    }
    return types;
}

void putNodeRef(Element &element, const NodeRef &ref)
{
    put(element, "node-id"_L1, ref.nodeId);
    put(element, "source-id"_L1, ref.sourceId);
    put(element, "cache-type"_L1, ref.cacheType);
}

NodeRef readNodeRef(ElementReader &reader)
{
    return { reader.optional("node-id"_L1), reader.optional("source-id"_L1),
             reader.optional("cache-type"_L1) };
}

Element writeSubject(QLatin1StringView name, const Subject &subject)
{
    Element result = adminElement(name);
    putName(result, "kind"_L1, subjectKinds, subject.kind);
    put(result, "value"_L1, subject.value);
    put(result, "with-user"_L1, subject.withUser);
    put(result, "with-service"_L1, subject.withService);
    return result;
}

Subject readSubject(ElementReader &reader)
{
    return { reader.oneOf("kind"_L1, subjectKinds), reader.optional("value"_L1),
             reader.optional("with-user"_L1), reader.optional("with-service"_L1) };
}

namespace {

Element writeNode(const Node &node)
{
    Element result = adminElement("node"_L1);
    putNodeRef(result, node.ref);
    put(result, "name"_L1, node.name);
    if (!node.parent.isDevice()) {
        Element parent = adminElement("parent"_L1);
        putNodeRef(parent, node.parent);
        result.children.append(parent);
    }
    for (const Field &field : node.fields) {
        Element child = adminElement("field"_L1);
        child.setAttribute("name"_L1, field.name);
        child.setAttribute("types"_L1, typeNames(field.types).join(u' '));
        result.children.append(child);
    }
    putTexts(result, "parameter"_L1, node.parameters);
    return result;
}

Node readNode(ElementReader &reader)
{
    Node node { .ref = readNodeRef(reader), .name = reader.optional("name"_L1) };
    bool parent = false;
    reader.children([&](ElementReader &child) {
        const QString &kind = child.element().name;
        if (kind == "parent"_L1) {
            child.once(parent);
            node.parent = readNodeRef(child);
        } else if (kind == "field"_L1) {
            node.fields.append({ child.required("name"_L1), readTypes(child) });
        } else if (kind == "parameter"_L1) {
            node.parameters.append(child.requiredText());
        } else {
            return false;
        }
        return true;
    });
    return node;
}

Element writeTarget(const Target &target)
{
    Element result = adminElement("target"_L1);
    putName(result, "kind"_L1, targetKinds, target.kind);
    put(result, "value"_L1, target.value);
    if (target.node) {
        Element node = adminElement("node"_L1);
        // An attribute that is there and empty asks for an empty one; that is why these are written even so.
        const auto putIfSet = [&](QLatin1StringView name, const std::optional<QString> &value) {
            if (value)
                node.setAttribute(name, *value);
        };
        putIfSet("node-id"_L1, target.node->nodeId);
        putIfSet("source-id"_L1, target.node->sourceId);
        putIfSet("cache-type"_L1, target.node->cacheType);
        putTrue(node, "and-below"_L1, target.node->andBelow);
        result.children.append(node);
    }
    return result;
}

Target readTarget(ElementReader &reader)
{
    Target target { reader.oneOf("kind"_L1, targetKinds), reader.optional("value"_L1), {} };
    bool node = false;
    reader.children([&](ElementReader &child) {
        if (child.element().name != "node"_L1)
            return false;
        child.once(node);
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

Element writeServiceRule(const ServiceRule &rule)
{
    Element result = adminElement("access"_L1);
    putName(result, "effect"_L1, effects, rule.effect);
    put(result, "comment"_L1, rule.comment);
    for (const AccessCondition &condition : rule.conditions) {
        Element child = adminElement("condition"_L1);
        putName(child, "kind"_L1, conditionKinds, condition.kind);
        if (condition.kind == AccessCondition::Kind::Location) {
            putDecimal(child, "latitude"_L1, condition.latitude);
            putDecimal(child, "longitude"_L1, condition.longitude);
            putDecimal(child, "metres"_L1, condition.metres);
        } else {
            child.setAttribute("value"_L1, condition.value);
        }
        result.children.append(child);
    }
    return result;
}

ServiceRule readServiceRule(ElementReader &reader)
{
    ServiceRule rule;
    rule.effect = reader.oneOf("effect"_L1, effects);
    rule.comment = reader.optional("comment"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name != "condition"_L1)
            return false;
        AccessCondition condition;
        condition.kind = child.oneOf("kind"_L1, conditionKinds);
        if (condition.kind == AccessCondition::Kind::Location) {
            condition.latitude = child.requiredDecimal("latitude"_L1);
            condition.longitude = child.requiredDecimal("longitude"_L1);
            condition.metres = child.requiredDecimal("metres"_L1);
        } else {
            condition.value = child.required("value"_L1);
        }
        rule.conditions.append(condition);
        return true;
    });
    return rule;
}

struct ObjectWriter
{
    Element operator()(const Thing &thing) const
    {
        Element result = adminElement("thing"_L1);
        result.setAttribute("jid"_L1, thing.jid);
        putName(result, "kind"_L1, thingKinds, thing.kind);
        put(result, "name"_L1, thing.name);
        put(result, "owner"_L1, thing.owner);
        put(result, "comment"_L1, thing.comment);
        putTrue(result, "noted"_L1, thing.noted);
        putTexts(result, "tag"_L1, thing.tags);
        putTexts(result, "role"_L1, thing.roles);
        for (const Node &node : thing.nodes)
            result.children.append(writeNode(node));
        return result;
    }

    Element operator()(const Friendship &friendship) const
    {
        Element result = adminElement("friendship"_L1);
        result.setAttribute("a"_L1, friendship.a);
        result.setAttribute("b"_L1, friendship.b);
        putName(result, "state"_L1, friendshipStates, friendship.state);
        putTrue(result, "secondary-trust-allowed"_L1, friendship.secondaryTrustAllowed);
        put(result, "comment"_L1, friendship.comment);
        return result;
    }

    Element operator()(const FriendshipRule &rule) const
    {
        Element result = adminElement("friendship-rule"_L1);
        result.setAttribute("id"_L1, rule.id);
        putName(result, "effect"_L1, effects, rule.effect);
        putTrue(result, "secondary-trust-allowed"_L1, rule.secondaryTrustAllowed);
        put(result, "comment"_L1, rule.comment);
        result.setAttribute("rank"_L1, QString::number(rule.rank));
        result.children = { writeSubject("one"_L1, rule.one), writeSubject("other"_L1, rule.other) };
        return result;
    }

    Element operator()(const AccessRule &rule) const
    {
        Element result = adminElement("access-rule"_L1);
        result.setAttribute("id"_L1, rule.id);
        putName(result, "action"_L1, actions, rule.action);
        putName(result, "effect"_L1, effects, rule.effect);
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

    Element operator()(const Service &service) const
    {
        Element result = adminElement("service"_L1);
        result.setAttribute("id"_L1, service.id);
        put(result, "name"_L1, service.name);
        put(result, "comment"_L1, service.comment);
        putTrue(result, "noted"_L1, service.noted);
        putTexts(result, "certificate"_L1, service.certificates);
        for (const ServiceRule &rule : service.access)
            result.children.append(writeServiceRule(rule));
        return result;
    }

    Element operator()(const User &user) const
    {
        Element result = adminElement("user"_L1);
        result.setAttribute("name"_L1, user.name);
        put(result, "comment"_L1, user.comment);
        putTrue(result, "noted"_L1, user.noted);
        putTexts(result, "certificate"_L1, user.certificates);
        putTexts(result, "role"_L1, user.roles);
        return result;
    }

    Element operator()(const PrivilegeList &list) const
    {
        Element result = adminElement("privilege-list"_L1);
        result.setAttribute("service"_L1, list.service);
        putName(result, "holder"_L1, holders, list.holder);
        put(result, "name"_L1, list.name);
        put(result, "comment"_L1, list.comment);
        for (const PrivilegeEntry &entry : list.entries) {
            Element child = adminElement(entry.include ? "include"_L1 : "exclude"_L1);
            child.setAttribute("id"_L1, entry.privilege);
            result.children.append(child);
        }
        return result;
    }

    Element operator()(const Privilege &privilege) const
    {
        Element result = adminElement("privilege"_L1);
        result.setAttribute("service"_L1, privilege.service);
        result.setAttribute("privilege"_L1, privilege.privilege);
        put(result, "comment"_L1, privilege.comment);
        putTrue(result, "noted"_L1, privilege.noted);
        return result;
    }

    Element operator()(const Certificate &certificate) const
    {
        Element result = adminElement("certificate"_L1);
        result.setAttribute("thumbprint"_L1, certificate.thumbprint);
        put(result, "subject"_L1, certificate.subject);
        put(result, "issuer"_L1, certificate.issuer);
        put(result, "not-before"_L1, certificate.notBefore);
        put(result, "not-after"_L1, certificate.notAfter);
        put(result, "jid"_L1, certificate.jid);
        putTrue(result, "revoked"_L1, certificate.revoked);
        put(result, "comment"_L1, certificate.comment);
        putTrue(result, "noted"_L1, certificate.noted);
        if (!certificate.der.isEmpty())
            putTexts(result, "der"_L1, { QString::fromLatin1(certificate.der.toBase64()) });
        return result;
    }

    Element operator()(const Question &question) const
    {
        Element result = adminElement("question"_L1);
        result.setAttribute("asker"_L1, question.asker);
        result.setAttribute("jid"_L1, question.jid);
        put(result, "asked"_L1, question.asked);
        return result;
    }

    Element operator()(const Containment &containment) const
    {
        Element result = adminElement("containment"_L1);
        result.setAttribute("jid"_L1, containment.jid);
        put(result, "until"_L1, containment.until);
        put(result, "comment"_L1, containment.comment);
        return result;
    }

    Element operator()(const RoleGrant &grant) const
    {
        Element result = adminElement("role-grant"_L1);
        result.setAttribute("holder"_L1, grant.holder);
        putName(result, "role"_L1, adminRoleNames, grant.role);
        put(result, "comment"_L1, grant.comment);
        return result;
    }

    Element operator()(const Policy &policy) const
    {
        Element result = adminElement("policy"_L1);
        putName(result, "unknown-friends"_L1, unknownFriends, policy.unknownFriends);
        putName(result, "challenge"_L1, challenges, policy.challenge);
        putNumber(result, "challenge-hours"_L1, policy.challengeHours);
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
    thing.kind = reader.oneOf("kind"_L1, thingKinds);
    thing.name = reader.optional("name"_L1);
    thing.owner = reader.optional("owner"_L1);
    thing.comment = reader.optional("comment"_L1);
    thing.noted = reader.boolean("noted"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name == "tag"_L1)
            thing.tags.append(child.requiredText());
        else if (child.element().name == "role"_L1)
            thing.roles.append(child.requiredText());
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
    friendship.state = reader.oneOf("state"_L1, friendshipStates);
    friendship.secondaryTrustAllowed = reader.boolean("secondary-trust-allowed"_L1);
    friendship.comment = reader.optional("comment"_L1);
    return friendship;
}

FriendshipRule readFriendshipRule(ElementReader &reader)
{
    FriendshipRule rule;
    rule.id = reader.required("id"_L1);
    rule.effect = reader.oneOf("effect"_L1, effects);
    rule.secondaryTrustAllowed = reader.boolean("secondary-trust-allowed"_L1);
    rule.comment = reader.optional("comment"_L1);
    rule.rank = readRank(reader);
    bool one = false;
    bool other = false;
    reader.children([&](ElementReader &child) {
        if (child.element().name == "one"_L1) {
            child.once(one);
            rule.one = readSubject(child);
        } else if (child.element().name == "other"_L1) {
            child.once(other);
            rule.other = readSubject(child);
        } else {
            return false;
        }
        return true;
    });
    if (!one || !other)
        reader.badRequest(u"<friendship-rule/> needs one <one/> and one <other/>."_s);
    return rule;
}

AccessRule readAccessRule(ElementReader &reader)
{
    AccessRule rule;
    rule.id = reader.required("id"_L1);
    rule.action = reader.oneOf("action"_L1, actions);
    rule.effect = reader.oneOf("effect"_L1, effects);
    if (reader.element().hasAttribute("types"_L1))
        rule.types = readTypes(reader);
    rule.from = reader.dateTime("from"_L1);
    rule.until = reader.dateTime("until"_L1);
    rule.comment = reader.optional("comment"_L1);
    rule.rank = readRank(reader);
    bool subject = false;
    bool target = false;
    reader.children([&](ElementReader &child) {
        if (child.element().name == "subject"_L1) {
            child.once(subject);
            rule.subject = readSubject(child);
        } else if (child.element().name == "target"_L1) {
            child.once(target);
            rule.target = readTarget(child);
        } else if (child.element().name == "name"_L1) {
            rule.names.append(child.requiredText());
        } else {
            return false;
        }
        return true;
    });
    if (!subject || !target)
        reader.badRequest(u"<access-rule/> needs one <subject/> and one <target/>."_s);
    return rule;
}

Service readService(ElementReader &reader)
{
    Service service;
    service.id = reader.required("id"_L1);
    service.name = reader.optional("name"_L1);
    service.comment = reader.optional("comment"_L1);
    service.noted = reader.boolean("noted"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name == "certificate"_L1)
            service.certificates.append(child.requiredText());
        else if (child.element().name == "access"_L1)
            service.access.append(readServiceRule(child));
        else
            return false;
        return true;
    });
    return service;
}

User readUser(ElementReader &reader)
{
    User user;
    user.name = reader.required("name"_L1);
    user.comment = reader.optional("comment"_L1);
    user.noted = reader.boolean("noted"_L1);
    reader.children([&](ElementReader &child) {
        if (child.element().name == "certificate"_L1)
            user.certificates.append(child.requiredText());
        else if (child.element().name == "role"_L1)
            user.roles.append(child.requiredText());
        else
            return false;
        return true;
    });
    return user;
}

PrivilegeList readPrivilegeList(ElementReader &reader)
{
    PrivilegeList list;
    list.service = reader.required("service"_L1);
    list.holder = reader.oneOf("holder"_L1, holders);
    list.name = reader.optional("name"_L1);
    list.comment = reader.optional("comment"_L1);
    reader.children([&](ElementReader &child) {
        const bool include = child.element().name == "include"_L1;
        if (!include && child.element().name != "exclude"_L1)
            return false;
        list.entries.append({ include, child.required("id"_L1) });
        return true;
    });
    return list;
}

Certificate readCertificate(ElementReader &reader)
{
    Certificate certificate;
    certificate.thumbprint = reader.required("thumbprint"_L1);
    certificate.subject = reader.optional("subject"_L1);
    certificate.issuer = reader.optional("issuer"_L1);
    certificate.notBefore = reader.dateTime("not-before"_L1);
    certificate.notAfter = reader.dateTime("not-after"_L1);
    certificate.jid = reader.optional("jid"_L1);
    certificate.revoked = reader.boolean("revoked"_L1);
    certificate.comment = reader.optional("comment"_L1);
    certificate.noted = reader.boolean("noted"_L1);
    bool der = false;
    reader.children([&](ElementReader &child) {
        if (child.element().name != "der"_L1)
            return false;
        child.once(der);
        certificate.der = child.requiredBytes(maxCertificateBytes);
        return true;
    });
    return certificate;
}

Policy readPolicy(ElementReader &reader)
{
    Policy policy;
    if (reader.element().hasAttribute("unknown-friends"_L1))
        policy.unknownFriends = reader.oneOf("unknown-friends"_L1, unknownFriends);
    if (reader.element().hasAttribute("challenge"_L1))
        policy.challenge = reader.oneOf("challenge"_L1, challenges);
    if (reader.element().hasAttribute("challenge-hours"_L1))
        policy.challengeHours = reader.requiredCount("challenge-hours"_L1);
    return policy;
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
    case ObjectType::Service:
        object = readService(reader);
        break;
    case ObjectType::User:
        object = readUser(reader);
        break;
    case ObjectType::PrivilegeList:
        object = readPrivilegeList(reader);
        break;
    case ObjectType::Privilege:
        object = Privilege { reader.required("service"_L1), reader.required("privilege"_L1),
                             reader.optional("comment"_L1), reader.boolean("noted"_L1) };
        break;
    case ObjectType::Certificate:
        object = readCertificate(reader);
        break;
    case ObjectType::Question:
        object = Question { reader.required("asker"_L1), reader.required("jid"_L1),
                            reader.dateTime("asked"_L1) };
        break;
    case ObjectType::Containment:
        object = Containment { reader.required("jid"_L1), reader.dateTime("until"_L1),
                               reader.optional("comment"_L1) };
        break;
    case ObjectType::Policy:
        object = readPolicy(reader);
        break;
    case ObjectType::RoleGrant:
        object = RoleGrant { reader.required("holder"_L1), reader.oneOf("role"_L1, adminRoleNames),
                             reader.optional("comment"_L1) };
        break;
    }
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    return normalised(std::move(object));
}

} // namespace castellan::wire
