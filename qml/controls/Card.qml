// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* A framed surface; what is inside lies within its padding. */
Rectangle {
    id: card

    property int padding: Space.card
    default property alias content: inside.data

    implicitWidth: inside.childrenRect.width + padding * 2
    implicitHeight: inside.childrenRect.height + padding * 2
    radius: Space.radius
    color: Theme.base
    border.width: Space.hairline
    border.color: Theme.border

    Item {
        id: inside

        anchors.fill: parent
        anchors.margins: card.padding
    }
}
