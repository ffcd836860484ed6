// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "testserver.h"
#include "things/commands.h"
#include "things/fleet.h"
#include "things/simulatedthing.h"

#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString server = u"building.localhost"_s;
const QString meter = u"meter@building.localhost"_s;
const QString reader = u"reader@building.localhost"_s;
const QString gateway = u"gateway@building.localhost"_s;
const QString stranger = u"stranger@building.localhost"_s;

QString full(const QString &bare)
{
    return bare + u"/thing"_s;
}

Jid jid(const QString &text)
{
    return Jid::parse(text).value();
}

const Network network { .things = {
                            { .jid = meter,
                              .nodes = { { .fields = { { u"Energy"_s,
                                                         FieldType::Momentary | FieldType::HistoricalDay },
                                                       { u"Power"_s, FieldType::Momentary },
                                                       { u"State"_s, FieldType::Status } },
                                           .parameters = { u"Limit"_s, u"State"_s } } } },
                            { .jid = reader },
                            { .jid = gateway,
                              .kind = ThingKind::Concentrator,
                              .nodes = { { .ref = { u"1"_s, u"A"_s, {} },
                                           .fields = { { u"Level"_s } },
                                           .parameters = { u"Level"_s } },
                                         { .ref = { u"2"_s, u"A"_s, {} },
                                           .fields = { { u"Level"_s } },
                                           .parameters = { u"Level"_s } },
                                         { .ref = { u"3"_s, u"A"_s, {} }, .fields = { { u"Power"_s } } } } },
                        } };

QStringList names(const QList<FieldValue> &values)
{
    QStringList result;
    for (const FieldValue &value : values)
        result.append(value.node.nodeId + u'/' + value.name);
    return result;
}

const QByteArray clearCacheXml =
    "<iq type='set' id='clear'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>";

QByteArray messageXml(const char *element, const QString &about)
{
    return u"<message><%1 xmlns='urn:xmpp:iot:provisioning' jid='%2'/></message>"_s
        .arg(QLatin1StringView(element), about)
        .toUtf8();
}

} // namespace

class SimulatedThingTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void findsTheServerOfItsOwnDomain();
    void findsTheServerAmongTheServices();
    void turnsToTheServerItWasGiven();
    void startsAnewWithAnotherServer();
    void refusesToStartWithAWrongPassword();

    void befriendsWhomTheServerAccepts();
    void rejectsWhomTheServerRejects();
    void leavesARequestOpenWhenItCannotAsk();
    void nobodyBecomesAFriendBySayingSo();
    void recommendationIsAskedAbout();
    void unfriendEndsFriendshipAndAnswer();
    void onlyTheServerMayCommand();

    void asksExactlyWhatWasRequested();
    void restrictsWhatIsRead_data();
    void restrictsWhatIsRead();
    void refusesToBeRead();
    void refusesWhenItCannotAsk();
    void refusesBadRequests_data();
    void refusesBadRequests();
    void isControlled();
    void restrictsControl();
    void refusesControl();
    void givesAForm();
    void takesNoStrangersValues();

    void asksOnceAndRemembers();
    void asksOnceForManyWhoWait();
    void remembersOverARestart();
    void boundsWhatItRemembers();
    void lateAnswerIsNotRemembered();
    void answersToOtherQuestionsDoNotCount();
    void asksAgainAfterClearCache();

    void comesBack();
    void readsAndControlsInTurn();
    void silentDoesNotAcknowledge();
    void slowAcknowledgesLater();
    void offlineComesAndGoes();
    void askingAsks();
    void ignoringIgnores();

    void obeysCommands();
    void stops();

private:
    /// Replaces the fleet by a new process, as it were.
    void startFleet(const Behaviours &behaviours, const Fleet::Settings &more = {});
    void startFleet(const QStringList &jids, const Fleet::Settings &more = {});
    [[nodiscard]] SimulatedThing *thing(const QString &jid) const { return m_fleet->thing(jid); }
    void makeFriends(const QString &one, const QString &other);
    Result<QList<FieldValue>> read(const ReadJob &job);
    Result<ControlResponse> control(const QString &peer, const ControlRequest &request);
    QJsonObject command(const QString &line);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<TestServer> m_server;
    std::unique_ptr<Fleet> m_fleet;
};

void SimulatedThingTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_server = std::make_unique<TestServer>();
}

void SimulatedThingTest::cleanup()
{
    m_fleet.reset();
    m_server.reset();
}

