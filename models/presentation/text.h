// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "replica/draftstate.h"
#include "replica/rows.h"

/// Values of the vocabulary in the words that QML code compares, and in those that people read.
namespace castellan::presentation {

// Fixed words, the same as in a network's JSON document.
[[nodiscard]] QString kindName(ThingKind kind);
[[nodiscard]] std::optional<ThingKind> kindFromName(QStringView name);
[[nodiscard]] QString actionName(Action action);
[[nodiscard]] std::optional<Action> actionFromName(QStringView name);
[[nodiscard]] QString effectName(Effect effect);
[[nodiscard]] std::optional<Effect> effectFromName(QStringView name);
[[nodiscard]] QString subjectKindName(Subject::Kind kind);
[[nodiscard]] std::optional<Subject::Kind> subjectKindFromName(QStringView name);
[[nodiscard]] QString targetKindName(Target::Kind kind);
[[nodiscard]] std::optional<Target::Kind> targetKindFromName(QStringView name);
[[nodiscard]] QString friendshipStateName(Friendship::State state);
[[nodiscard]] QString draftMarkName(replica::DraftMark mark);
[[nodiscard]] QString deliveryKindName(Delivery::Kind kind);
[[nodiscard]] QString deliveryStateName(Delivery::State state);
[[nodiscard]] QString verbName(Change::Verb verb);

// Translated.
[[nodiscard]] QString subjectText(const Subject &subject);
[[nodiscard]] QString targetText(const Target &target);
/// Empty when the rule is about the device and all its nodes.
[[nodiscard]] QString nodeText(const Target &target);
/// Empty when the rule is about all types.
[[nodiscard]] QString typesText(FieldTypes types);
/// Empty when the rule is always valid.
[[nodiscard]] QString validityText(const AccessRule &rule);
[[nodiscard]] QString ruleText(const AccessRule &rule);
/// What the object is or says, in one line.
[[nodiscard]] QString objectText(const Object &object);
/// What the edit does, as one short sentence.
[[nodiscard]] QString summary(const replica::Edit &edit);
[[nodiscard]] QString summary(const replica::DraftStep &step);
/// What became of the object \a key that is being edited, by replica::ChangeDraft::theirs().
[[nodiscard]] QString conflictText(const ObjectKey &key, const VersionedObject &theirs);

} // namespace castellan::presentation
