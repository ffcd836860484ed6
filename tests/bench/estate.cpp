// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "estate.h"

#include <QTimeZone>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::bench {

namespace {

constexpr int thingsPerDomain = 1000;
constexpr int roleCount = 40;
constexpr int nameCount = 20;

enum What : quint64 {
    Role,
    OtherRole,
    Partner,
    State,
    Subject_,
    Id,
    Asked,
};

QString role(quint64 number)
{
    return u"role-%1"_s.arg(number % roleCount);
}

QString name(quint64 number)
{
    return u"field-%1"_s.arg(number % nameCount);
}

/// About roles and domains, deny and allow.
QList<AccessRule> broadRules(Effect effect)
{
    QList<AccessRule> rules;
    for (int i = 0; i < roleCount / 2; ++i) {
        AccessRule rule;
        rule.id = u"%1-%2"_s.arg(effect == Effect::Deny ? u"deny"_s : u"allow"_s).arg(i);
        rule.action = i % 2 == 0 ? Action::Read : Action::Control;
        rule.effect = effect;
        rule.subject.kind = effect == Effect::Deny ? Subject::Kind::Role : Subject::Kind::Domain;
        rule.subject.value = effect == Effect::Deny ? role(i) : u"site-%1.example"_s.arg(i);
        rule.target = { Target::Kind::Role, role(roleCount - 1 - i), {} };
        rule.names = { u"field-1*"_s };
        rules.append(rule);
    }
    return rules;
}

} // namespace

QString Estate::jid(qsizetype thing) const
{
    return u"meter-%1@site-%2.example"_s.arg(thing).arg(thing / thingsPerDomain);
}

Thing Estate::thing(qsizetype index) const
{
    return { .jid = jid(index), .roles = { role(roll(Role, index)), role(roll(OtherRole, index) / 64) } };
}

Friendship Estate::pair(qsizetype index) const
{
    // Partners stand less than half way round from the thing, each in a stretch of its own: so none repeats.
    const qsizetype thing = index % m_things;
    const qsizetype round = index / m_things;
    const qsizetype rounds = 16;
    const qsizetype stretch = m_things / 2 / rounds;
    const qsizetype step = round * stretch + 1 + qsizetype(roll(Partner, index) % quint64(stretch));
    const bool rejected = roll(State, index) % 8 == 0;
    return makeFriendship(jid(thing), jid((thing + step) % m_things),
                          rejected ? Friendship::State::Rejected : Friendship::State::Accepted);
}

AccessRule Estate::rule(qsizetype index) const
{
    const quint64 low = roll(Id, index);
    const QUuid id(uint(low), ushort(low >> 32), ushort((low >> 48 & 0x0fff) | 0x4000), 0x80, 0, 0, 0,
                   uchar(index >> 24), uchar(index >> 16), uchar(index >> 8), uchar(index));
    AccessRule rule;
    rule.id = id.toString(QUuid::WithoutBraces);
    rule.action = index / m_things % 2 == 0 ? Action::Read : Action::Control;
    rule.subject.kind = Subject::Kind::Jid;
    rule.subject.value = jid(qsizetype(roll(Subject_, index) % quint64(m_things)));
    rule.target = { Target::Kind::Device, jid(index % m_things), {} };
    rule.names = { name(quint64(index)) };
    return rule;
}

Network Estate::network(qsizetype pairs, qsizetype rules) const
{
    Network network;
    network.things.reserve(m_things);
    for (qsizetype i = 0; i < m_things; ++i)
        network.things.append(thing(i));
    network.friendships.reserve(pairs);
    for (qsizetype i = 0; i < pairs; ++i)
        network.friendships.append(pair(i));
    for (int i = 0; i < roleCount; ++i) {
        FriendshipRule rule;
        rule.id = u"friends-%1"_s.arg(i);
        rule.effect = i % 3 == 0 ? Effect::Deny : Effect::Allow;
        rule.one = { .kind = Subject::Kind::Role, .value = role(quint64(i)) };
        rule.other = { .kind = i % 2 == 0 ? Subject::Kind::Role : Subject::Kind::Domain,
                       .value = i % 2 == 0 ? role(quint64(i + 1)) : u"site-%1.example"_s.arg(i) };
        network.friendshipRules.append(rule);
    }
    network.accessRules.reserve(rules + roleCount);
    network.accessRules.append(broadRules(Effect::Deny));
    for (qsizetype i = 0; i < rules; ++i)
        network.accessRules.append(rule(i));
    network.accessRules.append(broadRules(Effect::Allow));
    return network;
}

rules::FriendQuestion Estate::friendQuestion(qsizetype index, qsizetype pairs, bool known) const
{
    const Friendship pair = this->pair(qsizetype(roll(Asked, index) % quint64(pairs)));
    const QString other = known ? pair.b : jid(qsizetype(roll(Asked, -index - 1) % quint64(m_things)));
    return index % 2 == 0 ? rules::FriendQuestion { pair.a, other } : rules::FriendQuestion { other, pair.a };
}

rules::AccessQuestion Estate::accessQuestion(qsizetype index, qsizetype rules, Action action) const
{
    static const QDateTime now(QDate(2026, 1, 1), QTime(12, 0), QTimeZone::UTC);
    // Rounds of things() are about reading and controlling by turns.
    quint64 at = roll(Asked, index) % quint64(rules);
    if ((at / quint64(m_things) % 2 == 0) != (action == Action::Read))
        at = (at + quint64(m_things)) % quint64(rules);
    const AccessRule rule = this->rule(qsizetype(at));
    rules::AccessQuestion question;
    question.action = action;
    question.device = rule.target.value;
    question.jid = index % 2 == 0 ? rule.subject.value
                                  : jid(qsizetype(roll(Asked, -index - 1) % quint64(m_things)));
    question.names = rule.names;
    question.types = FieldType::Momentary;
    question.now = now;
    return question;
}

} // namespace castellan::bench
