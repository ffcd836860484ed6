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
                       [this](replica::Replica &, int limit, const replica::Cursor &after) {
                           ++readings;
                           const qsizetype start = after.isStart() ? 0 : after.id.toLongLong();
                           const QList<Item> rows = items.mid(start, limit);
                           return QtFuture::makeReadyValueFuture(Result<replica::Page<Item>>(
                               replica::Page<Item> { .rows = rows,
                                                     .next = { {}, QString::number(start + rows.size()) },
                                                     .complete = start + rows.size() >= items.size(),
                                                     .total = items.size() }));
                       },
                   .id = &Item::id,
                   .value = [](const Item &item, int role) -> QVariant {
                       return role == IdRole ? QVariant(item.id) : QVariant(item.value);
                   } })
    { }

    void askForSomethingElse() { restart(); }

    [[nodiscard]] QList<Item> shown() const
    {
        QList<Item> list;
        for (int i = 0; i < rowCount({}); ++i)
            list.append({ data(index(i), IdRole).toString(), data(index(i), ValueRole).toInt() });
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

    void longListsComeInPages()
    {
        for (int i = 0; i < 250; ++i)
            m_model->items.append({ QString::number(i), i });
        m_model->askForSomethingElse();
        QTRY_COMPARE(m_model->count(), 100);
        QCOMPARE(m_model->total(), 250);
        QVERIFY(m_model->canFetchMore({}));
        m_model->fetchMore({});
        QTRY_COMPARE(m_model->count(), 200);
        // Read again, as much as was there
        m_model->items.removeAt(50);
        Q_EMIT m_session->replica()->changed(replica::Part::Things);
        QTRY_COMPARE(m_model->total(), 249);
        QCOMPARE(m_model->count(), 200);
        m_model->fetchMore({});
        QTRY_COMPARE(m_model->count(), 249);
        QVERIFY(!m_model->canFetchMore({}));
        QCOMPARE(m_model->shown(), m_model->items);
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
