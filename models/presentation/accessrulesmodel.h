// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/rows.h"

namespace castellan::presentation {

/// The ordered rules of one action, with the draft laid over them.
class AccessRulesModel : public ListModel
{
    Q_OBJECT
    QML_ELEMENT
    /// "read" or "control".
    Q_PROPERTY(QString action READ action WRITE setAction NOTIFY actionChanged)
    /// Only rules that can involve this bare JID, as subject or as device; "": all.
    Q_PROPERTY(QString touching READ touching WRITE setTouching NOTIFY touchingChanged)
    /// Words that must all occur in the rule.
    Q_PROPERTY(QString search READ search WRITE setSearch NOTIFY searchChanged)

public:
    enum Role {
        RuleIdRole = Qt::UserRole,
        PositionRole, ///< from 1, in the whole list
        EffectRole, ///< "allow" or "deny"
        SubjectKindRole, ///< "everyone", "jid", "domain", "role" or "certificate"
        SubjectValueRole,
        SubjectTextRole, ///< translated
        TargetKindRole, ///< "any", "device" or "role"
        TargetValueRole,
        TargetTextRole, ///< translated
        NodeTextRole, ///< translated; "": the device and all its nodes
        NamesRole, ///< QStringList; empty: all names
        TypesTextRole, ///< translated; "": all types
        ValidityTextRole, ///< translated; "": always
        CommentRole,
        DraftStateRole, ///< "", "added", "removed", "changed" or "moved"
    };
    Q_ENUM(Role)

    explicit AccessRulesModel(QObject *parent = nullptr);

    [[nodiscard]] QString action() const;
    void setAction(const QString &action);
    [[nodiscard]] QString touching() const { return m_query.touching; }
    void setTouching(const QString &jid);
    [[nodiscard]] QString search() const { return m_query.search; }
    void setSearch(const QString &search);

    /// Tells by found() where a rule is in the list of `action`.
    Q_INVOKABLE void find(const QString &ruleId);

Q_SIGNALS:
    /// \a row: of the whole list; -1: the rule is not in it.
    void found(const QString &ruleId, qint64 row);
    void actionChanged();
    void touchingChanged();
    void searchChanged();

private:
    replica::RuleQuery m_query;
    Rows<replica::RuleRow> m_rows;
};

} // namespace castellan::presentation