void SimulatedThingTest::startFleet(const Behaviours &behaviours, const Fleet::Settings &more)
{
    m_fleet.reset();
    m_fleet = std::make_unique<Fleet>();
    Accounts accounts;
    for (const Thing &thing : network.things)
        accounts.insert(thing.jid, u"secret"_s);
    Fleet::Settings settings = more;
    settings.endpoint = { u"127.0.0.1"_s, m_server->port() };
    settings.stateDirectory = m_folder->path();
    const auto created = m_fleet->create(network, behaviours, accounts, settings);
    QVERIFY2(created, qPrintable(created.error_or(Failure()).text));
    QSignalSpy ready(m_fleet.get(), &Fleet::ready);
    m_fleet->start();
    QVERIFY(ready.wait());
}

void SimulatedThingTest::startFleet(const QStringList &jids, const Fleet::Settings &more)
{
    Behaviours behaviours;
    for (const QString &jid : jids)
        behaviours.insert(jid, {});
    startFleet(behaviours, more);
}

void SimulatedThingTest::makeFriends(const QString &one, const QString &other)
{
    m_server->send(server, full(one), messageXml("friend", other));
    QTRY_VERIFY(thing(one)->friends().contains(other));
    if (thing(other))
        QTRY_VERIFY(thing(other)->friends().contains(one));
}

Result<QList<FieldValue>> SimulatedThingTest::read(const ReadJob &job)
{
    std::optional<Result<QList<FieldValue>>> answer;
    // Presence follows friendship; until it is here there is nobody to ask.
    const bool done = QTest::qWaitFor([&] {
        if (!answer || (!*answer && answer->error().kind == FailureKind::RecipientUnavailable)) {
            answer.reset();
            thing(reader)->read(job, [&](const auto &result) { answer = result; });
        }
        return QTest::qWaitFor([&] { return answer.has_value(); }, 1000)
            && (*answer || answer->error().kind != FailureKind::RecipientUnavailable);
    });
    return done ? *answer : fail(FailureKind::Timeout, u"no answer"_s);
}

Result<ControlResponse> SimulatedThingTest::control(const QString &peer, const ControlRequest &request)
{
    std::optional<Result<ControlResponse>> answer;
    const bool done = QTest::qWaitFor([&] {
        if (!answer || (!*answer && answer->error().kind == FailureKind::RecipientUnavailable)) {
            answer.reset();
            thing(reader)->control(peer, request, [&](const auto &result) { answer = result; });
        }
        return QTest::qWaitFor([&] { return answer.has_value(); }, 1000)
            && (*answer || answer->error().kind != FailureKind::RecipientUnavailable);
    });
    return done ? *answer : fail(FailureKind::Timeout, u"no answer"_s);
}

QJsonObject SimulatedThingTest::command(const QString &line)
{
    std::optional<QJsonObject> answer;
    execute(*m_fleet, line, [&answer](const QJsonObject &object) { answer = object; });
    return QTest::qWaitFor([&] { return answer.has_value(); }) ? *answer : QJsonObject();
}

// ---- Finding the provisioning server (XEP-0324 §3.1.1, §3.1.2)

void SimulatedThingTest::findsTheServerOfItsOwnDomain()
{
    startFleet({ meter });
    QCOMPARE(thing(meter)->provisioning().server().bare(), server);
    // It learns that we are here.
    QTRY_VERIFY(m_server->presences({}, meter, server) >= 2);
}

void SimulatedThingTest::findsTheServerAmongTheServices()
{
    m_server->provisioningJid = u"provisioning.building.localhost"_s;
    startFleet({ meter });
    QCOMPARE(thing(meter)->provisioning().server().bare(), m_server->provisioningJid);
    QTRY_COMPARE(m_server->presences({}, meter, m_server->provisioningJid), 1);
}

void SimulatedThingTest::turnsToTheServerItWasGiven()
{
    m_server->provisioningJid = u"other.example"_s;
    startFleet({ meter }, { .provisioning = { .server = jid(u"other.example"_s) } });
    m_server->send(u"other.example"_s, full(meter), messageXml("friend", reader));
    QTRY_COMPARE(m_server->asked<wire::IsFriend>(), QList { wire::IsFriend { jid(reader) } });
}

/// §5.2: a new trust relationship starts with an empty cache.
void SimulatedThingTest::startsAnewWithAnotherServer()
{
    startFleet({ meter, reader });
    makeFriends(meter, reader);
    QVERIFY(thing(meter)->provisioning().cacheSize() > 0);
    m_server->provisioningJid = u"provisioning.building.localhost"_s;
    startFleet({ meter, reader });
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 0);
}

