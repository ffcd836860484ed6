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
    /// The rows that are ticked, by "type id".
    property var ticked: ({})
    readonly property list<int> tickedRows: {
        const rows = [];
        for (let row = 0; row < draft.count; ++row) {
            if (ticked[keyOf(row)])
                rows.push(row);
        }
        return rows;
    }

    function keyOf(row: int): string {
        const index = draft.index(row, 0);
        return draft.data(index, Draft.ObjectTypeRole) + " " + draft.data(index, Draft.ObjectIdRole);
    }

    function tick(row: int) {
        const next = Object.assign({}, ticked);
        const key = keyOf(row);
        if (next[key])
            delete next[key];
        else
            next[key] = true;
        ticked = next;
    }

    function iconOf(type: string): string {
        switch (type) {
        case "friendship":
        case "friendship-rule":
            return Icons.friendship;
        case "access-rule":
            return Icons.rule;
        case "service":
        case "privilege":
        case "privilege-list":
            return Icons.service;
        case "user":
        case "role-grant":
            return Icons.user;
        case "certificate":
            return Icons.certificate;
        case "containment":
            return Icons.contained;
        default:
            return Icons.thing;
        }
    }

    title: draft.name !== "" ? qsTr("Review %1", "%1 is the name of a change set").arg(draft.name) : qsTr("Review")
    subtitle: qsTr("%n changes to be pushed to %1", "%1 is a server", draft.count).arg(Session.title)
    wide: Space.wideSheet
    onAboutToShow: {
        ticked = {};
        tabs.current = "changes";
    }

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
    RowLayout {
        spacing: Space.small
        visible: Session.longestConfirmation > 0
        Layout.fillWidth: true
        Layout.leftMargin: Space.page
        Layout.rightMargin: Space.page
        Layout.bottomMargin: Space.unit

        CheckBox {
            id: confirming

            objectName: "confirming"
            text: qsTr("Undo it by itself unless somebody confirms it within")
            enabled: !sheet.draft.pushing
        }
        ComboBox {
            id: minutes

            readonly property list<int> values: [1, 2, 5, 10, 30, 60].filter(value => value * 60 <= Session.longestConfirmation)

            objectName: "confirmMinutes"
            model: values.map(value => qsTr("%n minutes", "", value))
            currentIndex: Math.min(2, values.length - 1)
            enabled: confirming.checked && !sheet.draft.pushing
            Accessible.name: qsTr("Time to confirm")
        }
        Item {
            Layout.fillWidth: true
        }
    }
    Segmented {
        id: tabs

        objectName: "reviewTabs"
        name: qsTr("What to look at")
        current: "changes"
        options: [
            {
                text: qsTr("Changes"),
                value: "changes"
            },
            {
                text: qsTr("What they do"),
                value: "effects"
            }
        ]
        Layout.leftMargin: Space.page
        Layout.topMargin: Space.small
        Layout.bottomMargin: Space.small
        onChosen: value => current = value
    }
    EffectsView {
        active: sheet.visible && tabs.current === "effects"
        visible: tabs.current === "effects"
        Layout.fillWidth: true
        Layout.fillHeight: true
    }
    Rows {
        id: rows

        visible: tabs.current === "changes"
        objectName: "edits"
        model: sheet.draft
        currentIndex: -1
        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: qsTr("Pending changes")
        Keys.onSpacePressed: {
            if (currentIndex >= 0)
                sheet.tick(currentIndex);
        }
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
            required property string objectId
            required property bool conflicted
            required property string conflictText
            required property list<conflictMember> conflictMembers
            required property bool mergeable

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

                    CheckBox {
                        objectName: "tick-" + edit.index
                        checked: sheet.ticked[edit.objectType + " " + edit.objectId] === true
                        enabled: !sheet.draft.pushing
                        Layout.alignment: Qt.AlignTop
                        Layout.topMargin: Space.unit / 2
                        Accessible.name: qsTr("Select: %1", "%1 is a change").arg(edit.summary)
                        onToggled: sheet.tick(edit.index)
                    }
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
                ConflictView {
                    visible: edit.conflicted
                    text: edit.conflictText
                    members: edit.conflictMembers
                    mergeable: edit.mergeable
                    locked: sheet.draft.pushing
                    Layout.fillWidth: true
                    Layout.rightMargin: Space.small
                    onMineKept: sheet.draft.keepMine(edit.index)
                    onTheirsTaken: sheet.draft.takeTheirs(edit.index)
                    onBothKept: sheet.draft.keepBoth(edit.index)
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
            objectName: "discardTicked"
            text: sheet.tickedRows.length > 0 ? qsTr("Discard %n", "changes", sheet.tickedRows.length) : qsTr("Discard all")
            dangerous: true
            flat: true
            enabled: sheet.draft.count > 0 && !sheet.draft.pushing
            hint: qsTr("Undo brings them back")
            onClicked: {
                if (sheet.tickedRows.length > 0)
                    sheet.draft.discardRows(sheet.tickedRows);
                else
                    sheet.draft.discardAll();
                titleField.forceActiveFocus();
            }
        },
        Button {
            id: moveButton

            objectName: "moveTicked"
            text: qsTr("Move to …")
            flat: true
            visible: sheet.draft.sets.length > 1
            enabled: sheet.tickedRows.length > 0 && !sheet.draft.pushing
            reason: qsTr("Select the changes to move.")
            hint: qsTr("Into another change set")
            onClicked: moveMenu.open()

            Menu {
                id: moveMenu

                y: -height - Space.unit

                Instantiator {
                    model: sheet.draft.sets.filter(set => set.id !== sheet.draft.current && !set.pushing)
                    onObjectAdded: (index, item) => moveMenu.insertItem(index, item as MenuItem)
                    onObjectRemoved: (index, item) => moveMenu.removeItem(item as MenuItem)

                    MenuItem {
                        required property changeSetInfo modelData

                        objectName: "moveTo-" + modelData.name
                        text: modelData.name !== "" ? modelData.name : qsTr("Changes", "the change set that is there before anybody makes one")
                        icon.name: Icons.changeSet
                        onTriggered: {
                            sheet.draft.moveToSet(sheet.tickedRows, modelData.id);
                            titleField.forceActiveFocus(); // what was ticked is gone
                        }
                    }
                }
            }
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
            confirmWithin: confirming.checked ? minutes.values[minutes.currentIndex] * 60 : 0
        }
    ]
    onClosed: {
        titleField.clear();
        confirming.checked = false;
    }

    Connections {
        target: sheet.draft

        function onPushed() {
            sheet.close();
        }
    }
}
