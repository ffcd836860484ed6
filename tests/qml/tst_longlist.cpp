// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/rows.h"

#include <QQmlComponent>
#include <QQmlEngine>
#include <QQuickItem>
#include <QQuickView>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <memory>

using namespace castellan;
using namespace castellan::presentation;
using namespace Qt::StringLiterals;

namespace {

struct Item
{
    qint64 number = -1;
    friend bool operator==(const Item &, const Item &) = default;
};

/// Row N of it is N.
class NumbersModel : public ListModel
{
    Q_OBJECT

public:
    explicit NumbersModel(qint64 count)
        : ListModel(replica::Part::Things, Follow::Server, { "number" }, nullptr),
          count(count),
          m_rows(*this,
                 { .read =
                       [this](replica::Replica &, qint64 first, int limit) {
                           replica::Page<Item> page { .total = this->count };
                           for (qint64 i = first; i < std::min(this->count, first + limit); ++i)
                               page.rows.append(Item { .number = i });
                           mostRead = std::max(mostRead, page.rows.size());
                           return QtFuture::makeReadyValueFuture(Result<replica::Page<Item>>(page));
                       },
                   .id = [](const Item &item) { return QString::number(item.number); },
                   .value = [](const Item &item, int) { return QVariant(item.number); } })
    { }

    const qint64 count;
    qsizetype mostRead = 0;

private:
    Rows<Item> m_rows;
};

constexpr qint64 million = 1'000'000;

} // namespace

