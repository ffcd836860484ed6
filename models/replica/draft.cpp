// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draft.h"

#include "replica/database.h"
#include "replica/replica.h"

#include <QLoggingCategory>
#include <QUuid>

#include <algorithm>

namespace castellan::replica {

using namespace Qt::StringLiterals;

namespace {
Q_LOGGING_CATEGORY(lcDraft, "castellan.replica.draft", QtInfoMsg)
}

ChangeDraft::ChangeDraft(Replica &replica)
    : m_replica(replica)
{
    connect(&replica, &Replica::changed, this, [this](Parts parts) {
        if (parts & (Part::Things | Part::Friendships | Part::Rules))
            compare();
    });
    connect(&replica, &Replica::stateChanged, this, &ChangeDraft::send);
    connect(&replica, &Replica::revisionChanged, this, &ChangeDraft::finishWhenShown);
}

void ChangeDraft::load(const QList<DraftStep> &steps, qsizetype position,
                       const std::optional<ChangeSet> &push)
{
    m_loaded = true;
    m_steps = steps;
    m_position = position;
    DraftState state;
    for (qsizetype i = 0; i < position; ++i)
        state.redo(steps.at(i));
    if (push) {
        m_push = Push { .changeSet = *push };
        Q_EMIT pushingChanged();
    }
    setState(state);
    send();
}

void ChangeDraft::put(const VersionedObject &base, const Object &mine)
{
    DraftState state = m_state;
    state.put(base, mine);
    step(state);
}

void ChangeDraft::remove(const VersionedObject &base)
{
    DraftState state = m_state;
    state.remove(base);
    step(state);
}

void ChangeDraft::move(const VersionedObject &base, const QString &after)
{
    DraftState state = m_state;
    state.move(base, after);
    step(state);
}

void ChangeDraft::discard(const ObjectKey &key)
{
    DraftState state = m_state;
    state.discard(key);
    step(state);
}

void ChangeDraft::discardAll()
{
    step({});
}

void ChangeDraft::undo()
{
    if (!canUndo())
        return;
    DraftState state = m_state;
    state.undo(m_steps.at(--m_position));
    save([position = m_position](Database &database) { return database.savePosition(position); });
    setState(state);
}

void ChangeDraft::redo()
{
    if (!canRedo())
        return;
    DraftState state = m_state;
    state.redo(m_steps.at(m_position++));
    save([position = m_position](Database &database) { return database.savePosition(position); });
    setState(state);
}

void ChangeDraft::step(const DraftState &after)
{
    const DraftStep step = m_state.stepTo(after);
    if (!m_loaded || isPushing() || step.isEmpty())
        return;
    save([position = m_position, step](Database &database) { return database.saveStep(position, step); });
    m_steps.resize(m_position);
    m_steps.append(step);
    ++m_position;
    setState(after);
}

void ChangeDraft::save(std::function<Result<void>(Database &)> work)
{
    ++m_unsaved;
    m_replica.write(std::move(work)).then(this, [this] { --m_unsaved; });
}

void ChangeDraft::setState(const DraftState &state)
{
    m_state = state;
    m_theirs.removeIf([&](const auto &entry) { return !m_state.edits.contains(entry.key()); });
    Q_EMIT changed();
    compare();
}

void ChangeDraft::compare()
{
    if (m_state.edits.isEmpty())
        return;
    QList<ObjectKey> keys = m_state.edits.keys();
    for (auto slot = m_state.places.keyBegin(); slot != m_state.places.keyEnd(); ++slot) {
        if (slot->behind && !slot->behind->isEmpty())
            keys.append({ ObjectType::AccessRule, *slot->behind });
    }
    m_replica.objects(keys).then(
        this, [this, comparison = ++m_comparison](const Result<QList<VersionedObject>> &objects) {
            if (comparison != m_comparison || isPushing())
                return;
            if (objects)
                reconcile(*objects);
            else
                Q_EMIT m_replica.failed(objects.error());
        });
}

void ChangeDraft::reconcile(const QList<VersionedObject> &current)
{
    ++m_comparison; // what is being looked up for one may be older than this
    DraftState state = m_state;
    QHash<ObjectKey, VersionedObject> theirs;
    for (const VersionedObject &object : current) {
        const auto edit = state.edits.find(object.key);
        if (edit == state.edits.end() || object.version == edit->base.version)
            continue;
        if (edit->creates() ? !object.object : object.object && sameContent(object.object, edit->base.object))
            edit->base = object; // only its place in the order is another, and nobody chose it
        else if (edit->verb == Change::Verb::Put ? sameContent(object.object, edit->mine) : !object.object)
            state.discard(object.key); // somebody else did the same
        else
            theirs.insert(object.key, object);
    }
    for (const VersionedObject &object : current) {
        if (object.key.type != ObjectType::AccessRule || object.object)
            continue;
        for (auto slot = state.places.cbegin(); slot != state.places.cend(); ++slot) {
            if (slot.key().behind != object.key.id)
                continue;
            for (const QString &id : *slot)
                theirs.insert({ ObjectType::AccessRule, id }, object);
        }
    }
    if (m_state == state && m_theirs == theirs)
        return;
    m_state = state;
    m_theirs = theirs;
    Q_EMIT changed();
}

std::optional<VersionedObject> ChangeDraft::theirs(const ObjectKey &key) const
{
    const auto found = m_theirs.constFind(key);
    return found == m_theirs.cend() ? std::nullopt : std::optional(*found);
}

void ChangeDraft::keepMine(const ObjectKey &key)
{
    const auto theirs = this->theirs(key);
    const auto mine = m_state.edits.constFind(key);
    if (!theirs || mine == m_state.edits.cend())
        return;
    DraftState state = m_state;
    if (theirs->key == key)
        state.rebase(*theirs);
    else
        state.moveLast(key.id);
    step(state);
}

void ChangeDraft::push(const QString &title)
{
    if (isPushing() || m_state.edits.isEmpty())
        return;
    const auto cannot = [this](const QString &text) { Q_EMIT pushFailed({ FailureKind::NotAllowed, text }); };
    if (conflicts() > 0)
        return cannot(tr(
            "Someone else has changed the same meanwhile. Resolve the conflicts, then push again", "push"));
    if (m_replica.state() != Replica::State::Online)
        return cannot(
            tr("There is no connection to the server. The edits are kept; push them later", "push"));

    m_push.emplace();
    Q_EMIT pushingChanged();
    m_replica.changes(m_state).then(this, [this, title](const Result<QList<Change>> &changes) {
        if (!changes)
            return finish(&changes.error());
        m_push->changeSet = { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                              .title = title,
                              .changes = *changes };
        // Before it is sent: should this console die, the next one asks under the same id what came of it.
        save([changeSet = m_push->changeSet](Database &database) { return database.savePush(changeSet); });
        send();
    });
}

void ChangeDraft::send()
{
    if (!m_push || m_push->changeSet.id.isEmpty() || m_push->sent
        || m_replica.state() != Replica::State::Online)
        return;
    m_push->sent = true;
    m_replica.request(wire::admin::Apply { m_push->changeSet })
        .then(this, [this](const RequestResult &result) {
            if (result) {
                m_push->applied = std::get<wire::admin::Applied>(*result);
                m_replica.synchronise();
                return finishWhenShown();
            }
            const RequestFailure &failure = result.error();
            if (!failure.answered) {
                // Applied or not? The same change set again, over the next connection, will tell.
                qCInfo(lcDraft) << "it is not known whether" << m_push->changeSet.id
                                << "was applied:" << failure.failure.text;
                m_push->sent = false;
                return;
            }
            finish(&failure.failure);
            if (failure.conflicts) { // seen before the copy shows it
                reconcile(failure.conflicts->current);
                m_replica.synchronise();
            }
        });
}

void ChangeDraft::finishWhenShown()
{
    if (m_push && m_push->applied && m_replica.revision() >= m_push->applied->revision)
        finish(nullptr);
}

void ChangeDraft::finish(const Failure *failure)
{
    const auto applied = std::exchange(m_push, std::nullopt)->applied;
    if (failure) {
        save([](Database &database) { return database.savePush({}); });
        Q_EMIT pushingChanged();
        compare();
        Q_EMIT pushFailed(*failure);
        return;
    }
    save([](Database &database) { return database.clearDraft(); });
    m_steps.clear();
    m_position = 0;
    setState({});
    Q_EMIT pushingChanged();
    Q_EMIT pushed(applied->revision, applied->deliveries);
}

} // namespace castellan::replica
