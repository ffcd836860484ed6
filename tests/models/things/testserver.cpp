// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "testserver.h"

#include <QDomDocument>
#include <QHostAddress>
#include <QMap>
#include <QXmppPasswordChecker.h>
#include <QXmppServerExtension.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace castellan::things {

namespace {

const QString domain = u"building.localhost"_s;

wire::Provisioning yes(const wire::Provisioning &question)
{
    if (const auto *isFriend = std::get_if<wire::IsFriend>(&question))
        return wire::IsFriendResponse { isFriend->jid, true };
    if (const auto *canRead = std::get_if<wire::CanRead>(&question))
        return wire::CanReadResponse { .jid = canRead->jid, .result = true };
    return wire::CanControlResponse { .jid = std::get<wire::CanControl>(question).jid, .result = true };
}

} // namespace

// QXmppPasswordChecker has no virtual destructor; this one is never destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class TestServer::Checker final : public QXmppPasswordChecker
{
public:
    bool hasGetPassword() const override { return true; }

protected:
    QXmppPasswordReply::Error getPassword(const QXmppPasswordRequest &, QString &password) override
    {
        password = u"secret"_s;
        return QXmppPasswordReply::NoError;
    }
};
#pragma GCC diagnostic pop

class TestServer::Extension : public QXmppServerExtension
{
public:
    explicit Extension(TestServer &test)
        : m_test(test)
    { }

    bool handleStanza(const QDomElement &dom) override
    {
        const auto stanza = wire::Element::fromDom(dom);
        const QString type = stanza.attribute("type"_L1);
        const QString to = stanza.attribute("to"_L1);
        const auto *payload = stanza.firstChild();
        if (stanza.name == "iq"_L1 && type == "get"_L1 && to == m_test.provisioningJid
            && payload->xmlns == wire::nsProvisioning) {
            const auto question = wire::readProvisioning(*payload);
            Q_ASSERT(question);
            m_test.questions.append({ stanza.attribute("from"_L1), *question, stanza });
            if (const auto answer = m_test.answer(*question))
                m_test.answerNow(m_test.questions.last(), *answer);
            return true;
        }
        m_test.stanzas.append(stanza);
        if (stanza.name == "presence"_L1 && to == domain) {
            m_presences.insert(bareJid(stanza.attribute("from"_L1)), stanza);
            return true;
        }
        if (type == "subscribed"_L1) { // presence follows friendship
            send(stanza);
            auto presence = m_presences.value(bareJid(stanza.attribute("from"_L1)));
            presence.setAttribute("to"_L1, to);
            send(presence);
            return true;
        }
        if (stanza.name != "iq"_L1 || (type != "get"_L1 && type != "set"_L1))
            return false;
        if (payload->xmlns == "jabber:iq:roster"_L1) {
            reply(stanza, { .name = u"query"_s, .xmlns = payload->xmlns });
        } else if (payload->xmlns == wire::nsDiscoInfo && (to == domain || to == m_test.provisioningJid)) {
            wire::Element query { .name = u"query"_s, .xmlns = payload->xmlns };
            wire::Element feature { .name = u"feature"_s, .xmlns = payload->xmlns };
            feature.setAttribute("var"_L1, to == m_test.provisioningJid ? wire::nsProvisioning : "other"_L1);
            query.children.append(feature);
            reply(stanza, query);
        } else if (payload->xmlns == wire::nsDiscoItems && to == domain) {
            wire::Element query { .name = u"query"_s, .xmlns = payload->xmlns };
            if (m_test.provisioningJid != domain) {
                wire::Element item { .name = u"item"_s, .xmlns = payload->xmlns };
                item.setAttribute("jid"_L1, m_test.provisioningJid);
                query.children.append(item);
            }
            reply(stanza, query);
        } else {
            return false;
        }
        return true;
    }

    void reply(const wire::Element &iq, const wire::Element &payload) { send(wire::iqResult(iq, payload)); }

    void send(wire::Element stanza)
    {
        stanza.xmlns = wire::nsClient;
        QDomDocument document;
        document.setContent(stanza.toXml(), QDomDocument::ParseOption::UseNamespaceProcessing);
        server()->sendElement(document.documentElement());
    }

private:
    TestServer &m_test;
    QMap<QString, wire::Element> m_presences; ///< by bare JID
};

TestServer::TestServer()
    : answer(yes),
      m_checker(std::make_unique<Checker>())
{
    listen();
}

TestServer::~TestServer() = default;

void TestServer::listen()
{
    m_server = std::make_unique<QXmppServer>();
    m_server->setDomain(domain);
    m_server->setPasswordChecker(m_checker.get());
    m_extension = new Extension(*this);
    m_server->addExtension(m_extension);
    if (!m_server->listenForClients(QHostAddress::LocalHost, m_port))
        qFatal("cannot listen on port %d", m_port);
    m_port = m_server->findChild<QXmppSslServer *>()->serverPort();
}

void TestServer::close()
{
    m_server.reset();
}

void TestServer::send(const QString &from, const QString &to, const QByteArray &xml)
{
    auto stanza = wire::Element::fromXml(xml).value();
    stanza.setAttribute("from"_L1, from);
    stanza.setAttribute("to"_L1, to);
    m_extension->send(stanza);
}

void TestServer::answerNow(const Question &question, const wire::Provisioning &answer)
{
    m_extension->reply(question.iq, wire::write(answer));
}

std::optional<wire::Element> TestServer::answerTo(const QString &id) const
{
    const auto found = std::ranges::find_if(stanzas, [&id](const wire::Element &stanza) {
        const QString type = stanza.attribute("type"_L1);
        return stanza.attribute("id"_L1) == id && (type == "result"_L1 || type == "error"_L1);
    });
    return found == stanzas.end() ? std::nullopt : std::optional(*found);
}

int TestServer::presences(const QString &type, const QString &from, const QString &to) const
{
    return int(std::ranges::count_if(stanzas, [&](const wire::Element &stanza) {
        return stanza.name == "presence"_L1 && stanza.attribute("type"_L1) == type
            && bareJid(stanza.attribute("from"_L1)) == from && bareJid(stanza.attribute("to"_L1)) == to;
    }));
}

} // namespace castellan::things
