// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic as Basic
import QtCore
import Castellan.Presentation
import Castellan.SignIn
import Castellan.Theme

/* The window: signing in, and then the workspace. What the command line says comes in as properties. */
Basic.ApplicationWindow {
    id: window

    property string jid: ""
    property string password: ""
    property string connect: ""
    property string server: ""
    /// "light", "dark", "system", or "" for what was chosen last.
    property string scheme: ""
    property bool reducedMotion: false
    /// Signs in at once if everything needed is known.
    property bool signInAtOnce: true
    /// Once there is a copy of the network to look at; losing the connection later leads nowhere else.
    property bool inside: false

    function follow() {
        switch (Session.state) {
        case Session.SignedOut:
            // A sign-in that failed is tried again with what was typed; who signed out has to type it anew.
            if (window.inside)
                signIn.password = "";
            window.inside = false;
            break;
        case Session.Synchronising:
        case Session.Cancelled:
            window.inside = window.inside || Session.thingCount > 0;
            break;
        case Session.Online:
        case Session.Offline:
            window.inside = true;
            break;
        }
    }

    function applyScheme(name: string) {
        Theme.scheme = name === "light" ? Theme.Light : (name === "dark" ? Theme.Dark : Theme.System);
    }

    width: 1280
    height: 800
    minimumWidth: 960
    minimumHeight: 600
    visible: true
    title: window.inside ? qsTr("%1 – Castellan", "%1 is a server").arg(Session.title) : qsTr("Castellan")
    color: Theme.window
    font.family: Fonts.family
    font.pixelSize: Fonts.body
    palette.window: Theme.window
    palette.windowText: Theme.text
    palette.text: Theme.text
    palette.base: Theme.base
    palette.highlight: Theme.accent
    palette.toolTipBase: Theme.floating
    palette.toolTipText: Theme.text
    palette.dark: Theme.border

    Component.onCompleted: {
        applyScheme(scheme !== "" ? scheme : settings.scheme);
        Motion.reduced = reducedMotion || settings.reducedMotion;
        if (jid === "")
            return;
        // Of this run only: it becomes a profile when it is signed in to from the page.
        signIn.choose("");
        signIn.jid = jid;
        signIn.connect = connect;
        signIn.server = server;
        signIn.password = password;
        if (signInAtOnce && password !== "")
            Session.signIn(jid, password, connect, server);
    }

    Settings {
        id: settings

        property string scheme: "system"
        property bool reducedMotion: false
    }
    Connections {
        target: Session

        function onStateChanged() {
            window.follow();
        }

        function onCountsChanged() {
            window.follow();
        }
    }
    SignInPage {
        id: signIn

        anchors.fill: parent
        visible: !window.inside
        focus: visible
    }
    Loader {
        anchors.fill: parent
        active: window.inside
        focus: active
        sourceComponent: Workspace {
            focus: true
            scheme: Theme.scheme === Theme.Light ? "light" : (Theme.scheme === Theme.Dark ? "dark" : "system")
            onSchemeChosen: name => {
                settings.scheme = name;
                window.applyScheme(name);
            }
            onMotionChosen: reduced => {
                settings.reducedMotion = reduced;
                Motion.reduced = reduced;
            }
        }
    }
}
