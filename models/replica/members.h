// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/network.h"

#include <tuple>

/// What of an object can be changed, member by member: all but what identifies it and its place in an order.
namespace castellan::replica {

template<typename T, typename Value>
struct Member
{
    QLatin1StringView name; ///< as in a network's document
    Value T::*value;

    constexpr Member(const char *name, Value T::*value)
        : name(name),
          value(value)
    { }
};

template<typename T>
inline constexpr auto membersOf = std::tuple {};

template<>
inline constexpr auto membersOf<Thing> = std::tuple {
    Member("kind", &Thing::kind),   Member("name", &Thing::name),   Member("owner", &Thing::owner),
    Member("tags", &Thing::tags),   Member("roles", &Thing::roles), Member("comment", &Thing::comment),
    Member("noted", &Thing::noted), Member("nodes", &Thing::nodes)
};
template<>
inline constexpr auto membersOf<Friendship> = std::tuple {
    Member("state", &Friendship::state), Member("secondaryTrustAllowed", &Friendship::secondaryTrustAllowed),
    Member("comment", &Friendship::comment)
};
template<>
inline constexpr auto membersOf<FriendshipRule> = std::tuple {
    Member("effect", &FriendshipRule::effect), Member("one", &FriendshipRule::one),
    Member("other", &FriendshipRule::other),
    Member("secondaryTrustAllowed", &FriendshipRule::secondaryTrustAllowed),
    Member("comment", &FriendshipRule::comment)
};
template<>
inline constexpr auto membersOf<AccessRule> = std::tuple {
    Member("effect", &AccessRule::effect), Member("subject", &AccessRule::subject),
    Member("target", &AccessRule::target), Member("names", &AccessRule::names),
    Member("types", &AccessRule::types),   Member("from", &AccessRule::from),
    Member("until", &AccessRule::until),   Member("comment", &AccessRule::comment)
};
template<>
inline constexpr auto membersOf<Service> = std::tuple {
    Member("name", &Service::name), Member("certificates", &Service::certificates),
    Member("access", &Service::access), Member("comment", &Service::comment), Member("noted", &Service::noted)
};
template<>
inline constexpr auto membersOf<User> = std::tuple { Member("certificates", &User::certificates),
                                                     Member("roles", &User::roles),
                                                     Member("comment", &User::comment),
                                                     Member("noted", &User::noted) };
template<>
inline constexpr auto membersOf<PrivilegeList> = std::tuple { Member("entries", &PrivilegeList::entries),
                                                              Member("comment", &PrivilegeList::comment) };
template<>
inline constexpr auto membersOf<Privilege> = std::tuple { Member("comment", &Privilege::comment),
                                                          Member("noted", &Privilege::noted) };
template<>
inline constexpr auto membersOf<Certificate> = std::tuple {
    Member("der", &Certificate::der),           Member("subject", &Certificate::subject),
    Member("issuer", &Certificate::issuer),     Member("notBefore", &Certificate::notBefore),
    Member("notAfter", &Certificate::notAfter), Member("jid", &Certificate::jid),
    Member("revoked", &Certificate::revoked),   Member("comment", &Certificate::comment),
    Member("noted", &Certificate::noted)
};
template<>
inline constexpr auto membersOf<Question> = std::tuple { Member("asker", &Question::asker),
                                                         Member("jid", &Question::jid),
                                                         Member("asked", &Question::asked) };
template<>
inline constexpr auto membersOf<Containment> = std::tuple { Member("until", &Containment::until),
                                                            Member("comment", &Containment::comment) };
template<>
inline constexpr auto membersOf<Policy> = std::tuple { Member("unknownFriends", &Policy::unknownFriends),
                                                       Member("challenge", &Policy::challenge),
                                                       Member("challengeHours", &Policy::challengeHours) };
template<>
inline constexpr auto membersOf<RoleGrant> = std::tuple { Member("role", &RoleGrant::role),
                                                          Member("comment", &RoleGrant::comment) };

/// Calls \a function with every Member of a T.
template<typename T, typename Function>
constexpr void forEachMember(Function function)
{
    std::apply([&](const auto &...member) { (function(member), ...); }, membersOf<T>);
}

} // namespace castellan::replica
