// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QQmlEngine>
#include <QQuickPaintedItem>

namespace castellan::views {

/// What graphs are drawn with; the same in every theme but for the values.
struct Style
{
    QFont font;
    QColor surface = Qt::white;
    QColor text = Qt::black;
    QColor quiet = Qt::gray;
    QColor line = Qt::lightGray;
    QColor accent = Qt::blue;
    QColor denied = Qt::red;
    QColor pending = Qt::magenta;

    friend bool operator==(const Style &, const Style &) = default;
};

/// A plane with nodes that one pans over and zooms into, and walks through with the arrow keys from node to
/// neighbour. What the nodes are and how they look is up to those who derive from it; they count their nodes
/// from 0, and -1 is none.
///
/// Sizes are logical pixels, positions in the plane are "world" units.
class PlaneView : public QQuickPaintedItem
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("GraphView and NetworkView are drawn")
    /// JID of the node under the pointer, "" if there is none.
    Q_PROPERTY(QString hovered READ hovered NOTIFY hoveredChanged)
    /// True while it has the focus because of the Tab key.
    Q_PROPERTY(bool reachedByKeyboard READ isReachedByKeyboard NOTIFY reachedByKeyboardChanged)
    /// Spoken description of what is selected and how it is linked.
    Q_PROPERTY(QString summary READ summary NOTIFY summaryChanged)

    Q_PROPERTY(QFont font READ font WRITE setFont NOTIFY styleChanged)
    Q_PROPERTY(QColor surface READ surface WRITE setSurface NOTIFY styleChanged)
    Q_PROPERTY(QColor text READ text WRITE setText NOTIFY styleChanged)
    Q_PROPERTY(QColor quiet READ quiet WRITE setQuiet NOTIFY styleChanged)
    Q_PROPERTY(QColor line READ line WRITE setLine NOTIFY styleChanged)
    Q_PROPERTY(QColor accent READ accent WRITE setAccent NOTIFY styleChanged)
    Q_PROPERTY(QColor denied READ denied WRITE setDenied NOTIFY styleChanged)
    Q_PROPERTY(QColor pending READ pending WRITE setPending NOTIFY styleChanged)

public:
    explicit PlaneView(QQuickItem *parent = nullptr);

    [[nodiscard]] QString hovered() const;
    [[nodiscard]] bool isReachedByKeyboard() const { return m_reachedByKeyboard; }
    [[nodiscard]] QString summary() const;

    [[nodiscard]] QFont font() const { return m_style.font; }
    void setFont(const QFont &font) { restyle(m_style.font, font); }
    [[nodiscard]] QColor surface() const { return m_style.surface; }
    void setSurface(const QColor &colour) { restyle(m_style.surface, colour); }
    [[nodiscard]] QColor text() const { return m_style.text; }
    void setText(const QColor &colour) { restyle(m_style.text, colour); }
    [[nodiscard]] QColor quiet() const { return m_style.quiet; }
    void setQuiet(const QColor &colour) { restyle(m_style.quiet, colour); }
    [[nodiscard]] QColor line() const { return m_style.line; }
    void setLine(const QColor &colour) { restyle(m_style.line, colour); }
    [[nodiscard]] QColor accent() const { return m_style.accent; }
    void setAccent(const QColor &colour) { restyle(m_style.accent, colour); }
    [[nodiscard]] QColor denied() const { return m_style.denied; }
    void setDenied(const QColor &colour) { restyle(m_style.denied, colour); }
    [[nodiscard]] QColor pending() const { return m_style.pending; }
    void setPending(const QColor &colour) { restyle(m_style.pending, colour); }