void SimulatedThingTest::refusesToStartWithAWrongPassword()
{
    m_fleet = std::make_unique<Fleet>();
    const auto created = m_fleet->create(network, { { meter, {} } }, { { meter, u"wrong"_s } },
                                         { .endpoint = { u"127.0.0.1"_s, m_server->port() },
                                           .stateDirectory = m_folder->path() });
    QVERIFY(created);
    QSignalSpy refused(m_fleet.get(), &Fleet::refused);
    m_fleet->start();
    QVERIFY(refused.wait());
    QVERIFY(refused.first().first().value<Failure>().text.contains(meter));

    Fleet another;
    const auto missing = another.create(network, { { meter, {} } }, {},
                                        { .stateDirectory = m_folder->path() });
    QVERIFY(!missing);
    QVERIFY2(missing.error().text.contains(meter), qPrintable(missing.error().text));
}

// ---- Friendship (§3.2)

void SimulatedThingTest::befriendsWhomTheServerAccepts()
{
    startFleet({ { meter, {} }, { reader, { .reads = { { .peer = meter } }, .every = 1s } } });
    QTRY_VERIFY(thing(reader)->friends().contains(meter));
    QTRY_VERIFY(thing(meter)->friends().contains(reader));
    // Each has asked about the other, once.
    QTRY_COMPARE(m_server->asked<wire::IsFriend>().size(), 2);
    QVERIFY(m_server->asked<wire::IsFriend>().contains(wire::IsFriend { jid(reader) }));
    QVERIFY(m_server->asked<wire::IsFriend>().contains(wire::IsFriend { jid(meter) }));
}

void SimulatedThingTest::rejectsWhomTheServerRejects()
{
    m_server->answer = [](const wire::Provisioning &question) -> wire::Provisioning {
        return wire::IsFriendResponse { std::get<wire::IsFriend>(question).jid, false };
    };
    startFleet({ meter });
    m_server->send(stranger, full(meter), "<presence type='subscribe'/>");
    QTRY_COMPARE(m_server->presences(u"unsubscribed"_s, meter, stranger), 1);
    QCOMPARE(m_server->presences(u"subscribed"_s, meter, stranger), 0);
    QVERIFY(thing(meter)->friends().isEmpty());

    m_server->send(server, full(meter), messageXml("friend", reader)); // recommended, and then refused
    QTRY_COMPARE(m_server->asked<wire::IsFriend>().size(), 2);
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QCOMPARE(m_server->presences(u"subscribe"_s, meter, reader), 0);
}

void SimulatedThingTest::leavesARequestOpenWhenItCannotAsk()
{
    startFleet({ meter });
    m_server->answer = [](const wire::Provisioning &) {
        return wire::Unfriend { jid(stranger) };
    }; // nonsense
    m_server->send(stranger, full(meter), "<presence type='subscribe'/>");
    QTRY_COMPARE(m_server->questions.size(), 1);
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QCOMPARE(m_server->presences(u"unsubscribed"_s, meter, stranger), 0);
    QCOMPARE(m_server->presences(u"subscribed"_s, meter, stranger), 0);

    m_server->answer = [](const wire::Provisioning &) {
        return wire::IsFriendResponse { jid(stranger), true };
    };
    thing(meter)->stop();
    QTRY_VERIFY(!thing(meter)->isOnline());
    thing(meter)->start();
    QTRY_COMPARE(m_server->presences(u"subscribed"_s, meter, stranger), 1);
}

void SimulatedThingTest::nobodyBecomesAFriendBySayingSo()
{
    startFleet({ meter });
    m_server->send(stranger, full(meter), "<presence type='subscribed'/>");
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(thing(meter)->friends().isEmpty());
}

void SimulatedThingTest::recommendationIsAskedAbout()
{
    startFleet({ meter, reader });
    makeFriends(meter, reader);
    QVERIFY(m_server->asked<wire::IsFriend>().contains(wire::IsFriend { jid(reader) }));
    QCOMPARE(m_server->presences(u"subscribe"_s, meter, reader), 1);
}

void SimulatedThingTest::unfriendEndsFriendshipAndAnswer()
{
    startFleet({ meter, reader });
    makeFriends(meter, reader);
    QVERIFY(read({ .peer = meter }));
    const auto cached = thing(meter)->provisioning().cacheSize();
    QCOMPARE(cached, 2); // isFriend, canRead

    m_server->send(server, full(meter), messageXml("unfriend", reader));
    QTRY_VERIFY(thing(meter)->friends().isEmpty());
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 0);
    // Off the roster, which ends both directions of the subscription.
    QTRY_VERIFY(std::ranges::any_of(m_server->stanzas, [](const wire::Element &stanza) {
        const auto *query = stanza.child("query"_L1, "jabber:iq:roster"_L1);
        const auto *item = query ? query->firstChild() : nullptr;
        return item && item->attribute("jid"_L1) == reader
            && item->attribute("subscription"_L1) == "remove"_L1;
    }));
    // What the server tells its other side in consequence.
    m_server->send(meter, full(reader), "<presence type='unsubscribed'/>");
    QTRY_VERIFY(thing(reader)->friends().isEmpty());
}

