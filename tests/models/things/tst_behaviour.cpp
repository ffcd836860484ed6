// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/behaviour.h"
#include "things/fleet.h"

#include <QTest>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const Network network { .things = { { .jid = u"a@b"_s }, { .jid = u"c@b"_s }, { .jid = u"d@b"_s } } };

} // namespace

class BehaviourTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsAll();
    void withoutFleetAllAnswer();
    void namesThePlaceOfAFault_data();
    void namesThePlaceOfAFault();
    void readsMisbehaviour_data();
    void readsMisbehaviour();
    void readsAccounts();
};

void BehaviourTest::readsAll()
{
    const auto behaviours = behavioursFromJson(R"({ "fleet": {
        "A@B": { "every": 90, "misbehave": "slow:2.5",
                 "reads": [ { "peer": "C@b", "nodes": [ { "nodeId": "n", "sourceId": "s" } ],
                              "fields": ["Energy"], "types": ["momentary", "historicalDay"] }, { "peer": "c@b" } ],
                 "controls": [ { "peer": "c@b", "parameter": "Level", "values": [1, 0.5, true, "auto"] } ] },
        "c@b": {} } })",
                                               network);
    QVERIFY2(behaviours, qPrintable(behaviours.error_or(Failure()).text));
    QCOMPARE(behaviours->keys(), (QStringList { u"a@b"_s, u"c@b"_s }));
    const Behaviour &a = behaviours->value(u"a@b"_s);
    QCOMPARE(a.every, 90s);
    QCOMPARE(a.misbehaviour, (Misbehaviour { Misbehaviour::Kind::Slow, 2500ms }));
    QCOMPARE(a.reads,
             (QList { ReadJob { .peer = u"c@b"_s,
                                .nodes = { { u"n"_s, u"s"_s, {} } },
                                .fields = { u"Energy"_s },
                                .types = FieldType::Momentary | FieldType::HistoricalDay },
                      ReadJob { .peer = u"c@b"_s } }));
    QCOMPARE(a.controls,
             (QList { ControlJob { .peer = u"c@b"_s,
                                   .values = { { u"Level"_s, u"int"_s, u"1"_s },
                                               { u"Level"_s, u"double"_s, u"0.5"_s },
                                               { u"Level"_s, u"boolean"_s, u"true"_s },
                                               { u"Level"_s, u"string"_s, u"auto"_s } } } }));
    QCOMPARE(behaviours->value(u"c@b"_s), Behaviour());
}

void BehaviourTest::withoutFleetAllAnswer()
{
    const auto behaviours = behavioursFromJson("{}", network);
    QCOMPARE(behaviours->keys(), (QStringList { u"a@b"_s, u"c@b"_s, u"d@b"_s }));
    QCOMPARE(behaviours->value(u"a@b"_s), Behaviour());
}

void BehaviourTest::namesThePlaceOfAFault_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("place");
    const auto row = [](const char *name, const char *fleet, const char *place) {
        QTest::newRow(name) << QByteArray("{ \"fleet\": ") + fleet + " }" << QString::fromLatin1(place);
    };
    row("array", "[]", "/fleet");
    row("stranger", R"({ "x@b": {} })", "/fleet/x@b");
    row("unknown member", R"({ "a@b": { "read": [] } })", "/fleet/a@b/read");
    row("strange peer", R"({ "a@b": { "reads": [ { "peer": "x@b" } ] } })", "/fleet/a@b/reads/0/peer");
    row("no peer", R"({ "a@b": { "reads": [ {} ] } })", "/fleet/a@b/reads/0/peer");
    row("type", R"({ "a@b": { "reads": [ { "peer": "c@b", "types": ["now"] } ] } })",
        "/fleet/a@b/reads/0/types/0");
    row("no values", R"({ "a@b": { "controls": [ { "peer": "c@b", "parameter": "p" } ] } })",
        "/fleet/a@b/controls/0/values");
    row("value", R"({ "a@b": { "controls": [ { "peer": "c@b", "parameter": "p", "values": [null] } ] } })",
        "/fleet/a@b/controls/0/values/0");
    row("never", R"({ "a@b": { "every": 0 } })", "/fleet/a@b/every");
    row("misbehaviour", R"({ "a@b": { "misbehave": "well" } })", "/fleet/a@b/misbehave");
}

void BehaviourTest::namesThePlaceOfAFault()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, place);
    const auto behaviours = behavioursFromJson(json, network);
    QVERIFY(!behaviours);
    QCOMPARE(behaviours.error().kind, FailureKind::BadRequest);
    QCOMPARE(behaviours.error().text.section(u':', 0, 0), place);
}

void BehaviourTest::readsMisbehaviour_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<std::optional<Misbehaviour>>("expected");
    using Expected = std::optional<Misbehaviour>;
    QTest::newRow("none") << u"none"_s << Expected(Misbehaviour());
    QTest::newRow("silent") << u"silent"_s << Expected({ Misbehaviour::Kind::Silent, 0ms });
    QTest::newRow("default") << u"slow"_s << Expected({ Misbehaviour::Kind::Slow, 10s });
    QTest::newRow("time") << u"offline:120"_s << Expected({ Misbehaviour::Kind::Offline, 120s });
    QTest::newRow("fraction") << u"asking:0.2"_s << Expected({ Misbehaviour::Kind::Asking, 200ms });
    QTest::newRow("kind") << u"rude"_s << Expected();
    QTest::newRow("no number") << u"slow:soon"_s << Expected();
    QTest::newRow("negative") << u"slow:-1"_s << Expected();
}

void BehaviourTest::readsMisbehaviour()
{
    QFETCH(QString, text);
    QFETCH(std::optional<Misbehaviour>, expected);
    const auto misbehaviour = misbehaviourFromText(text);
    QCOMPARE(misbehaviour.has_value(), expected.has_value());
    if (expected)
        QCOMPARE(*misbehaviour, *expected);
}

void BehaviourTest::readsAccounts()
{
    const auto accounts = accountsFromText("# passwords\nA@b  secret\n\nc@b\twith space \n");
    QVERIFY2(accounts, qPrintable(accounts.error_or(Failure()).text));
    QCOMPARE(*accounts, (Accounts { { u"a@b"_s, u"secret"_s }, { u"c@b"_s, u"with space"_s } }));
    const auto bad = accountsFromText("a@b secret\nc@b\n");
    QVERIFY(!bad);
    QVERIFY2(bad.error().text.contains(u"line 2"_s), qPrintable(bad.error().text));
}

QTEST_GUILESS_MAIN(BehaviourTest)
#include "tst_behaviour.moc"
