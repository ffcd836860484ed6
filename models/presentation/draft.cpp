// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/draft.h"

#include "presentation/session.h"
#include "presentation/text.h"

#include <QFuture>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

Draft::Draft(Session *session)
    : QAbstractListModel(session),
      m_session(session)
{
    connect(session, &Session::replicaChanged, this, &Draft::follow);
}

void Draft::follow()
{
    m_draft = m_session->replica() ? &m_session->replica()->draft() : nullptr;
    setError({});
    update();
    Q_EMIT pushingChanged();
    Q_EMIT setsChanged();
    if (!m_draft)
        return;
    connect(m_draft, &replica::ChangeDraft::changed, this, &Draft::update);
    connect(m_draft, &replica::ChangeDraft::setsChanged, this, &Draft::setsChanged);
    connect(m_draft, &replica::ChangeDraft::pushingChanged, this, [this] {
        if (isPushing())
            setError({});
        Q_EMIT pushingChanged();
        Q_EMIT changed();
    });
    connect(m_draft, &replica::ChangeDraft::pushed, this, &Draft::pushed);
    connect(m_draft, &replica::ChangeDraft::pushFailed, this, [this](const Failure &failure) {
        setError(failure.text);
        Q_EMIT pushFailed(failure.text);
    });
}

void Draft::update()
{
    QList<Row> rows;
    if (m_draft) {
        for (const replica::Edit &edit : m_draft->state().ordered()) {
            const auto theirs = m_draft->theirs(edit.base.key);
            const auto merged = m_draft->merged(edit.base.key);
            rows.append({ .key = edit.base.key,
                          .summary = summary(edit),
                          .verb = edit.verb,
                          .conflicted = theirs.has_value(),
                          .conflictText = theirs ? conflictText(edit.base.key, *theirs) : QString(),
                          .members = theirs ? conflictMembers(edit, *theirs) : QList<ConflictMember>(),
                          .mergeable = merged && merged->clashes.isEmpty() });
        }
    }

    // Edits never change places: what is shown before and after differs by rows that came, went or changed.
    const auto contains = [](const QList<Row> &list, const ObjectKey &key) {
        return std::ranges::any_of(list, [&](const Row &row) { return row.key == key; });
    };
    for (qsizetype i = m_rows.size(); i-- > 0;) {
        if (contains(rows, m_rows.at(i).key))
            continue;
        beginRemoveRows({}, int(i), int(i));
        m_rows.removeAt(i);
        endRemoveRows();
    }
    for (qsizetype i = 0; i < rows.size(); ++i) {
        if (i >= m_rows.size() || m_rows.at(i).key != rows.at(i).key) {
            beginInsertRows({}, int(i), int(i));
            m_rows.insert(i, rows.at(i));
            endInsertRows();
        } else if (m_rows.at(i) != rows.at(i)) {
            m_rows[i] = rows.at(i);
            Q_EMIT dataChanged(index(int(i)), index(int(i)),
                               { SummaryRole, VerbRole, ConflictedRole, ConflictTextRole, ConflictMembersRole,
                                 MergeableRole });
        }
    }
    Q_EMIT countChanged();
    Q_EMIT changed();
}

QList<ChangeSetInfo> Draft::sets() const
{
    QList<ChangeSetInfo> list;
    if (!m_draft)
        return list;
    for (const auto &set : m_draft->sets()) {
        ChangeSetInfo info;
        info.id = set.id;
        info.name = set.name;
        info.count = int(set.edits);
        info.pushing = set.pushing;
        list.append(info);
    }
    return list;
}

QString Draft::name() const
{
    for (const ChangeSetInfo &set : sets()) {
        if (set.id == current())
            return set.name;
    }
    return {};
}

QString Draft::undoText() const
{
    return canUndo() ? summary(m_draft->undoable()) : QString();
}

QString Draft::redoText() const
{
    return canRedo() ? summary(m_draft->redoable()) : QString();
}

int Draft::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant Draft::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &row = m_rows.at(index.row());
    switch (role) {
    case SummaryRole:
        return row.summary;
    case VerbRole:
        return verbName(row.verb);
    case ObjectTypeRole:
        return QString(objectTypeName(row.key.type));
    case ObjectIdRole:
        return row.key.id;
    case ConflictedRole:
        return row.conflicted;
    case ConflictTextRole:
        return row.conflictText;
    case ConflictMembersRole:
        return QVariant::fromValue(row.members);
    case MergeableRole:
        return row.mergeable;
    default:
        return {};
    }
}

