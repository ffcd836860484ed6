// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/sharedarray.h"

#include <QHashFunctions>

#include <algorithm>
#include <bit>
#include <deque>
#include <tuple>
#include <vector>

namespace castellan::rules {

/// Hashes are seeded anew in each process, so that nobody can choose JIDs that collide.
template<typename Key>
[[nodiscard]] quint32 hashOf(const Key &key)
{
    static const size_t seed = QHashSeed::globalSeed();
    const quint64 hash = qHash(key, seed);
    return quint32(hash ^ (hash >> 32));
}

/// Linear hashing: buckets are cut in two one after the other as a table grows, so that no change is slower
/// than others.
struct LinearHashing
{
    static constexpr qsizetype full = 192; ///< entries per bucket, on average, before one is split

    [[nodiscard]] static quint32 bucketOf(quint32 hash, quint32 buckets)
    {
        const quint32 mask = std::bit_ceil(buckets) - 1;
        const quint32 bucket = hash & mask;
        return bucket < buckets ? bucket : hash & (mask >> 1);
    }
    /// The bucket of which some entries go to a new one behind the last: those with this bit in their hashes.
    [[nodiscard]] static quint32 bucketToSplit(quint32 buckets) { return buckets - std::bit_floor(buckets); }
    [[nodiscard]] static quint32 bitToSplitBy(quint32 buckets) { return std::bit_floor(buckets); }

    /// Where an entry would be among \a size whose hashes are in order and, as hashes are, spread evenly.
    [[nodiscard]] static qsizetype guess(quint32 hash, qsizetype size)
    {
        return qsizetype((quint64(hash) * quint64(size)) >> 32);
    }

    /// The first of \a size places, in the order of \a hashAt, whose hash is not smaller.
    template<typename HashAt>
    [[nodiscard]] static qsizetype firstOf(quint32 hash, qsizetype size, HashAt hashAt)
    {
        qsizetype at = guess(hash, size);
        while (at > 0 && hashAt(at - 1) >= hash)
            --at;
        while (at < size && hashAt(at) < hash)
            ++at;
        return at;
    }

    /// Inserts into a bucket. QList itself would double the capacity, of which there are to be as few bytes
    /// unused as can be.
    template<typename T>
    static void insert(QList<T> &bucket, qsizetype at, T value)
    {
        if (!bucket.isDetached() || bucket.size() == bucket.capacity()) {
            QList<T> larger;
            larger.reserve(bucket.size() + bucket.size() / 16 + 4);
            larger.append(std::move(bucket)); // copies what another map has, too
            bucket = std::move(larger);
        }
        bucket.append(std::move(value));
        std::rotate(bucket.begin() + at, bucket.end() - 1, bucket.end());
    }
};

/// Finds numbers by hashes; whether a number is the one that was meant, the caller sees. Eight bytes for each
/// number and no more than a tenth in addition: buckets are lists in the order of the hashes, in which
/// a place can be guessed, and one bucket after the other is cut in two as the table grows (linear hashing),
/// so that no change is slower than others. Copies share their buckets.
class SharedTable
{
public:
    SharedTable() { m_buckets.append({}); }

    [[nodiscard]] qsizetype size() const { return m_size; }

    /// Calls \a visit with every number that has \a hash, in the order they were inserted, until it returns
    /// false.
    template<typename Visit>
    void forEach(quint32 hash, Visit visit) const
    {
        const Bucket &bucket = m_buckets.at(bucketOf(hash));
        for (qsizetype i = firstOf(bucket, hash); i < bucket.size() && bucket.at(i).hash == hash; ++i) {
            if (!visit(bucket.at(i).number))
                return;
        }
    }

    template<typename Visit>
    void forEach(Visit visit) const ///< in no order
    {
        for (quint32 i = 0; i < m_buckets.size(); ++i) {
            for (const Slot &slot : m_buckets.at(i))
                visit(slot.number);
        }
    }

