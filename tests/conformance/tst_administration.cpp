// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::conformance;

Q_DECLARE_METATYPE(castellan::conformance::Transport)

/// The administration interface through real servers, with a client library of others (administration.py):
/// typed iqs and ad-hoc commands, as each role.
class AdministrationTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(m_prepared.make()); }
    void cleanupTestCase() { m_networks.clear(); }
    void administration_data();
    void administration();

private:
    Prepared m_prepared;
    std::map<Transport, std::unique_ptr<Network>> m_networks;
};

void AdministrationTest::administration_data()
{
    QTest::addColumn<Transport>("transport");
    QTest::addColumn<QString>("name");
    const QStringList names = cases(u"administration.py"_s);
    QVERIFY(!names.isEmpty());
    for (const auto transport :
         { Transport::Embedded, Transport::ProsodyComponent, Transport::ProsodyAccount }) {
        for (const QString &name : names)
            QTest::addRow("%s, %s", transportName(transport), qPrintable(name)) << transport << name;
    }
}

void AdministrationTest::administration()
{
    QFETCH(Transport, transport);
    QFETCH(QString, name);
    std::unique_ptr<Network> &network = m_networks[transport];
    if (!network) {
        network = std::make_unique<Network>(transport, m_prepared, u"administration.py"_s);
        QVERIFY2(network->start(), network->complaints());
    }
    const QString fault = network->run(name);
    if (!fault.isEmpty())
        qWarning().noquote() << network->complaints();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
}

QTEST_GUILESS_MAIN(AdministrationTest)
#include "tst_administration.moc"
