// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/deliveries.h"

#include "server/log.h"
#include "server/stanza.h"
#include "wire/provisioning.h"

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace castellan::server {

/// Most that is read for at once, and that is taken of one commit before it is another's turn.
static constexpr qsizetype readSize = 1000;
static constexpr qsizetype turnSize = 128;
/// Most of those not there that are passed over before other work has its turn.
static constexpr qsizetype stepSize = 5000;
/// Changes of state wait this long for company, because every transaction waits for the disk.
static constexpr std::chrono::milliseconds writeDelay { 50 };
static constexpr std::chrono::seconds rewriteDelay { 5 }; ///< when it could not be done
static constexpr qsizetype mostChanges = 1000;

/// The same for every attempt, so that a late answer to an earlier one still counts.
static QString stanzaId(qint64 delivery)
{
    return "delivery-"_L1 + QString::number(delivery);
}

/// Errors that say the thing is not there, as its own server or ours answers for it.
static bool meansOffline(FailureKind kind)
{
    switch (kind) {
    case FailureKind::RecipientUnavailable:
    case FailureKind::RemoteServerNotFound:
    case FailureKind::ServiceUnavailable:
    case FailureKind::Timeout:
        return true;
    default:
        return false;
    }
}

/// With the condition's name where the thing wrote no text.
static Failure readError(const wire::Element &iq)
{
    Failure failure = wire::failureFromError(iq);
    const auto error = std::ranges::find(iq.children, u"error"_s, &wire::Element::name);
    if (failure.text.isEmpty() && error != iq.children.cend() && !error->children.isEmpty())
        failure.text = error->children.first().name;
    return failure;
}

Deliveries::Deliveries(std::shared_ptr<Store> store, Contacts &contacts, Transport &transport, Retry retry,
                       QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_contacts(contacts),
      m_transport(transport),
      m_retry(retry)
{
    m_clock.start();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Deliveries::onTime);
    m_writeTimer.setSingleShot(true);
    connect(&m_writeTimer, &QTimer::timeout, this, &Deliveries::writeStored);
    connect(&m_contacts, &Contacts::heard, this, &Deliveries::onHeard);
    connect(&m_contacts, &Contacts::disappeared, this, &Deliveries::onDisappeared);
    connect(&m_transport, &Transport::lost, this, [this] { m_canSend = false; });
    connect(&m_transport, &Transport::drained, this, [this] {
        sendLate();
        readMore();
    });
}

void Deliveries::resume(const QStringList &things, Revision revision)
{
    m_revision = revision;
    for (const QString &bare : things)
        m_contacts.setOwed(bare, Contacts::Owed::Waiting);
    m_store->recallDeliveries().then(this, [this](const Result<qint64> &sequence) {
        if (sequence)
            Q_EMIT changed(*sequence);
        else
            qCWarning(lcServer, "That deliveries wait again could not be stored: %ls",
                      qUtf16Printable(sequence.error().text));
    });
}

void Deliveries::owe(const Owed &owed, Revision revision)
{
    m_revision = revision;
    QStringList things;
    for (const Delivery &message : owed.messages)
        things.append(message.jid);
    if (things.isEmpty())
        things = owed.clearCaches; // shared, not copied
    else
        things += owed.clearCaches;
    if (things.isEmpty())
        return;
    m_walks.enqueue({ .things = things });
    readMore();
}

void Deliveries::takeOver(const QString &bare)
{
    m_contacts.setOwed(bare, Contacts::Owed::Waiting);
    enqueue(bare);
}

void Deliveries::handOver(const QString &bare)
{
    m_contacts.setOwed(bare, Contacts::Owed::Nothing);
    if (const auto flight = m_flights.find(bare); flight != m_flights.end()) {
        land(flight);
        m_flights.erase(flight);
    }
}

void Deliveries::sendAll()
{
    m_canSend = true;
    // What is on its way may have gone down with the connection.
    m_late.clear();
    for (auto flight = m_flights.begin(); flight != m_flights.end(); ++flight) {
        flight->due = 0;
        m_late.emplace(0, flight.key());
    }
    sendLate();
    m_walks.enqueue({ .things = m_contacts.owed() });
    readMore();
}

void Deliveries::onHeard(const QString &bare)
{
    const auto flight = m_flights.find(bare);
    if (flight == m_flights.end())
        return enqueue(bare);
    // It was away without our knowing it: its first sign of life ends the back-off. One that was there all
    // the time and does not answer is not asked more often for talking.
    if (!std::exchange(flight->heardSince, true) && flight->sent + m_retry.first.count() <= m_clock.elapsed())
        sendAgain(flight);
    planTimer();
}

void Deliveries::onDisappeared(const QString &bare, const QString &full)
{
    const auto flight = m_flights.find(bare);
    if (flight == m_flights.end() || flight->to != full)
        return;
    wait(flight, {});
    enqueue(bare); // it may be there under another resource
}

void Deliveries::enqueue(const QString &bare)
{
    if (m_contacts.owed(bare) != Contacts::Owed::Waiting || m_contacts.address(bare).isEmpty())
        return;
    m_contacts.setOwed(bare, Contacts::Owed::Queued);
    m_ready.enqueue(bare);
    readMore();
}

void Deliveries::readMore()
{
    if (!m_canSend || m_isReading || m_hasWriteFailed || m_transport.isCongested())
        return;
    const int window = std::min(m_retry.window, m_transport.window());
    const qsizetype room = std::min<qsizetype>(readSize, window - m_promptCount);
    if (room < std::min<qsizetype>(readSize, window / 2))
        return; // not in small helpings: answers, or onTime(), make room
    const QStringList things = nextThings(room);
    if (things.isEmpty())
        return;
    writeStored(); // what is settled must not be read as open
    m_isReading = true;
    m_settledWhileReading.clear();
    m_store->owedTo(things, m_revision).then(this, [this, things](const Result<QList<Delivery>> &owed) {
        m_isReading = false;
        if (owed) {
            takeOwed(things, *owed);
        } else {
            qCWarning(lcServer, "What is owed to things could not be read: %ls",
                      qUtf16Printable(owed.error().text));
            for (const QString &bare : things)
                m_contacts.setOwed(bare, Contacts::Owed::Waiting);
            m_isReading = true; // for a while
            QTimer::singleShot(rewriteDelay, this, [this] {
                m_isReading = false;
                m_walks.enqueue({ .things = m_contacts.owed() });
                readMore();
            });
        }
        readMore();
    });
}

QStringList Deliveries::nextThings(qsizetype max)
{
    QStringList things;
    while (things.size() < max && !m_ready.isEmpty())
        things.append(m_ready.dequeue());
    for (qsizetype steps = 0; things.size() < max && !m_walks.isEmpty();) {
        if (steps >= stepSize) {
            QMetaObject::invokeMethod(this, &Deliveries::readMore, Qt::QueuedConnection);
            break;
        }
        Walk &walk = m_walks.head();
        for (qsizetype turn = 0; turn < turnSize && things.size() < max && walk.next < walk.things.size();
             ++turn, ++steps) {
            const QString &bare = walk.things.at(walk.next++);
            if (m_contacts.owed(bare) == Contacts::Owed::Queued || m_contacts.isElsewhere(bare))
                continue;
            const bool isThere = !m_contacts.address(bare).isEmpty();
            m_contacts.setOwed(bare, isThere ? Contacts::Owed::Queued : Contacts::Owed::Waiting);
            if (isThere)
                things.append(bare);
        }
        if (walk.next == walk.things.size())
            m_walks.dequeue();
        else if (m_walks.size() > 1)
            m_walks.enqueue(m_walks.dequeue());
    }
    return things;
}

void Deliveries::takeOwed(const QStringList &things, const QList<Delivery> &owed)
{
    std::span<const Delivery> rest(owed);
    for (const QString &bare : things) {
        const auto isOthers = [&bare](const Delivery &delivery) { return delivery.jid != bare; };
        const auto count = size_t(std::ranges::find_if(rest, isOthers) - rest.begin());
        m_contacts.setOwed(bare, sendTo(bare, rest.first(count)));
        rest = rest.subspan(count);
        if (m_canSend && !m_flights.contains(bare))
            enqueue(bare); // there were more messages than one reading brings
    }
    planTimer();
}

Contacts::Owed Deliveries::sendTo(const QString &bare, std::span<const Delivery> owed)
{
    if (m_contacts.isElsewhere(bare))
        return Contacts::Owed::Nothing; // it asked another server while this was read
    const QString to = m_contacts.address(bare);
    bool isMore = owed.size() == Store::owedToEach;
    for (const Delivery &delivery : owed) {
        if (m_settledWhileReading.contains(delivery.id))
            continue;
        const auto flight = m_flights.constFind(bare);
        if (delivery.kind == Delivery::Kind::ClearCache && flight != m_flights.cend()) {
            isMore = isMore || flight->id != delivery.id;
            continue;
        }
        if (to.isEmpty() || !send(delivery, to))
            return Contacts::Owed::Waiting;
        if (delivery.kind == Delivery::Kind::ClearCache) {
            takeOff(m_flights.insert(bare, { .id = delivery.id, .attempts = delivery.attempts }), to);
        } else {
            const QDateTime now = QDateTime::currentDateTimeUtc();
            store({ .id = delivery.id,
                    .state = Delivery::State::Sent,
                    .attempts = delivery.attempts + 1,
                    .sent = now,
                    .settled = now });
        }
    }
    return isMore ? Contacts::Owed::Waiting : Contacts::Owed::Nothing;
}

void Deliveries::takeOff(Flights::iterator flight, const QString &to)
{
    const auto delay = std::min(m_retry.most, m_retry.first * (1 << std::min(flight->attempts, 16)));
    ++flight->attempts;
    flight->to = to;
    flight->sent = m_clock.elapsed();
    flight->due = flight->sent + delay.count();
    flight->heardSince = false;
    flight->isPrompt = true;
    m_late.emplace(flight->due, flight.key());
    m_prompt.emplace_back(flight->sent, flight.key());
    ++m_promptCount;
}

void Deliveries::land(Flights::iterator flight)
{
    m_late.erase({ flight->due, flight.key() });
    if (flight->isPrompt)
        --m_promptCount;
}

void Deliveries::sendAgain(Flights::iterator flight)
{
    const QString to = m_contacts.address(flight.key());
    if (to.isEmpty())
        return wait(flight, {});
    if (!send({ .id = flight->id }, to))
        return; // sendAll() will
    land(flight);
    takeOff(flight, to);
}

void Deliveries::sendLate()
{
    const qint64 now = m_clock.elapsed();
    while (m_canSend && !m_transport.isCongested() && !m_late.empty() && m_late.begin()->first <= now) {
        const QString bare = m_late.begin()->second;
        qCDebug(lcServer, "No answer from %ls to clearCache; sending it again", qUtf16Printable(bare));
        sendAgain(m_flights.find(bare));
    }
    planTimer();
}

void Deliveries::onTime()
{
    const qint64 now = m_clock.elapsed();
    for (; !m_prompt.empty() && m_prompt.front().first + m_retry.prompt.count() <= now;
         m_prompt.pop_front()) {
        const auto &[sent, bare] = m_prompt.front();
        const auto flight = m_flights.find(bare);
        if (flight == m_flights.end() || flight->sent != sent || !flight->isPrompt)
            continue;
        flight->isPrompt = false;
        --m_promptCount;
        store(*flight, Delivery::State::Sent);
    }
    sendLate();
    readMore();
}

void Deliveries::planTimer()
{
    qint64 next = std::numeric_limits<qint64>::max();
    if (!m_prompt.empty())
        next = m_prompt.front().first + m_retry.prompt.count();
    if (!m_late.empty() && m_canSend && !m_transport.isCongested())
        next = std::min(next, m_late.begin()->first);
    if (next == std::numeric_limits<qint64>::max())
        return;
    const std::chrono::milliseconds delay(std::max<qint64>(0, next - m_clock.elapsed()));
    if (!m_timer.isActive() || m_timer.remainingTimeAsDuration() > delay)
        m_timer.start(delay);
}

bool Deliveries::takeAnswer(const Jid &from, const wire::Element &iq)
{
    const QString bare = from.bare();
    const auto flight = m_flights.find(bare);
    if (flight == m_flights.end() || flight->to != from.full()
        || iq.attribute("id"_L1) != stanzaId(flight->id))
        return false;
    if (iq.attribute("type"_L1) == "result"_L1) {
        settle(flight, Delivery::State::Acknowledged, {});
        return true;
    }
    const Failure failure = readError(iq);
    if (meansOffline(failure.kind)) {
        wait(flight, failure.text);
        m_contacts.gone(from);
        enqueue(bare); // it may be there under another resource
    } else {
        qCWarning(lcServer, "%ls refused clearCache: %ls", qUtf16Printable(from.full()),
                  qUtf16Printable(failure.text));
        settle(flight, Delivery::State::Failed, failure.text);
    }
    return true;
}

void Deliveries::wait(Flights::iterator flight, const QString &error)
{
    store(*flight, Delivery::State::Waiting, error);
    m_contacts.setOwed(flight.key(), Contacts::Owed::Waiting);
    land(flight);
    m_flights.erase(flight);
}

void Deliveries::settle(Flights::iterator flight, Delivery::State state, const QString &error)
{
    store(*flight, state, error);
    if (m_isReading)
        m_settledWhileReading.insert(flight->id);
    const QString bare = flight.key();
    land(flight);
    m_flights.erase(flight);
    enqueue(bare);
    readMore();
}

void Deliveries::store(const Flight &flight, Delivery::State state, const QString &error)
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const bool isOpen = state == Delivery::State::Waiting || state == Delivery::State::Sent;
    store({ .id = flight.id,
            .state = state,
            .attempts = flight.attempts,
            .sent = now.addMSecs(flight.sent - m_clock.elapsed()),
            .settled = isOpen ? QDateTime() : now,
            .error = error });
}

