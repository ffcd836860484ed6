// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/network.h"

#include "vocabulary/iprange.h"
#include "vocabulary/jid.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QSet>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

using namespace Qt::StringLiterals;

namespace castellan {

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Network)
};

constexpr std::array objectTypeNames {
    std::pair { ObjectType::Thing, "thing"_L1 },
    std::pair { ObjectType::Friendship, "friendship"_L1 },
    std::pair { ObjectType::FriendshipRule, "friendship-rule"_L1 },
    std::pair { ObjectType::AccessRule, "access-rule"_L1 },
    std::pair { ObjectType::Service, "service"_L1 },
    std::pair { ObjectType::User, "user"_L1 },
    std::pair { ObjectType::PrivilegeList, "privilege-list"_L1 },
    std::pair { ObjectType::Privilege, "privilege"_L1 },
    std::pair { ObjectType::Certificate, "certificate"_L1 },
    std::pair { ObjectType::Question, "question"_L1 },
    std::pair { ObjectType::Containment, "containment"_L1 },
    std::pair { ObjectType::Policy, "policy"_L1 },
    std::pair { ObjectType::RoleGrant, "role-grant"_L1 },
};
static_assert(objectTypeNames.size() == allObjectTypes.size()
              && std::variant_size_v<Object> == allObjectTypes.size());

using Checked = Result<void>;

std::unexpected<Failure> bad(const QString &text)
{
    return fail(FailureKind::BadRequest, text);
}

Checked normaliseJid(QString &jid, QLatin1StringView member)
{
    const Result<Jid> parsed = Jid::parse(jid);
    if (!parsed) {
        return fail(parsed.error().kind,
                    u"%1: %2"_s.arg(member, parsed.error().text)); // both are already for people to read
    }
    jid = parsed->bare();
    return {};
}

Checked checkId(const QString &id)
{
    if (id.isEmpty())
        return bad(Text::tr("id: a rule needs an id that is not empty."));
    return {};
}

void removeEmptyAndRepeated(QStringList &list)
{
    for (QString &text : list)
        text = text.trimmed();
    list.removeAll(QString());
    list.removeDuplicates();
}

Checked normaliseThumbprint(QString &thumbprint, QLatin1StringView member)
{
    const QString written = thumbprint;
    // People paste thumbprints as other programs show them: AB:CD:… or AB CD …
    thumbprint = thumbprint.toLower().remove(u':').remove(u' ');
    if (!isThumbprint(thumbprint))
        return bad(Text::tr("%1: “%2” is not a SHA-256 thumbprint (64 hexadecimal digits).",
                            "%1 is the name of a member")
                       .arg(member, written));
    return {};
}

Checked normaliseThumbprints(QStringList &thumbprints)
{
    for (QString &thumbprint : thumbprints) {
        if (const Checked checked = normaliseThumbprint(thumbprint, "certificates"_L1); !checked)
            return checked;
    }
    thumbprints.removeDuplicates();
    return {};
}

void makeUtc(QDateTime &time)
{
    if (time.isValid())
        time = time.toUTC();
}

Checked normalise(Subject &subject, QLatin1StringView member)
{
    switch (subject.kind) {
    case Subject::Kind::Everyone:
        if (!subject.value.isEmpty())
            return bad(Text::tr("%1: “everyone” takes no value, found “%2”.", "%1 is the name of a member")
                           .arg(member, subject.value));
        return {};
    case Subject::Kind::Jid:
        return normaliseJid(subject.value, member);
    case Subject::Kind::Domain: {
        const Result<Jid> domain = Jid::parse(subject.value);
        if (!domain || !domain->isDomain())
            return bad(Text::tr("%1: “%2” is not a domain.", "%1 is the name of a member")
                           .arg(member, subject.value));
        subject.value = domain->full();
        return {};
    }
    case Subject::Kind::Role:
        subject.value = subject.value.trimmed();
        if (subject.value.isEmpty())
            return bad(Text::tr("%1: name a role.", "%1 is the name of a member").arg(member));
        return {};
    case Subject::Kind::Certificate:
        return normaliseThumbprint(subject.value, member);
    }
    Q_UNREACHABLE_RETURN({});
}

