// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/consequences.h"
#include "server/explanation.h"
#include "server/operations.h"
#include "server/preview.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

/// Where to go on: behind the page before, or where the request says.
Result<qint64> numberAfter(qint64 requested, const admin::Page &page)
{
    if (page.after.isEmpty())
        return requested;
    bool ok = false;
    const qint64 after = page.after.toLongLong(&ok);
    if (!ok)
        return fail(FailureKind::ItemNotFound, u"There is no page behind “%1”."_s.arg(page.after));
    return after;
}

/// A page of which each item has a number. \a numberOf: a member of the items.
template<typename T, typename Number>
admin::PageInfo pageInfo(const QList<T> &items, Number numberOf, bool complete)
{
    if (items.isEmpty())
        return { .complete = complete };
    return { .first = QString::number(items.first().*numberOf),
             .last = QString::number(items.last().*numberOf),
             .complete = complete };
}

} // namespace

template<typename T, typename Make>
void Operations::answerFrom(const Call &call, QFuture<Result<T>> future, Make make)
{
    future.then(this, [call, make](const Result<T> &result) {
        if (result)
            answer(call, Response(make(*result)));
        else
            answer(call, result.error());
    });
}

int Operations::pageSize(const admin::Page &page) const
{
    return std::clamp(page.max.value_or(m_limits.pageSize), 0, m_limits.pageSize);
}

/// \a fetch(max) reads a page. One that turns out too large for a stanza is read again, shorter.
template<typename Fetch>
void Operations::answerObjects(const Call &call, int max, Fetch fetch)
{
    fetch(max).then(this, [this, call, max, fetch](const Result<Store::ObjectPage> &page) {
        if (!page)
            return answer(call, page.error());
        qsizetype bytes = 0;
        int fitting = 0;
        for (const VersionedObject &object : page->objects) {
            bytes += admin::write(Response(admin::Objects { .objects = { object } })).toXml().size();
            if (bytes > m_limits.pageBytes && fitting > 0)
                break;
            ++fitting;
        }
        if (fitting < page->objects.size())
            return answerObjects(call, fitting, fetch);
        answer(call,
               Response(admin::Objects { .epoch = page->epoch,
                                         .revision = page->revision,
                                         .objects = page->objects,
                                         .page = { .first = page->first,
                                                   .last = page->last,
                                                   .count = page->count,
                                                   .complete = page->complete } }));
    });
}

void Operations::run(const Call &call, const admin::GetCapabilities &)
{
    const AdminRole role = roleOf(call.from);
    admin::Capabilities capabilities { .role = role,
                                       .serverName = u"Castellan " CASTELLAN_VERSION ""_s,
                                       .epoch = m_network.epoch(),
                                       .revision = m_network.revision(),
                                       .operations = {},
                                       .pageSize = m_limits.pageSize,
                                       .changeSetSize = m_limits.changeSetSize,
                                       .searchLength = m_limits.searchLength,
                                       .concurrent = m_limits.concurrent,
                                       .analyses = m_limits.analyses,
                                       .rows = m_limits.rows,
                                       .filters = m_limits.filters,
                                       .confirmWithin = int(m_limits.confirmWithin.count()) };
    for (const Operation &operation : table()) {
        if (operation.least <= role)
            capabilities.operations.append(operation.name);
    }
    answer(call, Response(capabilities));
}

void Operations::run(const Call &call, const admin::GetChanges &request)
{
    answerObjects(call, pageSize(request.page), [store = m_store, request](int max) {
        return store->changes(request.since, max, request.page.after);
    });
}

void Operations::run(const Call &call, const admin::GetObject &request)
{
    answerFrom(call, m_store->object(request.key), [this](const VersionedObject &object) {
        return admin::Objects { .epoch = m_network.epoch(),
                                .revision = m_network.revision(),
                                .objects = { object },
                                .page = { .count = 1, .complete = true } };
    });
}

void Operations::run(const Call &call, const admin::ListObjects &request)
{
    const Listing &listing = request.listing;
    if (listing.search.size() > m_limits.searchLength) {
        return answer(call,
                      Failure { FailureKind::PolicyViolation,
                                u"A search takes at most %1 characters."_s.arg(m_limits.searchLength) });
    }
    if (listing.filters.size() > m_limits.filters) {
        return answer(call,
                      Failure { FailureKind::PolicyViolation,
                                u"A list takes at most %1 filters."_s.arg(m_limits.filters) });
    }
    answerObjects(call, pageSize(request.page), [store = m_store, request](int max) {
        return store->list(request.listing,
                           { .max = max, .after = request.page.after, .before = request.page.before });
    });
}

void Operations::run(const Call &call, const admin::GetDeliveries &request)
{
    if (!request.openFor.isEmpty()) {
        return answerFrom(call, m_store->owedTo({ bareJid(request.openFor) }),
                          [this](const QList<Delivery> &deliveries) {
                              return admin::Deliveries { .epoch = m_network.epoch(),
                                                         .deliveries = deliveries,
                                                         .page = { .complete = true } };
                          });
    }
    const auto after = numberAfter(request.after, request.page);
    if (!after)
        return answer(call, after.error());
    answerFrom(call, m_store->deliveries(*after, pageSize(request.page)),
               [this](const Store::DeliveryPage &page) {
                   return admin::Deliveries { .epoch = m_network.epoch(),
                                              .deliveries = page.deliveries,
                                              .page = pageInfo(page.deliveries, &Delivery::sequence,
                                                               page.complete) };
               });
}

