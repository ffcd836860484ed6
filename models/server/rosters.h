// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/element.h"

#include <QHash>
#include <QMap>
#include <QSet>

#include <functional>

namespace castellan::server {

/// Rosters and presence of the accounts of one domain (RFC 6121 §2 to §4), which QXmppServer leaves to
/// others: enough for things to befriend each other. Kept in memory: after a restart things subscribe
/// anew, as they do with friends that forgot them.
class Rosters
{
public:
    /// \a isAccount: by bare JID. \a send: routes a stanza by its `to`; to a bare JID: to all its resources.
    Rosters(QString domain, std::function<bool(const QString &)> isAccount,
            std::function<void(const wire::Element &)> send);

    /// Takes what concerns rosters: roster iqs and presence. False: not for us.
    bool handle(const Jid &from, const wire::Element &stanza);
    void disconnected(const Jid &full);

private:
    struct Item
    {
        QString name;
        QStringList groups;
        bool to = false; ///< we see the contact's presence
        bool from = false; ///< the contact sees ours
        bool ask = false; ///< we have asked to
        bool listed = false; ///< in the roster, not only a subscription in the making
    };
    struct Account
    {
        QMap<QString, Item> items;
        QMap<QString, wire::Element> asking; ///< subscription requests not answered yet, by sender
        QMap<QString, wire::Element> presences; ///< full JID -> last available presence
        QSet<QString> interested; ///< full JIDs that fetched the roster
    };

    void handleRoster(const Jid &from, const wire::Element &request, const wire::Element &query);
    void handlePresence(const Jid &from, const wire::Element &presence);
    void handleSubscription(const QString &bare, const QString &peer, const wire::Element &presence);
    void broadcast(const QString &bare, const wire::Element &presence);
    void sendPresenceOf(const QString &bare, const QString &to);
    void sendUnavailable(const QString &bare, const QString &to);
    void push(const QString &bare, const QString &contact);
    [[nodiscard]] static wire::Element itemElement(const QString &contact, const Item &item);

    QString m_domain;
    std::function<bool(const QString &)> m_isAccount;
    std::function<void(const wire::Element &)> m_send;
    QHash<QString, Account> m_accounts;
    quint64 m_lastPush = 0;
};

} // namespace castellan::server
