// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/accessrulesmodel.h"

#include "presentation/text.h"

namespace castellan::presentation {

static QVariant value(const replica::RuleRow &row, int role)
{
    const AccessRule &rule = row.rule;
    switch (role) {
    case AccessRulesModel::RuleIdRole:
        return rule.id;
    case AccessRulesModel::PositionRole:
        return row.position;
    case AccessRulesModel::EffectRole:
        return effectName(rule.effect);
    case AccessRulesModel::SubjectKindRole:
        return subjectKindName(rule.subject.kind);
    case AccessRulesModel::SubjectValueRole:
        return rule.subject.value;
    case AccessRulesModel::SubjectTextRole:
        return subjectText(rule.subject);
    case AccessRulesModel::TargetKindRole:
        return targetKindName(rule.target.kind);
    case AccessRulesModel::TargetValueRole:
        return rule.target.value;
    case AccessRulesModel::TargetTextRole:
        return targetText(rule.target);
    case AccessRulesModel::NodeTextRole:
        return nodeText(rule.target);
    case AccessRulesModel::NamesRole:
        return rule.names;
    case AccessRulesModel::TypesTextRole:
        return typesText(rule.types);
    case AccessRulesModel::ValidityTextRole:
        return validityText(rule);
    case AccessRulesModel::CommentRole:
        return rule.comment;
    case AccessRulesModel::DraftStateRole:
        return draftMarkName(row.draft);
    default:
        return {};
    }
}

AccessRulesModel::AccessRulesModel(QObject *parent)
    : ListModel(replica::Part::Things | replica::Part::Rules, Follow::ServerAndDraft,
                { "ruleId", "position", "effect", "subjectKind", "subjectValue", "subjectText", "targetKind",
                  "targetValue", "targetText", "nodeText", "names", "typesText", "validityText", "comment",
                  "draftState" },
                parent),
      m_rows(*this,
             { .read =
                   [this](replica::Replica &replica, qint64 first, int limit) {
                       replica::RuleQuery query = m_query;
                       query.limit = limit;
                       query.first = first;
                       return replica.rules(query);
                   },
               .id = [](const replica::RuleRow &row) { return row.rule.id; },
               .value = value })
{ }

QString AccessRulesModel::action() const
{
    return actionName(m_query.action);
}

void AccessRulesModel::setAction(const QString &action)
{
    const auto value = actionFromName(action);
    if (!value || std::exchange(m_query.action, *value) == *value)
        return;
    Q_EMIT actionChanged();
    restart();
}

void AccessRulesModel::find(const QString &ruleId)
{
    if (!session() || !session()->replica())
        return;
    session()
        ->replica()
        ->ruleRow(m_query.action, ruleId)
        .then(this, [this, ruleId](const Result<std::optional<qint64>> &row) {
            if (row)
                Q_EMIT found(ruleId, row->value_or(-1));
            else if (session())
                session()->report(row.error());
        });
}

void AccessRulesModel::setTouching(const QString &jid)
{
    if (std::exchange(m_query.touching, jid) == jid)
        return;
    Q_EMIT touchingChanged();
    restart();
}

void AccessRulesModel::setSearch(const QString &search)
{
    if (std::exchange(m_query.search, search) == search)
        return;
    Q_EMIT searchChanged();
    restart();
}

} // namespace castellan::presentation
