// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "things/device.h"
#include "things/sensordata.h"

#include <QTest>
#include <QTimeZone>

using namespace castellan;
using namespace castellan::things;
using namespace Qt::StringLiterals;

namespace {

wire::Element parse(const char *xml)
{
    return wire::Element::fromXml(xml).value();
}

const QDateTime noon = QDateTime(QDate(2026, 5, 14), QTime(12, 34, 56), QTimeZone::UTC);

} // namespace

class SensorDataTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsRequests();
    void refusesBadRequests_data();
    void refusesBadRequests();
    void readsAndWritesValues();
    void readsControlRequests();
    void readsControlForms();
    void roundTrips();
    void deviceFindsNodes();
    void deviceReads();
    void deviceKeepsWhatIsSet();
    void unitsAreReadable();
};

void SensorDataTest::readsRequests()
{
    // XEP-0323 §3.7 and XEP-0324 §3.1.5.
    const auto request = readReadRequest(
        parse("<req xmlns='urn:xmpp:iot:sensordata' seqnr='6' momentary='true' serviceToken='S1 S2'>"
              "<node nodeId='Device04' sourceId='S'/><field name='Energy'/><field name='Power'/></req>"));
    QVERIFY(request);
    QCOMPARE(request->sequence, 6);
    QCOMPARE(request->nodes, (QList { NodeRef { u"Device04"_s, u"S"_s, {} } }));
    QCOMPARE(request->fields, (QStringList { u"Energy"_s, u"Power"_s }));
    QCOMPARE(request->types, FieldTypes(FieldType::Momentary));
    QVERIFY(request->typesWritten);
    QCOMPARE(request->tokens.service, (QStringList { u"S1"_s, u"S2"_s }));

    const auto all = readReadRequest(parse("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' all='true'/>"));
    QCOMPARE(all->types, allFieldTypes);
    const auto historical = readReadRequest(
        parse("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' historical='1' peak='true'/>"));
    QCOMPARE(historical->types, historicalFieldTypes | FieldType::Peak);
    const auto none = readReadRequest(parse("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'/>"));
    QVERIFY(!none->typesWritten);
    QCOMPARE(none->types, allFieldTypes);
}

void SensorDataTest::refusesBadRequests_data()
{
    QTest::addColumn<QByteArray>("xml");
    QTest::newRow("no seqnr") << QByteArray("<req xmlns='urn:xmpp:iot:sensordata' momentary='true'/>");
    QTest::newRow("nodeless") << QByteArray("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'><node/></req>");
    QTest::newRow("nameless") << QByteArray("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'><field/></req>");
    QTest::newRow("unknown") << QByteArray("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'><x/></req>");
}

void SensorDataTest::refusesBadRequests()
{
    QFETCH(QByteArray, xml);
    const auto request = readReadRequest(wire::Element::fromXml(xml).value());
    QVERIFY(!request);
    QCOMPARE(request.error().kind, FailureKind::BadRequest);
}

void SensorDataTest::readsAndWritesValues()
{
    // XEP-0323 §3.4, shortened.
    const auto values = readFieldValues(parse(
        "<fields xmlns='urn:xmpp:iot:sensordata' seqnr='4' done='true'><node nodeId='Device01'>"
        "<timestamp value='2013-03-07T19:00:00Z'>"
        "<numeric name='Temperature' momentary='true' automaticReadout='true' value='23.4' unit='C'/>"
        "<string name='Device ID' identity='true' automaticReadout='true' value='Device01'/></timestamp>"
        "<timestamp value='2013-03-07T18:00:00Z'>"
        "<numeric name='Temperature' historicalHour='true' value='24.5' unit='C'/></timestamp>"
        "</node></fields>"));
    QVERIFY(values);
    QVERIFY(values->done);
    QCOMPARE(values->values.size(), 3);
    QCOMPARE(values->values.at(0).value, u"23.4"_s);
    QCOMPARE(values->values.at(1).type, FieldType::Identity);
    QCOMPARE(values->values.at(2).at.time().hour(), 18);
    QCOMPARE(readFieldValues(write(*values)).value(), *values);
    QCOMPARE(write(*values).children.size(), 1);
    QCOMPARE(write(*values).children.first().children.size(), 2);
}

void SensorDataTest::readsControlRequests()
{
    // XEP-0324 §3.4.2.
    const auto request = readControlRequest(
        parse("<set xmlns='urn:xmpp:iot:control' xml:lang='en'><node nodeId='DigitalOutput1'/>"
              "<node nodeId='DigitalOutput2'/><boolean name='Output' value='true'/></set>"));
    QVERIFY(request);
    QCOMPARE(request->nodes.size(), 2);
    QCOMPARE(request->parameters, (QList { ParameterValue { u"Output"_s, u"boolean"_s, u"true"_s } }));
    QVERIFY(!readControlRequest(parse("<set xmlns='urn:xmpp:iot:control'/>")));
    QVERIFY(!readControlRequest(parse("<set xmlns='urn:xmpp:iot:control'><boolean value='true'/></set>")));
}

