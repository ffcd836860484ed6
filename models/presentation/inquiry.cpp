// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/inquiry.h"

#include "presentation/draft.h"
#include "presentation/text.h"

#include <QCoreApplication>
#include <QTimerEvent>
#include <QUuid>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace castellan::presentation {

namespace {

namespace admin = wire::admin;
using Outcome = admin::Consideration::Outcome;

constexpr std::chrono::milliseconds settling { 200 };

struct Text
{
    Q_DECLARE_TR_FUNCTIONS(castellan::presentation::Inquiry)
};

QString outcomeText(const admin::Consideration &considered)
{
    switch (considered.outcome) {
    case Outcome::Decided:
        return Text::tr("decides");
    case Outcome::OtherSubject:
        return Text::tr("is about somebody else");
    case Outcome::MissingToken:
        return Text::tr("asks for a token that was not there");
    case Outcome::OtherNode:
        return Text::tr("is about another node");
    case Outcome::OtherName:
        return Text::tr("is about other names");
    case Outcome::OtherType:
        return Text::tr("is about other field types");
    case Outcome::NotYetValid:
        return Text::tr("is not valid yet");
    case Outcome::Expired:
        return Text::tr("is not valid any more");
    case Outcome::ConditionFailed:
        return Text::tr("has a condition that is not met");
    case Outcome::OtherPrivilege:
        return Text::tr("is about another privilege");
    case Outcome::Unreached:
        return Text::tr("comes behind the one that decides");
    }
    Q_UNREACHABLE_RETURN({});
}

QString reasonText(const admin::Verdict &verdict)
{
    // Statement 11: an answer is a product of nodes, names and types, so that not all that is allowed fits
    // in.
    if (verdict.allowed && !verdict.granted && verdict.by == admin::Verdict::By::Rule)
        return Text::tr("allowed by a rule, but an answer cannot say it beside the rest: ask for it alone");
    switch (verdict.by) {
    case admin::Verdict::By::Containment:
        return Text::tr("%1 is contained", "%1 is a JID").arg(verdict.decidedBy);
    case admin::Verdict::By::Pair:
        return verdict.granted ? Text::tr("the two are friends") : Text::tr("the two may not be friends");
    case admin::Verdict::By::Rule:
    case admin::Verdict::By::Entry:
        return verdict.granted ? Text::tr("a rule allows it") : Text::tr("a rule denies it");
    case admin::Verdict::By::UnknownService:
        return Text::tr("the service is not known");
    case admin::Verdict::By::Default:
        return Text::tr("no rule allows it");
    }
    Q_UNREACHABLE_RETURN({});
}

ObjectType ruleTypeOf(const QString &kind)
{
    return kind == u"isFriend" ? ObjectType::FriendshipRule : ObjectType::AccessRule;
}

/// Decided alike, for the same reason and along the same way.
bool isAlike(const admin::Verdict &one, const admin::Verdict &other)
{
    return one.allowed == other.allowed && one.granted == other.granted && one.by == other.by
        && one.decidedBy == other.decidedBy && one.considered == other.considered;
}

/// Verdicts that differ only in what they are about.
struct Group
{
    admin::Verdict verdict;
    QStringList names;
    FieldTypes types;
};

/// First the types of a name, then the names of a node.
QList<Group> grouped(const QList<admin::Verdict> &verdicts)
{
    QList<Group> byName;
    for (const admin::Verdict &verdict : verdicts) {
        const auto same = std::ranges::find_if(byName, [&](const Group &group) {
            return group.verdict.node == verdict.node && group.verdict.name == verdict.name
                && isAlike(group.verdict, verdict);
        });
        if (same == byName.end())
            byName.append(
                { verdict, { verdict.name }, verdict.type ? FieldTypes(*verdict.type) : FieldTypes() });
        else if (verdict.type)
            same->types |= *verdict.type;
    }
    QList<Group> groups;
    for (const Group &one : std::as_const(byName)) {
        const auto same = std::ranges::find_if(groups, [&](const Group &group) {
            return group.verdict.node == one.verdict.node && group.types == one.types
                && isAlike(group.verdict, one.verdict);
        });
        if (same == groups.end())
            groups.append(one);
        else
            same->names += one.names;
    }
    return groups;
}

QString whatText(const Group &group, const QString &kind)
{
    if (kind == u"isFriend")
        return {};
    QStringList parts;
    if (!group.verdict.node.nodeId.isEmpty())
        parts.append(group.verdict.node.nodeId);
    QStringList names = group.names;
    if (names.removeAll(QString()) > 0) {
        if (kind == u"canRead")
            names.append(names.isEmpty() ? Text::tr("any field") : Text::tr("any other field"));
        else
            names.append(names.isEmpty() ? Text::tr("any parameter") : Text::tr("any other parameter"));
    }
    parts.append(names.join(u", "_s));
    if (const QString types = typesText(group.types); kind == u"canRead" && !types.isEmpty())
        parts.append(types);
    return parts.join(u" · "_s);
}

QString answerText(const QString &kind, const QString &result)
{
    if (kind == u"isFriend")
        return result == u"allowed" ? Text::tr("They may be friends") : Text::tr("They may not be friends");
    if (result == u"partly")
        return kind == u"canRead" ? Text::tr("It may read some of it")
                                  : Text::tr("It may control some of it");
    if (kind == u"canRead")
        return result == u"allowed" ? Text::tr("It may read all of it")
                                    : Text::tr("It may read nothing of it");
    return result == u"allowed" ? Text::tr("It may control all of it")
                                : Text::tr("It may control nothing of it");
}

} // namespace

