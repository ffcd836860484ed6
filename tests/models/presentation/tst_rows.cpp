// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/rows.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace castellan;
using namespace castellan::presentation;
using namespace Qt::StringLiterals;

namespace {

struct Item
{
    QString id;
    int value = 0;
    friend bool operator==(const Item &, const Item &) = default;
};

/// A list whose answers the test gives.
class ItemModel : public ListModel
{
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole,
        ValueRole,
    };

    ItemModel()
        : ListModel(replica::Part::Things, Follow::Server, { "id", "value" }, nullptr),
          m_rows(*this,
                 { .read =
                       [this](replica::Replica &, qint64 first, int limit) {
                           ++readings;
                           return QtFuture::makeReadyValueFuture(
                               Result<replica::Page<Item>>(replica::Page<Item> {
                                   .rows = items.mid(first, limit), .total = items.size() }));
                       },
                   .id = &Item::id,
                   .value = [](const Item &item, int role) -> QVariant {
                       return role == IdRole ? QVariant(item.id) : QVariant(item.value);
                   } })
    { }

    void askForSomethingElse() { restart(); }

    [[nodiscard]] Item at(int row) const
    {
        return { data(index(row), IdRole).toString(), data(index(row), ValueRole).toInt() };
    }

    [[nodiscard]] QList<Item> shown() const
    {
        QList<Item> list;
        for (int i = 0; i < rowCount({}); ++i)
            list.append(at(i));
        return list;
    }

    QList<Item> items;
    int readings = 0;

private:
    Rows<Item> m_rows;
};

} // namespace

