// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graphview.h"

#include <QCursor>
#include <QFocusEvent>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QHoverEvent>
#include <QKeyEvent>
#include <QLineF>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyleHints>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <ranges>
#include <utility>

using castellan::presentation::GraphEdge;
using castellan::presentation::GraphModel;
using castellan::presentation::GraphNode;
using castellan::replica::DraftMark;

namespace castellan::views {

namespace {

constexpr double smallestScale = 8;
constexpr double largestScale = 220;
constexpr double largestFittedScale = 110;
constexpr double border = 48; ///< pixels around a fitted graph, for labels
constexpr double labelWidth = 160;
constexpr qsizetype hubSize = 10; ///< friends of a thing whose label is always there
constexpr double faded = 0.28;

QPolygonF polygon(QPointF centre, double radius, int corners, double turn)
{
    QPolygonF points;
    for (int i = 0; i < corners; ++i) {
        const double angle = turn + 2 * std::numbers::pi * i / corners;
        points.append(centre + QPointF(std::cos(angle), std::sin(angle)) * radius);
    }
    return points;
}

/// The shapes of resources/icons, one per kind. All cover about the same area.
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

QString label(const GraphNode &node)
{
    return node.name.isEmpty() ? node.jid.section(u'@', 0, 0) : node.name;
}

} // namespace

GraphView::GraphView(QQuickItem *parent)
    : QQuickPaintedItem(parent)
{
    setAcceptedMouseButtons(Qt::LeftButton);
    setAcceptHoverEvents(true);
    setActiveFocusOnTab(true);
    setAntialiasing(true);
    connect(this, &GraphView::styleChanged, this, [this] { update(); });
    connect(this, &QQuickItem::activeFocusChanged, this, [this] { update(); });
}

void GraphView::setModel(GraphModel *model)
{
    if (model == m_model)
        return;
    if (m_model)
        m_model->disconnect(this);
    m_model = model;
    if (m_model) {
        connect(m_model, &GraphModel::graphChanged, this, &GraphView::takeGraph);
        connect(m_model, &GraphModel::statesChanged, this, &GraphView::changed);
        connect(m_model, &GraphModel::selectedChanged, this, &GraphView::changed);
        // Another part of the network is another picture: show all of it.
        connect(m_model, &GraphModel::focusChanged, this, [this] { m_fitted = true; });
        connect(m_model, &GraphModel::hopsChanged, this, [this] { m_fitted = true; });
    }
    takeGraph();
    Q_EMIT modelChanged();
}

QString GraphView::hovered() const
{
    return m_hovered < 0 ? QString() : m_model->nodes().at(m_hovered).jid;
}

QString GraphView::summary() const
{
    if (!m_model)
        return {};
    if (m_selected < 0)
        return tr("Nothing is selected. The arrow keys walk from thing to thing.");
    const GraphNode &node = m_model->nodes().at(m_selected);
    return node.online ? tr("%1 is selected: online, %n friendships shown.", "%1 is a name",
                            int(m_neighbours.at(m_selected).size()))
                             .arg(label(node))
                       : tr("%1 is selected: offline, %n friendships shown.", "%1 is a name",
                            int(m_neighbours.at(m_selected).size()))
                             .arg(label(node));
}

/// The structure is another: nothing that was remembered by index holds.
void GraphView::takeGraph()
{
    m_neighbours.clear();
    setHovered(-1);
    if (m_model) {
        m_neighbours.resize(m_model->nodes().size());
        for (const GraphEdge &edge : m_model->edges()) {
            m_neighbours[edge.from].append(edge.to);
            m_neighbours[edge.to].append(edge.from);
        }
    }
    if (m_fitted)
        fit();
    changed();
}

void GraphView::changed()
{
    m_selected = m_model ? indexOf(m_model->selected()) : -1;
    update();
    Q_EMIT summaryChanged();
}

qsizetype GraphView::indexOf(const QString &jid) const
{
    if (jid.isEmpty())
        return -1;
    const QList<GraphNode> &nodes = m_model->nodes();
    const auto found = std::ranges::find(nodes, jid, &GraphNode::jid);
    return found == nodes.end() ? -1 : std::distance(nodes.begin(), found);
}

QPointF GraphView::toView(QPointF world) const
{
    return (world - m_centre) * m_scale + QPointF(width(), height()) / 2;
}

QPointF GraphView::toWorld(QPointF view) const
{
    return (view - QPointF(width(), height()) / 2) / m_scale + m_centre;
}

double GraphView::radius() const
{
    return std::clamp(m_scale * 0.17, 4.5, 11.0);
}

QPointF GraphView::placeOf(const QString &jid) const
{
    const qsizetype index = m_model ? indexOf(jid) : -1;
    return index < 0 ? QPointF(-1e6, -1e6) : toView(m_model->nodes().at(index).position);
}

qsizetype GraphView::nodeAt(QPointF view) const
{
    if (!m_model)
        return -1;
    qsizetype nearest = -1;
    double distance = radius() + 5; // easier to hit than to see
    for (qsizetype i = 0; i < m_model->nodes().size(); ++i) {
        const double there = QLineF(toView(m_model->nodes().at(i).position), view).length();
        if (there < distance) {
            nearest = i;
            distance = there;
        }
    }
    return nearest;
}

void GraphView::fit()
{
    m_fitted = true;
    if (!m_model || m_model->nodes().isEmpty() || width() <= 0 || height() <= 0)
        return;
    const auto places = m_model->nodes() | std::views::transform(&GraphNode::position);
    const auto [left, right] = std::ranges::minmax(places | std::views::transform(&QPointF::x));
    const auto [top, bottom] = std::ranges::minmax(places | std::views::transform(&QPointF::y));
    m_centre = QPointF(left + right, top + bottom) / 2;
    const double across = std::max(width() - border * 2, 1.0) / std::max(right - left, 0.01);
    const double down = std::max(height() - border * 2, 1.0) / std::max(bottom - top, 0.01);
    m_scale = std::clamp(std::min(across, down), smallestScale, largestFittedScale);
    update();
}

void GraphView::zoom(double factor)
{
    zoomAround(QPointF(width(), height()) / 2, factor);
}

void GraphView::zoomAround(QPointF view, double factor)
{
    const QPointF world = toWorld(view);
    m_scale = std::clamp(m_scale * factor, smallestScale, largestScale);
    m_centre += world - toWorld(view); // what is under the pointer stays there
    m_fitted = false;
    update();
}

void GraphView::geometryChange(const QRectF &now, const QRectF &before)
{
    QQuickPaintedItem::geometryChange(now, before);
    if (m_fitted)
        fit();
}

// --- Input ---

void GraphView::mousePressEvent(QMouseEvent *event)
{
    forceActiveFocus(Qt::MouseFocusReason);
    m_pressed = event->position();
    m_pressedCentre = m_centre;
    m_panning = false;
    setKeepMouseGrab(true);
}

void GraphView::mouseMoveEvent(QMouseEvent *event)
{
    const QPointF moved = event->position() - m_pressed;
    if (!m_panning && moved.manhattanLength() < QGuiApplication::styleHints()->startDragDistance())
        return;
    m_panning = true;
    m_fitted = false;
    m_centre = m_pressedCentre - moved / m_scale;
    setCursor(Qt::ClosedHandCursor);
    update();
}

void GraphView::mouseReleaseEvent(QMouseEvent *event)
{
    setKeepMouseGrab(false);
    unsetCursor();
    if (!m_panning)
        select(nodeAt(event->position()));
}

void GraphView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const qsizetype index = nodeAt(event->position());
    if (index >= 0)
        Q_EMIT activated(m_model->nodes().at(index).jid);
}

