// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/networkjson.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

using namespace Qt::StringLiterals;

namespace castellan {

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::NetworkJson)
};

constexpr int format = 1;

template<typename Enum, size_t Size>
using Names = std::array<std::pair<Enum, QLatin1StringView>, Size>;

constexpr Names<ThingKind, 4> thingKinds { {
    { ThingKind::Thing, "thing"_L1 },
    { ThingKind::Concentrator, "concentrator"_L1 },
    { ThingKind::Service, "service"_L1 },
    { ThingKind::User, "user"_L1 },
} };
constexpr Names<Friendship::State, 2> friendshipStates { {
    { Friendship::State::Accepted, "accepted"_L1 },
    { Friendship::State::Rejected, "rejected"_L1 },
} };
constexpr Names<Effect, 2> effects { { { Effect::Allow, "allow"_L1 }, { Effect::Deny, "deny"_L1 } } };
constexpr Names<Action, 2> actions { { { Action::Read, "read"_L1 }, { Action::Control, "control"_L1 } } };
constexpr Names<Subject::Kind, 5> subjectKinds { {
    { Subject::Kind::Everyone, "everyone"_L1 },
    { Subject::Kind::Jid, "jid"_L1 },
    { Subject::Kind::Domain, "domain"_L1 },
    { Subject::Kind::Role, "role"_L1 },
    { Subject::Kind::Certificate, "certificate"_L1 },
} };
constexpr Names<Target::Kind, 3> targetKinds { {
    { Target::Kind::Any, "any"_L1 },
    { Target::Kind::Device, "device"_L1 },
    { Target::Kind::Role, "role"_L1 },
} };

constexpr Names<AccessCondition::Kind, 8> conditionKinds { {
    { AccessCondition::Kind::Jid, "jid"_L1 },
    { AccessCondition::Kind::IpAddress, "ipAddress"_L1 },
    { AccessCondition::Kind::HostName, "hostName"_L1 },
    { AccessCondition::Kind::Certificate, "certificate"_L1 },
    { AccessCondition::Kind::UserName, "userName"_L1 },
    { AccessCondition::Kind::Location, "location"_L1 },
    { AccessCondition::Kind::SsoToken, "ssoToken"_L1 },
    { AccessCondition::Kind::Protocol, "protocol"_L1 },
} };
constexpr Names<PrivilegeList::Holder, 3> holders { {
    { PrivilegeList::Holder::Anonymous, "anonymous"_L1 },
    { PrivilegeList::Holder::User, "user"_L1 },
    { PrivilegeList::Holder::Role, "role"_L1 },
} };
constexpr Names<Policy::Unknown, 2> unknownFriends { {
    { Policy::Unknown::Deny, "deny"_L1 },
    { Policy::Unknown::Ask, "ask"_L1 },
} };
constexpr Names<Policy::Challenge, 4> challenges { {
    { Policy::Challenge::Never, "never"_L1 },
    { Policy::Challenge::FirstUse, "firstUse"_L1 },
    { Policy::Challenge::Interval, "interval"_L1 },
    { Policy::Challenge::Always, "always"_L1 },
} };

template<typename Enum, size_t Size>
QString nameOf(const Names<Enum, Size> &names, Enum value)
{
    for (const auto &[known, name] : names) {
        if (known == value)
            return name;
    }
    Q_UNREACHABLE_RETURN({});
}

// ---- reading

/// Everything here travels in XML sooner or later, and one wrong character there ends a whole stream.
bool isTransportable(const QString &text)
{
    return text.isValidUtf16() && std::ranges::none_of(text, [](QChar c) {
               return (c < u' ' && c != u'\t' && c != u'\n' && c != u'\r') || c.unicode() >= 0xfffe;
           });
}

/// Takes the members out of one JSON object, keeps the first failure of the document, and minds what was
/// not taken. The functions answer something harmless once there is a failure.
class Reader
{
public:
    Reader(const QJsonValue &value, QString path, std::optional<Failure> &failure)
        : m_object(value.toObject()),
          m_path(std::move(path)),
          m_failure(failure)
    {
        if (!value.isObject())
            report(m_path, Text::tr("must be an object."));
    }

    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    [[nodiscard]] bool has(QLatin1StringView name) const { return m_object.contains(name); }
    void pass(QLatin1StringView name) { m_object.remove(name); }

