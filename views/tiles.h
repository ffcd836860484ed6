// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/map.h"
#include "planeview.h"

#include <QHash>
#include <QImage>
#include <QObject>
#include <QPoint>

#include <stop_token>

class QThreadPool;

namespace castellan::views {

/// How a network is drawn into tiles: what makes two pictures fit together.
struct TileLook
{
    std::shared_ptr<const graph::Map> map;
    double scale = 1; ///< device pixels per world unit
    double ratio = 1; ///< device pixels per logical pixel
    /// Radius of shapes in logical pixels; 0: too many for shapes, only how dense they are.
    double radius = 0;
    Style style;

    friend bool operator==(const TileLook &, const TileLook &) = default;
};

inline constexpr int tileSide = 256; ///< device pixels

/// One tile: column and row of squares whose corner (0, 0) is the world's origin. Null when stopped. Any
/// thread.
[[nodiscard]] QImage paintTile(const TileLook &look, QPoint tile, const std::stop_token &stop = {});

/// Tiles of one look, made by other threads and kept as long as there is room.
class Tiles : public QObject
{
    Q_OBJECT

public:
    explicit Tiles(const TileLook &look, QObject *parent = nullptr);
    ~Tiles() override;

    [[nodiscard]] const TileLook &look() const { return m_look; }
    /// Has the tiles of \a wanted made, and those of \a soon behind them; forgets others first when there are
    /// too many.
    void request(const QRect &wanted, const QRect &soon);
    /// Null: it is not there yet.
    [[nodiscard]] QImage tile(QPoint tile) const { return m_tiles.value(tile).image; }
    [[nodiscard]] bool hasAll(const QRect &tiles) const;

Q_SIGNALS:
    void tileMade();

private:
    struct Made
    {
        QImage image; ///< null: being made
    };
    void make(QPoint tile, int priority);

    const TileLook m_look;
    QHash<QPoint, Made> m_tiles;
    std::stop_source m_stop;
};

} // namespace castellan::views
