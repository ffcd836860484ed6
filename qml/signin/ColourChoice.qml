// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What a server is marked with: nothing or a colour, as one row of dots. */
Row {
    id: choice

    required property string colour

    signal chosen(string name)

    function nameOf(colour: string): string {
        switch (colour) {
        case "red":
            return qsTr("Red: production");
        case "amber":
            return qsTr("Amber");
        case "green":
            return qsTr("Green");
        case "blue":
            return qsTr("Blue");
        default:
            return qsTr("No mark");
        }
    }

    spacing: Space.unit
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Mark")

    Repeater {
        model: [""].concat(Session.profiles.colours)

        T.RadioButton {
            id: dot

            required property string modelData

            objectName: "mark-" + modelData
            implicitWidth: Space.row
            implicitHeight: Space.control
            checked: choice.colour === modelData
            hoverEnabled: true
            Accessible.name: choice.nameOf(modelData)
            onClicked: choice.chosen(modelData)

            contentItem: Item {
                Rectangle {
                    anchors.centerIn: parent
                    width: Space.icon
                    height: Space.icon
                    radius: width / 2
                    color: dot.modelData === "" ? "transparent" : Theme.mark(dot.modelData)
                    border.width: dot.modelData === "" ? Space.hairline : 0
                    border.color: Theme.strongBorder
                }
            }
            background: Rectangle {
                radius: Space.radius
                color: dot.checked ? Theme.selection : (dot.hovered ? Theme.hover : "transparent")
                border.width: dot.checked ? Space.hairline : 0
                border.color: Theme.accent

                FocusRing {
                    visible: dot.visualFocus
                }
            }
            Tip {
                text: choice.nameOf(dot.modelData)
                shown: dot.hovered || dot.visualFocus
            }
        }
    }
}
