// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/networkjson.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>
#include <QVarLengthArray>

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>
#include <tuple>
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
QLatin1StringView nameOf(const Names<Enum, Size> &names, Enum value)
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

/// Where a value stands in the document. Only written out for a complaint.
struct Place
{
    const Place *parent = nullptr; ///< null: the document itself
    std::string_view name; ///< of a member; empty: of an array, at `index`
    qsizetype index = 0;

    [[nodiscard]] QString pointer() const
    {
        if (!parent)
            return {};
        const QString step = name.empty()
            ? QString::number(index)
            : QString::fromUtf8(name).replace(u'~', "~0"_L1).replace(u'/', "~1"_L1);
        return parent->pointer() + u'/' + step;
    }
};

Failure failureAt(const Place &place, const QString &text, FailureKind kind = FailureKind::BadRequest)
{
    const QString pointer = place.pointer();
    return { kind, (pointer.isEmpty() ? u"/"_s : pointer) + u": "_s + text };
}

std::string_view viewOf(QLatin1StringView text)
{
    return { text.data(), size_t(text.size()) };
}

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

/// Takes the members out of one JSON object, keeps the first failure of the document, and minds what was
/// not taken. The functions answer something harmless once there is a failure.
class Reader
{
public:
    Reader(simdjson::dom::element value, const Place &place, std::optional<Failure> &failure)
        : m_place(place),
          m_failure(failure)
    {
        simdjson::dom::object object;
        if (value.get(object) != simdjson::SUCCESS) {
            report(m_place, Text::tr("must be an object."));
            return;
        }
        for (const simdjson::dom::key_value_pair member : object)
            m_members.append({ member.key, member.value });
    }

    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    [[nodiscard]] bool has(QLatin1StringView name) const
    {
        return std::ranges::find(m_members, viewOf(name), &Member::name) != m_members.end();
    }
    void pass(QLatin1StringView name) { std::ignore = take(name); }

    QString string(QLatin1StringView name)
    {
        const auto value = take(name);
        return value ? string(*value, at(name)) : QString();
    }

    QString required(QLatin1StringView name)
    {
        if (!has(name))
            report(m_place, Text::tr("the member “%1” is missing.").arg(name));
        return string(name);
    }

    std::optional<QString> optionalString(QLatin1StringView name)
    {
        return has(name) ? std::optional(string(name)) : std::nullopt;
    }

    bool boolean(QLatin1StringView name)
    {
        bool result = false;
        if (const auto value = take(name); value && value->get(result) != simdjson::SUCCESS)
            report(at(name), Text::tr("must be true or false."));
        return result;
    }

    int number(QLatin1StringView name)
    {
        double number = -1;
        if (const auto value = take(name); !value || value->get(number) != simdjson::SUCCESS)
            report(at(name), Text::tr("must be a number."));
        return number == std::floor(number) && std::abs(number) <= std::numeric_limits<int>::max()
            ? int(number)
            : -1;
    }

    /// 0 where it is left out.
    double real(QLatin1StringView name)
    {
        double number = 0;
        if (const auto value = take(name); value && value->get(number) != simdjson::SUCCESS)
            report(at(name), Text::tr("must be a number."));
        return number;
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
        }
        for (const auto &[candidate, candidateName] : names)
            known.append(candidateName);
        report(at(name), Text::tr("“%1” is not one of %2.").arg(value, known.join(", "_L1)));
        return {};
    }

    QStringList strings(QLatin1StringView name)
    {
        QStringList list;
        each(name,
             [&](simdjson::dom::element value, const Place &place) { list.append(string(value, place)); });
        return list;
    }

    FieldTypes types(FieldTypes fallback)
    {
        if (!has("types"_L1))
            return fallback;
        FieldTypes types;
        each("types"_L1, [&](simdjson::dom::element value, const Place &place) {
            const QString name = string(value, place);
            const std::optional<FieldType> type = fieldTypeFromName(name);
            if (!type)
                report(place, Text::tr("“%1” is not a field type of XEP-0323.").arg(name));
            types |= type.value_or(FieldType());
        });
        return types;
    }

    /// Calls \a read with a Reader of each object in the array \a name.
    template<std::invocable<Reader &> Read>
    auto objects(QLatin1StringView name, Read read)
    {
        QList<std::invoke_result_t<Read, Reader &>> list;
        each(name, [&](simdjson::dom::element value, const Place &place) {
            list.append(object(value, place, read));
        });
        return list;
    }

    template<std::invocable<Reader &> Read>
    auto object(QLatin1StringView name, Read read)
    {
        const auto value = take(name);
        if (!value) {
            report(at(name), Text::tr("must be an object."));
            return std::invoke_result_t<Read, Reader &>();
        }
        return object(*value, at(name), read);
    }

    void report(const QString &text, FailureKind kind) { report(m_place, text, kind); }

    /// Reports what nobody took. A misspelt member of a rule could otherwise grant more than was meant.
    void finish()
    {
        const auto left = std::ranges::find(m_members, false, &Member::isTaken);
        if (left != m_members.end())
            report({ &m_place, left->name, 0 }, Text::tr("there is no such member."));
    }

