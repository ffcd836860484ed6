// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* A list with a current row, moved by the keyboard.

   A list that is too long to be addressed in pixels comes in stretches: its model shows `stretch` of `total` rows from
   `first` on. The stretch is changed before its end comes into sight, so that nobody notices. */
ListView {
    id: rows

    property bool ringed: activeFocus
    /// The height of each row. Only lists that do not come in stretches may have others.
    property real rowHeight: Space.row
    readonly property real total: model?.total ?? count
    readonly property real first: model?.first ?? 0
    readonly property bool isLong: total > (model?.stretch ?? Infinity)
    /// The row of the whole list that is at the top, with the part of it that is out of sight.
    readonly property real topRow: first + contentY / rowHeight
    readonly property real visibleRows: height / rowHeight

    /// Puts a row of the whole list to the top, or as near as the end of the list allows.
    function showFrom(row: real) {
        const top = Math.max(0, Math.min(row, rows.total - rows.visibleRows));
        if (rows.isLong)
            rows.stretchAround(top);
        rows.contentY = (top - rows.first) * rows.rowHeight;
    }

    /// Makes a row of the whole list the current one and brings it into sight.
    function go(row: int) {
        if (rows.total === 0)
            return;
        row = Math.max(0, Math.min(row, rows.total - 1));
        if (rows.isLong && (row < rows.topRow || row + 1 > rows.topRow + rows.visibleRows))
            rows.showFrom(row < rows.topRow ? row : row + 1 - rows.visibleRows);
        rows.currentIndex = row - rows.first;
        rows.positionViewAtIndex(rows.currentIndex, ListView.Contain);
    }

    /// Chooses the stretch so that the row is well inside, unless it is already.
    function stretchAround(top: real) {
        const stretch = rows.model.stretch;
        const last = rows.first + stretch;
        const margin = stretch / 10;
        if ((top >= rows.first + margin || rows.first === 0) && (top + rows.visibleRows <= last - margin || last >= rows.total))
            return;
        const current = rows.first + rows.currentIndex;
        const hadCurrent = rows.currentIndex >= 0;
        rows.currentIndex = -1;
        rows.model.first = Math.max(0, Math.min(Math.floor(top - stretch / 2), rows.total - stretch));
        rows.forceLayout();
        // Beyond what is in sight a current row would be kept alive, and read for nobody.
        if (hadCurrent && current >= top - 1 && current < top + rows.visibleRows)
            rows.currentIndex = current - rows.first;
    }

    clip: true
    focus: true
    boundsBehavior: Flickable.StopAtBounds
    keyNavigationEnabled: true
    highlightMoveDuration: 0
    highlightResizeDuration: 0
    highlightFollowsCurrentItem: true
    activeFocusOnTab: true
    reuseItems: true
    Accessible.role: Accessible.List
    T.ScrollBar.vertical: ScrollBar {
        policy: rows.isLong ? T.ScrollBar.AlwaysOff : T.ScrollBar.AsNeeded
    }

    onContentYChanged: {
        if (!rows.isLong || restretch.running)
            return;
        const top = rows.topRow;
        const end = rows.first + rows.model.stretch;
        const margin = rows.model.stretch / 20;
        if ((top < rows.first + margin && rows.first > 0) || (top + rows.visibleRows > end - margin && end < rows.total))
            restretch.start();
    }

    // Not while the view is in the middle of moving.
    Timer {
        id: restretch

        interval: 0
        onTriggered: {
            const velocity = rows.flicking ? rows.verticalVelocity : 0;
            rows.showFrom(rows.topRow);
            if (velocity !== 0)
                rows.flick(0, -velocity);
        }
    }
    // That of the view knows its stretch only.
    ScrollBar {
        id: longBar

        objectName: "longScrollBar"
        parent: rows
        anchors.top: parent.top
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        z: 3
        visible: rows.isLong
        orientation: Qt.Vertical
        size: rows.visibleRows / Math.max(1, rows.total)
        Accessible.name: qsTr("Rows")
        onPositionChanged: {
            if (pressed)
                rows.showFrom(position * rows.total);
        }

        Binding on position {
            when: rows.isLong && !longBar.pressed
            value: rows.topRow / Math.max(1, rows.total)
            restoreMode: Binding.RestoreNone
        }
    }

    function page(): int {
        return Math.max(1, Math.floor(rows.visibleRows) - 1);
    }

    Keys.onPressed: event => {
        if (event.modifiers !== Qt.NoModifier && event.modifiers !== Qt.KeypadModifier)
            return;
        switch (event.key) {
        case Qt.Key_Home:
            rows.go(0);
            break;
        case Qt.Key_End:
            rows.go(rows.total - 1);
            break;
        case Qt.Key_PageUp:
            rows.go(rows.first + rows.currentIndex - rows.page());
            break;
        case Qt.Key_PageDown:
            rows.go(rows.first + rows.currentIndex + rows.page());
            break;
        default:
            return;
        }
        event.accepted = true;
    }
}
