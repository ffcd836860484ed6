// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/admin.h"

#include "wire/elementwriter.h"
#include "wire/objects.h"

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::wire::admin {

namespace {

constexpr std::array verbs {
    std::pair { Change::Verb::Put, "put"_L1 },
    std::pair { Change::Verb::Remove, "remove"_L1 },
    std::pair { Change::Verb::Move, "move"_L1 },
};
constexpr std::array deliveryKinds {
    std::pair { Delivery::Kind::ClearCache, "clear-cache"_L1 },
    std::pair { Delivery::Kind::Friend, "friend"_L1 },
    std::pair { Delivery::Kind::Unfriend, "unfriend"_L1 },
};
constexpr std::array deliveryStates {
    std::pair { Delivery::State::Waiting, "waiting"_L1 },
    std::pair { Delivery::State::Sent, "sent"_L1 },
    std::pair { Delivery::State::Acknowledged, "acknowledged"_L1 },
    std::pair { Delivery::State::Failed, "failed"_L1 },
};

// ---- XEP-0059

Element rsmText(QLatin1StringView name, const QString &text)
{
    return { .name = name, .xmlns = nsRsm, .text = text };
}

void writePage(Element &request, const Page &page)
{
    if (!page.max && page.after.isEmpty())
        return;
    Element set { .name = u"set"_s, .xmlns = nsRsm };
    if (!page.after.isEmpty())
        set.children.append(rsmText("after"_L1, page.after));
    if (page.max)
        set.children.append(rsmText("max"_L1, QString::number(*page.max)));
    request.children.append(set);
}

Page readPage(ElementReader &reader)
{
    Page page;
    const Element *set = reader.element().child("set"_L1, nsRsm);
    if (!set)
        return page;
    if (const Element *max = set->child("max"_L1, nsRsm)) {
        bool ok = false;
        page.max = max->text.toInt(&ok);
        if (!ok || *page.max < 0)
            reader.badRequest(u"The page's <max/> is \"%1\" and should be a whole number."_s.arg(max->text));
    }
    if (const Element *after = set->child("after"_L1, nsRsm))
        page.after = after->text;
    if (set->child("before"_L1, nsRsm) || set->child("index"_L1, nsRsm))
        reader.complain(
            { FailureKind::FeatureNotImplemented,
              u"Pages can only be asked for forwards: with <after/>, not <before/> or <index/>."_s });
    return page;
}

void writePageInfo(Element &response, const PageInfo &page)
{
    if (page.complete)
        response.setAttribute("complete"_L1, u"true"_s);
    Element set { .name = u"set"_s, .xmlns = nsRsm };
    if (page.count)
        set.children.append(rsmText("count"_L1, QString::number(*page.count)));
    if (!page.last.isEmpty())
        set.children.append(rsmText("last"_L1, page.last));
    response.children.append(set);
}

PageInfo readPageInfo(ElementReader &reader)
{
    PageInfo page { .complete = reader.boolean("complete"_L1) };
    if (const Element *set = reader.element().child("set"_L1, nsRsm)) {
        if (const Element *last = set->child("last"_L1, nsRsm))
            page.last = last->text;
        if (const Element *count = set->child("count"_L1, nsRsm)) {
            bool ok = false;
            page.count = count->text.toInt(&ok);
            if (!ok || *page.count < 0)
                reader.badRequest(
                    u"The page's <count/> is \"%1\" and should be a whole number."_s.arg(count->text));
        }
    }
    return page;
}

// ---- parts

ObjectKey readKey(ElementReader &reader)
{
    const QString typeName = reader.required("type"_L1);
    const std::optional<ObjectType> type = objectTypeFromName(typeName);
    if (!type)
        reader.badRequest(u"\"%1\" is not a type of object."_s.arg(typeName));
    return { type.value_or(ObjectType::Thing), reader.required("id"_L1) };
}

void putKey(Element &element, const ObjectKey &key)
{
    element.setAttribute("type"_L1, objectTypeName(key.type));
    element.setAttribute("id"_L1, key.id);
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
    return result;
}

RevisionInfo readRevision(ElementReader &reader)
{
    return { reader.requiredNumber("number"_L1), reader.dateTime("at"_L1), reader.optional("by"_L1),
             reader.optional("title"_L1), reader.requiredCount("changes"_L1) };
}

/// Reads every child called \a name with \a read.
template<typename T>
QList<T> readAll(ElementReader &reader, QLatin1StringView name, T (*read)(ElementReader &))
{
    QList<T> all;
    reader.children([&](ElementReader &child) {
        if (child.element().name != name)
            return false;
        all.append(read(child));
        return true;
    });
    return all;
}

template<typename T>
void writeAll(Element &parent, const QList<T> &all, Element (*write)(const T &))
{
    for (const T &one : all)
        parent.children.append(write(one));
}

template<typename T>
Result<T> finished(ElementReader &reader, T &&value)
{
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    return std::forward<T>(value);
}

struct RequestWriter
{
    Element operator()(const GetCapabilities &) const { return adminElement("capabilities"_L1); }
    Element operator()(const GetChanges &request) const
    {
        return since("changes"_L1, request.since, request.page);
    }
    Element operator()(const GetObject &request) const
    {
        Element result = adminElement("get"_L1);
        putKey(result, request.key);
        return result;
    }
    Element operator()(const ListObjects &request) const
    {
        Element result = adminElement("list"_L1);
        result.setAttribute("type"_L1, objectTypeName(request.type));
        put(result, "search"_L1, request.search);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetDeliveries &request) const
    {
        Element result = adminElement("deliveries"_L1);
        putNumber(result, "after"_L1, request.after);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetRevisions &request) const
    {
        return since("revisions"_L1, request.since, request.page);
    }
    Element operator()(const GetStatuses &request) const
    {
        Element result = adminElement("statuses"_L1);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const Apply &request) const
    {
        Element result = adminElement("apply"_L1);
        result.setAttribute("id"_L1, request.changeSet.id);
        put(result, "title"_L1, request.changeSet.title);
        writeAll(result, request.changeSet.changes, writeChange);
        return result;
    }
    Element operator()(const Subscribe &) const { return adminElement("subscribe"_L1); }
    Element operator()(const Unsubscribe &) const { return adminElement("unsubscribe"_L1); }

private:
    static Element since(QLatin1StringView name, Revision revision, const Page &page)
    {
        Element result = adminElement(name);
        putNumber(result, "since"_L1, revision);
        writePage(result, page);
        return result;
    }
};

struct ResponseWriter
{
    Element operator()(const Capabilities &response) const
    {
        Element result = adminElement("server"_L1);
        putName(result, "role"_L1, adminRoleNames, response.role);
        put(result, "name"_L1, response.serverName);
        put(result, "epoch"_L1, response.epoch);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "page-size"_L1, response.pageSize);
        putNumber(result, "change-set-size"_L1, response.changeSetSize);
        putNumber(result, "search-length"_L1, response.searchLength);
        putNumber(result, "concurrent"_L1, response.concurrent);
        for (const QString &operation : response.operations) {
            Element child = adminElement("operation"_L1);
            child.setAttribute("name"_L1, operation);
            result.children.append(child);
        }
        return result;
    }
    Element operator()(const Objects &response) const
    {
        Element result = adminElement("objects"_L1);
        put(result, "epoch"_L1, response.epoch);
        putNumber(result, "revision"_L1, response.revision);
        writeAll(result, response.objects, writeVersioned);
        writePageInfo(result, response.page);
        return result;
    }
    Element operator()(const Deliveries &response) const
    {
        Element result = adminElement("delivery-page"_L1);
        put(result, "epoch"_L1, response.epoch);
        writeAll(result, response.deliveries, writeDelivery);
        writePageInfo(result, response.page);
        return result;
    }
    Element operator()(const Revisions &response) const
    {
        Element result = adminElement("revision-page"_L1);
        put(result, "epoch"_L1, response.epoch);
        writeAll(result, response.revisions, writeRevision);
        writePageInfo(result, response.page);
        return result;
    }
    Element operator()(const Statuses &response) const
    {
        Element result = adminElement("status-page"_L1);
        writeAll(result, response.statuses, writeStatus);
        writePageInfo(result, response.page);
        return result;
    }
    Element operator()(const Applied &response) const
    {
        Element result = adminElement("applied"_L1);
        result.setAttribute("id"_L1, response.changeSetId);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "deliveries"_L1, response.deliveries);
        return result;
    }
    Element operator()(const Subscribed &response) const
    {
        Element result = adminElement("subscribed"_L1);
        putNumber(result, "expires"_L1, response.expires);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "delivery-sequence"_L1, response.deliverySequence);
        return result;
    }
    Element operator()(const Done &) const { return {}; }
};

} // namespace

