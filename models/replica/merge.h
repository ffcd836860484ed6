// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <optional>

namespace castellan::replica {

/// What two people made of one object, put together.
struct Merge
{
    Object object; ///< where both changed a member: as mine
    QStringList clashes; ///< members (see members.h) that both changed, each to something else

    friend bool operator==(const Merge &, const Merge &) = default;
};

/// Nothing if the three are not of one type, or what comes out is no object that could be.
[[nodiscard]] std::optional<Merge> merge(const Object &base, const Object &mine, const Object &theirs);

} // namespace castellan::replica
