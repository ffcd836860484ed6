// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "console.h"
#include "replica/database.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>

#include <memory>

using namespace castellan;
using namespace castellan::replica;
using namespace castellan::tests;
using namespace Qt::StringLiterals;

namespace {

const ObjectKey firstRule { ObjectType::AccessRule, u"read-1"_s };

/// Finds where stanzas end in one direction of a connection.
class StanzaScanner
{
public:
    /// True if \a c is the last character of a stanza.
    bool feed(char c)
    {
        if (m_quote) {
            if (c == m_quote)
                m_quote = 0;
            m_tag += c;
            return false;
        }
        if (m_tag.isEmpty()) {
            if (c == '<')
                m_tag = "<";
            return false;
        }
        m_tag += c;
        if (c == '"' || c == '\'')
            m_quote = c;
        if (c != '>')
            return false;
        const QByteArray tag = std::exchange(m_tag, {});
        if (tag.startsWith("<?"))
            return false;
        if (tag.startsWith("<stream:stream")) {
            m_depth = 0; // again after signing in
            return false;
        }
        if (tag.startsWith("</"))
            --m_depth;
        else if (!tag.endsWith("/>"))
            ++m_depth;
        return m_depth == 0;
    }

private:
    QByteArray m_tag;
    char m_quote = 0;
    int m_depth = 0;
};

/// Between a console and its server; cuts the line when a given number of stanzas has passed, in whichever
/// direction. What has passed arrives; nothing behind it does.
class Relay : public QObject
{
    Q_OBJECT

public:
    explicit Relay(quint16 serverPort)
    {
        connect(&m_listener, &QTcpServer::newConnection, this, [this, serverPort] {
            QTcpSocket *console = m_listener.nextPendingConnection();
            auto *server = new QTcpSocket(console);
            server->connectToHost(u"127.0.0.1"_s, serverPort);
            pass(console, server);
            pass(server, console, &m_holding);
            connect(server, &QTcpSocket::disconnected, console, &QTcpSocket::disconnectFromHost);
            connect(console, &QTcpSocket::disconnected, server, &QTcpSocket::disconnectFromHost);
            connect(console, &QTcpSocket::disconnected, console, [console, server] {
                if (server->state() == QTcpSocket::UnconnectedState)
                    console->deleteLater();
                else
                    connect(server, &QTcpSocket::disconnected, console, &QObject::deleteLater);
            });
        });
        if (!m_listener.listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
    }
    [[nodiscard]] quint16 port() const { return m_listener.serverPort(); }

    /// Lets \a count more stanzas pass on the connection there is, and no byte behind them.
    void cutAfter(int count) { m_left = count; }
    [[nodiscard]] bool hasCut() const { return !m_left; }
    void stopCutting() { m_left.reset(); }
    /// What the server says does not arrive any more; it gets lost in the next cut.
    void hold() { m_holding = true; }

private:
    void pass(QTcpSocket *from, QTcpSocket *to, const bool *holding = nullptr)
    {
        auto scanner = std::make_shared<StanzaScanner>();
        connect(from, &QTcpSocket::readyRead, to, [this, from, to, scanner, holding] {
            if (holding && *holding)
                return;
            const QByteArray bytes = from->readAll();
            qsizetype passed = 0;
            for (; passed < bytes.size() && m_left != 0; ++passed) {
                if (scanner->feed(bytes.at(passed)) && m_left)
                    --*m_left;
            }
            to->write(bytes.first(passed));
            if (m_left != 0)
                return;
            m_left.reset(); // the next connection is a good one
            m_holding = false;
            from->abort();
            to->disconnectFromHost(); // when all is written
        });
    }

    QTcpServer m_listener;
    std::optional<int> m_left;
    bool m_holding = false;
};

/// The edits of a console that is killed while it makes them: the \a number-th. Undone: none.
std::optional<DraftState> nextEdit(const DraftState &state, int number)
{
    if (number % 7 == 6)
        return {};
    DraftState next = state;
    const auto absent = [](const Object &object) {
        return VersionedObject { .key = { objectType(object), objectId(object) },
                                 .version = 0,
                                 .object = {} };
    };
    const auto put = [&](const Object &object) { next.put(absent(object), object); };
    const QString id = u"n%1"_s.arg(number % 20);
    switch (number % 6) {
    case 0:
        put(AccessRule { .id = id, .comment = QString::number(number) });
        break;
    case 1:
        put(Thing { .jid = id + u"@building.localhost"_s, .tags = { QString::number(number) } });
        break;
    case 2:
        put(User { .name = id, .comment = QString::number(number) });
        break;
    case 3:
        next.move(absent(AccessRule { .id = u"n%1"_s.arg((number - 3) % 20) }), u"read-2"_s);
        break;
    case 4:
        put(Containment { .jid = id + u"@building.localhost"_s, .comment = QString::number(number) });
        break;
    default:
        if (!next.edits.isEmpty())
            next.discard(next.edits.firstKey());
    }
    return next;
}

/// Edits and edits, and says what is saved, until it is killed.
int playConsole(const QStringList &arguments)
{
    Replica replica(accountAt(arguments.at(3).toUShort()), arguments.at(2));
    ChangeDraft &draft = replica.draft();
    QSignalSpy loaded(&draft, &ChangeDraft::setsChanged);
    if (!QTest::qWaitFor([&] { return !loaded.isEmpty() && isOnline(replica); }, patience))
        return 1;
    QTextStream out(stdout);
    for (int number = 0;; ++number) {
        if (const auto next = nextEdit(draft.state(), number))
            draft.become(*next);
        else
            draft.undo();
        // Several edits are on their way to the disk at once.
        if (number % 5 == 4) {
            if (!QTest::qWaitFor([&] { return draft.isSaved(); }, patience))
                return 2;
            out << number + 1 << Qt::endl;
        }
    }
}

} // namespace

class TestChangeSets : public QObject
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