private:
    struct Member
    {
        std::string_view name;
        simdjson::dom::element value;
        bool isTaken = false;
    };

    [[nodiscard]] Place at(QLatin1StringView name) const { return { &m_place, viewOf(name), 0 }; }

    /// Of several with this name all but the first are left.
    std::optional<simdjson::dom::element> take(QLatin1StringView name)
    {
        const auto member = std::ranges::find(m_members, viewOf(name), &Member::name);
        if (member == m_members.end())
            return {};
        member->isTaken = true;
        return member->value;
    }

    void report(const Place &place, const QString &text, FailureKind kind = FailureKind::BadRequest)
    {
        if (!m_failure)
            m_failure = failureAt(place, text, kind);
    }

    QString string(simdjson::dom::element value, const Place &place)
    {
        std::string_view utf8;
        if (value.get(utf8) != simdjson::SUCCESS) {
            report(place, Text::tr("must be a string."));
            return {};
        }
        QString text = textOf(utf8);
        if (!isTransportable(text))
            report(place, Text::tr("has a character that XML does not allow; remove it."));
        return text;
    }

    template<typename Function>
    void each(QLatin1StringView name, Function function)
    {
        const auto value = take(name);
        simdjson::dom::array array;
        if (!value)
            return;
        const Place list = at(name);
        if (value->get(array) != simdjson::SUCCESS)
            return report(list, Text::tr("must be an array."));
        qsizetype index = 0;
        for (const simdjson::dom::element element : array) {
            if (m_failure)
                return;
            function(element, Place { &list, {}, index++ });
        }
    }

    template<std::invocable<Reader &> Read>
    auto object(simdjson::dom::element value, const Place &place, Read read)
    {
        Reader reader(value, place, m_failure);
        auto result = read(reader);
        reader.finish();
        return result;
    }

    QVarLengthArray<Member, 16> m_members;
    Place m_place;
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

Object readObject(ObjectType type, Reader &reader)
{
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
}

/// Reads and normalises the object of \a type that is \a value.
Result<Object> readObject(ObjectType type, simdjson::dom::element value, const Place &place)
{
    std::optional<Failure> failure;
    Reader reader(value, place, failure);
    Object object = readObject(type, reader);
    reader.finish();
    if (failure)
        return std::unexpected(*failure);
    Result<Object> result = normalised(std::move(object));
    if (!result)
        return std::unexpected(failureAt(place, result.error().text, result.error().kind));
    return result;
}

/// The members of a document that are lists of objects.
constexpr Names<ObjectType, 12> lists { {
    { ObjectType::Thing, "things"_L1 },
    { ObjectType::Friendship, "friendships"_L1 },
    { ObjectType::FriendshipRule, "friendshipRules"_L1 },
    { ObjectType::AccessRule, "accessRules"_L1 },
    { ObjectType::Service, "services"_L1 },
    { ObjectType::User, "users"_L1 },
    { ObjectType::PrivilegeList, "privilegeLists"_L1 },
    { ObjectType::Privilege, "privileges"_L1 },
    { ObjectType::Certificate, "certificates"_L1 },
    { ObjectType::Question, "questions"_L1 },
    { ObjectType::Containment, "containments"_L1 },
    { ObjectType::RoleGrant, "roleGrants"_L1 },
} };

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

