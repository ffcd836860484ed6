// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rules/snapshot.h"

#include <QTimeZone>

#include <random>

/// Networks and questions of few and often equal parts, so that in many of them rules meet, hide and
/// contradict each other.
class RandomNetwork
{
public:
    explicit RandomNetwork(quint32 seed)
        : m_random(seed)
    { }

    static QStringList jids()
    {
        return { QStringLiteral("d1@a"), QStringLiteral("d2@a"), QStringLiteral("u1@a"),
                 QStringLiteral("u2@b"), QStringLiteral("b"),    QStringLiteral("x@c") };
    }

    static QDateTime now() { return { QDate(2026, 11, 21), QTime(12, 0), QTimeZone::UTC }; }

    int below(int limit) { return int(m_random() % unsigned(limit)); }
    bool chance(int oneIn = 2) { return below(oneIn) == 0; }

    template<typename T>
    T pick(const QList<T> &from)
    {
        return from.at(below(int(from.size())));
    }

    QString jid() { return pick(jids()); }
    QString role() { return pick<QString>({ QStringLiteral("r1"), QStringLiteral("r2") }); }
    QString certificate() { return pick<QString>({ QStringLiteral("c1"), QStringLiteral("c2") }); }
    QString user() { return pick<QString>({ QStringLiteral("alice"), QStringLiteral("bob") }); }
    QString service() { return pick<QString>({ QStringLiteral("s"), QStringLiteral("t") }); }
    castellan::Effect effect() { return chance(3) ? castellan::Effect::Deny : castellan::Effect::Allow; }

    castellan::FieldTypes types()
    {
        using enum castellan::FieldType;
        castellan::FieldTypes types = pick<castellan::FieldTypes>({ Momentary, Peak, HistoricalDay });
        if (chance())
            types |= pick<castellan::FieldTypes>({ Momentary, Peak, HistoricalDay });
        return types;
    }

    castellan::Thing thing(const QString &jid)
    {
        castellan::Thing thing;
        thing.jid = jid;
        for (const QString &role : { QStringLiteral("r1"), QStringLiteral("r2") }) {
            if (chance(3))
                thing.roles.append(role);
        }
        if (chance()) {
            const castellan::NodeRef one { QStringLiteral("n1"), QStringLiteral("s1"), {} };
            const castellan::NodeRef other { QStringLiteral("n1"), QStringLiteral("s2"), {} };
            const castellan::NodeRef below { QStringLiteral("n2"), {}, {} };
            const castellan::NodeRef missing { QStringLiteral("n9"), {}, {} };
            for (const castellan::NodeRef &ref : { one, other, below }) {
                castellan::Node node;
                node.ref = ref;
                if (ref == below)
                    node.parent = pick<castellan::NodeRef>({ {}, one, other, missing });
                for (const QString &name : names()) {
                    if (chance(3))
                        node.fields.append({ name });
                    if (chance(3))
                        node.parameters.append(name);
                }
                if (chance(4))
                    node.ref = chance() ? castellan::NodeRef()
                                        : castellan::NodeRef { QStringLiteral("n3"), {}, {} };
                if (node.ref.isDevice())
                    node.parent = {};
                const bool isThere = std::ranges::any_of(thing.nodes, [&](const castellan::Node &before) {
                    return before.ref == node.ref;
                });
                if (!isThere)
                    thing.nodes.append(node);
            }
        }
        return thing;
    }

    castellan::Friendship pair()
    {
        const QString one = jid();
        QStringList others = jids();
        others.removeOne(one);
        castellan::Friendship pair = castellan::makeFriendship(one, pick(others));
        pair.state = chance() ? castellan::Friendship::State::Accepted
                              : castellan::Friendship::State::Rejected;
        pair.secondaryTrustAllowed = chance();
        return pair;
    }

