// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/services.h"
#include "rules/snapshot.h"

#include <QCryptographicHash>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

using By = ServiceDecision::By;
using Kind = AccessCondition::Kind;
using Outcome = ServiceConsideration::Outcome;

namespace {

AccessCondition condition(Kind kind, const QString &value)
{
    return { .kind = kind, .value = value };
}

IpAddress address(const QString &text)
{
    return *IpAddress::parse(text);
}

Network networkOf(const QList<ServiceRule> &access)
{
    Network network;
    network.services = {
        { .id = u"s@x"_s, .name = {}, .certificates = {}, .access = access, .comment = {} }
    };
    return network;
}

ServiceQuestion question(const Credentials &credentials)
{
    return { .asker = u"s@x"_s, .service = u"s@x"_s, .credentials = credentials };
}

bool isAllowed(const QList<AccessCondition> &conditions, const Credentials &credentials)
{
    return Snapshot(networkOf({ { .effect = Effect::Allow, .conditions = conditions, .comment = {} } }))
        .decide(question(credentials))
        .allowed;
}

} // namespace

class ServicesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s15_firstRuleWins();
    void s15_defaultIsDeny();
    void s15_unknownServiceIsDenied();
    void s15_everyConditionIsNeeded();
    void s15_anyCredentialSuffices();
    void s15_names();
    void s15_addresses_data();
    void s15_addresses();
    void s15_hosts_data();
    void s15_hosts();
    void s15_certificates();
    void s15_distance_data();
    void s15_distance();
    void s15_locations();
    void s15_explanation();
    void s15_agreesWithOracle();
    void s25_containment();
};

void ServicesTest::s15_firstRuleWins()
{
    const ServiceRule deny { .effect = Effect::Deny,
                             .conditions = { condition(Kind::UserName, u"bob"_s) },
                             .comment = {} };
    const ServiceRule allow { .effect = Effect::Allow, .conditions = {}, .comment = {} };
    const Credentials bob { .userNames = { u"bob"_s } };
    ServiceDecision decision = Snapshot(networkOf({ deny, allow })).decide(question(bob));
    QVERIFY(!decision.allowed);
    QCOMPARE(decision.by, By::Rule);
    QCOMPARE(decision.rule, 0);
    decision = Snapshot(networkOf({ allow, deny })).decide(question(bob));
    QVERIFY(decision.allowed);
    QVERIFY(Snapshot(networkOf({ deny, allow })).decide(question({})).allowed);
}

void ServicesTest::s15_defaultIsDeny()
{
    const ServiceDecision decision = Snapshot(networkOf({})).decide(question({}));
    QVERIFY(!decision.allowed);
    QCOMPARE(decision.by, By::Default);
    QCOMPARE(decision.rule, -1);
}

void ServicesTest::s15_unknownServiceIsDenied()
{
    const Snapshot snapshot(networkOf({ {} }));
    QVERIFY(snapshot.decide(question({})).allowed);
    for (const QString &service : { QString(), u"t@x"_s }) {
        ServiceQuestion asked = question({});
        asked.service = service;
        QVERIFY(!snapshot.decide(asked).allowed);
        QCOMPARE(snapshot.decide(asked).by, By::UnknownService);
    }
}

void ServicesTest::s15_everyConditionIsNeeded()
{
    const QList<AccessCondition> both { condition(Kind::UserName, u"bob"_s),
                                        condition(Kind::Protocol, u"HTTPS"_s) };
    QVERIFY(!isAllowed(both, {}));
    QVERIFY(!isAllowed(both, { .userNames = { u"bob"_s } }));
    QVERIFY(!isAllowed(both, { .protocols = { u"HTTPS"_s } }));
    QVERIFY(isAllowed(both, { .userNames = { u"bob"_s }, .protocols = { u"HTTPS"_s } }));
}

void ServicesTest::s15_anyCredentialSuffices()
{
    QVERIFY(isAllowed({ condition(Kind::Jid, u"b@x"_s) }, { .jids = { u"a@x"_s, u"b@x"_s, u"c@x"_s } }));
    QVERIFY(isAllowed({ condition(Kind::IpAddress, u"10.0.0.1"_s) },
                      { .addresses = { address(u"::1"_s), address(u"10.0.0.1"_s) } }));
    // Also where one rule asks for two.
    QVERIFY(isAllowed({ condition(Kind::UserName, u"a"_s), condition(Kind::UserName, u"b"_s) },
                      { .userNames = { u"a"_s, u"b"_s } }));
}

