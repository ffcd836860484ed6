// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "harness.h"
#include "presentation/draft.h"
#include "presentation/profiles.h"
#include "presentation/session.h"
#include "replica/connection.h"
#include "support/liveserver.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QProcess>
#include <QSignalSpy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace castellan;
using namespace castellan::integration;
using namespace castellan::presentation;
using namespace castellan::replica;
using castellan::tests::LiveServer;
using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 30'000; ///< milliseconds; reached only when something is wrong

const QString domain = u"building.localhost"_s;
const QString admin = u"admin@building.localhost"_s;
const QString password = u"correct horse battery"_s;

bool openssl(const QStringList &arguments)
{
    QProcess process;
    process.start(u"openssl"_s, arguments);
    process.waitForFinished();
    if (process.exitCode() != 0)
        qWarning().noquote() << process.readAllStandardError();
    return process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

/// A certificate of the domain that nobody has signed, with its key: NAME.crt and NAME.key.
bool makeCertificate(const QString &name)
{
    return openssl({ u"req"_s, u"-x509"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s,
                     u"ec_paramgen_curve:prime256v1"_s, u"-nodes"_s, u"-days"_s, u"30"_s, u"-subj"_s,
                     u"/CN="_s + domain, u"-addext"_s, u"subjectAltName=DNS:"_s + domain, u"-keyout"_s,
                     name + u".key"_s, u"-out"_s, name + u".crt"_s });
}

QString thumbprint(const QString &name)
{
    const auto certificates = QSslCertificate::fromPath(name + u".crt"_s);
    return QString::fromLatin1(certificates.first().digest(QCryptographicHash::Sha256).toHex());
}

/// Prosody with the certificate of that name; with none, without encryption.
std::unique_ptr<Prosody> makeProsody(const QString &certificate)
{
    QString settings;
    if (!certificate.isEmpty()) {
        settings = u"modules_disabled = { \"s2s\", \"limits\" }\n"
                   "modules_enabled = { \"roster\", \"saslauth\", \"tls\" }\n"
                   "ssl = { key = \"%1.key\"; certificate = \"%1.crt\"; }\n"_s.arg(certificate);
    }
    return std::make_unique<Prosody>(QStringList { admin }, password, QList<Prosody::Component>(), settings);
}

/// How an attempt to sign in at Prosody ended.
struct Attempt
{
    explicit Attempt(const Prosody &prosody, const QString &pin = {}, const QString &host = u"127.0.0.1"_s)
    {
        QSignalSpy ready(&connection, &AdminConnection::ready);
        QSignalSpy refused(&connection, &AdminConnection::refused);
        QSignalSpy lost(&connection, &AdminConnection::lost);
        QObject::connect(&connection, &AdminConnection::untrusted, &connection,
                         [this](const QList<PeerCertificate> &shown) { chain = shown; });
        connection.open({ .jid = *Jid::parse(admin),
                          .password = password,
                          .host = host,
                          .port = prosody.clientAddress().section(u':', -1).toUShort(),
                          .server = *Jid::parse(domain),
                          .pin = pin });
        ended = QTest::qWaitFor([&] { return !ready.isEmpty() || !refused.isEmpty() || !lost.isEmpty(); },
                                patience);
        signedIn = !ready.isEmpty();
        hopeless = !refused.isEmpty();
        for (const QSignalSpy *spy : { &refused, &lost }) {
            if (!spy->isEmpty())
                text = spy->first().first().value<Failure>().text;
        }
    }

    AdminConnection connection;
    bool ended = false;
    bool signedIn = false;
    bool hopeless = false;
    QString text;
    QList<PeerCertificate> chain;
};

/// Whether any file below \a folder holds \a secret as it is.
QString fileThatHolds(const QString &folder, const QByteArray &secret)
{
    for (QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
         files.hasNext();) {
        QFile file(files.next());
        if (file.open(QFile::ReadOnly) && file.readAll().contains(secret))
            return file.fileName();
    }
    return {};
}

/// A console with a keychain or without, in a process of its own; see main(). Each line is what it found.
int playConsole(const QStringList &arguments)
{
    QCoreApplication::setOrganizationName(u"castellan-test"_s);
    QCoreApplication::setApplicationName(u"castellan-test"_s);
    const QString address = arguments.at(2);
    QTextStream out(stdout);
    Session session;
    const auto online = [&] {
        return QTest::qWaitFor([&] { return session.state() == Session::Online; }, patience);
    };
    const auto asked = [&](const QString &id) {
        session.open(id);
        return QTest::qWaitFor(
                   [&] { return session.askedProfile() == id || session.state() == Session::Online; },
                   patience)
            && session.askedProfile() == id;
    };
    const QString id = session.profiles()->save({}, u"Building A"_s, LiveServer::admin, address, {},
                                                u"red"_s);
    out << "asked at first: " << asked(id) << ' ' << session.askReason() << Qt::endl;
    session.openWith(id, LiveServer::password, true);
    out << "online: " << online() << Qt::endl;
    // Kept behind our back: ask until it is there.
    const bool kept = QTest::qWaitFor(
        [&] {
            const auto read = readPassword(id);
            return QTest::qWaitFor([&] { return read.isFinished(); }, patience) && read.result();
        },
        session.askReason().isEmpty() && arguments.at(3) == "keychain"_L1 ? patience : 0);
    out << "kept: " << kept << Qt::endl;
    if (!kept && !QTest::qWaitFor([&] { return !session.error().isEmpty(); }, patience))
        return 1;
    out << "said: " << session.error() << Qt::endl;
    session.signOut();

    Session another; // the next start
    another.open(another.profiles()->last());
    out << "again: "
        << QTest::qWaitFor([&] { return another.state() == Session::Online; }, kept ? patience : 0) << ' '
        << another.title() << Qt::endl;
    another.signOut();
    another.profiles()->remove(id);
    out << "profiles left: " << another.profiles()->count() << Qt::endl;
    const auto read = readPassword(id);
    const bool finished = QTest::qWaitFor([&] { return read.isFinished(); }, patience);
    out << "forgotten: " << (finished && !read.result()) << Qt::endl;
    out << "copy left: " << QDir(profileFolder(id)).exists() << Qt::endl;
    return 0;
}

} // namespace

