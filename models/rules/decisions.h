// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/credentials.h"
#include "vocabulary/network.h"

#include <QDateTime>
#include <QString>

/// The questions of XEP-0324 and what is decided on them, as values (design/semantics.md; its numbers are in
/// the tests' names). All JIDs are bare and in normal form. Explanations are data; people's words are made
/// where they are shown. Ids of what decided are given only where an explanation was asked for: plain
/// answers do without the cost.
namespace castellan::rules {

enum class Explain {
    No,
    Yes,
};

// ---- friendship (statements 4 to 6)

struct FriendQuestion
{
    QString asker;
    QString jid;
};

/// Why one rule did or did not decide.
struct Consideration
{
    /// Where several conditions fail, the first in this order is given: NotYetValid and Expired mean that
    /// everything else matches.
    enum class Outcome {
        Decided,
        OtherSubject,
        MissingToken, ///< withUser or withService is not among the live tokens
        OtherNode,
        OtherName,
        OtherType,
        NotYetValid,
        Expired,
        Unreached, ///< something before it had decided already
    };
    QString ruleId;
    Outcome outcome = Outcome::OtherSubject;
    friend bool operator==(const Consideration &, const Consideration &) = default;
};

struct FriendDecision
{
    enum class By {
        Containment, ///< of one of the two (statement 25)
        Pair,
        Rule,
        Default,
    };
    bool accepted = false;
    bool secondaryTrustAllowed = false;
    /// Denied for now, and an administrator is to be asked: nothing but the default says anything, and the
    /// policy is to ask.
    bool ask = false;
    By by = By::Default;
    /// Explanation: the contained JID, or the id of the pair or rule.
    QString decidedBy;
    /// Explanation: the friendship rules that name one of the two, their domains or roles, and those about
    /// everyone and everyone.
    QList<Consideration> considered;
};

// ---- reading and control (statements 9 to 14)

/// A token that proved alive, reduced to what rules can say about it (statements 3 and 13).
struct Identity
{
    QString certificate; ///< SHA-256 thumbprint
    QString user;
    QString service;
    friend bool operator==(const Identity &, const Identity &) = default;
};

/// The tokens of a question, one list per attribute; several in a list are alternatives (statement 13). A
/// dead token counts as no token: it is an empty Identity, or left out where no live one is beside it.
struct Identities
{
    QList<Identity> service;
    QList<Identity> user;
    QList<Identity> device;
    friend bool operator==(const Identities &, const Identities &) = default;
};

struct AccessQuestion
{
    Action action = Action::Read;
    QString device; ///< the asker: whose nodes are meant
    QString jid; ///< who wants to read or control
    QList<NodeRef> nodes; ///< empty: every known node, or the device itself (statement 2)
    QStringList names; ///< empty: all
    FieldTypes types = allFieldTypes; ///< reading only; none at all asks for nothing and gets it
    Identities identities;
    QDateTime now; ///< UTC
};

/// One combination asked about and what became of it (statement 10).
struct Combination
{
    NodeRef node;
    QString name; ///< empty: any name that nobody listed
    FieldType type = FieldType::Momentary; ///< reading only
    bool allowed = false; ///< by the rules alone
    /// In the answer: allowed, left by the product step (statement 11), and nobody is contained.
    bool granted = false;
    QString decidedBy; ///< rule id, empty: no rule matched
    /// The rules about the device, in order. With several tokens: for the first choice that allows the
    /// combination, or the first of all.
    QList<Consideration> considered;
};

/// The answer as it goes on the wire (statements 11 and 12): a list that is empty equals the request's.
struct AccessDecision
{
    bool allowed = false;
    QList<NodeRef> nodes;
    QStringList names;
    FieldTypes types; ///< reading: the allowed types, always filled when allowed
    /// Who is contained (statement 25), so that nothing else counted. Empty: nobody.
    QString contained;
    QList<Combination> combinations; ///< explanation
    /// Explanation: ids of the rules that name the asker but are about other devices.
    QStringList elsewhere;
};

// ---- services (statement 15)

struct ServiceQuestion
{
    QString asker; ///< who sent the question
    QString service; ///< id of the service whose token came with it; empty: none that is known
    Credentials credentials;
};

/// Why one rule of a service did or did not decide.
struct ServiceConsideration
{
    enum class Outcome {
        Decided,
        ConditionFailed,
        Unreached,
    };
    qsizetype rule = 0; ///< its place in Service::access
    Outcome outcome = Outcome::ConditionFailed;
    QList<bool> conditions; ///< which are met, in order; empty when unreached
    friend bool operator==(const ServiceConsideration &, const ServiceConsideration &) = default;
};

struct ServiceDecision
{
    enum class By {
        Containment, ///< of the asker, the service, or a JID among the visitor's credentials
        UnknownService,
        Rule,
        Default,
    };
    bool allowed = false;
    By by = By::Default;
    qsizetype rule = -1; ///< which one decided: its place in Service::access
    QString contained; ///< whose containment decided
    QList<ServiceConsideration> considered; ///< explanation
};

// ---- privileges (statements 16 to 19)

/// Whose privileges in which service.
struct PrivilegesQuestion
{
    QString asker; ///< who sent the question
    QString service; ///< id of the service whose token came with it; empty: none that is known
    /// Who logged in. Empty or unknown: the service's anonymous list counts, and otherwise never. Unknown is
    /// also who was only noted, as long as nobody gave them roles or a list.
    QString user;
};

struct PrivilegeQuestion
{
    PrivilegesQuestion of;
    QString privilege; ///< what is not a Privilege ID (statement 19) is not granted
};

/// Why one entry did or did not decide.
struct PrivilegeConsideration
{
    enum class Outcome {
        Decided,
        OtherPrivilege,
        Unreached,
    };
    QString list; ///< id of the PrivilegeList
    qsizetype entry = 0; ///< its place there
    Outcome outcome = Outcome::OtherPrivilege;
    friend bool operator==(const PrivilegeConsideration &, const PrivilegeConsideration &) = default;
};

struct PrivilegeDecision
{
    enum class By {
        Containment, ///< of the asker or the service
        UnknownService,
        Entry,
        Default,
    };
    bool granted = false;
    By by = By::Default;
    QString list; ///< explanation: id of the PrivilegeList that decided
    qsizetype entry = -1; ///< which entry of that list
    QString contained; ///< whose containment decided
    QList<PrivilegeConsideration> considered; ///< explanation: the lists of the user, in their order
};

} // namespace castellan::rules