/// §3.2.3 note; §3.5.1.
void SimulatedThingTest::onlyTheServerMayCommand()
{
    startFleet({ meter, reader });
    makeFriends(meter, reader);
    const auto cached = thing(meter)->provisioning().cacheSize();
    m_server->send(full(stranger), full(meter), messageXml("unfriend", reader));
    m_server->send(full(stranger), full(meter), messageXml("friend", stranger));
    m_server->send(full(stranger), full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QCOMPARE(wire::failureFromError(*m_server->answerTo(u"clear"_s)).kind, FailureKind::Forbidden);
    QCOMPARE(thing(meter)->friends(), QStringList { reader });
    QCOMPARE(thing(meter)->provisioning().cacheSize(), cached);
    QCOMPARE(m_server->presences(u"subscribe"_s, meter, stranger), 0);
}

// ---- Reading and control (§3.3, §3.4)

void SimulatedThingTest::asksExactlyWhatWasRequested()
{
    startFleet({ gateway });
    m_server->send(
        full(stranger), full(gateway),
        "<iq type='get' id='r'><req xmlns='urn:xmpp:iot:sensordata' seqnr='4' momentary='true' peak='true'"
        " serviceToken='S1 S2' userToken='U'><node nodeId='1'/><node nodeId='2' sourceId='A'/>"
        "<field name='Level'/></req></iq>");
    QTRY_VERIFY(m_server->answerTo(u"r"_s));
    QCOMPARE(m_server->asked<wire::CanRead>(),
             (QList { wire::CanRead { .jid = jid(stranger),
                                      .nodes = { { u"1"_s, {}, {} }, { u"2"_s, u"A"_s, {} } },
                                      .fields = { u"Level"_s },
                                      .types = FieldType::Momentary | FieldType::Peak,
                                      .typesWritten = true,
                                      .tokens = { .service = { u"S1"_s, u"S2"_s }, .user = { u"U"_s } } } }));
    QVERIFY(m_server->answerTo(u"r"_s)->child("accepted"_L1, nsSensorData));
}

void SimulatedThingTest::restrictsWhatIsRead_data()
{
    QTest::addColumn<ReadJob>("job");
    QTest::addColumn<wire::CanReadResponse>("permission");
    QTest::addColumn<QStringList>("expected");
    const NodeRef one { u"1"_s, {}, {} };
    const NodeRef two { u"2"_s, {}, {} };
    const auto row = [](const char *name, ReadJob job, wire::CanReadResponse permission,
                        const QString &expected) {
        permission.jid = jid(reader);
        permission.result = true;
        QTest::newRow(name) << job << permission << expected.split(u' ', Qt::SkipEmptyParts);
    };
    row("everything", { .peer = meter }, {}, u"/Energy /Energy /Power /State"_s);
    row("types", { .peer = meter, .types = FieldType::Status }, {}, u"/State"_s);
    row("restricted types", { .peer = meter }, { .types = FieldType::HistoricalDay }, u"/Energy"_s);
    row("fields", { .peer = meter, .fields = { u"Power"_s, u"State"_s } }, {}, u"/Power /State"_s);
    row("restricted fields", { .peer = meter }, { .fields = { u"Power"_s } }, u"/Power"_s);
    row("restricted of some", { .peer = meter, .fields = { u"Power"_s, u"State"_s } },
        { .fields = { u"State"_s } }, u"/State"_s);
    row("none of those left", { .peer = meter, .fields = { u"Power"_s } }, { .fields = { u"State"_s } }, {});
    row("nodes", { .peer = gateway, .nodes = { one, two } }, {}, u"1/Level 2/Level"_s);
    row("restricted nodes", { .peer = gateway }, { .nodes = { two } }, u"2/Level"_s);
    row("restricted of some nodes", { .peer = gateway, .nodes = { one, two } }, { .nodes = { one } },
        u"1/Level"_s);
    row("both", { .peer = gateway }, { .nodes = { two, { u"3"_s, {}, {} } }, .fields = { u"Power"_s } },
        u"3/Power"_s);
}

void SimulatedThingTest::restrictsWhatIsRead()
{
    QFETCH(ReadJob, job);
    QFETCH(wire::CanReadResponse, permission);
    QFETCH(QStringList, expected);
    startFleet({ meter, gateway, reader });
    makeFriends(reader, job.peer);
    m_server->answer = [&](const wire::Provisioning &) { return permission; };
    const auto values = read(job);
    QVERIFY2(values, qPrintable(values.error_or(Failure()).text));
    QCOMPARE(names(*values), expected);
}

void SimulatedThingTest::refusesToBeRead()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanReadResponse { .jid = jid(reader) };
    };
    const auto values = read({ .peer = meter });
    QVERIFY(!values);
    QCOMPARE(values.error().kind, FailureKind::Forbidden);
}

