// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draft.h"

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
        if (parts & ~Parts(Part::Deliveries | Part::Revisions | Part::Statuses))
            compare();
    });
    connect(&replica, &Replica::stateChanged, this, qOverload<>(&ChangeDraft::send));
    connect(&replica, &Replica::revisionChanged, this, &ChangeDraft::finishWhenShown);
}

StoredSet ChangeDraft::Set::stored() const
{
    return { .id = id,
             .name = name,
             .steps = steps,
             .position = position,
             .push = push && !push->apply.changeSet.id.isEmpty() ? std::optional(push->apply)
                                                                 : std::nullopt };
}

void ChangeDraft::load(const StoredSets &stored)
{
    m_loaded = true;
    m_sets.clear();
    for (const StoredSet &set : stored.sets) {
        DraftState state;
        for (qsizetype i = 0; i < set.position; ++i)
            state.redo(set.steps.at(i));
        m_sets.append({ .id = set.id,
                        .name = set.name,
                        .steps = set.steps,
                        .position = set.position,
                        .state = state,
                        .push = set.push ? std::optional(Push { .apply = *set.push }) : std::nullopt });
        if (set.id == stored.current)
            m_current = m_sets.size() - 1;
    }
    if (isPushing())
        Q_EMIT pushingChanged();
    stateChanged();
    send();
}

// --- The change sets ---

QList<ChangeDraft::SetInfo> ChangeDraft::sets() const
{
    QList<SetInfo> list;
    for (const Set &set : m_sets)
        list.append({ set.id, set.name, set.state.edits.size(), set.push.has_value() });
    return list;
}

ChangeDraft::Set *ChangeDraft::find(qint64 id)
{
    const auto found = std::ranges::find(m_sets, id, &Set::id);
    return found == m_sets.end() ? nullptr : &*found;
}

qint64 ChangeDraft::unusedId() const
{
    return m_sets.isEmpty() ? 1 : m_sets.last().id + 1;
}

void ChangeDraft::add(Set set)
{
    save([stored = set.stored()](Database &database) { return saveSet(database, stored); });
    m_sets.append(std::move(set));
}

void ChangeDraft::drop(qint64 id)
{
    const qint64 current = currentSet();
    save([id](Database &database) { return replica::removeSet(database, id); });
    m_sets.removeIf([id](const Set &set) { return set.id == id; });
    if (m_sets.isEmpty())
        add({ .id = unusedId() });
    const auto stays = std::ranges::find(m_sets, current, &Set::id);
    work(stays == m_sets.end() ? 0 : stays - m_sets.begin());
}

void ChangeDraft::work(qsizetype index)
{
    m_current = index;
    save([id = currentSet()](Database &database) { return saveCurrent(database, id); });
    m_theirs.clear();
    Q_EMIT pushingChanged();
    stateChanged();
}

void ChangeDraft::createSet(const QString &name)
{
    if (!m_loaded)
        return;
    add({ .id = unusedId(), .name = name });
    work(m_sets.size() - 1);
}

void ChangeDraft::renameSet(qint64 id, const QString &name)
{
    Set *set = find(id);
    if (!m_loaded || !set || set->name == name)
        return;
    set->name = name;
    save([id, name](Database &database) { return saveName(database, id, name); });
    Q_EMIT setsChanged();
}

void ChangeDraft::switchTo(qint64 id)
{
    const auto found = std::ranges::find(m_sets, id, &Set::id);
    if (m_loaded && found != m_sets.end() && id != currentSet())
        work(found - m_sets.begin());
}

void ChangeDraft::removeSet(qint64 id)
{
    const Set *set = find(id);
    if (!m_loaded || !set || set->push)
        return;
    m_removed = *set;
    drop(id);
}

void ChangeDraft::restoreSet()
{
    if (!m_removed)
        return;
    Set set = *std::exchange(m_removed, {});
    set.id = unusedId();
    add(std::move(set));
    work(m_sets.size() - 1);
}

// --- Edits ---

void ChangeDraft::put(const VersionedObject &base, const Object &mine)
{
    DraftState state = this->state();
    state.put(base, mine);
    become(state);
}

void ChangeDraft::remove(const VersionedObject &base)
{
    DraftState state = this->state();
    state.remove(base);
    become(state);
}

void ChangeDraft::move(const VersionedObject &base, const QString &after)
{
    DraftState state = this->state();
    state.move(base, after);
    become(state);
}

