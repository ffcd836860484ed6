// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick.Templates as T
import Castellan.Theme

/* Parts a menu. */
T.MenuSeparator {
    implicitHeight: Space.small + Space.hairline
    topPadding: Space.unit
    bottomPadding: Space.unit
    contentItem: Separator {}
}
