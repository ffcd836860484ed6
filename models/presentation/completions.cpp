// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/completions.h"

#include <array>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

static constexpr std::array wordKinds { "role"_L1,      "domain"_L1, "field"_L1,
                                        "parameter"_L1, "node"_L1,   "thing"_L1 };
static_assert(wordKinds.size() == size_t(replica::WordKind::Thing) + 1);

Completions::Completions(QObject *parent)
    : ListModel(replica::Part::Things, Follow::Server, { "text", "detail" }, parent),
      m_rows(*this,
             { .read = [this](replica::Replica &replica, qint64, int) { return replica.words(m_query); },
               .id = &replica::WordRow::word,
               .value = [](const replica::WordRow &row, int role) -> QVariant {
                   return role == TextRole ? row.word : row.detail;
               } })
{ }

QString Completions::kind() const
{
    return wordKinds.at(size_t(m_query.kind));
}

void Completions::setKind(const QString &kind)
{
    const auto found = std::ranges::find(wordKinds, kind);
    if (found == wordKinds.end())
        return;
    const auto value = replica::WordKind(found - wordKinds.begin());
    if (std::exchange(m_query.kind, value) == value)
        return;
    Q_EMIT kindChanged();
    restart();
}

void Completions::setOf(const QString &jid)
{
    if (std::exchange(m_query.of, jid) == jid)
        return;
    Q_EMIT ofChanged();
    restart();
}

void Completions::setPrefix(const QString &prefix)
{
    if (std::exchange(m_query.prefix, prefix) == prefix)
        return;
    Q_EMIT prefixChanged();
    restart();
}

} // namespace castellan::presentation
