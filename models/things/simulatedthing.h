// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/behaviour.h"
#include "things/connection.h"
#include "things/device.h"
#include "things/provisioningclient.h"
#include "things/tokenholder.h"

#include <QHash>
#include <QJsonObject>
#include <QObject>
#include <QSet>
#include <QTimer>

#include <functional>

namespace castellan::things {

class StateStore;

/// One simulated thing: a device that answers XEP-0323 and XEP-0325 to whom the provisioning server
/// allows, and that reads and controls its peers in turn. Friends with those whom the provisioning server
/// accepts; the roster on the XMPP server is the list of its friends.
class SimulatedThing : public QObject
{
    Q_OBJECT
public:
    SimulatedThing(const Thing &thing, const Behaviour &behaviour, const QString &password,
                   const Endpoint &endpoint, StateStore &store, const ProvisioningClient::Settings &settings,
                   QObject *parent = nullptr);

    /// Takes up the answers from before the last restart. Once, before start().
    [[nodiscard]] Result<void> restore();
    /// Whom a compromised thing turns to.
    void setNeighbours(const QStringList &jids) { m_neighbours = jids; }

    void start();
    void stop();
    [[nodiscard]] const QString &jid() const { return m_jid; }
    [[nodiscard]] bool isOnline() const { return m_connection.isOpen(); }
    /// Online, and the provisioning server can be asked.
    [[nodiscard]] bool isReady() const { return m_ready; }

    using ReadReply = std::function<void(const Result<QList<FieldValue>> &)>;
    /// Which tokens a request carries (XEP-0324 §3.1.3).
    enum class Present {
        Own,
        Received, ///< in the last minute, on behalf of whom they are from
    };
    /// Reads a peer once, friend or not. The failure is the peer's, or says that it cannot be reached.
    void read(const ReadJob &job, const ReadReply &reply, Present present = Present::Own);
    using ControlReply = std::function<void(const Result<ControlResponse> &)>;
    void control(const QString &peer, const ControlRequest &request, const ControlReply &reply);

    [[nodiscard]] QStringList friends() const { return m_friends.values(); }
    [[nodiscard]] ProvisioningClient &provisioning() { return m_provisioning; }
    [[nodiscard]] TokenHolder &tokens() { return m_tokens; }
    /// For people: online, server, friends, how much is cached and was asked.
    [[nodiscard]] QJsonObject status() const;

Q_SIGNALS:
    void ready();
    void wentOffline();
    void refused(const castellan::Failure &why);

private:
    // Stanzas
    void receive(const wire::Element &stanza);
    void receivePresence(const Jid &from, const wire::Element &stanza);
    void receiveMessage(const Jid &from, const wire::Element &stanza);
    void receiveIq(const Jid &from, const wire::Element &stanza);
    void answer(const wire::Element &request, const wire::Element &payload = {});
    void refuse(const wire::Element &request, const Failure &why);
    void sendPresence(const QString &type, const Jid &to);

    // Friends
    void receiveRoster(const Result<wire::Element> &answer);
    void receiveRosterItem(const wire::Element &item);
    void considerReady();
    void greetServer();
    [[nodiscard]] QSet<QString> peers() const;
    void requestFriendship(const Jid &jid);
    void answerFriendshipRequest(const Jid &from);
    void addFriend(const Jid &jid);
    void dropFriend(const Jid &jid);
    void removeFromRoster(const Jid &jid);
    [[nodiscard]] Jid addressOf(const QString &peer) const;

    // Obeying the provisioning server
    void clearCache(const wire::Element &iq);
    void obey(const wire::Provisioning &command);
    void answerTokenChallenge(const Jid &from, const wire::Element &iq);

    // Answering
    void answerRead(const Jid &from, const wire::Element &iq);
    void answerControl(const Jid &from, const wire::Element &stanza);
    void answerForm(const Jid &from, const wire::Element &iq);
    void answerDiscovery(const wire::Element &iq);
    using Permission = std::function<void(const wire::CanControlResponse &)>;
    void withControl(const Jid &from, const wire::Element &stanza, const wire::CanControl &question,
                     const Permission &proceed);

    // Asking
    void receiveValues(const Jid &from, const wire::Element &payload);
    void settleRead(int sequence, const Result<QList<FieldValue>> &result);
    void doNextJob();
    void misbehave();

    struct PendingRead
    {
        QString peer;
        QList<FieldValue> values;
        ReadReply reply;
    };

    QString m_jid;
    QString m_name;
    Behaviour m_behaviour;
    StateStore &m_store;
    Connection m_connection;
    ProvisioningClient m_provisioning;
    TokenHolder m_tokens;
    Device m_device;
    QStringList m_neighbours;

    bool m_ready = false;
    bool m_rosterKnown = false;
    QSet<QString> m_friends; ///< bare JIDs
    QSet<QString> m_requested; ///< bare JIDs that we sent a subscription request and that did not answer
    QSet<Jid> m_openRequests; ///< for friendship, while the provisioning server could not be asked
    QHash<QString, Jid> m_presences; ///< full JIDs of friends that are online, by their bare ones

    QHash<int, PendingRead> m_reads;
    int m_lastSequence = 0;
    QTimer m_jobTimer;
    int m_turn = 0;
    QTimer m_misbehaviourTimer;
    int m_misbehaviourTurn = 0;
};

} // namespace castellan::things