// ---- documents

struct NetworkReader::Private
{
    explicit Private(QIODevice &device)
        : device(device)
    { }

    /// Reads on, so that something is at `at`. False: the document is over.
    bool fill();
    /// The next character that is no white space, which stays; 0: there is none.
    char peek();
    void expect(char wanted);
    /// The JSON value that begins here, passed over.
    std::string_view value();
    /// The end of the value at `at`, behind what is read so far: npos.
    [[nodiscard]] size_t endOfValue() const;
    simdjson::dom::element parse(std::string_view json);
    std::string_view nextName();
    void readElements(QList<Object> &objects);
    void readMember(QList<Object> &objects);

    /// Of something that is not JSON; by throwing.
    struct Malformed
    {
        QString why;
    };

    QIODevice &device;
    QCryptographicHash hash { QCryptographicHash::Sha256 };
    QByteArray buffer;
    size_t at = 0;
    qint64 line = 1; ///< of the buffer's beginning
    simdjson::dom::parser parser;
    std::optional<Failure> failure;

    bool hasBegun = false;
    bool isOver = false;
    bool isFirstMember = true;
    std::optional<ObjectType> list; ///< the one being read
    qsizetype index = 0; ///< of its next element
    QSet<QString> seen; ///< members
    bool isNetwork = false;
    bool isOurFormat = false;
};

/// Read at once, at most.
static constexpr qsizetype pieceSize = 1 << 20;
/// No object is as large as this; what has no end must not fill the memory.
static constexpr size_t longestValue = 64 << 20;
static constexpr qsizetype objectsAtOnce = 4096;

static bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool NetworkReader::Private::fill()
{
    line += std::ranges::count(QByteArrayView(buffer).first(qsizetype(at)), '\n');
    buffer.remove(0, qsizetype(at));
    at = 0;
    const qsizetype before = buffer.size();
    if (before > qsizetype(longestValue))
        throw Malformed { Text::tr("one value is larger than all of a network's") };
    const qsizetype most = std::clamp<qint64>(device.bytesAvailable(), 4096, pieceSize);
    buffer.reserve(before + most + qsizetype(simdjson::SIMDJSON_PADDING));
    buffer.resize(before + most);
    const qint64 size = device.read(buffer.data() + before, most);
    buffer.truncate(before + std::max<qint64>(size, 0));
    if (size < 0)
        throw Malformed { device.errorString() };
    hash.addData(QByteArrayView(buffer).sliced(before));
    return size > 0;
}

char NetworkReader::Private::peek()
{
    do {
        for (; at < size_t(buffer.size()); ++at) {
            if (!isSpace(buffer.at(qsizetype(at))))
                return buffer.at(qsizetype(at));
        }
    } while (fill());
    return 0;
}

void NetworkReader::Private::expect(char wanted)
{
    const char found = peek();
    if (found != wanted) {
        throw Malformed {
            found ? Text::tr("“%1” should stand here", "%1 is a character").arg(QLatin1Char(wanted))
                  : Text::tr("it ends too early")
        };
    }
    ++at;
}

size_t NetworkReader::Private::endOfValue() const
{
    const std::string_view text(buffer.constData(), size_t(buffer.size()));
    const auto endOfString = [&](size_t from) { // behind its opening quote
        for (size_t i = from; (i = text.find_first_of("\"\\", i)) != text.npos; i += 2) {
            if (text[i] == '"')
                return i + 1;
        }
        return text.npos;
    };
    if (text[at] == '"')
        return endOfString(at + 1);
    if (text[at] != '{' && text[at] != '[')
        return text.find_first_of(",]} \n\r\t", at);
    int depth = 0;
    for (size_t i = at; i < text.size(); ++i) {
        switch (text[i]) {
        case '"':
            i = endOfString(i + 1);
            if (i == text.npos)
                return text.npos;
            --i;
            break;
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return i + 1;
            break;
        }
    }
    return text.npos;
}

