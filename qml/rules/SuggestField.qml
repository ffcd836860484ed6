// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* A text field that offers what the network knows. Down and Return take a suggestion; anything may be typed. */
TextField {
    id: field

    property string kind: ""
    property string of: ""

    /// Typed or chosen. Whoever listens sets `text`, so that a binding to it holds.
    signal edited(string text)
    /// Chosen from the suggestions.
    signal taken(string text)

    function take(text: string) {
        popup.close();
        field.edited(text);
        field.taken(text);
    }

    Accessible.role: Accessible.EditableText
    onTextEdited: {
        popup.open();
        field.edited(text);
    }
    onActiveFocusChanged: {
        if (!activeFocus)
            popup.close();
    }
    Keys.onDownPressed: {
        if (!popup.visible)
            popup.open();
        else
            list.currentIndex = Math.min(list.count - 1, list.currentIndex + 1);
    }
    Keys.onUpPressed: list.currentIndex = Math.max(-1, list.currentIndex - 1)
    Keys.onEscapePressed: event => {
        if (popup.visible)
            popup.close();
        else
            event.accepted = false;
    }
    Keys.onReturnPressed: event => {
        const row = list.currentItem as Suggestion;
        if (popup.visible && row) {
            field.take(row.text);
            return;
        }
        popup.close();
        event.accepted = false;
    }

    T.Popup {
        id: popup

        y: field.height + Space.unit
        width: field.width
        height: Math.min(list.contentHeight + Space.unit * 2, Space.row * 7)
        padding: Space.unit
        closePolicy: T.Popup.CloseOnPressOutsideParent
        // Nothing to offer, nothing to show.
        opacity: list.count > 0 ? 1 : 0
        onAboutToShow: list.currentIndex = -1
        background: FloatingSurface {}
        contentItem: ListView {
            id: list

            clip: true
            currentIndex: -1
            boundsBehavior: Flickable.StopAtBounds
            model: Completions {
                kind: field.kind
                of: field.of
                prefix: popup.visible ? field.text : ""
            }
            T.ScrollBar.vertical: ScrollBar {}

            delegate: Suggestion {
                width: list.width
                highlighted: ListView.isCurrentItem
                onClicked: field.take(text)
            }
        }
    }
}
