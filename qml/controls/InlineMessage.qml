// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* Something to know, in the place it is about. An error says what happened, to what, and what now. */
Rectangle {
    id: message

    property string text: ""
    property string meaning: "denied"
    property string action: ""

    signal acted

    visible: text !== ""
    implicitHeight: row.implicitHeight + Space.small * 2
    radius: Space.radius
    color: Theme.tint(icon.color)
    border.width: Space.hairline
    border.color: Qt.alpha(icon.color, 0.4)
    Accessible.role: Accessible.AlertMessage
    Accessible.name: text

    RowLayout {
        id: row

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.leftMargin: Space.card
        anchors.rightMargin: Space.small
        spacing: Space.small

        StatusIcon {
            id: icon

            meaning: message.meaning
            Layout.alignment: Qt.AlignTop
            Layout.topMargin: Space.unit / 4
        }
        Body {
            text: message.text
            wrapMode: Text.Wrap
            elide: Text.ElideNone
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Button {
            objectName: message.objectName + "-action"
            text: message.action
            visible: text !== ""
            onClicked: message.acted()
        }
    }
}
