// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/connection.h"
#include "store/store.h"
#include "support/databases.h"
#include "support/stored.h"

#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>
#include <QUuid>

#include <memory>
#include <random>
#include <thread>

using namespace Qt::StringLiterals;
using namespace castellan;

namespace {

const Actor admin { u"admin@building.example/console"_s };

QDateTime moment(int seconds)
{
    return QDateTime(QDate(2026, 11, 21), QTime(12, 0), QTimeZone::UTC).addSecs(seconds);
}

Thing thing(const QString &jid, const QString &name = {})
{
    Thing thing;
    thing.jid = jid;
    thing.name = name;
    return thing;
}

AccessRule rule(const QString &id, const QString &comment = {})
{
    AccessRule rule;
    rule.id = id;
    rule.comment = comment;
    return rule;
}

Change put(const Object &object, Revision base = 0, const std::optional<QString> &after = {})
{
    return { .verb = Change::Verb::Put,
             .key = { objectType(object), objectId(object) },
             .base = base,
             .object = object,
             .after = after };
}

Change removal(const ObjectKey &key, Revision base)
{
    return { .verb = Change::Verb::Remove, .key = key, .base = base, .object = {}, .after = {} };
}

Change move(const QString &id, Revision base, const QString &after)
{
    return { .verb = Change::Verb::Move,
             .key = { ObjectType::AccessRule, id },
             .base = base,
             .object = {},
             .after = after };
}

ChangeSet changeSet(const QList<Change> &changes, const QString &title = u"Because"_s)
{
    return { .id = QUuid::createUuid().toString(QUuid::WithoutBraces), .title = title, .changes = changes };
}

Delivery message(const QString &jid, Delivery::Kind kind, const QString &peer)
{
    Delivery delivery;
    delivery.jid = jid;
    delivery.kind = kind;
    delivery.peer = peer;
    return delivery;
}

/// What follows from any commit: \a owed.
Follow owing(const Owed &owed)
{
    return
        [owed](const QList<VersionedObject> &, const QDateTime &) { return Consequences { .owed = owed }; };
}

const Follow nothing = owing({});

/// One network in which every member of every object is used.
Network everything()
{
    Network network;

    Thing gateway;
    gateway.jid = u"gateway@building.example"_s;
    gateway.kind = ThingKind::Concentrator;
    gateway.name = u"Gateway “Süd”"_s;
    gateway.owner = u"Facility"_s;
    gateway.tags = { u"cellar"_s, u"2nd \"floor\""_s };
    gateway.roles = { u"gateways"_s };
    gateway.comment = u"two\nlines"_s;
    gateway.noted = true;
    Node device;
    device.fields = { { u"Uptime"_s, FieldType::Status } };
    Node node;
    node.ref = { u"n1"_s, u"s1"_s, u"c1"_s };
    node.name = u"Node"_s;
    node.fields = { { u"Energy"_s, FieldType::Momentary | FieldType::HistoricalDay }, { u"Power"_s } };
    node.parameters = { u"Output"_s };
    Node below;
    below.ref.nodeId = u"n2"_s;
    below.parent = node.ref;
    gateway.nodes = { device, node, below };
    network.things = { gateway, thing(u"meter@building.example"_s) };

    Friendship rejected = makeFriendship(u"b@x.example"_s, u"a@x.example"_s, Friendship::State::Rejected);
    rejected.comment = u"never"_s;
    Friendship accepted = makeFriendship(u"a@x.example"_s, u"c@x.example"_s);
    accepted.secondaryTrustAllowed = true;
    network.friendships = { rejected, accepted };

    FriendshipRule friends;
    friends.id = u"friends"_s;
    friends.effect = Effect::Deny;
    friends.one = { Subject::Kind::Domain, u"building.example"_s, {}, {} };
    friends.other = { Subject::Kind::Role, u"visitors"_s, {}, {} };
    friends.secondaryTrustAllowed = true;
    friends.comment = u"rule"_s;
    FriendshipRule everyone;
    everyone.id = u"before 'friends' in the alphabet"_s;
    network.friendshipRules = { friends, everyone };

    AccessRule access;
    access.id = u"z"_s;
    access.effect = Effect::Deny;
    access.subject = { Subject::Kind::Certificate, u"0123456789abcdef"_s.repeated(4), u"user"_s,
                       u"service"_s };
    access.target = { Target::Kind::Device, u"gateway@building.example"_s,
                      NodePattern { u"n1"_s, u""_s, {}, true } };
    access.names = { u"Ener*"_s };
    access.types = FieldType::Momentary | FieldType::HistoricalOther;
    access.from = moment(1).addMSecs(1);
    access.until = moment(2);
    access.comment = u"access"_s;
    AccessRule control = rule(u"a"_s);
    control.action = Action::Control;
    control.target = { Target::Kind::Role, u"gateways"_s, {} };
    network.accessRules = { access, control };

    const QString thumbprint = QString::fromLatin1(
        QCryptographicHash::hash("certificate"_ba, QCryptographicHash::Sha256).toHex());
    network.services = { Service { .id = u"billing@building.example"_s,
                                   .name = u"Billing"_s,
                                   .certificates = { thumbprint },
                                   .access = { { .effect = Effect::Deny,
                                                 .conditions = { { .kind = AccessCondition::Kind::IpAddress,
                                                                   .value = u"10.0.0.0/8"_s } },
                                                 .comment = u"not from inside"_s },
                                               { .conditions = { { .kind = AccessCondition::Kind::Location,
                                                                   .value = {},
                                                                   .latitude = 59.33,
                                                                   .longitude = -18.0625,
                                                                   .metres = 500 } } } } } };
    network.users = { User { .name = u"Kermit"_s, .certificates = {}, .roles = { u"b"_s, u"a"_s } } };
    network.privilegeLists = {
        PrivilegeList { .service = u"billing@building.example"_s, .entries = { { true, u"View"_s } } },
        PrivilegeList { .service = u"billing@building.example"_s,
                        .holder = PrivilegeList::Holder::User,
                        .name = u"Kermit"_s,
                        .entries = { { false, u"Bills.Delete"_s }, { true, u"Bills"_s } } },
    };
    network.privileges = { Privilege {
        .service = u"billing@building.example"_s, .privilege = u"Bills.Delete"_s, .noted = true } };
    network.certificates = { Certificate { .thumbprint = thumbprint,
                                           .der = "certificate"_ba,
                                           .subject = u"CN=Billing"_s,
                                           .notBefore = moment(0),
                                           .notAfter = moment(9),
                                           .revoked = true } };
    network.questions = { Question { u"z@x.example"_s, u"a@x.example"_s, moment(3) } };
    network.containments = { Containment { u"meter@building.example"_s, moment(4), u"compromised"_s } };
    network.policy = Policy { Policy::Unknown::Ask, Policy::Challenge::Interval, 3 };
    network.roleGrants = { RoleGrant { u"root@building.example"_s, AdminRole::Administrator, u"first"_s },
                           RoleGrant { thumbprint, AdminRole::Auditor, {} } };
    std::ranges::sort(network.roleGrants, {}, &RoleGrant::holder);
    return network;
}

QList<Object> objectsOf(const Network &network)
{
    QList<Object> objects;
    const auto add = [&objects](const auto &list) { std::ranges::copy(list, std::back_inserter(objects)); };
    add(network.things);
    add(network.friendships);
    add(network.friendshipRules);
    add(network.accessRules);
    add(network.services);
    add(network.users);
    add(network.privilegeLists);
    add(network.privileges);
    add(network.certificates);
    add(network.questions);
    add(network.containments);
    if (network.policy)
        objects.append(*network.policy);
    add(network.roleGrants);
    return objects;
}

/// Without the ranks, which the store gives.
Network unranked(Network network)
{
    for (FriendshipRule &rule : network.friendshipRules)
        rule.rank = 0;
    for (AccessRule &rule : network.accessRules)
        rule.rank = 0;
    return network;
}

} // namespace

class StoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { test::Databases::addRows(); }
    void init();
    void cleanup() { m_store.reset(); }

    void keepsEverything();
    void importsOnlyIntoAnEmptyStore();
    void failedImportLeavesNothing();
    void createsChangesAndRemoves();
    void normalisesWhatIsPut();
    void conflictNamesEveryObjectThatDiffers();
    void conflictOfAPlaceBehindARuleThatIsGone();
    void repeatedChangeSetAnswersTheFirstResult();
    void badChangeSets_data();
    void badChangeSets();
    void s09_rulesKeepTheOrderThatWasAskedFor();
    void rulesGiveWayWhereThereIsNoRoom();
    void changesInPages();
    void changesOfAnEpochAreComplete();
    void listInPages();
    void searches_data();
    void searches();
    void badPositionsAreRefused();
    void listsRevisions();
    void s23_oneClearCachePerDeviceAndRevision();
    void s23_whatIsOwedComesInOrderAndSurvives();
    void whatACommitPutsAnEndTo();
    void s23_manyAreOwedAtOnce();
    void deliveriesInPages();
    void s08_askersAreRemembered();
    void manyAskersAtOnce();
    void oneBadWriteAmongManyFailsAlone();
    void s03_tokensAreRememberedByTheirHash();
    void importsBesideRoles();
    void auditsEveryObject();
    void auditsWhatSettlesAndWhatIsRefused();
    void historyIsFilteredAndPaged();
    void auditIsAppendOnly();
    void alteredAuditIsNoticed_data();
    void alteredAuditIsNoticed();
    void auditEntryForgedWithItsHashIsNoticed();
    void destroyedStoreFinishesItsWork();
    void lastReferenceMayGoOnItsOwnThread();
    void oneOfTwoThreadsWins();

private:
    void reopen()
    {
        m_store.reset();
        auto store = Store::open(m_url).takeResult(); // leaves no other reference behind
        QVERIFY2(store, store ? "" : qPrintable(store.error().text));
        m_store = *store;
    }
    test::Stored state() { return test::stored(*m_store).value(); }
    /// Commits what must be possible.
    Committed commit(const QList<Change> &changes, const Owed &owed = {})
    {
        const ApplyResult result = m_store->apply(changeSet(changes), admin, owing(owed)).result();
        if (const auto *failure = std::get_if<Failure>(&result))
            qWarning().noquote() << failure->text;
        return std::get<Committed>(result);
    }
    QList<Delivery> deliveries() { return m_store->deliveries(0, 100).result().value().deliveries; }
    QStringList order()
    {
        QStringList ids;
        for (const AccessRule &rule : state().network.accessRules)
            ids.append(rule.id);
        return ids;
    }
    struct Audited
    {
        QString by, operation, objectType, objectId, why, before, after, result;
        qint64 revision;
    };
    QList<Audited> audited()
    {
        QList<Audited> entries;
        store::Connection connection(location());
        store::Query query(
            connection,
            u"SELECT by, operation, object_type, object_id, why, before, after, result, revision "
            "FROM audit ORDER BY id"_s);
        query.run();
        while (query.next())
            entries.append({ query.text(0), query.text(1), query.text(2), query.text(3), query.text(4),
                             query.text(5), query.text(6), query.text(7), query.number(8) });
        return entries;
    }
    store::Location location() const { return store::Location::parse(m_url).value(); }
    /// Lets hands at the audit log.
    static void unlockAudit(store::Connection &connection)
    {
        if (connection.isPostgres())
            return connection.execute(u"DROP TRIGGER audit_only_grows ON audit"_s);
        connection.execute(u"DROP TRIGGER audit_no_update"_s);
        connection.execute(u"DROP TRIGGER audit_no_delete"_s);
    }
    AuditCheck checkAudit() { return m_store->verifyAudit().result().value(); }

    test::Databases m_databases;
    QString m_url;
    std::shared_ptr<Store> m_store;
};

void StoreTest::init()
{
    m_url = m_databases.create();
    reopen();
}

void StoreTest::keepsEverything()
{
    const Network network = everything();
    QCOMPARE(m_store->importNetwork(network, admin).result().value(), 1);

    const test::Stored before = state();
    QCOMPARE(unranked(before.network), network);
    QCOMPARE(before.revision, 1);
    QCOMPARE(before.versions.size(), objectsOf(network).size());
    for (const Revision version : before.versions)
        QCOMPARE(version, 1);
    QVERIFY(!before.epoch.isEmpty());

    reopen();
    const test::Stored after = state();
    QCOMPARE(after.network, before.network);
    QCOMPARE(after.versions, before.versions);
    QCOMPARE(after.epoch, before.epoch);

    // The same objects, when they come one by one.
    m_url = m_databases.create();
    reopen();
    QList<Change> changes;
    for (const Object &object : objectsOf(network))
        changes.append(put(object));
    const Committed committed = commit(changes);
    QCOMPARE(unranked(state().network), network);
    QCOMPARE(committed.objects.size(), changes.size());
    for (const VersionedObject &object : committed.objects)
        QCOMPARE(m_store->object(object.key).result().value(), object);
}

void StoreTest::importsOnlyIntoAnEmptyStore()
{
    commit({ put(thing(u"a@x.example"_s)) });
    const auto imported = m_store->importNetwork(everything(), admin).result();
    QVERIFY(!imported);
    QCOMPARE(imported.error().kind, FailureKind::NotAllowed);
    QCOMPARE(state().network.things.size(), 1);
}

void StoreTest::failedImportLeavesNothing()
{
    Network network = everything();
    network.accessRules.append(network.accessRules.first());
    const auto imported = m_store->importNetwork(network, admin).result();
    QVERIFY(!imported);
    QCOMPARE(imported.error().kind, FailureKind::BadRequest);
    QCOMPARE(state().network, Network());
    QCOMPARE(state().revision, 0);

    QCOMPARE(m_store->importNetwork(everything(), admin).result().value(), 1);
}

void StoreTest::createsChangesAndRemoves()
{
    const ObjectKey meter { ObjectType::Thing, u"meter@x.example"_s };
    const ObjectKey valve { ObjectType::Thing, u"valve@x.example"_s };

    Committed committed = commit({ put(thing(meter.id, u"Meter"_s)), put(thing(valve.id)) });
    QCOMPARE(committed.revision, 1);
    QVERIFY(!committed.repeated);
    QCOMPARE(committed.objects,
             QList<VersionedObject>(
                 { { meter, 1, thing(meter.id, u"Meter"_s) }, { valve, 1, thing(valve.id) } }));

    committed = commit({ put(thing(meter.id, u"Main meter"_s), 1), removal(valve, 1) });
    QCOMPARE(committed.revision, 2);
    QCOMPARE(committed.objects,
             QList<VersionedObject>({ { meter, 2, thing(meter.id, u"Main meter"_s) }, { valve, 2, {} } }));

    test::Stored now = state();
    QCOMPARE(now.network.things, QList<Thing>({ thing(meter.id, u"Main meter"_s) }));
    QCOMPARE(now.versions, (QHash<ObjectKey, Revision>({ { meter, 2 } })));
    QCOMPARE(m_store->object(valve).result().error().kind, FailureKind::ItemNotFound);

    // Undo brings it back, and no trace of the removal stays.
    commit({ put(thing(valve.id)) });
    QCOMPARE(m_store->object(valve).result().value().version, 3);
    QCOMPARE(m_store->changes(1, 10, {}).result().value().objects,
             QList<VersionedObject>(
                 { { meter, 2, thing(meter.id, u"Main meter"_s) }, { valve, 3, thing(valve.id) } }));
}

