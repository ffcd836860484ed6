// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* A label above something to fill in, with help or an error below. */
ColumnLayout {
    id: field

    property string label: ""
    property string help: ""
    property string error: ""
    default property alias content: holder.data

    spacing: Space.unit

    Secondary {
        text: field.label
        visible: text !== ""
        color: Theme.text
        Layout.fillWidth: true
        Accessible.ignored: true
    }
    ColumnLayout {
        id: holder

        spacing: Space.unit
        Layout.fillWidth: true
    }
    Secondary {
        text: field.error !== "" ? field.error : field.help
        color: field.error !== "" ? Theme.denied : Theme.secondaryText
        visible: text !== ""
        wrapMode: Text.Wrap
        elide: Text.ElideNone
        Layout.fillWidth: true
    }
}