    /// Begins to fetch what find() will need, so that several look-ups wait for memory together.
    void prefetch(quint32 hash) const
    {
        const Bucket &bucket = m_buckets.at(bucketOf(hash));
        __builtin_prefetch(bucket.constData() + LinearHashing::guess(hash, bucket.size()));
    }

    [[nodiscard]] quint32 first(quint32 hash) const
    {
        return find(hash, [](quint32) { return true; });
    }

    /// The first number with \a hash for which \a isMeant returns true; 0 if there is none.
    template<typename IsMeant>
    [[nodiscard]] quint32 find(quint32 hash, IsMeant isMeant) const
    {
        quint32 found = 0;
        forEach(hash, [&](quint32 number) {
            if (isMeant(number))
                found = number;
            return found == 0;
        });
        return found;
    }

    void insert(quint32 hash, quint32 number)
    {
        if (m_size >= qsizetype(m_buckets.size()) * LinearHashing::full)
            split();
        Bucket &bucket = m_buckets[bucketOf(hash)];
        qsizetype at = firstOf(bucket, hash);
        while (at < bucket.size() && bucket.at(at).hash == hash)
            ++at;
        LinearHashing::insert(bucket, at, Slot { hash, number });
        ++m_size;
    }

    void remove(quint32 hash, quint32 number)
    {
        Bucket &bucket = m_buckets[bucketOf(hash)];
        if (bucket.removeOne({ hash, number }))
            --m_size;
    }

private:
    struct Slot
    {
        quint32 hash;
        quint32 number;
        friend bool operator==(const Slot &, const Slot &) = default;
    };
    using Bucket = QList<Slot>;

    [[nodiscard]] quint32 bucketOf(quint32 hash) const
    {
        return LinearHashing::bucketOf(hash, m_buckets.size());
    }

    [[nodiscard]] static qsizetype firstOf(const Bucket &bucket, quint32 hash)
    {
        const Slot *const slots = bucket.constData();
        return LinearHashing::firstOf(hash, bucket.size(), [=](qsizetype at) { return slots[at].hash; });
    }

    void split()
    {
        const quint32 buckets = m_buckets.size();
        const Bucket both = std::exchange(m_buckets[LinearHashing::bucketToSplit(buckets)], {});
        Bucket lower;
        Bucket upper;
        for (const Slot &slot : both)
            (slot.hash & LinearHashing::bitToSplitBy(buckets) ? upper : lower).append(slot);
        lower.squeeze();
        upper.squeeze();
        m_buckets[LinearHashing::bucketToSplit(buckets)] = lower;
        m_buckets.append(upper);
    }

    SharedArray<Bucket, 64> m_buckets;
    qsizetype m_size = 0;
};

/// A map whose copies share what they have in common.
template<typename Key, typename Value>
class SharedHash
{
public:
    SharedHash() { m_buckets.append({}); }

    [[nodiscard]] qsizetype size() const { return m_size; }

    /// What is compared with keys and has their hash can stand for one.
    template<typename Like>
    [[nodiscard]] const Value *find(const Like &key) const
    {
        const Entry *entry = entryOf(key);
        return entry ? &entry->value : nullptr;
    }
    /// The key as it is kept.
    template<typename Like>
    [[nodiscard]] const Key *findKey(const Like &key) const
    {
        const Entry *entry = entryOf(key);
        return entry ? &entry->key : nullptr;
    }

    /// Adds an entry or replaces the one that has \a key.
    void insert(const Key &key, Value value)
    {
        const quint32 hash = hashOf(key);
        if (const qsizetype at = placeOf(key, hash); at >= 0) {
            m_buckets[bucketOf(hash)].entries[at].value = std::move(value);
            return;
        }
        if (m_size >= qsizetype(m_buckets.size()) * LinearHashing::full)
            split();
        Bucket &bucket = m_buckets[bucketOf(hash)];
        const qsizetype at = firstOf(bucket, hash);
        LinearHashing::insert(bucket.hashes, at, hash);
        LinearHashing::insert(bucket.entries, at, Entry { key, std::move(value) });
        ++m_size;
    }

