// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Theme

/* A sheet from the right edge for one task. Escape or Cancel closes it; `footer` holds its buttons. */
T.Popup {
    id: sheet

    property string title: ""
    property string subtitle: ""
    property int wide: Space.sheet
    property alias footer: buttons.data
    default property alias content: holder.data

    parent: T.Overlay.overlay
    x: parent ? parent.width - width : 0
    width: Math.min(wide, parent ? parent.width : wide)
    height: parent ? parent.height : 0
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape
    T.Overlay.modal: Rectangle {
        color: Theme.shade
    }

    enter: Transition {
        NumberAnimation {
            property: "x"
            from: sheet.parent.width
            to: sheet.parent.width - sheet.width
            duration: Motion.slow
            easing.type: Easing.OutCubic
        }
    }
    exit: Transition {
        NumberAnimation {
            property: "x"
            to: sheet.parent.width
            duration: Motion.quick
        }
    }
    onAboutToShow: x = Qt.binding(() => sheet.parent ? sheet.parent.width - sheet.width : 0)

    background: Rectangle {
        color: Theme.window

        Separator {
            vertical: true
            height: parent.height
        }
    }
    contentItem: ColumnLayout {
        spacing: 0
        Accessible.role: Accessible.Dialog
        Accessible.name: sheet.title

        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.small
            Layout.topMargin: Space.card
            Layout.bottomMargin: Space.card

            ColumnLayout {
                spacing: 0

                Title {
                    text: sheet.title
                    Layout.fillWidth: true
                }
                Secondary {
                    text: sheet.subtitle
                    visible: text !== ""
                    Layout.fillWidth: true
                }
            }
            IconButton {
                icon.name: Icons.close
                hint: qsTr("Close (Esc)")
                Layout.alignment: Qt.AlignTop
                onClicked: sheet.close()
            }
        }
        Separator {
            Layout.fillWidth: true
        }
        ColumnLayout {
            id: holder

            spacing: Space.card
            Layout.fillWidth: true
            Layout.fillHeight: true
        }
        Separator {
            Layout.fillWidth: true
            visible: buttons.children.length > 0
        }
        RowLayout {
            id: buttons

            spacing: Space.small
            visible: children.length > 0
            Layout.fillWidth: true
            Layout.margins: Space.card
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
        }
    }
}