    QString string(QLatin1StringView name)
    {
        const QJsonValue value = m_object.take(name);
        return value.isUndefined() ? QString() : string(value, at(name));
    }

    QString required(QLatin1StringView name)
    {
        if (!has(name))
            report(m_path, Text::tr("the member “%1” is missing.").arg(name));
        return string(name);
    }

    std::optional<QString> optionalString(QLatin1StringView name)
    {
        return has(name) ? std::optional(string(name)) : std::nullopt;
    }

    bool boolean(QLatin1StringView name)
    {
        const QJsonValue value = m_object.take(name);
        if (!value.isUndefined() && !value.isBool())
            report(at(name), Text::tr("must be true or false."));
        return value.toBool();
    }

    int number(QLatin1StringView name)
    {
        const QJsonValue value = m_object.take(name);
        if (!value.isDouble())
            report(at(name), Text::tr("must be a number."));
        return value.toInt(-1);
    }

    /// 0 where it is left out.
    double real(QLatin1StringView name)
    {
        const QJsonValue value = m_object.take(name);
        if (!value.isUndefined() && !value.isDouble())
            report(at(name), Text::tr("must be a number."));
        return value.toDouble();
    }

    QByteArray base64(QLatin1StringView name)
    {
        const auto decoded = QByteArray::fromBase64Encoding(string(name).toLatin1(),
                                                            QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            report(at(name), Text::tr("must be base64."));
        return *decoded;
    }

    QDateTime dateTime(QLatin1StringView name)
    {
        if (!has(name))
            return {};
        const QDateTime value = QDateTime::fromString(string(name), Qt::ISODateWithMs);
        if (!value.isValid() || value.timeSpec() == Qt::LocalTime)
            report(at(name), Text::tr("must be a date and time with a zone, such as 2026-11-21T13:00:00Z."));
        return value;
    }

    template<typename Enum, size_t Size>
    Enum oneOf(QLatin1StringView name, const Names<Enum, Size> &names, Enum fallback)
    {
        if (!has(name))
            return fallback;
        return oneOf(name, names);
    }

    template<typename Enum, size_t Size>
    Enum oneOf(QLatin1StringView name, const Names<Enum, Size> &names)
    {
        const QString value = required(name);
        QStringList known;
        for (const auto &[candidate, candidateName] : names) {
            if (value == candidateName)
                return candidate;
            known.append(candidateName);
        }
        report(at(name), Text::tr("“%1” is not one of %2.").arg(value, known.join(", "_L1)));
        return {};
    }

    QStringList strings(QLatin1StringView name)
    {
        QStringList list;
        each(name, [&](const QJsonValue &value, const QString &path) { list.append(string(value, path)); });
        return list;
    }

    FieldTypes types(FieldTypes fallback)
    {
        if (!has("types"_L1))
            return fallback;
        FieldTypes types;
        each("types"_L1, [&](const QJsonValue &value, const QString &path) {
            const std::optional<FieldType> type = fieldTypeFromName(value.toString());
            if (!type)
                report(path, Text::tr("“%1” is not a field type of XEP-0323.").arg(value.toString()));
            types |= type.value_or(FieldType());
        });
        return types;
    }

    /// Calls \a read with a Reader of each object in the array \a name.
    template<std::invocable<Reader &> Read>
    auto objects(QLatin1StringView name, Read read)
    {
        QList<std::invoke_result_t<Read, Reader &>> list;
        each(name,
             [&](const QJsonValue &value, const QString &path) { list.append(object(value, path, read)); });
        return list;
    }

    template<std::invocable<Reader &> Read>
    auto object(QLatin1StringView name, Read read)
    {
        return object(m_object.take(name), at(name), read);
    }

    [[nodiscard]] const QString &path() const { return m_path; }

    void report(const QString &path, const QString &text, FailureKind kind = FailureKind::BadRequest)
    {
        if (!m_failure)
            m_failure = Failure { kind, (path.isEmpty() ? u"/"_s : path) + u": "_s + text };
    }

    /// Reports what nobody took. A misspelt member of a rule could otherwise grant more than was meant.
    void finish()
    {
        if (!m_object.isEmpty())
            report(at(m_object.begin().key()), Text::tr("there is no such member."));
    }

private:
    [[nodiscard]] QString at(QAnyStringView name) const
    {
        return m_path + u'/' + name.toString().replace(u'~', "~0"_L1).replace(u'/', "~1"_L1);
    }

    QString string(const QJsonValue &value, const QString &path)
    {
        const QString text = value.toString();
        if (!value.isString())
            report(path, Text::tr("must be a string."));
        else if (!isTransportable(text))
            report(path, Text::tr("has a character that XML does not allow; remove it."));
        return text;
    }

    template<typename Function>
    void each(QLatin1StringView name, Function function)
    {
        const QJsonValue value = m_object.take(name);
        if (!value.isUndefined() && !value.isArray())
            report(at(name), Text::tr("must be an array."));
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size() && !m_failure; ++i)
            function(array.at(i), u"%1/%2"_s.arg(at(name)).arg(i));
    }

