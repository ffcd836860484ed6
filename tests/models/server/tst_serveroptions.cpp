// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/serveroptions.h"

#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::server;

class TestServerOptions : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;
    QProcessEnvironment m_environment;

    QString file(const QString &name, const QByteArray &content) const
    {
        QFile file(m_directory.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("no file");
        return file.fileName();
    }
    std::variant<ServerOptions, Answer> read(const QString &arguments) const
    {
        return readServerOptions(
            QStringList { u"castellan-server"_s } + arguments.split(u' ', Qt::SkipEmptyParts), m_environment);
    }
    ServerOptions options(const QString &arguments) const
    {
        const auto result = read(arguments);
        if (const auto *answer = std::get_if<Answer>(&result)) {
            QTest::qFail(qPrintable(answer->text), __FILE__, __LINE__);
            return {};
        }
        return std::get<ServerOptions>(result);
    }

private Q_SLOTS:
    void embedded()
    {
        const ServerOptions options = this->options(
            u"--domain Building.localhost --listen [::1]:0 --accounts a.txt --database sqlite:x.db "
            "--admin A@building.localhost/x --admin b@building.localhost"_s);
        QCOMPARE(options.mode, Mode::Embedded);
        QCOMPARE(options.jid.full(), u"building.localhost"_s);
        QCOMPARE(options.host, u"::1"_s);
        QCOMPARE(options.port, 0);
        QCOMPARE(options.administrators,
                 (QStringList { u"a@building.localhost"_s, u"b@building.localhost"_s }));
        QCOMPARE(options.logLevel, u"info"_s);
    }

    void secretsFromFileAndEnvironment()
    {
        const QString common =
            u" --mode component --domain prov.x --connect localhost:5347 --database sqlite:x.db"_s;
        QCOMPARE(options(u"--secret-file "_s + file(u"secret"_s, "geheim\n") + common).secret, u"geheim"_s);
        m_environment.insert(u"CASTELLAN_SECRET"_s, u"anders"_s);
        QCOMPARE(options(common).secret, u"anders"_s);
        QCOMPARE(options(u"--secret-file "_s + file(u"secret"_s, "geheim\n") + common).secret, u"geheim"_s);
        m_environment.insert(u"CASTELLAN_PASSWORD"_s, u"wort"_s);
        const ServerOptions account = options(u"--mode account --jid prov@x --database sqlite:x.db"_s);
        QCOMPARE(account.secret, u"wort"_s);
        QVERIFY(account.host.isEmpty());
        m_environment.clear();
    }

    void theCommandLineWinsOverTheFile()
    {
        const QString path = file(u"server.ini"_s,
                                  "mode=embedded\ndomain=building.localhost\nlisten=127.0.0.1:5333\n"
                                  "database=sqlite:network.db\nadmin=a@x, b@x\nlog-level=warning\n");
        const ServerOptions options = this->options(u"--listen 127.0.0.1:6444 --config "_s + path);
        QCOMPARE(options.port, 6444);
        QCOMPARE(options.jid.full(), u"building.localhost"_s);
        QCOMPARE(options.database, u"sqlite:network.db"_s);
        QCOMPARE(options.administrators, (QStringList { u"a@x"_s, u"b@x"_s }));
        QCOMPARE(options.logLevel, u"warning"_s);
    }

    void exportNeedsNothingElse()
    {
        QCOMPARE(options(u"--database sqlite:x.db --export -"_s).exportFile, u"-"_s);
        QCOMPARE(options(u"--database sqlite:x.db --backup b"_s).backupFile, u"b"_s);
        QCOMPARE(options(u"--database sqlite:x.db --restore b"_s).restoreFile, u"b"_s);
        QVERIFY(options(u"--database sqlite:x.db --verify-audit"_s).verifyAudit);
    }

    void mistakesAreNamed_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("named");
        const QString database = u" --database sqlite:x.db"_s;
        QTest::newRow("nothing") << QString() << u"--database"_s;
        QTest::newRow("no domain") << database << u"--domain"_s;
        QTest::newRow("unknown option") << u"--fast"_s << u"fast"_s;
        QTest::newRow("stray word") << u"serve"_s + database << u"serve"_s;
        QTest::newRow("mode") << u"--mode cluster"_s + database << u"cluster"_s;
        QTest::newRow("an account as domain") << u"--domain a@b"_s + database << u"a@b"_s;
        QTest::newRow("a domain as account") << u"--mode account --jid b"_s + database << u"--jid"_s;
        QTest::newRow("bad domain") << u"--domain a@@b"_s + database << u"--domain"_s;
        QTest::newRow("no port") << u"--domain x --listen 127.0.0.1"_s + database << u"--listen"_s;
        QTest::newRow("bad port") << u"--domain x --listen 127.0.0.1:70000"_s + database << u"70000"_s;
        QTest::newRow("not loopback") << u"--domain x --listen 0.0.0.0:5222"_s + database << u"0.0.0.0"_s;
        QTest::newRow("no connect") << u"--mode component --domain x"_s + database << u"--connect"_s;
        QTest::newRow("no secret") << u"--mode component --domain x --connect a:1"_s + database
                                   << u"CASTELLAN_SECRET"_s;
        QTest::newRow("no secret file")
            << u"--mode component --domain x --connect a:1 --secret-file /nowhere"_s + database
            << u"/nowhere"_s;
        QTest::newRow("level") << u"--domain x --log-level loud"_s + database << u"loud"_s;
        QTest::newRow("admin") << u"--domain x --admin a@@b"_s + database << u"--admin"_s;
        QTest::newRow("both ways") << u"--import a --export b"_s + database << u"--import"_s;
        QTest::newRow("two tasks") << u"--backup a --verify-audit"_s + database << u"--verify-audit"_s;
        QTest::newRow("no config") << u"--config /nowhere"_s << u"/nowhere"_s;
        QTest::newRow("unknown key") << u"--config "_s + file(u"bad.ini"_s, "domian=x\n") << u"domian"_s;
        QTest::newRow("key not for files")
            << u"--config "_s + file(u"bad2.ini"_s, "import=x\n") << u"import"_s;
    }
    void mistakesAreNamed()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, named);
        const auto result = read(arguments);
        const auto *answer = std::get_if<Answer>(&result);
        QVERIFY(answer);
        QVERIFY(answer->isError);
        QVERIFY2(answer->text.contains(named), qPrintable(answer->text));
    }

    void helpNamesEveryOption()
    {
        const auto result = read(u"--help"_s);
        const auto *answer = std::get_if<Answer>(&result);
        QVERIFY(answer && !answer->isError);
        for (const char *option :
             { "--config", "--mode", "--domain", "--listen", "--accounts", "--connect", "--secret-file",
               "--jid", "--password-file", "--database", "--admin", "--import", "--export", "--backup",
               "--restore", "--verify-audit", "--log-level", "CASTELLAN_SECRET", "CASTELLAN_PASSWORD" }) {
            QVERIFY2(answer->text.contains(QString::fromLatin1(option)), option);
        }
    }
};

QTEST_GUILESS_MAIN(TestServerOptions)
#include "tst_serveroptions.moc"
