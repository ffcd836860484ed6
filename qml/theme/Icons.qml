// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma Singleton

import QtQuick

/* Names in the icon theme (Breeze, and resources/icons for the kinds). One per meaning, the same everywhere. */
QtObject {
    // The six meanings
    readonly property string allowed: "dialog-ok-apply"
    readonly property string denied: "dialog-cancel"
    readonly property string partly: "lighttable"
    readonly property string pending: "clock"
    readonly property string contained: "object-locked"
    readonly property string offline: "network-disconnect"

    // Kinds of objects
    readonly property string thing: "castellan-thing"
    readonly property string concentrator: "castellan-concentrator"
    readonly property string service: "castellan-service"
    readonly property string user: "castellan-user"
    readonly property string node: "node"
    readonly property string role: "tag"
    readonly property string rule: "security-high"
    readonly property string friendship: "link"

    // Pages
    readonly property string overview: "go-home"
    readonly property string graph: "distribute-graph"
    readonly property string things: "view-list-details"
    readonly property string rules: "security-high"
    readonly property string ask: "question"
    readonly property string deliveries: "document-send"
    readonly property string history: "view-history"

    // What can be done
    readonly property string add: "list-add"
    readonly property string clear: "window-close"
    readonly property string close: "window-close"
    readonly property string copy: "edit-copy"
    readonly property string edit: "document-edit"
    readonly property string fit: "zoom-fit-best"
    readonly property string handle: "handle-sort"
    readonly property string moveDown: "go-down"
    readonly property string moveUp: "go-up"
    readonly property string push: "document-send"
    readonly property string redo: "edit-redo"
    readonly property string refresh: "view-refresh"
    readonly property string remove: "edit-delete"
    readonly property string rename: "edit-rename"
    readonly property string search: "search"
    readonly property string signOut: "system-log-out"
    readonly property string undo: "edit-undo"
    readonly property string unfriend: "remove-link"
    readonly property string zoomIn: "zoom-in"
    readonly property string zoomOut: "zoom-out"
    readonly property string menu: "application-menu"

    // How things stand
    readonly property string error: "emblem-error"
    readonly property string warning: "data-warning"
    readonly property string information: "help-about"
    readonly property string expand: "go-next"
    readonly property string collapse: "go-down"
    readonly property string certificate: "view-certificate"
    readonly property string server: "network-server"
    readonly property string changeSet: "document-multiple"
    readonly property string connected: "network-connect"

    function ofKind(kind: string): string {
        switch (kind) {
        case "concentrator":
            return concentrator;
        case "service":
            return service;
        case "user":
            return user;
        default:
            return thing;
        }
    }
}
