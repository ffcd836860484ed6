// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tour.h"

#include "graphview.h"
#include "presentation/session.h"

#include <QAbstractItemModel>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QQmlEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QSignalSpy>
#include <QTest>

#include <cstdio>
#include <expected>
#include <functional>

using namespace Qt::StringLiterals;

namespace castellan {

namespace {

/// Why a step did not hold.
using Outcome = std::expected<void, QString>;

constexpr int patience = 10'000; ///< milliseconds for what happens in this process
constexpr int networkPatience = 60'000; ///< milliseconds for what others have to do

constexpr QSize usualSize(1280, 800);
constexpr QSize largeSize(1920, 1080);

// The demonstration network's: a valve that reads the temperature in the lobby, and the sensor there.
const QString valve = u"valve-heat-1@building.localhost"_s;
const QString sensor = u"climate-lobby@building.localhost"_s;
const QString automation = u"building-automation@building.localhost"_s;

/// Whether the middle of \a item is within all that clips it, such as the list it scrolls in.
bool isInSight(const QQuickItem *item)
{
    const QPointF middle = item->mapToScene(QPointF(item->width(), item->height()) / 2);
    for (const QQuickItem *parent = item->parentItem(); parent; parent = parent->parentItem()) {
        if (parent->clip() && !parent->contains(parent->mapFromScene(middle)))
            return false;
    }
    return true;
}

class Tour
{
public:
    Tour(QQuickWindow &window, const QString &folder, const QVariantMap &account)
        : m_window(window),
          m_engine(*qmlEngine(&window)),
          m_folder(folder),
          m_account(account)
    { }

    bool run();

private:
    // What an administrator does
    Outcome open();
    Outcome meetAnUnreachableServer();
    Outcome signIn();
    Outcome waitForTheFleet();
    Outcome lookAtTheOverview();
    Outcome walkTheGraph();
    Outcome findAThing();
    Outcome findNothing();
    Outcome unfriend();
    Outcome undoAndRedo();
    Outcome setTheChangeApart();
    Outcome reviewAndPush();
    Outcome followDelivery();
    Outcome findTheFriendGone();
    Outcome addARule();
    Outcome moveTheRule();
    Outcome dragTheRule();
    Outcome removeARule();
    Outcome askWhatItChanges();
    Outcome pushByKeyboard();
    Outcome findTheRulesChanged();
    Outcome settleAConflict();
    Outcome pushForAWhile();
    Outcome findThePushesSummedUp();
    Outcome readTheHistory();
    Outcome changeTheTheme();
    Outcome signOut();
    Outcome switchServers();

    // How
    void step(const QString &what, Outcome (Tour::*action)());
    Outcome until(const QString &what, const std::function<bool()> &condition, int milliseconds = patience);
    QQuickItem *find(const QString &name) const;
    bool isCovered(const QQuickItem *item) const;
    Outcome appears(const QString &name);
    Outcome click(const QString &name);
    Outcome choose(const QString &name);
    void draw();
    Outcome clickAt(const QQuickItem *item, QPointF place);
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
    /// Replaces what is in the focused text field.
    void type(const QString &text);
    Outcome fill(const QString &name, const QString &text);
    Outcome shoot(const QString &name, bool large = false);
    QObject *singleton(const char *module, const char *name) const;
    QVariant session(const char *property) const
    {
        return singleton("Castellan.Presentation", "Session")->property(property);
    }
    QObject *draft() const { return session("draft").value<QObject *>(); }
    int draftCount() const { return draft()->property("count").toInt(); }
    /// The value of \a role in the first row of a list where \a key is \a value.
    QVariant cell(const QString &list, const char *key, const QVariant &value, const char *role) const;
    int rowCount(const QString &list) const;

