// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Theme

/* One push in a row: what, by whom, when, and how far it has come. Takes its values from PushesModel. */
T.AbstractButton {
    id: push

    required property int index
    required property double revision
    required property string title
    required property string by
    required property date committedAt
    required property int total
    required property int waiting
    required property int sent
    required property int acknowledged
    required property int failed
    required property int notices
    required property bool settled
    property bool expandable: false
    property bool expanded: false
    property bool current: false

    readonly property string stateText: {
        if (total === 0)
            return notices > 0 ? qsTr("%n notices", "messages sent", notices) : qsTr("Nobody had to be told");
        const parts = [qsTr("%1 of %2 acknowledged", "two numbers").arg(acknowledged).arg(total)];
        if (waiting > 0)
            parts.push(qsTr("%n waiting", "things", waiting));
        if (sent > 0)
            parts.push(qsTr("%n sent", "messages", sent));
        if (failed > 0)
            parts.push(qsTr("%n failed", "messages", failed));
        return parts.join(" · ");
    }

    implicitHeight: Space.tallRow + Space.small
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.name: title
    Accessible.description: stateText
    Keys.onReturnPressed: click()

    contentItem: RowLayout {
        spacing: Space.card

        Icon {
            name: push.expanded ? Icons.collapse : Icons.expand
            visible: push.expandable
            color: Theme.secondaryText
            Layout.leftMargin: Space.page
        }
        ColumnLayout {
            spacing: 0
            Layout.leftMargin: push.expandable ? 0 : Space.page
            Layout.fillWidth: true

            Body {
                text: push.title !== "" ? push.title : qsTr("Without a title")
                font.weight: Font.Medium
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            RowLayout {
                spacing: Space.unit

                Secondary {
                    text: qsTr("Revision %1 · %2 ·", "%1 is a number, %2 a JID").arg(push.revision).arg(push.by.split("/")[0])
                    Accessible.ignored: true
                    Layout.maximumWidth: push.width / 2
                }
                TimeText {
                    time: push.committedAt
                }
                Item {
                    Layout.fillWidth: true
                }
            }
        }
        ColumnLayout {
            spacing: Space.unit
            Layout.rightMargin: Space.page
            Layout.preferredWidth: Math.min(Space.inspector, push.width * 0.4)
            Layout.fillWidth: false

            RowLayout {
                spacing: Space.unit

                StatusIcon {
                    meaning: push.failed > 0 ? "denied" : (push.settled ? "allowed" : "pending")
                    sourceSize: Qt.size(Space.card, Space.card)
                }
                Secondary {
                    text: push.stateText
                    Layout.fillWidth: true
                    Accessible.ignored: true
                }
            }
            DeliveryBar {
                visible: push.total > 0
                total: push.total
                acknowledged: push.acknowledged
                failed: push.failed
                sent: push.sent
                waiting: push.waiting
                Layout.fillWidth: true
            }
        }
    }
    background: RowGround {
        current: push.current
        hovered: push.hovered
        focused: push.visualFocus

        FocusRing {
            visible: push.visualFocus
        }
    }
}
