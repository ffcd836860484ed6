// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Theme

/* One thing that could be meant. Takes its values from Completions. */
T.ItemDelegate {
    id: suggestion

    required property var model
    required property string detail

    objectName: "suggestion-" + text
    text: model.text
    implicitHeight: Space.row
    hoverEnabled: true
    focusPolicy: Qt.NoFocus
    Accessible.name: text

    contentItem: RowLayout {
        spacing: Space.small

        Body {
            text: suggestion.text
            elide: Text.ElideMiddle
            leftPadding: Space.small
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Secondary {
            text: suggestion.detail
            rightPadding: Space.small
            Layout.maximumWidth: suggestion.width / 2
            Accessible.ignored: true
        }
    }
    background: Rectangle {
        radius: Space.smallRadius
        color: suggestion.highlighted || suggestion.hovered ? Theme.selection : "transparent"
    }
}
