// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "planeview.h"

#include <QCursor>
#include <QFocusEvent>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QHoverEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyleHints>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace castellan::views {

namespace {

constexpr double largestFittedScale = 110;
constexpr double border = 48; ///< pixels around a fitted graph, for labels
constexpr double labelWidth = 160;

} // namespace

PlaneView::PlaneView(QQuickItem *parent)
    : QQuickPaintedItem(parent)
{
    setAcceptedMouseButtons(Qt::LeftButton);
    setAcceptHoverEvents(true);
    setActiveFocusOnTab(true);
    setAntialiasing(true);
    connect(this, &PlaneView::styleChanged, this, [this] { viewChanged(); });
    connect(this, &QQuickItem::activeFocusChanged, this, [this] { update(); });
}

QString PlaneView::hovered() const
{
    return m_hovered < 0 ? QString() : jidOf(m_hovered);
}

QString PlaneView::summary() const
{
    if (m_selected < 0)
        return tr("Nothing is selected. The arrow keys walk from thing to thing.");
    const auto links = int(neighboursOf(m_selected).size());
    return isOnline(m_selected)
        ? tr("%1 is selected: online, %n friendships shown.", "%1 is a name", links).arg(labelOf(m_selected))
        : tr("%1 is selected: offline, %n friendships shown.", "%1 is a name", links)
              .arg(labelOf(m_selected));
}

void PlaneView::graphChanged()
{
    m_hovered = -1;
    m_selected = -1;
    Q_EMIT hoveredChanged();
    if (m_fitted)
        fit();
    viewChanged();
}

void PlaneView::selectionChanged(const QString &jid)
{
    m_selected = jid.isEmpty() ? -1 : indexOf(jid);
    wordsChanged();
}

void PlaneView::wordsChanged()
{
    update();
    Q_EMIT hoveredChanged();
    Q_EMIT summaryChanged();
}

QPointF PlaneView::toView(QPointF world) const
{
    return (world - m_centre) * m_scale + QPointF(width(), height()) / 2;
}

QPointF PlaneView::toWorld(QPointF view) const
{
    return (view - QPointF(width(), height()) / 2) / m_scale + m_centre;
}

QRectF PlaneView::visibleWorld() const
{
    return { toWorld({}), toWorld({ width(), height() }) };
}

QPointF PlaneView::placeOf(const QString &jid) const
{
    const qint32 node = indexOf(jid);
    return node < 0 ? QPointF(-1e6, -1e6) : toView(positionOf(node));
}

qint32 PlaneView::nodeAt(QPointF view) const
{
    return nearest(toWorld(view), (radius() + 5) / m_scale); // easier to hit than to see
}

void PlaneView::look(QPointF centre, double scale)
{
    m_centre = centre;
    m_scale = scale;
    m_fitted = false;
    viewChanged();
}

void PlaneView::fit()
{
    m_fitted = true;
    if (count() == 0 || width() <= 0 || height() <= 0)
        return;
    const QRectF all = world();
    const double across = std::max(width() - border * 2, 1.0) / std::max(all.width(), 0.01);
    const double down = std::max(height() - border * 2, 1.0) / std::max(all.height(), 0.01);
    look(all.center(), std::clamp(std::min(across, down), smallestScale(), largestFittedScale));
    m_fitted = true;
}

void PlaneView::zoom(double factor)
{
    zoomAround(QPointF(width(), height()) / 2, factor);
}

void PlaneView::pan(QPointF pixels)
{
    look(m_centre + pixels / m_scale, m_scale);
}

void PlaneView::centreOn(const QString &jid)
{
    if (const qint32 node = indexOf(jid); node >= 0)
        look(positionOf(node), std::max(m_scale, readableScale(node)));
}

double PlaneView::largestScale() const
{
    return 220;
}

double PlaneView::readableScale(qint32 /*node*/) const
{
    return 60;
}

void PlaneView::zoomAround(QPointF view, double factor)
{
    const QPointF world = toWorld(view);
    m_scale = std::clamp(m_scale * factor, smallestScale(), largestScale());
    look(m_centre + world - toWorld(view), m_scale); // what is under the pointer stays there
}

void PlaneView::geometryChange(const QRectF &now, const QRectF &before)
{
    QQuickPaintedItem::geometryChange(now, before);
    if (m_fitted)
        fit();
    viewChanged();
}

// --- Input ---

void PlaneView::mousePressEvent(QMouseEvent *event)
{
    forceActiveFocus(Qt::MouseFocusReason);
    m_pressed = event->position();
    m_pressedCentre = m_centre;
    m_panning = false;
    setKeepMouseGrab(true);
}

void PlaneView::mouseMoveEvent(QMouseEvent *event)
{
    const QPointF moved = event->position() - m_pressed;
    if (!m_panning && moved.manhattanLength() < QGuiApplication::styleHints()->startDragDistance())
        return;
    m_panning = true;
    setCursor(Qt::ClosedHandCursor);
    look(m_pressedCentre - moved / m_scale, m_scale);
}