QHash<int, QByteArray> Draft::roleNames() const
{
    return {
        { SummaryRole, "summary" },
        { VerbRole, "verb" },
        { ObjectTypeRole, "objectType" },
        { ObjectIdRole, "objectId" },
        { ConflictedRole, "conflicted" },
        { ConflictTextRole, "conflictText" },
        { ConflictMembersRole, "conflictMembers" },
        { MergeableRole, "mergeable" },
    };
}

void Draft::withObject(const ObjectKey &key, std::function<void(const VersionedObject &)> edit)
{
    if (!m_draft)
        return;
    m_session->replica()->objects({ key }).then(
        this, [this, draft = m_draft, edit = std::move(edit)](const Result<QList<VersionedObject>> &objects) {
            if (draft.isNull() || draft != m_draft)
                return;
            if (objects)
                edit(objects->first());
            else
                m_session->report(objects.error());
        });
}

void Draft::unfriend(const QString &a, const QString &b)
{
    withObject({ ObjectType::Friendship, friendshipId(a, b) }, [this, a, b](const VersionedObject &base) {
        if (base.object)
            m_draft->remove(base);
        else
            m_draft->put(base, makeFriendship(a, b, Friendship::State::Rejected));
    });
}

void Draft::befriend(const QString &a, const QString &b)
{
    const QString one = bareJid(a);
    const QString other = bareJid(b);
    if (one.isEmpty() || other.isEmpty() || one == other) {
        m_session->report(
            { FailureKind::BadRequest,
              tr("%1 and %2 cannot be friends: two different JIDs are needed", "%1 and %2 are what was typed")
                  .arg(a, b) });
        return;
    }
    withObject({ ObjectType::Friendship, friendshipId(one, other) },
               [this, one, other](const VersionedObject &base) {
                   Friendship pair = makeFriendship(one, other);
                   if (base.object) { // keeps what is not about being friends
                       pair = std::get<Friendship>(*base.object);
                       pair.state = Friendship::State::Accepted;
                   }
                   m_draft->put(base, pair);
               });
}

void Draft::removeRule(const QString &id)
{
    withObject({ ObjectType::AccessRule, id },
               [this](const VersionedObject &base) { m_draft->remove(base); });
}

void Draft::moveRule(const QString &id, const QString &afterId)
{
    withObject({ ObjectType::AccessRule, id },
               [this, afterId](const VersionedObject &base) { m_draft->move(base, afterId); });
}

void Draft::undo()
{
    if (canUndo())
        m_draft->undo();
}

void Draft::redo()
{
    if (canRedo())
        m_draft->redo();
}

void Draft::discard(int row)
{
    if (m_draft && row >= 0 && row < m_rows.size())
        m_draft->discard({ m_rows.at(row).key });
}

void Draft::discardRows(const QList<int> &rows)
{
    if (m_draft)
        m_draft->discard(keys(rows));
}

void Draft::discardAll()
{
    if (m_draft)
        m_draft->discardAll();
}

void Draft::moveToSet(const QList<int> &rows, qint64 set)
{
    if (m_draft)
        m_draft->moveToSet(keys(rows), set);
}

QList<ObjectKey> Draft::keys(const QList<int> &rows) const
{
    QList<ObjectKey> keys;
    for (const int row : rows) {
        if (row >= 0 && row < m_rows.size())
            keys.append(m_rows.at(row).key);
    }
    return keys;
}

void Draft::createSet(const QString &name)
{
    if (m_draft)
        m_draft->createSet(name);
}

void Draft::renameSet(qint64 set, const QString &name)
{
    if (m_draft)
        m_draft->renameSet(set, name);
}

void Draft::switchTo(qint64 set)
{
    if (m_draft)
        m_draft->switchTo(set);
}

void Draft::removeSet(qint64 set)
{
    if (m_draft)
        m_draft->removeSet(set);
}

void Draft::restoreSet()
{
    if (m_draft)
        m_draft->restoreSet();
}

void Draft::push(const QString &title, int confirmWithin)
{
    if (m_draft)
        m_draft->push(title, confirmWithin);
}

void Draft::keepMine(int row)
{
    if (m_draft && row >= 0 && row < m_rows.size())
        m_draft->keepMine(m_rows.at(row).key);
}

void Draft::takeTheirs(int row)
{
    if (m_draft && row >= 0 && row < m_rows.size())
        m_draft->takeTheirs(m_rows.at(row).key);
}

void Draft::keepBoth(int row)
{
    if (m_draft && row >= 0 && row < m_rows.size())
        m_draft->keepBoth(m_rows.at(row).key);
}

void Draft::setError(const QString &error)
{
    if (m_error == error)
        return;
    m_error = error;
    Q_EMIT errorChanged();
}

} // namespace castellan::presentation
