// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/saslclient.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::server {

static Failure failure(FailureKind kind, int code)
{
    return { kind, QString::fromUtf8(gsasl_strerror(code)) };
}

Result<SaslClient> SaslClient::start(const QStringList &offered, const QString &user, const QString &password)
{
    const auto known = { "SCRAM-SHA-256"_L1, "SCRAM-SHA-1"_L1, "PLAIN"_L1 };
    const auto best = std::ranges::find_if(known,
                                           [&](QLatin1StringView name) { return offered.contains(name); });
    if (best == known.end()) {
        return fail(FailureKind::FeatureNotImplemented,
                    u"it offers no way to log in that is known here, only %1."_s.arg(offered.join(", "_L1)));
    }

    SaslClient client;
    client.m_mechanism = *best;
    Gsasl *library = nullptr;
    if (const int code = gsasl_init(&library); code != GSASL_OK)
        return std::unexpected(failure(FailureKind::InternalServerError, code));
    client.m_library.reset(library);
    Gsasl_session *session = nullptr;
    if (const int code = gsasl_client_start(library, best->data(), &session); code != GSASL_OK)
        return std::unexpected(failure(FailureKind::InternalServerError, code));
    client.m_session.reset(session);
    for (const auto &[property, text] :
         { std::pair(GSASL_AUTHID, user), std::pair(GSASL_PASSWORD, password) }) {
        if (const int code = gsasl_property_set(session, property, text.toUtf8().constData());
            code != GSASL_OK)
            return std::unexpected(failure(FailureKind::InternalServerError, code));
    }
    return client;
}

Result<QByteArray> SaslClient::step(const QByteArray &received)
{
    char *data = nullptr;
    size_t size = 0;
    const int code = gsasl_step(m_session.get(), received.constData(), size_t(received.size()), &data, &size);
    const QByteArray reply(data, qsizetype(size));
    gsasl_free(data);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
        return std::unexpected(failure(FailureKind::Forbidden, code));
    m_isComplete = code == GSASL_OK;
    return reply;
}

} // namespace castellan::server
