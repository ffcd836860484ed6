// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"
#include "wire/provisioning.h"

#include <optional>

/// What XEP-0324 answers to questions about friends, reading and control: decisions as payloads.
namespace castellan::server {

/// Statement 9: no type attribute at all means all types.
[[nodiscard]] rules::AccessQuestion accessQuestion(const QString &asker, const wire::CanRead &question,
                                                   const rules::Identities &identities, const QDateTime &now);
[[nodiscard]] rules::AccessQuestion accessQuestion(const QString &asker, const wire::CanControl &question,
                                                   const rules::Identities &identities, const QDateTime &now);

[[nodiscard]] wire::IsFriendResponse answerTo(const wire::IsFriend &question,
                                              const rules::FriendDecision &decision);
/// \a asked: the types that the question means.
[[nodiscard]] wire::CanReadResponse answerTo(const wire::CanRead &question, FieldTypes asked,
                                             const rules::AccessDecision &decision);
[[nodiscard]] wire::CanControlResponse answerTo(const wire::CanControl &question,
                                                const rules::AccessDecision &decision);

} // namespace castellan::server
