// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/accessrulesmodel.h"
#include "presentation/completions.h"
#include "presentation/draft.h"
#include "presentation/drafteffects.h"
#include "presentation/friendsmodel.h"
#include "presentation/graphmodel.h"
#include "presentation/historymodel.h"
#include "presentation/inquiry.h"
#include "presentation/networkmodel.h"
#include "presentation/networkquestion.h"
#include "presentation/profiles.h"
#include "presentation/pushesmodel.h"
#include "presentation/ruleeditor.h"
#include "presentation/thingdetails.h"
#include "presentation/thingsmodel.h"
#include "support/liveserver.h"
#include "support/scriptedthing.h"

#include <QAbstractItemModelTester>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QtQml/QQmlExtensionPlugin>

Q_IMPORT_QML_PLUGIN(Castellan_PresentationPlugin)

using namespace castellan;
using namespace castellan::presentation;
using namespace castellan::tests;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 20'000; // ms; reached only when something is wrong

const QString meter1 = u"meter-1@building.localhost"_s;
const QString meter2 = u"meter-2@building.localhost"_s;
const QString alice = u"alice@building.localhost"_s;
const QString valve = u"valve@building.localhost"_s;

/// A model under the eyes of Qt's tester, from before there is anything in it.
template<typename Model>
struct Watched : Model
{
    explicit Watched(Session &session) { this->setSession(&session); }
    QAbstractItemModelTester tester { this, QAbstractItemModelTester::FailureReportingMode::QtTest };
};

/// The values of one role, from the first row.
QVariantList column(const QAbstractItemModel &model, int role)
{
    QVariantList values;
    for (int i = 0; i < model.rowCount(); ++i)
        values.append(model.index(i, 0).data(role));
    return values;
}

int rowOf(const QAbstractItemModel &model, int role, const QVariant &value)
{
    return int(column(model, role).indexOf(value));
}

} // namespace

