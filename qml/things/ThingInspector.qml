// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Everything about one thing: who its friends are, which rules touch it, what lies behind it. */
Item {
    id: inspector

    property string jid: ""
    property bool offersGraph: true
    readonly property ThingDetails details: thing
    readonly property string shownName: thing.name !== "" ? thing.name : jid.split("@")[0]

    signal thingOpened(string jid)
    signal ruleOpened(string action, string ruleId)
    signal graphOpened(string jid)
    signal closed

    function wordOfKind(kind: string): string {
        switch (kind) {
        case "concentrator":
            return qsTr("concentrator");
        case "service":
            return qsTr("service");
        case "user":
            return qsTr("user");
        default:
            return qsTr("thing");
        }
    }

    function containOrRelease() {
        const jid = inspector.jid;
        if (thing.contained)
            releasing.ask(jid, qsTr("Release %1", "%1 is a name").arg(inspector.shownName), qsTr("%1 gets back exactly what containing it took away: it is friends again with whom it was, and rules hold for it again. It is written into the history under your name.", "%1 is a JID").arg(jid));
        else
            containing.ask(jid, qsTr("Contain %1", "%1 is a name").arg(inspector.shownName), qsTr("%1 is refused everything, and everybody is refused everything about it. It loses its %n friends, who have to clear their caches. Releasing it later gives back exactly what this takes away. It is written into the history under your name.", "%1 is a JID", thing.friendCount).arg(jid));
    }

    onJidChanged: tabs.current = tabs.current === "" ? "friends" : tabs.current

    ThingDetails {
        id: thing

        jid: inspector.jid
    }
    Rectangle {
        anchors.fill: parent
        color: Theme.base
    }
    EmptyState {
        anchors.fill: parent
        visible: !thing.found
        icon: Icons.thing
        title: qsTr("Not in the network")
        text: qsTr("The server knows no %1. It may have been removed meanwhile.", "%1 is a JID").arg(inspector.jid)
    }
    ColumnLayout {
        anchors.fill: parent
        visible: thing.found
        spacing: 0

        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.small
            Layout.topMargin: Space.small

            Icon {
                name: Icons.ofKind(thing.kind)
                sourceSize: Qt.size(Space.largeIcon, Space.largeIcon)
            }
            Heading {
                objectName: "inspectedName"
                text: inspector.shownName
                Layout.fillWidth: true
            }
            IconButton {
                icon.name: Icons.graph
                visible: inspector.offersGraph
                hint: qsTr("Show in the graph")
                onClicked: inspector.graphOpened(inspector.jid)
            }
            IconButton {
                objectName: "closeInspector"
                icon.name: Icons.close
                hint: qsTr("Close")
                onClicked: inspector.closed()
            }
        }
        Identifier {
            text: inspector.jid
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
        }
        GridLayout {
            columns: 2
            rowSpacing: Space.unit
            columnSpacing: Space.card
            Layout.fillWidth: true
            Layout.margins: Space.page
            Layout.topMargin: Space.card

            Secondary {
                text: qsTr("State")
            }
            Presence {
                online: thing.online
                Layout.fillWidth: true
            }
            Secondary {
                text: qsTr("Kind")
            }
            Body {
                text: thing.noted ? qsTr("%1, noted by the server", "%1 is a kind of thing").arg(inspector.wordOfKind(thing.kind)) : inspector.wordOfKind(thing.kind)
                Layout.fillWidth: true
            }
            Secondary {
                text: qsTr("Owner")
                visible: thing.owner !== ""
            }
            Body {
                text: thing.owner
                visible: text !== ""
                Layout.fillWidth: true
            }
            Secondary {
                text: qsTr("Roles")
                visible: thing.roles.length > 0
            }
            Flow {
                visible: thing.roles.length > 0
                spacing: Space.unit
                Layout.fillWidth: true

                Repeater {
                    model: thing.roles

                    Chip {
                        required property string modelData

                        text: modelData
                    }
                }
            }
            Secondary {
                text: qsTr("Last asked")
            }
            TimeText {
                time: thing.lastAsked
                never: qsTr("never")
                font.pixelSize: Fonts.body
                color: Theme.text
                Layout.fillWidth: true
            }
            Secondary {
                text: qsTr("Cache")
            }
            Row {
                spacing: Space.unit
                Layout.fillWidth: true

                StatusIcon {
                    meaning: thing.waitingCount > 0 ? "pending" : "allowed"
                    anchors.verticalCenter: parent.verticalCenter
                }
                Body {
                    objectName: "cacheState"
                    text: isNaN(thing.lastAsked.getTime()) ? qsTr("empty: it has never asked") : thing.waitingCount > 0 ? qsTr("to be cleared, not acknowledged") : qsTr("current")
                }
            }
            Secondary {
                text: qsTr("Comment")
                visible: thing.comment !== ""
                Layout.alignment: Qt.AlignTop
            }
            Body {
                text: thing.comment
                visible: text !== ""
                wrapMode: Text.Wrap
                maximumLineCount: 3
                Layout.fillWidth: true
            }
        }
        Segmented {
            id: tabs

            objectName: "inspectorTabs"
            name: qsTr("About this thing")
            current: "friends"
            options: [
                {
                    text: qsTr("Friends %1", "%1 is a number").arg(thing.friendCount),
                    value: "friends"
                },
                {
                    text: qsTr("Rules %1", "%1 is a number").arg(thing.ruleCount),
                    value: "rules"
                },
                {
                    text: qsTr("Nodes %1", "%1 is a number").arg(thing.nodes.length),
                    value: "nodes"
                }
            ]
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.small
            onChosen: value => current = value
        }
        Separator {
            Layout.fillWidth: true
        }
        Loader {
            active: inspector.jid !== ""
            sourceComponent: tabs.current === "rules" ? touching : (tabs.current === "nodes" ? nodes : friends)
            Layout.fillWidth: true
            Layout.fillHeight: true
        }
        Separator {
            Layout.fillWidth: true
        }
        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.margins: Space.card
            Layout.leftMargin: Space.page

            Chip {
                objectName: "contained"
                text: qsTr("contained")
                meaning: "contained"
                visible: thing.contained
            }
            Item {
                Layout.fillWidth: true
            }
            Button {
                objectName: "contain"
                text: thing.contained ? qsTr("Release device") : qsTr("Contain device")
                icon.name: Icons.contained
                dangerous: !thing.contained
                enabled: Session.canUnfriend && Session.state === Session.Online
                reason: Session.canUnfriend ? qsTr("There is no connection to the server.") : qsTr("Your role (%1) may not contain devices.", "%1 is a role").arg(Session.role)
                onClicked: inspector.containOrRelease()
            }
        }
    }
    DirectAct {
        id: containing

        verb: qsTr("Contain device")
        onAgreed: jid => Session.contain(jid)
    }
    DirectAct {
        id: releasing

        verb: qsTr("Release device")
        onAgreed: jid => Session.release(jid)
    }
    Component {
        id: friends

        FriendList {
            jid: inspector.jid
            thingName: inspector.shownName
            onThingOpened: jid => inspector.thingOpened(jid)
        }
    }
    Component {
        id: touching

        TouchingRules {
            jid: inspector.jid
            onRuleOpened: (action, ruleId) => inspector.ruleOpened(action, ruleId)
        }
    }
    Component {
        id: nodes

        NodeList {
            nodes: thing.nodes
        }
    }
}
