// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

#include <QDateTime>
#include <QStringList>
#include <QVarLengthArray>

#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace castellan::wire {

/// What the values of an enumeration are called on the wire.
template<typename Enum, size_t Size>
using Names = std::array<std::pair<Enum, QLatin1StringView>, Size>;

/// Reads one element strictly: what is missing, malformed or not known is a fault. The first fault is kept
/// until finish(), so that reading a payload stays a plain list of its parts. Elements of foreign namespaces
/// and prefixed attributes (`xml:lang`) are passed over.
class ElementReader
{
public:
    explicit ElementReader(const Element &element)
        : m_element(element)
    { }

    [[nodiscard]] const Element &element() const { return m_element; }

    /// An attribute that must be there and not empty.
    [[nodiscard]] QString required(QLatin1StringView name);
    /// Null when absent.
    [[nodiscard]] QString optional(QLatin1StringView name);
    /// xs:boolean; false when absent.
    [[nodiscard]] bool boolean(QLatin1StringView name);
    [[nodiscard]] bool requiredBoolean(QLatin1StringView name);
    /// A whole number from 0; 0 when absent.
    [[nodiscard]] qint64 number(QLatin1StringView name);
    [[nodiscard]] qint64 requiredNumber(QLatin1StringView name);
    [[nodiscard]] int requiredCount(QLatin1StringView name);
    /// xs:double, and a number.
    [[nodiscard]] double requiredDecimal(QLatin1StringView name);
    /// xs:dateTime with a time zone, as UTC; invalid when absent.
    [[nodiscard]] QDateTime dateTime(QLatin1StringView name);
    /// One of \a names; an attribute that must be there.
    template<typename Enum, size_t Size>
    [[nodiscard]] Enum oneOf(QLatin1StringView name, const Names<Enum, Size> &names)
    {
        const QString value = required(name);
        QStringList known;
        for (const auto &[candidate, candidateName] : names) {
            if (value == candidateName)
                return candidate;
            known.append(candidateName);
        }
        notOneOf(name, value, known);
        return {};
    }
    /// For an element that may be there once; \a seen tells whether it was, and is set.
    void once(bool &seen);
    /// The element's own text, which must not be empty. Elements whose text is not read must have none.
    [[nodiscard]] QString requiredText();

    /// The element's own text as xs:base64Binary of 1 to \a most bytes.
    [[nodiscard]] QByteArray requiredBytes(qsizetype most);
    /// The same in an attribute.
    [[nodiscard]] QByteArray requiredBytes(QLatin1StringView name, qsizetype most);

    /// Hands each child of this element's own namespace to \a take, which answers whether it knows that
    /// child, and checks what it left unread. Call once; without a call every such child is a fault.
    void children(const std::function<bool(ElementReader &)> &take);

    /// For payloads that read their children themselves.
    void ownChildrenRead() { m_childrenRead = true; }

    void complain(const Failure &failure);
    void badRequest(const QString &text) { complain({ FailureKind::BadRequest, text }); }
    [[nodiscard]] bool failed() const { return m_failure.has_value(); }

    /// The first fault, after looking for what nobody asked for.
    [[nodiscard]] std::optional<Failure> finish();

private:
    void notOneOf(QLatin1StringView name, const QString &value, const QStringList &known);
    [[nodiscard]] QByteArray fromBase64(const QString &text, qsizetype most);
    [[nodiscard]] qint64 numberUpTo(QLatin1StringView name, qint64 most);

    const Element &m_element;
    QVarLengthArray<QLatin1StringView, 16> m_known;
    bool m_childrenRead = false;
    bool m_textRead = false;
    std::optional<Failure> m_failure;
};

} // namespace castellan::wire
