// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/remembered.h"

#include <QFile>
#include <QSaveFile>

#include <algorithm>
#include <cmath>

namespace castellan::graph {

namespace {

/// What it is, its version, and the order of bytes.
constexpr quint64 mark = 0x3130'7061'6d74'7363; // "cstmap01"

template<typename Value>
bool write(QIODevice &device, const std::vector<Value> &values)
{
    const auto count = quint64(values.size());
    const auto bytes = qint64(count * sizeof(Value));
    return device.write(reinterpret_cast<const char *>(&count), sizeof count) == sizeof count
        && device.write(reinterpret_cast<const char *>(values.data()), bytes) == bytes;
}

template<typename Value>
bool read(QIODevice &device, std::vector<Value> &values)
{
    quint64 count = 0;
    if (device.read(reinterpret_cast<char *>(&count), sizeof count) != sizeof count
        || count > quint64(device.bytesAvailable()) / sizeof(Value))
        return false;
    values.resize(count);
    const auto bytes = qint64(count * sizeof(Value));
    return device.read(reinterpret_cast<char *>(values.data()), bytes) == bytes;
}

bool isWhole(const Network &network)
{
    const auto nodes = network.keys.size();
    const auto isNode = [nodes](qint32 node) { return node >= 0 && size_t(node) < nodes; };
    const std::vector<qint32> &offsets = network.friends.offsets;
    return network.ids.size() == nodes && network.marks.size() == nodes && network.places.size() == nodes
        && offsets.size() == nodes + 1 && offsets.front() == 0
        && size_t(offsets.back()) == network.friends.neighbours.size() && std::ranges::is_sorted(offsets)
        && std::ranges::all_of(network.friends.neighbours, isNode)
        && std::ranges::all_of(network.rejected,
                               [&](Link link) { return isNode(link.from) && isNode(link.to); })
        && std::ranges::all_of(network.places,
                               [](Point place) { return std::isfinite(place.x) && std::isfinite(place.y); });
}

} // namespace

bool remember(const Network &network, const QString &path)
{
    QSaveFile file(path);
    return file.open(QFile::WriteOnly)
        && file.write(reinterpret_cast<const char *>(&mark), sizeof mark) == sizeof mark
        && write(file, network.keys) && write(file, network.ids) && write(file, network.marks)
        && write(file, network.places) && write(file, network.friends.offsets)
        && write(file, network.friends.neighbours) && write(file, network.rejected) && file.commit();
}

std::optional<Network> remembered(const QString &path)
{
    QFile file(path);
    quint64 found = 0;
    Network network;
    if (!file.open(QFile::ReadOnly)
        || file.read(reinterpret_cast<char *>(&found), sizeof found) != sizeof found || found != mark
        || !read(file, network.keys) || !read(file, network.ids) || !read(file, network.marks)
        || !read(file, network.places) || !read(file, network.friends.offsets)
        || !read(file, network.friends.neighbours) || !read(file, network.rejected) || !isWhole(network))
        return {};
    return network;
}

} // namespace castellan::graph
