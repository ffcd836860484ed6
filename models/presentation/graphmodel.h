// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QBasicTimer>
#include <QPointF>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

#include <stop_token>

namespace castellan::presentation {

struct GraphNode
{
    QString jid;
    QString name; ///< "" if it has none
    ThingKind kind = ThingKind::Thing;
    bool online = false;
    int waiting = 0; ///< clearCache messages not yet acknowledged
    QPointF position; ///< linked nodes are about 1 apart

    friend bool operator==(const GraphNode &, const GraphNode &) = default;
};

struct GraphEdge
{
    qint32 from = 0; ///< index of a node
    qint32 to = 0;
    Friendship::State state = Friendship::State::Accepted;
    replica::DraftMark draft = replica::DraftMark::None;

    friend bool operator==(const GraphEdge &, const GraphEdge &) = default;
};

/// Things and their explicit pairs, placed in the plane: what a view draws.
class GraphModel : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// Bare JID to show the surroundings of; "": the whole network.
    Q_PROPERTY(QString focus READ focus WRITE setFocus NOTIFY focusChanged)
    /// How far around the focus, from 1.
    Q_PROPERTY(int hops READ hops WRITE setHops NOTIFY hopsChanged)
    /// These things and no others, if there are any; the focus does not matter then.
    Q_PROPERTY(QStringList members READ members WRITE setMembers NOTIFY membersChanged)
    /// Reads only while this is true.
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    /// Bare JID or "". Belongs to whoever looks; nothing here depends on it.
    Q_PROPERTY(QString selected READ selected WRITE setSelected NOTIFY selectedChanged)
    /// Things are read or placed.
    Q_PROPERTY(bool loading READ isLoading NOTIFY loadingChanged)
    Q_PROPERTY(int nodeCount READ nodeCount NOTIFY graphChanged)
    Q_PROPERTY(int edgeCount READ edgeCount NOTIFY graphChanged)

public:
    explicit GraphModel(QObject *parent = nullptr);
    ~GraphModel() override;

    [[nodiscard]] QString focus() const { return m_query.focus; }
    void setFocus(const QString &jid);
    [[nodiscard]] int hops() const { return m_query.hops; }
    void setHops(int hops);
    [[nodiscard]] QStringList members() const { return m_query.members; }
    void setMembers(const QStringList &jids);
    [[nodiscard]] bool isActive() const { return m_active; }
    void setActive(bool active);
    [[nodiscard]] QString selected() const { return m_selected; }
    void setSelected(const QString &jid);
    [[nodiscard]] bool isLoading() const { return m_loading; }
    [[nodiscard]] int nodeCount() const { return int(m_nodes.size()); }
    [[nodiscard]] int edgeCount() const { return int(m_edges.size()); }

    [[nodiscard]] const QList<GraphNode> &nodes() const { return m_nodes; }
    [[nodiscard]] const QList<GraphEdge> &edges() const { return m_edges; }

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void focusChanged();
    void hopsChanged();
    void membersChanged();
    void activeChanged();
    void selectedChanged();
    void loadingChanged();
    /// Other nodes, edges or positions.
    void graphChanged();
    /// The same nodes and edges in the same order and places; only what they say of themselves is new.
    void statesChanged();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void follow();
    void invalidate();
    void read();
    void take(const replica::GraphRows &rows);
    void place(QList<GraphNode> nodes, QList<GraphEdge> edges);
    void finish();
    void setLoading(bool loading);

    QPointer<Session> m_session;
    replica::GraphQuery m_query;
    QString m_selected;
    QList<GraphNode> m_nodes;
    QList<GraphEdge> m_edges;
    QBasicTimer m_timer;
    std::stop_source m_placing;
    bool m_active = true;
    bool m_loading = false;
    bool m_outdated = false; ///< what is under way will not be the newest any more
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
