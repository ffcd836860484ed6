// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Which server, as whom, and the way to the pages. */
Rectangle {
    id: sidebar

    required property list<var> places
    required property string place
    required property string scheme

    signal chosen(string place)
    signal schemeChosen(string name)
    signal motionChosen(bool reduced)

    readonly property string roleText: {
        switch (Session.role) {
        case "administrator":
            return qsTr("Administrator");
        case "auditor":
            return qsTr("Auditor: reads, changes nothing");
        case "support":
            return qsTr("Support: reads, unfriends, contains");
        default:
            return "";
        }
    }
    readonly property string connectionText: {
        switch (Session.state) {
        case Session.Online:
            return qsTr("Connected");
        case Session.Synchronising:
            return qsTr("Synchronising %1 %", "%1 is a number").arg(Math.round(Session.progress * 100));
        case Session.Connecting:
            return qsTr("Connecting …");
        case Session.Cancelled:
            return qsTr("Copied %1 %", "%1 is a number").arg(Math.round(Session.progress * 100));
        default:
            return qsTr("Not connected");
        }
    }

    color: Theme.frame
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Navigation")

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        ServerBadge {
            roleText: sidebar.roleText
            Layout.fillWidth: true
            Layout.margins: Space.small
            Layout.bottomMargin: Space.card
        }
        Repeater {
            model: sidebar.places

            SidebarItem {
                required property var modelData

                objectName: "go-" + modelData.place
                text: modelData.text
                icon.name: modelData.icon
                count: modelData.count ?? 0
                checked: modelData.place === sidebar.place
                Layout.fillWidth: true
                Layout.leftMargin: Space.small
                Layout.rightMargin: Space.small
                Layout.bottomMargin: Space.hairline * 2
                onClicked: sidebar.chosen(modelData.place)
            }
        }
        Item {
            Layout.fillHeight: true
        }
        Separator {
            Layout.fillWidth: true
        }
        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.margins: Space.small
            Layout.leftMargin: Space.page

            ColumnLayout {
                spacing: 0
                Layout.fillWidth: true

                RowLayout {
                    spacing: Space.small

                    Presence {
                        online: Session.state === Session.Online
                        wordless: true
                    }
                    Body {
                        objectName: "connection"
                        text: sidebar.connectionText
                        Layout.fillWidth: true
                    }
                }
                Identifier {
                    text: Session.jid
                    Layout.fillWidth: true
                }
            }
            IconButton {
                id: more

                objectName: "menu"
                icon.name: Icons.menu
                hint: menu.visible ? "" : qsTr("Appearance and account")
                Accessible.name: qsTr("Appearance and account")
                onClicked: menu.popup(more, 0, -menu.height - Space.unit)

                Menu {
                    id: menu

                    MenuItem {
                        text: qsTr("As the system")
                        checkable: true
                        checked: sidebar.scheme === "system"
                        onTriggered: sidebar.schemeChosen("system")
                    }
                    MenuItem {
                        objectName: "light"
                        text: qsTr("Light")
                        checkable: true
                        checked: sidebar.scheme === "light"
                        onTriggered: sidebar.schemeChosen("light")
                    }
                    MenuItem {
                        objectName: "dark"
                        text: qsTr("Dark")
                        checkable: true
                        checked: sidebar.scheme === "dark"
                        onTriggered: sidebar.schemeChosen("dark")
                    }
                    MenuSeparator {}
                    MenuItem {
                        text: qsTr("Reduce motion")
                        checkable: true
                        checked: Motion.reduced
                        onTriggered: sidebar.motionChosen(!Motion.reduced)
                    }
                    MenuSeparator {}
                    MenuItem {
                        objectName: "signOut"
                        text: qsTr("Sign out")
                        icon.name: Icons.signOut
                        onTriggered: Session.signOut()
                    }
                }
            }
        }
    }
}
