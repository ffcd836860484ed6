// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "networkview.h"
#include "replica/database.h"
#include "things/generator.h"

#include <QImage>
#include <QQuickWindow>
#include <QRegularExpression>
#include <QSGRendererInterface>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

using namespace castellan;
using namespace castellan::presentation;
using namespace castellan::views;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 60'000; ///< milliseconds; reached only when something is wrong

const QColor surface(255, 255, 255);
const QColor filled(0, 0, 0); // online
const QColor hollow(0, 110, 0); // offline

graph::Network networkOf(const Network &generated)
{
    graph::Network network;
    QHash<QString, qint32> indices;
    for (const Thing &thing : generated.things) {
        indices.insert(thing.jid, network.size());
        network.keys.push_back(graph::keyOf(thing.jid));
        network.ids.push_back(network.size());
        const bool online = network.size() % 3 != 0;
        network.marks.push_back(
            quint8((thing.kind == ThingKind::Concentrator ? quint8(graph::Mark::Concentrator) : 0)
                   | (online ? quint8(graph::Mark::Online) : 0)));
    }
    std::vector<std::pair<qint32, qint32>> pairs;
    for (const Friendship &pair : generated.friendships) {
        if (pair.state == Friendship::State::Accepted)
            pairs.emplace_back(indices.value(pair.a), indices.value(pair.b));
        else
            network.rejected.push_back({ indices.value(pair.a), indices.value(pair.b) });
    }
    network.friends = layout::Adjacency(network.size(), pairs);
    if (!graph::place(network, {}, {}))
        qFatal("nothing asked it to stop");
    return network;
}

Style style()
{
    return { .font = {},
             .surface = surface,
             .text = filled,
             .quiet = hollow,
             .line = QColor(200, 200, 210),
             .accent = QColor(29, 91, 201),
             .denied = QColor(184, 50, 27),
             .pending = QColor(95, 70, 192) };
}

bool isNear(QColor one, QColor other)
{
    return std::abs(one.red() - other.red()) < 12 && std::abs(one.green() - other.green()) < 12
        && std::abs(one.blue() - other.blue()) < 12;
}

/// Areas of one colour, as many pixels as \a least at least, that hang together.
int countAreas(const QImage &image, QColor colour, int least)
{
    std::vector<bool> seen(size_t(image.width()) * size_t(image.height()));
    int count = 0;
    for (int start = 0; start < int(seen.size()); ++start) {
        int size = 0;
        std::vector<int> todo { start };
        while (!todo.empty()) {
            const int pixel = todo.back();
            todo.pop_back();
            const int x = pixel % image.width();
            const int y = pixel / image.width();
            if (seen[size_t(pixel)] || !isNear(image.pixelColor(x, y), colour))
                continue;
            seen[size_t(pixel)] = true;
            ++size;
            for (const auto &[dx, dy] :
                 { std::pair(1, 0), std::pair(-1, 0), std::pair(0, 1), std::pair(0, -1) }) {
                if (x + dx >= 0 && x + dx < image.width() && y + dy >= 0 && y + dy < image.height())
                    todo.push_back(pixel + dx + dy * image.width());
            }
        }
        count += size >= least;
    }
    return count;
}

/// All tiles from \a first to \a last as one picture.
QImage picture(const TileLook &look, QPoint first, QPoint last)
{
    const QPoint count = last - first + QPoint(1, 1);
    QImage all(count.x() * tileSide, count.y() * tileSide, QImage::Format_RGB32);
    for (int y = 0; y < count.y(); ++y) {
        for (int x = 0; x < count.x(); ++x) {
            const QImage tile = paintTile(look, first + QPoint(x, y));
            for (int row = 0; row < tileSide; ++row)
                memcpy(all.scanLine(y * tileSide + row) + x * tileSide * 4, tile.constScanLine(row),
                       tileSide * 4);
        }
    }
    return all;
}

void keepPicture(const QImage &image, const QString &name)
{
    if (const QString folder = qEnvironmentVariable("CASTELLAN_SCREENSHOTS"); !folder.isEmpty())
        image.save(folder + u'/' + name + u".png"_s);
}

/// Fills the local copy that a session of \a account opens with things and friendships, as a server would
/// have.
void fillCopy(const replica::Account &account, const Network &network)
{
    QString path;
    {
        const replica::Replica replica(account, replica::Replica::defaultFolder());
        path = replica.companion(u"x"_s).chopped(2);
    }
    auto database = replica::Database::open(path);
    QVERIFY(database);
    QVERIFY((*database)->startOver(u"epoch"_s));
    QList<VersionedObject> objects;
    const auto add = [&](const Object &object) {
        objects.append({ .key = { objectType(object), objectId(object) }, .version = 1, .object = object });
    };
    for (const Thing &thing : network.things)
        add(thing);
    for (const Friendship &pair : network.friendships)
        add(pair);
    QVERIFY((*database)->storeObjects(objects, { .epoch = u"epoch"_s, .revision = 1 }));
    for (auto done = (*database)->finishFilling(); done && !*done;)
        done = (*database)->finishFilling();
}

} // namespace

class NetworkViewTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
        m_campus = things::generatedNetwork(2000, 1);
        const replica::Account account { .jid = *Jid::parse(u"admin@example.org"_s),
                                         .password = u"secret"_s,
                                         .host = u"127.0.0.1"_s,
                                         .port = 1,
                                         .server = *Jid::parse(u"example.org"_s) };
        fillCopy(account, m_campus);
    }

    void init()
    {
        m_session = std::make_unique<Session>();
        // Nobody answers there; the local copy is there all the same.
        m_session->signIn(u"admin@example.org"_s, u"secret"_s, u"127.0.0.1:1"_s, {});
        m_model = std::make_unique<NetworkModel>();
        m_window = std::make_unique<QQuickWindow>();
        m_window->setColor(surface);
        m_window->resize(900, 700);
        m_view = new NetworkView(m_window->contentItem());
        m_view->setSurface(surface);
        m_view->setText(filled);
        m_view->setQuiet(hollow);
        m_view->setLine(style().line);
        m_view->setAccent(style().accent);
        m_view->setSize(m_window->size());
        m_view->setModel(m_model.get());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_model->setSession(m_session.get());
        QTRY_COMPARE_WITH_TIMEOUT(m_model->activity(), NetworkModel::Resting, patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_model->nodeCount(), 2000, patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
    }
    void cleanup()
    {
        m_window.reset();
        m_model.reset();
        m_session.reset();
    }

    void isDrawnByTheBackendThatIsMeant()
    {
        const bool software = qEnvironmentVariable("QT_QUICK_BACKEND") == "software"_L1;
        QCOMPARE(m_window->rendererInterface()->graphicsApi(),
                 software ? QSGRendererInterface::Software : QSGRendererInterface::OpenGL);
    }

    void theOverviewShowsEverything()
    {
        const QImage picture = grab();
        keepPicture(picture, u"networkview-overview"_s);
        int shown = 0;
        const QRgb ground = surface.rgb();
        for (const Thing &thing : m_campus.things) {
            const QPoint place = m_view->placeOf(thing.jid).toPoint();
            QVERIFY(picture.rect().contains(place));
            bool inked = false;
            for (int y = -1; y <= 1; ++y) {
                for (int x = -1; x <= 1; ++x)
                    inked |= picture.pixel(place + QPoint(x, y)) != ground;
            }
            shown += inked;
        }
        QCOMPARE(shown, 2000);
        QCOMPARE(m_model->linkCount(), qint64(m_campus.friendships.size()));
    }

    void panningMovesThePictureAndNothingElse()
    {
        m_view->zoom(1.2);
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
        const QImage before = grab();
        m_view->pan({ 111, -57 });
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
        const QImage after = grab();
        QVERIFY(!m_view->isDetailed());
        const QRect both(0, 57, before.width() - 111, before.height() - 57);
        QCOMPARE(after.copy(both), before.copy(both.translated(111, -57)));
        QVERIFY(after != before);
    }

    void thingsAreDrawnOneByOneWhereThereAreFew()
    {
        const QString middle = m_campus.things.at(1000).jid;
        m_view->centreOn(middle);
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
        QVERIFY(m_view->isDetailed());
        QVERIFY(QLineF(m_view->placeOf(middle), QPointF(450, 350)).length() < 1);
        keepPicture(grab(), u"networkview-detail"_s);

        // Without a word about timers or threads: who draws may be another one than who asks.
        QTest::failOnWarning(QRegularExpression(u"thread"_s));
        // Names come from the local copy, for what is in view and nothing else.
        QTest::mouseMove(m_window.get(), m_view->placeOf(middle).toPoint());
        QTRY_COMPARE_WITH_TIMEOUT(m_view->hovered(), middle, patience);
        QCOMPARE(m_model->nameOf(m_model->indexOf(middle)).name, m_campus.things.at(1000).name);
        QVERIFY(m_model->nameOf(m_model->indexOf(m_campus.things.at(1).jid)).jid.isEmpty());

        m_view->fit();
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
        QVERIFY(!m_view->isDetailed());
    }

    void mouseAndKeysSelect()
    {
        const QString hub = m_campus.things.first().jid;
        m_view->centreOn(hub);
        QTRY_VERIFY_WITH_TIMEOUT(m_view->isComplete(), patience);
        QTest::mouseClick(m_window.get(), Qt::LeftButton, {}, m_view->placeOf(hub).toPoint());
        QTRY_COMPARE_WITH_TIMEOUT(m_model->selected(), hub, patience);
        QVERIFY2(m_view->summary().contains(u"is selected"_s), qPrintable(m_view->summary()));
        const auto friends = m_model->map()->network().friends.of(m_model->indexOf(hub));
        QVERIFY(m_view->summary().contains(QString::number(friends.size())));

        m_view->forceActiveFocus();
        QTest::keyClick(m_window.get(), Qt::Key_Right);
        QTRY_VERIFY_WITH_TIMEOUT(!m_model->selected().isEmpty() && m_model->selected() != hub, patience);
        QVERIFY(std::ranges::contains(friends, m_model->indexOf(m_model->selected())));
        QSignalSpy activated(m_view, &PlaneView::activated);
        QTest::keyClick(m_window.get(), Qt::Key_Return);
        QCOMPARE(activated.size(), 1);
        QCOMPARE(activated.first().first().toString(), m_model->selected());
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(m_model->selected(), QString());
    }

    void isThereAtOnceTheNextTime()
    {
        const auto before = m_model->map();
        NetworkModel again;
        QSignalSpy maps(&again, &NetworkModel::mapChanged);
        again.setSession(m_session.get());
        QVERIFY(maps.wait(patience)); // what was remembered
        QCOMPARE(again.nodeCount(), 2000);
        QTRY_VERIFY_WITH_TIMEOUT(maps.size() >= 2 && again.activity() == NetworkModel::Resting, patience);
        for (const Thing &thing : m_campus.things) {
            const graph::Point was = before->network().places[size_t(m_model->indexOf(thing.jid))];
            const graph::Point is = again.map()->network().places[size_t(again.indexOf(thing.jid))];
            QVERIFY(was.x == is.x && was.y == is.y);
        }
    }

    void readingCanBeStopped()
    {
        NetworkModel model;
        model.setActive(false);
        model.setSession(m_session.get());
        QCOMPARE(model.activity(), NetworkModel::Resting);
        QVERIFY(!model.map());
        model.setActive(true);
        QCOMPARE(model.activity(), NetworkModel::Reading);
        model.cancel();
        QTRY_COMPARE_WITH_TIMEOUT(model.activity(), NetworkModel::Cancelled, patience);
        model.retry();
        QTRY_COMPARE_WITH_TIMEOUT(model.activity(), NetworkModel::Resting, patience);
        QCOMPARE(model.nodeCount(), 2000);
    }

    /// What is in a picture, found by its shapes and colours: as many things, in as many states, as there
    /// are.
    void shapesAndStatesAreAllThere()
    {
        graph::Network network = networkOf(m_campus);
        const double radius = 6;
        // As far from each other as it takes not to touch: this is about what is drawn, not where.
        const auto columns = 45;
        for (qint32 node = 0; node < network.size(); ++node)
            network.places[size_t(node)] = { float(node % columns) + 0.5F, float(node / columns) + 0.5F };
        network.friends = layout::Adjacency(network.size(), {});
        network.rejected.clear();
        const auto online = std::ranges::count_if(network.marks, [](graph::Marks marks) {
            return graph::has(marks, graph::Mark::Online);
        });
        const TileLook look { .map = std::make_shared<const graph::Map>(
                                  std::make_shared<const graph::Network>(network)),
                              .scale = 20,
                              .ratio = 1,
                              .radius = radius,
                              .style = style() };
        const QImage image = picture(look, { 0, 0 }, { 3, 3 });
        keepPicture(image, u"networkview-states"_s);
        QCOMPARE(countAreas(image, filled, int(radius * radius * 2)), int(online));
        // Dots of the outlines of those that are offline, which have no ink inside
        int empty = 0;
        for (qint32 node = 0; node < network.size(); ++node) {
            const graph::Point place = network.places[size_t(node)];
            empty += image.pixelColor(int(place.x * 20), int(place.y * 20)) == surface;
        }
        QCOMPARE(empty, int(network.size() - online));
    }

    /// A hundred thousand: every tile of the overview, and a part in which things can be told apart.
    void aCityIsDrawn()
    {
        const auto map = std::make_shared<const graph::Map>(
            std::make_shared<const graph::Network>(networkOf(things::generatedNetwork(100'000, 1))));
        TileLook look { .map = map, .scale = 1, .ratio = 1, .radius = 0, .style = style() };
        look.scale = 1000 / std::max(map->bounds().width(), map->bounds().height());
        const auto tileOf = [&](QPointF place) {
            return QPoint(int(std::floor(place.x() * look.scale / tileSide)),
                          int(std::floor(place.y() * look.scale / tileSide)));
        };
        const QPoint first = tileOf(map->bounds().topLeft());
        const QImage image = picture(look, first, tileOf(map->bounds().bottomRight()));
        keepPicture(image, u"networkview-city"_s);
        for (qint32 node = 0; node < map->network().size(); ++node) {
            const graph::Point place = map->network().places[size_t(node)];
            const QPoint pixel(int(std::floor(place.x * look.scale)) - first.x() * tileSide,
                               int(std::floor(place.y * look.scale)) - first.y() * tileSide);
            QVERIFY(image.pixelColor(pixel) != surface);
        }
    }

private:
    [[nodiscard]] QImage grab() const { return m_window->grabWindow().convertToFormat(QImage::Format_RGB32); }

    QTemporaryDir m_folder;
    Network m_campus;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<NetworkModel> m_model;
    std::unique_ptr<QQuickWindow> m_window;
    NetworkView *m_view = nullptr; ///< of the window
};

QTEST_MAIN(NetworkViewTest)
#include "tst_networkview.moc"
