// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* One answer: what it is, and for each part of it why. */
FocusScope {
    id: view

    property string heading: ""
    property answerInfo answer
    readonly property string meaning: {
        switch (view.answer.result) {
        case "asking":
            return "pending";
        case "failed":
            return "offline";
        default:
            return view.answer.result;
        }
    }

    signal ruleOpened(string ruleId)

    Accessible.role: Accessible.Grouping
    Accessible.name: heading + ": " + answer.text

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        ColumnLayout {
            spacing: Space.unit
            Layout.fillWidth: true
            Layout.margins: Space.page
            Layout.bottomMargin: Space.card

            RowLayout {
                spacing: Space.small
                Layout.fillWidth: true

                Secondary {
                    text: view.heading
                    Layout.fillWidth: true
                }
                Secondary {
                    text: qsTr("Revision %1", "%1 is a number").arg(view.answer.revision)
                    visible: view.answer.revision > 0
                }
            }
            RowLayout {
                spacing: Space.small
                Layout.fillWidth: true

                StatusIcon {
                    meaning: view.meaning
                    sourceSize: Qt.size(Space.largeIcon, Space.largeIcon)
                }
                Heading {
                    objectName: "answerText"
                    text: view.answer.result === "asking" ? qsTr("The server is being asked …") : (view.answer.result === "failed" ? qsTr("No answer") : view.answer.text)
                    Layout.fillWidth: true
                }
            }
        }
        InlineMessage {
            objectName: "answerProblem"
            text: view.answer.result === "failed" ? view.answer.text : ""
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
        }
        Separator {
            Layout.fillWidth: true
        }
        ListView {
            id: list

            objectName: "verdicts"
            clip: true
            focus: true
            activeFocusOnTab: true
            boundsBehavior: Flickable.StopAtBounds
            keyNavigationEnabled: true
            currentIndex: -1
            model: view.answer.verdicts
            Layout.fillWidth: true
            Layout.fillHeight: true
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Reasons")
            onActiveFocusChanged: {
                if (activeFocus && currentIndex < 0 && count > 0)
                    currentIndex = 0;
            }
            Keys.onReturnPressed: {
                const row = list.currentItem as VerdictRow;
                if (row)
                    row.unfolded = !row.unfolded;
            }
            T.ScrollBar.vertical: ScrollBar {}

            delegate: VerdictRow {
                width: list.width
                highlighted: ListView.isCurrentItem && list.activeFocus
                unfolded: list.count === 1
                onChosen: list.currentIndex = index
                onRuleOpened: ruleId => view.ruleOpened(ruleId)
            }
            footer: Secondary {
                width: list.width
                height: visible ? implicitHeight + Space.page : 0
                leftPadding: Space.page
                text: qsTr("… and %1 more combinations of node, name and type", "%1 is a number").arg(view.answer.unlisted)
                visible: view.answer.unlisted > 0
            }
        }
    }
}
