// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/calendar.h"

#include "server/log.h"

#include <QUuid>

#include <algorithm>

using namespace std::chrono_literals;

namespace castellan::server {

/// A longer wait is cut: the clock may be set meanwhile, and timers have a range.
static constexpr std::chrono::milliseconds longestWait = 10min;
/// After a commit that failed.
static constexpr std::chrono::milliseconds retryDelay = 1min;

Calendar::Calendar(LiveNetwork &network, const Transport &transport, QObject *parent)
    : QObject(parent),
      m_network(network),
      m_transport(transport)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Calendar::onTime);
    connect(&m_network, &LiveNetwork::committed, this, &Calendar::plan);
    plan();
}

void Calendar::plan()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    // An import may have brought what was over before.
    if (!m_network.snapshot().endedContainments(now).isEmpty())
        return m_timer.start(0ms);
    const QDateTime next = m_network.snapshot().nextBoundary(m_network.changedAt());
    if (!next.isValid())
        return m_timer.stop();
    const std::chrono::milliseconds wait(now.msecsTo(next));
    m_timer.start(std::clamp(wait, 0ms, longestWait));
}

void Calendar::onTime()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QDateTime next = m_network.snapshot().nextBoundary(m_network.changedAt());
    const QList<Containment> ended = m_network.snapshot().endedContainments(now);
    if (ended.isEmpty() && !(next.isValid() && next <= now))
        return plan();
    // Every commit entails what has come to pass since the one before; this one nothing else.
    const ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                                .title = ended.isEmpty()
                                    ? tr("A rule's or certificate's validity began or ended")
                                    : ended.size() == 1
                                    ? tr("The containment of %1 ended", "%1 is a JID").arg(ended.first().jid)
                                    : tr("%n containment(s) ended", nullptr, int(ended.size())),
                                .changes = {} };
    m_network.commit(changeSet, Actor { m_transport.jid().full() }, [this](const ApplyResult &result) {
        if (const auto *failure = std::get_if<Failure>(&result)) {
            qCWarning(lcServer, "What has come to pass could not be committed; trying again: %ls",
                      qUtf16Printable(failure->text));
            m_timer.start(retryDelay);
        }
    });
}

} // namespace castellan::server
