// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* A text field that filters what is below it; Escape clears it. */
TextField {
    id: field

    leadingIcon: Icons.search
    rightPadding: text === "" ? Space.small : Space.control
    Accessible.role: Accessible.EditableText
    Keys.onEscapePressed: event => {
        if (field.text === "")
            event.accepted = false;
        else
            field.clear();
    }

    IconButton {
        icon.name: Icons.clear
        hint: qsTr("Clear the search")
        visible: field.text !== ""
        implicitWidth: Space.row
        implicitHeight: Space.row
        focusPolicy: Qt.NoFocus
        anchors.right: parent.right
        anchors.rightMargin: (Space.control - Space.row) / 2
        anchors.verticalCenter: parent.verticalCenter
        onClicked: field.clear()
    }
}
