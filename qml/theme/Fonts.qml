// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma Singleton

import QtQuick

/* Text sizes in pixels, with the line heights that go with them. */
QtObject {
    readonly property string family: "Inter"
    readonly property string identifierFamily: "JetBrains Mono"

    readonly property int body: 13
    readonly property int secondary: 12
    readonly property int section: 15
    readonly property int title: 20
    readonly property int figure: 28

    readonly property int bodyLine: 18
    readonly property int titleLine: 28

    // Figures of one width, so that columns of numbers stand still.
    readonly property var tabular: ({
            "tnum": 1
        })
}
