// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/adminparts.h"

#include <array>

using namespace Qt::StringLiterals;

namespace castellan::wire::admin {

namespace {

constexpr std::array properties {
    std::pair { Filter::Property::Jid, "jid"_L1 },     std::pair { Filter::Property::Kind, "kind"_L1 },
    std::pair { Filter::Property::Owner, "owner"_L1 }, std::pair { Filter::Property::Tag, "tag"_L1 },
    std::pair { Filter::Property::Role, "role"_L1 },   std::pair { Filter::Property::Noted, "noted"_L1 },
};
constexpr std::array sorts {
    std::pair { Listing::Sort::Place, "place"_L1 },
    std::pair { Listing::Sort::Version, "version"_L1 },
};
constexpr std::array scopes {
    std::pair { AnswerQuestion::Scope::Pair, "pair"_L1 },
    std::pair { AnswerQuestion::Scope::Domain, "domain"_L1 },
    std::pair { AnswerQuestion::Scope::Role, "role"_L1 },
    std::pair { AnswerQuestion::Scope::Everyone, "everyone"_L1 },
};
constexpr std::array bearerPlaces {
    std::pair { Bearer::As::Service, "service"_L1 },
    std::pair { Bearer::As::User, "user"_L1 },
    std::pair { Bearer::As::Device, "device"_L1 },
};

/// In the order of Request.
constexpr std::array<QLatin1StringView, std::variant_size_v<Request>> operationNames {
    "capabilities"_L1, "changes"_L1,  "get"_L1,     "list"_L1,      "deliveries"_L1,
    "revisions"_L1,    "statuses"_L1, "history"_L1, "verify"_L1,    "preview"_L1,
    "explain"_L1,      "apply"_L1,    "confirm"_L1, "revert"_L1,    "contain"_L1,
    "release"_L1,      "unfriend"_L1, "answer"_L1,  "subscribe"_L1, "unsubscribe"_L1,
};

Element writeFilter(const Filter &filter)
{
    Element result = adminElement("filter"_L1);
    putName(result, "property"_L1, properties, filter.property);
    result.setAttribute("value"_L1, filter.value);
    return result;
}

Filter readFilter(ElementReader &reader)
{
    return { reader.oneOf("property"_L1, properties), reader.required("value"_L1) };
}

Element writeBearer(const Bearer &bearer)
{
    Element result = adminElement("bearer"_L1);
    putName(result, "as"_L1, bearerPlaces, bearer.as);
    put(result, "certificate"_L1, bearer.certificate);
    put(result, "user"_L1, bearer.user);
    put(result, "service"_L1, bearer.service);
    return result;
}

Bearer readBearer(ElementReader &reader)
{
    return { reader.oneOf("as"_L1, bearerPlaces), reader.optional("certificate"_L1),
             reader.optional("user"_L1), reader.optional("service"_L1) };
}

struct RequestWriter
{
    Element operator()(const GetChanges &request, Element &&result) const
    {
        putNumber(result, "since"_L1, request.since);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetObject &request, Element &&result) const
    {
        putKey(result, request.key);
        return result;
    }
    Element operator()(const ListObjects &request, Element &&result) const
    {
        const Listing &listing = request.listing;
        result.setAttribute("type"_L1, objectTypeName(listing.type));
        put(result, "search"_L1, listing.search);
        if (listing.sort != Listing::Sort::Place)
            putName(result, "sort"_L1, sorts, listing.sort);
        putTrue(result, "descending"_L1, listing.descending);
        writeAll(result, listing.filters, writeFilter);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetDeliveries &request, Element &&result) const
    {
        putNumber(result, "after"_L1, request.after);
        put(result, "open-for"_L1, request.openFor);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetRevisions &request, Element &&result) const
    {
        putNumber(result, "since"_L1, request.since);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetStatuses &request, Element &&result) const
    {
        writePage(result, request.page);
        return result;
    }
    Element operator()(const GetHistory &request, Element &&result) const
    {
        const AuditFilter &filter = request.filter;
        if (filter.object)
            putKey(result, *filter.object);
        put(result, "by"_L1, filter.by);
        put(result, "operation"_L1, filter.operation);
        put(result, "from"_L1, filter.from);
        put(result, "until"_L1, filter.until);
        writePage(result, request.page);
        return result;
    }
    Element operator()(const Preview &request, Element &&result) const
    {
        putChangeSet(result, request.changeSet);
        return result;
    }
    Element operator()(const Explain &request, Element &&result) const
    {
        result.setAttribute("asker"_L1, request.asker);
        writeAll(result, request.bearers, writeBearer);
        if (request.changeSet) {
            Element changeSet = adminElement("change-set"_L1);
            putChangeSet(changeSet, *request.changeSet);
            result.children.append(changeSet);
        }
        result.children.append(wire::write(request.question));
        return result;
    }
    Element operator()(const Apply &request, Element &&result) const
    {
        putChangeSet(result, request.changeSet);
        if (request.confirmWithin)
            putNumber(result, "confirm-within"_L1, *request.confirmWithin);
        return result;
    }
    Element operator()(const Confirm &request, Element &&result) const
    {
        result.setAttribute("id"_L1, request.changeSetId);
        return result;
    }
    Element operator()(const Revert &request, Element &&result) const
    {
        result.setAttribute("id"_L1, request.changeSetId);
        return result;
    }
    Element operator()(const Contain &request, Element &&result) const
    {
        result.setAttribute("jid"_L1, request.jid);
        put(result, "until"_L1, request.until);
        put(result, "comment"_L1, request.comment);
        return result;
    }
    Element operator()(const Release &request, Element &&result) const
    {
        result.setAttribute("jid"_L1, request.jid);
        put(result, "comment"_L1, request.comment);
        return result;
    }
    Element operator()(const Unfriend &request, Element &&result) const
    {
        result.setAttribute("jid"_L1, request.jid);
        result.setAttribute("peer"_L1, request.peer);
        put(result, "comment"_L1, request.comment);
        return result;
    }
    Element operator()(const AnswerQuestion &request, Element &&result) const
    {
        result.setAttribute("asker"_L1, request.asker);
        result.setAttribute("jid"_L1, request.jid);
        result.setAttribute("accept"_L1, request.accept ? u"true"_s : u"false"_s);
        putName(result, "scope"_L1, scopes, request.scope);
        put(result, "role"_L1, request.role);
        putTrue(result, "secondary-trust-allowed"_L1, request.secondaryTrustAllowed);
        put(result, "comment"_L1, request.comment);
        return result;
    }
    template<typename T>
        requires std::is_empty_v<T>
    Element operator()(const T &, Element &&result) const
    {
        return result;
    }
};

ListObjects readList(ElementReader &reader)
{
    Listing listing { .type = readObjectType(reader),
                      .search = reader.optional("search"_L1),
                      .sort = reader.element().hasAttribute("sort"_L1) ? reader.oneOf("sort"_L1, sorts)
                                                                       : Listing::Sort::Place,
                      .descending = reader.boolean("descending"_L1) };
    listing.filters = readAll(reader, "filter"_L1, readFilter);
    return { std::move(listing), readPage(reader, true) };
}

GetHistory readHistory(ElementReader &reader)
{
    AuditFilter filter { .by = reader.optional("by"_L1),
                         .operation = reader.optional("operation"_L1),
                         .from = reader.dateTime("from"_L1),
                         .until = reader.dateTime("until"_L1) };
    if (reader.element().hasAttribute("type"_L1) || reader.element().hasAttribute("id"_L1))
        filter.object = readKey(reader);
    return { std::move(filter), readPage(reader, true) };
}

Explain readExplain(ElementReader &reader)
{
    Explain explain { .asker = reader.required("asker"_L1) };
    reader.children([&](ElementReader &child) {
        const QString &name = child.element().name;
        if (name == "bearer"_L1)
            explain.bearers.append(readBearer(child));
        else if (name == "change-set"_L1 && !explain.changeSet)
            explain.changeSet = readChangeSet(child);
        else
            return false;
        return true;
    });
    explain.question = readContainedProvisioning(reader);
    return explain;
}

Apply readApply(ElementReader &reader)
{
    Apply apply { readChangeSet(reader) };
    if (reader.element().hasAttribute("confirm-within"_L1))
        apply.confirmWithin = reader.requiredCount("confirm-within"_L1);
    return apply;
}

AnswerQuestion readAnswer(ElementReader &reader)
{
    return { .asker = reader.required("asker"_L1),
             .jid = reader.required("jid"_L1),
             .accept = reader.requiredBoolean("accept"_L1),
             .scope = reader.oneOf("scope"_L1, scopes),
             .role = reader.optional("role"_L1),
             .secondaryTrustAllowed = reader.boolean("secondary-trust-allowed"_L1),
             .comment = reader.optional("comment"_L1) };
}

/// By the name of the element; nothing for a name that no operation has.
std::optional<Request> readNamed(ElementReader &reader)
{
    const QString &name = reader.element().name;
    if (name == "capabilities"_L1)
        return GetCapabilities {};
    if (name == "changes"_L1)
        return GetChanges { reader.number("since"_L1), readPage(reader) };
    if (name == "get"_L1)
        return GetObject { readKey(reader) };
    if (name == "list"_L1)
        return readList(reader);
    if (name == "deliveries"_L1)
        return GetDeliveries { reader.number("after"_L1), readPage(reader), reader.optional("open-for"_L1) };
    if (name == "revisions"_L1)
        return GetRevisions { reader.number("since"_L1), readPage(reader) };
    if (name == "statuses"_L1)
        return GetStatuses { readPage(reader) };
    if (name == "history"_L1)
        return readHistory(reader);
    if (name == "verify"_L1)
        return Verify {};
    if (name == "preview"_L1)
        return Preview { readChangeSet(reader) };
    if (name == "explain"_L1)
        return readExplain(reader);
    if (name == "apply"_L1)
        return readApply(reader);
    if (name == "confirm"_L1)
        return Confirm { reader.required("id"_L1) };
    if (name == "revert"_L1)
        return Revert { reader.required("id"_L1) };
    if (name == "contain"_L1)
        return Contain { reader.required("jid"_L1), reader.dateTime("until"_L1),
                         reader.optional("comment"_L1) };
    if (name == "release"_L1)
        return Release { reader.required("jid"_L1), reader.optional("comment"_L1) };
    if (name == "unfriend"_L1)
        return Unfriend { reader.required("jid"_L1), reader.required("peer"_L1),
                          reader.optional("comment"_L1) };
    if (name == "answer"_L1)
        return readAnswer(reader);
    if (name == "subscribe"_L1)
        return Subscribe {};
    if (name == "unsubscribe"_L1)
        return Unsubscribe {};
    return {};
}

} // namespace

Result<Request> readRequest(const Element &payload, bool set)
{
    if (payload.xmlns != nsAdmin)
        return fail(FailureKind::FeatureNotImplemented,
                    u"<%1/> of %2 is not understood here."_s.arg(payload.name, payload.xmlns));
    ElementReader reader(payload);
    std::optional<Request> request = readNamed(reader);
    if (!request)
        return fail(FailureKind::FeatureNotImplemented,
                    u"There is no operation called %1."_s.arg(payload.name));
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    if (isSet(*request) != set)
        return fail(FailureKind::BadRequest,
                    u"%1 is asked with an iq of type %2."_s.arg(payload.name, set ? u"get"_s : u"set"_s));
    return *std::move(request);
}

bool isSet(const Request &request)
{
    return std::visit(
        []<typename T>(const T &) {
            return std::is_same_v<T, Apply> || std::is_same_v<T, Confirm> || std::is_same_v<T, Revert>
                || std::is_same_v<T, Contain> || std::is_same_v<T, Release> || std::is_same_v<T, Unfriend>
                || std::is_same_v<T, AnswerQuestion> || std::is_same_v<T, Subscribe>
                || std::is_same_v<T, Unsubscribe>;
        },
        request);
}

Element write(const Request &request)
{
    return std::visit(
        [&](const auto &value) { return RequestWriter()(value, adminElement(operationName(request))); },
        request);
}

QLatin1StringView operationName(const Request &request)
{
    return operationNames[request.index()];
}

} // namespace castellan::wire::admin
