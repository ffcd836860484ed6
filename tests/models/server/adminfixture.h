// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/operations.h"
#include "tokenfixture.h"

namespace castellan::server {

inline const QByteArray supporter = "support@example.org/desk";
inline const QByteArray auditor = "auditor@example.org/desk";
inline const QByteArray stranger = "stranger@example.org/r";

/// A lamp and a meter that are friends, a switch that wants to be the lamp's, and one holder of each role.
inline Network administrated()
{
    Network network;
    network.things = {
        Thing { .jid = u"lamp@example.org"_s,
                .name = u"Lamp"_s,
                .roles = { u"lights"_s },
                .nodes = { { .fields = { { u"Power"_s } } } } },
        Thing { .jid = u"meter@example.org"_s, .name = u"Meter"_s, .owner = u"Ms. Piggy"_s },
        Thing { .jid = u"switch@example.org"_s, .name = u"Switch"_s, .roles = { u"switches"_s } }
    };
    network.friendships = { makeFriendship(u"lamp@example.org"_s, u"meter@example.org"_s) };
    network.accessRules = { { .id = u"read"_s,
                              .subject = { .kind = Subject::Kind::Jid, .value = u"meter@example.org"_s },
                              .target = { .kind = Target::Kind::Device, .value = u"lamp@example.org"_s } } };
    network.questions = { { .asker = u"switch@example.org"_s,
                            .jid = u"lamp@example.org"_s,
                            .asked = QDateTime::currentDateTimeUtc() } };
    network.policy = Policy { .unknownFriends = Policy::Unknown::Ask };
    network.roleGrants = { { u"support@example.org"_s, AdminRole::Support, {} },
                           { u"auditor@example.org"_s, AdminRole::Auditor, {} } };
    return network;
}

class AdminFixture : public TokenFixture
{
public:
    wire::Element send(const admin::Request &request, const QByteArray &from = console)
    {
        return ServiceFixture::request(admin::isSet(request) ? "set" : "get", from,
                                       admin::write(request).toXml());
    }
    template<typename T>
    T get(const admin::Request &request, const QByteArray &from = console)
    {
        const wire::Element answer = send(request, from);
        const auto response = admin::readResponse(answer.firstChild() ? *answer.firstChild()
                                                                      : wire::Element {});
        const T *value = response ? std::get_if<T>(&*response) : nullptr;
        if (answer.attribute("type"_L1) != "result"_L1 || !value)
            QTest::qFail(answer.toXml().constData(), __FILE__, __LINE__);
        return value ? *value : T {};
    }
    /// What the one is told when it asks.
    bool areFriends(const QString &one, const QString &other)
    {
        const wire::Element answer = ask(one.toUtf8() + "/r",
                                         prov("isFriend", "jid='" + other.toUtf8() + "'/>"));
        return answer.firstChild() && answer.firstChild()->attribute("result"_L1) == "true"_L1;
    }
};

} // namespace castellan::server
