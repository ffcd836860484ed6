// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The server's audit log: who did what, when, why, and what came of it; and whether anybody has tampered with it. */
Page {
    id: page

    readonly property bool filtered: history.by !== "" || history.operation !== "" || history.hours > 0

    objectName: "historyPage"
    title: qsTr("History")
    subtitle: history.found < 0 ? "" : page.filtered ? qsTr("%n entries found", "", history.found) : qsTr("%n entries, newest first", "", history.found)
    inspecting: rows.currentIndex >= 0
    Keys.onEscapePressed: rows.currentIndex = -1
    tools: Button {
        objectName: "verifyHistory"
        text: history.verification === HistoryModel.Verifying ? qsTr("Verifying …") : qsTr("Verify the log")
        icon.name: Icons.certificate
        enabled: Session.state === Session.Online && history.verification !== HistoryModel.Verifying
        hint: qsTr("The server walks the chain of hashes from the first entry to the last")
        reason: Session.state === Session.Online ? qsTr("It is being verified.") : qsTr("There is no connection to the server.")
        onClicked: history.verify()
    }

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
                id: who

                objectName: "historyBy"
                placeholderText: qsTr("Who: a JID")
                identifier: text !== ""
                Layout.fillWidth: true
                onTextChanged: settle.restart()
            }
            ComboBox {
                id: operation

                objectName: "historyOperation"
                textRole: "text"
                valueRole: "value"
                Accessible.name: qsTr("What was done: %1", "%1 is a choice").arg(displayText)
                model: [
                    {
                        value: "",
                        text: qsTr("Any action")
                    },
                    {
                        value: "put",
                        text: qsTr("Added or changed")
                    },
                    {
                        value: "remove",
                        text: qsTr("Removed")
                    },
                    {
                        value: "move",
                        text: qsTr("Moved")
                    },
                    {
                        value: "import",
                        text: qsTr("Imported")
                    },
                    {
                        value: "confirm",
                        text: qsTr("Confirmed")
                    },
                    {
                        value: "apply",
                        text: qsTr("Pushes refused")
                    },
                    {
                        value: "clear-cache",
                        text: qsTr("Caches cleared")
                    }
                ]
                onActivated: history.operation = currentValue
            }
            ComboBox {
                id: period

                objectName: "historyPeriod"
                textRole: "text"
                valueRole: "value"
                Accessible.name: qsTr("When: %1", "%1 is a choice").arg(displayText)
                model: [
                    {
                        value: 0,
                        text: qsTr("Whenever")
                    },
                    {
                        value: 1,
                        text: qsTr("Last hour")
                    },
                    {
                        value: 24,
                        text: qsTr("Last day")
                    },
                    {
                        value: 24 * 7,
                        text: qsTr("Last week")
                    }
                ]
                onActivated: history.hours = currentValue
            }
        }
        InlineMessage {
            objectName: "historyVerified"
            meaning: history.verification === HistoryModel.Intact ? "allowed" : "denied"
            text: {
                switch (history.verification) {
                case HistoryModel.Intact:
                    return qsTr("%1. SHA-256 of the last one: %2. Written down elsewhere, it shows later what was there today.", "%1 is a sentence, %2 a hash").arg(history.verified).arg(history.head);
                case HistoryModel.Broken:
                    return qsTr("%1. Compare with a backup, and with whoever can write to the database.", "%1 is a sentence").arg(history.verified);
                case HistoryModel.Failed:
                    return qsTr("The log could not be verified: %1", "%1 is an error message").arg(history.verified);
                default:
                    return "";
                }
            }
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.small
        }
        InlineMessage {
            objectName: "historyError"
            text: history.error === "" ? "" : qsTr("The history cannot be read: %1. It is the server's and is not copied.", "%1 is an error message").arg(history.error)
            action: qsTr("Try again")
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.small
            onActed: history.refresh()
        }
        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true

            Rows {
                id: rows

                objectName: "history"
                anchors.fill: parent
                model: history
                currentIndex: -1
                reuseItems: false
                Accessible.name: qsTr("History, newest first")

                delegate: HistoryRow {
                    width: rows.width
                    focusedList: rows.activeFocus
                    onChosen: {
                        rows.currentIndex = index;
                        rows.forceActiveFocus();
                    }
                }
            }
            EmptyState {
                anchors.fill: parent
                visible: history.count === 0 && !history.loading && history.error === ""
                icon: Icons.history
                title: page.filtered ? qsTr("No entry fits") : qsTr("Nothing has happened yet")
                text: page.filtered ? qsTr("Nobody like that did anything like that in that time. A JID has to be written whole, without a resource.") : qsTr("Every change, every refused attempt and every delivery will be listed here.")
                action: page.filtered ? qsTr("Show everything") : ""
                onActed: {
                    who.clear();
                    history.by = "";
                    operation.currentIndex = 0;
                    history.operation = "";
                    period.currentIndex = 0;
                    history.hours = 0;
                }
            }
        }
    }
    inspector: Loader {
        anchors.fill: parent
        active: rows.currentItem !== null
        sourceComponent: HistoryEntry {
            entry: rows.currentItem as HistoryRow
            onClosed: rows.currentIndex = -1
        }
    }

    Timer {
        id: settle

        interval: 300
        onTriggered: history.by = who.text
    }
    HistoryModel {
        id: history

        onModelReset: rows.currentIndex = -1
    }
}
