// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/adminservice.h"

#include "server/log.h"
#include "server/stanza.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

enum Role : quint8 {
    Support = 1 << 0,
    Auditor = 1 << 1,
    Administrator = 1 << 2,
};
constexpr quint8 everybody = Support | Auditor | Administrator;

struct Operation
{
    QLatin1StringView name;
    quint8 roles;
};

/// Who may do what.
constexpr std::array operations {
    Operation { "capabilities"_L1, everybody }, Operation { "changes"_L1, everybody },
    Operation { "get"_L1, everybody },          Operation { "list"_L1, everybody },
    Operation { "deliveries"_L1, everybody },   Operation { "revisions"_L1, everybody },
    Operation { "statuses"_L1, everybody },     Operation { "apply"_L1, Administrator },
    Operation { "subscribe"_L1, everybody },    Operation { "unsubscribe"_L1, everybody },
};

quint8 bit(AdminRole role)
{
    switch (role) {
    case AdminRole::None:
        return 0;
    case AdminRole::Support:
        return Support;
    case AdminRole::Auditor:
        return Auditor;
    case AdminRole::Administrator:
        return Administrator;
    }
    return 0;
}

bool mayUse(AdminRole role, QLatin1StringView operation)
{
    return std::ranges::any_of(operations, [&](const Operation &entry) {
        return entry.name == operation && (entry.roles & bit(role));
    });
}

/// Statuses in one event message.
constexpr qsizetype statusesPerEvent = 100;
/// What a stranger wrote as an operation's name is audited no longer than this.
constexpr qsizetype longestOperation = 64;

} // namespace

