// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/replica.h"
#include "support/liveserver.h"
#include "support/scriptedthing.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

using namespace castellan;
using namespace castellan::replica;
using namespace castellan::tests;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 20'000; // ms; reached only when something is wrong

const QString meter1 = u"meter-1@building.localhost"_s;
const QString meter2 = u"meter-2@building.localhost"_s;
const QString alice = u"alice@building.localhost"_s;
const ObjectKey pairKey { ObjectType::Friendship, friendshipId(alice, meter1) };

/// Between a console and its server; can hold answers back and cut the line.
class Line : public QObject
{
    Q_OBJECT

public:
    explicit Line(quint16 serverPort)
    {
        connect(&m_listener, &QTcpServer::newConnection, this, [this, serverPort] {
            QTcpSocket *console = m_listener.nextPendingConnection();
            auto *server = new QTcpSocket(console);
            server->connectToHost(u"127.0.0.1"_s, serverPort);
            connect(console, &QTcpSocket::readyRead, server, [this, console, server] {
                const QByteArray bytes = console->readAll();
                asked += bytes;
                server->write(bytes);
            });
            connect(server, &QTcpSocket::readyRead, console, [this, console, server] {
                held += server->readAll();
                if (swallowing) {
                    static const QRegularExpression event(u"<message[^>]*><event.*?</message>"_s,
                                                          QRegularExpression::DotMatchesEverythingOption);
                    QString text = QString::fromUtf8(held);
                    swallowed += int(text.count(event));
                    held = text.remove(event).toUtf8();
                }
                passed += held.size();
                if (holdAfter && passed > *holdAfter)
                    holding = true;
                if (!holding)
                    console->write(std::exchange(held, {}));
            });
            connect(this, &Line::released, console,
                    [this, console] { console->write(std::exchange(held, {})); });
            connect(server, &QTcpSocket::disconnected, console, &QTcpSocket::disconnectFromHost);
            connect(console, &QTcpSocket::disconnected, console, &QObject::deleteLater);
            connect(this, &Line::cutNow, console, &QTcpSocket::abort);
        });
        if (!m_listener.listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
    }
    [[nodiscard]] quint16 port() const { return m_listener.serverPort(); }
    void cut() { Q_EMIT cutNow(); }

    void release()
    {
        holding = false;
        Q_EMIT released();
    }

    /// The first request for changes behind byte \a from of what the console has asked.
    [[nodiscard]] QByteArray changesRequest(qsizetype from) const
    {
        const qsizetype start = asked.indexOf("<changes", from);
        const qsizetype end = asked.indexOf("</iq>", start);
        return start < 0 || end < 0 ? QByteArray() : asked.sliced(start, end - start);
    }

    bool holding = false; ///< what the server says does not arrive
    QByteArray held;
    std::optional<qint64> holdAfter; ///< bytes that the server has said
    qint64 passed = 0;
    bool swallowing = false; ///< events do not arrive
    int swallowed = 0;
    QByteArray asked;

Q_SIGNALS:
    void cutNow();
    void released();

private:
    QTcpServer m_listener;
};

Account accountAt(quint16 port, const QString &jid = LiveServer::admin,
                  const QString &password = LiveServer::password)
{
    return { .jid = *Jid::parse(jid),
             .password = password,
             .host = u"127.0.0.1"_s,
             .port = port,
             .server = *Jid::parse(LiveServer::domain) };
}

/// Waits for a future's Result.
template<typename T>
Result<T> await(QFuture<Result<T>> future)
{
    if (!QTest::qWaitFor([&] { return future.isFinished(); }, patience))
        return fail(FailureKind::Timeout, u"the future does not finish"_s);
    return future.result();
}

bool isOnline(const Replica &replica)
{
    return replica.state() == Replica::State::Online;
}

VersionedObject objectIn(const Replica &replica, const ObjectKey &key)
{
    const auto objects = await(replica.objects({ key }));
    return objects ? objects->first() : VersionedObject();
}

QStringList ruleIds(const Replica &replica)
{
    QStringList ids;
    const auto page = await(replica.rules({}));
    if (page) {
        for (const RuleRow &row : page->rows)
            ids.append(row.rule.id);
    }
    return ids;
}

bool unfriend(Replica &replica)
{
    const VersionedObject base = objectIn(replica, pairKey);
    replica.draft().remove(base);
    return base.object.has_value() && replica.draft().state().edits.contains(pairKey);
}

/// What a console does that is killed in the middle of it; see main().
int playConsole(const QStringList &arguments)
{
    const QString folder = arguments.at(2);
    const auto port = arguments.at(3).toUShort();
    const bool push = arguments.at(4) == "push"_L1;
    Replica replica(accountAt(port), folder);
    if (!QTest::qWaitFor([&] { return isOnline(replica); }, patience))
        return 1;
    if (!unfriend(replica))
        return 2;
    const VersionedObject rule = objectIn(replica, { ObjectType::AccessRule, u"read-2"_s });
    replica.draft().move(rule, u""_s);
    replica.draft().undo();
    if (push) {
        QTextStream(stdout) << "ready to push" << Qt::endl;
        QTextStream(stdin).readLine();
        replica.draft().push(u"by the dead"_s);
    }
    if (!QTest::qWaitFor([&] { return replica.draft().isSaved(); }, patience))
        return 3;
    QTextStream(stdout) << "done" << Qt::endl;
    return QCoreApplication::exec();
}

} // namespace

