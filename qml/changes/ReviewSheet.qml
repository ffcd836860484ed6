// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Every pending change once more before it becomes effective; the place to settle conflicts. */
Sheet {
    id: sheet

    readonly property Draft draft: Session.draft

    function iconOf(type: string): string {
        return type === "friendship" || type === "friendship-rule" ? Icons.friendship : (type === "access-rule" ? Icons.rule : Icons.thing);
    }

    title: qsTr("Review")
    subtitle: qsTr("%n changes to be pushed to %1", "%1 is a server", draft.count).arg(Session.serverJid)

    InlineMessage {
        text: sheet.draft.error
        Layout.fillWidth: true
        Layout.margins: Space.page
        Layout.bottomMargin: 0
    }
    Field {
        label: qsTr("Title (optional)")
        help: qsTr("Tells others in Deliveries what it was for. Without one they read what the first change does.")
        Layout.fillWidth: true
        Layout.margins: Space.page
        Layout.bottomMargin: Space.unit

        TextField {
            id: titleField

            objectName: "pushTitle"
            focus: true
            Layout.fillWidth: true
            Accessible.name: qsTr("Title")
            Keys.onPressed: event => {
                if ((event.modifiers & Qt.ControlModifier) && (event.key === Qt.Key_Return || event.key === Qt.Key_Enter)) {
                    pushButton.push();
                    event.accepted = true;
                }
            }
        }
    }
    Rows {
        id: rows

        objectName: "edits"
        model: sheet.draft
        currentIndex: -1
        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: qsTr("Pending changes")
        Keys.onDeletePressed: {
            if (currentIndex >= 0)
                sheet.draft.discard(currentIndex);
        }

        delegate: Item {
            id: edit

            required property int index
            required property string summary
            required property string verb
            required property string objectType
            required property bool conflicted
            required property string conflictText

            width: rows.width
            implicitHeight: content.implicitHeight + Space.small * 2
            Accessible.role: Accessible.ListItem
            Accessible.name: summary

            RowGround {
                anchors.fill: parent
                current: rows.activeFocus && edit.ListView.isCurrentItem
                focused: rows.activeFocus
                hovered: pointer.hovered
            }
            HoverHandler {
                id: pointer
            }
            TapHandler {
                onTapped: rows.currentIndex = edit.index
            }
            ColumnLayout {
                id: content

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                anchors.leftMargin: Space.page
                anchors.rightMargin: Space.small
                spacing: Space.small

                RowLayout {
                    spacing: Space.small

                    Icon {
                        name: sheet.iconOf(edit.objectType)
                        color: Theme.secondaryText
                        Layout.alignment: Qt.AlignTop
                        Layout.topMargin: Space.small
                    }
                    Body {
                        text: edit.summary
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        Layout.fillWidth: true
                        Accessible.ignored: true
                    }
                    IconButton {
                        objectName: "discard-" + edit.index
                        icon.name: Icons.clear
                        hint: qsTr("Discard this change")
                        enabled: !sheet.draft.pushing
                        onClicked: sheet.draft.discard(edit.index)
                    }
                }
                ColumnLayout {
                    visible: edit.conflicted
                    spacing: Space.small
                    Layout.fillWidth: true
                    Layout.rightMargin: Space.small

                    InlineMessage {
                        text: edit.conflictText
                        Layout.fillWidth: true
                    }
                    RowLayout {
                        spacing: Space.small

                        Button {
                            text: qsTr("Keep mine")
                            hint: qsTr("Push my change over what the server has now")
                            onClicked: sheet.draft.keepMine(edit.index)
                        }
                        Button {
                            text: qsTr("Take theirs")
                            hint: qsTr("Give my change up")
                            onClicked: sheet.draft.takeTheirs(edit.index)
                        }
                    }
                }
            }
            Separator {
                anchors.bottom: parent.bottom
                width: parent.width
            }
        }
    }
    footer: [
        Button {
            text: qsTr("Discard all")
            dangerous: true
            flat: true
            enabled: sheet.draft.count > 0 && !sheet.draft.pushing
            hint: qsTr("Undo brings them back")
            onClicked: sheet.draft.discardAll()
        },
        Item {
            Layout.fillWidth: true
        },
        Button {
            text: qsTr("Close")
            onClicked: sheet.close()
        },
        PushButton {
            id: pushButton

            objectName: "reviewPush"
            title: titleField.text.trim()
        }
    ]
    onClosed: titleField.clear()

    Connections {
        target: sheet.draft

        function onPushed() {
            sheet.close();
        }
    }
}
