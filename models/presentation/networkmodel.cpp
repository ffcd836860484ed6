// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/networkmodel.h"

#include "graph/remembered.h"

#include <QFuture>
#include <QLoggingCategory>
#include <QTimerEvent>
#include <QtConcurrentRun>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace castellan::presentation {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcNetwork, "castellan.presentation.network", QtInfoMsg)

/// A burst of events is one reading; a large network waits longer, so that reading it takes no more than a
/// sixth of a processor.
constexpr auto settleTime = 50ms;
constexpr int restPerReading = 5;
constexpr auto progressTime = 100ms;
/// Names of what comes into view are asked for together.
constexpr auto namesTime = 10ms;
constexpr qsizetype mostNames = 20'000; ///< kept

graph::Marks marksOf(const replica::NetworkThing &thing)
{
    const auto kind = [&]() -> quint8 {
        switch (thing.kind) {
        case ThingKind::Thing:
            return 0;
        case ThingKind::Concentrator:
            return quint8(graph::Mark::Concentrator);
        case ThingKind::Service:
            return quint8(graph::Mark::Service);
        case ThingKind::User:
            return quint8(graph::Mark::User);
        }
        Q_UNREACHABLE_RETURN(0);
    }();
    return quint8(kind | (thing.online ? quint8(graph::Mark::Online) : 0)
                  | (thing.waiting ? quint8(graph::Mark::Waiting) : 0));
}

} // namespace

/// One reading, as it goes from thread to thread. Only `progress` and `stop` are for several at once.
struct NetworkModel::Task
{
    std::stop_source stop;
    std::atomic<double> progress = 0;
    QElapsedTimer clock;

    std::shared_ptr<const graph::Network> before;
    graph::Network network;
    std::vector<qint32> indexOfId; ///< by id; and of negative ids by -id
    std::vector<qint32> indexOfUnknown { -1 };
    std::vector<std::pair<qint32, qint32>> accepted;
    QHash<qint64, replica::NameRow> unknown;
    std::shared_ptr<const graph::Map> map; ///< what comes of it

    void add(const replica::NetworkThing &thing)
    {
        if (thing.id < 0) {
            indexOfUnknown.push_back(network.size());
            unknown.insert(thing.id, { thing.id, thing.jid, {} });
        } else {
            if (size_t(thing.id) >= indexOfId.size())
                indexOfId.resize(size_t(thing.id) + 1, -1);
            indexOfId[size_t(thing.id)] = network.size();
        }
        network.keys.push_back(graph::keyOf(thing.jid));
        network.ids.push_back(thing.id);
        network.marks.push_back(marksOf(thing));
    }
    [[nodiscard]] qint32 indexOf(qint64 id) const
    {
        return id < 0 ? indexOfUnknown[size_t(-id)] : indexOfId[size_t(id)];
    }
    void link(qint64 a, qint64 b, Friendship::State state)
    {
        if (state == Friendship::State::Accepted)
            accepted.emplace_back(indexOf(a), indexOf(b));
        else
            network.rejected.push_back({ indexOf(a), indexOf(b) });
    }
    /// What is left when all is read. Any thread.
    void finish(const QString &path)
    {
        network.friends = layout::Adjacency(network.size(), accepted);
        accepted = {};
        if (!graph::place(network, before ? *before : graph::Network(), stop.get_token()))
            return;
        if (!graph::remember(network, path))
            qCWarning(lcNetwork) << "Where things are drawn cannot be kept in" << path;
        map = std::make_shared<const graph::Map>(std::make_shared<const graph::Network>(std::move(network)));
    }
};

NetworkModel::NetworkModel(QObject *parent)
    : QObject(parent)
{ }

NetworkModel::~NetworkModel()
{
    if (m_task)
        m_task->stop.request_stop();
}

void NetworkModel::setActive(bool active)
{
    if (std::exchange(m_active, active) == active)
        return;
    Q_EMIT activeChanged();
    if (m_active)
        begin();
}

double NetworkModel::progress() const
{
    return m_task ? m_task->progress.load() : 0;
}

void NetworkModel::setSelected(const QString &jid)
{
    m_toSelect = 0;
    if (std::exchange(m_selected, jid) != jid)
        Q_EMIT selectedChanged();
}

qint32 NetworkModel::indexOf(const QString &jid) const
{
    return m_map && !jid.isEmpty() ? m_map->network().indexOf(graph::keyOf(jid)) : -1;
}

replica::NameRow NetworkModel::nameOf(qint32 node) const
{
    const qint64 id = m_map->network().ids[size_t(node)];
    const auto found = m_names.constFind(id);
    return found != m_names.cend() ? *found : m_formerNames.value(id, { .id = id, .jid = {}, .name = {} });
}

void NetworkModel::askNames(std::span<const qint32> nodes)
{
    for (const qint32 node : nodes) {
        const qint64 id = m_map->network().ids[size_t(node)];
        if (id >= 0 && !m_names.contains(id))
            m_unnamed.append(id);
    }
    if (!m_unnamed.isEmpty() && !m_namesTimer.isActive())
        m_namesTimer.start(namesTime, this);
}

void NetworkModel::select(qint32 node)
{
    if (node < 0)
        return setSelected({});
    askNames({ &node, 1 });
    const replica::NameRow row = nameOf(node);
    setSelected(row.jid);
    m_toSelect = row.jid.isEmpty() ? row.id : 0;
}