/// No answer is no permission, and nothing to remember.
void SimulatedThingTest::refusesWhenItCannotAsk()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    const auto cached = thing(meter)->provisioning().cacheSize();
    const auto yes = m_server->answer;
    m_server->answer = [](const wire::Provisioning &) {
        return wire::IsFriendResponse { jid(reader), true };
    };
    const auto values = read({ .peer = meter });
    QVERIFY(!values);
    QCOMPARE(values.error().kind, FailureKind::Forbidden);
    QCOMPARE(thing(meter)->provisioning().cacheSize(), cached);
    m_server->answer = yes;
    QVERIFY(read({ .peer = meter }));
}

void SimulatedThingTest::refusesBadRequests_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::addColumn<FailureKind>("expected");
    const auto row = [](const char *name, const char *type, const char *payload, FailureKind expected) {
        QTest::newRow(name) << QByteArray("<iq id='x' type='") + type + "'>" + payload + "</iq>" << expected;
    };
    row("no seqnr", "get", "<req xmlns='urn:xmpp:iot:sensordata'/>", FailureKind::BadRequest);
    row("req as set", "set", "<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'/>",
        FailureKind::FeatureNotImplemented);
    row("no such node", "get", "<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'><node nodeId='9'/></req>",
        FailureKind::ItemNotFound);
    row("empty set", "set", "<set xmlns='urn:xmpp:iot:control'/>", FailureKind::BadRequest);
    row("no such parameter", "set", "<set xmlns='urn:xmpp:iot:control'><int name='No' value='1'/></set>",
        FailureKind::ItemNotFound);
    row("unknown", "get", "<what xmlns='urn:xmpp:iot:sensordata'/>", FailureKind::FeatureNotImplemented);
    row("empty", "get", "", FailureKind::FeatureNotImplemented);
}

void SimulatedThingTest::refusesBadRequests()
{
    QFETCH(QByteArray, xml);
    QFETCH(FailureKind, expected);
    startFleet({ meter });
    m_server->send(full(stranger), full(meter), xml);
    QTRY_VERIFY(m_server->answerTo(u"x"_s));
    QCOMPARE(wire::failureFromError(*m_server->answerTo(u"x"_s)).kind, expected);
}

void SimulatedThingTest::isControlled()
{
    startFleet({ gateway, reader });
    makeFriends(reader, gateway);
    const NodeRef two { u"2"_s, {}, {} };
    const auto response = control(gateway,
                                  { .nodes = { two }, .parameters = { { u"Level"_s, u"int"_s, u"77"_s } } });
    QVERIFY2(response, qPrintable(response.error_or(Failure()).text));
    QCOMPARE(*response, ControlResponse()); // carried out as it was
    QCOMPARE(
        m_server->asked<wire::CanControl>(),
        (QList { wire::CanControl { .jid = jid(reader), .nodes = { two }, .parameters = { u"Level"_s } } }));
    const auto values = read({ .peer = gateway, .nodes = { two } });
    QVERIFY(values);
    QCOMPARE(values->first().value, u"77"_s);
    QVERIFY(values->first().writable);

    // As a message, without an answer (XEP-0325 §3.1.1).
    m_server->send(
        full(reader), full(gateway),
        "<message><set xmlns='urn:xmpp:iot:control'><node nodeId='2'/><int name='Level' value='12'/>"
        "</set></message>");
    QTRY_COMPARE(read({ .peer = gateway, .nodes = { two } })->first().value, u"12"_s);
}

void SimulatedThingTest::restrictsControl()
{
    startFleet({ gateway, reader });
    makeFriends(reader, gateway);
    const NodeRef one { u"1"_s, {}, {} };
    const NodeRef two { u"2"_s, {}, {} };
    m_server->answer = [&](const wire::Provisioning &question) -> std::optional<wire::Provisioning> {
        if (std::holds_alternative<wire::CanRead>(question))
            return wire::CanReadResponse { .jid = jid(reader), .result = true };
        return wire::CanControlResponse { .jid = jid(reader), .result = true, .nodes = { one } };
    };
    const auto response = control(
        gateway, { .nodes = { one, two }, .parameters = { { u"Level"_s, u"int"_s, u"5"_s } } });
    QVERIFY2(response, qPrintable(response.error_or(Failure()).text));
    QCOMPARE(response->nodes, QList { one });
    const auto values = read({ .peer = gateway, .nodes = { one, two } });
    QCOMPARE(values->at(0).value, u"5"_s);
    QCOMPARE_NE(values->at(1).value, u"5"_s);

    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanControlResponse { .jid = jid(reader), .result = true, .parameters = { u"Other"_s } };
    };
    const auto nothing = control(gateway,
                                 { .nodes = { one }, .parameters = { { u"Level"_s, u"int"_s, u"6"_s } } });
    QVERIFY(!nothing);
}

