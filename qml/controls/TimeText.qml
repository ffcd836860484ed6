// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* A time as distance from now; the whole of it under the pointer. */
Secondary {
    id: label

    property date time
    property string never: "–"
    readonly property bool known: !isNaN(time.getTime())
    property double now: Date.now()

    function relative(seconds: double): string {
        if (seconds < 10)
            return qsTr("just now");
        if (seconds < 60)
            return qsTr("%n s ago", "seconds", Math.floor(seconds));
        if (seconds < 3600)
            return qsTr("%n min ago", "minutes", Math.floor(seconds / 60));
        if (seconds < 86400)
            return qsTr("%n h ago", "hours", Math.floor(seconds / 3600));
        if (seconds < 86400 * 30)
            return qsTr("%n d ago", "days", Math.floor(seconds / 86400));
        return time.toLocaleDateString(Qt.locale(), Locale.ShortFormat);
    }

    font.features: Fonts.tabular
    text: known ? relative((now - time.getTime()) / 1000) : never
    onTimeChanged: now = Date.now()

    Timer {
        interval: 10000
        repeat: true
        running: label.known && label.visible
        triggeredOnStart: true
        onTriggered: label.now = Date.now()
    }
    HoverHandler {
        id: pointer
    }
    Tip {
        text: label.known ? label.time.toLocaleString(Qt.locale(), Locale.LongFormat) : ""
        shown: pointer.hovered
    }
}