void NetworkModel::setSession(Session *session)
{
    if (m_session == session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session)
        connect(m_session, &Session::replicaChanged, this, &NetworkModel::follow);
    follow();
}

void NetworkModel::componentComplete()
{
    if (!m_session)
        setSession(Session::of(this));
}

void NetworkModel::follow()
{
    cancel();
    m_task.reset();
    m_readTimer.stop();
    m_names.clear();
    m_formerNames.clear();
    m_unnamed.clear();
    enter(Resting);
    if (std::exchange(m_map, nullptr))
        Q_EMIT mapChanged();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica)
        return;
    connect(replica, &replica::Replica::changed, this, [this](replica::Parts parts) {
        using replica::Part;
        if (parts & (Part::Things | Part::Friendships | Part::Statuses | Part::Deliveries))
            invalidate();
    });
    begin();
}

/// Shows what was drawn last, before anything is read.
void NetworkModel::begin()
{
    const auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || !m_active || m_task)
        return;
    if (m_map)
        return read();
    auto task = std::make_shared<Task>();
    m_task = task;
    enter(Reading);
    QtConcurrent::run([task, path = replica->companion(u"map"_s)] {
        if (auto network = graph::remembered(path)) {
            task->map = std::make_shared<const graph::Map>(
                std::make_shared<const graph::Network>(std::move(*network)));
        }
    }).then(this, [this, task] {
        if (task != m_task)
            return;
        m_task.reset();
        if (task->map) {
            m_map = task->map;
            Q_EMIT mapChanged();
        }
        if (task->stop.stop_requested())
            enter(Cancelled);
        else
            read();
    });
}

void NetworkModel::read()
{
    m_readTimer.stop();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || !m_active)
        return;
    auto task = std::make_shared<Task>();
    task->clock.start();
    task->before = m_map ? m_map->shared() : nullptr;
    m_task = task;
    m_outdated = false;
    enter(Reading);
    m_progressTimer.start(progressTime, this);
    const replica::NetworkVisitor visitor {
        .thing = [task](const replica::NetworkThing &thing) { task->add(thing); },
        .pair = [task](qint64 a, qint64 b, Friendship::State state) { task->link(a, b, state); },
        .goOn =
            [task](double progress) {
                task->progress = progress;
                return !task->stop.stop_requested();
            },
    };
    replica->visit(visitor)
        .then(QtFuture::Launch::Async,
              [task, path = replica->companion(u"map"_s)](const Result<bool> &whole) -> Result<void> {
                  if (whole && *whole)
                      task->finish(path);
                  return whole.transform([](bool) { });
              })
        .then(this, [this, task](const Result<void> &done) {
            if (task != m_task)
                return;
            if (!done && m_session)
                m_session->report(done.error());
            take(task);
        });
}

void NetworkModel::take(const std::shared_ptr<Task> &task)
{
    m_progressTimer.stop();
    m_lastRead = std::chrono::milliseconds(task->clock.elapsed());
    m_task.reset();
    enter(task->stop.stop_requested() ? Cancelled : Resting);
    if (task->map) {
        m_map = task->map;
        m_formerNames = std::exchange(m_names, task->unknown);
        Q_EMIT mapChanged();
    }
    if (m_outdated)
        invalidate();
}

void NetworkModel::invalidate()
{
    if (m_task)
        m_outdated = true;
    else if (m_active && !m_readTimer.isActive())
        m_readTimer.start(std::max<std::chrono::milliseconds>(settleTime, m_lastRead * restPerReading), this);
}

void NetworkModel::cancel()
{
    m_outdated = false;
    if (m_task)
        m_task->stop.request_stop();
}

void NetworkModel::retry()
{
    if (!m_task)
        begin();
}

void NetworkModel::enter(Activity activity)
{
    if (std::exchange(m_activity, activity) != activity)
        Q_EMIT activityChanged();
    Q_EMIT progressChanged();
}

void NetworkModel::readNames()
{
    m_namesTimer.stop();
    const auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica || m_unnamed.isEmpty())
        return;
    const QList<qint64> ids = std::exchange(m_unnamed, {});
    replica->names(ids).then(this, [this, ids, map = m_map](const Result<QList<replica::NameRow>> &names) {
        if (map != m_map)
            return;
        if (!names)
            return m_session ? m_session->report(names.error()) : void();
        if (m_names.size() > mostNames)
            m_names.clear();
        for (const qint64 id : ids)
            m_names.insert(id, { .id = id, .jid = {}, .name = {} }); // whoever is gone is not asked for again
        for (const replica::NameRow &row : *names)
            m_names.insert(row.id, row);
        Q_EMIT namesChanged();
        if (const auto found = m_names.constFind(m_toSelect); found != m_names.cend() && m_toSelect != 0)
            setSelected(found->jid);
    });
}

void NetworkModel::timerEvent(QTimerEvent *event)
{
    if (event->id() == Qt::TimerId(m_readTimer.id())) {
        read();
    } else if (event->id() == Qt::TimerId(m_namesTimer.id())) {
        readNames();
    } else if (event->id() == Qt::TimerId(m_progressTimer.id())) {
        if (m_task && m_task->progress >= 1)
            enter(Arranging);
        Q_EMIT progressChanged();
    }
}

} // namespace castellan::presentation
