// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/adminparts.h"
#include "wire/objectparts.h"

#include <array>
#include <bit>

using namespace Qt::StringLiterals;

namespace castellan::wire::admin {

namespace {

constexpr std::array outcomes {
    std::pair { Consideration::Outcome::Decided, "decided"_L1 },
    std::pair { Consideration::Outcome::OtherSubject, "other-subject"_L1 },
    std::pair { Consideration::Outcome::MissingToken, "missing-token"_L1 },
    std::pair { Consideration::Outcome::OtherNode, "other-node"_L1 },
    std::pair { Consideration::Outcome::OtherName, "other-name"_L1 },
    std::pair { Consideration::Outcome::OtherType, "other-type"_L1 },
    std::pair { Consideration::Outcome::NotYetValid, "not-yet-valid"_L1 },
    std::pair { Consideration::Outcome::Expired, "expired"_L1 },
    std::pair { Consideration::Outcome::ConditionFailed, "condition-failed"_L1 },
    std::pair { Consideration::Outcome::OtherPrivilege, "other-privilege"_L1 },
    std::pair { Consideration::Outcome::Unreached, "unreached"_L1 },
};
constexpr std::array deciders {
    std::pair { Verdict::By::Containment, "containment"_L1 },
    std::pair { Verdict::By::Pair, "pair"_L1 },
    std::pair { Verdict::By::Rule, "rule"_L1 },
    std::pair { Verdict::By::Entry, "entry"_L1 },
    std::pair { Verdict::By::UnknownService, "unknown-service"_L1 },
    std::pair { Verdict::By::Default, "default"_L1 },
};

/// Missing and 0 differ here.
void putPlace(Element &element, const std::optional<int> &place)
{
    if (place)
        putNumber(element, "place"_L1, *place);
}

std::optional<int> readPlace(ElementReader &reader)
{
    return reader.element().hasAttribute("place"_L1) ? std::optional(reader.requiredCount("place"_L1))
                                                     : std::nullopt;
}

// ---- history

Element writeEntry(const AuditRecord &entry)
{
    Element result = adminElement("entry"_L1);
    putNumber(result, "id"_L1, entry.id);
    put(result, "at"_L1, entry.at);
    put(result, "by"_L1, entry.by);
    put(result, "operation"_L1, entry.operation);
    put(result, "object-type"_L1, entry.objectType);
    put(result, "object-id"_L1, entry.objectId);
    putNumber(result, "revision"_L1, entry.revision);
    put(result, "why"_L1, entry.why);
    put(result, "before"_L1, entry.before);
    put(result, "after"_L1, entry.after);
    put(result, "result"_L1, entry.result);
    put(result, "hash"_L1, entry.hash);
    return result;
}

AuditRecord readEntry(ElementReader &reader)
{
    return { .id = reader.requiredNumber("id"_L1),
             .at = reader.dateTime("at"_L1),
             .by = reader.optional("by"_L1),
             .operation = reader.optional("operation"_L1),
             .objectType = reader.optional("object-type"_L1),
             .objectId = reader.optional("object-id"_L1),
             .revision = reader.number("revision"_L1),
             .why = reader.optional("why"_L1),
             .before = reader.optional("before"_L1),
             .after = reader.optional("after"_L1),
             .result = reader.optional("result"_L1),
             .hash = reader.optional("hash"_L1) };
}

// ---- preview

Element writeAccess(const AccessEffect &effect)
{
    Element result = adminElement("access"_L1);
    result.setAttribute("gained"_L1, effect.gained ? u"true"_s : u"false"_s);
    putName(result, "action"_L1, actions, effect.action);
    result.setAttribute("device"_L1, effect.device);
    putNodeRef(result, effect.node);
    put(result, "name"_L1, effect.name);
    put(result, "types"_L1, typeNames(effect.types).join(u' '));
    result.children.append(writeSubject("who"_L1, effect.who));
    return result;
}

AccessEffect readAccess(ElementReader &reader)
{
    AccessEffect effect { .gained = reader.requiredBoolean("gained"_L1),
                          .action = reader.oneOf("action"_L1, actions),
                          .who = {},
                          .device = reader.required("device"_L1),
                          .node = readNodeRef(reader),
                          .name = reader.optional("name"_L1),
                          .types = {} };
    if (reader.element().hasAttribute("types"_L1))
        effect.types = readTypes(reader);
    bool who = false;
    reader.children([&](ElementReader &child) {
        if (child.element().name != "who"_L1)
            return false;
        child.once(who);
        effect.who = readSubject(child);
        return true;
    });
    if (!who)
        reader.badRequest(u"<access/> needs a <who/>."_s);
    return effect;
}

Element writeFriendship(const FriendshipEffect &effect)
{
    Element result = adminElement("friends"_L1);
    result.setAttribute("gained"_L1, effect.gained ? u"true"_s : u"false"_s);
    result.setAttribute("a"_L1, effect.a);
    result.setAttribute("b"_L1, effect.b);
    return result;
}

FriendshipEffect readFriendship(ElementReader &reader)
{
    return { reader.requiredBoolean("gained"_L1), reader.required("a"_L1), reader.required("b"_L1) };
}

Element writeTold(const Delivery &delivery)
{
    Element result = adminElement("told"_L1);
    result.setAttribute("jid"_L1, delivery.jid);
    putName(result, "kind"_L1, deliveryKinds, delivery.kind);
    put(result, "peer"_L1, delivery.peer);
    return result;
}

Delivery readTold(ElementReader &reader)
{
    Delivery delivery;
    delivery.jid = reader.required("jid"_L1);
    delivery.kind = reader.oneOf("kind"_L1, deliveryKinds);
    delivery.peer = reader.optional("peer"_L1);
    return delivery;
}

Element writeRemoved(const ObjectKey &key)
{
    Element result = adminElement("removed"_L1);
    putKey(result, key);
    return result;
}

Previewed readPreviewed(ElementReader &reader)
{
    Previewed previewed;
    previewed.revision = reader.requiredNumber("revision"_L1);
    previewed.effects.accessGained = reader.requiredCount("access-gained"_L1);
    previewed.effects.accessLost = reader.requiredCount("access-lost"_L1);
    previewed.effects.friendshipsGained = reader.requiredCount("friendships-gained"_L1);
    previewed.effects.friendshipsLost = reader.requiredCount("friendships-lost"_L1);
    previewed.deliveries = reader.requiredCount("deliveries"_L1);
    previewed.effects.truncated = reader.boolean("truncated"_L1);
    reader.children([&](ElementReader &child) {
        const QString &name = child.element().name;
        if (name == "item"_L1)
            previewed.conflicts.append(readVersioned(child));
        else if (name == "access"_L1)
            previewed.effects.access.append(readAccess(child));
        else if (name == "friends"_L1)
            previewed.effects.friendships.append(readFriendship(child));
        else if (name == "told"_L1)
            previewed.told.append(readTold(child));
        else if (name == "removed"_L1)
            previewed.removed.append(readKey(child));
        else
            return false;
        return true;
    });
    return previewed;
}

// ---- explain

Element writeConsideration(const Consideration &consideration)
{
    Element result = adminElement("considered"_L1);
    result.setAttribute("id"_L1, consideration.id);
    putPlace(result, consideration.place);
    putName(result, "outcome"_L1, outcomes, consideration.outcome);
    QStringList conditions;
    for (const bool met : consideration.conditions)
        conditions.append(met ? u"true"_s : u"false"_s);
    put(result, "conditions"_L1, conditions.join(u' '));
    return result;
}

Consideration readConsideration(ElementReader &reader)
{
    Consideration consideration { .id = reader.required("id"_L1),
                                  .place = readPlace(reader),
                                  .outcome = reader.oneOf("outcome"_L1, outcomes) };
    const QString conditions = reader.optional("conditions"_L1);
    for (const QString &met : conditions.split(u' ', Qt::SkipEmptyParts)) {
        if (met != "true"_L1 && met != "false"_L1)
            reader.badRequest(u"\"%1\" should be true or false."_s.arg(met));
        consideration.conditions.append(met == "true"_L1);
    }
    return consideration;
}

Element writeVerdict(const Verdict &verdict)
{
    Element result = adminElement("verdict"_L1);
    putNodeRef(result, verdict.node);
    put(result, "name"_L1, verdict.name);
    if (verdict.type)
        put(result, "types"_L1, typeNames(*verdict.type).join(u' '));
    putTrue(result, "allowed"_L1, verdict.allowed);
    putTrue(result, "granted"_L1, verdict.granted);
    putName(result, "by"_L1, deciders, verdict.by);
    put(result, "decided-by"_L1, verdict.decidedBy);
    putPlace(result, verdict.place);
    writeAll(result, verdict.considered, writeConsideration);
    return result;
}

Verdict readVerdict(ElementReader &reader)
{
    Verdict verdict { .node = readNodeRef(reader), .name = reader.optional("name"_L1) };
    if (reader.element().hasAttribute("types"_L1)) {
        const FieldTypes types = readTypes(reader);
        if (std::popcount(unsigned(types.toInt())) == 1)
            verdict.type = FieldType(types.toInt());
        else
            reader.badRequest(u"A verdict is about one field type."_s);
    }
    verdict.allowed = reader.boolean("allowed"_L1);
    verdict.granted = reader.boolean("granted"_L1);
    verdict.by = reader.oneOf("by"_L1, deciders);
    verdict.decidedBy = reader.optional("decided-by"_L1);
    verdict.place = readPlace(reader);
    verdict.considered = readAll(reader, "considered"_L1, readConsideration);
    return verdict;
}

Explained readExplained(ElementReader &reader)
{
    Explained explained { .revision = reader.requiredNumber("revision"_L1),
                          .answer = readContainedProvisioning(reader),
                          .verdicts = {},
                          .verdictCount = reader.requiredCount("verdicts"_L1),
                          .elsewhere = {} };
    reader.children([&](ElementReader &child) {
        if (child.element().name == "verdict"_L1)
            explained.verdicts.append(readVerdict(child));
        else if (child.element().name == "elsewhere"_L1)
            explained.elsewhere.append(child.required("rule"_L1));
        else
            return false;
        return true;
    });
    return explained;
}

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
        putNumber(result, "analyses"_L1, response.analyses);
        putNumber(result, "rows"_L1, response.rows);
        putNumber(result, "filters"_L1, response.filters);
        putNumber(result, "confirm-within"_L1, response.confirmWithin);
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
    Element operator()(const History &response) const
    {
        Element result = adminElement("history-page"_L1);
        put(result, "epoch"_L1, response.epoch);
        writeAll(result, response.entries, writeEntry);
        writePageInfo(result, response.page);
        return result;
    }
    Element operator()(const Verified &response) const
    {
        Element result = adminElement("verified"_L1);
        putNumber(result, "entries"_L1, response.entries);
        put(result, "head"_L1, response.head);
        if (response.firstBroken)
            putNumber(result, "first-broken"_L1, *response.firstBroken);
        put(result, "fault"_L1, response.fault);
        return result;
    }
    Element operator()(const Previewed &response) const
    {
        Element result = adminElement("previewed"_L1);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "access-gained"_L1, response.effects.accessGained);
        putNumber(result, "access-lost"_L1, response.effects.accessLost);
        putNumber(result, "friendships-gained"_L1, response.effects.friendshipsGained);
        putNumber(result, "friendships-lost"_L1, response.effects.friendshipsLost);
        putNumber(result, "deliveries"_L1, response.deliveries);
        putTrue(result, "truncated"_L1, response.effects.truncated);
        writeAll(result, response.conflicts, writeVersioned);
        writeAll(result, response.effects.access, writeAccess);
        writeAll(result, response.effects.friendships, writeFriendship);
        writeAll(result, response.told, writeTold);
        writeAll(result, response.removed, writeRemoved);
        return result;
    }
    Element operator()(const Explained &response) const
    {
        Element result = adminElement("explained"_L1);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "verdicts"_L1, response.verdictCount);
        result.children.append(wire::write(response.answer));
        writeAll(result, response.verdicts, writeVerdict);
        for (const QString &rule : response.elsewhere) {
            Element child = adminElement("elsewhere"_L1);
            child.setAttribute("rule"_L1, rule);
            result.children.append(child);
        }
        return result;
    }
    Element operator()(const Applied &response) const
    {
        Element result = adminElement("applied"_L1);
        result.setAttribute("id"_L1, response.changeSetId);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "deliveries"_L1, response.deliveries);
        put(result, "confirm-by"_L1, response.confirmBy);
        return result;
    }
    Element operator()(const Subscribed &response) const
    {
        Element result = adminElement("subscribed"_L1);
        putNumber(result, "expires"_L1, response.expires);
        putNumber(result, "revision"_L1, response.revision);
        putNumber(result, "delivery-sequence"_L1, response.deliverySequence);
        writeAll(result, response.unconfirmed, writeRevision);
        return result;
    }
    Element operator()(const Done &) const { return {}; }
};

} // namespace

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
        server.analyses = reader.requiredCount("analyses"_L1);
        server.rows = reader.requiredCount("rows"_L1);
        server.filters = reader.requiredCount("filters"_L1);
        server.confirmWithin = reader.requiredCount("confirm-within"_L1);
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
    } else if (name == "history-page"_L1) {
        History page { reader.optional("epoch"_L1), {}, readPageInfo(reader) };
        page.entries = readAll(reader, "entry"_L1, readEntry);
        response = std::move(page);
    } else if (name == "verified"_L1) {
        Verified verified { .entries = reader.requiredNumber("entries"_L1),
                            .head = reader.optional("head"_L1),
                            .firstBroken = {},
                            .fault = reader.optional("fault"_L1) };
        if (reader.element().hasAttribute("first-broken"_L1))
            verified.firstBroken = reader.requiredNumber("first-broken"_L1);
        response = std::move(verified);
    } else if (name == "previewed"_L1) {
        response = readPreviewed(reader);
    } else if (name == "explained"_L1) {
        response = readExplained(reader);
    } else if (name == "applied"_L1) {
        response = Applied { reader.required("id"_L1), reader.requiredNumber("revision"_L1),
                             reader.requiredCount("deliveries"_L1), reader.dateTime("confirm-by"_L1) };
    } else if (name == "subscribed"_L1) {
        response = Subscribed { reader.requiredCount("expires"_L1), reader.requiredNumber("revision"_L1),
                                reader.requiredNumber("delivery-sequence"_L1),
                                readAll(reader, "revision"_L1, readRevision) };
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
    reader.children([&event](ElementReader &child) {
        if (child.element().name == "status"_L1)
            event.statuses.append(readStatus(child));
        else if (child.element().name == "revision"_L1)
            event.unconfirmed.append(readRevision(child));
        else
            return false;
        return true;
    });
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
    writeAll(result, event.unconfirmed, writeRevision);
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

} // namespace castellan::wire::admin