std::string_view NetworkReader::Private::value()
{
    if (!peek())
        throw Malformed { Text::tr("it ends too early") };
    size_t end = endOfValue();
    while (end == std::string_view::npos) {
        if (!fill())
            throw Malformed { Text::tr("it ends too early") };
        end = endOfValue();
    }
    const std::string_view value(buffer.constData() + at, end - at);
    at = end;
    return value;
}

simdjson::dom::element NetworkReader::Private::parse(std::string_view json)
{
    simdjson::dom::element element;
    // The buffer has room behind its end for what simdjson reads too much.
    if (const auto error = parser.parse(json.data(), json.size(), false).get(element))
        throw Malformed { QString::fromLatin1(simdjson::error_message(error)) };
    return element;
}

std::string_view NetworkReader::Private::nextName()
{
    if (peek() != '"')
        expect('"');
    std::string_view name;
    if (parse(value()).get(name) != simdjson::SUCCESS)
        expect('"');
    return name;
}

void NetworkReader::Private::readElements(QList<Object> &objects)
{
    const Place document;
    const Place place { &document, viewOf(nameOf(lists, *list)), 0 };
    while (objects.size() < objectsAtOnce && !failure) {
        if (peek() == ']') {
            ++at;
            list.reset();
            return;
        }
        if (index > 0)
            expect(',');
        Result<Object> object = readObject(*list, parse(value()), Place { &place, {}, index++ });
        if (object)
            objects.append(*std::move(object));
        else
            failure = object.error();
    }
}

void NetworkReader::Private::readMember(QList<Object> &objects)
{
    const Place document;
    const std::string_view found = nextName();
    const QString name = textOf(found);
    expect(':');
    const char first = peek();
    const QByteArray utf8 = name.toUtf8();
    const Place place { &document, { utf8.constData(), size_t(utf8.size()) }, 0 };
    if (seen.contains(name)) {
        failure = failureAt(place, Text::tr("is there twice."));
        return;
    }
    seen.insert(name);
    const auto known = std::ranges::find(lists, name, &std::pair<ObjectType, QLatin1StringView>::second);
    if (known != lists.end() && first == '[') {
        ++at;
        list = known->first;
        index = 0;
        return;
    }
    const simdjson::dom::element element = parse(value());
    if (known != lists.end()) {
        failure = failureAt(place, Text::tr("must be an array."));
    } else if (name == "castellan"_L1) {
        std::string_view what;
        isNetwork = element.get(what) == simdjson::SUCCESS && what == "network";
    } else if (name == "format"_L1) {
        double number = 0;
        isOurFormat = element.get(number) == simdjson::SUCCESS && number == format;
    } else if (name == "policy"_L1) {
        Result<Object> policy = readObject(ObjectType::Policy, element, place);
        if (policy)
            objects.append(*std::move(policy));
        else
            failure = policy.error();
    } else if (name != "fleet"_L1) {
        failure = failureAt(place, Text::tr("there is no such member."));
    }
}

NetworkReader::NetworkReader(QIODevice &device)
    : d(std::make_unique<Private>(device))
{ }

NetworkReader::~NetworkReader() = default;

