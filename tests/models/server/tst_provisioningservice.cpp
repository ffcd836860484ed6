// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "servicefixture.h"

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;

namespace {

Network building()
{
    Network network;
    network.things = { { .jid = u"meter@example.org"_s,
                         .nodes = { { .fields = { { .name = u"Energy"_s, .types = FieldType::Momentary },
                                                  { .name = u"Power"_s, .types = FieldType::Momentary } },
                                      .parameters = { u"Output"_s } } } },
                       { .jid = u"display@example.org"_s } };
    network.friendships = { makeFriendship(u"meter@example.org"_s, u"display@example.org"_s) };
    network.friendshipRules = { { .id = u"trusted"_s,
                                  .effect = Effect::Allow,
                                  .one = { .kind = Subject::Kind::Domain, .value = u"trusted.example"_s },
                                  .other = { .kind = Subject::Kind::Everyone },
                                  .secondaryTrustAllowed = true } };
    network.accessRules = { { .id = u"read"_s,
                              .action = Action::Read,
                              .subject = { .kind = Subject::Kind::Jid, .value = u"display@example.org"_s },
                              .target = { .kind = Target::Kind::Device, .value = u"meter@example.org"_s },
                              .names = { u"Energy"_s },
                              .types = FieldType::Momentary },
                            { .id = u"control"_s,
                              .action = Action::Control,
                              .subject = { .kind = Subject::Kind::Jid, .value = u"display@example.org"_s },
                              .target = { .kind = Target::Kind::Device, .value = u"meter@example.org"_s },
                              .names = { u"Output"_s } } };
    return network;
}

} // namespace

