// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* A hairline: as wide as it is told, or as high when vertical. */
Rectangle {
    property bool vertical: false

    implicitWidth: vertical ? Space.hairline : 0
    implicitHeight: vertical ? 0 : Space.hairline
    color: Theme.border
}
