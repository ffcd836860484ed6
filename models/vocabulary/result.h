// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <expected>

namespace castellan {

/// Why something could not be done. Every kind has one XMPP stanza error condition (RFC 6120 §8.3.3),
/// so a failure can travel to whoever asked without being translated twice.
enum class FailureKind {
    BadRequest,
    Conflict,
    FeatureNotImplemented,
    Forbidden,
    InternalServerError,
    ItemNotFound,
    JidMalformed,
    NotAllowed,
    PolicyViolation,
    RecipientUnavailable,
    RemoteServerNotFound,
    ResourceConstraint,
    ServiceUnavailable,
    Timeout, ///< `remote-server-timeout`
};

/// A failure with a sentence for people: what happened, to what, and what to do next.
struct Failure
{
    FailureKind kind = FailureKind::InternalServerError;
    QString text;

    friend bool operator==(const Failure &, const Failure &) = default;
};

template<typename T>
using Result = std::expected<T, Failure>;

/// Shorthand for `return fail(FailureKind::…, text)`.
[[nodiscard]] inline std::unexpected<Failure> fail(FailureKind kind, QString text)
{
    return std::unexpected(Failure { kind, std::move(text) });
}

} // namespace castellan
