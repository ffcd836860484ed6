// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* What the shapes and lines of the graph mean. */
Item {
    id: legend

    /// There are so many that only their density can be seen.
    property bool dense: false

    implicitHeight: Space.control + Space.unit
    clip: true

    Separator {
        width: parent.width
    }
    RowLayout {
        visible: legend.dense
        x: Space.page
        height: parent.height
        spacing: Space.card

        RowLayout {
            spacing: Space.unit

            Secondary {
                text: qsTr("few things")
            }
            Rectangle {
                implicitWidth: Space.huge
                implicitHeight: Space.small
                gradient: Gradient {
                    orientation: Gradient.Horizontal

                    GradientStop {
                        position: 0
                        color: Theme.base
                    }
                    GradientStop {
                        position: 1
                        color: Theme.accent
                    }
                }
            }
            Secondary {
                text: qsTr("many")
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
        Separator {
            vertical: true
            Layout.preferredHeight: Space.icon
        }
        Secondary {
            text: qsTr("Enlarge to see them one by one")
        }
    }
    RowLayout {
        visible: !legend.dense
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
