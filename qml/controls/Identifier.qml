// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import Castellan.Theme

/* A JID or the like: monospace, cut in the middle, whole under the pointer, copied by a click. */
Text {
    id: identifier

    property bool copyable: true

    font.family: Fonts.identifierFamily
    font.pixelSize: Fonts.secondary
    color: Theme.secondaryText
    elide: Text.ElideMiddle
    textFormat: Text.PlainText
    verticalAlignment: Text.AlignVCenter

    HoverHandler {
        id: pointer

        cursorShape: identifier.copyable ? Qt.PointingHandCursor : Qt.ArrowCursor
    }
    TapHandler {
        enabled: identifier.copyable
        onTapped: {
            clipboard.text = identifier.text;
            clipboard.selectAll();
            clipboard.copy();
            tip.copied = true;
        }
    }
    // The way from QML to the clipboard.
    TextEdit {
        id: clipboard

        visible: false
        Accessible.ignored: true
    }
    Tip {
        id: tip

        property bool copied: false

        text: copied ? qsTr("Copied") : identifier.truncated ? identifier.text : (identifier.copyable ? qsTr("Click to copy") : "")
        shown: pointer.hovered
        onShownChanged: {
            if (!shown)
                copied = false;
        }
    }
}
