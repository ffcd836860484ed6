// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/draftstate.h"

#include <QQmlEngine>

namespace castellan::presentation {

/// One member of an object that both the administrator and somebody else edit.
class ConflictMember
{
    Q_GADGET
    QML_VALUE_TYPE(conflictMember)
    /// Translated, as all of them
    Q_PROPERTY(QString label MEMBER label)
    Q_PROPERTY(QString base MEMBER base)
    Q_PROPERTY(QString mine MEMBER mine)
    Q_PROPERTY(QString theirs MEMBER theirs)
    Q_PROPERTY(bool mineChanged MEMBER mineChanged)
    Q_PROPERTY(bool theirsChanged MEMBER theirsChanged)

public:
    QString label;
    QString base;
    QString mine;
    QString theirs;
    bool mineChanged = false;
    bool theirsChanged = false;

    friend bool operator==(const ConflictMember &, const ConflictMember &) = default;
};

/// The members that one of the two has changed. None where one of them is not about members: a removal, a
/// place.
[[nodiscard]] QList<ConflictMember> conflictMembers(const replica::Edit &edit, const VersionedObject &theirs);

} // namespace castellan::presentation
