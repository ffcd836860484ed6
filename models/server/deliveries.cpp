// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/deliveries.h"

#include "server/log.h"
#include "server/stanza.h"
#include "wire/provisioning.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

/// The same for every attempt, so that a late answer to an earlier one still counts.
static QString stanzaId(const Delivery &delivery)
{
    return u"delivery-%1"_s.arg(delivery.id);
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
    connect(&m_contacts, &Contacts::heard, this, &Deliveries::onHeard);
    connect(&m_contacts, &Contacts::disappeared, this, &Deliveries::onDisappeared);
}

void Deliveries::resume(const QList<Delivery> &open)
{
    for (Delivery delivery : open) {
        if (delivery.state == Delivery::State::Sent) {
            if (delivery.kind != Delivery::Kind::ClearCache)
                continue; // messages are not answered
            delivery.state = Delivery::State::Waiting;
            this->store(delivery);
        }
        m_queues[delivery.jid].open.append(delivery);
    }
    for (auto &[bare, queue] : m_queues)
        std::ranges::stable_sort(queue.open, {}, &Delivery::id);
}

void Deliveries::add(const QList<Delivery> &deliveries)
{
    for (const Delivery &delivery : deliveries) {
        m_queues[delivery.jid].open.append(delivery);
        sendNext(delivery.jid);
    }
}

void Deliveries::sendAll()
{
    QStringList things;
    for (const auto &[bare, queue] : m_queues)
        things.append(bare);
    for (const QString &bare : std::as_const(things)) {
        if (m_queues[bare].sentTo.isEmpty())
            sendNext(bare);
        else
            retry(bare); // it may have gone down with the connection
    }
}

void Deliveries::onHeard(const QString &bare)
{
    const auto found = m_queues.find(bare);
    if (found == m_queues.end())
        return;
    Queue &queue = found->second;
    if (queue.sentTo.isEmpty())
        return sendNext(bare);
    // It was away without our knowing it: its first sign of life ends the back-off. One that was there all
    // the time and does not answer is not asked more often for talking.
    if (!std::exchange(queue.heardSince, true)
        && queue.open.first().sent.addDuration(m_retry.first) <= QDateTime::currentDateTimeUtc())
        retry(bare);
}

void Deliveries::sendNext(const QString &bare)
{
    const auto found = m_queues.find(bare);
    const QString to = m_contacts.address(bare);
    if (found == m_queues.end() || to.isEmpty() || !sendMessages(found->second, to))
        return;
    Queue &queue = found->second;
    if (queue.open.isEmpty()) {
        m_queues.erase(found);
        return;
    }
    if (!queue.sentTo.isEmpty() || !send(to, queue.open.first()))
        return;
    Delivery &delivery = queue.open.first();
    delivery.state = Delivery::State::Sent;
    delivery.sent = QDateTime::currentDateTimeUtc();
    ++delivery.attempts;
    queue.sentTo = to;
    queue.heardSince = false;
    if (!queue.timer) {
        queue.timer = std::make_unique<QTimer>();
        queue.timer->setSingleShot(true);
        connect(queue.timer.get(), &QTimer::timeout, this, [this, bare] {
            qCInfo(lcServer, "No answer from %ls to clearCache; sending it again", qUtf16Printable(bare));
            retry(bare);
        });
    }
    queue.timer->start(std::min(m_retry.most, m_retry.first * (1 << std::min(delivery.attempts - 1, 16))));
    store(delivery);
}

bool Deliveries::sendMessages(Queue &queue, const QString &to)
{
    for (qsizetype i = 0; i < queue.open.size();) {
        if (queue.open.at(i).kind == Delivery::Kind::ClearCache) {
            ++i;
            continue;
        }
        if (!send(to, queue.open.at(i)))
            return false;
        Delivery delivery = queue.open.takeAt(i);
        delivery.state = Delivery::State::Sent;
        delivery.sent = QDateTime::currentDateTimeUtc();
        delivery.settled = delivery.sent;
        ++delivery.attempts;
        store(delivery);
    }
    return true;
}

