// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/livenetwork.h"
#include "server/transport.h"

#include <QHash>
#include <QTimer>

#include <chrono>
#include <functional>

namespace castellan::server {

/// Adds to the network what the server met and was not told of (XEP-0324 §5.4, statement 14), so that an
/// administrator can find it: in batches, and bounded in number, because anybody can make the server meet
/// something. What an administrator has confirmed does not count. Lives on the service's thread.
class Noting : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        int things = 1000;
        int services = 1000;
        int users = 10'000;
        int privileges = 10'000;
        int privilegesPerService = 1000; ///< some services make one for each of whatever they have
        int certificates = 10'000;
        int certificatesPerJid = 8; ///< of who first had a token for it
        int questions = 1000;
        int questionsPerAsker = 50;
        std::chrono::milliseconds delay { std::chrono::seconds(1) }; ///< that a batch is collected
    };
    /// How much of what may be noted is open to an object.
    enum class Share {
        Whole,
        Half, ///< for what costs its inventor nothing, so that it cannot hide the rest
    };

    /// Whether \a object is one that no administrator has confirmed.
    [[nodiscard]] static bool isNoted(const Object &object);

    /// \a noted: what of the network is.
    Noting(LiveNetwork &network, const QList<Object> &noted, const Transport &transport,
           const Settings &settings, QObject *parent = nullptr);

    /// Notes \a object in a while, unless its like is known or there is no room.
    void note(const Object &object, Share share = Share::Whole);
    /// The same for a thing of which only the address is known.
    void noteThing(const QString &jid, ThingKind kind, Share share);
    using Done = std::function<void(const Result<void> &)>;
    /// Notes \a object with the next commit; \a done is called when it is durable and in force, at once if it
    /// was known already, or with `resource-constraint` when there is no room.
    void noteNow(const Object &object, const Done &done);
    /// Puts \a object, which the server knows more of, in the place of \a known; \a done as with noteNow().
    void replace(const VersionedObject &known, const Object &object, const Done &done);

private:
    [[nodiscard]] bool isKnown(const ObjectKey &key) const;
    [[nodiscard]] bool hasRoom(const Object &object, Share share) const;
    void count(const ObjectKey &key, const Object &object);
    void discount(const ObjectKey &key);
    void commit();
    void apply(const QList<Change> &changes, const LiveNetwork::Done &done);
    void finish(const ApplyResult &result);

    LiveNetwork &m_network;
    const Transport &m_transport;
    Settings m_settings;
    using Group = std::pair<ObjectType, QString>; ///< that has a limit of its own; empty: all of the type
    QHash<ObjectKey, QString> m_noted; ///< noted, under way or waiting; with the group
    QHash<Group, int> m_counts;
    QHash<ObjectKey, Object> m_waiting;
    QHash<ObjectKey, Object> m_underWay;
    QHash<ObjectKey, QList<Done>> m_done;
    QTimer m_timer;
};

} // namespace castellan::server
