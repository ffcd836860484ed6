// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/fieldtypes.h"
#include "vocabulary/result.h"

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

#include <algorithm>
#include <array>
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

/// An X.509 certificate that tokens stand for (XEP-0324 §3.1.3, statement 3). Its id is the thumbprint. The
/// server adds it when somebody has proved to hold its key.
struct Certificate
{
    QString thumbprint; ///< SHA-256, lower-case hexadecimal
    QByteArray der; ///< the certificate itself; tokens can be challenged with it (statement 22)
    QString subject;
    QString issuer;
    QDateTime notBefore; ///< UTC
    QDateTime notAfter; ///< UTC, inclusive as in RFC 5280 §4.1.2.5
    QString jid; ///< bare: who was the first to ask for a token with it
    bool revoked = false; ///< none of its tokens counts any more
    QString comment;
    bool noted = false;

    friend bool operator==(const Certificate &, const Certificate &) = default;
};

/// A credential that a service has of a visitor (XEP-0324 §3.6.2, table 1) and that a rule of the service
/// asks for.
struct AccessCondition
{
    enum class Kind {
        Jid, ///< a bare JID
        IpAddress, ///< an address, `ADDRESS/PREFIX` or `FIRST-LAST`, IPv4 or IPv6
        HostName, ///< a name; with a leading dot that name and all below it
        Certificate, ///< SHA-256 thumbprint, of a certificate or of itself
        UserName,
        Location, ///< at most `metres` from a point
        SsoToken,
        Protocol,
    };

    Kind kind = Kind::Jid;
    QString value; ///< all kinds but Location
    double latitude = 0; ///< degrees, as `longitude`
    double longitude = 0;
    double metres = 0;

    friend bool operator==(const AccessCondition &, const AccessCondition &) = default;
};

/// One rule of the ordered list of a service (statement 15): decides when all its conditions are met.
struct ServiceRule
{
    Effect effect = Effect::Allow;
    QList<AccessCondition> conditions; ///< none: every visitor
    QString comment;

    friend bool operator==(const ServiceRule &, const ServiceRule &) = default;
};

/// Something that people visit and that asks what they may do there (XEP-0324 §3.6). It is recognised by the
/// certificate that its token stands for.
struct Service
{
    QString id; ///< without white space; by convention its bare JID
    QString name;
    QStringList certificates; ///< thumbprints
    QList<ServiceRule> access; ///< in order
    QString comment;
    bool noted = false;

    friend bool operator==(const Service &, const Service &) = default;
};

/// Who logs in to services (XEP-0324 §3.6.2, `userLoggedIn`). Its id is the user name.
struct User
{
    QString name;
    QStringList certificates; ///< thumbprints: a token for one of them is this user's token
    QStringList roles; ///< in the order in which their privilege lists are read (statement 17)
    QString comment;
    bool noted = false;

    friend bool operator==(const User &, const User &) = default;
};

struct PrivilegeEntry
{
    bool include = true;
    QString privilege; ///< a Privilege ID, full or partial (statement 19)

    friend bool operator==(const PrivilegeEntry &, const PrivilegeEntry &) = default;
};

/// What one user, one role, or every visitor who is not logged in may do in one service (statement 17). Its
/// id is `SERVICE anonymous`, `SERVICE user NAME` or `SERVICE role NAME`.
struct PrivilegeList
{
    enum class Holder {
        Anonymous,
        User,
        Role,
    };

    QString service; ///< id
    Holder holder = Holder::Anonymous;
    QString name; ///< of the user or role
    QList<PrivilegeEntry> entries; ///< in order, first match wins
    QString comment;

    friend bool operator==(const PrivilegeList &, const PrivilegeList &) = default;
};

/// A Privilege ID that is known to mean something in a service. It grants nothing; it is what lists can be
/// made of. Its id is `SERVICE PRIVILEGE`.
struct Privilege
{
    QString service; ///< id
    QString privilege;
    QString comment;
    bool noted = false;

    friend bool operator==(const Privilege &, const Privilege &) = default;
};

/// A question that an administrator has yet to answer (statement 5): \a asker wants to be a friend of \a jid
/// and was denied for now. One for each pair, whoever asked first; its id is that of the pair.
struct Question
{
    QString asker;
    QString jid;
    QDateTime asked; ///< UTC

    friend bool operator==(const Question &, const Question &) = default;
};

/// Statement 25: while this is there, \a jid is denied everything. Its id is the JID.
struct Containment
{
    QString jid;
    QDateTime until; ///< UTC, exclusive; the server releases it then. Invalid: until somebody does
    QString comment;

