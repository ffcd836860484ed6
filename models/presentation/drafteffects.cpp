// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/drafteffects.h"

#include "presentation/draft.h"
#include "presentation/text.h"

#include <QTimerEvent>
#include <QUuid>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace castellan::presentation {

static constexpr std::chrono::milliseconds settling { 200 };
/// Of one line, so that it stays one that can be read.
static constexpr qsizetype mostDetails = 8;

DraftEffects::DraftEffects(QObject *parent)
    : QObject(parent)
{ }

void DraftEffects::setActive(bool active)
{
    if (std::exchange(m_active, active) == active)
        return;
    Q_EMIT activeChanged();
    if (active) {
        ask();
    } else {
        m_timer.stop();
        ++m_generation;
        show({});
    }
}

void DraftEffects::setSession(Session *session)
{
    if (m_session == session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session) {
        connect(m_session, &Session::replicaChanged, this, &DraftEffects::follow);
        connect(m_session->draft(), &Draft::changed, this, &DraftEffects::askSoon);
        connect(m_session->draft(), &Draft::setsChanged, this, &DraftEffects::askSoon);
    }
    follow();
}

void DraftEffects::componentComplete()
{
    if (!m_session)
        setSession(Session::of(this));
}

void DraftEffects::follow()
{
    ++m_generation; // what the copy that is gone still answers is void
    show({});
    if (auto *replica = m_session ? m_session->replica() : nullptr)
        connect(replica, &replica::Replica::revisionChanged, this, &DraftEffects::askSoon);
    askSoon();
}

void DraftEffects::askSoon()
{
    if (m_active)
        m_timer.start(settling, this);
}

void DraftEffects::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    ask();
}

void DraftEffects::ask()
{
    const quint64 generation = ++m_generation;
    auto *replica = m_session ? m_session->replica() : nullptr;
    const replica::ChangeDraft *draft = m_session ? m_session->draft()->changes() : nullptr;
    if (!replica || !draft || draft->state().edits.isEmpty() || draft->isPushing())
        return show({});
    if (m_shown.state != u"ready"_s) // else the old answer stays until the new one is there
        show({ .state = u"asking"_s });
    replica->changes(draft->state()).then(this, [this, generation](const Result<QList<Change>> &changes) {
        if (generation != m_generation)
            return;
        if (!changes)
            return fail(changes.error());
        const ChangeSet changeSet { QUuid::createUuid().toString(QUuid::WithoutBraces), QString(), *changes };
        m_session->replica()->preview(changeSet).then(
            this, [this, generation](const Result<wire::admin::Previewed> &previewed) {
                if (generation != m_generation)
                    return;
                if (previewed)
                    take(*previewed);
                else
                    fail(previewed.error());
            });
    });
}

void DraftEffects::fail(const Failure &failure)
{
    show({ .state = u"failed"_s, .error = failure.text });
}

void DraftEffects::take(const wire::admin::Previewed &previewed)
{
    if (!previewed.conflicts.isEmpty())
        return show({ .state = u"failed"_s,
                      .error = tr("Others have changed what you edit: resolve the conflicts first.") });
    const Effects &found = previewed.effects;
    Shown shown { .state = u"ready"_s,
                  .gained = found.accessGained + found.friendshipsGained,
                  .lost = found.accessLost + found.friendshipsLost,
                  .truncated = found.truncated,
                  .messages = previewed.deliveries };
    for (const FriendshipEffect &pair : found.friendships) {
        const QString text = pair.gained ? tr("%1 and %2 become friends", "%1 and %2 are JIDs")
                                         : tr("%1 and %2 are no longer friends", "%1 and %2 are JIDs");
        shown.effects.append({ .gained = pair.gained, .text = text.arg(pair.a, pair.b) });
    }

    // One line for what one may do with one device.
    struct Line
    {
        AccessEffect of;
        QStringList details;
    };
    QList<Line> lines;
    for (const AccessEffect &effect : found.access) {
        auto line = std::ranges::find_if(lines, [&](const Line &other) {
            return other.of.gained == effect.gained && other.of.action == effect.action
                && other.of.who == effect.who && other.of.device == effect.device;
        });
        if (line == lines.end())
            line = lines.insert(lines.end(), { effect, {} });
        QStringList parts;
        if (!effect.node.nodeId.isEmpty())
            parts.append(effect.node.nodeId);
        if (!effect.name.isEmpty())
            parts.append(effect.name);
        else
            parts.append(effect.action == Action::Read ? tr("any other field") : tr("any other parameter"));
        if (const QString types = typesText(effect.types); !types.isEmpty())
            parts.append(types);
        line->details.append(parts.join(u" · "_s));
    }
    for (const Line &line : std::as_const(lines)) {
        const QString text = line.of.action == Action::Read
            ? (line.of.gained ? tr("%1 can read %2", "%1 is a subject, %2 a device")
                              : tr("%1 can no longer read %2", "%1 is a subject, %2 a device"))
            : (line.of.gained ? tr("%1 can control %2", "%1 is a subject, %2 a device")
                              : tr("%1 can no longer control %2", "%1 is a subject, %2 a device"));
        QString detail = line.details.first(std::min(line.details.size(), mostDetails)).join(u"; "_s);
        if (line.details.size() > mostDetails)
            detail = tr("%1; and %n more", "%1 is a list of fields", int(line.details.size() - mostDetails))
                         .arg(detail);
        shown.effects.append({ .gained = line.of.gained,
                               .text = text.arg(subjectText(line.of.who), line.of.device),
                               .detail = detail });
    }
    std::ranges::stable_partition(shown.effects, [](const EffectInfo &effect) { return !effect.gained; });
    show(shown);
}

void DraftEffects::show(const Shown &shown)
{
    if (std::exchange(m_shown, shown) != shown)
        Q_EMIT changed();
}

} // namespace castellan::presentation
