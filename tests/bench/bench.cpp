// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLoggingCategory>
#include <QRegularExpression>

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace castellan::bench {

namespace {

/// What the turns of one side came to.
struct Side
{
    void take(const Sample &sample)
    {
        (all.size() % 2 == 0 ? even : odd).push_back(sample.value);
        all.push_back(sample.value);
        if (sample.p99)
            p99.push_back(*sample.p99);
    }
    /// How far its odd turns are from its even ones: 0.1 is 10 %.
    [[nodiscard]] double control() const
    {
        return odd.empty() ? 0 : std::abs(median(odd) / median(even) - 1);
    }

    std::vector<double> all;
    std::vector<double> even;
    std::vector<double> odd;
    std::vector<double> p99;
};

bool holds(const Promise &target, double value)
{
    return target.isUpperBound ? value <= target.bound : value >= target.bound;
}

QString describe(const Promise &target)
{
    return (target.isUpperBound ? u"≤ "_s : u"≥ "_s) + QString::number(target.bound);
}

void write(const Measure &measure, int rounds, const Side &ours, const Side &peer, double control, bool judge)
{
    QJsonObject line { { u"name"_s, measure.name },      { u"unit"_s, measure.unit },
                       { u"ours"_s, median(ours.all) },  { u"peer"_s, QJsonValue::Null },
                       { u"ratio"_s, QJsonValue::Null }, { u"target"_s, QJsonValue::Null },
                       { u"holds"_s, QJsonValue::Null }, { u"void"_s, control > measure.tolerance },
                       { u"control"_s, control },        { u"rounds"_s, rounds } };
    double ratio = 0;
    if (!peer.all.empty()) {
        ratio = median(ours.all) / median(peer.all);
        line[u"peer"_s] = median(peer.all);
        line[u"ratio"_s] = ratio;
    }
    if (!ours.p99.empty())
        line[u"p99"_s] = median(ours.p99);
    if (!peer.p99.empty())
        line[u"peerP99"_s] = median(peer.p99);
    if (measure.target) {
        line[u"target"_s] = describe(*measure.target);
        if (judge && control <= measure.tolerance)
            line[u"holds"_s] = holds(*measure.target, measure.target->isRatio ? ratio : median(ours.all));
    }
    if (!measure.note.isEmpty())
        line[u"note"_s] = measure.note;
    std::puts(QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
}

/// \a peer may be empty.
void takeTurns(const Measure &measure, const Turn &ours, const Turn &peer, bool smoke)
{
    const int rounds = smoke ? 2 : measure.rounds;
    for (const bool isLast : { false, true }) {
        Side our;
        Side other;
        for (int round = 0; round < rounds; ++round) {
            our.take(ours());
            if (peer)
                other.take(peer());
        }
        const double control = smoke ? 0 : std::max(our.control(), peer ? other.control() : 0);
        if (isLast || control <= measure.tolerance)
            return write(measure, rounds, our, other, control, !smoke);
        std::fprintf(stderr, "%s: the same differed from itself by %.0f %%; measuring again\n",
                     qPrintable(measure.name), control * 100);
    }
}

qint64 availableMemory()
{
    QFile file(u"/proc/meminfo"_s);
    if (!file.open(QIODevice::ReadOnly))
        giveUp(u"/proc/meminfo cannot be read"_s);
    const QRegularExpressionMatch match =
        QRegularExpression(u"MemAvailable:\\s+(\\d+) kB"_s).match(QString::fromUtf8(file.readAll()));
    return match.captured(1).toLongLong() * 1024;
}

} // namespace

void Bench::compare(const Measure &measure, const Turn &ours, const Turn &peer) const
{
    takeTurns(measure, ours, peer, m_smoke);
}

void Bench::report(const Measure &measure, const Turn &ours) const
{
    takeTurns(measure, ours, {}, m_smoke);
}

void Bench::record(const Measure &measure, double ours, std::optional<double> peer) const
{
    Side our;
    our.take({ ours });
    Side other;
    if (peer)
        other.take({ *peer });
    write(measure, 1, our, other, 0, !m_smoke);
}

bool Bench::hasMemory(qint64 bytes, const QString &what) const
{
    const qint64 available = availableMemory();
    if (m_smoke || bytes <= available)
        return true;
    std::fprintf(stderr, "%s is left out: it needs %lld MB of memory and %lld MB are free\n",
                 qPrintable(what), (long long)(bytes >> 20), (long long)(available >> 20));
    return false;
}

void giveUp(const QString &why)
{
    std::fprintf(stderr, "%s\n", qPrintable(why));
    std::_Exit(1); // without what destructors may wait for
}

int run(int argc, char **argv, std::span<const Row> rows)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addOptions({
        { u"filter"_s, u"Only rows whose names match."_s, u"REGEX"_s, u""_s },
        { u"smoke"_s, u"Tiny sizes: only to see that every row works."_s },
        { u"list"_s, u"Print the names of the rows and exit."_s },
    });
    parser.addHelpOption();
    parser.process(app);

    QLoggingCategory::setFilterRules(u"*.debug=false\n*.info=false"_s);
    const QRegularExpression filter(parser.value(u"filter"_s));
    if (!filter.isValid())
        giveUp(u"--filter: %1"_s.arg(filter.errorString()));
    const Bench bench(parser.isSet(u"smoke"_s));
    for (const Row &row : rows) {
        if (!filter.match(QString::fromLatin1(row.name)).hasMatch())
            continue;
        if (parser.isSet(u"list"_s))
            std::puts(row.name);
        else
            row.function(bench);
    }
    return 0;
}

QString inWords(qsizetype count)
{
    for (int power = 3; power <= 7; ++power) {
        if (count == qsizetype(std::pow(10, power)))
            return u"10^%1"_s.arg(power);
    }
    return QString::number(count);
}

double median(std::vector<double> values)
{
    const auto middle = values.begin() + qsizetype(values.size()) / 2;
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

qint64 allocatedBytes()
{
    const struct mallinfo2 info = mallinfo2();
    return qint64(info.uordblks + info.hblkhd);
}

} // namespace castellan::bench
