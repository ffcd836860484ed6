// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* A friend, and the way to part with it. Takes its values from FriendsModel. */
Item {
    id: row

    required property int index
    required property string peer
    required property string peerName
    required property string peerKind
    required property bool peerOnline
    required property string draftState
    required property var model
    property bool focusedList: false
    property string thingName: ""
    // Not required by its name, which every item has already.
    readonly property bool rejected: model.state === "rejected"
    readonly property string shownName: peerName !== "" ? peerName : peer.split("@")[0]
    readonly property bool unfriendable: !rejected && draftState !== "removed"

    signal chosen
    signal opened
    signal unfriended

    objectName: "friend-" + peer
    height: Space.tallRow
    Accessible.role: Accessible.ListItem
    Accessible.name: {
        if (draftState === "removed")
            return qsTr("%1, will be unfriended", "%1 is a name").arg(shownName);
        return rejected ? qsTr("%1, rejected", "%1 is a name").arg(shownName) : shownName;
    }

    RowGround {
        anchors.fill: parent
        current: row.focusedList && row.ListView.isCurrentItem
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
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Space.page
        anchors.rightMargin: Space.small
        spacing: Space.small

        Icon {
            name: Icons.ofKind(row.peerKind)
            color: row.peerOnline ? Theme.text : Theme.disabledText
        }
        ColumnLayout {
            spacing: 0
            Layout.fillWidth: true

            Body {
                text: row.shownName
                font.strikeout: row.draftState === "removed"
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Identifier {
                text: row.peer
                copyable: false
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        Chip {
            visible: row.draftState === "removed" || row.draftState === "added" || row.rejected
            text: {
                if (row.draftState === "removed")
                    return qsTr("to be removed");
                if (row.draftState === "added")
                    return qsTr("to be added");
                return row.draftState === "changed" ? qsTr("to be rejected") : qsTr("rejected");
            }
            meaning: row.draftState !== "" ? "pending" : "denied"
        }
        IconButton {
            objectName: "unfriend-" + row.peer
            icon.name: Icons.unfriend
            visible: row.unfriendable
            hint: qsTr("Unfriend %1 and %2 (Del)", "two names").arg(row.thingName).arg(row.shownName)
            enabled: Session.canUnfriend && !Session.draft.pushing
            reason: Session.draft.pushing ? qsTr("A push is under way.") : qsTr("Your role (%1) may not unfriend.", "%1 is a role").arg(Session.role)
            focusPolicy: Qt.NoFocus
            onClicked: {
                row.chosen();
                row.unfriended();
            }
        }
    }
}
