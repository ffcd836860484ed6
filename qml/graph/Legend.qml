// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* What the shapes and lines of the graph mean. */
Item {
    implicitHeight: Space.control + Space.unit
    clip: true

    Separator {
        width: parent.width
    }
    RowLayout {
        x: Space.page
        height: parent.height
        spacing: Space.card

        Repeater {
            model: [
                {
                    icon: Icons.thing,
                    text: qsTr("Thing")
                },
                {
                    icon: Icons.concentrator,
                    text: qsTr("Concentrator")
                },
                {
                    icon: Icons.service,
                    text: qsTr("Service")
                },
                {
                    icon: Icons.user,
                    text: qsTr("User")
                }
            ]

            RowLayout {
                id: kind

                required property var modelData

                spacing: Space.unit

                Icon {
                    name: kind.modelData.icon
                    color: Theme.secondaryText
                }
                Secondary {
                    text: kind.modelData.text
                }
            }
        }
        Separator {
            vertical: true
            Layout.preferredHeight: Space.icon
        }
        RowLayout {
            spacing: Space.unit

            Rectangle {
                implicitWidth: Space.card
                implicitHeight: Space.card
                radius: width / 2
                color: Theme.text
            }
            Secondary {
                text: qsTr("online")
            }
        }
        RowLayout {
            spacing: Space.unit

            Rectangle {
                implicitWidth: Space.card
                implicitHeight: Space.card
                radius: width / 2
                color: "transparent"
                border.width: Space.hairline
                border.color: Theme.secondaryText
            }
            Secondary {
                text: qsTr("offline")
            }
        }
        RowLayout {
            spacing: Space.unit

            StatusIcon {
                meaning: "pending"
            }
            Secondary {
                text: qsTr("cache to clear")
            }
        }
        RowLayout {
            spacing: Space.unit

            Row {
                spacing: Space.hairline * 3

                Repeater {
                    model: 3

                    Rectangle {
                        width: Space.unit + Space.hairline
                        height: Space.focusRing
                        color: Theme.denied
                    }
                }
            }
            Secondary {
                text: qsTr("rejected")
            }
        }
    }
}