void ChangeDraft::discard(const QList<ObjectKey> &keys)
{
    DraftState state = this->state();
    for (const ObjectKey &key : keys)
        state.discard(key);
    become(state);
}

void ChangeDraft::discardAll()
{
    become({});
}

void ChangeDraft::become(const DraftState &after)
{
    if (!m_loaded || isPushing() || state() == after)
        return;
    save([step = append(m_sets[m_current], after)](Database &database) {
        return saveSteps(database, { step });
    });
    stateChanged();
}

void ChangeDraft::moveToSet(const QList<ObjectKey> &keys, qint64 id)
{
    Set *other = find(id);
    if (!m_loaded || !other || id == currentSet() || isPushing() || other->push)
        return;
    DraftState left = state();
    DraftState gained = other->state;
    for (const ObjectKey &key : keys) {
        gained.adopt(left, key);
        left.discard(key);
    }
    if (left == state())
        return;
    QList<SetStep> steps;
    if (gained != other->state) // it may have had the very same edit
        steps.append(append(*other, gained));
    steps.append(append(m_sets[m_current], left));
    save([steps](Database &database) { return saveSteps(database, steps); });
    stateChanged();
}

SetStep ChangeDraft::append(Set &set, const DraftState &after)
{
    const SetStep step { .set = set.id, .position = set.position, .step = set.state.stepTo(after) };
    set.steps.resize(set.position);
    set.steps.append(step.step);
    ++set.position;
    set.state = after;
    return step;
}

void ChangeDraft::undo()
{
    if (!canUndo())
        return;
    Set &set = m_sets[m_current];
    set.state.undo(set.steps.at(--set.position));
    save([id = set.id, position = set.position](Database &database) {
        return savePosition(database, id, position);
    });
    stateChanged();
}

void ChangeDraft::redo()
{
    if (!canRedo())
        return;
    Set &set = m_sets[m_current];
    set.state.redo(set.steps.at(set.position++));
    save([id = set.id, position = set.position](Database &database) {
        return savePosition(database, id, position);
    });
    stateChanged();
}

void ChangeDraft::save(std::function<Result<void>(Database &)> work)
{
    ++m_unsaved;
    m_replica.write(std::move(work)).then(this, [this] { --m_unsaved; });
}

void ChangeDraft::stateChanged()
{
    m_theirs.removeIf([&](const auto &entry) { return !state().edits.contains(entry.key()); });
    Q_EMIT changed();
    Q_EMIT setsChanged();
    compare();
}

// --- What others did meanwhile ---