void PlaneView::mouseReleaseEvent(QMouseEvent *event)
{
    setKeepMouseGrab(false);
    unsetCursor();
    if (!m_panning)
        choose(nodeAt(event->position()));
}

void PlaneView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const qint32 node = nodeAt(event->position());
    if (const QString jid = node < 0 ? QString() : jidOf(node); !jid.isEmpty())
        Q_EMIT activated(jid);
}

void PlaneView::hoverMoveEvent(QHoverEvent *event)
{
    setHovered(nodeAt(event->position()));
}

void PlaneView::hoverLeaveEvent(QHoverEvent *)
{
    setHovered(-1);
}

void PlaneView::wheelEvent(QWheelEvent *event)
{
    const QPoint pixels = event->pixelDelta();
    // Touchpads pan with two fingers and zoom with Ctrl; wheels zoom.
    if (!pixels.isNull() && !(event->modifiers() & Qt::ControlModifier))
        pan(-pixels);
    else
        zoomAround(event->position(), std::pow(1.2, event->angleDelta().y() / 120.0));
    event->accept();
}

void PlaneView::keyPressEvent(QKeyEvent *event)
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
            Q_EMIT activated(jidOf(m_selected));
        return;
    case Qt::Key_Escape:
        if (m_selected >= 0)
            return choose(-1);
        break;
    default:
        break;
    }
    event->ignore();
}

void PlaneView::focusInEvent(QFocusEvent *event)
{
    setReachedByKeyboard(event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason);
}

void PlaneView::focusOutEvent(QFocusEvent *)
{
    setReachedByKeyboard(false);
}

void PlaneView::setReachedByKeyboard(bool reached)
{
    if (std::exchange(m_reachedByKeyboard, reached) != reached)
        Q_EMIT reachedByKeyboardChanged();
}

/// To the friend that lies most in \a direction; where there is none, to the nearest thing that way.
void PlaneView::walk(QPointF direction)
{
    const QPointF start = m_selected < 0 ? m_centre : positionOf(m_selected);
    qint32 best = -1;
    double bestCost = std::numeric_limits<double>::infinity();
    const auto consider = [&](qint32 node, double widest) {
        const QPointF way = positionOf(node) - start;
        const double length = std::hypot(way.x(), way.y());
        const double ahead = QPointF::dotProduct(way, direction) / length; // cosine
        if (node == m_selected || length == 0 || (m_selected >= 0 && ahead < widest))
            return;
        const double cost = m_selected < 0 ? length : length * (2 - ahead);
        if (cost < bestCost) {
            best = node;
            bestCost = cost;
        }
    };
    if (m_selected >= 0) {
        for (const qint32 neighbour : neighboursOf(m_selected))
            consider(neighbour, 0.5);
    }
    if (best < 0) {
        for (const qint32 node : nodesInReach())
            consider(node, 0.7);
    }
    if (best < 0)
        return;
    choose(best);
    const QPointF view = toView(positionOf(best));
    if (!QRectF(0, 0, width(), height()).adjusted(border, border, -border, -border).contains(view))
        look(positionOf(best), m_scale);
}

void PlaneView::setHovered(qint32 node)
{
    if (node == m_hovered)
        return;
    m_hovered = node;
    setCursor(node < 0 ? Qt::ArrowCursor : Qt::PointingHandCursor);
    update();
    Q_EMIT hoveredChanged();
}

// --- Painting ---

void PlaneView::paintLabels(QPainter *painter, std::span<const qint32> nodes, size_t important,
                            std::span<const qint32> ofTaken) const
{
    const QFontMetricsF metrics(m_style.font);
    const double size = radius();
    QList<QRectF> taken;
    for (const qint32 node : ofTaken) {
        const QPointF place = toView(positionOf(node));
        taken.append(QRectF(place - QPointF(size, size), place + QPointF(size, size)));
    }
    const QRectF visible(0, 0, width(), height());
    painter->setFont(m_style.font);
    for (size_t i = 0; i < nodes.size(); ++i) {
        const qint32 node = nodes[i];
        const QPointF place = toView(positionOf(node));
        const QString label = labelOf(node);
        if (label.isEmpty() || !visible.contains(place))
            continue;
        const bool chosen = node == m_selected || node == m_hovered;
        const QString text = metrics.elidedText(label, Qt::ElideRight, chosen ? labelWidth * 2 : labelWidth);
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
        if (found == candidates.end() && i >= important)
            continue;
        const QRectF box(place + (found == candidates.end() ? candidates.front() : *found), extent);
        taken.append(box);

        painter->setPen(Qt::NoPen);
        QColor ground = m_style.surface;
        ground.setAlphaF(0.82F);
        painter->setBrush(ground);
        painter->drawRoundedRect(box.adjusted(-2, 0, 2, 0), 3, 3);
        painter->setPen(chosen || isOnline(node) ? m_style.text : m_style.quiet);
        painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, text);
    }
}

} // namespace castellan::views
