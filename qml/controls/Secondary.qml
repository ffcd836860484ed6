// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
pragma ComponentBehavior: Bound

import Castellan.Theme

/* Smaller and quieter than Body. */
Body {
    font.pixelSize: Fonts.secondary
    color: Theme.secondaryText
}