void SimulatedThingTest::refusesControl()
{
    startFleet({ gateway, reader });
    makeFriends(reader, gateway);
    // All or nothing: node 3 has no such parameter.
    const ControlRequest request { .nodes = { { u"1"_s, {}, {} }, { u"3"_s, {}, {} } },
                                   .parameters = { { u"Level"_s, u"int"_s, u"8"_s } } };
    const auto partly = control(gateway, request);
    QVERIFY(!partly);
    QCOMPARE(partly.error().kind, FailureKind::BadRequest);
    QCOMPARE_NE(read({ .peer = gateway, .nodes = { { u"1"_s, {}, {} } } })->first().value, u"8"_s);

    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanControlResponse { .jid = jid(reader) };
    };
    const auto denied = control(gateway, { .parameters = { { u"Level"_s, u"int"_s, u"8"_s } } });
    QVERIFY(!denied);
    QCOMPARE(denied.error().kind, FailureKind::Forbidden);
}

void SimulatedThingTest::givesAForm()
{
    startFleet({ meter });
    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanControlResponse { .jid = jid(stranger),
                                          .result = true,
                                          .parameters = { u"Limit"_s } };
    };
    m_server->send(full(stranger), full(meter),
                   "<iq type='get' id='form'><getForm xmlns='urn:xmpp:iot:control'/></iq>");
    QTRY_VERIFY(m_server->answerTo(u"form"_s));
    const auto answer = *m_server->answerTo(u"form"_s);
    const auto *form = answer.child("x"_L1, nsDataForms);
    QVERIFY(form);
    QStringList fields;
    for (const auto &field : form->children)
        fields.append(field.attribute("var"_L1));
    fields.removeAll(QString());
    QCOMPARE(fields, QStringList { u"Limit"_s });
    QCOMPARE(m_server->asked<wire::CanControl>().first().parameters,
             (QStringList { u"Limit"_s, u"State"_s }));
}

void SimulatedThingTest::takesNoStrangersValues()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter })); // seqnr 1 at the latest
    m_server->answer = [](const wire::Provisioning &) -> std::optional<wire::Provisioning> {
        return std::nullopt;
    };
    std::optional<Result<QList<FieldValue>>> answer;
    thing(reader)->read({ .peer = meter, .fields = { u"Power"_s } },
                        [&](const auto &result) { answer = result; });
    QTRY_COMPARE(m_server->asked<wire::CanRead>().size(), 2);
    for (int sequence = 1; sequence < 50; ++sequence) {
        m_server->send(full(stranger), full(reader),
                       "<message><fields xmlns='urn:xmpp:iot:sensordata' done='true' seqnr='"
                           + QByteArray::number(sequence) + "'/></message>");
    }
    m_server->send(server, full(reader), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(!answer);
}

// ---- Caching (§5.2)

void SimulatedThingTest::asksOnceAndRemembers()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    for (int i = 0; i < 3; ++i)
        QVERIFY(read({ .peer = meter }));
    QCOMPARE(m_server->asked<wire::CanRead>().size(), 1);
    QVERIFY(read({ .peer = meter, .fields = { u"Power"_s } })); // another question
    QCOMPARE(m_server->asked<wire::CanRead>().size(), 2);
}

void SimulatedThingTest::asksOnceForManyWhoWait()
{
    startFleet({ meter });
    m_server->answer = [](const wire::Provisioning &) -> std::optional<wire::Provisioning> {
        return std::nullopt;
    };
    for (const QByteArray id : { "a", "b", "c" }) {
        m_server->send(full(stranger), full(meter),
                       "<iq type='get' id='" + id
                           + "'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/></iq>");
    }
    QTRY_COMPARE(m_server->questions.size(), 1);
    m_server->answerNow(m_server->questions.first(),
                        wire::CanReadResponse { .jid = jid(stranger), .result = true });
    for (const QString &id : { u"a"_s, u"b"_s, u"c"_s })
        QTRY_VERIFY(m_server->answerTo(id));
    QCOMPARE(m_server->questions.size(), 1);
}

void SimulatedThingTest::remembersOverARestart()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter }));
    for (const QString &saved : { meter, reader })
        QVERIFY(thing(saved)->provisioning().save());
    const auto before = m_server->questions.size();

    startFleet({ meter, reader }); // the roster is empty again
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter }));
    QCOMPARE(m_server->questions.size(), before);

    // Cleared is cleared at once: a crash right after the acknowledgement brings nothing back.
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter }));
    QCOMPARE(m_server->asked<wire::CanRead>().size(), 2);
}