void Deliveries::store(const Delivery &delivery)
{
    m_changes.append(delivery);
    if (m_changes.size() >= mostChanges && !m_hasWriteFailed)
        writeStored();
    else if (!m_writeTimer.isActive())
        m_writeTimer.start(writeDelay);
}

void Deliveries::writeStored()
{
    m_writeTimer.stop();
    if (m_changes.isEmpty())
        return;
    const QList<Delivery> changes = std::exchange(m_changes, {});
    m_store->updateDeliveries(changes).then(this, [this, changes](const Result<qint64> &sequence) {
        m_hasWriteFailed = !sequence;
        if (sequence) {
            Q_EMIT changed(*sequence);
            return readMore();
        }
        qCWarning(lcServer, "What became of deliveries could not be stored; trying again: %ls",
                  qUtf16Printable(sequence.error().text));
        m_changes = changes + m_changes;
        m_writeTimer.start(rewriteDelay);
    });
}

bool Deliveries::send(const Delivery &delivery, const QString &to)
{
    const QString from = m_transport.jid().full();
    wire::Element stanza;
    switch (delivery.kind) {
    case Delivery::Kind::ClearCache:
        stanza = server::stanza(u"iq"_s, u"set"_s, from, to, stanzaId(delivery.id));
        stanza.children = { wire::write(wire::ClearCache {}) };
        break;
    case Delivery::Kind::Friend:
    case Delivery::Kind::Unfriend: {
        const Jid peer = Jid::parse(delivery.peer).value_or(Jid());
        stanza = server::stanza(u"message"_s, {}, from, to, stanzaId(delivery.id));
        stanza.children = { delivery.kind == Delivery::Kind::Friend ? wire::write(wire::Befriend { peer })
                                                                    : wire::write(wire::Unfriend { peer }) };
        break;
    }
    }
    m_canSend = m_canSend && m_transport.send(stanza);
    return m_canSend;
}

} // namespace castellan::server
