// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"

#include <QStringList>

namespace castellan::bench {

/// Deterministic dice: the same number for the same \a key (splitmix64).
[[nodiscard]] constexpr quint64 dice(quint64 key)
{
    key += 0x9e3779b97f4a7c15;
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return key ^ (key >> 31);
}

/// A made-up network of any size, always the same for the same size and seed. Everything is a function of its
/// index, so that parts can be had without the rest; strings are allocated for each object, as they are when
/// they come from a store or a stream.
class Estate
{
public:
    explicit Estate(qsizetype things, quint64 seed = 1)
        : m_things(things),
          m_seed(seed)
    { }

    [[nodiscard]] qsizetype things() const { return m_things; }

    [[nodiscard]] QString jid(qsizetype thing) const;
    [[nodiscard]] Thing thing(qsizetype index) const; ///< with two roles of forty, without nodes
    /// Sixteen for each thing at most, all different. One in eight is rejected.
    [[nodiscard]] Friendship pair(qsizetype index) const;
    /// A simple rule: that one JID may read (or control, every other round of things()) one field of one
    /// device.
    [[nodiscard]] AccessRule rule(qsizetype index) const;

    /// All things, and the first \a pairs and \a rules beside some forty rules about roles and domains.
    [[nodiscard]] Network network(qsizetype pairs, qsizetype rules) const;

    /// Who asks whether to be friends with whom; \a known: a pair() of the first \a pairs.
    [[nodiscard]] rules::FriendQuestion friendQuestion(qsizetype index, qsizetype pairs, bool known) const;
    /// About a rule() of the first \a rules that is about \a action; every other time another JID asks.
    [[nodiscard]] rules::AccessQuestion accessQuestion(qsizetype index, qsizetype rules, Action action) const;

private:
    [[nodiscard]] quint64 roll(quint64 what, qsizetype index) const
    {
        return dice(dice(m_seed * 1000 + what) + quint64(index));
    }

    qsizetype m_things;
    quint64 m_seed;
};

} // namespace castellan::bench
