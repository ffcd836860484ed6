// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/credentials.h"
#include "vocabulary/jid.h"
#include "vocabulary/network.h"
#include "wire/element.h"

#include <QByteArray>

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

/// §3.1.3.1: the public certificate for which a token is asked, in DER. Nobody has looked into it yet.
struct GetToken
{
    QByteArray certificate;
    friend bool operator==(const GetToken &, const GetToken &) = default;
};
struct GetTokenChallenge
{
    qint32 seqnr = 0;
    QByteArray challenge; ///< encrypted
    friend bool operator==(const GetTokenChallenge &, const GetTokenChallenge &) = default;
};
struct GetTokenChallengeResponse
{
    qint32 seqnr = 0;
    QByteArray response; ///< decrypted
    friend bool operator==(const GetTokenChallengeResponse &, const GetTokenChallengeResponse &) = default;
};
struct GetTokenResponse
{
    QString token;
    friend bool operator==(const GetTokenResponse &, const GetTokenResponse &) = default;
};
/// §3.1.3.2: from the server, in an iq of type get.
struct TokenChallenge
{
    QString token;
    QByteArray challenge;
    friend bool operator==(const TokenChallenge &, const TokenChallenge &) = default;
};
struct TokenChallengeResponse
{
    QByteArray response;
    friend bool operator==(const TokenChallengeResponse &, const TokenChallengeResponse &) = default;
};

/// §3.6.2; both spellings of credentials are read (statement 15).
struct CanAccess
{
    QStringList serviceTokens; ///< as sent, separated by spaces; may be none
    Credentials credentials;
    friend bool operator==(const CanAccess &, const CanAccess &) = default;
};
struct CanAccessResponse
{
    bool result = false;
    QString userToken; ///< empty: none
    friend bool operator==(const CanAccessResponse &, const CanAccessResponse &) = default;
};
/// A message payload in listing 22; nothing says that it cannot come in an iq of type set.
struct UserLoggedIn
{
    QStringList serviceTokens;
    QStringList userTokens;
    QString userName; ///< not empty
    friend bool operator==(const UserLoggedIn &, const UserLoggedIn &) = default;
};
/// §3.7
struct HasPrivilege
{
    QStringList serviceTokens;
    QStringList userTokens;
    QString privilegeId; ///< isPrivilegeId()
    friend bool operator==(const HasPrivilege &, const HasPrivilege &) = default;
};
struct HasPrivilegeResponse
{
    bool result = false;
    friend bool operator==(const HasPrivilegeResponse &, const HasPrivilegeResponse &) = default;
};
struct DownloadPrivileges
{
    QStringList serviceTokens;
    QStringList userTokens;
    friend bool operator==(const DownloadPrivileges &, const DownloadPrivileges &) = default;
};
struct DownloadPrivilegesResponse
{
    QList<PrivilegeEntry> entries; ///< in order, first match wins
    friend bool operator==(const DownloadPrivilegesResponse &, const DownloadPrivilegesResponse &) = default;
};

using Provisioning = std::variant<
    IsFriend, IsFriendResponse, CanRead, CanReadResponse, CanControl, CanControlResponse, ClearCache,
    ClearCacheResponse, Unfriend, Befriend, GetToken, GetTokenChallenge, GetTokenChallengeResponse,
    GetTokenResponse, TokenChallenge, TokenChallengeResponse, CanAccess, CanAccessResponse, UserLoggedIn,
    HasPrivilege, HasPrivilegeResponse, DownloadPrivileges, DownloadPrivilegesResponse>;

/// The most bytes of a certificate in a payload. What RSA keys of 16 kbit and long names need is below it.
inline constexpr qsizetype maxCertificateBytes = 16 * 1024;
/// The most nodes, names, credentials or entries of a payload.
inline constexpr qsizetype maxChildren = 10'000;
inline constexpr qsizetype maxCredentials = 64;

/// Reads a payload element of the namespace.
[[nodiscard]] Result<Provisioning> readProvisioning(const Element &payload);
[[nodiscard]] Element write(const Provisioning &payload);

} // namespace castellan::wire
