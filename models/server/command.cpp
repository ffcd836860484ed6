// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/command.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

namespace {

using Field = DataForm::Field;

/// More rows than a person reads in a chat window.
constexpr int mostRows = 50;

Field jidField(const QString &name, const QString &label)
{
    return { .name = name, .type = Field::Type::Jid, .label = label, .isRequired = true };
}

Field textField(const QString &name, const QString &label, bool isRequired = false)
{
    return { .name = name, .type = Field::Type::Text, .label = label, .isRequired = isRequired };
}

/// For clients that do not show tables.
Field layoutField()
{
    return { .name = u"layout"_s,
             .type = Field::Type::List,
             .label = u"Show as"_s,
             .values = { u"table"_s },
             .options = { { u"a table"_s, u"table"_s }, { u"lines of text"_s, u"text"_s } } };
}

/// What it is about is in the text: not every client shows the labels of such fields.
Field said(const QString &label, const QString &value)
{
    return { .type = Field::Type::Fixed,
             .values = { label.isEmpty() ? value : u"%1: %2"_s.arg(label, value) } };
}

QString yesOrNo(bool yes)
{
    return yes ? u"yes"_s : u"no"_s;
}

/// The result with its rows as a table, or as the person wants it.
DataForm tableOf(const FormValues &values, const QString &title, const QList<DataForm::Column> &columns,
                 const QList<QStringList> &rows, const QString &nothing, bool complete = true)
{
    DataForm form { .isResult = true, .title = title };
    if (rows.isEmpty())
        form.fields.append(said({}, nothing));
    else if (!complete)
        form.instructions = u"These are the first %1; there are more."_s.arg(rows.size());
    if (values.value(u"layout"_s) != "text"_L1) {
        if (!rows.isEmpty()) {
            form.columns = columns;
            form.rows = rows;
        }
        return form;
    }
    for (const QStringList &row : rows) {
        QStringList parts;
        for (qsizetype i = 0; i < columns.size(); ++i) {
            if (!row.value(i).isEmpty())
                parts.append(u"%1: %2"_s.arg(columns.at(i).label, row.value(i)));
        }
        form.fields.append(said({}, parts.join(u"; "_s)));
    }
    return form;
}

QString nameOf(const Operations &operations, const QString &jid)
{
    const auto object = operations.network().snapshot().object({ ObjectType::Thing, jid });
    const Thing *thing = object ? std::get_if<Thing>(&*object) : nullptr;
    return thing ? thing->name : QString();
}

QString condition(const Operations &operations, const QString &jid)
{
    if (operations.network().snapshot().isContained(jid))
        return u"contained"_s;
    return operations.contacts().status(jid).online ? u"online"_s : u"offline"_s;
}

DataForm done(const QString &title, const admin::Response &response)
{
    const int messages = std::get<admin::Applied>(response).deliveries;
    return { .isResult = true,
             .title = title,
             .fields = { said({},
                              messages == 0
                                  ? u"Nothing had to be told to any device."_s
                                  : u"%1 messages to devices are on their way. “Pending deliveries” "
                                    u"shows which have not arrived."_s.arg(messages)) } };
}

// ---- find

Result<admin::Request> findRequest(const FormValues &values)
{
    return admin::ListObjects { { .type = ObjectType::Thing, .search = values.value(u"search"_s) },
                                { .max = mostRows } };
}

DataForm showThings(const Operations &operations, const FormValues &values, const admin::Response &response)
{
    const auto &page = std::get<admin::Objects>(response);
    QList<QStringList> rows;
    for (const VersionedObject &object : page.objects) {
        const auto &thing = std::get<Thing>(*object.object);
        rows.append({ thing.jid, thing.name, thing.owner, condition(operations, thing.jid) });
    }
    return tableOf(values, u"Devices"_s,
                   { { u"jid"_s, u"JID"_s, Field::Type::Jid },
                     { u"name"_s, u"Name"_s },
                     { u"owner"_s, u"Owner"_s },
                     { u"condition"_s, u"Condition"_s } },
                   rows,
                   u"No device has “%1” in its JID, name, owner or tags."_s.arg(values.value(u"search"_s)),
                   page.page.complete);
}

// ---- friends

Result<admin::Request> friendsRequest(const FormValues &values)
{
    const Result<Jid> jid = Jid::parse(values.value(u"jid"_s));
    if (!jid)
        return std::unexpected(jid.error());
    return admin::ListObjects { { .type = ObjectType::Friendship,
                                  .filters = { { Filter::Property::Jid, jid->bare() } } },
                                { .max = mostRows } };
}

QString peerOf(const Friendship &pair, const QString &jid)
{
    return pair.a == jid ? pair.b : pair.a;
}

DataForm showFriends(const Operations &operations, const FormValues &values, const admin::Response &response)
{
    const auto &page = std::get<admin::Objects>(response);
    const QString jid = bareJid(values.value(u"jid"_s));
    QList<QStringList> rows;
    for (const VersionedObject &object : page.objects) {
        const auto &pair = std::get<Friendship>(*object.object);
        const QString peer = peerOf(pair, jid);
        rows.append({ peer, nameOf(operations, peer),
                      pair.state == Friendship::State::Accepted ? u"friend"_s : u"rejected"_s,
                      condition(operations, peer), pair.comment });
    }
    return tableOf(values, u"Friends of %1"_s.arg(jid),
                   { { u"jid"_s, u"JID"_s, Field::Type::Jid },
                     { u"name"_s, u"Name"_s },
                     { u"state"_s, u"State"_s },
                     { u"condition"_s, u"Condition"_s },
                     { u"comment"_s, u"Comment"_s } },
                   rows, u"%1 has no friends but by rules; “Explain” says which."_s.arg(jid),
                   page.page.complete);
}

// ---- unfriend

Result<admin::Request> unfriendRequest(const FormValues &values)
{
    return admin::Unfriend { .jid = values.value(u"jid"_s),
                             .peer = values.value(u"peer"_s),
                             .comment = values.value(u"comment"_s) };
}

DataForm showUnfriended(const Operations &, const FormValues &values, const admin::Response &response)
{
    return done(u"%1 and %2 are no friends any more"_s.arg(values.value(u"jid"_s), values.value(u"peer"_s)),
                response);
}

// ---- contain and release

Result<admin::Request> containRequest(const FormValues &values)
{
    admin::Contain request { .jid = values.value(u"jid"_s),
                             .until = {},
                             .comment = values.value(u"comment"_s) };
    if (const QString text = values.value(u"hours"_s).trimmed(); !text.isEmpty()) {
        bool ok = false;
        const double hours = text.toDouble(&ok);
        if (!ok || hours <= 0 || hours > 100'000)
            return fail(FailureKind::BadRequest, u"“%1” is not a number of hours."_s.arg(text));
        request.until = QDateTime::currentDateTimeUtc().addMSecs(qint64(hours * 3'600'000));
    }
    return request;
}

DataForm confirmContain(const Operations &operations, const FormValues &values, const admin::Response &found)
{
    const QString jid = bareJid(values.value(u"jid"_s));
    const auto &page = std::get<admin::Objects>(found);
    QStringList friends;
    for (const VersionedObject &object : page.objects) {
        const auto &pair = std::get<Friendship>(*object.object);
        if (pair.state == Friendship::State::Accepted)
            friends.append(peerOf(pair, jid));
    }
    QString list = friends.isEmpty() ? u"nobody"_s : friends.join(u", "_s);
    if (!page.page.complete)
        list += u" and others"_s;
    const QString name = nameOf(operations, jid);
    DataForm form {
        .title = u"Contain %1"_s.arg(jid),
        .instructions = u"It will be denied everything, and everything that its friends have noted "
                        u"about it is cleared."_s
    };
    form.fields = { said(u"Device"_s, name.isEmpty() ? jid : u"%1 (%2)"_s.arg(name, jid)),
                    said(u"Condition"_s, condition(operations, jid)), said(u"Its friends"_s, list),
                    textField(u"hours"_s, u"For how many hours (nothing: until it is released)"_s),
                    textField(u"comment"_s, u"Why"_s) };
    return form;
}

DataForm showContained(const Operations &, const FormValues &values, const admin::Response &response)
{
    return done(u"%1 is contained"_s.arg(bareJid(values.value(u"jid"_s))), response);
}

Result<admin::Request> releaseRequest(const FormValues &values)
{
    return admin::Release { .jid = values.value(u"jid"_s), .comment = values.value(u"comment"_s) };
}

DataForm showReleased(const Operations &, const FormValues &values, const admin::Response &response)
{
    return done(u"%1 is released"_s.arg(bareJid(values.value(u"jid"_s))), response);
}

// ---- explain

Result<admin::Request> explainRequest(const FormValues &values)
{
    const Result<Jid> about = Jid::parse(values.value(u"jid"_s));
    if (!about)
        return std::unexpected(about.error());
    QStringList names = values.value(u"names"_s).split(u',', Qt::SkipEmptyParts);
    for (QString &name : names)
        name = name.trimmed();
    admin::Explain request { .asker = values.value(u"asker"_s) };
    const QString question = values.value(u"question"_s);
    if (question == "friend"_L1)
        request.question = wire::IsFriend { about->toBare() };
    else if (question == "read"_L1)
        request.question = wire::CanRead { .jid = about->toBare(), .fields = names };
    else if (question == "control"_L1)
        request.question = wire::CanControl { .jid = about->toBare(), .parameters = names };
    else
        return fail(FailureKind::BadRequest, u"Choose one of the questions."_s);
    return request;
}

QString decider(const admin::Verdict &verdict)
{
    switch (verdict.by) {
    case admin::Verdict::By::Containment:
        return u"%1 is contained"_s.arg(verdict.decidedBy);
    case admin::Verdict::By::Pair:
        return u"the pair"_s;
    case admin::Verdict::By::Rule:
        return u"rule %1"_s.arg(verdict.decidedBy);
    case admin::Verdict::By::Entry:
        return u"list %1"_s.arg(verdict.decidedBy);
    case admin::Verdict::By::UnknownService:
        return u"the service is not known"_s;
    case admin::Verdict::By::Default:
        return u"nothing says anything"_s;
    }
    Q_UNREACHABLE_RETURN(QString());
}

DataForm showExplained(const Operations &, const FormValues &values, const admin::Response &response)
{
    const auto &explained = std::get<admin::Explained>(response);
    QList<QStringList> rows;
    for (const admin::Verdict &verdict : explained.verdicts) {
        QString type;
        for (const auto &known : fieldTypeNames) {
            if (verdict.type == known.type)
                type = known.name;
        }
        rows.append({ verdict.node.nodeId, verdict.name, type, yesOrNo(verdict.granted), decider(verdict) });
        if (rows.size() == mostRows)
            break;
    }
    return tableOf(values,
                   u"What %1 is told about %2"_s.arg(values.value(u"asker"_s), values.value(u"jid"_s)),
                   { { u"node"_s, u"Node"_s },
                     { u"name"_s, u"Name"_s },
                     { u"type"_s, u"Type"_s },
                     { u"granted"_s, u"Allowed"_s },
                     { u"decider"_s, u"Decided by"_s } },
                   rows, u"There is nothing to decide."_s, explained.verdictCount == rows.size());
}

// ---- deliveries

Result<admin::Request> deliveriesRequest(const FormValues &values)
{
    const Result<Jid> jid = Jid::parse(values.value(u"jid"_s));
    if (!jid)
        return std::unexpected(jid.error());
    return admin::GetDeliveries { .openFor = jid->bare() };
}

DataForm showDeliveries(const Operations &operations, const FormValues &values,
                        const admin::Response &response)
{
    const auto &page = std::get<admin::Deliveries>(response);
    const QString jid = bareJid(values.value(u"jid"_s));
    QList<QStringList> rows;
    for (const Delivery &delivery : page.deliveries) {
        QString what = u"clear its cache"_s;
        if (delivery.kind == Delivery::Kind::Friend)
            what = u"befriend"_s;
        else if (delivery.kind == Delivery::Kind::Unfriend)
            what = u"unfriend"_s;
        rows.append({ what, delivery.peer, QString::number(delivery.attempts) });
    }
    return tableOf(values, u"%1 (%2) is still to be told"_s.arg(jid, condition(operations, jid)),
                   { { u"what"_s, u"What"_s }, { u"peer"_s, u"Whom"_s }, { u"attempts"_s, u"Attempts"_s } },
                   rows, u"%1 has been told everything."_s.arg(jid));
}

} // namespace

std::span<const Command> allCommands()
{
    static const Command commands[] = {
        { .name = "find"_L1,
          .operation = "list"_L1,
          .title = u"Find a device"_s,
          .fields = { textField(u"search"_s, u"Part of its JID, name, owner or tags"_s), layoutField() },
          .request = findRequest,
          .show = showThings },
        { .name = "friends"_L1,
          .operation = "list"_L1,
          .title = u"List the friends of a device"_s,
          .fields = { jidField(u"jid"_s, u"JID of the device"_s), layoutField() },
          .request = friendsRequest,
          .show = showFriends },
        { .name = "unfriend"_L1,
          .operation = "unfriend"_L1,
          .title = u"Unfriend two devices"_s,
          .fields = { jidField(u"jid"_s, u"JID of the one"_s), jidField(u"peer"_s, u"JID of the other"_s),
                      textField(u"comment"_s, u"Why"_s) },
          .request = unfriendRequest,
          .show = showUnfriended },
        { .name = "contain"_L1,
          .operation = "contain"_L1,
          .title = u"Contain a device"_s,
          .fields = { jidField(u"jid"_s, u"JID of the device"_s) },
          .lookUp = friendsRequest,
          .confirm = confirmContain,
          .request = containRequest,
          .show = showContained },
        { .name = "release"_L1,
          .operation = "release"_L1,
          .title = u"Release a contained device"_s,
          .fields = { jidField(u"jid"_s, u"JID of the device"_s), textField(u"comment"_s, u"Why"_s) },
          .request = releaseRequest,
          .show = showReleased },
        { .name = "explain"_L1,
          .operation = "explain"_L1,
          .title = u"Explain an answer"_s,
          .fields = { jidField(u"asker"_s, u"JID of the device that asks"_s),
                      { .name = u"question"_s,
                        .type = Field::Type::List,
                        .label = u"May somebody"_s,
                        .values = { u"friend"_s },
                        .options = { { u"be its friend"_s, u"friend"_s },
                                     { u"read it"_s, u"read"_s },
                                     { u"control it"_s, u"control"_s } },
                        .isRequired = true },
                      jidField(u"jid"_s, u"JID of that somebody"_s),
                      textField(u"names"_s,
                                u"Fields or parameters, with commas between them (nothing: all)"_s),
                      layoutField() },
          .request = explainRequest,
          .show = showExplained },
        { .name = "deliveries"_L1,
          .operation = "deliveries"_L1,
          .title = u"Pending deliveries of a device"_s,
          .fields = { jidField(u"jid"_s, u"JID of the device"_s), layoutField() },
          .request = deliveriesRequest,
          .show = showDeliveries },
    };
    return commands;
}

} // namespace castellan::server
