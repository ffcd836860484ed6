// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/fleet.h"

#include "things/logging.h"
#include "things/simulatedthing.h"
#include "things/statestore.h"

#include <QCoreApplication>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::Fleet)
};

} // namespace

Result<Accounts> accountsFromText(const QByteArray &text)
{
    Accounts accounts;
    int number = 0;
    for (const QByteArray &line : text.split('\n')) {
        ++number;
        const QString trimmed = QString::fromUtf8(line).trimmed();
        if (trimmed.isEmpty() || trimmed.startsWith(u'#'))
            continue;
        const auto space = std::ranges::find_if(trimmed, [](QChar c) { return c.isSpace(); });
        const auto length = space - trimmed.begin();
        const QString jid = bareJid(trimmed.first(length));
        const QString password = trimmed.sliced(length).trimmed();
        if (jid.isEmpty() || password.isEmpty()) {
            return fail(
                FailureKind::BadRequest,
                Text::tr("line %1: a line is a JID, a space and a password.", "line number").arg(number));
        }
        accounts.insert(jid, password);
    }
    return accounts;
}

Fleet::Fleet(QObject *parent)
    : QObject(parent)
{
    // A pause between logins: some thousands at once would only time out one another.
    m_startTimer.setInterval(5ms);
    connect(&m_startTimer, &QTimer::timeout, this, [this] {
        if (m_started < m_things.size())
            m_things.at(m_started++)->start();
        else
            m_startTimer.stop();
    });
    m_saveTimer.setInterval(5s);
    connect(&m_saveTimer, &QTimer::timeout, this, &Fleet::save);
}

Fleet::~Fleet()
{
    qDeleteAll(m_things); // before the store that they refer to
}

Result<void> Fleet::create(const Network &network, const Behaviours &behaviours, const Accounts &accounts,
                           const Settings &settings)
{
    auto store = StateStore::open(settings.stateDirectory);
    if (!store)
        return std::unexpected(store.error());
    m_store = std::move(*store);

    QStringList jids;
    for (const Thing &thing : network.things)
        jids.append(thing.jid);
    for (const Thing &description : network.things) {
        const auto behaviour = behaviours.constFind(description.jid);
        if (behaviour == behaviours.cend())
            continue;
        const auto password = accounts.constFind(description.jid);
        if (password == accounts.cend()) {
            return fail(FailureKind::ItemNotFound,
                        Text::tr("%1 has no password among the accounts.", "a JID").arg(description.jid));
        }
        auto *thing = new SimulatedThing(description, *behaviour, *password, settings.endpoint, *m_store,
                                         settings.provisioning);
        m_things.append(thing);
        m_index.insert(description.jid, thing);
        m_awaited.insert(thing);
        if (const auto restored = thing->restore(); !restored)
            return restored;
        QStringList neighbours = jids;
        neighbours.removeOne(description.jid);
        thing->setNeighbours(neighbours);
        connect(thing, &SimulatedThing::ready, this, [this, thing] { onReady(thing); });
        connect(thing, &SimulatedThing::wentOffline, this, &Fleet::considerStopped);
        connect(thing, &SimulatedThing::refused, this, &Fleet::refused);
    }
    return {};
}

void Fleet::start()
{
    m_startTimer.start();
    m_saveTimer.start();
    if (m_things.isEmpty())
        QTimer::singleShot(0, this, &Fleet::ready);
}

void Fleet::stop()
{
    m_stopping = true;
    m_startTimer.stop();
    m_saveTimer.stop();
    for (SimulatedThing *thing : std::as_const(m_things))
        thing->stop();
    save();
    // A server that does not close its side must not keep us.
    QTimer::singleShot(3s, this, &Fleet::stopped);
    considerStopped();
}

SimulatedThing *Fleet::thing(const QString &jid) const
{
    return m_index.value(jid);
}

void Fleet::save()
{
    for (SimulatedThing *thing : std::as_const(m_things)) {
        if (const auto saved = thing->provisioning().save(); !saved) {
            qCWarning(lcThings).noquote() << saved.error().text;
            return;
        }
    }
}

void Fleet::onReady(SimulatedThing *thing)
{
    if (m_awaited.remove(thing) && m_awaited.isEmpty())
        Q_EMIT ready();
}

void Fleet::considerStopped()
{
    if (m_stopping && std::ranges::none_of(m_things, &SimulatedThing::isOnline))
        QTimer::singleShot(0, this, &Fleet::stopped);
}

} // namespace castellan::things
