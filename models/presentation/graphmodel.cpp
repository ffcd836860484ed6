// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/graphmodel.h"

#include "layout/layout.h"

#include <QFuture>
#include <QHash>
#include <QTimerEvent>
#include <QtConcurrentRun>

#include <algorithm>
#include <chrono>

namespace castellan::presentation {

using namespace std::chrono_literals;

/// A burst of events is one reading; shorter than anybody notices.
static constexpr auto settleTime = 20ms;

GraphModel::GraphModel(QObject *parent)
    : QObject(parent)
{ }

GraphModel::~GraphModel()
{
    m_placing.request_stop();
}

void GraphModel::setFocus(const QString &jid)
{
    if (std::exchange(m_query.focus, jid) == jid)
        return;
    Q_EMIT focusChanged();
    read();
}

void GraphModel::setHops(int hops)
{
    hops = std::max(hops, 1);
    if (std::exchange(m_query.hops, hops) == hops)
        return;
    Q_EMIT hopsChanged();
    read();
}

void GraphModel::setMembers(const QStringList &jids)
{
    if (std::exchange(m_query.members, jids) == jids)
        return;
    Q_EMIT membersChanged();
    read();
}

void GraphModel::setActive(bool active)
{
    if (std::exchange(m_active, active) == active)
        return;
    Q_EMIT activeChanged();
    read();
}

void GraphModel::setSelected(const QString &jid)
{
    if (std::exchange(m_selected, jid) != jid)
        Q_EMIT selectedChanged();
}

void GraphModel::setSession(Session *session)
{
    if (m_session == session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session)
        connect(m_session, &Session::replicaChanged, this, &GraphModel::follow);
    follow();
}

void GraphModel::componentComplete()
{
    if (!m_session)
        setSession(Session::of(this));
}

void GraphModel::follow()
{
    ++m_generation;
    m_placing.request_stop();
    m_timer.stop();
    setLoading(false);
    if (!m_nodes.isEmpty()) {
        m_nodes.clear();
        m_edges.clear();
        Q_EMIT graphChanged();
    }
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica)
        return;
    connect(replica, &replica::Replica::changed, this, [this](replica::Parts parts) {
        using replica::Part;
        if (parts & (Part::Things | Part::Friendships | Part::Statuses | Part::Deliveries))
            invalidate();
    });
    connect(&replica->draft(), &replica::ChangeDraft::changed, this, &GraphModel::invalidate);
    read();
}

void GraphModel::invalidate()
{
    if (m_loading)
        m_outdated = true;
    else if (!m_timer.isActive())
        m_timer.start(settleTime, this);
}

void GraphModel::timerEvent(QTimerEvent *event)
{
    if (event->id() == Qt::TimerId(m_timer.id()))
        read();
}

void GraphModel::read()
{
    m_timer.stop();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || !m_active)
        return;
    m_placing.request_stop();
    m_outdated = false;
    setLoading(true);
    replica->graph(m_query).then(this,
                                 [this, generation = ++m_generation](const Result<replica::GraphRows> &rows) {
                                     if (generation != m_generation)
                                         return;
                                     if (rows)
                                         return take(*rows);
                                     if (m_session)
                                         m_session->report(rows.error());
                                     finish();
                                 });
}

void GraphModel::take(const replica::GraphRows &rows)
{
    QHash<QString, QPointF> positions;
    for (const GraphNode &node : std::as_const(m_nodes))
        positions.insert(node.jid, node.position);

    QList<GraphNode> nodes;
    QHash<QString, qint32> indices;
    nodes.reserve(rows.things.size());
    for (const replica::ThingRow &row : rows.things) {
        indices.insert(row.jid, qint32(nodes.size()));
        nodes.append({ .jid = row.jid,
                       .name = row.name,
                       .kind = row.kind,
                       .online = row.online,
                       .waiting = row.waiting,
                       .position = positions.value(row.jid) });
    }
    QList<GraphEdge> edges;
    edges.reserve(rows.pairs.size());
    for (const auto &[pair, draft] : rows.pairs) {
        edges.append({ .from = indices.value(pair.a),
                       .to = indices.value(pair.b),
                       .state = pair.state,
                       .draft = draft });
    }

    const auto ends = [](const GraphEdge &edge) { return std::pair(edge.from, edge.to); };
    const bool sameStructure = std::ranges::equal(nodes, m_nodes, {}, &GraphNode::jid, &GraphNode::jid)
        && std::ranges::equal(edges, m_edges, {}, ends, ends);
    if (!sameStructure)
        return place(std::move(nodes), std::move(edges));
    if (nodes != m_nodes || edges != m_edges) {
        m_nodes = std::move(nodes);
        m_edges = std::move(edges);
        Q_EMIT statesChanged();
    }
    finish();
}

void GraphModel::place(QList<GraphNode> nodes, QList<GraphEdge> edges)
{
    layout::Graph graph;
    graph.nodes = nodes.size();
    graph.edges.reserve(edges.size());
    for (const GraphEdge &edge : std::as_const(edges))
        graph.edges.append({ edge.from, edge.to });
    if (!m_nodes.isEmpty()) {
        graph.start.reserve(nodes.size());
        for (const GraphNode &node : std::as_const(nodes))
            graph.start.append(node.position);
    }

    m_placing = {};
    QtConcurrent::run(
        [graph = std::move(graph), stop = m_placing.get_token()] { return layout::place(graph, 1, stop); })
        .then(this,
              [this, generation = m_generation, nodes = std::move(nodes),
               edges = std::move(edges)](const QList<QPointF> &positions) mutable {
                  if (generation != m_generation)
                      return;
                  for (qsizetype i = 0; i < positions.size(); ++i)
                      nodes[i].position = positions.at(i);
                  m_nodes = std::move(nodes);
                  m_edges = std::move(edges);
                  Q_EMIT graphChanged();
                  finish();
              });
}

void GraphModel::finish()
{
    setLoading(false);
    if (m_outdated)
        invalidate();
}

void GraphModel::setLoading(bool loading)
{
    if (std::exchange(m_loading, loading) != loading)
        Q_EMIT loadingChanged();
}

} // namespace castellan::presentation