class TestReplica : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_server = std::make_unique<LiveServer>(smallNetwork());
        QVERIFY(m_server->start());
    }
    void cleanup()
    {
        m_replica.reset();
        m_other.reset();
        m_server.reset();
        m_folder.reset();
    }

    void fillsAndCanBeReadOffline()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(m_replica->capabilities());
        QCOMPARE(m_replica->capabilities()->role, AdminRole::Administrator);
        QVERIFY(m_replica->revision() > 0);
        const auto counts = await(m_replica->counts());
        QVERIFY(counts);
        QCOMPARE(counts->things, 4);
        QCOMPARE(counts->friendships, 2);
        QCOMPARE(counts->rules, 3);
        QCOMPARE(ruleIds(*m_replica), (QStringList { u"read-1"_s, u"read-2"_s, u"read-3"_s }));
        m_replica.reset();

        m_server->kill();
        m_replica = open();
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Offline, patience);
        QVERIFY(!m_replica->failure()->text.isEmpty());
        QVERIFY(m_replica->revision() > 0);
        QCOMPARE(await(m_replica->counts())->things, 4);
        const auto portrait = await(m_replica->thing(meter1));
        QVERIFY(portrait);
        QCOMPARE(portrait->thing, smallNetwork().things.first());
        m_replica->draft().push(u"t"_s); // nothing to push, nothing happens
        QVERIFY(!m_replica->draft().isPushing());

        QVERIFY(unfriend(*m_replica));
        QSignalSpy failed(&m_replica->draft(), &ChangeDraft::pushFailed);
        m_replica->draft().push(u"t"_s);
        QCOMPARE(failed.size(), 1);
        QVERIFY(!m_replica->draft().state().edits.isEmpty());

        QVERIFY(m_server->start());
        m_replica->retry();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(!m_replica->failure());
    }

    void wrongPassword()
    {
        m_replica = std::make_unique<Replica>(accountAt(m_server->port(), LiveServer::admin, u"wrong"_s),
                                              folder());
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Refused, patience);
        QVERIFY2(m_replica->failure()->text.contains(u"password"), qPrintable(m_replica->failure()->text));
        QCOMPARE(m_replica->revision(), 0);
    }

    void notAnAdministrator()
    {
        m_replica = open(u"stranger@building.localhost"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Refused, patience);
        QCOMPARE(m_replica->failure()->kind, FailureKind::Forbidden);
    }

    void nobodyThere()
    {
        const quint16 port = m_server->port();
        m_server->kill();
        m_replica = std::make_unique<Replica>(accountAt(port), folder());
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Offline, patience);
        QVERIFY2(m_replica->failure()->text.contains(u"127.0.0.1"), qPrintable(m_replica->failure()->text));
        QVERIFY(m_server->start());
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience); // of its own accord
    }

    void whatAnotherConsoleDoesArrives()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);

        QSignalSpy pushed(&m_other->draft(), &ChangeDraft::pushed);
        const Friendship pair = makeFriendship(meter1, meter2);
        m_other->draft().put(
            { .key = { ObjectType::Friendship, objectId(pair) }, .version = 0, .object = {} }, pair);
        const VersionedObject rule = objectIn(*m_other, { ObjectType::AccessRule, u"read-3"_s });
        m_other->draft().move(rule, u""_s);
        AccessRule added { .id = u"new"_s, .subject = { Subject::Kind::Everyone }, .names = { u"Energy"_s } };
        m_other->draft().put({ .key = { ObjectType::AccessRule, added.id }, .version = 0, .object = {} },
                             added);
        m_other->draft().move({ .key = { ObjectType::AccessRule, added.id }, .version = 0, .object = {} },
                              u"read-1"_s);
        const QStringList drafted = ruleIds(*m_other);
        QCOMPARE(drafted, (QStringList { u"read-3"_s, u"read-1"_s, u"new"_s, u"read-2"_s }));
        m_other->draft().push(u"together"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QVERIFY(m_other->draft().state() == DraftState());
        QVERIFY(!m_other->draft().canUndo());
        QCOMPARE(ruleIds(*m_other), drafted); // no moment in which the edits are gone and the copy is old

        QTRY_COMPARE_WITH_TIMEOUT(m_replica->revision(), m_other->revision(), patience);
        QCOMPARE(ruleIds(*m_replica), drafted);
        QVERIFY(objectIn(*m_replica, { ObjectType::Friendship, objectId(pair) }).object);
        QTRY_COMPARE_WITH_TIMEOUT(await(m_replica->pushes(0, 10))->rows.size(), 0,
                                  patience); // nobody had asked
    }

    void unfriendedThingsAcknowledge()
    {
        ScriptedThing here(meter1, m_server->port());
        ScriptedThing away(alice, m_server->port());
        for (ScriptedThing *thing : { &here, &away }) {
            thing->connectToServer();
            QTRY_VERIFY_WITH_TIMEOUT(thing->isConnected(), patience);
            QSignalSpy answered(thing, &ScriptedThing::answered);
            thing->askFriend(thing == &here ? alice : meter1);
            QTRY_COMPARE_WITH_TIMEOUT(answered.size(), 1, patience);
            QCOMPARE(answered.first().first().toBool(), true);
        }
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QCOMPARE(await(m_replica->counts())->online, 2);
        away.disconnectFromServer();
        QTRY_COMPARE_WITH_TIMEOUT(await(m_replica->counts())->online, 1, patience); // by an event

        QVERIFY(unfriend(*m_replica));
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        m_replica->draft().push(u"contain the meter"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);

        const auto push = [&] {
            const auto page = await(m_replica->pushes(0, 10));
            return page && !page->rows.isEmpty() ? page->rows.first() : PushRow();
        };
        QTRY_COMPARE_WITH_TIMEOUT(push().acknowledged, 1, patience);
        QCOMPARE(push().total, 2);
        QCOMPARE(push().waiting, 1);
        QCOMPARE(push().revision.title, u"contain the meter"_s);
        QCOMPARE(here.clearCaches, 1);
        QTRY_COMPARE_WITH_TIMEOUT(here.unfriended, QStringList { alice }, patience);
        QSignalSpy answered(&here, &ScriptedThing::answered);
        here.askFriend(alice);
        QTRY_COMPARE_WITH_TIMEOUT(answered.size(), 1, patience);
        QCOMPARE(answered.first().first().toBool(), false);

        away.connectToServer();
        QTRY_COMPARE_WITH_TIMEOUT(push().acknowledged, 2, patience);
        QCOMPARE(away.clearCaches, 1);
        QCOMPARE(await(m_replica->counts())->openDeliveries, 0);
        const auto devices = await(m_replica->deliveries(push().revision.revision, 0, 10));
        QVERIFY(devices);
        QCOMPARE(std::ranges::count_if(devices->rows,
                                       [](const DeliveryRow &row) {
                                           return row.delivery.kind == Delivery::Kind::ClearCache
                                               && row.delivery.state == Delivery::State::Acknowledged
                                               && row.delivery.settled.isValid();
                                       }),
                 2);
    }

    void conflictsAreResolved()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);

        const auto edit = [](Replica &replica, const QString &id, const QString &comment) {
            const VersionedObject base = objectIn(replica, { ObjectType::AccessRule, id });
            AccessRule rule = std::get<AccessRule>(*base.object);
            rule.comment = comment;
            replica.draft().put(base, rule);
        };
        const auto comment = [&](const QString &id) {
            return std::get<AccessRule>(*objectIn(*m_replica, { ObjectType::AccessRule, id }).object).comment;
        };
        const ObjectKey one { ObjectType::AccessRule, u"read-1"_s };
        const ObjectKey two { ObjectType::AccessRule, u"read-2"_s };
        edit(*m_replica, u"read-1"_s, u"mine"_s);
        edit(*m_replica, u"read-2"_s, u"mine"_s);
        edit(*m_replica, u"read-3"_s, u"the same"_s);

        QSignalSpy theirsPushed(&m_other->draft(), &ChangeDraft::pushed);
        for (const QString &id : { u"read-1"_s, u"read-2"_s })
            edit(*m_other, id, u"theirs"_s);
        edit(*m_other, u"read-3"_s, u"the same"_s);
        m_other->draft().push(u"theirs"_s);
        QTRY_COMPARE_WITH_TIMEOUT(theirsPushed.size(), 1, patience);

        // Seen before anything is pushed; what both did alike is no edit any more
        ChangeDraft &draft = m_replica->draft();
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 2, patience);
        QCOMPARE(draft.state().edits.size(), 2);
        QCOMPARE(std::get<AccessRule>(*draft.theirs(one)->object).comment, u"theirs"_s);
        QSignalSpy failed(&draft, &ChangeDraft::pushFailed);
        draft.push(u"mine"_s);
        QCOMPARE(failed.size(), 1);

        draft.keepMine(one);
        draft.takeTheirs(two);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 0, patience);
        draft.undo(); // a resolution is an edit like any other
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 1, patience);
        draft.redo();
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 0, patience);
        QSignalSpy pushed(&draft, &ChangeDraft::pushed);
        draft.push(u"mine"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(comment(u"read-1"_s), u"mine"_s);
        QCOMPARE(comment(u"read-2"_s), u"theirs"_s);
    }

    void aConflictThatOnlyThePushFinds()
    {
        Line line(m_server->port());
        m_other = open(LiveServer::otherAdmin);
        m_replica = std::make_unique<Replica>(accountAt(line.port()), folder());
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        const ObjectKey key { ObjectType::AccessRule, u"read-1"_s };
        VersionedObject base = objectIn(*m_replica, key);
        AccessRule rule = std::get<AccessRule>(*base.object);
        rule.comment = u"mine"_s;
        m_replica->draft().put(base, rule);

        line.holding = true;
        QSignalSpy theirsPushed(&m_other->draft(), &ChangeDraft::pushed);
        rule.comment = u"theirs"_s;
        m_other->draft().put(base, rule);
        m_other->draft().push(u"theirs"_s);
        QTRY_COMPARE_WITH_TIMEOUT(theirsPushed.size(), 1, patience);
        ChangeDraft &draft = m_replica->draft();
        QCOMPARE(draft.conflicts(), 0);
        QSignalSpy failed(&draft, &ChangeDraft::pushFailed);
        draft.push(u"mine"_s);
        QTRY_VERIFY_WITH_TIMEOUT(line.held.contains("<conflicts"), patience);
        line.release();
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
        QVERIFY(!draft.isPushing());
        QCOMPARE(draft.conflicts(), 1);
        QCOMPARE(std::get<AccessRule>(*draft.theirs(key)->object).comment, u"theirs"_s);

        draft.keepMine(key);
        QSignalSpy pushed(&draft, &ChangeDraft::pushed);
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->revision(), m_other->revision(), patience);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 0, patience);
        draft.push(u"mine"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(std::get<AccessRule>(*objectIn(*m_replica, key).object).comment, u"mine"_s);
    }

    void aRuleWhoseNeighbourIsGone()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        ChangeDraft &draft = m_replica->draft();
        const ObjectKey moved { ObjectType::AccessRule, u"read-1"_s };
        draft.move(objectIn(*m_replica, moved), u"read-2"_s);

        const ObjectKey neighbour { ObjectType::AccessRule, u"read-2"_s };
        m_other->draft().remove(objectIn(*m_other, neighbour));
        m_other->draft().push(u"tidy up"_s);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 1, patience);
        QCOMPARE(draft.theirs(moved)->key, neighbour);
        draft.keepMine(moved); // goes last
        QCOMPARE(ruleIds(*m_replica), (QStringList { u"read-3"_s, u"read-1"_s }));
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 0, patience);
        QSignalSpy pushed(&draft, &ChangeDraft::pushed);
        draft.push(u"last"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(ruleIds(*m_replica), (QStringList { u"read-3"_s, u"read-1"_s }));
    }

    void aConsoleKilledWhileEditing()
    {
        QProcess console;
        QVERIFY(startConsole(console, u"edit"_s));
        QVERIFY(waitForLine(console, "done"));
        kill(console);

        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->draft().canUndo(), patience);
        const ChangeDraft &draft = m_replica->draft();
        QCOMPARE(draft.state().edits.keys(), QList { pairKey });
        QVERIFY(draft.canRedo());
        m_replica->draft().redo();
        QCOMPARE(draft.state().edits.size(), 2);
        m_replica->draft().undo();
        m_replica->draft().undo();
        QVERIFY(draft.state() == DraftState());
    }

    void aConsoleKilledWhilePushing()
    {
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_other), patience);
        const Revision before = m_other->revision();

        QProcess console;
        QVERIFY(startConsole(console, u"push"_s));
        QVERIFY(waitForLine(console, "ready to push"));
        m_server->freeze();
        console.write("go\n");
        QVERIFY(waitForLine(console, "done"));
        kill(console);
        m_server->thaw();

        // Whether the server got it or not: it is committed once.
        m_replica = open();
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(m_replica->revision(), before + 1);
        QVERIFY(!objectIn(*m_replica, pairKey).object);
        QVERIFY(m_replica->draft().state() == DraftState());
    }

    void aServerThatDiesDuringAPush()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(unfriend(*m_replica));
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        const Revision before = m_replica->revision();
        m_server->freeze();
        m_replica->draft().push(u"into the void"_s);
        QVERIFY(m_replica->draft().isPushing());
        m_replica->draft().discardAll(); // not now
        QVERIFY(!m_replica->draft().state().edits.isEmpty());
        m_server->kill();
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Offline, patience);
        QVERIFY(m_replica->draft().isPushing());
        QVERIFY(m_server->start());
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(m_replica->revision(), before + 1);
        QVERIFY(!objectIn(*m_replica, pairKey).object);
    }

    void anAnswerThatIsLost()
    {
        Line line(m_server->port());
        m_other = open(LiveServer::otherAdmin);
        m_replica = std::make_unique<Replica>(accountAt(line.port()), folder());
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        QVERIFY(unfriend(*m_replica));
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        const Revision before = m_other->revision();
        line.holding = true;
        m_replica->draft().push(u"once"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_other->revision(), before + 1, patience); // it was applied
        line.cut();
        line.holding = false;
        line.held.clear();
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(pushed.first().first().toLongLong(), before + 1);
        QCOMPARE(m_replica->revision(), before + 1);
    }

    void aServerThatIsNotTheSameAnyMore()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(unfriend(*m_replica));
        m_server->kill();
        Network other = smallNetwork();
        other.things.removeFirst();
        other.friendships.clear();
        m_server->replace(other);
        QVERIFY(m_server->start());
        QTRY_VERIFY_WITH_TIMEOUT(await(m_replica->counts())->things == 3 && isOnline(*m_replica), patience);
        QCOMPARE(await(m_replica->counts())->friendships, 0);
        // The pair is gone already: nothing is left to do.
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->draft().state().edits.isEmpty(), patience);
    }

    void aTransferIsResumed_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *how : { "cut", "restarted", "cancelled" })
            QTest::newRow(how) << QString::fromLatin1(how);
    }
    void aTransferIsResumed()
    {
        QFETCH(QString, how);
        constexpr int things = 3000;
        useLargeNetwork(things);
        Line line(m_server->port());
        line.holdAfter = 300'000; // about a third
        m_replica = std::make_unique<Replica>(accountAt(line.port()), folder());
        QTRY_VERIFY_WITH_TIMEOUT(line.holding, patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->progress() > 0, patience);
        QCOMPARE(m_replica->state(), Replica::State::Synchronising);
        QVERIFY(line.changesRequest(0).contains("since=\"0\""));
        QVERIFY(!line.changesRequest(0).contains("<after>"));
        const qsizetype before = line.asked.size();
        const double progress = m_replica->progress();

        line.holdAfter.reset();
        line.holding = false;
        if (how == "cancelled"_L1) {
            m_replica->cancel();
            QTRY_COMPARE_WITH_TIMEOUT(m_replica->state(), Replica::State::Cancelled, patience);
            QVERIFY(!m_replica->failure()->text.isEmpty());
            QCOMPARE(m_replica->revision(), 0);
            const auto counts = await(m_replica->counts()); // what there is can be read
            QVERIFY(counts && counts->things > 0 && counts->things < things);
            line.held.clear();
            m_replica->retry();
        } else if (how == "restarted"_L1) {
            m_replica.reset();
            line.held.clear();
            m_replica = std::make_unique<Replica>(accountAt(line.port()), folder());
        } else {
            line.held.clear();
            line.cut();
        }
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(progress < 0.9);
        const QByteArray resumed = line.changesRequest(before);
        QVERIFY2(resumed.contains("<after>"), resumed);
        QCOMPARE(await(m_replica->counts())->things, things + 4);
        QVERIFY(m_replica->revision() > 0);
        const auto last = await(m_replica->things({ .search = u"spare-2999"_s }));
        QVERIFY(last);
        QCOMPARE(last->total, 1);
    }

    void anEventThatIsLost()
    {
        Line line(m_server->port());
        m_other = open(LiveServer::otherAdmin);
        m_replica = std::make_unique<Replica>(accountAt(line.port()), folder());
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        const auto comment = [&](const QString &text) {
            QSignalSpy pushed(&m_other->draft(), &ChangeDraft::pushed);
            const ObjectKey key { ObjectType::AccessRule, text };
            m_other->draft().remove(objectIn(*m_other, key));
            m_other->draft().push(text);
            return pushed.wait(patience);
        };
        line.swallowing = true;
        QVERIFY(comment(u"read-1"_s));
        QTRY_VERIFY_WITH_TIMEOUT(line.swallowed > 0, patience);
        QCOMPARE(ruleIds(*m_replica).size(), 3);
        line.swallowing = false;
        QVERIFY(comment(u"read-3"_s));
        QTRY_COMPARE_WITH_TIMEOUT(ruleIds(*m_replica), QStringList { u"read-2"_s }, patience);
        QCOMPARE(m_replica->revision(), m_other->revision());
    }

    /// As it was before, with commits forgotten that we know of.
    void aServerThatForgot()
    {
        m_server->kill();
        m_server->keep();
        QVERIFY(m_server->start());
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(unfriend(*m_replica));
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        m_replica->draft().push(u"to be forgotten"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QVERIFY(!objectIn(*m_replica, pairKey).object);

        m_server->kill();
        m_server->takeBack();
        QVERIFY(m_server->start());
        m_replica->retry();
        QTRY_VERIFY_WITH_TIMEOUT(objectIn(*m_replica, pairKey).object && isOnline(*m_replica), patience);
        QCOMPARE(await(m_replica->counts())->friendships, 2);
    }

    void aFileDamagedInTheMiddle()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(unfriend(*m_replica));
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->draft().isSaved(), patience);
        m_replica.reset();

        const QStringList files = QDir(folder()).entryList({ u"*.sqlite"_s });
        QCOMPARE(files.size(), 1);
        QFile file(folder() + u'/' + files.first());
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QByteArray content = file.readAll();
        const qsizetype place = content.indexOf("<thing"); // in the table of things
        QVERIFY(place > 4096);
        QVERIFY(file.seek(place / 4096 * 4096));
        file.write(QByteArray(4096, 'x'));
        file.close();

        m_replica = open();
        QVERIFY(!await(m_replica->thing(meter1)));
        QTRY_VERIFY_WITH_TIMEOUT(await(m_replica->thing(meter1)) && isOnline(*m_replica), patience);
        QCOMPARE(m_replica->draft().state().edits.keys(), QList { pairKey });
        m_replica.reset();
        m_replica = open();
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->draft().state().edits.keys(), QList { pairKey }, patience);
    }

    void twoConsolesOfOneAccount()
    {
        m_replica = open();
        m_other = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        QVERIFY(unfriend(*m_replica));
        QVERIFY(m_other->draft().state().edits.isEmpty()); // each has a draft of its own
        m_replica->draft().push(u"one"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!objectIn(*m_other, pairKey).object, patience);
    }

