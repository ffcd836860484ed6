// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tokenfixture.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace castellan;
using namespace castellan::server;

namespace {

const QList<PrivilegeEntry> anonymous { { .privilege = u"Sensors.View"_s } };
const QList<PrivilegeEntry> kermits { { .include = false, .privilege = u"Sensors.Delete"_s },
                                      { .privilege = u"Sensors"_s } };

} // namespace

class Fixture : public TokenFixture
{
public:
    wire::CanAccessResponse access(const QString &token, const QByteArray &credentials,
                                   const QByteArray &from = portal)
    {
        return payloadOf<wire::CanAccessResponse>(
            ask(from,
                prov("canAccess", "serviceToken='" + token.toUtf8() + "'>" + credentials + "</canAccess>")));
    }
    /// A token for a visitor whom the service lets in.
    QString visitor(const QString &serviceToken)
    {
        return access(serviceToken, "<ip4 value='10.0.0.1'/>").userToken;
    }
    wire::Element logIn(const QString &serviceToken, const QString &userToken, const QString &name,
                        const QByteArray &from = portal)
    {
        return request("set", from, xml(wire::UserLoggedIn { { serviceToken }, { userToken }, name }));
    }
    void sayLoggedIn(const QString &serviceToken, const QString &userToken, const QString &name,
                     const QByteArray &from = portal)
    {
        receive("<message to='prov.example.org' from='" + from + "'>"
                + xml(wire::UserLoggedIn { { serviceToken }, { userToken }, name }) + "</message>");
    }
    bool may(const QString &serviceToken, const QString &userToken, const QString &privilege,
             const QByteArray &from = portal)
    {
        return payloadOf<wire::HasPrivilegeResponse>(
                   send(from, wire::HasPrivilege { { serviceToken }, { userToken }, privilege }))
            .result;
    }
    QList<PrivilegeEntry> privileges(const QString &serviceToken, const QString &userToken,
                                     const QByteArray &from = portal)
    {
        return payloadOf<wire::DownloadPrivilegesResponse>(
                   send(from, wire::DownloadPrivileges { { serviceToken }, { userToken } }))
            .entries;
    }
};