void ServicesTest::s15_names()
{
    QVERIFY(isAllowed({ condition(Kind::UserName, u"Bob"_s) }, { .userNames = { u"Bob"_s } }));
    QVERIFY(!isAllowed({ condition(Kind::UserName, u"Bob"_s) }, { .userNames = { u"bob"_s } }));
    QVERIFY(isAllowed({ condition(Kind::SsoToken, u"abc"_s) }, { .ssoTokens = { u"abc"_s } }));
    QVERIFY(!isAllowed({ condition(Kind::SsoToken, u"abc"_s) }, { .ssoTokens = { u"ABC"_s } }));
    QVERIFY(isAllowed({ condition(Kind::Protocol, u"HTTP"_s) }, { .protocols = { u"HTTP"_s } }));
    QVERIFY(!isAllowed({ condition(Kind::Protocol, u"HTTPS"_s) }, { .protocols = { u"HTTP"_s } }));
    // What is one kind of credential is not another.
    QVERIFY(!isAllowed({ condition(Kind::UserName, u"a@x"_s) }, { .jids = { u"a@x"_s } }));
}

void ServicesTest::s15_addresses_data()
{
    QTest::addColumn<QString>("range");
    QTest::addColumn<QString>("address");
    QTest::addColumn<bool>("met");
    QTest::newRow("same") << u"10.0.0.1"_s << u"10.0.0.1"_s << true;
    QTest::newRow("other") << u"10.0.0.1"_s << u"10.0.0.2"_s << false;
    QTest::newRow("prefix") << u"10.0.0.0/8"_s << u"10.255.255.255"_s << true;
    QTest::newRow("outside the prefix") << u"10.0.0.0/8"_s << u"11.0.0.0"_s << false;
    QTest::newRow("first") << u"10.0.0.5-10.0.1.5"_s << u"10.0.0.5"_s << true;
    QTest::newRow("last") << u"10.0.0.5-10.0.1.5"_s << u"10.0.1.5"_s << true;
    QTest::newRow("before") << u"10.0.0.5-10.0.1.5"_s << u"10.0.0.4"_s << false;
    QTest::newRow("behind") << u"10.0.0.5-10.0.1.5"_s << u"10.0.1.6"_s << false;
    QTest::newRow("IPv4 written as IPv6") << u"10.0.0.0/8"_s << u"::ffff:10.1.2.3"_s << true;
    QTest::newRow("IPv6 prefix") << u"2001:db8::/32"_s << u"2001:db8:ffff::1"_s << true;
    QTest::newRow("outside the IPv6 prefix") << u"2001:db8::/32"_s << u"2001:db9::1"_s << false;
    QTest::newRow("IPv6 spelt otherwise") << u"2001:db8::1"_s << u"2001:0DB8:0::0:1"_s << true;
    QTest::newRow("all of IPv4 is not all of IPv6") << u"0.0.0.0/0"_s << u"::1"_s << false;
}

void ServicesTest::s15_addresses()
{
    QFETCH(QString, range);
    QFETCH(QString, address);
    QFETCH(bool, met);
    QCOMPARE(isAllowed({ condition(Kind::IpAddress, range) }, { .addresses = { ::address(address) } }), met);
}

void ServicesTest::s15_hosts_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("met");
    QTest::newRow("same") << u"a.example"_s << u"a.example"_s << true;
    QTest::newRow("below a name") << u"a.example"_s << u"b.a.example"_s << false;
    QTest::newRow("suffix") << u".a.example"_s << u"c.b.a.example"_s << true;
    QTest::newRow("suffix itself") << u".a.example"_s << u"a.example"_s << true;
    QTest::newRow("not a whole part") << u".a.example"_s << u"ba.example"_s << false;
    QTest::newRow("above the suffix") << u".a.example"_s << u"example"_s << false;
    QTest::newRow("case") << u".a.example"_s << u"B.A.Example"_s << true;
}

void ServicesTest::s15_hosts()
{
    QFETCH(QString, pattern);
    QFETCH(QString, name);
    QFETCH(bool, met);
    QCOMPARE(isAllowed({ condition(Kind::HostName, pattern) }, { .hostNames = { name } }), met);
}

void ServicesTest::s15_certificates()
{
    const QByteArray der = "not a certificate, but the thumbprint is only a hash";
    const QString thumbprint = QString::fromLatin1(
        QCryptographicHash::hash(der, QCryptographicHash::Sha256).toHex());
    const QList<AccessCondition> named { condition(Kind::Certificate, thumbprint) };
    QVERIFY(isAllowed(named, { .thumbprints = { thumbprint } }));
    QVERIFY(isAllowed(named, { .certificates = { "another", der } }));
    QVERIFY(!isAllowed(named, { .certificates = { "another" }, .thumbprints = { u"ab"_s.repeated(32) } }));
}

