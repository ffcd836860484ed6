// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* Slim; wider under the pointer. */
T.ScrollBar {
    id: bar

    implicitWidth: Space.small + Space.unit / 2
    implicitHeight: Space.small + Space.unit / 2
    padding: Space.unit / 2
    minimumSize: 0.08
    visible: policy === T.ScrollBar.AlwaysOn || (policy === T.ScrollBar.AsNeeded && size < 1)

    contentItem: Rectangle {
        implicitWidth: Space.small - Space.unit / 2
        implicitHeight: Space.small - Space.unit / 2
        radius: width / 2
        color: bar.pressed || bar.hovered ? Theme.strongBorder : Theme.border
    }
}
