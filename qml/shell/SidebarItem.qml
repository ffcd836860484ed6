// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Theme

/* The way to one page; a number says that something there needs attention. */
T.AbstractButton {
    id: item

    property int count: 0

    implicitHeight: Space.control
    hoverEnabled: true
    focusPolicy: Qt.TabFocus
    Accessible.role: Accessible.PageTab
    Accessible.name: text
    Accessible.selected: checked
    Keys.onReturnPressed: click()

    contentItem: RowLayout {
        spacing: Space.small

        Icon {
            name: item.icon.name
            color: item.checked ? Theme.accent : Theme.secondaryText
            Layout.leftMargin: Space.small
        }
        Body {
            text: item.text
            font.weight: item.checked ? Font.DemiBold : Font.Normal
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Rectangle {
            visible: item.count > 0
            implicitWidth: Math.max(number.implicitWidth + Space.small + Space.unit, implicitHeight)
            implicitHeight: Space.icon + Space.unit
            radius: height / 2
            color: Theme.tint(Theme.pending)
            Layout.rightMargin: Space.small

            Secondary {
                id: number

                anchors.centerIn: parent
                text: item.count
                color: Theme.pending
                font.weight: Font.DemiBold
            }
        }
    }
    background: Rectangle {
        radius: Space.radius
        color: item.checked ? Theme.selection : (item.hovered ? Theme.hover : "transparent")

        FocusRing {
            visible: item.visualFocus
        }
    }
}
