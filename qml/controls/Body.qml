// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* Text of the body. */
Text {
    font.family: Fonts.family
    font.pixelSize: Fonts.body
    lineHeight: Fonts.bodyLine
    lineHeightMode: Text.FixedHeight
    color: Theme.text
    linkColor: Theme.accent
    elide: Text.ElideRight
    textFormat: Text.PlainText
    verticalAlignment: Text.AlignVCenter
}
