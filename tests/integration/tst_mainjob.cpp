// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"
#include "presentation/accessrulesmodel.h"
#include "presentation/draft.h"
#include "presentation/friendsmodel.h"
#include "presentation/pushesmodel.h"
#include "presentation/ruleeditor.h"
#include "presentation/session.h"

#include <QAbstractItemModel>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan;
using namespace castellan::presentation;
using namespace castellan::integration;

namespace {

const QString password = u"correct horse battery staple"_s;
const QString device = u"device@example.org"_s;
const QString client = u"client1@example.org"_s;
const QString admin = u"admin@example.org"_s;

/// The value of \a role in the first row whose \a key role is \a value; invalid when there is none.
QVariant lookUp(const QAbstractItemModel &model, const QByteArray &key, const QVariant &value,
                const QByteArray &role)
{
    const int keyRole = model.roleNames().key(key, -1);
    const int valueRole = model.roleNames().key(role, -1);
    if (keyRole < 0 || valueRole < 0)
        qFatal("the model has no role %s or %s", key.constData(), role.constData());
    for (int row = 0; row < model.rowCount(); ++row) {
        const QModelIndex index = model.index(row, 0);
        if (index.data(keyRole) == value)
            return index.data(valueRole);
    }
    return {};
}

/// How things reach the provisioning server.
struct Way
{
    QString mode; ///< component or account, both through Prosody, or embedded
    QString acknowledge; ///< how the thing confirms clearCache: element or empty
};

/// One network: Prosody, castellan-server behind it (or on its own), a slixmpp thing, and a console's models.
class Scene
{
public:
    explicit Scene(const Way &way)
        : m_way(way),
          m_prosody({ device, client, admin, u"provisioning@example.org"_s }, password,
                    { { u"provisioning.example.org"_s, u"component secret"_s } })
    {
        write(u"password"_s, password.toUtf8());
        write(u"secret"_s, "component secret");
        write(u"accounts"_s, (device + u' ' + password + u'\n' + admin + u' ' + password + u'\n').toUtf8());
        const QJsonObject clientSubject { { u"kind"_s, u"jid"_s }, { u"value"_s, client } };
        const QJsonObject network {
            { u"castellan"_s, u"network"_s },
            { u"format"_s, 1 },
            { u"things"_s,
              QJsonArray { QJsonObject { { u"jid"_s, device }, { u"name"_s, u"Device"_s } },
                           QJsonObject { { u"jid"_s, client }, { u"name"_s, u"Client"_s } } } },
            { u"friendships"_s, QJsonArray { QJsonObject { { u"a"_s, device }, { u"b"_s, client } } } },
            { u"accessRules"_s,
              QJsonArray { QJsonObject {
                  { u"id"_s, u"allow-all"_s },
                  { u"action"_s, u"read"_s },
                  { u"effect"_s, u"allow"_s },
                  { u"subject"_s, clientSubject },
                  { u"target"_s, QJsonObject { { u"kind"_s, u"device"_s }, { u"value"_s, device } } } } } },
        };
        write(u"network.json"_s, QJsonDocument(network).toJson());
    }

    [[nodiscard]] QString serverJid() const
    {
        if (m_way.mode == "embedded"_L1)
            return u"example.org"_s;
        return m_way.mode == "component"_L1 ? u"provisioning.example.org"_s : u"provisioning@example.org"_s;
    }

    /// Where clients connect.
    [[nodiscard]] QString address() const
    {
        return m_way.mode == "embedded"_L1 ? m_listen : m_prosody.clientAddress();
    }

    [[nodiscard]] bool start()
    {
        if (m_way.mode != "embedded"_L1 && !m_prosody.start()) {
            qWarning().noquote() << "Prosody did not start:" << m_prosody.complaints();
            return false;
        }
        startServer(true);
        if (!serves())
            return false;
        QStringList options { u"--acknowledge"_s, m_way.acknowledge };
        if (m_way.mode == "account"_L1)
            options += u"--befriend"_s;
        thing = std::make_unique<SlixmppThing>(device + u"/meter"_s, serverJid(), address(),
                                               path(u"password"_s), options);
        thing->start();
        return thingIsThere();
    }

    [[nodiscard]] bool thingIsThere()
    {
        return !thing->take(u"online"_s).isEmpty()
            && (m_way.mode != "account"_L1 || !thing->take(u"trusted"_s).isEmpty());
    }

    void startServer(bool import)
    {
        QStringList arguments { u"--mode"_s,     m_way.mode,
                                u"--database"_s, u"sqlite:"_s + path(u"castellan.sqlite"_s),
                                u"--admin"_s,    admin };
        if (m_way.mode == "embedded"_L1)
            arguments += { u"--domain"_s, serverJid(),     u"--listen"_s,
                           m_listen,      u"--accounts"_s, path(u"accounts"_s) };
        else if (m_way.mode == "component"_L1)
            arguments += { u"--connect"_s, m_prosody.componentAddress(), u"--domain"_s,
                           serverJid(),    u"--secret-file"_s,           path(u"secret"_s) };
        else
            arguments += { u"--connect"_s, m_prosody.clientAddress(), u"--jid"_s,
                           serverJid(),    u"--password-file"_s,      path(u"password"_s) };
        if (import)
            arguments += { u"--import"_s, path(u"network.json"_s) };
        server = std::make_unique<LineProcess>(u"castellan-server"_s);
        server->start(QStringLiteral(CASTELLAN_SERVER), arguments);
    }

