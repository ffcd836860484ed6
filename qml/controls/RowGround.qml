// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* The ground of a row: shows the pointer, the selection and where the keyboard is. */
Rectangle {
    id: ground

    property bool current: false
    property bool hovered: false
    property bool focused: false

    color: current ? Theme.selection : (hovered ? Theme.hover : "transparent")

    Rectangle {
        width: Space.focusRing + 1
        height: parent.height
        visible: ground.current
        color: ground.focused ? Theme.accent : Theme.strongBorder
    }
}