/// Lists that are longer than what views can address: every row can be reached, by every means.
class TestLongList : public QObject
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
        m_model = std::make_unique<NumbersModel>(million);
        m_model->setSession(m_session.get());
        m_view = std::make_unique<QQuickView>();
        QQmlComponent component(m_view->engine());
        component.setData(R"(
            import QtQuick
            import Castellan.Controls
            Rows {
                id: rows
                rowHeight: 30
                delegate: Item {
                    required property real number
                    objectName: "row"
                    width: rows.width
                    height: 30
                }
            })",
                          QUrl(u"qrc:/test.qml"_s));
        m_rows = qobject_cast<QQuickItem *>(
            component.createWithInitialProperties({ { u"model"_s, QVariant::fromValue(m_model.get()) } }));
        QVERIFY2(m_rows, qPrintable(component.errorString()));
        m_view->setContent({}, nullptr, m_rows);
        m_view->setResizeMode(QQuickView::SizeRootObjectToView);
        m_view->resize(400, 610);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
        m_rows->forceActiveFocus();
        QTRY_COMPARE(numberAt(5), 0);
    }
    void cleanup()
    {
        m_view.reset();
        m_model.reset();
        m_session.reset();
    }

    /// The last row that single precision can place exactly is some 559 000 of 30 pixels.
    void anyRowAtTheTop()
    {
        QRandomGenerator random(20260124);
        for (int i = 0; i < 100; ++i) {
            const qint64 row = i < 2 ? 700'001 + i : random.bounded(million - 100);
            QMetaObject::invokeMethod(m_rows, "showFrom", Q_ARG(double, double(row)));
            QTRY_COMPARE(numberAt(5), row);
            QCOMPARE(yOf(row), 0.0);
            QCOMPARE(yOf(row + 19), 19 * 30.0);
            QTRY_COMPARE(numberAt(605), row + 20);
        }
        QVERIFY(m_model->mostRead <= 1000);
        QVERIFY(m_rows->property("contentY").toDouble() < 1e6);
    }

    void byKeyboard()
    {
        QTest::keyClick(m_view.get(), Qt::Key_End);
        QTRY_COMPARE(numberAt(605), million - 1);
        QCOMPARE(yOf(million - 1), 610.0 - 30);
        QCOMPARE(currentRow(), million - 1);
        QTest::keyClick(m_view.get(), Qt::Key_Up);
        QCOMPARE(currentRow(), million - 2);
        QTest::keyClick(m_view.get(), Qt::Key_PageUp);
        QTRY_COMPARE(currentRow(), million - 2 - 19);
        QTest::keyClick(m_view.get(), Qt::Key_Down);
        QCOMPARE(currentRow(), million - 2 - 18);
        QTest::keyClick(m_view.get(), Qt::Key_Home);
        QTRY_COMPARE(numberAt(5), 0);
        QCOMPARE(currentRow(), 0);

        // Over the border between two stretches, row by row
        const qint64 before = m_model->stretchLength() - 20;
        QMetaObject::invokeMethod(m_rows, "go", Q_ARG(int, int(before)));
        QTRY_COMPARE(currentRow(), before);
        for (qint64 row = before + 1; row < before + 60; ++row) {
            QTest::keyClick(m_view.get(), Qt::Key_Down);
            QTRY_COMPARE(currentRow(), row);
            QTRY_COMPARE(numberOf(currentItem()), row);
        }
        for (qint64 row = before + 58; row > before; --row) {
            QTest::keyClick(m_view.get(), Qt::Key_Up);
            QTRY_COMPARE(currentRow(), row);
        }
    }

    void byWheel()
    {
        m_rows->setProperty("contentY", 9470 * 30.0);
        QTRY_COMPARE(numberAt(5), 9470);
        QCOMPARE(m_model->first(), 0);
        // Down over the place where the stretch is changed, without a jump
        double top = topRow();
        for (int i = 0; i < 400 && m_model->first() == 0; ++i) {
            wheel(-120);
            QTRY_VERIFY2(topRow() > top, qPrintable(u"%1 %2"_s.arg(i).arg(top)));
            QVERIFY2(topRow() < top + 60, qPrintable(u"%1 %2"_s.arg(top).arg(topRow())));
            top = topRow();
        }
        QVERIFY(m_model->first() > 0);
        QTRY_VERIFY(!m_rows->property("moving").toBool());
        QTRY_COMPARE(numberAt(5), qint64(std::floor(topRow() + 5 / 30.0)));
    }

    void byScrollBar()
    {
        auto *bar = m_rows->findChild<QQuickItem *>(u"longScrollBar"_s);
        QVERIFY(bar && bar->isVisible());
        const auto at = [&](double y) { return bar->mapToScene({ bar->width() / 2, y }).toPoint(); };
        QTest::mousePress(m_view.get(), Qt::LeftButton, {}, at(10));
        QTest::mouseMove(m_view.get(), at(100));
        QTest::mouseMove(m_view.get(), at(310));
        QTRY_VERIFY(topRow() > 0.4 * million && topRow() < 0.6 * million);
        QTRY_COMPARE(numberAt(5), qint64(std::floor(topRow() + 5 / 30.0)));
        QTest::mouseMove(m_view.get(), at(609));
        QTRY_COMPARE(numberAt(605), million - 1);
        QTest::mouseRelease(m_view.get(), Qt::LeftButton, {}, at(609));
        // Elsewhere it shows where we are.
        QMetaObject::invokeMethod(m_rows, "showFrom", Q_ARG(double, 250'000.0));
        QTRY_VERIFY(std::abs(bar->property("position").toDouble() - 0.25) < 0.01);
    }

private:
    [[nodiscard]] double topRow() const { return m_rows->property("topRow").toDouble(); }
    [[nodiscard]] QQuickItem *currentItem() const
    {
        return m_rows->property("currentItem").value<QQuickItem *>();
    }
    [[nodiscard]] qint64 currentRow() const
    {
        return m_model->first() + m_rows->property("currentIndex").toLongLong();
    }
    [[nodiscard]] static qint64 numberOf(const QQuickItem *row)
    {
        return row ? row->property("number").toLongLong() : -2;
    }

    /// The rows that are in sight at all
    [[nodiscard]] QList<QQuickItem *> shown() const
    {
        QList<QQuickItem *> list;
        const auto *content = m_rows->property("contentItem").value<QQuickItem *>();
        for (QQuickItem *item : content->childItems()) {
            if (item->objectName() == "row"_L1 && item->isVisible())
                list.append(item);
        }
        return list;
    }
    [[nodiscard]] qint64 numberAt(double y) const
    {
        for (const QQuickItem *item : shown()) {
            const double top = item->mapToItem(m_rows, QPointF()).y();
            if (top <= y && y < top + 30)
                return numberOf(item);
        }
        return -3;
    }
    [[nodiscard]] double yOf(qint64 number) const
    {
        for (const QQuickItem *item : shown()) {
            if (numberOf(item) == number)
                return item->mapToItem(m_rows, QPointF()).y();
        }
        return -1;
    }
    void wheel(int delta)
    {
        const QPointF place(200, 300);
        QWheelEvent event(place, m_view->mapToGlobal(place), {}, { 0, delta }, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        event.setTimestamp(m_time += 50);
        QCoreApplication::sendEvent(m_view.get(), &event);
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<NumbersModel> m_model;
    std::unique_ptr<QQuickView> m_view;
    QQuickItem *m_rows = nullptr;
    quint64 m_time = 1000;
};

QTEST_MAIN(TestLongList)
#include "tst_longlist.moc"
