// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma Singleton

import QtQuick

/* Durations in milliseconds. Zero when motion is unwanted, so that nobody has to ask. */
QtObject {
    property bool reduced: false

    readonly property int quick: reduced ? 0 : 120
    readonly property int slow: reduced ? 0 : 180
}