Result<Request> readRequest(const Element &payload, bool set)
{
    ElementReader reader(payload);
    const QString &name = payload.name;
    Request request;
    if (payload.xmlns != nsAdmin)
        return fail(FailureKind::FeatureNotImplemented,
                    u"<%1/> of %2 is not understood here."_s.arg(name, payload.xmlns));
    if (name == "capabilities"_L1) {
        request = GetCapabilities {};
    } else if (name == "changes"_L1) {
        request = GetChanges { reader.number("since"_L1), readPage(reader) };
    } else if (name == "get"_L1) {
        request = GetObject { readKey(reader) };
    } else if (name == "list"_L1) {
        const QString typeName = reader.required("type"_L1);
        const std::optional<ObjectType> type = objectTypeFromName(typeName);
        if (!type)
            reader.badRequest(u"\"%1\" is not a type of object."_s.arg(typeName));
        request = ListObjects { type.value_or(ObjectType::Thing), reader.optional("search"_L1),
                                readPage(reader) };
    } else if (name == "deliveries"_L1) {
        request = GetDeliveries { reader.number("after"_L1), readPage(reader) };
    } else if (name == "revisions"_L1) {
        request = GetRevisions { reader.number("since"_L1), readPage(reader) };
    } else if (name == "statuses"_L1) {
        request = GetStatuses { readPage(reader) };
    } else if (name == "apply"_L1) {
        ChangeSet changeSet { reader.required("id"_L1), reader.optional("title"_L1), {} };
        changeSet.changes = readAll(reader, "change"_L1, readChange);
        request = Apply { std::move(changeSet) };
    } else if (name == "subscribe"_L1) {
        request = Subscribe {};
    } else if (name == "unsubscribe"_L1) {
        request = Unsubscribe {};
    } else {
        return fail(FailureKind::FeatureNotImplemented, u"There is no operation called %1."_s.arg(name));
    }
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    if (isSet(request) != set)
        return fail(FailureKind::BadRequest,
                    u"%1 is asked with an iq of type %2."_s.arg(name, set ? u"get"_s : u"set"_s));
    return request;
}