    void severalAtOnce()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        ChangeDraft &draft = m_replica->draft();
        const qint64 first = draft.currentSet();
        change(firstRule, u"first"_s);
        draft.createSet(u"Roof"_s);
        const qint64 roof = draft.currentSet();
        QVERIFY(draft.state().edits.isEmpty());
        QVERIFY(!draft.canUndo());
        const ObjectKey secondRule { ObjectType::AccessRule, u"read-2"_s };
        change(secondRule, u"roof"_s);
        const ObjectKey pair { ObjectType::Friendship,
                               friendshipId(u"alice@building.localhost"_s, u"meter-1@building.localhost"_s) };
        draft.remove(objectIn(*m_replica, pair));
        QCOMPARE(draft.sets(),
                 (QList<ChangeDraft::SetInfo> { { first, {}, 1, false }, { roof, u"Roof"_s, 2, false } }));

        draft.switchTo(first);
        QCOMPARE(draft.state().edits.keys(), QList { firstRule });
        draft.moveToSet({ firstRule }, roof);
        QVERIFY(draft.state().edits.isEmpty());
        draft.undo(); // here; there it stays until undone there
        QCOMPARE(draft.state().edits.keys(), QList { firstRule });
        draft.discardAll();
        draft.renameSet(roof, u"Roof and cellar"_s);
        QTRY_VERIFY_WITH_TIMEOUT(draft.isSaved(), patience);
        m_replica.reset();

        // All of it is there for the next console.
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        ChangeDraft &again = m_replica->draft();
        QCOMPARE(again.sets(),
                 (QList<ChangeDraft::SetInfo> { { first, {}, 0, false },
                                                { roof, u"Roof and cellar"_s, 3, false } }));
        QCOMPARE(again.currentSet(), first);
        QVERIFY(again.canUndo());
        again.removeSet(roof);
        QCOMPARE(again.sets().size(), 1);
        again.restoreSet();
        QCOMPARE(again.sets().last().name, u"Roof and cellar"_s);
        QCOMPARE(again.state().edits.size(), 3);
        again.discard({ pair, firstRule }); // in part, and back again
        QCOMPARE(again.state().edits.keys(), QList { secondRule });
        again.undo();
        QCOMPARE(again.state().edits.size(), 3);
        again.redo();

