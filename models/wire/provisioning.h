// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "vocabulary/network.h"
#include "wire/element.h"

#include <variant>

/// The payloads of XEP-0324 as values; see resources/schemas/xep-0324.xsd. Reading is strict: an unknown
/// child or element of the namespace, a missing or malformed attribute is `bad-request` (semantics
/// statement 26). Writing gives what the schema allows.
namespace castellan::wire {

/// XEP-0324 §3.1.5, §5.6: tokens as they were sent, several separated by spaces.
struct Tokens
{
    QStringList service;
    QStringList user;
    QStringList device;
    friend bool operator==(const Tokens &, const Tokens &) = default;
};

struct IsFriend
{
    Jid jid;
    friend bool operator==(const IsFriend &, const IsFriend &) = default;
};

struct IsFriendResponse
{
    Jid jid;
    bool result = false;
    bool secondaryTrustAllowed = false;
    friend bool operator==(const IsFriendResponse &, const IsFriendResponse &) = default;
};

struct CanRead
{
    Jid jid;
    QList<NodeRef> nodes; ///< empty: every node, or the device itself
    QStringList fields; ///< empty: all
    FieldTypes types; ///< as asked, `all` and `historical` expanded
    bool typesWritten = false; ///< false: no type attribute at all, which means all types
    Tokens tokens;
    friend bool operator==(const CanRead &, const CanRead &) = default;
};

struct CanReadResponse
{
    Jid jid;
    bool result = false;
    QList<NodeRef> nodes; ///< empty: those of the request
    QStringList fields; ///< empty: those of the request
    FieldTypes types; ///< none: not written
    friend bool operator==(const CanReadResponse &, const CanReadResponse &) = default;
};

struct CanControl
{
    Jid jid;
    QList<NodeRef> nodes;
    QStringList parameters;
    Tokens tokens;
    friend bool operator==(const CanControl &, const CanControl &) = default;
};

struct CanControlResponse
{
    Jid jid;
    bool result = false;
    QList<NodeRef> nodes;
    QStringList parameters;
    friend bool operator==(const CanControlResponse &, const CanControlResponse &) = default;
};

struct ClearCache
{
    friend bool operator==(const ClearCache &, const ClearCache &) = default;
};
struct ClearCacheResponse
{
    friend bool operator==(const ClearCacheResponse &, const ClearCacheResponse &) = default;
};
/// Message payloads (§3.2.3, §3.2.4).
struct Unfriend
{
    Jid jid;
    friend bool operator==(const Unfriend &, const Unfriend &) = default;
};
struct Befriend ///< the element `friend`, which C++ reserves
{
    Jid jid;
    friend bool operator==(const Befriend &, const Befriend &) = default;
};

using Provisioning = std::variant<IsFriend, IsFriendResponse, CanRead, CanReadResponse, CanControl,
                                  CanControlResponse, ClearCache, ClearCacheResponse, Unfriend, Befriend>;

/// Reads a payload element of the namespace.
[[nodiscard]] Result<Provisioning> readProvisioning(const Element &payload);
[[nodiscard]] Element write(const Provisioning &payload);

} // namespace castellan::wire