Checked normalise(Target &target)
{
    switch (target.kind) {
    case Target::Kind::Any:
        if (!target.value.isEmpty())
            return bad(Text::tr("target: “any” takes no value, found “%1”.").arg(target.value));
        break;
    case Target::Kind::Device:
        if (const Checked jid = normaliseJid(target.value, "target"_L1); !jid)
            return jid;
        break;
    case Target::Kind::Role:
        target.value = target.value.trimmed();
        if (target.value.isEmpty())
            return bad(Text::tr("target: name a role."));
        break;
    }
    const std::optional<NodePattern> &node = target.node;
    if (node && !node->nodeId && !node->sourceId && !node->cacheType)
        return bad(Text::tr("target/node: name a nodeId, a sourceId or a cacheType, or leave the node out."));
    if (node && node->nodeId && node->nodeId->isEmpty())
        return bad(Text::tr("target/node/nodeId: must not be empty."));
    return {};
}

Checked checkParents(const QList<Node> &nodes)
{
    std::map<NodeRef, NodeRef> parents;
    for (const Node &node : nodes)
        parents.emplace(node.ref, node.parent);
    std::map<NodeRef, const Node *> seenFrom; // on whose way up
    for (const Node &node : nodes) {
        NodeRef ref = node.ref;
        while (!ref.isDevice()) {
            const auto [seen, isNew] = seenFrom.emplace(ref, &node);
            if (!isNew && seen->second == &node)
                return bad(Text::tr("nodes: node “%1” is below itself.").arg(ref.nodeId));
            const auto parent = parents.find(ref);
            if (!isNew || parent == parents.end())
                break;
            ref = parent->second;
        }
    }
    return {};
}

Checked normalise(Thing &thing)
{
    if (const Checked jid = normaliseJid(thing.jid, "jid"_L1); !jid)
        return jid;
    removeEmptyAndRepeated(thing.tags);
    removeEmptyAndRepeated(thing.roles);

    QSet<QStringList> refs;
    for (Node &node : thing.nodes) {
        const NodeRef &ref = node.ref;
        if (ref.isDevice() && (ref != NodeRef {} || node.parent != NodeRef {}))
            return bad(
                Text::tr("nodes: the device itself (no nodeId) has no sourceId, cacheType or parent."));
        if (node.parent.isDevice() && node.parent != NodeRef {})
            return bad(Text::tr("nodes: the parent of “%1” has no nodeId.").arg(ref.nodeId));
        const qsizetype before = refs.size();
        refs.insert({ ref.nodeId, ref.sourceId, ref.cacheType });
        if (refs.size() == before)
            return bad(Text::tr("nodes: node “%1” is there twice.").arg(ref.nodeId));
        QSet<QString> names;
        for (const Field &field : node.fields) {
            if (field.name.isEmpty())
                return bad(Text::tr("nodes: a field of node “%1” has no name.").arg(ref.nodeId));
            if (!field.types)
                return bad(
                    Text::tr("nodes: field “%1” of node “%2” has no type.").arg(field.name, ref.nodeId));
            if (names.contains(field.name))
                return bad(
                    Text::tr("nodes: field “%1” of node “%2” is there twice.").arg(field.name, ref.nodeId));
            names.insert(field.name);
        }
        if (node.parameters.contains(QString()))
            return bad(Text::tr("nodes: a parameter of node “%1” has no name.").arg(ref.nodeId));
        node.parameters.removeDuplicates();
    }
    return checkParents(thing.nodes);
}

Checked normalise(Friendship &friendship)
{
    if (const Checked jid = normaliseJid(friendship.a, "a"_L1); !jid)
        return jid;
    if (const Checked jid = normaliseJid(friendship.b, "b"_L1); !jid)
        return jid;
    if (friendship.a == friendship.b)
        return bad(Text::tr("b: “%1” cannot be a friend of itself.").arg(friendship.a));
    if (friendship.b < friendship.a)
        std::swap(friendship.a, friendship.b);
    return {};
}

