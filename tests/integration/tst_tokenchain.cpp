// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/embeddedtransport.h"
#include "server/provisioningservice.h"
#include "things/fleet.h"
#include "things/simulatedthing.h"

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

private:
    using Values = Result<QList<things::FieldValue>>;
    Values read(const QString &reader, const QString &peer,
                SimulatedThing::Present present = SimulatedThing::Present::Own);
    Result<QString> obtainToken(const QString &jid);

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
    m_service = std::make_unique<server::ProvisioningService>(m_store, m_store->load().result().value(),
                                                              *m_transport, settings);
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
}

void TokenChainTest::cleanup()
{
    m_fleet.reset();
    m_service.reset();
    m_transport.reset();
    m_store.reset();
}

TokenChainTest::Values TokenChainTest::read(const QString &reader, const QString &peer,
                                            SimulatedThing::Present present)
{
    std::optional<Values> values;
    m_fleet->thing(reader)->read({ .peer = peer }, [&](const Values &result) { values = result; }, present);
    if (!QTest::qWaitFor([&] { return values.has_value(); }, 40'000))
        return fail(FailureKind::Timeout, u"no answer"_s);
    return *values;
}

Result<QString> TokenChainTest::obtainToken(const QString &jid)
{
    std::optional<Result<QString>> token;
    m_fleet->thing(jid)->tokens().obtain(Jid::parse(domain).value(),
                                         [&](const Result<QString> &result) { token = result; });
    if (!QTest::qWaitFor([&] { return token.has_value(); }, 20'000))
        return fail(FailureKind::Timeout, u"no token"_s);
    return *token;
}

void TokenChainTest::s22_challengesTravelBackToTheHolder()
{
    QTRY_VERIFY(m_fleet->thing(u1)->friends().size() == 3);
    QVERIFY(!read(portal, u1)); // nobody knows yet who it is

    const auto token = obtainToken(portal);
    QVERIFY2(token, token ? "" : qPrintable(token.error().text));
    // The first time makes the service known. From then on U1 is asked to prove the token, and asks the
    // portal.
    QTRY_VERIFY_WITH_TIMEOUT(read(portal, u1).has_value(), 20'000);
    // U2 is asked, which asks U1, which asks the portal.
    const Values values = read(u1, u2, SimulatedThing::Present::Received);
    QVERIFY2(values, values ? "" : qPrintable(values.error().text));
    QVERIFY(!values->isEmpty());
    QVERIFY(!read(u1, u2)); // without the token it may not

    // Nobody but those on the way gets an answer.
    const wire::TokenChallenge challenge { *token, "whatever" };
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
    QVERIFY(!read(u1, u3, SimulatedThing::Present::Received));
    QVERIFY(read(u1, u2, SimulatedThing::Present::Received)); // U2 has proved it before
}

QTEST_GUILESS_MAIN(TokenChainTest)
#include "tst_tokenchain.moc"