Inquiry::Inquiry(QObject *parent)
    : QObject(parent)
{ }

void Inquiry::setSession(Session *session)
{
    if (m_session == session)
        return;
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (m_session) {
        connect(m_session, &Session::replicaChanged, this, &Inquiry::follow);
        connect(m_session->draft(), &Draft::changed, this, &Inquiry::askAgain);
        connect(m_session->draft(), &Draft::setsChanged, this, &Inquiry::askAgain);
    }
    follow();
}

void Inquiry::componentComplete()
{
    if (!m_session)
        setSession(Session::of(this));
}

void Inquiry::follow()
{
    clear();
    if (auto *replica = m_session ? m_session->replica() : nullptr)
        connect(replica, &replica::Replica::revisionChanged, this, &Inquiry::askAgain);
}

void Inquiry::askAgain()
{
    if (m_asked)
        m_timer.start(settling, this);
}

void Inquiry::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    ask();
}

void Inquiry::clear()
{
    ++m_generation;
    m_asked = false;
    m_timer.stop();
    if (m_committed == AnswerInfo() && m_drafted == AnswerInfo())
        return;
    m_committed = m_drafted = {};
    Q_EMIT answered();
}

QString Inquiry::problem() const
{
    const Result<admin::Explain> made = request();
    return made ? QString() : made.error().text;
}

Result<admin::Explain> Inquiry::request() const
{
    const Result<Jid> asker = Jid::parse(m_asker);
    if (m_asker.isEmpty() || m_jid.isEmpty())
        return fail(FailureKind::BadRequest, tr("Say which two it is about."));
    if (!asker)
        return std::unexpected(asker.error());
    const Result<Jid> jid = Jid::parse(m_jid);
    if (!jid)
        return std::unexpected(jid.error());

    admin::Explain request { .asker = asker->bare() };
    QList<NodeRef> nodes;
    if (!m_nodeId.isEmpty())
        nodes.append({ m_nodeId, {}, {} });
    if (m_kind == u"isFriend"_s) {
        request.question = wire::IsFriend { jid->toBare() };
    } else if (m_kind == u"canControl"_s) {
        request.question = wire::CanControl { .jid = jid->toBare(), .nodes = nodes, .parameters = m_names };
    } else {
        wire::CanRead question { .jid = jid->toBare(), .nodes = nodes, .fields = m_names };
        for (const auto &[type, name] : fieldTypeNames) {
            if (m_types.contains(name))
                question.types |= type;
        }
        question.typesWritten = !m_types.isEmpty();
        request.question = question;
    }
    return request;
}

