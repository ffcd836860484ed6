// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/element.h"

#include <QDateTime>
#include <QStringList>

#include <functional>
#include <optional>

namespace castellan::wire {

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
    /// A whole number from 0; \a fallback when absent.
    [[nodiscard]] qint64 number(QLatin1StringView name, qint64 fallback = 0);
    /// xs:dateTime as UTC; invalid when absent.
    [[nodiscard]] QDateTime dateTime(QLatin1StringView name);

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
    const Element &m_element;
    QList<QLatin1StringView> m_known;
    bool m_childrenRead = false;
    std::optional<Failure> m_failure;
};

} // namespace castellan::wire
