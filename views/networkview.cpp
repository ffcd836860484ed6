// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "networkview.h"

#include "nodes.h"

#include <QLineF>
#include <QPainter>
#include <QQuickWindow>
#include <QSGImageNode>
#include <QSGNode>

#include <algorithm>
#include <array>
#include <cmath>

using castellan::presentation::NetworkModel;

namespace castellan::views {

namespace {

/// So many things in view are drawn one by one; until there are more, when one pans to where it is crowded.
constexpr size_t mostShapes = 1500;
constexpr size_t mostShapesLonger = 2200;
constexpr double smallestShape = 3;
constexpr double largestShape = 11;
constexpr size_t mostLabels = 80;
constexpr size_t mostLabelled = 300; ///< things in view; of more, none but the chosen have labels
constexpr size_t mostReadable = 200; ///< things around one that was looked for
constexpr size_t mostNeighbours = 400; ///< that are marked
constexpr size_t mostInReach = 5000;

/// The root of what is drawn: tiles by their place, and over them what is painted.
class Root : public QSGNode
{
public:
    Root() { appendChildNode(&m_holder); }
    ~Root() override
    {
        removeAllChildNodes();
        m_holder.removeAllChildNodes();
        qDeleteAll(m_tiles);
        delete m_painted;
    }
    Q_DISABLE_COPY_MOVE(Root)

    /// Shows \a image at \a place in item coordinates.
    void show(QQuickWindow *window, QPoint tile, const QImage &image, const QRectF &place)
    {
        QSGImageNode *&node = m_tiles[tile];
        qint64 &key = m_keys[tile];
        const bool isNew = !node;
        if (isNew) {
            node = window->createImageNode();
            node->setOwnsTexture(true);
            node->setFiltering(QSGTexture::Linear);
        }
        if (isNew || key != image.cacheKey()) {
            node->setTexture(window->createTextureFromImage(image, QQuickWindow::TextureIsOpaque));
            key = image.cacheKey();
        }
        node->setRect(place);
        if (isNew) // a node without a texture must never be seen by the software backend
            m_holder.appendChildNode(node);
    }
    /// Takes away whatever is not in \a tiles.
    void keep(const QRect &tiles)
    {
        m_tiles.removeIf([&](auto tile) {
            if (tiles.contains(tile.key()))
                return false;
            m_holder.removeChildNode(*tile);
            delete *tile;
            m_keys.remove(tile.key());
            return true;
        });
    }
    void remove(QPoint tile)
    {
        if (QSGImageNode *node = m_tiles.take(tile)) {
            m_holder.removeChildNode(node);
            delete node;
            m_keys.remove(tile);
        }
    }