void StoreTest::normalisesWhatIsPut()
{
    Thing meter = thing(u"meter@x.example"_s);
    meter.tags = { u" cellar "_s, u"cellar"_s };
    commit({ put(meter) });
    QCOMPARE(state().network.things.first().tags, QStringList { u"cellar"_s });
}

void StoreTest::conflictNamesEveryObjectThatDiffers()
{
    commit({ put(thing(u"a@x.example"_s)), put(thing(u"b@x.example"_s)), put(thing(u"c@x.example"_s)) });
    commit(
        { put(thing(u"a@x.example"_s, u"mine"_s), 1), removal({ ObjectType::Thing, u"b@x.example"_s }, 1) });
    const test::Stored before = state();

    const ApplyResult result = m_store
                                   ->apply(changeSet({ put(thing(u"a@x.example"_s, u"yours"_s), 1),
                                                       put(thing(u"b@x.example"_s, u"yours"_s), 1),
                                                       put(thing(u"c@x.example"_s, u"yours"_s)),
                                                       put(thing(u"d@x.example"_s, u"yours"_s)) }),
                                           admin,
                                           owing({ .messages = {}, .clearCaches = { u"a@x.example"_s } }))
                                   .result();
    const auto *conflict = std::get_if<StoreConflict>(&result);
    QVERIFY(conflict);
    QCOMPARE(conflict->current,
             QList<VersionedObject>(
                 { { { ObjectType::Thing, u"a@x.example"_s }, 2, thing(u"a@x.example"_s, u"mine"_s) },
                   { { ObjectType::Thing, u"b@x.example"_s }, 0, {} },
                   { { ObjectType::Thing, u"c@x.example"_s }, 1, thing(u"c@x.example"_s) } }));

    const test::Stored after = state();
    QCOMPARE(after.network, before.network);
    QCOMPARE(after.revision, before.revision);
    QVERIFY(after.owed.isEmpty());

    // The versions in the conflict are those to try again with.
    commit({ put(thing(u"a@x.example"_s, u"yours"_s), 2), put(thing(u"b@x.example"_s, u"yours"_s), 0) });
}

void StoreTest::conflictOfAPlaceBehindARuleThatIsGone()
{
    commit({ put(rule(u"a"_s)), put(rule(u"b"_s)) });
    commit({ removal({ ObjectType::AccessRule, u"a"_s }, 1) });

    const QList<QList<Change>> edits { { move(u"b"_s, 1, u"a"_s) }, { put(rule(u"c"_s), 0, u"a"_s) } };
    for (const QList<Change> &edit : edits) {
        const ApplyResult result = m_store->apply(changeSet(edit), admin, nothing).result();
        const auto *conflict = std::get_if<StoreConflict>(&result);
        QVERIFY(conflict);
        QCOMPARE(conflict->current,
                 QList<VersionedObject>({ { { ObjectType::AccessRule, u"a"_s }, 0, {} } }));
    }
    QCOMPARE(state().revision, 2);
}

void StoreTest::repeatedChangeSetAnswersTheFirstResult()
{
    const ChangeSet edit = changeSet({ put(thing(u"a@x.example"_s)) });
    const auto first = std::get<Committed>(
        m_store
            ->apply(edit, admin,
                    owing({ .messages = {}, .clearCaches = { u"a@x.example"_s, u"b@x.example"_s } }))
            .result());
    commit({ put(thing(u"a@x.example"_s, u"later"_s), 1) });
    reopen();

    const auto second = std::get<Committed>(
        m_store->apply(edit, admin, owing({ .messages = {}, .clearCaches = { u"c@x.example"_s } })).result());
    QVERIFY(second.repeated);
    QCOMPARE(second.changeSetId, first.changeSetId);
    QCOMPARE(second.revision, first.revision);
    QCOMPARE(second.deliveryCount, 2);
    QVERIFY(second.objects.isEmpty());

    const test::Stored now = state();
    QCOMPARE(now.revision, 2);
    QCOMPARE(now.network.things.first().name, u"later"_s);
    QCOMPARE(now.owed, (QStringList { u"a@x.example"_s, u"b@x.example"_s }));
}

void StoreTest::badChangeSets_data()
{
    QTest::addColumn<QList<Change>>("changes");
    QTest::addColumn<QString>("says");

    const Change good = put(thing(u"new@x.example"_s));
    QTest::newRow("object missing") << QList<Change> { good,
                                                       { .verb = Change::Verb::Put,
                                                         .key = { ObjectType::Thing, u"b@x.example"_s },
                                                         .base = 0,
                                                         .object = {},
                                                         .after = {} } }
                                    << u"object is missing"_s;
    Change other = put(thing(u"b@x.example"_s));
    other.key.id = u"c@x.example"_s;
    QTest::newRow("another id") << QList<Change> { good, other } << u"another id"_s;
    other = put(thing(u"b@x.example"_s));
    other.key.type = ObjectType::AccessRule;
    QTest::newRow("another type") << QList<Change> { good, other } << u"another id"_s;
    QTest::newRow("malformed JID") << QList<Change> { good, put(thing(u"b c@x.example"_s)) } << u"jid"_s;
    QTest::newRow("twice") << QList<Change> { good, good } << u"twice"_s;
    QTest::newRow("removal without version")
        << QList<Change> { good, removal({ ObjectType::Thing, u"b@x.example"_s }, 0) } << u"version"_s;
    QTest::newRow("move without version") << QList<Change> { good, move(u"1"_s, 0, {}) } << u"version"_s;
    Change nowhere = move(u"1"_s, 1, {});
    nowhere.after.reset();
    QTest::newRow("move to nowhere") << QList<Change> { good, nowhere } << u"where to"_s;
    QTest::newRow("move of a thing") << QList<Change> { good,
                                                        { .verb = Change::Verb::Move,
                                                          .key = { ObjectType::Thing, u"b@x.example"_s },
                                                          .base = 1,
                                                          .object = {},
                                                          .after = u""_s } }
                                     << u"only rules"_s;
    QTest::newRow("thing behind another")
        << QList<Change> { put(thing(u"b@x.example"_s), 0, u""_s) } << u"only rules"_s;
    QTest::newRow("behind itself") << QList<Change> { good, move(u"1"_s, 1, u"1"_s) } << u"behind itself"_s;
    QTest::newRow("behind one removed before")
        << QList<Change> { good, removal({ ObjectType::AccessRule, u"1"_s }, 1),
                           put(rule(u"3"_s), 0, u"1"_s) }
        << u"removed before"_s;
    QTest::newRow("behind one added later")
        << QList<Change> { good, put(rule(u"3"_s), 0, u"4"_s), put(rule(u"4"_s)) } << u"added later"_s;
}

void StoreTest::badChangeSets()
{
    QFETCH(const QList<Change>, changes);
    QFETCH(const QString, says);
    commit({ put(rule(u"1"_s)), put(rule(u"2"_s)) });

    const ApplyResult result = m_store->apply(changeSet(changes), admin, nothing).result();
    const auto *failure = std::get_if<Failure>(&result);
    QVERIFY(failure);
    QCOMPARE(failure->kind, FailureKind::BadRequest);
    QVERIFY2(failure->text.contains(says), qPrintable(failure->text));
    QCOMPARE(state().revision, 1);
    QVERIFY(state().network.things.isEmpty());
}

