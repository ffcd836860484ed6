// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "rules/product.h"

#include <QTest>

#include <bit>
#include <random>
#include <tuple>

using namespace castellan;
using namespace castellan::rules;

namespace {

Rights randomRights(std::mt19937 &random, int groups, int names, int types, int generosity)
{
    const auto cell = [&] {
        FieldTypes::Int cell = 0;
        for (int i = 0; i < types; ++i)
            cell |= FieldTypes::Int(int(random() % 10) < generosity) << i;
        return FieldTypes::fromInt(cell);
    };
    Rights rights { .groups = {}, .everyNameWeight = int(random() % 2) };
    const bool every = random() % 2;
    for (int i = 0; i < groups; ++i) {
        RightsGroup group { .nodes = 1 + int(random() % 3), .names = {}, .everyName = {} };
        group.everyName = every ? cell() : FieldTypes();
        for (int j = 0; j < names; ++j) {
            group.names.append(cell());
            group.everyName &= group.names.last();
        }
        rights.groups.append(group);
    }
    return rights;
}

qint64 sizeOf(const Rights &rights, const Product &product)
{
    qint64 nodes = 0;
    for (qsizetype i = 0; i < rights.groups.size(); ++i)
        nodes += product.groups.testBit(i) ? rights.groups.at(i).nodes : 0;
    return nodes * (product.names.count(true) + (product.everyName ? rights.everyNameWeight : 0))
        * std::popcount(unsigned(product.types.toInt()));
}

bool isSafe(const Rights &rights, const Product &product)
{
    for (qsizetype i = 0; i < rights.groups.size(); ++i) {
        if (!product.groups.testBit(i))
            continue;
        const RightsGroup &group = rights.groups.at(i);
        for (qsizetype j = 0; j < group.names.size(); ++j) {
            if (product.names.testBit(j) && (product.types & ~group.names.at(j)))
                return false;
        }
        if (product.everyName && (product.types & ~group.everyName))
            return false;
    }
    return true;
}

QBitArray bits(unsigned set, qsizetype size)
{
    QBitArray bits(size);
    for (qsizetype i = 0; i < size; ++i)
        bits.setBit(i, (set >> i) & 1);
    return bits;
}

/// Where the bits of \a bits would sort, the first bit weighing most.
QByteArray order(const QBitArray &bits)
{
    QByteArray order;
    for (qsizetype i = 0; i < bits.size(); ++i)
        order.append(bits.testBit(i) ? '1' : '0');
    return order;
}

auto place(const Rights &rights, const Product &product)
{
    return std::tuple(sizeOf(rights, product), order(product.groups), order(product.names), product.everyName,
                      order(bits(unsigned(product.types.toInt()), 14)));
}

/// Every product there is.
Product bruteForce(const Rights &rights, int names, int types)
{
    Product best;
    for (unsigned g = 1; g < 1u << rights.groups.size(); ++g) {
        for (unsigned n = 0; n < 1u << names; ++n) {
            for (int every = 0; every < (n + 1 == 1u << names ? 2 : 1); ++every) {
                for (unsigned t = 1; t < 1u << types; ++t) {
                    const Product product { bits(g, rights.groups.size()), bits(n, names), every == 1,
                                            FieldTypes::fromInt(FieldTypes::Int(t)) };
                    if (sizeOf(rights, product) > 0 && isSafe(rights, product)
                        && (!best.types || place(rights, best) < place(rights, product)))
                        best = product;
                }
            }
        }
    }
    return best;
}

} // namespace

class ProductTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s11_largestOfAll();
    void s11_nothingRemains();
    void s11_tiesGoToTheEarliest();
    void s11_manyGroupsAreSafeAndDeterministic();
    void s11_sixteenGroupsOfManyTypes();
};

void ProductTest::s11_largestOfAll()
{
    std::mt19937 random(11);
    for (int i = 0; i < 300; ++i) {
        const int groups = 1 + int(random() % 4);
        const int names = int(random() % 4);
        const int types = 1 + int(random() % 3);
        const Rights rights = randomRights(random, groups, names, types, 4 + int(random() % 6));
        const Product product = largestProduct(rights);
        const Product expected = bruteForce(rights, names, types);
        QCOMPARE(bool(product.types), bool(expected.types));
        if (expected.types)
            QCOMPARE(place(rights, product), place(rights, expected));
    }
}

void ProductTest::s11_nothingRemains()
{
    QVERIFY(!largestProduct({}).types);
    QVERIFY(!largestProduct({ .groups = { { .nodes = 1, .names = { {}, {} }, .everyName = {} } } }).types);
}

void ProductTest::s11_tiesGoToTheEarliest()
{
    const FieldTypes momentary = FieldType::Momentary;
    const FieldTypes peak = FieldType::Peak;
    const auto of = [](QList<FieldTypes> first, QList<FieldTypes> second) {
        return largestProduct({ .groups = { { 1, std::move(first), {} }, { 1, std::move(second), {} } } });
    };

    const Product node = of({ momentary, {} }, { {}, momentary });
    QVERIFY(node.groups.testBit(0) && !node.groups.testBit(1));

    const Product name = largestProduct({ .groups = { { 1, { momentary, peak }, {} } } });
    QVERIFY(name.names.testBit(0) && !name.names.testBit(1));
    QCOMPARE(name.types, momentary);

    // One node with both types or both nodes with one: the first differing node is the second.
    const Product both = of({ momentary | peak }, { momentary });
    QVERIFY(both.groups.testBit(0) && both.groups.testBit(1));
    QCOMPARE(both.types, momentary);
}

void ProductTest::s11_manyGroupsAreSafeAndDeterministic()
{
    std::mt19937 random(12);
    for (int i = 0; i < 50; ++i) {
        const Rights rights = randomRights(random, 17 + int(random() % 60), 1 + int(random() % 20), 5, 8);
        const Product product = largestProduct(rights);
        QVERIFY(product.types);
        QVERIFY(isSafe(rights, product));
        QCOMPARE(largestProduct(rights), product);
        for (qsizetype group = 0; group < rights.groups.size(); ++group) { // better than any group alone
            Rights alone = rights;
            alone.groups = { rights.groups.at(group) };
            QVERIFY(sizeOf(rights, product) >= sizeOf(alone, largestProduct(alone)));
        }
    }
}

void ProductTest::s11_sixteenGroupsOfManyTypes()
{
    std::mt19937 random(13);
    const Rights rights = randomRights(random, 16, 12, 14, 9);
    const Product product = largestProduct(rights);
    QVERIFY(product.types);
    QVERIFY(isSafe(rights, product));
}

QTEST_GUILESS_MAIN(ProductTest)
#include "tst_product.moc"
