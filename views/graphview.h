// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/graphmodel.h"

#include <QColor>
#include <QFont>
#include <QPointer>
#include <QQuickPaintedItem>

namespace castellan::views {

/// Draws who is friend with whom: a shape per kind of thing, a line per pair.
///
/// Sizes are logical pixels, positions in the model's plane are "world" units. It is painted, and so looks
/// the same on every scene graph backend; meant for some hundred things. What can be seen in it can also be
/// read from the tables of things and friends.
class GraphView : public QQuickPaintedItem
{
    Q_OBJECT
    QML_ELEMENT

    Q_PROPERTY(
        castellan::presentation::GraphModel *model READ model WRITE setModel NOTIFY modelChanged REQUIRED)
    /// JID of the thing under the pointer, "" if there is none.
    Q_PROPERTY(QString hovered READ hovered NOTIFY hoveredChanged)
    /// True while it has the focus because of the Tab key.
    Q_PROPERTY(bool reachedByKeyboard READ isReachedByKeyboard NOTIFY reachedByKeyboardChanged)
    /// Spoken description of what is selected and how it is linked.
    Q_PROPERTY(QString summary READ summary NOTIFY summaryChanged)

    Q_PROPERTY(QFont font MEMBER m_font NOTIFY styleChanged)
    Q_PROPERTY(QColor surface MEMBER m_surface NOTIFY styleChanged)
    Q_PROPERTY(QColor text MEMBER m_text NOTIFY styleChanged)
    Q_PROPERTY(QColor quiet MEMBER m_quiet NOTIFY styleChanged)
    Q_PROPERTY(QColor line MEMBER m_line NOTIFY styleChanged)
    Q_PROPERTY(QColor accent MEMBER m_accent NOTIFY styleChanged)
    Q_PROPERTY(QColor denied MEMBER m_denied NOTIFY styleChanged)
    Q_PROPERTY(QColor pending MEMBER m_pending NOTIFY styleChanged)

public:
    explicit GraphView(QQuickItem *parent = nullptr);

    [[nodiscard]] presentation::GraphModel *model() const { return m_model; }
    void setModel(presentation::GraphModel *model);
    [[nodiscard]] QString hovered() const;
    [[nodiscard]] bool isReachedByKeyboard() const { return m_reachedByKeyboard; }
    [[nodiscard]] QString summary() const;

    /// Shows everything.
    Q_INVOKABLE void fit();
    /// Larger by \a factor, around the middle.
    Q_INVOKABLE void zoom(double factor);
    /// Where \a jid is drawn, in this item's coordinates; far outside if it is not in the graph.
    Q_INVOKABLE [[nodiscard]] QPointF placeOf(const QString &jid) const;

    void paint(QPainter *painter) override;

Q_SIGNALS:
    void modelChanged();
    void hoveredChanged();
    void reachedByKeyboardChanged();
    void summaryChanged();
    void styleChanged();
    /// The user asked for more about \a jid (double click, Return).
    void activated(const QString &jid);

protected:
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void hoverMoveEvent(QHoverEvent *event) override;
    void hoverLeaveEvent(QHoverEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void geometryChange(const QRectF &now, const QRectF &before) override;

private:
    [[nodiscard]] QPointF toView(QPointF world) const;
    [[nodiscard]] QPointF toWorld(QPointF view) const;
    [[nodiscard]] double radius() const;
    [[nodiscard]] qsizetype indexOf(const QString &jid) const;
    [[nodiscard]] qsizetype nodeAt(QPointF view) const;
    void zoomAround(QPointF view, double factor);
    void setHovered(qsizetype index);
    void setReachedByKeyboard(bool reached);
    void select(qsizetype index);
    void walk(QPointF direction);
    void takeGraph();
    void changed();
    void paintEdges(QPainter *painter) const;
    void paintNodes(QPainter *painter) const;
    void paintLabels(QPainter *painter) const;
    [[nodiscard]] bool isFaded(qsizetype index) const;

    QPointer<presentation::GraphModel> m_model;
    QList<QList<qint32>> m_neighbours; ///< by node
    qsizetype m_selected = -1;
    qsizetype m_hovered = -1;

    QPointF m_centre; ///< world, shown in the middle
    double m_scale = 60; ///< pixels per world unit
    /// Until the user pans or zooms, all of the graph stays in view.
    bool m_fitted = true;
    QPointF m_pressed;
    QPointF m_pressedCentre;
    bool m_panning = false;
    bool m_reachedByKeyboard = false;

    QFont m_font;
    QColor m_surface = Qt::white;
    QColor m_text = Qt::black;
    QColor m_quiet = Qt::gray;
    QColor m_line = Qt::lightGray;
    QColor m_accent = Qt::blue;
    QColor m_denied = Qt::red;
    QColor m_pending = Qt::magenta;
};

} // namespace castellan::views
