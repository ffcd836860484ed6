// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Rules
import Castellan.Theme

/* Who can get to whom from friend to friend, as a sentence to fill in, and the answer below it. */
Rectangle {
    id: bar

    required property NetworkModel network
    property alias from: from.text

    signal waysShown(var jids)
    signal closed

    function number(value: int): string {
        return Number(value).toLocaleString(Qt.locale(), "f", 0);
    }
    function answer(): string {
        if (question.unknown !== "")
            return qsTr("%1 is not in the network.", "%1 is a JID").arg(question.unknown);
        if (!question.answered)
            return from.text === "" ? qsTr("Whose reach is it about?") : "";
        const sentences = [];
        if (question.reached === 0)
            sentences.push(qsTr("It reaches nobody."));
        else if (question.rings.length > 1)
            sentences.push(qsTr("It reaches %1 things and they reach it: %2 in one step, %3 within two.", "three numbers").arg(number(question.reached)).arg(number(question.rings[0])).arg(number(question.rings[1])));
        else
            sentences.push(qsTr("It reaches %1 things and they reach it, all in one step.", "a number").arg(number(question.reached)));
        if (contained.text !== "")
            sentences.push(qsTr("Without the containment it would be %1.", "a number").arg(number(question.reachedBefore)));
        if (to.text !== "" && to.text !== from.text)
            sentences.push(question.steps === 0 ? qsTr("No way leads to %1.", "%1 is a JID").arg(to.text) : qsTr("The shortest way to %1 takes %2 steps; %3 things are on such ways.", "%1 is a JID, %2 and %3 are numbers").arg(to.text).arg(question.steps).arg(number(question.onWays)));
        return sentences.join(" ");
    }

    implicitHeight: column.implicitHeight + Space.card * 2
    color: Theme.window

    NetworkQuestion {
        id: question

        network: bar.network
        from: bar.visible ? from.text : ""
        to: to.text
        longer: longer.checked
        without: contained.text === "" ? [] : [contained.text]
    }
    ColumnLayout {
        id: column

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.leftMargin: Space.page
        anchors.rightMargin: Space.small
        spacing: Space.small

        RowLayout {
            spacing: Space.small

            Body {
                text: qsTr("From")
            }
            SuggestField {
                id: from

                objectName: "reachFrom"
                kind: "thing"
                placeholderText: qsTr("a thing")
                Accessible.name: qsTr("From")
                Layout.fillWidth: true
                onEdited: value => text = value
            }
            Body {
                text: qsTr("to")
            }
            SuggestField {
                id: to

                objectName: "reachTo"
                kind: "thing"
                placeholderText: qsTr("anybody")
                Accessible.name: qsTr("To")
                Layout.fillWidth: true
                onEdited: value => text = value
            }
            Body {
                text: qsTr("with")
            }
            SuggestField {
                id: contained

                objectName: "reachWithout"
                kind: "thing"
                placeholderText: qsTr("nobody")
                Accessible.name: qsTr("Contained")
                Layout.fillWidth: true
                onEdited: value => text = value
            }
            Body {
                text: qsTr("contained")
            }
            IconButton {
                objectName: "closeReach"
                icon.name: Icons.close
                hint: qsTr("Close")
                onClicked: bar.closed()
            }
        }
        RowLayout {
            spacing: Space.card

            Body {
                objectName: "reachAnswer"
                text: bar.answer()
                color: question.unknown === "" ? Theme.text : Theme.denied
                wrapMode: Text.Wrap
                elide: Text.ElideNone
                Layout.fillWidth: true
                Layout.minimumHeight: Space.control
                verticalAlignment: Text.AlignVCenter
            }
            CheckBox {
                id: longer

                objectName: "reachLonger"
                text: qsTr("One step more")
                visible: to.text !== "" && question.steps > 0
            }
            Button {
                objectName: "showWays"
                text: qsTr("Show the ways")
                visible: to.text !== "" && question.steps > 0
                enabled: question.ways.length > 0
                onClicked: bar.waysShown(question.ways)
            }
        }
    }
    Separator {
        width: parent.width
        anchors.bottom: parent.bottom
    }
}
