// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What an object was, what I make of it and what somebody else has made of it, member by member. */
ColumnLayout {
    id: view

    required property string text
    required property list<conflictMember> members
    required property bool mergeable
    property bool locked: false

    signal mineKept
    signal theirsTaken
    signal bothKept

    component Cell: Rectangle {
        id: cell

        required property string value
        property bool changed: false
        property bool clashes: false

        color: changed ? Theme.tint(clashes ? Theme.denied : Theme.pending) : "transparent"
        radius: Space.smallRadius
        implicitHeight: said.implicitHeight + Space.unit
        Layout.fillWidth: true
        Layout.preferredWidth: 1 // all the same
        Layout.fillHeight: true

        Body {
            id: said

            anchors.fill: parent
            anchors.leftMargin: Space.unit
            anchors.rightMargin: Space.unit
            text: cell.value
            font.weight: cell.changed ? Font.DemiBold : Font.Normal
            wrapMode: Text.Wrap
            maximumLineCount: 4
        }
    }

    spacing: Space.small

    InlineMessage {
        text: view.text
        Layout.fillWidth: true
    }
    Rectangle {
        visible: view.members.length > 0
        radius: Space.radius
        color: Theme.base
        border.width: Space.hairline
        border.color: Theme.border
        implicitHeight: table.implicitHeight + Space.card * 2
        Layout.fillWidth: true

        ColumnLayout {
            id: table

            anchors.fill: parent
            anchors.margins: Space.card
            spacing: Space.unit

            RowLayout {
                spacing: Space.small

                Repeater {
                    model: ["", qsTr("Before"), qsTr("Mine"), qsTr("Theirs")]

                    Secondary {
                        required property string modelData

                        text: modelData
                        leftPadding: Space.unit
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                    }
                }
            }
            Repeater {
                model: view.members

                RowLayout {
                    id: member

                    required property conflictMember modelData
                    readonly property bool clashes: modelData.mineChanged && modelData.theirsChanged && modelData.mine !== modelData.theirs

                    spacing: Space.small
                    Accessible.role: Accessible.Row
                    Accessible.name: qsTr("%1: before %2, mine %3, theirs %4", "%1 is a member of an object").arg(modelData.label).arg(modelData.base).arg(modelData.mine).arg(modelData.theirs)

                    Secondary {
                        text: member.modelData.label
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        leftPadding: Space.unit
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        Accessible.ignored: true
                    }
                    Cell {
                        value: member.modelData.base
                    }
                    Cell {
                        value: member.modelData.mine
                        changed: member.modelData.mineChanged
                        clashes: member.clashes
                    }
                    Cell {
                        value: member.modelData.theirs
                        changed: member.modelData.theirsChanged
                        clashes: member.clashes
                    }
                }
            }
        }
    }
    RowLayout {
        spacing: Space.small

        Button {
            objectName: "keepBoth"
            text: qsTr("Keep both")
            hint: qsTr("My members and theirs do not touch: push mine and leave theirs")
            primary: true
            visible: view.mergeable
            enabled: !view.locked
            onClicked: view.bothKept()
        }
        Button {
            objectName: "keepMine"
            text: qsTr("Keep mine")
            hint: qsTr("Push my change over what the server has now")
            enabled: !view.locked
            onClicked: view.mineKept()
        }
        Button {
            objectName: "takeTheirs"
            text: qsTr("Take theirs")
            hint: qsTr("Give my change up")
            enabled: !view.locked
            onClicked: view.theirsTaken()
        }
    }
}
