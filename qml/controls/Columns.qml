// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick

/* The columns of a table: objects with key, title, width (0: takes what is left), minimum, numeric. */
QtObject {
    property list<var> all
    property real width: 0
    property int spacing: 0
    readonly property real fixedWidth: all.reduce((sum, column) => sum + (column.width ?? 0), 0) + spacing * (all.length - 1)
    readonly property real shares: all.reduce((sum, column) => sum + (column.share ?? 0), 0)

    function widthOf(index: int): real {
        const column = all[index];
        if (!column) // taken away; what showed it is about to go
            return 0;
        if (!column.share)
            return column.width;
        return Math.max(column.minimum ?? 0, (width - fixedWidth) * column.share / shares);
    }
}