class TestProvisioningService : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s04_s07_isFriendAnswersForThePair()
    {
        ServiceFixture fixture;
        fixture.start(building());
        wire::Element answer = fixture.ask("meter@example.org/r",
                                           prov("isFriend", "jid='Display@EXAMPLE.org/x'/>"));
        QCOMPARE(answer.attribute("type"_L1), u"result"_s);
        QCOMPARE(answer.attribute("to"_L1), u"meter@example.org/r"_s);
        QCOMPARE(answer.attribute("from"_L1), u"prov.example.org"_s);
        QVERIFY(answer.firstChild());
        QCOMPARE(answer.firstChild()->attribute("jid"_L1), u"display@example.org"_s);
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"true"_s);
        QVERIFY(!answer.firstChild()->hasAttribute("secondaryTrustAllowed"_L1));

        answer = fixture.ask("display@example.org/r", prov("isFriend", "jid='meter@example.org'/>"));
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"true"_s);
        answer = fixture.ask("meter@example.org/r", prov("isFriend", "jid='who@trusted.example'/>"));
        QCOMPARE(answer.firstChild()->attribute("secondaryTrustAllowed"_L1), u"true"_s);
        answer = fixture.ask("meter@example.org/r", prov("isFriend", "jid='stranger@example.org'/>"));
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"false"_s);
    }

    void s11_s12_canReadAnswersAProduct()
    {
        ServiceFixture fixture;
        fixture.start(building());
        const auto ask = [&](const QByteArray &content) {
            const wire::Element answer = fixture.ask("meter@example.org/r",
                                                     prov("canRead", "jid='display@example.org' " + content));
            const auto response = answer.firstChild() ? wire::readProvisioning(*answer.firstChild())
                                                      : Result<wire::Provisioning>(fail({}, u"no answer"_s));
            const auto *read = response ? std::get_if<wire::CanReadResponse>(&*response) : nullptr;
            return read ? *read : wire::CanReadResponse {};
        };
        wire::CanReadResponse response = ask("momentary='true'><field name='Energy'/></canRead>");
        QVERIFY(response.result);
        QVERIFY(response.fields.isEmpty());
        QCOMPARE(response.types, FieldTypes(FieldType::Momentary));

        response = ask("all='true'><field name='Energy'/><field name='Power'/></canRead>");
        QVERIFY(response.result);
        QCOMPARE(response.fields, QStringList { u"Energy"_s });
        QCOMPARE(response.types, FieldTypes(FieldType::Momentary));

        response = ask("/>"); // everything
        QVERIFY(response.result);
        QCOMPARE(response.fields, QStringList { u"Energy"_s });
        QCOMPARE(response.types, FieldTypes(FieldType::Momentary));

        response = ask("status='true'/>");
        QVERIFY(!response.result);
        QCOMPARE(response.types, FieldTypes(FieldType::Status));
    }

    void s10_canControlAnswers()
    {
        ServiceFixture fixture;
        fixture.start(building());
        wire::Element answer = fixture.ask(
            "meter@example.org/r",
            prov(
                "canControl",
                "jid='display@example.org'><parameter name='Output'/><parameter name='Mode'/></canControl>"));
        QVERIFY(answer.firstChild());
        QCOMPARE(answer.firstChild()->name, u"canControlResponse"_s);
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"true"_s);
        QCOMPARE(answer.firstChild()->children.size(), 1);
        QCOMPARE(answer.firstChild()->children.first().attribute("name"_L1), u"Output"_s);
        answer = fixture.ask("meter@example.org/r", prov("canControl", "jid='stranger@example.org'/>"));
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"false"_s);
    }

    void s13_deadTokensCountAsNone()
    {
        ServiceFixture fixture;
        fixture.start(building());
        const wire::Element answer = fixture.ask("meter@example.org/r",
                                                 prov("canRead",
                                                      "jid='display@example.org' userToken='DEAD' "
                                                      "momentary='true'><field name='Energy'/></canRead>"));
        QCOMPARE(answer.firstChild()->attribute("result"_L1), u"true"_s);
    }

    void s14_unknownOnesAreNotedInBounds()
    {
        ServiceFixture fixture;
        fixture.settings.noting.things = 4;
        fixture.start(building());
        fixture.ask("new@example.org/r", prov("isFriend", "jid='other@example.org'/>"));
        for (int i = 0; i < 10; ++i)
            fixture.ask("new@example.org/r",
                        prov("isFriend", "jid='invented" + QByteArray::number(i) + "@example.org'/>"));
        const auto things = [&] {
            return fixture.store->list({ .type = ObjectType::Thing }, { .max = 100 })
                .result()
                .value()
                .objects;
        };
        // Two of the three that were known or asked; inventing more does not fill all places.
        QTRY_COMPARE(things().size(), 4);
        fixture.ask("late@example.org/r", prov("isFriend", "jid='meter@example.org'/>"));
        QTRY_COMPARE(things().size(), 5);
        for (const VersionedObject &object : things()) {
            const Thing thing = std::get<Thing>(*object.object);
            QCOMPARE(thing.noted,
                     thing.jid != "meter@example.org"_L1 && thing.jid != "display@example.org"_L1);
        }
    }

    void s24_firstAnswerLeavesAfterTheAskerIsStored()
    {
        ServiceFixture fixture;
        fixture.start(building());
        fixture.ask("meter@example.org/r", prov("isFriend", "jid='display@example.org'/>"));
        QVERIFY(fixture.store->load().result().value().askers.contains(u"meter@example.org"_s));
    }

    void s26_badRequests_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("payload");
        QTest::addColumn<QString>("expected");
        QTest::newRow("no jid") << "get"_ba << prov("isFriend") << u"bad-request"_s;
        QTest::newRow("bad jid") << "get"_ba << prov("isFriend", "jid='a@@b'/>") << u"jid-malformed"_s;
        QTest::newRow("unknown element") << "get"_ba << prov("mayFly", "jid='a@b'/>") << u"bad-request"_s;
        QTest::newRow("unknown child")
            << "get"_ba << prov("canRead", "jid='a@b'><wing/></canRead>") << u"bad-request"_s;
        QTest::newRow("wrong type") << "set"_ba << prov("isFriend", "jid='a@b'/>") << u"bad-request"_s;
        QTest::newRow("an answer as question")
            << "get"_ba << prov("isFriendResponse", "jid='a@b' result='true'/>") << u"bad-request"_s;
        QTest::newRow("clearCache to the server") << "set"_ba << prov("clearCache") << u"bad-request"_s;
        QTest::newRow("no such iq type") << "ask"_ba << prov("isFriend", "jid='a@b'/>") << u"bad-request"_s;
        QTest::newRow("no payload") << "get"_ba << ""_ba << u"bad-request"_s;
        QTest::newRow("two payloads")
            << "get"_ba << prov("isFriend", "jid='a@b'/>") + prov("isFriend", "jid='a@b'/>")
            << u"bad-request"_s;
        QTest::newRow("foreign") << "get"_ba << "<query xmlns='jabber:iq:last'/>"_ba
                                 << u"service-unavailable"_s;
    }
    void s26_badRequests()
    {
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, payload);
        QFETCH(QString, expected);
        ServiceFixture fixture;
        fixture.start(building());
        const Revision before = fixture.store->load().result().value().revision;
        const wire::Element answer = fixture.request(type, "meter@example.org/r", payload);
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        QCOMPARE(condition(answer), expected);
        const StoredState after = fixture.store->load().result().value();
        QCOMPARE(after.revision, before);
        QVERIFY(after.askers.isEmpty());
    }

    void s26_answersToNothingAndMessagesAreDropped()
    {
        ServiceFixture fixture;
        fixture.start(building());
        fixture.transport.sent.clear();
        const QByteArray addresses = " from='stranger@example.org/r' to='prov.example.org' id='x'";
        fixture.receive("<iq type='result'" + addresses + "/>");
        fixture.receive("<iq type='result'" + addresses + ">" + prov("clearCacheResponse") + "</iq>");
        fixture.receive("<iq type='error'" + addresses + "><error type='cancel'/></iq>");
        fixture.receive("<message" + addresses + ">" + prov("unfriend", "jid='a@b'/>") + "</message>");
        fixture.receive("<message" + addresses + ">" + prov("clearCache") + "</message>");
        fixture.receive("<iq type='get' id='y' from='@' to='prov.example.org'>"
                        + prov("isFriend", "jid='a@b'/>") + "</iq>");
        QVERIFY(fixture.transport.sent.isEmpty());
    }

    void s26_tooManyRequestsOfOneSender()
    {
        ServiceFixture fixture;
        fixture.settings.rate = { .perSecond = 0.001, .burst = 3 };
        fixture.start(building());
        const QByteArray question = prov("isFriend", "jid='display@example.org'/>");
        for (int i = 0; i < 3; ++i)
            QCOMPARE(fixture.ask("meter@example.org/" + QByteArray::number(i), question).attribute("type"_L1),
                     u"result"_s);
        QCOMPARE(condition(fixture.ask("meter@example.org/r", question)), u"resource-constraint"_s);
        QCOMPARE(fixture.ask("display@example.org/r", question).attribute("type"_L1), u"result"_s);
    }

    void s26_aFloodByOneDoesNotHoldUpOthers()
    {
        ServiceFixture fixture;
        fixture.settings.rate = { .perSecond = 1e6, .burst = 1e6 };
        fixture.start(building());
        fixture.transport.sent.clear();
        const QByteArray question = prov("isFriend", "jid='display@example.org'/>");
        const auto send = [&](const QByteArray &from, int id) {
            fixture.receive("<iq type='get' to='prov.example.org' from='" + from + "' id='"
                            + QByteArray::number(id) + "'>" + question + "</iq>");
        };
        const auto answers = [&](const QString &to, const QString &type) {
            return std::ranges::count_if(fixture.transport.sent, [&](const wire::Element &stanza) {
                return stanza.attribute("to"_L1) == to && stanza.attribute("type"_L1) == type;
            });
        };
        // Who never asked waits for the store; one sender holds no more than its share of those places.
        for (int i = 0; i < 1000; ++i)
            send("flood@example.org/r", i);
        QCOMPARE(answers(u"flood@example.org/r"_s, u"error"_s), 1000 - fixture.settings.waitingEach);
        send("meter@example.org/r", 1);
        QTRY_COMPARE(answers(u"meter@example.org/r"_s, u"result"_s), 1);
        QCOMPARE(answers(u"flood@example.org/r"_s, u"result"_s), fixture.settings.waitingEach);
    }

    void s26_aWholeNetworkAtOnce()
    {
        ServiceFixture fixture;
        fixture.settings.waiting = 3000;
        fixture.start(building());
        fixture.transport.sent.clear();
        for (int i = 0; i < 4000; ++i) {
            fixture.receive("<iq type='get' to='prov.example.org' from='t" + QByteArray::number(i)
                            + "@example.org/r' id='q'>" + prov("isFriend", "jid='display@example.org'/>")
                            + "</iq>");
        }
        // Nobody's question is lost: who finds no place hears it at once.
        const auto answers = [&](const QString &type) {
            return std::ranges::count(fixture.transport.sent, type, [](const wire::Element &stanza) {
                return stanza.attribute("type"_L1);
            });
        };
        QCOMPARE(answers(u"error"_s), 1000);
        QCOMPARE(condition(fixture.transport.sent.first()), u"resource-constraint"_s);
        QTRY_COMPARE(answers(u"result"_s), 3000);
        QCOMPARE(fixture.store->load().result().value().askers.size(), 3000);
    }

    void discoveryPingAndVersion()
    {
        ServiceFixture fixture;
        fixture.start();
        wire::Element answer = fixture.ask("a@example.org/r",
                                           "<query xmlns='http://jabber.org/protocol/disco#info'/>");
        QStringList features;
        for (const wire::Element &child : answer.firstChild()->children)
            features.append(child.attribute("var"_L1));
        QVERIFY(features.contains(u"urn:xmpp:iot:provisioning"_s));
        QVERIFY(features.contains(u"urn:castellan:admin:0"_s));
        answer = fixture.ask("a@example.org/r",
                             "<query node='x' xmlns='http://jabber.org/protocol/disco#info'/>");
        QCOMPARE(condition(answer), u"item-not-found"_s);
        answer = fixture.ask("a@example.org/r", "<query xmlns='http://jabber.org/protocol/disco#items'/>");
        QCOMPARE(answer.attribute("type"_L1), u"result"_s);
        answer = fixture.ask("a@example.org/r", "<ping xmlns='urn:xmpp:ping'/>");
        QCOMPARE(answer.attribute("type"_L1), u"result"_s);
        answer = fixture.ask("a@example.org/r", "<query xmlns='jabber:iq:version'/>");
        QCOMPARE(answer.firstChild()->children.value(0).text, u"Castellan"_s);
        answer = fixture.request("get", "a@example.org/r", "<ping xmlns='urn:xmpp:ping'/>",
                                 "who@prov.example.org");
        QCOMPARE(condition(answer), u"service-unavailable"_s);
    }

    void thoseWhoAskedAreGreetedAfterARestart()
    {
        ServiceFixture fixture;
        fixture.start(building());
        fixture.ask("meter@example.org/r", prov("isFriend", "jid='display@example.org'/>"));
        fixture.kill();
        fixture.start();
        QCOMPARE(fixture.transport.sent.size(), 2 + 1); // and the administrator
        const auto isGreeting = [](const wire::Element &stanza) {
            return stanza.name == "presence"_L1 && stanza.attribute("to"_L1) == "meter@example.org"_L1;
        };
        QCOMPARE(fixture.takeSent(isGreeting).attribute("type"_L1), QString());
        QCOMPARE(fixture.takeSent(isGreeting).attribute("type"_L1), u"probe"_s);
    }

    void aSubscriptionIsAcceptedAndReturned()
    {
        ServiceFixture fixture;
        fixture.start();
        fixture.transport.sent.clear();
        fixture.receive("<presence type='subscribe' from='a@example.org' to='prov.example.org'/>");
        QCOMPARE(fixture.transport.sent.value(0).attribute("type"_L1), u"subscribed"_s);
        QCOMPARE(fixture.transport.sent.value(0).attribute("to"_L1), u"a@example.org"_s);
        QCOMPARE(fixture.transport.sent.value(1).attribute("type"_L1), u"subscribe"_s);
    }
};

QTEST_GUILESS_MAIN(TestProvisioningService)
#include "tst_provisioningservice.moc"