    template<std::invocable<Reader &> Read>
    auto object(const QJsonValue &value, const QString &path, Read read)
    {
        Reader reader(value, path, m_failure);
        auto result = read(reader);
        reader.finish();
        return result;
    }

    QJsonObject m_object;
    QString m_path;
    std::optional<Failure> &m_failure;
};

NodeRef readNodeRef(Reader &reader)
{
    return {
        .nodeId = reader.string("nodeId"_L1),
        .sourceId = reader.string("sourceId"_L1),
        .cacheType = reader.string("cacheType"_L1),
    };
}

Node readNode(Reader &reader)
{
    return {
        .ref = readNodeRef(reader),
        .parent = reader.has("parent"_L1) ? reader.object("parent"_L1, readNodeRef) : NodeRef {},
        .name = reader.string("name"_L1),
        .fields = reader.objects("fields"_L1,
                                 [](Reader &field) {
                                     return Field { field.required("name"_L1),
                                                    field.types(FieldType::Momentary) };
                                 }),
        .parameters = reader.strings("parameters"_L1),
    };
}

Subject readSubject(Reader &reader)
{
    return {
        .kind = reader.oneOf("kind"_L1, subjectKinds),
        .value = reader.string("value"_L1),
        .withUser = reader.string("withUser"_L1),
        .withService = reader.string("withService"_L1),
    };
}

Target readTarget(Reader &reader)
{
    Target target { .kind = reader.oneOf("kind"_L1, targetKinds),
                    .value = reader.string("value"_L1),
                    .node = {} };
    if (reader.has("node"_L1)) {
        target.node = reader.object("node"_L1, [](Reader &node) {
            return NodePattern {
                .nodeId = node.optionalString("nodeId"_L1),
                .sourceId = node.optionalString("sourceId"_L1),
                .cacheType = node.optionalString("cacheType"_L1),
                .andBelow = node.boolean("andBelow"_L1),
            };
        });
    }
    return target;
}

Thing readThing(Reader &reader)
{
    return {
        .jid = reader.required("jid"_L1),
        .kind = reader.oneOf("kind"_L1, thingKinds, ThingKind::Thing),
        .name = reader.string("name"_L1),
        .owner = reader.string("owner"_L1),
        .tags = reader.strings("tags"_L1),
        .roles = reader.strings("roles"_L1),
        .comment = reader.string("comment"_L1),
        .noted = reader.boolean("noted"_L1),
        .nodes = reader.objects("nodes"_L1, readNode),
    };
}

Friendship readFriendship(Reader &reader)
{
    return {
        .a = reader.required("a"_L1),
        .b = reader.required("b"_L1),
        .state = reader.oneOf("state"_L1, friendshipStates, Friendship::State::Accepted),
        .secondaryTrustAllowed = reader.boolean("secondaryTrustAllowed"_L1),
        .comment = reader.string("comment"_L1),
    };
}

