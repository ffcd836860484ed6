// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* One rule as a sentence: effect, who, what, which names. Takes its values from AccessRulesModel. */
Item {
    id: row

    required property int index
    required property string ruleId
    required property int position
    required property string effect
    required property string subjectText
    required property string targetText
    required property string nodeText
    required property var names
    required property string typesText
    required property string validityText
    required property string comment
    required property string draftState
    property string action: "read"
    property string reason: ""
    property bool current: false
    property bool focusedList: false
    property bool editable: false
    property bool movable: false
    property bool last: false
    readonly property bool gone: draftState === "removed"
    readonly property string details: [nodeText, typesText, validityText, comment].filter(part => part !== "").join(" · ")

    signal chosen
    signal edited
    signal removed
    signal movedUp
    signal movedDown
    /// \a y: of the pointer, in this item's coordinates.
    signal dragged(real y)
    signal dropped

    function draftWord(state: string): string {
        switch (state) {
        case "added":
            return qsTr("new");
        case "removed":
            return qsTr("to be removed");
        case "moved":
            return qsTr("moved");
        case "changed":
            return qsTr("changed");
        default:
            return "";
        }
    }

    objectName: "rule-" + ruleId
    height: Space.huge + Space.small
    opacity: handle.pressed ? 0.6 : 1
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("Rule %1: %2 %3 on %4", "%1 is a number, %2 allow or deny, %3 who, %4 what").arg(position).arg(effect === "allow" ? qsTr("allow") : qsTr("deny")).arg(subjectText).arg(targetText)
    Accessible.description: [names.join(", "), details, draftWord(draftState)].filter(part => part !== "").join(", ")
    Accessible.selected: current

    RowGround {
        anchors.fill: parent
        current: row.current
        focused: row.focusedList
        hovered: pointer.hovered
    }
    HoverHandler {
        id: pointer
    }
    TapHandler {
        onTapped: row.chosen()
        onDoubleTapped: row.edited()
    }
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Space.small
        anchors.rightMargin: Space.small
        spacing: Space.small

        Item {
            implicitWidth: Space.large
            implicitHeight: parent.height
            opacity: row.movable ? 1 : 0

            Icon {
                anchors.centerIn: parent
                name: Icons.handle
                color: pointer.hovered ? Theme.secondaryText : Theme.disabledText
            }
            // Unlike a handler, it keeps the list from taking the drag for a flick.
            MouseArea {
                id: handle

                anchors.fill: parent
                enabled: row.movable
                preventStealing: true
                cursorShape: pressed ? Qt.ClosedHandCursor : Qt.OpenHandCursor
                onPressed: row.chosen()
                onPositionChanged: event => row.dragged(event.y)
                onReleased: row.dropped()
            }
        }
        Secondary {
            text: row.position
            font.features: Fonts.tabular
            horizontalAlignment: Text.AlignRight
            Layout.minimumWidth: Space.large
        }
        Chip {
            text: row.effect === "allow" ? qsTr("Allow") : qsTr("Deny")
            meaning: row.effect === "allow" ? "allowed" : "denied"
            opacity: row.gone ? 0.5 : 1
            Layout.preferredWidth: 72
        }
        ColumnLayout {
            spacing: 0
            opacity: row.gone ? 0.6 : 1
            Layout.fillWidth: true
            Layout.leftMargin: Space.unit

            RowLayout {
                spacing: Space.small

                Body {
                    text: row.subjectText
                    elide: Text.ElideMiddle
                    font.weight: Font.Medium
                    font.strikeout: row.gone
                    Layout.maximumWidth: implicitWidth + 1
                    Layout.fillWidth: true
                }
                Secondary {
                    text: row.action === "control" ? qsTr("may control") : qsTr("may read")
                    visible: row.effect === "allow"
                }
                Secondary {
                    text: row.action === "control" ? qsTr("may not control") : qsTr("may not read")
                    visible: row.effect !== "allow"
                }
                Body {
                    text: row.targetText
                    elide: Text.ElideMiddle
                    font.weight: Font.Medium
                    font.strikeout: row.gone
                    Layout.fillWidth: true
                }
            }
            Secondary {
                text: row.details
                visible: text !== ""
                Layout.fillWidth: true
            }
        }
        Row {
            spacing: Space.unit
            opacity: row.gone ? 0.6 : 1

            Repeater {
                model: row.names.slice(0, 3)

                Chip {
                    required property string modelData

                    text: modelData
                    width: Math.min(implicitWidth, 120)
                }
            }
            Chip {
                text: row.names.length > 3 ? qsTr("+%1", "so many more").arg(row.names.length - 3) : (row.action === "control" ? qsTr("all parameters") : qsTr("all fields"))
                visible: row.names.length === 0 || row.names.length > 3
            }
        }
        Chip {
            text: row.draftWord(row.draftState)
            meaning: "pending"
            visible: row.draftState !== ""
        }
        // Room is kept for them, so that nothing moves under the pointer.
        Row {
            opacity: pointer.hovered || row.current ? 1 : 0
            Layout.minimumWidth: Space.row * 4

            IconButton {
                objectName: "up-" + row.ruleId
                implicitWidth: Space.row
                implicitHeight: Space.row
                icon.name: Icons.moveUp
                hint: qsTr("Move up (Alt+↑)")
                enabled: row.movable && row.index > 0
                reason: row.movable ? qsTr("It is the first already.") : row.reason
                focusPolicy: Qt.NoFocus
                onClicked: {
                    row.chosen();
                    row.movedUp();
                }
            }
            IconButton {
                objectName: "down-" + row.ruleId
                implicitWidth: Space.row
                implicitHeight: Space.row
                icon.name: Icons.moveDown
                hint: qsTr("Move down (Alt+↓)")
                enabled: row.movable && !row.last
                reason: row.movable ? qsTr("It is the last already.") : row.reason
                focusPolicy: Qt.NoFocus
                onClicked: {
                    row.chosen();
                    row.movedDown();
                }
            }
            IconButton {
                objectName: "edit-" + row.ruleId
                implicitWidth: Space.row
                implicitHeight: Space.row
                icon.name: Icons.edit
                hint: qsTr("Edit (Return)")
                enabled: row.editable && !row.gone
                reason: row.gone ? qsTr("It is to be removed.") : row.reason
                focusPolicy: Qt.NoFocus
                onClicked: row.edited()
            }
            IconButton {
                objectName: "remove-" + row.ruleId
                implicitWidth: Space.row
                implicitHeight: Space.row
                icon.name: Icons.remove
                hint: qsTr("Remove (Del)")
                enabled: row.editable && !row.gone
                reason: row.gone ? qsTr("It is to be removed.") : row.reason
                focusPolicy: Qt.NoFocus
                onClicked: {
                    row.chosen();
                    row.removed();
                }
            }
        }
    }
    Separator {
        anchors.bottom: parent.bottom
        width: parent.width
    }
}
