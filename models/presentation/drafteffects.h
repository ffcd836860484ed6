// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QBasicTimer>
#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

/// What two may do after the push that they may not now, or the other way round.
class EffectInfo
{
    Q_GADGET
    QML_VALUE_TYPE(effectInfo)
    Q_PROPERTY(bool gained MEMBER gained)
    /// Who may, or no longer may, do what with whom.
    Q_PROPERTY(QString text MEMBER text)
    /// Nodes, names and types; "": not a matter of them.
    Q_PROPERTY(QString detail MEMBER detail)

public:
    bool gained = false;
    QString text;
    QString detail;

    friend bool operator==(const EffectInfo &, const EffectInfo &) = default;
};

/// What pushing the draft would do, as the server foretells it. Asked again whenever the draft or the network
/// changes, while active.
class DraftEffects : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// Somebody looks at it.
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    /// "" (nothing to ask about), "asking", "ready" or "failed".
    Q_PROPERTY(QString state READ state NOTIFY changed)
    /// Why it failed.
    Q_PROPERTY(QString error READ error NOTIFY changed)
    /// What is lost comes first.
    Q_PROPERTY(QList<castellan::presentation::EffectInfo> effects READ effects NOTIFY changed)
    /// Combinations of who, device, node and name in all, also those that are not listed; and pairs.
    Q_PROPERTY(int gained READ gained NOTIFY changed)
    Q_PROPERTY(int lost READ lost NOTIFY changed)
    /// There is more than was counted.
    Q_PROPERTY(bool truncated READ isTruncated NOTIFY changed)
    /// Messages to things that the push owes.
    Q_PROPERTY(int messages READ messages NOTIFY changed)

public:
    explicit DraftEffects(QObject *parent = nullptr);

    [[nodiscard]] bool isActive() const { return m_active; }
    void setActive(bool active);
    [[nodiscard]] QString state() const { return m_shown.state; }
    [[nodiscard]] QString error() const { return m_shown.error; }
    [[nodiscard]] QList<EffectInfo> effects() const { return m_shown.effects; }
    [[nodiscard]] int gained() const { return m_shown.gained; }
    [[nodiscard]] int lost() const { return m_shown.lost; }
    [[nodiscard]] bool isTruncated() const { return m_shown.truncated; }
    [[nodiscard]] int messages() const { return m_shown.messages; }

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void activeChanged();
    void changed();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    struct Shown
    {
        QString state;
        QString error;
        QList<EffectInfo> effects;
        int gained = 0;
        int lost = 0;
        bool truncated = false;
        int messages = 0;
        friend bool operator==(const Shown &, const Shown &) = default;
    };

    void follow();
    void askSoon();
    void ask();
    void fail(const Failure &failure);
    void take(const wire::admin::Previewed &previewed);
    void show(const Shown &shown);

    QPointer<Session> m_session;
    Shown m_shown;
    bool m_active = false;
    QBasicTimer m_timer; ///< several changes at once are one reason to ask
    quint64 m_generation = 0; ///< answers about earlier drafts are void
};

} // namespace castellan::presentation