class TestRows : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
    }

    void init()
    {
        m_session = std::make_unique<Session>();
        // Nobody answers there; a local copy to follow is there all the same.
        m_session->signIn(u"admin@example.org"_s, u"secret"_s, u"127.0.0.1:1"_s, {});
        QVERIFY(m_session->replica());
        m_model = std::make_unique<ItemModel>();
        m_tester = std::make_unique<QAbstractItemModelTester>(
            m_model.get(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        m_model->setSession(m_session.get());
    }
    void cleanup()
    {
        m_tester.reset();
        m_model.reset();
        m_session.reset();
    }

    void whatChangedIsAllThatIsSaid()
    {
        QVERIFY(show({ { u"a"_s, 1 }, { u"b"_s, 2 }, { u"c"_s, 3 }, { u"d"_s, 4 } }));
        QSignalSpy reset(m_model.get(), &QAbstractItemModel::modelReset);
        QSignalSpy moved(m_model.get(), &QAbstractItemModel::rowsMoved);
        QSignalSpy changed(m_model.get(), &QAbstractItemModel::dataChanged);
        QSignalSpy inserted(m_model.get(), &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(m_model.get(), &QAbstractItemModel::rowsRemoved);

        QVERIFY(show({ { u"a"_s, 1 }, { u"b"_s, 5 }, { u"c"_s, 3 }, { u"d"_s, 4 } }));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.first().at(2).value<QList<int>>(), QList<int> { ItemModel::ValueRole });
        QVERIFY(show({ { u"d"_s, 4 }, { u"a"_s, 1 }, { u"b"_s, 5 }, { u"c"_s, 3 } })); // up
        QCOMPARE(moved.size(), 1);
        QVERIFY(show({ { u"a"_s, 1 }, { u"b"_s, 5 }, { u"c"_s, 3 }, { u"d"_s, 4 } })); // down
        QCOMPARE(moved.size(), 2);
        QCOMPARE(inserted.size() + removed.size(), 0);
        QVERIFY(show({ { u"a"_s, 1 }, { u"e"_s, 5 }, { u"d"_s, 4 } }));
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(removed.size(), 2);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(reset.size(), 0);

        m_model->askForSomethingElse();
        QTRY_COMPARE(reset.size(), 1);
    }

    /// Law: whatever comes, the model shows it, and whoever points at a row points at it still.
    void anyListFromAnyOther()
    {
        QRandomGenerator random(20260103);
        for (int round = 0; round < 60; ++round) {
            QList<Item> items;
            for (int i = 0; i < 12; ++i) {
                if (random.bounded(3))
                    items.append({ QString(QChar(u'a' + i)), int(random.bounded(3)) });
            }
            std::ranges::shuffle(items, random);
            QList<QPair<QPersistentModelIndex, QString>> pointers;
            for (int i = 0; i < m_model->count(); ++i)
                pointers.append(
                    { m_model->index(i), m_model->data(m_model->index(i), ItemModel::IdRole).toString() });
            QVERIFY(show(items));
            for (const auto &[pointer, id] : std::as_const(pointers)) {
                const bool stays = std::ranges::contains(items, id, &Item::id);
                QCOMPARE(pointer.isValid(), stays && round > 0);
                if (pointer.isValid())
                    QCOMPARE(pointer.data(ItemModel::IdRole).toString(), id);
            }
        }
    }

    void burstsAreReadOnce()
    {
        QVERIFY(show({ { u"a"_s, 1 } }));
        const int before = m_model->readings;
        m_model->items.append({ u"b"_s, 2 });
        for (int i = 0; i < 1000; ++i)
            Q_EMIT m_session->replica()->changed(replica::Part::Things);
        Q_EMIT m_session->replica()->changed(replica::Part::Rules); // not its business
        QTRY_COMPARE(m_model->count(), 2);
        QVERIFY(m_model->readings - before <= 2);
    }

    void rowsComeWhenTheyAreLookedAt()
    {
        fill(250);
        m_model->askForSomethingElse();
        QTRY_COMPARE(m_model->count(), 250);
        QCOMPARE(m_model->at(249), Item()); // not there yet
        QTRY_COMPARE(m_model->at(249), m_model->items.last());
        QCOMPARE(m_model->shown(), m_model->items);

        // Short enough to be here as a whole: views keep their place.
        QSignalSpy removed(m_model.get(), &QAbstractItemModel::rowsRemoved);
        m_model->items.removeAt(50);
        Q_EMIT m_session->replica()->changed(replica::Part::Things);
        QTRY_COMPARE(m_model->total(), 249);
        QCOMPARE(removed.size(), 1);
        QCOMPARE(removed.first().at(1).toInt(), 50);
        QCOMPARE(m_model->shown(), m_model->items);
    }

    /// A million rows: any can be looked at, and few are here at a time.
    void aStretchOfALongList()
    {
        m_tester.reset(); // looks at all of it each time
        fill(1'000'000);
        m_model->askForSomethingElse();
        QTRY_COMPARE(m_model->total(), 1'000'000);
        QCOMPARE(m_model->count(), m_model->stretchLength());
        QRandomGenerator random(20260123);
        for (int i = 0; i < 40; ++i) {
            const qint64 row = i == 0 ? 999'999 : random.bounded(1'000'000);
            m_model->setFirst(row - std::min<qint64>(row, random.bounded(m_model->stretchLength())));
            const int shown = int(row - m_model->first());
            QVERIFY(shown < m_model->count());
            QTRY_COMPARE(m_model->at(shown), m_model->items.at(row));
            QCOMPARE(m_model->at(std::max(0, shown - 30)),
                     m_model->items.at(std::max(m_model->first(), row - 30)));
        }
        // Rows that were looked at long ago have been forgotten.
        m_model->setFirst(0);
        m_model->setFirst(500'000);
        QTRY_COMPARE(m_model->at(5000), m_model->items.at(505'000));
        QCOMPARE(m_model->at(0), Item());
        QTRY_COMPARE(m_model->at(0), m_model->items.at(500'000));
        QTRY_COMPARE(m_model->at(5000), m_model->items.at(505'000));

        // What changes elsewhere shifts numbers, which shows in what stands in the rows.
        QSignalSpy changed(m_model.get(), &QAbstractItemModel::dataChanged);
        m_model->items.removeFirst();
        Q_EMIT m_session->replica()->changed(replica::Part::Things);
        QTRY_COMPARE(m_model->total(), 999'999);
        QCOMPARE(m_model->at(5000), m_model->items.at(505'000));
        QVERIFY(!changed.isEmpty());

        // And when less is left than where we were
        fill(30);
        Q_EMIT m_session->replica()->changed(replica::Part::Things);
        QTRY_COMPARE(m_model->count(), 0);
        m_model->setFirst(0);
        QTRY_COMPARE(m_model->shown(), m_model->items);
    }

    void signingOutEmpties()
    {
        QVERIFY(show({ { u"a"_s, 1 } }));
        QSignalSpy count(m_model.get(), &ListModel::countChanged);
        m_session->signOut();
        QCOMPARE(m_model->count(), 0);
        QCOMPARE(m_model->total(), 0);
        QVERIFY(!count.isEmpty());
    }

private:
    void fill(int count)
    {
        m_model->items.clear();
        for (int i = 0; i < count; ++i)
            m_model->items.append({ QString::number(i), i });
    }

    bool show(const QList<Item> &items)
    {
        m_model->items = items;
        Q_EMIT m_session->replica()->changed(replica::Part::Things);
        return QTest::qWaitFor([&] { return !m_model->isLoading() && m_model->shown() == items; });
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<ItemModel> m_model;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
};

QTEST_GUILESS_MAIN(TestRows)
#include "tst_rows.moc"
