// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "graphview.h"

#include "nodes.h"

#include <QLineF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>

using castellan::presentation::GraphEdge;
using castellan::presentation::GraphModel;
using castellan::presentation::GraphNode;
using castellan::replica::DraftMark;

namespace castellan::views {

namespace {

constexpr size_t hubSize = 10; ///< friends of a thing whose label is always there
constexpr double faded = 0.28;

} // namespace

GraphView::GraphView(QQuickItem *parent)
    : PlaneView(parent)
{ }

void GraphView::setModel(GraphModel *model)
{
    if (model == m_model)
        return;
    if (m_model)
        m_model->disconnect(this);
    m_model = model;
    if (m_model) {
        connect(m_model, &GraphModel::graphChanged, this, &GraphView::takeGraph);
        connect(m_model, &GraphModel::statesChanged, this, &GraphView::takeSelected);
        connect(m_model, &GraphModel::selectedChanged, this, &GraphView::takeSelected);
        // Another part of the network is another picture: show all of it.
        connect(m_model, &GraphModel::focusChanged, this, [this] { showAllAgain(); });
        connect(m_model, &GraphModel::hopsChanged, this, [this] { showAllAgain(); });
        connect(m_model, &GraphModel::membersChanged, this, [this] { showAllAgain(); });
    }
    takeGraph();
    Q_EMIT modelChanged();
}

/// The structure is another: nothing that was remembered by index holds.
void GraphView::takeGraph()
{
    m_neighbours.assign(size_t(count()), {});
    if (m_model) {
        for (const GraphEdge &edge : m_model->edges()) {
            m_neighbours[size_t(edge.from)].push_back(edge.to);
            m_neighbours[size_t(edge.to)].push_back(edge.from);
        }
    }
    graphChanged();
    takeSelected();
}

void GraphView::takeSelected()
{
    selectionChanged(m_model ? m_model->selected() : QString());
}

qint32 GraphView::count() const
{
    return m_model ? qint32(m_model->nodes().size()) : 0;
}

QRectF GraphView::world() const
{
    const auto places = m_model->nodes() | std::views::transform(&GraphNode::position);
    const auto [left, right] = std::ranges::minmax(places | std::views::transform(&QPointF::x));
    const auto [top, bottom] = std::ranges::minmax(places | std::views::transform(&QPointF::y));
    return { QPointF(left, top), QPointF(right, bottom) };
}

QPointF GraphView::positionOf(qint32 node) const
{
    return m_model->nodes().at(node).position;
}

QString GraphView::jidOf(qint32 node) const
{
    return m_model->nodes().at(node).jid;
}

QString GraphView::labelOf(qint32 node) const
{
    const GraphNode &shown = m_model->nodes().at(node);
    return shown.name.isEmpty() ? shown.jid.section(u'@', 0, 0) : shown.name;
}

bool GraphView::isOnline(qint32 node) const
{
    return m_model->nodes().at(node).online;
}

qint32 GraphView::indexOf(const QString &jid) const
{
    if (!m_model)
        return -1;
    const QList<GraphNode> &nodes = m_model->nodes();
    const auto found = std::ranges::find(nodes, jid, &GraphNode::jid);
    return found == nodes.end() ? -1 : qint32(std::distance(nodes.begin(), found));
}

std::span<const qint32> GraphView::neighboursOf(qint32 node) const
{
    return m_neighbours.at(size_t(node));
}

qint32 GraphView::nearest(QPointF world, double within) const
{
    qint32 nearest = -1;
    for (qint32 node = 0; node < count(); ++node) {
        if (const double there = QLineF(positionOf(node), world).length(); there < within) {
            nearest = node;
            within = there;
        }
    }
    return nearest;
}

std::vector<qint32> GraphView::nodesInReach() const
{
    std::vector<qint32> all;
    all.resize(size_t(count()));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

double GraphView::radius() const
{
    return std::clamp(scale() * 0.17, 4.5, 11.0);
}

void GraphView::choose(qint32 node)
{
    if (m_model)
        m_model->setSelected(node < 0 ? QString() : jidOf(node));
}

double GraphView::smallestScale() const
{
    return 8;
}

// --- Painting ---

bool GraphView::isFaded(qint32 node) const
{
    return selectedNode() >= 0 && node != selectedNode() && node != hoveredNode()
        && !std::ranges::contains(neighboursOf(selectedNode()), node);
}

void GraphView::paint(QPainter *painter)
{
    if (!m_model)
        return;
    painter->setRenderHint(QPainter::Antialiasing);
    paintEdges(painter);
    paintNodes(painter);

    // Where there is no room for all labels, those stay that matter most. Nobody should have to guess who is
    // in the middle of it all.
    std::vector<qint32> labelled = nodesInReach();
    const std::vector<qint32> all = labelled;
    std::erase_if(labelled, [this](qint32 node) { return isFaded(node); });
    const auto weight = [this](qint32 node) {
        return node == selectedNode() || node == hoveredNode() ? size_t(-1) : neighboursOf(node).size();
    };
    std::ranges::stable_sort(labelled, std::greater {}, weight);
    const auto important = std::ranges::find_if(labelled,
                                                [&](qint32 node) { return weight(node) < hubSize; });
    paintLabels(painter, labelled, size_t(important - labelled.begin()), all);
}

void GraphView::paintEdges(QPainter *painter) const
{
    const QList<GraphNode> &nodes = m_model->nodes();
    for (const GraphEdge &edge : m_model->edges()) {
        const bool isPending = edge.draft != DraftMark::None;
        const bool near = edge.from == selectedNode() || edge.to == selectedNode();
        const QLineF line(toView(nodes.at(edge.from).position), toView(nodes.at(edge.to).position));
        QPen pen(near ? style().accent : style().line, near ? 1.8 : 1.2, Qt::SolidLine, Qt::FlatCap);
        if (edge.state == Friendship::State::Rejected) {
            pen.setColor(style().denied);
            pen.setDashPattern({ 4, 3 });
        }
        if (isPending) {
            pen.setColor(style().pending);
            pen.setWidthF(2);
        }
        painter->setOpacity(selectedNode() >= 0 && !near && !isPending ? faded : 1);
        painter->setPen(pen);
        painter->drawLine(line);
        if (!isPending)
            continue;

        // A sign in the middle: what the draft does to this pair, readable without its colour.
        const QPointF middle = line.center();
        painter->setOpacity(1);
        painter->setPen(QPen(style().pending, 1.5));
        painter->setBrush(style().surface);
        painter->drawEllipse(middle, 7, 7);
        if (edge.draft == DraftMark::Added) {
            painter->drawLine(middle - QPointF(3, 0), middle + QPointF(3, 0));
            painter->drawLine(middle - QPointF(0, 3), middle + QPointF(0, 3));
        } else if (edge.draft == DraftMark::Removed) {
            painter->drawLine(middle - QPointF(2.5, 2.5), middle + QPointF(2.5, 2.5));
            painter->drawLine(middle - QPointF(2.5, -2.5), middle + QPointF(2.5, -2.5));
        } else {
            painter->setBrush(style().pending);
            painter->drawEllipse(middle, 2, 2);
        }
    }
    painter->setOpacity(1);
}

void GraphView::paintNodes(QPainter *painter) const
{
    for (qint32 i = 0; i < count(); ++i) {
        const GraphNode &node = m_model->nodes().at(i);
        const QPointF place = toView(node.position);
        const bool isSelected = i == selectedNode();
        paintNode(painter,
                  { .kind = node.kind,
                    .online = node.online,
                    .waiting = node.waiting > 0,
                    .selected = isSelected,
                    .opacity = isFaded(i) ? faded : 1 },
                  place, radius(), style());
        if (isSelected || i == hoveredNode()) {
            painter->setBrush(Qt::NoBrush);
            painter->setPen(QPen(isSelected ? style().accent : style().quiet,
                                 isSelected && hasActiveFocus() ? 2.5 : 1.5));
            painter->drawPath(shapeOf(node.kind, place, radius() + 4));
        }
    }
}

} // namespace castellan::views
