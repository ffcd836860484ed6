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

/// While a copy is filled, whoever shows it reads it again at most as often as this.
constexpr auto tellEvery = 500ms;
} // namespace

Synchroniser::Synchroniser(const QString &path)
    : m_path(path),
      m_database(Database::open(path))
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
        if (m_cancelled)
            Q_EMIT cancelled(why);
        else
            Q_EMIT refused(why);
    });
    connect(&m_renewal, &QTimer::timeout, this, &Synchroniser::subscribe);
    m_teller.setSingleShot(true);
    connect(&m_teller, &QTimer::timeout, this, [this] { Q_EMIT changed(std::exchange(m_untold, {})); });
}

Result<Database *> Synchroniser::database()
{
    return m_database ? Result<Database *>(m_database->get()) : std::unexpected(m_database.error());
}

void Synchroniser::start(const Account &account)
{
    m_account = account;
    const auto progress = database().and_then([](Database *database) { return database->progress(); });
    if (!progress)
        return m_connection.refuse(progress.error());
    m_progress = *progress;
    if (m_progress.revision > 0) {
        Q_EMIT revisionChanged(m_progress.revision);
        finishFilling(); // if the console went before that
    }
    m_connection.open(account);
}

void Synchroniser::retry()
{
    if (std::exchange(m_cancelled, false))
        m_connection.open(m_account);
    else
        m_connection.retry();
}

void Synchroniser::cancel()
{
    if (m_cancelled)
        return;
    m_cancelled = true;
    m_connection.refuse(
        { FailureKind::NotAllowed,
          tr("The transfer was cancelled. What has come so far is kept; it goes on from there") });
}

void Synchroniser::heal()
{
    m_database = fail(FailureKind::InternalServerError, {}); // closes it
    m_database = Database::heal(m_path);
    m_progress = {};
    ++m_session; // answers on their way were for the other file
    m_fetching = false;
    m_greeted = false;
    Q_EMIT revisionChanged(0);
    if (m_database) {
        m_connection.giveUp(
            { FailureKind::InternalServerError, tr("The local copy was damaged and is filled anew") });
    } else {
        m_connection.refuse(m_database.error());
    }
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
        Q_EMIT unconfirmedChanged(subscribed.unconfirmed);
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
    Q_EMIT unconfirmedChanged(event.unconfirmed);
    if (!event.statuses.isEmpty()) {
        const auto database = this->database();
        if (!database || !saved((*database)->storeStatuses(event.statuses)))
            return;
        tell(Part::Statuses);
    }
    if (event.revision > m_progress.revision || event.deliverySequence > m_progress.deliverySequence)
        fetch();
}

void Synchroniser::fetch()
{
    // What comes while the rest of filling is done would let it begin again.
    if (m_finishing || std::exchange(m_fetching, true)) {
        m_again = true;
        return;
    }
    m_again = false;
    fetchObjects();
}

void Synchroniser::fetchObjects()
{
    ask<wire::admin::Objects>(
        wire::admin::GetChanges { .since = m_progress.revision,
                                  .page = { .max = {}, .after = m_progress.cursor } },
        [this](const wire::admin::Objects &page) {
            if (page.epoch != m_progress.epoch || page.revision < m_progress.revision) {
                m_fetching = false;
                return greet(); // restored while we were connected
            }
            // What is removed while pages come is told after the revision of the first of them.
            if (!m_progress.target)
                m_progress.target = page.revision;
            m_progress.cursor = page.page.last;
            m_progress.received += page.objects.size();
            m_progress.expected = std::max<qint64>(m_progress.expected, page.page.count.value_or(0));
            const Revision before = m_progress.revision;
            if (page.page.complete) {
                m_progress.revision = std::exchange(m_progress.target, 0);
                m_progress.cursor.clear();
                m_progress.received = m_progress.expected = 0;
            } else {
                fetchObjects(); // the server works on the next page while this one is written
            }
            if (!saved((*m_database)->storeObjects(page.objects, m_progress)))
                return;

            Parts parts;
            for (const VersionedObject &object : page.objects)
                parts |= partOf(object.key.type);
            tell(parts);
            if (!page.page.complete) {
                if (m_progress.expected > 0) {
                    Q_EMIT progressChanged(
                        std::min(1.0, double(m_progress.received) / double(m_progress.expected)));
                }
                return;
            }
            if (before != m_progress.revision)
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
                tell(Part::Deliveries);
            }
            if (!page.page.complete && !page.deliveries.isEmpty())
                fetchDeliveries();
            else if (m_greeted)
                finishFilling(); // very much may have come
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
                                        tell(Part::Revisions);
                                    }
                                    if (!page.page.complete && !page.revisions.isEmpty())
                                        fetchRevisions();
                                    else
                                        fetchDeliveries();
                                });
}

void Synchroniser::fetchStatuses(const QString &after)
{
    ask<wire::admin::Statuses>(wire::admin::GetStatuses { .page = { .max = {}, .after = after } },
                               [this, after](const wire::admin::Statuses &page) {
                                   const bool isLast = page.page.complete || page.page.last.isEmpty();
                                   if (!saved((*m_database)->replaceStatuses(after, page.statuses, isLast)))
                                       return;
                                   tell(Part::Statuses);
                                   if (isLast)
                                       finishFilling();
                                   else
                                       fetchStatuses(page.page.last);
                               });
}

void Synchroniser::finishFilling()
{
    if (std::exchange(m_finishing, true))
        return;
    const auto wasFilling = database().and_then([](Database *database) { return database->isFilling(); });
    const auto finished = database().and_then([](Database *database) { return database->finishFilling(); });
    if (finished && !*finished) { // what else there is to do comes between
        const auto goOn = [this] {
            m_finishing = false;
            finishFilling();
        };
        QMetaObject::invokeMethod(this, goOn, Qt::QueuedConnection);
        return;
    }
    m_finishing = false;
    if (!saved(finished.transform([](bool) { })))
        return;
    if (wasFilling.value_or(false))
        tell(allParts);
    if (m_fetching)
        complete();
    else if (std::exchange(m_again, false))
        fetch();
}

void Synchroniser::complete()
{
    m_fetching = false;
    if (!std::exchange(m_greeted, true))
        Q_EMIT online();
    if (m_again)
        fetch();
}

void Synchroniser::tell(Parts parts)
{
    m_untold |= parts;
    if (!m_untold || m_teller.isActive())
        return;
    if (m_progress.revision == 0)
        m_teller.start(tellEvery);
    else
        Q_EMIT changed(std::exchange(m_untold, {}));
}

void Synchroniser::startOver(const QString &epoch)
{
    if (!m_progress.epoch.isEmpty())
        qCInfo(lcReplica) << "the server is not the one it was: reading everything again";
    if (!saved((*m_database)->startOver(epoch)))
        return;
    m_progress = { .epoch = epoch };
    Q_EMIT revisionChanged(0);
    Q_EMIT changed(allParts);
}

bool Synchroniser::saved(const Result<void> &result)
{
    if (!result && m_database && (*m_database)->isDamaged())
        Q_EMIT damaged();
    else if (!result)
        m_connection.refuse(result.error());
    return result.has_value();
}

} // namespace castellan::replica