        QSignalSpy pushed(&again, &ChangeDraft::pushed);
        again.push(u"the roof"_s);
        again.switchTo(first); // while it is under way
        QVERIFY(!again.isPushing());
        change(firstRule, u"meanwhile"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(again.sets(), (QList<ChangeDraft::SetInfo> { { first, {}, 1, false } }));
        QCOMPARE(again.state().edits.keys(), QList { firstRule });
        QCOMPARE(std::get<AccessRule>(*objectIn(*m_replica, secondRule).object).comment, u"roof"_s);

        again.removeSet(first); // the last one: another takes its place
        QCOMPARE(again.sets().size(), 1);
        QVERIFY(again.state().edits.isEmpty());
    }

    /// Law: whatever is done, what is shown is what a plain history says, and what is on disk is what is
    /// shown.
    void whatIsOnDiskIsWhatIsShown()
    {
        struct History
        {
            QList<DraftState> states { DraftState() };
            qsizetype position = 0;
        };
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        ChangeDraft &draft = m_replica->draft();
        QMap<qint64, History> model { { draft.currentSet(), {} } };
        const auto append = [&](qint64 set, const DraftState &state) {
            History &history = model[set];
            if (history.states.at(history.position) == state)
                return;
            history.states.resize(history.position + 1);
            history.states.append(state);
            ++history.position;
        };
        QRandomGenerator random(20260104);
        int number = 0;
        for (int i = 0; i < 400; ++i) {
            const qint64 here = draft.currentSet();
            const QList<ChangeDraft::SetInfo> sets = draft.sets();
            const qint64 any = sets.at(random.bounded(sets.size())).id;
            switch (random.bounded(12)) {
            case 0:
                if (sets.size() < 5) {
                    draft.createSet(u"set %1"_s.arg(i));
                    model.insert(draft.currentSet(), {});
                }
                break;
            case 1:
                draft.switchTo(any);
                QCOMPARE(draft.currentSet(), any);
                break;
            case 2:
                if (sets.size() > 1) {
                    draft.removeSet(any);
                    const History removed = model.take(any);
                    if (random.bounded(2)) {
                        draft.restoreSet();
                        model.insert(draft.currentSet(), removed);
                    }
                }
                break;
            case 3: {
                const DraftState state = draft.state();
                if (any == here || state.edits.isEmpty())
                    break;
                const ObjectKey key = state.edits.keys().at(random.bounded(state.edits.size()));
                draft.moveToSet({ key }, any);
                DraftState gained = model[any].states.at(model[any].position);
                gained.adopt(state, key);
                append(any, gained);
                DraftState left = state;
                left.discard(key);
                append(here, left);
                break;
            }
            case 4:
            case 5:
                draft.undo();
                model[here].position = std::max<qsizetype>(0, model[here].position - 1);
                break;
            case 6:
            case 7:
                draft.redo();
                model[here].position = std::min(model[here].states.size() - 1, model[here].position + 1);
                break;
            default:
                if (const auto next = nextEdit(draft.state(), number++)) {
                    draft.become(*next);
                    append(here, *next);
                }
            }
            const History &shown = model[draft.currentSet()];
            QCOMPARE(draft.state(), shown.states.at(shown.position));
            QCOMPARE(draft.canUndo(), shown.position > 0);
            QCOMPARE(draft.canRedo(), shown.position < shown.states.size() - 1);

            if (i % 10)
                continue;
            QTRY_VERIFY_WITH_TIMEOUT(draft.isSaved(), patience);
            const auto stored = readSets(*database());
            QVERIFY(stored);
            QCOMPARE(stored->current, draft.currentSet());
            QCOMPARE(stored->sets.size(), model.size());
            for (const StoredSet &set : stored->sets) {
                QVERIFY(model.contains(set.id));
                QCOMPARE(set.position, model[set.id].position);
                QCOMPARE(set.steps.size(), model[set.id].states.size() - 1);
                DraftState state;
                for (qsizetype step = 0; step < set.steps.size(); ++step) {
                    state.redo(set.steps.at(step));
                    QCOMPARE(state, model[set.id].states.at(step + 1));
                }
            }
        }
    }

