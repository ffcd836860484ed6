// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The form for one access rule. What it saves goes into the draft, not yet to the server. */
Sheet {
    id: sheet

    /// What was wrong is said only once saving has been tried.
    property bool tried: false
    readonly property bool reads: editor.action === "read"

    function create(action: string) {
        sheet.tried = false;
        editor.create(action, "");
        sheet.open();
    }

    function edit(ruleId: string) {
        sheet.tried = false;
        editor.load(ruleId);
        sheet.open();
    }

    function save() {
        names.finish();
        sheet.tried = true;
        if (editor.problem === "" && !from.wrong && !until.wrong && editor.save())
            sheet.close();
    }

    function labelOf(kind: string): string {
        switch (kind) {
        case "jid":
        case "device":
            return qsTr("JID");
        case "domain":
            return qsTr("Domain");
        case "role":
            return qsTr("Role");
        default:
            return qsTr("SHA-256 thumbprint");
        }
    }

    title: {
        if (editor.isNew)
            return sheet.reads ? qsTr("New read rule") : qsTr("New control rule");
        return sheet.reads ? qsTr("Edit read rule") : qsTr("Edit control rule");
    }
    subtitle: editor.isNew ? qsTr("Goes to the end of the list; move it where it belongs") : qsTr("Keeps its place in the list")

    RuleEditor {
        id: editor
    }
    Flickable {
        clip: true
        contentHeight: form.height + Space.page * 2
        boundsBehavior: Flickable.StopAtBounds
        Layout.fillWidth: true
        Layout.fillHeight: true
        T.ScrollBar.vertical: ScrollBar {}

        ColumnLayout {
            id: form

            x: Space.page
            y: Space.page
            width: parent.width - Space.page * 2
            spacing: Space.page

            Field {
                label: qsTr("Effect")
                Layout.fillWidth: true

                Segmented {
                    objectName: "effect"
                    name: qsTr("Effect")
                    focus: true
                    current: editor.effect
                    options: [
                        {
                            text: qsTr("Allow"),
                            value: "allow",
                            icon: Icons.allowed
                        },
                        {
                            text: qsTr("Deny"),
                            value: "deny",
                            icon: Icons.denied
                        }
                    ]
                    onChosen: value => editor.effect = value
                }
            }
            Field {
                label: sheet.reads ? qsTr("Who reads") : qsTr("Who controls")
                Layout.fillWidth: true

                Segmented {
                    objectName: "subjectKind"
                    name: qsTr("Who")
                    current: editor.subjectKind
                    options: [
                        {
                            text: qsTr("Everyone"),
                            value: "everyone"
                        },
                        {
                            text: qsTr("JID"),
                            value: "jid"
                        },
                        {
                            text: qsTr("Domain"),
                            value: "domain"
                        },
                        {
                            text: qsTr("Role"),
                            value: "role"
                        },
                        {
                            text: qsTr("Certificate"),
                            value: "certificate"
                        }
                    ]
                    onChosen: value => {
                        editor.subjectKind = value;
                        editor.subjectValue = "";
                    }
                }
                SuggestField {
                    objectName: "subjectValue"
                    visible: editor.subjectKind !== "everyone"
                    kind: editor.subjectKind === "jid" ? "thing" : (editor.subjectKind === "certificate" ? "" : editor.subjectKind)
                    identifier: editor.subjectKind !== "role"
                    placeholderText: sheet.labelOf(editor.subjectKind)
                    text: editor.subjectValue
                    Layout.fillWidth: true
                    onEdited: text => editor.subjectValue = text
                }
            }
            Field {
                label: sheet.reads ? qsTr("What is read") : qsTr("What is controlled")
                Layout.fillWidth: true

                Segmented {
                    objectName: "targetKind"
                    name: qsTr("What")
                    current: editor.targetKind
                    options: [
                        {
                            text: qsTr("Any device"),
                            value: "any"
                        },
                        {
                            text: qsTr("One device"),
                            value: "device"
                        },
                        {
                            text: qsTr("Devices with a role"),
                            value: "role"
                        }
                    ]
                    onChosen: value => {
                        editor.targetKind = value;
                        editor.targetValue = "";
                    }
                }
                SuggestField {
                    objectName: "targetValue"
                    visible: editor.targetKind !== "any"
                    kind: editor.targetKind === "device" ? "thing" : "role"
                    identifier: editor.targetKind === "device"
                    placeholderText: sheet.labelOf(editor.targetKind)
                    text: editor.targetValue
                    Layout.fillWidth: true
                    onEdited: text => editor.targetValue = text
                }
                CheckBox {
                    objectName: "useNode"
                    text: qsTr("Only certain nodes of it")
                    checked: editor.useNode
                    onToggled: {
                        editor.useNode = checked;
                        checked = Qt.binding(() => editor.useNode);
                    }
                }
                GridLayout {
                    visible: editor.useNode
                    columns: 2
                    columnSpacing: Space.small
                    rowSpacing: Space.unit
                    Layout.fillWidth: true
                    Layout.leftMargin: Space.large

                    SuggestField {
                        objectName: "nodeId"
                        kind: "node"
                        of: editor.targetKind === "device" ? editor.targetValue : ""
                        identifier: true
                        placeholderText: qsTr("Node id")
                        text: editor.nodeId
                        Layout.columnSpan: 2
                        Layout.fillWidth: true
                        onEdited: text => editor.nodeId = text
                    }
                    TextField {
                        objectName: "sourceId"
                        identifier: true
                        placeholderText: qsTr("Source id (any)")
                        text: editor.sourceId
                        Layout.fillWidth: true
                        onTextEdited: editor.sourceId = text
                    }
                    TextField {
                        objectName: "cacheType"
                        identifier: true
                        placeholderText: qsTr("Cache type (any)")
                        text: editor.cacheType
                        Layout.fillWidth: true
                        onTextEdited: editor.cacheType = text
                    }
                    CheckBox {
                        objectName: "andBelow"
                        text: qsTr("And every node below it")
                        checked: editor.andBelow
                        Layout.columnSpan: 2
                        onToggled: {
                            editor.andBelow = checked;
                            checked = Qt.binding(() => editor.andBelow);
                        }
                    }
                }
            }
            Field {
                label: sheet.reads ? qsTr("Fields") : qsTr("Parameters")
                help: editor.names.length === 0 ? (sheet.reads ? qsTr("Empty: all fields. * stands for any characters.") : qsTr("Empty: all parameters. * stands for any characters.")) : ""
                Layout.fillWidth: true

                NamesField {
                    id: names

                    input.objectName: "names"
                    kind: sheet.reads ? "field" : "parameter"
                    of: editor.targetKind === "device" ? editor.targetValue : ""
                    placeholderText: sheet.reads ? qsTr("Add a field") : qsTr("Add a parameter")
                    values: editor.names
                    Layout.fillWidth: true
                    onEdited: values => editor.names = values
                }
            }
            Field {
                label: qsTr("Field types")
                visible: sheet.reads
                Layout.fillWidth: true

                TypesField {
                    values: editor.types
                    Layout.fillWidth: true
                    onEdited: values => editor.types = values
                }
            }
            Field {
                label: qsTr("Valid from, until (optional)")
                error: from.wrong || until.wrong ? qsTr("A time looks like 2026-12-01 18:00.") : ""
                Layout.fillWidth: true

                RowLayout {
                    spacing: Space.small

                    TimeField {
                        id: from

                        objectName: "from"
                        time: editor.from
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Valid from")
                        onEdited: time => editor.from = time
                    }
                    TimeField {
                        id: until

                        objectName: "until"
                        time: editor.until
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Valid until")
                        onEdited: time => editor.until = time
                    }
                }
            }
            Field {
                label: qsTr("Only with a token of (optional)")
                Layout.fillWidth: true

                RowLayout {
                    spacing: Space.small

                    SuggestField {
                        objectName: "withUser"
                        kind: "thing"
                        identifier: true
                        placeholderText: qsTr("user")
                        text: editor.withUser
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Only with a token of this user")
                        onEdited: text => editor.withUser = text
                    }
                    SuggestField {
                        objectName: "withService"
                        kind: "thing"
                        identifier: true
                        placeholderText: qsTr("service")
                        text: editor.withService
                        Layout.fillWidth: true
                        Accessible.name: qsTr("Only with a token of this service")
                        onEdited: text => editor.withService = text
                    }
                }
            }
            Field {
                label: qsTr("Comment")
                Layout.fillWidth: true

                TextField {
                    objectName: "comment"
                    placeholderText: qsTr("Why this rule is there")
                    text: editor.comment
                    Layout.fillWidth: true
                    onTextEdited: editor.comment = text
                }
            }
        }
    }
    InlineMessage {
        objectName: "ruleProblem"
        text: sheet.tried ? editor.problem : ""
        Layout.fillWidth: true
        Layout.leftMargin: Space.page
        Layout.rightMargin: Space.page
        Layout.bottomMargin: Space.card
    }

    footer: [
        Secondary {
            text: qsTr("Takes effect once it is pushed")
            Layout.fillWidth: true
        },
        Button {
            text: qsTr("Cancel")
            onClicked: sheet.close()
        },
        Button {
            objectName: "saveRule"
            text: editor.isNew ? qsTr("Add rule") : qsTr("Change rule")
            primary: true
            onClicked: sheet.save()
        }
    ]
}
