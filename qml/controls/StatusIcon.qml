// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* One of the six meanings as a shape in its colour: "allowed", "denied", "partly", "pending", "contained", "offline". */
Icon {
    property string meaning: ""

    function colourOf(meaning: string): color {
        switch (meaning) {
        case "allowed":
            return Theme.allowed;
        case "denied":
            return Theme.denied;
        case "partly":
            return Theme.partly;
        case "pending":
            return Theme.pending;
        case "contained":
            return Theme.contained;
        default:
            return Theme.offline;
        }
    }

    function iconOf(meaning: string): string {
        switch (meaning) {
        case "allowed":
            return Icons.allowed;
        case "denied":
            return Icons.denied;
        case "partly":
            return Icons.partly;
        case "pending":
            return Icons.pending;
        case "contained":
            return Icons.contained;
        default:
            return Icons.offline;
        }
    }

    name: iconOf(meaning)
    color: colourOf(meaning)
}
