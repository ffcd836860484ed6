// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"
#include "wire/elementreader.h"

#include <array>

/// Parts of objects that other payloads of the administration interface have, too.
namespace castellan::wire {

inline constexpr std::array actions {
    std::pair { Action::Read, QLatin1StringView("read") },
    std::pair { Action::Control, QLatin1StringView("control") },
};

[[nodiscard]] QStringList typeNames(FieldTypes types);
[[nodiscard]] FieldTypes readTypes(ElementReader &reader);
void putNodeRef(Element &element, const NodeRef &ref);
[[nodiscard]] NodeRef readNodeRef(ElementReader &reader);
[[nodiscard]] Element writeSubject(QLatin1StringView name, const Subject &subject);
[[nodiscard]] Subject readSubject(ElementReader &reader);

} // namespace castellan::wire
