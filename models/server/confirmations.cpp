// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/confirmations.h"

#include "server/log.h"

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::server {

/// A timer counts in the clock of the machine, which may be set meanwhile: it is looked at again after this.
static constexpr std::chrono::milliseconds longestWait = 1min;
/// The database does not answer; it is tried again.
static constexpr std::chrono::milliseconds pause = 5s;

Confirmations::Confirmations(std::shared_ptr<Store> store, LiveNetwork &network,
                             const QList<RevisionInfo> &unconfirmed, const Jid &server, QObject *parent)
    : QObject(parent),
      m_store(std::move(store)),
      m_network(network),
      m_server { server.full() },
      m_unconfirmed(unconfirmed)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Confirmations::undoDue);
    plan();
}

void Confirmations::await(const RevisionInfo &info)
{
    m_unconfirmed.append(info);
    plan();
    Q_EMIT changed(m_unconfirmed);
}

void Confirmations::confirm(const QString &changeSetId, const Actor &actor,
                            const std::function<void(const Result<void> &)> &done)
{
    m_store->confirm(changeSetId, actor, u"Confirmed"_s)
        .then(this, [this, changeSetId, done](const Result<void> &confirmed) {
            if (confirmed)
                forget(changeSetId);
            done(confirmed);
        });
}

void Confirmations::revert(const QString &changeSetId, const Actor &actor, const LiveNetwork::Done &done)
{
    undo(changeSetId, actor, u"Reverted"_s, false, [this, changeSetId, done](const ApplyResult &result) {
        if (std::holds_alternative<Committed>(result))
            forget(changeSetId);
        done(result);
    });
}

void Confirmations::undo(const QString &changeSetId, const Actor &actor, const QString &title,
                         bool onlyUnconfirmed, const LiveNetwork::Done &done)
{
    m_store->inverseOf(changeSetId).then(this, [=, this](const Result<QList<Change>> &changes) {
        if (!changes)
            return done(changes.error());
        const ChangeSet changeSet { .id = u"revert:"_s + changeSetId, .title = title, .changes = *changes };
        m_network.commit(changeSet, actor, done,
                         { .reverts = changeSetId, .onlyUnconfirmed = onlyUnconfirmed });
    });
}

void Confirmations::undoDue()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QList<RevisionInfo> unconfirmed = m_unconfirmed;
    for (const RevisionInfo &info : unconfirmed) {
        const QString id = info.changeSetId;
        if (info.confirmBy > now || m_underWay.contains(id))
            continue;
        m_underWay.insert(id);
        const QString title = u"Reverted: not confirmed by %1 (revision %2%3)"_s.arg(
            info.confirmBy.toString(Qt::ISODate), QString::number(info.revision),
            info.title.isEmpty() ? QString() : u", “%1”"_s.arg(info.title));
        undo(id, m_server, title, true, [this, id](const ApplyResult &result) {
            m_underWay.remove(id);
            if (std::holds_alternative<Committed>(result))
                return forget(id);
            if (const auto *conflict = std::get_if<StoreConflict>(&result)) {
                return settle(id,
                              u"Not reverted: %1 of its objects have been changed since"_s.arg(
                                  conflict->current.size()));
            }
            const auto &failure = std::get<Failure>(result);
            if (failure.kind == FailureKind::ItemNotFound) // confirmed or undone meanwhile
                return forget(id);
            if (failure.kind == FailureKind::NotAllowed)
                return settle(id, u"Not reverted: "_s + failure.text);
            qCWarning(lcServer, "The change set %ls could not be reverted, and will be tried again: %ls",
                      qUtf16Printable(id), qUtf16Printable(failure.text));
            m_timer.start(pause);
        });
    }
    plan();
}

void Confirmations::settle(const QString &changeSetId, const QString &why)
{
    qCWarning(lcServer, "Change set %ls: %ls", qUtf16Printable(changeSetId), qUtf16Printable(why));
    m_store->confirm(changeSetId, m_server, why).then(this, [this, changeSetId](const Result<void> &settled) {
        if (settled || settled.error().kind == FailureKind::ItemNotFound)
            forget(changeSetId);
        else
            m_timer.start(pause);
    });
}

void Confirmations::forget(const QString &changeSetId)
{
    if (m_unconfirmed.removeIf([&](const RevisionInfo &info) { return info.changeSetId == changeSetId; }))
        Q_EMIT changed(m_unconfirmed);
    plan();
}

void Confirmations::plan()
{
    QDateTime first;
    for (const RevisionInfo &info : std::as_const(m_unconfirmed)) {
        if (!m_underWay.contains(info.changeSetId) && (!first.isValid() || info.confirmBy < first))
            first = info.confirmBy;
    }
    if (!first.isValid())
        return m_timer.stop();
    const std::chrono::milliseconds wait { QDateTime::currentDateTimeUtc().msecsTo(first) };
    m_timer.start(std::clamp(wait, std::chrono::milliseconds(0), longestWait));
}

} // namespace castellan::server
