// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/contacts.h"

#include "server/log.h"

#include <utility>

namespace castellan::server {

/// More resources of one account than a thing has use for; the oldest give way.
static constexpr int resourceLimit = 8;
static constexpr std::chrono::seconds tellTimesEvery { 5 };

Contacts::Contacts(const QHash<QString, QDateTime> &askers, const QSet<QString> &elsewhere, int limit,
                   QObject *parent)
    : QObject(parent),
      m_elsewhere(elsewhere),
      m_limit(limit)
{
    for (const auto &[jid, at] : askers.asKeyValueRange()) {
        add(jid)->lastAsked = at;
        m_askers.insert(jid);
    }
}

void Contacts::seen(const Jid &from)
{
    if (from.isBare() && !from.isDomain())
        return;
    const QString &bare = from.bare();
    auto found = m_contacts.find(bare);
    if (found == m_contacts.end()) {
        if (m_contacts.size() - m_askers.size() >= m_limit && !forgetOne()) {
            qCWarning(lcServer, "%d online that never asked anything; the presence of %ls is not kept",
                      m_limit, qUtf16Printable(bare));
            return;
        }
        found = add(bare);
    }
    Contact &contact = *found;
    m_forgettable.remove(bare);
    contact.lastSeen = QDateTime::currentDateTimeUtc();
    const bool wasOnline = !contact.there.isEmpty();
    if (!wasOnline || contact.there.last() != from.full()) {
        contact.there.removeOne(from.full());
        contact.there.append(from.full());
        if (contact.there.size() > resourceLimit)
            contact.there.removeFirst();
    }
    tell(bare, contact, contact.lastSeen, !wasOnline);
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
        tell(bare, *contact, contact->lastSeen, true);
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

QHash<QString, Contacts::Contact>::iterator Contacts::add(const QString &bare)
{
    m_order.insert(bare);
    return m_contacts.insert(bare, {});
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
    auto contact = m_contacts.find(bare);
    if (contact == m_contacts.end())
        contact = add(bare);
    m_forgettable.remove(bare);
    const bool isFirst = !contact->lastAsked.isValid();
    contact->lastAsked = at;
    if (isFirst) // else it is there, and a commit under way may share the set, which would be copied
        m_askers.insert(bare);
    if (!std::exchange(contact->isAskedTimeNew, true))
        m_newAskedTimes.append(bare);
    tell(bare, *contact, at, isFirst);
}

void Contacts::setElsewhere(const QString &bare, bool isElsewhere)
{
    if (isElsewhere)
        m_elsewhere.insert(bare);
    else
        m_elsewhere.remove(bare);
}

QHash<QString, QDateTime> Contacts::takeAskedTimes()
{
    QHash<QString, QDateTime> times;
    for (const QString &jid : std::exchange(m_newAskedTimes, {})) {
        Contact &contact = m_contacts[jid];
        times.insert(jid, contact.lastAsked);
        contact.isAskedTimeNew = false;
    }
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

void Contacts::tell(const QString &bare, Contact &contact, const QDateTime &now, bool always)
{
    if (!always && contact.told.isValid() && contact.told.addDuration(tellTimesEvery) > now)
        return;
    contact.told = now;
    Q_EMIT statusChanged(bare);
}

} // namespace castellan::server