class TestServiceDesk : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s15_s16_whoIsLetInGetsAToken()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const auto granted = fixture.access(token,
                                            "<ip4 value='10.0.0.1'/><longitude value='123.45'/>"
                                            "<latitude value='67.89'/>");
        QVERIFY(granted.result);
        QVERIFY(granted.userToken.size() >= 22 && !granted.userToken.contains(u' '));
        QVERIFY(fixture.access(token, "<ip4 value='10.0.0.1'/>").userToken != granted.userToken);
        // As listing 22 spells it.
        QVERIFY(fixture.access(token, "<credentials type='IpAddress' value='10.0.0.1'/>").result);

        const auto denied = fixture.access(token, "<ip4 value='192.168.0.1'/>");
        QVERIFY(!denied.result);
        QVERIFY(denied.userToken.isEmpty());
    }

    void s23_whoAskedBeforeTheLoginForgets()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        QCOMPARE(fixture.readable({ .user = { visitor } }), QStringList()); // before anybody logged in
        QCOMPARE(fixture.readable({}, other), QStringList()); // has nothing to do with it
        const wire::Element done = fixture.logIn(token, visitor, u"Kermit"_s);
        QCOMPARE(done.attribute("type"_L1), u"result"_s);

        const wire::Element clearCache = fixture.waitForSent(isClearCache);
        QCOMPARE(clearCache.attribute("to"_L1).toUtf8(), meter);
        fixture.answer(clearCache);
        QCOMPARE(fixture.readable({ .user = { visitor } }), QStringList { u"Power"_s });
        // The same user once more changes nothing; another one does.
        fixture.logIn(token, visitor, u"Kermit"_s);
        fixture.logIn(token, visitor, u"Piggy"_s);
        QCOMPARE(fixture.waitForSent(isClearCache).attribute("to"_L1).toUtf8(), meter);
        QCOMPARE(fixture.deliveries().size(), 2);
    }

    void s15_whatIsNoServiceGetsFalse_data()
    {
        QTest::addColumn<QString>("token");
        QTest::newRow("never given out") << u"NOBODYS"_s;
        QTest::newRow("none") << QString();
        QTest::newRow("of a visitor") << u"visitor"_s;
        QTest::newRow("of an unknown service") << u"unknown"_s;
        QTest::newRow("of a contained service") << u"contained"_s;
    }
    void s15_whatIsNoServiceGetsFalse()
    {
        QFETCH(QString, token);
        Fixture fixture;
        fixture.start(network());
        const QString serviceToken = fixture.token(portal);
        const QString visitor = fixture.visitor(serviceToken);
        if (token == "visitor"_L1) {
            token = visitor;
        } else if (token == "unknown"_L1) {
            token = fixture.token(other, Holder());
        } else if (token == "contained"_L1) {
            fixture.put(Containment { .jid = serviceId });
            token = serviceToken;
        }
        QVERIFY(!fixture.access(token, "<ip4 value='10.0.0.1'/>").result);
        QVERIFY(!fixture.may(token, visitor, u"Sensors.View"_s));
        QCOMPARE(fixture.privileges(token, visitor), QList<PrivilegeEntry>());
    }

    void s15_aCertificateOutOfDateIsNoCredential()
    {
        Fixture fixture;
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const Holder good;
        const Holder expired(now.addDays(-2), now.addDays(-1));
        Network rules = network();
        const auto condition = [](const Holder &who) {
            return ServiceRule { .conditions = { { .kind = AccessCondition::Kind::Certificate,
                                                   .value = who.thumbprint() } } };
        };
        rules.services.first().access = { condition(good), condition(expired) };
        fixture.start(rules);
        const QString token = fixture.token(portal);
        const auto shows = [&](const Holder &who) {
            return fixture.access(token, "<x509Certificate base64='" + who.certificate.toBase64() + "'/>")
                .result;
        };
        QVERIFY(shows(good));
        QVERIFY(!shows(expired));
        // A thumbprint alone is what the service vouches for, unless it is known to be revoked.
        const auto shown = "<x509CertificateThumbprint base64='"
            + QByteArray::fromHex(good.thumbprint().toLatin1()).toBase64() + "'/>";
        QVERIFY(fixture.access(token, shown).result);
        fixture.token(other, good);
        for (Certificate certificate : fixture.all<Certificate>(ObjectType::Certificate)) {
            certificate.revoked = certificate.thumbprint == good.thumbprint();
            if (certificate.revoked)
                fixture.put(certificate);
        }
        QVERIFY(!shows(good));
        QVERIFY(!fixture.access(token, shown).result);
    }

    void s16_beforeALoginTheAnonymousListCounts()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        QCOMPARE(fixture.privileges(token, visitor), anonymous);
        QCOMPARE(fixture.privileges(token, u"BAD"_s), anonymous);
        fixture.sayLoggedIn(token, visitor, u"Kermit"_s);
        QCOMPARE(fixture.privileges(token, visitor), kermits); // at once
        QCOMPARE(fixture.privileges(token, fixture.visitor(token)), anonymous); // another visitor
        QCOMPARE(fixture.logIn(token, visitor, u"Gonzo"_s).attribute("type"_L1), u"result"_s);
        QCOMPARE(fixture.privileges(token, visitor), anonymous); // nobody knows Gonzo
    }

    void s16_loginsOutliveARestart()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        QCOMPARE(fixture.logIn(token, visitor, u"Kermit"_s).attribute("type"_L1), u"result"_s);
        fixture.kill();
        fixture.start();
        QCOMPARE(fixture.privileges(token, visitor), kermits);
        QCOMPARE(fixture.readable({ .user = { visitor } }), QStringList { u"Power"_s }); // statement 9
    }

    void s16_visitorsAreOfOneService()
    {
        Fixture fixture;
        const Holder second;
        Network rules = network();
        rules.services.append({ .id = u"other@example.org"_s, .certificates = { second.thumbprint() } });
        rules.privilegeLists.append({ .service = u"other@example.org"_s,
                                      .holder = PrivilegeList::Holder::User,
                                      .name = u"Kermit"_s,
                                      .entries = { { .privilege = u"Everything"_s } } });
        fixture.start(rules);
        const QString token = fixture.token(portal);
        const QString otherToken = fixture.token(other, second);
        const QString visitor = fixture.visitor(token);
        QCOMPARE(condition(fixture.logIn(otherToken, visitor, u"Kermit"_s, other)), u"item-not-found"_s);
        QCOMPARE(fixture.privileges(token, visitor), anonymous);
        fixture.logIn(token, visitor, u"Kermit"_s);
        QCOMPARE(fixture.privileges(otherToken, visitor, other), QList<PrivilegeEntry>());
        QVERIFY(!fixture.may(otherToken, visitor, u"Everything"_s, other));
    }

    void s16_whoCannotSayWhoLoggedIn_data()
    {
        QTest::addColumn<QString>("serviceToken");
        QTest::addColumn<QString>("userToken");
        QTest::addColumn<QString>("expected");
        QTest::newRow("unknown service token") << u"X"_s << u"visitor"_s << u"item-not-found"_s;
        QTest::newRow("unknown user token") << u"service"_s << u"X"_s << u"item-not-found"_s;
        QTest::newRow("a service as user") << u"service"_s << u"service"_s << u"item-not-found"_s;
        QTest::newRow("a name of a megabyte") << u"service"_s << u"visitor"_s << u"bad-request"_s;
    }
    void s16_whoCannotSayWhoLoggedIn()
    {
        QFETCH(QString, serviceToken);
        QFETCH(QString, userToken);
        QFETCH(QString, expected);
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        const auto real = [&](const QString &name) {
            return name == "service"_L1 ? token : name == "visitor"_L1 ? visitor : name;
        };
        const QString name = expected == "bad-request"_L1 ? QString(1'000'000, u'K') : u"Kermit"_s;
        const wire::Element answer = fixture.logIn(real(serviceToken), real(userToken), name);
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        QCOMPARE(condition(answer), expected);
        QCOMPARE(fixture.privileges(token, visitor), anonymous);
    }

    void s17_s18_privileges()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        QVERIFY(fixture.may(token, visitor, u"Sensors.View"_s));
        QVERIFY(!fixture.may(token, visitor, u"Sensors.Edit"_s));
        fixture.logIn(token, visitor, u"Kermit"_s);
        QVERIFY(fixture.may(token, visitor, u"Sensors.Edit.All"_s));
        QVERIFY(!fixture.may(token, visitor, u"Sensors.Delete"_s));
        QVERIFY(!fixture.may(token, visitor, u"SensorsX"_s));
        QCOMPARE(condition(fixture.ask(
                     portal, prov("hasPrivilege", "serviceToken='a' userToken='b' privilegeId='a..b'/>"))),
                 u"bad-request"_s);
    }

    void theLeastRecentlyUsedVisitorsGo()
    {
        Fixture fixture;
        fixture.settings.tokens.tokensPerService = 2;
        fixture.start(network());
        const QString token = fixture.token(portal);
        QStringList visitors { fixture.visitor(token), fixture.visitor(token) };
        for (const QString &visitor : visitors)
            fixture.logIn(token, visitor, u"Kermit"_s);
        QCOMPARE(fixture.privileges(token, visitors.at(0)), kermits); // used
        visitors.append(fixture.visitor(token));
        QCOMPARE(fixture.privileges(token, visitors.at(0)), kermits);
        QCOMPARE(fixture.privileges(token, visitors.at(1)), anonymous); // gone
        QCOMPARE(fixture.store->load().result().value().tokens.size(), 1 + 2);
    }

    void tokensOfARemovedServiceGo()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        fixture.logIn(token, visitor, u"Kermit"_s);
        const Service before = fixture.all<Service>(ObjectType::Service).first();
        fixture.remove({ ObjectType::Service, serviceId });
        fixture.put(before);
        QCOMPARE(fixture.privileges(token, visitor), anonymous);
        QTRY_COMPARE(fixture.store->load().result().value().tokens.size(), 1);
    }

    void s22_servicesAreChallengedToo()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::Always));
        const QString token = fixture.token(portal);
        const wire::CanAccess question { .serviceTokens = { token },
                                         .credentials = {
                                             .addresses = { IpAddress::parse(u"10.0.0.1").value() } } };
        const auto access = [&](bool rightly) {
            const QByteArray id = fixture.start(portal, question);
            const wire::Element challenge = fixture.waitForChallenge();
            fixture.respond(portal, challenge, rightly ? fixture.secretOf(challenge) : "wrong");
            return payloadOf<wire::CanAccessResponse>(fixture.answerTo(id));
        };
        QVERIFY(!access(false).result);
        const auto granted = access(true);
        QVERIFY(granted.result);

        // A message waits for its proof as well, and what comes behind it sees its effect.
        fixture.sayLoggedIn(token, granted.userToken, u"Kermit"_s);
        const QByteArray id = fixture.start(portal,
                                            wire::DownloadPrivileges { { token }, { granted.userToken } });
        const wire::Element challenge = fixture.takeChallenge();
        fixture.respond(portal, challenge, fixture.secretOf(challenge));
        QCOMPARE(payloadOf<wire::DownloadPrivilegesResponse>(fixture.answerTo(id)).entries, kermits);
    }

    // ---- XEP-0324 §5.4

    void s14_servicesUsersAndPrivilegesAreNoted()
    {
        Fixture fixture;
        fixture.start(network());
        const Holder unknown;
        const QString unknownToken = fixture.token(other, unknown);
        QVERIFY(!fixture.access(unknownToken, "<ip4 value='10.0.0.1'/>", other).result);
        QTRY_COMPARE(fixture.all<Service>(ObjectType::Service).size(), 2);
        const Service noted = fixture.all<Service>(ObjectType::Service).at(0);
        QCOMPARE(noted.id, u"other@example.org"_s);
        QCOMPARE(noted.certificates, QStringList { unknown.thumbprint() });
        QVERIFY(noted.noted && noted.access.isEmpty());
        QVERIFY(!fixture.access(unknownToken, "<ip4 value='10.0.0.1'/>", other).result); // by default

        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        fixture.logIn(token, visitor, u"Fozzie"_s);
        fixture.may(token, visitor, u"Jokes.Tell"_s);
        QTRY_COMPARE(fixture.all<User>(ObjectType::User).size(), 2);
        QCOMPARE(fixture.all<User>(ObjectType::User).at(0).name, u"Fozzie"_s);
        QTRY_COMPARE(fixture.all<Privilege>(ObjectType::Privilege).size(), 1);
        const Privilege privilege = fixture.all<Privilege>(ObjectType::Privilege).first();
        QCOMPARE(privilege.service, serviceId);
        QCOMPARE(privilege.privilege, u"Jokes.Tell"_s);
        QVERIFY(privilege.noted);
        QCOMPARE(fixture.privileges(token, visitor), anonymous); // it grants nothing
    }

    void s14_aSecondCertificateOfOneNameIsAnotherService()
    {
        Fixture fixture;
        fixture.start(network());
        const Holder second;
        const QString token = fixture.token(portal, second); // of whom another certificate is known
        QVERIFY(!fixture.access(token, "<ip4 value='10.0.0.1'/>").result);
        QTRY_COMPARE(fixture.all<Service>(ObjectType::Service).size(), 2);
        const Service noted = fixture.all<Service>(ObjectType::Service).at(1);
        QCOMPARE(noted.id, serviceId + u'/' + second.thumbprint().first(8));
        QCOMPARE(noted.certificates, QStringList { second.thumbprint() });
    }

    void s14_whatIsNotedIsBounded()
    {
        Fixture fixture;
        fixture.settings.noting.privilegesPerService = 4;
        fixture.settings.noting.users = 4;
        Network rules = network();
        const Holder unconfirmed;
        rules.services.append(
            { .id = u"other@example.org"_s, .certificates = { unconfirmed.thumbprint() }, .noted = true });
        fixture.start(rules);
        const QString token = fixture.token(portal);
        const QString visitor = fixture.visitor(token);
        const QString otherToken = fixture.token(other, unconfirmed);
        for (int i = 0; i < 10; ++i) {
            fixture.may(token, {}, u"Sensor%1"_s.arg(i));
            fixture.may(otherToken, {}, u"Sensor%1"_s.arg(i), other);
            fixture.logIn(token, visitor, u"user %1"_s.arg(i));
        }
        const auto countOf = [&](const QString &id) {
            return std::ranges::count(fixture.all<Privilege>(ObjectType::Privilege), id, &Privilege::service);
        };
        QTRY_COMPARE(countOf(serviceId), 4);
        QCOMPARE(countOf(u"other@example.org"_s), 2); // whom nobody has confirmed
        QTRY_COMPARE(fixture.all<User>(ObjectType::User).size(), 1 + 4);
        // Counted anew after a restart, and what is confirmed makes room.
        fixture.kill();
        fixture.start();
        Privilege confirmed = fixture.all<Privilege>(ObjectType::Privilege).first();
        while (confirmed.service != serviceId)
            confirmed = fixture.all<Privilege>(ObjectType::Privilege).last();
        confirmed.noted = false;
        fixture.put(confirmed);
        fixture.may(token, {}, u"New"_s);
        fixture.may(token, {}, u"Newer"_s);
        QTRY_COMPARE(countOf(serviceId), 5);
    }
};

QTEST_GUILESS_MAIN(TestServiceDesk)
#include "tst_servicedesk.moc"