    /// Shows everything.
    Q_INVOKABLE void fit();
    /// Larger by \a factor, around the middle.
    Q_INVOKABLE void zoom(double factor);
    /// Shows what is \a pixels further to the right and below.
    Q_INVOKABLE void pan(QPointF pixels);
    /// Where \a jid is drawn, in this item's coordinates; far outside if it is not in the graph.
    Q_INVOKABLE [[nodiscard]] QPointF placeOf(const QString &jid) const;
    /// Puts \a jid into the middle, as large as its surroundings can be read.
    Q_INVOKABLE void centreOn(const QString &jid);

Q_SIGNALS:
    void hoveredChanged();
    void reachedByKeyboardChanged();
    void summaryChanged();
    void styleChanged();
    /// The user asked for more about \a jid (double click, Return).
    void activated(const QString &jid);

protected:
    // What there is.
    [[nodiscard]] virtual qint32 count() const = 0;
    /// Around all nodes, in world units.
    [[nodiscard]] virtual QRectF world() const = 0;
    [[nodiscard]] virtual QPointF positionOf(qint32 node) const = 0;
    /// "" as long as it is not known.
    [[nodiscard]] virtual QString jidOf(qint32 node) const = 0;
    [[nodiscard]] virtual QString labelOf(qint32 node) const = 0;
    [[nodiscard]] virtual bool isOnline(qint32 node) const = 0;
    [[nodiscard]] virtual qint32 indexOf(const QString &jid) const = 0;
    [[nodiscard]] virtual std::span<const qint32> neighboursOf(qint32 node) const = 0;
    /// The nearest to \a world that is not further from it than \a within.
    [[nodiscard]] virtual qint32 nearest(QPointF world, double within) const = 0;
    /// Where an arrow key may lead when no neighbour is in its direction.
    [[nodiscard]] virtual std::vector<qint32> nodesInReach() const = 0;
    [[nodiscard]] virtual double radius() const = 0;
    /// Asks the model to select \a node.
    virtual void choose(qint32 node) = 0;
    /// Pixels per world unit: the least that is of use.
    [[nodiscard]] virtual double smallestScale() const = 0;
    [[nodiscard]] virtual double largestScale() const;
    /// At which the surroundings of \a node can be told apart.
    [[nodiscard]] virtual double readableScale(qint32 node) const;
    /// What is shown is another part, or another size.
    virtual void viewChanged() { update(); }

    // What those who derive say.
    /// Other nodes: nothing that was remembered by number holds.
    void graphChanged();
    void selectionChanged(const QString &jid);
    /// Other names, or other states.
    void wordsChanged();
    void showAllAgain() { m_fitted = true; }

    [[nodiscard]] const Style &style() const { return m_style; }
    [[nodiscard]] double scale() const { return m_scale; }
    [[nodiscard]] QPointF centre() const { return m_centre; }
    [[nodiscard]] QPointF toView(QPointF world) const;
    [[nodiscard]] QPointF toWorld(QPointF view) const;
    [[nodiscard]] QRectF visibleWorld() const;
    [[nodiscard]] qint32 selectedNode() const { return m_selected; }
    [[nodiscard]] qint32 hoveredNode() const { return m_hovered; }
    /// Texts beside \a nodes, where there is room; those that come first are placed first. \a important ones,
    /// from the first on, are there even if there is none. \a ofTaken: nodes that no text may cover.
    void paintLabels(QPainter *painter, std::span<const qint32> nodes, size_t important,
                     std::span<const qint32> ofTaken) const;

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
    template<typename Value>
    void restyle(Value &value, const Value &to)
    {
        if (std::exchange(value, to) != to)
            Q_EMIT styleChanged();
    }
    [[nodiscard]] qint32 nodeAt(QPointF view) const;
    void zoomAround(QPointF view, double factor);
    void look(QPointF centre, double scale);
    void setHovered(qint32 node);
    void setReachedByKeyboard(bool reached);
    void walk(QPointF direction);

    Style m_style;
    qint32 m_selected = -1;
    qint32 m_hovered = -1;
    QPointF m_centre; ///< world, shown in the middle
    double m_scale = 60; ///< pixels per world unit
    /// Until the user pans or zooms, all of the graph stays in view.
    bool m_fitted = true;
    QPointF m_pressed;
    QPointF m_pressedCentre;
    bool m_panning = false;
    bool m_reachedByKeyboard = false;
};

} // namespace castellan::views