FriendshipRule readFriendshipRule(Reader &reader)
{
    return {
        .id = reader.required("id"_L1),
        .effect = reader.oneOf("effect"_L1, effects),
        .one = reader.object("one"_L1, readSubject),
        .other = reader.object("other"_L1, readSubject),
        .secondaryTrustAllowed = reader.boolean("secondaryTrustAllowed"_L1),
        .comment = reader.string("comment"_L1),
    };
}

AccessRule readAccessRule(Reader &reader)
{
    return {
        .id = reader.required("id"_L1),
        .action = reader.oneOf("action"_L1, actions),
        .effect = reader.oneOf("effect"_L1, effects),
        .subject = reader.object("subject"_L1, readSubject),
        .target = reader.object("target"_L1, readTarget),
        .names = reader.strings("names"_L1),
        .types = reader.types(allFieldTypes),
        .from = reader.dateTime("from"_L1),
        .until = reader.dateTime("until"_L1),
        .comment = reader.string("comment"_L1),
    };
}

AccessCondition readCondition(Reader &reader)
{
    return {
        .kind = reader.oneOf("kind"_L1, conditionKinds),
        .value = reader.string("value"_L1),
        .latitude = reader.real("latitude"_L1),
        .longitude = reader.real("longitude"_L1),
        .metres = reader.real("metres"_L1),
    };
}

Service readService(Reader &reader)
{
    return {
        .id = reader.required("id"_L1),
        .name = reader.string("name"_L1),
        .certificates = reader.strings("certificates"_L1),
        .access = reader.objects("access"_L1,
                                 [](Reader &rule) {
                                     return ServiceRule {
                                         .effect = rule.oneOf("effect"_L1, effects),
                                         .conditions = rule.objects("conditions"_L1, readCondition),
                                         .comment = rule.string("comment"_L1),
                                     };
                                 }),
        .comment = reader.string("comment"_L1),
        .noted = reader.boolean("noted"_L1),
    };
}

User readUser(Reader &reader)
{
    return {
        .name = reader.required("name"_L1),
        .certificates = reader.strings("certificates"_L1),
        .roles = reader.strings("roles"_L1),
        .comment = reader.string("comment"_L1),
        .noted = reader.boolean("noted"_L1),
    };
}

PrivilegeEntry readEntry(Reader &reader)
{
    const bool include = reader.has("include"_L1);
    return { .include = include, .privilege = reader.required(include ? "include"_L1 : "exclude"_L1) };
}

PrivilegeList readPrivilegeList(Reader &reader)
{
    return {
        .service = reader.required("service"_L1),
        .holder = reader.oneOf("holder"_L1, holders),
        .name = reader.string("name"_L1),
        .entries = reader.objects("entries"_L1, readEntry),
        .comment = reader.string("comment"_L1),
    };
}

Privilege readPrivilege(Reader &reader)
{
    return {
        .service = reader.required("service"_L1),
        .privilege = reader.required("privilege"_L1),
        .comment = reader.string("comment"_L1),
        .noted = reader.boolean("noted"_L1),
    };
}

Certificate readCertificate(Reader &reader)
{
    return {
        .thumbprint = reader.required("thumbprint"_L1),
        .der = reader.base64("der"_L1),
        .subject = reader.string("subject"_L1),
        .issuer = reader.string("issuer"_L1),
        .notBefore = reader.dateTime("notBefore"_L1),
        .notAfter = reader.dateTime("notAfter"_L1),
        .jid = reader.string("jid"_L1),
        .revoked = reader.boolean("revoked"_L1),
        .comment = reader.string("comment"_L1),
        .noted = reader.boolean("noted"_L1),
    };
}

Question readQuestion(Reader &reader)
{
    return {
        .asker = reader.required("asker"_L1),
        .jid = reader.required("jid"_L1),
        .asked = reader.dateTime("asked"_L1),
    };
}

