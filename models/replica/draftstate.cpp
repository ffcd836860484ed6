// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/draftstate.h"

#include <algorithm>

namespace castellan::replica {

QList<Edit> DraftState::ordered() const
{
    QList<Edit> list = edits.values();
    std::ranges::sort(list, {}, &Edit::serial);
    return list;
}

} // namespace castellan::replica
