// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/answercache.h"

#include <iterator>

namespace castellan::things {

std::optional<wire::Provisioning> AnswerCache::find(const QByteArray &question, const QDateTime &now)
{
    removeUnused(now);
    const auto found = m_index.constFind(question);
    if (found == m_index.cend())
        return std::nullopt;
    const auto entry = *found;
    entry->used = now;
    m_order.splice(m_order.end(), m_order, entry);
    m_changed.insert(question);
    return entry->answer;
}

void AnswerCache::insert(const Entry &entry)
{
    removeUnused(entry.used);
    if (const auto known = m_index.constFind(entry.question); known != m_index.cend())
        remove(*known);
    m_order.push_back(entry);
    m_index.insert(entry.question, std::prev(m_order.end()));
    m_changed.insert(entry.question);
    while (size() > m_limits.entries)
        remove(m_order.begin());
}

void AnswerCache::removeAbout(const QString &jid)
{
    for (auto entry = m_order.begin(); entry != m_order.end();) {
        const auto next = std::next(entry);
        if (entry->about == jid)
            remove(entry);
        entry = next;
    }
}

void AnswerCache::clear()
{
    while (!m_order.empty())
        remove(m_order.begin());
}

QList<AnswerCache::Entry> AnswerCache::entries() const
{
    return QList<Entry>(m_order.cbegin(), m_order.cend());
}

QList<AnswerCache::Change> AnswerCache::changes() const
{
    QList<Change> changes;
    for (const QByteArray &question : m_changed) {
        const auto entry = m_index.constFind(question);
        changes.append({ question, entry == m_index.cend() ? std::nullopt : std::optional(**entry) });
    }
    return changes;
}

void AnswerCache::remove(Order::iterator entry)
{
    m_changed.insert(entry->question);
    m_index.remove(entry->question);
    m_order.erase(entry);
}

void AnswerCache::removeUnused(const QDateTime &now)
{
    if (!m_limits.unused)
        return;
    const QDateTime limit = now.addDuration(-*m_limits.unused);
    while (!m_order.empty() && m_order.front().used < limit)
        remove(m_order.begin());
}

} // namespace castellan::things
