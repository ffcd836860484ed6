// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Whom one push had to tell, device by device. */
Rows {
    id: rows

    required property double revision

    signal thingOpened(string jid)

    /// A notice has done its work once it is sent; a cache is cleared only when that is acknowledged.
    function meaningOf(kind: string, state: string, online: bool): string {
        switch (state) {
        case "acknowledged":
            return "allowed";
        case "failed":
            return "denied";
        case "sent":
            return kind === "clearCache" ? "pending" : "allowed";
        default:
            return online ? "pending" : "offline";
        }
    }

    function wordOf(kind: string, state: string): string {
        switch (state) {
        case "acknowledged":
            return qsTr("acknowledged");
        case "failed":
            return qsTr("failed");
        case "sent":
            return kind === "clearCache" ? qsTr("sent, not acknowledged") : qsTr("sent");
        default:
            return qsTr("waiting");
        }
    }

    function purposeOf(kind: string, peer: string): string {
        switch (kind) {
        case "friend":
            return qsTr("told to befriend %1", "%1 is a JID").arg(peer);
        case "unfriend":
            return qsTr("told to unfriend %1", "%1 is a JID").arg(peer);
        default:
            return qsTr("told to clear its cache");
        }
    }

    objectName: "devices"
    implicitHeight: Math.min(contentHeight, Space.row * 10)
    interactive: contentHeight > height
    currentIndex: -1
    model: PushDevicesModel {
        revision: rows.revision
    }
    Accessible.name: qsTr("Things told by revision %1", "%1 is a number").arg(revision)

    delegate: Item {
        id: device

        required property int index
        required property string jid
        required property string name
        required property string kind
        required property string peer
        required property bool online
        required property var model
        // Not required by its name, which every item has already.
        readonly property string progress: model.state
        required property int attempts
        required property date createdAt
        required property date sentAt
        required property date settledAt
        required property string error

        objectName: "device-" + jid + "-" + kind
        width: rows.width
        height: Space.row
        Accessible.role: Accessible.ListItem
        Accessible.name: qsTr("%1 %2: %3", "%1 is a name, %2 what it was told, %3 a state").arg(device.name).arg(rows.purposeOf(device.kind, device.peer)).arg(rows.wordOf(device.kind, device.progress))

        RowGround {
            anchors.fill: parent
            current: rows.activeFocus && device.ListView.isCurrentItem
            focused: rows.activeFocus
            hovered: pointer.hovered
        }
        HoverHandler {
            id: pointer
        }
        TapHandler {
            onTapped: rows.currentIndex = device.index
            onDoubleTapped: rows.thingOpened(device.jid)
        }
        RowLayout {
            anchors.fill: parent
            anchors.leftMargin: Space.page + Space.icon + Space.card
            anchors.rightMargin: Space.page
            spacing: Space.card

            Presence {
                online: device.online
                wordless: true
            }
            Body {
                text: device.name !== "" ? device.name : device.jid
                Layout.preferredWidth: 160
                Accessible.ignored: true
            }
            Secondary {
                text: device.error !== "" ? device.error : rows.purposeOf(device.kind, device.peer)
                color: device.error !== "" ? Theme.denied : Theme.secondaryText
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Secondary {
                text: qsTr("%n attempts", "to deliver", device.attempts)
                visible: device.attempts > 1
            }
            TimeText {
                time: isNaN(device.settledAt.getTime()) ? (isNaN(device.sentAt.getTime()) ? device.createdAt : device.sentAt) : device.settledAt
                horizontalAlignment: Text.AlignRight
                Layout.preferredWidth: 88
            }
            Chip {
                text: !device.online && device.progress === "waiting" ? qsTr("waiting: offline") : rows.wordOf(device.kind, device.progress)
                meaning: rows.meaningOf(device.kind, device.progress, device.online)
                Layout.preferredWidth: 184
            }
        }
    }
}
