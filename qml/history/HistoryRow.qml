// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* An entry of the audit log: when, who, what, and what came of it. Takes its values from HistoryModel. */
Item {
    id: row

    required property int index
    required property date at
    required property string by
    required property string operation
    required property string objectType
    required property string objectId
    required property double revision
    required property string why
    required property string before
    required property string after
    required property string result
    required property bool done
    required property double number
    required property string hash
    property bool focusedList: false
    readonly property string what: objectType === "" ? operation : qsTr("%1 %2", "%1 is what was done, %2 to what kind of object").arg(operation).arg(objectType)

    signal chosen

    objectName: "entry-" + number
    height: Space.row
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("%1: %2 %3, %4", "%1 is a JID, %2 what was done, %3 to what, %4 the result").arg(by).arg(what).arg(objectId).arg(result)

    RowGround {
        anchors.fill: parent
        current: row.ListView.isCurrentItem
        focused: row.focusedList
        hovered: pointer.hovered
    }
    HoverHandler {
        id: pointer
    }
    TapHandler {
        onTapped: row.chosen()
    }
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Space.page
        anchors.rightMargin: Space.page
        spacing: Space.card

        TimeText {
            time: row.at
            Layout.preferredWidth: 88
            Accessible.ignored: true
        }
        Identifier {
            text: row.by
            copyable: false
            Layout.preferredWidth: 200
            Accessible.ignored: true
        }
        Body {
            text: row.what
            Layout.preferredWidth: 160
            Accessible.ignored: true
        }
        Identifier {
            text: row.objectId
            copyable: false
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Chip {
            text: row.done ? qsTr("done") : row.result
            meaning: row.done ? "allowed" : "denied"
            Layout.maximumWidth: 240
            Accessible.ignored: true
        }
    }
}
