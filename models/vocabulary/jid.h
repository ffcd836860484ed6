// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QHashFunctions>
#include <QString>

namespace castellan {

/// An XMPP address in its normal form (RFC 7622): local part and domain case-mapped, so that two
/// JIDs are the same entity exactly when their bare forms are equal (semantics statement 1).
/// A default-constructed Jid is empty and stands for "none"; every other Jid is valid.
class Jid
{
public:
    Jid() = default;

    /// Normalises \a text. Fails with `jid-malformed` and a text naming the offending part.
    [[nodiscard]] static Result<Jid> parse(QStringView text);

    [[nodiscard]] bool isEmpty() const { return m_full.isEmpty(); }
    [[nodiscard]] bool isBare() const { return m_bare.size() == m_full.size(); }
    [[nodiscard]] bool isDomain() const { return isBare() && m_localLength < 0; }

    /// Empty when the address has no local part.
    [[nodiscard]] QString local() const;
    [[nodiscard]] QString domain() const;
    /// Empty when the address is bare.
    [[nodiscard]] QString resource() const;
    /// `local@domain` or `domain`.
    [[nodiscard]] const QString &bare() const { return m_bare; }
    [[nodiscard]] const QString &full() const { return m_full; }
    [[nodiscard]] Jid toBare() const;

    friend bool operator==(const Jid &a, const Jid &b) { return a.m_full == b.m_full; }
    friend auto operator<=>(const Jid &a, const Jid &b) { return a.m_full <=> b.m_full; }
    friend size_t qHash(const Jid &jid, size_t seed = 0) { return qHash(jid.m_full, seed); }

private:
    QString m_full;
    QString m_bare; ///< by which nearly everything is looked up, so that it is made once
    qsizetype m_localLength = -1; ///< -1: no local part
};

/// The bare normal form of \a text, or an empty string when it is not a JID. For places that only
/// need a key and treat what is malformed as matching nothing.
[[nodiscard]] QString bareJid(QStringView text);

} // namespace castellan
