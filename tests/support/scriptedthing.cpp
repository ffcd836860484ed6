// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/scriptedthing.h"

#include "support/liveserver.h"
#include "wire/element.h"

#include <QDomElement>
#include <QXmlStreamWriter>
#include <QXmppClientExtension.h>
#include <QXmppConfiguration.h>
#include <QXmppIq.h>
#include <QXmppTask.h>

namespace castellan::tests {

using namespace Qt::StringLiterals;

namespace {

class PayloadIq : public QXmppIq
{
public:
    PayloadIq(Type type, const wire::Element &payload)
        : QXmppIq(type),
          m_payload(payload)
    {
        setTo(LiveServer::domain);
    }
    void toXmlElementFromChild(QXmlStreamWriter *writer) const override
    {
        m_payload.write(*writer, wire::nsClient);
    }

private:
    const wire::Element m_payload;
};

wire::Element provisioning(const QString &name)
{
    return { .name = name, .xmlns = wire::nsProvisioning };
}

class ServerListener : public QXmppClientExtension
{
public:
    explicit ServerListener(ScriptedThing &thing)
        : m_thing(thing)
    { }

    using QXmppClientExtension::handleStanza;
    bool handleStanza(const QDomElement &stanza) override
    {
        const QDomElement payload = stanza.firstChildElement();
        if (payload.namespaceURI() != wire::nsProvisioning
            || stanza.attribute(u"from"_s) != LiveServer::domain)
            return false;
        if (payload.tagName() == "clearCache"_L1) {
            ++m_thing.clearCaches;
            PayloadIq response(QXmppIq::Result, provisioning(u"clearCacheResponse"_s));
            response.setId(stanza.attribute(u"id"_s));
            client()->send(std::move(response));
            return true;
        }
        if (payload.tagName() == "unfriend"_L1)
            m_thing.unfriended.append(payload.attribute(u"jid"_s));
        return false;
    }

private:
    ScriptedThing &m_thing;
};

} // namespace

ScriptedThing::ScriptedThing(const QString &jid, quint16 port)
    : m_jid(jid),
      m_port(port),
      m_client(QXmppClient::NoExtensions)
{
    m_client.addExtension(new ServerListener(*this));
}

void ScriptedThing::connectToServer()
{
    QXmppConfiguration configuration;
    configuration.setJid(m_jid);
    configuration.setPassword(LiveServer::password);
    configuration.setHost(u"127.0.0.1"_s);
    configuration.setPort(m_port);
    configuration.setAutoReconnectionEnabled(false);
    configuration.setDisabledSaslMechanisms({});
    m_client.connectToServer(configuration);
}

void ScriptedThing::disconnectFromServer()
{
    m_client.disconnectFromServer();
}

void ScriptedThing::askFriend(const QString &jid)
{
    wire::Element question = provisioning(u"isFriend"_s);
    question.setAttribute("jid"_L1, jid);
    m_client.sendIq(PayloadIq(QXmppIq::Get, question)).then(this, [this](QXmppClient::IqResult &&result) {
        const auto *iq = std::get_if<QDomElement>(&result);
        Q_EMIT answered(iq
                        && iq->firstChildElement(u"isFriendResponse"_s).attribute(u"result"_s) == "true"_L1);
    });
}

} // namespace castellan::tests
