// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/decisions.h"
#include "vocabulary/changeset.h"
#include "vocabulary/effects.h"
#include "vocabulary/network.h"

#include <QDateTime>
#include <QSet>
#include <QString>

#include <functional>
#include <memory>

/// What the server decides (design/semantics.md; its numbers are in the tests' names). Pure: no I/O, no
/// clock (questions carry the time), no Qt GUI. The console's explanations use the same code.
namespace castellan::rules {

class CompiledNetwork;

/// How much may be compared for a preview.
struct EffectLimits
{
    int rows = 200; ///< in each list
    qint64 comparisons = 200'000; ///< a pair, or a node's name for somebody, is one
    std::function<bool()> isStopped = [] { return false; }; ///< asked now and then
};

/// An immutable compiled network. Cheap to copy; a changed network is a new snapshot that shares with the
/// old one what did not change. Safe to read from any thread.
class Snapshot
{
public:
    Snapshot(); ///< an empty network: everything is denied
    /// Lists of rules are in order; where their ranks do not say the same, ranks are given anew. What is
    /// moved here is freed while it is compiled.
    explicit Snapshot(Network network);

    /// The snapshot after \a changes (an object not set: removed). Ranks as the store gave them.
    [[nodiscard]] Snapshot with(const QList<VersionedObject> &changes) const;

    // ---- decisions

    [[nodiscard]] FriendDecision decide(const FriendQuestion &question, Explain explain = Explain::No) const;
    [[nodiscard]] AccessDecision decide(const AccessQuestion &question, Explain explain = Explain::No) const;
    [[nodiscard]] ServiceDecision decide(const ServiceQuestion &question,
                                         Explain explain = Explain::No) const;
    [[nodiscard]] PrivilegeDecision decide(const PrivilegeQuestion &question,
                                           Explain explain = Explain::No) const;
    /// The one list that decides as decide() does for every privilege, without entries that nothing can
    /// reach (statement 18). Empty where everything is denied.
    [[nodiscard]] QList<PrivilegeEntry> privileges(const PrivilegesQuestion &question) const;

    // ---- whom tokens stand for (statements 3, 25)

    /// Whether a token for the certificate \a thumbprint counts at \a now (UTC): the certificate is in the
    /// network, in force, not revoked, and neither its JID nor the service it stands for is contained.
    [[nodiscard]] bool counts(const QString &thumbprint, const QDateTime &now) const;
    [[nodiscard]] std::optional<Certificate> certificate(const QString &thumbprint) const;
    /// Id of the service (or user) that has the certificate \a thumbprint: the first in the ids' order if
    /// several have it, empty if none has.
    [[nodiscard]] QString serviceOf(const QString &thumbprint) const;
    [[nodiscard]] QString userOf(const QString &thumbprint) const;
    [[nodiscard]] bool isContained(const QString &jid) const;
    [[nodiscard]] Policy policy() const; ///< the defaults where the network has none

    // ---- what follows from a change (statements 6, 23)

    /// Those with whom \a jid has an accepted pair, contained or not. Costs time in proportion to the pairs.
    [[nodiscard]] QStringList friendsOf(const QString &jid) const;
    /// The devices whose earlier answers may differ between this snapshot and \a after (statement 23),
    /// bare JIDs. \a known: the devices that have ever asked (statement 24). \a changes: what led from one to
    /// the other.
    /// For friendships these are exactly the devices for which some JID now gets another answer. For
    /// access rules: every device that the old or the new rule's target matches. For a thing's roles: the
    /// devices of every rule about one that it gained or lost, and itself. For its nodes: itself. For a
    /// certificate, and for those of a service or user: the devices of the rules that name it, or the service
    /// or user. For a containment: who may befriend the JID or let it read or control, and itself. For what
    /// services ask: the services, known by the id or by the JID of a certificate.
    [[nodiscard]] QSet<QString> affectedBy(const QList<VersionedObject> &changes, const Snapshot &after,
                                           const QSet<QString> &known) const;
    /// The pending questions of this snapshot that a pair or rule now answers, either way, and that
    /// \a changes, which led here, can have touched.
    [[nodiscard]] QList<Question> answered(const QList<VersionedObject> &changes) const;

    /// What \a changes, which lead from this snapshot to \a after, make possible and impossible at \a now
    /// (UTC), for every JID that is a thing or that an access rule names, for strangers, and for who has the
    /// tokens that changed rules ask for. In the order of the changes, strangers first.
    [[nodiscard]] Effects effectsOf(const QList<VersionedObject> &changes, const Snapshot &after,
                                    const QDateTime &now, const EffectLimits &limits) const;

    // ---- what follows from time alone

    /// When, later than \a time, an access rule or a certificate next begins or ends to be valid, or a
    /// containment ends. Invalid: never.
    [[nodiscard]] QDateTime nextBoundary(const QDateTime &time) const;
    /// The devices whose answers may differ because of what began or ended after \a from, up to and with
    /// \a to; not of containments, which end by a change of their own.
    [[nodiscard]] QSet<QString> affectedBetween(const QDateTime &from, const QDateTime &to,
                                                const QSet<QString> &known) const;
    /// Containments that end up to and with \a time, but are still there.
    [[nodiscard]] QList<Containment> endedContainments(const QDateTime &time) const;

    // ---- the objects

    /// The network this was compiled from: rules in order, everything else by id.
    [[nodiscard]] Network network() const;
    [[nodiscard]] std::optional<Object> object(const ObjectKey &key) const;
    [[nodiscard]] QList<RoleGrant> roleGrants() const;
    /// Whether object() has one, without copying it.
    [[nodiscard]] bool contains(const ObjectKey &key) const;

private:
    friend class SnapshotBuilder;
    explicit Snapshot(std::shared_ptr<const CompiledNetwork> network);

    std::shared_ptr<const CompiledNetwork> d;
};

/// Compiles a network that comes in pieces and is nowhere as a whole.
class SnapshotBuilder
{
public:
    SnapshotBuilder();

    /// Objects that are not there yet, in any order; things before others save memory. Rules have ranks.
    void add(const Object &object);
    /// Once.
    [[nodiscard]] Snapshot finish();

private:
    std::shared_ptr<CompiledNetwork> m_network;
};

} // namespace castellan::rules
