// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls
import Castellan.Theme

/* A row of the table of things. Takes its values from ThingsModel. */
Item {
    id: row

    required property int index
    required property string jid
    required property string name
    required property string kind
    required property string owner
    required property bool online
    required property date lastAsked
    required property int friendCount
    required property int waitingCount
    required property Columns columns
    property bool current: false
    property bool focusedList: false

    signal chosen
    signal opened

    objectName: "thing-" + jid
    height: Space.row
    Accessible.role: Accessible.Row
    Accessible.name: qsTr("%1, %2, %3", "name, JID, presence").arg(name).arg(jid).arg(online ? qsTr("online") : qsTr("offline"))
    Accessible.selected: current

    RowGround {
        anchors.fill: parent
        current: row.current
        focused: row.focusedList
        hovered: pointer.hovered
    }
    HoverHandler {
        id: pointer
    }
    TapHandler {
        onTapped: row.chosen()
        onDoubleTapped: row.opened()
    }
    Row {
        x: Space.page
        height: parent.height
        spacing: row.columns.spacing

        Row {
            width: row.columns.widthOf(0)
            height: parent.height
            spacing: Space.small

            Icon {
                name: Icons.ofKind(row.kind)
                color: row.online ? Theme.text : Theme.disabledText
                anchors.verticalCenter: parent.verticalCenter
            }
            Body {
                text: row.name !== "" ? row.name : row.jid.split("@")[0]
                width: parent.width - Space.icon - Space.small
                height: parent.height
                font.weight: row.current ? Font.DemiBold : Font.Normal
                Accessible.ignored: true
            }
        }
        Identifier {
            text: row.jid
            copyable: false
            width: row.columns.widthOf(1)
            height: parent.height
            Accessible.ignored: true
        }
        Item {
            width: row.columns.widthOf(2)
            height: parent.height

            Presence {
                online: row.online
                anchors.verticalCenter: parent.verticalCenter
            }
        }
        TimeText {
            time: row.lastAsked
            width: row.columns.widthOf(3)
            height: parent.height
        }
        Body {
            text: row.friendCount
            font.features: Fonts.tabular
            width: row.columns.widthOf(4)
            height: parent.height
            horizontalAlignment: Text.AlignRight
            Accessible.ignored: true
        }
        Row {
            width: row.columns.widthOf(5)
            height: parent.height
            layoutDirection: Qt.RightToLeft
            spacing: Space.unit

            Body {
                text: row.waitingCount
                font.features: Fonts.tabular
                visible: row.waitingCount > 0
                color: Theme.pending
                height: parent.height
                Accessible.ignored: true
            }
            StatusIcon {
                meaning: "pending"
                visible: row.waitingCount > 0
                anchors.verticalCenter: parent.verticalCenter
            }
        }
        Body {
            text: row.owner
            visible: row.columns.all.length > 6
            width: visible ? row.columns.widthOf(6) : 0
            height: parent.height
            color: Theme.secondaryText
            Accessible.ignored: true
        }
    }
}