Containment readContainment(Reader &reader)
{
    return {
        .jid = reader.required("jid"_L1),
        .until = reader.dateTime("until"_L1),
        .comment = reader.string("comment"_L1),
    };
}

RoleGrant readRoleGrant(Reader &reader)
{
    return {
        .holder = reader.required("holder"_L1),
        .role = reader.oneOf("role"_L1, adminRoleNames),
        .comment = reader.string("comment"_L1),
    };
}

Policy readPolicy(Reader &reader)
{
    Policy policy;
    policy.unknownFriends = reader.oneOf("unknownFriends"_L1, unknownFriends, policy.unknownFriends);
    policy.challenge = reader.oneOf("challenge"_L1, challenges, policy.challenge);
    if (reader.has("challengeHours"_L1))
        policy.challengeHours = reader.number("challengeHours"_L1);
    return policy;
}

template<typename T>
T readNormalised(Reader &reader, T (*read)(Reader &))
{
    T value = read(reader);
    Result<Object> object = normalised(value);
    if (!object) {
        reader.report(reader.path(), object.error().text, object.error().kind);
        return value;
    }
    return std::get<T>(*std::move(object));
}

/// Reads an array of objects that have ids, each normalised and no id twice.
template<typename T>
QList<T> readObjects(Reader &document, QLatin1StringView name, T (*read)(Reader &))
{
    QSet<QString> ids;
    return document.objects(name, [&](Reader &reader) {
        const T value = readNormalised(reader, read);
        const QString id = objectId(value);
        if (ids.contains(id))
            reader.report(reader.path(), Text::tr("“%1” is there twice.").arg(id));
        ids.insert(id);
        return value;
    });
}

// ---- writing

QJsonObject toJson(const Field &field);
QJsonObject toJson(const Node &node);
QJsonObject toJson(const Thing &thing);
QJsonObject toJson(const Friendship &friendship);
QJsonObject toJson(const FriendshipRule &rule);
QJsonObject toJson(const AccessRule &rule);
QJsonObject toJson(const AccessCondition &condition);
QJsonObject toJson(const ServiceRule &rule);
QJsonObject toJson(const Service &service);
QJsonObject toJson(const User &user);
QJsonObject toJson(const PrivilegeEntry &entry);
QJsonObject toJson(const PrivilegeList &list);
QJsonObject toJson(const Privilege &privilege);
QJsonObject toJson(const Certificate &certificate);
QJsonObject toJson(const Question &question);
QJsonObject toJson(const Containment &containment);
QJsonObject toJson(const RoleGrant &grant);
QJsonObject toJson(const Policy &policy);

template<typename T>
void put(QJsonObject &object, QLatin1StringView name, const QList<T> &values)
{
    QJsonArray array;
    for (const T &value : values)
        array.append(toJson(value));
    if (!array.isEmpty())
        object.insert(name, array);
}

/// Leaves out what reading supplies, so that documents stay small enough to be looked at.
void put(QJsonObject &object, QLatin1StringView name, const QString &value)
{
    if (!value.isEmpty())
        object.insert(name, value);
}

void put(QJsonObject &object, QLatin1StringView name, const QStringList &values)
{
    if (!values.isEmpty())
        object.insert(name, QJsonArray::fromStringList(values));
}

void put(QJsonObject &object, QLatin1StringView name, const QDateTime &value)
{
    if (value.isValid())
        object.insert(name, value.toUTC().toString(Qt::ISODateWithMs));
}

void putTrue(QJsonObject &object, QLatin1StringView name, bool value)
{
    if (value)
        object.insert(name, true);
}

QJsonArray toJson(FieldTypes types)
{
    QJsonArray array;
    for (const FieldTypeName &known : fieldTypeNames) {
        if (types.testFlag(known.type))
            array.append(known.name);
    }
    return array;
}

QJsonObject toJson(const NodeRef &ref)
{
    QJsonObject object;
    put(object, "nodeId"_L1, ref.nodeId);
    put(object, "sourceId"_L1, ref.sourceId);
    put(object, "cacheType"_L1, ref.cacheType);
    return object;
}

