// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* Shows where the keyboard is. Placed inside what has the focus. */
Rectangle {
    anchors.fill: parent
    color: "transparent"
    radius: Space.radius
    border.width: Space.focusRing
    border.color: Theme.accent
}
