// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Every push that had somebody to tell, and whether the word has arrived. */
Page {
    id: page

    /// The push whose things are shown; 0 for none.
    property double expandedRevision: 0

    signal thingOpened(string jid)

    function expand(revision: double) {
        page.expandedRevision = page.expandedRevision === revision ? 0 : revision;
    }

    objectName: "deliveriesPage"
    title: qsTr("Deliveries")
    subtitle: Session.openDeliveryCount > 0 ? qsTr("%n caches not cleared yet", "", Session.openDeliveryCount) : (pushes.count > 0 ? qsTr("Everything is acknowledged") : "")

    Rows {
        id: rows

        objectName: "pushes"
        anchors.fill: parent
        visible: pushes.count > 0
        currentIndex: -1
        model: pushes
        reuseItems: false
        Accessible.name: qsTr("Pushes, newest first")
        Keys.onReturnPressed: page.expand((currentItem as PushRow)?.summary.revision ?? 0)
        Keys.onSpacePressed: page.expand((currentItem as PushRow)?.summary.revision ?? 0)

        delegate: PushRow {
            width: rows.width
            expanded: page.expandedRevision === revision
            current: rows.activeFocus && ListView.isCurrentItem
            onToggled: {
                rows.currentIndex = index;
                page.expand(revision);
            }
            onThingOpened: jid => page.thingOpened(jid)
        }
    }
    EmptyState {
        anchors.fill: parent
        visible: pushes.count === 0 && !pushes.loading
        icon: Icons.deliveries
        title: qsTr("Nothing has been pushed yet")
        text: qsTr("When a push changes what a thing was told earlier, that thing has to clear its cache. Here you see whether it did.")
    }
    PushesModel {
        id: pushes
    }
}
