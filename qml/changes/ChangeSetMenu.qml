// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The change set that is worked on, and the way to the others. */
Button {
    id: button

    readonly property Draft draft: Session.draft

    function nameOf(name: string): string {
        return name !== "" ? name : qsTr("Changes", "the change set that is there before anybody makes one");
    }

    function newSet() {
        editor.setId = 0;
        editor.open();
    }

    objectName: "changeSets"
    text: nameOf(draft.name)
    hint: qsTr("Change sets (Ctrl+Shift+N makes another)")
    icon.name: Icons.changeSet
    Layout.maximumWidth: Space.sidebar
    onClicked: menu.open()

    Menu {
        id: menu

        y: -height - Space.unit

        Instantiator {
            model: button.draft.sets
            onObjectAdded: (index, item) => menu.insertItem(index, item as MenuItem)
            onObjectRemoved: (index, item) => menu.removeItem(item as MenuItem)

            MenuItem {
                required property changeSetInfo modelData

                objectName: "set-" + modelData.name
                text: qsTr("%1 (%n)", "%1 is the name of a change set, %n counts its changes", modelData.count).arg(button.nameOf(modelData.name))
                checkable: true
                checked: modelData.id === button.draft.current
                onTriggered: button.draft.switchTo(modelData.id)
            }
        }
        MenuSeparator {}
        MenuItem {
            objectName: "newSet"
            text: qsTr("New change set …")
            icon.name: Icons.add
            onTriggered: button.newSet()
        }
        MenuItem {
            objectName: "renameSet"
            text: qsTr("Rename …")
            icon.name: Icons.rename
            onTriggered: {
                editor.setId = button.draft.current;
                editor.open();
            }
        }
        MenuItem {
            objectName: "removeSet"
            text: button.draft.count > 0 ? qsTr("Delete with %n changes", "", button.draft.count) : qsTr("Delete")
            icon.name: Icons.remove
            enabled: !button.draft.pushing && (button.draft.count > 0 || button.draft.sets.length > 1)
            onTriggered: button.draft.removeSet(button.draft.current)
        }
        MenuItem {
            objectName: "restoreSet"
            text: qsTr("Bring the deleted one back")
            icon.name: Icons.undo
            enabled: button.draft.canRestoreSet
            onTriggered: button.draft.restoreSet()
        }
    }
    Sheet {
        id: editor

        /// 0: a new one
        property double setId: 0

        function save() {
            const name = nameField.text.trim();
            if (name === "")
                return;
            if (editor.setId === 0)
                button.draft.createSet(name);
            else
                button.draft.renameSet(editor.setId, name);
            editor.close();
        }

        title: setId === 0 ? qsTr("New change set") : qsTr("Rename change set")
        subtitle: qsTr("Changes that belong together are pushed together.")
        onAboutToShow: nameField.text = setId === 0 ? "" : button.draft.name

        Field {
            label: qsTr("Name")
            help: qsTr("It is the title of the push, unless you write another.")
            Layout.fillWidth: true
            Layout.margins: Space.page

            TextField {
                id: nameField

                objectName: "setName"
                focus: true
                Layout.fillWidth: true
                Accessible.name: qsTr("Name")
                onAccepted: editor.save()
            }
        }
        Item {
            Layout.fillHeight: true
        }
        footer: [
            Item {
                Layout.fillWidth: true
            },
            Button {
                text: qsTr("Cancel")
                onClicked: editor.close()
            },
            Button {
                objectName: "saveSet"
                text: editor.setId === 0 ? qsTr("Create") : qsTr("Rename")
                primary: true
                enabled: nameField.text.trim() !== ""
                reason: qsTr("Give it a name.")
                onClicked: editor.save()
            }
        ]
    }
}
