// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/operations.h"

#include <QUuid>

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

QString newId()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces);
}

/// Two different bare JIDs, in normal form.
Result<std::pair<QString, QString>> twoJids(const QString &one, const QString &other)
{
    const Result<Jid> a = Jid::parse(one);
    if (!a)
        return std::unexpected(a.error());
    const Result<Jid> b = Jid::parse(other);
    if (!b)
        return std::unexpected(b.error());
    if (a->bare() == b->bare())
        return fail(FailureKind::BadRequest, u"%1 is named twice; name two JIDs."_s.arg(a->bare()));
    return std::pair { a->bare(), b->bare() };
}

Change putting(const Object &object)
{
    return { .key = { objectType(object), objectId(object) }, .object = object, .after = {} };
}

} // namespace

void Operations::commit(const Call &call, const ChangeSet &changeSet)
{
    m_network.commit(changeSet, Actor { call.from.full() },
                     [this, call](const ApplyResult &result) { answerCommit(call, result); });
}

void Operations::answerCommit(const Call &call, const ApplyResult &result)
{
    if (const auto *committed = std::get_if<Committed>(&result)) {
        answer(call,
               Response(admin::Applied { .changeSetId = committed->changeSetId,
                                         .revision = committed->revision,
                                         .deliveries = committed->deliveryCount,
                                         .confirmBy = committed->confirmBy }));
    } else if (const auto *conflict = std::get_if<StoreConflict>(&result)) {
        call.done(
            std::unexpected(Refusal { { FailureKind::Conflict,
                                        u"%1 of the objects are not as they were when the edit began."_s.arg(
                                            conflict->current.size()) },
                                      admin::write(admin::Conflicts { conflict->current }) }));
    } else {
        answer(call, std::get<Failure>(result));
    }
}

void Operations::edit(const Call &call, const ObjectKey &key, const QString &title, const MakeChange &make,
                      int attempts)
{
    m_store->object(key).then(this, [=, this](const Result<VersionedObject> &stored) {
        if (!stored && stored.error().kind != FailureKind::ItemNotFound)
            return answer(call, stored.error());
        Result<Change> change = make(stored ? stored->object : std::nullopt);
        if (!change)
            return answer(call, change.error());
        change->base = stored ? stored->version : 0;
        const ChangeSet changeSet { .id = newId(), .title = title, .changes = { *std::move(change) } };
        m_network.commit(changeSet, Actor { call.from.full() }, [=, this](const ApplyResult &result) {
            // Somebody else changed it since it was read.
            if (std::holds_alternative<StoreConflict>(result) && attempts > 1)
                return edit(call, key, title, make, attempts - 1);
            answerCommit(call, result);
        });
    });
}

Result<ChangeSet> Operations::checked(ChangeSet changeSet) const
{
    if (changeSet.changes.isEmpty() || changeSet.changes.size() > m_limits.changeSetSize) {
        return fail(changeSet.changes.isEmpty() ? FailureKind::BadRequest : FailureKind::PolicyViolation,
                    u"A change set has 1 to %1 changes; this one has %2."_s.arg(m_limits.changeSetSize)
                        .arg(changeSet.changes.size()));
    }
    for (Change &change : changeSet.changes) {
        if (!change.object)
            continue;
        Result<Object> object = normalised(*std::move(change.object));
        if (!object)
            return std::unexpected(object.error());
        change.object = *std::move(object);
        change.key = { objectType(*change.object), objectId(*change.object) };
    }
    return changeSet;
}

void Operations::run(const Call &call, const admin::Apply &request)
{
    const Result<ChangeSet> changeSet = checked(request.changeSet);
    if (!changeSet)
        return answer(call, changeSet.error());
    if (!request.confirmWithin)
        return commit(call, *changeSet);
    const int most = int(m_limits.confirmWithin.count());
    if (*request.confirmWithin < 1 || *request.confirmWithin > most) {
        return answer(call,
                      Failure { FailureKind::PolicyViolation,
                                u"A confirmation may take 1 to %1 seconds."_s.arg(most) });
    }
    if (m_confirmations.unconfirmed().size() >= m_limits.unconfirmed) {
        return answer(call,
                      Failure {
                          FailureKind::ResourceConstraint,
                          u"%1 change sets wait for a confirmation already; confirm or revert one."_s.arg(
                              m_limits.unconfirmed) });
    }
    const CommitTerms terms { .confirmBy = QDateTime::currentDateTimeUtc().addSecs(*request.confirmWithin) };
    const Actor actor { call.from.full() };
    m_network.commit(
        *changeSet, actor,
        [this, call, actor, changeSet = *changeSet](const ApplyResult &result) {
            const auto *committed = std::get_if<Committed>(&result);
            if (committed && !committed->repeated) {
                m_confirmations.await({ .revision = committed->revision,
                                        .at = committed->at,
                                        .by = actor.jid,
                                        .title = changeSet.title,
                                        .changes = int(committed->objects.size()),
                                        .changeSetId = changeSet.id,
                                        .confirmBy = committed->confirmBy });
            }
            answerCommit(call, result);
        },
        terms);
}

