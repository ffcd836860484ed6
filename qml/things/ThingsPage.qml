// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Everyone with a JID in the network, as a table; what is chosen is explained beside it. */
Page {
    id: page

    property string selected: ""

    signal ruleOpened(string action, string ruleId)
    signal graphOpened(string jid)

    function searchNow() {
        search.forceActiveFocus(Qt.ShortcutFocusReason);
        search.selectAll();
    }

    function number(value: real): string {
        return Number(value).toLocaleString(Qt.locale(), "f", 0);
    }

    objectName: "thingsPage"
    title: qsTr("Things")
    subtitle: {
        if (things.more)
            return qsTr("more than %1 of %2", "two numbers").arg(number(things.total)).arg(number(Session.thingCount));
        if (things.total === Session.thingCount)
            return qsTr("%1 in the network", "%1 is a number").arg(number(Session.thingCount));
        return qsTr("%1 of %2", "two numbers").arg(number(things.total)).arg(number(Session.thingCount));
    }
    inspecting: selected !== ""

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.small

            SearchField {
                id: search

                objectName: "search"
                placeholderText: qsTr("Search names, JIDs, roles, nodes … (Ctrl+K)")
                Layout.fillWidth: true
                Layout.maximumWidth: Space.form
                Accessible.name: qsTr("Search things")
                Keys.onDownPressed: rows.forceActiveFocus(Qt.TabFocusReason)
                onTextChanged: things.search = text
            }
            Item {
                Layout.fillWidth: true
            }
            Segmented {
                objectName: "kind"
                name: qsTr("Kind")
                current: things.kind
                options: [
                    {
                        text: qsTr("All"),
                        value: ""
                    },
                    {
                        text: qsTr("Things"),
                        value: "thing"
                    },
                    {
                        text: qsTr("Concentrators"),
                        value: "concentrator"
                    },
                    {
                        text: qsTr("Services"),
                        value: "service"
                    },
                    {
                        text: qsTr("Users"),
                        value: "user"
                    }
                ]
                onChosen: value => things.kind = value
            }
        }
        Rectangle {
            color: Theme.base
            Layout.fillWidth: true
            Layout.fillHeight: true

            Separator {
                width: parent.width
            }
            TableHeader {
                id: header

                width: parent.width
                columns: columns
                sortKey: things.sortKey
                descending: things.descending
                onSort: (key, descending) => {
                    things.sortKey = key;
                    things.descending = descending;
                }
            }
            Rows {
                id: rows

                objectName: "things"
                anchors.fill: parent
                anchors.topMargin: header.height
                model: things
                currentIndex: -1
                Accessible.role: Accessible.Table
                Accessible.name: qsTr("Things")
                onActiveFocusChanged: {
                    if (activeFocus && currentIndex < 0 && count > 0)
                        currentIndex = 0;
                }
                onCurrentItemChanged: {
                    if (activeFocus && currentItem)
                        page.selected = (currentItem as ThingRow).jid;
                }
                Keys.onEscapePressed: page.selected = ""

                delegate: ThingRow {
                    width: rows.width
                    columns: columns
                    current: jid === page.selected
                    focusedList: rows.activeFocus
                    onChosen: {
                        rows.forceActiveFocus(Qt.MouseFocusReason);
                        rows.currentIndex = index;
                        page.selected = jid;
                    }
                    onOpened: page.graphOpened(jid)
                }
            }
            EmptyState {
                anchors.fill: parent
                visible: things.count === 0 && !things.loading
                icon: Icons.things
                title: search.text !== "" || things.kind !== "" ? qsTr("Nothing found") : qsTr("The network is empty")
                text: search.text !== "" || things.kind !== "" ? qsTr("None of the %1 things fits the search.", "%1 is a number").arg(page.number(Session.thingCount)) : qsTr("Things appear here when a network is imported or when they ask this server for the first time.")
                action: search.text !== "" || things.kind !== "" ? qsTr("Show all") : ""
                onActed: {
                    search.clear();
                    things.kind = "";
                }
            }
        }
    }
    inspector: ThingInspector {
        anchors.fill: parent
        jid: page.selected
        onThingOpened: jid => page.selected = jid
        onRuleOpened: (action, ruleId) => page.ruleOpened(action, ruleId)
        onGraphOpened: jid => page.graphOpened(jid)
        onClosed: page.selected = ""
    }

    Columns {
        id: columns

        width: rows.width - Space.page * 2
        spacing: Space.card
        // Narrow windows keep what identifies a thing and what needs attention.
        all: [
            {
                key: "name",
                title: qsTr("Name"),
                share: 4,
                minimum: 120
            },
            {
                key: "jid",
                title: qsTr("JID"),
                share: 3,
                minimum: 120
            },
            {
                key: "online",
                title: qsTr("State"),
                width: 76
            },
            {
                key: "lastAsked",
                title: qsTr("Last asked"),
                width: 92
            },
            {
                key: "friends",
                title: qsTr("Friends"),
                width: 56,
                numeric: true
            },
            {
                key: "waiting",
                title: qsTr("To clear"),
                width: 56,
                numeric: true
            }
        ].concat(rows.width > 1000 ? [
            {
                key: "owner",
                title: qsTr("Owner"),
                share: 2,
                minimum: 80
            }
        ] : [])
    }
    ThingsModel {
        id: things
    }
    // What was current in another list says nothing about this one.
    Connections {
        target: things

        function onModelAboutToBeReset() {
            rows.currentIndex = -1;
        }
    }
}
