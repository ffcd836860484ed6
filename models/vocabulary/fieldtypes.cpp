// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary/fieldtypes.h"

namespace castellan {

std::optional<FieldType> fieldTypeFromName(QStringView name)
{
    for (const FieldTypeName &known : fieldTypeNames) {
        if (name == known.name)
            return known.type;
    }
    return {};
}

} // namespace castellan