bool isSet(const Request &request)
{
    return std::holds_alternative<Apply>(request) || std::holds_alternative<Subscribe>(request)
        || std::holds_alternative<Unsubscribe>(request);
}

Element write(const Request &request)
{
    return std::visit(RequestWriter(), request);
}

Result<Response> readResponse(const Element &payload)
{
    if (payload.name.isEmpty())
        return Done {};
    ElementReader reader(payload);
    const QString &name = payload.name;
    Response response;
    if (payload.xmlns != nsAdmin)
        return fail(FailureKind::BadRequest, u"The answer <%1/> is of %2."_s.arg(name, payload.xmlns));
    if (name == "server"_L1) {
        Capabilities server;
        server.role = reader.oneOf("role"_L1, adminRoleNames);
        server.serverName = reader.optional("name"_L1);
        server.epoch = reader.optional("epoch"_L1);
        server.revision = reader.requiredNumber("revision"_L1);
        server.pageSize = reader.requiredCount("page-size"_L1);
        server.changeSetSize = reader.requiredCount("change-set-size"_L1);
        server.searchLength = reader.requiredCount("search-length"_L1);
        server.concurrent = reader.requiredCount("concurrent"_L1);
        server.operations = readAll<QString>(reader, "operation"_L1,
                                             [](ElementReader &child) { return child.required("name"_L1); });
        response = std::move(server);
    } else if (name == "objects"_L1) {
        Objects objects {
            reader.optional("epoch"_L1), reader.requiredNumber("revision"_L1), {}, readPageInfo(reader)
        };
        objects.objects = readAll(reader, "item"_L1, readVersioned);
        response = std::move(objects);
    } else if (name == "delivery-page"_L1) {
        Deliveries page { reader.optional("epoch"_L1), {}, readPageInfo(reader) };
        page.deliveries = readAll(reader, "delivery"_L1, readDelivery);
        response = std::move(page);
    } else if (name == "revision-page"_L1) {
        Revisions page { reader.optional("epoch"_L1), {}, readPageInfo(reader) };
        page.revisions = readAll(reader, "revision"_L1, readRevision);
        response = std::move(page);
    } else if (name == "status-page"_L1) {
        Statuses page { {}, readPageInfo(reader) };
        page.statuses = readAll(reader, "status"_L1, readStatus);
        response = std::move(page);
    } else if (name == "applied"_L1) {
        response = Applied { reader.required("id"_L1), reader.requiredNumber("revision"_L1),
                             reader.requiredCount("deliveries"_L1) };
    } else if (name == "subscribed"_L1) {
        response = Subscribed { reader.requiredCount("expires"_L1), reader.requiredNumber("revision"_L1),
                                reader.requiredNumber("delivery-sequence"_L1) };
    } else {
        return fail(FailureKind::BadRequest, u"The answer <%1/> is not known."_s.arg(name));
    }
    return finished(reader, std::move(response));
}