void Operations::run(const Call &call, const admin::Confirm &request)
{
    m_confirmations.confirm(request.changeSetId, Actor { call.from.full() },
                            [call](const Result<void> &confirmed) {
                                if (confirmed)
                                    answer(call, Response(admin::Done {}));
                                else
                                    answer(call, confirmed.error());
                            });
}

void Operations::run(const Call &call, const admin::Revert &request)
{
    m_confirmations.revert(request.changeSetId, Actor { call.from.full() },
                           [this, call](const ApplyResult &result) { answerCommit(call, result); });
}

void Operations::run(const Call &call, const admin::Contain &request)
{
    const Result<Jid> jid = Jid::parse(request.jid);
    if (!jid)
        return answer(call, jid.error());
    if (request.until.isValid() && request.until <= QDateTime::currentDateTimeUtc()) {
        return answer(call,
                      Failure { FailureKind::BadRequest,
                                u"%1 is over; name a later end of the containment, or none."_s.arg(
                                    request.until.toString(Qt::ISODate)) });
    }
    // Who is contained has no role: nobody may take one away that is higher than their own.
    if (roleOf(jid->toBare()) > roleOf(call.from))
        return answer(call, refuse(call.from, u"contain of an administrator"_s));
    const Containment containment { .jid = jid->bare(), .until = request.until, .comment = request.comment };
    edit(call, { ObjectType::Containment, containment.jid }, u"Contained %1"_s.arg(containment.jid),
         [containment](const auto &) { return putting(containment); });
}

void Operations::run(const Call &call, const admin::Release &request)
{
    const QString jid = bareJid(request.jid);
    const ObjectKey key { ObjectType::Containment, jid };
    QString title = u"Released %1"_s.arg(jid);
    if (!request.comment.isEmpty())
        title += u": "_s + request.comment;
    edit(call, key, title, [key](const std::optional<Object> &now) -> Result<Change> {
        if (!now)
            return fail(FailureKind::ItemNotFound, u"%1 is not contained."_s.arg(key.id));
        return Change { .verb = Change::Verb::Remove, .key = key, .object = {}, .after = {} };
    });
}

void Operations::run(const Call &call, const admin::Unfriend &request)
{
    const auto jids = twoJids(request.jid, request.peer);
    if (!jids)
        return answer(call, jids.error());
    const auto &[one, other] = *jids;
    Friendship pair = makeFriendship(one, other, Friendship::State::Rejected);
    pair.comment = request.comment;
    edit(call, { ObjectType::Friendship, objectId(pair) }, u"Unfriended %1 and %2"_s.arg(one, other),
         [pair](const auto &) { return putting(pair); });
}

void Operations::run(const Call &call, const admin::AnswerQuestion &request)
{
    const auto jids = twoJids(request.asker, request.jid);
    if (!jids)
        return answer(call, jids.error());
    const auto &[asker, jid] = *jids;
    const QString pairId = friendshipId(asker, jid);
    if (!m_network.snapshot().object({ ObjectType::Question, pairId })) {
        return answer(call,
                      Failure { FailureKind::ItemNotFound,
                                u"%1 and %2 are no question that waits for an answer."_s.arg(asker, jid) });
    }
    const QString title = (request.accept ? u"Accepted %1 as a friend of %2"_s
                                          : u"Rejected %1 as a friend of %2"_s)
                              .arg(asker, jid);
    if (request.scope == admin::AnswerQuestion::Scope::Pair) {
        Friendship pair = makeFriendship(
            asker, jid, request.accept ? Friendship::State::Accepted : Friendship::State::Rejected);
        pair.secondaryTrustAllowed = request.accept && request.secondaryTrustAllowed;
        pair.comment = request.comment;
        return edit(call, { ObjectType::Friendship, pairId }, title,
                    [pair](const auto &) { return putting(pair); });
    }

    FriendshipRule rule {
        .id = newId(),
        .effect = request.accept ? Effect::Allow : Effect::Deny,
        .one = {},
        .other = { .kind = Subject::Kind::Jid, .value = jid, .withUser = {}, .withService = {} },
        .secondaryTrustAllowed = request.accept && request.secondaryTrustAllowed,
        .comment = request.comment
    };
    if (request.scope == admin::AnswerQuestion::Scope::Domain) {
        rule.one.kind = Subject::Kind::Domain;
        rule.one.value = Jid::parse(asker)->domain();
    } else if (request.scope == admin::AnswerQuestion::Scope::Role) {
        const auto object = m_network.snapshot().object({ ObjectType::Thing, asker });
        const Thing *thing = object ? std::get_if<Thing>(&*object) : nullptr;
        if (!thing || !thing->roles.contains(request.role)) {
            return answer(call,
                          Failure { FailureKind::BadRequest,
                                    u"%1 does not have the role “%2”; an answer for a role it does not have "
                                    u"would leave the question open."_s.arg(asker, request.role) });
        }
        rule.one.kind = Subject::Kind::Role;
        rule.one.value = request.role;
    }
    Change change = putting(rule);
    change.after = u""_s; // the first: what comes before it might answer otherwise
    commit(call, { .id = newId(), .title = title, .changes = { change } });
}

} // namespace castellan::server
