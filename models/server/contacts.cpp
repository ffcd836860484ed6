// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/contacts.h"

#include "server/log.h"

namespace castellan::server {

/// More resources of one account than a thing has use for; the oldest give way.
static constexpr int resourceLimit = 8;
static constexpr std::chrono::seconds tellTimesEvery { 5 };

Contacts::Contacts(const QHash<QString, QDateTime> &askers, int limit, QObject *parent)
    : QObject(parent),
      m_limit(limit)
{
    for (const auto &[jid, at] : askers.asKeyValueRange()) {
        contactOf(jid).lastAsked = at;
        m_askers.insert(jid);
    }
}

void Contacts::seen(const Jid &from)
{
    if (from.isBare() && !from.isDomain())
        return;
    const QString bare = from.bare();
    const bool isNew = !m_contacts.contains(bare);
    if (isNew && m_contacts.size() - m_askers.size() >= m_limit && !forgetOne()) {
        qCWarning(lcServer, "%d online that never asked anything; the presence of %ls is not kept", m_limit,
                  qUtf16Printable(bare));
        return;
    }
    Contact &contact = contactOf(bare);
    m_forgettable.remove(bare);
    contact.lastSeen = QDateTime::currentDateTimeUtc();
    const bool wasOnline = !contact.there.isEmpty();
    if (!wasOnline || contact.there.last() != from.full()) {
        contact.there.removeOne(from.full());
        contact.there.append(from.full());
        if (contact.there.size() > resourceLimit)
            contact.there.removeFirst();
    }
    tell(bare, contact, !wasOnline);
    Q_EMIT heard(bare);
}

void Contacts::gone(const Jid &full)
{
    const QString bare = full.bare();
    const auto contact = m_contacts.find(bare);
    if (contact == m_contacts.end() || !contact->there.removeOne(full.full()))
        return;
    contact->lastSeen = QDateTime::currentDateTimeUtc();
    if (contact->there.isEmpty()) {
        if (!m_askers.contains(bare))
            m_forgettable.insert(bare);
        tell(bare, *contact, true);
    }
    Q_EMIT disappeared(bare, full.full());
}

bool Contacts::forgetOne()
{
    if (m_forgettable.isEmpty())
        return false;
    const QString bare = *m_forgettable.cbegin();
    m_forgettable.erase(m_forgettable.cbegin());
    m_contacts.remove(bare);
    m_order.erase(bare);
    return true;
}

Contacts::Contact &Contacts::contactOf(const QString &bare)
{
    const auto found = m_contacts.find(bare);
    if (found != m_contacts.end())
        return *found;
    m_order.insert(bare);
    return m_contacts[bare];
}

QString Contacts::address(const QString &bare) const
{
    const auto contact = m_contacts.constFind(bare);
    return contact == m_contacts.cend() || contact->there.isEmpty() ? QString() : contact->there.last();
}

bool Contacts::isThere(const QString &full) const
{
    const auto contact = m_contacts.constFind(bareJid(full));
    return contact != m_contacts.cend() && contact->there.contains(full);
}

void Contacts::asked(const QString &bare, const QDateTime &at)
{
    Contact &contact = contactOf(bare);
    m_forgettable.remove(bare);
    const bool first = !contact.lastAsked.isValid();
    contact.lastAsked = at;
    if (!m_askers.contains(bare))
        m_askers.insert(bare); // a commit under way may share the set, which would be copied
    m_askedSinceTaken.insert(bare);
    tell(bare, contact, first);
}

QHash<QString, QDateTime> Contacts::takeAskedTimes()
{
    QHash<QString, QDateTime> times;
    for (const QString &jid : std::as_const(m_askedSinceTaken))
        times.insert(jid, m_contacts.value(jid).lastAsked);
    m_askedSinceTaken.clear();
    return times;
}

Contacts::Owed Contacts::owed(const QString &bare) const
{
    const auto contact = m_contacts.constFind(bare);
    return contact == m_contacts.cend() ? Owed::Nothing : contact->owed;
}

void Contacts::setOwed(const QString &bare, Owed owed)
{
    const auto contact = m_contacts.find(bare);
    if (contact != m_contacts.end())
        contact->owed = owed;
}

QStringList Contacts::owed() const
{
    QStringList things;
    for (const auto &[bare, contact] : m_contacts.asKeyValueRange()) {
        if (contact.owed != Owed::Nothing)
            things.append(bare);
    }
    return things;
}

wire::admin::ThingStatus Contacts::status(const QString &bare) const
{
    const Contact contact = m_contacts.value(bare);
    return { .jid = bare,
             .online = !contact.there.isEmpty(),
             .lastAsked = contact.lastAsked,
             .lastSeen = contact.lastSeen };
}

wire::admin::Statuses Contacts::statuses(const QString &after, int max) const
{
    wire::admin::Statuses page;
    auto bare = after.isEmpty() ? m_order.cbegin() : m_order.upper_bound(after);
    for (; bare != m_order.cend() && page.statuses.size() < max; ++bare)
        page.statuses.append(status(*bare));
    page.page.complete = bare == m_order.cend();
    page.page.count = int(m_contacts.size());
    if (!page.statuses.isEmpty())
        page.page.last = page.statuses.last().jid;
    return page;
}

void Contacts::tell(const QString &bare, Contact &contact, bool always)
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    if (!always && contact.told.isValid() && contact.told.addDuration(tellTimesEvery) > now)
        return;
    contact.told = now;
    Q_EMIT statusChanged(bare);
}

} // namespace castellan::server
