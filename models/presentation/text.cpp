// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <array>
#include <utility>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array kinds { std::pair { ThingKind::Thing, "thing"_L1 },
                             std::pair { ThingKind::Concentrator, "concentrator"_L1 },
                             std::pair { ThingKind::Service, "service"_L1 },
                             std::pair { ThingKind::User, "user"_L1 } };
constexpr std::array actions { std::pair { Action::Read, "read"_L1 },
                               std::pair { Action::Control, "control"_L1 } };
constexpr std::array effects { std::pair { Effect::Allow, "allow"_L1 },
                               std::pair { Effect::Deny, "deny"_L1 } };
constexpr std::array subjectKinds { std::pair { Subject::Kind::Everyone, "everyone"_L1 },
                                    std::pair { Subject::Kind::Jid, "jid"_L1 },
                                    std::pair { Subject::Kind::Domain, "domain"_L1 },
                                    std::pair { Subject::Kind::Role, "role"_L1 },
                                    std::pair { Subject::Kind::Certificate, "certificate"_L1 } };
constexpr std::array targetKinds { std::pair { Target::Kind::Any, "any"_L1 },
                                   std::pair { Target::Kind::Device, "device"_L1 },
                                   std::pair { Target::Kind::Role, "role"_L1 } };
constexpr std::array friendshipStates { std::pair { Friendship::State::Accepted, "accepted"_L1 },
                                        std::pair { Friendship::State::Rejected, "rejected"_L1 } };
constexpr std::array draftMarks { std::pair { replica::DraftMark::None, ""_L1 },
                                  std::pair { replica::DraftMark::Added, "added"_L1 },
                                  std::pair { replica::DraftMark::Removed, "removed"_L1 },
                                  std::pair { replica::DraftMark::Changed, "changed"_L1 },
                                  std::pair { replica::DraftMark::Moved, "moved"_L1 } };
constexpr std::array deliveryKinds { std::pair { Delivery::Kind::ClearCache, "clearCache"_L1 },
                                     std::pair { Delivery::Kind::Friend, "friend"_L1 },
                                     std::pair { Delivery::Kind::Unfriend, "unfriend"_L1 } };
constexpr std::array deliveryStates { std::pair { Delivery::State::Waiting, "waiting"_L1 },
                                      std::pair { Delivery::State::Sent, "sent"_L1 },
                                      std::pair { Delivery::State::Acknowledged, "acknowledged"_L1 },
                                      std::pair { Delivery::State::Failed, "failed"_L1 } };
constexpr std::array verbs { std::pair { Change::Verb::Put, "put"_L1 },
                             std::pair { Change::Verb::Remove, "remove"_L1 },
                             std::pair { Change::Verb::Move, "move"_L1 } };

template<typename Table, typename Enum>
QString nameOf(const Table &table, Enum value)
{
    for (const auto &[candidate, name] : table) {
        if (candidate == value)
            return name;
    }
    Q_UNREACHABLE_RETURN({});
}

template<typename Table>
auto valueOf(const Table &table, QStringView text) -> std::optional<typename Table::value_type::first_type>
{
    for (const auto &[value, name] : table) {
        if (name == text)
            return value;
    }
    return {};
}

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::presentation)
};

} // namespace

QString kindName(ThingKind kind)
{
    return nameOf(kinds, kind);
}
std::optional<ThingKind> kindFromName(QStringView name)
{
    return valueOf(kinds, name);
}
QString actionName(Action action)
{
    return nameOf(actions, action);
}
std::optional<Action> actionFromName(QStringView name)
{
    return valueOf(actions, name);
}
QString effectName(Effect effect)
{
    return nameOf(effects, effect);
}
std::optional<Effect> effectFromName(QStringView name)
{
    return valueOf(effects, name);
}
QString subjectKindName(Subject::Kind kind)
{
    return nameOf(subjectKinds, kind);
}
std::optional<Subject::Kind> subjectKindFromName(QStringView name)
{
    return valueOf(subjectKinds, name);
}
QString targetKindName(Target::Kind kind)
{
    return nameOf(targetKinds, kind);
}
std::optional<Target::Kind> targetKindFromName(QStringView name)
{
    return valueOf(targetKinds, name);
}
QString friendshipStateName(Friendship::State state)
{
    return nameOf(friendshipStates, state);
}
QString draftMarkName(replica::DraftMark mark)
{
    return nameOf(draftMarks, mark);
}
QString deliveryKindName(Delivery::Kind kind)
{
    return nameOf(deliveryKinds, kind);
}
QString deliveryStateName(Delivery::State state)
{
    return nameOf(deliveryStates, state);
}
QString verbName(Change::Verb verb)
{
    return nameOf(verbs, verb);
}

