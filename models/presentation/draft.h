// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/conflict.h"
#include "replica/draft.h"

#include <QAbstractListModel>
#include <QPointer>
#include <QQmlEngine>

#include <functional>

namespace castellan::presentation {

class Session;

/// One of the change sets that are not pushed yet.
class ChangeSetInfo
{
    Q_GADGET
    QML_VALUE_TYPE(changeSetInfo)
    Q_PROPERTY(qint64 id MEMBER id)
    /// "": the one that is there before anybody makes one
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int count MEMBER count)
    Q_PROPERTY(bool pushing MEMBER pushing)

public:
    qint64 id = 0;
    QString name;
    int count = 0;
    bool pushing = false;

    friend bool operator==(const ChangeSetInfo &, const ChangeSetInfo &) = default;
};

/// The pending edits of the change set that is worked on, in the order they were begun. Survives the console.
class Draft : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("Session.draft is the one")

    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(bool canUndo READ canUndo NOTIFY changed)
    Q_PROPERTY(bool canRedo READ canRedo NOTIFY changed)
    /// What undo() would take back; "" if nothing.
    Q_PROPERTY(QString undoText READ undoText NOTIFY changed)
    Q_PROPERTY(QString redoText READ redoText NOTIFY changed)
    /// From push() until it is certain what became of it; meanwhile nothing can be edited.
    Q_PROPERTY(bool pushing READ isPushing NOTIFY pushingChanged)
    /// Why the last push failed; "" if it did not.
    Q_PROPERTY(QString error READ error NOTIFY errorChanged)
    Q_PROPERTY(int conflictCount READ conflictCount NOTIFY changed)
    /// All change sets; never empty while there is a local copy.
    Q_PROPERTY(QList<castellan::presentation::ChangeSetInfo> sets READ sets NOTIFY setsChanged)
    /// The id of the one that is worked on, and its name.
    Q_PROPERTY(qint64 current READ current NOTIFY setsChanged)
    Q_PROPERTY(QString name READ name NOTIFY setsChanged)
    Q_PROPERTY(bool canRestoreSet READ canRestoreSet NOTIFY setsChanged)

public:
    enum Role {
        SummaryRole = Qt::UserRole, ///< QString, translated
        VerbRole, ///< "put", "remove" or "move"
        ObjectTypeRole, ///< the name on wires, such as "access-rule"
        ObjectIdRole,
        ConflictedRole, ///< bool: has to be resolved before push() can succeed
        ConflictTextRole, ///< QString, translated; "" if not conflicted
        ConflictMembersRole, ///< list of conflictMember: what I changed, and others; may be empty
        MergeableRole, ///< bool: keepBoth() resolves the conflict
    };
    Q_ENUM(Role)

    explicit Draft(Session *session);

    [[nodiscard]] int count() const { return int(m_rows.size()); }
    [[nodiscard]] bool canUndo() const { return m_draft && m_draft->canUndo(); }
    [[nodiscard]] bool canRedo() const { return m_draft && m_draft->canRedo(); }
    [[nodiscard]] QString undoText() const;
    [[nodiscard]] QString redoText() const;
    [[nodiscard]] bool isPushing() const { return m_draft && m_draft->isPushing(); }
    [[nodiscard]] QString error() const { return m_error; }
    [[nodiscard]] int conflictCount() const { return m_draft ? int(m_draft->conflicts()) : 0; }

    [[nodiscard]] QList<ChangeSetInfo> sets() const;
    [[nodiscard]] qint64 current() const { return m_draft ? m_draft->currentSet() : 0; }
    [[nodiscard]] QString name() const;
    [[nodiscard]] bool canRestoreSet() const { return m_draft && m_draft->canRestoreSet(); }

    [[nodiscard]] int rowCount(const QModelIndex &parent) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

    /// Removes the pair, or rejects it where only a rule accepts it.
    Q_INVOKABLE void unfriend(const QString &a, const QString &b);
    Q_INVOKABLE void befriend(const QString &a, const QString &b);
    Q_INVOKABLE void removeRule(const QString &id);
    /// Places the rule directly behind \a afterId; "": first.
    Q_INVOKABLE void moveRule(const QString &id, const QString &afterId);
    Q_INVOKABLE void undo();
    Q_INVOKABLE void redo();
    Q_INVOKABLE void discard(int row);
    Q_INVOKABLE void discardRows(const QList<int> &rows);
    Q_INVOKABLE void discardAll();
    /// Moves edits into another change set.
    Q_INVOKABLE void moveToSet(const QList<int> &rows, qint64 set);
    Q_INVOKABLE void createSet(const QString &name);
    Q_INVOKABLE void renameSet(qint64 set, const QString &name);
    Q_INVOKABLE void switchTo(qint64 set);
    /// Gives up a change set with its edits; restoreSet() brings back the last one.
    Q_INVOKABLE void removeSet(qint64 set);
    Q_INVOKABLE void restoreSet();
    /// \a confirmWithin: seconds after which the server undoes it unless it is confirmed; 0: never.
    Q_INVOKABLE void push(const QString &title, int confirmWithin = 0);
    /// Resolves a conflict: the edit then is one of what the server has now.
    Q_INVOKABLE void keepMine(int row);
    /// Resolves a conflict by giving the edit up.
    Q_INVOKABLE void takeTheirs(int row);
    /// Resolves a conflict where different members were changed: the edit leaves theirs as they are.
    Q_INVOKABLE void keepBoth(int row);

    /// The draft of the present replica or null.
    [[nodiscard]] replica::ChangeDraft *changes() const { return m_draft; }

Q_SIGNALS:
    void countChanged();
    void changed();
    void setsChanged();
    void pushingChanged();
    void errorChanged();
    /// Committed; \a deliveries clearCache messages are on their way.
    void pushed(qint64 revision, int deliveries);
    void pushFailed(const QString &text);

private:
    struct Row
    {
        ObjectKey key;
        QString summary;
        Change::Verb verb = Change::Verb::Put;
        bool conflicted = false;
        QString conflictText;
        QList<ConflictMember> members;
        bool mergeable = false;
        friend bool operator==(const Row &, const Row &) = default;
    };

    [[nodiscard]] QList<ObjectKey> keys(const QList<int> &rows) const;
    void follow();
    void update();
    void setError(const QString &error);
    /// Calls \a edit with the object as the draft's editor should see it, when it is known.
    void withObject(const ObjectKey &key, std::function<void(const VersionedObject &)> edit);

    Session *m_session;
    QPointer<replica::ChangeDraft> m_draft;
    QList<Row> m_rows;
    QString m_error;
};

} // namespace castellan::presentation
