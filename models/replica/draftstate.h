// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"

#include <QMap>

#include <array>
#include <optional>

namespace castellan::replica {

/// One object's pending change, however many edits led to it.
struct Edit
{
    qint64 serial = 0; ///< grows in the order in which objects were first edited
    Change::Verb verb = Change::Verb::Put;
    /// What the editor saw; without an object: there was none.
    VersionedObject base;
    std::optional<Object> mine; ///< Put only

    [[nodiscard]] bool creates() const { return !base.object; }
    friend bool operator==(const Edit &, const Edit &) = default;
};

/// The lists of rules whose order means something.
enum class RuleList {
    Read,
    Control,
    Friendship,
};
inline constexpr std::array allRuleLists { RuleList::Read, RuleList::Control, RuleList::Friendship };

/// Where an object has its place, if it is a rule.
[[nodiscard]] std::optional<RuleList> ruleListOf(const Object &object);
/// The kind of object in a list.
[[nodiscard]] constexpr ObjectType objectTypeOf(RuleList list)
{
    return list == RuleList::Friendship ? ObjectType::FriendshipRule : ObjectType::AccessRule;
}

/// A gap in the committed order of one list: directly behind the rule `behind` as it is committed,
/// wherever the draft puts that rule. Committed places are what does not move while a draft is worked on,
/// so edits of other rules never change what a place means.
struct Slot
{
    RuleList list = RuleList::Read;
    std::optional<QString> behind; ///< empty: before the first rule; not set: behind the last

    friend bool operator==(const Slot &, const Slot &) = default;
    friend auto operator<=>(const Slot &, const Slot &) = default;
};

/// What one step changed, in both directions.
struct DraftStep
{
    template<typename T>
    struct Both
    {
        T before;
        T after;
        friend bool operator==(const Both &, const Both &) = default;
    };
    QMap<ObjectKey, Both<std::optional<Edit>>> edits;
    QMap<Slot, Both<QStringList>> places;

    [[nodiscard]] bool isEmpty() const { return edits.isEmpty() && places.isEmpty(); }
    [[nodiscard]] QByteArray toXml() const;
    [[nodiscard]] static Result<DraftStep> fromXml(const QByteArray &xml);
    friend bool operator==(const DraftStep &, const DraftStep &) = default;
};

/// All pending edits, as a value.
struct DraftState
{
    QMap<ObjectKey, Edit> edits;
    /// Ids of the rules that are new or moved, in their order in each slot.
    QMap<Slot, QStringList> places;

    /// An edit that makes the object what it was is no edit any more.
    void put(const VersionedObject &base, const Object &mine);
    void remove(const VersionedObject &base);
    /// Places a rule behind the rule \a after of its list, which may be drafted itself (empty: first).
    void move(const VersionedObject &base, const QString &after);
    void discard(const ObjectKey &key);
    /// Takes over the other one's edit of an object, in place of one's own.
    void adopt(const DraftState &other, const ObjectKey &key);
    /// Makes the edit of an object one of \a current, which may be gone.
    void rebase(const VersionedObject &current);
    /// Places a rule that has a place behind all others instead.
    void moveLast(const ObjectKey &rule);

    [[nodiscard]] QList<Edit> ordered() const;
    [[nodiscard]] std::optional<Slot> placeOf(const ObjectKey &rule) const;

    [[nodiscard]] DraftStep stepTo(const DraftState &after) const;
    void redo(const DraftStep &step);
    void undo(const DraftStep &step);

    friend bool operator==(const DraftState &, const DraftState &) = default;

private:
    Edit &edit(const VersionedObject &base);
    void displace(const ObjectKey &rule);
};

/// Equal but for the place in the order, which the server may change without anybody's edit.
[[nodiscard]] bool sameContent(const std::optional<Object> &one, const std::optional<Object> &other);

} // namespace castellan::replica