QString subjectText(const Subject &subject)
{
    QString text;
    switch (subject.kind) {
    case Subject::Kind::Everyone:
        text = Text::tr("Everyone", "whom a rule is about");
        break;
    case Subject::Kind::Jid:
        text = subject.value;
        break;
    case Subject::Kind::Domain:
        text = Text::tr("Everyone at %1", "%1 is a domain").arg(subject.value);
        break;
    case Subject::Kind::Role:
        text = Text::tr("Role %1", "%1 is the name of a role").arg(subject.value);
        break;
    case Subject::Kind::Certificate:
        text = Text::tr("Certificate %1", "%1 is the start of a thumbprint")
                   .arg(subject.value.first(std::min<qsizetype>(12, subject.value.size())));
        break;
    }
    if (!subject.withUser.isEmpty())
        text =
            Text::tr("%1 with a token of user %2", "%1 is a subject, %2 a JID").arg(text, subject.withUser);
    if (!subject.withService.isEmpty())
        text = Text::tr("%1 with a token of service %2", "%1 is a subject, %2 a JID")
                   .arg(text, subject.withService);
    return text;
}

QString targetText(const Target &target)
{
    switch (target.kind) {
    case Target::Kind::Any:
        return Text::tr("Any device", "what a rule is about");
    case Target::Kind::Device:
        return target.value;
    case Target::Kind::Role:
        return Text::tr("Devices with role %1", "%1 is the name of a role").arg(target.value);
    }
    Q_UNREACHABLE_RETURN({});
}

QString nodeText(const Target &target)
{
    if (!target.node)
        return {};
    const NodePattern &node = *target.node;
    QStringList parts;
    if (node.nodeId)
        parts.append(node.nodeId->isEmpty() ? Text::tr("the device itself", "not a node behind it")
                                            : *node.nodeId);
    if (node.sourceId)
        parts.append(Text::tr("source %1", "%1 is the id of a data source").arg(*node.sourceId));
    if (node.cacheType)
        parts.append(Text::tr("cache type %1", "%1 is a cache type of XEP-0326").arg(*node.cacheType));
    if (parts.isEmpty())
        parts.append(Text::tr("any node", "of a device"));
    const QString text = parts.join(u", ");
    return node.andBelow ? Text::tr("%1 and below", "%1 is a node").arg(text) : text;
}

QString typesText(FieldTypes types)
{
    if (types == allFieldTypes)
        return {};
    QStringList names;
    for (const auto &[type, name] : fieldTypeNames) {
        if (types.testFlag(type)
            && !(types.testFlags(historicalFieldTypes) && historicalFieldTypes.testFlag(type)))
            names.append(name);
    }
    if (types.testFlags(historicalFieldTypes))
        names.append(Text::tr("historical", "all historical field types"));
    return names.join(u", ");
}

QString validityText(const AccessRule &rule)
{
    const auto text = [](const QDateTime &time) {
        return QLocale().toString(time.toLocalTime(), QLocale::ShortFormat);
    };
    if (rule.from.isValid() && rule.until.isValid())
        return Text::tr("%1 to %2", "%1 and %2 are dates with times").arg(text(rule.from), text(rule.until));
    if (rule.from.isValid())
        return Text::tr("from %1", "%1 is a date with time").arg(text(rule.from));
    if (rule.until.isValid())
        return Text::tr("until %1", "%1 is a date with time").arg(text(rule.until));
    return {};
}

QString ruleText(const AccessRule &rule)
{
    const QString who = subjectText(rule.subject);
    const QString node = nodeText(rule.target);
    const QString what = node.isEmpty()
        ? targetText(rule.target)
        : Text::tr("%1 on %2", "%1 is a node, %2 a device").arg(node, targetText(rule.target));
    const bool allow = rule.effect == Effect::Allow;
    if (rule.action == Action::Read) {
        return (allow ? Text::tr("%1 may read %2", "%1 is a subject, %2 a device")
                      : Text::tr("%1 may not read %2", "%1 is a subject, %2 a device"))
            .arg(who, what);
    }
    return (allow ? Text::tr("%1 may control %2", "%1 is a subject, %2 a device")
                  : Text::tr("%1 may not control %2", "%1 is a subject, %2 a device"))
        .arg(who, what);
}

