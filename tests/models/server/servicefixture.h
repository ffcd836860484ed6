// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/provisioningservice.h"
#include "server/transport.h"
#include "store/store.h"
#include "support/stored.h"

#include <QTemporaryDir>
#include <QTest>
#include <QUuid>

#include <algorithm>
#include <functional>
#include <memory>

namespace castellan::server {

/// A transport whose other side is the test.
class FakeTransport : public Transport
{
    Q_OBJECT
public:
    void start() override { Q_EMIT ready(); }
    void stop() override { }
    Jid jid() const override { return Jid::parse(u"prov.example.org").value(); }
    bool send(const wire::Element &stanza) override
    {
        if (connected)
            sent.append(stanza);
        return connected;
    }

    [[nodiscard]] bool isCongested() const override { return congested; }

    bool connected = true;
    bool congested = false;
    QList<wire::Element> sent;
};

/// The service on a store of its own, with everything it waits for made short.
struct ServiceFixture
{
    QTemporaryDir directory;
    FakeTransport transport;
    ServiceSettings settings;
    std::shared_ptr<Store> store;
    std::unique_ptr<ProvisioningService> service;

    ServiceFixture()
    {
        using namespace std::chrono_literals;
        settings.retry = { .first = 60s, .most = 60s, .prompt = 5ms };
        settings.noting.delay = 10ms;
        settings.staleDelay = 10ms;
        settings.subscribers.delay = 10ms;
    }

    /// Starts on what is in the store; the first time fills it with \a network.
    void start(const Network &network = {})
    {
        const QString url = QStringLiteral("sqlite:") + directory.filePath(QStringLiteral("store.db"));
        store = Store::open(url).result().value();
        if (store->load().result().value().revision == 0) {
            Network administrated = network;
            administrated.roleGrants.append(
                { QStringLiteral("admin@example.org"), AdminRole::Administrator, {} });
            QVERIFY(store->importNetwork(administrated, Actor { QStringLiteral("test") }).result());
        }
        service = std::make_unique<ProvisioningService>(store, readStartingState(*store).result().value(),
                                                        transport, settings);
        transport.start();
    }
    /// As if killed: nothing is written any more.
    void kill()
    {
        service.reset();
        store.reset();
        transport.sent.clear();
    }

    void receive(const QByteArray &xml)
    {
        const Result<wire::Element> stanza = wire::Element::fromXml(xml);
        QVERIFY2(stanza, stanza ? "" : qPrintable(stanza.error().text));
        Q_EMIT transport.stanzaReceived(*stanza);
    }

    /// Sends an iq and gives the answer; an element without a name if there is none in good time.
    wire::Element request(const QByteArray &type, const QByteArray &from, const QByteArray &payload,
                          const QByteArray &to = "prov.example.org")
    {
        const QByteArray id = "request-" + QByteArray::number(++lastId);
        receive("<iq type='" + type + "' id='" + id + "' from='" + from + "' to='" + to + "'>" + payload
                + "</iq>");
        wire::Element answer;
        (void)QTest::qWaitFor([&] {
            answer = takeSent([&](const wire::Element &stanza) {
                return stanza.name == u"iq" && stanza.attribute(QLatin1StringView("id")).toLatin1() == id;
            });
            return !answer.name.isEmpty();
        });
        return answer;
    }
    wire::Element ask(const QByteArray &from, const QByteArray &payload)
    {
        return request("get", from, payload);
    }

    /// Commits through the administration interface, as people do.
    Revision apply(const QList<Change> &changes)
    {
        const wire::admin::Apply request {
            { .id = QUuid::createUuid().toString(), .title = {}, .changes = changes }
        };
        const wire::Element answer = this->request("set", "admin@example.org/c",
                                                   wire::admin::write(wire::admin::Request(request)).toXml());
        const auto response = answer.firstChild()
            ? wire::admin::readResponse(*answer.firstChild())
            : Result<wire::admin::Response>(fail({}, QStringLiteral("no answer")));
        const auto *applied = response ? std::get_if<wire::admin::Applied>(&*response) : nullptr;
        if (!applied)
            QTest::qFail(qPrintable(QString::fromUtf8(answer.toXml())), __FILE__, __LINE__);
        return applied ? applied->revision : 0;
    }
    Revision put(const Object &object, Revision base = 0)
    {
        return apply({ { .key = { objectType(object), objectId(object) }, .base = base, .object = object } });
    }
    Revision remove(const ObjectKey &key, Revision base)
    {
        return apply({ { .verb = Change::Verb::Remove, .key = key, .base = base } });
    }
    Network network() { return test::stored(*store).value().network; }

    void answer(const wire::Element &iq, const QByteArray &content = {}, const QByteArray &type = "result",
                const QByteArray &from = {})
    {
        receive("<iq type='" + type + "' id='" + iq.attribute(QLatin1StringView("id")).toUtf8() + "' from='"
                + (from.isEmpty() ? iq.attribute(QLatin1StringView("to")).toUtf8() : from)
                + "' to='prov.example.org'>" + content + "</iq>");
    }

    /// The first stanza sent that is \a wanted, taken out; waits for it a while.
    wire::Element waitForSent(const std::function<bool(const wire::Element &)> &wanted)
    {
        wire::Element stanza;
        (void)QTest::qWaitFor([&] {
            stanza = takeSent(wanted);
            return !stanza.name.isEmpty();
        });
        return stanza;
    }
    wire::Element takeSent(const std::function<bool(const wire::Element &)> &wanted)
    {
        for (qsizetype i = 0; i < transport.sent.size(); ++i) {
            if (wanted(transport.sent.at(i)))
                return transport.sent.takeAt(i);
        }
        return {};
    }

    QList<Delivery> deliveries() { return store->deliveries(0, 1000).result().value().deliveries; }

private:
    int lastId = 0;
};

/// Payload of the namespace of XEP-0324.
inline QByteArray prov(const QByteArray &name, const QByteArray &attributesAndContent = "/>")
{
    return "<" + name + " xmlns='urn:xmpp:iot:provisioning' " + attributesAndContent;
}

inline bool isClearCache(const wire::Element &stanza)
{
    return stanza.name == u"iq" && stanza.attribute(QLatin1StringView("type")) == u"set"
        && stanza.firstChild() && stanza.firstChild()->name == u"clearCache";
}

/// A message that is not an event for a console.
inline bool isMessage(const wire::Element &stanza)
{
    return stanza.name == u"message" && stanza.attribute(QLatin1StringView("type")).isEmpty();
}

inline QString condition(const wire::Element &stanza)
{
    const auto error = std::ranges::find(stanza.children, QStringLiteral("error"), &wire::Element::name);
    return error == stanza.children.cend() || error->children.isEmpty() ? QString()
                                                                        : error->children.first().name;
}

} // namespace castellan::server
