// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Theme

/* One command of a menu; checkable ones show a tick. */
T.MenuItem {
    id: item

    implicitWidth: 224
    implicitHeight: Space.control
    hoverEnabled: true
    Accessible.name: text

    contentItem: RowLayout {
        spacing: Space.small

        Icon {
            name: item.checkable ? Icons.allowed : item.icon.name
            opacity: item.checkable && !item.checked ? 0 : 1
            color: item.enabled ? Theme.text : Theme.disabledText
            Layout.preferredWidth: Space.icon
            Layout.leftMargin: Space.small
        }
        Body {
            text: item.text
            color: item.enabled ? Theme.text : Theme.disabledText
            Layout.fillWidth: true
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Space.smallRadius
        color: item.highlighted ? Theme.selection : "transparent"
    }
}
