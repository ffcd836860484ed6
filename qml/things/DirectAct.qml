// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Theme

/* What is about to be done at once, without a change set, and what that means; then the verb. */
Sheet {
    id: sheet

    property string verb: ""
    property string text: ""
    /// Whom it is about.
    property string jid: ""

    signal agreed(string jid)

    /// Asks; `agreed` follows when the button with `verb` is pressed.
    function ask(jid: string, title: string, text: string) {
        sheet.jid = jid;
        sheet.title = title;
        sheet.text = text;
        sheet.open();
    }

    objectName: "directAct"
    subtitle: qsTr("Takes effect at once")

    Body {
        objectName: "directActText"
        text: sheet.text
        wrapMode: Text.Wrap
        elide: Text.ElideNone
        Layout.fillWidth: true
        Layout.margins: Space.page
    }
    Item {
        Layout.fillHeight: true
    }
    footer: [
        Item {
            Layout.fillWidth: true
        },
        Button {
            text: qsTr("Cancel")
            onClicked: sheet.close()
        },
        Button {
            objectName: "doDirectAct"
            text: sheet.verb
            primary: true
            focus: true
            onClicked: {
                sheet.close();
                sheet.agreed(sheet.jid);
            }
        }
    ]
}