AdminService::AdminService(std::shared_ptr<Store> store, LiveNetwork &network, Contacts &contacts,
                           Transport &transport, qint64 deliverySequence, const Limits &limits,
                           QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_network(network),
      m_contacts(contacts),
      m_transport(transport),
      m_limits(limits),
      m_deliverySequence(deliverySequence),
      m_auditLimit(limits.auditedRefusals)
{
    m_clock.start();
    m_eventTimer.setSingleShot(true);
    m_eventTimer.setInterval(m_limits.eventDelay);
    connect(&m_eventTimer, &QTimer::timeout, this, &AdminService::sendEvents);
    connect(&transport, &Transport::ready, this, &AdminService::announce);
    connect(&m_network, &LiveNetwork::committed, this, [this](const Committed &committed) {
        m_deliverySequence = std::max(m_deliverySequence, committed.deliverySequence);
        planEvent();
    });
    connect(&m_contacts, &Contacts::statusChanged, this, [this](const QString &bare) {
        if (m_subscribers.isEmpty())
            return;
        m_changedStatuses.insert(bare);
        planEvent();
    });
    connect(&m_contacts, &Contacts::disappeared, this,
            [this](const QString &, const QString &full) { unsubscribe(full); });
}

AdminRole AdminService::roleOf(const Jid &jid) const
{
    const auto grant = m_network.snapshot().object({ ObjectType::RoleGrant, jid.bare() });
    return grant ? std::get<RoleGrant>(*grant).role : AdminRole::None;
}

void AdminService::handle(const Jid &from, const wire::Element &iq, const wire::Element &payload)
{
    const Call call { from, iq };
    const AdminRole role = roleOf(from);
    if (role == AdminRole::None)
        return refuse(from, iq, payload.name); // not a word about what is well-formed
    const auto request = admin::readRequest(payload, iq.attribute("type"_L1) == "set"_L1);
    if (!request) {
        qCWarning(lcServer, "%ls sent a bad %ls: %ls", qUtf16Printable(from.full()),
                  qUtf16Printable(payload.name), qUtf16Printable(request.error().text));
        return (void)m_transport.send(wire::iqError(iq, request.error()));
    }
    if (!mayUse(role, admin::operationName(*request)))
        return refuse(from, iq, payload.name);
    int &underWay = m_underWay[from.bare()];
    if (underWay >= m_limits.concurrent) {
        const Failure failure { FailureKind::ResourceConstraint,
                                u"%1 operations of yours are under way; wait for an answer."_s.arg(
                                    underWay) };
        return (void)m_transport.send(wire::iqError(iq, failure));
    }
    ++underWay;
    std::visit([&](const auto &operation) { run(call, operation); }, *request);
}

void AdminService::refuse(const Jid &from, const wire::Element &iq, const QString &name)
{
    const QString operation = name.first(std::min(name.size(), longestOperation));
    const Failure failure { FailureKind::Forbidden,
                            u"%1 may not use %2 here."_s.arg(from.bare(), operation) };
    qCWarning(lcServer, "Refused: %ls", qUtf16Printable(failure.text));
    m_transport.send(wire::iqError(iq, failure));
    if (!m_auditLimit.take(from.bare(), m_clock.elapsed()))
        return;
    m_store->auditRefusal(Actor { from.full() }, operation, failure)
        .then(this, [](const Result<void> &audited) {
            if (!audited)
                qCWarning(lcServer, "A refusal could not be audited: %ls",
                          qUtf16Printable(audited.error().text));
        });
}

void AdminService::answer(const Call &call, const admin::Response &response)
{
    m_transport.send(wire::iqResult(call.iq, admin::write(response)));
    finished(call);
}

void AdminService::answer(const Call &call, const Failure &failure, const wire::Element &condition)
{
    m_transport.send(wire::iqError(call.iq, failure, condition));
    finished(call);
}

void AdminService::finished(const Call &call)
{
    const auto underWay = m_underWay.find(call.from.bare());
    if (--*underWay == 0)
        m_underWay.erase(underWay);
}

template<typename T, typename Make>
void AdminService::answerFrom(const Call &call, QFuture<Result<T>> future, Make make)
{
    future.then(this, [this, call, make](const Result<T> &result) {
        if (result)
            answer(call, admin::Response(make(*result)));
        else
            answer(call, result.error());
    });
}

int AdminService::pageSize(const admin::Page &page) const
{
    return std::clamp(page.max.value_or(m_limits.pageSize), 0, m_limits.pageSize);
}

/// \a fetch(max) reads a page. One that turns out too large for a stanza is read again, shorter.
template<typename Fetch>
void AdminService::answerObjects(const Call &call, int max, Fetch fetch)
{
    fetch(max).then(this, [this, call, max, fetch](const Result<Store::ObjectPage> &page) {
        if (!page)
            return answer(call, page.error());
        qsizetype bytes = 0;
        int fitting = 0;
        for (const VersionedObject &object : page->objects) {
            bytes += admin::write(admin::Response(admin::Objects { .objects = { object } })).toXml().size();
            if (bytes > m_limits.pageBytes && fitting > 0)
                break;
            ++fitting;
        }
        if (fitting < page->objects.size())
            return answerObjects(call, fitting, fetch);
        answer(call,
               admin::Objects {
                   .epoch = page->epoch,
                   .revision = page->revision,
                   .objects = page->objects,
                   .page = { .last = page->last, .count = page->count, .complete = page->complete } });
    });
}

void AdminService::run(const Call &call, const admin::GetCapabilities &)
{
    const AdminRole role = roleOf(call.from);
    admin::Capabilities capabilities { .role = role,
                                       .serverName = u"Castellan " CASTELLAN_VERSION ""_s,
                                       .epoch = m_network.epoch(),
                                       .revision = m_network.revision(),
                                       .pageSize = m_limits.pageSize,
                                       .changeSetSize = m_limits.changeSetSize,
                                       .searchLength = m_limits.searchLength,
                                       .concurrent = m_limits.concurrent };
    for (const Operation &operation : operations) {
        if (operation.roles & bit(role))
            capabilities.operations.append(operation.name);
    }
    answer(call, capabilities);
}

void AdminService::run(const Call &call, const admin::GetChanges &request)
{
    answerObjects(call, pageSize(request.page), [store = m_store, request](int max) {
        return store->changes(request.since, max, request.page.after);
    });
}

void AdminService::run(const Call &call, const admin::GetObject &request)
{
    answerFrom(call, m_store->object(request.key), [this](const VersionedObject &object) {
        return admin::Objects { .epoch = m_network.epoch(),
                                .revision = m_network.revision(),
                                .objects = { object },
                                .page = { .count = 1, .complete = true } };
    });
}

void AdminService::run(const Call &call, const admin::ListObjects &request)
{
    if (request.search.size() > m_limits.searchLength) {
        return answer(call,
                      Failure { FailureKind::PolicyViolation,
                                u"A search takes at most %1 characters."_s.arg(m_limits.searchLength) });
    }
    answerObjects(call, pageSize(request.page), [store = m_store, request](int max) {
        return store->list(request.type, request.search, max, request.page.after);
    });
}

/// Where to go on: behind the page before, or where the request says.
static Result<qint64> numberAfter(qint64 requested, const admin::Page &page)
{
    if (page.after.isEmpty())
        return requested;
    bool ok = false;
    const qint64 after = page.after.toLongLong(&ok);
    if (!ok)
        return fail(FailureKind::ItemNotFound, u"There is no page behind “%1”."_s.arg(page.after));
    return after;
}

void AdminService::run(const Call &call, const admin::GetDeliveries &request)
{
    const auto after = numberAfter(request.after, request.page);
    if (!after)
        return answer(call, after.error());
    answerFrom(
        call, m_store->deliveries(*after, pageSize(request.page)), [this](const Store::DeliveryPage &page) {
            return admin::Deliveries { .epoch = m_network.epoch(),
                                       .deliveries = page.deliveries,
                                       .page = { .last = page.deliveries.isEmpty()
                                                     ? QString()
                                                     : QString::number(page.deliveries.last().sequence),
                                                 .complete = page.complete } };
        });
}

void AdminService::run(const Call &call, const admin::GetRevisions &request)
{
    const auto since = numberAfter(request.since, request.page);
    if (!since)
        return answer(call, since.error());
    answerFrom(call, m_store->revisions(*since, pageSize(request.page)),
               [this](const Store::RevisionPage &page) {
                   return admin::Revisions { .epoch = m_network.epoch(),
                                             .revisions = page.revisions,
                                             .page = { .last = page.revisions.isEmpty()
                                                           ? QString()
                                                           : QString::number(page.revisions.last().revision),
                                                       .complete = page.complete } };
               });
}

void AdminService::run(const Call &call, const admin::GetStatuses &request)
{
    answer(call, m_contacts.statuses(request.page.after, pageSize(request.page)));
}

void AdminService::run(const Call &call, const admin::Apply &request)
{
    ChangeSet changeSet = request.changeSet;
    if (changeSet.changes.isEmpty() || changeSet.changes.size() > m_limits.changeSetSize) {
        return answer(
            call,
            Failure { changeSet.changes.isEmpty() ? FailureKind::BadRequest : FailureKind::PolicyViolation,
                      u"A change set has 1 to %1 changes; this one has %2."_s.arg(m_limits.changeSetSize)
                          .arg(changeSet.changes.size()) });
    }
    for (Change &change : changeSet.changes) {
        if (!change.object)
            continue;
        Result<Object> object = normalised(*std::move(change.object));
        if (!object)
            return answer(call, object.error());
        change.object = *std::move(object);
        change.key = { objectType(*change.object), objectId(*change.object) };
    }
    m_network.commit(changeSet, Actor { call.from.full() }, [this, call](const ApplyResult &result) {
        if (const auto *committed = std::get_if<Committed>(&result)) {
            answer(call,
                   admin::Applied { .changeSetId = committed->changeSetId,
                                    .revision = committed->revision,
                                    .deliveries = committed->deliveryCount });
        } else if (const auto *conflict = std::get_if<StoreConflict>(&result)) {
            answer(call,
                   Failure { FailureKind::Conflict,
                             u"%1 of the objects are not as they were when the edit began."_s.arg(
                                 conflict->current.size()) },
                   admin::write(admin::Conflicts { conflict->current }));
        } else {
            answer(call, std::get<Failure>(result));
        }
    });
}

void AdminService::run(const Call &call, const admin::Subscribe &)
{
    const QString full = call.from.full();
    const QDateTime now = QDateTime::currentDateTimeUtc();
    m_subscribers.removeIf([&](const auto &subscriber) { return subscriber.value() < now; });
    if (!m_subscribers.contains(full) && m_subscribers.size() >= m_limits.subscribers) {
        return answer(call,
                      Failure { FailureKind::ResourceConstraint,
                                u"%1 consoles are subscribed already."_s.arg(m_limits.subscribers) });
    }
    m_subscribers.insert(full, now.addDuration(m_limits.subscription));
    answer(call,
           admin::Subscribed { .expires = int(m_limits.subscription.count()),
                               .revision = m_network.revision(),
                               .deliverySequence = m_deliverySequence });
}

void AdminService::run(const Call &call, const admin::Unsubscribe &)
{
    unsubscribe(call.from.full());
    answer(call, admin::Done {});
}

void AdminService::unsubscribe(const QString &full)
{
    m_subscribers.remove(full);
}

void AdminService::onDeliveryChanged(qint64 sequence)
{
    m_deliverySequence = std::max(m_deliverySequence, sequence);
    planEvent();
}

void AdminService::planEvent()
{
    if (!m_subscribers.isEmpty() && !m_eventTimer.isActive())
        m_eventTimer.start();
}

void AdminService::sendEvents()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    m_subscribers.removeIf([&](const auto &subscriber) { return subscriber.value() < now; });
    const QStringList changed = std::exchange(m_changedStatuses, {}).values();
    qsizetype next = 0;
    do {
        admin::Event event { .epoch = m_network.epoch(),
                             .revision = m_network.revision(),
                             .deliverySequence = m_deliverySequence };
        for (; next < changed.size() && event.statuses.size() < statusesPerEvent; ++next)
            event.statuses.append(m_contacts.status(changed.at(next)));
        for (const QString &full : m_subscribers.keys())
            sendEvent(full, event);
    } while (next < changed.size());
}

void AdminService::announce()
{
    // Through a component, a console does not see the server come and go as it does on a connection of its
    // own.
    const admin::Event event { .epoch = m_network.epoch(),
                               .revision = m_network.revision(),
                               .deliverySequence = m_deliverySequence,
                               .restarted = true };
    const QList<RoleGrant> grants = m_network.snapshot().roleGrants();
    for (const RoleGrant &grant : grants) {
        if (!isThumbprint(grant.holder))
            sendEvent(grant.holder, event);
    }
}

void AdminService::sendEvent(const QString &to, const admin::Event &event)
{
    wire::Element message = stanza(u"message"_s, u"headline"_s, m_transport.jid().full(), to);
    message.children = { admin::write(event) };
    m_transport.send(message);
}

} // namespace castellan::server
