// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "wire/admin.h"
#include "wire/elementwriter.h"

#include <array>

/// What several payloads of the administration interface have in them.
namespace castellan::wire::admin {

inline constexpr std::array deliveryKinds {
    std::pair { Delivery::Kind::ClearCache, QLatin1StringView("clear-cache") },
    std::pair { Delivery::Kind::Friend, QLatin1StringView("friend") },
    std::pair { Delivery::Kind::Unfriend, QLatin1StringView("unfriend") },
};

// ---- XEP-0059

void writePage(Element &request, const Page &page);
/// \a backwards: whether `<before/>` is understood, too.
[[nodiscard]] Page readPage(ElementReader &reader, bool backwards = false);
void writePageInfo(Element &response, const PageInfo &page);
[[nodiscard]] PageInfo readPageInfo(ElementReader &reader);

// ---- objects and what happens to them

void putKey(Element &element, const ObjectKey &key);
[[nodiscard]] ObjectKey readKey(ElementReader &reader);
[[nodiscard]] ObjectType readObjectType(ElementReader &reader);
[[nodiscard]] Element writeVersioned(const VersionedObject &object);
[[nodiscard]] VersionedObject readVersioned(ElementReader &reader);
void putChangeSet(Element &element, const ChangeSet &changeSet);
[[nodiscard]] ChangeSet readChangeSet(ElementReader &reader);
[[nodiscard]] Element writeDelivery(const Delivery &delivery);
[[nodiscard]] Delivery readDelivery(ElementReader &reader);
[[nodiscard]] Element writeStatus(const ThingStatus &status);
[[nodiscard]] ThingStatus readStatus(ElementReader &reader);
[[nodiscard]] Element writeRevision(const RevisionInfo &info);
[[nodiscard]] RevisionInfo readRevision(ElementReader &reader);

/// The one payload of XEP-0324 inside \a reader's element.
[[nodiscard]] Provisioning readContainedProvisioning(ElementReader &reader);

// ---- lists of parts

/// Reads every child called \a name with \a read.
template<typename T>
QList<T> readAll(ElementReader &reader, QLatin1StringView name, T (*read)(ElementReader &))
{
    QList<T> all;
    reader.children([&](ElementReader &child) {
        if (child.element().name != name)
            return false;
        all.append(read(child));
        return true;
    });
    return all;
}

template<typename T>
void writeAll(Element &parent, const QList<T> &all, Element (*write)(const T &))
{
    for (const T &one : all)
        parent.children.append(write(one));
}

template<typename T>
Result<T> finished(ElementReader &reader, T &&value)
{
    if (const std::optional<Failure> fault = reader.finish())
        return std::unexpected(*fault);
    return std::forward<T>(value);
}

} // namespace castellan::wire::admin
