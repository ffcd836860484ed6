// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* Heads of columns; those with a key sort by it. */
Item {
    id: header

    required property Columns columns
    property string sortKey: ""
    property bool descending: false

    signal sort(string key, bool descending)

    implicitHeight: Space.control

    Row {
        x: Space.page
        height: parent.height
        spacing: header.columns.spacing

        Repeater {
            model: header.columns.all

            T.AbstractButton {
                id: head

                required property var modelData
                required property int index
                readonly property bool sorting: (modelData.key ?? "") !== "" && modelData.key === header.sortKey

                objectName: "sort-" + (modelData.key ?? "")
                width: header.columns.widthOf(index)
                height: header.height
                enabled: (modelData.key ?? "") !== ""
                hoverEnabled: true
                focusPolicy: enabled ? Qt.TabFocus : Qt.NoFocus
                Accessible.role: Accessible.ColumnHeader
                Accessible.name: sorting ? (header.descending ? qsTr("%1, sorted downwards", "%1 is the head of a column") : qsTr("%1, sorted upwards", "%1 is the head of a column")).arg(modelData.title) : modelData.title
                Keys.onReturnPressed: click()
                onClicked: header.sort(modelData.key, sorting && !header.descending)

                contentItem: Row {
                    spacing: Space.unit
                    layoutDirection: head.modelData.numeric ? Qt.RightToLeft : Qt.LeftToRight

                    Secondary {
                        text: head.modelData.title
                        width: Math.min(implicitWidth, head.width - (head.sorting ? Space.icon + Space.unit : 0))
                        height: head.height
                        font.weight: Font.Medium
                        color: head.hovered || head.sorting ? Theme.text : Theme.secondaryText
                        Accessible.ignored: true
                    }
                    Icon {
                        name: header.descending ? Icons.moveDown : Icons.moveUp
                        sourceSize: Qt.size(Space.card, Space.card)
                        visible: head.sorting
                        anchors.verticalCenter: parent.verticalCenter
                    }
                }
                background: FocusRing {
                    visible: head.visualFocus
                }
            }
        }
    }
    Separator {
        anchors.bottom: parent.bottom
        width: parent.width
    }
}
