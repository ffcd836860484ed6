// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What the overview is busy with, and the way to stop it. Short readings are not worth a word. */
FloatingSurface {
    id: activity

    required property NetworkModel model
    property bool patient: true

    readonly property string text: {
        switch (model.activity) {
        case NetworkModel.Reading:
            return patient ? "" : qsTr("Reading the network");
        case NetworkModel.Arranging:
            return patient ? "" : qsTr("Arranging the network");
        case NetworkModel.Cancelled:
            return model.nodeCount > 0 ? qsTr("What is shown is not the newest") : qsTr("Nothing was read");
        default:
            return "";
        }
    }

    implicitWidth: row.implicitWidth + Space.card * 2
    implicitHeight: Space.control + Space.small
    Accessible.role: Accessible.StatusBar
    Accessible.name: text

    Timer {
        interval: 400
        running: activity.model.activity === NetworkModel.Reading || activity.model.activity === NetworkModel.Arranging
        onRunningChanged: activity.patient = true
        onTriggered: activity.patient = false
    }
    RowLayout {
        id: row

        anchors.fill: parent
        anchors.leftMargin: Space.card
        anchors.rightMargin: Space.unit
        spacing: Space.small

        Body {
            text: activity.text
            Accessible.ignored: true
        }
        ProgressBar {
            visible: activity.model.activity !== NetworkModel.Cancelled
            indeterminate: activity.model.activity === NetworkModel.Arranging
            value: activity.model.progress
            Layout.preferredWidth: Space.huge * 2
        }
        Button {
            objectName: "networkActivity"
            text: activity.model.activity === NetworkModel.Cancelled ? qsTr("Read it") : qsTr("Stop")
            onClicked: activity.model.activity === NetworkModel.Cancelled ? activity.model.retry() : activity.model.cancel()
        }
    }
}
