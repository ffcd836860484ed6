// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/replica.h"
#include "support/liveserver.h"

#include <QTest>

/// What tests of a console say often.
namespace castellan::tests {

inline constexpr int patience = 20'000; ///< milliseconds; reached only when something is wrong

[[nodiscard]] inline replica::Account accountAt(quint16 port, const QString &jid = LiveServer::admin)
{
    return { .jid = *Jid::parse(jid),
             .password = LiveServer::password,
             .host = QStringLiteral("127.0.0.1"),
             .port = port,
             .server = *Jid::parse(LiveServer::domain) };
}

/// Waits for a future's Result.
template<typename T>
[[nodiscard]] Result<T> await(QFuture<Result<T>> future)
{
    if (!QTest::qWaitFor([&] { return future.isFinished(); }, patience))
        return fail(FailureKind::Timeout, QStringLiteral("the future does not finish"));
    return future.result();
}

[[nodiscard]] inline bool isOnline(const replica::Replica &replica)
{
    return replica.state() == replica::Replica::State::Online;
}

[[nodiscard]] inline VersionedObject objectIn(const replica::Replica &replica, const ObjectKey &key)
{
    const auto objects = await(replica.objects({ key }));
    return objects ? objects->first() : VersionedObject();
}

} // namespace castellan::tests
