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
    /// So many things at once can be read; more are an overview.
    readonly property int readable: 400
    readonly property bool overview: graph.focus === "" && graph.members.length === 0 && Session.thingCount > readable
    readonly property PlaneView shownView: overview ? overall : view
    property string selected: ""

    signal thingOpened(string jid)
    signal ruleOpened(string action, string ruleId)

    function show(jid: string) {
        graph.members = [];
        graph.focus = jid;
        selected = jid;
    }
    function find(jid: string) {
        if (page.overview)
            overall.centreOn(jid);
        else if (graph.focus !== "" || graph.members.length > 0)
            page.show(jid);
        selected = jid;
    }

    objectName: "graphPage"
    title: qsTr("Graph")
    subtitle: {
        const number = value => Number(value).toLocaleString(Qt.locale(), "f", 0);
        if (overview)
            return qsTr("%1 things, %2 pairs", "two numbers").arg(number(network.nodeCount)).arg(number(network.linkCount));
        if (graph.focus === "" && graph.members.length === 0)
            return qsTr("%1 things, %2 pairs", "two numbers").arg(number(graph.nodeCount)).arg(number(graph.edgeCount));
        if (graph.members.length > 0)
            return qsTr("%1 things on the ways", "a number").arg(number(graph.nodeCount));
        return qsTr("%1 things around %2", "%1 is a number, %2 a JID").arg(number(graph.nodeCount)).arg(graph.focus);
    }
    inspecting: selected !== ""

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
            objectName: "reach"
            text: qsTr("Reach and ways")
            visible: !question.visible
            onClicked: {
                question.from = page.selected !== "" ? page.selected : graph.focus;
                question.visible = true;
            }
        },
        Button {
            objectName: "wholeNetwork"
            text: qsTr("Whole network")
            visible: graph.focus !== "" || graph.members.length > 0
            onClicked: {
                graph.members = [];
                graph.focus = "";
            }
        },
        Button {
            objectName: "surroundings"
            text: qsTr("Only its surroundings")
            visible: page.selected !== "" && page.selected !== graph.focus
            onClicked: page.show(page.selected)
        },
        IconButton {
            icon.name: Icons.zoomOut
            hint: qsTr("Smaller (−)")
            onClicked: page.shownView.zoom(0.8)
        },
        IconButton {
            icon.name: Icons.zoomIn
            hint: qsTr("Larger (+)")
            onClicked: page.shownView.zoom(1.25)
        },
        IconButton {
            icon.name: Icons.fit
            hint: qsTr("Show everything (Home)")
            onClicked: page.shownView.fit()
        }
    ]

    Rectangle {
        anchors.fill: parent
        color: Theme.base

        Separator {
            width: parent.width
        }
        QuestionBar {
            id: question

            objectName: "question"
            visible: false
            width: parent.width
            z: 1
            network: overall.model
            onClosed: visible = false
            onWaysShown: jids => {
                graph.focus = "";
                graph.members = jids;
            }
        }
        GraphView {
            id: view

            objectName: "graph"
            anchors.fill: parent
            anchors.topMargin: question.visible ? question.height : Space.hairline
            anchors.bottomMargin: legend.height
            focus: !page.overview
            visible: !page.overview
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
                visible: view.reachedByKeyboard && page.selected === ""
                border.width: Space.hairline
                radius: 0
            }
        }
        NetworkView {
            id: overall

            objectName: "network"
            anchors.fill: view
            focus: page.overview
            visible: page.overview
            clip: true
            model: network
            font: view.font
            surface: view.surface
            text: view.text
            quiet: view.quiet
            line: view.line
            accent: view.accent
            denied: view.denied
            pending: view.pending
            Accessible.role: Accessible.Graphic
            Accessible.name: qsTr("Overview of all friendships; the same is in the tables of Things")
            Accessible.description: summary
            Accessible.focusable: true
            onActivated: jid => page.thingOpened(jid)

            FocusRing {
                visible: overall.reachedByKeyboard && page.selected === ""
                border.width: Space.hairline
                radius: 0
            }
        }
        Legend {
            id: legend

            dense: page.overview && !overall.detailed
            width: parent.width
            anchors.bottom: parent.bottom
        }
        EmptyState {
            anchors.fill: parent
            visible: !page.overview && graph.nodeCount === 0 && !graph.loading
            icon: Icons.graph
            title: qsTr("Nothing to draw")
            text: qsTr("The graph shows things and their friendships. There are none yet.")
        }
        ProgressBar {
            width: parent.width
            indeterminate: true
            visible: !page.overview && graph.loading && graph.nodeCount === 0
        }
        Activity {
            model: network
            visible: page.overview && text !== ""
            anchors.bottom: legend.top
            anchors.left: parent.left
            anchors.margins: Space.card
        }
    }
    inspector: ThingInspector {
        anchors.fill: parent
        jid: page.selected
        offersGraph: false
        onThingOpened: jid => page.find(jid)
        onRuleOpened: (action, ruleId) => page.ruleOpened(action, ruleId)
        onClosed: page.selected = ""
    }
    GraphModel {
        id: graph

        active: !page.overview
        selected: page.selected
        onSelectedChanged: page.selected = selected
    }
    NetworkModel {
        id: network

        active: page.visible
        selected: page.selected
        onSelectedChanged: page.selected = selected
    }
}
