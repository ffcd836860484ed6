// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRandomGenerator>

#include <algorithm>
#include <chrono>

namespace castellan::server {

/// How long to wait before connecting again: doubles with every failure, less up to half by chance, so that
/// those a server has lost do not all come back at once.
class Backoff
{
public:
    Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
        : m_first(first),
          m_most(most)
    { }

    [[nodiscard]] std::chrono::milliseconds next()
    {
        const auto delay = std::min(m_most, m_first * (1 << std::min(m_failures++, 16)));
        return delay
            - std::chrono::milliseconds(QRandomGenerator::global()->bounded(qint64(delay.count() / 2 + 1)));
    }
    void reset() { m_failures = 0; }

private:
    std::chrono::milliseconds m_first;
    std::chrono::milliseconds m_most;
    int m_failures = 0;
};

} // namespace castellan::server
