// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* What a place of the shell shows: a title, tools beside it, the content below. */
FocusScope {
    id: page

    property string title: ""
    property string subtitle: ""
    property alias tools: tools.data
    property alias inspector: side.data
    property bool inspecting: false
    default property alias content: holder.data

    RowLayout {
        anchors.fill: parent
        spacing: 0

        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true
            Layout.fillHeight: true

            RowLayout {
                spacing: Space.small
                Layout.fillWidth: true
                Layout.preferredHeight: Space.bar + Space.small
                Layout.leftMargin: Space.page
                Layout.rightMargin: Space.page

                Title {
                    text: page.title
                }
                Secondary {
                    text: page.subtitle
                    Layout.fillWidth: true
                    Layout.leftMargin: Space.small
                    Layout.topMargin: Space.unit
                }
                RowLayout {
                    id: tools

                    spacing: Space.small
                }
            }
            Item {
                id: holder

                Layout.fillWidth: true
                Layout.fillHeight: true
            }
        }
        Separator {
            vertical: true
            visible: page.inspecting
            Layout.fillHeight: true
        }
        Item {
            id: side

            visible: page.inspecting
            Layout.preferredWidth: Space.inspector
            Layout.fillHeight: true
        }
    }
}
