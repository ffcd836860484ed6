// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What the server knows of the nodes behind a thing: their fields and parameters. */
Item {
    id: list

    required property list<nodeInfo> nodes

    Rows {
        id: rows

        anchors.fill: parent
        model: list.nodes
        currentIndex: -1
        Accessible.name: qsTr("Nodes")

        delegate: Item {
            id: node

            required property nodeInfo modelData

            width: rows.width
            implicitHeight: column.implicitHeight + Space.card * 2
            Accessible.role: Accessible.ListItem
            Accessible.name: node.modelData.nodeId !== "" ? node.modelData.nodeId : qsTr("The device itself")

            ColumnLayout {
                id: column

                anchors.left: parent.left
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                anchors.leftMargin: Space.page
                anchors.rightMargin: Space.page
                spacing: Space.unit

                RowLayout {
                    spacing: Space.small

                    Icon {
                        name: node.modelData.nodeId !== "" ? Icons.node : Icons.thing
                        color: Theme.secondaryText
                    }
                    Body {
                        text: node.modelData.name !== "" ? node.modelData.name : (node.modelData.nodeId !== "" ? node.modelData.nodeId : qsTr("The device itself"))
                        font.weight: Font.Medium
                        Layout.fillWidth: true
                    }
                    Identifier {
                        text: [node.modelData.sourceId, node.modelData.cacheType, node.modelData.nodeId].filter(part => part !== "").join(" / ")
                        visible: text !== ""
                        Layout.maximumWidth: node.width / 2
                    }
                }
                Secondary {
                    text: node.modelData.fields.length > 0 ? qsTr("Fields: %1", "%1 is a list").arg(node.modelData.fields.join(", ")) : ""
                    visible: text !== ""
                    wrapMode: Text.Wrap
                    elide: Text.ElideNone
                    Layout.fillWidth: true
                }
                Secondary {
                    text: node.modelData.parameters.length > 0 ? qsTr("Parameters: %1", "%1 is a list").arg(node.modelData.parameters.join(", ")) : ""
                    visible: text !== ""
                    wrapMode: Text.Wrap
                    elide: Text.ElideNone
                    Layout.fillWidth: true
                }
            }
            Separator {
                anchors.bottom: parent.bottom
                width: parent.width
            }
        }
    }
    EmptyState {
        anchors.fill: parent
        visible: list.nodes.length === 0
        icon: Icons.node
        title: qsTr("No inventory")
        text: qsTr("The server does not know which fields and parameters it has.")
    }
}
