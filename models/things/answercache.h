// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/provisioning.h"

#include <QByteArray>
#include <QDateTime>
#include <QHash>
#include <QList>
#include <QSet>

#include <chrono>
#include <list>
#include <optional>

namespace castellan::things {

/// The answers of a provisioning server that a thing remembers (XEP-0324 §5.2): at most so many; when
/// there are more, the one whose last use is longest ago goes first; optionally none that has not been
/// used for some time. Knows what has changed since it was last saved, but not where.
class AnswerCache
{
public:
    struct Entry
    {
        QByteArray question; ///< XML of the question, which identifies it
        QString about; ///< bare JID of whom the question was about
        wire::Provisioning answer;
        QDateTime used;

        friend bool operator==(const Entry &, const Entry &) = default;
    };

    struct Limits
    {
        qsizetype entries = 256;
        std::optional<std::chrono::seconds> unused; ///< kept so long after the last use; not set: for ever
    };

    explicit AnswerCache(Limits limits)
        : m_limits(limits)
    { }
    Q_DISABLE_COPY(AnswerCache) // the index points into the order

    /// The remembered answer; counts as a use. Times never run backwards between calls.
    [[nodiscard]] std::optional<wire::Provisioning> find(const QByteArray &question, const QDateTime &now);
    void insert(const Entry &entry);
    void removeAbout(const QString &jid);
    void clear();

    [[nodiscard]] qsizetype size() const { return m_index.size(); }
    /// From least to most recently used.
    [[nodiscard]] QList<Entry> entries() const;

    /// What to save: the entry of a question that is new or was used, nothing for one that was removed.
    struct Change
    {
        QByteArray question;
        std::optional<Entry> entry;
    };
    [[nodiscard]] QList<Change> changes() const;
    void markSaved() { m_changed.clear(); }

private:
    using Order = std::list<Entry>; ///< least recently used first

    void remove(Order::iterator entry);
    void removeUnused(const QDateTime &now);

    Limits m_limits;
    Order m_order;
    QHash<QByteArray, Order::iterator> m_index;
    QSet<QByteArray> m_changed;
};

} // namespace castellan::things
