// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/synchroniser.h"

#include <QLoggingCategory>

#include <algorithm>
#include <chrono>

namespace castellan::replica {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {
Q_LOGGING_CATEGORY(lcReplica, "castellan.replica", QtInfoMsg)
}

Synchroniser::Synchroniser(const QString &path)
    : m_database(Database::open(path))
{
    connect(&m_connection, &AdminConnection::connecting, this, &Synchroniser::connecting);
    connect(&m_connection, &AdminConnection::untrusted, this, &Synchroniser::untrusted);
    connect(&m_connection, &AdminConnection::ready, this, &Synchroniser::greet);
    connect(&m_connection, &AdminConnection::eventReceived, this, &Synchroniser::handleEvent);
    const auto gone = [this] {
        ++m_session;
        m_renewal.stop();
        m_fetching = false;
        m_greeted = false;
    };
    connect(&m_connection, &AdminConnection::lost, this, [this, gone](const Failure &why) {
        gone();
        Q_EMIT lost(why);
    });
    connect(&m_connection, &AdminConnection::refused, this, [this, gone](const Failure &why) {
        gone();
        Q_EMIT refused(why);
    });
    connect(&m_renewal, &QTimer::timeout, this, &Synchroniser::subscribe);
}

Result<Database *> Synchroniser::database()
{
    return m_database ? Result<Database *>(m_database->get()) : std::unexpected(m_database.error());
}

void Synchroniser::start(const Account &account)
{
    const auto progress = database().and_then([](Database *database) { return database->progress(); });
    if (!progress)
        return m_connection.refuse(progress.error());
    m_progress = *progress;
    if (m_progress.revision > 0)
        Q_EMIT revisionChanged(m_progress.revision);
    m_connection.open(account);
}

QFuture<RequestResult> Synchroniser::request(const wire::admin::Request &request)
{
    return m_connection.request(request).then(this, [this, session = m_session](RequestResult result) {
        if (!result && !result.error().answered && session == m_session)
            m_connection.giveUp(result.error().failure);
        return result;
    });
}

template<typename Response, typename Then>
void Synchroniser::ask(const wire::admin::Request &what, Then then)
{
    request(what).then(
        this,
        [this, session = m_session, then = std::move(then),
         name = wire::admin::operationName(what)](const RequestResult &result) {
            if (session != m_session)
                return;
            if (!result) {
                if (!result.error().answered)
                    return; // request() has seen to it
                qCWarning(lcReplica) << name << "failed:" << result.error().failure.text;
                if (result.error().failure.kind == FailureKind::Forbidden)
                    m_connection.refuse(result.error().failure);
                else
                    m_connection.giveUp(result.error().failure);
                return;
            }
            if (const auto *response = std::get_if<Response>(&*result))
                then(*response);
            else
                m_connection.giveUp(
                    { FailureKind::BadRequest,
                      tr("The server answers %1 with something else; its version does not fit this console",
                         "%1 is the name of an operation")
                          .arg(name) });
        });
}

void Synchroniser::greet()
{
    ++m_session;
    m_fetching = false;
    m_greeted = false;
    Q_EMIT synchronising();
    ask<wire::admin::Capabilities>(
        wire::admin::GetCapabilities(), [this](const wire::admin::Capabilities &capabilities) {
            Q_EMIT capabilitiesChanged(capabilities);
            if (capabilities.epoch != m_progress.epoch || capabilities.revision < m_progress.revision)
                startOver(capabilities.epoch);
            // First of all, so that nothing happens between what is fetched and what is told.
            subscribe();
            fetch();
        });
}

void Synchroniser::subscribe()
{
    ask<wire::admin::Subscribed>(wire::admin::Subscribe(), [this](const wire::admin::Subscribed &subscribed) {
        m_renewal.start(
            std::max<std::chrono::milliseconds>(1s, std::chrono::seconds(subscribed.expires) / 2));
        if (subscribed.revision > m_progress.revision
            || subscribed.deliverySequence > m_progress.deliverySequence)
            fetch();
    });
}

void Synchroniser::synchronise()
{
    if (m_greeted)
        fetch();
}

void Synchroniser::handleEvent(const wire::admin::Event &event)
{
    if (event.epoch != m_progress.epoch || event.restarted) {
        if (m_greeted)
            greet();
        return;
    }
    if (!event.statuses.isEmpty()) {
        const auto database = this->database();
        if (!database || !saved((*database)->storeStatuses(event.statuses, false)))
            return;
        if (!m_greeted)
            m_statuses += event.statuses; // newer than the pages before
        Q_EMIT changed(Part::Statuses);
    }
    if (event.revision > m_progress.revision || event.deliverySequence > m_progress.deliverySequence)
        fetch();
}

void Synchroniser::fetch()
{
    if (std::exchange(m_fetching, true)) {
        m_again = true;
        return;
    }
    m_again = false;
    m_received = 0;
    fetchObjects();
}

void Synchroniser::fetchObjects()
{
    ask<wire::admin::Objects>(wire::admin::GetChanges { .since = m_progress.revision,
                                                        .page = { .max = {}, .after = m_progress.cursor } },
                              [this](const wire::admin::Objects &page) {
                                  if (page.epoch != m_progress.epoch || page.revision < m_progress.revision) {
                                      m_fetching = false;
                                      return greet(); // restored while we were connected
                                  }
                                  // What is removed while pages come is told after the revision of the first
                                  // of them.
                                  if (!m_progress.target)
                                      m_progress.target = page.revision;
                                  m_progress.cursor = page.page.last;
                                  if (page.page.complete) {
                                      m_progress.revision = std::exchange(m_progress.target, 0);
                                      m_progress.cursor.clear();
                                  }
                                  if (!saved((*m_database)->storeObjects(page.objects, m_progress)))
                                      return;

                                  Parts parts;
                                  for (const VersionedObject &object : page.objects) {
                                      parts |= object.key.type == ObjectType::Thing   ? Part::Things
                                          : object.key.type == ObjectType::Friendship ? Part::Friendships
                                                                                      : Part::Rules;
                                  }
                                  if (parts)
                                      Q_EMIT changed(parts);
                                  if (!page.page.complete) {
                                      m_received += page.objects.size();
                                      if (const qint64 all = page.page.count.value_or(0); all > 0)
                                          Q_EMIT progressChanged(
                                              std::min(1.0, double(m_received) / double(all)));
                                      return fetchObjects();
                                  }
                                  Q_EMIT revisionChanged(m_progress.revision);
                                  fetchRevisions(); // before deliveries: a push has its title from the start
                              });
}

void Synchroniser::fetchDeliveries()
{
    ask<wire::admin::Deliveries>(
        wire::admin::GetDeliveries { .after = m_progress.deliverySequence, .page = {} },
        [this](const wire::admin::Deliveries &page) {
            if (!page.deliveries.isEmpty()) {
                m_progress.deliverySequence = page.deliveries.last().sequence;
                if (!saved((*m_database)->storeDeliveries(page.deliveries, m_progress)))
                    return;
                Q_EMIT changed(Part::Deliveries);
            }
            if (!page.page.complete && !page.deliveries.isEmpty())
                fetchDeliveries();
            else if (m_greeted)
                complete();
            else
                fetchStatuses({});
        });
}

void Synchroniser::fetchRevisions()
{
    ask<wire::admin::Revisions>(wire::admin::GetRevisions { .since = m_progress.revisionInfo, .page = {} },
                                [this](const wire::admin::Revisions &page) {
                                    if (!page.revisions.isEmpty()) {
                                        m_progress.revisionInfo = page.revisions.last().revision;
                                        if (!saved((*m_database)->storeRevisions(page.revisions, m_progress)))
                                            return;
                                        Q_EMIT changed(Part::Revisions);
                                    }
                                    if (!page.page.complete && !page.revisions.isEmpty())
                                        fetchRevisions();
                                    else
                                        fetchDeliveries();
                                });
}

void Synchroniser::fetchStatuses(const QString &after)
{
    if (after.isEmpty())
        m_statuses.clear();
    ask<wire::admin::Statuses>(wire::admin::GetStatuses { .page = { .max = {}, .after = after } },
                               [this](const wire::admin::Statuses &page) {
                                   m_statuses += page.statuses;
                                   if (!page.page.complete && !page.page.last.isEmpty())
                                       return fetchStatuses(page.page.last);
                                   if (!saved(
                                           (*m_database)->storeStatuses(std::exchange(m_statuses, {}), true)))
                                       return;
                                   Q_EMIT changed(Part::Statuses);
                                   complete();
                               });
}

void Synchroniser::complete()
{
    m_fetching = false;
    if (!std::exchange(m_greeted, true))
        Q_EMIT online();
    if (m_again)
        fetch();
}

void Synchroniser::startOver(const QString &epoch)
{
    if (!m_progress.epoch.isEmpty())
        qCInfo(lcReplica) << "the server is not the one it was: reading everything again";
    if (!saved((*m_database)->startOver(epoch)))
        return;
    m_progress = { .epoch = epoch };
    Q_EMIT changed(allParts);
}

bool Synchroniser::saved(const Result<void> &result)
{
    if (!result)
        m_connection.refuse(result.error());
    return result.has_value();
}

} // namespace castellan::replica
