// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftstate.h"

#include "wire/objects.h"

#include <algorithm>
#include <array>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {

std::optional<RuleList> listOfEdit(const Edit &edit)
{
    const std::optional<Object> &object = edit.mine ? edit.mine : edit.base.object;
    return object ? ruleListOf(*object) : std::nullopt;
}

/// What differs between two maps, with the value of `missing` where one has no entry.
template<typename Key, typename Value, typename Entry>
QMap<Key, DraftStep::Both<Entry>> difference(const QMap<Key, Value> &before, const QMap<Key, Value> &after,
                                             const Entry &missing)
{
    QMap<Key, DraftStep::Both<Entry>> result;
    for (auto it = before.cbegin(); it != before.cend(); ++it) {
        const auto other = after.constFind(it.key());
        if (other == after.cend())
            result.insert(it.key(), { it.value(), missing });
        else if (other.value() != it.value())
            result.insert(it.key(), { it.value(), other.value() });
    }
    for (auto it = after.cbegin(); it != after.cend(); ++it) {
        if (!before.contains(it.key()))
            result.insert(it.key(), { missing, it.value() });
    }
    return result;
}

void assign(DraftState &state, const ObjectKey &key, const std::optional<Edit> &edit)
{
    if (edit)
        state.edits.insert(key, *edit);
    else
        state.edits.remove(key);
}

void assign(DraftState &state, const Slot &slot, const QStringList &rules)
{
    if (rules.isEmpty())
        state.places.remove(slot);
    else
        state.places.insert(slot, rules);
}

// Steps are kept as XML: the objects in them are written as they go over the wire, whose schema outlives
// any one console.

using wire::Element;
using wire::nsAdmin;

Element makeElement(QLatin1StringView name)
{
    return { .name = name, .xmlns = nsAdmin };
}

constexpr std::array verbs { std::pair { Change::Verb::Put, "put"_L1 },
                             std::pair { Change::Verb::Remove, "remove"_L1 },
                             std::pair { Change::Verb::Move, "move"_L1 } };

constexpr std::array ruleLists { std::pair { RuleList::Read, "read"_L1 },
                                 std::pair { RuleList::Control, "control"_L1 },
                                 std::pair { RuleList::Friendship, "friendship"_L1 } };

Element writeEdit(QLatin1StringView name, const Edit &edit)
{
    Element element = makeElement(name);
    element.setAttribute("serial"_L1, QString::number(edit.serial));
    element.setAttribute("verb"_L1,
                         std::ranges::find(verbs, edit.verb, &decltype(verbs)::value_type::first)->second);
    element.setAttribute("version"_L1, QString::number(edit.base.version));
    for (const auto &[childName, object] :
         { std::pair("base"_L1, &edit.base.object), std::pair("mine"_L1, &edit.mine) }) {
        if (!*object)
            continue;
        Element child = makeElement(childName);
        child.children = { wire::writeObject(**object) };
        element.children.append(child);
    }
    return element;
}

Result<Edit> readEdit(const Element &element, const ObjectKey &key)
{
    Edit edit { .serial = element.attribute("serial"_L1).toLongLong(),
                .base = { .key = key, .version = element.attribute("version"_L1).toLongLong() } };
    const auto verb = std::ranges::find(verbs, element.attribute("verb"_L1),
                                        &decltype(verbs)::value_type::second);
    if (verb == verbs.end())
        return fail(FailureKind::BadRequest, u"an edit without a verb"_s);
    edit.verb = verb->first;
    for (const auto &[childName, object] :
         { std::pair("base"_L1, &edit.base.object), std::pair("mine"_L1, &edit.mine) }) {
        const Element *child = element.child(childName, nsAdmin);
        if (!child)
            continue;
        auto read = child->firstChild() ? wire::readObject(*child->firstChild())
                                        : fail(FailureKind::BadRequest, u"an edit without its object"_s);
        if (!read)
            return std::unexpected(read.error());
        *object = std::move(*read);
    }
    return edit;
}

Element writeRules(QLatin1StringView name, const QStringList &rules)
{
    Element element = makeElement(name);
    for (const QString &id : rules) {
        Element rule = makeElement("rule"_L1);
        rule.setAttribute("id"_L1, id);
        element.children.append(rule);
    }
    return element;
}