    QQuickWindow &m_window;
    QQmlEngine &m_engine;
    const QDir m_folder;
    const QVariantMap m_account;
    QFile m_transcript;
    bool m_held = true;
    QString m_newRule;
};

bool Tour::run()
{
    m_transcript.setFileName(m_folder.filePath(u"transcript.txt"_s));
    if (!m_folder.mkpath(u"."_s) || !m_transcript.open(QFile::WriteOnly | QFile::Truncate)) {
        qCritical("castellan: %s cannot be written: %s", qPrintable(m_transcript.fileName()),
                  qPrintable(m_transcript.errorString()));
        return false;
    }

    step(u"The console opens and asks who signs in"_s, &Tour::open);
    step(u"Signing in to a server that is not there says so"_s, &Tour::meetAnUnreachableServer);
    step(u"Signing in with the right address leads to the workspace"_s, &Tour::signIn);
    step(u"The things of the network come online"_s, &Tour::waitForTheFleet);
    step(u"The overview counts them"_s, &Tour::lookAtTheOverview);
    step(u"The graph shows them; mouse and arrow keys select"_s, &Tour::walkTheGraph);
    step(u"A search finds a valve, and selecting it shows its friends"_s, &Tour::findAThing);
    step(u"A search for what is not there says so and offers the way back"_s, &Tour::findNothing);
    step(u"Unfriending its sensor becomes a pending change"_s, &Tour::unfriend);
    step(u"Undo takes it back, redo brings it again"_s, &Tour::undoAndRedo);
    step(u"The change moves to a change set of its own"_s, &Tour::setTheChangeApart);
    step(u"Reviewed, titled and pushed, nothing is pending"_s, &Tour::reviewAndPush);
    step(u"Both things acknowledge that their caches are cleared"_s, &Tour::followDelivery);
    step(u"The valve's friends no longer list the sensor"_s, &Tour::findTheFriendGone);
    step(u"The editor adds a rule that denies reading a field"_s, &Tour::addARule);
    step(u"Alt+Up moves the rule to the top"_s, &Tour::moveTheRule);
    step(u"The mouse drags it two places down, and undo brings it back"_s, &Tour::dragTheRule);
    step(u"Delete marks another rule as to be removed"_s, &Tour::removeARule);
    step(u"Asked, the server says what the changes would make of an answer"_s, &Tour::askWhatItChanges);
    step(u"Ctrl+Return pushes, and the things acknowledge"_s, &Tour::pushByKeyboard);
    step(u"The rules are as they were made"_s, &Tour::findTheRulesChanged);
    step(u"What somebody else has changed meanwhile is shown beside one's own, and kept with it"_s,
         &Tour::settleAConflict);
    step(u"A push that has to be confirmed counts down, and is undone at once"_s, &Tour::pushForAWhile);
    step(u"The overview lists the pushes"_s, &Tour::findThePushesSummedUp);
    step(u"The history lists what was done, and its chain holds"_s, &Tour::readTheHistory);
    step(u"The menu changes between light and dark"_s, &Tour::changeTheTheme);
    step(u"Signing out leads back to the servers"_s, &Tour::signOut);
    step(u"Another server is added and removed"_s, &Tour::switchServers);
    return m_held;
}

void Tour::step(const QString &what, Outcome (Tour::*action)())
{
    QString line = u"not tried  "_s + what;
    if (m_held) {
        const Outcome outcome = (this->*action)();
        m_held = outcome.has_value();
        line = outcome ? u"held       "_s + what : u"FAILED     "_s + what + u": "_s + outcome.error();
        if (!outcome)
            m_window.grabWindow().save(m_folder.filePath(u"failed.png"_s));
    }
    m_transcript.write(line.toUtf8() + '\n');
    m_transcript.flush();
    std::fputs(qPrintable(line + u'\n'), stderr);
}

Outcome Tour::until(const QString &what, const std::function<bool()> &condition, int milliseconds)
{
    if (QTest::qWaitFor(condition, milliseconds))
        return {};
    return std::unexpected(u"%1 (waited %2 s)"_s.arg(what).arg(milliseconds / 1000));
}

QObject *Tour::singleton(const char *module, const char *name) const
{
    return m_engine.singletonInstance<QObject *>(module, name);
}

/// The item that can be seen by this object name.
QQuickItem *Tour::find(const QString &name) const
{
    QList<QQuickItem *> items { m_window.contentItem() };
    QQuickItem *found = nullptr;
    while (!items.isEmpty()) {
        QQuickItem *item = items.takeFirst();
        if (!item->isVisible())
            continue;
        if (item->objectName() == name)
            found = item; // the last one is on top
        items += item->childItems();
    }
    return found;
}

Outcome Tour::appears(const QString &name)
{
    return until(u"%1 did not appear"_s.arg(name), [&] { return find(name) != nullptr; });
}

Outcome Tour::clickAt(const QQuickItem *item, QPointF place)
{
    const QPoint point = item->mapToScene(place).toPoint();
    if (!QRect(QPoint(), m_window.size()).contains(point))
        return std::unexpected(u"%1 is outside of the window"_s.arg(item->objectName()));
    QTest::mouseMove(&m_window, point);
    QTest::mouseClick(&m_window, Qt::LeftButton, {}, point);
    return {};
}

/// Whether a sheet that is open, or still on its way out, takes the clicks meant for \a item.
bool Tour::isCovered(const QQuickItem *item) const
{
    const QList<QQuickItem *> layers = m_window.contentItem()->childItems();
    return std::ranges::any_of(layers, [item](const QQuickItem *layer) {
        return layer->inherits("QQuickOverlay") && !layer->isAncestorOf(item)
            && std::ranges::any_of(layer->childItems(), [](const QQuickItem *popup) {
                   return popup->parent() && popup->parent()->property("modal").toBool()
                       && popup->isVisible();
               });
    });
}

Outcome Tour::click(const QString &name)
{
    QRectF before;
    const auto usable = [&] {
        draw();
        const QQuickItem *item = find(name);
        // What slides in would not be there any more when the click arrives.
        const QRectF place = item ? item->mapRectToScene(item->boundingRect()) : QRectF();
        const bool rests = place == std::exchange(before, place);
        return item && rests && item->isEnabled() && item->width() > 0 && isInSight(item) && !isCovered(item);
    };
    return until(u"%1 cannot be clicked"_s.arg(name), usable).and_then([&] {
        const QQuickItem *item = find(name);
        return clickAt(item, QPointF(item->width(), item->height()) / 2);
    });
}

/// Clicks at one of several, which becomes the chosen one.
Outcome Tour::choose(const QString &name)
{
    return click(name).and_then([&] {
        return until(u"%1 is not chosen"_s.arg(name), [&] {
            const QQuickItem *item = find(name);
            return item && item->property("checked").toBool();
        });
    });
}

/// Draws a frame, before which everything that has changed finds its place.
void Tour::draw()
{
    QSignalSpy drawn(&m_window, &QQuickWindow::frameSwapped);
    m_window.update();
    (void)drawn.wait(1000);
}

void Tour::press(Qt::Key key, Qt::KeyboardModifiers modifiers)
{
    QTest::keyClick(&m_window, key, modifiers);
}

void Tour::type(const QString &text)
{
    press(Qt::Key_A, Qt::ControlModifier);
    press(Qt::Key_Backspace);
    for (const QChar letter : text)
        QTest::sendKeyEvent(QTest::Click, &m_window, Qt::Key_unknown, QString(letter), Qt::NoModifier);
}

Outcome Tour::fill(const QString &name, const QString &text)
{
    return click(name).and_then([&] {
        type(text);
        return until(u"%1 does not hold what was typed"_s.arg(name),
                     [&] { return find(name) && find(name)->property("text").toString() == text; });
    });
}

/// A picture in each theme, of the window at rest.
Outcome Tour::shoot(const QString &name, bool large)
{
    QObject *theme = singleton("Castellan.Theme", "Theme");
    const QVariant before = theme->property("scheme");
    if (large) {
        m_window.resize(largeSize);
        const Outcome resized = until(u"the window did not grow"_s,
                                      [&] { return m_window.contentItem()->width() == largeSize.width(); });
        if (!resized)
            return resized;
    }
    QTest::mouseMove(&m_window, QPoint(2, 2)); // no tool tip in the way
    bool saved = true;
    for (const auto &[scheme, suffix] : { std::pair(1, u"light"_s), std::pair(2, u"dark"_s) }) {
        theme->setProperty("scheme", scheme);
        QTest::qWait(50); // bindings, a frame, nothing that anyone could wait for
        const QString file = large ? u"%1-%2-1920x1080.png"_s : u"%1-%2.png"_s;
        saved &= m_window.grabWindow().save(m_folder.filePath(file.arg(name, suffix)));
    }
    theme->setProperty("scheme", before);
    if (large) {
        m_window.resize(usualSize);
        const Outcome resized = until(u"the window did not shrink"_s,
                                      [&] { return m_window.contentItem()->width() == usualSize.width(); });
        if (!resized)
            return resized;
        QTest::qWait(50); // laid out again
    }
    if (!saved)
        return std::unexpected(u"the picture of %1 could not be written to %2"_s.arg(name, m_folder.path()));
    return {};
}

QVariant Tour::cell(const QString &list, const char *key, const QVariant &value, const char *role) const
{
    const QQuickItem *view = find(list);
    const auto *model = view ? view->property("model").value<QAbstractItemModel *>() : nullptr;
    if (!model)
        return {};
    const QHash<int, QByteArray> names = model->roleNames();
    for (int row = 0; row < model->rowCount(); ++row) {
        if (model->data(model->index(row, 0), names.key(key)) == value)
            return model->data(model->index(row, 0), names.key(role));
    }
    return {};
}

int Tour::rowCount(const QString &list) const
{
    const QQuickItem *view = find(list);
    return view ? view->property("count").toInt() : -1;
}

// --- The steps ---

Outcome Tour::open()
{
    m_window.resize(usualSize);
    m_window.requestActivate();
    if (!QTest::qWaitForWindowActive(&m_window))
        return std::unexpected(u"the window did not become active"_s);
    return appears(u"signIn"_s).and_then([&] { return fill(u"connect"_s, QString()); }).and_then([&] {
        return shoot(u"signin"_s);
    });
}

Outcome Tour::meetAnUnreachableServer()
{
    return fill(u"profileName"_s, u"Building"_s)
        .and_then([&] { return click(u"mark-red"_s); })
        .and_then([&] { return fill(u"jid"_s, m_account.value(u"jid"_s).toString()); })
        .and_then([&] { return fill(u"password"_s, m_account.value(u"password"_s).toString()); })
        .and_then([&] { return fill(u"connect"_s, u"127.0.0.1:1"_s); })
        .and_then([&] { return click(u"signIn"_s); })
        .and_then([&] {
            return until(
                u"no error was shown"_s, [&] { return find(u"signInError"_s) && find(u"signIn"_s); },
                networkPatience);
        })
        .and_then([&] { return shoot(u"signin-error"_s); });
}

Outcome Tour::signIn()
{
    return fill(u"connect"_s, m_account.value(u"connect"_s).toString())
        .and_then([&] { return fill(u"password"_s, m_account.value(u"password"_s).toString()); })
        .and_then([&] {
            press(Qt::Key_Return);
            return until(
                u"the workspace did not open"_s, [&] { return find(u"workspace"_s) != nullptr; },
                networkPatience);
        })
        .and_then([&] {
            return until(
                u"the console is not online"_s, [&] { return session("state").toInt() == 3; },
                networkPatience);
        });
}

Outcome Tour::waitForTheFleet()
{
    // A thing that has asked has something to clear; the others come in their own time.
    return click(u"go-things"_s).and_then([&] {
        const auto hasAsked = [&](const QString &jid) {
            return cell(u"things"_s, "jid", jid, "online").toBool()
                && cell(u"things"_s, "jid", jid, "lastAsked").toDateTime().isValid();
        };
        return until(
            u"%1 and %2 did not come online and ask"_s.arg(valve, sensor),
            [&] { return hasAsked(valve) && hasAsked(sensor); }, networkPatience * 2);
    });
}

Outcome Tour::lookAtTheOverview()
{
    return click(u"go-overview"_s)
        .and_then([&] { return appears(u"overviewPage"_s); })
        .and_then([&] {
            return until(u"no things are counted"_s, [&] { return session("thingCount").toInt() > 50; });
        })
        .and_then([&] { return shoot(u"overview-fresh"_s); });
}

Outcome Tour::walkTheGraph()
{
    return click(u"go-graph"_s)
        .and_then([&] {
            return until(u"nothing was drawn"_s, [&] {
                const auto *view = qobject_cast<views::GraphView *>(find(u"graph"_s));
                return view && view->model()->nodeCount() > 50;
            });
        })
        .and_then([&] { return shoot(u"graph"_s); })
        .and_then([&] { return shoot(u"graph"_s, true); })
        .and_then([&] {
            const auto *view = qobject_cast<views::GraphView *>(find(u"graph"_s));
            return clickAt(view, view->placeOf(automation));
        })
        .and_then([&] {
            return until(u"clicking a thing did not select it"_s, [&] {
                return qobject_cast<views::GraphView *>(find(u"graph"_s))->model()->selected() == automation
                    && find(u"inspectedName"_s);
            });
        })
        .and_then([&] {
            return until(u"its friends are not listed"_s, [&] { return rowCount(u"friends"_s) > 5; });
        })
        .and_then([&] { return shoot(u"graph-selected"_s); })
        .and_then([&] {
            press(Qt::Key_Right);
            return until(u"an arrow key did not lead to a neighbour"_s, [&] {
                const QString selected =
                    qobject_cast<views::GraphView *>(find(u"graph"_s))->model()->selected();
                return !selected.isEmpty() && selected != automation;
            });
        })
        .and_then([&] {
            press(Qt::Key_Escape);
            return until(u"Escape did not deselect"_s, [&] { return !find(u"inspectedName"_s); });
        });
}

Outcome Tour::findAThing()
{
    press(Qt::Key_K, Qt::ControlModifier);
    return appears(u"search"_s)
        .and_then([&] {
            return until(u"Ctrl+K did not lead to the search"_s,
                         [&] { return find(u"search"_s)->hasActiveFocus(); });
        })
        .and_then([&] { return shoot(u"things"_s); })
        .and_then([&] { return shoot(u"things"_s, true); })
        .and_then([&] {
            type(u"heating valve"_s);
            return until(u"the search did not find three valves"_s,
                         [&] { return rowCount(u"things"_s) == 3; });
        })
        .and_then([&] {
            press(Qt::Key_Down);
            return until(u"no row was selected by the keyboard"_s,
                         [&] { return find(u"inspectedName"_s) != nullptr; });
        })
        .and_then([&] { return click(u"thing-"_s + valve); })
        .and_then([&] {
            return until(u"the valve's friends do not list the sensor"_s, [&] {
                return cell(u"friends"_s, "peer", sensor, "state").toString() == "accepted"_L1;
            });
        })
        .and_then([&] { return shoot(u"things-selected"_s); })
        .and_then([&] { return click(u"inspectorTabs-rules"_s); })
        .and_then([&] { return shoot(u"things-rules"_s); })
        .and_then([&] { return click(u"inspectorTabs-friends"_s); });
}

Outcome Tour::findNothing()
{
    return fill(u"search"_s, u"submarine"_s)
        .and_then([&] { return until(u"something was found"_s, [&] { return rowCount(u"things"_s) == 0; }); })
        .and_then([&] { return shoot(u"things-empty"_s); })
        .and_then([&] {
            press(Qt::Key_Escape);
            return until(u"Escape did not clear the search"_s, [&] { return rowCount(u"things"_s) > 50; });
        });
}

Outcome Tour::unfriend()
{
    return click(u"unfriend-"_s + sensor)
        .and_then([&] {
            return until(u"there is no pending change"_s,
                         [&] { return draftCount() == 1 && find(u"changeBar"_s); });
        })
        .and_then([&] {
            return until(u"the friend is not marked"_s, [&] {
                return cell(u"friends"_s, "peer", sensor, "draftState").toString() == "removed"_L1;
            });
        })
        .and_then([&] { return shoot(u"things-draft"_s); });
}

Outcome Tour::undoAndRedo()
{
    press(Qt::Key_Z, Qt::ControlModifier);
    return until(u"Ctrl+Z did not undo"_s, [&] { return draftCount() == 0; }).and_then([&] {
        press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        return until(u"Ctrl+Shift+Z did not redo"_s, [&] { return draftCount() == 1; });
    });
}

Outcome Tour::setTheChangeApart()
{
    const auto isIn = [&](const QString &name, int count) {
        return until(
            u"the change set \"%1\" with %2 changes is not the one that is worked on"_s.arg(name).arg(count),
            [&] { return draft()->property("name").toString() == name && draftCount() == count; });
    };
    const auto choose = [&](const QString &item) {
        return appears(item).and_then([&] {
            QTest::qWait(100); // the menu finds its place when it knows its height
            return click(item);
        });
    };
    press(Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
    return appears(u"setName"_s)
        .and_then([&] {
            type(u"Lobby"_s);
            press(Qt::Key_Return);
            return isIn(u"Lobby"_s, 0);
        })
        .and_then([&] { return click(u"changeSets"_s); })
        .and_then([&] { return appears(u"set-Lobby"_s); })
        .and_then([&] { return shoot(u"change-sets"_s); })
        .and_then([&] { return choose(u"set-"_s); })
        .and_then([&] { return isIn({}, 1); })
        .and_then([&] { return click(u"review"_s); })
        .and_then([&] { return click(u"tick-0"_s); })
        .and_then([&] { return shoot(u"review-ticked"_s); })
        .and_then([&] { return click(u"moveTicked"_s); })
        .and_then([&] { return appears(u"moveTo-Lobby"_s); })
        .and_then([&] { return shoot(u"review-move"_s); })
        .and_then([&] { return choose(u"moveTo-Lobby"_s); })
        .and_then([&] { return isIn({}, 0); })
        .and_then([&] {
            press(Qt::Key_Escape);
            return until(u"Escape did not close the sheet"_s, [&] { return !find(u"pushTitle"_s); });
        })
        .and_then([&] { return click(u"changeSets"_s); })
        .and_then([&] { return choose(u"set-Lobby"_s); })
        .and_then([&] { return isIn(u"Lobby"_s, 1); });
}

Outcome Tour::reviewAndPush()
{
    return click(u"review"_s)
        .and_then(
            [&] { return fill(u"pushTitle"_s, u"The lobby valve no longer follows the lobby sensor"_s); })
        .and_then([&] { return shoot(u"review"_s); })
        .and_then([&] { return click(u"reviewTabs-effects"_s); })
        .and_then([&] {
            return until(u"it does not say that two are no longer friends"_s, [&] {
                const QQuickItem *chip = find(u"effectsLost"_s);
                return chip && chip->property("text").toString() == u"1 lost"_s;
            });
        })
        .and_then([&] { return shoot(u"review-effects"_s); })
        .and_then([&] { return click(u"reviewPush"_s); })
        .and_then([&] {
            return until(u"the push did not succeed"_s, [&] { return draftCount() == 0; }, networkPatience);
        })
        .and_then([&] { return until(u"the sheet did not close"_s, [&] { return !find(u"pushTitle"_s); }); });
}

Outcome Tour::followDelivery()
{
    QTest::qWait(300); // the sheet is out of sight, but takes clicks until its animation has ended
    return click(u"go-deliveries"_s)
        .and_then(
            [&] { return until(u"the push is not listed"_s, [&] { return rowCount(u"pushes"_s) > 0; }); })
        .and_then([&] {
            return until(u"the things concerned are not listed"_s,
                         [&] { return rowCount(u"devices"_s) > 0; });
        })
        .and_then([&] { return shoot(u"deliveries"_s); })
        .and_then([&] {
            const auto settled = [&] {
                const QVariant revision =
                    find(u"deliveriesPage"_s)->property("expandedRevision").toLongLong();
                return cell(u"pushes"_s, "revision", revision, "settled").toBool()
                    && cell(u"pushes"_s, "revision", revision, "total").toInt() > 0
                    && cell(u"pushes"_s, "revision", revision, "failed").toInt() == 0;
            };
            return until(u"not every cache was acknowledged as cleared"_s, settled, networkPatience);
        })
        .and_then([&] { return shoot(u"deliveries-acknowledged"_s); });
}

Outcome Tour::findTheFriendGone()
{
    return click(u"go-things"_s).and_then([&] {
        return until(u"the sensor is still listed"_s, [&] {
            return rowCount(u"friends"_s) >= 0
                && cell(u"friends"_s, "peer", sensor, "state").toString() != "accepted"_L1;
        });
    });
}

Outcome Tour::addARule()
{
    return click(u"go-rules"_s)
        .and_then([&] { return until(u"there are no rules"_s, [&] { return rowCount(u"rules"_s) > 10; }); })
        .and_then([&] { return shoot(u"rules"_s); })
        .and_then([&] { return shoot(u"rules"_s, true); })
        .and_then([&] { return click(u"addRule"_s); })
        .and_then([&] { return choose(u"effect-deny"_s); })
        .and_then([&] { return choose(u"subjectKind-everyone"_s); })
        .and_then([&] { return choose(u"targetKind-device"_s); })
        .and_then([&] { return fill(u"targetValue"_s, sensor); })
        .and_then([&] {
            press(Qt::Key_Tab); // with the focus go the suggestions, which may lie over the next field
            return fill(u"names"_s, u"Temperature"_s);
        })
        .and_then([&] {
            press(Qt::Key_Return);
            return until(u"Return did not take the field"_s,
                         [&] { return find(u"names"_s)->property("text").toString().isEmpty(); });
        })
        .and_then([&] { return shoot(u"rule-editor"_s); })
        .and_then([&] { return click(u"saveRule"_s); })
        .and_then([&] {
            return until(u"the new rule is not listed"_s, [&] {
                m_newRule = cell(u"rules"_s, "draftState", u"added"_s, "ruleId").toString();
                return draftCount() == 1 && !m_newRule.isEmpty() && !find(u"saveRule"_s);
            });
        });
}

Outcome Tour::moveTheRule()
{
    return click(u"rules"_s)
        .and_then([&] {
            press(Qt::Key_End);
            return until(u"End did not lead to the new rule"_s,
                         [&] { return find(u"rulesPage"_s)->property("selected").toString() == m_newRule; });
        })
        .and_then([&] {
            for (int place = cell(u"rules"_s, "ruleId", m_newRule, "position").toInt(); place > 1; --place) {
                press(Qt::Key_Up, Qt::AltModifier);
                const Outcome moved = until(u"Alt+Up did not move the rule from place %1"_s.arg(place), [&] {
                    return cell(u"rules"_s, "ruleId", m_newRule, "position").toInt() == place - 1;
                });
                if (!moved)
                    return moved;
            }
            return Outcome();
        });
}

Outcome Tour::dragTheRule()
{
    const auto isAt = [&](int place) {
        return cell(u"rules"_s, "ruleId", m_newRule, "position").toInt() == place;
    };
    const QString name = u"rule-"_s + m_newRule;
    return until(u"the rule is not in sight"_s, [&] { return find(name) && isInSight(find(name)); })
        .and_then([&] {
            const QQuickItem *row = find(name);
            const QPoint handle = row->mapToScene(QPointF(20, row->height() / 2)).toPoint();
            const QPoint step(0, int(row->height()) / 4);
            QTest::mousePress(&m_window, Qt::LeftButton, {}, handle);
            for (int i = 1; i <= 10; ++i)
                QTest::mouseMove(&m_window, handle + step * i);
            QTest::mouseRelease(&m_window, Qt::LeftButton, {}, handle + step * 10);
            return until(u"dragging did not move the rule to the third place"_s, [&] { return isAt(3); });
        })
        .and_then([&] {
            press(Qt::Key_Z, Qt::ControlModifier);
            return until(u"undo did not bring the rule back to the top"_s, [&] { return isAt(1); });
        });
}

Outcome Tour::removeARule()
{
    const QString rule = u"read-weather-building"_s;
    return until(u"that rule is not in sight"_s,
                 [&] {
                     if (const QQuickItem *row = find(u"rule-"_s + rule); row && isInSight(row))
                         return true;
                     press(Qt::Key_Down);
                     return false;
                 })
        .and_then([&] { return click(u"rule-"_s + rule); })
        .and_then([&] {
            press(Qt::Key_Delete);
            return until(u"the rule is not marked"_s, [&] {
                return cell(u"rules"_s, "ruleId", rule, "draftState").toString() == "removed"_L1;
            });
        })
        .and_then([&] {
            press(Qt::Key_Home);
            return shoot(u"rules-draft"_s);
        });
}

Outcome Tour::askWhatItChanges()
{
    const auto answer = [&](const QString &name, const QString &result) {
        return until(u"the answer \"%1\" is not %2"_s.arg(name, result), [&] {
            const QQuickItem *view = find(name);
            const QVariant info = view ? view->property("answer") : QVariant();
            const QMetaObject *type = info.metaType().metaObject();
            const int at = type ? type->indexOfProperty("result") : -1;
            return at >= 0 && type->property(at).readOnGadget(info.constData()) == result;
        });
    };
    return click(u"go-ask"_s)
        .and_then([&] { return shoot(u"ask-empty"_s); })
        .and_then([&] { return fill(u"inquiryAsker"_s, sensor); })
        .and_then([&] {
            press(Qt::Key_Tab);
            return fill(u"inquiryJid"_s, valve);
        })
        .and_then([&] {
            press(Qt::Key_Tab);
            return fill(u"inquiryNames"_s, u"Temperature"_s);
        })
        .and_then([&] {
            press(Qt::Key_Return);
            return click(u"askNow"_s);
        })
        .and_then([&] { return answer(u"draftedAnswer"_s, u"denied"_s); })
        .and_then([&] { return shoot(u"ask"_s); })
        .and_then([&] { return shoot(u"ask"_s, true); })
        .and_then([&] { return click(u"go-rules"_s); });
}

Outcome Tour::pushByKeyboard()
{
    press(Qt::Key_Return, Qt::ControlModifier);
    return until(
               u"the push did not succeed"_s, [&] { return draftCount() == 0; }, networkPatience)
        .and_then([&] { return followDelivery(); })
        .and_then([&] { return shoot(u"deliveries"_s, true); });
}

Outcome Tour::findTheRulesChanged()
{
    return click(u"go-rules"_s).and_then([&] {
        return until(u"the rules are not those that were pushed"_s, [&] {
            return cell(u"rules"_s, "ruleId", m_newRule, "position").toInt() == 1
                && cell(u"rules"_s, "ruleId", m_newRule, "draftState").toString().isEmpty()
                && !cell(u"rules"_s, "ruleId", u"read-weather-building"_s, "position").isValid();
        });
    });
}

Outcome Tour::settleAConflict()
{
    // A colleague's console, on the same account
    presentation::Session colleague;
    const ObjectKey key { ObjectType::AccessRule, m_newRule };
    const auto theirDraft = [&] { return &colleague.replica()->draft(); };
    colleague.signIn(m_account.value(u"jid"_s).toString(), m_account.value(u"password"_s).toString(),
                     m_account.value(u"connect"_s).toString(), {});
    return until(
               u"the colleague's console is not online"_s,
               [&] { return colleague.state() == presentation::Session::Online; }, networkPatience)
        .and_then([&] { return click(u"edit-"_s + m_newRule); })
        .and_then([&] { return fill(u"comment"_s, u"The lobby is not ours"_s); })
        .and_then([&] { return click(u"saveRule"_s); })
        .and_then([&] { return until(u"the comment is no change"_s, [&] { return draftCount() == 1; }); })
        .and_then([&] {
            const auto read = colleague.replica()->objects({ key });
            return until(u"the colleague does not find the rule"_s, [&] { return read.isFinished(); })
                .and_then([&] {
                    const VersionedObject base = read.result().value().first();
                    auto rule = std::get<AccessRule>(*base.object);
                    rule.names.append(u"Humidity"_s);
                    theirDraft()->put(base, rule);
                    theirDraft()->push(u"Humidity, too"_s);
                    return until(
                        u"the colleague's push did not succeed"_s,
                        [&] { return !theirDraft()->isPushing() && theirDraft()->state().edits.isEmpty(); },
                        networkPatience);
                });
        })
        .and_then([&] {
            return until(u"the conflict was not noticed"_s,
                         [&] { return draft()->property("conflictCount").toInt() == 1; });
        })
        .and_then([&] { return click(u"review"_s); })
        .and_then([&] { return appears(u"keepBoth"_s); })
        .and_then([&] { return shoot(u"conflict"_s); })
        .and_then([&] { return shoot(u"conflict"_s, true); })
        .and_then([&] { return click(u"keepBoth"_s); })
        .and_then([&] {
            return until(u"the conflict was not settled"_s, [&] {
                return draft()->property("conflictCount").toInt() == 0 && draftCount() == 1;
            });
        })
        .and_then([&] { return click(u"reviewPush"_s); })
        .and_then([&] {
            return until(
                u"the push did not succeed"_s, [&] { return draftCount() == 0 && !find(u"pushTitle"_s); },
                networkPatience);
        });
}

Outcome Tour::pushForAWhile()
{
    const auto becomes = [&](const QString &effect) {
        return until(
            u"the rule does not become one that says %1"_s.arg(effect),
            [&] {
                return cell(u"rules"_s, "ruleId", m_newRule, "effect").toString() == effect
                    && draftCount() == 0;
            },
            networkPatience);
    };
    return click(u"edit-"_s + m_newRule)
        .and_then([&] { return click(u"effect-allow"_s); })
        .and_then([&] { return click(u"saveRule"_s); })
        .and_then([&] { return until(u"there is no change"_s, [&] { return draftCount() == 1; }); })
        .and_then([&] { return click(u"review"_s); })
        .and_then([&] { return click(u"confirming"_s); })
        .and_then([&] { return shoot(u"review-confirm"_s); })
        .and_then([&] { return click(u"reviewPush"_s); })
        .and_then([&] { return appears(u"confirmBar"_s); })
        .and_then([&] { return becomes(u"allow"_s); })
        .and_then([&] { return shoot(u"confirm"_s); })
        .and_then([&] { return shoot(u"confirm"_s, true); })
        .and_then([&] { return click(u"revertNow"_s); })
        .and_then([&] { return becomes(u"deny"_s); })
        .and_then([&] { return until(u"the countdown goes on"_s, [&] { return !find(u"confirmBar"_s); }); });
}

Outcome Tour::findThePushesSummedUp()
{
    return click(u"go-overview"_s)
        .and_then([&] { return appears(u"latest-1"_s); })
        .and_then([&] { return shoot(u"overview"_s); })
        .and_then([&] { return shoot(u"overview"_s, true); });
}

Outcome Tour::readTheHistory()
{
    return click(u"go-history"_s)
        .and_then(
            [&] { return until(u"the history is empty"_s, [&] { return rowCount(u"history"_s) > 10; }); })
        .and_then([&] { return click(u"entry-3"_s); })
        .and_then([&] { return appears(u"entryHeading"_s); })
        .and_then([&] { return click(u"verifyHistory"_s); })
        .and_then([&] { return appears(u"historyVerified"_s); })
        .and_then([&] { return shoot(u"history"_s); })
        .and_then([&] { return fill(u"historyBy"_s, u"nobody@example.org"_s); })
        .and_then([&] { return until(u"somebody was found"_s, [&] { return rowCount(u"history"_s) == 0; }); })
        .and_then([&] { return shoot(u"history-empty"_s); })
        .and_then([&] {
            press(Qt::Key_Escape);
            return until(u"Escape did not clear the filter"_s, [&] { return rowCount(u"history"_s) > 10; });
        });
}

Outcome Tour::changeTheTheme()
{
    const auto choose = [&](const QString &name, bool dark) {
        return click(u"menu"_s).and_then([&] { return click(name); }).and_then([&] {
            return until(u"%1 was not taken"_s.arg(name), [&] {
                return singleton("Castellan.Theme", "Theme")->property("dark").toBool() == dark;
            });
        });
    };
    return choose(u"dark"_s, true).and_then([&] { return choose(u"light"_s, false); });
}

Outcome Tour::signOut()
{
    return click(u"menu"_s)
        .and_then([&] { return appears(u"signOut"_s); })
        .and_then([&] { return shoot(u"menu"_s); })
        .and_then([&] { return click(u"signOut"_s); })
        .and_then([&] { return appears(u"signIn"_s); });
}

Outcome Tour::switchServers()
{
    const auto count = [&](int servers) {
        return until(u"there are not %1 servers"_s.arg(servers),
                     [&] { return find(u"profiles"_s) && rowCount(u"profiles"_s) == servers; });
    };
    return count(1)
        .and_then([&] { return click(u"newProfile"_s); })
        .and_then([&] { return fill(u"profileName"_s, u"Laboratory"_s); })
        .and_then([&] { return click(u"mark-green"_s); })
        .and_then([&] { return fill(u"jid"_s, u"me@laboratory.localhost"_s); })
        .and_then([&] { return fill(u"password"_s, u"unknown"_s); })
        .and_then([&] { return fill(u"connect"_s, u"127.0.0.1:1"_s); })
        .and_then([&] { return click(u"signIn"_s); })
        .and_then([&] {
            return until(
                u"no error was shown"_s, [&] { return find(u"signInError"_s) && find(u"signIn"_s); },
                networkPatience);
        })
        .and_then([&] { return count(2); })
        .and_then([&] { return click(u"profile-Building"_s); })
        .and_then([&] { return shoot(u"servers"_s); })
        .and_then([&] { return shoot(u"servers"_s, true); })
        .and_then([&] { return click(u"profile-Laboratory"_s); })
        .and_then([&] { return click(u"askRemoveProfile"_s); })
        .and_then([&] { return click(u"removeProfile-action"_s); })
        .and_then([&] { return count(1); });
}

} // namespace

bool runTour(QQuickWindow &window, const QString &folder, const QVariantMap &account)
{
    return Tour(window, folder, account).run();
}

} // namespace castellan
