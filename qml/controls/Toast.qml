// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Theme

/* A short word on what has just been done, which goes away by itself; never the only place an error is said. */
Item {
    id: toast

    property string text: ""

    function show(message: string) {
        text = message;
        opacity = 1;
        vanish.restart();
    }

    implicitWidth: row.implicitWidth + Space.page * 2
    implicitHeight: Space.control + Space.small
    opacity: 0
    visible: opacity > 0
    Accessible.role: Accessible.Notification
    Accessible.name: text

    Behavior on opacity {
        NumberAnimation {
            duration: Motion.slow
        }
    }

    FloatingSurface {
        anchors.fill: parent
    }
    RowLayout {
        id: row

        anchors.centerIn: parent
        spacing: Space.small

        StatusIcon {
            meaning: "allowed"
        }
        Body {
            text: toast.text
            Accessible.ignored: true
        }
    }
    Timer {
        id: vanish

        interval: 5000
        onTriggered: toast.opacity = 0
    }
}
