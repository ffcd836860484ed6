// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* One line of text to type. */
T.TextField {
    id: field

    property bool wrong: false
    property bool identifier: false
    property string leadingIcon: ""

    implicitWidth: 200
    implicitHeight: Space.control
    leftPadding: leadingIcon === "" ? Space.small : Space.small * 2 + Space.icon
    rightPadding: Space.small
    font.family: identifier ? Fonts.identifierFamily : Fonts.family
    font.pixelSize: identifier ? Fonts.secondary : Fonts.body
    color: enabled ? Theme.text : Theme.disabledText
    placeholderTextColor: Theme.secondaryText
    selectionColor: Theme.accent
    selectedTextColor: Theme.accentText
    selectByMouse: true
    verticalAlignment: TextInput.AlignVCenter
    hoverEnabled: true
    Accessible.name: placeholderText

    background: Rectangle {
        radius: Space.radius
        color: field.enabled ? Theme.base : Theme.window
        border.width: field.activeFocus ? Space.focusRing : Space.hairline
        border.color: {
            if (field.wrong)
                return Theme.denied;
            if (field.activeFocus)
                return Theme.accent;
            return field.hovered && field.enabled ? Theme.strongBorder : Theme.border;
        }

        Icon {
            name: field.leadingIcon
            visible: name !== ""
            color: Theme.secondaryText
            anchors.left: parent.left
            anchors.leftMargin: Space.small
            anchors.verticalCenter: parent.verticalCenter
        }
        Body {
            x: field.leftPadding
            width: field.width - field.leftPadding - field.rightPadding
            height: parent.height
            text: field.placeholderText
            font: field.font
            color: field.placeholderTextColor
            visible: field.length === 0 && field.preeditText === ""
            Accessible.ignored: true
        }
    }
}