void ChangeDraft::compare()
{
    // A copy that is still being filled would look as if others had removed all that is not there yet.
    if (state().edits.isEmpty() || m_replica.revision() == 0)
        return;
    QList<ObjectKey> keys = state().edits.keys();
    for (auto slot = state().places.keyBegin(); slot != state().places.keyEnd(); ++slot) {
        if (slot->behind && !slot->behind->isEmpty())
            keys.append({ objectTypeOf(slot->list), *slot->behind });
    }
    m_replica.objects(keys).then(
        this, [this, comparison = ++m_comparison](const Result<QList<VersionedObject>> &objects) {
            if (comparison != m_comparison || isPushing() || m_replica.revision() == 0)
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
    DraftState state = this->state();
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
        if (object.object)
            continue;
        for (auto slot = state.places.cbegin(); slot != state.places.cend(); ++slot) {
            const ObjectType type = objectTypeOf(slot.key().list);
            if (type != object.key.type || slot.key().behind != object.key.id)
                continue;
            for (const QString &id : *slot)
                theirs.insert({ type, id }, object);
        }
    }
    if (this->state() == state && m_theirs == theirs)
        return;
    m_sets[m_current].state = state;
    m_theirs = theirs;
    Q_EMIT changed();
    Q_EMIT setsChanged();
}

std::optional<VersionedObject> ChangeDraft::theirs(const ObjectKey &key) const
{
    const auto found = m_theirs.constFind(key);
    return found == m_theirs.cend() ? std::nullopt : std::optional(*found);
}

std::optional<Merge> ChangeDraft::merged(const ObjectKey &key) const
{
    const auto theirs = this->theirs(key);
    const auto edit = state().edits.constFind(key);
    if (!theirs || !theirs->object || theirs->key != key || edit == state().edits.cend() || !edit->mine
        || !edit->base.object)
        return {};
    return merge(*edit->base.object, *edit->mine, *theirs->object);
}

void ChangeDraft::keepMine(const ObjectKey &key)
{
    const auto theirs = this->theirs(key);
    if (!theirs || !state().edits.contains(key))
        return;
    DraftState state = this->state();
    if (theirs->key == key)
        state.rebase(*theirs);
    else
        state.moveLast(key);
    become(state);
}

void ChangeDraft::keepBoth(const ObjectKey &key)
{
    const auto both = merged(key);
    if (!both || !both->clashes.isEmpty())
        return;
    DraftState state = this->state();
    state.rebase(*theirs(key));
    state.put(*theirs(key), both->object);
    become(state);
}

// --- Pushing ---

void ChangeDraft::push(const QString &title, int confirmWithin)
{
    if (isPushing() || state().edits.isEmpty())
        return;
    const auto cannot = [this](const QString &text) { Q_EMIT pushFailed({ FailureKind::NotAllowed, text }); };
    if (conflicts() > 0)
        return cannot(tr(
            "Someone else has changed the same meanwhile. Resolve the conflicts, then push again", "push"));
    if (m_replica.state() != Replica::State::Online)
        return cannot(
            tr("There is no connection to the server. The edits are kept; push them later", "push"));

    m_sets[m_current].push.emplace();
    Q_EMIT pushingChanged();
    Q_EMIT setsChanged();
    m_replica.changes(state()).then(
        this, [this, id = currentSet(), title, confirmWithin](const Result<QList<Change>> &changes) {
            if (!changes)
                return finish(id, &changes.error());
            Set &set = *find(id); // nobody removes it now
            set.push->apply.changeSet = { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                                          .title = title,
                                          .changes = *changes };
            if (confirmWithin > 0)
                set.push->apply.confirmWithin = confirmWithin;
            // Before it is sent: should this console die, the next one asks under the same id what came of
            // it.
            save([id, apply = set.push->apply](Database &database) { return savePush(database, id, apply); });
            send(set);
        });
}

void ChangeDraft::send()
{
    for (Set &set : m_sets)
        send(set);
}

void ChangeDraft::send(Set &set)
{
    if (!set.push || set.push->apply.changeSet.id.isEmpty() || set.push->sent
        || m_replica.state() != Replica::State::Online)
        return;
    set.push->sent = true;
    m_replica.request(set.push->apply).then(this, [this, id = set.id](const RequestResult &result) {
        Set &set = *find(id);
        if (result) {
            set.push->applied = std::get<wire::admin::Applied>(*result);
            m_replica.synchronise();
            return finishWhenShown();
        }
        const RequestFailure &failure = result.error();
        if (!failure.answered) {
            // Applied or not? The same change set again, over the next connection, will tell.
            qCInfo(lcDraft) << "it is not known whether" << set.push->apply.changeSet.id
                            << "was applied:" << failure.failure.text;
            set.push->sent = false;
            return;
        }
        finish(id, &failure.failure);
        if (failure.conflicts) { // seen before the copy shows it
            if (id == currentSet())
                reconcile(failure.conflicts->current);
            m_replica.synchronise();
        }
    });
}

void ChangeDraft::finishWhenShown()
{
    QList<qint64> shown;
    for (const Set &set : std::as_const(m_sets)) {
        if (set.push && set.push->applied && m_replica.revision() >= set.push->applied->revision)
            shown.append(set.id);
    }
    for (const qint64 id : std::as_const(shown))
        finish(id, nullptr);
}

void ChangeDraft::finish(qint64 id, const Failure *failure)
{
    Set &set = *find(id);
    const auto applied = std::exchange(set.push, std::nullopt)->applied;
    if (failure) {
        Failure told = *failure;
        if (id != currentSet() && !set.name.isEmpty())
            told.text =
                tr("%1: %2", "%1 is the name of a change set, %2 an error message").arg(set.name, told.text);
        save([id](Database &database) { return savePush(database, id, {}); });
        Q_EMIT pushingChanged();
        Q_EMIT setsChanged();
        compare();
        Q_EMIT pushFailed(told);
        return;
    }
    if (set.name.isEmpty()) {
        save([id](Database &database) { return clearSet(database, id); });
        set = { .id = id };
        if (id == currentSet())
            Q_EMIT pushingChanged();
        stateChanged();
    } else {
        drop(id);
    }
    Q_EMIT pushed(applied->revision, applied->deliveries);
}

} // namespace castellan::replica