void StoreTest::s09_rulesKeepTheOrderThatWasAskedFor()
{
    std::mt19937 random(9);
    const auto below = [&random](qsizetype limit) { return qsizetype(random() % quint32(limit)); };
    QStringList expected;
    QHash<QString, Revision> versions;
    for (int round = 0; round < 120; ++round) {
        QList<Change> changes;
        QSet<QString> used;
        for (qsizetype edit = 0, edits = 1 + below(4); edit < edits; ++edit) {
            const qsizetype verb = expected.isEmpty() ? 0 : below(5);
            const QString id = verb < 2 ? u"rule-%1-%2"_s.arg(round).arg(edit)
                                        : expected[below(expected.size())];
            if (used.contains(id))
                continue;
            used.insert(id);
            if (verb == 4) {
                changes.append(removal({ ObjectType::AccessRule, id }, versions[id]));
                expected.removeOne(id);
                continue;
            }
            expected.removeOne(id);
            const qsizetype place = below(expected.size() + 1);
            const QString after = place == 0 ? QString() : expected[place - 1];
            expected.insert(place, id);
            if (verb < 2)
                changes.append(put(rule(id), 0, after));
            else if (verb == 2)
                changes.append(move(id, versions[id], after));
            else
                changes.append(put(rule(id, u"round %1"_s.arg(round)), versions[id], after));
        }
        const Committed committed = commit(changes);
        for (const VersionedObject &object : committed.objects)
            versions[object.key.id] = object.version;
        QCOMPARE(order(), expected);
    }

    // Without a place: a new rule goes last, a changed one stays.
    commit({ put(rule(u"last"_s)), put(rule(expected.first(), u"stays"_s), versions[expected.first()]) });
    expected.append(u"last"_s);
    QCOMPARE(order(), expected);
}

void StoreTest::rulesGiveWayWhereThereIsNoRoom()
{
    QList<Change> changes;
    QStringList expected;
    for (int i = 0; i < 40; ++i) {
        changes.append(put(rule(u"old-%1"_s.arg(i))));
        expected.append(u"old-%1"_s.arg(i));
    }
    commit(changes);

    // Always at the same place, which halves the room each time.
    int gaveWay = 0;
    for (int i = 0; i < 100; ++i) {
        const test::Stored before = state();
        const QString id = u"new-%1"_s.arg(i);
        const Committed committed = commit({ put(rule(id), 0, u"old-0"_s) });
        expected.insert(1, id);
        gaveWay += int(committed.objects.size()) - 1;

        // A replica that takes over what was committed has the same order as the store.
        QHash<QString, AccessRule> replica;
        for (const AccessRule &rule : before.network.accessRules)
            replica.insert(rule.id, rule);
        for (const VersionedObject &object : committed.objects) {
            QCOMPARE(object.version, committed.revision);
            replica.insert(object.key.id, std::get<AccessRule>(*object.object));
        }
        const test::Stored after = state();
        QCOMPARE(order(), expected);
        for (const AccessRule &rule : after.network.accessRules)
            QCOMPARE(replica.value(rule.id), rule);
        for (const VersionedObject &object : committed.objects)
            QCOMPARE(after.versions.value(object.key), committed.revision);
    }
    QVERIFY(gaveWay > 0);
    QVERIFY2(gaveWay <= 100, qPrintable(QString::number(gaveWay)));
}

void StoreTest::changesInPages()
{
    // Objects of every type at several revisions, among them some with equal versions and removed ones.
    m_store->importNetwork(everything(), admin).waitForFinished();
    QList<Change> changes;
    for (int i = 0; i < 20; ++i)
        changes.append(put(thing(u"t%1@x.example"_s.arg(i))));
    changes.append(put(rule(u"r"_s)));
    commit(changes);
    commit({ removal({ ObjectType::Thing, u"t3@x.example"_s }, 2),
             removal({ ObjectType::AccessRule, u"a"_s }, 1),
             removal({ ObjectType::Friendship, u"a@x.example b@x.example"_s }, 1),
             put(thing(u"t4@x.example"_s, u"new"_s), 2) });

    for (const Revision since : { 0, 1, 2, 3 }) {
        QList<VersionedObject> expected;
        const test::Stored now = state();
        for (const auto &[key, version] : now.versions.asKeyValueRange())
            if (version > since)
                expected.append(m_store->object(key).result().value());
        if (since > 0 && since < 3) {
            expected.append({ { ObjectType::Thing, u"t3@x.example"_s }, 3, {} });
            expected.append({ { ObjectType::AccessRule, u"a"_s }, 3, {} });
            expected.append({ { ObjectType::Friendship, u"a@x.example b@x.example"_s }, 3, {} });
        }
        std::ranges::sort(expected, {}, [](const VersionedObject &object) {
            return std::pair(object.version, object.key);
        });

        for (const int max : { 1, 2, 3, 7, 1000 }) {
            QList<VersionedObject> read;
            QString after;
            for (bool complete = false; !complete;) {
                const Store::ObjectPage page = m_store->changes(since, max, after).result().value();
                QVERIFY(page.objects.size() <= max);
                QCOMPARE(page.revision, 3);
                QCOMPARE(page.epoch, now.epoch);
                if (after.isEmpty())
                    QCOMPARE(page.count, expected.size());
                read += page.objects;
                after = page.last;
                complete = page.complete;
            }
            QCOMPARE(read, expected);
        }
    }
}

void StoreTest::changesOfAnEpochAreComplete()
{
    // A replica that pages while others commit, and then asks for what came since its first page, ends up
    // with what the store has.
    QList<Change> changes;
    for (int i = 0; i < 30; ++i)
        changes.append(put(thing(u"t%1@x.example"_s.arg(i, 2, 10, QChar(u'0')))));
    commit(changes);

    QHash<ObjectKey, VersionedObject> replica;
    const auto fill = [&](Revision since, const std::function<void(int)> &between) {
        Revision start = -1;
        QString after;
        for (int number = 0;; ++number) {
            const Store::ObjectPage page = m_store->changes(since, 4, after).result().value();
            if (start < 0)
                start = page.revision;
            for (const VersionedObject &object : page.objects)
                if (object.object)
                    replica.insert(object.key, object);
                else
                    replica.remove(object.key);
            after = page.last;
            if (page.complete)
                return start;
            between(number);
        }
    };
    Revision known = fill(0, [&](int page) {
        const QString id = u"t%1@x.example"_s.arg(page * 7 % 30, 2, 10, QChar(u'0'));
        const Revision version = state().versions.value({ ObjectType::Thing, id });
        if (version == 0)
            return;
        commit(
            { page % 2 ? put(thing(id, u"changed"_s), version) : removal({ ObjectType::Thing, id }, version),
              put(thing(u"new%1@x.example"_s.arg(page))) });
    });
    known = fill(known, [](int) { });

    QHash<ObjectKey, Revision> versions;
    for (const VersionedObject &object : std::as_const(replica))
        versions.insert(object.key, object.version);
    QCOMPARE(versions, state().versions);
    QCOMPARE(known, state().revision);
}

