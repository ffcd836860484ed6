// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Ask
import Castellan.Changes
import Castellan.Controls
import Castellan.Deliveries
import Castellan.Graph
import Castellan.History
import Castellan.Overview
import Castellan.Presentation
import Castellan.Rules
import Castellan.SignIn
import Castellan.Theme
import Castellan.Things

/* The pages, the way between them, and the changes that wait to be pushed. */
FocusScope {
    id: workspace

    property string place: "overview"
    property string scheme: "system"
    readonly property list<var> places: [
        {
            place: "overview",
            text: qsTr("Overview"),
            icon: Icons.overview
        },
        {
            place: "graph",
            text: qsTr("Graph"),
            icon: Icons.graph
        },
        {
            place: "things",
            text: qsTr("Things"),
            icon: Icons.things
        },
        {
            place: "rules",
            text: qsTr("Access rules"),
            icon: Icons.rules
        },
        {
            place: "ask",
            text: qsTr("Ask"),
            icon: Icons.ask
        },
        {
            place: "deliveries",
            text: qsTr("Deliveries"),
            icon: Icons.deliveries,
            count: Session.openDeliveryCount
        },
        {
            place: "history",
            text: qsTr("History"),
            icon: Icons.history
        }
    ]

    signal schemeChosen(string name)
    signal motionChosen(bool reduced)

    function go(place: string) {
        workspace.place = place;
    }

    function showThing(jid: string) {
        things.selected = jid;
        go("things");
    }

    function showGraph(jid: string) {
        graph.show(jid);
        go("graph");
    }

    function showRule(action: string, ruleId: string) {
        rules.show(action, ruleId);
        go("rules");
    }

    objectName: "workspace"

    Shortcut {
        sequences: ["Ctrl+K", StandardKey.Find]
        onActivated: {
            workspace.go("things");
            things.searchNow();
        }
    }
    Shortcut {
        sequences: [StandardKey.Undo]
        enabled: Session.draft.canUndo && !Session.draft.pushing
        onActivated: Session.draft.undo()
    }
    Shortcut {
        sequences: [StandardKey.Redo]
        enabled: Session.draft.canRedo && !Session.draft.pushing
        onActivated: Session.draft.redo()
    }
    Shortcut {
        sequences: ["Ctrl+Return", "Ctrl+Enter"]
        enabled: Session.draft.count > 0
        onActivated: bar.push()
    }
    Shortcut {
        sequences: ["Ctrl+Shift+N"]
        enabled: Session.canEdit
        onActivated: bar.newSet()
    }
    Instantiator {
        model: workspace.places

        Shortcut {
            required property int index
            required property var modelData

            sequences: ["Alt+" + (index + 1)]
            onActivated: workspace.go(modelData.place)
        }
    }
    RowLayout {
        anchors.fill: parent
        spacing: 0

        Sidebar {
            places: workspace.places
            place: workspace.place
            scheme: workspace.scheme
            Layout.preferredWidth: Space.sidebar
            Layout.fillHeight: true
            onChosen: place => workspace.go(place)
            onSchemeChosen: name => workspace.schemeChosen(name)
            onMotionChosen: reduced => workspace.motionChosen(reduced)
        }
        Separator {
            vertical: true
            Layout.fillHeight: true
        }
        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true
            Layout.fillHeight: true

            InlineMessage {
                objectName: "connectionMessage"
                meaning: Session.state === Session.Online ? "denied" : "offline"
                text: {
                    if (Session.state === Session.Online || Session.state === Session.SignedOut)
                        return Session.error;
                    if (Session.state === Session.Synchronising)
                        return Session.revision === 0 && Session.progress > 0 ? qsTr("The network is being copied; what you see is not all of it yet.") : "";
                    if (Session.state === Session.Cancelled)
                        return qsTr("You stopped copying the network; what you see is not all of it.");
                    const what = qsTr("Not connected: you see the copy of revision %1. Changes are kept until the connection is back.", "%1 is a number").arg(Session.revision);
                    if (Session.error === "")
                        return what;
                    return (/[.?!]$/.test(Session.error) ? Session.error : Session.error + ".") + " " + what;
                }
                action: {
                    if (Session.certificates.length > 0)
                        return qsTr("Show certificate");
                    switch (Session.state) {
                    case Session.Offline:
                        return qsTr("Connect now");
                    case Session.Cancelled:
                        return qsTr("Go on copying");
                    case Session.Synchronising:
                        return qsTr("Stop copying");
                    default:
                        return "";
                    }
                }
                Layout.fillWidth: true
                Layout.margins: Space.small
                onActed: {
                    if (Session.certificates.length > 0)
                        certificates.open();
                    else if (Session.state === Session.Synchronising)
                        Session.cancel();
                    else
                        Session.retry();
                }
            }
            StackLayout {
                currentIndex: workspace.places.findIndex(place => place.place === workspace.place)
                Layout.fillWidth: true
                Layout.fillHeight: true

                OverviewPage {
                    focus: workspace.place === "overview"
                    onOpened: place => workspace.go(place)
                    onThingOpened: jid => workspace.showThing(jid)
                }
                GraphPage {
                    id: graph

                    focus: workspace.place === "graph"
                    onThingOpened: jid => workspace.showThing(jid)
                    onRuleOpened: (action, ruleId) => workspace.showRule(action, ruleId)
                }
                ThingsPage {
                    id: things

                    focus: workspace.place === "things"
                    onRuleOpened: (action, ruleId) => workspace.showRule(action, ruleId)
                    onGraphOpened: jid => workspace.showGraph(jid)
                }
                RulesPage {
                    id: rules

                    focus: workspace.place === "rules"
                }
                AskPage {
                    id: ask

                    focus: workspace.place === "ask"
                    onRuleOpened: (action, ruleId) => workspace.showRule(action, ruleId)
                }
                DeliveriesPage {
                    id: deliveries

                    focus: workspace.place === "deliveries"
                    onThingOpened: jid => workspace.showThing(jid)
                }
                HistoryPage {
                    focus: workspace.place === "history"
                }
            }
            Repeater {
                model: Session.unconfirmed

                ConfirmBar {
                    Layout.fillWidth: true
                }
            }
            ChangeBar {
                id: bar

                objectName: "changeBar"
                visible: Session.draft.count > 0 || Session.draft.canRedo || Session.draft.sets.length > 1
                Layout.fillWidth: true
                onReviewed: review.open()
            }
        }
    }
    Toast {
        id: toast

        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Space.bar + Space.page
    }
    ReviewSheet {
        id: review
    }
    CertificateSheet {
        id: certificates
    }
    Connections {
        target: Session

        function onActed(what: string) {
            toast.show(what);
        }
    }
    Connections {
        target: Session.draft

        function onPushed(revision: double, deliveries: int) {
            if (deliveries > 0) {
                deliveriesPage(revision);
                toast.show(qsTr("Revision %1 is committed. %n messages to things are on their way: see Deliveries.", "%1 is a number", deliveries).arg(revision));
            } else {
                toast.show(qsTr("Revision %1 is committed. Nobody has to clear a cache.", "%1 is a number").arg(revision));
            }
        }

        function deliveriesPage(revision: double) {
            deliveries.expandedRevision = revision;
        }
    }
}
