// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/network.h"

#include "vocabulary/jid.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>
#include <array>
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
};

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
    case Subject::Kind::Certificate: {
        const QString written = subject.value;
        // People paste thumbprints as other programs show them: AB:CD:… or AB CD …
        subject.value = subject.value.toLower().remove(u':').remove(u' ');
        const bool hexadecimal = std::ranges::all_of(subject.value, [](QChar c) {
            return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f');
        });
        if (subject.value.size() != 64 || !hexadecimal)
            return bad(Text::tr("%1: “%2” is not a SHA-256 thumbprint (64 hexadecimal digits).",
                                "%1 is the name of a member")
                           .arg(member, written));
        return {};
    }
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
    if (rule.from.isValid())
        rule.from = rule.from.toUTC();
    if (rule.until.isValid())
        rule.until = rule.until.toUTC();
    if (rule.from.isValid() && rule.until.isValid() && rule.from >= rule.until)
        return bad(Text::tr("until: must be later than “from”."));
    return {};
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
    struct Visitor
    {
        ObjectType operator()(const Thing &) { return ObjectType::Thing; }
        ObjectType operator()(const Friendship &) { return ObjectType::Friendship; }
        ObjectType operator()(const FriendshipRule &) { return ObjectType::FriendshipRule; }
        ObjectType operator()(const AccessRule &) { return ObjectType::AccessRule; }
    };
    return std::visit(Visitor {}, object);
}

QString objectId(const Object &object)
{
    struct Visitor
    {
        QString operator()(const Thing &thing) { return thing.jid; }
        QString operator()(const Friendship &friendship) { return friendshipId(friendship.a, friendship.b); }
        QString operator()(const FriendshipRule &rule) { return rule.id; }
        QString operator()(const AccessRule &rule) { return rule.id; }
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

Result<Object> normalised(Object object)
{
    const Checked checked = std::visit([](auto &value) { return normalise(value); }, object);
    if (!checked)
        return std::unexpected(checked.error());
    return object;
}

} // namespace castellan