    friend bool operator==(const Containment &, const Containment &) = default;
};

/// What is true of the whole network. There is one; its id is `policy`. Without it, the defaults hold.
struct Policy
{
    /// What isFriend gets where no pair and no rule says anything (statement 5).
    enum class Unknown {
        Deny,
        Ask, ///< deny now and keep the question for an administrator
    };
    /// When the holder of a token has to prove itself again (statement 22).
    enum class Challenge {
        Never,
        FirstUse, ///< by every sender but the one the token was issued to
        Interval, ///< when the last proof through this sender is older than challengeHours
        Always,
    };

    Unknown unknownFriends = Unknown::Deny;
    Challenge challenge = Challenge::FirstUse;
    int challengeHours = 24;

    friend bool operator==(const Policy &, const Policy &) = default;
};

/// What somebody may do in the administration interface.
enum class AdminRole {
    None,
    Auditor, ///< reads
    Support, ///< reads; may unfriend, contain, release
    Administrator,
};

/// On every wire.
inline constexpr std::array adminRoleNames {
    std::pair { AdminRole::None, QLatin1StringView("none") },
    std::pair { AdminRole::Auditor, QLatin1StringView("auditor") },
    std::pair { AdminRole::Support, QLatin1StringView("support") },
    std::pair { AdminRole::Administrator, QLatin1StringView("administrator") },
};

/// Whether \a holder is a certificate's thumbprint and no JID.
[[nodiscard]] bool isThumbprint(QStringView holder);

/// Who has a role in the administration interface. Its id is the holder.
struct RoleGrant
{
    /// A bare JID, or the SHA-256 thumbprint of a certificate: then whoever proves to own that.
    QString holder;
    AdminRole role = AdminRole::Auditor; ///< never None
    QString comment;

    friend bool operator==(const RoleGrant &, const RoleGrant &) = default;
};

enum class ObjectType {
    Thing,
    Friendship,
    FriendshipRule,
    AccessRule,
    Service,
    User,
    PrivilegeList,
    Privilege,
    Certificate,
    Question,
    Containment,
    Policy,
    RoleGrant,
};

inline constexpr std::array allObjectTypes {
    ObjectType::Thing,       ObjectType::Friendship, ObjectType::FriendshipRule, ObjectType::AccessRule,
    ObjectType::Service,     ObjectType::User,       ObjectType::PrivilegeList,  ObjectType::Privilege,
    ObjectType::Certificate, ObjectType::Question,   ObjectType::Containment,    ObjectType::Policy,
    ObjectType::RoleGrant,
};

/// In the order of ObjectType.
using Object = std::variant<Thing, Friendship, FriendshipRule, AccessRule, Service, User, PrivilegeList,
                            Privilege, Certificate, Question, Containment, Policy, RoleGrant>;

[[nodiscard]] ObjectType objectType(const Object &object);
[[nodiscard]] QString objectId(const Object &object);
/// The name on every wire, such as `friendship-rule`.
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

inline constexpr QLatin1StringView policyId("policy");
[[nodiscard]] QString privilegeListId(const QString &service, PrivilegeList::Holder holder,
                                      const QString &name = {});
[[nodiscard]] QString privilegeId(const QString &service, const QString &privilege);

/// Whether \a text is a Privilege ID, full or partial (statement 19): parts separated by single periods, none
/// empty, no white space at either end of a part.
[[nodiscard]] bool isPrivilegeId(QStringView text);
/// Whether \a text can be the id of a service: not empty, no white space.
[[nodiscard]] bool isServiceId(QStringView text);

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
    QList<Service> services;
    QList<User> users;
    QList<PrivilegeList> privilegeLists;
    QList<Privilege> privileges;
    QList<Certificate> certificates;
    QList<Question> questions;
    QList<Containment> containments;
    std::optional<Policy> policy;
    QList<RoleGrant> roleGrants;

    friend bool operator==(const Network &, const Network &) = default;
};

/// Appends \a object to the list of its type.
void add(Network &network, Object object);

/// Calls \a visit with every object, those of one type after each other, rules in order.
template<typename Visit>
void forEachObject(const Network &network, Visit visit)
{
    const auto visitAll = [&visit](const auto &...lists) {
        (std::ranges::for_each(lists, [&visit](const auto &object) { visit(object); }), ...);
    };
    visitAll(network.things, network.friendships, network.friendshipRules, network.accessRules,
             network.services, network.users, network.privilegeLists, network.privileges,
             network.certificates, network.questions, network.containments, network.roleGrants);
    if (network.policy)
        visit(*network.policy);
}

} // namespace castellan