void GraphView::hoverMoveEvent(QHoverEvent *event)
{
    setHovered(nodeAt(event->position()));
}

void GraphView::hoverLeaveEvent(QHoverEvent *)
{
    setHovered(-1);
}

void GraphView::wheelEvent(QWheelEvent *event)
{
    const QPoint pixels = event->pixelDelta();
    // Touchpads pan with two fingers and zoom with Ctrl; wheels zoom.
    if (!pixels.isNull() && !(event->modifiers() & Qt::ControlModifier)) {
        m_centre -= QPointF(pixels) / m_scale;
        m_fitted = false;
        update();
    } else {
        zoomAround(event->position(), std::pow(1.2, event->angleDelta().y() / 120.0));
    }
    event->accept();
}

void GraphView::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return walk({ -1, 0 });
    case Qt::Key_Right:
        return walk({ 1, 0 });
    case Qt::Key_Up:
        return walk({ 0, -1 });
    case Qt::Key_Down:
        return walk({ 0, 1 });
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(1.25);
    case Qt::Key_Minus:
        return zoom(0.8);
    case Qt::Key_Home:
    case Qt::Key_0:
        return fit();
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_selected >= 0)
            Q_EMIT activated(m_model->nodes().at(m_selected).jid);
        return;
    case Qt::Key_Escape:
        if (m_selected >= 0)
            return select(-1);
        break;
    default:
        break;
    }
    event->ignore();
}

void GraphView::focusInEvent(QFocusEvent *event)
{
    setReachedByKeyboard(event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason);
}

void GraphView::focusOutEvent(QFocusEvent *)
{
    setReachedByKeyboard(false);
}

