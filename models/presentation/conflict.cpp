// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/conflict.h"

#include "presentation/text.h"
#include "replica/members.h"

#include <QCoreApplication>
#include <QLocale>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::presentation)
};

QString text(const QString &value)
{
    return value;
}
QString text(const QStringList &value)
{
    return value.join(u", ");
}
QString text(bool value)
{
    return value ? Text::tr("yes", "of a conflict") : Text::tr("no", "of a conflict");
}
QString text(int value)
{
    return QLocale().toString(value);
}
QString text(const QDateTime &value)
{
    return value.isValid() ? QLocale().toString(value.toLocalTime(), QLocale::ShortFormat) : QString();
}
QString text(const QByteArray &value)
{
    return Text::tr("%n bytes", "a certificate", int(value.size()));
}
QString text(ThingKind value)
{
    switch (value) {
    case ThingKind::Thing:
        return Text::tr("thing");
    case ThingKind::Concentrator:
        return Text::tr("concentrator");
    case ThingKind::Service:
        return Text::tr("service");
    case ThingKind::User:
        return Text::tr("user");
    }
    Q_UNREACHABLE_RETURN({});
}
QString text(Friendship::State value)
{
    return value == Friendship::State::Accepted ? Text::tr("accepted", "a friendship")
                                                : Text::tr("rejected", "a friendship");
}
QString text(Effect value)
{
    return value == Effect::Allow ? Text::tr("allow", "the effect of a rule")
                                  : Text::tr("deny", "the effect of a rule");
}
QString text(AdminRole value)
{
    switch (value) {
    case AdminRole::Administrator:
        return Text::tr("administrator", "a role");
    case AdminRole::Auditor:
        return Text::tr("auditor", "a role");
    case AdminRole::Support:
        return Text::tr("support", "a role");
    case AdminRole::None:
        return Text::tr("none", "a role");
    }
    Q_UNREACHABLE_RETURN({});
}
QString text(Policy::Unknown value)
{
    return value == Policy::Unknown::Deny ? Text::tr("deny", "unknown friends")
                                          : Text::tr("ask an administrator", "unknown friends");
}
QString text(Policy::Challenge value)
{
    switch (value) {
    case Policy::Challenge::Never:
        return Text::tr("never", "when tokens are challenged");
    case Policy::Challenge::FirstUse:
        return Text::tr("at first use", "when tokens are challenged");
    case Policy::Challenge::Interval:
        return Text::tr("at intervals", "when tokens are challenged");
    case Policy::Challenge::Always:
        return Text::tr("always", "when tokens are challenged");
    }
    Q_UNREACHABLE_RETURN({});
}
QString text(const Subject &value)
{
    return subjectText(value);
}
QString text(const Target &value)
{
    const QString node = nodeText(value);
    return node.isEmpty() ? targetText(value)
                          : Text::tr("%1 on %2", "%1 is a node, %2 a device").arg(node, targetText(value));
}
QString text(FieldTypes value)
{
    const QString types = typesText(value);
    return types.isEmpty() ? Text::tr("all", "types of fields") : types;
}
QString text(const QList<Node> &value)
{
    QStringList names;
    for (const Node &node : value)
        names.append(node.ref.isDevice() ? Text::tr("the device itself", "not a node behind it")
                                         : node.ref.nodeId);
    return names.join(u", ");
}
QString text(const QList<ServiceRule> &value)
{
    QStringList rules;
    for (const ServiceRule &rule : value)
        rules.append(Text::tr("%1 on %n conditions", "%1 is allow or deny", int(rule.conditions.size()))
                         .arg(text(rule.effect)));
    return rules.join(u", ");
}
QString text(const QList<PrivilegeEntry> &value)
{
    QStringList entries;
    for (const PrivilegeEntry &entry : value)
        entries.append((entry.include ? u"+ "_s : u"− "_s) + entry.privilege);
    return entries.join(u", ");
}

QString label(QLatin1StringView member)
{
    static const QHash<QLatin1StringView, QString> labels {
        { "kind"_L1, Text::tr("Kind", "of an object") },
        { "name"_L1, Text::tr("Name", "of an object") },
        { "owner"_L1, Text::tr("Owner", "of an object") },
        { "tags"_L1, Text::tr("Tags", "of an object") },
        { "roles"_L1, Text::tr("Roles", "of an object") },
        { "comment"_L1, Text::tr("Comment", "of an object") },
        { "noted"_L1, Text::tr("Noted by the server", "an object") },
        { "nodes"_L1, Text::tr("Nodes", "of an object") },
        { "state"_L1, Text::tr("State", "of a friendship") },
        { "secondaryTrustAllowed"_L1, Text::tr("Secondary trust", "of a friendship") },
        { "effect"_L1, Text::tr("Effect", "of a rule") },
        { "one"_L1, Text::tr("One side", "of a friendship rule") },
        { "other"_L1, Text::tr("Other side", "of a friendship rule") },
        { "subject"_L1, Text::tr("Subject", "of a rule or certificate") },
        { "target"_L1, Text::tr("Object", "of a rule") },
        { "names"_L1, Text::tr("Fields or parameters", "of a rule") },
        { "types"_L1, Text::tr("Types", "of fields") },
        { "from"_L1, Text::tr("Valid from", "a rule") },
        { "until"_L1, Text::tr("Valid until", "a rule") },
        { "certificates"_L1, Text::tr("Certificates", "of a user or service") },
        { "access"_L1, Text::tr("Access conditions", "of a service") },
        { "entries"_L1, Text::tr("Entries", "of a privilege list") },
        { "der"_L1, Text::tr("Certificate", "its bytes") },
        { "issuer"_L1, Text::tr("Issuer", "of a certificate") },
        { "notBefore"_L1, Text::tr("Valid from", "a certificate") },
        { "notAfter"_L1, Text::tr("Valid until", "a certificate") },
        { "jid"_L1, Text::tr("JID", "of an object") },
        { "revoked"_L1, Text::tr("Revoked", "a certificate") },
        { "asker"_L1, Text::tr("Asker", "of a question") },
        { "asked"_L1, Text::tr("Asked", "a question") },
        { "unknownFriends"_L1, Text::tr("Unknown friends", "a policy") },
        { "challenge"_L1, Text::tr("Challenge", "a policy") },
        { "challengeHours"_L1, Text::tr("Hours between challenges", "a policy") },
        { "role"_L1, Text::tr("Role", "in the administration") },
    };
    return labels.value(member, member);
}

/// What a value says, and nothing said.
template<typename Value>
QString shown(const Value &value)
{
    const QString said = text(value);
    return said.isEmpty() ? Text::tr("–", "a value that is empty") : said;
}

} // namespace

QList<ConflictMember> conflictMembers(const replica::Edit &edit, const VersionedObject &theirs)
{
    QList<ConflictMember> members;
    if (!edit.base.object || !edit.mine || !theirs.object || theirs.key != edit.base.key)
        return members;
    std::visit(
        [&]<typename T>(const T &base) {
            const auto &mine = std::get<T>(*edit.mine);
            const auto &other = std::get<T>(*theirs.object);
            replica::forEachMember<T>([&](const auto &member) {
                ConflictMember row;
                row.mineChanged = mine.*member.value != base.*member.value;
                row.theirsChanged = other.*member.value != base.*member.value;
                if (!row.mineChanged && !row.theirsChanged)
                    return;
                row.label = label(member.name);
                row.base = shown(base.*member.value);
                row.mine = shown(mine.*member.value);
                row.theirs = shown(other.*member.value);
                members.append(row);
            });
        },
        *edit.base.object);
    return members;
}

} // namespace castellan::presentation
