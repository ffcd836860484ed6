// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Theme

/* Commands that open below what was pressed. */
T.Menu {
    id: menu

    implicitWidth: 232
    implicitHeight: contentItem.implicitHeight + Space.unit * 2
    padding: Space.unit
    margins: Space.unit
    overlap: 1

    delegate: MenuItem {}
    contentItem: ListView {
        implicitHeight: contentHeight
        model: menu.contentModel
        interactive: false
        currentIndex: menu.currentIndex
    }
    background: FloatingSurface {}
}
