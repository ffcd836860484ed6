// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* One of a few, all in sight. `options` holds objects with text, value and optionally icon. */
T.Control {
    id: control

    property list<var> options
    property string current: ""
    property string name: ""

    signal chosen(string value)

    function choose(index: int) {
        const option = control.options[index];
        if (option)
            control.chosen(option.value);
    }

    implicitWidth: implicitContentWidth
    implicitHeight: Space.control
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.PageTabList
    Accessible.name: name
    Accessible.focusable: true
    Keys.onLeftPressed: choose(options.findIndex(option => option.value === current) - 1)
    Keys.onRightPressed: choose(options.findIndex(option => option.value === current) + 1)

    background: Rectangle {
        radius: Space.radius
        color: Theme.base
        border.width: Space.hairline
        border.color: Theme.border

        FocusRing {
            visible: control.visualFocus
        }
    }
    contentItem: Row {
        Repeater {
            model: control.options

            T.AbstractButton {
                id: segment

                required property var modelData

                objectName: control.objectName + "-" + modelData.value
                implicitWidth: implicitContentWidth + leftPadding + rightPadding
                leftPadding: Space.card
                rightPadding: Space.card
                implicitHeight: control.height
                checked: modelData.value === control.current
                enabled: control.enabled
                hoverEnabled: true
                focusPolicy: Qt.NoFocus
                Accessible.role: Accessible.PageTab
                Accessible.name: modelData.text
                Accessible.selected: checked
                onClicked: control.chosen(modelData.value)

                contentItem: Row {
                    spacing: Space.small - 2

                    Icon {
                        name: segment.modelData.icon ?? ""
                        visible: name !== ""
                        color: label.color
                        anchors.verticalCenter: parent.verticalCenter
                    }
                    Body {
                        id: label

                        text: segment.modelData.text
                        font.weight: segment.checked ? Font.DemiBold : Font.Normal
                        color: segment.enabled ? (segment.checked ? Theme.accent : Theme.text) : Theme.disabledText
                        anchors.verticalCenter: parent.verticalCenter
                        Accessible.ignored: true
                    }
                }
                background: Rectangle {
                    anchors.fill: parent
                    anchors.margins: Space.hairline * 2
                    radius: Space.smallRadius
                    color: segment.checked ? Theme.selection : (segment.hovered ? Theme.hover : "transparent")
                }
            }
        }
    }
}
