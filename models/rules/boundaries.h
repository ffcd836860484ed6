// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <QDateTime>
#include <QList>

#include <algorithm>
#include <tuple>

namespace castellan::rules {

/// The times at which something begins or ends to count, in order. Cut into pieces that copies share, as
/// ShardedHash is.
class Boundaries
{
public:
    struct Boundary
    {
        qint64 at = 0; ///< ms since 1970, UTC
        ObjectKey key; ///< what begins or ends then

        friend bool operator==(const Boundary &, const Boundary &) = default;
        friend auto operator<=>(const Boundary &, const Boundary &) = default;
    };

    void insert(const Boundary &boundary)
    {
        if (m_pieces.isEmpty()) {
            m_pieces.append(QList { boundary });
            return;
        }
        const qsizetype index = std::min(pieceOf(boundary), m_pieces.size() - 1);
        QList<Boundary> &piece = m_pieces[index];
        piece.insert(std::ranges::lower_bound(piece, boundary), boundary);
        if (piece.size() > fullPiece) {
            const QList<Boundary> upper = piece.sliced(fullPiece / 2);
            piece.resize(fullPiece / 2);
            m_pieces.insert(index + 1, upper);
        }
    }

    void remove(const Boundary &boundary)
    {
        const qsizetype index = pieceOf(boundary);
        if (index == m_pieces.size())
            return;
        m_pieces[index].removeOne(boundary);
        if (m_pieces.at(index).isEmpty())
            m_pieces.removeAt(index);
    }

    /// Calls \a visit with what is later than \a after, in order, until it returns false.
    template<typename Visit>
    void forEachAfter(qint64 after, Visit visit) const
    {
        for (qsizetype i = pieceOf({ after + 1, {} }); i < m_pieces.size(); ++i) {
            for (const Boundary &boundary : m_pieces.at(i)) {
                if (boundary.at > after && !visit(boundary))
                    return;
            }
        }
    }

private:
    static constexpr qsizetype fullPiece = 256;

    /// The first piece that ends with \a boundary or later.
    [[nodiscard]] qsizetype pieceOf(const Boundary &boundary) const
    {
        const auto piece = std::ranges::lower_bound(m_pieces, boundary, {}, [](const QList<Boundary> &piece) {
            return piece.last();
        });
        return std::distance(m_pieces.cbegin(), piece);
    }

    QList<QList<Boundary>> m_pieces; ///< none is empty
};

} // namespace castellan::rules
