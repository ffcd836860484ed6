// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What was decided about one part of a question; unfolded, every rule that was looked at. */
T.ItemDelegate {
    id: row

    required property verdictInfo modelData
    required property int index
    property bool unfolded: false

    signal chosen
    signal ruleOpened(string ruleId)

    readonly property string word: modelData.granted ? qsTr("allowed") : qsTr("denied")

    implicitHeight: column.implicitHeight + Space.small * 2
    hoverEnabled: true
    Accessible.role: Accessible.ListItem
    Accessible.name: (modelData.what !== "" ? modelData.what + ": " : "") + word + ", " + modelData.reason
    onClicked: {
        row.chosen();
        row.unfolded = !row.unfolded;
    }

    background: RowGround {
        hovered: row.hovered
        current: row.highlighted
        focused: row.highlighted
    }
    contentItem: Item {
        ColumnLayout {
            id: column

            x: Space.page
            y: Space.small
            width: parent.width - Space.page * 2
            spacing: Space.small

            RowLayout {
                spacing: Space.small
                Layout.fillWidth: true

                Icon {
                    name: row.unfolded ? Icons.collapse : Icons.expand
                    visible: row.modelData.steps.length > 0
                    color: Theme.secondaryText
                    sourceSize: Qt.size(Space.card, Space.card)
                }
                ColumnLayout {
                    spacing: 0
                    Layout.fillWidth: true

                    Body {
                        text: row.modelData.what
                        visible: text !== ""
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        Layout.fillWidth: true
                    }
                    Secondary {
                        text: row.modelData.reason
                        wrapMode: Text.Wrap
                        elide: Text.ElideNone
                        Layout.fillWidth: true
                    }
                }
                Chip {
                    text: row.word
                    meaning: row.modelData.granted ? "allowed" : "denied"
                }
            }
            Repeater {
                model: row.unfolded ? row.modelData.steps : []

                RowLayout {
                    id: step

                    required property traceStep modelData

                    spacing: Space.small
                    Layout.fillWidth: true
                    Layout.leftMargin: Space.large

                    Rectangle {
                        color: step.modelData.decided ? Theme.accent : Theme.border
                        radius: Space.hairline
                        Layout.preferredWidth: Space.focusRing
                        Layout.fillHeight: true
                    }
                    ColumnLayout {
                        spacing: 0
                        Layout.fillWidth: true

                        Body {
                            text: step.modelData.text
                            font.weight: step.modelData.decided ? Font.DemiBold : Font.Normal
                            color: step.modelData.decided ? Theme.text : Theme.secondaryText
                            wrapMode: Text.Wrap
                            elide: Text.ElideNone
                            Layout.fillWidth: true
                        }
                        Secondary {
                            text: step.modelData.outcome
                            Layout.fillWidth: true
                        }
                    }
                    Button {
                        objectName: "openRule-" + step.modelData.ruleId
                        text: qsTr("Show rule")
                        visible: row.modelData.ruleId === step.modelData.ruleId
                        onClicked: row.ruleOpened(step.modelData.ruleId)
                    }
                }
            }
        }
    }
}
