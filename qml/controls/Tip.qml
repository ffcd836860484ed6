// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic as Basic
import Castellan.Theme

/* Shows a hint beside its parent while the pointer rests on it or the keyboard is there. */
Item {
    id: tip

    property string text: ""
    property bool shown: false

    Basic.ToolTip.text: text
    Basic.ToolTip.visible: shown && text !== ""
    Basic.ToolTip.delay: Motion.slow * 3
    anchors.fill: parent
}