void ServicesTest::s15_distance_data()
{
    QTest::addColumn<Location>("a");
    QTest::addColumn<Location>("b");
    QTest::addColumn<double>("metres");
    QTest::newRow("nowhere") << Location { 10, 20 } << Location { 10, 20 } << 0.0;
    // Length of one degree of a circle with the mean radius.
    QTest::newRow("one degree north") << Location { 50, 7 } << Location { 51, 7 } << 111'195.08;
    QTest::newRow("one degree of the equator") << Location { 0, 7 } << Location { 0, 8 } << 111'195.08;
    QTest::newRow("over the date line") << Location { 0, 179.5 } << Location { 0, -179.5 } << 111'195.08;
    QTest::newRow("over the pole") << Location { 89.5, 0 } << Location { 89.5, 180 } << 111'195.08;
    QTest::newRow("antipodes") << Location { 30, 0 } << Location { -30, 180 } << 20'015'114.35;
    QTest::newRow("a metre") << Location { 0, 0 } << Location { 0.00000899321606, 0 } << 1.0;
}

void ServicesTest::s15_distance()
{
    QFETCH(Location, a);
    QFETCH(Location, b);
    QFETCH(double, metres);
    QVERIFY2(std::abs(distance(a, b) - metres) < 0.01 + metres * 1e-8,
             qPrintable(QString::number(distance(a, b))));
    QCOMPARE(distance(a, b), distance(b, a));
}

void ServicesTest::s15_locations()
{
    const AccessCondition near {
        .kind = Kind::Location, .value = {}, .latitude = 0, .longitude = 179.9, .metres = 50'000
    };
    QVERIFY(isAllowed({ near }, { .locations = { { 0, -179.9 } } })); // 22 km
    QVERIFY(!isAllowed({ near }, { .locations = { { 0, 179 } } })); // 100 km
    QVERIFY(isAllowed({ near }, { .locations = { { 0, 0 }, { 0.1, 179.9 } } }));
    QVERIFY(!isAllowed({ near }, {}));
}

void ServicesTest::s15_explanation()
{
    const QList<ServiceRule> access {
        { .effect = Effect::Deny,
          .conditions = { condition(Kind::UserName, u"bob"_s), condition(Kind::Protocol, u"HTTP"_s) },
          .comment = {} },
        { .effect = Effect::Allow, .conditions = { condition(Kind::UserName, u"bob"_s) }, .comment = {} },
        { .effect = Effect::Deny, .conditions = {}, .comment = {} },
    };
    const Snapshot snapshot(networkOf(access));
    const Credentials bob { .userNames = { u"bob"_s }, .protocols = { u"HTTPS"_s } };
    QCOMPARE(snapshot.decide(question(bob), Explain::Yes).considered,
             (QList<ServiceConsideration> { { 0, Outcome::ConditionFailed, { true, false } },
                                            { 1, Outcome::Decided, { true } },
                                            { 2, Outcome::Unreached, {} } }));
    QVERIFY(snapshot.decide(question(bob)).considered.isEmpty());
}

void ServicesTest::s15_agreesWithOracle()
{
    RandomNetwork random(15);
    int allowed = 0;
    int contained = 0;
    for (int i = 0; i < 3000; ++i) {
        const Network network = random.network();
        const ServiceQuestion asked = random.serviceQuestion();
        const ServiceDecision decision = Snapshot(network).decide(asked, i % 2 ? Explain::Yes : Explain::No);
        const ServiceDecision expected = oracle::decide(network, asked);
        QCOMPARE(decision.allowed, expected.allowed);
        QCOMPARE(decision.by, expected.by);
        QCOMPARE(decision.rule, expected.rule);
        QCOMPARE(decision.contained, expected.contained);
        allowed += decision.allowed;
        contained += decision.by == By::Containment;
    }
    QVERIFY(allowed > 300);
    QVERIFY(contained > 50);
}

void ServicesTest::s25_containment()
{
    Network network = networkOf({ {} });
    const ServiceQuestion asked { .asker = u"component.x"_s,
                                  .service = u"s@x"_s,
                                  .credentials = { .jids = { u"visitor@x"_s } } };
    QVERIFY(Snapshot(network).decide(asked).allowed);
    for (const QString &jid : { u"component.x"_s, u"s@x"_s, u"visitor@x"_s }) {
        network.containments = { { .jid = jid, .until = {}, .comment = {} } };
        const ServiceDecision decision = Snapshot(network).decide(asked);
        QVERIFY(!decision.allowed);
        QCOMPARE(decision.by, By::Containment);
        QCOMPARE(decision.contained, jid);
    }
}

QTEST_GUILESS_MAIN(ServicesTest)
#include "tst_services.moc"
