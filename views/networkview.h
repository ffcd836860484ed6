// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "planeview.h"
#include "presentation/networkmodel.h"
#include "tiles.h"

#include <QPointer>

namespace castellan::views {

/// Draws a network of any size. What is still is drawn by other threads into tiles, how dense it is or shape
/// by shape as soon as few enough are in view, so that a frame costs the same however many things there are,
/// with a GPU and without one. Over them it paints labels, and what is selected.
class NetworkView : public PlaneView
{
    Q_OBJECT
    QML_ELEMENT

    Q_PROPERTY(
        castellan::presentation::NetworkModel *model READ model WRITE setModel NOTIFY modelChanged REQUIRED)
    /// Things are drawn one by one, not as how dense they are.
    Q_PROPERTY(bool detailed READ isDetailed NOTIFY pictureChanged)
    /// All that is in view is drawn at the scale it is looked at.
    Q_PROPERTY(bool complete READ isComplete NOTIFY pictureChanged)

public:
    explicit NetworkView(QQuickItem *parent = nullptr);
    ~NetworkView() override;

    [[nodiscard]] presentation::NetworkModel *model() const { return m_model; }
    void setModel(presentation::NetworkModel *model);
    [[nodiscard]] bool isDetailed() const;
    [[nodiscard]] bool isComplete() const;

    void paint(QPainter *painter) override;

Q_SIGNALS:
    void modelChanged();
    void pictureChanged();

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
    [[nodiscard]] double largestScale() const override;
    [[nodiscard]] double readableScale(qint32 node) const override;
    void viewChanged() override;
    void updatePolish() override;
    QSGNode *updatePaintNode(QSGNode *old, UpdatePaintNodeData *data) override;

private:
    void takeMap();
    void takeSelected();
    [[nodiscard]] double wantedRadius() const;
    /// The tiles of a look that are in view.
    [[nodiscard]] QRect visibleTiles(const TileLook &look) const;
    void chooseLabels();
    [[nodiscard]] bool hasOverlay() const;
    [[nodiscard]] double ratio() const;

    QPointer<presentation::NetworkModel> m_model;
    std::unique_ptr<Tiles> m_shown; ///< complete when it was first shown
    std::unique_ptr<Tiles> m_next; ///< as it should be; null: it is what is shown
    std::vector<qint32> m_labelled;
    std::vector<qint32> m_inView; ///< when shapes are drawn
};

} // namespace castellan::views