QJsonObject toJson(const Field &field)
{
    QJsonObject object { { u"name"_s, field.name } };
    if (field.types != FieldType::Momentary)
        object.insert("types"_L1, toJson(field.types));
    return object;
}

QJsonObject toJson(const Node &node)
{
    QJsonObject object = toJson(node.ref);
    if (!node.parent.isDevice())
        object.insert("parent"_L1, toJson(node.parent));
    put(object, "name"_L1, node.name);
    put(object, "fields"_L1, node.fields);
    put(object, "parameters"_L1, node.parameters);
    return object;
}

QJsonObject toJson(const Thing &thing)
{
    QJsonObject object { { u"jid"_s, thing.jid } };
    if (thing.kind != ThingKind::Thing)
        object.insert("kind"_L1, nameOf(thingKinds, thing.kind));
    put(object, "name"_L1, thing.name);
    put(object, "owner"_L1, thing.owner);
    put(object, "tags"_L1, thing.tags);
    put(object, "roles"_L1, thing.roles);
    put(object, "comment"_L1, thing.comment);
    putTrue(object, "noted"_L1, thing.noted);
    put(object, "nodes"_L1, thing.nodes);
    return object;
}

QJsonObject toJson(const Friendship &friendship)
{
    QJsonObject object { { u"a"_s, friendship.a }, { u"b"_s, friendship.b } };
    if (friendship.state != Friendship::State::Accepted)
        object.insert("state"_L1, nameOf(friendshipStates, friendship.state));
    putTrue(object, "secondaryTrustAllowed"_L1, friendship.secondaryTrustAllowed);
    put(object, "comment"_L1, friendship.comment);
    return object;
}

QJsonObject toJson(const Subject &subject)
{
    QJsonObject object { { u"kind"_s, nameOf(subjectKinds, subject.kind) } };
    put(object, "value"_L1, subject.value);
    put(object, "withUser"_L1, subject.withUser);
    put(object, "withService"_L1, subject.withService);
    return object;
}

QJsonObject toJson(const Target &target)
{
    QJsonObject object { { u"kind"_s, nameOf(targetKinds, target.kind) } };
    put(object, "value"_L1, target.value);
    if (target.node) {
        QJsonObject node;
        // Set and empty is not the same as not set.
        if (target.node->nodeId)
            node.insert("nodeId"_L1, *target.node->nodeId);
        if (target.node->sourceId)
            node.insert("sourceId"_L1, *target.node->sourceId);
        if (target.node->cacheType)
            node.insert("cacheType"_L1, *target.node->cacheType);
        putTrue(node, "andBelow"_L1, target.node->andBelow);
        object.insert("node"_L1, node);
    }
    return object;
}

QJsonObject toJson(const FriendshipRule &rule)
{
    QJsonObject object {
        { u"id"_s, rule.id },
        { u"effect"_s, nameOf(effects, rule.effect) },
        { u"one"_s, toJson(rule.one) },
        { u"other"_s, toJson(rule.other) },
    };
    putTrue(object, "secondaryTrustAllowed"_L1, rule.secondaryTrustAllowed);
    put(object, "comment"_L1, rule.comment);
    return object;
}

QJsonObject toJson(const AccessRule &rule)
{
    QJsonObject object {
        { u"id"_s, rule.id },
        { u"action"_s, nameOf(actions, rule.action) },
        { u"effect"_s, nameOf(effects, rule.effect) },
        { u"subject"_s, toJson(rule.subject) },
        { u"target"_s, toJson(rule.target) },
    };
    put(object, "names"_L1, rule.names);
    if (rule.types != allFieldTypes)
        object.insert("types"_L1, toJson(rule.types));
    put(object, "from"_L1, rule.from);
    put(object, "until"_L1, rule.until);
    put(object, "comment"_L1, rule.comment);
    return object;
}

QJsonObject toJson(const AccessCondition &condition)
{
    QJsonObject object { { u"kind"_s, nameOf(conditionKinds, condition.kind) } };
    put(object, "value"_L1, condition.value);
    if (condition.kind == AccessCondition::Kind::Location) {
        object.insert("latitude"_L1, condition.latitude);
        object.insert("longitude"_L1, condition.longitude);
        object.insert("metres"_L1, condition.metres);
    }
    return object;
}

