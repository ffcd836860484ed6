// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Theme

/* A number that leads to its page. */
T.AbstractButton {
    id: figure

    property string label: ""
    property string figureText: ""
    property string detail: ""
    property string meaning: ""

    implicitHeight: 116
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.name: qsTr("%1: %2", "%1 is a label, %2 a number").arg(label).arg(figureText)
    Accessible.description: detail
    Keys.onReturnPressed: click()

    contentItem: ColumnLayout {
        spacing: 0

        RowLayout {
            spacing: Space.small
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.topMargin: Space.card

            Icon {
                name: figure.icon.name
                color: Theme.secondaryText
            }
            Body {
                text: figure.label
                color: Theme.secondaryText
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        Body {
            text: figure.figureText
            font.pixelSize: Fonts.figure
            font.weight: Font.DemiBold
            lineHeight: Fonts.figure + Space.small
            Layout.leftMargin: Space.page
            Accessible.ignored: true
        }
        RowLayout {
            spacing: Space.unit
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.card

            StatusIcon {
                meaning: figure.meaning
                visible: figure.meaning !== ""
                sourceSize: Qt.size(Space.card, Space.card)
            }
            Secondary {
                text: figure.detail
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
    }
    background: Rectangle {
        radius: Space.radius
        color: Theme.base
        border.width: Space.hairline
        border.color: figure.hovered ? Theme.strongBorder : Theme.border

        FocusRing {
            visible: figure.visualFocus
        }
    }
}
