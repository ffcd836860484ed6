// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.impl
import Castellan.Theme

/* An icon of the theme by name, in one colour. Says nothing to screen readers: what it stands beside does. */
IconImage {
    sourceSize: Qt.size(Space.icon, Space.icon)
    color: Theme.text
    Accessible.ignored: true
}
