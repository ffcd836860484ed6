// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"
#include "randomnetwork.h"
#include "rules/snapshot.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::rules;

using By = PrivilegeDecision::By;
using Holder = PrivilegeList::Holder;
using Outcome = PrivilegeConsideration::Outcome;

namespace {

const QString service = u"s@x"_s;

PrivilegeEntry include(const QString &privilege)
{
    return { true, privilege };
}

PrivilegeEntry exclude(const QString &privilege)
{
    return { false, privilege };
}

PrivilegeList list(Holder holder, const QString &name, const QList<PrivilegeEntry> &entries)
{
    return { .service = service, .holder = holder, .name = name, .entries = entries, .comment = {} };
}

/// A service and the user bob, who has the roles r1 and r2.
Network networkOf(const QList<PrivilegeList> &lists)
{
    Network network;
    network.services = { { .id = service, .name = {}, .certificates = {}, .access = {}, .comment = {} } };
    network.users = {
        { .name = u"bob"_s, .certificates = {}, .roles = { u"r1"_s, u"r2"_s }, .comment = {} }
    };
    network.privilegeLists = lists;
    return network;
}

PrivilegeQuestion question(const QString &user, const QString &privilege)
{
    return { .of = { .asker = service, .service = service, .user = user }, .privilege = privilege };
}

bool isGranted(const QList<PrivilegeEntry> &entries, const QString &privilege)
{
    return Snapshot(networkOf({ list(Holder::User, u"bob"_s, entries) }))
        .decide(question(u"bob"_s, privilege))
        .granted;
}

} // namespace

class PrivilegesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s15_unknownServiceGetsNothing();
    void s16_anonymousBeforeLogin();
    void s16_notedUserIsAsUnknownAsBefore();
    void s17_wholeParts();
    void s17_firstMatchWins();
    void s17_ownListThenRolesInOrder();
    void s17_servicesNeverMix();
    void s17_explanation();
    void s17_agreesWithOracle();
    void s18_listEqualsHasPrivilege();
    void s18_nothingUnreachable();
    void s19_invalidIdsAreNotGranted();
    void s25_containment();
};

void PrivilegesTest::s15_unknownServiceGetsNothing()
{
    Network network = networkOf({ list(Holder::Anonymous, {}, { include(u"A"_s) }) });
    QVERIFY(Snapshot(network).decide(question({}, u"A"_s)).granted);
    network.services.clear();
    const Snapshot snapshot(network);
    QVERIFY(!snapshot.decide(question({}, u"A"_s)).granted);
    QCOMPARE(snapshot.decide(question({}, u"A"_s)).by, By::UnknownService);
    QVERIFY(snapshot.privileges(question({}, {}).of).isEmpty());
}

void PrivilegesTest::s16_anonymousBeforeLogin()
{
    const Snapshot snapshot(networkOf({ list(Holder::Anonymous, {}, { include(u"A"_s) }),
                                        list(Holder::User, u"bob"_s, { include(u"B"_s) }) }));
    QVERIFY(snapshot.decide(question({}, u"A"_s)).granted);
    QVERIFY(!snapshot.decide(question({}, u"B"_s)).granted);
    QVERIFY(snapshot.decide(question(u"nobody"_s, u"A"_s)).granted);
    QVERIFY(!snapshot.decide(question(u"nobody"_s, u"B"_s)).granted);
    // Who has logged in is no longer anonymous.
    QVERIFY(!snapshot.decide(question(u"bob"_s, u"A"_s)).granted);
    QVERIFY(snapshot.decide(question(u"bob"_s, u"B"_s)).granted);
}

void PrivilegesTest::s16_notedUserIsAsUnknownAsBefore()
{
    Network network = networkOf({ list(Holder::Anonymous, {}, { include(u"A"_s) }) });
    network.users = { { .name = u"bob"_s, .certificates = {}, .roles = {}, .comment = {}, .noted = true } };
    QVERIFY(Snapshot(network).decide(question(u"bob"_s, u"A"_s)).granted);
    network.users[0].roles = { u"r1"_s };
    QVERIFY(!Snapshot(network).decide(question(u"bob"_s, u"A"_s)).granted);
    network.users[0].roles.clear();
    network.users[0].noted = false;
    QVERIFY(!Snapshot(network).decide(question(u"bob"_s, u"A"_s)).granted);
    network.users[0].noted = true;
    network.privilegeLists.append(list(Holder::User, u"bob"_s, {}));
    QVERIFY(!Snapshot(network).decide(question(u"bob"_s, u"A"_s)).granted);
}

