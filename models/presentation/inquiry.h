// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QBasicTimer>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

/// A rule that was looked at for an answer.
class TraceStep
{
    Q_GADGET
    QML_VALUE_TYPE(traceStep)
    Q_PROPERTY(QString ruleId MEMBER ruleId)
    /// What the rule says; its id where that is not known here.
    Q_PROPERTY(QString text MEMBER text)
    /// What came of it, translated.
    Q_PROPERTY(QString outcome MEMBER outcome)
    Q_PROPERTY(bool decided MEMBER decided)

public:
    QString ruleId;
    QString text;
    QString outcome;
    bool decided = false;

    friend bool operator==(const TraceStep &, const TraceStep &) = default;
};

/// One thing that was decided, or several that were decided alike.
class VerdictInfo
{
    Q_GADGET
    QML_VALUE_TYPE(verdictInfo)
    /// The node, names and types that this is about; "": the whole question.
    Q_PROPERTY(QString what MEMBER what)
    Q_PROPERTY(bool granted MEMBER granted)
    /// Why, translated.
    Q_PROPERTY(QString reason MEMBER reason)
    /// The access rule that decided; "": none did.
    Q_PROPERTY(QString ruleId MEMBER ruleId)
    Q_PROPERTY(QList<castellan::presentation::TraceStep> steps MEMBER steps)

public:
    QString what;
    bool granted = false;
    QString reason;
    QString ruleId;
    QList<TraceStep> steps;

    friend bool operator==(const VerdictInfo &, const VerdictInfo &) = default;
};

/// What the server would answer, or why that cannot be said.
class AnswerInfo
{
    Q_GADGET
    QML_VALUE_TYPE(answerInfo)
    /// "" (not asked), "asking", "allowed", "partly", "denied" or "failed".
    Q_PROPERTY(QString result MEMBER result)
    /// The answer or the failure in words.
    Q_PROPERTY(QString text MEMBER text)
    /// The revision of the network that was asked.
    Q_PROPERTY(qint64 revision MEMBER revision)
    Q_PROPERTY(QList<castellan::presentation::VerdictInfo> verdicts MEMBER verdicts)
    /// Combinations of node, name and type that are not listed, because there are too many.
    Q_PROPERTY(int unlisted MEMBER unlisted)

public:
    QString result;
    QString text;
    qint64 revision = 0;
    QList<VerdictInfo> verdicts;
    int unlisted = 0;

    friend bool operator==(const AnswerInfo &, const AnswerInfo &) = default;
};

/// A question of XEP-0324 that the console asks instead of a device, to see the answer and the reason: as the
/// network is, and as it would be with the edits that are not pushed yet. Asked once, it is asked again
/// whenever either of them changes.
class Inquiry : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// "isFriend", "canRead" or "canControl".
    Q_PROPERTY(QString kind READ kind WRITE setKind NOTIFY questionChanged)
    /// The device that would ask, and whose nodes are meant.
    Q_PROPERTY(QString asker READ asker WRITE setAsker NOTIFY questionChanged)
    /// Who wants to be its friend, to read or to control.
    Q_PROPERTY(QString jid READ jid WRITE setJid NOTIFY questionChanged)
    /// "": all of them, or the device itself.
    Q_PROPERTY(QString nodeId READ nodeId WRITE setNodeId NOTIFY questionChanged)
    /// Fields or parameters; empty: all.
    Q_PROPERTY(QStringList names READ names WRITE setNames NOTIFY questionChanged)
    /// The XEP's names of field types; empty: all.
    Q_PROPERTY(QStringList types READ types WRITE setTypes NOTIFY questionChanged)
    /// Why it cannot be asked; "" if it can.
    Q_PROPERTY(QString problem READ problem NOTIFY questionChanged)
    /// As the network is.
    Q_PROPERTY(castellan::presentation::AnswerInfo committed READ committed NOTIFY answered)
    /// As it would be with the draft; not asked if that is empty.
    Q_PROPERTY(castellan::presentation::AnswerInfo drafted READ drafted NOTIFY answered)

public:
    explicit Inquiry(QObject *parent = nullptr);

    Q_INVOKABLE void ask();
    /// Forgets the answers.
    Q_INVOKABLE void clear();

    [[nodiscard]] QString kind() const { return m_kind; }
    void setKind(const QString &kind) { set(m_kind, kind); }
    [[nodiscard]] QString asker() const { return m_asker; }
    void setAsker(const QString &jid) { set(m_asker, jid.trimmed()); }
    [[nodiscard]] QString jid() const { return m_jid; }
    void setJid(const QString &jid) { set(m_jid, jid.trimmed()); }
    [[nodiscard]] QString nodeId() const { return m_nodeId; }
    void setNodeId(const QString &id) { set(m_nodeId, id.trimmed()); }
    [[nodiscard]] QStringList names() const { return m_names; }
    void setNames(const QStringList &names) { set(m_names, names); }
    [[nodiscard]] QStringList types() const { return m_types; }
    void setTypes(const QStringList &types) { set(m_types, types); }
    [[nodiscard]] QString problem() const;
    [[nodiscard]] AnswerInfo committed() const { return m_committed; }
    [[nodiscard]] AnswerInfo drafted() const { return m_drafted; }

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void questionChanged();
    void answered();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    template<typename T>
    void set(T &member, const T &value)
    {
        if (std::exchange(member, value) == value)
            return;
        clear();
        Q_EMIT questionChanged();
    }
    void follow();
    void askAgain();
    [[nodiscard]] Result<wire::admin::Explain> request() const;
    void send(const wire::admin::Explain &request, AnswerInfo Inquiry::*answer);
    void take(const wire::admin::Explained &explained, AnswerInfo Inquiry::*answer);
    void show(AnswerInfo Inquiry::*answer, const AnswerInfo &info);

    QPointer<Session> m_session;
    QString m_kind = QStringLiteral("canRead");
    QString m_asker;
    QString m_jid;
    QString m_nodeId;
    QStringList m_names;
    QStringList m_types;
    AnswerInfo m_committed;
    AnswerInfo m_drafted;
    bool m_asked = false;
    QBasicTimer m_timer; ///< several changes at once are one reason to ask again
    quint64 m_generation = 0; ///< answers to earlier questions are void
};

} // namespace castellan::presentation
