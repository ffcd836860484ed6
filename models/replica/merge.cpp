// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "replica/merge.h"

#include "replica/members.h"

namespace castellan::replica {

std::optional<Merge> merge(const Object &base, const Object &mine, const Object &theirs)
{
    if (base.index() != mine.index() || base.index() != theirs.index())
        return {};
    Merge merged { .object = theirs, .clashes = {} };
    std::visit(
        [&]<typename T>(T &object) {
            forEachMember<T>([&](const auto &member) {
                const auto &original = std::get<T>(base).*member.value;
                const auto &wanted = std::get<T>(mine).*member.value;
                auto &value = object.*member.value; // theirs, so far
                if (wanted == original || wanted == value)
                    return;
                if (value != original)
                    merged.clashes.append(member.name);
                value = wanted;
            });
        },
        merged.object);
    // Each half may be good and both together not, as a validity that ends before it begins.
    if (!normalised(merged.object))
        return {};
    return merged;
}

} // namespace castellan::replica
