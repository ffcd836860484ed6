// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Deliveries
import Castellan.Presentation
import Castellan.Theme

/* How the network stands, and what happened last. */
Page {
    id: page

    /// Height left for the lists below the figures.
    readonly property real room: height - Space.bar * 6

    signal opened(string place)
    signal thingOpened(string jid)

    function number(value: real): string {
        return Number(value).toLocaleString(Qt.locale(), "f", 0);
    }

    objectName: "overviewPage"
    title: qsTr("Overview")
    subtitle: qsTr("Revision %1", "%1 is a number").arg(number(Session.revision))

    Flickable {
        anchors.fill: parent
        contentHeight: column.height + Space.page
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.vertical: ScrollBar {}

        ColumnLayout {
            id: column

            x: Space.page
            width: parent.width - Space.page * 2
            spacing: Space.page

            RowLayout {
                spacing: Space.card
                uniformCellSizes: true
                Layout.fillWidth: true

                Figure {
                    label: qsTr("Things")
                    icon.name: Icons.things
                    figureText: page.number(Session.thingCount)
                    detail: qsTr("%1 online, %2 offline", "two numbers").arg(page.number(Session.onlineCount)).arg(page.number(Session.thingCount - Session.onlineCount))
                    Layout.fillWidth: true
                    onClicked: page.opened("things")
                }
                Figure {
                    label: qsTr("Friendships")
                    icon.name: Icons.friendship
                    figureText: page.number(Session.friendshipCount)
                    detail: qsTr("accepted pairs")
                    Layout.fillWidth: true
                    onClicked: page.opened("graph")
                }
                Figure {
                    label: qsTr("Access rules")
                    icon.name: Icons.rules
                    figureText: page.number(Session.ruleCount)
                    detail: qsTr("first match decides")
                    Layout.fillWidth: true
                    onClicked: page.opened("rules")
                }
                Figure {
                    label: qsTr("Caches to be cleared")
                    icon.name: Icons.deliveries
                    figureText: page.number(Session.openDeliveryCount)
                    meaning: Session.openDeliveryCount > 0 ? "pending" : "allowed"
                    detail: Session.openDeliveryCount > 0 ? qsTr("not acknowledged yet") : qsTr("all acknowledged")
                    Layout.fillWidth: true
                    onClicked: page.opened("deliveries")
                }
            }
            RowLayout {
                spacing: Space.card
                Layout.fillWidth: true

                Card {
                    padding: 0
                    implicitHeight: latest.implicitHeight
                    Layout.fillWidth: true
                    Layout.alignment: Qt.AlignTop

                    ColumnLayout {
                        id: latest

                        width: parent.width
                        spacing: 0

                        Heading {
                            text: qsTr("Latest pushes")
                            Layout.margins: Space.card
                            Layout.leftMargin: Space.page
                        }
                        Separator {
                            Layout.fillWidth: true
                        }
                        Repeater {
                            model: pushes

                            PushSummary {
                                objectName: "latest-" + index
                                visible: index < Math.max(5, Math.floor(page.room / implicitHeight))
                                Layout.fillWidth: true
                                onClicked: page.opened("deliveries")
                            }
                        }
                        EmptyState {
                            visible: pushes.count === 0 && !pushes.loading
                            icon: Icons.deliveries
                            title: qsTr("Nothing has been pushed yet")
                            text: qsTr("Changes to friendships and rules appear here once they are pushed, with the things they concern.")
                            Layout.fillWidth: true
                        }
                    }
                }
                Card {
                    padding: 0
                    implicitHeight: waiting.implicitHeight
                    Layout.preferredWidth: Space.inspector
                    Layout.fillWidth: false
                    Layout.alignment: Qt.AlignTop

                    ColumnLayout {
                        id: waiting

                        width: parent.width
                        spacing: 0

                        Heading {
                            text: qsTr("Asked last")
                            Layout.margins: Space.card
                            Layout.leftMargin: Space.page
                        }
                        Separator {
                            Layout.fillWidth: true
                        }
                        Repeater {
                            model: askers

                            T.AbstractButton {
                                id: asker

                                required property int index
                                required property string jid
                                required property string name
                                required property string kind
                                required property bool online
                                required property date lastAsked

                                visible: index < Math.max(8, Math.floor(page.room / Space.control))
                                implicitHeight: Space.control
                                hoverEnabled: true
                                focusPolicy: Qt.StrongFocus
                                Layout.fillWidth: true
                                Accessible.name: asker.name
                                Keys.onReturnPressed: click()
                                onClicked: page.thingOpened(jid)

                                contentItem: RowLayout {
                                    spacing: Space.small

                                    Icon {
                                        name: Icons.ofKind(asker.kind)
                                        color: Theme.secondaryText
                                        Layout.leftMargin: Space.page
                                    }
                                    Body {
                                        text: asker.name
                                        Layout.fillWidth: true
                                        Accessible.ignored: true
                                    }
                                    TimeText {
                                        time: asker.lastAsked
                                        Layout.rightMargin: Space.page
                                    }
                                }
                                background: RowGround {
                                    hovered: asker.hovered
                                    FocusRing {
                                        visible: asker.visualFocus
                                    }
                                }
                            }
                        }
                        Item {
                            visible: askers.count > 0
                            implicitHeight: Space.unit
                        }
                        EmptyState {
                            visible: askers.count === 0 && !askers.loading
                            icon: Icons.thing
                            title: qsTr("Nobody has asked yet")
                            text: qsTr("Things appear here as soon as they ask this server a question.")
                            Layout.fillWidth: true
                        }
                    }
                }
            }
        }
    }
    PushesModel {
        id: pushes
    }
    ThingsModel {
        id: askers

        sortKey: "lastAsked"
        descending: true
    }
}
