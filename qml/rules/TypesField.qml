// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* Which field types a read rule is about; none chosen means all. */
ColumnLayout {
    id: types

    property list<string> values
    property int columns: 3

    signal edited(list<string> values)

    // The XEP's names in the XEP's order.
    readonly property list<var> all: [
        {
            value: "momentary",
            text: qsTr("momentary")
        },
        {
            value: "peak",
            text: qsTr("peak")
        },
        {
            value: "status",
            text: qsTr("status")
        },
        {
            value: "computed",
            text: qsTr("computed")
        },
        {
            value: "identity",
            text: qsTr("identity")
        },
        {
            value: "historicalSecond",
            text: qsTr("per second")
        },
        {
            value: "historicalMinute",
            text: qsTr("per minute")
        },
        {
            value: "historicalHour",
            text: qsTr("per hour")
        },
        {
            value: "historicalDay",
            text: qsTr("per day")
        },
        {
            value: "historicalWeek",
            text: qsTr("per week")
        },
        {
            value: "historicalMonth",
            text: qsTr("per month")
        },
        {
            value: "historicalQuarter",
            text: qsTr("per quarter")
        },
        {
            value: "historicalYear",
            text: qsTr("per year")
        },
        {
            value: "historicalOther",
            text: qsTr("other history")
        }
    ]

    function toggle(value: string, on: bool) {
        const chosen = types.all.map(type => type.value).filter(name => name === value ? on : types.values.includes(name));
        // All of them is the same as none in particular.
        types.edited(chosen.length === types.all.length ? [] : chosen);
    }

    spacing: Space.unit

    CheckBox {
        objectName: "allTypes"
        text: qsTr("All types")
        checked: types.values.length === 0
        onToggled: {
            types.edited(checked ? [] : ["momentary"]);
            checked = Qt.binding(() => types.values.length === 0);
        }
    }
    GridLayout {
        visible: types.values.length > 0
        columns: types.columns
        rowSpacing: 0
        columnSpacing: Space.card
        Layout.fillWidth: true
        Layout.leftMargin: Space.large

        Repeater {
            model: types.all

            CheckBox {
                id: box

                required property var modelData

                objectName: "type-" + modelData.value
                text: modelData.text
                checked: types.values.includes(modelData.value)
                Layout.fillWidth: true
                onToggled: {
                    types.toggle(modelData.value, checked);
                    checked = Qt.binding(() => types.values.includes(box.modelData.value));
                }
            }
        }
    }
}
