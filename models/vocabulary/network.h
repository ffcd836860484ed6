// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/fieldtypes.h"
#include "vocabulary/result.h"

#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>
#include <variant>

/// The objects of a network, as administrators see them. Plain values: what the store keeps, the
/// administration interface carries, the rules compile and the console shows. JIDs in them are bare
/// and in normal form (see Jid); whoever reads them from outside normalises them once.
namespace castellan {

/// A node behind a device (XEP-0326, XEP-0324 §5.5). An empty nodeId is the device itself.
struct NodeRef
{
    QString nodeId;
    QString sourceId;
    QString cacheType;

    [[nodiscard]] bool isDevice() const { return nodeId.isEmpty(); }
    friend bool operator==(const NodeRef &, const NodeRef &) = default;
    friend auto operator<=>(const NodeRef &, const NodeRef &) = default;
};

/// A field (XEP-0323 glossary) that a node is known to have, and the types it comes in.
struct Field
{
    QString name;
    FieldTypes types = FieldType::Momentary;

    friend bool operator==(const Field &, const Field &) = default;
};

/// What is known of one node: the inventory that answers "which fields are there" (statement 12).
struct Node
{
    NodeRef ref;
    NodeRef parent; ///< isDevice() when the node hangs directly below the device
    QString name;
    QList<Field> fields;
    QStringList parameters;

    friend bool operator==(const Node &, const Node &) = default;
};

enum class ThingKind {
    Thing,
    Concentrator,
    Service,
    User,
};

/// Whoever has a JID in this network. Its id is the bare JID.
struct Thing
{
    QString jid;
    ThingKind kind = ThingKind::Thing;
    QString name;
    QString owner;
    QStringList tags;
    QStringList roles;
    QString comment;
    /// True when the server added it because it asked or was asked about (XEP-0324 §5.4).
    bool noted = false;
    /// The device itself, if its own fields are known, then the nodes behind it.
    QList<Node> nodes;

    friend bool operator==(const Thing &, const Thing &) = default;
};

/// An explicit pair (statement 5). Unordered: `a` is the smaller of the two JIDs. Its id is "a b".
struct Friendship
{
    enum class State {
        Accepted,
        Rejected,
    };

    QString a;
    QString b;
    State state = State::Accepted;
    bool secondaryTrustAllowed = false;
    QString comment;

    friend bool operator==(const Friendship &, const Friendship &) = default;
};

/// Makes the pair in its normal order.
[[nodiscard]] Friendship makeFriendship(const QString &one, const QString &other,
                                        Friendship::State state = Friendship::State::Accepted);
[[nodiscard]] QString friendshipId(const QString &one, const QString &other);

/// Whom a rule is about (statement 9).
struct Subject
{
    enum class Kind {
        Everyone,
        Jid,
        Domain, ///< exactly this domain, not its subdomains
        Role,
        Certificate, ///< SHA-256 thumbprint, lower-case hexadecimal
    };

    Kind kind = Kind::Everyone;
    QString value;
    /// When set: only if the question carries a token of this user / this service.
    QString withUser;
    QString withService;

    friend bool operator==(const Subject &, const Subject &) = default;
};

/// Which nodes of the object a rule is about. An attribute that is not set matches any value.
struct NodePattern
{
    std::optional<QString> nodeId;
    std::optional<QString> sourceId;
    std::optional<QString> cacheType;
    /// Also every node below the one named (by the inventory's parents).
    bool andBelow = false;

    friend bool operator==(const NodePattern &, const NodePattern &) = default;
};

/// What a rule is about (statement 9).
struct Target
{
    enum class Kind {
        Any,
        Device, ///< one bare JID
        Role, ///< every device that has this role
    };

    Kind kind = Kind::Any;
    QString value;
    std::optional<NodePattern> node; ///< not set: the device and all its nodes

    friend bool operator==(const Target &, const Target &) = default;
};

enum class Action {
    Read,
    Control,
};

enum class Effect {
    Allow,
    Deny,
};

/// One rule of the ordered list of its action (statements 9 and 10).
struct AccessRule
{
    QString id; ///< chosen by whoever creates it, unique for ever; a UUID from the console
    Action action = Action::Read;
    Effect effect = Effect::Allow;
    Subject subject;
    Target target;
    /// Field or parameter names, `*` stands for any run of characters; empty: all names.
    QStringList names;
    /// Reading only; what the rule says about types.
    FieldTypes types = allFieldTypes;
    QDateTime from; ///< UTC; invalid: since ever
    QDateTime until; ///< UTC, exclusive; invalid: for ever
    QString comment;
    /// Place in the list: smaller is earlier. Given by the store, ignored in edits (see Change::after).
    qint64 rank = 0;

    friend bool operator==(const AccessRule &, const AccessRule &) = default;
};

/// One rule of the ordered list of friendship rules (statement 5); matches either way round.
struct FriendshipRule
{
    QString id;
    Effect effect = Effect::Allow;
    Subject one;
    Subject other;
    bool secondaryTrustAllowed = false;
    QString comment;
    qint64 rank = 0;

    friend bool operator==(const FriendshipRule &, const FriendshipRule &) = default;
};

enum class ObjectType {
    Thing,
    Friendship,
    FriendshipRule,
    AccessRule,
};

using Object = std::variant<Thing, Friendship, FriendshipRule, AccessRule>;

[[nodiscard]] ObjectType objectType(const Object &object);
[[nodiscard]] QString objectId(const Object &object);
/// The name on every wire: `thing`, `friendship`, `friendship-rule`, `access-rule`.
[[nodiscard]] QLatin1StringView objectTypeName(ObjectType type);
[[nodiscard]] std::optional<ObjectType> objectTypeFromName(QStringView name);

struct ObjectKey
{
    ObjectType type = ObjectType::Thing;
    QString id;

    friend bool operator==(const ObjectKey &, const ObjectKey &) = default;
    friend auto operator<=>(const ObjectKey &, const ObjectKey &) = default;
    friend size_t qHash(const ObjectKey &key, size_t seed = 0)
    {
        return qHashMulti(seed, int(key.type), key.id);
    }
};

/// Normalises what an outsider wrote (JIDs, pair order, thumbprint case, UTC) and checks what a single
/// object can be checked for. Fails with `bad-request` or `jid-malformed` and a text naming the member.
[[nodiscard]] Result<Object> normalised(Object object);

/// A whole network as one document: what `--import` and `--export` carry.
struct Network
{
    QList<Thing> things;
    QList<Friendship> friendships;
    QList<FriendshipRule> friendshipRules; ///< in order
    QList<AccessRule> accessRules; ///< in order, both actions

    friend bool operator==(const Network &, const Network &) = default;
};

} // namespace castellan
