// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "servicefixture.h"

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::server;
using namespace std::chrono_literals;

namespace {

const QByteArray question = prov("isFriend", "jid='display@example.org'/>");

Network pair()
{
    Network network;
    network.things = { { .jid = u"meter@example.org"_s }, { .jid = u"display@example.org"_s } };
    network.friendships = { makeFriendship(u"meter@example.org"_s, u"display@example.org"_s) };
    return network;
}

} // namespace

/// Commits go through the administration interface, as those of people do.
class Fixture : public ServiceFixture
{
public:
    Revision setState(const QByteArray &state)
    {
        const Revision revision = apply({ change(state) });
        version = state == "removed" ? 0 : revision;
        return revision;
    }

    QList<Delivery::State> states(Delivery::Kind kind = Delivery::Kind::ClearCache)
    {
        QList<Delivery> all = deliveries();
        all.removeIf([&](const Delivery &delivery) { return delivery.kind != kind; });
        std::ranges::sort(all, {}, &Delivery::id);
        QList<Delivery::State> states;
        for (const Delivery &delivery : std::as_const(all))
            states.append(delivery.state);
        return states;
    }

    /// Starts with \a count more things that have asked before and are there.
    void startWithMany(int count)
    {
        start(pair());
        QStringList things;
        for (int i = 0; i < count; ++i)
            things.append(u"t%1@example.org"_s.arg(i));
        QVERIFY(store->noteAskers(things, QDateTime::currentDateTimeUtc()).result());
        kill();
        start();
        for (const QString &bare : std::as_const(things))
            receive("<presence from='" + bare.toUtf8() + "/r' to='prov.example.org'/>");
        transport.sent.clear();
    }
    /// Concerns all things that ever asked.
    Revision concernAll()
    {
        const AccessRule rule { .id = QUuid::createUuid().toString(QUuid::WithoutBraces) };
        return put(rule);
    }
    qsizetype sentClearCaches() const { return std::ranges::count_if(transport.sent, isClearCache); }

    Revision version = 1;

private:
    Change change(const QByteArray &state) const
    {
        Friendship friendship = makeFriendship(u"meter@example.org"_s, u"display@example.org"_s,
                                               state == "accepted" ? Friendship::State::Accepted
                                                                   : Friendship::State::Rejected);
        Change change { .key = { ObjectType::Friendship, objectId(friendship) }, .base = version };
        if (state == "removed")
            change.verb = Change::Verb::Remove;
        else
            change.object = friendship;
        return change;
    }
};

using States = QList<Delivery::State>;
using enum Delivery::State;

