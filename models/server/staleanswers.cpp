// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/staleanswers.h"

#include "server/log.h"

#include <QUuid>

#include <utility>

namespace castellan::server {

StaleAnswers::StaleAnswers(LiveNetwork &network, const Transport &transport, std::chrono::milliseconds delay,
                           QObject *parent)
    : QObject(parent),
      m_network(network),
      m_transport(transport)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(delay);
    connect(&m_timer, &QTimer::timeout, this, &StaleAnswers::commit);
}

void StaleAnswers::add(const QStringList &holders)
{
    for (const QString &bare : holders)
        m_holders.insert(bare);
    if (!m_holders.isEmpty() && !m_timer.isActive())
        m_timer.start();
}

void StaleAnswers::commit()
{
    const QStringList holders = std::exchange(m_holders, {}).values();
    const ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                                .title = tr("Tokens were proved or users logged in"),
                                .changes = {} };
    const auto done = [this, holders](const ApplyResult &result) {
        if (const auto *failure = std::get_if<Failure>(&result)) {
            qCWarning(lcServer, "Who holds outdated answers could not be committed; trying again: %ls",
                      qUtf16Printable(failure->text));
            add(holders);
        }
    };
    m_network.commit(changeSet, Actor { m_transport.jid().full() }, done, {}, holders);
}

} // namespace castellan::server