void Inquiry::ask()
{
    const Result<admin::Explain> made = request();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!made || !replica)
        return;
    const quint64 generation = ++m_generation;
    m_asked = true;
    // While the same is asked again, the old answer stays until the new one is there.
    if (m_committed.result.isEmpty())
        show(&Inquiry::m_committed, { .result = u"asking"_s });
    send(*made, &Inquiry::m_committed);

    const replica::ChangeDraft *draft = m_session->draft()->changes();
    if (!draft || draft->state().edits.isEmpty())
        return show(&Inquiry::m_drafted, {});
    if (m_drafted.result.isEmpty())
        show(&Inquiry::m_drafted, { .result = u"asking"_s });
    replica->changes(draft->state())
        .then(this, [this, generation, request = *made](const Result<QList<Change>> &changes) {
            if (generation != m_generation)
                return;
            if (!changes)
                return show(&Inquiry::m_drafted, { .result = u"failed"_s, .text = changes.error().text });
            admin::Explain drafted = request;
            drafted.changeSet = ChangeSet { QUuid::createUuid().toString(QUuid::WithoutBraces), QString(),
                                            *changes };
            send(drafted, &Inquiry::m_drafted);
        });
}

void Inquiry::send(const admin::Explain &request, AnswerInfo Inquiry::*answer)
{
    m_session->replica()->explain(request).then(
        this, [this, answer, generation = m_generation](const Result<admin::Explained> &explained) {
            if (generation != m_generation)
                return;
            if (explained)
                return take(*explained, answer);
            // What goes together with nobody's edits is shown where conflicts are resolved.
            const QString text = explained.error().kind == FailureKind::Conflict
                ? tr("Others have changed what you edit: resolve the conflicts under Review first.")
                : explained.error().text;
            show(answer, { .result = u"failed"_s, .text = text });
        });
}

/// The server names rules by their ids; what they say is in the local copy and in the draft.
void Inquiry::take(const admin::Explained &explained, AnswerInfo Inquiry::*answer)
{
    const ObjectType type = ruleTypeOf(m_kind);
    QMap<QString, QString> texts;
    for (const admin::Verdict &verdict : explained.verdicts) {
        for (const admin::Consideration &one : verdict.considered)
            texts.insert(one.id, one.id);
    }
    QList<ObjectKey> keys;
    for (auto text = texts.cbegin(); text != texts.cend(); ++text)
        keys.append({ type, text.key() });

    const auto finish = [this, explained, answer](const QMap<QString, QString> &texts) {
        AnswerInfo info { .revision = explained.revision,
                          .unlisted = explained.verdictCount - int(explained.verdicts.size()) };
        const bool granted = std::visit(
            [](const auto &response) {
                if constexpr (requires { response.result; })
                    return response.result;
                else
                    return false;
            },
            explained.answer);
        const bool all = std::ranges::all_of(explained.verdicts, &admin::Verdict::granted);
        info.result = !granted ? u"denied"_s : all ? u"allowed"_s : u"partly"_s;
        info.text = answerText(m_kind, info.result);
        for (const Group &group : grouped(explained.verdicts)) {
            VerdictInfo verdict { .what = whatText(group, m_kind),
                                  .granted = group.verdict.granted,
                                  .reason = reasonText(group.verdict) };
            if (group.verdict.by == admin::Verdict::By::Rule && m_kind != u"isFriend"_s)
                verdict.ruleId = group.verdict.decidedBy;
            for (const admin::Consideration &one : group.verdict.considered) {
                verdict.steps.append({ .ruleId = one.id,
                                       .text = texts.value(one.id),
                                       .outcome = outcomeText(one),
                                       .decided = one.outcome == Outcome::Decided });
            }
            info.verdicts.append(verdict);
        }
        show(answer, info);
    };
    if (keys.isEmpty())
        return finish(texts);
    m_session->replica()->objects(keys).then(
        this,
        [this, texts, finish, answer, type,
         generation = m_generation](const Result<QList<VersionedObject>> &objects) mutable {
            if (generation != m_generation)
                return;
            if (!objects)
                return show(answer, { .result = u"failed"_s, .text = objects.error().text });
            for (const VersionedObject &object : *objects) {
                if (object.object)
                    texts.insert(object.key.id, objectText(*object.object));
            }
            const replica::ChangeDraft *draft = m_session->draft()->changes();
            if (answer == &Inquiry::m_drafted && draft) {
                for (const replica::Edit &edit : draft->state().edits) {
                    if (edit.mine && objectType(*edit.mine) == type)
                        texts.insert(objectId(*edit.mine), objectText(*edit.mine));
                }
            }
            finish(texts);
        });
}

void Inquiry::show(AnswerInfo Inquiry::*answer, const AnswerInfo &info)
{
    if (std::exchange(this->*answer, info) != info)
        Q_EMIT answered();
}

} // namespace castellan::presentation
