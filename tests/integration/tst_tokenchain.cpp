// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/embeddedtransport.h"
#include "server/provisioningservice.h"
#include "things/commands.h"
#include "things/fleet.h"
#include "things/simulatedthing.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using things::Fleet;
using things::SimulatedThing;

namespace {

const QString domain = u"building.localhost"_s;
const QString portal = u"portal@building.localhost"_s;
const QString u1 = u"u1@building.localhost"_s;
const QString u2 = u"u2@building.localhost"_s;
const QString u3 = u"u3@building.localhost"_s;

AccessRule mayRead(const QString &who, const QString &what)
{
    return { .id = who + what,
             .subject = { .kind = Subject::Kind::Jid, .value = who, .withService = portal },
             .target = { .kind = Target::Kind::Device, .value = what } };
}

/// The portal reads U1, which for that reads U2 or U3: the figure of XEP-0324 §3.1.3. U1 may do so only where
/// the portal's token is with it. Who the portal is, the server finds out when it sees the certificate.
Network network()
{
    Network network;
    const QList<Node> nodes { { .fields = { { .name = u"Energy"_s } } } };
    network.things = { { .jid = portal, .kind = ThingKind::Service },
                       { .jid = u1, .nodes = nodes },
                       { .jid = u2, .nodes = nodes },
                       { .jid = u3, .nodes = nodes } };
    network.friendships = { makeFriendship(portal, u1), makeFriendship(u1, u2), makeFriendship(u1, u3) };
    network.accessRules = { mayRead(portal, u1), mayRead(u1, u2), mayRead(u1, u3) };
    return network;
}

} // namespace

/// The real service and real simulated things, on the embedded XMPP server.
class TokenChainTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void s22_challengesTravelBackToTheHolder();
    void s03_tokensOutliveARestartOfEverybody();

private:
    void start();
    void stop();
    /// The answer of castellan-thing; empty when there is none.
    QJsonObject command(const QString &line);
    bool works(const QString &line) { return command(line)[u"ok"].toBool(); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<Store> m_store;
    std::unique_ptr<server::EmbeddedTransport> m_transport;
    std::unique_ptr<server::ProvisioningService> m_service;
    std::unique_ptr<Fleet> m_fleet;
};

void TokenChainTest::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_store = Store::open(u"sqlite:"_s + m_folder->filePath(u"network.db"_s)).result().value();
    QVERIFY(m_store->importNetwork(network(), Actor { u"test"_s }).result());
    m_store.reset();
    start();
}

void TokenChainTest::start()
{
    m_store = Store::open(u"sqlite:"_s + m_folder->filePath(u"network.db"_s)).result().value();
    things::Accounts accounts;
    things::Behaviours behaviours;
    for (const Thing &thing : network().things) {
        accounts.insert(thing.jid, u"secret"_s);
        things::Behaviour behaviour { .every = std::chrono::hours(10) }; // by command only
        if (thing.jid == portal)
            behaviour.reads = { { .peer = u1 } };
        else if (thing.jid == u1)
            behaviour.reads = { { .peer = u2 }, { .peer = u3 } };
        behaviours.insert(thing.jid, behaviour);
    }
    const Jid jid = Jid::parse(domain).value();
    m_transport = std::make_unique<server::EmbeddedTransport>(jid, QHostAddress::LocalHost, 0, accounts);
    server::ServiceSettings settings;
    settings.noting.delay = std::chrono::milliseconds(10);
    m_service = std::make_unique<server::ProvisioningService>(
        m_store, server::readStartingState(*m_store).result().value(), *m_transport, settings);
    m_transport->start();

    m_fleet = std::make_unique<Fleet>();
    bool ready = false;
    connect(m_fleet.get(), &Fleet::ready, this, [&] { ready = true; });
    QVERIFY(m_fleet->create(network(), behaviours, accounts,
                            { .endpoint = { u"127.0.0.1"_s, m_transport->port() },
                              .provisioning = { .server = jid },
                              .stateDirectory = m_folder->path() }));
    m_fleet->start();
    QTRY_VERIFY(ready);
    QTRY_VERIFY(m_fleet->thing(u1)->friends().size() == 3);
}

void TokenChainTest::cleanup()
{
    stop();
}

void TokenChainTest::stop()
{
    m_fleet.reset();
    m_service.reset();
    m_transport.reset();
    m_store.reset();
}

QJsonObject TokenChainTest::command(const QString &line)
{
    std::optional<QJsonObject> answer;
    things::execute(*m_fleet, line, [&](const QJsonObject &json) { answer = json; });
    (void)QTest::qWaitFor([&] { return answer.has_value(); }, 40'000);
    return answer.value_or(QJsonObject());
}

void TokenChainTest::s22_challengesTravelBackToTheHolder()
{
    QVERIFY(!works(u"read portal@building.localhost u1@building.localhost"_s)); // nobody knows yet who it is

    const QString token = command(u"token portal@building.localhost"_s)[u"token"].toString();
    QVERIFY(!token.isEmpty());
    // The first time makes the service known. From then on U1 is asked to prove the token, and asks the
    // portal.
    QTRY_VERIFY_WITH_TIMEOUT(works(u"read portal@building.localhost u1@building.localhost"_s), 20'000);
    // U2 is asked, which asks U1, which asks the portal.
    const QJsonObject relayed = command(u"relay u1@building.localhost u2@building.localhost"_s);
    QVERIFY2(relayed[u"ok"].toBool(), qPrintable(relayed[u"text"].toString()));
    QVERIFY(!relayed[u"fields"].toArray().isEmpty());
    QVERIFY(!works(u"read u1@building.localhost u2@building.localhost"_s)); // without the token it may not

    // Nobody but those on the way gets an answer.
    const wire::TokenChallenge challenge { token, "whatever" };
    const auto refusal = [&](const QString &whom, const QString &by) -> std::optional<FailureKind> {
        std::optional<FailureKind> kind;
        m_fleet->thing(whom)->tokens().answerChallenge(
            Jid::parse(by).value(), challenge, [&](const Result<wire::TokenChallengeResponse> &result) {
                if (!result)
                    kind = result.error().kind;
            });
        return kind;
    };
    QVERIFY(refusal(portal, u1) != FailureKind::Forbidden);
    QCOMPARE(refusal(portal, u2), FailureKind::Forbidden);
    QCOMPARE(refusal(portal, domain), FailureKind::Forbidden);
    QCOMPARE(refusal(u1, u3), FailureKind::Forbidden);

    // When the holder is away, nobody can prove anything: who never did is denied.
    m_fleet->thing(portal)->stop();
    QTRY_VERIFY(!m_fleet->thing(portal)->isOnline());
    QVERIFY(!works(u"relay u1@building.localhost u3@building.localhost"_s));
    QVERIFY(works(u"relay u1@building.localhost u2@building.localhost"_s)); // U2 has proved it before
}

void TokenChainTest::s03_tokensOutliveARestartOfEverybody()
{
    QVERIFY(works(u"token portal@building.localhost"_s));
    QTRY_VERIFY_WITH_TIMEOUT(works(u"read portal@building.localhost u1@building.localhost"_s), 20'000);
    stop();
    start();
    QVERIFY(works(u"read portal@building.localhost u1@building.localhost"_s));
    QVERIFY(works(u"relay u1@building.localhost u2@building.localhost"_s));
}

QTEST_GUILESS_MAIN(TokenChainTest)
#include "tst_tokenchain.moc"
