// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"
#include "support/databases.h"
#include "wire/admin.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>
#include <QUuid>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::integration;

namespace {

const QString password = u"secret"_s;
const QString a = u"a.x.localhost"_s;
const QString b = u"b.x.localhost"_s;
const QString admin = u"admin@x.localhost"_s;
const QString meter = u"meter@x.localhost"_s; // asks a
const QString valve = u"valve@x.localhost"_s; // asks b
const QString peer = u"peer@x.localhost"_s;

} // namespace

/// Two castellan-servers, components of one Prosody, on one PostgreSQL.
class TwoServersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void eachBringsItsThingsWhatEitherCommits();
    void whatAKilledServerOwesGoesOn();
    void theyOutliveTheirDatabase();

private:
    using Server = std::unique_ptr<LineProcess>;
    [[nodiscard]] Server startServer(const QString &domain);
    [[nodiscard]] std::unique_ptr<SlixmppThing> startThing(const QString &jid, const QString &server);
    /// What \a thing is told; empty when nothing.
    static QString isFriend(SlixmppThing &thing);
    /// The type of the answer to a change set in which the pairs of both things with \a peer are \a state.
    QString change(SlixmppThing &console, Friendship::State state);
    /// From which server a clearCache comes next.
    static QString clearedBy(SlixmppThing &thing)
    {
        return thing.take(u"clearCache"_s)[u"from"_s].toString();
    }

    test::PostgresServer m_postgres;
    QString m_url;
    QTemporaryDir m_folder;
    std::unique_ptr<Prosody> m_prosody;
    Revision m_version = 0; ///< of both pairs
};

void TwoServersTest::initTestCase()
{
    QVERIFY2(m_postgres.start(), qPrintable(m_postgres.complaints()));
    QFile file(m_folder.filePath(u"password"_s));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(password.toUtf8()) > 0);
    m_prosody = std::make_unique<Prosody>(QStringList { admin, meter, valve }, password,
                                          QList<Prosody::Component> { { a, password }, { b, password } });
    QVERIFY2(m_prosody->start(), m_prosody->complaints());
}

void TwoServersTest::cleanup()
{
    m_url.clear();
    m_version = 0;
}