    void aConsoleKilledInTheMiddleOfEdits()
    {
        QRandomGenerator random(20260105);
        for (int round = 0; round < 4; ++round) {
            QTemporaryDir folder;
            QProcess console;
            console.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            console.start(QCoreApplication::applicationFilePath(),
                          { u"--console"_s, folder.path(), QString::number(m_server->port()) });
            QVERIFY(console.waitForStarted());
            const int enough = random.bounded(5, 200);
            int saved = 0;
            QVERIFY(QTest::qWaitFor(
                [&] {
                    while (saved < enough && console.canReadLine())
                        saved = console.readLine().trimmed().toInt();
                    return saved >= enough;
                },
                patience));
            console.kill();
            QVERIFY(console.waitForFinished());
            while (console.canReadLine())
                saved = console.readLine().trimmed().toInt();

            m_replica = std::make_unique<Replica>(accountAt(m_server->port()), folder.path());
            ChangeDraft &draft = m_replica->draft();
            QTRY_VERIFY_WITH_TIMEOUT(draft.canUndo(), patience);
            // What it said was saved is there, perhaps with what it had no time to say.
            QList<DraftState> states { DraftState() };
            qsizetype position = 0;
            bool found = false;
            for (int number = 0; number < saved + 2000 && !found; ++number) {
                if (const auto next = nextEdit(states.at(position), number); !next) {
                    position = std::max<qsizetype>(0, position - 1);
                } else if (*next != states.at(position)) {
                    states.resize(position + 1);
                    states.append(*next);
                    ++position;
                }
                found = number + 1 >= saved && draft.state() == states.at(position);
            }
            QVERIFY(found);
            while (draft.canUndo())
                draft.undo();
            QCOMPARE(draft.state(), DraftState());
            m_replica.reset();
        }
    }

    /// Wherever the line is cut during a push, the edit is made once.
    void aLineThatIsCutAnywhere()
    {
        Relay relay(m_server->port());
        m_replica = std::make_unique<Replica>(accountAt(relay.port()), m_folder->path());
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        ChangeDraft &draft = m_replica->draft();
        int cuts = 0;
        for (;; ++cuts) {
            QVERIFY(cuts < 100);
            const Revision before = m_replica->revision();
            const QString comment = u"cut after %1"_s.arg(cuts);
            change(firstRule, comment);
            QSignalSpy pushed(&draft, &ChangeDraft::pushed);
            QSignalSpy failed(&draft, &ChangeDraft::pushFailed);
            relay.cutAfter(cuts);
            draft.push(comment);
            QTRY_VERIFY_WITH_TIMEOUT(relay.hasCut() || !pushed.isEmpty(), patience);
            const bool cut = relay.hasCut();
            relay.stopCutting();
            if (cut) {
                // Nothing but patience is asked of the user.
                QTRY_VERIFY_WITH_TIMEOUT(m_replica->state() != Replica::State::Online, patience);
                m_replica->retry();
            }
            QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
            QVERIFY(failed.isEmpty());
            QVERIFY(!draft.isPushing());
            QVERIFY(draft.state().edits.isEmpty());
            QCOMPARE(pushed.first().first().toLongLong(), before + 1);
            QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
            QTRY_COMPARE_WITH_TIMEOUT(m_other->revision(), before + 1, patience);
            QCOMPARE(m_replica->revision(), before + 1);
            QCOMPARE(std::get<AccessRule>(*objectIn(*m_other, firstRule).object).comment, comment);
            if (!cut)
                break;
        }
        // At least: before the request, before its answer, and before the pages that bring the result.
        QVERIFY2(cuts > 3, qPrintable(QString::number(cuts)));
        qInfo("cut at %d places", cuts);
    }

    /// The answer to a push that is refused may be lost as well.
    void aRefusalThatIsLost()
    {
        Relay relay(m_server->port());
        m_replica = std::make_unique<Replica>(accountAt(relay.port()), m_folder->path());
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        ChangeDraft &draft = m_replica->draft();
        change(firstRule, u"mine"_s);
        relay.hold(); // what others do is not known here
        QSignalSpy pushed(&m_other->draft(), &ChangeDraft::pushed);
        m_other->draft().remove(objectIn(*m_other, firstRule));
        m_other->draft().push(u"theirs"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QSignalSpy failed(&draft, &ChangeDraft::pushFailed);
        const Revision before = m_replica->revision();
        relay.cutAfter(1);
        draft.push(u"refused"_s);
        QTRY_VERIFY_WITH_TIMEOUT(relay.hasCut(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->state() != Replica::State::Online, patience);
        m_replica->retry();
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, patience);
        QVERIFY(!draft.isPushing());
        QCOMPARE(draft.state().edits.keys(), QList { firstRule });
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->revision(), before + 1, patience); // the other's
    }

