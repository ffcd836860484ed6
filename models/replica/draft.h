// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/connection.h"
#include "replica/draftsets.h"
#include "replica/draftstate.h"
#include "replica/merge.h"

#include <QHash>
#include <QObject>

#include <functional>

namespace castellan::replica {

class Database;
class Replica;

/// The edits of one administrator that are not pushed yet: one or several change sets, of which one is
/// worked on. Each step goes to the local copy's database at once, so a console that dies loses nothing.
/// Lives on the thread of its replica.
class ChangeDraft : public QObject
{
    Q_OBJECT

public:
    explicit ChangeDraft(Replica &replica);

    /// Whether all that was edited is on disk; never long after the edit.
    [[nodiscard]] bool isSaved() const { return m_unsaved == 0; }

    // The change sets. There is always one.
    struct SetInfo
    {
        qint64 id = 0;
        QString name; ///< empty: the one that is there before anybody makes one
        qsizetype edits = 0;
        bool pushing = false;

        friend bool operator==(const SetInfo &, const SetInfo &) = default;
    };
    [[nodiscard]] QList<SetInfo> sets() const;
    [[nodiscard]] qint64 currentSet() const { return m_sets.at(m_current).id; }
    /// An empty one, which is worked on from now on.
    void createSet(const QString &name);
    void renameSet(qint64 set, const QString &name);
    void switchTo(qint64 set);
    /// Gives up a set with all its edits, unless it is being pushed. restoreSet() brings back the one that
    /// was removed last, as long as the console runs.
    void removeSet(qint64 set);
    [[nodiscard]] bool canRestoreSet() const { return m_removed.has_value(); }
    void restoreSet();

    // The one that is worked on.
    [[nodiscard]] const DraftState &state() const { return m_sets.at(m_current).state; }
    [[nodiscard]] bool canUndo() const { return !isPushing() && here().position > 0; }
    [[nodiscard]] bool canRedo() const { return !isPushing() && here().position < here().steps.size(); }
    /// The step that undo() would take back, or redo() do again; only while it can.
    [[nodiscard]] const DraftStep &undoable() const { return here().steps.at(here().position - 1); }
    [[nodiscard]] const DraftStep &redoable() const { return here().steps.at(here().position); }

    // Edits; see DraftState. None is taken during a push, so that its outcome is the draft's.
    void put(const VersionedObject &base, const Object &mine);
    void remove(const VersionedObject &base);
    void move(const VersionedObject &base, const QString &after);
    /// Several edits that are undone together.
    void become(const DraftState &after);
    void discard(const QList<ObjectKey> &keys);
    void discardAll();
    /// Moves edits into another set, in place of what that one does to the same objects.
    void moveToSet(const QList<ObjectKey> &keys, qint64 set);
    void undo();
    void redo();

    /// What became of the object since the edit began, where the edit does not go together with it; or, of
    /// another key, the rule that it was placed behind and that is gone.
    [[nodiscard]] std::optional<VersionedObject> theirs(const ObjectKey &key) const;
    [[nodiscard]] qsizetype conflicts() const { return m_theirs.size(); }
    /// Both edits of the object in one, if there are two.
    [[nodiscard]] std::optional<Merge> merged(const ObjectKey &key) const;
    /// Makes the edit one of what is there now.
    void keepMine(const ObjectKey &key);
    void takeTheirs(const ObjectKey &key) { discard({ key }); }
    /// Makes the edit one of what is there now that leaves what others have changed as it is. Only if they
    /// changed other members.
    void keepBoth(const ObjectKey &key);

    /// Commits all edits at the server or none. Until it is certain which, isPushing() holds, over lost
    /// connections and restarts of the console; then pushed() or pushFailed() tells. A set with a name is
    /// gone when it is pushed. \a confirmWithin: the server undoes it by itself after these seconds unless
    /// it is confirmed (Replica::confirm()); 0: it stays.
    void push(const QString &title, int confirmWithin = 0);
    [[nodiscard]] bool isPushing() const { return here().push.has_value(); }

Q_SIGNALS:
    /// The edits shown are other ones.
    void changed();
    /// Sets came, went or changed.
    void setsChanged();
    void pushingChanged();
    /// The local copy shows the result already.
    void pushed(castellan::Revision revision, int deliveries);
    void pushFailed(const castellan::Failure &failure);

private:
    friend class Replica;
    struct Push
    {
        wire::admin::Apply apply; ///< empty id: not put together yet
        std::optional<wire::admin::Applied> applied;
        bool sent = false;
    };
    struct Set
    {
        qint64 id = 1;
        QString name;
        QList<DraftStep> steps;
        qsizetype position = 0;
        DraftState state;
        std::optional<Push> push;

        [[nodiscard]] StoredSet stored() const;
    };

    void load(const StoredSets &stored);
    [[nodiscard]] const Set &here() const { return m_sets.at(m_current); }
    [[nodiscard]] Set *find(qint64 id);
    [[nodiscard]] qint64 unusedId() const;
    void add(Set set);
    /// Another one is taken if none would be left.
    void drop(qint64 id);
    void work(qsizetype index);
    /// Not saved yet: the caller does.
    [[nodiscard]] static SetStep append(Set &set, const DraftState &after);
    void save(std::function<Result<void>(Database &)> work);
    void stateChanged();
    /// Looks up what the server holds where the draft edits.
    void compare();
    void reconcile(const QList<VersionedObject> &current);
    void send();
    void send(Set &set);
    void finishWhenShown();
    void finish(qint64 id, const Failure *failure);

    Replica &m_replica;
    bool m_loaded = false;
    int m_unsaved = 0; ///< writings under way
    QList<Set> m_sets { Set() }; ///< by id
    qsizetype m_current = 0;
    std::optional<Set> m_removed;
    QHash<ObjectKey, VersionedObject> m_theirs; ///< of the set that is worked on
    quint64 m_comparison = 0;
};

} // namespace castellan::replica