TwoServersTest::Server TwoServersTest::startServer(const QString &domain)
{
    if (m_url.isEmpty())
        m_url = m_postgres.createDatabase();
    auto server = std::make_unique<LineProcess>(u"castellan-server "_s + domain);
    server->start(QStringLiteral(CASTELLAN_SERVER),
                  { u"--mode"_s, u"component"_s, u"--domain"_s, domain, u"--connect"_s,
                    m_prosody->componentAddress(), u"--secret-file"_s, m_folder.filePath(u"password"_s),
                    u"--database"_s, m_url, u"--admin"_s, admin });
    if (!QTest::qWaitFor([&] { return !server->lines.isEmpty(); }, 30'000))
        qWarning().noquote() << server->complaints;
    return server;
}

std::unique_ptr<SlixmppThing> TwoServersTest::startThing(const QString &jid, const QString &server)
{
    auto thing = std::make_unique<SlixmppThing>(jid, server, m_prosody->clientAddress(),
                                                m_folder.filePath(u"password"_s));
    thing->start();
    (void)thing->take(u"online"_s);
    return thing;
}

QString TwoServersTest::isFriend(SlixmppThing &thing)
{
    thing.ask(u"<isFriend xmlns='urn:xmpp:iot:provisioning' jid='%1'/>"_s.arg(peer));
    const QString answer = thing.take(u"answer"_s)[u"xml"_s].toString();
    return answer.section(u"result=\""_s, 1).section(u'"', 0, 0);
}

QString TwoServersTest::change(SlixmppThing &console, Friendship::State state)
{
    ChangeSet changeSet { .id = QUuid::createUuid().toString(QUuid::WithoutBraces),
                          .title = u"Test"_s,
                          .changes = {} };
    for (const QString &thing : { meter, valve }) {
        const Friendship friendship = makeFriendship(thing, peer, state);
        changeSet.changes.append({ .key = { ObjectType::Friendship, objectId(friendship) },
                                   .base = m_version,
                                   .object = friendship });
    }
    console.set(
        QString::fromUtf8(wire::admin::write(wire::admin::Request(wire::admin::Apply { changeSet })).toXml())
            .simplified());
    const QJsonObject answer = console.take(u"answer"_s);
    const QString revision = answer[u"xml"_s].toString().section(u"revision=\""_s, 1).section(u'"', 0, 0);
    if (answer[u"type"_s] == "result"_L1)
        m_version = revision.toLongLong();
    else
        qWarning().noquote() << answer[u"xml"_s].toString();
    return answer[u"type"_s].toString();
}

void TwoServersTest::eachBringsItsThingsWhatEitherCommits()
{
    const Server serverA = startServer(a);
    const Server serverB = startServer(b);
    const auto meterThing = startThing(meter, a);
    const auto valveThing = startThing(valve, b);
    QCOMPARE(isFriend(*meterThing), u"false"_s);
    QCOMPARE(isFriend(*valveThing), u"false"_s);

    const auto consoleA = startThing(admin, a);
    const auto consoleB = startThing(admin, b);
    consoleB->set(u"<subscribe xmlns='urn:castellan:admin:0'/>"_s);
    QCOMPARE(consoleB->take(u"answer"_s)[u"type"_s], u"result"_s);

    for (const bool accepts : { true, false }) {
        QElapsedTimer clock;
        // One commits what the other committed on; both are in force everywhere.
        QCOMPARE(change(accepts ? *consoleA : *consoleB,
                        accepts ? Friendship::State::Accepted : Friendship::State::Rejected),
                 u"result"_s);
        clock.start();
        QCOMPARE(clearedBy(*meterThing), a);
        QCOMPARE(clearedBy(*valveThing), b);
        qInfo("%lld ms until both things were told", clock.elapsed());
        const QString message = accepts ? u"friend"_s : u"unfriend"_s;
        QCOMPARE(meterThing->take(message)[u"from"_s], a);
        QCOMPARE(valveThing->take(message)[u"from"_s], b);
        QCOMPARE(isFriend(*meterThing), accepts ? u"true"_s : u"false"_s);
        QCOMPARE(isFriend(*valveThing), accepts ? u"true"_s : u"false"_s);
        // Whoever is subscribed at either hears of it.
        const auto revision = [&] {
            const QString notice = consoleB->take(u"notice"_s)[u"xml"_s].toString();
            return notice.section(u"revision=\""_s, 1).section(u'"', 0, 0).toLongLong();
        };
        QVERIFY(QTest::qWaitFor([&] { return revision() >= m_version; }, 20'000));
    }
    // Once each: the answers just now came after whatever else was on its way.
    for (SlixmppThing *thing : { meterThing.get(), valveThing.get() }) {
        for (const QString &event : { u"clearCache"_s, u"friend"_s, u"unfriend"_s })
            QCOMPARE(thing->pending(event), 0);
    }
}

void TwoServersTest::whatAKilledServerOwesGoesOn()
{
    Server serverA = startServer(a);
    const Server serverB = startServer(b);
    const auto meterThing = startThing(meter, a);
    const auto valveThing = startThing(valve, a);
    QCOMPARE(isFriend(*meterThing), u"false"_s);
    QCOMPARE(isFriend(*valveThing), u"false"_s);
    const auto console = startThing(admin, b);

    serverA->kill();
    QCOMPARE(change(*console, Friendship::State::Accepted), u"result"_s);
    // One asks the other server, and is told by that one; its answer is the new one.
    meterThing->turnTo(b);
    QCOMPARE(isFriend(*meterThing), u"true"_s);
    QCOMPARE(clearedBy(*meterThing), b);
    // The other waits for its server, which knows on its return whom it owes what.
    QCOMPARE(valveThing->pending(u"clearCache"_s), 0);
    serverA = startServer(a);
    QCOMPARE(isFriend(*valveThing), u"true"_s); // a sign of life
    QCOMPARE(clearedBy(*valveThing), a);
    QCOMPARE(meterThing->pending(u"clearCache"_s), 0);
}

void TwoServersTest::theyOutliveTheirDatabase()
{
    const Server serverA = startServer(a);
    const Server serverB = startServer(b);
    const auto meterThing = startThing(meter, a);
    const auto valveThing = startThing(valve, b);
    QCOMPARE(isFriend(*meterThing), u"false"_s);
    QCOMPARE(isFriend(*valveThing), u"false"_s);
    const auto console = startThing(admin, a);

    m_postgres.stop();
    QCOMPARE(change(*console, Friendship::State::Accepted), u"error"_s);
    QCOMPARE(isFriend(*valveThing), u"false"_s); // who is known gets answers all the same
    QVERIFY2(m_postgres.start(), qPrintable(m_postgres.complaints()));
    QCOMPARE(change(*console, Friendship::State::Accepted), u"result"_s);
    QCOMPARE(clearedBy(*meterThing), a);
    QCOMPARE(clearedBy(*valveThing), b);
    QCOMPARE(isFriend(*valveThing), u"true"_s);
}

QTEST_GUILESS_MAIN(TwoServersTest)
#include "tst_twoservers.moc"