class TestDeliveries : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s23_bothFormsAcknowledge_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty result") << QByteArray();
        QTest::newRow("clearCacheResponse") << prov("clearCacheResponse");
    }
    void s23_bothFormsAcknowledge()
    {
        QFETCH(QByteArray, content);
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        const Revision revision = fixture.setState("rejected");
        const wire::Element iq = fixture.waitForSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"meter@example.org/r1"_s);
        QCOMPARE(iq.attribute("from"_L1), u"prov.example.org"_s);
        QTRY_COMPARE(fixture.states(), States { Sent });
        fixture.answer(iq, content, "result", "stranger@example.org/r1");
        fixture.answer(iq, content, "result", "meter@example.org/other");
        fixture.answer(iq, content);
        QTRY_COMPARE(fixture.states(), States { Acknowledged });
        const Delivery delivery = fixture.store->deliveries(0, 10).result().value().deliveries.last();
        QCOMPARE(delivery.revision, revision);
        QCOMPARE(delivery.attempts, 1);
        QVERIFY(delivery.settled.isValid());
    }

    void s24_whoNeverAskedGetsNothing()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.receive("<presence from='meter@example.org/r' to='prov.example.org'/>");
        fixture.setState("rejected");
        QVERIFY(fixture.deliveries().isEmpty());
        QVERIFY(!fixture.takeSent(isClearCache).name.size());
    }

    void s23_oneAtATimeInOrder()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        fixture.setState("accepted");
        const wire::Element first = fixture.waitForSent(isClearCache);
        QTRY_COMPARE(fixture.states(), (States { Sent, Waiting }));
        fixture.receive(
            "<presence from='meter@example.org/r1' to='prov.example.org'/>"); // talking is not answering
        QVERIFY(fixture.takeSent(isClearCache).name.isEmpty());
        fixture.answer(first);
        const wire::Element second = fixture.waitForSent(isClearCache);
        QVERIFY(second.attribute("id"_L1) != first.attribute("id"_L1));
        fixture.answer(second);
        QTRY_COMPARE(fixture.states(), (States { Acknowledged, Acknowledged }));
    }

    void s23_anAnswerCountsWhileMoreIsRead()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        const wire::Element first = fixture.waitForSent(isClearCache);
        fixture.setState("accepted");
        fixture.answer(first); // what is being read was open when it was asked for
        const wire::Element second = fixture.waitForSent(isClearCache);
        QVERIFY(second.attribute("id"_L1) != first.attribute("id"_L1));
        fixture.answer(second);
        QTRY_COMPARE(fixture.states(), (States { Acknowledged, Acknowledged }));
        QVERIFY(fixture.takeSent(isClearCache).name.isEmpty());
    }

    void s23_offlineThingGetsItWithItsNextSignOfLife()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.receive("<presence type='unavailable' from='meter@example.org/r1' to='prov.example.org'/>");
        fixture.setState("rejected");
        QCOMPARE(fixture.states(), States { Waiting });
        QVERIFY(fixture.takeSent(isClearCache).name.isEmpty());
        fixture.ask("meter@example.org/r2", question);
        const wire::Element iq = fixture.waitForSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"meter@example.org/r2"_s);
        fixture.answer(iq);
        QTRY_COMPARE(fixture.states(), States { Acknowledged });
    }

    void s23_bouncedMeansOffline_data()
    {
        QTest::addColumn<QByteArray>("condition");
        QTest::newRow("recipient-unavailable") << "recipient-unavailable"_ba;
        QTest::newRow("service-unavailable") << "service-unavailable"_ba;
        QTest::newRow("remote-server-not-found") << "remote-server-not-found"_ba;
        QTest::newRow("remote-server-timeout") << "remote-server-timeout"_ba;
    }
    void s23_bouncedMeansOffline()
    {
        QFETCH(QByteArray, condition);
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        fixture.answer(fixture.waitForSent(isClearCache),
                       "<error type='cancel'><" + condition
                           + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                       "error");
        QTRY_COMPARE(fixture.states(), States { Waiting });
        QVERIFY(fixture.takeSent(isClearCache).name.isEmpty()); // the bounce itself is no sign of life
        fixture.receive("<presence from='meter@example.org/r1' to='prov.example.org'/>");
        fixture.answer(fixture.waitForSent(isClearCache));
        QTRY_COMPARE(fixture.states(), States { Acknowledged });
        QCOMPARE(fixture.deliveries().last().attempts, 2);
    }

    void s23_otherErrorsAreKept()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        fixture.setState("accepted");
        fixture.answer(fixture.waitForSent(isClearCache),
                       "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                       "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>My cache is mine</text></error>",
                       "error");
        QTRY_COMPARE(fixture.states(), (States { Failed, Sent }));
        const auto all = fixture.deliveries();
        const auto failed = std::ranges::find(all, Failed, &Delivery::state);
        QVERIFY(failed->error.contains("My cache is mine"_L1));
    }

    void s23_noAnswerIsSentAgain()
    {
        Fixture fixture;
        fixture.settings.retry = { .first = 20ms, .most = 50ms, .prompt = 5ms };
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        const wire::Element first = fixture.waitForSent(isClearCache);
        QCOMPARE(fixture.waitForSent(isClearCache).attribute("id"_L1), first.attribute("id"_L1));
        fixture.waitForSent(isClearCache);
        fixture.answer(first); // late, but it counts
        QTRY_COMPARE(fixture.states(), States { Acknowledged });
        QVERIFY(fixture.deliveries().last().attempts >= 3);
    }

    void s23_aSignOfLifeEndsTheBackOff()
    {
        Fixture fixture;
        fixture.settings.retry = { .first = 1ms, .most = 1h, .prompt = 5ms };
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        QTRY_VERIFY(fixture.deliveries().last().attempts >= 11); // the next one is seconds away
        fixture.transport.sent.clear();
        fixture.receive("<presence from='meter@example.org/r2' to='prov.example.org'/>");
        const wire::Element iq = fixture.takeSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"meter@example.org/r2"_s);
    }

    void s23_survivesTheServersDeath()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.ask("display@example.org/r1", prov("isFriend", "jid='meter@example.org'/>"));
        fixture.receive("<presence type='unavailable' from='display@example.org/r1' to='prov.example.org'/>");
        fixture.setState("rejected");
        fixture.waitForSent(isClearCache); // to the meter, which has no time to answer
        QTRY_COMPARE(fixture.states(), (States { Waiting, Sent }));
        fixture.kill();

        fixture.start();
        QTRY_COMPARE(fixture.states(), (States { Waiting, Waiting }));
        QVERIFY(fixture.takeSent(isClearCache).name.isEmpty());
        fixture.receive("<presence from='meter@example.org/r2' to='prov.example.org'/>");
        wire::Element iq = fixture.waitForSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"meter@example.org/r2"_s);
        fixture.answer(iq);
        fixture.receive("<presence from='display@example.org/r2' to='prov.example.org'/>");
        iq = fixture.waitForSent(isClearCache);
        QCOMPARE(iq.attribute("to"_L1), u"display@example.org/r2"_s);
        fixture.answer(iq);
        QTRY_COMPARE(fixture.states(), (States { Acknowledged, Acknowledged }));
    }

    void s23_manyAreSentAsAnswersMakeRoom()
    {
        Fixture fixture;
        fixture.settings.retry.window = 40;
        fixture.settings.retry.prompt = 1h;
        fixture.startWithMany(300);
        fixture.receive("<presence type='unavailable' from='t7@example.org/r' to='prov.example.org'/>");
        const Revision revision = fixture.concernAll();
        QHash<QString, int> cleared;
        while (cleared.size() < 299) {
            const wire::Element iq = fixture.waitForSent(isClearCache);
            QVERIFY2(!iq.name.isEmpty(), qPrintable(QString::number(cleared.size())));
            QVERIFY(fixture.sentClearCaches() < 40);
            ++cleared[bareJid(iq.attribute("to"_L1))];
            fixture.answer(iq);
        }
        QVERIFY(!cleared.contains(u"t7@example.org"_s));
        const auto acknowledged = [&] { return fixture.states().count(Acknowledged); };
        QTRY_COMPARE(acknowledged(), 299);
        QCOMPARE(fixture.sentClearCaches(), 0);
        QCOMPARE(QSet<int>(cleared.cbegin(), cleared.cend()), QSet<int> { 1 });
        QCOMPARE(fixture.deliveries().first().revision, revision);

        fixture.receive("<presence from='t7@example.org/r' to='prov.example.org'/>");
        fixture.answer(fixture.waitForSent(isClearCache));
        QTRY_COMPARE(acknowledged(), 300);
        QVERIFY(fixture.store->load().result().value().owed.isEmpty());
    }

    void s23_silenceOfSomeDoesNotHoldUpOthers()
    {
        Fixture fixture;
        fixture.settings.retry.window = 10;
        fixture.startWithMany(100);
        fixture.concernAll(); // nobody answers
        QTRY_COMPARE(fixture.sentClearCaches(), 100);
        QTRY_COMPARE(fixture.states().count(Sent), 100);
    }

    void s23_aSmallCommitNeedNotWaitForALargeOne()
    {
        Fixture fixture;
        fixture.settings.retry.window = 10;
        fixture.settings.retry.prompt = 1h;
        fixture.startWithMany(1000);
        fixture.ask("meter@example.org/r1", question);
        fixture.concernAll();
        fixture.setState("rejected");
        int before = 0;
        for (int ofMeter = 0; ofMeter < 2; ++before) {
            const wire::Element iq = fixture.waitForSent(isClearCache);
            QVERIFY(!iq.name.isEmpty());
            fixture.answer(iq);
            ofMeter += iq.attribute("to"_L1) == "meter@example.org/r1"_L1;
        }
        QVERIFY2(before < 500, qPrintable(QString::number(before)));
    }

    void aCongestedConnectionIsSpared()
    {
        Fixture fixture;
        fixture.startWithMany(20);
        fixture.transport.congested = true;
        fixture.concernAll();
        QCOMPARE(fixture.states().size(), 20); // behind whatever the store was asked before
        QCoreApplication::processEvents();
        QCOMPARE(fixture.sentClearCaches(), 0);
        fixture.transport.congested = false;
        Q_EMIT fixture.transport.drained();
        QTRY_COMPARE(fixture.sentClearCaches(), 20);
    }

    void aLostConnectionDelaysOnly()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        fixture.waitForSent(isClearCache);
        fixture.transport.connected = false;
        Q_EMIT fixture.transport.lost({});
        fixture.transport.connected = true;
        Q_EMIT fixture.transport.ready();
        fixture.answer(fixture.waitForSent(isClearCache));
        QTRY_COMPARE(fixture.states(), States { Acknowledged });
    }

    void s08_friendAndUnfriendGoToThoseWhoAsked()
    {
        Fixture fixture;
        fixture.start(pair());
        fixture.ask("meter@example.org/r1", question);
        fixture.setState("rejected");
        wire::Element message = fixture.waitForSent(isMessage);
        QCOMPARE(message.attribute("to"_L1), u"meter@example.org/r1"_s);
        QCOMPARE(message.firstChild()->name, u"unfriend"_s);
        QCOMPARE(message.firstChild()->attribute("jid"_L1), u"display@example.org"_s);
        QTRY_COMPARE(fixture.states(Delivery::Kind::Unfriend), States { Sent });

        fixture.receive("<presence type='unavailable' from='meter@example.org/r1' to='prov.example.org'/>");
        fixture.setState("accepted");
        QCOMPARE(fixture.states(Delivery::Kind::Friend), States { Waiting });
        fixture.receive("<presence from='meter@example.org/r1' to='prov.example.org'/>");
        message = fixture.waitForSent(isMessage);
        QCOMPARE(message.firstChild()->name, u"friend"_s);
        QTRY_COMPARE(fixture.states(Delivery::Kind::Friend), States { Sent });

        fixture.setState("removed");
        QCOMPARE(fixture.waitForSent(isMessage).firstChild()->name, u"unfriend"_s);
        QVERIFY(fixture.takeSent(isMessage).name.isEmpty()); // display never asked
    }
};

QTEST_GUILESS_MAIN(TestDeliveries)
#include "tst_deliveries.moc"
