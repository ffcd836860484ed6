// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme
import Castellan.Things
import Castellan.Views

/* Who is friend with whom: all of it, or the surroundings of one. */
Page {
    id: page

    readonly property alias view: view
    readonly property alias graph: graph

    signal thingOpened(string jid)
    signal ruleOpened(string action, string ruleId)

    function show(jid: string) {
        graph.focus = jid;
        graph.selected = jid;
    }

    objectName: "graphPage"
    title: qsTr("Graph")
    subtitle: graph.focus === "" ? qsTr("%1 things, %2 pairs", "two numbers").arg(graph.nodeCount).arg(graph.edgeCount) : qsTr("%1 things around %2", "%1 is a number, %2 a JID").arg(graph.nodeCount).arg(graph.focus)
    inspecting: graph.selected !== ""

    tools: [
        Segmented {
            objectName: "hops"
            name: qsTr("How far around")
            visible: graph.focus !== ""
            current: String(graph.hops)
            options: [
                {
                    text: qsTr("1 step"),
                    value: "1"
                },
                {
                    text: qsTr("2 steps"),
                    value: "2"
                },
                {
                    text: qsTr("3 steps"),
                    value: "3"
                }
            ]
            onChosen: value => graph.hops = Number(value)
        },
        Button {
            objectName: "wholeNetwork"
            text: qsTr("Whole network")
            visible: graph.focus !== ""
            onClicked: graph.focus = ""
        },
        Button {
            objectName: "surroundings"
            text: qsTr("Only its surroundings")
            visible: graph.focus === "" && graph.selected !== ""
            onClicked: graph.focus = graph.selected
        },
        IconButton {
            icon.name: Icons.zoomOut
            hint: qsTr("Smaller (−)")
            onClicked: view.zoom(0.8)
        },
        IconButton {
            icon.name: Icons.zoomIn
            hint: qsTr("Larger (+)")
            onClicked: view.zoom(1.25)
        },
        IconButton {
            icon.name: Icons.fit
            hint: qsTr("Show everything (Home)")
            onClicked: view.fit()
        }
    ]

    Rectangle {
        anchors.fill: parent
        color: Theme.base

        Separator {
            width: parent.width
        }
        GraphView {
            id: view

            objectName: "graph"
            anchors.fill: parent
            anchors.topMargin: Space.hairline
            anchors.bottomMargin: legend.height
            focus: true
            clip: true
            model: graph
            font.family: Fonts.family
            font.pixelSize: Fonts.secondary
            surface: Theme.base
            text: Theme.text
            quiet: Theme.secondaryText
            line: Theme.strongBorder
            accent: Theme.accent
            denied: Theme.denied
            pending: Theme.pending
            Accessible.role: Accessible.Graphic
            Accessible.name: qsTr("Graph of friendships; the same is in the tables of Things")
            Accessible.description: summary
            Accessible.focusable: true
            onActivated: jid => page.thingOpened(jid)

            FocusRing {
                visible: view.reachedByKeyboard && graph.selected === ""
                border.width: Space.hairline
                radius: 0
            }
        }
        Legend {
            id: legend

            width: parent.width
            anchors.bottom: parent.bottom
        }
        EmptyState {
            anchors.fill: parent
            visible: graph.nodeCount === 0 && !graph.loading
            icon: Icons.graph
            title: qsTr("Nothing to draw")
            text: qsTr("The graph shows things and their friendships. There are none yet.")
        }
        ProgressBar {
            width: parent.width
            indeterminate: true
            visible: graph.loading && graph.nodeCount === 0
        }
    }
    inspector: ThingInspector {
        anchors.fill: parent
        jid: graph.selected
        offersGraph: false
        onThingOpened: jid => graph.selected = jid
        onRuleOpened: (action, ruleId) => page.ruleOpened(action, ruleId)
        onClosed: graph.selected = ""
    }
    GraphModel {
        id: graph
    }
}
