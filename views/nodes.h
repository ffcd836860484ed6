// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/network.h"
#include "planeview.h"
#include "vocabulary/network.h"

#include <QPainterPath>

/// How single things and pairs look, wherever they are drawn.
namespace castellan::views {

[[nodiscard]] ThingKind thingKindOf(graph::Marks marks);

/// The shapes of resources/icons, one per kind. All cover about the same area.
[[nodiscard]] QPainterPath shapeOf(ThingKind kind, QPointF centre, double radius);

struct NodeLook
{
    ThingKind kind = ThingKind::Thing;
    bool online = false;
    bool waiting = false; ///< for the acknowledgement of a clearCache message
    bool selected = false;
    double opacity = 1;
};

/// Online is filled and offline dotted, waiting has a clock: nothing is told by colour alone.
void paintNode(QPainter *painter, const NodeLook &look, QPointF place, double radius, const Style &style);

} // namespace castellan::views