Checked normalise(FriendshipRule &rule)
{
    if (const Checked id = checkId(rule.id); !id)
        return id;
    for (const auto &[subject, member] : { std::pair { &rule.one, "one"_L1 }, { &rule.other, "other"_L1 } }) {
        // isFriend has no attribute for a token (XEP-0324 §8), so such a rule could never match.
        if (subject->kind == Subject::Kind::Certificate || !subject->withUser.isEmpty()
            || !subject->withService.isEmpty())
            return bad(
                Text::tr("%1: a question about friendship carries no tokens; name a JID, domain or role.",
                         "%1 is the name of a member")
                    .arg(member));
        if (const Checked checked = normalise(*subject, member); !checked)
            return checked;
    }
    return {};
}

Checked normalise(AccessRule &rule)
{
    if (const Checked id = checkId(rule.id); !id)
        return id;
    if (const Checked subject = normalise(rule.subject, "subject"_L1); !subject)
        return subject;
    if (const Checked target = normalise(rule.target); !target)
        return target;
    if (rule.names.contains(QString()))
        return bad(Text::tr("names: a name must not be empty."));
    rule.names.removeDuplicates();
    if (!rule.types)
        return bad(Text::tr("types: a rule about no type does nothing; leave “types” out to mean all."));
    if (rule.action == Action::Control && rule.types != allFieldTypes)
        return bad(
            Text::tr("types: parameters have no field types; leave “types” out of a rule about control."));
    makeUtc(rule.from);
    makeUtc(rule.until);
    if (rule.from.isValid() && rule.until.isValid() && rule.from >= rule.until)
        return bad(Text::tr("until: must be later than “from”."));
    return {};
}

Checked checkServiceId(const QString &id, QLatin1StringView member)
{
    if (!isServiceId(id))
        return bad(
            Text::tr("%1: “%2” cannot name a service; use a name without white space, such as its JID.",
                     "%1 is the name of a member")
                .arg(member, id));
    return {};
}

Checked checkPrivilegeId(const QString &id)
{
    if (!isPrivilegeId(id))
        return bad(Text::tr("“%1” is not a Privilege ID; write parts separated by single periods, such as "
                            "Databases.Energy.Select.")
                       .arg(id));
    return {};
}

Checked normalise(AccessCondition &condition)
{
    using Kind = AccessCondition::Kind;
    if (condition.kind != Kind::Location
        && (condition.latitude != 0 || condition.longitude != 0 || condition.metres != 0))
        return bad(Text::tr("access: only a condition on the location has a place."));
    switch (condition.kind) {
    case Kind::Jid:
        return normaliseJid(condition.value, "access"_L1);
    case Kind::IpAddress:
        if (!IpRange::parse(condition.value))
            return bad(Text::tr("access: “%1” is not an IP address, a range (FIRST-LAST) or a network "
                                "(ADDRESS/PREFIX).")
                           .arg(condition.value));
        return {};
    case Kind::HostName: {
        const bool suffix = condition.value.startsWith(u'.');
        const Result<Jid> name = Jid::parse(condition.value.sliced(suffix ? 1 : 0));
        if (!name || !name->isDomain())
            return bad(Text::tr("access: “%1” is not a host name.").arg(condition.value));
        condition.value = (suffix ? u"."_s : QString()) + name->full();
        return {};
    }
    case Kind::Certificate:
        return normaliseThumbprint(condition.value, "access"_L1);
    case Kind::UserName:
    case Kind::SsoToken:
    case Kind::Protocol:
        if (condition.value.isEmpty())
            return bad(Text::tr("access: a condition needs a value."));
        return {};
    case Kind::Location:
        if (!condition.value.isEmpty())
            return bad(Text::tr("access: a condition on the location has no value but a place."));
        // Written so that what is not a number fails.
        if (!(std::abs(condition.latitude) <= 90) || !(std::abs(condition.longitude) <= 180)
            || !(condition.metres >= 0 && condition.metres <= 25'000'000))
            return bad(
                Text::tr("access: a place has a latitude from -90 to 90, a longitude from -180 to 180 and "
                         "a distance from 0 to 25000000 metres."));
        return {};
    }
    Q_UNREACHABLE_RETURN({});
}