void GraphView::setReachedByKeyboard(bool reached)
{
    if (std::exchange(m_reachedByKeyboard, reached) != reached)
        Q_EMIT reachedByKeyboardChanged();
}

/// To the friend that lies most in \a direction; where there is none, to the nearest thing that way.
void GraphView::walk(QPointF direction)
{
    if (!m_model || m_model->nodes().isEmpty())
        return;
    const QList<GraphNode> &nodes = m_model->nodes();
    const QPointF start = m_selected < 0 ? m_centre : nodes.at(m_selected).position;
    qsizetype best = -1;
    double bestCost = std::numeric_limits<double>::infinity();
    const auto consider = [&](qsizetype index, double widest) {
        const QPointF way = nodes.at(index).position - start;
        const double length = std::hypot(way.x(), way.y());
        const double ahead = QPointF::dotProduct(way, direction) / length; // cosine
        if (index == m_selected || length == 0 || (m_selected >= 0 && ahead < widest))
            return;
        const double cost = m_selected < 0 ? length : length * (2 - ahead);
        if (cost < bestCost) {
            best = index;
            bestCost = cost;
        }
    };
    if (m_selected >= 0) {
        for (const qint32 neighbour : m_neighbours.at(m_selected))
            consider(neighbour, 0.5);
    }
    if (best < 0) {
        for (qsizetype i = 0; i < nodes.size(); ++i)
            consider(i, 0.7);
    }
    if (best < 0)
        return;
    select(best);
    const QPointF view = toView(nodes.at(best).position);
    if (!QRectF(0, 0, width(), height()).adjusted(border, border, -border, -border).contains(view)) {
        m_centre = nodes.at(best).position;
        m_fitted = false;
    }
}

void GraphView::setHovered(qsizetype index)
{
    if (index == m_hovered)
        return;
    m_hovered = index;
    setCursor(index < 0 ? Qt::ArrowCursor : Qt::PointingHandCursor);
    update();
    Q_EMIT hoveredChanged();
}

void GraphView::select(qsizetype index)
{
    if (m_model)
        m_model->setSelected(index < 0 ? QString() : m_model->nodes().at(index).jid);
}

// --- Painting ---

bool GraphView::isFaded(qsizetype index) const
{
    return m_selected >= 0 && index != m_selected && index != m_hovered
        && !m_neighbours.at(m_selected).contains(qint32(index));
}

void GraphView::paint(QPainter *painter)
{
    if (!m_model)
        return;
    painter->setRenderHint(QPainter::Antialiasing);
    paintEdges(painter);
    paintNodes(painter);
    paintLabels(painter);
}

void GraphView::paintEdges(QPainter *painter) const
{
    const QList<GraphNode> &nodes = m_model->nodes();
    for (const GraphEdge &edge : m_model->edges()) {
        const bool isPending = edge.draft != DraftMark::None;
        const bool near = edge.from == m_selected || edge.to == m_selected;
        const QLineF line(toView(nodes.at(edge.from).position), toView(nodes.at(edge.to).position));
        QPen pen(near ? m_accent : m_line, near ? 1.8 : 1.2, Qt::SolidLine, Qt::FlatCap);
        if (edge.state == Friendship::State::Rejected) {
            pen.setColor(m_denied);
            pen.setDashPattern({ 4, 3 });
        }
        if (isPending) {
            pen.setColor(m_pending);
            pen.setWidthF(2);
        }
        painter->setOpacity(m_selected >= 0 && !near && !isPending ? faded : 1);
        painter->setPen(pen);
        painter->drawLine(line);
        if (!isPending)
            continue;

        // A sign in the middle: what the draft does to this pair, readable without its colour.
        const QPointF middle = line.center();
        painter->setOpacity(1);
        painter->setPen(QPen(m_pending, 1.5));
        painter->setBrush(m_surface);
        painter->drawEllipse(middle, 7, 7);
        if (edge.draft == DraftMark::Added) {
            painter->drawLine(middle - QPointF(3, 0), middle + QPointF(3, 0));
            painter->drawLine(middle - QPointF(0, 3), middle + QPointF(0, 3));
        } else if (edge.draft == DraftMark::Removed) {
            painter->drawLine(middle - QPointF(2.5, 2.5), middle + QPointF(2.5, 2.5));
            painter->drawLine(middle - QPointF(2.5, -2.5), middle + QPointF(2.5, -2.5));
        } else {
            painter->setBrush(m_pending);
            painter->drawEllipse(middle, 2, 2);
        }
    }
    painter->setOpacity(1);
}

