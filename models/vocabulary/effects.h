// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

/// What a change makes possible or impossible.
namespace castellan {

/// Reading or controlling that becomes possible or stops to be.
struct AccessEffect
{
    bool gained = false; ///< else lost
    Action action = Action::Read;
    /// A known JID; or with the kinds Domain and Everyone a stranger, whom neither the network nor a rule
    /// names; or who has a certificate, a user's or a service's token, and is otherwise a stranger or that
    /// JID.
    Subject who {};
    QString device {}; ///< bare JID
    NodeRef node {};
    QString name {}; ///< of a field or parameter; empty: any other, which no inventory and no rule names
    FieldTypes types {}; ///< reading only

    friend bool operator==(const AccessEffect &, const AccessEffect &) = default;
};

/// Two known JIDs that become friends or stop to be.
struct FriendshipEffect
{
    bool gained = false;
    QString a {}; ///< the smaller one
    QString b {};

    friend bool operator==(const FriendshipEffect &, const FriendshipEffect &) = default;
};

struct Effects
{
    QList<AccessEffect> access {};
    int accessGained = 0; ///< in all, also beyond the list
    int accessLost = 0;
    QList<FriendshipEffect> friendships {};
    int friendshipsGained = 0;
    int friendshipsLost = 0;
    /// There was more to compare than was allowed: the numbers are how many were found until then.
    bool truncated = false;

    friend bool operator==(const Effects &, const Effects &) = default;
};

} // namespace castellan
