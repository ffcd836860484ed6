// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Which server, and who: the profiles on the left once there are some, the one that is chosen on the right. */
Rectangle {
    id: page

    /// The profile whose form this is; "": one that is not kept yet.
    property string profileId: ""
    property string colour: ""
    property alias name: nameField.text
    property alias jid: jidField.text
    property alias password: passwordField.text
    property alias connect: connectField.text
    property alias server: serverField.text
    readonly property bool busy: Session.state === Session.Connecting || Session.state === Session.Synchronising
    readonly property bool ready: jid.trim() !== "" && (password !== "" || profileId !== "")
    property bool pinned: false
    property bool removing: false

    function choose(profileId: string) {
        const row = Session.profiles.row(profileId);
        const value = role => row < 0 ? "" : Session.profiles.data(Session.profiles.index(row, 0), role);
        page.profileId = row < 0 ? "" : profileId;
        page.name = value(Profiles.NameRole);
        page.jid = value(Profiles.JidRole);
        page.connect = value(Profiles.AddressRole);
        page.server = value(Profiles.ServerRole);
        page.colour = value(Profiles.ColourRole);
        page.pinned = row >= 0 && value(Profiles.PinnedRole);
        page.password = "";
        page.removing = false;
        profiles.currentIndex = row;
    }

    /// Leaves what was said about another server.
    function turnTo(profileId: string) {
        if (profileId === page.profileId)
            return;
        Session.signOut();
        choose(profileId);
    }

    function submit() {
        if (!page.ready || page.busy)
            return;
        const id = Session.profiles.save(page.profileId, page.name, page.jid, page.connect, page.server, page.colour);
        if (id === "")
            return;
        const typed = page.password;
        choose(id);
        if (typed === "") {
            Session.open(id);
        } else {
            page.password = typed; // should it be the address that was wrong
            Session.openWith(id, typed, remember.checked && Session.keychainProblem === "");
        }
    }

    color: Theme.window
    Component.onCompleted: {
        Session.checkKeychain();
        choose(Session.profiles.last);
    }

    Connections {
        target: Session

        function onPasswordAsked() {
            if (Session.askedProfile === "")
                return;
            page.choose(Session.askedProfile);
            passwordField.forceActiveFocus();
        }

        function onErrorChanged() {
            if (page.visible && Session.certificates.length > 0)
                certificates.open();
        }
    }
    CertificateSheet {
        id: certificates
    }
    Flickable {
        anchors.fill: parent
        contentHeight: Math.max(height, card.height + Space.huge * 2)
        boundsBehavior: Flickable.StopAtBounds

        Card {
            id: card

            anchors.centerIn: parent
            width: Space.form + Space.page + (list.visible ? Space.sidebar + Space.large * 2 : 0)
            height: row.implicitHeight + padding * 2
            padding: Space.large

            RowLayout {
                id: row

                width: parent.width
                spacing: Space.large

                ColumnLayout {
                    id: list

                    visible: Session.profiles.count > 0
                    spacing: Space.small
                    Layout.preferredWidth: Space.sidebar
                    Layout.maximumWidth: Space.sidebar
                    Layout.fillHeight: true

                    Heading {
                        text: qsTr("Servers")
                        Layout.preferredHeight: Space.control
                    }
                    Rows {
                        id: profiles

                        objectName: "profiles"
                        model: Session.profiles
                        enabled: !page.busy
                        focus: false
                        spacing: Space.unit
                        Layout.fillWidth: true
                        Layout.fillHeight: true
                        Accessible.name: qsTr("Servers")
                        Keys.onReturnPressed: page.submit()
                        Keys.onEnterPressed: page.submit()
                        onCurrentIndexChanged: {
                            if (activeFocus && currentIndex >= 0)
                                page.turnTo(model.data(model.index(currentIndex, 0), Profiles.ProfileIdRole));
                        }

                        delegate: Item {
                            id: entry

                            required property int index
                            required property string profileId
                            required property string name
                            required property string jid
                            required property string colour

                            objectName: "profile-" + name
                            width: profiles.width
                            height: Space.tallRow
                            Accessible.role: Accessible.ListItem
                            Accessible.name: qsTr("%1, %2", "%1 is the name of a server, %2 a JID").arg(name).arg(jid)
                            Accessible.selected: profileId === page.profileId

                            RowGround {
                                anchors.fill: parent
                                radius: Space.smallRadius
                                clip: true
                                current: entry.profileId === page.profileId
                                focused: profiles.activeFocus
                                hovered: pointer.hovered
                            }
                            HoverHandler {
                                id: pointer
                            }
                            TapHandler {
                                onTapped: {
                                    profiles.forceActiveFocus();
                                    page.turnTo(entry.profileId);
                                }
                                onDoubleTapped: page.submit()
                            }
                            RowLayout {
                                anchors.fill: parent
                                anchors.leftMargin: Space.card
                                anchors.rightMargin: Space.small
                                spacing: Space.small

                                Icon {
                                    name: Icons.server
                                    color: entry.colour === "" ? Theme.secondaryText : Theme.mark(entry.colour)
                                }
                                ColumnLayout {
                                    spacing: 0
                                    Layout.fillWidth: true

                                    Body {
                                        text: entry.name
                                        Layout.fillWidth: true
                                        Accessible.ignored: true
                                    }
                                    Secondary {
                                        text: entry.jid
                                        elide: Text.ElideMiddle
                                        Layout.fillWidth: true
                                        Accessible.ignored: true
                                    }
                                }
                            }
                        }
                    }
                    Button {
                        objectName: "newProfile"
                        text: qsTr("Add server")
                        icon.name: Icons.add
                        flat: true
                        enabled: !page.busy
                        onClicked: {
                            page.turnTo("");
                            jidField.forceActiveFocus();
                        }
                    }
                }
                Separator {
                    vertical: true
                    visible: list.visible
                    Layout.fillHeight: true
                }
                ColumnLayout {
                    spacing: Space.page
                    Layout.fillWidth: true
                    Layout.alignment: Qt.AlignTop

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
                        action: Session.certificates.length > 0 ? qsTr("Show certificate") : ""
                        Layout.fillWidth: true
                        onActed: certificates.open()
                    }
                    RowLayout {
                        spacing: Space.card

                        Field {
                            label: qsTr("Name (optional)")
                            Layout.fillWidth: true

                            TextField {
                                id: nameField

                                objectName: "profileName"
                                placeholderText: qsTr("Building A")
                                enabled: !page.busy
                                Layout.fillWidth: true
                                Accessible.name: qsTr("Name of the server")
                                onAccepted: page.submit()
                            }
                        }
                        Field {
                            label: qsTr("Mark")

                            ColourChoice {
                                objectName: "profileColour"
                                colour: page.colour
                                enabled: !page.busy
                                onChosen: name => page.colour = name
                            }
                        }
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
                        help: {
                            if (Session.askedProfile === page.profileId && page.profileId !== "")
                                return Session.askReason !== "" ? Session.askReason : qsTr("None is kept for this server: type it.");
                            return page.profileId !== "" && Session.keychainProblem === "" ? qsTr("Leave it empty to use the one in the system's keychain.") : "";
                        }
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
                        CheckBox {
                            id: remember

                            objectName: "remember"
                            text: qsTr("Keep it in the system's keychain")
                            checked: Session.keychainProblem === ""
                            enabled: !page.busy && Session.keychainProblem === ""
                        }
                        Secondary {
                            text: Session.keychainProblem
                            visible: text !== "" && Session.askReason === ""
                            wrapMode: Text.Wrap
                            elide: Text.ElideNone
                            Layout.fillWidth: true
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
                    InlineMessage {
                        objectName: "pinned"
                        meaning: "partly"
                        text: page.pinned ? qsTr("This server is known by one certificate that you chose to trust.") : ""
                        action: qsTr("Forget it")
                        Layout.fillWidth: true
                        onActed: {
                            Session.profiles.unpin(page.profileId);
                            page.choose(page.profileId);
                        }
                    }
                    InlineMessage {
                        objectName: "removeProfile"
                        text: page.removing ? qsTr("Forget %1 with its password, its local copy and the changes that are not pushed?", "%1 is the name of a server").arg(page.name) : ""
                        action: qsTr("Forget it")
                        Layout.fillWidth: true
                        onActed: {
                            Session.profiles.remove(page.profileId);
                            page.choose(Session.profiles.count > 0 ? Session.profiles.data(Session.profiles.index(0, 0), Profiles.ProfileIdRole) : "");
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
                        Button {
                            objectName: "askRemoveProfile"
                            text: qsTr("Remove …")
                            flat: true
                            dangerous: true
                            visible: !page.busy && page.profileId !== ""
                            onClicked: page.removing = !page.removing
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
}
