// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma Singleton

import QtQuick

/* Sizes in pixels, on a grid of 4. */
QtObject {
    readonly property int unit: 4
    readonly property int small: 8
    readonly property int card: 12
    readonly property int page: 16
    readonly property int large: 24
    readonly property int huge: 48

    readonly property int control: 32
    readonly property int row: 28
    readonly property int tallRow: 44
    readonly property int bar: 48
    readonly property int icon: 16
    readonly property int largeIcon: 22
    readonly property int radius: 6
    readonly property int smallRadius: 4
    readonly property int hairline: 1
    readonly property int focusRing: 2

    readonly property int sidebar: 208
    readonly property int inspector: 348
    readonly property int sheet: 480
    readonly property int wideSheet: 640
    readonly property int form: 400
}