void StoreTest::listInPages()
{
    QList<Change> changes;
    for (int i = 0; i < 15; ++i) {
        changes.append(put(thing(u"t%1@x.example"_s.arg(i))));
        changes.append(put(rule(u"r %1"_s.arg(i)), 0, u""_s));
    }
    commit(changes);

    for (const ObjectType type : { ObjectType::Thing, ObjectType::AccessRule }) {
        QStringList expected;
        if (type == ObjectType::AccessRule)
            expected = order();
        else
            for (const Thing &thing : state().network.things)
                expected.append(thing.jid);
        for (const int max : { 1, 4, 15, 100 }) {
            QStringList read;
            QString after;
            for (bool complete = false; !complete;) {
                const Store::ObjectPage page =
                    m_store->list({ .type = type }, { .max = max, .after = after }).result().value();
                QVERIFY(page.objects.size() <= max);
                QCOMPARE(page.count.has_value(), after.isEmpty());
                QCOMPARE(page.count.value_or(15), 15);
                for (const VersionedObject &object : page.objects)
                    read.append(object.key.id);
                after = page.last;
                complete = page.complete;
            }
            QCOMPARE(read, expected);
        }
    }
    const Store::ObjectPage none = m_store->list({ .type = ObjectType::Thing }, {}).result().value();
    QVERIFY(none.objects.isEmpty());
    QVERIFY(!none.complete);
    QCOMPARE(none.count, 15);
}

void StoreTest::searches_data()
{
    QTest::addColumn<ObjectType>("type");
    QTest::addColumn<QString>("search");
    QTest::addColumn<QStringList>("found");

    const QString meter = u"meter-1@building.example"_s;
    const QString valve = u"valve_2@building.example"_s;
    QTest::newRow("id") << ObjectType::Thing << u"METER-1@"_s << QStringList { meter };
    QTest::newRow("name, not only ASCII") << ObjectType::Thing << u"KÜHLRAUM"_s << QStringList { meter };
    QTest::newRow("owner") << ObjectType::Thing << u"acme"_s << QStringList { valve };
    QTest::newRow("tag") << ObjectType::Thing << u"cellar"_s << QStringList { meter, valve };
    QTest::newRow("percent is a letter") << ObjectType::Thing << u"%"_s << QStringList { valve };
    QTest::newRow("underscore is a letter") << ObjectType::Thing << u"_2"_s << QStringList { valve };
    QTest::newRow("quotes") << ObjectType::Thing << u"' OR 1 --"_s << QStringList();
    QTest::newRow("friendship") << ObjectType::Friendship << u"Valve_2"_s
                                << QStringList { meter + u' ' + valve };
    QTest::newRow("rule by target") << ObjectType::AccessRule << u"meter-1"_s
                                    << QStringList { u"by target"_s };
    QTest::newRow("rule by name") << ObjectType::AccessRule << u"energy"_s << QStringList { u"by name"_s };
    QTest::newRow("friendship rule") << ObjectType::FriendshipRule << u"visitors"_s
                                     << QStringList { u"friends"_s };
}

void StoreTest::searches()
{
    QFETCH(const ObjectType, type);
    QFETCH(const QString, search);
    QFETCH(const QStringList, found);

    Thing meter = thing(u"meter-1@building.example"_s, u"Kühlraum 100"_s);
    meter.tags = { u"Cellar"_s };
    Thing valve = thing(u"valve_2@building.example"_s, u"100 % open"_s);
    valve.owner = u"ACME"_s;
    valve.tags = { u"cellar"_s };
    AccessRule byTarget = rule(u"by target"_s);
    byTarget.target = { Target::Kind::Device, meter.jid, {} };
    AccessRule byName = rule(u"by name"_s);
    byName.names = { u"Energy"_s };
    FriendshipRule friends;
    friends.id = u"friends"_s;
    friends.other = { Subject::Kind::Role, u"Visitors"_s, {}, {} };
    commit({ put(meter), put(valve), put(makeFriendship(meter.jid, valve.jid)), put(byTarget), put(byName),
             put(friends) });

    const Store::ObjectPage page =
        m_store->list({ .type = type, .search = search }, { .max = 10 }).result().value();
    QStringList ids;
    for (const VersionedObject &object : page.objects)
        ids.append(object.key.id);
    QCOMPARE(ids, found);
    QCOMPARE(page.count, found.size());
    QVERIFY(page.complete);
}

void StoreTest::badPositionsAreRefused()
{
    for (const QString &after : { u"x"_s, u"1"_s, u"one 0 id"_s }) {
        QCOMPARE(m_store->changes(0, 10, after).result().error().kind, FailureKind::BadRequest);
        QCOMPARE(m_store->list({ .type = ObjectType::AccessRule }, { .max = 10, .after = after })
                     .result()
                     .error()
                     .kind,
                 FailureKind::BadRequest);
    }
}

void StoreTest::listsRevisions()
{
    const auto before = QDateTime::currentDateTimeUtc();
    for (int i = 0; i < 5; ++i)
        commit({ put(thing(u"t%1@x.example"_s.arg(i))), put(thing(u"u%1@x.example"_s.arg(i))) });

    Store::RevisionPage page = m_store->revisions(1, 3).result().value();
    QVERIFY(!page.complete);
    QCOMPARE(page.revisions.size(), 3);
    QCOMPARE(page.revisions[0].revision, 2);
    QCOMPARE(page.revisions[0].by, admin.jid);
    QCOMPARE(page.revisions[0].title, u"Because"_s);
    QCOMPARE(page.revisions[0].changes, 2);
    QVERIFY(page.revisions[0].at >= before && page.revisions[0].at <= QDateTime::currentDateTimeUtc());
    page = m_store->revisions(page.revisions.last().revision, 3).result().value();
    QVERIFY(page.complete);
    QCOMPARE(page.revisions.size(), 1);
    QCOMPARE(page.revisions[0].revision, 5);
}

void StoreTest::s23_oneClearCachePerDeviceAndRevision()
{
    const QString a = u"a@x.example"_s;
    const QString b = u"b@x.example"_s;
    const Owed owed { .messages = { message(a, Delivery::Kind::Unfriend, b),
                                    message(a, Delivery::Kind::Unfriend, u"c@x.example"_s),
                                    message(a, Delivery::Kind::Unfriend, b) },
                      .clearCaches = { a, b, a } };
    const Committed first = commit({ put(thing(a)) }, owed);
    QCOMPARE(first.deliveryCount, 4);
    const QList<Delivery> stored = deliveries();
    QCOMPARE(stored.size(), 4);
    QSet<qint64> ids;
    for (const Delivery &delivery : stored) {
        QCOMPARE(delivery.revision, first.revision);
        QVERIFY(delivery.created.isValid());
        ids.insert(delivery.id);
    }
    QCOMPARE(ids.size(), 4);
    QCOMPARE(first.deliverySequence, state().deliverySequence);

    // The next revision owes its own, whatever became of the first.
    const Committed second = commit({ put(thing(a, u"again"_s), 1) },
                                    { .messages = {}, .clearCaches = { a } });
    QCOMPARE(second.deliveryCount, 1);
    QVERIFY(deliveries().last().sequence > stored.last().sequence);
    QCOMPARE(second.deliverySequence, deliveries().last().sequence);
    QCOMPARE(state().owed, (QStringList { a, b }));
}