Checked normalise(Service &service)
{
    if (const Checked id = checkServiceId(service.id, "id"_L1); !id)
        return id;
    for (ServiceRule &rule : service.access) {
        for (AccessCondition &condition : rule.conditions) {
            if (const Checked checked = normalise(condition); !checked)
                return checked;
        }
    }
    return normaliseThumbprints(service.certificates);
}

Checked normalise(User &user)
{
    if (user.name.isEmpty())
        return bad(Text::tr("name: a user needs a name that is not empty."));
    removeEmptyAndRepeated(user.roles);
    return normaliseThumbprints(user.certificates);
}

Checked normalise(PrivilegeList &list)
{
    if (const Checked service = checkServiceId(list.service, "service"_L1); !service)
        return service;
    if ((list.holder == PrivilegeList::Holder::Anonymous) != list.name.isEmpty())
        return bad(Text::tr("name: the list of a user or a role has its name, the anonymous one has none."));
    for (const PrivilegeEntry &entry : list.entries) {
        if (const Checked id = checkPrivilegeId(entry.privilege); !id)
            return id;
    }
    return {};
}

Checked normalise(Privilege &privilege)
{
    if (const Checked service = checkServiceId(privilege.service, "service"_L1); !service)
        return service;
    return checkPrivilegeId(privilege.privilege);
}

Checked normalise(Certificate &certificate)
{
    if (const Checked thumbprint = normaliseThumbprint(certificate.thumbprint, "thumbprint"_L1); !thumbprint)
        return thumbprint;
    if (!certificate.der.isEmpty()
        && QCryptographicHash::hash(certificate.der, QCryptographicHash::Sha256).toHex()
            != certificate.thumbprint.toLatin1())
        return bad(Text::tr("der: is not the certificate that the thumbprint names."));
    makeUtc(certificate.notBefore);
    makeUtc(certificate.notAfter);
    return certificate.jid.isEmpty() ? Checked {} : normaliseJid(certificate.jid, "jid"_L1);
}

Checked normalise(Question &question)
{
    if (const Checked jid = normaliseJid(question.asker, "asker"_L1); !jid)
        return jid;
    if (const Checked jid = normaliseJid(question.jid, "jid"_L1); !jid)
        return jid;
    if (question.asker == question.jid)
        return bad(Text::tr("jid: “%1” cannot be a friend of itself.").arg(question.jid));
    makeUtc(question.asked);
    return {};
}

Checked normalise(Containment &containment)
{
    makeUtc(containment.until);
    return normaliseJid(containment.jid, "jid"_L1);
}

Checked normalise(Policy &policy)
{
    constexpr int year = 366 * 24;
    if (policy.challengeHours < 1 || policy.challengeHours > year)
        return bad(Text::tr("challengeHours: must be between 1 and %1.").arg(year));
    return {};
}

Checked normalise(RoleGrant &grant)
{
    if (grant.role == AdminRole::None)
        return bad(Text::tr("role: must be auditor, support or administrator."));
    if (!grant.holder.contains(u'@')) {
        if (QString thumbprint = grant.holder; normaliseThumbprint(thumbprint, "holder"_L1)) {
            grant.holder = thumbprint;
            return {};
        }
    }
    return normaliseJid(grant.holder, "holder"_L1);
}

} // namespace

Friendship makeFriendship(const QString &one, const QString &other, Friendship::State state)
{
    const auto [a, b] = std::minmax(one, other);
    return { .a = a, .b = b, .state = state, .comment = {} };
}

QString friendshipId(const QString &one, const QString &other)
{
    const auto [a, b] = std::minmax(one, other);
    return a + u' ' + b;
}

ObjectType objectType(const Object &object)
{
    return ObjectType(object.index());
}

