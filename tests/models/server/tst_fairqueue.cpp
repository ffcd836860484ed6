// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/fairqueue.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace castellan::server;

class TestFairQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void s26_sendersTakeTurns()
    {
        FairQueue<int> queue;
        QVERIFY(queue.isEmpty());
        for (int i = 0; i < 100; ++i)
            queue.enqueue(u"flood"_s, i);
        queue.enqueue(u"one"_s, 1000);
        queue.enqueue(u"two"_s, 2000);
        queue.enqueue(u"one"_s, 1001);
        QList<int> order;
        for (int i = 0; i < 6; ++i)
            order.append(queue.dequeue());
        QCOMPARE(order, (QList { 0, 1000, 2000, 1, 1001, 2 }));
        queue.enqueue(u"one"_s, 1002);
        QCOMPARE(queue.dequeue(), 3);
        QCOMPARE(queue.dequeue(), 1002);
        for (int i = 4; i < 100; ++i)
            QCOMPARE(queue.dequeue(), i);
        QVERIFY(queue.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestFairQueue)
#include "tst_fairqueue.moc"