QJsonObject toJson(const ServiceRule &rule)
{
    QJsonObject object { { u"effect"_s, nameOf(effects, rule.effect) } };
    put(object, "conditions"_L1, rule.conditions);
    put(object, "comment"_L1, rule.comment);
    return object;
}

QJsonObject toJson(const Service &service)
{
    QJsonObject object { { u"id"_s, service.id } };
    put(object, "name"_L1, service.name);
    put(object, "certificates"_L1, service.certificates);
    put(object, "access"_L1, service.access);
    put(object, "comment"_L1, service.comment);
    putTrue(object, "noted"_L1, service.noted);
    return object;
}

QJsonObject toJson(const User &user)
{
    QJsonObject object { { u"name"_s, user.name } };
    put(object, "certificates"_L1, user.certificates);
    put(object, "roles"_L1, user.roles);
    put(object, "comment"_L1, user.comment);
    putTrue(object, "noted"_L1, user.noted);
    return object;
}

QJsonObject toJson(const PrivilegeEntry &entry)
{
    return { { entry.include ? u"include"_s : u"exclude"_s, entry.privilege } };
}

QJsonObject toJson(const PrivilegeList &list)
{
    QJsonObject object { { u"service"_s, list.service }, { u"holder"_s, nameOf(holders, list.holder) } };
    put(object, "name"_L1, list.name);
    put(object, "entries"_L1, list.entries);
    put(object, "comment"_L1, list.comment);
    return object;
}

QJsonObject toJson(const Privilege &privilege)
{
    QJsonObject object { { u"service"_s, privilege.service }, { u"privilege"_s, privilege.privilege } };
    put(object, "comment"_L1, privilege.comment);
    putTrue(object, "noted"_L1, privilege.noted);
    return object;
}

QJsonObject toJson(const Certificate &certificate)
{
    QJsonObject object { { u"thumbprint"_s, certificate.thumbprint } };
    put(object, "der"_L1, QString::fromLatin1(certificate.der.toBase64()));
    put(object, "subject"_L1, certificate.subject);
    put(object, "issuer"_L1, certificate.issuer);
    put(object, "notBefore"_L1, certificate.notBefore);
    put(object, "notAfter"_L1, certificate.notAfter);
    put(object, "jid"_L1, certificate.jid);
    putTrue(object, "revoked"_L1, certificate.revoked);
    put(object, "comment"_L1, certificate.comment);
    putTrue(object, "noted"_L1, certificate.noted);
    return object;
}

QJsonObject toJson(const Question &question)
{
    QJsonObject object { { u"asker"_s, question.asker }, { u"jid"_s, question.jid } };
    put(object, "asked"_L1, question.asked);
    return object;
}

QJsonObject toJson(const Containment &containment)
{
    QJsonObject object { { u"jid"_s, containment.jid } };
    put(object, "until"_L1, containment.until);
    put(object, "comment"_L1, containment.comment);
    return object;
}

QJsonObject toJson(const RoleGrant &grant)
{
    QJsonObject object { { u"holder"_s, grant.holder }, { u"role"_s, nameOf(adminRoleNames, grant.role) } };
    put(object, "comment"_L1, grant.comment);
    return object;
}

QJsonObject toJson(const Policy &policy)
{
    return { { u"unknownFriends"_s, nameOf(unknownFriends, policy.unknownFriends) },
             { u"challenge"_s, nameOf(challenges, policy.challenge) },
             { u"challengeHours"_s, policy.challengeHours } };
}

} // namespace

