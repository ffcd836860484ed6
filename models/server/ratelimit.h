// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QString>

#include <algorithm>

namespace castellan::server {

/// How fast one sender may ask, on average and at once (statement 26).
struct Rate
{
    double perSecond = 50;
    double burst = 500;
};

/// A bucket of tokens for each sender that is not full. Those that have filled up again are forgotten.
class RateLimit
{
public:
    explicit RateLimit(Rate rate)
        : m_rate(rate)
    { }

    /// Takes one token of \a sender's at \a now (milliseconds of a monotonic clock); false: none is left.
    [[nodiscard]] bool take(const QString &sender, qint64 now)
    {
        if (m_buckets.size() >= m_pruneAt) {
            m_buckets.removeIf([&](const auto &bucket) { return filled(*bucket, now) >= m_rate.burst; });
            m_pruneAt = std::max<qsizetype>(1024, 2 * m_buckets.size());
        }
        auto bucket = m_buckets.find(sender);
        if (bucket == m_buckets.end())
            bucket = m_buckets.insert(sender, { m_rate.burst, now });
        const double tokens = filled(*bucket, now);
        *bucket = { tokens, now };
        if (tokens < 1)
            return false;
        bucket->tokens -= 1;
        return true;
    }

private:
    struct Bucket
    {
        double tokens = 0;
        qint64 at = 0;
    };
    [[nodiscard]] double filled(const Bucket &bucket, qint64 now) const
    {
        return std::min(m_rate.burst, bucket.tokens + double(now - bucket.at) / 1000 * m_rate.perSecond);
    }

    Rate m_rate;
    QHash<QString, Bucket> m_buckets;
    qsizetype m_pruneAt = 1024;
};

} // namespace castellan::server