void PrivilegesTest::s17_wholeParts()
{
    const QList<PrivilegeEntry> energy { include(u"Databases.Energy"_s) };
    QVERIFY(isGranted(energy, u"Databases.Energy"_s));
    QVERIFY(isGranted(energy, u"Databases.Energy.Select"_s));
    QVERIFY(isGranted(energy, u"Databases.Energy.Select.All"_s));
    QVERIFY(!isGranted(energy, u"Databases.EnergyX"_s));
    QVERIFY(!isGranted(energy, u"Databases"_s));
    QVERIFY(!isGranted(energy, u"databases.energy"_s));
}

void PrivilegesTest::s17_firstMatchWins()
{
    const QList<PrivilegeEntry> entries { exclude(u"Sensors.Delete"_s), include(u"Sensors"_s),
                                          exclude(u"Sensors.Read"_s) };
    QVERIFY(!isGranted(entries, u"Sensors.Delete.Now"_s));
    QVERIFY(isGranted(entries, u"Sensors.Read"_s));
    QVERIFY(!isGranted(entries, u"Doors"_s)); // no match is exclude
}

void PrivilegesTest::s17_ownListThenRolesInOrder()
{
    Network network = networkOf({ list(Holder::User, u"bob"_s, { exclude(u"A.B"_s) }),
                                  list(Holder::Role, u"r1"_s, { include(u"A"_s), exclude(u"C"_s) }),
                                  list(Holder::Role, u"r2"_s, { include(u"C"_s) }) });
    QVERIFY(!Snapshot(network).decide(question(u"bob"_s, u"A.B"_s)).granted);
    QVERIFY(Snapshot(network).decide(question(u"bob"_s, u"A.C"_s)).granted);
    QVERIFY(!Snapshot(network).decide(question(u"bob"_s, u"C"_s)).granted);
    network.users[0].roles = { u"r2"_s, u"r1"_s };
    QVERIFY(Snapshot(network).decide(question(u"bob"_s, u"C"_s)).granted);
}

void PrivilegesTest::s17_servicesNeverMix()
{
    PrivilegeList elsewhere = list(Holder::User, u"bob"_s, { include(u"A"_s) });
    elsewhere.service = u"t@x"_s;
    Network network = networkOf({ elsewhere });
    network.services.append({ .id = u"t@x"_s, .name = {}, .certificates = {}, .access = {}, .comment = {} });
    const Snapshot snapshot(network);
    QVERIFY(!snapshot.decide(question(u"bob"_s, u"A"_s)).granted);
    PrivilegeQuestion there = question(u"bob"_s, u"A"_s);
    there.of.service = u"t@x"_s;
    QVERIFY(snapshot.decide(there).granted);
}

void PrivilegesTest::s17_explanation()
{
    const PrivilegeList own = list(Holder::User, u"bob"_s, { include(u"X"_s) });
    const PrivilegeList role = list(Holder::Role, u"r1"_s, { include(u"A.B"_s), exclude(u"A"_s) });
    const Snapshot snapshot(networkOf({ own, role }));
    const PrivilegeDecision decision = snapshot.decide(question(u"bob"_s, u"A.B.C"_s), Explain::Yes);
    QVERIFY(decision.granted);
    QCOMPARE(decision.by, By::Entry);
    QCOMPARE(decision.list, objectId(role));
    QCOMPARE(decision.entry, 0);
    QCOMPARE(decision.considered,
             (QList<PrivilegeConsideration> { { objectId(own), 0, Outcome::OtherPrivilege },
                                              { objectId(role), 0, Outcome::Decided },
                                              { objectId(role), 1, Outcome::Unreached } }));
    const PrivilegeDecision none = snapshot.decide(question(u"bob"_s, u"B"_s), Explain::Yes);
    QCOMPARE(none.by, By::Default);
    QCOMPARE(none.considered.size(), 3);
    QVERIFY(std::ranges::all_of(none.considered, [](const PrivilegeConsideration &consideration) {
        return consideration.outcome == Outcome::OtherPrivilege;
    }));
}