void Deliveries::retry(const QString &bare)
{
    const auto queue = m_queues.find(bare);
    if (queue == m_queues.end() || queue->second.sentTo.isEmpty())
        return;
    queue->second.sentTo.clear();
    sendNext(bare);
    if (const auto again = m_queues.find(bare); again != m_queues.end() && again->second.sentTo.isEmpty())
        wait(bare, {});
}

void Deliveries::onDisappeared(const QString &bare, const QString &full)
{
    const auto queue = m_queues.find(bare);
    if (queue == m_queues.end() || queue->second.sentTo != full)
        return;
    wait(bare, {});
    sendNext(bare); // it may be there under another resource
}

void Deliveries::wait(const QString &bare, const QString &error)
{
    Queue &queue = m_queues[bare];
    queue.sentTo.clear();
    if (queue.timer)
        queue.timer->stop();
    Delivery &delivery = queue.open.first();
    delivery.state = Delivery::State::Waiting;
    delivery.error = error;
    store(delivery);
}

bool Deliveries::takeAnswer(const Jid &from, const wire::Element &iq)
{
    const auto queue = m_queues.find(from.bare());
    if (queue == m_queues.end() || queue->second.sentTo != from.full()
        || iq.attribute("id"_L1) != stanzaId(queue->second.open.first()))
        return false;
    if (iq.attribute("type"_L1) == "result"_L1) {
        settle(from.bare(), Delivery::State::Acknowledged, {});
        return true;
    }
    const Failure failure = readError(iq);
    if (meansOffline(failure.kind)) {
        wait(from.bare(), failure.text);
        m_contacts.gone(from);
        sendNext(from.bare());
    } else {
        qCWarning(lcServer, "%ls refused clearCache: %ls", qUtf16Printable(from.full()),
                  qUtf16Printable(failure.text));
        settle(from.bare(), Delivery::State::Failed, failure.text);
    }
    return true;
}

void Deliveries::settle(const QString &bare, Delivery::State state, const QString &error)
{
    const auto queue = m_queues.find(bare);
    Delivery delivery = queue->second.open.takeFirst();
    queue->second.sentTo.clear();
    queue->second.timer->stop();
    delivery.state = state;
    delivery.error = error;
    delivery.settled = QDateTime::currentDateTimeUtc();
    store(delivery);
    if (queue->second.open.isEmpty())
        m_queues.erase(queue);
    else
        sendNext(bare);
}

void Deliveries::store(const Delivery &delivery)
{
    m_store->updateDelivery(delivery).then(this, [this](const Result<Delivery> &stored) {
        if (stored)
            Q_EMIT changed(stored->sequence);
        else
            qCWarning(lcServer, "A delivery's state could not be stored: %ls",
                      qUtf16Printable(stored.error().text));
    });
}

bool Deliveries::send(const QString &to, const Delivery &delivery)
{
    const QString from = m_transport.jid().full();
    wire::Element stanza;
    switch (delivery.kind) {
    case Delivery::Kind::ClearCache:
        stanza = server::stanza(u"iq"_s, u"set"_s, from, to, stanzaId(delivery));
        stanza.children = { wire::write(wire::ClearCache {}) };
        break;
    case Delivery::Kind::Friend:
    case Delivery::Kind::Unfriend: {
        const Result<Jid> peer = Jid::parse(delivery.peer);
        stanza = server::stanza(u"message"_s, {}, from, to, stanzaId(delivery));
        stanza.children = { delivery.kind == Delivery::Kind::Friend
                                ? wire::write(wire::Befriend { peer.value_or(Jid()) })
                                : wire::write(wire::Unfriend { peer.value_or(Jid()) }) };
        break;
    }
    }
    return m_transport.send(stanza);
}

} // namespace castellan::server
