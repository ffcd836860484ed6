// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::conformance;

Q_DECLARE_METATYPE(castellan::conformance::Transport)

/// Every listing and use case of XEP-0324 through every transport. The listings are played from their
/// published text by listings.py, which shares no code with Castellan.
class ConformanceTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void listing_data();
    void listing();
    void useCase_data();
    void useCase();

private:
    /// Rows for each of \a commands through each transport.
    static void addRows(const QStringList &commands);
    void run();

    Prepared m_prepared;
    std::map<Transport, std::unique_ptr<Network>> m_networks;
};

void ConformanceTest::initTestCase()
{
    QVERIFY(m_prepared.make());
}

void ConformanceTest::cleanupTestCase()
{
    m_networks.clear();
}

void ConformanceTest::addRows(const QStringList &commands)
{
    QTest::addColumn<Transport>("transport");
    QTest::addColumn<QString>("command");
    for (const auto transport : { Transport::Embedded, Transport::ProsodyComponent, Transport::ProsodyAccount,
                                  Transport::EjabberdComponent }) {
        for (const QString &command : commands) {
            QTest::addRow("%s, %s", transportName(transport), qPrintable(command.section(u' ', 1)))
                << transport << command;
        }
    }
}

void ConformanceTest::run()
{
    QFETCH(Transport, transport);
    QFETCH(QString, command);
    std::unique_ptr<Network> &network = m_networks[transport];
    if (!network) {
        network = std::make_unique<Network>(transport, m_prepared, u"conformance.py"_s);
        QVERIFY2(network->start(), network->complaints());
    }
    const QString fault = network->run(command);
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
}

void ConformanceTest::listing_data()
{
    QStringList commands;
    // TODO the others need tokens, which the server does not give out yet
    for (const int number : { 1, 2, 3, 10, 11, 12, 13, 20, 25, 26 })
        commands.append(u"listing %1"_s.arg(number));
    addRows(commands);
}

void ConformanceTest::listing()
{
    run();
}

void ConformanceTest::useCase_data()
{
    QProcess process;
    process.start(u"python3"_s,
                  { QStringLiteral(CASTELLAN_SOURCE_DIR "/tests/conformance/conformance.py"), u"--list"_s });
    QVERIFY(process.waitForFinished() && process.exitCode() == 0);
    QStringList commands;
    const QByteArrayList names = process.readAllStandardOutput().split('\n');
    for (const QByteArray &name : names) {
        if (!name.isEmpty())
            commands.append(u"case "_s + QString::fromUtf8(name));
    }
    QVERIFY(!commands.isEmpty());
    addRows(commands);
}

void ConformanceTest::useCase()
{
    run();
}

QTEST_GUILESS_MAIN(ConformanceTest)
#include "tst_conformance.moc"
