// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/answers.h"

namespace castellan::server {

rules::AccessQuestion accessQuestion(const QString &asker, const wire::CanRead &question,
                                     const rules::Identities &identities, const QDateTime &now)
{
    return { .action = Action::Read,
             .device = asker,
             .jid = question.jid.bare(),
             .nodes = question.nodes,
             .names = question.fields,
             .types = question.typesWritten ? question.types : allFieldTypes,
             .identities = identities,
             .now = now };
}

rules::AccessQuestion accessQuestion(const QString &asker, const wire::CanControl &question,
                                     const rules::Identities &identities, const QDateTime &now)
{
    return { .action = Action::Control,
             .device = asker,
             .jid = question.jid.bare(),
             .nodes = question.nodes,
             .names = question.parameters,
             .identities = identities,
             .now = now };
}

wire::IsFriendResponse answerTo(const wire::IsFriend &question, const rules::FriendDecision &decision)
{
    return { .jid = question.jid.toBare(),
             .result = decision.accepted,
             .secondaryTrustAllowed = decision.accepted && decision.secondaryTrustAllowed };
}

wire::CanReadResponse answerTo(const wire::CanRead &question, FieldTypes asked,
                               const rules::AccessDecision &decision)
{
    wire::CanReadResponse response { .jid = question.jid.toBare(), .result = decision.allowed };
    if (!decision.allowed) {
        if (question.typesWritten)
            response.types = question.types;
        return response;
    }
    response.nodes = decision.nodes;
    response.fields = decision.names;
    if (question.typesWritten || decision.types != asked)
        response.types = decision.types;
    return response;
}

wire::CanControlResponse answerTo(const wire::CanControl &question, const rules::AccessDecision &decision)
{
    wire::CanControlResponse response { .jid = question.jid.toBare(), .result = decision.allowed };
    if (decision.allowed) {
        response.nodes = decision.nodes;
        response.parameters = decision.names;
    }
    return response;
}

} // namespace castellan::server
