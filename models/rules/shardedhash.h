// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>

#include <bit>

namespace castellan::rules {

/// A hash whose copies share what they have in common: it is cut into shards, each an implicitly shared
/// QHash, so that a change to a copy copies one shard (a few hundred entries) and not the rest.
template<typename Key, typename Value>
class ShardedHash
{
public:
    ShardedHash()
        : m_shards(1)
    { }

    [[nodiscard]] qsizetype size() const { return m_size; }

    [[nodiscard]] const Value *find(const Key &key) const
    {
        const QHash<Key, Value> &shard = m_shards.at(shardOf(key));
        const auto found = shard.constFind(key);
        return found == shard.cend() ? nullptr : &*found;
    }

    /// The value of \a key to be changed, a new one where there is none.
    [[nodiscard]] Value &operator[](const Key &key)
    {
        if (m_size > m_shards.size() * crowded)
            spread(m_size);
        QHash<Key, Value> &shard = m_shards[shardOf(key)];
        const qsizetype before = shard.size();
        Value &value = shard[key];
        m_size += shard.size() - before;
        return value;
    }

    void remove(const Key &key)
    {
        if (find(key)) {
            m_shards[shardOf(key)].remove(key);
            --m_size;
        }
    }

    /// Makes room for \a size entries before they are inserted.
    void reserve(qsizetype size)
    {
        if (size > m_shards.size() * comfortable)
            spread(size);
    }

    template<typename Function>
    void forEach(Function function) const
    {
        for (const QHash<Key, Value> &shard : m_shards) {
            for (const auto &[key, value] : shard.asKeyValueRange())
                function(key, value);
        }
    }

private:
    static constexpr qsizetype comfortable = 128; ///< entries per shard after spreading
    static constexpr qsizetype crowded = 512;

    [[nodiscard]] qsizetype shardOf(const Key &key) const
    {
        return qsizetype(qHash(key, size_t(0)) & size_t(m_shards.size() - 1));
    }

    /// The one operation that touches every entry; it comes each time the size has quadrupled.
    void spread(qsizetype size)
    {
        const ShardedHash old = *this;
        m_shards = QList<QHash<Key, Value>>(qsizetype(std::bit_ceil(size_t(size / comfortable + 1))));
        old.forEach(
            [this](const Key &key, const Value &value) { m_shards[shardOf(key)].insert(key, value); });
    }

    QList<QHash<Key, Value>> m_shards; ///< a power of two
    qsizetype m_size = 0;
};

} // namespace castellan::rules
