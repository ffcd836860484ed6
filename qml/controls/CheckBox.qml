// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* Yes or no. */
T.CheckBox {
    id: box

    implicitWidth: implicitContentWidth + leftPadding + rightPadding
    implicitHeight: Space.row
    leftPadding: Space.icon + Space.small
    hoverEnabled: true
    Accessible.name: text

    indicator: Rectangle {
        implicitWidth: Space.icon
        implicitHeight: Space.icon
        y: (box.height - height) / 2
        radius: Space.smallRadius
        color: box.checked ? (box.enabled ? Theme.accent : Theme.disabledText) : Theme.base
        border.width: box.checked ? 0 : Space.hairline
        border.color: box.enabled ? Theme.strongBorder : Theme.border

        Icon {
            name: Icons.allowed
            sourceSize: Qt.size(Space.card, Space.card)
            anchors.centerIn: parent
            visible: box.checked
            color: Theme.accentText
        }
        FocusRing {
            visible: box.visualFocus
            anchors.margins: -Space.unit
        }
    }
    contentItem: Body {
        text: box.text
        color: box.enabled ? Theme.text : Theme.disabledText
        Accessible.ignored: true
    }
}
