// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What pushing the pending changes would do: who gains what, who loses what, how many things are told. */
ColumnLayout {
    id: view

    property alias active: effects.active

    spacing: 0

    DraftEffects {
        id: effects
    }
    ProgressBar {
        indeterminate: true
        visible: effects.state === "asking"
        Layout.fillWidth: true
    }
    InlineMessage {
        objectName: "effectsProblem"
        text: effects.error
        Layout.fillWidth: true
        Layout.margins: Space.page
    }
    Flow {
        visible: effects.state === "ready"
        spacing: Space.small
        Layout.fillWidth: true
        Layout.leftMargin: Space.page
        Layout.rightMargin: Space.page
        Layout.topMargin: Space.small
        Layout.bottomMargin: Space.card

        Chip {
            objectName: "effectsLost"
            text: effects.truncated ? qsTr("more than %n lost", "", effects.lost) : qsTr("%n lost", "", effects.lost)
            meaning: "denied"
        }
        Chip {
            objectName: "effectsGained"
            text: effects.truncated ? qsTr("more than %n gained", "", effects.gained) : qsTr("%n gained", "", effects.gained)
            meaning: "allowed"
        }
        Chip {
            objectName: "effectsMessages"
            text: qsTr("%n messages to things", "", effects.messages)
            meaning: "pending"
        }
    }
    Rows {
        id: rows

        objectName: "effects"
        model: effects.effects
        currentIndex: -1
        visible: effects.state === "ready"
        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: qsTr("What the changes do")

        delegate: Item {
            id: effect

            required property effectInfo modelData
            readonly property string word: modelData.gained ? qsTr("gained") : qsTr("lost")

            width: rows.width
            implicitHeight: content.implicitHeight + Space.small * 2
            Accessible.role: Accessible.ListItem
            Accessible.name: word + ": " + modelData.text + (modelData.detail !== "" ? ", " + modelData.detail : "")

            RowGround {
                anchors.fill: parent
                current: rows.activeFocus && effect.ListView.isCurrentItem
                focused: rows.activeFocus
            }
            RowLayout {
                id: content

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                anchors.leftMargin: Space.page
                anchors.rightMargin: Space.page
                spacing: Space.small

                StatusIcon {
                    meaning: effect.modelData.gained ? "allowed" : "denied"
                    Layout.alignment: Qt.AlignTop
                    Layout.topMargin: Space.unit / 2
                }
                ColumnLayout {
                    spacing: 0
                    Layout.fillWidth: true

                    Body {
                        text: effect.modelData.text
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        Layout.fillWidth: true
                        Accessible.ignored: true
                    }
                    Secondary {
                        text: effect.modelData.detail
                        visible: text !== ""
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        Layout.fillWidth: true
                        Accessible.ignored: true
                    }
                }
            }
            Separator {
                anchors.bottom: parent.bottom
                width: parent.width
            }
        }
    }
    EmptyState {
        visible: effects.state === "ready" && effects.effects.length === 0
        icon: Icons.information
        title: qsTr("Nobody gains or loses anything")
        text: qsTr("The changes alter what is written down, but no answer that a thing gets.")
        Layout.fillWidth: true
        Layout.preferredHeight: Space.huge * 4
    }
    Item {
        visible: effects.state !== "ready" || effects.effects.length === 0
        Layout.fillHeight: true
    }
}