Result<QList<Object>> NetworkReader::next()
{
    QList<Object> objects;
    try {
        if (!std::exchange(d->hasBegun, true)) {
            if (d->fill() && d->buffer.startsWith("\xef\xbb\xbf")) // a byte order mark
                d->at = 3;
            if (const char first = d->peek(); first && first != '{') {
                d->parse(d->value());
                d->failure = failureAt({}, Text::tr("must be an object."));
            } else {
                d->expect('{');
            }
        }
        while (!d->isOver && !d->failure && objects.size() < objectsAtOnce) {
            if (d->list) {
                d->readElements(objects);
            } else if (d->peek() == '}') {
                ++d->at;
                if (d->peek())
                    throw Private::Malformed { Text::tr("something stands behind its end") };
                d->isOver = true;
                if (!d->isNetwork) {
                    d->failure = failureAt(
                        {}, Text::tr("not a network: the member “castellan” must be “network”."));
                } else if (!d->isOurFormat) {
                    d->failure = Failure {
                        FailureKind::BadRequest,
                        "/format: "_L1
                            + Text::tr("this version of Castellan reads format %1 only.").arg(format)
                    };
                }
            } else {
                if (!std::exchange(d->isFirstMember, false))
                    d->expect(',');
                d->readMember(objects);
            }
        }
    } catch (const Private::Malformed &malformed) {
        const qint64 line = d->line
            + std::ranges::count(QByteArrayView(d->buffer).first(qsizetype(d->at)), '\n');
        d->failure = Failure { FailureKind::BadRequest,
                               Text::tr("Not a JSON document: line %1: %2",
                                        "%1 is a line number, %2 what is wrong")
                                   .arg(QString::number(line), malformed.why) };
    }
    if (d->failure)
        return std::unexpected(*d->failure);
    return objects;
}

QByteArray NetworkReader::digest() const
{
    return d->hash.result();
}

NetworkWriter::NetworkWriter(QIODevice &device)
    : m_device(device)
{
    write("{\n    \"castellan\": \"network\",\n    \"format\": " + QByteArray::number(format));
}

void NetworkWriter::write(const QByteArray &json)
{
    m_failed = m_failed || m_device.write(json) != json.size();
}

void NetworkWriter::write(const Object &object)
{
    const ObjectType type = objectType(object);
    const QByteArray json = QJsonDocument(objectToJson(object)).toJson(QJsonDocument::Compact);
    if (type == m_list) {
        write(",\n        " + json);
        return;
    }
    if (m_list)
        write("\n    ]"_ba);
    m_list.reset();
    if (type == ObjectType::Policy)
        return write(",\n    \"policy\": " + json);
    m_list = type;
    write(",\n    \"" + QByteArray(nameOf(lists, type)) + "\": [\n        " + json);
}

Result<void> NetworkWriter::finish()
{
    write(m_list ? "\n    ]\n}\n"_ba : "\n}\n"_ba);
    if (m_failed)
        return fail(FailureKind::ResourceConstraint, m_device.errorString());
    return {};
}

QByteArray networkToJson(const Network &network)
{
    QByteArray json;
    QBuffer buffer(&json);
    buffer.open(QIODevice::WriteOnly);
    NetworkWriter writer(buffer);
    forEachObject(network, [&](const auto &object) { writer.write(Object(object)); });
    std::ignore = writer.finish(); // memory does not fail
    return json;
}

Result<Network> networkFromJson(const QByteArray &json)
{
    QBuffer buffer;
    buffer.setData(json);
    buffer.open(QIODevice::ReadOnly);
    NetworkReader reader(buffer);
    Network network;
    std::array<QSet<QString>, allObjectTypes.size()> ids;
    for (;;) {
        Result<QList<Object>> objects = reader.next();
        if (!objects)
            return std::unexpected(objects.error());
        if (objects->isEmpty())
            return network;
        for (Object &object : *objects) {
            const ObjectType type = objectType(object);
            const QString id = objectId(object);
            QSet<QString> &known = ids[size_t(type)];
            if (known.contains(id)) {
                return fail(FailureKind::BadRequest,
                            u"/%1/%2: "_s.arg(nameOf(lists, type)).arg(known.size())
                                + Text::tr("“%1” is there twice.").arg(id));
            }
            known.insert(id);
            add(network, std::move(object));
        }
    }
}

QJsonObject objectToJson(const Object &object)
{
    return std::visit([](const auto &value) { return toJson(value); }, object);
}

Result<Object> objectFromJson(ObjectType type, const QByteArray &json)
{
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    if (const auto error = parser.parse(json.constData(), size_t(json.size())).get(element))
        return fail(FailureKind::BadRequest,
                    Text::tr("Not JSON: %1").arg(QString::fromLatin1(simdjson::error_message(error))));
    return readObject(type, element, {});
}

} // namespace castellan