QStringList readRules(const Element *element)
{
    QStringList rules;
    if (element) {
        for (const Element &rule : element->children)
            rules.append(rule.attribute("id"_L1));
    }
    return rules;
}

} // namespace

std::optional<RuleList> ruleListOf(const Object &object)
{
    if (const auto *rule = std::get_if<AccessRule>(&object))
        return rule->action == Action::Read ? RuleList::Read : RuleList::Control;
    if (std::holds_alternative<FriendshipRule>(object))
        return RuleList::Friendship;
    return {};
}

bool sameContent(const std::optional<Object> &one, const std::optional<Object> &other)
{
    if (!one || !other)
        return one.has_value() == other.has_value();
    const auto unranked = [](Object object) {
        if (auto *rule = std::get_if<AccessRule>(&object))
            rule->rank = 0;
        else if (auto *friendshipRule = std::get_if<FriendshipRule>(&object))
            friendshipRule->rank = 0;
        return object;
    };
    return unranked(*one) == unranked(*other);
}

QByteArray DraftStep::toXml() const
{
    Element step = makeElement("step"_L1);
    for (auto it = edits.cbegin(); it != edits.cend(); ++it) {
        Element element = makeElement("edit"_L1);
        element.setAttribute("type"_L1, objectTypeName(it.key().type));
        element.setAttribute("id"_L1, it.key().id);
        if (it->before)
            element.children.append(writeEdit("before"_L1, *it->before));
        if (it->after)
            element.children.append(writeEdit("after"_L1, *it->after));
        step.children.append(element);
    }
    for (auto it = places.cbegin(); it != places.cend(); ++it) {
        Element element = makeElement("place"_L1);
        // Called after the action, of which there were two before friendship rules had places.
        element.setAttribute(
            "action"_L1,
            std::ranges::find(ruleLists, it.key().list, &decltype(ruleLists)::value_type::first)->second);
        if (it.key().behind)
            element.setAttribute("behind"_L1, *it.key().behind);
        element.children = { writeRules("before"_L1, it->before), writeRules("after"_L1, it->after) };
        step.children.append(element);
    }
    return step.toXml();
}

Result<DraftStep> DraftStep::fromXml(const QByteArray &xml)
{
    const auto root = Element::fromXml(xml);
    if (!root)
        return std::unexpected(root.error());
    DraftStep step;
    for (const Element &element : root->children) {
        const Element *before = element.child("before"_L1, nsAdmin);
        const Element *after = element.child("after"_L1, nsAdmin);
        if (element.name == "place"_L1) {
            const auto list = std::ranges::find(ruleLists, element.attribute("action"_L1),
                                                &decltype(ruleLists)::value_type::second);
            if (list == ruleLists.end())
                return fail(FailureKind::BadRequest, u"a place in no list of rules"_s);
            Slot slot { .list = list->first };
            if (element.hasAttribute("behind"_L1))
                slot.behind = element.attribute("behind"_L1);
            step.places.insert(slot, { readRules(before), readRules(after) });
            continue;
        }
        const auto type = objectTypeFromName(element.attribute("type"_L1));
        if (!type)
            return fail(FailureKind::BadRequest, u"an edit of an unknown type of object"_s);
        const ObjectKey key { *type, element.attribute("id"_L1) };
        Both<std::optional<Edit>> both;
        for (const auto &[child, edit] : { std::pair(before, &both.before), std::pair(after, &both.after) }) {
            if (!child)
                continue;
            auto read = readEdit(*child, key);
            if (!read)
                return std::unexpected(read.error());
            *edit = std::move(*read);
        }
        step.edits.insert(key, both);
    }
    return step;
}

void DraftState::put(const VersionedObject &base, const Object &mine)
{
    Edit &edit = this->edit(base);
    if (!edit.creates() && sameContent(edit.base.object, mine)) {
        edit.verb = Change::Verb::Move;
        edit.mine.reset();
        if (!placeOf(base.key))
            edits.remove(base.key);
        return;
    }
    edit.verb = Change::Verb::Put;
    edit.mine = mine;
    if (const auto list = listOfEdit(edit); list && edit.creates()) {
        const auto place = placeOf(base.key);
        if (place && place->list == *list)
            return;
        displace(base.key);
        places[{ .list = *list }].append(base.key.id);
    }
}

