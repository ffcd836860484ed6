// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The friends of one thing, and the pairs that were rejected. Delete unfriends. */
Item {
    id: list

    required property string jid
    property string thingName: ""

    signal thingOpened(string jid)

    function unfriend(peer: string) {
        if (Session.canEdit)
            Session.draft.unfriend(list.jid, peer);
        else if (Session.actsDirectly)
            directly.ask(peer, qsTr("Unfriend %1", "%1 is a JID").arg(peer), qsTr("%1 and %2 become a rejected pair: both are told to unfriend and to clear what they remember of each other. It is written into the history under your name. Only an administrator can make them friends again.", "two JIDs").arg(list.jid).arg(peer));
    }

    Rows {
        id: rows

        objectName: "friends"
        anchors.fill: parent
        model: friends
        rowHeight: Space.tallRow
        currentIndex: -1
        Accessible.name: qsTr("Friends of %1", "%1 is a name").arg(list.thingName)
        Keys.onDeletePressed: {
            const row = currentItem as FriendRow;
            if (row && row.unfriendable)
                list.unfriend(row.peer);
        }
        Keys.onReturnPressed: {
            const row = currentItem as FriendRow;
            if (row)
                list.thingOpened(row.peer);
        }

        delegate: FriendRow {
            width: rows.width
            focusedList: rows.activeFocus
            thingName: list.thingName
            onChosen: {
                rows.currentIndex = index;
                rows.forceActiveFocus();
            }
            onUnfriended: list.unfriend(peer)
            onOpened: list.thingOpened(peer)
        }
    }
    EmptyState {
        anchors.fill: parent
        visible: friends.count === 0 && !friends.loading
        icon: Icons.friendship
        title: qsTr("No friends")
        text: qsTr("No pair names it. Whether it may befriend someone is then up to the friendship rules.")
    }
    DirectAct {
        id: directly

        verb: qsTr("Unfriend")
        onAgreed: jid => Session.unfriend(list.jid, jid)
    }
    FriendsModel {
        id: friends

        jid: list.jid
    }
}