class TestSecrets : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        QVERIFY(makeCertificate(file(u"one"_s)));
        QVERIFY(makeCertificate(file(u"other"_s)));
        // One that an authority nobody knows has signed, with the authority's behind it
        const QString authority = file(u"authority"_s);
        const QString signedOne = file(u"signed"_s);
        QVERIFY(openssl({ u"req"_s, u"-x509"_s, u"-newkey"_s, u"rsa:2048"_s, u"-nodes"_s, u"-days"_s, u"30"_s,
                          u"-subj"_s, u"/O=Somebody/CN=An authority"_s, u"-keyout"_s, authority + u".key"_s,
                          u"-out"_s, authority + u".crt"_s }));
        QVERIFY(openssl({ u"req"_s, u"-newkey"_s, u"rsa:2048"_s, u"-nodes"_s, u"-subj"_s, u"/CN="_s + domain,
                          u"-addext"_s, u"subjectAltName=DNS:"_s + domain, u"-keyout"_s,
                          signedOne + u".key"_s, u"-out"_s, signedOne + u".csr"_s }));
        QVERIFY(openssl({ u"x509"_s, u"-req"_s, u"-in"_s, signedOne + u".csr"_s, u"-CA"_s,
                          authority + u".crt"_s, u"-CAkey"_s, authority + u".key"_s, u"-days"_s, u"30"_s,
                          u"-copy_extensions"_s, u"copy"_s, u"-out"_s, signedOne + u".crt"_s }));
        QFile chain(signedOne + u".crt"_s);
        QFile above(authority + u".crt"_s);
        QVERIFY(chain.open(QFile::Append) && above.open(QFile::ReadOnly));
        chain.write(above.readAll());
    }

    void aCertificateThatNobodySigned()
    {
        const auto prosody = makeProsody(file(u"one"_s));
        QVERIFY(prosody->start());
        const Attempt attempt(*prosody);
        QVERIFY(!attempt.signedIn);
        QVERIFY(attempt.hopeless); // trying again makes it no better
        QVERIFY2(attempt.text.contains(u"not trusted"), qPrintable(attempt.text));
        QCOMPARE(attempt.chain.size(), 1);
        const PeerCertificate &shown = attempt.chain.first();
        QCOMPARE(shown.subject, domain);
        QCOMPARE(shown.issuer, domain);
        QCOMPARE(shown.thumbprint, thumbprint(file(u"one"_s)));
        QVERIFY(!shown.problems.isEmpty());
        QVERIFY(shown.notBefore < QDateTime::currentDateTimeUtc());
        QCOMPARE(shown.notBefore.daysTo(shown.notAfter), 30);
        QVERIFY(!prosody->complaints().contains("Authenticated as"));
    }

    void aChainOfTwo()
    {
        const auto prosody = makeProsody(file(u"signed"_s));
        QVERIFY(prosody->start());
        const Attempt attempt(*prosody);
        QVERIFY(attempt.hopeless);
        QCOMPARE(attempt.chain.size(), 2);
        QCOMPARE(attempt.chain.first().issuer, u"An authority"_s);
        QCOMPARE(attempt.chain.last().subject, u"An authority"_s);
        QVERIFY(!attempt.chain.last().problems.isEmpty());
        QVERIFY(!attempt.chain.first().problems.isEmpty());
    }

    void pinned()
    {
        auto prosody = makeProsody(file(u"one"_s));
        QVERIFY(prosody->start());
        const QString pin = thumbprint(file(u"one"_s));
        const Attempt good(*prosody, pin);
        QVERIFY2(good.signedIn, qPrintable(good.text));
        QVERIFY(good.chain.isEmpty());

        const Attempt wrong(*prosody, thumbprint(file(u"other"_s)));
        QVERIFY(!wrong.signedIn);
        QVERIFY(wrong.hopeless);
        QVERIFY2(wrong.text.contains(u"pinned"), qPrintable(wrong.text));

        // The server gets a new certificate.
        prosody.reset();
        prosody = makeProsody(file(u"other"_s));
        QVERIFY(prosody->start());
        const Attempt changed(*prosody, pin);
        QVERIFY(!changed.signedIn);
        QCOMPARE(changed.chain.first().thumbprint, thumbprint(file(u"other"_s)));
        QVERIFY2(changed.text.contains(u"pinned"), qPrintable(changed.text));
        QVERIFY(!prosody->complaints().contains("Authenticated as"));
    }

    /// What the system trusts is enough, unless another one was pinned.
    void trustedBySystem()
    {
        const QSslConfiguration before = QSslConfiguration::defaultConfiguration();
        QSslConfiguration configuration = before;
        configuration.addCaCertificates(file(u"authority.crt"_s));
        QSslConfiguration::setDefaultConfiguration(configuration);
        const auto restore = qScopeGuard([&] { QSslConfiguration::setDefaultConfiguration(before); });
        const auto prosody = makeProsody(file(u"signed"_s));
        QVERIFY(prosody->start());
        const Attempt good(*prosody);
        QVERIFY2(good.signedIn, qPrintable(good.text));
        const Attempt other(*prosody, thumbprint(file(u"one"_s)));
        QVERIFY(!other.signedIn);
        QVERIFY(other.hopeless);
        QVERIFY2(other.text.contains(u"pinned"), qPrintable(other.text));
        QCOMPARE(other.chain.size(), 2);
    }

    void noEncryption()
    {
        const auto prosody = makeProsody({});
        QVERIFY(prosody->start());
        const Attempt here(*prosody);
        QVERIFY2(here.signedIn, qPrintable(here.text)); // nobody is in between

        // An address that arrives here too, but is not known to.
        const Attempt elsewhere(*prosody, {}, u"0.0.0.0"_s);
        QVERIFY(!elsewhere.signedIn);
        QVERIFY2(elsewhere.text.contains(u"encrypt"), qPrintable(elsewhere.text));
        QVERIFY2(elsewhere.text.contains(u"password was not sent"), qPrintable(elsewhere.text));

        const Attempt pinnedOnce(*prosody, thumbprint(file(u"one"_s)));
        QVERIFY(!pinnedOnce.signedIn); // where there was encryption, there has to be
        QCOMPARE(prosody->complaints().count("Authenticated as"), 1);
    }

    void withAKeychain()
    {
        const QStringList found = play(true);
        QCOMPARE(found,
                 (QStringList { u"asked at first: 1 "_s, u"online: 1"_s, u"kept: 1"_s, u"said: "_s,
                                u"again: 1 Building A"_s, u"profiles left: 0"_s, u"forgotten: 1"_s,
                                u"copy left: 0"_s }));
    }

    void withoutAKeychain()
    {
        const QStringList found = play(false);
        QCOMPARE(found.size(), 8);
        QVERIFY2(found.at(0).startsWith(u"asked at first: 1 The system's keychain cannot be used"),
                 qPrintable(found.at(0)));
        QCOMPARE(found.at(1), u"online: 1"_s);
        QCOMPARE(found.at(2), u"kept: 0"_s);
        QVERIFY2(found.at(3).startsWith(u"said: The system's keychain cannot be used"),
                 qPrintable(found.at(3)));
        QCOMPARE(found.mid(5), (QStringList { u"profiles left: 0"_s, u"forgotten: 1"_s, u"copy left: 0"_s }));
    }

