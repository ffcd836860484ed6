// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/noting.h"

#include "server/log.h"

#include <QUuid>

#include <limits>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace {

/// As long as a JID can be, and then some for what is composed.
constexpr qsizetype longestId = 4000;

/// Whose share of the limit an object takes; empty: nobody's.
QString groupOf(const Object &object)
{
    if (const auto *privilege = std::get_if<Privilege>(&object))
        return privilege->service;
    if (const auto *certificate = std::get_if<Certificate>(&object))
        return certificate->jid;
    if (const auto *question = std::get_if<Question>(&object))
        return question->asker;
    return {};
}

ObjectKey keyOf(const Object &object)
{
    return { objectType(object), objectId(object) };
}

} // namespace

bool Noting::isNoted(const Object &object)
{
    return std::visit(
        []<typename T>(const T &value) {
            if constexpr (requires { value.noted; })
                return value.noted;
            else
                return std::is_same_v<T, Question>; // nobody else asks them
        },
        object);
}

Noting::Noting(LiveNetwork &network, const QList<Object> &noted, const Transport &transport,
               const Settings &settings, QObject *parent)
    : QObject(parent),
      m_network(network),
      m_transport(transport),
      m_settings(settings)
{
    for (const Object &object : noted)
        count(keyOf(object), object);

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
    return m_network.snapshot().contains(key) || m_noted.contains(key);
}

bool Noting::hasRoom(const Object &object, Share share) const
{
    struct Limit
    {
        int all = 0;
        int perGroup = std::numeric_limits<int>::max();
    };
    const ObjectType type = objectType(object);
    const Limit limit = [&]() -> Limit {
        switch (type) {
        case ObjectType::Thing:
            return { m_settings.things };
        case ObjectType::Service:
            return { m_settings.services };
        case ObjectType::User:
            return { m_settings.users };
        case ObjectType::Privilege:
            return { m_settings.privileges, m_settings.privilegesPerService };
        case ObjectType::Certificate:
            return { m_settings.certificates, m_settings.certificatesPerJid };
        case ObjectType::Question:
            return { m_settings.questions, m_settings.questionsPerAsker };
        default:
            Q_UNREACHABLE_RETURN({}); // only an administrator makes others
        }
    }();
    const int parts = share == Share::Whole ? 1 : 2;
    return m_counts.value({ type, {} }) < limit.all / parts
        && m_counts.value({ type, groupOf(object) }) < limit.perGroup / parts;
}

void Noting::count(const ObjectKey &key, const Object &object)
{
    const QString group = groupOf(object);
    m_noted.insert(key, group);
    ++m_counts[{ key.type, {} }];
    if (!group.isEmpty())
        ++m_counts[{ key.type, group }];
}

void Noting::discount(const ObjectKey &key)
{
    const auto noted = m_noted.constFind(key);
    if (noted == m_noted.cend())
        return;
    --m_counts[{ key.type, {} }];
    if (!noted->isEmpty() && --m_counts[{ key.type, *noted }] == 0)
        m_counts.remove({ key.type, *noted });
    m_noted.erase(noted);
}

void Noting::note(const Object &object, Share share)
{
    const ObjectKey key = keyOf(object);
    // What cannot be an object must not keep the others of its batch out.
    if (isKnown(key) || key.id.size() > longestId || !normalised(object))
        return;
    if (!hasRoom(object, share)) {
        qCInfo(lcServer, "%ls %ls is unknown and not noted: %d such are noted already",
               qUtf16Printable(QString(objectTypeName(key.type))), qUtf16Printable(key.id),
               m_counts.value({ key.type, {} }));
        return;
    }
    count(key, object);
    m_waiting.insert(key, object);
    if (!m_timer.isActive())
        m_timer.start();
}

void Noting::noteThing(const QString &jid, ThingKind kind, Share share)
{
    if (!isKnown({ ObjectType::Thing, jid })) // as most are
        note(Thing { .jid = jid, .kind = kind, .noted = true }, share);
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
    QList<Change> changes;
    m_underWay = std::exchange(m_waiting, {});
    for (const auto &[key, object] : std::as_const(m_underWay).asKeyValueRange()) {
        // Unless an administrator was faster.
        if (!m_network.snapshot().contains(key))
            changes.append(Change { .key = key, .object = object });
    }
    if (changes.isEmpty())
        finish(Committed {});
    else
        apply(changes, [this](const ApplyResult &result) { finish(result); });
}

void Noting::apply(const QList<Change> &changes, const LiveNetwork::Done &done)
{
    const ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                                .title = tr("Noted what was not known",
                                            "title of a change the server makes by itself"),
                                .changes = changes };
    m_network.commit(changeSet, Actor { m_transport.jid().full() }, done);
}

void Noting::replace(const VersionedObject &known, const Object &object, const Done &done)
{
    apply({ Change { .key = known.key, .base = known.version, .object = object } },
          [done](const ApplyResult &result) {
              if (std::holds_alternative<Committed>(result))
                  return done({});
              const auto *failure = std::get_if<Failure>(&result);
              done(std::unexpected(failure
                                       ? *failure
                                       : Failure { FailureKind::Conflict,
                                                   u"An administrator changed it just now. Try again."_s }));
          });
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