void PrivilegesTest::s17_agreesWithOracle()
{
    RandomNetwork random(17);
    int granted = 0;
    for (int i = 0; i < 3000; ++i) {
        const Network network = random.network();
        const Snapshot snapshot(network);
        for (int q = 0; q < 5; ++q) {
            const PrivilegeQuestion asked { random.privilegesQuestion(), random.privilege() };
            const PrivilegeDecision decision = snapshot.decide(asked, Explain::Yes);
            const PrivilegeDecision expected = oracle::decide(network, asked);
            QCOMPARE(decision.granted, expected.granted);
            QCOMPARE(decision.by, expected.by);
            QCOMPARE(decision.list, expected.list);
            QCOMPARE(decision.entry, expected.entry);
            QCOMPARE(decision.contained, expected.contained);
            granted += decision.granted;
        }
    }
    QVERIFY2(granted > 200, qPrintable(QString::number(granted)));
}

/// Whoever keeps the downloaded list and evaluates it decides as the server does.
void PrivilegesTest::s18_listEqualsHasPrivilege()
{
    RandomNetwork random(18);
    int granted = 0;
    for (int i = 0; i < 2000; ++i) {
        const Snapshot snapshot(random.network());
        const PrivilegesQuestion of = random.privilegesQuestion();
        const QList<PrivilegeEntry> entries = snapshot.privileges(of);
        for (int q = 0; q < 20; ++q) {
            const QString privilege = random.privilege();
            const auto first = std::ranges::find_if(entries, [&](const PrivilegeEntry &entry) {
                return (privilege + u'.').startsWith(entry.privilege + u'.');
            });
            const bool kept = first != entries.end() && first->include;
            QCOMPARE(snapshot.decide(PrivilegeQuestion { of, privilege }).granted, kept);
            granted += kept;
        }
    }
    QVERIFY2(granted > 200, qPrintable(QString::number(granted)));
}

void PrivilegesTest::s18_nothingUnreachable()
{
    const QList<PrivilegeEntry> own { include(u"A.B"_s), exclude(u"A"_s), include(u"A.C"_s),
                                      include(u"B"_s) };
    const QList<PrivilegeEntry> role { include(u"A"_s), include(u"AB"_s), exclude(u"B.C"_s),
                                       exclude(u"AB"_s) };
    const Snapshot snapshot(
        networkOf({ list(Holder::User, u"bob"_s, own), list(Holder::Role, u"r1"_s, role) }));
    QCOMPARE(snapshot.privileges(question(u"bob"_s, {}).of),
             (QList { include(u"A.B"_s), exclude(u"A"_s), include(u"B"_s), include(u"AB"_s) }));
}

void PrivilegesTest::s19_invalidIdsAreNotGranted()
{
    const QList<PrivilegeEntry> all { include(u"A"_s) };
    QVERIFY(isGranted(all, u"A.B C.D"_s));
    for (const QString &id : { u""_s, u"A."_s, u".A"_s, u"A..B"_s, u"A. B"_s, u"A.B "_s })
        QVERIFY2(!isGranted(all, id), qPrintable(id));
}

void PrivilegesTest::s25_containment()
{
    Network network = networkOf({ list(Holder::User, u"bob"_s, { include(u"A"_s) }) });
    PrivilegeQuestion asked = question(u"bob"_s, u"A"_s);
    asked.of.asker = u"component.x"_s;
    QVERIFY(Snapshot(network).decide(asked).granted);
    for (const QString &jid : { u"component.x"_s, service }) {
        network.containments = { { .jid = jid, .until = {}, .comment = {} } };
        const Snapshot snapshot(network);
        QVERIFY(!snapshot.decide(asked).granted);
        QCOMPARE(snapshot.decide(asked).by, By::Containment);
        QCOMPARE(snapshot.decide(asked).contained, jid);
        QVERIFY(snapshot.privileges(asked.of).isEmpty());
    }
}

QTEST_GUILESS_MAIN(PrivilegesTest)
#include "tst_privileges.moc"
