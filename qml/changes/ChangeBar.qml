// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What has been changed and not pushed, at the bottom of every page while there is something. */
Rectangle {
    id: bar

    readonly property Draft draft: Session.draft

    signal reviewed

    function push() {
        pushButton.push();
    }

    function newSet() {
        sets.newSet();
    }

    implicitHeight: column.implicitHeight
    color: Theme.base
    Accessible.role: Accessible.ToolBar
    Accessible.name: qsTr("Pending changes")

    ColumnLayout {
        id: column

        width: parent.width
        spacing: 0

        Separator {
            Layout.fillWidth: true
        }
        InlineMessage {
            objectName: "pushError"
            text: bar.draft.error
            action: qsTr("Review")
            Layout.fillWidth: true
            Layout.margins: Space.small
            Layout.bottomMargin: 0
            onActed: bar.reviewed()
        }
        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.preferredHeight: Space.bar
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.card

            ChangeSetMenu {
                id: sets
            }
            StatusIcon {
                meaning: "pending"
            }
            Body {
                objectName: "pendingText"
                text: bar.draft.count > 0 ? qsTr("%n pending changes", "", bar.draft.count) : qsTr("No pending changes")
                font.weight: Font.DemiBold
            }
            Chip {
                visible: bar.draft.conflictCount > 0
                text: qsTr("%n conflicts", "", bar.draft.conflictCount)
                meaning: "denied"
            }
            Secondary {
                text: bar.draft.undoText !== "" ? qsTr("Last: %1", "%1 is a change").arg(bar.draft.undoText) : ""
                Layout.fillWidth: true
                Layout.leftMargin: Space.small
            }
            IconButton {
                objectName: "undo"
                icon.name: Icons.undo
                hint: bar.draft.undoText !== "" ? qsTr("Undo: %1 (Ctrl+Z)", "%1 is a change").arg(bar.draft.undoText) : qsTr("Undo")
                enabled: bar.draft.canUndo && !bar.draft.pushing
                reason: qsTr("There is nothing to undo.")
                onClicked: bar.draft.undo()
            }
            IconButton {
                objectName: "redo"
                icon.name: Icons.redo
                hint: bar.draft.redoText !== "" ? qsTr("Redo: %1 (Ctrl+Shift+Z)", "%1 is a change").arg(bar.draft.redoText) : qsTr("Redo")
                enabled: bar.draft.canRedo && !bar.draft.pushing
                reason: qsTr("There is nothing to redo.")
                onClicked: bar.draft.redo()
            }
            Button {
                objectName: "review"
                text: qsTr("Review")
                onClicked: bar.reviewed()
            }
            PushButton {
                id: pushButton

                objectName: "push"
            }
        }
    }
}
