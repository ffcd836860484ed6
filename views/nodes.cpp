// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes.h"

#include <QPainter>

#include <cmath>
#include <numbers>

namespace castellan::views {

namespace {

QPolygonF polygon(QPointF centre, double radius, int corners, double turn)
{
    QPolygonF points;
    for (int i = 0; i < corners; ++i) {
        const double angle = turn + 2 * std::numbers::pi * i / corners;
        points.append(centre + QPointF(std::cos(angle), std::sin(angle)) * radius);
    }
    return points;
}

} // namespace

ThingKind thingKindOf(graph::Marks marks)
{
    switch (graph::kindOf(marks)) {
    case quint8(graph::Mark::Concentrator):
        return ThingKind::Concentrator;
    case quint8(graph::Mark::Service):
        return ThingKind::Service;
    case quint8(graph::Mark::User):
        return ThingKind::User;
    default:
        return ThingKind::Thing;
    }
}

QPainterPath shapeOf(ThingKind kind, QPointF centre, double radius)
{
    QPainterPath path;
    switch (kind) {
    case ThingKind::Thing:
        path.addEllipse(centre, radius, radius);
        break;
    case ThingKind::Concentrator:
        path.addPolygon(polygon(centre, radius * 1.3, 6, std::numbers::pi / 6));
        path.closeSubpath();
        break;
    case ThingKind::Service:
        path.addPolygon(polygon(centre, radius * 1.35, 4, 0));
        path.closeSubpath();
        break;
    case ThingKind::User: {
        const QPointF half(radius * 0.92, radius * 0.92);
        path.addRoundedRect({ centre - half, centre + half }, radius * 0.35, radius * 0.35);
        break;
    }
    }
    return path;
}

void paintNode(QPainter *painter, const NodeLook &look, QPointF place, double radius, const Style &style)
{
    // What lies behind a faded shape must not shine through it.
    painter->setPen(Qt::NoPen);
    painter->setBrush(style.surface);
    painter->setOpacity(1);
    painter->drawPath(shapeOf(look.kind, place, radius + 1.5));
    painter->setOpacity(look.opacity);

    const QColor ink = look.selected ? style.accent : (look.online ? style.text : style.quiet);
    painter->setPen(QPen(ink, 1.6, look.online ? Qt::SolidLine : Qt::DotLine));
    painter->setBrush(look.online ? QBrush(ink) : QBrush(style.surface));
    painter->drawPath(shapeOf(look.kind, place, radius - 0.8));
    painter->setOpacity(1);
    if (!look.waiting)
        return;

    // A small clock: something is waiting to be delivered.
    const QPointF corner = place + QPointF(radius, -radius);
    const double size = std::min(6.0, radius);
    painter->setPen(QPen(style.surface, 1.5));
    painter->setBrush(style.pending);
    painter->drawEllipse(corner, size, size);
    painter->setPen(QPen(style.surface, 1.3));
    painter->drawLine(corner, corner - QPointF(0, size * 0.53));
    painter->drawLine(corner, corner + QPointF(size * 0.43, 0));
}

} // namespace castellan::views
