// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* How far a push has come: acknowledged, failed, sent, waiting. */
Item {
    id: bar

    property int total: 0
    property int acknowledged: 0
    property int failed: 0
    property int sent: 0
    property int waiting: 0

    implicitWidth: 160
    implicitHeight: Space.small
    Accessible.role: Accessible.ProgressBar
    Accessible.name: qsTr("%1 of %2 acknowledged", "two numbers").arg(acknowledged).arg(total)

    Rectangle {
        anchors.fill: parent
        radius: height / 2
        color: Theme.pressed
    }
    Row {
        id: parts

        readonly property real step: bar.total > 0 ? bar.width / bar.total : 0

        height: parent.height

        Repeater {
            model: [
                {
                    size: bar.acknowledged,
                    colour: Theme.allowed
                },
                {
                    size: bar.failed,
                    colour: Theme.denied
                },
                {
                    size: bar.sent,
                    colour: Theme.pending
                }
            ]

            Rectangle {
                required property var modelData

                width: Math.max(0, modelData.size * parts.step - 1)
                height: bar.height
                radius: height / 2
                visible: modelData.size > 0
                color: modelData.colour

                Behavior on width {
                    NumberAnimation {
                        duration: Motion.slow
                    }
                }
            }
        }
    }
}