    void bothEditsInOne()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        const ObjectKey thing { ObjectType::Thing, u"meter-1@building.localhost"_s };
        const auto tag = [&](Replica &replica, const QString &name, const QStringList &tags) {
            const VersionedObject base = objectIn(replica, thing);
            Thing edited = std::get<Thing>(*base.object);
            edited.name = name;
            edited.tags = tags;
            replica.draft().put(base, edited);
        };
        const Thing before = std::get<Thing>(*objectIn(*m_replica, thing).object);
        tag(*m_replica, before.name, { u"mine"_s });
        change(firstRule, u"mine"_s);

        QSignalSpy theirsPushed(&m_other->draft(), &ChangeDraft::pushed);
        tag(*m_other, u"Theirs"_s, before.tags);
        const VersionedObject rule = objectIn(*m_other, firstRule);
        AccessRule theirs = std::get<AccessRule>(*rule.object);
        theirs.comment = u"theirs"_s;
        m_other->draft().put(rule, theirs);
        m_other->draft().push(u"theirs"_s);
        QTRY_COMPARE_WITH_TIMEOUT(theirsPushed.size(), 1, patience);

        ChangeDraft &draft = m_replica->draft();
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 2, patience);
        QCOMPARE(draft.merged(firstRule)->clashes, QStringList { u"comment"_s });
        draft.keepBoth(firstRule); // there is no such thing
        QVERIFY(draft.merged(thing)->clashes.isEmpty());
        draft.keepBoth(thing);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 1, patience);
        draft.takeTheirs(firstRule);
        QSignalSpy pushed(&draft, &ChangeDraft::pushed);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflicts(), 0, patience);
        draft.push(u"both"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        const Thing after = std::get<Thing>(*objectIn(*m_replica, thing).object);
        QCOMPARE(after.name, u"Theirs"_s);
        QCOMPARE(after.tags, QStringList { u"mine"_s });
    }

    /// Every kind of object goes all the way: drafted, pushed, and there for others.
    void everyKindIsPushed()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        const QString jid = u"new@building.localhost"_s;
        const QString meter = u"meter-1@building.localhost"_s;
        const QString thumbprint = QString(64, u'a');
        const FriendshipRule early { .id = u"early"_s, .one = { Subject::Kind::Jid, jid, {}, {} } };
        const FriendshipRule late { .id = u"late"_s, .effect = Effect::Deny };
        const QList<Object> objects {
            Thing { .jid = jid, .tags = { u"roof"_s }, .roles = { u"meter"_s } },
            makeFriendship(jid, meter),
            late,
            early,
            AccessRule { .id = u"new"_s, .subject = { Subject::Kind::Role, u"meter"_s, {}, {} } },
            Service { .id = u"door"_s,
                      .certificates = { thumbprint },
                      .access = { { Effect::Deny, { { .value = jid } }, {} } } },
            User { .name = u"carol"_s, .roles = { u"b"_s, u"a"_s } },
            PrivilegeList { .service = u"door"_s,
                            .holder = PrivilegeList::Holder::User,
                            .name = u"carol"_s,
                            .entries = { { false, u"Door.Open"_s }, { true, u"Door"_s } } },
            Privilege { .service = u"door"_s, .privilege = u"Door.Open"_s },
            Containment { .jid = meter, .comment = u"odd"_s },
            Policy { .unknownFriends = Policy::Unknown::Ask },
            RoleGrant { .holder = jid, .role = AdminRole::Auditor },
        };
        ChangeDraft &draft = m_replica->draft();
        for (const Object &object : objects)
            draft.put({ .key = { objectType(object), objectId(object) }, .version = 0, .object = {} },
                      object);
        draft.move({ .key = { ObjectType::FriendshipRule, u"early"_s }, .version = 0, .object = {} }, u""_s);
        QSignalSpy pushed(&draft, &ChangeDraft::pushed);
        QSignalSpy failed(&draft, &ChangeDraft::pushFailed);
        draft.push(u"everything"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!pushed.isEmpty() || !failed.isEmpty(), patience);
        QVERIFY2(failed.isEmpty(), qPrintable(failed.value(0).value(0).value<Failure>().text));
        QTRY_COMPARE_WITH_TIMEOUT(m_other->revision(), m_replica->revision(), patience);
        for (const Object &object : objects) {
            const auto there = objectIn(*m_other, { objectType(object), objectId(object) }).object;
            QVERIFY2(sameContent(there, object), qPrintable(objectId(object)));
        }
        const auto rank = [&](const QString &id) {
            return std::get<FriendshipRule>(*objectIn(*m_other, { ObjectType::FriendshipRule, id }).object)
                .rank;
        };
        QVERIFY(rank(u"early"_s) < rank(u"late"_s));
    }

    /// A push that has to be confirmed: seen by every console and the next one, kept or taken back once.
    void confirmedOrTakenBack()
    {
        m_replica = open();
        m_other = open(LiveServer::otherAdmin);
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica) && isOnline(*m_other), patience);
        const auto comment = [&] {
            return std::get<AccessRule>(*objectIn(*m_other, firstRule).object).comment;
        };
        const QString before = comment();
        const auto push = [&](const QString &title) {
            change(firstRule, title);
            m_replica->draft().push(title, 600);
            return QTest::qWaitFor([&] { return m_other->unconfirmed().size() == 1 && comment() == title; },
                                   patience);
        };
        QVERIFY(push(u"for a while"_s));
        const RevisionInfo info = m_other->unconfirmed().first();
        QCOMPARE(info.title, u"for a while"_s);
        QVERIFY(info.confirmBy > QDateTime::currentDateTimeUtc().addSecs(500));
        m_replica.reset();
        m_replica = open(); // the next start
        QTRY_COMPARE_WITH_TIMEOUT(m_replica->unconfirmed().size(), 1, patience);
        QVERIFY(await(m_other->confirm(info.changeSetId)));
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->unconfirmed().isEmpty(), patience);
        QCOMPARE(comment(), u"for a while"_s);
        QVERIFY(!await(m_replica->confirm(info.changeSetId))); // nothing waits any more

        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        QVERIFY(push(u"again"_s));
        QVERIFY(await(m_replica->revert(m_other->unconfirmed().first().changeSetId)));
        QTRY_COMPARE_WITH_TIMEOUT(comment(), u"for a while"_s, patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->unconfirmed().isEmpty() && m_other->unconfirmed().isEmpty(),
                                 patience);
        QVERIFY(before != comment());
    }

    /// Nobody confirms it: the server takes it back.
    void takenBackByTheServer()
    {
        m_replica = open();
        QTRY_VERIFY_WITH_TIMEOUT(isOnline(*m_replica), patience);
        const auto before = objectIn(*m_replica, firstRule).object;
        change(firstRule, u"for a second"_s);
        QSignalSpy pushed(&m_replica->draft(), &ChangeDraft::pushed);
        m_replica->draft().push(u"for a second"_s, 1);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QTRY_VERIFY_WITH_TIMEOUT(sameContent(objectIn(*m_replica, firstRule).object, before), patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_replica->unconfirmed().isEmpty(), patience);
    }

private:
    std::unique_ptr<Replica> open(const QString &jid = LiveServer::admin)
    {
        return std::make_unique<Replica>(accountAt(m_server->port(), jid), m_folder->path());
    }

    void change(const ObjectKey &key, const QString &comment)
    {
        const VersionedObject base = objectIn(*m_replica, key);
        AccessRule rule = std::get<AccessRule>(*base.object);
        rule.comment = comment;
        m_replica->draft().put(base, rule);
    }

    /// What the only console has on disk.
    std::unique_ptr<Database> database()
    {
        const QStringList files = QDir(m_folder->path()).entryList({ u"*.sqlite"_s });
        return std::move(*Database::open(m_folder->filePath(files.first())));
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
    TestChangeSets test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_changesets.moc"
