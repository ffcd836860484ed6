// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/map.h"

#include <QRect>

namespace castellan::graph {

/// Pixels that a link fills wholly if it is no longer; a longer one has the same ink over more of them. So
/// what belongs together stands out from what merely crosses.
inline constexpr float inkOfLink = 16;

/// How much there is in each pixel of a picture, where there is too much to draw one by one.
struct Density
{
    QSize size;
    std::vector<float> nodes; ///< how many, by row
    std::vector<float> waiting; ///< how many of them wait for deliveries
    std::vector<float> links; ///< how much of them; a long link is thinner than a short one

    [[nodiscard]] size_t index(int x, int y) const { return size_t(y) * size_t(size.width()) + size_t(x); }
};

/// What is in \a pixels of a picture in which a world unit is \a scale pixels and the world's origin is at
/// (0, 0). Links shorter than a pixel are left out: their nodes are there. Pictures of neighbouring areas fit
/// together without a seam. Empty when \a stop was requested.
[[nodiscard]] Density density(const Map &map, const QRect &pixels, double scale,
                              const std::stop_token &stop = {});

} // namespace castellan::graph
