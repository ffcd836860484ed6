// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QQueue>
#include <QString>

namespace castellan::server {

/// What waits, served in turn among those who sent it: however much one of them has waiting, everybody else
/// waits for no more than one of it.
template<typename T>
class FairQueue
{
public:
    [[nodiscard]] bool isEmpty() const { return m_turns.isEmpty(); }

    void enqueue(const QString &sender, T item)
    {
        QQueue<T> &items = m_items[sender];
        if (items.isEmpty())
            m_turns.enqueue(sender);
        items.enqueue(std::move(item));
    }

    /// Of a queue that is not empty.
    [[nodiscard]] T dequeue()
    {
        const QString sender = m_turns.dequeue();
        const auto items = m_items.find(sender);
        T item = items->dequeue();
        if (items->isEmpty())
            m_items.erase(items);
        else
            m_turns.enqueue(sender);
        return item;
    }

private:
    QHash<QString, QQueue<T>> m_items;
    QQueue<QString> m_turns; ///< senders, each once
};

} // namespace castellan::server
