// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

#include <utility>

namespace castellan::bench {

using Edges = QList<std::pair<qint32, qint32>>;

/// Communities of power-law sizes; in each, newcomers link to who has many links already, and to friends of
/// those; some links between communities, mostly between the same few. Three edges for each node, always the
/// same; numbers do not say who belongs together.
[[nodiscard]] Edges communities(qint32 nodes);

} // namespace castellan::bench
