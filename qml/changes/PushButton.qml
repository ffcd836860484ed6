// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import Castellan.Controls
import Castellan.Presentation
import Castellan.Theme

/* Pushes the draft, or says why it cannot be. */
Button {
    property string title: ""
    /// Seconds; 0: it stays without a confirmation.
    property int confirmWithin: 0
    readonly property Draft draft: Session.draft

    /// What others will read in Deliveries: the title, the name of the change set, or else what the first change does.
    function describe(): string {
        if (title !== "")
            return title;
        if (draft.name !== "")
            return draft.name;
        const first = draft.data(draft.index(0, 0), Draft.SummaryRole);
        return draft.count === 1 ? first : qsTr("%1, and %n more", "%1 is a change", draft.count - 1).arg(first);
    }

    function push() {
        if (enabled)
            draft.push(describe(), confirmWithin);
    }

    text: draft.pushing ? qsTr("Pushing …") : qsTr("Push %n changes", "", draft.count)
    hint: qsTr("Make them effective, all or none (Ctrl+Return)")
    primary: true
    icon.name: Icons.push
    enabled: Session.canEdit && draft.count > 0 && !draft.pushing && draft.conflictCount === 0 && Session.state === Session.Online
    reason: {
        if (draft.count === 0)
            return qsTr("There is nothing to push.");
        if (draft.conflictCount > 0)
            return qsTr("Resolve the conflicts first: open Review.");
        if (Session.state !== Session.Online)
            return qsTr("There is no connection to the server. Your changes are kept.");
        if (!Session.canEdit)
            return qsTr("Your role does not allow to change the network.");
        return "";
    }
    onClicked: push()
}
