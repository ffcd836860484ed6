// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* The ground of what floats above the page: a hairline and a soft shadow. */
Rectangle {
    id: surface

    radius: Space.radius
    color: Theme.floating
    border.width: Space.hairline
    border.color: Theme.border

    // Drawn from plain rectangles, which every backend of the scene graph can do.
    Repeater {
        model: 4

        Rectangle {
            required property int index

            z: -1
            anchors.fill: parent
            anchors.margins: -(index + 1)
            anchors.topMargin: -index / 2
            anchors.bottomMargin: -(index * 2 + 1)
            radius: surface.radius + index + 1
            color: Theme.dark ? "#30000000" : "#08101828"
        }
    }
}
