// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "planeview.h"
#include "presentation/graphmodel.h"

#include <QPointer>

namespace castellan::views {

/// Draws who is friend with whom: a shape per kind of thing, a line per pair.
///
/// It is painted, and so looks the same on every scene graph backend; meant for some hundred things,
/// NetworkView is for more. What can be seen in it can also be read from the tables of things and friends.
class GraphView : public PlaneView
{
    Q_OBJECT
    QML_ELEMENT

    Q_PROPERTY(
        castellan::presentation::GraphModel *model READ model WRITE setModel NOTIFY modelChanged REQUIRED)

public:
    explicit GraphView(QQuickItem *parent = nullptr);

    [[nodiscard]] presentation::GraphModel *model() const { return m_model; }
    void setModel(presentation::GraphModel *model);

    void paint(QPainter *painter) override;

Q_SIGNALS:
    void modelChanged();

protected:
    [[nodiscard]] qint32 count() const override;
    [[nodiscard]] QRectF world() const override;
    [[nodiscard]] QPointF positionOf(qint32 node) const override;
    [[nodiscard]] QString jidOf(qint32 node) const override;
    [[nodiscard]] QString labelOf(qint32 node) const override;
    [[nodiscard]] bool isOnline(qint32 node) const override;
    [[nodiscard]] qint32 indexOf(const QString &jid) const override;
    [[nodiscard]] std::span<const qint32> neighboursOf(qint32 node) const override;
    [[nodiscard]] qint32 nearest(QPointF world, double within) const override;
    [[nodiscard]] std::vector<qint32> nodesInReach() const override;
    [[nodiscard]] double radius() const override;
    void choose(qint32 node) override;
    [[nodiscard]] double smallestScale() const override;

private:
    void takeGraph();
    void takeSelected();
    void paintEdges(QPainter *painter) const;
    void paintNodes(QPainter *painter) const;
    [[nodiscard]] bool isFaded(qint32 node) const;

    QPointer<presentation::GraphModel> m_model;
    std::vector<std::vector<qint32>> m_neighbours; ///< by node
};

} // namespace castellan::views
