// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* How far something is; a sliding piece when nobody knows. */
T.ProgressBar {
    id: bar

    implicitWidth: 200
    implicitHeight: Space.unit
    Accessible.name: qsTr("Progress")

    background: Rectangle {
        radius: height / 2
        color: Theme.pressed
    }
    contentItem: Item {
        clip: true

        Rectangle {
            width: bar.indeterminate ? parent.width / 3 : parent.width * bar.position
            height: parent.height
            radius: height / 2
            color: Theme.accent

            NumberAnimation on x {
                running: bar.indeterminate && bar.visible && !Motion.reduced
                from: -bar.width / 3
                to: bar.width
                duration: 1200
                loops: Animation.Infinite
            }
        }
    }
}
