// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tokenfixture.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace castellan;
using namespace castellan::server;

using Fixture = TokenFixture;

class TestTokens : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // ---- getToken

    void s20_s21_whoHoldsTheKeyGetsAToken()
    {
        Fixture fixture;
        fixture.start();
        const QString token = fixture.token(portal);
        QVERIFY(token.size() >= 22); // 128 bits in base-64
        QVERIFY(std::ranges::all_of(token,
                                    [](QChar c) { return c.isLetterOrNumber() || c == u'-' || c == u'_'; }));
        QVERIFY(fixture.token(portal) != token);

        // The certificate is known now, and of the token only a hash.
        const auto certificates = fixture.all<Certificate>(ObjectType::Certificate);
        QCOMPARE(certificates.size(), 1);
        QCOMPARE(certificates.first().thumbprint, holder().thumbprint());
        QCOMPARE(certificates.first().der, holder().certificate);
        QCOMPARE(certificates.first().jid, serviceId);
        QVERIFY(certificates.first().noted);
        const StoredState state = fixture.store->load().result().value();
        QCOMPARE(state.tokens.size(), 2);
        QCOMPARE(state.tokens.first().hash,
                 QCryptographicHash::hash(token.toUtf8(), QCryptographicHash::Sha256));
    }

    void s20_aNumberIsUsedOnce()
    {
        Fixture fixture;
        fixture.start();
        const auto challenge = fixture.challenge(portal);
        const QByteArray secret = holder().key.decrypt(challenge.challenge).value();
        QVERIFY(secret.size() >= 32);

        wire::Element answer = fixture.redeem(portal, challenge.seqnr, QByteArray(secret).replace(0, 1, "?"));
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        QCOMPARE(condition(answer), u"bad-request"_s);
        answer = fixture.redeem(portal, challenge.seqnr, secret); // too late
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        QCOMPARE(condition(answer), u"item-not-found"_s);

        const auto second = fixture.challenge(portal);
        const QByteArray right = holder().key.decrypt(second.challenge).value();
        payloadOf<wire::GetTokenResponse>(fixture.redeem(portal, second.seqnr, right));
        QCOMPARE(condition(fixture.redeem(portal, second.seqnr, right)), u"item-not-found"_s);
        QCOMPARE(condition(fixture.redeem(portal, -1, right)), u"item-not-found"_s);
        QCOMPARE(fixture.store->load().result().value().tokens.size(), 1);
    }

    void s20_aNumberIsOfWhoAsked()
    {
        Fixture fixture;
        fixture.start();
        const auto challenge = fixture.challenge(portal);
        const QByteArray secret = holder().key.decrypt(challenge.challenge).value();
        QCOMPARE(condition(fixture.redeem(other, challenge.seqnr, secret)), u"item-not-found"_s);
        QCOMPARE(condition(fixture.redeem(other, challenge.seqnr, "wrong")), u"item-not-found"_s);
        // Which took nothing from who asked, whatever his resource is by now.
        payloadOf<wire::GetTokenResponse>(
            fixture.redeem("Service@EXAMPLE.org/elsewhere", challenge.seqnr, secret));
    }

    void s20_challengesLiveAMinuteAndNotForEver()
    {
        const TokenRegistry::Settings settings;
        QVERIFY(settings.challengeLife >= 60s && settings.challengeLife <= 10min);
        Fixture fixture;
        fixture.settings.tokens.challengeLife = 0ms;
        fixture.start();
        const auto challenge = fixture.challenge(portal);
        QCOMPARE(condition(fixture.redeem(portal, challenge.seqnr,
                                          holder().key.decrypt(challenge.challenge).value())),
                 u"item-not-found"_s);
    }

    void s20_challengesAreBounded()
    {
        Fixture fixture;
        fixture.settings.tokens.challengesPerSender = 2;
        fixture.settings.tokens.challenges = 3;
        fixture.start();
        const wire::GetToken request { holder().certificate };
        fixture.challenge(portal);
        const auto challenge = fixture.challenge(portal);
        QCOMPARE(condition(fixture.send(portal, request)), u"resource-constraint"_s);
        fixture.challenge(other);
        QCOMPARE(condition(fixture.send(meter, request)), u"resource-constraint"_s);
        fixture.redeem(portal, challenge.seqnr, "wrong");
        fixture.challenge(meter); // there is room again
    }

    void s20_badCertificates_data()
    {
        QTest::addColumn<QByteArray>("der");
        QTest::addColumn<QString>("says");
        const QDateTime now = QDateTime::currentDateTimeUtc();
        QTest::newRow("garbage") << QByteArray("garbage") << u"not an X.509"_s;
        QTest::newRow("expired") << Holder(now.addDays(-2), now.addDays(-1)).certificate << u"expired"_s;
        QTest::newRow("not yet valid") << Holder(now.addDays(1), now.addDays(2)).certificate << u"before"_s;
    }
    void s20_badCertificates()
    {
        QFETCH(QByteArray, der);
        QFETCH(QString, says);
        Fixture fixture;
        fixture.start();
        const wire::Element answer = fixture.send(portal, wire::GetToken { der });
        QCOMPARE(answer.attribute("type"_L1), u"error"_s);
        QCOMPARE(condition(answer), u"bad-request"_s);
        QVERIFY2(answer.toXml().contains(says.toUtf8()), answer.toXml().constData());
        QVERIFY(fixture.all<Certificate>(ObjectType::Certificate).isEmpty());
    }

    void s14_certificatesAreNotedInBounds()
    {
        Fixture fixture;
        fixture.settings.noting.certificatesPerJid = 1;
        fixture.start();
        fixture.token(portal);
        fixture.token(portal); // known by now
        const Holder second;
        const auto challenge = fixture.challenge(portal, second);
        QCOMPARE(condition(fixture.redeem(portal, challenge.seqnr,
                                          second.key.decrypt(challenge.challenge).value())),
                 u"resource-constraint"_s);
        fixture.token(other, second);
        QCOMPARE(fixture.all<Certificate>(ObjectType::Certificate).size(), 2);
    }

    void s03_aCertificateKnownByItsThumbprintBecomesWhole()
    {
        Fixture fixture;
        Network rules = network(Policy::Challenge::Always);
        rules.certificates = { { .thumbprint = holder().thumbprint(), .comment = u"by hand"_s } };
        fixture.start(rules);
        const QString token = fixture.token(portal);
        const Certificate certificate = fixture.all<Certificate>(ObjectType::Certificate).first();
        QCOMPARE(certificate.der, holder().certificate);
        QCOMPARE(certificate.comment, u"by hand"_s);
        QVERIFY(!certificate.noted && certificate.notAfter.isValid());
        fixture.readable({});
        const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
        const wire::Element challenge = fixture.takeChallenge(); // as any other
        fixture.respond(meter, challenge, fixture.secretOf(challenge));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList { u"Energy"_s });
    }

    // ---- what a token is worth

    void s03_aTokenStandsForItsCertificate()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        QCOMPARE(fixture.readable({}), QStringList());
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList { u"Energy"_s });
        QCOMPARE(fixture.readable({ .user = { token } }), QStringList()); // not this user's
        QCOMPARE(fixture.readable({ .device = { token } }), QStringList());
        QCOMPARE(fixture.readable({ .service = { token.toLower() } }), QStringList());
    }

    void s03_tokensOutliveARestart()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const auto challenge = fixture.challenge(portal);
        fixture.kill();
        fixture.start();
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList { u"Energy"_s });
        // A challenge does not; nothing is lost but a question.
        QCOMPARE(condition(fixture.redeem(portal, challenge.seqnr,
                                          holder().key.decrypt(challenge.challenge).value())),
                 u"item-not-found"_s);
    }

    void s03_revokedExpiredRemoved_data()
    {
        QTest::addColumn<int>("what");
        QTest::newRow("revoked") << 0;
        QTest::newRow("expired") << 1;
        QTest::newRow("not yet valid") << 2;
        QTest::newRow("removed") << 3;
    }
    void s03_revokedExpiredRemoved()
    {
        QFETCH(int, what);
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        Certificate certificate = fixture.all<Certificate>(ObjectType::Certificate).first();
        const Certificate before = certificate;
        const QDateTime now = QDateTime::currentDateTimeUtc();
        if (what == 0)
            certificate.revoked = true;
        else if (what == 1)
            certificate.notAfter = now.addSecs(-1);
        else
            certificate.notBefore = now.addSecs(3600);
        if (what == 3)
            fixture.remove({ ObjectType::Certificate, certificate.thumbprint });
        else
            fixture.put(certificate);
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList());

        fixture.put(before);
        // Who was removed has to prove himself again.
        QCOMPARE(fixture.readable({ .service = { token } }),
                 what == 3 ? QStringList() : QStringList { u"Energy"_s });
    }

    void s03_aRevokedCertificateGetsNoToken()
    {
        Fixture fixture;
        fixture.start();
        fixture.token(portal);
        const auto challenge = fixture.challenge(portal);
        Certificate certificate = fixture.all<Certificate>(ObjectType::Certificate).first();
        certificate.revoked = true;
        fixture.put(certificate);
        QCOMPARE(condition(fixture.send(other, wire::GetToken { holder().certificate })), u"forbidden"_s);
        const wire::Element answer = fixture.redeem(portal, challenge.seqnr,
                                                    holder().key.decrypt(challenge.challenge).value());
        QCOMPARE(condition(answer), u"forbidden"_s);
        QVERIFY(fixture.all<Certificate>(ObjectType::Certificate).first().revoked);
    }

    void s25_aContainedHoldersTokensCountAsNone()
    {
        Fixture fixture;
        fixture.start(network());
        const QString token = fixture.token(portal);
        fixture.put(Containment { .jid = serviceId });
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList());
        QCOMPARE(condition(fixture.send(portal, wire::GetToken { holder().certificate })), u"forbidden"_s);
        fixture.remove({ ObjectType::Containment, serviceId });
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList { u"Energy"_s });
    }

    void s13_severalTokensAreAlternatives()
    {
        Fixture fixture;
        Network rules = network();
        const Holder kermit;
        rules.users.first().certificates = { kermit.thumbprint() };
        fixture.start(rules);
        const QString serviceToken = fixture.token(portal);
        const QString userToken = fixture.token(other, kermit);
        QCOMPARE(fixture.readable({ .service = { u"DEAD"_s, serviceToken }, .user = { userToken, u"X"_s } }),
                 (QStringList { u"Energy"_s, u"Power"_s }));
        QCOMPARE(fixture.readable({ .user = { userToken } }), QStringList { u"Power"_s });
        QStringList tooMany;
        for (int i = 0; i < 40; ++i)
            tooMany.append(QString::number(i));
        QCOMPARE(condition(fixture.send(meter, Fixture::question({ .service = tooMany }))), u"bad-request"_s);
    }

    void theOldestTokensOfACertificateGo()
    {
        Fixture fixture;
        fixture.settings.tokens.tokensPerCertificate = 2;
        fixture.start(network());
        const QStringList tokens { fixture.token(portal), fixture.token(other), fixture.token(portal) };
        QCOMPARE(fixture.readable({ .service = { tokens.at(0) } }), QStringList());
        QCOMPARE(fixture.readable({ .service = { tokens.at(1) } }), QStringList { u"Energy"_s });
        QCOMPARE(fixture.store->load().result().value().tokens.size(), 2);
        fixture.kill();
        fixture.start();
        QCOMPARE(fixture.readable({ .service = { tokens.at(2) } }), QStringList { u"Energy"_s });
    }

    // ---- tokenChallenge

    void s22_whoPassesATokenOnIsChallengedOnce()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::FirstUse));
        const QString token = fixture.token(portal);
        // Obtaining it was proof enough for who obtained it.
        QCOMPARE(fixture.readable({ .service = { token } }, portal), QStringList());
        QVERIFY(fixture.takeChallenge().name.isEmpty());

        const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
        const wire::Element challenge = fixture.waitForChallenge();
        QCOMPARE(challenge.attribute("type"_L1), u"get"_s);
        QCOMPARE(challenge.attribute("to"_L1).toUtf8(), meter); // the full JID that asked
        QCOMPARE(payloadOf<wire::TokenChallenge>(challenge).token, token);
        QVERIFY(!fixture.isAnswered(id)); // it waits
        fixture.respond(meter, challenge, fixture.secretOf(challenge));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList { u"Energy"_s });

        QCOMPARE(fixture.readable({ .service = { token } }), QStringList { u"Energy"_s });
        QCOMPARE(fixture.readable({ .service = { token } }, "meter@example.org/2"),
                 QStringList { u"Energy"_s });
        QVERIFY(fixture.takeChallenge().name.isEmpty());
        // Another one has proved nothing.
        fixture.start(other, Fixture::question({ .service = { token } }));
        QVERIFY(!fixture.waitForChallenge().name.isEmpty());
    }

    void s22_whoFailsIsDenied_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::newRow("wrong") << "<iq type='result'>" + xml(wire::TokenChallengeResponse { "wrong" })
                + "</iq>";
        QTest::newRow("empty") << "<iq type='result'/>"_ba;
        QTest::newRow("another payload") << "<iq type='result'>" + xml(wire::ClearCacheResponse {}) + "</iq>";
        QTest::newRow("error") << "<iq type='error'><error type='cancel'><forbidden "
                                  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"_ba;
        QTest::newRow("nothing") << ""_ba;
    }
    void s22_whoFailsIsDenied()
    {
        QFETCH(QByteArray, answer);
        Fixture fixture;
        if (answer.isEmpty())
            fixture.settings.proofs.timeout = 10ms;
        Network rules = network(Policy::Challenge::FirstUse);
        rules.accessRules.append({ .id = u"without"_s }); // would allow it all
        fixture.start(rules);
        const QString token = fixture.token(portal);
        for (int attempt = 0; attempt < 2; ++attempt) { // a failure is not a proof
            const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
            const wire::Element challenge = fixture.waitForChallenge();
            QVERIFY(!challenge.name.isEmpty());
            if (!answer.isEmpty()) {
                wire::Element iq = wire::Element::fromXml(answer).value();
                iq.setAttribute("id"_L1, challenge.attribute("id"_L1));
                iq.setAttribute("from"_L1, QString::fromUtf8(meter));
                iq.setAttribute("to"_L1, u"prov.example.org"_s);
                fixture.receive(iq.toXml());
            }
            QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList());
        }
    }

    void s23_whoProvesLateForgetsTheDenial()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::FirstUse));
        const QString token = fixture.token(portal);
        const auto ask = [&](bool rightly) {
            const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
            const wire::Element challenge = fixture.waitForChallenge();
            fixture.respond(meter, challenge, rightly ? fixture.secretOf(challenge) : "wrong");
            return Fixture::fieldsOf(fixture.answerTo(id));
        };
        QCOMPARE(ask(false), QStringList());
        QCOMPARE(ask(true), QStringList { u"Energy"_s });
        const wire::Element clearCache = fixture.waitForSent(isClearCache);
        QCOMPARE(clearCache.attribute("to"_L1).toUtf8(), meter);
        fixture.answer(clearCache);
        // Once: what it was answered since is right.
        QCOMPARE(fixture.readable({ .service = { token } }), QStringList { u"Energy"_s });
        QTRY_COMPARE(fixture.deliveries().first().state, Delivery::State::Acknowledged);
        QCOMPARE(fixture.deliveries().size(), 1);
    }

    void s22_aTokenThatCountsAnywayNeedsNoOther()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::FirstUse));
        const QStringList tokens { fixture.token(portal), fixture.token(portal) };
        const QByteArray id = fixture.start(meter, Fixture::question({ .service = tokens }));
        // One challenge for each (XEP-0324 §3.1.5).
        const QList<wire::Element> challenges { fixture.waitForChallenge(), fixture.waitForChallenge() };
        QVERIFY(payloadOf<wire::TokenChallenge>(challenges.at(0)).token
                != payloadOf<wire::TokenChallenge>(challenges.at(1)).token);
        fixture.respond(meter, challenges.at(0), "wrong");
        QVERIFY(!fixture.isAnswered(id));
        fixture.respond(meter, challenges.at(1), fixture.secretOf(challenges.at(1)));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList { u"Energy"_s });
    }

    void s22_nobodyElseCanAnswer()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::FirstUse));
        const QString token = fixture.token(portal);
        fixture.readable({}); // known
        const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
        const wire::Element challenge = fixture.takeChallenge();
        QVERIFY(!challenge.name.isEmpty());
        const QByteArray secret = fixture.secretOf(challenge);
        fixture.respond(portal, challenge, secret); // he could, but was not asked
        fixture.respond("meter@example.org/2", challenge, secret);
        fixture.respond("meter@example.org", challenge, "wrong");
        wire::Element elsewhere = challenge;
        elsewhere.setAttribute("id"_L1, u"challenge-1"_s);
        fixture.respond(meter, elsewhere, secret);
        QVERIFY(!fixture.isAnswered(id));
        fixture.respond(meter, challenge, secret);
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList { u"Energy"_s });
        // And a replayed answer answers nothing.
        const qsizetype sent = fixture.transport.sent.size();
        fixture.respond(meter, challenge, secret);
        QCOMPARE(fixture.transport.sent.size(), sent);
    }

    void s22_policies_data()
    {
        QTest::addColumn<Policy::Challenge>("challenge");
        QTest::addColumn<int>("hours");
        QTest::addColumn<bool>("again");
        QTest::addColumn<bool>("own"); // also who obtained it
        QTest::newRow("always") << Policy::Challenge::Always << 24 << true << true;
        QTest::newRow("every day") << Policy::Challenge::Interval << 24 << false << false;
        QTest::newRow("first use") << Policy::Challenge::FirstUse << 24 << false << false;
    }
    void s22_policies()
    {
        QFETCH(Policy::Challenge, challenge);
        QFETCH(int, hours);
        QFETCH(bool, again);
        QFETCH(bool, own);
        Fixture fixture;
        Network rules = network(challenge);
        rules.policy->challengeHours = hours;
        fixture.start(rules);
        const QString token = fixture.token(portal);
        fixture.readable({}, meter);
        fixture.readable({}, portal);
        const auto isChallenged = [&](const QByteArray &asker) {
            const QByteArray id = fixture.start(asker, Fixture::question({ .service = { token } }));
            const wire::Element challenge = fixture.takeChallenge();
            if (!challenge.name.isEmpty())
                fixture.respond(asker, challenge, fixture.secretOf(challenge));
            return !fixture.answerTo(id).name.isEmpty() && !challenge.name.isEmpty();
        };
        QVERIFY(isChallenged(meter));
        QCOMPARE(isChallenged(meter), again);
        QCOMPARE(isChallenged(portal), own);
    }

    void s22_aProofGrowsOld()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::Interval));
        fixture.token(portal);
        fixture.readable({}, portal); // known
        // One that was obtained the day before yesterday.
        const QDateTime then = QDateTime::currentDateTimeUtc().addDays(-2);
        QVERIFY(fixture.store
                    ->addToken({ .hash = QCryptographicHash::hash("OLD", QCryptographicHash::Sha256),
                                 .certificate = holder().thumbprint(),
                                 .jid = serviceId,
                                 .issued = then,
                                 .used = then },
                               {})
                    .result());
        fixture.kill();
        fixture.start();
        const auto question = Fixture::question({ .service = { u"OLD"_s } });
        const QByteArray id = fixture.start(portal, question);
        const wire::Element challenge = fixture.takeChallenge();
        QVERIFY(!challenge.name.isEmpty());
        fixture.respond(portal, challenge, fixture.secretOf(challenge));
        QVERIFY(!fixture.answerTo(id).name.isEmpty());
        QVERIFY(!fixture.answerTo(fixture.start(portal, question)).name.isEmpty()); // new enough now
        QVERIFY(fixture.takeChallenge().name.isEmpty());
    }

    void usesAreWrittenInAWhile()
    {
        Fixture fixture;
        fixture.settings.touchDelay = 10ms;
        fixture.start(network());
        const QString token = fixture.token(portal);
        const auto used = [&] { return fixture.store->load().result().value().tokens.first().used; };
        const QDateTime issued = used();
        QTRY_VERIFY(QDateTime::currentDateTimeUtc() > issued);
        fixture.readable({ .service = { token } });
        QTRY_VERIFY(used() > issued);
    }

    void s22_questionsWithOneChallengeWaitTogether()
    {
        Fixture fixture;
        fixture.settings.proofs.waitingPerSender = 2;
        fixture.start(network(Policy::Challenge::Always));
        const QString token = fixture.token(portal);
        fixture.readable({});
        const auto question = Fixture::question({ .service = { token } });
        const QByteArray first = fixture.start(meter, question);
        const wire::Element challenge = fixture.takeChallenge();
        const QByteArray second = fixture.start(meter, question);
        QVERIFY(fixture.takeChallenge().name.isEmpty());
        const QByteArray third = fixture.start(meter, question);
        QCOMPARE(condition(fixture.answerTo(third)), u"resource-constraint"_s);
        fixture.respond(meter, challenge, fixture.secretOf(challenge));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(first)), QStringList { u"Energy"_s });
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(second)), QStringList { u"Energy"_s });
        // There is room again.
        const QByteArray fourth = fixture.start(meter, question);
        const wire::Element again = fixture.takeChallenge();
        fixture.respond(meter, again, fixture.secretOf(again));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(fourth)), QStringList { u"Energy"_s });
    }

    void s22_aChallengeThatCannotBeSentFails()
    {
        Fixture fixture;
        fixture.start(network(Policy::Challenge::Always));
        const QString token = fixture.token(portal);
        fixture.readable({});
        fixture.transport.connected = false;
        fixture.start(meter, Fixture::question({ .service = { token } }));
        fixture.transport.connected = true;
        QVERIFY(fixture.takeChallenge().name.isEmpty());
        const QByteArray id = fixture.start(meter, Fixture::question({ .service = { token } }));
        const wire::Element challenge = fixture.takeChallenge(); // a new one
        fixture.respond(meter, challenge, fixture.secretOf(challenge));
        QCOMPARE(Fixture::fieldsOf(fixture.answerTo(id)), QStringList { u"Energy"_s });
    }
};

QTEST_GUILESS_MAIN(TestTokens)
#include "tst_tokens.moc"
