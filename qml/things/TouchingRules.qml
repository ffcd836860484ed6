// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The access rules that can involve one thing, as subject or as device. */
Flickable {
    id: rules

    required property string jid

    signal ruleOpened(string action, string ruleId)

    clip: true
    contentHeight: column.height
    boundsBehavior: Flickable.StopAtBounds
    T.ScrollBar.vertical: ScrollBar {}

    Column {
        id: column

        width: rules.width

        Repeater {
            model: [
                {
                    action: "read",
                    title: qsTr("Reading"),
                    rules: reading
                },
                {
                    action: "control",
                    title: qsTr("Control"),
                    rules: control
                }
            ]

            Column {
                id: group

                required property var modelData

                width: column.width
                visible: group.modelData.rules.count > 0

                Secondary {
                    text: group.modelData.title
                    font.weight: Font.Medium
                    leftPadding: Space.page
                    topPadding: Space.small
                    bottomPadding: Space.unit
                }
                Repeater {
                    model: group.modelData.rules

                    T.AbstractButton {
                        id: rule

                        required property string ruleId
                        required property int position
                        required property string effect
                        required property string subjectText
                        required property string targetText
                        required property string nodeText
                        required property var names
                        required property string draftState
                        readonly property string about: [targetText, nodeText, names.join(", ")].filter(part => part !== "").join(" · ")

                        objectName: "touching-" + ruleId
                        width: column.width
                        implicitHeight: Space.tallRow
                        hoverEnabled: true
                        focusPolicy: Qt.StrongFocus
                        Accessible.name: qsTr("Rule %1: %2 %3 on %4", "%1 is a number, %2 allow or deny, %3 who, %4 what").arg(position).arg(effect).arg(subjectText).arg(targetText)
                        Keys.onReturnPressed: click()
                        onClicked: rules.ruleOpened(group.modelData.action, ruleId)

                        contentItem: RowLayout {
                            spacing: Space.small

                            Secondary {
                                text: rule.position
                                horizontalAlignment: Text.AlignRight
                                Layout.leftMargin: Space.page
                                Layout.minimumWidth: Space.icon
                            }
                            StatusIcon {
                                meaning: rule.effect === "allow" ? "allowed" : "denied"
                            }
                            ColumnLayout {
                                spacing: 0
                                Layout.fillWidth: true
                                Layout.rightMargin: Space.page

                                Body {
                                    text: rule.subjectText
                                    font.strikeout: rule.draftState === "removed"
                                    Layout.fillWidth: true
                                    Accessible.ignored: true
                                }
                                Secondary {
                                    text: "→ " + rule.about
                                    Layout.fillWidth: true
                                    Accessible.ignored: true
                                }
                            }
                            StatusIcon {
                                meaning: "pending"
                                visible: rule.draftState !== ""
                                Layout.rightMargin: Space.card
                            }
                        }
                        background: RowGround {
                            hovered: rule.hovered

                            FocusRing {
                                visible: rule.visualFocus
                            }
                        }
                    }
                }
            }
        }
        EmptyState {
            width: column.width
            visible: reading.count + control.count === 0 && !reading.loading && !control.loading
            icon: Icons.rule
            title: qsTr("No rule touches it")
            text: qsTr("What no rule allows is denied.")
        }
    }
    AccessRulesModel {
        id: reading

        action: "read"
        touching: rules.jid
    }
    AccessRulesModel {
        id: control

        action: "control"
        touching: rules.jid
    }
}
