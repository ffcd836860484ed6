// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls

/* A moment in local time, typed as "2026-12-01 18:00"; empty means none. */
TextField {
    id: field

    property date time

    signal edited(date time)

    readonly property string format: "yyyy-MM-dd HH:mm"
    readonly property bool known: !isNaN(time.getTime())

    function parse(text: string): date {
        const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? text + " 00:00" : text;
        return Date.fromLocaleString(Qt.locale("C"), whole, field.format);
    }

    function show() {
        field.text = field.known ? Qt.formatDateTime(field.time, field.format) : "";
        field.wrong = false;
    }

    placeholderText: qsTr("YYYY-MM-DD hh:mm")
    onTimeChanged: show()
    Component.onCompleted: show()
    onTextEdited: {
        const typed = field.text.trim();
        const moment = field.parse(typed);
        field.wrong = typed !== "" && isNaN(moment.getTime());
        if (!field.wrong)
            field.edited(moment);
    }
}