void Operations::run(const Call &call, const admin::GetRevisions &request)
{
    const auto since = numberAfter(request.since, request.page);
    if (!since)
        return answer(call, since.error());
    answerFrom(call, m_store->revisions(*since, pageSize(request.page)),
               [this](const Store::RevisionPage &page) {
                   return admin::Revisions { .epoch = m_network.epoch(),
                                             .revisions = page.revisions,
                                             .page = pageInfo(page.revisions, &RevisionInfo::revision,
                                                              page.complete) };
               });
}

void Operations::run(const Call &call, const admin::GetStatuses &request)
{
    answer(call, Response(m_contacts.statuses(request.page.after, pageSize(request.page))));
}

void Operations::run(const Call &call, const admin::GetHistory &request)
{
    answerHistory(call, request, pageSize(request.page));
}

/// Entries hold objects before and after, so a page of them may be too large for a stanza, too.
void Operations::answerHistory(const Call &call, const admin::GetHistory &request, int max)
{
    const Window window { .max = max, .after = request.page.after, .before = request.page.before };
    m_store->history(request.filter, window)
        .then(this, [this, call, request, max](const Result<Store::AuditPage> &page) {
            if (!page)
                return answer(call, page.error());
            admin::History history { .epoch = m_network.epoch(),
                                     .entries = page->entries,
                                     .page = { .first = page->first,
                                               .last = page->last,
                                               .count = page->count,
                                               .complete = page->complete } };
            if (max > 1 && admin::write(Response(history)).toXml().size() > m_limits.pageBytes)
                return answerHistory(call, request, max / 2);
            answer(call, Response(history));
        });
}

void Operations::run(const Call &call, const admin::Verify &)
{
    answerFrom(call, m_store->verifyAudit(), [](const AuditCheck &check) {
        return admin::Verified {
            .entries = check.entries, .head = check.head, .firstBroken = check.firstBroken, .fault = check.why
        };
    });
}

void Operations::run(const Call &call, const admin::Preview &request)
{
    const Result<ChangeSet> changeSet = checked(request.changeSet);
    if (!changeSet)
        return answer(call, changeSet.error());
    const auto tried = [this, call](const ApplyResult &result) {
        const Revision revision = m_network.revision();
        if (const auto *conflict = std::get_if<StoreConflict>(&result))
            return answer(
                call, Response(admin::Previewed { .revision = revision, .conflicts = conflict->current }));
        if (const auto *failure = std::get_if<Failure>(&result))
            return answer(call, *failure);
        const auto &committed = std::get<Committed>(result);
        if (committed.repeated) {
            return answer(call,
                          Failure { FailureKind::NotAllowed,
                                    u"This change set was applied already, as revision %1."_s.arg(
                                        committed.revision) });
        }
        analyse(call,
                [before = m_network.snapshot(), since = m_network.changedAt(), askers = m_contacts.askers(),
                 objects = committed.objects, at = committed.at, revision, rows = m_limits.rows,
                 comparisons = m_limits.comparisons](const std::function<bool()> &isStopped) -> AdminReply {
                    admin::Previewed previewed = preview(before, objects, since, at, askers,
                                                         { rows, comparisons, isStopped });
                    previewed.revision = revision;
                    return previewed;
                });
    };
    m_network.commit(*changeSet, Actor { call.from.full() }, tried, { .isTrial = true });
}

void Operations::run(const Call &call, const admin::Explain &request)
{
    const Result<Jid> asker = Jid::parse(request.asker);
    if (!asker)
        return answer(call, asker.error());
    admin::Explain normal = request;
    normal.asker = asker->bare();
    if (!request.changeSet)
        return explainAfter(call, normal, {});
    const Result<ChangeSet> changeSet = checked(*request.changeSet);
    if (!changeSet)
        return answer(call, changeSet.error());
    const auto tried = [this, call, normal](const ApplyResult &result) {
        const auto *committed = std::get_if<Committed>(&result);
        if (!committed)
            return answerCommit(call, result);
        explainAfter(call, normal, committed->repeated ? QList<VersionedObject>() : committed->objects);
    };
    m_network.commit(*changeSet, Actor { call.from.full() }, tried, { .isTrial = true });
}

void Operations::explainAfter(const Call &call, const admin::Explain &request,
                              const QList<VersionedObject> &changes)
{
    analyse(call,
            [before = m_network.snapshot(), since = m_network.changedAt(), revision = m_network.revision(),
             request, changes, now = QDateTime::currentDateTimeUtc(), rows = m_limits.rows,
             combinations = m_limits.combinations](const auto &) -> AdminReply {
                const rules::Snapshot network = changes.isEmpty()
                    ? before
                    : outcomeOf(before, changes, since, now, {}).after;
                Result<admin::Explained> explained = explain(network, request, now, rows, combinations);
                if (!explained)
                    return std::unexpected(Refusal { explained.error() });
                explained->revision = revision;
                return *std::move(explained);
            });
}

void Operations::run(const Call &call, const admin::Subscribe &)
{
    const Result<admin::Subscribed> subscribed = m_subscribers.add(call.from.full());
    if (subscribed)
        answer(call, Response(*subscribed));
    else
        answer(call, subscribed.error());
}

void Operations::run(const Call &call, const admin::Unsubscribe &)
{
    m_subscribers.remove(call.from.full());
    answer(call, Response(admin::Done {}));
}

} // namespace castellan::server