void SimulatedThingTest::boundsWhatItRemembers()
{
    startFleet({ meter, reader }, { .provisioning = { .cache = { .entries = 2 } } });
    makeFriends(reader, meter);
    for (const QString &field : { u"Energy"_s, u"Power"_s, u"State"_s })
        QVERIFY(read({ .peer = meter, .fields = { field } }));
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 2);
}

void SimulatedThingTest::lateAnswerIsNotRemembered()
{
    startFleet({ meter });
    m_server->answer = [](const wire::Provisioning &) -> std::optional<wire::Provisioning> {
        return std::nullopt;
    };
    const QByteArray request =
        "<iq type='get' id='r'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/></iq>";
    m_server->send(full(stranger), full(meter), request);
    QTRY_COMPARE(m_server->questions.size(), 1);
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    m_server->answerNow(m_server->questions.first(),
                        wire::CanReadResponse { .jid = jid(stranger), .result = true });
    QTRY_VERIFY(m_server->answerTo(u"r"_s));
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 0);
}

void SimulatedThingTest::answersToOtherQuestionsDoNotCount()
{
    startFleet({ meter });
    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanReadResponse { .jid = jid(reader), .result = true }; // not who asked
    };
    m_server->send(full(stranger), full(meter),
                   "<iq type='get' id='r'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/></iq>");
    QTRY_VERIFY(m_server->answerTo(u"r"_s));
    QCOMPARE(m_server->answerTo(u"r"_s)->attribute("type"_L1), u"error"_s);

    // Nor do answers from others.
    m_server->answer = [](const wire::Provisioning &) -> std::optional<wire::Provisioning> {
        return std::nullopt;
    };
    m_server->send(full(stranger), full(meter),
                   "<iq type='get' id='s'><req xmlns='urn:xmpp:iot:sensordata' seqnr='2' all='true'/></iq>");
    QTRY_COMPARE(m_server->questions.size(), 2);
    auto forged = wire::iqResult(m_server->questions.last().iq,
                                 wire::write(wire::CanReadResponse { .jid = jid(stranger), .result = true }));
    m_server->send(full(stranger), full(meter), forged.toXml());
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(!m_server->answerTo(u"s"_s));
}

void SimulatedThingTest::asksAgainAfterClearCache()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter }));
    m_server->send(server, full(meter), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(m_server->answerTo(u"clear"_s)->child("clearCacheResponse"_L1, wire::nsProvisioning));
    QCOMPARE(m_server->answerTo(u"clear"_s)->attribute("type"_L1), u"result"_s);
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 0);

    m_server->answer = [](const wire::Provisioning &) {
        return wire::CanReadResponse { .jid = jid(reader) };
    };
    const auto values = read({ .peer = meter });
    QVERIFY(!values);
    QCOMPARE(values.error().kind, FailureKind::Forbidden);
    QCOMPARE(m_server->asked<wire::CanRead>().size(), 2);
}

// ---- Coming and going, and misbehaving

