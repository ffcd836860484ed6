// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <optional>
#include <span>
#include <vector>

/// Measures what we are against a peer. Written by hand because Google Benchmark (the one that Debian has)
/// neither pairs a measure with its peer nor knows whether the machine was quiet enough to tell them apart.
///
/// Our side and the peer take turns: ours, peer, ours, peer, … The odd turns of a side against its even ones
/// are the A/A control: the same thing measured twice. If these two medians differ by more than the
/// tolerance, the machine was too noisy: the row is measured once more, and then it is void.
///
/// A program of benchmarks is a list of rows and a main() that calls run(). It writes one JSON object per
/// measure and line to standard output (tests/bench/table makes a table of them) and words to standard error.
namespace castellan::bench {

/// What a measure must come to for its row to hold.
struct Promise
{
    bool isRatio = true; ///< about ours / peer; else about ours
    bool isUpperBound = true;
    double bound = 0;
};

[[nodiscard]] constexpr Promise atMost(double bound)
{
    return { false, true, bound };
}
[[nodiscard]] constexpr Promise ratioAtMost(double bound)
{
    return { true, true, bound };
}
[[nodiscard]] constexpr Promise ratioAtLeast(double bound)
{
    return { true, false, bound };
}

struct Sample
{
    double value = 0;
    std::optional<double> p99;
};

/// One turn of one side: does its work and says what that took, in the unit of the row.
using Turn = std::function<Sample()>;

struct Measure
{
    QString name;
    QString unit;
    std::optional<Promise> target; ///< none: only reported
    int rounds = 10; ///< turns of each side; even, and from 10 on the control has medians of five
    double tolerance = 0.1; ///< of the control; less than the target is away from what is expected
    QString note; ///< what a reader must know beside the numbers
};

struct Row;

class Bench
{
public:
    explicit Bench(bool smoke)
        : m_smoke(smoke)
    { }

    /// Tiny sizes, so that it takes no time: only that it works is looked at.
    [[nodiscard]] bool isSmoke() const { return m_smoke; }
    [[nodiscard]] qsizetype size(qsizetype full, qsizetype smoke) const { return m_smoke ? smoke : full; }
    /// \a sizes, or the smallest of them.
    [[nodiscard]] QList<qsizetype> sizes(const QList<qsizetype> &sizes) const
    {
        return m_smoke ? sizes.first(1) : sizes;
    }

    void compare(const Measure &measure, const Turn &ours, const Turn &peer) const;
    /// Without a peer.
    void report(const Measure &measure, const Turn &ours) const;
    /// What needs no turns because it comes out the same every time (bytes, not time).
    void record(const Measure &measure, double ours, std::optional<double> peer = {}) const;

    /// Whether \a bytes of memory can be had. Where not, says on standard error that \a what is left out.
    [[nodiscard]] bool hasMemory(qint64 bytes, const QString &what) const;

private:
    bool m_smoke;
};

/// Our side and the peer disagree, or something that must work did not: numbers would mean nothing.
[[noreturn]] void giveUp(const QString &why);

/// A piece of work that makes one or more measures.
struct Row
{
    const char *name; ///< what --filter looks at
    void (*function)(const Bench &);
};

/// main() of a program of benchmarks: --filter REGEX, --smoke, --list.
[[nodiscard]] int run(int argc, char **argv, std::span<const Row> rows);

/// Nanoseconds that this thread computes for \a work; what others do on its processor meanwhile does not
/// count.
template<typename Work>
[[nodiscard]] double nanoseconds(const Work &work)
{
    const auto now = [] {
        timespec time;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
    };
    const double start = now();
    work();
    return now() - start;
}

/// Nanoseconds for each of \a count calls of \a work(i). Their p99 is taken from calls that are timed one by
/// one and by the wall clock, which adds what reading it takes (some 20 ns).
template<typename Work>
[[nodiscard]] Sample each(qsizetype count, const Work &work)
{
    const double all = nanoseconds([&] {
        for (qsizetype i = 0; i < count; ++i)
            work(i);
    });
    std::vector<double> single(count);
    for (qsizetype i = 0; i < count; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work(i);
        single[i] =
            std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
    }
    const auto p99 = single.begin() + (count - 1) * 99 / 100;
    std::nth_element(single.begin(), p99, single.end());
    return { all / double(count), *p99 };
}

/// Keeps the compiler from leaving out what nobody looks at.
template<typename Value>
void keep(const Value &value)
{
    asm volatile("" : : "r"(&value) : "memory");
}

/// 10^6 for a million, as far as it is a power of ten.
[[nodiscard]] QString inWords(qsizetype count);

[[nodiscard]] double median(std::vector<double> values);

/// Bytes that this process has got from malloc and not given back.
[[nodiscard]] qint64 allocatedBytes();

} // namespace castellan::bench