void SensorDataTest::readsControlForms()
{
    // XEP-0325 §3.3.3.
    const auto request = readControlRequest(
        parse("<set xmlns='urn:xmpp:iot:control'><x type='submit' xmlns='jabber:x:data'>"
              "<field var='xdd session' type='hidden'><value>325ED0F3</value></field>"
              "<field var='FadeTimeMilliseconds' type='text-single'><value>500</value></field></x></set>"));
    QVERIFY(request);
    QCOMPARE(request->parameters,
             (QList { ParameterValue { u"FadeTimeMilliseconds"_s, u"string"_s, u"500"_s } }));
}

void SensorDataTest::roundTrips()
{
    const NodeRef node { u"n"_s, u"s"_s, u"c"_s };
    const ReadRequest read { .sequence = 3,
                             .nodes = { node },
                             .fields = { u"Energy"_s },
                             .types = FieldType::Peak | FieldType::HistoricalDay,
                             .typesWritten = true,
                             .tokens = { .user = { u"u"_s } } };
    QCOMPARE(readReadRequest(write(read)).value(), read);
    ReadRequest none = read; // which is not the same as not saying which
    none.types = {};
    QCOMPARE(readReadRequest(write(none)).value(), none);
    const ControlRequest control { .nodes = { node },
                                   .parameters = { { u"Level"_s, u"int"_s, u"40"_s } },
                                   .tokens = { .device = { u"d"_s } } };
    QCOMPARE(readControlRequest(write(control)).value(), control);
    const ControlResponse response { { node }, { u"Level"_s } };
    QCOMPARE(readControlResponse(write(response)).value(), response);
}

void SensorDataTest::deviceFindsNodes()
{
    const NodeRef a { u"1"_s, u"A"_s, {} };
    const NodeRef b { u"1"_s, u"B"_s, {} };
    const Device device(Thing { .jid = u"x@y"_s, .nodes = { { .ref = {} }, { .ref = a }, { .ref = b } } });
    QCOMPARE(device.find({}), (QList<NodeRef> { {}, a, b }));
    QCOMPARE(device.find({ { u"1"_s, {}, {} } }), (QList { a, b })); // XEP-0324 §5.5
    QCOMPARE(device.find({ b }), QList { b });
    QVERIFY(device.find({ { u"2"_s, {}, {} } }).isEmpty());
}

void SensorDataTest::deviceReads()
{
    const Device device(
        Thing { .jid = u"x@y"_s,
                .nodes = { { .fields = { { u"Energy"_s, FieldType::Momentary | FieldType::HistoricalMonth },
                                         { u"Serial number"_s, FieldType::Identity },
                                         { u"State"_s, FieldType::Status } },
                             .parameters = { u"State"_s } } } });
    const auto all = device.read({ {} }, {}, allFieldTypes, noon);
    QCOMPARE(all.size(), 4);
    QCOMPARE(all, device.read({ {} }, {}, allFieldTypes, noon));
    QCOMPARE(all.at(0).unit, u"kWh"_s);
    QCOMPARE(all.at(1).at, QDateTime(QDate(2026, 4, 1), QTime(0, 0), QTimeZone::UTC));
    QVERIFY(all.at(1).value.toDouble() < all.at(0).value.toDouble());
    QVERIFY(all.at(3).writable);
    QCOMPARE(device.read({ {} }, { u"Energy"_s }, FieldType::Momentary, noon).size(), 1);
    QVERIFY(device.read({ {} }, { u"Energy"_s }, FieldType::Peak, noon).isEmpty());
    QVERIFY(device.read({ { u"no such"_s, {}, {} } }, {}, allFieldTypes, noon).isEmpty());
}

void SensorDataTest::deviceKeepsWhatIsSet()
{
    Device device(
        Thing { .jid = u"x@y"_s,
                .nodes = { { .fields = { { u"Position"_s } }, .parameters = { u"Position"_s, u"Other"_s } },
                           { .ref = { u"n"_s, {}, {} }, .parameters = { u"Position"_s } } } });
    QCOMPARE(device.commonParameters(device.find({})), QStringList { u"Position"_s });
    device.setParameter({}, u"Position"_s, u"77"_s);
    QCOMPARE(device.read({ {} }, {}, allFieldTypes, noon).first().value, u"77"_s);
    QVERIFY(device.parameter({ u"n"_s, {}, {} }, u"Position"_s).isEmpty());
}

/// Units are text, not bytes.
void SensorDataTest::unitsAreReadable()
{
    const Device device(
        Thing { .jid = u"x@y"_s, .nodes = { { .fields = { { u"Temperature"_s }, { u"Volume"_s } } } } });
    const auto values = device.read({ {} }, {}, allFieldTypes, noon);
    QCOMPARE(values.at(0).unit, u"\u00b0C"_s);
    QCOMPARE(values.at(1).unit, u"m\u00b3"_s);
}

QTEST_GUILESS_MAIN(SensorDataTest)
#include "tst_sensordata.moc"