void SimulatedThingTest::comesBack()
{
    startFleet({ meter });
    m_server->close();
    QTRY_VERIFY(!thing(meter)->isOnline());
    QVERIFY(!thing(meter)->isReady());
    m_server->listen();
    QTRY_VERIFY_WITH_TIMEOUT(thing(meter)->isReady(), 20'000);
}

void SimulatedThingTest::readsAndControlsInTurn()
{
    startFleet({ { gateway, {} },
                 { reader,
                   { .reads = { { .peer = gateway } },
                     .controls = { { .peer = gateway,
                                     .nodes = { { u"1"_s, {}, {} } },
                                     .values = { { u"Level"_s, u"int"_s, u"1"_s },
                                                 { u"Level"_s, u"int"_s, u"2"_s } } } },
                     .every = 1s } } });
    const auto controls = [this](const QString &value) {
        return std::ranges::any_of(m_server->stanzas, [&](const wire::Element &stanza) {
            const auto *set = stanza.child("set"_L1, nsControl);
            return set && set->children.last().attribute("value"_L1) == value;
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(controls(u"1"_s) && controls(u"2"_s), 10'000);
    QVERIFY(!m_server->asked<wire::CanRead>().isEmpty());
    QCOMPARE(m_server->asked<wire::CanControl>().size(), 1); // remembered, whatever the value
}

void SimulatedThingTest::silentDoesNotAcknowledge()
{
    startFleet({ { meter, { .misbehaviour = { Misbehaviour::Kind::Silent } } }, { reader, {} } });
    makeFriends(reader, meter);
    const auto cached = thing(meter)->provisioning().cacheSize();
    QVERIFY(cached > 0);
    m_server->send(server, full(meter), clearCacheXml);
    QVERIFY(read({ .peer = meter })); // it is there, and has seen the other by now
    QVERIFY(!m_server->answerTo(u"clear"_s));
    QVERIFY(thing(meter)->provisioning().cacheSize() >= cached);
}

void SimulatedThingTest::slowAcknowledgesLater()
{
    startFleet({ { meter, { .misbehaviour = { Misbehaviour::Kind::Slow, 300ms } } }, { reader, {} } });
    makeFriends(reader, meter);
    m_server->send(server, full(meter), clearCacheXml);
    QElapsedTimer timer;
    timer.start();
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(timer.elapsed() >= 250);
    QCOMPARE(thing(meter)->provisioning().cacheSize(), 0);
}

void SimulatedThingTest::offlineComesAndGoes()
{
    startFleet({ { meter, { .misbehaviour = { Misbehaviour::Kind::Offline, 400ms } } } });
    QTRY_VERIFY(!thing(meter)->isOnline());
    QTRY_VERIFY(thing(meter)->isReady());
    QTRY_VERIFY(!thing(meter)->isOnline());
}

void SimulatedThingTest::askingAsks()
{
    startFleet({ { meter, { .misbehaviour = { Misbehaviour::Kind::Asking, 20ms } } } });
    QTRY_VERIFY(m_server->asked<wire::IsFriend>().size() >= 4);
    QVERIFY(m_server->asked<wire::CanRead>().size() >= 3);
    QVERIFY(m_server->asked<wire::CanControl>().size() >= 3);
}

void SimulatedThingTest::ignoringIgnores()
{
    startFleet({ { meter, {} },
                 { gateway, {} },
                 { reader, { .misbehaviour = { Misbehaviour::Kind::Ignoring, 20ms } } } });
    // Friends or not, it reads them.
    QTRY_VERIFY(std::ranges::count(m_server->asked<wire::CanRead>(), jid(reader), &wire::CanRead::jid) == 2);
    QVERIFY(thing(reader)->provisioning().cacheSize() > 0);
    m_server->send(server, full(reader), clearCacheXml);
    QTRY_VERIFY(m_server->answerTo(u"clear"_s));
    QVERIFY(thing(reader)->provisioning().cacheSize() > 0);
    QTRY_VERIFY(thing(reader)->friends().contains(meter));
    m_server->send(server, full(reader), messageXml("unfriend", meter));
    const auto questions = m_server->questions.size();
    QTRY_VERIFY(m_server->questions.size() > questions + 3);
    QVERIFY(thing(reader)->friends().contains(meter));
}

// ---- Commands

void SimulatedThingTest::obeysCommands()
{
    startFleet({ meter, reader });
    makeFriends(reader, meter);
    QVERIFY(read({ .peer = meter }));

    const auto status = command(u"status "_s + meter);
    QCOMPARE(status[u"ok"], true);
    QCOMPARE(status[u"online"], true);
    QCOMPARE(status[u"server"], server);
    QCOMPARE(status[u"friends"].toArray(), QJsonArray { reader });

    const auto values = command(u"read %1 %2 Power \"No such field\""_s.arg(reader, meter));
    QCOMPARE(values[u"ok"], true);
    QCOMPARE(values[u"fields"].toArray().size(), 1);
    QCOMPARE(values[u"fields"][0][u"name"], u"Power"_s);

    QCOMPARE(command(u"control %1 %2 Limit 16"_s.arg(reader, meter))[u"ok"], true);
    const auto refused = command(u"control %1 %2 None 16"_s.arg(reader, meter));
    QCOMPARE(refused[u"ok"], false);
    QCOMPARE(refused[u"error"], u"item-not-found"_s);

    QCOMPARE(command(u"offline "_s + meter)[u"ok"], true);
    QTRY_COMPARE(command(u"status "_s + meter)[u"online"], false);
    QCOMPARE(command(u"online "_s + meter)[u"ok"], true);
    QTRY_COMPARE(command(u"status "_s + meter)[u"ready"], true);

    QCOMPARE(command(u"status nobody@here"_s)[u"error"], u"item-not-found"_s);
    QCOMPARE(command(u"status"_s)[u"error"], u"bad-request"_s);
    QCOMPARE(command(u"dance "_s + meter)[u"error"], u"feature-not-implemented"_s);
}

void SimulatedThingTest::stops()
{
    startFleet({ meter, reader });
    QSignalSpy stopped(m_fleet.get(), &Fleet::stopped);
    m_fleet->stop();
    QVERIFY(stopped.wait(2000)); // before it gives up waiting
    QVERIFY(!thing(meter)->isOnline());
    QVERIFY(!thing(reader)->isOnline());
}

QTEST_GUILESS_MAIN(SimulatedThingTest)
#include "tst_simulatedthing.moc"
