// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The server that is open, with its mark and one's role there; opens the way to the others. */
T.Button {
    id: badge

    required property string roleText
    readonly property bool marked: Session.colour !== ""

    objectName: "serverBadge"
    implicitHeight: Space.bar + Space.small
    leftPadding: Space.card
    rightPadding: Space.small
    hoverEnabled: true
    Accessible.name: qsTr("Server %1, %2", "%1 is its name, %2 a role").arg(Session.title).arg(badge.roleText)
    Accessible.description: qsTr("Opens the list of servers")
    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()
    onClicked: menu.open()

    contentItem: RowLayout {
        spacing: Space.small

        Image {
            source: "qrc:/icons/castellan/64/castellan.svg"
            sourceSize: Qt.size(Space.control, Space.control)
            Accessible.ignored: true
        }
        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true

            Body {
                objectName: "serverName"
                text: Session.title
                elide: Text.ElideMiddle
                font.weight: Font.DemiBold
                color: badge.marked ? Theme.mark(Session.colour) : Theme.text
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Secondary {
                objectName: "role"
                text: badge.roleText
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        Icon {
            name: Icons.collapse
            color: Theme.secondaryText
        }
    }
    background: Rectangle {
        radius: Space.radius
        color: badge.marked ? Theme.tint(Theme.mark(Session.colour)) : (badge.hovered ? Theme.hover : "transparent")
        border.width: badge.marked ? Space.hairline : 0
        border.color: Qt.alpha(Theme.mark(Session.colour), 0.4)

        Rectangle {
            visible: badge.marked
            width: Space.unit
            height: parent.height - Space.card
            radius: width / 2
            x: Space.unit / 2
            anchors.verticalCenter: parent.verticalCenter
            color: Theme.mark(Session.colour)
        }
        FocusRing {
            visible: badge.visualFocus
        }
    }

    Menu {
        id: menu

        y: badge.height + Space.unit

        Instantiator {
            model: Session.profiles
            onObjectAdded: (index, item) => menu.insertItem(index, item as MenuItem)
            onObjectRemoved: (index, item) => menu.removeItem(item as MenuItem)

            MenuItem {
                required property string profileId
                required property string name

                objectName: "open-" + name
                text: name
                checkable: true
                checked: profileId === Session.profile
                onTriggered: {
                    if (profileId !== Session.profile)
                        Session.open(profileId);
                }
            }
        }
        MenuSeparator {}
        MenuItem {
            objectName: "otherServers"
            text: qsTr("Add or change servers …")
            icon.name: Icons.server
            onTriggered: Session.signOut()
        }
    }
}