void GraphView::paintNodes(QPainter *painter) const
{
    for (qsizetype i = 0; i < m_model->nodes().size(); ++i) {
        const GraphNode &node = m_model->nodes().at(i);
        const QPointF place = toView(node.position);
        const double size = radius();
        painter->setOpacity(isFaded(i) ? faded : 1);

        // What lies behind a faded shape must not shine through it.
        painter->setPen(Qt::NoPen);
        painter->setBrush(m_surface);
        const double opacity = painter->opacity();
        painter->setOpacity(1);
        painter->drawPath(shapeOf(node.kind, place, size + 1.5));
        painter->setOpacity(opacity);

        const QColor ink = i == m_selected ? m_accent : (node.online ? m_text : m_quiet);
        painter->setPen(QPen(ink, 1.6, node.online ? Qt::SolidLine : Qt::DotLine));
        painter->setBrush(node.online ? QBrush(ink) : QBrush(m_surface));
        painter->drawPath(shapeOf(node.kind, place, size - 0.8));

        if (i == m_selected || i == m_hovered) {
            painter->setOpacity(1);
            painter->setBrush(Qt::NoBrush);
            painter->setPen(
                QPen(i == m_selected ? m_accent : m_quiet, i == m_selected && hasActiveFocus() ? 2.5 : 1.5));
            painter->drawPath(shapeOf(node.kind, place, size + 4));
        }
        if (node.waiting > 0) {
            // A small clock: something is waiting to be delivered.
            const QPointF corner = place + QPointF(size, -size);
            painter->setOpacity(1);
            painter->setPen(QPen(m_surface, 1.5));
            painter->setBrush(m_pending);
            painter->drawEllipse(corner, 6, 6);
            painter->setPen(QPen(m_surface, 1.3));
            painter->drawLine(corner, corner - QPointF(0, 3.2));
            painter->drawLine(corner, corner + QPointF(2.6, 0));
        }
    }
    painter->setOpacity(1);
}

void GraphView::paintLabels(QPainter *painter) const
{
    const QList<GraphNode> &nodes = m_model->nodes();
    QList<qsizetype> order;
    for (qsizetype i = 0; i < nodes.size(); ++i) {
        if (!isFaded(i))
            order.append(i);
    }
    // Where there is no room for all, those stay that matter most.
    const auto weight = [this](qsizetype index) {
        if (index == m_selected || index == m_hovered)
            return std::numeric_limits<qsizetype>::max();
        return m_neighbours.at(index).size();
    };
    std::ranges::stable_sort(order, std::greater {}, weight);

    const QFontMetricsF metrics(m_font);
    const double size = radius();
    QList<QRectF> taken;
    for (const GraphNode &node : nodes) {
        const QPointF place = toView(node.position);
        taken.append(QRectF(place - QPointF(size, size), place + QPointF(size, size)));
    }
    const QRectF visible(0, 0, width(), height());
    painter->setFont(m_font);
    for (const qsizetype index : std::as_const(order)) {
        const GraphNode &node = nodes.at(index);
        const QPointF place = toView(node.position);
        if (!visible.contains(place))
            continue;
        const bool chosen = index == m_selected || index == m_hovered;
        // Nobody should have to guess who is in the middle of it all.
        const bool important = chosen || m_neighbours.at(index).size() >= hubSize;
        const QString text = metrics.elidedText(label(node), Qt::ElideRight,
                                                chosen ? labelWidth * 2 : labelWidth);
        const QSizeF extent(metrics.horizontalAdvance(text), metrics.height());
        const double gap = size * 1.3 + 3;
        const std::array candidates {
            QPointF(-extent.width() / 2, gap),
            QPointF(-extent.width() / 2, -gap - extent.height()),
            QPointF(gap, -extent.height() / 2),
            QPointF(-gap - extent.width(), -extent.height() / 2),
            QPointF(gap * 0.7, gap * 0.7),
            QPointF(gap * 0.7, -gap * 0.7 - extent.height()),
            QPointF(-gap * 0.7 - extent.width(), gap * 0.7),
            QPointF(-gap * 0.7 - extent.width(), -gap * 0.7 - extent.height()),
        };
        const auto isFree = [&](QPointF offset) {
            const QRectF box(place + offset, extent);
            return visible.contains(box)
                && std::ranges::none_of(taken, [&box](const QRectF &other) { return other.intersects(box); });
        };
        const auto found = std::ranges::find_if(candidates, isFree);
        if (found == candidates.end() && !important)
            continue;
        const QRectF box(place + (found == candidates.end() ? candidates.front() : *found), extent);
        taken.append(box);

        painter->setPen(Qt::NoPen);
        QColor ground = m_surface;
        ground.setAlphaF(0.82F);
        painter->setBrush(ground);
        painter->drawRoundedRect(box.adjusted(-2, 0, 2, 0), 3, 3);
        painter->setPen(chosen ? m_text : (node.online ? m_text : m_quiet));
        painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
    }
}

} // namespace castellan::views
