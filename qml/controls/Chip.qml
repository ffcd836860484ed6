// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* A word in a frame; with a meaning, also its shape and colour. */
Rectangle {
    id: chip

    property string text: ""
    property string meaning: ""
    property bool identifier: false

    implicitWidth: row.implicitWidth + Space.small * 2
    implicitHeight: Space.large - Space.unit
    radius: Space.smallRadius
    color: meaning === "" ? Theme.hover : Theme.tint(icon.color)
    Accessible.role: Accessible.StaticText
    Accessible.name: text

    RowLayout {
        id: row

        anchors.fill: parent
        anchors.leftMargin: Space.small
        anchors.rightMargin: Space.small
        spacing: Space.unit

        StatusIcon {
            id: icon

            meaning: chip.meaning
            visible: chip.meaning !== ""
            sourceSize: Qt.size(Space.card, Space.card)
        }
        Secondary {
            text: chip.text
            font.family: chip.identifier ? Fonts.identifierFamily : Fonts.family
            font.weight: chip.meaning === "" ? Font.Normal : Font.Medium
            color: chip.meaning === "" ? Theme.text : icon.color
            Layout.fillWidth: true
            Accessible.ignored: true
        }
    }
}