    [[nodiscard]] QSGNode *painted() const { return m_painted; }
    void setPainted(QSGNode *node)
    {
        if (node == m_painted)
            return;
        if (m_painted && m_painted->parent() == this)
            removeChildNode(m_painted);
        m_painted = node;
        if (m_painted)
            appendChildNode(m_painted);
    }

private:
    QSGNode m_holder;
    QHash<QPoint, QSGImageNode *> m_tiles;
    QHash<QPoint, qint64> m_keys;
    QSGNode *m_painted = nullptr;
};

} // namespace

NetworkView::NetworkView(QQuickItem *parent)
    : PlaneView(parent)
{
    // Not while painting, which other threads may do.
    connect(this, &PlaneView::hoveredChanged, this, [this] {
        const std::array chosen { hoveredNode(), selectedNode() };
        for (const qint32 node : chosen) {
            if (node >= 0)
                m_model->askNames({ &node, 1 });
        }
        update();
    });
}

NetworkView::~NetworkView() = default;

void NetworkView::setModel(NetworkModel *model)
{
    if (model == m_model)
        return;
    if (m_model)
        m_model->disconnect(this);
    m_model = model;
    if (m_model) {
        connect(m_model, &NetworkModel::mapChanged, this, &NetworkView::takeMap);
        connect(m_model, &NetworkModel::namesChanged, this, &NetworkView::wordsChanged);
        connect(m_model, &NetworkModel::selectedChanged, this, &NetworkView::takeSelected);
    }
    takeMap();
    Q_EMIT modelChanged();
}

void NetworkView::takeMap()
{
    if (count() == 0) {
        m_shown.reset();
        m_next.reset();
        showAllAgain();
    }
    m_inView.clear();
    m_labelled.clear();
    graphChanged();
    takeSelected();
}

void NetworkView::takeSelected()
{
    selectionChanged(m_model ? m_model->selected() : QString());
}

bool NetworkView::isDetailed() const
{
    return m_shown && m_shown->look().radius > 0;
}

bool NetworkView::isComplete() const
{
    return m_shown && !m_next && m_shown->hasAll(visibleTiles(m_shown->look()));
}

qint32 NetworkView::count() const
{
    return m_model ? m_model->nodeCount() : 0;
}

QRectF NetworkView::world() const
{
    return m_model->map()->bounds();
}

QPointF NetworkView::positionOf(qint32 node) const
{
    const graph::Point place = m_model->map()->network().places[size_t(node)];
    return { place.x, place.y };
}

QString NetworkView::jidOf(qint32 node) const
{
    return m_model->nameOf(node).jid;
}

QString NetworkView::labelOf(qint32 node) const
{
    const replica::NameRow row = m_model->nameOf(node);
    return row.name.isEmpty() ? row.jid.section(u'@', 0, 0) : row.name;
}

bool NetworkView::isOnline(qint32 node) const
{
    return graph::has(m_model->map()->network().marks[size_t(node)], graph::Mark::Online);
}

qint32 NetworkView::indexOf(const QString &jid) const
{
    return m_model ? m_model->indexOf(jid) : -1;
}

std::span<const qint32> NetworkView::neighboursOf(qint32 node) const
{
    return m_model->map()->network().friends.of(node);
}

qint32 NetworkView::nearest(QPointF world, double within) const
{
    return count() > 0 ? m_model->map()->nearest(world, within) : -1;
}

std::vector<qint32> NetworkView::nodesInReach() const
{
    return count() > 0 ? m_model->map()->nodesIn(visibleWorld(), mostInReach) : std::vector<qint32>();
}

double NetworkView::radius() const
{
    return isDetailed() ? m_shown->look().radius : std::clamp(scale() * 0.16, 2.0, 4.0);
}

void NetworkView::choose(qint32 node)
{
    if (m_model)
        m_model->select(node);
}

double NetworkView::smallestScale() const
{
    if (count() == 0)
        return 1;
    const QRectF all = world();
    return std::min(8.0, 0.5 * std::min(width() / all.width(), height() / all.height()));
}

double NetworkView::largestScale() const
{
    // Those that are crowded together can be told apart too.
    return std::max(PlaneView::largestScale(), count() > 0 ? 60 * std::sqrt(m_model->map()->crowding()) : 0);
}

double NetworkView::readableScale(qint32 node) const
{
    double wanted = PlaneView::readableScale(node);
    for (; wanted < largestScale(); wanted *= 1.3) {
        const QSizeF size = QSizeF(width(), height()) / wanted;
        const QRectF area(positionOf(node) - QPointF(size.width(), size.height()) / 2, size);
        if (m_model->map()->countIn(area, mostReadable) < mostReadable)
            break;
    }
    return wanted;
}

double NetworkView::ratio() const
{
    return window() ? window()->effectiveDevicePixelRatio() : 1;
}

/// As large as there is room for between those in view; 0 where they are too many.
double NetworkView::wantedRadius() const
{
    const Tiles *current = m_next ? m_next.get() : m_shown.get();
    const bool isSameScale = current && current->look().scale == scale() * ratio();
    const bool isDetailed = current && current->look().radius > 0;
    const size_t most = isSameScale && isDetailed ? mostShapesLonger : mostShapes;
    const size_t count = m_model->map()->countIn(visibleWorld(), most);
    if (count >= most)
        return 0;
    if (isSameScale && isDetailed) // panning does not change their size
        return current->look().radius;
    const double room = std::sqrt(width() * height() / double(std::max<size_t>(count, 1)));
    return std::clamp(std::min(room * 0.2, scale() * 0.3), smallestShape, largestShape);
}

QRect NetworkView::visibleTiles(const TileLook &look) const
{
    const QRectF pixels(visibleWorld().topLeft() * look.scale / tileSide,
                        visibleWorld().bottomRight() * look.scale / tileSide);
    return { QPoint(int(std::floor(pixels.left())), int(std::floor(pixels.top()))),
             QPoint(int(std::ceil(pixels.right())) - 1, int(std::ceil(pixels.bottom())) - 1) };
}

void NetworkView::viewChanged()
{
    if (count() == 0 || width() <= 0 || height() <= 0)
        return update();
    const TileLook look { .map = m_model->map(),
                          .scale = scale() * ratio(),
                          .ratio = ratio(),
                          .radius = wantedRadius(),
                          .style = style() };
    if (m_shown && m_shown->look() == look) {
        m_next.reset();
    } else if (!m_next || m_next->look() != look) {
        m_next = std::make_unique<Tiles>(look);
        connect(m_next.get(), &Tiles::tileMade, this, &QQuickItem::polish);
    }
    Tiles &wanted = m_next ? *m_next : *m_shown;
    const QRect visible = visibleTiles(look);
    wanted.request(visible, m_next ? visible : visible.adjusted(-1, -1, 1, 1));
    chooseLabels();
    polish();
    update();
}

/// Once per frame, however many tiles were made.
void NetworkView::updatePolish()
{
    if (m_next && m_next->hasAll(visibleTiles(m_next->look()))) {
        m_shown = std::move(m_next);
        const QRect visible = visibleTiles(m_shown->look());
        m_shown->request(visible, visible.adjusted(-1, -1, 1, 1));
    }
    update();
    Q_EMIT pictureChanged();
}

/// Who has many friends first, as far as things are drawn one by one.
void NetworkView::chooseLabels()
{
    m_inView.clear();
    m_labelled.clear();
    const graph::Map &map = *m_model->map();
    if (map.countIn(visibleWorld(), mostLabelled * 2) >= mostLabelled * 2)
        return;
    m_inView = map.nodesIn(visibleWorld(), mostLabelled * 2);
    if (m_inView.size() > mostLabelled)
        return;
    m_labelled = m_inView;
    std::ranges::stable_sort(m_labelled, std::greater {},
                             [&](qint32 node) { return map.network().friends.degree(node); });
    m_labelled.resize(std::min(m_labelled.size(), mostLabels));
    m_model->askNames(m_labelled);
}

bool NetworkView::hasOverlay() const
{
    return count() > 0 && (selectedNode() >= 0 || hoveredNode() >= 0 || !m_labelled.empty());
}

void NetworkView::paint(QPainter *painter)
{
    if (!hasOverlay())
        return;
    painter->setRenderHint(QPainter::Antialiasing);
    const qint32 selected = selectedNode();
    const qint32 hovered = hoveredNode();
    const auto kind = [&](qint32 node) { return thingKindOf(m_model->map()->network().marks[size_t(node)]); };
    if (selected >= 0) {
        const QPointF here = toView(positionOf(selected));
        const auto friends = neighboursOf(selected);
        const auto shown = friends.first(std::min(friends.size(), mostNeighbours));
        painter->setPen(QPen(style().accent, 1.6, Qt::SolidLine, Qt::FlatCap));
        for (const qint32 other : shown)
            painter->drawLine(here, toView(positionOf(other)));
        for (const qint32 other : shown) {
            paintNode(painter, { .kind = kind(other), .online = isOnline(other) }, toView(positionOf(other)),
                      std::max(radius(), smallestShape), style());
        }
    }
    for (const qint32 node : { selected, hovered }) {
        if (node < 0)
            continue;
        const QPointF place = toView(positionOf(node));
        const double size = std::max(radius(), smallestShape + 1);
        paintNode(painter, { .kind = kind(node), .online = isOnline(node), .selected = node == selected },
                  place, size, style());
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(node == selected ? style().accent : style().quiet,
                             node == selected && hasActiveFocus() ? 2.5 : 1.5));
        painter->drawPath(shapeOf(kind(node), place, size + 4));
    }
    std::vector<qint32> labelled;
    for (const qint32 node : { hovered, selected }) {
        if (node >= 0 && !std::ranges::contains(labelled, node))
            labelled.push_back(node);
    }
    const size_t important = labelled.size();
    std::ranges::copy_if(m_labelled, std::back_inserter(labelled),
                         [&](qint32 node) { return node != selected && node != hovered; });
    paintLabels(painter, labelled, important, m_inView);
}

