// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/adminparts.h"

#include "wire/objects.h"

using namespace Qt::StringLiterals;

namespace castellan::wire::admin {

namespace {

constexpr std::array verbs {
    std::pair { Change::Verb::Put, "put"_L1 },
    std::pair { Change::Verb::Remove, "remove"_L1 },
    std::pair { Change::Verb::Move, "move"_L1 },
};
constexpr std::array deliveryStates {
    std::pair { Delivery::State::Waiting, "waiting"_L1 },
    std::pair { Delivery::State::Sent, "sent"_L1 },
    std::pair { Delivery::State::Acknowledged, "acknowledged"_L1 },
    std::pair { Delivery::State::Failed, "failed"_L1 },
};

Element rsmText(QLatin1StringView name, const QString &text)
{
    return { .name = name, .xmlns = nsRsm, .text = text };
}

/// A number of XEP-0059; nothing when it is not there.
std::optional<int> readRsmNumber(ElementReader &reader, const Element &set, QLatin1StringView name)
{
    const Element *element = set.child(name, nsRsm);
    if (!element)
        return {};
    bool ok = false;
    const int number = element->text.toInt(&ok);
    if (!ok || number < 0)
        reader.badRequest(
            u"The page's <%1/> is \"%2\" and should be a whole number."_s.arg(name, element->text));
    return number;
}

/// The one object inside \a reader's element, if any.
std::optional<Object> readContent(ElementReader &reader)
{
    std::optional<Object> content;
    for (const Element &child : reader.element().children) {
        if (child.xmlns != nsAdmin)
            continue;
        if (content) {
            reader.badRequest(u"<%1/> holds more than one object."_s.arg(reader.element().name));
            break;
        }
        Result<Object> object = readObject(child);
        if (!object) {
            reader.complain(object.error());
            break;
        }
        content = std::move(*object);
    }
    return content;
}

Element writeChange(const Change &change)
{
    Element result = adminElement("change"_L1);
    putName(result, "verb"_L1, verbs, change.verb);
    putKey(result, change.key);
    putNumber(result, "base"_L1, change.base);
    if (change.after)
        result.setAttribute("after"_L1, *change.after); // empty: the first place
    if (change.object)
        result.children.append(writeObject(*change.object));
    return result;
}

Change readChange(ElementReader &reader)
{
    Change change;
    change.verb = reader.oneOf("verb"_L1, verbs);
    change.key = readKey(reader);
    change.base = reader.number("base"_L1);
    const QString after = reader.optional("after"_L1);
    if (reader.element().hasAttribute("after"_L1))
        change.after = after.isNull() ? u""_s : after;
    change.object = readContent(reader);
    reader.ownChildrenRead();
    if ((change.verb == Change::Verb::Put) != change.object.has_value())
        reader.badRequest(u"A change that puts holds an object, and no other does."_s);
    return change;
}

} // namespace

void writePage(Element &request, const Page &page)
{
    if (!page.max && page.after.isEmpty() && !page.before)
        return;
    Element set { .name = u"set"_s, .xmlns = nsRsm };
    if (!page.after.isEmpty())
        set.children.append(rsmText("after"_L1, page.after));
    if (page.before)
        set.children.append(rsmText("before"_L1, *page.before));
    if (page.max)
        set.children.append(rsmText("max"_L1, QString::number(*page.max)));
    request.children.append(set);
}

Page readPage(ElementReader &reader, bool backwards)
{
    Page page;
    const Element *set = reader.element().child("set"_L1, nsRsm);
    if (!set)
        return page;
    page.max = readRsmNumber(reader, *set, "max"_L1);
    if (const Element *after = set->child("after"_L1, nsRsm))
        page.after = after->text;
    if (const Element *before = set->child("before"_L1, nsRsm)) {
        page.before = before->text.isNull() ? u""_s : before->text;
        if (!page.after.isEmpty())
            reader.badRequest(u"A page is asked for with <after/> or with <before/>, not with both."_s);
        if (!backwards)
            reader.complain(
                { FailureKind::FeatureNotImplemented,
                  u"Pages of %1 can only be asked for forwards: with <after/>, not <before/>."_s.arg(
                      reader.element().name) });
    }
    if (set->child("index"_L1, nsRsm))
        reader.complain({ FailureKind::FeatureNotImplemented,
                          u"Pages cannot be asked for by <index/>, only with <after/> or <before/>."_s });
    return page;
}

void writePageInfo(Element &response, const PageInfo &page)
{
    if (page.complete)
        response.setAttribute("complete"_L1, u"true"_s);
    Element set { .name = u"set"_s, .xmlns = nsRsm };
    if (page.count)
        set.children.append(rsmText("count"_L1, QString::number(*page.count)));
    if (!page.first.isEmpty())
        set.children.append(rsmText("first"_L1, page.first));
    if (!page.last.isEmpty())
        set.children.append(rsmText("last"_L1, page.last));
    response.children.append(set);
}

PageInfo readPageInfo(ElementReader &reader)
{
    PageInfo page { .complete = reader.boolean("complete"_L1) };
    if (const Element *set = reader.element().child("set"_L1, nsRsm)) {
        if (const Element *first = set->child("first"_L1, nsRsm))
            page.first = first->text;
        if (const Element *last = set->child("last"_L1, nsRsm))
            page.last = last->text;
        page.count = readRsmNumber(reader, *set, "count"_L1);
    }
    return page;
}

void putKey(Element &element, const ObjectKey &key)
{
    element.setAttribute("type"_L1, objectTypeName(key.type));
    element.setAttribute("id"_L1, key.id);
}

ObjectType readObjectType(ElementReader &reader)
{
    const QString name = reader.required("type"_L1);
    const std::optional<ObjectType> type = objectTypeFromName(name);
    if (!type)
        reader.badRequest(u"\"%1\" is not a type of object."_s.arg(name));
    return type.value_or(ObjectType::Thing);
}

ObjectKey readKey(ElementReader &reader)
{
    const ObjectType type = readObjectType(reader);
    return { type, reader.required("id"_L1) };
}

Element writeVersioned(const VersionedObject &object)
{
    Element item = adminElement("item"_L1);
    putKey(item, object.key);
    putNumber(item, "version"_L1, object.version);
    if (object.object)
        item.children.append(writeObject(*object.object));
    return item;
}

VersionedObject readVersioned(ElementReader &reader)
{
    VersionedObject object { readKey(reader), reader.requiredNumber("version"_L1), readContent(reader) };
    reader.ownChildrenRead();
    return object;
}

void putChangeSet(Element &element, const ChangeSet &changeSet)
{
    element.setAttribute("id"_L1, changeSet.id);
    put(element, "title"_L1, changeSet.title);
    writeAll(element, changeSet.changes, writeChange);
}

ChangeSet readChangeSet(ElementReader &reader)
{
    ChangeSet changeSet { reader.required("id"_L1), reader.optional("title"_L1), {} };
    changeSet.changes = readAll(reader, "change"_L1, readChange);
    return changeSet;
}

Element writeDelivery(const Delivery &delivery)
{
    Element result = adminElement("delivery"_L1);
    putNumber(result, "id"_L1, delivery.id);
    putNumber(result, "revision"_L1, delivery.revision);
    result.setAttribute("jid"_L1, delivery.jid);
    putName(result, "kind"_L1, deliveryKinds, delivery.kind);
    put(result, "peer"_L1, delivery.peer);
    putName(result, "state"_L1, deliveryStates, delivery.state);
    putNumber(result, "attempts"_L1, delivery.attempts);
    put(result, "created"_L1, delivery.created);
    put(result, "sent"_L1, delivery.sent);
    put(result, "settled"_L1, delivery.settled);
    put(result, "error"_L1, delivery.error);
    putNumber(result, "sequence"_L1, delivery.sequence);
    return result;
}

Delivery readDelivery(ElementReader &reader)
{
    Delivery delivery;
    delivery.id = reader.requiredNumber("id"_L1);
    delivery.revision = reader.requiredNumber("revision"_L1);
    delivery.jid = reader.required("jid"_L1);
    delivery.kind = reader.oneOf("kind"_L1, deliveryKinds);
    delivery.peer = reader.optional("peer"_L1);
    delivery.state = reader.oneOf("state"_L1, deliveryStates);
    delivery.attempts = reader.requiredCount("attempts"_L1);
    delivery.created = reader.dateTime("created"_L1);
    delivery.sent = reader.dateTime("sent"_L1);
    delivery.settled = reader.dateTime("settled"_L1);
    delivery.error = reader.optional("error"_L1);
    delivery.sequence = reader.requiredNumber("sequence"_L1);
    return delivery;
}

Element writeStatus(const ThingStatus &status)
{
    Element result = adminElement("status"_L1);
    result.setAttribute("jid"_L1, status.jid);
    result.setAttribute("online"_L1, status.online ? u"true"_s : u"false"_s);
    put(result, "last-asked"_L1, status.lastAsked);
    put(result, "last-seen"_L1, status.lastSeen);
    return result;
}

ThingStatus readStatus(ElementReader &reader)
{
    return { reader.required("jid"_L1), reader.requiredBoolean("online"_L1), reader.dateTime("last-asked"_L1),
             reader.dateTime("last-seen"_L1) };
}

Element writeRevision(const RevisionInfo &info)
{
    Element result = adminElement("revision"_L1);
    putNumber(result, "number"_L1, info.revision);
    put(result, "at"_L1, info.at);
    put(result, "by"_L1, info.by);
    put(result, "title"_L1, info.title);
    putNumber(result, "changes"_L1, info.changes);
    put(result, "change-set"_L1, info.changeSetId);
    put(result, "reverts"_L1, info.reverts);
    put(result, "confirm-by"_L1, info.confirmBy);
    return result;
}

RevisionInfo readRevision(ElementReader &reader)
{
    return { .revision = reader.requiredNumber("number"_L1),
             .at = reader.dateTime("at"_L1),
             .by = reader.optional("by"_L1),
             .title = reader.optional("title"_L1),
             .changes = reader.requiredCount("changes"_L1),
             .changeSetId = reader.optional("change-set"_L1),
             .reverts = reader.optional("reverts"_L1),
             .confirmBy = reader.dateTime("confirm-by"_L1) };
}

Provisioning readContainedProvisioning(ElementReader &reader)
{
    std::optional<Provisioning> found;
    for (const Element &child : reader.element().children) {
        if (child.xmlns != nsProvisioning)
            continue;
        Result<Provisioning> read = readProvisioning(child);
        if (!read)
            reader.complain(read.error());
        else if (found)
            reader.badRequest(u"<%1/> holds more than one payload of XEP-0324."_s.arg(reader.element().name));
        else
            found = *std::move(read);
    }
    if (!found)
        reader.badRequest(u"<%1/> holds no payload of XEP-0324."_s.arg(reader.element().name));
    return found.value_or(Provisioning());
}

} // namespace castellan::wire::admin
