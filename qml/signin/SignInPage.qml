// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Asks which server, and who. Keeps everything but the password for the next time (the shell stores it). */
Rectangle {
    id: page

    property alias jid: jidField.text
    property alias password: passwordField.text
    property alias connect: connectField.text
    property alias server: serverField.text
    readonly property bool busy: Session.state === Session.Connecting || Session.state === Session.Synchronising
    readonly property bool ready: jid.trim() !== "" && password !== ""

    signal accepted

    function submit() {
        if (!page.ready || page.busy)
            return;
        Session.signIn(jid.trim(), password, connect.trim(), server.trim());
        page.accepted();
    }

    color: Theme.window

    Flickable {
        anchors.fill: parent
        contentHeight: Math.max(height, card.height + Space.huge * 2)
        boundsBehavior: Flickable.StopAtBounds

        Card {
            id: card

            anchors.centerIn: parent
            width: Space.form + Space.page
            height: column.implicitHeight + padding * 2
            padding: Space.large

            ColumnLayout {
                id: column

                width: parent.width
                spacing: Space.page

                RowLayout {
                    spacing: Space.card
                    Layout.bottomMargin: Space.unit

                    Image {
                        source: "qrc:/icons/castellan/64/castellan.svg"
                        sourceSize: Qt.size(40, 40)
                        Accessible.ignored: true
                    }
                    ColumnLayout {
                        spacing: 0

                        Title {
                            text: qsTr("Castellan")
                        }
                        Body {
                            text: qsTr("Sign in to a provisioning server")
                            color: Theme.secondaryText
                        }
                    }
                }
                InlineMessage {
                    objectName: "signInError"
                    text: Session.error
                    Layout.fillWidth: true
                }
                Field {
                    label: qsTr("Your JID")
                    Layout.fillWidth: true

                    TextField {
                        id: jidField

                        objectName: "jid"
                        placeholderText: qsTr("admin@example.org")
                        focus: true
                        enabled: !page.busy
                        inputMethodHints: Qt.ImhEmailCharactersOnly
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Your JID")
                        onAccepted: page.submit()
                    }
                }
                Field {
                    label: qsTr("Password")
                    Layout.fillWidth: true

                    TextField {
                        id: passwordField

                        objectName: "password"
                        echoMode: TextField.Password
                        enabled: !page.busy
                        inputMethodHints: Qt.ImhHiddenText | Qt.ImhSensitiveData
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Password")
                        Accessible.passwordEdit: true
                        onAccepted: page.submit()
                    }
                }
                Separator {
                    Layout.fillWidth: true
                }
                Field {
                    label: qsTr("Address of the XMPP server (optional)")
                    help: qsTr("Leave it empty to look the address up by the domain of your JID.")
                    Layout.fillWidth: true

                    TextField {
                        id: connectField

                        objectName: "connect"
                        placeholderText: qsTr("host:port")
                        enabled: !page.busy
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Address of the XMPP server")
                        onAccepted: page.submit()
                    }
                }
                Field {
                    label: qsTr("JID of the provisioning server (optional)")
                    help: qsTr("Leave it empty if it is the domain of your JID.")
                    Layout.fillWidth: true

                    TextField {
                        id: serverField

                        objectName: "server"
                        placeholderText: qsTr("provisioning.example.org")
                        enabled: !page.busy
                        Layout.fillWidth: true
                        Accessible.name: qsTr("JID of the provisioning server")
                        onAccepted: page.submit()
                    }
                }
                RowLayout {
                    spacing: Space.small
                    Layout.topMargin: Space.unit
                    Layout.fillWidth: true

                    ProgressBar {
                        visible: page.busy
                        indeterminate: Session.state !== Session.Synchronising
                        value: Session.progress
                        Layout.fillWidth: true
                    }
                    Secondary {
                        text: Session.state === Session.Synchronising ? qsTr("Copying the network …") : qsTr("Connecting …")
                        visible: page.busy
                    }
                    Item {
                        visible: !page.busy
                        Layout.fillWidth: true
                    }
                    Button {
                        text: qsTr("Cancel")
                        visible: page.busy
                        onClicked: Session.signOut()
                    }
                    Button {
                        objectName: "signIn"
                        text: qsTr("Sign in")
                        primary: true
                        visible: !page.busy
                        enabled: page.ready
                        reason: qsTr("Fill in your JID and your password.")
                        onClicked: page.submit()
                    }
                }
            }
        }
    }
}