    struct Hashed
    {
        Key key;
        Value value;
        quint32 hash = hashOf(key);
    };
    /// Fills an empty one at once: no entry has to give way to others. Of those with the same key the last
    /// counts.
    void fill(std::deque<Hashed> entries)
    {
        struct Place
        {
            quint32 bucket;
            quint32 hash;
            quint32 index;
        };
        const auto buckets = quint32(qsizetype(entries.size()) / LinearHashing::full + 1);
        while (m_buckets.size() < buckets)
            m_buckets.append({});
        std::vector<Place> places;
        places.reserve(entries.size());
        for (const Hashed &entry : entries)
            places.push_back({ bucketOf(entry.hash), entry.hash, quint32(places.size()) });
        std::ranges::sort(places, {}, [](const Place &place) {
            return std::tuple(place.bucket, place.hash, place.index);
        });
        for (auto place = places.cbegin(); place != places.cend();) {
            const auto end = std::find_if(place, places.cend(),
                                          [&](const Place &other) { return other.bucket != place->bucket; });
            Bucket &bucket = m_buckets[place->bucket];
            bucket.hashes.reserve(end - place);
            bucket.entries.reserve(end - place);
            for (; place != end; ++place) {
                Hashed &entry = entries[place->index];
                if (const qsizetype at = placeOf(bucket, entry.key, place->hash); at >= 0) {
                    bucket.entries[at].value = std::move(entry.value);
                    continue;
                }
                bucket.hashes.append(place->hash);
                bucket.entries.append(Entry { std::move(entry.key), std::move(entry.value) });
                ++m_size;
            }
        }
    }

    template<typename Like>
    void remove(const Like &key)
    {
        const quint32 hash = hashOf(key);
        if (const qsizetype at = placeOf(key, hash); at >= 0) {
            Bucket &bucket = m_buckets[bucketOf(hash)];
            bucket.hashes.removeAt(at);
            bucket.entries.removeAt(at);
            --m_size;
        }
    }

    template<typename Visit>
    void forEach(Visit visit) const ///< in no order
    {
        for (quint32 i = 0; i < m_buckets.size(); ++i) {
            for (const Entry &entry : m_buckets.at(i).entries)
                visit(entry.key, entry.value);
        }
    }

private:
    struct Entry
    {
        Key key {};
        Value value {};
    };
    /// Hashes apart, so that those around a guess are in one cache line.
    struct Bucket
    {
        QList<quint32> hashes;
        QList<Entry> entries;
    };

    [[nodiscard]] quint32 bucketOf(quint32 hash) const
    {
        return LinearHashing::bucketOf(hash, m_buckets.size());
    }

    [[nodiscard]] static qsizetype firstOf(const Bucket &bucket, quint32 hash)
    {
        const quint32 *const hashes = bucket.hashes.constData();
        return LinearHashing::firstOf(hash, bucket.hashes.size(), [=](qsizetype at) { return hashes[at]; });
    }

    /// In its bucket; -1: it is not there.
    template<typename Like>
    [[nodiscard]] qsizetype placeOf(const Like &key, quint32 hash) const
    {
        return placeOf(m_buckets.at(bucketOf(hash)), key, hash);
    }

    template<typename Like>
    [[nodiscard]] static qsizetype placeOf(const Bucket &bucket, const Like &key, quint32 hash)
    {
        for (qsizetype at = firstOf(bucket, hash); at < bucket.hashes.size() && bucket.hashes.at(at) == hash;
             ++at) {
            if (bucket.entries.at(at).key == key)
                return at;
        }
        return -1;
    }

    template<typename Like>
    [[nodiscard]] const Entry *entryOf(const Like &key) const
    {
        const quint32 hash = hashOf(key);
        const qsizetype at = placeOf(key, hash);
        return at < 0 ? nullptr : &m_buckets.at(bucketOf(hash)).entries.at(at);
    }

