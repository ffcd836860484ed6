// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Theme

/*
 * A verb. Primary for the one thing a page is for, flat where a frame would be noise, dangerous for
 * what takes something away. Greyed out, it says why in `reason`.
 */
T.Button {
    id: button

    property bool primary: false
    property bool dangerous: false
    property string reason: ""
    property string hint: ""
    readonly property color foreground: {
        if (!button.enabled)
            return Theme.disabledText;
        if (button.primary)
            return Theme.accentText;
        return button.dangerous ? Theme.denied : Theme.text;
    }

    implicitWidth: Math.max(Space.control, implicitContentWidth + leftPadding + rightPadding)
    implicitHeight: Space.control
    leftPadding: text === "" ? 0 : Space.card
    rightPadding: leftPadding
    spacing: Space.small
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    font.family: Fonts.family
    font.pixelSize: Fonts.body
    font.weight: primary ? Font.Medium : Font.Normal
    icon.width: Space.icon
    icon.height: Space.icon
    Accessible.name: text !== "" ? text : hint
    Accessible.description: !enabled && reason !== "" ? reason : hint

    Keys.onReturnPressed: click()
    Keys.onEnterPressed: click()

    contentItem: Item {
        implicitWidth: row.implicitWidth
        implicitHeight: row.implicitHeight

        RowLayout {
            id: row

            anchors.centerIn: parent
            width: Math.min(implicitWidth, parent.width)
            spacing: button.spacing

            Icon {
                name: button.icon.name
                visible: name !== ""
                color: button.foreground
            }
            Body {
                text: button.text
                visible: text !== ""
                font: button.font
                color: button.foreground
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
    }

    background: Rectangle {
        radius: Space.radius
        color: {
            if (button.primary && button.enabled)
                return button.hovered || button.down ? Theme.accentHover : Theme.accent;
            if (button.primary)
                return Theme.pressed;
            if (button.down)
                return Theme.pressed;
            if (button.hovered && button.enabled)
                return Theme.hover;
            return button.checked ? Theme.selection : (button.flat ? "transparent" : Theme.base);
        }
        border.width: button.flat || button.primary ? 0 : Space.hairline
        border.color: Theme.border

        FocusRing {
            visible: button.visualFocus
            anchors.margins: button.primary ? -Space.unit : 0
            radius: button.primary ? Space.radius + Space.unit : Space.radius
        }
    }

    // A disabled item gets no hover events; this one is its sibling in the scene and does.
    HoverHandler {
        id: pointer

        enabled: true
    }
    Tip {
        text: button.enabled ? button.hint : button.reason
        shown: pointer.hovered || button.visualFocus
    }
}