void DraftState::remove(const VersionedObject &base)
{
    Edit &edit = this->edit(base);
    if (edit.creates())
        return discard(base.key);
    edit.verb = Change::Verb::Remove;
    edit.mine.reset();
    displace(base.key);
}

void DraftState::move(const VersionedObject &base, const QString &after)
{
    if (after == base.key.id)
        return;
    Edit &edit = this->edit(base);
    const auto list = listOfEdit(edit);
    if (!list)
        return discard(base.key);
    displace(base.key);
    if (const auto place = placeOf({ base.key.type, after })) {
        QStringList &rules = places[*place];
        rules.insert(rules.indexOf(after) + 1, base.key.id);
    } else {
        places[{ .list = *list, .behind = after }].prepend(base.key.id);
    }
    if (!edit.mine)
        edit.verb = Change::Verb::Move;
}

void DraftState::discard(const ObjectKey &key)
{
    edits.remove(key);
    displace(key);
}

void DraftState::adopt(const DraftState &other, const ObjectKey &key)
{
    const auto edit = other.edits.constFind(key);
    if (edit == other.edits.cend())
        return;
    discard(key);
    Edit &adopted = this->edit(edit->base);
    const qint64 serial = adopted.serial;
    adopted = *edit;
    adopted.serial = serial;
    if (const auto place = other.placeOf(key))
        places[*place].append(key.id);
}

void DraftState::rebase(const VersionedObject &current)
{
    const auto edit = edits.find(current.key);
    if (edit == edits.end())
        return;
    if (!current.object && !edit->mine)
        return discard(current.key); // nothing is left to remove or to move
    edit->base = current;
    if (!current.object)
        edit->base.version = 0; // what was removed is created anew
    if (edit->mine)
        put(edit->base, *edit->mine);
}

void DraftState::moveLast(const ObjectKey &rule)
{
    if (const auto place = placeOf(rule)) {
        displace(rule);
        places[{ .list = place->list }].append(rule.id);
    }
}

QList<Edit> DraftState::ordered() const
{
    QList<Edit> list = edits.values();
    std::ranges::sort(list, {}, &Edit::serial);
    return list;
}

std::optional<Slot> DraftState::placeOf(const ObjectKey &rule) const
{
    for (auto it = places.cbegin(); it != places.cend(); ++it) {
        if (objectTypeOf(it.key().list) == rule.type && it->contains(rule.id))
            return it.key();
    }
    return {};
}

DraftStep DraftState::stepTo(const DraftState &after) const
{
    return { .edits = difference(edits, after.edits, std::optional<Edit>()),
             .places = difference(places, after.places, QStringList()) };
}

void DraftState::redo(const DraftStep &step)
{
    for (auto it = step.edits.cbegin(); it != step.edits.cend(); ++it)
        assign(*this, it.key(), it->after);
    for (auto it = step.places.cbegin(); it != step.places.cend(); ++it)
        assign(*this, it.key(), it->after);
}

void DraftState::undo(const DraftStep &step)
{
    for (auto it = step.edits.cbegin(); it != step.edits.cend(); ++it)
        assign(*this, it.key(), it->before);
    for (auto it = step.places.cbegin(); it != step.places.cend(); ++it)
        assign(*this, it.key(), it->before);
}

Edit &DraftState::edit(const VersionedObject &base)
{
    if (const auto found = edits.find(base.key); found != edits.end())
        return *found;
    qint64 last = 0;
    for (const Edit &edit : std::as_const(edits))
        last = std::max(last, edit.serial);
    return *edits.insert(base.key, { .serial = last + 1, .base = base });
}

void DraftState::displace(const ObjectKey &rule)
{
    if (const auto place = placeOf(rule)) {
        QStringList &rules = places[*place];
        rules.removeOne(rule.id);
        if (rules.isEmpty())
            places.remove(*place);
    }
}

} // namespace castellan::replica
