// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* One of several, from a list that opens. */
T.ComboBox {
    id: box

    implicitWidth: 160
    implicitHeight: Space.control
    leftPadding: Space.small
    rightPadding: Space.small * 2 + Space.icon
    font.family: Fonts.family
    font.pixelSize: Fonts.body
    hoverEnabled: true
    Accessible.name: displayText

    contentItem: Body {
        text: box.displayText
        color: box.enabled ? Theme.text : Theme.disabledText
        Accessible.ignored: true
    }
    indicator: Icon {
        name: Icons.collapse
        color: box.enabled ? Theme.secondaryText : Theme.disabledText
        x: box.width - width - Space.small
        y: (box.height - height) / 2
    }
    background: Rectangle {
        radius: Space.radius
        color: box.enabled ? (box.down ? Theme.window : Theme.base) : Theme.window
        border.width: box.visualFocus || box.activeFocus ? Space.focusRing : Space.hairline
        border.color: box.activeFocus ? Theme.accent : (box.hovered && box.enabled ? Theme.strongBorder : Theme.border)
    }
    delegate: T.ItemDelegate {
        id: option

        required property var model
        required property int index

        width: ListView.view.width
        height: Space.control
        text: option.model[box.textRole !== "" ? box.textRole : "modelData"]
        highlighted: box.highlightedIndex === index
        hoverEnabled: true
        contentItem: Body {
            text: option.text
            leftPadding: Space.unit
            font.weight: box.currentIndex === option.index ? Font.DemiBold : Font.Normal
            Accessible.ignored: true
        }
        background: Rectangle {
            radius: Space.smallRadius
            color: option.highlighted ? Theme.selection : "transparent"
        }
    }
    popup: T.Popup {
        y: box.height + Space.unit
        width: box.width
        implicitHeight: Math.min(contentItem.implicitHeight + Space.unit * 2, 320)
        padding: Space.unit
        contentItem: ListView {
            clip: true
            implicitHeight: contentHeight
            model: box.delegateModel
            currentIndex: box.highlightedIndex
            T.ScrollBar.vertical: ScrollBar {}
        }
        background: FloatingSurface {}
    }
}
