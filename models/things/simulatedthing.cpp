// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/simulatedthing.h"

#include "things/logging.h"
#include "things/statestore.h"

#include <QJsonArray>
#include <QRandomGenerator>

#include <algorithm>
#include <utility>

Q_LOGGING_CATEGORY(lcThings, "castellan.things", QtWarningMsg)

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace castellan::things {

namespace {

constexpr QLatin1StringView nsRoster { "jabber:iq:roster" };
constexpr QLatin1StringView nsDynamicForms { "urn:xmpp:xdata:dynamic" };

Jid jidOf(const QString &bare)
{
    return Jid::parse(bare).value_or(Jid());
}

const wire::Element *payloadOf(const wire::Element &stanza, QLatin1StringView xmlns)
{
    const auto found = std::ranges::find(stanza.children, xmlns, &wire::Element::xmlns);
    return found == stanza.children.end() ? nullptr : &*found;
}

Failure accessDenied()
{
    return { FailureKind::Forbidden, u"Access denied."_s };
}

/// Whoever cannot ask must refuse.
Failure cannotAsk(const Failure &why)
{
    return { FailureKind::Forbidden, u"Access cannot be checked now: %1"_s.arg(why.text) };
}

/// The XMPP server says that this address is not there any more.
bool meansGone(const Failure &failure)
{
    return failure.kind == FailureKind::ServiceUnavailable
        || failure.kind == FailureKind::RecipientUnavailable || failure.kind == FailureKind::ItemNotFound;
}

} // namespace

SimulatedThing::SimulatedThing(const Thing &thing, const Behaviour &behaviour, const QString &password,
                               const Endpoint &endpoint, StateStore &store,
                               const ProvisioningClient::Settings &settings, QObject *parent)
    : QObject(parent),
      m_jid(thing.jid),
      m_name(thing.name),
      m_behaviour(behaviour),
      m_store(store),
      m_connection(jidOf(thing.jid), password, endpoint),
      m_provisioning(m_connection, store, settings),
      m_tokens(m_connection, store, thing.kind),
      m_device(thing)
{
    connect(&m_connection, &Connection::stanzaReceived, this, &SimulatedThing::receive);
    connect(&m_connection, &Connection::refused, this, &SimulatedThing::refused);
    connect(&m_connection, &Connection::opened, this, [this] {
        m_connection.ask("get"_L1, {}, { .name = u"query"_s, .xmlns = nsRoster },
                         [this](const Result<wire::Element> &answer) { receiveRoster(answer); });
    });
    connect(&m_connection, &Connection::closed, this, [this] {
        m_ready = false;
        m_rosterKnown = false;
        m_presences.clear();
        m_requested.clear();
        m_jobTimer.stop();
        const auto reads = m_reads.keys();
        for (const int sequence : reads)
            settleRead(sequence, fail(FailureKind::RecipientUnavailable, u"%1 went offline"_s.arg(m_jid)));
        Q_EMIT wentOffline();
    });
    connect(&m_provisioning, &ProvisioningClient::found, this, &SimulatedThing::greetServer);
    connect(&m_provisioning, &ProvisioningClient::availableChanged, this, &SimulatedThing::considerReady);

    m_jobTimer.setSingleShot(true);
    connect(&m_jobTimer, &QTimer::timeout, this, &SimulatedThing::doNextJob);
    connect(&m_misbehaviourTimer, &QTimer::timeout, this, &SimulatedThing::misbehave);
}

Result<void> SimulatedThing::restore()
{
    const auto memory = m_store.load(m_jid);
    if (!memory)
        return std::unexpected(memory.error());
    m_provisioning.restore(memory->server, memory->answers);
    m_tokens.restore(memory->identity);
    return {};
}

void SimulatedThing::start()
{
    m_connection.open();
    switch (m_behaviour.misbehaviour.kind) {
    case Misbehaviour::Kind::Offline:
    case Misbehaviour::Kind::Asking:
    case Misbehaviour::Kind::Ignoring:
        m_misbehaviourTimer.start(m_behaviour.misbehaviour.time);
        break;
    default:
        break;
    }
}

void SimulatedThing::stop()
{
    m_misbehaviourTimer.stop();
    m_connection.close();
}

// ---- Stanzas

void SimulatedThing::receive(const wire::Element &stanza)
{
    const QString sender = stanza.attribute("from"_L1);
    const auto from = Jid::parse(sender.isEmpty() ? m_jid : sender); // no sender: our own account
    if (!from)
        return;
    if (stanza.name == "presence"_L1)
        receivePresence(*from, stanza);
    else if (stanza.name == "message"_L1)
        receiveMessage(*from, stanza);
    else if (stanza.name == "iq"_L1)
        receiveIq(*from, stanza);
}

void SimulatedThing::receivePresence(const Jid &from, const wire::Element &stanza)
{
    const QString type = stanza.attribute("type"_L1);
    const QString peer = from.bare();
    if (peer == m_jid)
        return;
    if (type.isEmpty()) {
        if (m_provisioning.isServer(from)) {
            if (m_provisioning.serverIsAccount())
                m_provisioning.setAddress(from);
            else // it has started anew and does not know who is there
                greetServer();
        } else if (m_friends.contains(peer)) {
            m_presences.insert(peer, from);
        }
    } else if (type == "unavailable"_L1) {
        if (m_provisioning.serverIsAccount() && m_provisioning.address() == from)
            m_provisioning.setAddress({});
        if (m_presences.value(peer) == from)
            m_presences.remove(peer);
    } else if (type == "error"_L1) {
        m_presences.remove(peer);
    } else if (type == "subscribe"_L1) {
        answerFriendshipRequest(from);
    } else if (type == "subscribed"_L1) {
        if (m_requested.remove(peer)) // nobody becomes a friend by saying so
            addFriend(from);
    } else if (type == "unsubscribed"_L1 || type == "unsubscribe"_L1) {
        m_requested.remove(peer);
        if (m_friends.contains(peer) && m_behaviour.misbehaviour.kind != Misbehaviour::Kind::Ignoring)
            removeFromRoster(from);
    }
}

void SimulatedThing::receiveMessage(const Jid &from, const wire::Element &stanza)
{
    if (stanza.attribute("type"_L1) == "error"_L1)
        return;
    if (const auto *payload = payloadOf(stanza, wire::nsProvisioning)) {
        if (!m_provisioning.isServer(from)) {
            qCWarning(lcThings).noquote() << m_jid << "ignores" << payload->name << "from" << from.full();
            return;
        }
        if (const auto command = wire::readProvisioning(*payload))
            obey(*command);
    } else if (const auto *values = payloadOf(stanza, nsSensorData)) {
        receiveValues(from, *values);
    } else if (const auto *control = payloadOf(stanza, nsControl); control && control->name == "set"_L1) {
        answerControl(from, stanza);
    }
}

void SimulatedThing::receiveIq(const Jid &from, const wire::Element &stanza)
{
    const wire::Element *payload = stanza.firstChild();
    const bool get = stanza.attribute("type"_L1) == "get"_L1;
    const bool set = stanza.attribute("type"_L1) == "set"_L1;
    const auto is = [payload](QLatin1StringView name, QLatin1StringView xmlns) {
        return payload && payload->name == name && payload->xmlns == xmlns;
    };
    if (is("clearCache"_L1, wire::nsProvisioning)) {
        clearCache(stanza);
    } else if (is("tokenChallenge"_L1, wire::nsProvisioning) && get) {
        answerTokenChallenge(from, stanza);
    } else if (is("req"_L1, nsSensorData) && get) {
        answerRead(from, stanza);
    } else if (is("set"_L1, nsControl) && set) {
        answerControl(from, stanza);
    } else if (is("getForm"_L1, nsControl) && get) {
        answerForm(from, stanza);
    } else if (is("query"_L1, wire::nsDiscoInfo) && get) {
        answerDiscovery(stanza);
    } else if (is("query"_L1, nsRoster) && set && from.bare() == m_jid) {
        for (const wire::Element &item : payload->children)
            receiveRosterItem(item);
        answer(stanza);
    } else {
        refuse(stanza, { FailureKind::FeatureNotImplemented, u"This thing does not know what that is."_s });
    }
}

void SimulatedThing::answer(const wire::Element &request, const wire::Element &payload)
{
    m_connection.send(wire::iqResult(request, payload));
}

void SimulatedThing::refuse(const wire::Element &request, const Failure &why)
{
    if (request.name == "iq"_L1) // control messages get no answer (XEP-0325 §3.1)
        m_connection.send(wire::iqError(request, why));
}

void SimulatedThing::sendPresence(const QString &type, const Jid &to)
{
    wire::Element presence { .name = u"presence"_s };
    presence.setAttribute("to"_L1, to.full());
    if (!type.isEmpty())
        presence.setAttribute("type"_L1, type);
    m_connection.send(presence);
}

// ---- Friends

void SimulatedThing::receiveRoster(const Result<wire::Element> &answer)
{
    if (!m_connection.isOpen())
        return;
    m_rosterKnown = true;
    m_friends.clear();
    if (const auto *query = answer ? answer->child("query"_L1, nsRoster) : nullptr) {
        for (const wire::Element &item : query->children)
            receiveRosterItem(item);
    } else {
        qCWarning(lcThings).noquote() << m_jid << "has no roster and will not see who is online";
    }
    greetServer();
    considerReady();
}

/// A friend is someone whose presence we see.
void SimulatedThing::receiveRosterItem(const wire::Element &item)
{
    const Jid peer = jidOf(bareJid(item.attribute("jid"_L1)));
    const QString subscription = item.attribute("subscription"_L1);
    if (peer.isEmpty() || m_provisioning.isServer(peer))
        return;
    if (subscription == "both"_L1 || subscription == "to"_L1)
        addFriend(peer);
    else if (subscription == "remove"_L1)
        dropFriend(peer);
}

void SimulatedThing::greetServer()
{
    if (!m_rosterKnown || m_provisioning.server().isEmpty())
        return;
    // A server that is an account must become a friend (§5.1); the request does no harm if it is one.
    // Another has no roster, so that it is told that we are here.
    const bool account = m_provisioning.serverIsAccount();
    sendPresence(account ? u"subscribe"_s : QString(), m_provisioning.server());
}

void SimulatedThing::considerReady()
{
    const bool ready = m_rosterKnown && m_provisioning.isAvailable();
    if (std::exchange(m_ready, ready) == ready)
        return;
    if (!ready) {
        m_jobTimer.stop();
        return;
    }
    Q_EMIT this->ready();
    const auto requests = std::exchange(m_openRequests, {});
    for (const Jid &jid : requests)
        answerFriendshipRequest(jid);
    for (const QString &peer : peers()) {
        if (!m_friends.contains(peer))
            requestFriendship(jidOf(peer));
    }
    const auto jobs = m_behaviour.reads.size() + m_behaviour.controls.size();
    if (jobs > 0) {
        const auto pause = std::chrono::milliseconds(m_behaviour.every) / jobs;
        m_jobTimer.start(pause * QRandomGenerator::global()->bounded(100) / 100);
    }
}

/// Whom it has business with.
QSet<QString> SimulatedThing::peers() const
{
    QSet<QString> peers;
    for (const ReadJob &job : m_behaviour.reads)
        peers.insert(job.peer);
    for (const ControlJob &job : m_behaviour.controls)
        peers.insert(job.peer);
    return peers;
}

void SimulatedThing::requestFriendship(const Jid &jid)
{
    m_provisioning.ask(wire::IsFriend { jid.toBare() },
                       [this, jid](const Result<wire::Provisioning> &answer) {
                           if (!answer || !std::get<wire::IsFriendResponse>(*answer).result
                               || m_friends.contains(jid.bare()))
                               return;
                           m_requested.insert(jid.bare());
                           sendPresence(u"subscribe"_s, jid.toBare());
                       });
}

void SimulatedThing::answerFriendshipRequest(const Jid &from)
{
    if (m_provisioning.isServer(from)) {
        sendPresence(u"subscribed"_s, from.toBare());
        return;
    }
    m_provisioning.ask(wire::IsFriend { from.toBare() },
                       [this, from](const Result<wire::Provisioning> &answer) {
                           if (!answer) {
                               m_openRequests.insert(from.toBare());
                               qCInfo(lcThings).noquote() << m_jid << "cannot tell whether" << from.bare()
                                                          << "is a friend:" << answer.error().text;
                               return;
                           }
                           if (!std::get<wire::IsFriendResponse>(*answer).result) {
                               sendPresence(u"unsubscribed"_s, from.toBare());
                               return;
                           }
                           sendPresence(u"subscribed"_s, from.toBare());
                           if (!m_friends.contains(from.bare())) {
                               m_requested.insert(from.bare());
                               sendPresence(u"subscribe"_s, from.toBare());
                           }
                           addFriend(from);
                       });
}

void SimulatedThing::addFriend(const Jid &jid)
{
    if (m_friends.contains(jid.bare()))
        return;
    m_friends.insert(jid.bare());
    qCInfo(lcThings).noquote() << m_jid << "is now a friend of" << jid.bare();
}

void SimulatedThing::dropFriend(const Jid &jid)
{
    m_presences.remove(jid.bare());
    m_requested.remove(jid.bare());
    if (m_friends.remove(jid.bare()))
        qCInfo(lcThings).noquote() << m_jid << "is no longer a friend of" << jid.bare();
}

/// Ends both directions of the subscription.
void SimulatedThing::removeFromRoster(const Jid &jid)
{
    dropFriend(jid);
    wire::Element item { .name = u"item"_s, .xmlns = nsRoster };
    item.setAttribute("jid"_L1, jid.bare());
    item.setAttribute("subscription"_L1, u"remove"_s);
    m_connection.ask("set"_L1, {}, { .name = u"query"_s, .xmlns = nsRoster, .children = { item } },
                     [](const Result<wire::Element> &) { }); // an item that is not there is what we want
}

Jid SimulatedThing::addressOf(const QString &peer) const
{
    const Jid known = m_presences.value(peer);
    if (!known.isEmpty() || m_behaviour.misbehaviour.kind != Misbehaviour::Kind::Ignoring)
        return known;
    return jidOf(peer + u'/' + thingResource); // a guess that does not take friendship
}

// ---- Obeying the provisioning server

void SimulatedThing::clearCache(const wire::Element &iq)
{
    const auto from = Jid::parse(iq.attribute("from"_L1));
    if (!from || !m_provisioning.isServer(*from)) {
        refuse(iq, { FailureKind::Forbidden, u"Only the provisioning server may clear the cache."_s });
        return;
    }
    if (iq.attribute("type"_L1) != "set"_L1) {
        refuse(iq, { FailureKind::BadRequest, u"clearCache is an iq of type set."_s });
        return;
    }
    const auto acknowledge = [this, iq] { answer(iq, wire::write(wire::ClearCacheResponse())); };
    const auto clear = [this, iq, acknowledge] {
        if (const auto cleared = m_provisioning.clearCache(); cleared)
            acknowledge();
        else
            refuse(iq, cleared.error());
    };
    switch (m_behaviour.misbehaviour.kind) {
    case Misbehaviour::Kind::Silent:
        break;
    case Misbehaviour::Kind::Slow:
        QTimer::singleShot(m_behaviour.misbehaviour.time, this, clear);
        break;
    case Misbehaviour::Kind::Ignoring:
        acknowledge();
        break;
    default:
        clear();
    }
}

void SimulatedThing::obey(const wire::Provisioning &command)
{
    if (const auto *befriend = std::get_if<wire::Befriend>(&command)) {
        if (!m_friends.contains(befriend->jid.bare()))
            requestFriendship(befriend->jid);
    } else if (const auto *unfriend = std::get_if<wire::Unfriend>(&command)) {
        if (m_behaviour.misbehaviour.kind == Misbehaviour::Kind::Ignoring)
            return;
        m_provisioning.forget(unfriend->jid.bare());
        removeFromRoster(unfriend->jid);
    }
}

void SimulatedThing::answerTokenChallenge(const Jid &from, const wire::Element &iq)
{
    const auto payload = wire::readProvisioning(*iq.firstChild());
    if (!payload) {
        refuse(iq, payload.error());
        return;
    }
    m_tokens.answerChallenge(from, std::get<wire::TokenChallenge>(*payload),
                             [this, iq](const Result<wire::TokenChallengeResponse> &response) {
                                 if (response)
                                     answer(iq, wire::write(*response));
                                 else
                                     refuse(iq, response.error());
                             });
}

// ---- Answering

void SimulatedThing::answerRead(const Jid &from, const wire::Element &iq)
{
    const auto request = readReadRequest(*iq.firstChild());
    if (!request) {
        refuse(iq, request.error());
        return;
    }
    const wire::CanRead question { .jid = from.toBare(),
                                   .nodes = request->nodes,
                                   .fields = request->fields,
                                   .types = request->types,
                                   .typesWritten = request->typesWritten,
                                   .tokens = request->tokens };
    m_tokens.noteReceived(from, request->tokens);
    m_tokens.noteSent(m_provisioning.server(), request->tokens);
    m_provisioning.ask(
        question, [this, from, iq, request = *request](const Result<wire::Provisioning> &answered) {
            if (!answered) {
                refuse(iq, cannotAsk(answered.error()));
                return;
            }
            const auto &permission = std::get<wire::CanReadResponse>(*answered);
            if (!permission.result) {
                refuse(iq, accessDenied());
                return;
            }
            QList<NodeRef> nodes = m_device.find(request.nodes);
            if (nodes.isEmpty() && !request.nodes.isEmpty()) {
                refuse(iq, { FailureKind::ItemNotFound, u"There is no such node here."_s });
                return;
            }
            nodes.removeIf([&permission](const NodeRef &node) { return !matches(permission.nodes, node); });
            QStringList names = request.fields;
            if (!permission.fields.isEmpty()) {
                const auto allowed = [&permission](const QString &name) {
                    return permission.fields.contains(name);
                };
                names.removeIf([&allowed](const QString &name) { return !allowed(name); });
                if (request.fields.isEmpty())
                    names = permission.fields;
            }
            const FieldTypes types = permission.types ? request.types & permission.types : request.types;

            wire::Element accepted { .name = u"accepted"_s, .xmlns = nsSensorData };
            accepted.setAttribute("seqnr"_L1, QString::number(request.sequence));
            answer(iq, accepted);
            // Nothing left of the names that were asked for must not mean all names.
            const bool none = names.isEmpty() && !request.fields.isEmpty();
            const FieldValues values { .sequence = request.sequence,
                                       .done = true,
                                       .values = none ? QList<FieldValue>()
                                                      : m_device.read(nodes, names, types,
                                                                      QDateTime::currentDateTimeUtc()) };
            wire::Element message { .name = u"message"_s, .children = { write(values) } };
            message.setAttribute("to"_L1, from.full());
            m_connection.send(message);
        });
}

void SimulatedThing::withControl(const Jid &from, const wire::Element &stanza,
                                 const wire::CanControl &question, const Permission &proceed)
{
    m_provisioning.ask(question, [this, stanza, from, proceed](const Result<wire::Provisioning> &answered) {
        if (!answered) {
            refuse(stanza, cannotAsk(answered.error()));
            return;
        }
        const auto &permission = std::get<wire::CanControlResponse>(*answered);
        if (permission.result)
            proceed(permission);
        else
            refuse(stanza, accessDenied());
    });
}

void SimulatedThing::answerControl(const Jid &from, const wire::Element &stanza)
{
    const auto request = readControlRequest(*payloadOf(stanza, nsControl));
    if (!request) {
        refuse(stanza, request.error());
        return;
    }
    wire::CanControl question { .jid = from.toBare(), .nodes = request->nodes, .tokens = request->tokens };
    for (const ParameterValue &parameter : request->parameters)
        question.parameters.append(parameter.name);
    m_tokens.noteReceived(from, request->tokens);
    m_tokens.noteSent(m_provisioning.server(), request->tokens);

    withControl(from, stanza, question, [this, stanza, request = *request](const auto &permission) {
        QList<NodeRef> nodes = m_device.find(request.nodes);
        nodes.removeIf([&](const NodeRef &node) { return !matches(permission.nodes, node); });
        QList<ParameterValue> parameters = request.parameters;
        parameters.removeIf([&](const ParameterValue &parameter) {
            return !permission.parameters.isEmpty() && !permission.parameters.contains(parameter.name);
        });
        // All or nothing (XEP-0325 §3.4.3). Without nodes, those are meant that have the parameter.
        if (request.nodes.isEmpty()) {
            nodes.removeIf([&](const NodeRef &node) {
                return std::ranges::none_of(parameters, [&](const ParameterValue &parameter) {
                    return m_device.hasParameter(node, parameter.name);
                });
            });
        }
        if (nodes.isEmpty() || parameters.isEmpty()) {
            refuse(stanza, { FailureKind::ItemNotFound, u"There is no such node or parameter here."_s });
            return;
        }
        for (const ParameterValue &parameter : std::as_const(parameters)) {
            for (const NodeRef &node : std::as_const(nodes)) {
                if (m_device.hasParameter(node, parameter.name))
                    continue;
                wire::Element error { .name = u"paramError"_s,
                                      .xmlns = nsControl,
                                      .text = u"Unknown parameter."_s };
                error.setAttribute("var"_L1, parameter.name);
                if (stanza.name == "iq"_L1) {
                    m_connection.send(
                        wire::iqError(stanza, { FailureKind::BadRequest, u"Unknown parameter."_s }, error));
                }
                return;
            }
        }
        for (const ParameterValue &parameter : std::as_const(parameters)) {
            for (const NodeRef &node : std::as_const(nodes))
                m_device.setParameter(node, parameter.name, parameter.value);
        }
        if (stanza.name == "iq"_L1) // the caller hears of what it was restricted to
            answer(stanza, write(ControlResponse { permission.nodes, permission.parameters }));
    });
}

void SimulatedThing::answerForm(const Jid &from, const wire::Element &iq)
{
    const auto wanted = readFormRequest(*iq.firstChild());
    if (!wanted) {
        refuse(iq, wanted.error());
        return;
    }
    const QStringList parameters = m_device.commonParameters(m_device.find(*wanted));
    const wire::CanControl question { .jid = from.toBare(), .nodes = *wanted, .parameters = parameters };
    withControl(from, iq, question, [this, iq, wanted = *wanted, parameters](const auto &permission) {
        QList<NodeRef> nodes = m_device.find(wanted);
        nodes.removeIf([&](const NodeRef &node) { return !matches(permission.nodes, node); });
        wire::Element form { .name = u"x"_s, .xmlns = nsDataForms };
        form.setAttribute("type"_L1, u"form"_s);
        form.children.append({ .name = u"title"_s, .xmlns = nsDataForms, .text = m_name });
        for (const QString &name : parameters) {
            if (!permission.parameters.isEmpty() && !permission.parameters.contains(name))
                continue;
            wire::Element field { .name = u"field"_s, .xmlns = nsDataForms };
            field.setAttribute("var"_L1, name);
            field.setAttribute("type"_L1, u"text-single"_s);
            field.setAttribute("label"_L1, name);
            if (nodes.size() == 1) {
                field.children.append({ .name = u"value"_s,
                                        .xmlns = nsDataForms,
                                        .text = m_device.parameter(nodes.first(), name) });
            }
            field.children.append({ .name = u"notSame"_s, .xmlns = nsDynamicForms });
            form.children.append(field);
        }
        answer(iq, form);
    });
}

void SimulatedThing::answerDiscovery(const wire::Element &iq)
{
    wire::Element query { .name = u"query"_s, .xmlns = wire::nsDiscoInfo };
    wire::Element identity { .name = u"identity"_s, .xmlns = wire::nsDiscoInfo };
    identity.setAttribute("category"_L1, u"client"_s);
    identity.setAttribute("type"_L1, u"bot"_s);
    identity.setAttribute("name"_L1, m_name);
    query.children.append(identity);
    for (const QLatin1StringView var : { wire::nsDiscoInfo, nsSensorData, nsControl }) {
        wire::Element feature { .name = u"feature"_s, .xmlns = wire::nsDiscoInfo };
        feature.setAttribute("var"_L1, var);
        query.children.append(feature);
    }
    answer(iq, query);
}

// ---- Asking

void SimulatedThing::read(const ReadJob &job, const ReadReply &reply, Present present)
{
    const Jid address = addressOf(job.peer);
    if (address.isEmpty()) {
        reply(fail(FailureKind::RecipientUnavailable, u"%1 is offline or no friend"_s.arg(job.peer)));
        return;
    }
    const int sequence = ++m_lastSequence;
    m_reads.insert(sequence, { job.peer, {}, reply });
    const ReadRequest request { .sequence = sequence,
                                .nodes = job.nodes,
                                .fields = job.fields,
                                .types = job.types,
                                .typesWritten = true,
                                .tokens = present == Present::Own ? m_tokens.own() : m_tokens.received() };
    m_tokens.noteSent(address, request.tokens);
    m_connection.ask("get"_L1, address, write(request),
                     [this, sequence, job](const Result<wire::Element> &accepted) {
                         if (accepted)
                             return; // the values come in messages
                         if (meansGone(accepted.error()))
                             m_presences.remove(job.peer);
                         settleRead(sequence, std::unexpected(accepted.error()));
                     });
    QTimer::singleShot(30s, this, [this, sequence, job] {
        settleRead(sequence, fail(FailureKind::Timeout, u"%1 sends no values"_s.arg(job.peer)));
    });
}

void SimulatedThing::control(const QString &peer, const ControlRequest &request, const ControlReply &reply)
{
    const Jid address = addressOf(peer);
    if (address.isEmpty()) {
        reply(fail(FailureKind::RecipientUnavailable, u"%1 is offline or no friend"_s.arg(peer)));
        return;
    }
    m_connection.ask("set"_L1, address, write(request),
                     [this, peer, reply](const Result<wire::Element> &answered) {
                         if (!answered && meansGone(answered.error()))
                             m_presences.remove(peer);
                         reply(answered.and_then([](const wire::Element &iq) -> Result<ControlResponse> {
                             const auto *payload = iq.child("setResponse"_L1, nsControl);
                             return payload ? readControlResponse(*payload) : ControlResponse();
                         }));
                     });
}

void SimulatedThing::receiveValues(const Jid &from, const wire::Element &payload)
{
    const auto values = readFieldValues(payload);
    if (!values)
        return;
    const auto pending = m_reads.find(values->sequence);
    if (pending == m_reads.end() || pending->peer != from.bare())
        return;
    pending->values += values->values;
    if (payload.name == "failure"_L1)
        settleRead(values->sequence,
                   fail(FailureKind::ItemNotFound, u"%1 could not read itself"_s.arg(from.bare())));
    else if (values->done || payload.name == "done"_L1)
        settleRead(values->sequence, QList<FieldValue>(pending->values));
}

void SimulatedThing::settleRead(int sequence, const Result<QList<FieldValue>> &result)
{
    const auto pending = m_reads.take(sequence);
    if (pending.reply)
        pending.reply(result);
}

void SimulatedThing::doNextJob()
{
    const auto reads = m_behaviour.reads.size();
    const auto jobs = reads + m_behaviour.controls.size();
    const int turn = m_turn++;
    const auto index = turn % jobs;
    const QString peer = index < reads ? m_behaviour.reads.at(index).peer
                                       : m_behaviour.controls.at(index - reads).peer;
    const auto report = [this, peer](const auto &result) {
        if (!result)
            qCDebug(lcThings).noquote() << m_jid << "got nothing from" << peer << result.error().text;
    };
    if (!m_friends.contains(peer)) {
        requestFriendship(jidOf(peer));
    } else if (index < reads) {
        read(m_behaviour.reads.at(index), report);
    } else {
        const ControlJob &job = m_behaviour.controls.at(index - reads);
        control(peer,
                { .nodes = job.nodes, .parameters = { job.values.at(turn / jobs % job.values.size()) } },
                report);
    }
    const auto pause = std::chrono::milliseconds(m_behaviour.every) / jobs;
    m_jobTimer.start(pause * QRandomGenerator::global()->bounded(80, 121) / 100);
}

void SimulatedThing::misbehave()
{
    const auto kind = m_behaviour.misbehaviour.kind;
    if (kind == Misbehaviour::Kind::Offline) {
        if (isOnline())
            m_connection.close();
        else
            m_connection.open();
        return;
    }
    if (!m_ready || m_neighbours.isEmpty())
        return;
    const int turn = m_misbehaviourTurn++;
    const Jid victim = jidOf(m_neighbours.at(turn / 3 % m_neighbours.size()));
    if (kind == Misbehaviour::Kind::Asking) {
        const auto nothing = [](const Result<wire::Provisioning> &) { };
        const wire::Provisioning questions[] { wire::IsFriend { victim }, wire::CanRead { .jid = victim },
                                               wire::CanControl { .jid = victim } };
        m_provisioning.ask(questions[turn % 3], nothing, ProvisioningClient::Memory::Bypass);
    } else {
        switch (turn % 3) {
        case 0:
            m_requested.insert(victim.bare());
            sendPresence(u"subscribe"_s, victim);
            break;
        case 1:
            m_provisioning.ask(
                wire::IsFriend { victim }, [](const auto &) { }, ProvisioningClient::Memory::Bypass);
            break;
        default:
            read({ .peer = victim.bare() }, [](const auto &) { });
        }
    }
}

QJsonObject SimulatedThing::status() const
{
    auto friends = m_friends.values();
    friends.sort();
    return {
        { u"jid"_s, m_jid },
        { u"online"_s, isOnline() },
        { u"ready"_s, isReady() },
        { u"server"_s, m_provisioning.server().bare() },
        { u"friends"_s, QJsonArray::fromStringList(friends) },
        { u"cached"_s, m_provisioning.cacheSize() },
        { u"asked"_s, m_provisioning.questionCount() },
        { u"misbehaves"_s, misbehaviourName(m_behaviour.misbehaviour.kind) },
    };
}

} // namespace castellan::things
