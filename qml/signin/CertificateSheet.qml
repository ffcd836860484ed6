// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* What a server has shown and is not trusted, for a person to judge; trusting it is a choice made here. */
Sheet {
    id: sheet

    objectName: "certificateSheet"
    title: qsTr("Certificate not trusted")
    subtitle: qsTr("Your password was not sent.")
    wide: Space.wideSheet

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
            spacing: Space.card

            Body {
                text: qsTr("Ask whoever runs the server for the SHA-256 of its certificate, in another way than over this network. If it is the first one below, you can trust it for this server. Any other certificate will be refused from then on.")
                wrapMode: Text.Wrap
                elide: Text.ElideNone
                Layout.fillWidth: true
                Layout.margins: Space.page
                Layout.bottomMargin: 0
            }
            Repeater {
                model: Session.certificates

                Card {
                    id: card

                    required property int index
                    required property certificateInfo modelData

                    Layout.fillWidth: true
                    Layout.leftMargin: Space.page
                    Layout.rightMargin: Space.page
                    Layout.preferredHeight: column.implicitHeight + padding * 2
                    Accessible.role: Accessible.Grouping
                    Accessible.name: heading.text

                    ColumnLayout {
                        id: column

                        width: parent.width
                        spacing: Space.small

                        RowLayout {
                            spacing: Space.small

                            Icon {
                                name: Icons.certificate
                                color: Theme.secondaryText
                            }
                            Heading {
                                id: heading

                                text: card.index === 0 ? qsTr("The server's own") : qsTr("Issuer %1", "%1 is a number").arg(card.index)
                                Layout.fillWidth: true
                            }
                        }
                        Repeater {
                            model: card.modelData.problems

                            InlineMessage {
                                required property string modelData

                                text: modelData
                                Layout.fillWidth: true
                            }
                        }
                        GridLayout {
                            columns: 2
                            columnSpacing: Space.card
                            rowSpacing: Space.unit

                            Secondary {
                                text: qsTr("Issued to")
                            }
                            Body {
                                text: card.modelData.subject
                                Layout.fillWidth: true
                            }
                            Secondary {
                                text: qsTr("Issued by")
                            }
                            Body {
                                text: card.modelData.issuer
                                Layout.fillWidth: true
                            }
                            Secondary {
                                text: qsTr("Valid")
                            }
                            Body {
                                text: qsTr("%1 to %2", "%1 and %2 are dates").arg(card.modelData.notBefore.toLocaleDateString(Qt.locale(), Locale.ShortFormat)).arg(card.modelData.notAfter.toLocaleDateString(Qt.locale(), Locale.ShortFormat))
                                Layout.fillWidth: true
                            }
                            Secondary {
                                text: qsTr("SHA-256")
                                Layout.alignment: Qt.AlignTop
                            }
                            Identifier {
                                objectName: "thumbprint-" + card.index
                                text: card.modelData.thumbprint
                                color: Theme.text
                                wrapMode: Text.WrapAnywhere
                                elide: Text.ElideNone
                                Layout.fillWidth: true
                            }
                        }
                    }
                }
            }
            Item {
                Layout.preferredHeight: Space.unit
            }
        }
    }
    footer: [
        Button {
            objectName: "pinCertificate"
            text: qsTr("Trust this certificate")
            hint: qsTr("For this server only, and no other certificate of it")
            dangerous: true
            enabled: Session.certificates.length > 0
            onClicked: {
                sheet.close();
                Session.pinCertificate();
            }
        },
        Item {
            Layout.fillWidth: true
        },
        Button {
            objectName: "distrust"
            text: qsTr("Do not connect")
            primary: true
            focus: true
            onClicked: sheet.close()
        }
    ]
}