Element write(const Response &response)
{
    return std::visit(ResponseWriter(), response);
}

Result<Event> readEvent(const Element &payload)
{
    ElementReader reader(payload);
    if (payload.name != "event"_L1 || payload.xmlns != nsAdmin)
        return fail(FailureKind::BadRequest, u"<%1/> is not an event."_s.arg(payload.name));
    Event event { .epoch = reader.optional("epoch"_L1),
                  .revision = reader.requiredNumber("revision"_L1),
                  .deliverySequence = reader.requiredNumber("delivery-sequence"_L1),
                  .restarted = reader.boolean("restarted"_L1) };
    event.statuses = readAll(reader, "status"_L1, readStatus);
    return finished(reader, std::move(event));
}

Element write(const Event &event)
{
    Element result = adminElement("event"_L1);
    put(result, "epoch"_L1, event.epoch);
    putNumber(result, "revision"_L1, event.revision);
    putNumber(result, "delivery-sequence"_L1, event.deliverySequence);
    putTrue(result, "restarted"_L1, event.restarted);
    writeAll(result, event.statuses, writeStatus);
    return result;
}

Result<Conflicts> readConflicts(const Element &payload)
{
    ElementReader reader(payload);
    if (payload.name != "conflicts"_L1 || payload.xmlns != nsAdmin)
        return fail(FailureKind::BadRequest, u"<%1/> is no list of conflicts."_s.arg(payload.name));
    return finished(reader, Conflicts { readAll(reader, "item"_L1, readVersioned) });
}

Element write(const Conflicts &conflicts)
{
    Element result = adminElement("conflicts"_L1);
    writeAll(result, conflicts.current, writeVersioned);
    return result;
}

QLatin1StringView operationName(const Request &request)
{
    constexpr std::array<QLatin1StringView, std::variant_size_v<Request>> names {
        "capabilities"_L1, "changes"_L1,  "get"_L1,   "list"_L1,      "deliveries"_L1,
        "revisions"_L1,    "statuses"_L1, "apply"_L1, "subscribe"_L1, "unsubscribe"_L1,
    };
    return names[request.index()];
}

} // namespace castellan::wire::admin