    void split()
    {
        const quint32 buckets = m_buckets.size();
        Bucket both = std::exchange(m_buckets[LinearHashing::bucketToSplit(buckets)], {});
        Bucket lower;
        Bucket upper;
        for (qsizetype i = 0; i < both.hashes.size(); ++i) {
            Bucket &half = both.hashes.at(i) & LinearHashing::bitToSplitBy(buckets) ? upper : lower;
            half.hashes.append(both.hashes.at(i));
            half.entries.append(std::move(both.entries[i]));
        }
        for (Bucket *half : { &lower, &upper }) {
            half->hashes.squeeze();
            half->entries.squeeze();
        }
        m_buckets[LinearHashing::bucketToSplit(buckets)] = std::move(lower);
        m_buckets.append(std::move(upper));
    }

    SharedArray<Bucket, 64> m_buckets;
    qsizetype m_size = 0;
};

/// A map whose copies share what they have in common, and whose entries have numbers, from 1, that stay
/// theirs until they are removed.
template<typename Key, typename Value>
class SharedMap
{
public:
    [[nodiscard]] qsizetype size() const { return m_index.size(); }

    /// 0: there is none. What is compared with keys and has their hash can stand for one.
    template<typename Like>
    [[nodiscard]] quint32 numberOf(const Like &key) const
    {
        return m_index.find(hashOf(key), [&](quint32 number) { return m_entries.at(number).key == key; });
    }

    /// The numbers of several keys, which are texts: waits for memory as often as for one.
    template<size_t count>
    [[nodiscard]] std::array<quint32, count> numbersOf(const std::array<QStringView, count> &keys) const
    {
        std::array<quint32, count> hashes;
        std::array<quint32, count> numbers;
        for (size_t i = 0; i < count; ++i)
            hashes[i] = hashOf(keys[i]);
        for (const quint32 hash : hashes)
            m_index.prefetch(hash);
        for (size_t i = 0; i < count; ++i) {
            numbers[i] = m_index.first(hashes[i]);
            if (numbers[i])
                __builtin_prefetch(&m_entries.at(numbers[i]));
        }
        for (const quint32 number : numbers) {
            if (number)
                __builtin_prefetch(m_entries.at(number).key.constData());
        }
        for (size_t i = 0; i < count; ++i) {
            if (numbers[i] && m_entries.at(numbers[i]).key != keys[i])
                numbers[i] = numberOf(keys[i]); // another has the same hash
        }
        return numbers;
    }

    template<typename Like>
    [[nodiscard]] const Value *find(const Like &key) const
    {
        const quint32 number = numberOf(key);
        return number ? &m_entries.at(number).value : nullptr;
    }

    [[nodiscard]] const Key &key(quint32 number) const { return m_entries.at(number).key; }
    [[nodiscard]] const Value &value(quint32 number) const { return m_entries.at(number).value; }
    [[nodiscard]] Value &value(quint32 number) { return m_entries[number].value; }

    /// The number of \a key, which gets an empty value if it is new.
    [[nodiscard]] quint32 insert(const Key &key)
    {
        quint32 number = numberOf(key);
        if (number == 0) {
            number = m_entries.add({ key, Value() });
            m_index.insert(hashOf(key), number);
        }
        return number;
    }

    void insert(const Key &key, Value value) { m_entries[insert(key)].value = std::move(value); }

    template<typename Like>
    void remove(const Like &key)
    {
        if (const quint32 number = numberOf(key)) {
            m_index.remove(hashOf(key), number);
            m_entries.remove(number);
        }
    }

    template<typename Visit>
    void forEach(Visit visit) const
    {
        m_index.forEach([&](quint32 number) { visit(m_entries.at(number).key, m_entries.at(number).value); });
    }

private:
    struct Entry
    {
        Key key {};
        Value value {};
    };

    SharedTable m_index;
    SharedPool<Entry> m_entries;
};

} // namespace castellan::rules
