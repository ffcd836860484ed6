// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTypes>

#include <algorithm>
#include <thread>
#include <vector>

namespace castellan::layout {

/// Calls \a work(first, end) for parts of the numbers below \a count that together are all of them, on as
/// many threads as there are processors and as get \a least numbers each; comes back when all is done.
template<typename Work>
void inParallel(qint32 count, qint32 least, const Work &work)
{
    const qint32 processors = std::max(1, qint32(std::thread::hardware_concurrency()));
    const qint32 parts = std::clamp(count / least, 1, processors);
    std::vector<std::jthread> others;
    for (qint32 part = 1; part < parts; ++part) {
        others.emplace_back([&work, first = qint32(qint64(count) * part / parts),
                             end = qint32(qint64(count) * (part + 1) / parts)] { work(first, end); });
    }
    work(0, count / parts);
}

} // namespace castellan::layout
