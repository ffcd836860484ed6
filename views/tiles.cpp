// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tiles.h"

#include "graph/density.h"
#include "nodes.h"

#include <QFuture>
#include <QPainter>
#include <QPromise>
#include <QThread>
#include <QThreadPool>

#include <algorithm>
#include <cmath>

namespace castellan::views {

namespace {

constexpr qsizetype mostTiles = 400; ///< 100 MB
constexpr double mostLinkInk = 0.9;
constexpr double leastNodeInk = 0.35;

/// Below everything else: what the user does comes first.
QThreadPool &painters()
{
    static QThreadPool pool;
    pool.setThreadPriority(QThread::LowPriority);
    return pool;
}

QRgb mix(QRgb under, QRgb over, float part)
{
    const auto channel = [part](int a, int b) { return int(float(a) + (float(b) - float(a)) * part); };
    return qRgb(channel(qRed(under), qRed(over)), channel(qGreen(under), qGreen(over)),
                channel(qBlue(under), qBlue(over)));
}

/// Counts become ink by their logarithm: one node can be seen, and where there are hundreds that can be seen
/// too.
void paintDensity(QImage &image, const graph::Density &density, const TileLook &look)
{
    const double crowd = std::max(2.0, look.map->crowding() / (look.scale * look.scale));
    const auto whole = float(1 / std::log1p(crowd * 1.5));
    // The same for links, where many are several times the average.
    const QSizeF extent = look.map->bounds().size() * look.scale;
    const double average = double(look.map->network().linkCount()) * graph::inkOfLink
        / (extent.width() * extent.height());
    const auto wholeLinks = float(mostLinkInk / std::log1p(std::max(4.0, average * 6)));
    const QRgb surface = look.style.surface.rgb();
    const QRgb line = look.style.line.rgb();
    const QRgb node = look.style.accent.rgb();
    const QRgb pending = look.style.pending.rgb();
    for (int y = 0; y < image.height(); ++y) {
        auto *pixel = reinterpret_cast<QRgb *>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x, ++pixel) {
            const size_t index = density.index(x, y);
            QRgb colour = surface;
            if (const float links = density.links[index]; links > 0)
                colour = mix(colour, line, std::min(1.0F, std::log1p(links * 2) * wholeLinks));
            if (const float nodes = density.nodes[index]; nodes > 0) {
                const float ink = std::log1p(nodes) * whole;
                const float least = std::min(nodes, 1.0F) * float(leastNodeInk);
                colour = mix(colour, node, std::clamp(ink, least, 1.0F));
                if (const float waiting = density.waiting[index]; waiting > 0)
                    colour = mix(colour, pending, std::min(1.0F, 0.5F + waiting / nodes));
            }
            *pixel = colour;
        }
    }
}

void paintShapes(QImage &image, QPoint corner, const TileLook &look)
{
    const graph::Network &network = look.map->network();
    const double scale = look.scale / look.ratio; // logical
    const QPointF origin = QPointF(corner) / look.ratio;
    const QRectF area(QPointF(corner) / look.scale, QSizeF(image.size()) / look.scale);
    const auto place = [&](qint32 node) {
        const graph::Point there = network.places[size_t(node)];
        return QPointF(there.x * scale, there.y * scale) - origin;
    };
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(look.ratio, look.ratio);
    painter.setPen(QPen(look.style.line, 1, Qt::SolidLine, Qt::FlatCap));
    for (const graph::Link link : look.map->linksIn(area))
        painter.drawLine(place(link.from), place(link.to));
    QPen rejected(look.style.denied, 1.2, Qt::SolidLine, Qt::FlatCap);
    rejected.setDashPattern({ 4, 3 });
    painter.setPen(rejected);
    const QRectF tile(QPointF(), QSizeF(image.size()) / look.ratio);
    for (const graph::Link link : network.rejected) {
        const QPointF a = place(link.from);
        const QPointF b = place(link.to);
        if (tile.intersects(QRectF(a, b).normalized().adjusted(-1, -1, 1, 1)))
            painter.drawLine(a, b);
    }
    const double margin = (look.radius * 2 + 4) / scale; // with its clock
    std::vector<qint32> nodes = look.map->nodesIn(area.adjusted(-margin, -margin, margin, margin),
                                                  size_t(-1));
    std::ranges::sort(nodes); // the same one is on top in every tile
    for (const qint32 node : nodes) {
        const graph::Marks marks = network.marks[size_t(node)];
        paintNode(&painter,
                  { .kind = thingKindOf(marks),
                    .online = graph::has(marks, graph::Mark::Online),
                    .waiting = graph::has(marks, graph::Mark::Waiting) },
                  place(node), look.radius, look.style);
    }
}

} // namespace

QImage paintTile(const TileLook &look, QPoint tile, const std::stop_token &stop)
{
    const QRect pixels(tile * tileSide, QSize(tileSide, tileSide));
    QImage image(pixels.size(), QImage::Format_RGB32);
    if (look.radius > 0) {
        image.fill(look.style.surface);
        paintShapes(image, pixels.topLeft(), look);
        return stop.stop_requested() ? QImage() : image;
    }
    const graph::Density density = graph::density(*look.map, pixels, look.scale, stop);
    if (density.nodes.empty())
        return {};
    paintDensity(image, density, look);
    return image;
}

Tiles::Tiles(const TileLook &look, QObject *parent)
    : QObject(parent),
      m_look(look)
{ }

Tiles::~Tiles()
{
    m_stop.request_stop();
}

void Tiles::request(const QRect &wanted, const QRect &soon)
{
    if (m_tiles.size() > mostTiles)
        m_tiles.removeIf([&](auto tile) { return !soon.contains(tile.key()) && !tile->image.isNull(); });
    for (const bool first : { true, false }) {
        const QRect area = first ? wanted : soon;
        for (int y = area.top(); y <= area.bottom(); ++y) {
            for (int x = area.left(); x <= area.right(); ++x) {
                if (!m_tiles.contains({ x, y }))
                    make({ x, y }, first ? 1 : 0);
            }
        }
    }
}

bool Tiles::hasAll(const QRect &tiles) const
{
    for (int y = tiles.top(); y <= tiles.bottom(); ++y) {
        for (int x = tiles.left(); x <= tiles.right(); ++x) {
            if (tile({ x, y }).isNull())
                return false;
        }
    }
    return true;
}

void Tiles::make(QPoint tile, int priority)
{
    m_tiles.insert(tile, {});
    auto promise = std::make_shared<QPromise<QImage>>();
    promise->start();
    promise->future().then(this, [this, tile](const QImage &image) {
        m_tiles[tile].image = image;
        Q_EMIT tileMade();
    });
    painters().start(
        [promise, look = m_look, tile, stop = m_stop.get_token()] {
            promise->addResult(stop.stop_requested() ? QImage() : paintTile(look, tile, stop));
            promise->finish();
        },
        priority);
}

} // namespace castellan::views
