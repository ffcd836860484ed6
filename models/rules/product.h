// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/fieldtypes.h"

#include <QBitArray>
#include <QList>

/// The product step (statement 11): an answer can only say "these nodes × these names × these types".
namespace castellan::rules {

/// Nodes with equal rights.
struct RightsGroup
{
    int nodes = 1;
    QList<FieldTypes> names; ///< per name that an answer may list: the allowed types
    FieldTypes everyName; ///< the types allowed for every name there can be

    friend bool operator==(const RightsGroup &, const RightsGroup &) = default;
};

/// What the rules allow, before it is made a product. Groups are in the order of their first nodes.
struct Rights
{
    QList<RightsGroup> groups;
    /// What "every name" counts beyond the names that may be listed.
    int everyNameWeight = 0;
};

struct Product
{
    QBitArray groups;
    QBitArray names;
    bool everyName = false; ///< then `names` has all that may be listed
    FieldTypes types; ///< none: nothing remains

    friend bool operator==(const Product &, const Product &) = default;
};

inline constexpr qsizetype exactGroups = 16;

/// The largest product within \a rights, and of several the one that has the earliest differing node, then
/// name (every name comes last), then type. Exact up to exactGroups groups; beyond, deterministic and safe.
[[nodiscard]] Product largestProduct(const Rights &rights);

} // namespace castellan::rules