private:
    [[nodiscard]] QString folder() const { return m_folder->path(); }

    std::unique_ptr<Replica> open(const QString &jid = LiveServer::admin)
    {
        return std::make_unique<Replica>(accountAt(m_server->port(), jid), folder());
    }

    void useLargeNetwork(int things)
    {
        m_server->kill();
        Network network = smallNetwork();
        for (int i = 0; i < things; ++i) {
            network.things.append({ .jid = u"spare-%1@building.localhost"_s.arg(i),
                                    .comment = u"waits in the store room until somebody needs it"_s });
        }
        m_server->replace(network);
        QVERIFY(m_server->start());
    }

    bool startConsole(QProcess &console, const QString &what)
    {
        console.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        console.start(QCoreApplication::applicationFilePath(),
                      { u"--console"_s, folder(), QString::number(m_server->port()), what });
        return console.waitForStarted();
    }

    static bool waitForLine(QProcess &process, const QByteArray &line)
    {
        return QTest::qWaitFor([&] { return process.canReadLine() && process.readLine().trimmed() == line; },
                               patience);
    }

    static void kill(QProcess &process)
    {
        process.kill();
        process.waitForFinished();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<LiveServer> m_server;
    std::unique_ptr<Replica> m_replica;
    std::unique_ptr<Replica> m_other;
};

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    if (argc > 1 && qstrcmp(argv[1], "--console") == 0)
        return playConsole(QCoreApplication::arguments());
    TestReplica test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_replica.moc"
