// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* Whether someone is there: a full disc or an empty ring, and a word when there is room. */
Row {
    id: presence

    property bool online: false
    property bool wordless: false

    spacing: Space.small
    Accessible.role: Accessible.StaticText
    Accessible.name: online ? qsTr("online") : qsTr("offline")

    Rectangle {
        width: Space.small + 2
        height: width
        radius: width / 2
        anchors.verticalCenter: parent.verticalCenter
        color: presence.online ? Theme.allowed : "transparent"
        border.width: presence.online ? 0 : Space.focusRing
        border.color: Theme.offline
    }
    Body {
        text: presence.online ? qsTr("online") : qsTr("offline")
        visible: !presence.wordless
        color: presence.online ? Theme.text : Theme.secondaryText
        Accessible.ignored: true
    }
}