private:
    [[nodiscard]] QString file(const QString &name) const { return m_folder.filePath(name); }

    /// Lets playConsole() play, with a keychain of its own or with none.
    QStringList play(bool keychain)
    {
        QTemporaryDir home;
        LiveServer server(tests::smallNetwork());
        if (!server.start())
            return {};
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const auto &[name, folder] :
             { std::pair("HOME", ""), std::pair("XDG_CONFIG_HOME", "config"),
               std::pair("XDG_DATA_HOME", "data"), std::pair("XDG_CACHE_HOME", "cache"),
               std::pair("XDG_RUNTIME_DIR", "run") }) {
            const QString path = home.filePath(QString::fromLatin1(folder));
            QDir().mkpath(path);
            QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
            environment.insert(QString::fromLatin1(name), path);
        }
        environment.insert(u"XDG_CURRENT_DESKTOP"_s, u"GNOME"_s);
        environment.insert(u"LANGUAGE"_s, u"en"_s);
        const QString self = QCoreApplication::applicationFilePath();
        QProcess console;
        console.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        if (keychain) {
            console.setProcessEnvironment(environment);
            console.start(
                u"dbus-run-session"_s,
                { u"--"_s, u"sh"_s, u"-c"_s,
                  u"echo unlock | gnome-keyring-daemon --unlock --components=secrets >&2 && exec \"$@\""_s,
                  u"sh"_s, self, u"--console"_s, server.address(), u"keychain"_s });
        } else {
            environment.insert(u"DBUS_SESSION_BUS_ADDRESS"_s, u"unix:path=/nonexistent"_s);
            console.setProcessEnvironment(environment);
            console.start(self, { u"--console"_s, server.address(), u"none"_s });
        }
        if (!console.waitForFinished(patience * 4)) {
            console.kill();
            console.waitForFinished();
        }
        const QString leak = fileThatHolds(home.path(), LiveServer::password.toUtf8());
        if (!leak.isEmpty())
            return { u"the password is in "_s + leak };
        return QString::fromUtf8(console.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
    }

    QTemporaryDir m_folder;
};

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    if (argc > 1 && qstrcmp(argv[1], "--console") == 0)
        return playConsole(QCoreApplication::arguments());
    TestSecrets test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_secrets.moc"
