// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import Castellan.Theme

/* A verb shown as an icon; `hint` names it. */
Button {
    flat: true
    display: Button.IconOnly
    implicitWidth: Space.control
}
