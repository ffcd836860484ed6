// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Theme

/* All that one entry of the audit log says: with the object before and after. */
Item {
    id: detail

    required property HistoryRow entry

    signal closed

    Rectangle {
        anchors.fill: parent
        color: Theme.base
    }
    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.small
            Layout.topMargin: Space.small

            Heading {
                objectName: "entryHeading"
                text: qsTr("Entry %1", "%1 is a number").arg(detail.entry?.number ?? 0)
                Layout.fillWidth: true
            }
            IconButton {
                objectName: "closeEntry"
                icon.name: Icons.close
                hint: qsTr("Close (Esc)")
                onClicked: detail.closed()
            }
        }
        T.ScrollView {
            id: scroller

            clip: true
            contentWidth: availableWidth
            Layout.fillWidth: true
            Layout.fillHeight: true
            T.ScrollBar.vertical: ScrollBar {
                parent: scroller
                x: scroller.width - width
                height: scroller.height
            }

            ColumnLayout {
                width: scroller.availableWidth
                spacing: Space.small

                Repeater {
                    model: detail.entry ? [
                        {
                            name: qsTr("When"),
                            text: detail.entry.at.toLocaleString(Qt.locale(), Locale.LongFormat)
                        },
                        {
                            name: qsTr("Who"),
                            text: detail.entry.by
                        },
                        {
                            name: qsTr("What"),
                            text: detail.entry.what
                        },
                        {
                            name: qsTr("Object"),
                            text: detail.entry.objectId
                        },
                        {
                            name: qsTr("Why"),
                            text: detail.entry.why
                        },
                        {
                            name: qsTr("Result"),
                            text: detail.entry.result
                        },
                        {
                            name: qsTr("Revision"),
                            text: detail.entry.revision > 0 ? String(detail.entry.revision) : ""
                        },
                        {
                            name: qsTr("Before"),
                            text: detail.entry.before
                        },
                        {
                            name: qsTr("After"),
                            text: detail.entry.after
                        },
                        {
                            name: qsTr("SHA-256 up to here"),
                            text: detail.entry.hash
                        }
                    ].filter(part => part.text !== "") : []

                    ColumnLayout {
                        id: part

                        required property var modelData

                        spacing: 0
                        Layout.fillWidth: true
                        Layout.leftMargin: Space.page
                        Layout.rightMargin: Space.page

                        Secondary {
                            text: part.modelData.name
                        }
                        Identifier {
                            text: part.modelData.text
                            color: Theme.text
                            wrapMode: Text.WrapAnywhere
                            elide: Text.ElideNone
                            Layout.fillWidth: true
                            Accessible.name: part.modelData.name + " " + part.modelData.text
                        }
                    }
                }
                Item {
                    Layout.preferredHeight: Space.page
                }
            }
        }
    }
}
