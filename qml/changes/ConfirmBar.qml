// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* A push that the server undoes by itself, how long until then, and the ways out; whoever pushed it. */
Rectangle {
    id: bar

    required property unconfirmedPush modelData
    property double now: Date.now()
    readonly property int seconds: Math.max(0, Math.ceil((modelData.confirmBy.getTime() - now) / 1000))
    readonly property string clock: Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0")
    readonly property string words: qsTr("\"%1\" by %2 is undone in %3 unless it is confirmed", "%1 is the title of a push, %2 a JID, %3 a time as 4:59").arg(modelData.title).arg(modelData.by).arg(clock)

    objectName: "confirmBar"
    implicitHeight: row.implicitHeight + Space.small * 2
    color: Theme.tint(Theme.pending)
    Accessible.role: Accessible.AlertMessage
    Accessible.name: words

    Timer {
        interval: 500
        repeat: true
        running: bar.visible
        onTriggered: bar.now = Date.now()
    }
    Separator {
        width: parent.width
    }
    RowLayout {
        id: row

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.leftMargin: Space.page
        anchors.rightMargin: Space.card
        spacing: Space.small

        StatusIcon {
            meaning: "pending"
        }
        Body {
            objectName: "countdown"
            text: bar.words
            font.features: Fonts.tabular
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Button {
            objectName: "revertNow"
            text: qsTr("Undo now")
            enabled: Session.canEdit && Session.state === Session.Online
            reason: Session.canEdit ? qsTr("There is no connection to the server.") : qsTr("Your role does not allow to change the network.")
            onClicked: Session.revert(bar.modelData.changeSetId)
        }
        Button {
            objectName: "confirmPush"
            text: qsTr("Confirm")
            hint: qsTr("Keep it for good")
            primary: true
            enabled: Session.canEdit && Session.state === Session.Online
            reason: Session.canEdit ? qsTr("There is no connection to the server.") : qsTr("Your role does not allow to change the network.")
            onClicked: Session.confirm(bar.modelData.changeSetId)
        }
    }
}