void StoreTest::s23_whatIsOwedComesInOrderAndSurvives()
{
    const QString a = u"a@x.example"_s;
    const QString b = u"b@x.example"_s;
    commit({ put(thing(a)) }, { .messages = {}, .clearCaches = { a, b } });
    commit({ put(thing(a), 1) },
           { .messages = { message(a, Delivery::Kind::Unfriend, b) }, .clearCaches = { a } });
    reopen();
    const auto owedTo = [this](const QStringList &jids) {
        QStringList owed;
        const auto deliveries = m_store->owedTo(jids).result();
        for (const Delivery &delivery : deliveries.value())
            owed.append(u"%1 %2 %3"_s.arg(delivery.jid).arg(delivery.id).arg(int(delivery.kind)));
        return owed;
    };
    QCOMPARE(owedTo({ b, u"nobody@x.example"_s, a }),
             (QStringList { u"b@x.example 2 0"_s, u"a@x.example 3 2"_s, u"a@x.example 1 0"_s,
                            u"a@x.example 4 0"_s }));

    QList<Delivery> open = m_store->owedTo({ a }).result().value();
    Delivery &sent = open[1];
    sent.state = Delivery::State::Sent;
    sent.attempts = 2;
    sent.sent = moment(1);
    Delivery &done = open[0];
    done.state = Delivery::State::Sent;
    done.settled = moment(2);
    done.jid = u"somebody.else@x.example"_s; // not for the caller to change
    Delivery unknown = sent;
    unknown.id = 77;
    const qint64 sequence = m_store->updateDeliveries({ sent, unknown, done }).result().value();
    QCOMPARE(sequence, state().deliverySequence);
    reopen();
    QCOMPARE(owedTo({ a }), (QStringList { u"a@x.example 1 0"_s, u"a@x.example 4 0"_s }));
    const QList<Delivery> all = deliveries();
    const auto stored = std::ranges::find(all, sent.id, &Delivery::id);
    QCOMPARE(stored->state, Delivery::State::Sent);
    QCOMPARE(stored->attempts, 2);
    QCOMPARE(stored->sent, moment(1));
    QCOMPARE(stored->revision, 1);

    // What is settled stays as it was.
    done.state = Delivery::State::Waiting;
    done.settled = {};
    QCOMPARE(m_store->updateDeliveries({ done }).result().value(), sequence);
    QCOMPARE(owedTo({ a }).size(), 2);
}

void StoreTest::whatACommitPutsAnEndTo()
{
    const Containment containment { .jid = u"a@x.example"_s };
    const Question question { .asker = u"b@x.example"_s, .jid = u"c@x.example"_s, .asked = moment(1) };
    const ObjectKey ended { ObjectType::Containment, objectId(containment) };
    const ObjectKey answered { ObjectType::Question, objectId(question) };
    commit({ { .key = ended, .object = containment }, { .key = answered, .object = question } });
    const QDateTime before = QDateTime::currentDateTimeUtc();

    QList<VersionedObject> seen;
    const Follow follow = [&](const QList<VersionedObject> &objects, const QDateTime &at) {
        seen = objects;
        return at < before ? Consequences {} : Consequences { .removed = { answered, ended }, .owed = {} };
    };
    const auto committed = std::get<Committed>(
        m_store->apply(changeSet({ { .key = ended, .base = 1, .object = containment } }), admin, follow)
            .result());
    QCOMPARE(seen, QList<VersionedObject>({ { ended, 2, containment } }));
    QCOMPARE(committed.objects, QList<VersionedObject>({ { ended, 2, {} }, { answered, 2, {} } }));
    QVERIFY(committed.at >= before);
    QCOMPARE(state().changedAt, committed.at);
    QVERIFY(state().network.questions.isEmpty() && state().network.containments.isEmpty());
    QCOMPARE(m_store->revisions(1, 1).result().value().revisions.first().changes, 3);
    const QList<Audited> entries = audited();
    QCOMPARE(entries.size(), 4);
    QCOMPARE(entries[3].operation, u"remove"_s);
    QCOMPARE(entries[3].objectId, answered.id);
    QVERIFY(!entries[3].before.isEmpty());
    QCOMPARE(entries[3].after, QString());

    // Time may be all that has changed something.
    QCOMPARE(std::get<Committed>(m_store->apply(changeSet({}), admin, nothing).result()).revision, 3);
}

void StoreTest::s23_manyAreOwedAtOnce()
{
    QStringList things;
    for (int i = 0; i < 2500; ++i)
        things.append(u"t%1\"é@x.example"_s.arg(i, 4, 10, QLatin1Char('0')));
    QCOMPARE(
        commit({ put(thing(u"a@x.example"_s)) }, { .messages = {}, .clearCaches = things }).deliveryCount,
        2500);
    QCOMPARE(state().owed, things);
    QCOMPARE(m_store->owedTo(things).result().value().size(), 2500);
    QCOMPARE(state().deliverySequence, 2500);
}

void StoreTest::deliveriesInPages()
{
    Owed owed;
    for (int i = 0; i < 10; ++i)
        owed.clearCaches.append(u"t%1@x.example"_s.arg(i));
    commit({ put(thing(u"a@x.example"_s)) }, owed);
    QList<Delivery> expected = deliveries();
    QCOMPARE(expected.size(), 10);
    Delivery changed = expected.takeAt(2);
    changed.state = Delivery::State::Sent;
    changed.sequence = m_store->updateDeliveries({ changed }).result().value();
    expected.append(changed);

    QList<Delivery> read;
    qint64 after = 0;
    for (bool complete = false; !complete;) {
        const Store::DeliveryPage page = m_store->deliveries(after, 3).result().value();
        read += page.deliveries;
        after = page.deliveries.last().sequence;
        complete = page.complete;
    }
    QCOMPARE(read, expected);
    QVERIFY(m_store->deliveries(after, 3).result().value().deliveries.isEmpty());
}

void StoreTest::s08_askersAreRemembered()
{
    const QString a = u"a@x.example"_s;
    const QString b = u"b@x.example"_s;
    QVERIFY(m_store->noteAskers({ a }, moment(10)).result());
    QVERIFY(m_store->noteAskers({ b }, moment(10)).result());
    // Bulk times only move forward, and make nobody an asker.
    QVERIFY(m_store->touchAskers({ { a, moment(20) }, { b, moment(5) }, { u"c@x.example"_s, moment(20) } })
                .result());
    reopen();
    QCOMPARE(state().askers, (QHash<QString, QDateTime>({ { a, moment(20) }, { b, moment(10) } })));
}

