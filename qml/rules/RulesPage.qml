// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* The ordered access rules of one action: the first that matches decides. */
Page {
    id: page

    property string selected: ""
    readonly property bool editable: Session.canEdit && !Session.draft.pushing
    readonly property bool filtered: search.text !== ""
    readonly property string reason: {
        if (!Session.canEdit)
            return qsTr("Your role (%1) may look at the rules and change none.", "%1 is a role").arg(Session.role);
        return Session.draft.pushing ? qsTr("A push is under way.") : "";
    }

    function show(action: string, ruleId: string) {
        search.clear();
        rules.action = action;
        page.selected = ruleId;
        Qt.callLater(page.follow);
    }

    function idAt(row: int): string {
        return rules.data(rules.index(row, 0), AccessRulesModel.RuleIdRole);
    }

    /// Places the rule at \a from before the one that is at \a before now.
    function move(from: int, before: int) {
        if (!page.editable || page.filtered || from < 0 || before < 0 || before > rules.count || before === from || before === from + 1)
            return;
        page.selected = page.idAt(from);
        Session.draft.moveRule(page.selected, before === 0 ? "" : page.idAt(before - 1));
    }

    /// Where the selected rule is among those in sight or near, or -1. Asked of the model: the view learns of a move
    /// only when it draws.
    function selectedRow(): int {
        const top = Math.max(0, Math.floor(rows.topRow - rows.first));
        const near = Math.ceil(rows.visibleRows);
        for (let row = Math.max(0, top - near); row < Math.min(rules.count, top + 2 * near); ++row) {
            if (page.idAt(row) === page.selected)
                return row;
        }
        return -1;
    }

    /// Moves the selected rule by one place.
    function step(down: bool) {
        const row = page.selectedRow();
        if (row >= 0)
            page.move(row, down ? row + 2 : row - 1);
    }

    /// Keeps the selected rule in sight.
    function follow() {
        if (page.selected === "" || page.filtered)
            return;
        const row = page.selectedRow();
        if (row >= 0)
            rows.go(rules.first + row);
        else
            rules.find(page.selected);
    }

    function remove(ruleId: string) {
        if (page.editable)
            Session.draft.removeRule(ruleId);
    }

    function edit(ruleId: string) {
        if (page.editable)
            editor.edit(ruleId);
    }

    objectName: "rulesPage"
    title: qsTr("Access rules")
    subtitle: qsTr("The first rule that matches decides; what no rule allows is denied")

    tools: [
        Button {
            objectName: "addRule"
            text: rules.action === "control" ? qsTr("Add control rule") : qsTr("Add read rule")
            icon.name: Icons.add
            primary: true
            enabled: page.editable
            reason: page.reason
            hint: qsTr("Ctrl+N")
            onClicked: editor.create(rules.action)
        }
    ]

    Shortcut {
        sequences: [StandardKey.New]
        enabled: page.editable && page.visible
        onActivated: editor.create(rules.action)
    }
    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        RowLayout {
            spacing: Space.small
            Layout.fillWidth: true
            Layout.leftMargin: Space.page
            Layout.rightMargin: Space.page
            Layout.bottomMargin: Space.small

            Segmented {
                objectName: "action"
                name: qsTr("Action")
                current: rules.action
                options: [
                    {
                        text: qsTr("Read"),
                        value: "read"
                    },
                    {
                        text: qsTr("Control"),
                        value: "control"
                    }
                ]
                onChosen: value => {
                    rules.action = value;
                    page.selected = "";
                }
            }
            SearchField {
                id: search

                objectName: "ruleSearch"
                placeholderText: qsTr("Search rules …")
                Layout.fillWidth: true
                Layout.maximumWidth: Space.form
                Accessible.name: qsTr("Search rules")
                Keys.onDownPressed: rows.forceActiveFocus(Qt.TabFocusReason)
                onTextChanged: rules.search = text
            }
            Item {
                Layout.fillWidth: true
            }
            Secondary {
                text: page.filtered ? qsTr("%1 found; clear the search to change the order", "%1 is a number").arg(rules.more ? qsTr("more than %1", "%1 is a number").arg(rules.total) : rules.total) : (page.reason !== "" ? page.reason : qsTr("Alt+↑ and Alt+↓ move the selected rule"))
            }
        }
        Rectangle {
            color: Theme.base
            Layout.fillWidth: true
            Layout.fillHeight: true

            Separator {
                width: parent.width
            }
            Rows {
                id: rows

                objectName: "rules"
                anchors.fill: parent
                anchors.topMargin: Space.hairline
                model: rules
                rowHeight: Space.huge + Space.small
                currentIndex: -1
                reuseItems: false
                Accessible.name: qsTr("Rules in order")
                onActiveFocusChanged: {
                    if (activeFocus && currentIndex < 0 && count > 0)
                        currentIndex = 0;
                }
                onCurrentItemChanged: {
                    if (activeFocus && currentItem)
                        page.selected = (currentItem as RuleRow).ruleId;
                }
                Keys.onReturnPressed: page.edit(page.selected)
                Keys.onDeletePressed: page.remove(page.selected)
                Keys.onUpPressed: event => {
                    if (event.modifiers & Qt.AltModifier)
                        page.step(false);
                    else
                        event.accepted = false;
                }
                Keys.onDownPressed: event => {
                    if (event.modifiers & Qt.AltModifier)
                        page.step(true);
                    else
                        event.accepted = false;
                }

                move: Transition {
                    NumberAnimation {
                        property: "y"
                        duration: Motion.slow
                        easing.type: Easing.OutCubic
                    }
                }
                displaced: move

                delegate: RuleRow {
                    id: ruleRow

                    width: rows.width
                    action: rules.action
                    current: ruleId === page.selected
                    focusedList: rows.activeFocus
                    editable: page.editable
                    movable: page.editable && !page.filtered
                    reason: page.reason !== "" ? page.reason : qsTr("Clear the search to change the order.")
                    last: index === rows.count - 1
                    onChosen: {
                        rows.forceActiveFocus(Qt.MouseFocusReason);
                        rows.currentIndex = index;
                        page.selected = ruleId;
                    }
                    onEdited: page.edit(ruleId)
                    onRemoved: page.remove(ruleId)
                    onMovedUp: page.move(index, index - 1)
                    onMovedDown: page.move(index, index + 2)
                    onDragged: y => drop.show(index, ruleRow.y + y)
                    onDropped: drop.finish()
                }

                Rectangle {
                    id: drop

                    property int from: -1
                    property int before: -1

                    function show(from: int, y: real) {
                        drop.from = from;
                        drop.before = Math.max(0, Math.min(rows.count, Math.round((y - rows.originY) / rows.rowHeight)));
                    }

                    function finish() {
                        const from = drop.from;
                        drop.from = -1;
                        if (from >= 0)
                            page.move(from, drop.before);
                    }

                    parent: rows.contentItem
                    z: 2
                    visible: from >= 0 && before !== from && before !== from + 1
                    y: rows.originY + before * rows.rowHeight - height / 2
                    width: rows.width
                    height: Space.focusRing
                    color: Theme.accent
                }
            }
            EmptyState {
                anchors.fill: parent
                visible: rules.count === 0 && !rules.loading
                icon: Icons.rule
                title: page.filtered ? qsTr("Nothing found") : (rules.action === "control" ? qsTr("No control rules") : qsTr("No read rules"))
                text: page.filtered ? qsTr("No rule fits the search.") : (rules.action === "control" ? qsTr("Nobody may control anything until a rule allows it.") : qsTr("Nobody may read anything until a rule allows it."))
                action: page.filtered ? qsTr("Show all") : ""
                onActed: search.clear()
            }
        }
    }
    AccessRulesModel {
        id: rules

        action: "read"
    }
    Connections {
        target: rules

        function onFirstChanged() {
            if (rules.first === 0) // read anew; else the list was scrolled
                Qt.callLater(page.follow);
        }

        function onFound(ruleId: string, row: real) {
            if (ruleId === page.selected && row >= 0)
                rows.go(row);
        }

        function onRowsMoved() {
            if (rows.activeFocus)
                Qt.callLater(page.follow);
        }
    }
    RuleSheet {
        id: editor
    }
}
