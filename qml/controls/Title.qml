// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* The title of a page. */
Body {
    font.pixelSize: Fonts.title
    font.weight: Font.DemiBold
    lineHeight: Fonts.titleLine
    Accessible.role: Accessible.Heading
    Accessible.name: text
}
