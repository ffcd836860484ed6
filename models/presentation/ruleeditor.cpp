// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "presentation/ruleeditor.h"

#include "presentation/text.h"

#include <QUuid>

namespace castellan::presentation {

using namespace Qt::StringLiterals;

RuleEditor::RuleEditor(QObject *parent)
    : QObject(parent)
{ }

void RuleEditor::componentComplete()
{
    if (!m_session)
        m_session = Session::of(this);
}

void RuleEditor::load(const QString &ruleId)
{
    const quint64 generation = ++m_generation;
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!replica)
        return;
    const ObjectKey key { ObjectType::AccessRule, ruleId };
    const auto &edits = replica->draft().state().edits;
    if (const auto edit = edits.constFind(key); edit != edits.cend() && edit->mine) {
        show(edit->base, std::get<AccessRule>(*edit->mine));
        Q_EMIT loaded();
        return;
    }
    replica->objects({ key }).then(this, [this, generation](const Result<QList<VersionedObject>> &objects) {
        if (generation != m_generation || !m_session)
            return;
        if (!objects)
            return m_session->report(objects.error());
        if (const VersionedObject &base = objects->first(); base.object) {
            show(base, std::get<AccessRule>(*base.object));
            Q_EMIT loaded();
        }
    });
}

void RuleEditor::create(const QString &action, const QString &targetJid)
{
    ++m_generation;
    AccessRule rule;
    rule.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    rule.action = actionFromName(action).value_or(Action::Read);
    rule.subject.kind = Subject::Kind::Jid;
    if (!targetJid.isEmpty())
        rule.target = { .kind = Target::Kind::Device, .value = targetJid, .node = {} };
    show({ .key = { ObjectType::AccessRule, rule.id }, .version = 0, .object = {} }, rule);
}

void RuleEditor::show(const VersionedObject &base, const AccessRule &rule)
{
    m_base = base;
    m_rule = rule;
    m_useNode = rule.target.node.has_value();
    m_node = rule.target.node.value_or(NodePattern());
    Q_EMIT changed();
}

bool RuleEditor::save()
{
    const auto object = rule();
    auto *replica = m_session ? m_session->replica() : nullptr;
    if (!object || !replica || replica->draft().isPushing())
        return false;
    replica->draft().put(m_base, *object);
    return true;
}

QString RuleEditor::problem() const
{
    if (m_rule.id.isEmpty())
        return tr("No rule is being edited", "the rule form is empty");
    if (m_rule.subject.kind != Subject::Kind::Everyone && m_rule.subject.value.isEmpty())
        return tr("Say whom the rule is about", "the subject of the rule form is empty");
    if (m_rule.target.kind != Target::Kind::Any && m_rule.target.value.isEmpty())
        return tr("Say what the rule is about", "the device or role of the rule form is empty");
    if (m_rule.from.isValid() && m_rule.until.isValid() && m_rule.from >= m_rule.until)
        return tr("The rule would end before it begins", "validity of the rule form");
    const auto object = rule();
    return object ? QString() : object.error().text;
}

Result<Object> RuleEditor::rule() const
{
    AccessRule rule = m_rule;
    if (rule.subject.kind == Subject::Kind::Everyone)
        rule.subject.value.clear();
    if (rule.target.kind == Target::Kind::Any)
        rule.target.value.clear();
    rule.target.node = m_useNode ? std::optional(m_node) : std::nullopt;
    if (rule.action == Action::Control)
        rule.types = allFieldTypes;
    return normalised(rule);
}

QString RuleEditor::action() const
{
    return actionName(m_rule.action);
}

void RuleEditor::setAction(const QString &action)
{
    if (const auto value = actionFromName(action); value && isNew())
        set(m_rule.action, *value);
}

QString RuleEditor::effect() const
{
    return effectName(m_rule.effect);
}

void RuleEditor::setEffect(const QString &effect)
{
    if (const auto value = effectFromName(effect))
        set(m_rule.effect, *value);
}

QString RuleEditor::subjectKind() const
{
    return subjectKindName(m_rule.subject.kind);
}

void RuleEditor::setSubjectKind(const QString &kind)
{
    if (const auto value = subjectKindFromName(kind))
        set(m_rule.subject.kind, *value);
}

QString RuleEditor::targetKind() const
{
    return targetKindName(m_rule.target.kind);
}

void RuleEditor::setTargetKind(const QString &kind)
{
    if (const auto value = targetKindFromName(kind))
        set(m_rule.target.kind, *value);
}

QStringList RuleEditor::types() const
{
    QStringList names;
    if (m_rule.types == allFieldTypes)
        return names;
    for (const auto &[type, name] : fieldTypeNames) {
        if (m_rule.types.testFlag(type))
            names.append(name);
    }
    return names;
}

void RuleEditor::setTypes(const QStringList &types)
{
    FieldTypes value;
    for (const QString &name : types) {
        if (const auto type = fieldTypeFromName(name))
            value |= *type;
    }
    set(m_rule.types, value ? value : allFieldTypes);
}

std::optional<QString> RuleEditor::filled(const QString &text)
{
    return text.isEmpty() ? std::nullopt : std::optional(text);
}

} // namespace castellan::presentation