QSGNode *NetworkView::updatePaintNode(QSGNode *old, UpdatePaintNodeData *data)
{
    if (!m_shown || width() <= 0 || height() <= 0) {
        delete old;
        return nullptr;
    }
    auto *root = old ? static_cast<Root *>(old) : new Root;
    const TileLook &look = m_shown->look();
    const QRect visible = visibleTiles(look);
    const double zoom = scale() * ratio() / look.scale; // 1 but for a moment
    const double side = tileSide * zoom / ratio();
    // On whole pixels, or what was drawn sharp would be blurred.
    QPointF corner = toView(QPointF(visible.topLeft()) * tileSide / look.scale);
    if (zoom == 1)
        corner = QPointF((corner * ratio()).toPoint()) / ratio();
    root->keep(visible);
    for (int y = visible.top(); y <= visible.bottom(); ++y) {
        for (int x = visible.left(); x <= visible.right(); ++x) {
            const QImage image = m_shown->tile({ x, y });
            const QPointF place = corner + QPointF(x - visible.left(), y - visible.top()) * side;
            if (image.isNull())
                root->remove({ x, y });
            else
                root->show(window(), { x, y }, image, QRectF(place, QSizeF(side, side)));
        }
    }
    if (hasOverlay()) {
        root->setPainted(PlaneView::updatePaintNode(root->painted(), data));
    } else if (QSGNode *painted = root->painted()) {
        root->setPainted(nullptr);
        delete painted;
    }
    return root;
}

} // namespace castellan::views
