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
            QTest::addRow("%s, %s", transportName(transport), qPrintable(command)) << transport << command;
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
    for (int number = 1; number <= 26; ++number)
        commands.append(QString::number(number));
    addRows(commands);
}

void ConformanceTest::listing()
{
    run();
}

void ConformanceTest::useCase_data()
{
    const QStringList commands = cases(u"conformance.py"_s);
    QVERIFY(!commands.isEmpty());
    addRows(commands);
}

void ConformanceTest::useCase()
{
    run();
}

QTEST_GUILESS_MAIN(ConformanceTest)
#include "tst_conformance.moc"