QString objectText(const Object &object)
{
    if (const auto *thing = std::get_if<Thing>(&object))
        return thing->name.isEmpty() ? thing->jid : thing->name;
    if (const auto *pair = std::get_if<Friendship>(&object)) {
        return (pair->state == Friendship::State::Accepted
                    ? Text::tr("%1 and %2 are friends", "%1 and %2 are JIDs")
                    : Text::tr("%1 and %2 may not be friends", "%1 and %2 are JIDs"))
            .arg(pair->a, pair->b);
    }
    if (const auto *rule = std::get_if<AccessRule>(&object))
        return ruleText(*rule);
    if (const auto *rule = std::get_if<FriendshipRule>(&object)) {
        return (rule->effect == Effect::Allow
                    ? Text::tr("%1 and %2 may be friends", "%1 and %2 are subjects")
                    : Text::tr("%1 and %2 may not be friends", "%1 and %2 are subjects"))
            .arg(subjectText(rule->one), subjectText(rule->other));
    }
    if (const auto *service = std::get_if<Service>(&object))
        return service->name.isEmpty() ? service->id : service->name;
    if (const auto *list = std::get_if<PrivilegeList>(&object)) {
        switch (list->holder) {
        case PrivilegeList::Holder::Anonymous:
            return Text::tr("Privileges of visitors in %1", "%1 is a service").arg(list->service);
        case PrivilegeList::Holder::User:
            return Text::tr("Privileges of %1 in %2", "%1 is a user, %2 a service")
                .arg(list->name, list->service);
        case PrivilegeList::Holder::Role:
            return Text::tr("Privileges of role %1 in %2", "%1 is a role, %2 a service")
                .arg(list->name, list->service);
        }
    }
    if (const auto *privilege = std::get_if<Privilege>(&object))
        return Text::tr("Privilege %1 in %2", "%2 is a service")
            .arg(privilege->privilege, privilege->service);
    if (const auto *certificate = std::get_if<Certificate>(&object)) {
        return Text::tr("Certificate of %1", "%1 is whom it is about")
            .arg(certificate->subject.isEmpty() ? certificate->thumbprint : certificate->subject);
    }
    if (const auto *question = std::get_if<Question>(&object)) {
        return Text::tr("Question of %1 about %2", "%1 and %2 are JIDs").arg(question->asker, question->jid);
    }
    if (std::holds_alternative<Policy>(object))
        return Text::tr("Policy of the network");
    if (const auto *grant = std::get_if<RoleGrant>(&object)) {
        switch (grant->role) {
        case AdminRole::Administrator:
            return Text::tr("%1 is an administrator", "%1 is a JID or certificate").arg(grant->holder);
        case AdminRole::Auditor:
            return Text::tr("%1 is an auditor", "%1 is a JID or certificate").arg(grant->holder);
        case AdminRole::Support:
            return Text::tr("%1 is support staff", "%1 is a JID or certificate").arg(grant->holder);
        case AdminRole::None:
            break;
        }
    }
    return objectId(object);
}

QString summary(const replica::Edit &edit)
{
    const std::optional<Object> &object = edit.mine ? edit.mine : edit.base.object;
    if (!object)
        return edit.base.key.id;
    if (const auto *pair = std::get_if<Friendship>(&*object)) {
        if (edit.verb == Change::Verb::Remove)
            return Text::tr("Unfriend %1 and %2", "%1 and %2 are JIDs").arg(pair->a, pair->b);
        return (pair->state == Friendship::State::Accepted
                    ? Text::tr("Befriend %1 and %2", "%1 and %2 are JIDs")
                    : Text::tr("Reject friendship of %1 and %2", "%1 and %2 are JIDs"))
            .arg(pair->a, pair->b);
    }
    if (const auto *containment = std::get_if<Containment>(&*object)) {
        if (edit.verb == Change::Verb::Remove)
            return Text::tr("Release %1", "%1 is a JID").arg(containment->jid);
        return (edit.creates() ? Text::tr("Contain %1", "%1 is a JID")
                               : Text::tr("Change containment of %1", "%1 is a JID"))
            .arg(containment->jid);
    }
    const QString text = objectText(*object);
    switch (edit.verb) {
    case Change::Verb::Put:
        return (edit.creates() ? Text::tr("Add: %1", "%1 is an object, such as a rule")
                               : Text::tr("Change: %1", "%1 is an object, such as a rule"))
            .arg(text);
    case Change::Verb::Remove:
        return Text::tr("Remove: %1", "%1 is an object, such as a rule").arg(text);
    case Change::Verb::Move:
        return Text::tr("Move: %1", "%1 is a rule").arg(text);
    }
    Q_UNREACHABLE_RETURN({});
}

QString summary(const replica::DraftStep &step)
{
    if (step.edits.size() > 1)
        return Text::tr("%n edits", "a step that can be undone", int(step.edits.size()));
    if (step.edits.isEmpty())
        return Text::tr("Move a rule", "a step that can be undone");
    const auto &edit = step.edits.first();
    if (edit.after)
        return summary(*edit.after);
    return Text::tr("Discard \"%1\"", "%1 is the summary of an edit").arg(summary(*edit.before));
}

QString conflictText(const ObjectKey &key, const VersionedObject &theirs)
{
    if (theirs.key != key)
        return Text::tr("The rule in front of its place was removed by someone else",
                        "a rule that is being edited");
    if (!theirs.object)
        return Text::tr("Removed by someone else meanwhile", "an object that is being edited");
    return Text::tr("Changed by someone else meanwhile: %1", "%1 is an object, such as a rule")
        .arg(objectText(*theirs.object));
}

} // namespace castellan::presentation