void StoreTest::manyAskersAtOnce()
{
    constexpr int count = 2000;
    QList<QFuture<Result<Revision>>> futures[2];
    std::thread threads[2];
    for (int t = 0; t < 2; ++t) {
        threads[t] = std::thread([&, t] {
            for (int i = 0; i < count; ++i)
                futures[t].append(m_store->noteAskers({ u"t%1-%2@x.example"_s.arg(t).arg(i) }, moment(i)));
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    for (const auto &list : futures)
        for (const QFuture<Result<Revision>> &future : list)
            QVERIFY(future.result());
    QCOMPARE(state().askers.size(), 2 * count);
}

void StoreTest::oneBadWriteAmongManyFailsAlone()
{
    // While the import runs, these gather, and then share a transaction.
    const QFuture<Result<Revision>> import = m_store->importNetwork(everything(), admin);
    QList<QFuture<Result<Revision>>> futures;
    for (int i = 0; i < 50; ++i)
        futures.append(m_store->noteAskers({ u"t%1@x.example"_s.arg(i) }, i == 20 ? QDateTime() : moment(i)));
    for (int i = 0; i < 50; ++i)
        QCOMPARE(futures[i].result().has_value(), i != 20);
    reopen();
    QCOMPARE(state().askers.size(), 49);
}

void StoreTest::s03_tokensAreRememberedByTheirHash()
{
    const auto token = [](char name, const QString &certificate, const QString &service, int seconds) {
        return Token { .hash = QCryptographicHash::hash(QByteArray(1, name), QCryptographicHash::Sha256),
                       .certificate = certificate,
                       .service = service,
                       .jid = u"meter@x.example"_s,
                       .issued = moment(seconds),
                       .used = moment(seconds) };
    };
    const Token first = token('a', u"c1"_s, {}, 1);
    const Token second = token('b', u"c1"_s, {}, 2);
    Token user = token('c', {}, u"portal"_s, 3);
    QVERIFY(m_store->addToken(first, {}).result());
    QVERIFY(m_store->addToken(user, {}).result());
    QVERIFY(m_store->addToken(second, { first.hash }).result());
    QVERIFY(!m_store->addToken(second, { user.hash }).result()); // and nothing else is done of it
    QVERIFY(m_store->setTokenUser(user.hash, u"Kermit"_s).result());
    QVERIFY(m_store->touchTokens({ { user.hash, moment(20) }, { second.hash, moment(-20) } }).result());
    reopen();
    user.user = u"Kermit"_s;
    user.used = moment(20);
    QCOMPARE(state().tokens, (QList<Token> { second, user })); // least recently used first
    QVERIFY(m_store->removeTokens({ second.hash, first.hash }).result());
    QCOMPARE(state().tokens, QList<Token> { user });
}

void StoreTest::importsBesideRoles()
{
    const RoleGrant root { u"root@x.example"_s, AdminRole::Administrator, {} };
    const RoleGrant other { u"other@x.example"_s, AdminRole::Support, {} };
    commit({ put(root), put(other) });
    Network network = everything();
    network.roleGrants = { { u"other@x.example"_s, AdminRole::Auditor, u"says the file"_s } };
    const Result<Revision> imported = m_store->importNetwork(network, admin).result();
    QVERIFY2(imported, imported ? "" : qPrintable(imported.error().text));
    QCOMPARE(*imported, 2);
    QCOMPARE(state().network.roleGrants, (QList<RoleGrant> { network.roleGrants.first(), root }));
    QCOMPARE(state().network.things, network.things);
}

void StoreTest::auditsEveryObject()
{
    commit({ put(thing(u"a@x.example"_s, u"Before"_s)), put(rule(u"1"_s)), put(rule(u"2"_s)) });
    commit({ put(thing(u"a@x.example"_s, u"After"_s), 1), move(u"1"_s, 1, u"2"_s),
             removal({ ObjectType::AccessRule, u"2"_s }, 1) });

    const QList<Audited> entries = audited();
    QCOMPARE(entries.size(), 6);
    const Audited &created = entries[0];
    QCOMPARE(created.by, admin.jid);
    QCOMPARE(created.operation, u"put"_s);
    QCOMPARE(created.objectType, u"thing"_s);
    QCOMPARE(created.objectId, u"a@x.example"_s);
    QCOMPARE(created.why, u"Because"_s);
    QCOMPARE(created.before, QString());
    QCOMPARE(created.after, u"{\"jid\":\"a@x.example\",\"name\":\"Before\"}"_s);
    QCOMPARE(created.result, u"done"_s);
    QCOMPARE(created.revision, 1);
    QCOMPARE(entries[3].before, created.after);
    QVERIFY(entries[3].after.contains(u"After"_s));
    QCOMPARE(entries[4].operation, u"move"_s);
    QCOMPARE(entries[4].before, entries[1].after);
    QVERIFY(entries[4].before != entries[4].after);
    QCOMPARE(entries[5].operation, u"remove"_s);
    QCOMPARE(entries[5].after, QString());
    QCOMPARE(checkAudit().entries, 6);
}

void StoreTest::auditsWhatSettlesAndWhatIsRefused()
{
    commit({ put(thing(u"a@x.example"_s)) },
           { .messages = {}, .clearCaches = { u"a@x.example"_s, u"b@x.example"_s } });
    Delivery failed = deliveries()[1];
    failed.state = Delivery::State::Sent;
    QVERIFY(m_store->updateDeliveries({ failed }).result()); // not settled, not audited
    failed.state = Delivery::State::Failed;
    failed.settled = moment(1);
    failed.error = u"feature-not-implemented"_s;
    QVERIFY(m_store->updateDeliveries({ failed }).result());
    QVERIFY(m_store->updateDeliveries({ failed }).result()); // settled before
    QVERIFY(m_store
                ->auditRefusal({ u"guest@x.example/phone"_s }, u"apply"_s,
                               { FailureKind::Forbidden, u"Guests may not."_s })
                .result());

    const QList<Audited> entries = audited();
    QCOMPARE(entries.size(), 3);
    QCOMPARE(entries[1].operation, u"clear-cache"_s);
    QCOMPARE(entries[1].by, u"b@x.example"_s);
    QCOMPARE(entries[1].after, u"failed"_s);
    QCOMPARE(entries[1].result, u"feature-not-implemented"_s);
    QCOMPARE(entries[1].revision, 1);
    QCOMPARE(entries[2].by, u"guest@x.example/phone"_s);
    QCOMPARE(entries[2].operation, u"apply"_s);
    QVERIFY(entries[2].result.contains(u"Guests may not."_s));
    QCOMPARE(checkAudit().entries, 3);
}

void StoreTest::historyIsFilteredAndPaged()
{
    std::mt19937 random(4);
    const QStringList actors { u"a@x.example/one"_s, u"a@x.example/two"_s, u"a@x.example.org"_s,
                               u"b@x.example"_s };
    QHash<QString, Revision> versions;
    for (int i = 0; i < 40; ++i) {
        const QString id = u"t%1@x.example"_s.arg(random() % 5);
        const Actor actor { actors[qsizetype(random() % 4)] };
        if (random() % 5 == 0) {
            QVERIFY(m_store->auditRefusal(actor, u"apply"_s, { FailureKind::Forbidden, u"No."_s }).result());
            continue;
        }
        const Change change = versions.value(id) && random() % 3 == 0
            ? removal({ ObjectType::Thing, id }, versions.value(id))
            : put(thing(id, QString::number(i)), versions.value(id));
        const ApplyResult result =
            m_store->apply(changeSet({ change }), actor, owing({ .clearCaches = { id } })).result();
        versions[id] = change.verb == Change::Verb::Put ? std::get<Committed>(result).revision : 0;
    }
    QList<Delivery> settled = deliveries();
    for (Delivery &delivery : settled)
        delivery.settled = moment(1);
    QVERIFY(m_store->updateDeliveries(settled).result());

    const auto read = [this](const AuditFilter &filter, int max, bool backwards) {
        QList<AuditRecord> entries;
        Window window { .max = max };
        if (backwards)
            window.before = QString();
        for (bool first = true, complete = false; !complete; first = false) {
            const Store::AuditPage page = m_store->history(filter, window).result().value();
            entries = backwards ? page.entries + entries : entries + page.entries;
            complete = page.complete;
            if (page.count.has_value() != first)
                qFatal("counted every page");
            (backwards ? window.before.emplace() : window.after) = backwards ? page.first : page.last;
        }
        return entries;
    };
    const QList<AuditRecord> all = read({}, 1000, false);
    QCOMPARE(all.size(), checkAudit().entries);
    QCOMPARE(all.last().hash, checkAudit().head);
    QCOMPARE(m_store->history({}, { .max = 1 }).result()->count, all.size());

    const QDateTime from = all[10].at;
    const QDateTime until = all[30].at;
    const QList<AuditFilter> filters {
        {},
        { .object = ObjectKey { ObjectType::Thing, u"t1@x.example"_s } },
        { .by = u"a@x.example"_s },
        { .operation = u"apply"_s },
        { .operation = u"clear-cache"_s },
        { .from = from },
        { .until = until },
        { .by = u"a@x.example"_s, .operation = u"put"_s, .from = from, .until = until },
        { .by = u"nobody@x.example"_s },
        { .from = until.addYears(1) }
    };
    for (const AuditFilter &filter : filters) {
        QList<AuditRecord> expected;
        for (const AuditRecord &entry : all) {
            const bool is = (!filter.object
                             || (entry.objectType == u"thing"_s && entry.objectId == filter.object->id))
                && (filter.by.isEmpty() || entry.by.section(u'/', 0, 0) == filter.by)
                && (filter.operation.isEmpty() || entry.operation == filter.operation)
                && (!filter.from.isValid() || entry.at >= filter.from)
                && (!filter.until.isValid() || entry.at < filter.until);
            if (is)
                expected.append(entry);
        }
        for (const int max : { 1, 3, 1000 }) {
            QCOMPARE(read(filter, max, false), expected);
            QCOMPARE(read(filter, max, true), expected);
        }
    }
    QCOMPARE(m_store->history({}, { .max = 1, .after = u"x"_s }).result().error().kind,
             FailureKind::BadRequest);
}

void StoreTest::auditIsAppendOnly()
{
    commit({ put(thing(u"a@x.example"_s)) });
    m_store.reset();
    store::Connection connection(location());
    for (const QString &sql : { u"UPDATE audit SET why = 'other'"_s, u"DELETE FROM audit"_s }) {
        try {
            connection.execute(sql);
            QFAIL("the audit log was altered");
        } catch (const store::Abort &abort) {
            QVERIFY2(abort.failure.text.contains(u"append-only"_s), qPrintable(abort.failure.text));
        }
    }
}

void StoreTest::alteredAuditIsNoticed_data()
{
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("says");

    for (const char *column : { "at", "by", "operation", "object_type", "object_id", "revision", "why",
                                "before", "after", "result", "hash" })
        QTest::addRow("column %s", column)
            << u"UPDATE audit SET %1 = '7' WHERE id = 2"_s.arg(QLatin1StringView(column)) << u"entry 2 "_s;
    QTest::newRow("text moved to the next column")
        << u"UPDATE audit SET object_type = object_type || object_id, object_id = '' WHERE id = 3"_s
        << u"entry 3 "_s;
    QTest::newRow("first removed") << u"DELETE FROM audit WHERE id = 1"_s << u"entry 1 "_s;
    QTest::newRow("one removed") << u"DELETE FROM audit WHERE id = 3"_s << u"entry 3 "_s;
    QTest::newRow("last removed") << u"DELETE FROM audit WHERE id = 4"_s << u"entry 4 "_s;
    QTest::newRow("all removed") << u"DELETE FROM audit"_s << u"entry 1 "_s;
    QTest::newRow("two swapped")
        << u"UPDATE audit SET id = CASE id WHEN 2 THEN -3 ELSE -2 END WHERE id IN (2, 3);"
           "UPDATE audit SET id = -id WHERE id < 0"_s
        << u"entry 2 "_s;
}

void StoreTest::alteredAuditIsNoticed()
{
    QFETCH(const QString, sql);
    QFETCH(const QString, says);

    commit({ put(thing(u"a@x.example"_s)), put(thing(u"b@x.example"_s)), put(thing(u"c@x.example"_s)),
             put(thing(u"d@x.example"_s)) });
    QCOMPARE(checkAudit().entries, 4);
    m_store.reset();
    {
        store::Connection connection(location());
        unlockAudit(connection);
        for (const QString &statement : sql.split(u';'))
            connection.execute(statement);
    }
    reopen();
    // Going on does not cover it up.
    for (int i = 0; i < 2; ++i) {
        const AuditCheck check = checkAudit();
        QVERIFY(check.firstBroken);
        QVERIFY2(check.why.contains(says), qPrintable(check.why));
        QVERIFY(says.contains(QString::number(*check.firstBroken)));
        commit({ put(thing(u"e%1@x.example"_s.arg(i))) });
    }
}

void StoreTest::auditEntryForgedWithItsHashIsNoticed()
{
    commit({ put(thing(u"a@x.example"_s)), put(thing(u"b@x.example"_s, u"Kühlraum"_s)),
             put(thing(u"c@x.example"_s)) });
    m_store.reset();
    {
        store::Connection connection(location());
        unlockAudit(connection);
        // As auditlog.h says that a hash is made, done anew here.
        const auto hashOfSecond = [&connection] {
            store::Query query(connection,
                               u"SELECT previous.hash, entry.* FROM audit AS entry"
                               " JOIN audit AS previous ON previous.id = entry.id - 1 WHERE entry.id = 2"_s);
            std::ignore = query.run().next();
            QByteArray netstrings;
            for (int column = 0; column < 12; ++column) {
                const QByteArray text = query.text(column).toUtf8();
                netstrings += QByteArray::number(text.size()) + ':' + text + ',';
            }
            const QByteArray hash = QCryptographicHash::hash(netstrings, QCryptographicHash::Sha256).toHex();
            return std::pair(QString::fromLatin1(hash), query.text(12));
        };
        const auto [computed, stored] = hashOfSecond();
        QCOMPARE(computed, stored);

        connection.execute(u"UPDATE audit SET by = 'somebody@x.example/else' WHERE id = 2"_s);
        store::Query(connection, u"UPDATE audit SET hash = ? WHERE id = 2"_s).run(hashOfSecond().first);
    }
    reopen();
    QCOMPARE(checkAudit().firstBroken, 3);
}

void StoreTest::destroyedStoreFinishesItsWork()
{
    QList<QFuture<ApplyResult>> futures;
    for (int i = 0; i < 50; ++i)
        futures.append(m_store->apply(changeSet({ put(thing(u"t%1@x.example"_s.arg(i))) }), admin, nothing));
    QFuture<Result<Revision>> asker = m_store->noteAskers({ u"a@x.example"_s }, moment(1));
    futures[20].cancel(); // nobody waits for it; it was accepted all the same
    m_store.reset();

    for (const QFuture<ApplyResult> &future : futures)
        QVERIFY(future.isFinished());
    QVERIFY(asker.isFinished() && asker.result());
    reopen();
    QCOMPARE(state().revision, 50);
    QCOMPARE(state().network.things.size(), 50);
    QCOMPARE(state().askers.size(), 1);
}

void StoreTest::lastReferenceMayGoOnItsOwnThread()
{
    QFuture<ApplyResult> queued;
    QFuture<Result<StoredState>> loaded = m_store->load();
    QFuture<void> released = loaded.then(
        QtFuture::Launch::Sync, [store = m_store](const Result<StoredState> &) mutable { store.reset(); });
    queued = m_store->apply(changeSet({ put(thing(u"a@x.example"_s)) }), admin, nothing);
    m_store.reset();
    released.waitForFinished();
    QVERIFY(std::holds_alternative<Committed>(queued.result()));
}

void StoreTest::oneOfTwoThreadsWins()
{
    commit({ put(thing(u"a@x.example"_s)) });
    constexpr int rounds = 50;
    QList<ApplyResult> results[2];
    std::thread threads[2];
    for (int t = 0; t < 2; ++t) {
        threads[t] = std::thread([&, t] {
            for (int i = 0; i < rounds; ++i)
                results[t].append(
                    m_store
                        ->apply(changeSet({ put(thing(u"a@x.example"_s, u"%1-%2"_s.arg(t).arg(i)), i + 1) }),
                                admin, nothing)
                        .result());
        });
    }
    for (std::thread &thread : threads)
        thread.join();

    // Both tried to make each revision from the one before: who made it, the other was told.
    int made = 0;
    for (int t = 0; t < 2; ++t) {
        for (const ApplyResult &result : results[t]) {
            QVERIFY(!std::holds_alternative<Failure>(result));
            made += std::holds_alternative<Committed>(result);
        }
    }
    QCOMPARE(made, state().revision - 1);
    QCOMPARE(checkAudit().entries, made + 1);
}

QTEST_GUILESS_MAIN(StoreTest)
#include "tst_store.moc"
