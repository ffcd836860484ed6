// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* Several names as chips; Return or a comma adds what was typed, Backspace takes the last one off. */
ColumnLayout {
    id: names

    property list<string> values
    property string kind: "field"
    property string of: ""
    property alias placeholderText: field.placeholderText
    property alias input: field

    signal edited(list<string> values)

    function add(text: string) {
        const added = text.split(",").map(part => part.trim()).filter(part => part !== "" && !names.values.includes(part));
        field.clear();
        if (added.length > 0)
            names.edited([...names.values, ...added]);
    }

    function remove(index: int) {
        names.edited(names.values.filter((value, i) => i !== index));
    }

    /// What is typed but not added yet counts too.
    function finish() {
        if (field.text.trim() !== "")
            names.add(field.text);
    }

    spacing: Space.unit

    Flow {
        visible: names.values.length > 0
        spacing: Space.unit
        Layout.fillWidth: true

        Repeater {
            model: names.values

            Rectangle {
                id: chip

                required property string modelData
                required property int index

                implicitWidth: label.implicitWidth + Space.small + Space.large
                implicitHeight: Space.large
                radius: Space.smallRadius
                color: Theme.selection

                Secondary {
                    id: label

                    x: Space.small
                    height: parent.height
                    text: chip.modelData
                    color: Theme.text
                }
                IconButton {
                    anchors.right: parent.right
                    implicitWidth: Space.large
                    implicitHeight: Space.large
                    icon.name: Icons.clear
                    icon.width: Space.card
                    icon.height: Space.card
                    hint: qsTr("Take %1 off", "%1 is a name").arg(chip.modelData)
                    onClicked: names.remove(chip.index)
                }
            }
        }
    }
    SuggestField {
        id: field

        kind: names.kind
        of: names.of
        Layout.fillWidth: true
        onTaken: text => names.add(text)
        onEdited: text => {
            if (text.endsWith(","))
                names.add(text);
        }
        onAccepted: names.add(text)
        onEditingFinished: names.finish()
        Keys.onPressed: event => {
            if (event.key === Qt.Key_Backspace && field.text === "" && names.values.length > 0) {
                names.remove(names.values.length - 1);
                event.accepted = true;
            }
        }
    }
}
