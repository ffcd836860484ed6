// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/result.h"

#include <QByteArray>
#include <QStringList>

#include <gsasl.h>

#include <memory>

namespace castellan::server {

/// The client's side of a login (RFC 6120 §6), by GNU SASL: QXmpp keeps its own to itself. Knows SCRAM with
/// SHA-256 and SHA-1, with which the server proves itself, too, and PLAIN, in this order.
class SaslClient
{
public:
    /// Fails with `feature-not-implemented` when no mechanism of \a offered is known.
    [[nodiscard]] static Result<SaslClient> start(const QStringList &offered, const QString &user,
                                                  const QString &password);

    [[nodiscard]] QString mechanism() const { return m_mechanism; }
    /// What to send after \a received, which is empty at the start. Fails with `forbidden` when the server's
    /// messages make no sense, or do not prove that it knows the password.
    [[nodiscard]] Result<QByteArray> step(const QByteArray &received);
    /// Both sides have said all they must. Only now a success is one.
    [[nodiscard]] bool isComplete() const { return m_isComplete; }

private:
    struct End
    {
        void operator()(Gsasl *library) const { gsasl_done(library); }
        void operator()(Gsasl_session *session) const { gsasl_finish(session); }
    };

    SaslClient() = default;

    QString m_mechanism;
    std::unique_ptr<Gsasl, End> m_library;
    std::unique_ptr<Gsasl_session, End> m_session; ///< ends before its library
    bool m_isComplete = false;
};

} // namespace castellan::server