QByteArray networkToJson(const Network &network)
{
    QJsonObject document { { u"castellan"_s, u"network"_s }, { u"format"_s, format } };
    put(document, "things"_L1, network.things);
    put(document, "friendships"_L1, network.friendships);
    put(document, "friendshipRules"_L1, network.friendshipRules);
    put(document, "accessRules"_L1, network.accessRules);
    put(document, "services"_L1, network.services);
    put(document, "users"_L1, network.users);
    put(document, "privilegeLists"_L1, network.privilegeLists);
    put(document, "privileges"_L1, network.privileges);
    put(document, "certificates"_L1, network.certificates);
    put(document, "questions"_L1, network.questions);
    put(document, "containments"_L1, network.containments);
    if (network.policy)
        document.insert("policy"_L1, toJson(*network.policy));
    put(document, "roleGrants"_L1, network.roleGrants);
    return QJsonDocument(document).toJson();
}

Result<Network> networkFromJson(const QByteArray &json)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError) {
        // Where a document is cut off, the place can be behind its end.
        const qsizetype line = json.first(std::min<qsizetype>(error.offset, json.size())).count('\n') + 1;
        return fail(FailureKind::BadRequest,
                    Text::tr("Not a JSON document: line %1: %2", "%1 is a line number, %2 what Qt says")
                        .arg(line)
                        .arg(error.errorString()));
    }

    std::optional<Failure> failure;
    Reader reader(document.isObject() ? QJsonValue(document.object()) : QJsonValue(), {}, failure);
    if (reader.required("castellan"_L1) != "network"_L1)
        reader.report({}, Text::tr("not a network: the member “castellan” must be “network”."));
    if (reader.number("format"_L1) != format)
        reader.report(u"/format"_s, Text::tr("this version of Castellan reads format %1 only.").arg(format));
    Network network {
        .things = readObjects(reader, "things"_L1, readThing),
        .friendships = readObjects(reader, "friendships"_L1, readFriendship),
        .friendshipRules = readObjects(reader, "friendshipRules"_L1, readFriendshipRule),
        .accessRules = readObjects(reader, "accessRules"_L1, readAccessRule),
        .services = readObjects(reader, "services"_L1, readService),
        .users = readObjects(reader, "users"_L1, readUser),
        .privilegeLists = readObjects(reader, "privilegeLists"_L1, readPrivilegeList),
        .privileges = readObjects(reader, "privileges"_L1, readPrivilege),
        .certificates = readObjects(reader, "certificates"_L1, readCertificate),
        .questions = readObjects(reader, "questions"_L1, readQuestion),
        .containments = readObjects(reader, "containments"_L1, readContainment),
    };
    if (reader.has("policy"_L1))
        network.policy = reader.object("policy"_L1,
                                       [](Reader &policy) { return readNormalised(policy, readPolicy); });
    network.roleGrants = readObjects(reader, "roleGrants"_L1, readRoleGrant);
    reader.pass("fleet"_L1);
    reader.finish();
    if (failure)
        return std::unexpected(*failure);
    return network;
}

QJsonObject objectToJson(const Object &object)
{
    return std::visit([](const auto &value) { return toJson(value); }, object);
}

Result<Object> objectFromJson(ObjectType type, const QJsonObject &json)
{
    std::optional<Failure> failure;
    Reader reader(json, {}, failure);
    const auto read = [&reader, type]() -> Object {
        switch (type) {
        case ObjectType::Thing:
            return readThing(reader);
        case ObjectType::Friendship:
            return readFriendship(reader);
        case ObjectType::FriendshipRule:
            return readFriendshipRule(reader);
        case ObjectType::AccessRule:
            return readAccessRule(reader);
        case ObjectType::Service:
            return readService(reader);
        case ObjectType::User:
            return readUser(reader);
        case ObjectType::PrivilegeList:
            return readPrivilegeList(reader);
        case ObjectType::Privilege:
            return readPrivilege(reader);
        case ObjectType::Certificate:
            return readCertificate(reader);
        case ObjectType::Question:
            return readQuestion(reader);
        case ObjectType::Containment:
            return readContainment(reader);
        case ObjectType::Policy:
            return readPolicy(reader);
        case ObjectType::RoleGrant:
            return readRoleGrant(reader);
        }
        Q_UNREACHABLE_RETURN({});
    };
    Object object = read();
    reader.finish();
    if (failure)
        return std::unexpected(*failure);
    return normalised(std::move(object));
}

} // namespace castellan
