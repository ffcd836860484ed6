// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"
#include "communities.h"
#include "graph/density.h"
#include "graph/map.h"
#include "graph/reach.h"
#include "graph/remembered.h"
#include "layout/layout.h"

#include <QTemporaryDir>

#include <memory>
#include <random>

/// A network of a million things and three million friendships, as people look at it.
namespace castellan::bench {

using namespace Qt::StringLiterals;

namespace {

double secondsOf(const auto &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Placed; made once.
const graph::Network &network(const Bench &bench)
{
    static const graph::Network network = [&bench] {
        const auto nodes = qint32(bench.size(1'000'000, 2000));
        graph::Network network;
        for (qint32 node = 0; node < nodes; ++node) {
            network.keys.push_back(graph::keyOf(u"thing-%1@city.example"_s.arg(node)));
            network.ids.push_back(node + 1);
            network.marks.push_back(graph::Marks(node % 5 == 0 ? 0 : quint8(graph::Mark::Online)));
        }
        network.friends = layout::Adjacency(nodes, communities(nodes));
        if (!graph::place(network, {}, {}))
            giveUp(u"the network could not be placed."_s);
        return network;
    }();
    return network;
}

void firstPicture(const Bench &bench)
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"network.map"_s);
    if (!graph::remember(network(bench), path))
        giveUp(u"the network could not be kept in "_s + path);
    bench.report(
        { .name = u"first picture of a remembered network of %1"_s.arg(inWords(network(bench).size())),
          .unit = u"s"_s,
          .target = atMost(1),
          .rounds = 6,
          .note = u"reads the file, sorts what lies where, and fills 1280×800 pixels; one thread"_s },
        [&] {
            return Sample { secondsOf([&] {
                                const auto read = std::make_shared<graph::Network>(
                                    graph::remembered(path).value());
                                const graph::Map map(read);
                                const double scale = 800 / map.bounds().height();
                                keep(graph::density(map,
                                                    QRect(QPoint(int(map.bounds().left() * scale),
                                                                 int(map.bounds().top() * scale)),
                                                          QSize(1280, 800)),
                                                    scale));
                            }),
                            {} };
        });
}

void looking(const Bench &bench)
{
    const graph::Network &all = network(bench);
    const graph::Map map(std::make_shared<graph::Network>(all));
    std::mt19937 random(1);
    // Hits are as likely as on the screen: beside a thing, a few pixels away.
    const double scale = 20;
    bench.report({ .name = u"finding what is under the pointer among %1"_s.arg(inWords(all.size())),
                   .unit = u"ns"_s,
                   .target = atMost(1e6) },
                 [&] {
                     return each(bench.size(20'000, 100), [&](qsizetype) {
                         const graph::Point near = all.places[random() % all.places.size()];
                         keep(map.nearest({ near.x + 3 / scale, near.y - 2 / scale }, 10 / scale));
                     });
                 });
}

void reaching(const Bench &bench)
{
    const graph::Network &all = network(bench);
    auto anyone = [&all, random = std::mt19937(1)]() mutable {
        return qint32(random() % quint32(all.size()));
    };
    const auto milliseconds = [](const auto &work) { return Sample { nanoseconds(work) / 1e6, {} }; };
    bench.report({ .name = u"who can be reached among %1"_s.arg(inWords(all.size())),
                   .unit = u"ms"_s,
                   .target = atMost(100) },
                 [&] {
                     const qint32 without[] = { anyone(), anyone() };
                     return milliseconds([&] { keep(graph::reach(all, anyone(), without)); });
                 });
    bench.report({ .name = u"all shortest ways between two among %1"_s.arg(inWords(all.size())),
                   .unit = u"ms"_s,
                   .target = atMost(100),
                   .tolerance = 0.5,
                   .note = u"other pairs every time, which are not equally far from each other"_s },
                 [&] { return milliseconds([&] { keep(graph::waysBetween(all, anyone(), anyone())); }); });
}

/// A console without a server that shows the network, drawn without a GPU into an image.
class Console
{
public:
    explicit Console(const Bench &bench)
    {
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
        m_session.signIn(u"admin@city.example"_s, u"secret"_s, u"127.0.0.1:1"_s, {});
        if (!graph::remember(network(bench), m_session.replica()->companion(u"map"_s)))
            giveUp(u"the network could not be kept."_s);
        // What was remembered is shown; there is nothing to be read.
        QObject::connect(&m_model, &presentation::NetworkModel::mapChanged, &m_model,
                         [this] { m_model.setActive(false); });
        m_window.resize(1280, 800);
        m_view.setParentItem(m_window.contentItem());
        m_view.setSize(m_window.size());
        m_view.setModel(&m_model);
        m_window.setRenderTarget(QQuickRenderTarget::fromPaintDevice(&m_image));
        if (!m_control.initialize())
            giveUp(u"Qt Quick's software backend does not start."_s);
        m_model.setSession(&m_session);
        if (!QTest::qWaitFor([this] { return frame() > 0 && m_view.isComplete(); }, 60'000))
            giveUp(u"the overview is not drawn."_s);
    }

    views::NetworkView &view() { return m_view; }
    /// Milliseconds that the GUI thread works for a frame.
    double frame()
    {
        return 1000 * secondsOf([this] {
                   m_control.polishItems();
                   m_control.beginFrame();
                   m_control.sync();
                   m_control.render();
                   m_control.endFrame();
               });
    }

private:
    QTemporaryDir m_folder;
    presentation::Session m_session;
    presentation::NetworkModel m_model;
    QImage m_image { 1280, 800, QImage::Format_RGB32 };
    QQuickRenderControl m_control;
    QQuickWindow m_window { &m_control };
    views::NetworkView m_view;
};

/// A tenth of the things and links in Qt's own scene of items.
class Scene
{
public:
    explicit Scene(const Bench &bench)
    {
        const auto nodes = qint32(bench.size(100'000, 500));
        const Edges edges = communities(nodes);
        const QList<QPointF> places = layout::place({ .nodes = nodes, .edges = edges, .start = {} }, 1);
        for (const auto &[from, to] : edges)
            m_scene.addLine(QLineF(places.at(from) * 10, places.at(to) * 10), QPen(Qt::lightGray, 0));
        for (const QPointF place : places)
            m_scene.addEllipse(place.x() * 10 - 2, place.y() * 10 - 2, 4, 4, Qt::NoPen, Qt::blue);
        m_view.setScene(&m_scene);
        m_view.resize(1280, 800);
        m_view.setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
        m_view.fitInView(m_scene.sceneRect(), Qt::KeepAspectRatio);
        m_view.scale(1.2, 1.2);
        m_view.show();
        if (!QTest::qWaitForWindowExposed(&m_view))
            giveUp(u"no window to draw in."_s);
    }

    double frame(int pixels)
    {
        return 1000 * secondsOf([&] {
                   m_view.horizontalScrollBar()->setValue(m_view.horizontalScrollBar()->value() + pixels);
                   m_view.viewport()->repaint();
               });
    }

private:
    QGraphicsScene m_scene;
    QGraphicsView m_view;
};

void panning(const Bench &bench)
{
    Console console(bench);
    Scene scene(bench);
    console.view().zoom(1.2);
    if (!QTest::qWaitFor([&] { return console.frame() > 0 && console.view().isComplete(); }, 60'000))
        giveUp(u"the overview is not drawn."_s);
    int turn = 0;
    std::vector<double> all;
    bench.compare(
        { .name = u"a panning frame of %1 things without a GPU"_s.arg(inWords(network(bench).size())),
          .unit = u"ms"_s,
          .target = ratioAtMost(0.01),
          .rounds = 6,
          .tolerance = 0.3,
          .note = u"median of 60 frames, other threads drawing what comes into view; peer: QGraphicsView "
                  "with a tenth of the things"_s },
        [&] {
            std::vector<double> frames;
            const QPointF step = ++turn % 2 ? QPointF(9, 2) : QPointF(-9, -2);
            for (int i = 0; i < int(bench.size(60, 4)); ++i) {
                console.view().pan(step);
                QCoreApplication::processEvents();
                frames.push_back(console.frame());
            }
            all.insert(all.end(), frames.begin(), frames.end());
            std::ranges::sort(frames);
            return Sample { frames[frames.size() / 2], frames[(frames.size() - 1) * 99 / 100] };
        },
        [&] { return Sample { scene.frame(turn % 2 ? 9 : -9), {} }; });
    bench.record({ .name = u"the same, median of all"_s, .unit = u"ms"_s, .target = atMost(16) },
                 median(all));
}

} // namespace

} // namespace castellan::bench

int main(int argc, char **argv)
{
    using namespace castellan::bench;
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QQuickWindow::setGraphicsApi(QSGRendererInterface::Software);
    const QApplication application(argc, argv);
    const Row rows[] = { { "graph-first", firstPicture },
                         { "graph-pick", looking },
                         { "graph-reach", reaching },
                         { "graph-pan", panning } };
    return run(argc, argv, rows);
}
