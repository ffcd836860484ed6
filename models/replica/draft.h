// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/connection.h"
#include "replica/draftstate.h"

#include <QHash>
#include <QObject>

#include <functional>

namespace castellan::replica {

class Database;
class Replica;

/// The edits of one administrator that are not pushed yet. Each step goes to the local copy's database
/// at once, so a console that dies loses nothing. Lives on the thread of its replica.
class ChangeDraft : public QObject
{
    Q_OBJECT

public:
    explicit ChangeDraft(Replica &replica);

    [[nodiscard]] const DraftState &state() const { return m_state; }
    /// Whether all that was edited is on disk; never long after the edit.
    [[nodiscard]] bool isSaved() const { return m_unsaved == 0; }
    [[nodiscard]] bool canUndo() const { return !isPushing() && m_position > 0; }
    [[nodiscard]] bool canRedo() const { return !isPushing() && m_position < m_steps.size(); }
    /// The step that undo() would take back, or redo() do again; only while it can.
    [[nodiscard]] const DraftStep &undoable() const { return m_steps.at(m_position - 1); }
    [[nodiscard]] const DraftStep &redoable() const { return m_steps.at(m_position); }

    // Edits; see DraftState. None is taken during a push, so that its outcome is the draft's.
    void put(const VersionedObject &base, const Object &mine);
    void remove(const VersionedObject &base);
    void move(const VersionedObject &base, const QString &after);
    void discard(const ObjectKey &key);
    void discardAll();
    void undo();
    void redo();

    /// What became of the object since the edit began, where the edit does not go together with it; or, of
    /// another key, the rule that it was placed behind and that is gone.
    [[nodiscard]] std::optional<VersionedObject> theirs(const ObjectKey &key) const;
    [[nodiscard]] qsizetype conflicts() const { return m_theirs.size(); }
    /// Makes the edit one of what is there now.
    void keepMine(const ObjectKey &key);
    void takeTheirs(const ObjectKey &key) { discard(key); }

    /// Commits all edits at the server or none. Until it is certain which, isPushing() holds, over lost
    /// connections and restarts of the console; then pushed() or pushFailed() tells.
    void push(const QString &title);
    [[nodiscard]] bool isPushing() const { return m_push.has_value(); }

Q_SIGNALS:
    void changed();
    void pushingChanged();
    /// The local copy shows the result already.
    void pushed(castellan::Revision revision, int deliveries);
    void pushFailed(const castellan::Failure &failure);

private:
    friend class Replica;
    struct Push
    {
        ChangeSet changeSet; ///< empty id: not put together yet
        std::optional<wire::admin::Applied> applied;
        bool sent = false;
    };

    void load(const QList<DraftStep> &steps, qsizetype position, const std::optional<ChangeSet> &push);
    void step(const DraftState &after);
    void save(std::function<Result<void>(Database &)> work);
    void setState(const DraftState &state);
    /// Looks up what the server holds where the draft edits.
    void compare();
    void reconcile(const QList<VersionedObject> &current);
    void send();
    void finishWhenShown();
    void finish(const Failure *failure);

    Replica &m_replica;
    bool m_loaded = false;
    int m_unsaved = 0; ///< writings under way
    DraftState m_state;
    QList<DraftStep> m_steps;
    qsizetype m_position = 0;
    QHash<ObjectKey, VersionedObject> m_theirs;
    quint64 m_comparison = 0;
    std::optional<Push> m_push;
};

} // namespace castellan::replica
