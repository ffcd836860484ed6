// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/map.h"
#include "presentation/session.h"

#include <QBasicTimer>
#include <QElapsedTimer>
#include <QHash>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

#include <stop_token>

namespace castellan::presentation {

/// The whole network, however large, with every thing in its place: what an overview draws and what can be
/// asked about who reaches whom. Committed friendships; the draft is in GraphModel.
///
/// What was drawn last is kept beside the local copy and is there at once. Then, and whenever things or
/// friendships change, all is read anew in the background, at most a sixth of the time; what stays keeps its
/// place.
class NetworkModel : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// Reads only while this is true.
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    Q_PROPERTY(Activity activity READ activity NOTIFY activityChanged)
    /// Of reading, 0 to 1.
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
    Q_PROPERTY(int nodeCount READ nodeCount NOTIFY mapChanged)
    Q_PROPERTY(qint64 linkCount READ linkCount NOTIFY mapChanged)
    /// Bare JID or "". Belongs to whoever looks; nothing here depends on it.
    Q_PROPERTY(QString selected READ selected WRITE setSelected NOTIFY selectedChanged)

public:
    enum Activity {
        Resting,
        Reading,
        Arranging, ///< everything anew, which takes seconds for a large network
        Cancelled, ///< what is shown is not the newest until the next change, or retry()
    };
    Q_ENUM(Activity)

    explicit NetworkModel(QObject *parent = nullptr);
    ~NetworkModel() override;

    [[nodiscard]] bool isActive() const { return m_active; }
    void setActive(bool active);
    [[nodiscard]] Activity activity() const { return m_activity; }
    [[nodiscard]] double progress() const;
    [[nodiscard]] int nodeCount() const { return m_map ? m_map->network().size() : 0; }
    [[nodiscard]] qint64 linkCount() const { return m_map ? m_map->network().linkCount() : 0; }
    [[nodiscard]] QString selected() const { return m_selected; }
    void setSelected(const QString &jid);

    /// Ends what is under way.
    Q_INVOKABLE void cancel();
    Q_INVOKABLE void retry();

    /// Null: nothing is known yet.
    [[nodiscard]] const std::shared_ptr<const graph::Map> &map() const { return m_map; }
    /// -1: it is not there.
    [[nodiscard]] qint32 indexOf(const QString &jid) const;
    /// What a node is called; an empty JID if that has not been read. Any thread, while nobody else uses
    /// this.
    [[nodiscard]] replica::NameRow nameOf(qint32 node) const;
    /// Reads what \a nodes are called, as far as it is not known; namesChanged() follows.
    void askNames(std::span<const qint32> nodes);
    /// Selects a node (-1: none), as soon as its JID is known.
    void select(qint32 node);

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void activeChanged();
    void activityChanged();
    void progressChanged();
    void selectedChanged();
    /// Another map: other nodes, links, marks or places.
    void mapChanged();
    void namesChanged();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    struct Task;

    void follow();
    void begin();
    void read();
    void take(const std::shared_ptr<Task> &task);
    void invalidate();
    void enter(Activity activity);
    void readNames();

    QPointer<Session> m_session;
    bool m_active = true;
    Activity m_activity = Resting;
    QString m_selected;
    qint64 m_toSelect = 0; ///< the id of a node whose JID is asked for
    std::shared_ptr<const graph::Map> m_map;
    std::shared_ptr<Task> m_task; ///< what is under way
    bool m_outdated = false; ///< what is under way will not be the newest any more
    std::chrono::milliseconds m_lastRead {};
    QBasicTimer m_readTimer;
    QBasicTimer m_progressTimer;
    QBasicTimer m_namesTimer;
    QHash<qint64, replica::NameRow> m_names; ///< by id
    QHash<qint64, replica::NameRow> m_formerNames; ///< of the map before, until they are read again
    QList<qint64> m_unnamed; ///< ids to be asked for
};

} // namespace castellan::presentation
