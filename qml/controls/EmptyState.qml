// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* Why there is nothing here, and the next step. */
Item {
    id: empty

    property string icon: ""
    property string title: ""
    property string text: ""
    property string action: ""

    signal acted

    implicitWidth: Space.form
    implicitHeight: column.implicitHeight + Space.large * 2

    ColumnLayout {
        id: column

        anchors.centerIn: parent
        width: Math.min(parent.width - Space.page * 2, Space.form)
        spacing: Space.small

        Icon {
            name: empty.icon
            sourceSize: Qt.size(Space.large + Space.small, Space.large + Space.small)
            color: Theme.disabledText
            Layout.alignment: Qt.AlignHCenter
        }
        Heading {
            text: empty.title
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            elide: Text.ElideNone
            Layout.fillWidth: true
        }
        Body {
            text: empty.text
            visible: text !== ""
            color: Theme.secondaryText
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            elide: Text.ElideNone
            Layout.fillWidth: true
        }
        Button {
            text: empty.action
            visible: text !== ""
            Layout.alignment: Qt.AlignHCenter
            Layout.topMargin: Space.small
            onClicked: empty.acted()
        }
    }
}