class TestPresentation : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", m_folder->path().toLocal8Bit());
        m_server = std::make_unique<LiveServer>(smallNetwork());
        QVERIFY(m_server->start());
        m_session = std::make_unique<Session>();
    }
    void cleanup()
    {
        m_session.reset();
        m_server.reset();
        m_folder.reset();
    }

    void whatIsWrongWithTheForm_data()
    {
        QTest::addColumn<QString>("jid");
        QTest::addColumn<QString>("address");
        QTest::addColumn<QString>("server");
        QTest::newRow("no JID") << u"ad min"_s << QString() << QString();
        QTest::newRow("no account") << LiveServer::domain << QString() << QString();
        QTest::newRow("no address") << LiveServer::admin << u"127.0.0.1:port"_s << QString();
        QTest::newRow("no server") << LiveServer::admin << QString() << u"@"_s;
    }
    void whatIsWrongWithTheForm()
    {
        QFETCH(QString, jid);
        QFETCH(QString, address);
        QFETCH(QString, server);
        m_session->signIn(jid, u"secret"_s, address, server);
        QCOMPARE(m_session->state(), Session::SignedOut);
        QVERIFY(!m_session->error().isEmpty());
        QVERIFY(!m_session->replica());
    }

    /// Support may not push: what it may do, it does at once.
    void supportActsAtOnce()
    {
        signInAs(alice);
        QCOMPARE(m_session->role(), u"support"_s);
        QVERIFY(m_session->actsDirectly());
        QVERIFY(!m_session->canEdit());
        Watched<FriendsModel> friends(*m_session);
        friends.setJid(meter1);
        ThingDetails details;
        details.setSession(m_session.get());
        details.setJid(meter1);
        QTRY_VERIFY_WITH_TIMEOUT(details.isFound(), patience);
        QSignalSpy acted(m_session.get(), &Session::acted);

        m_session->unfriend(meter1, alice);
        QTRY_COMPARE_WITH_TIMEOUT(column(friends, FriendsModel::StateRole), QVariantList { u"rejected"_s },
                                  patience);
        QCOMPARE(acted.count(), 1);
        m_session->contain(meter1);
        QTRY_VERIFY_WITH_TIMEOUT(details.isContained(), patience);
        m_session->release(meter1);
        QTRY_VERIFY_WITH_TIMEOUT(!details.isContained(), patience);
        QTRY_COMPARE_WITH_TIMEOUT(acted.count(), 3, patience);
        QCOMPARE(m_session->draft()->count(), 0);
        QCOMPARE(m_session->error(), QString());
        m_session->contain(LiveServer::admin); // may not, and it says so
        QTRY_VERIFY_WITH_TIMEOUT(!m_session->error().isEmpty(), patience);
        QCOMPARE(acted.count(), 3);
    }

    void anAuditorReadsWhatHappened()
    {
        signInAs(valve);
        QCOMPARE(m_session->role(), u"auditor"_s);
        QVERIFY(!m_session->canEdit() && !m_session->canUnfriend() && !m_session->actsDirectly());
        Watched<HistoryModel> history(*m_session);
        QTRY_VERIFY_WITH_TIMEOUT(!history.isLoading() && history.count() > 0, patience);
        QCOMPARE(history.error(), QString());
        QVERIFY(column(history, HistoryModel::OperationRole).contains(u"import"_s));
        const int before = history.found();

        // A refused attempt leaves no revision behind, but an entry.
        m_session->contain(meter1);
        QTRY_VERIFY_WITH_TIMEOUT(!m_session->error().isEmpty(), patience);
        history.refresh();
        QTRY_COMPARE_WITH_TIMEOUT(history.found(), before + 1, patience);
        const QModelIndex newest = history.index(0);
        QVERIFY(newest.data(HistoryModel::ByRole).toString().startsWith(valve));
        QVERIFY(!newest.data(HistoryModel::DoneRole).toBool());
        QVERIFY(newest.data(HistoryModel::ResultRole).toString().startsWith(u"refused"_s));

        history.setBy(valve);
        QTRY_COMPARE_WITH_TIMEOUT(history.found(), 1, patience);
        history.setOperation(u"import"_s);
        QTRY_COMPARE_WITH_TIMEOUT(history.found(), 0, patience);
        history.setBy({});
        QTRY_VERIFY_WITH_TIMEOUT(history.found() > 0, patience);

        history.verify();
        QTRY_COMPARE_WITH_TIMEOUT(history.verification(), HistoryModel::Intact, patience);
        QVERIFY(!history.head().isEmpty());
        m_server->kill();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Offline, patience);
        history.refresh();
        QTRY_VERIFY_WITH_TIMEOUT(!history.error().isEmpty(), patience);
    }

    void aWrongPasswordLeavesTheForm()
    {
        m_session->signIn(LiveServer::admin, u"wrong"_s, m_server->address(), {});
        QCOMPARE(m_session->state(), Session::Connecting);
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::SignedOut, patience);
        QVERIFY(m_session->error().contains(LiveServer::admin));
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        QCOMPARE(m_session->error(), QString());
    }

    void theSessionTellsWhereItIs()
    {
        QVERIFY(!m_session->canEdit());
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_session->thingCount(), 4, patience);
        QCOMPARE(m_session->jid(), LiveServer::admin);
        QCOMPARE(m_session->serverJid(), LiveServer::domain);
        QCOMPARE(m_session->role(), u"administrator"_s);
        QVERIFY(m_session->canEdit() && m_session->canUnfriend());
        QVERIFY(!m_session->serverName().isEmpty());
        QVERIFY(m_session->revision() > 0);
        QCOMPARE(m_session->ruleCount(), 3);
        QCOMPARE(m_session->friendshipCount(), 2);

        m_server->kill();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Offline, patience);
        QVERIFY(!m_session->error().isEmpty());
        QCOMPARE(m_session->thingCount(), 4);
        m_session->signOut();
        QCOMPARE(m_session->state(), Session::SignedOut);
        QCOMPARE(m_session->thingCount(), 0);
        QCOMPARE(m_session->error(), QString());
    }

    void things()
    {
        Watched<ThingsModel> model(*m_session);
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), 4, patience);
        QCOMPARE(column(model, ThingsModel::NameRole),
                 (QVariantList { u"Alice"_s, u"meter-1"_s, u"meter-2"_s, QString() }));
        QCOMPARE(model.index(0).data(ThingsModel::KindRole), u"user"_s);
        QTRY_COMPARE_WITH_TIMEOUT(model.index(0).data(ThingsModel::FriendCountRole), 2, patience);
        QVERIFY(!model.index(0).data(ThingsModel::LastAskedRole).toDateTime().isValid());
        model.setDescending(true);
        QTRY_COMPARE_WITH_TIMEOUT(model.index(3).data(ThingsModel::NameRole), u"Alice"_s, patience);
        model.setKind(u"thing"_s);
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), 3, patience);
        model.setSearch(u"METER 2"_s);
        QTRY_COMPARE_WITH_TIMEOUT(column(model, ThingsModel::JidRole), QVariantList { meter2 }, patience);
        QCOMPARE(model.total(), 1);
        model.setSearch(u"dragon"_s);
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), 0, patience);
        model.setSearch({});
        model.setSortKey(u"online"_s);
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), 3, patience);

        ThingDetails details;
        details.setSession(m_session.get());
        details.setJid(meter2);
        QTRY_VERIFY_WITH_TIMEOUT(details.isFound(), patience);
        QCOMPARE(details.nodes().first().fields, QStringList { u"Energy"_s });
        QVERIFY(!details.online());
        ScriptedThing thing(meter2, m_server->port());
        thing.connectToServer();
        QTRY_VERIFY_WITH_TIMEOUT(details.online(), patience);
        QTRY_COMPARE_WITH_TIMEOUT(model.index(0).data(ThingsModel::OnlineRole), true,
                                  patience); // and sorted up
        QCOMPARE(model.index(0).data(ThingsModel::JidRole), meter2);
        details.setJid(u"nobody@building.localhost"_s);
        QVERIFY(!details.isFound());

        Completions completions;
        completions.setSession(m_session.get());
        completions.setKind(u"thing"_s);
        completions.setPrefix(u"meter"_s);
        QTRY_COMPARE_WITH_TIMEOUT(column(completions, Completions::TextRole),
                                  (QVariantList { meter1, meter2 }), patience);
        completions.setKind(u"field"_s);
        completions.setPrefix({});
        QTRY_COMPARE_WITH_TIMEOUT(column(completions, Completions::TextRole), (QVariantList { u"Energy"_s }),
                                  patience);
    }

    void askWhatTheDraftWouldChange()
    {
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        Inquiry inquiry;
        inquiry.setSession(m_session.get());
        QVERIFY(!inquiry.problem().isEmpty());
        inquiry.setAsker(meter1);
        inquiry.setJid(u"ali ce@building.localhost"_s);
        QVERIFY(inquiry.problem().contains(u"ali ce"_s));
        inquiry.setJid(alice);
        QCOMPARE(inquiry.problem(), QString());
        inquiry.ask();
        QCOMPARE(inquiry.committed().result, u"asking"_s);
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.committed().result, u"allowed"_s, patience);
        QCOMPARE(inquiry.committed().revision, m_session->revision());
        const VerdictInfo first = inquiry.committed().verdicts.value(0);
        QCOMPARE(first.ruleId, u"read-1"_s);
        QVERIFY(first.what.contains(u"Energy"_s));
        QVERIFY(first.steps.value(0).decided);
        QVERIFY(first.steps.value(0).text.contains(alice)); // what the rule says, and not its id
        QCOMPARE(inquiry.drafted(), AnswerInfo());

        // The draft changes, and what is shown with it.
        m_session->draft()->removeRule(u"read-1"_s);
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.drafted().result, u"denied"_s, patience);
        QCOMPARE(inquiry.drafted().verdicts.value(0).ruleId, QString());
        QCOMPARE(inquiry.committed().result, u"allowed"_s);
        m_session->draft()->undo();
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.drafted(), AnswerInfo(), patience);
        m_session->draft()->redo();
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.drafted().result, u"denied"_s, patience);
        m_session->draft()->push(u"No reading"_s);
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.committed().result, u"denied"_s, patience);
        QCOMPARE(inquiry.drafted(), AnswerInfo());

        inquiry.setKind(u"isFriend"_s); // another question: the answers to the last one are not its own
        QCOMPARE(inquiry.committed(), AnswerInfo());
        inquiry.ask();
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.committed().result, u"allowed"_s, patience);
        m_server->kill();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Offline, patience);
        inquiry.ask();
        QTRY_COMPARE_WITH_TIMEOUT(inquiry.committed().result, u"failed"_s, patience);
        QVERIFY(!inquiry.committed().text.isEmpty());
    }

    void foretellWhatTheDraftDoes()
    {
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        DraftEffects effects;
        effects.setSession(m_session.get());
        effects.setActive(true);
        QCOMPARE(effects.state(), QString()); // there is nothing to foretell
        m_session->draft()->unfriend(alice, meter1);
        QTRY_COMPARE_WITH_TIMEOUT(effects.state(), u"ready"_s, patience);
        QCOMPARE(effects.lost(), 1);
        QCOMPARE(effects.gained(), 0);
        QVERIFY(effects.effects().value(0).text.contains(meter1));

        m_session->draft()->removeRule(u"read-1"_s);
        QTRY_VERIFY_WITH_TIMEOUT(effects.lost() > 1, patience);
        QCOMPARE(effects.effects().size(), 2); // a line for the friends, one for all that cannot be read
        const EffectInfo reading = effects.effects().value(1);
        QVERIFY(!reading.gained);
        QVERIFY(reading.text.contains(alice) && reading.text.contains(meter1));
        QVERIFY(reading.detail.contains(u"Energy"_s));

        m_session->draft()->discardAll();
        QTRY_COMPARE_WITH_TIMEOUT(effects.state(), QString(), patience);
        QVERIFY(effects.effects().isEmpty());
        m_session->draft()->unfriend(alice, meter1);
        QTRY_COMPARE_WITH_TIMEOUT(effects.state(), u"ready"_s, patience);
        m_server->kill();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Offline, patience);
        m_session->draft()->unfriend(alice, meter2);
        QTRY_COMPARE_WITH_TIMEOUT(effects.state(), u"failed"_s, patience);
        QVERIFY(!effects.error().isEmpty());

        effects.setActive(false);
        effects.setActive(true); // asks, and nobody is there any more to hear what it is about
        QCOMPARE(effects.state(), u"asking"_s);
        m_session->signOut();
        QCOMPARE(effects.state(), QString());
    }

    void unfriendAndSeeItArrive()
    {
        ScriptedThing thing(meter1, m_server->port());
        thing.connectToServer();
        QTRY_VERIFY_WITH_TIMEOUT(thing.isConnected(), patience);
        QSignalSpy answered(&thing, &ScriptedThing::answered);
        thing.askFriend(alice);
        QTRY_COMPARE_WITH_TIMEOUT(answered.size(), 1, patience);

        Watched<FriendsModel> friends(*m_session);
        Watched<PushesModel> pushes(*m_session);
        Watched<PushDevicesModel> devices(*m_session);
        GraphModel graph;
        graph.setSession(m_session.get());
        NetworkModel network;
        network.setSession(m_session.get());
        Draft &draft = *m_session->draft();
        QAbstractItemModelTester draftTester(&draft, QAbstractItemModelTester::FailureReportingMode::QtTest);
        friends.setJid(alice);
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        QTRY_COMPARE_WITH_TIMEOUT(column(friends, FriendsModel::PeerRole), (QVariantList { meter1, meter2 }),
                                  patience);
        QCOMPARE(friends.index(0).data(FriendsModel::StateRole), u"accepted"_s);
        QTRY_COMPARE_WITH_TIMEOUT(graph.edgeCount(), 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(!graph.isLoading(), patience);
        QCOMPARE(graph.nodeCount(), 4);
        QTRY_COMPARE_WITH_TIMEOUT(network.linkCount(), 2, patience);
        QCOMPARE(network.nodeCount(), 4);
        NetworkQuestion question;
        question.setProperty("network", QVariant::fromValue(&network));
        question.setProperty("from", meter1);
        question.setProperty("to", meter2);
        question.componentComplete();
        QTRY_COMPARE_WITH_TIMEOUT(question.ways(), (QStringList { meter1, alice, meter2 }), patience);
        QCOMPARE(question.steps(), 2);
        QCOMPARE(question.reached(), 2);
        QCOMPARE(question.rings(), (QList<int> { 1, 2 }));
        question.setProperty("without", QStringList { alice });
        QTRY_COMPARE_WITH_TIMEOUT(question.reached(), 0, patience);
        QCOMPARE(question.reachedBefore(), 2);
        QCOMPARE(question.steps(), 0);
        question.setProperty("from", u"nobody@building.localhost"_s);
        QTRY_COMPARE_WITH_TIMEOUT(question.unknown(), u"nobody@building.localhost"_s, patience);

        QSignalSpy structure(&graph, &GraphModel::graphChanged);
        QSignalSpy states(&graph, &GraphModel::statesChanged);
        draft.unfriend(meter1, alice);
        QTRY_COMPARE_WITH_TIMEOUT(draft.count(), 1, patience);
        QCOMPARE(draft.index(0).data(Draft::VerbRole), u"remove"_s);
        QVERIFY(draft.index(0).data(Draft::SummaryRole).toString().contains(meter1));
        QCOMPARE(draft.undoText(), draft.index(0).data(Draft::SummaryRole).toString());
        QTRY_COMPARE_WITH_TIMEOUT(friends.index(0).data(FriendsModel::DraftStateRole), u"removed"_s,
                                  patience);
        QTRY_COMPARE_WITH_TIMEOUT(std::ranges::count(graph.edges(), castellan::replica::DraftMark::Removed,
                                                     &GraphEdge::draft),
                                  1, patience);
        QVERIFY(!states.isEmpty());
        QCOMPARE(structure.size(), 0); // nothing was placed anew

        draft.undo();
        QTRY_COMPARE_WITH_TIMEOUT(friends.index(0).data(FriendsModel::DraftStateRole), QString(), patience);
        QVERIFY(draft.undoText().isEmpty());
        draft.redo();
        draft.befriend(meter1, meter2);
        QTRY_COMPARE_WITH_TIMEOUT(draft.count(), 2, patience);
        QTRY_COMPARE_WITH_TIMEOUT(graph.edgeCount(), 3, patience);
        draft.discard(1);
        QCOMPARE(draft.count(), 1);

        QTRY_COMPARE_WITH_TIMEOUT(graph.edgeCount(), 2, patience);
        structure.clear();
        QSignalSpy pushed(&draft, &Draft::pushed);
        draft.push(u"Contain meter-1"_s);
        QVERIFY(draft.isPushing());
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QVERIFY(!draft.isPushing());
        QCOMPARE(draft.count(), 0);
        QTRY_COMPARE_WITH_TIMEOUT(column(friends, FriendsModel::PeerRole), QVariantList { meter2 }, patience);
        QTRY_COMPARE_WITH_TIMEOUT(graph.edgeCount(), 1, patience);
        QCOMPARE(structure.size(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(network.linkCount(), 1, patience);

        QTRY_COMPARE_WITH_TIMEOUT(pushes.count(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(pushes.index(0).data(PushesModel::SettledRole), true, patience);
        QTRY_COMPARE_WITH_TIMEOUT(pushes.index(0).data(PushesModel::TitleRole), u"Contain meter-1"_s,
                                  patience);
        QCOMPARE(pushes.index(0).data(PushesModel::AcknowledgedRole), 1);
        devices.setRevision(pushes.index(0).data(PushesModel::RevisionRole).toLongLong());
        QTRY_VERIFY_WITH_TIMEOUT(devices.count() > 0, patience);
        const int row = rowOf(devices, PushDevicesModel::KindRole, u"clearCache"_s);
        QVERIFY(row >= 0);
        QCOMPARE(devices.index(row).data(PushDevicesModel::JidRole), meter1);
        QCOMPARE(devices.index(row).data(PushDevicesModel::NameRole), u"meter-1"_s);
        QCOMPARE(devices.index(row).data(PushDevicesModel::StateRole), u"acknowledged"_s);
        QVERIFY(devices.index(row).data(PushDevicesModel::SettledAtRole).toDateTime().isValid());
    }

    void rulesAreEdited()
    {
        Watched<AccessRulesModel> rules(*m_session);
        Session elsewhere;
        Watched<AccessRulesModel> theirRules(elsewhere);
        RuleEditor editor;
        editor.setSession(m_session.get());
        Draft &draft = *m_session->draft();
        signIn();
        elsewhere.signIn(LiveServer::otherAdmin, LiveServer::password, m_server->address(), {});
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        QTRY_COMPARE_WITH_TIMEOUT(rules.count(), 3, patience);
        QTRY_COMPARE_WITH_TIMEOUT(theirRules.count(), 3, patience);

        editor.create(u"read"_s, meter1);
        QVERIFY(editor.isNew());
        QVERIFY(!editor.problem().isEmpty()); // about whom?
        QVERIFY(!editor.save());
        editor.setSubjectValue(u"not a jid"_s);
        QVERIFY(!editor.save());
        editor.setSubjectValue(u"Bob@Building.localhost"_s);
        editor.setEffect(u"deny"_s);
        editor.setTypes({ u"momentary"_s, u"peak"_s });
        editor.setNames({ u"Energy"_s });
        editor.setUseNode(true);
        editor.setNodeId(u"rail"_s);
        editor.setFrom(QDateTime(QDate(2030, 1, 1), QTime(0, 0), QTimeZone::UTC));
        editor.setUntil(QDateTime(QDate(2029, 1, 1), QTime(0, 0), QTimeZone::UTC));
        QVERIFY(!editor.save()); // ends before it begins
        editor.setUntil({});
        QCOMPARE(editor.problem(), QString());
        QVERIFY(editor.save());
        QTRY_COMPARE_WITH_TIMEOUT(rules.count(), 4, patience);
        const QString id = editor.ruleId();
        QCOMPARE(rules.index(3).data(AccessRulesModel::RuleIdRole), id);
        QCOMPARE(rules.index(3).data(AccessRulesModel::DraftStateRole), u"added"_s);
        QCOMPARE(rules.index(3).data(AccessRulesModel::SubjectTextRole), u"bob@building.localhost"_s);
        QCOMPARE(rules.index(3).data(AccessRulesModel::NodeTextRole), u"rail"_s);
        QCOMPARE(rules.index(3).data(AccessRulesModel::TypesTextRole), u"momentary, peak"_s);
        QVERIFY(!rules.index(3).data(AccessRulesModel::ValidityTextRole).toString().isEmpty());

        QSignalSpy moved(&rules, &QAbstractItemModel::rowsMoved);
        draft.moveRule(id, {});
        QTRY_COMPARE_WITH_TIMEOUT(rules.index(0).data(AccessRulesModel::RuleIdRole), id, patience);
        QCOMPARE(moved.size(), 1);
        draft.removeRule(u"read-3"_s);
        QTRY_COMPARE_WITH_TIMEOUT(rules.index(3).data(AccessRulesModel::DraftStateRole), u"removed"_s,
                                  patience);
        draft.moveRule(u"read-2"_s, id);
        QTRY_COMPARE_WITH_TIMEOUT(rules.index(1).data(AccessRulesModel::RuleIdRole), u"read-2"_s, patience);
        QTRY_COMPARE_WITH_TIMEOUT(rules.index(1).data(AccessRulesModel::DraftStateRole), u"moved"_s,
                                  patience);
        QCOMPARE(column(rules, AccessRulesModel::PositionRole), (QVariantList { 1, 2, 3, 4 }));

        QSignalSpy loaded(&editor, &RuleEditor::loaded);
        editor.load(id); // from the draft
        QCOMPARE(loaded.size(), 1);
        QCOMPARE(editor.types(), (QStringList { u"momentary"_s, u"peak"_s }));
        editor.setTypes({});
        QVERIFY(editor.save());
        QCOMPARE(draft.count(), 3);
        editor.load(u"read-1"_s); // from the copy
        QTRY_COMPARE_WITH_TIMEOUT(loaded.size(), 2, patience);
        QVERIFY(!editor.isNew());
        editor.setAction(u"control"_s);
        QCOMPARE(editor.action(), u"read"_s);
        editor.setComment(u"why"_s);
        QVERIFY(editor.save());
        QTRY_COMPARE_WITH_TIMEOUT(rules.index(2).data(AccessRulesModel::DraftStateRole), u"changed"_s,
                                  patience);

        rules.setTouching(u"bob@building.localhost"_s);
        QTRY_COMPARE_WITH_TIMEOUT(column(rules, AccessRulesModel::RuleIdRole), QVariantList { id }, patience);
        rules.setTouching({});
        rules.setSearch(u"valve"_s);
        QTRY_COMPARE_WITH_TIMEOUT(column(rules, AccessRulesModel::PositionRole), QVariantList { 4 },
                                  patience);
        rules.setSearch({});

        draft.push(u"Rules"_s);
        const QVariantList expected { id, u"read-2"_s, u"read-1"_s };
        QTRY_COMPARE_WITH_TIMEOUT(column(theirRules, AccessRulesModel::RuleIdRole), expected, patience);
        QTRY_COMPARE_WITH_TIMEOUT(column(rules, AccessRulesModel::RuleIdRole), expected, patience);
        QTRY_COMPARE_WITH_TIMEOUT(column(rules, AccessRulesModel::DraftStateRole),
                                  (QVariantList { QString(), QString(), QString() }), patience);
        rules.setAction(u"control"_s);
        QTRY_COMPARE_WITH_TIMEOUT(rules.count(), 0, patience);
    }

    void conflictsAreShown()
    {
        Session elsewhere;
        signIn();
        elsewhere.signIn(LiveServer::otherAdmin, LiveServer::password, m_server->address(), {});
        QTRY_VERIFY_WITH_TIMEOUT(
            m_session->state() == Session::Online && elsewhere.state() == Session::Online, patience);
        Draft &draft = *m_session->draft();
        draft.removeRule(u"read-1"_s);
        QTRY_COMPARE_WITH_TIMEOUT(draft.count(), 1, patience);

        RuleEditor theirs;
        theirs.setSession(&elsewhere);
        QSignalSpy loaded(&theirs, &RuleEditor::loaded);
        theirs.load(u"read-1"_s);
        QTRY_COMPARE_WITH_TIMEOUT(loaded.size(), 1, patience);
        theirs.setEffect(u"deny"_s);
        QVERIFY(theirs.save());
        elsewhere.draft()->push(u"Deny"_s);

        QTRY_COMPARE_WITH_TIMEOUT(draft.conflictCount(), 1, patience);
        QCOMPARE(draft.index(0).data(Draft::ConflictedRole), true);
        QVERIFY(draft.index(0).data(Draft::ConflictTextRole).toString().contains(u"may not read"));
        QSignalSpy failed(&draft, &Draft::pushFailed);
        draft.push(u"Remove"_s);
        QCOMPARE(failed.size(), 1);
        QVERIFY(!draft.error().isEmpty());
        draft.keepMine(0);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflictCount(), 0, patience);
        QSignalSpy pushed(&draft, &Draft::pushed);
        draft.push(u"Remove"_s);
        QTRY_COMPARE_WITH_TIMEOUT(pushed.size(), 1, patience);
        QCOMPARE(draft.error(), QString());
    }

    void conflictsMemberByMember()
    {
        Session elsewhere;
        signIn();
        elsewhere.signIn(LiveServer::otherAdmin, LiveServer::password, m_server->address(), {});
        QTRY_VERIFY_WITH_TIMEOUT(
            m_session->state() == Session::Online && elsewhere.state() == Session::Online, patience);
        Draft &draft = *m_session->draft();
        RuleEditor mine;
        RuleEditor theirs;
        for (const auto &[editor, session] :
             { std::pair(&mine, m_session.get()), std::pair(&theirs, &elsewhere) }) {
            editor->setSession(session);
            QSignalSpy loaded(editor, &RuleEditor::loaded);
            editor->load(u"read-1"_s);
            QTRY_COMPARE_WITH_TIMEOUT(loaded.size(), 1, patience);
        }
        mine.setComment(u"mine"_s);
        QVERIFY(mine.save());
        theirs.setEffect(u"deny"_s);
        QVERIFY(theirs.save());
        elsewhere.draft()->push(u"Deny"_s);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflictCount(), 1, patience);

        const auto members = draft.index(0).data(Draft::ConflictMembersRole).value<QList<ConflictMember>>();
        QCOMPARE(members.size(), 2);
        QVERIFY(!members.first().mineChanged && members.first().theirsChanged);
        QCOMPARE(members.first().theirs, u"deny"_s);
        QVERIFY(members.last().mineChanged && !members.last().theirsChanged);
        QCOMPARE(members.last().mine, u"mine"_s);
        QCOMPARE(members.last().base, members.last().theirs);
        QCOMPARE(draft.index(0).data(Draft::MergeableRole), true);
        draft.keepBoth(0);
        QTRY_COMPARE_WITH_TIMEOUT(draft.conflictCount(), 0, patience);
        QCOMPARE(draft.count(), 1);
    }

    void changeSetsHaveNames()
    {
        Draft &draft = *m_session->draft();
        QVERIFY(draft.sets().isEmpty()); // signed out
        draft.createSet(u"Nowhere"_s);
        signIn();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
        QCOMPARE(draft.sets().size(), 1);
        const qint64 first = draft.current();
        draft.unfriend(alice, meter1);
        QTRY_COMPARE_WITH_TIMEOUT(draft.count(), 1, patience);
        draft.createSet(u"Roof"_s);
        QCOMPARE(draft.name(), u"Roof"_s);
        QCOMPARE(draft.count(), 0);
        const qint64 roof = draft.current();
        draft.switchTo(first);
        QCOMPARE(draft.count(), 1);
        draft.moveToSet({ 0, 7 }, roof);
        QCOMPARE(draft.count(), 0);
        QCOMPARE(draft.sets().last().count, 1);
        draft.removeSet(roof);
        QCOMPARE(draft.sets().size(), 1);
        QVERIFY(draft.canRestoreSet());
        draft.restoreSet();
        QCOMPARE(draft.name(), u"Roof"_s);
        draft.discardRows({ 0 });
        QCOMPARE(draft.count(), 0);
    }

    void profilesAreKept()
    {
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_folder->path());
        QCoreApplication::setOrganizationName(u"castellan-test"_s);
        QCoreApplication::setApplicationName(u"castellan-test"_s);
        Session session;
        Profiles &profiles = *session.profiles();
        const QAbstractItemModelTester tester(&profiles);
        QCOMPARE(profiles.count(), 0);
        QVERIFY(profiles.save({}, {}, u"nonsense"_s, {}, {}, {}).isEmpty());
        QVERIFY(!session.error().isEmpty());
        const QString b = profiles.save({}, u" B "_s, u"admin@b.example"_s, u"localhost:5222"_s, {},
                                        u"red"_s);
        const QString a = profiles.save({}, {}, u"admin@a.example"_s, {}, u"iot.a.example"_s, {});
        QCOMPARE(column(profiles, Profiles::NameRole), (QVariantList { u"B"_s, u"iot.a.example"_s }));
        QCOMPARE(column(profiles, Profiles::ColourRole), (QVariantList { u"red"_s, QString() }));

        const QString pin(64, u'a');
        profiles.pin(b, pin);
        QCOMPARE(profiles.save(b, u"z"_s, u"other@b.example"_s, u"localhost:5222"_s, {}, {}), b);
        QCOMPARE(profiles.find(b)->pin, pin);
        QVERIFY(profiles.data(profiles.index(profiles.row(b)), Profiles::PinnedRole).toBool());
        QCOMPARE(profiles.row(b), 1); // by name
        QCOMPARE(profiles.save(b, u"z"_s, u"other@b.example"_s, u"localhost:5223"_s, {}, {}), b);
        QCOMPARE(profiles.find(b)->pin, QString()); // another host

        const Session next;
        QCOMPARE(next.profiles()->count(), 2);
        QCOMPARE(next.profiles()->find(a), profiles.find(a));
        profiles.remove(a);
        QCOMPARE(profiles.count(), 1);
        QCOMPARE(profiles.row(a), -1);
    }

    void qmlFindsTheSessionOfItsEngine()
    {
        QQmlEngine engine;
        auto *session = engine.singletonInstance<Session *>("Castellan.Presentation"_L1, "Session"_L1);
        QVERIFY(session);
        QQmlComponent component(&engine);
        component.setData(R"(
            import QtQml
            import Castellan.Presentation
            QtObject {
                property ThingsModel things: ThingsModel { search: "meter" }
                property FriendsModel friends: FriendsModel { jid: "alice@building.localhost" }
                property ThingDetails details: ThingDetails { jid: "meter-1@building.localhost" }
                property GraphModel graph: GraphModel { focus: "meter-1@building.localhost" }
                property int online: Session.Online
                property string field: details.found ? details.nodes[0].fields[0] : ""
            })",
                          {});
        const std::unique_ptr<QObject> object(component.create());
        QVERIFY2(object, qPrintable(component.errorString()));
        session->signIn(LiveServer::admin, LiveServer::password, m_server->address(), {});
        QTRY_COMPARE_WITH_TIMEOUT(int(session->state()), object->property("online").toInt(), patience);
        QTRY_COMPARE_WITH_TIMEOUT(object->property("things").value<ThingsModel *>()->count(), 2, patience);
        QTRY_COMPARE_WITH_TIMEOUT(object->property("friends").value<FriendsModel *>()->count(), 2, patience);
        QTRY_COMPARE_WITH_TIMEOUT(object->property("graph").value<GraphModel *>()->nodeCount(), 2, patience);
        QTRY_COMPARE_WITH_TIMEOUT(object->property("field").toString(), u"Energy"_s, patience);
    }

private:
    /// Of a server where alice is support and the valve's account an auditor's
    void signInAs(const QString &jid)
    {
        Network network = smallNetwork();
        network.roleGrants = { RoleGrant { .holder = alice, .role = AdminRole::Support },
                               RoleGrant { .holder = valve, .role = AdminRole::Auditor } };
        m_server = std::make_unique<LiveServer>(network);
        QVERIFY(m_server->start());
        m_session->signIn(jid, LiveServer::password, m_server->address(), {});
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), Session::Online, patience);
    }
    void signIn() { m_session->signIn(LiveServer::admin, LiveServer::password, m_server->address(), {}); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<LiveServer> m_server;
    std::unique_ptr<Session> m_session;
};

QTEST_GUILESS_MAIN(TestPresentation)
#include "tst_presentation.moc"
