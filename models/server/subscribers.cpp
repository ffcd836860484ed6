// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/subscribers.h"

#include "server/stanza.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

/// Statuses in one event message.
static constexpr qsizetype statusesPerEvent = 100;

Subscribers::Subscribers(LiveNetwork &network, Contacts &contacts, Transport &transport,
                         qint64 deliverySequence, const Settings &settings, QObject *parent)
    : QObject(parent),
      m_network(network),
      m_contacts(contacts),
      m_transport(transport),
      m_settings(settings),
      m_deliverySequence(deliverySequence)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(m_settings.delay);
    connect(&m_timer, &QTimer::timeout, this, &Subscribers::sendEvents);
    connect(&transport, &Transport::ready, this, &Subscribers::announce);
    connect(&m_network, &LiveNetwork::committed, this, [this](const Committed &committed) {
        m_deliverySequence = std::max(m_deliverySequence, committed.deliverySequence);
        plan();
    });
    connect(&m_contacts, &Contacts::statusChanged, this, [this](const QString &bare) {
        if (m_subscribers.isEmpty())
            return;
        m_changedStatuses.insert(bare);
        plan();
    });
    connect(&m_contacts, &Contacts::disappeared, this,
            [this](const QString &, const QString &full) { remove(full); });
}

Result<admin::Subscribed> Subscribers::add(const QString &full)
{
    forgetExpired();
    if (!m_subscribers.contains(full) && m_subscribers.size() >= m_settings.most) {
        return fail(FailureKind::ResourceConstraint,
                    u"%1 consoles are subscribed already."_s.arg(m_settings.most));
    }
    m_subscribers.insert(full, QDateTime::currentDateTimeUtc().addDuration(m_settings.expiry));
    return admin::Subscribed { .expires = int(m_settings.expiry.count()),
                               .revision = m_network.revision(),
                               .deliverySequence = m_deliverySequence,
                               .unconfirmed = m_unconfirmed };
}

void Subscribers::remove(const QString &full)
{
    m_subscribers.remove(full);
}

void Subscribers::onDeliveryChanged(qint64 sequence)
{
    m_deliverySequence = std::max(m_deliverySequence, sequence);
    plan();
}

void Subscribers::onUnconfirmedChanged(const QList<RevisionInfo> &unconfirmed)
{
    m_unconfirmed = unconfirmed;
    plan();
}

void Subscribers::forgetExpired()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    m_subscribers.removeIf([&](const auto &subscriber) { return subscriber.value() < now; });
}

void Subscribers::plan()
{
    if (!m_subscribers.isEmpty() && !m_timer.isActive())
        m_timer.start();
}

admin::Event Subscribers::event() const
{
    return { .epoch = m_network.epoch(),
             .revision = m_network.revision(),
             .deliverySequence = m_deliverySequence,
             .unconfirmed = m_unconfirmed };
}

void Subscribers::sendEvents()
{
    forgetExpired();
    const QStringList changed = std::exchange(m_changedStatuses, {}).values();
    qsizetype next = 0;
    do {
        admin::Event some = event();
        for (; next < changed.size() && some.statuses.size() < statusesPerEvent; ++next)
            some.statuses.append(m_contacts.status(changed.at(next)));
        const QStringList consoles = m_subscribers.keys();
        for (const QString &full : consoles)
            send(full, some);
    } while (next < changed.size());
}

void Subscribers::announce()
{
    // Through a component, a console does not see the server come and go as it does on a connection of its
    // own.
    admin::Event restarted = event();
    restarted.restarted = true;
    const QList<RoleGrant> grants = m_network.snapshot().roleGrants();
    for (const RoleGrant &grant : grants) {
        if (!isThumbprint(grant.holder))
            send(grant.holder, restarted);
    }
}

void Subscribers::send(const QString &to, const admin::Event &event)
{
    wire::Element message = stanza(u"message"_s, u"headline"_s, m_transport.jid().full(), to);
    message.children = { admin::write(event) };
    m_transport.send(message);
}

} // namespace castellan::server
