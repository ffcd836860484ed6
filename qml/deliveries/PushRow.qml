// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls
import Castellan.Theme

/* A push, and below it, when expanded, whom it had to tell. */
Column {
    id: row

    required property int index
    required property double revision
    required property string title
    required property string by
    required property date committedAt
    required property int total
    required property int waiting
    required property int sent
    required property int acknowledged
    required property int failed
    required property int notices
    required property bool settled
    property bool expanded: false
    property bool current: false
    readonly property alias summary: summary

    signal toggled
    signal thingOpened(string jid)

    PushSummary {
        id: summary

        objectName: "push-" + row.revision
        width: row.width
        index: row.index
        revision: row.revision
        title: row.title
        by: row.by
        committedAt: row.committedAt
        total: row.total
        waiting: row.waiting
        sent: row.sent
        acknowledged: row.acknowledged
        failed: row.failed
        notices: row.notices
        settled: row.settled
        expandable: true
        expanded: row.expanded
        current: row.current
        focusPolicy: Qt.NoFocus
        onClicked: row.toggled()
    }
    Loader {
        width: row.width
        active: row.expanded
        visible: active
        sourceComponent: PushDevices {
            width: row.width
            revision: row.revision
            onThingOpened: jid => row.thingOpened(jid)
        }
    }
    Item {
        width: row.width
        height: Space.small
        visible: row.expanded
    }
    Separator {
        width: row.width
    }
}
