// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma Singleton

import QtQuick

/*
 * Every colour there is. Neutral surfaces in three steps, one accent, six meanings.
 *
 * Text and the meanings reach a contrast of 4.5 on all three surfaces in both themes (tests/qml/tst_theme),
 * and a meaning never stands alone: StatusIcon and Chip give it a shape and a word.
 */
QtObject {
    id: theme

    enum Scheme {
        System,
        Light,
        Dark
    }

    property int scheme: Theme.System
    readonly property bool dark: scheme === Theme.Dark || (scheme === Theme.System && Application.styleHints.colorScheme === Qt.Dark)

    // Surfaces, from the frame to what is worked on.
    readonly property color frame: dark ? "#14171c" : "#eceff3"
    readonly property color window: dark ? "#1a1e24" : "#f6f7f9"
    readonly property color base: dark ? "#20252c" : "#ffffff"
    // Menus, sheets and tool tips, which float above the rest.
    readonly property color floating: dark ? "#272d36" : "#ffffff"

    readonly property color text: dark ? "#e7eaf0" : "#1a1f29"
    readonly property color secondaryText: dark ? "#a3adbb" : "#596273"
    readonly property color disabledText: dark ? "#6c7685" : "#949cab"
    readonly property color border: dark ? "#363d48" : "#d8dce4"
    readonly property color strongBorder: dark ? "#6f7988" : "#8b94a3"
    readonly property color hover: dark ? "#0fffffff" : "#0a101828"
    readonly property color pressed: dark ? "#1cffffff" : "#16101828"
    readonly property color shade: dark ? "#99000000" : "#52101828"

    readonly property color accent: dark ? "#7aa7ff" : "#1d5bc9"
    readonly property color accentHover: dark ? "#93b8ff" : "#184eae"
    readonly property color accentText: dark ? "#0d1524" : "#ffffff"
    readonly property color selection: dark ? "#263a5c" : "#dfe9fb"

    readonly property color allowed: dark ? "#4fd1c0" : "#00705a"
    readonly property color denied: dark ? "#ff8068" : "#b8321b"
    readonly property color partly: dark ? "#e0b252" : "#835500"
    readonly property color pending: dark ? "#b5a3ff" : "#5f46c0"
    readonly property color contained: dark ? "#f28cc4" : "#a01f6c"
    readonly property color offline: secondaryText

    // What servers are marked with, beside their names.
    readonly property color markRed: dark ? "#ff7b72" : "#c4262e"
    readonly property color markAmber: dark ? "#e3b341" : "#8a5a00"
    readonly property color markGreen: dark ? "#57c979" : "#1a7331"
    readonly property color markBlue: dark ? "#79b2ff" : "#1d5bc9"

    function mark(name: string): color {
        switch (name) {
        case "red":
            return markRed;
        case "amber":
            return markAmber;
        case "green":
            return markGreen;
        case "blue":
            return markBlue;
        default:
            return "transparent";
        }
    }

    // The quiet ground under a meaning, for chips and messages.
    function tint(colour: color): color {
        return Qt.tint(base, Qt.rgba(colour.r, colour.g, colour.b, dark ? 0.16 : 0.09));
    }
}
