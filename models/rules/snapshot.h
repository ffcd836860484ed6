// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/changeset.h"
#include "vocabulary/network.h"

#include <QDateTime>
#include <QSet>
#include <QString>

#include <memory>

/// What the server decides (design/semantics.md; its numbers are in the tests' names). Pure: no I/O, no
/// clock (questions carry the time), no Qt GUI. The console's explanations use the same code.
namespace castellan::rules {

class CompiledNetwork;

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

struct FriendQuestion
{
    QString asker; ///< bare normal form, as all JIDs here
    QString jid;
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

/// Why one rule did or did not decide. The explanation is data; people's words are made where they are shown.
/// Considered are the rules about the device, and those that name the asker but are about other devices.
struct Consideration
{
    /// Where several conditions fail, the first in this order is given: NotYetValid and Expired mean that
    /// everything else matches.
    enum class Outcome {
        Decided,
        OtherTarget,
        OtherSubject,
        MissingToken, ///< withUser or withService is not among the live tokens
        OtherNode,
        OtherName,
        OtherType,
        NotYetValid,
        Expired,
        Unreached, ///< an earlier rule had decided already
    };
    QString ruleId;
    Outcome outcome = Outcome::OtherSubject;
    friend bool operator==(const Consideration &, const Consideration &) = default;
};

struct FriendDecision
{
    enum class By {
        Pair,
        Rule,
        Default,
    };
    bool accepted = false;
    bool secondaryTrustAllowed = false;
    By by = By::Default;
    QString decidedBy; ///< id of the pair or rule
    /// Only when asked for: the friendship rules that have one of the two as a subject.
    QList<Consideration> considered;
};

/// One combination asked about and what became of it (statement 10).
struct Combination
{
    NodeRef node;
    QString name; ///< empty: any name that nobody listed
    FieldType type = FieldType::Momentary; ///< reading only
    bool allowed = false; ///< by the rules alone
    bool granted = false; ///< in the answer: allowed, and left by the product step (statement 11)
    QString decidedBy; ///< rule id, empty: no rule matched
    /// With several tokens: for the first choice that allows the combination, or the first of all.
    QList<Consideration> considered;
};

/// The answer as it goes on the wire (statements 11 and 12): a list that is empty equals the request's.
struct AccessDecision
{
    bool allowed = false;
    QList<NodeRef> nodes;
    QStringList names;
    FieldTypes types; ///< reading: the allowed types, always filled when allowed
    QList<Combination> combinations; ///< only when an explanation was asked for
};

enum class Explain {
    No,
    Yes,
};

/// An immutable compiled network. Cheap to copy; a changed network is a new snapshot that shares with the
/// old one what did not change. Safe to read from any thread.
class Snapshot
{
public:
    Snapshot(); ///< an empty network: everything is denied
    /// Lists of rules are in order; where their ranks do not say the same, ranks are given anew.
    explicit Snapshot(const Network &network);

    /// The snapshot after \a changes (an object not set: removed). Ranks as the store gave them.
    [[nodiscard]] Snapshot with(const QList<VersionedObject> &changes) const;

    [[nodiscard]] FriendDecision decide(const FriendQuestion &question, Explain explain = Explain::No) const;
    /// An explanation looks at every rule of the network, a mere decision only at those that can match.
    [[nodiscard]] AccessDecision decide(const AccessQuestion &question, Explain explain = Explain::No) const;

    /// The devices whose earlier answers may differ between this snapshot and \a after (statement 23),
    /// bare JIDs. \a known: the devices that have ever asked (statement 24). \a changes: what led from one to
    /// the other.
    /// For friendships these are exactly the devices for which some JID now gets another answer. For
    /// access rules: every device that the old or the new rule's target matches. For a thing's roles: the
    /// devices of every rule about one that it gained or lost, and itself. For its nodes: itself.
    [[nodiscard]] QSet<QString> affectedBy(const QList<VersionedObject> &changes, const Snapshot &after,
                                           const QSet<QString> &known) const;

    /// The network this was compiled from: things and pairs by id, rules in order.
    [[nodiscard]] Network network() const;
    [[nodiscard]] std::optional<Object> object(const ObjectKey &key) const;

private:
    explicit Snapshot(std::shared_ptr<const CompiledNetwork> network);

    std::shared_ptr<const CompiledNetwork> d;
};

} // namespace castellan::rules