    castellan::Subject subject(bool tokens)
    {
        castellan::Subject subject;
        if (chance())
            subject.kind = castellan::Subject::Kind(below(tokens ? 5 : 4));
        switch (subject.kind) {
        case castellan::Subject::Kind::Everyone:
            break;
        case castellan::Subject::Kind::Jid:
            subject.value = jid();
            break;
        case castellan::Subject::Kind::Domain:
            subject.value = pick<QString>({ QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c") });
            break;
        case castellan::Subject::Kind::Role:
            subject.value = role();
            break;
        case castellan::Subject::Kind::Certificate:
            subject.value = certificate();
            break;
        }
        if (tokens && chance(6))
            subject.withUser = user();
        if (tokens && chance(6))
            subject.withService = service();
        return subject;
    }

    castellan::FriendshipRule friendshipRule(const QString &id)
    {
        castellan::FriendshipRule rule;
        rule.id = id;
        rule.effect = effect();
        rule.one = subject(false);
        rule.other = subject(false);
        rule.secondaryTrustAllowed = chance();
        return rule;
    }

    castellan::AccessRule accessRule(const QString &id)
    {
        castellan::AccessRule rule;
        rule.id = id;
        rule.action = chance() ? castellan::Action::Read : castellan::Action::Control;
        rule.effect = effect();
        rule.subject = subject(true);
        if (chance())
            rule.target = { castellan::Target::Kind::Device, jid(), {} };
        else if (chance())
            rule.target = { castellan::Target::Kind::Role, role(), {} };
        if (chance())
            rule.target.node = nodePattern();
        while (chance())
            rule.names.append(
                pick<QString>({ QStringLiteral("E"), QStringLiteral("P"), QStringLiteral("Ex"),
                                QStringLiteral("E*"), QStringLiteral("*x"), QStringLiteral("*") }));
        if (rule.action == castellan::Action::Read && chance())
            rule.types = types();
        if (chance(5))
            rule.from = now().addSecs(below(3) - 1);
        if (chance(5))
            rule.until = now().addSecs(below(3) - 1);
        return rule;
    }

    castellan::Network network()
    {
        castellan::Network network;
        for (const QString &jid : jids()) {
            if (chance())
                network.things.append(thing(jid));
        }
        while (!chance(4)) {
            const castellan::Friendship next = pair();
            const bool isThere = std::ranges::any_of(network.friendships,
                                                     [&](const castellan::Friendship &before) {
                                                         return before.a == next.a && before.b == next.b;
                                                     });
            if (!isThere)
                network.friendships.append(next);
        }
        const int friendshipRules = below(6);
        for (int i = 0; i < friendshipRules; ++i)
            network.friendshipRules.append(friendshipRule(QStringLiteral("f%1").arg(i)));
        const int accessRules = below(14);
        for (int i = 0; i < accessRules; ++i)
            network.accessRules.append(accessRule(QStringLiteral("a%1").arg(i)));
        for (const QString &id : { QStringLiteral("s"), QStringLiteral("t") }) {
            if (chance())
                network.services.append(service(id));
        }
        for (const QString &name : { QStringLiteral("alice"), QStringLiteral("bob") }) {
            if (chance())
                network.users.append(user(name));
        }
        while (!chance(3))
            addUnlessThere(network.privilegeLists, privilegeList());
        for (const QString &thumbprint : { QStringLiteral("c1"), QStringLiteral("c2") }) {
            if (chance())
                network.certificates.append(certificate(thumbprint));
        }
        if (chance(4))
            network.containments.append(containment());
        while (chance())
            addUnlessThere(network.questions, pendingQuestion());
        if (chance())
            network.policy = policy();
        return network;
    }

    castellan::Service service(const QString &id)
    {
        castellan::Service service;
        service.id = id;
        if (chance())
            service.certificates.append(certificate());
        while (chance())
            service.access.append(serviceRule());
        return service;
    }

    castellan::ServiceRule serviceRule()
    {
        castellan::ServiceRule rule;
        rule.effect = effect();
        while (chance()) {
            castellan::AccessCondition condition;
            switch (below(4)) {
            case 0:
                condition.kind = castellan::AccessCondition::Kind::Jid;
                condition.value = jid();
                break;
            case 1:
                condition.kind = castellan::AccessCondition::Kind::UserName;
                condition.value = user();
                break;
            case 2:
                condition.kind = castellan::AccessCondition::Kind::HostName;
                condition.value = pick<QString>({ QStringLiteral("a.example"), QStringLiteral(".a.example"),
                                                  QStringLiteral(".example") });
                break;
            case 3:
                condition.kind = castellan::AccessCondition::Kind::IpAddress;
                condition.value = pick<QString>({ QStringLiteral("10.0.0.1"), QStringLiteral("10.0.0.0/30"),
                                                  QStringLiteral("10.0.0.1-10.0.0.9") });
                break;
            }
            rule.conditions.append(condition);
        }
        return rule;
    }

    castellan::rules::ServiceQuestion serviceQuestion()
    {
        castellan::rules::ServiceQuestion question { .asker = jid(),
                                                     .service = service(),
                                                     .credentials = {} };
        while (chance())
            question.credentials.jids.append(jid());
        while (chance())
            question.credentials.userNames.append(user());
        while (chance())
            question.credentials.hostNames.append(
                pick<QString>({ QStringLiteral("a.example"), QStringLiteral("b.a.example"),
                                QStringLiteral("ba.example"), QStringLiteral("example") }));
        while (chance())
            question.credentials.addresses.append(*castellan::IpAddress::parse(
                pick<QString>({ QStringLiteral("10.0.0.1"), QStringLiteral("10.0.0.4"),
                                QStringLiteral("::ffff:10.0.0.3"), QStringLiteral("10.0.0.10") })));
        return question;
    }

    castellan::User user(const QString &name)
    {
        castellan::User user;
        user.name = name;
        if (chance())
            user.certificates.append(certificate());
        for (const QString &role : { QStringLiteral("r2"), QStringLiteral("r1") }) {
            if (chance())
                user.roles.append(role);
        }
        user.noted = chance(3);
        return user;
    }

    QString privilege()
    {
        QString id = pick<QString>({ QStringLiteral("A"), QStringLiteral("B"), QStringLiteral("AB") });
        while (chance())
            id += pick<QString>({ QStringLiteral(".A"), QStringLiteral(".B"), QStringLiteral(".AB") });
        return id;
    }

    castellan::PrivilegeList privilegeList()
    {
        castellan::PrivilegeList list;
        list.service = service();
        list.holder = castellan::PrivilegeList::Holder(below(3));
        if (list.holder == castellan::PrivilegeList::Holder::User)
            list.name = user();
        else if (list.holder == castellan::PrivilegeList::Holder::Role)
            list.name = role();
        while (!chance(5))
            list.entries.append({ chance(), privilege() });
        return list;
    }

    castellan::rules::PrivilegesQuestion privilegesQuestion()
    {
        return { .asker = jid(), .service = service(), .user = chance(3) ? QString() : user() };
    }

    castellan::Certificate certificate(const QString &thumbprint)
    {
        castellan::Certificate certificate;
        certificate.thumbprint = thumbprint;
        if (chance())
            certificate.notBefore = now().addSecs(below(3) - 1);
        if (chance())
            certificate.notAfter = now().addSecs(below(3) - 1);
        certificate.jid = jid();
        certificate.revoked = chance(4);
        return certificate;
    }

    castellan::Containment containment()
    {
        castellan::Containment containment;
        containment.jid = chance(5) ? service() : jid();
        if (chance())
            containment.until = now().addSecs(below(5));
        return containment;
    }

    castellan::Question pendingQuestion()
    {
        const castellan::Friendship between = pair();
        return { .asker = between.b, .jid = between.a, .asked = now() };
    }

    castellan::Policy policy()
    {
        castellan::Policy policy;
        policy.unknownFriends = chance() ? castellan::Policy::Unknown::Ask : castellan::Policy::Unknown::Deny;
        return policy;
    }

    castellan::rules::AccessQuestion question()
    {
        castellan::rules::AccessQuestion question;
        question.action = chance() ? castellan::Action::Read : castellan::Action::Control;
        question.device = jid();
        question.jid = jid();
        while (chance()) {
            question.nodes.append(pick<castellan::NodeRef>({
                {},
                { QStringLiteral("n1"), {}, {} },
                { QStringLiteral("n1"), QStringLiteral("s1"), {} },
                { QStringLiteral("n2"), {}, {} },
                { QStringLiteral("n3"), {}, {} },
                { QStringLiteral("n4"), QStringLiteral("s1"), QStringLiteral("t") },
            }));
        }
        while (chance())
            question.names.append(pick(names()));
        if (chance()) {
            question.types = types();
        } else {
            using enum castellan::FieldType;
            question.types = Momentary | Peak | HistoricalDay;
        }
        while (chance(3))
            question.identities.service.append(identity());
        while (chance(3))
            question.identities.user.append(identity());
        while (chance(4))
            question.identities.device.append(identity());
        question.now = now();
        return question;
    }

    castellan::rules::Identity identity()
    {
        return { chance() ? certificate() : QString(), chance() ? user() : QString(),
                 chance() ? service() : QString() };
    }

private:
    template<typename T>
    static void addUnlessThere(QList<T> &list, const T &value)
    {
        const bool isThere = std::ranges::any_of(list, [&](const T &before) {
            return castellan::objectId(before) == castellan::objectId(value);
        });
        if (!isThere)
            list.append(value);
    }

    static QStringList names() { return { QStringLiteral("E"), QStringLiteral("P"), QStringLiteral("Ex") }; }

    castellan::NodePattern nodePattern()
    {
        castellan::NodePattern pattern;
        if (!chance(4))
            pattern.nodeId = pick<QString>(
                { QStringLiteral("n1"), QStringLiteral("n2"), QStringLiteral("n9") });
        if (!pattern.nodeId || chance(3))
            pattern.sourceId = pick<QString>({ QString(), QStringLiteral("s1"), QStringLiteral("s2") });
        if (chance(5))
            pattern.cacheType = pick<QString>({ QString(), QStringLiteral("t") });
        pattern.andBelow = chance(3);
        return pattern;
    }

    std::mt19937 m_random;
};
