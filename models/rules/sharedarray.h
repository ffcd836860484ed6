// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QSharedData>

#include <array>
#include <utility>

namespace castellan::rules {

/// An array whose copies share what they have in common: it is cut into leaves, which hang on branches, so
/// that a change to a copy copies one leaf and one branch and not the rest. \a perLeaf, a power of two: small
/// leaves are copied faster, with large ones there are fewer pointers to be found in the processor's caches.
template<typename T, quint32 perLeaf = 128>
class SharedArray
{
public:
    [[nodiscard]] quint32 size() const { return m_size; }

    [[nodiscard]] const T &at(quint32 index) const
    {
        Q_ASSERT(index < m_size);
        const Branch &branch = *m_branches.at(index / perBranch);
        return branch.leaves[index / perLeaf % leavesPerBranch]->values[index % perLeaf];
    }

    /// The value to be changed.
    [[nodiscard]] T &operator[](quint32 index)
    {
        Q_ASSERT(index < m_size);
        Branch &branch = *m_branches[index / perBranch];
        return branch.leaves[index / perLeaf % leavesPerBranch]->values[index % perLeaf];
    }

    void append(T value)
    {
        if (m_size % perBranch == 0)
            m_branches.append(QSharedDataPointer<Branch>(new Branch));
        if (m_size % perLeaf == 0)
            m_branches.last()->leaves[m_size / perLeaf % leavesPerBranch] = new Leaf;
        ++m_size;
        (*this)[m_size - 1] = std::move(value);
    }

    [[nodiscard]] T takeLast()
    {
        T value = std::exchange((*this)[m_size - 1], T());
        --m_size;
        if (m_size % perLeaf == 0)
            m_branches.last()->leaves[m_size / perLeaf % leavesPerBranch].reset();
        if (m_size % perBranch == 0)
            m_branches.removeLast();
        return value;
    }

private:
    static constexpr quint32 leavesPerBranch = 128;
    static constexpr quint32 perBranch = perLeaf * leavesPerBranch;

    /// Values that fill cache lines begin with one.
    struct Leaf : QSharedData
    {
        alignas(sizeof(T) % 64 == 0 ? 64 : alignof(T)) std::array<T, perLeaf> values {};
    };
    struct Branch : QSharedData
    {
        std::array<QSharedDataPointer<Leaf>, leavesPerBranch> leaves;
    };

    QList<QSharedDataPointer<Branch>> m_branches;
    quint32 m_size = 0;
};

/// Values with numbers, from 1, that stay theirs until they are removed. Copies share what they have in
/// common.
template<typename T>
class SharedPool
{
public:
    [[nodiscard]] quint32 add(T value)
    {
        if (m_free.size() == 0) {
            m_values.append(std::move(value));
            return m_values.size();
        }
        const quint32 number = m_free.takeLast();
        m_values[number - 1] = std::move(value);
        return number;
    }

    void remove(quint32 number)
    {
        m_values[number - 1] = T();
        m_free.append(number);
    }

    [[nodiscard]] const T &at(quint32 number) const { return m_values.at(number - 1); }
    [[nodiscard]] T &operator[](quint32 number) { return m_values[number - 1]; }

private:
    SharedArray<T> m_values;
    SharedArray<quint32> m_free;
};

} // namespace castellan::rules
