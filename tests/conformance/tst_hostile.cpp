// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::conformance;

Q_DECLARE_METATYPE(castellan::conformance::Transport)

/// Statement 26: whatever a client does (hostile.py), it gets a standard error or nothing, others are
/// answered meanwhile, and the database stays what it was.
class HostileTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void attack_data();
    void attack();
    void networkIsUnchanged_data();
    void networkIsUnchanged();

private:
    Prepared m_prepared;
    std::map<Transport, std::unique_ptr<Network>> m_networks;
};

static constexpr auto transports = { Transport::Embedded, Transport::ProsodyComponent,
                                     Transport::ProsodyAccount };

void HostileTest::initTestCase()
{
    QVERIFY(m_prepared.make());
}

void HostileTest::cleanupTestCase()
{
    m_networks.clear();
}

void HostileTest::attack_data()
{
    QTest::addColumn<Transport>("transport");
    QTest::addColumn<QString>("name");
    const QStringList names = cases(u"hostile.py"_s);
    QVERIFY(!names.isEmpty());
    for (const auto transport : transports) {
        for (const QString &name : names)
            QTest::addRow("%s, %s", transportName(transport), qPrintable(name)) << transport << name;
    }
}

void HostileTest::attack()
{
    QFETCH(Transport, transport);
    QFETCH(QString, name);
    std::unique_ptr<Network> &network = m_networks[transport];
    if (!network) {
        network = std::make_unique<Network>(transport, m_prepared, u"hostile.py"_s);
        QVERIFY2(network->start(), network->complaints());
    }
    const QString fault = network->run(name);
    if (!fault.isEmpty())
        qWarning().noquote() << network->complaints();
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
}

void HostileTest::networkIsUnchanged_data()
{
    QTest::addColumn<Transport>("transport");
    for (const auto transport : transports)
        QTest::addRow("%s", transportName(transport)) << transport;
}

/// After all attacks, and beyond what revisions tell: as it was imported.
void HostileTest::networkIsUnchanged()
{
    QFETCH(Transport, transport);
    Network untouched(Transport::Embedded, m_prepared, u"hostile.py"_s);
    QVERIFY2(untouched.start(), untouched.complaints());
    const QByteArray before = untouched.stopAndExport();
    QVERIFY(!before.isEmpty());
    QVERIFY(m_networks[transport]);
    QCOMPARE(m_networks[transport]->stopAndExport(), before);
}

QTEST_GUILESS_MAIN(HostileTest)
#include "tst_hostile.moc"
