// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Rules
import Castellan.Theme

/* Asks the server what a device would be answered, and why: now, and with the changes that are not pushed yet. */
Page {
    id: page

    readonly property alias inquiry: inquiry
    readonly property bool reads: inquiry.kind === "canRead"
    readonly property bool drafts: inquiry.drafted.result !== ""

    signal ruleOpened(string action, string ruleId)

    function ask() {
        names.finish();
        if (inquiry.problem === "" && page.reachable)
            inquiry.ask();
    }

    readonly property bool reachable: Session.state === Session.Online

    objectName: "askPage"
    title: qsTr("Ask")
    subtitle: qsTr("What a device would be answered, and why")

    Rectangle {
        anchors.fill: parent
        color: Theme.base

        Separator {
            width: parent.width
        }
    }
    RowLayout {
        anchors.fill: parent
        anchors.topMargin: Space.hairline
        spacing: 0

        Flickable {
            id: form

            contentHeight: fields.implicitHeight + Space.page * 2
            boundsBehavior: Flickable.StopAtBounds
            clip: true
            Layout.preferredWidth: Space.inspector
            Layout.fillHeight: true

            ColumnLayout {
                id: fields

                x: Space.page
                y: Space.page
                width: form.width - Space.page * 2
                spacing: Space.card

                Segmented {
                    objectName: "inquiryKind"
                    name: qsTr("Question")
                    current: inquiry.kind
                    options: [
                        {
                            text: qsTr("Read"),
                            value: "canRead"
                        },
                        {
                            text: qsTr("Control"),
                            value: "canControl"
                        },
                        {
                            text: qsTr("Friendship"),
                            value: "isFriend"
                        }
                    ]
                    onChosen: value => {
                        inquiry.names = [];
                        inquiry.kind = value;
                    }
                }
                Field {
                    label: qsTr("Device that asks")
                    help: inquiry.kind === "isFriend" ? qsTr("Somebody wants to be its friend") : qsTr("Its nodes are what somebody wants to read or control")
                    Layout.fillWidth: true

                    SuggestField {
                        objectName: "inquiryAsker"
                        kind: "thing"
                        identifier: true
                        focus: true
                        placeholderText: qsTr("JID")
                        text: inquiry.asker
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Device that asks")
                        onEdited: text => inquiry.asker = text
                        onAccepted: page.ask()
                    }
                }
                Field {
                    label: {
                        switch (inquiry.kind) {
                        case "isFriend":
                            return qsTr("Who wants to be its friend");
                        case "canControl":
                            return qsTr("Who wants to control");
                        default:
                            return qsTr("Who wants to read");
                        }
                    }
                    Layout.fillWidth: true

                    SuggestField {
                        objectName: "inquiryJid"
                        kind: "thing"
                        identifier: true
                        placeholderText: qsTr("JID")
                        text: inquiry.jid
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Who wants it")
                        onEdited: text => inquiry.jid = text
                        onAccepted: page.ask()
                    }
                }
                Field {
                    label: qsTr("Node (optional)")
                    help: inquiry.nodeId === "" ? qsTr("Empty: all of its nodes, or the device itself") : ""
                    visible: inquiry.kind !== "isFriend"
                    Layout.fillWidth: true

                    SuggestField {
                        objectName: "inquiryNode"
                        kind: "node"
                        of: inquiry.asker
                        identifier: true
                        placeholderText: qsTr("Node id")
                        text: inquiry.nodeId
                        Layout.fillWidth: true
                        onEdited: text => inquiry.nodeId = text
                        onAccepted: page.ask()
                    }
                }
                Field {
                    label: page.reads ? qsTr("Fields") : qsTr("Parameters")
                    help: inquiry.names.length === 0 ? (page.reads ? qsTr("Empty: all fields") : qsTr("Empty: all parameters")) : ""
                    visible: inquiry.kind !== "isFriend"
                    Layout.fillWidth: true

                    NamesField {
                        id: names

                        input.objectName: "inquiryNames"
                        kind: page.reads ? "field" : "parameter"
                        of: inquiry.asker
                        placeholderText: page.reads ? qsTr("Add a field") : qsTr("Add a parameter")
                        values: inquiry.names
                        Layout.fillWidth: true
                        onEdited: values => inquiry.names = values
                    }
                }
                Field {
                    label: qsTr("Field types")
                    visible: page.reads
                    Layout.fillWidth: true

                    TypesField {
                        values: inquiry.types
                        columns: 2
                        Layout.fillWidth: true
                        onEdited: values => inquiry.types = values
                    }
                }
                Button {
                    objectName: "askNow"
                    text: qsTr("Ask the server")
                    primary: true
                    enabled: inquiry.problem === "" && page.reachable
                    reason: page.reachable ? inquiry.problem : qsTr("Only the server can answer, and it is not connected.")
                    Layout.fillWidth: true
                    onClicked: page.ask()
                }
                Secondary {
                    text: page.reachable ? "" : qsTr("Only the server can answer, and it is not connected.")
                    visible: text !== ""
                    wrapMode: Text.Wrap
                    elide: Text.ElideNone
                    Layout.fillWidth: true
                }
            }
        }
        Separator {
            vertical: true
            Layout.fillHeight: true
        }
        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true

            EmptyState {
                anchors.fill: parent
                visible: inquiry.committed.result === ""
                icon: Icons.ask
                title: qsTr("Ask before a device does")
                text: qsTr("The server says what it would answer and which rule decides. With changes that are not pushed yet, it also says what they would make of the answer.")
            }
            RowLayout {
                anchors.fill: parent
                visible: inquiry.committed.result !== ""
                spacing: 0

                AnswerView {
                    objectName: "committedAnswer"
                    heading: qsTr("Now")
                    answer: inquiry.committed
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 1
                    onRuleOpened: ruleId => page.ruleOpened(page.reads ? "read" : "control", ruleId)
                }
                Separator {
                    vertical: true
                    visible: page.drafts
                    Layout.fillHeight: true
                }
                AnswerView {
                    objectName: "draftedAnswer"
                    heading: Session.draft.name === "" ? qsTr("With your changes") : qsTr("With “%1”", "%1 is the name of a change set").arg(Session.draft.name)
                    answer: inquiry.drafted
                    visible: page.drafts
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 1
                    onRuleOpened: ruleId => page.ruleOpened(page.reads ? "read" : "control", ruleId)
                }
            }
        }
    }
    Inquiry {
        id: inquiry
    }
}
