// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* A list with a current row, moved by the keyboard. */
ListView {
    id: rows

    property bool ringed: activeFocus

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
    T.ScrollBar.vertical: ScrollBar {}

    function page(): int {
        return Math.max(1, Math.floor(height / Space.row) - 1);
    }

    Keys.onPressed: event => {
        if (event.modifiers !== Qt.NoModifier && event.modifiers !== Qt.KeypadModifier)
            return;
        switch (event.key) {
        case Qt.Key_Home:
            rows.currentIndex = 0;
            break;
        case Qt.Key_End:
            rows.currentIndex = rows.count - 1;
            break;
        case Qt.Key_PageUp:
            rows.currentIndex = Math.max(0, rows.currentIndex - rows.page());
            break;
        case Qt.Key_PageDown:
            rows.currentIndex = Math.min(rows.count - 1, rows.currentIndex + rows.page());
            break;
        default:
            return;
        }
        event.accepted = true;
    }
}
