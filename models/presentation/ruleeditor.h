// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

/// A form for one access rule; save() makes it an edit of Session.draft.
class RuleEditor : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(QString ruleId READ ruleId NOTIFY changed)
    Q_PROPERTY(bool isNew READ isNew NOTIFY changed)
    /// "read" or "control". Of a rule that exists it cannot be changed: its place is in the other list.
    Q_PROPERTY(QString action READ action WRITE setAction NOTIFY changed)
    /// "allow" or "deny".
    Q_PROPERTY(QString effect READ effect WRITE setEffect NOTIFY changed)
    /// "everyone", "jid", "domain", "role" or "certificate".
    Q_PROPERTY(QString subjectKind READ subjectKind WRITE setSubjectKind NOTIFY changed)
    Q_PROPERTY(QString subjectValue READ subjectValue WRITE setSubjectValue NOTIFY changed)
    /// A JID whose user token must be present, or "".
    Q_PROPERTY(QString withUser READ withUser WRITE setWithUser NOTIFY changed)
    Q_PROPERTY(QString withService READ withService WRITE setWithService NOTIFY changed)
    /// "any", "device" or "role".
    Q_PROPERTY(QString targetKind READ targetKind WRITE setTargetKind NOTIFY changed)
    Q_PROPERTY(QString targetValue READ targetValue WRITE setTargetValue NOTIFY changed)
    /// Only the nodes that the next four name, of which "" matches any.
    Q_PROPERTY(bool useNode READ useNode WRITE setUseNode NOTIFY changed)
    Q_PROPERTY(QString nodeId READ nodeId WRITE setNodeId NOTIFY changed)
    Q_PROPERTY(QString sourceId READ sourceId WRITE setSourceId NOTIFY changed)
    Q_PROPERTY(QString cacheType READ cacheType WRITE setCacheType NOTIFY changed)
    Q_PROPERTY(bool andBelow READ andBelow WRITE setAndBelow NOTIFY changed)
    /// Fields or parameters; empty: all.
    Q_PROPERTY(QStringList names READ names WRITE setNames NOTIFY changed)
    /// The XEP's names of field types; empty: all.
    Q_PROPERTY(QStringList types READ types WRITE setTypes NOTIFY changed)
    /// Invalid: since ever, for ever.
    Q_PROPERTY(QDateTime from READ from WRITE setFrom NOTIFY changed)
    Q_PROPERTY(QDateTime until READ until WRITE setUntil NOTIFY changed)
    Q_PROPERTY(QString comment READ comment WRITE setComment NOTIFY changed)
    /// Why it cannot be saved; "" if it can.
    Q_PROPERTY(QString problem READ problem NOTIFY changed)

public:
    explicit RuleEditor(QObject *parent = nullptr);

    /// Fills the form with a rule as the draft shows it.
    Q_INVOKABLE void load(const QString &ruleId);
    /// Empties the form for a new rule about \a targetJid, or any device.
    Q_INVOKABLE void create(const QString &action, const QString &targetJid);
    Q_INVOKABLE bool save();

    [[nodiscard]] QString ruleId() const { return m_rule.id; }
    [[nodiscard]] bool isNew() const { return !m_base.object; }
    [[nodiscard]] QString action() const;
    void setAction(const QString &action);
    [[nodiscard]] QString effect() const;
    void setEffect(const QString &effect);
    [[nodiscard]] QString subjectKind() const;
    void setSubjectKind(const QString &kind);
    [[nodiscard]] QString subjectValue() const { return m_rule.subject.value; }
    void setSubjectValue(const QString &value) { set(m_rule.subject.value, value.trimmed()); }
    [[nodiscard]] QString withUser() const { return m_rule.subject.withUser; }
    void setWithUser(const QString &jid) { set(m_rule.subject.withUser, jid.trimmed()); }
    [[nodiscard]] QString withService() const { return m_rule.subject.withService; }
    void setWithService(const QString &jid) { set(m_rule.subject.withService, jid.trimmed()); }
    [[nodiscard]] QString targetKind() const;
    void setTargetKind(const QString &kind);
    [[nodiscard]] QString targetValue() const { return m_rule.target.value; }
    void setTargetValue(const QString &value) { set(m_rule.target.value, value.trimmed()); }
    [[nodiscard]] bool useNode() const { return m_useNode; }
    void setUseNode(bool use) { set(m_useNode, use); }
    [[nodiscard]] QString nodeId() const { return m_node.nodeId.value_or(QString()); }
    void setNodeId(const QString &id) { set(m_node.nodeId, filled(id)); }
    [[nodiscard]] QString sourceId() const { return m_node.sourceId.value_or(QString()); }
    void setSourceId(const QString &id) { set(m_node.sourceId, filled(id)); }
    [[nodiscard]] QString cacheType() const { return m_node.cacheType.value_or(QString()); }
    void setCacheType(const QString &type) { set(m_node.cacheType, filled(type)); }
    [[nodiscard]] bool andBelow() const { return m_node.andBelow; }
    void setAndBelow(bool andBelow) { set(m_node.andBelow, andBelow); }
    [[nodiscard]] QStringList names() const { return m_rule.names; }
    void setNames(const QStringList &names) { set(m_rule.names, names); }
    [[nodiscard]] QStringList types() const;
    void setTypes(const QStringList &types);
    [[nodiscard]] QDateTime from() const { return m_rule.from; }
    void setFrom(const QDateTime &from) { set(m_rule.from, from.toUTC()); }
    [[nodiscard]] QDateTime until() const { return m_rule.until; }
    void setUntil(const QDateTime &until) { set(m_rule.until, until.toUTC()); }
    [[nodiscard]] QString comment() const { return m_rule.comment; }
    void setComment(const QString &comment) { set(m_rule.comment, comment); }
    [[nodiscard]] QString problem() const;

    /// QML finds the session of its engine on its own.
    void setSession(Session *session) { m_session = session; }
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void changed();
    /// load() has filled the form.
    void loaded();

private:
    template<typename T>
    void set(T &member, const T &value)
    {
        if (std::exchange(member, value) != value)
            Q_EMIT changed();
    }
    static std::optional<QString> filled(const QString &text);
    void show(const VersionedObject &base, const AccessRule &rule);
    [[nodiscard]] Result<Object> rule() const;

    QPointer<Session> m_session;
    VersionedObject m_base;
    AccessRule m_rule; ///< its node is in the next two
    bool m_useNode = false;
    NodePattern m_node;
    quint64 m_generation = 0;
};

} // namespace castellan::presentation