    [[nodiscard]] bool serves()
    {
        // An account says its full JID.
        const QString expected = u"ready "_s + (m_way.mode == "embedded"_L1 ? m_listen : serverJid());
        const bool ready = QTest::qWaitFor([this] { return !server->lines.isEmpty(); }, 20'000)
            && server->lines.first().section(u'/', 0, 0) == expected;
        if (!ready)
            qWarning().noquote() << "castellan-server is not ready:" << server->lines << server->complaints;
        return ready;
    }

    /// Signs a console in.
    [[nodiscard]] Session *signIn()
    {
        m_consoles.push_back(std::make_unique<Session>());
        Session *session = m_consoles.back().get();
        QObject::connect(session, &Session::errorChanged, session,
                         [session] { qInfo() << "the console says:" << session->error(); });
        session->signIn(admin, password, address(), serverJid());
        if (!QTest::qWaitFor([&] { return session->state() == Session::Online; }, 30'000)) {
            qWarning().noquote() << "the console did not get in:" << session->error() << server->complaints;
            return nullptr;
        }
        return session;
    }

    /// `true`, `false`, or what came instead.
    [[nodiscard]] QString ask(const QString &xml)
    {
        thing->ask(xml);
        const QJsonObject answer = thing->take(u"answer"_s);
        const QString payload = answer[u"xml"_s].toString();
        static const QRegularExpression result(u"result=\"(true|false)\""_s);
        const QRegularExpressionMatch match = result.match(payload);
        return match.hasMatch() ? match.captured(1) : answer[u"type"_s].toString() + u' ' + payload;
    }

    [[nodiscard]] QString isFriend()
    {
        return ask(u"<isFriend xmlns='urn:xmpp:iot:provisioning' jid='%1'/>"_s.arg(client));
    }
    [[nodiscard]] QString canReadEnergy()
    {
        return ask(
            u"<canRead xmlns='urn:xmpp:iot:provisioning' jid='%1' momentary='true'><field name='Energy'/></canRead>"_s
                .arg(client));
    }

    std::unique_ptr<LineProcess> server;
    std::unique_ptr<SlixmppThing> thing;

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    void write(const QString &name, const QByteArray &content) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }

    Way m_way;
    QTemporaryDir m_folder;
    Prosody m_prosody;
    const QString m_listen = u"127.0.0.1:%1"_s.arg(freePort());
    std::vector<std::unique_ptr<Session>> m_consoles;
};

/// The machine may be busy with other tests.
constexpr int patience = 30'000; // milliseconds

/// Pushes the console's draft; the revision, or 0 when the push failed.
qint64 push(Session *session, const QString &title)
{
    QSignalSpy pushed(session->draft(), &Draft::pushed);
    QSignalSpy failed(session->draft(), &Draft::pushFailed);
    session->draft()->push(title);
    if (!QTest::qWaitFor([&] { return !pushed.isEmpty() || !failed.isEmpty(); }, 20'000)
        || pushed.isEmpty()) {
        qWarning() << "the push failed:" << failed;
        return 0;
    }
    return pushed.first().first().toLongLong();
}

} // namespace

/// The main job, end to end, with every part real: a console's models, castellan-server, Prosody, slixmpp.
class MainJobTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName(u"tst_mainjob"_s);
        QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).removeRecursively();
    }

    void cleanup()
    {
        QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).removeRecursively();
    }

    void unfriending_data() { ways(); }
    void unfriending()
    {
        QFETCH(Way, way);
        Scene scene(way);
        QVERIFY(scene.start());
        QCOMPARE(scene.isFriend(), u"true"_s);

        Session *console = scene.signIn();
        QVERIFY(console);
        Session *second = scene.signIn();
        QVERIFY(second);
        FriendsModel friends;
        friends.setSession(console);
        friends.setJid(device);
        FriendsModel seenElsewhere;
        seenElsewhere.setSession(second);
        seenElsewhere.setJid(device);
        QTRY_COMPARE_WITH_TIMEOUT(lookUp(friends, "peer", client, "state").toString(), u"accepted"_s,
                                  patience);
        QTRY_COMPARE_WITH_TIMEOUT(lookUp(seenElsewhere, "peer", client, "state").toString(), u"accepted"_s,
                                  patience);

        console->draft()->unfriend(device, client);
        QTRY_COMPARE_WITH_TIMEOUT(lookUp(friends, "peer", client, "draftState").toString(), u"removed"_s,
                                  patience);
        QCOMPARE(scene.isFriend(), u"true"_s); // an edit is not a decision yet
        const qint64 revision = push(console, u"Unfriend"_s);
        QVERIFY(revision > 0);

        const QJsonObject clearCache = scene.thing->take(u"clearCache"_s);
        QCOMPARE(clearCache[u"to"_s].toString(), device + u"/meter"_s);
        QCOMPARE(clearCache[u"from"_s].toString().section(u'/', 0, 0), scene.serverJid());
        QCOMPARE(scene.thing->take(u"unfriend"_s)[u"jid"_s].toString(), client);

        PushDevicesModel delivery;
        delivery.setSession(console);
        delivery.setRevision(revision);
        QTRY_COMPARE_WITH_TIMEOUT(clearCacheState(delivery), u"acknowledged"_s, patience);
        QCOMPARE(scene.isFriend(), u"false"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!lookUp(seenElsewhere, "peer", client, "state").isValid(), patience);
        QCOMPARE(scene.thing->pending(u"clearCache"_s), 0); // exactly one
    }

    void denyingAField_data() { ways(); }
    void denyingAField()
    {
        QFETCH(Way, way);
        Scene scene(way);
        QVERIFY(scene.start());
        QCOMPARE(scene.canReadEnergy(), u"true"_s);

        Session *console = scene.signIn();
        QVERIFY(console);
        AccessRulesModel rules;
        rules.setSession(console);
        rules.setAction(u"read"_s);
        QTRY_COMPARE_WITH_TIMEOUT(rules.count(), 1, patience);

        RuleEditor editor;
        editor.setSession(console);
        editor.create(u"read"_s, device);
        editor.setEffect(u"deny"_s);
        editor.setSubjectKind(u"jid"_s);
        editor.setSubjectValue(client);
        editor.setNames({ u"Energy"_s });
        QCOMPARE(editor.problem(), QString());
        QVERIFY(editor.save());
        QTRY_COMPARE_WITH_TIMEOUT(rules.count(), 2, patience);
        const QString deny = lookUp(rules, "effect", u"deny"_s, "ruleId").toString();
        console->draft()->moveRule(deny, QString());
        QTRY_COMPARE_WITH_TIMEOUT(lookUp(rules, "ruleId", deny, "position").toInt(), 1, patience);
        const qint64 revision = push(console, u"Deny Energy"_s);
        QVERIFY(revision > 0);

        QCOMPARE(scene.thing->take(u"clearCache"_s)[u"to"_s].toString(), device + u"/meter"_s);
        PushDevicesModel delivery;
        delivery.setSession(console);
        delivery.setRevision(revision);
        QTRY_COMPARE_WITH_TIMEOUT(clearCacheState(delivery), u"acknowledged"_s, patience);
        QCOMPARE(scene.canReadEnergy(), u"false"_s);
        QTRY_COMPARE_WITH_TIMEOUT(lookUp(rules, "ruleId", deny, "draftState").toString(), QString(),
                                  patience);
    }

    void offlineDuringThePush_data() { ways(); }
    void offlineDuringThePush()
    {
        QFETCH(Way, way);
        Scene scene(way);
        QVERIFY(scene.start());
        QCOMPARE(scene.isFriend(), u"true"_s);
        Session *console = scene.signIn();
        QVERIFY(console);

        scene.thing->goOffline();
        QVERIFY(!scene.thing->take(u"offline"_s).isEmpty());
        console->draft()->unfriend(device, client);
        QTRY_COMPARE_WITH_TIMEOUT(console->draft()->count(), 1, patience);
        const qint64 revision = push(console, u"Unfriend while it is away"_s);
        QVERIFY(revision > 0);
        PushDevicesModel delivery;
        delivery.setSession(console);
        delivery.setRevision(revision);
        QTRY_COMPARE_WITH_TIMEOUT(clearCacheState(delivery), u"waiting"_s, patience);

        // What is owed survives the server as well.
        scene.server->kill();
        scene.startServer(false);
        QVERIFY(scene.serves());
        QTRY_COMPARE_WITH_TIMEOUT(console->state(), Session::Online, 30'000);
        QCOMPARE(clearCacheState(delivery), u"waiting"_s);

        scene.thing->goOnline();
        QVERIFY(scene.thingIsThere());
        QCOMPARE(scene.thing->take(u"clearCache"_s)[u"to"_s].toString(), device + u"/meter"_s);
        QTRY_COMPARE_WITH_TIMEOUT(clearCacheState(delivery), u"acknowledged"_s, patience);
        QCOMPARE(scene.isFriend(), u"false"_s);
        QCOMPARE(scene.thing->pending(u"clearCache"_s), 0);
    }

private:
    static void ways()
    {
        QTest::addColumn<Way>("way");
        for (const QString &mode : { u"component"_s, u"account"_s, u"embedded"_s }) {
            for (const QString &acknowledge : { u"element"_s, u"empty"_s })
                QTest::addRow("%s, %s", qPrintable(mode), qPrintable(acknowledge))
                    << Way { mode, acknowledge };
        }
    }

    static QString clearCacheState(const PushDevicesModel &delivery)
    {
        return lookUp(delivery, "kind", u"clearCache"_s, "state").toString();
    }
};

QTEST_MAIN(MainJobTest)
#include "tst_mainjob.moc"
