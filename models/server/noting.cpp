// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/noting.h"

#include "server/log.h"

#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

bool isNoted(const Object &object)
{
    return std::visit(
        [](const auto &value) {
            if constexpr (requires { value.noted; })
                return value.noted;
            else
                return false;
        },
        object);
}

ObjectKey keyOf(const Object &object)
{
    return { objectType(object), objectId(object) };
}

} // namespace

Noting::Noting(LiveNetwork &network, const Network &known, const Transport &transport,
               const Settings &settings, QObject *parent)
    : QObject(parent),
      m_network(network),
      m_transport(transport),
      m_settings(settings)
{
    const auto countAll = [this](const auto &objects) {
        for (const auto &object : objects) {
            if (object.noted)
                count(keyOf(object), object);
        }
    };
    countAll(known.things);

    connect(&m_network, &LiveNetwork::committed, this, [this](const Committed &committed) {
        for (const VersionedObject &object : committed.objects) {
            discount(object.key);
            if (object.object && isNoted(*object.object))
                count(object.key, *object.object);
        }
    });
    m_timer.setSingleShot(true);
    m_timer.setInterval(settings.delay);
    connect(&m_timer, &QTimer::timeout, this, &Noting::commit);
}

bool Noting::isKnown(const ObjectKey &key) const
{
    return m_noted.contains(key) || m_network.snapshot().object(key);
}

bool Noting::hasRoom(const Object &object, Share share) const
{
    const ObjectType type = objectType(object);
    const int limit = m_settings.things;
    return m_counts.value(type) < (share == Share::Whole ? limit : limit / 2);
}

void Noting::count(const ObjectKey &key, const Object &)
{
    m_noted.insert(key);
    ++m_counts[key.type];
}

void Noting::discount(const ObjectKey &key)
{
    if (m_noted.remove(key))
        --m_counts[key.type];
}

void Noting::note(const Object &object, Share share)
{
    const ObjectKey key = keyOf(object);
    if (isKnown(key))
        return;
    if (!hasRoom(object, share)) {
        qCInfo(lcServer, "%ls %ls is unknown and not noted: %d such are noted already",
               qUtf16Printable(QString(objectTypeName(key.type))), qUtf16Printable(key.id),
               m_counts.value(key.type));
        return;
    }
    count(key, object);
    m_waiting.insert(key, object);
    if (!m_timer.isActive())
        m_timer.start();
}

void Noting::noteNow(const Object &object, const Done &done)
{
    const ObjectKey key = keyOf(object);
    const bool isOnItsWay = m_waiting.contains(key) || m_underWay.contains(key);
    if (!isOnItsWay && isKnown(key))
        return done({});
    if (!isOnItsWay) {
        if (!hasRoom(object, Share::Whole)) {
            return done(fail(FailureKind::ResourceConstraint,
                             u"There are too many of this kind that no administrator has confirmed yet."_s));
        }
        count(key, object);
        m_waiting.insert(key, object);
    }
    m_done[key].append(done);
    commit();
}

void Noting::commit()
{
    if (!m_underWay.isEmpty() || m_waiting.isEmpty())
        return;
    m_timer.stop();
    ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                          .title = tr("Noted what was not known",
                                      "title of a change the server makes by itself") };
    m_underWay = std::exchange(m_waiting, {});
    for (const auto &[key, object] : std::as_const(m_underWay).asKeyValueRange()) {
        // Unless an administrator was faster.
        if (!m_network.snapshot().object(key))
            changeSet.changes.append(Change { .key = key, .object = object });
    }
    if (changeSet.changes.isEmpty())
        finish(Committed {});
    else
        m_network.commit(changeSet, Actor { m_transport.jid().full() },
                         [this](const ApplyResult &result) { finish(result); });
}

void Noting::finish(const ApplyResult &result)
{
    const QHash<ObjectKey, Object> objects = std::exchange(m_underWay, {});
    if (std::holds_alternative<StoreConflict>(result)) {
        // An administrator's commit was before this one in the queue; what it added is known now.
        m_waiting.insert(objects);
    } else {
        const auto *failure = std::get_if<Failure>(&result);
        if (failure)
            qCWarning(lcServer, "What was not known could not be noted: %ls", qUtf16Printable(failure->text));
        for (const ObjectKey &key : objects.keys()) {
            if (failure)
                discount(key); // it is noted when it is met the next time
            for (const Done &done : m_done.take(key))
                done(failure ? Result<void>(std::unexpected(*failure)) : Result<void>());
        }
    }
    if (!m_done.isEmpty() || std::holds_alternative<StoreConflict>(result))
        commit();
    else if (!m_waiting.isEmpty() && !m_timer.isActive())
        m_timer.start();
}

} // namespace castellan::server