QString objectId(const Object &object)
{
    struct Visitor
    {
        QString operator()(const Thing &thing) { return thing.jid; }
        QString operator()(const Friendship &friendship) { return friendshipId(friendship.a, friendship.b); }
        QString operator()(const FriendshipRule &rule) { return rule.id; }
        QString operator()(const AccessRule &rule) { return rule.id; }
        QString operator()(const Service &service) { return service.id; }
        QString operator()(const User &user) { return user.name; }
        QString operator()(const PrivilegeList &list)
        {
            return privilegeListId(list.service, list.holder, list.name);
        }
        QString operator()(const Privilege &known) { return privilegeId(known.service, known.privilege); }
        QString operator()(const Certificate &certificate) { return certificate.thumbprint; }
        QString operator()(const Question &question) { return friendshipId(question.asker, question.jid); }
        QString operator()(const Containment &containment) { return containment.jid; }
        QString operator()(const Policy &) { return policyId; }
        QString operator()(const RoleGrant &grant) { return grant.holder; }
    };
    return std::visit(Visitor {}, object);
}

QLatin1StringView objectTypeName(ObjectType type)
{
    return std::ranges::find(objectTypeNames, type, &std::pair<ObjectType, QLatin1StringView>::first)->second;
}

std::optional<ObjectType> objectTypeFromName(QStringView name)
{
    for (const auto &[type, known] : objectTypeNames) {
        if (name == known)
            return type;
    }
    return {};
}

QString privilegeListId(const QString &service, PrivilegeList::Holder holder, const QString &name)
{
    switch (holder) {
    case PrivilegeList::Holder::Anonymous:
        return service + " anonymous"_L1;
    case PrivilegeList::Holder::User:
        return service + " user "_L1 + name;
    case PrivilegeList::Holder::Role:
        return service + " role "_L1 + name;
    }
    Q_UNREACHABLE_RETURN({});
}

QString privilegeId(const QString &service, const QString &privilege)
{
    return service + u' ' + privilege;
}

bool isThumbprint(QStringView text)
{
    return text.size() == 64 && std::ranges::all_of(text, [](QChar c) {
               return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f');
           });
}

bool isPrivilegeId(QStringView text)
{
    return std::ranges::all_of(text.tokenize(u'.'), [](QStringView part) {
        return !part.isEmpty() && !part.front().isSpace() && !part.back().isSpace();
    });
}

bool isServiceId(QStringView text)
{
    return !text.isEmpty() && std::ranges::none_of(text, [](QChar c) { return c.isSpace(); });
}

Result<Object> normalised(Object object)
{
    const Checked checked = std::visit([](auto &value) { return normalise(value); }, object);
    if (!checked)
        return std::unexpected(checked.error());
    return object;
}

void add(Network &network, Object object)
{
    struct Adder
    {
        void operator()(Thing &&thing) { network.things.append(std::move(thing)); }
        void operator()(Friendship &&pair) { network.friendships.append(std::move(pair)); }
        void operator()(FriendshipRule &&rule) { network.friendshipRules.append(std::move(rule)); }
        void operator()(AccessRule &&rule) { network.accessRules.append(std::move(rule)); }
        void operator()(Service &&service) { network.services.append(std::move(service)); }
        void operator()(User &&user) { network.users.append(std::move(user)); }
        void operator()(PrivilegeList &&list) { network.privilegeLists.append(std::move(list)); }
        void operator()(Privilege &&privilege) { network.privileges.append(std::move(privilege)); }
        void operator()(Certificate &&certificate) { network.certificates.append(std::move(certificate)); }
        void operator()(Question &&question) { network.questions.append(std::move(question)); }
        void operator()(Containment &&containment) { network.containments.append(std::move(containment)); }
        void operator()(Policy &&policy) { network.policy = std::move(policy); }
        void operator()(RoleGrant &&grant) { network.roleGrants.append(std::move(grant)); }
        Network &network;
    };
    std::visit(Adder { network }, std::move(object));
}

} // namespace castellan
