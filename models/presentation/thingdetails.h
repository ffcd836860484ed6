// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "presentation/session.h"

#include <QPointer>
#include <QQmlEngine>
#include <QQmlParserStatus>

namespace castellan::presentation {

/// A node behind a thing, or the thing itself (nodeId ""), as the inventory knows it.
class NodeInfo
{
    Q_GADGET
    QML_VALUE_TYPE(nodeInfo)
    Q_PROPERTY(QString nodeId MEMBER nodeId)
    Q_PROPERTY(QString sourceId MEMBER sourceId)
    Q_PROPERTY(QString cacheType MEMBER cacheType)
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(QStringList fields MEMBER fields)
    Q_PROPERTY(QStringList parameters MEMBER parameters)

public:
    QString nodeId;
    QString sourceId;
    QString cacheType;
    QString name;
    QStringList fields;
    QStringList parameters;

    friend bool operator==(const NodeInfo &, const NodeInfo &) = default;
};

/// Everything about one thing, kept current.
class ThingDetails : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_ELEMENT
    Q_INTERFACES(QQmlParserStatus)
    /// Bare; "": none.
    Q_PROPERTY(QString jid READ jid WRITE setJid NOTIFY jidChanged)
    /// False while it is looked up, and if there is no such thing.
    Q_PROPERTY(bool found READ isFound NOTIFY changed)
    Q_PROPERTY(QString name READ name NOTIFY changed)
    /// "thing", "concentrator", "service" or "user".
    Q_PROPERTY(QString kind READ kind NOTIFY changed)
    Q_PROPERTY(QString owner READ owner NOTIFY changed)
    Q_PROPERTY(QStringList tags READ tags NOTIFY changed)
    Q_PROPERTY(QStringList roles READ roles NOTIFY changed)
    Q_PROPERTY(QString comment READ comment NOTIFY changed)
    /// The server added it on its own, because it asked or was asked about.
    Q_PROPERTY(bool noted READ noted NOTIFY changed)
    Q_PROPERTY(bool online READ online NOTIFY changed)
    /// Invalid: never.
    Q_PROPERTY(QDateTime lastAsked READ lastAsked NOTIFY changed)
    Q_PROPERTY(QDateTime lastSeen READ lastSeen NOTIFY changed)
    Q_PROPERTY(int friendCount READ friendCount NOTIFY changed)
    /// Access rules that can involve it.
    Q_PROPERTY(int ruleCount READ ruleCount NOTIFY changed)
    /// Refused everything and everyone until it is released.
    Q_PROPERTY(bool contained READ isContained NOTIFY changed)
    /// clearCache messages not yet acknowledged.
    Q_PROPERTY(int waitingCount READ waitingCount NOTIFY changed)
    Q_PROPERTY(QList<castellan::presentation::NodeInfo> nodes READ nodes NOTIFY changed)

public:
    explicit ThingDetails(QObject *parent = nullptr);

    [[nodiscard]] QString jid() const { return m_jid; }
    void setJid(const QString &jid);
    [[nodiscard]] bool isFound() const { return m_found; }
    [[nodiscard]] QString name() const { return m_portrait.thing.name; }
    [[nodiscard]] QString kind() const;
    [[nodiscard]] QString owner() const { return m_portrait.thing.owner; }
    [[nodiscard]] QStringList tags() const { return m_portrait.thing.tags; }
    [[nodiscard]] QStringList roles() const { return m_portrait.thing.roles; }
    [[nodiscard]] QString comment() const { return m_portrait.thing.comment; }
    [[nodiscard]] bool noted() const { return m_portrait.thing.noted; }
    [[nodiscard]] bool online() const { return m_portrait.row.online; }
    [[nodiscard]] QDateTime lastAsked() const { return m_portrait.row.lastAsked; }
    [[nodiscard]] QDateTime lastSeen() const { return m_portrait.row.lastSeen; }
    [[nodiscard]] int friendCount() const { return m_portrait.row.friends; }
    [[nodiscard]] int ruleCount() const { return m_portrait.rules; }
    [[nodiscard]] bool isContained() const { return m_portrait.contained; }
    [[nodiscard]] int waitingCount() const { return m_portrait.row.waiting; }
    [[nodiscard]] QList<NodeInfo> nodes() const;

    /// QML finds the session of its engine on its own.
    void setSession(Session *session);
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void jidChanged();
    void changed();

private:
    void follow();
    void read();
    void take(bool found, const replica::ThingPortrait &portrait);

    QPointer<Session> m_session;
    QString m_jid;
    bool m_found = false;
    replica::ThingPortrait m_portrait;
    quint64 m_generation = 0;
};

} // namespace castellan::presentation
