// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "things/answercache.h"
#include "things/connection.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <functional>
#include <optional>

namespace castellan::things {

class StateStore;

/// A thing's side of XEP-0324: finds the provisioning server, asks it, remembers what it said until it
/// says otherwise.
class ProvisioningClient : public QObject
{
    Q_OBJECT
public:
    struct Settings
    {
        /// Bare JID of the server. Empty: look for it among the services of our own domain (§3.1.2).
        Jid server;
        AnswerCache::Limits cache;
    };

    ProvisioningClient(Connection &connection, StateStore &store, const Settings &settings,
                       QObject *parent = nullptr);

    /// Takes up what was remembered before the last restart.
    void restore(const QString &server, const QList<AnswerCache::Entry> &answers);

    /// Bare; empty until found.
    [[nodiscard]] const Jid &server() const { return m_server; }
    /// Whether \a from, bare or full, is the provisioning server: nobody else may tell us what to do.
    [[nodiscard]] bool isServer(const Jid &from) const;
    /// A server with a local part is an account: it takes friendship to talk to it (§5.1), and its full
    /// JID is known from its presence only.
    [[nodiscard]] bool serverIsAccount() const { return !m_server.local().isEmpty(); }
    /// Can be asked now.
    [[nodiscard]] bool isAvailable() const { return !m_address.isEmpty(); }
    [[nodiscard]] const Jid &address() const { return m_address; }
    /// Where an account that is the server is to be reached; empty: nowhere.
    void setAddress(const Jid &address);

    using Reply = std::function<void(const Result<wire::Provisioning> &)>;
    enum class Memory {
        Use, ///< answer from the cache if possible, and keep what the server answers
        Bypass,
    };
    /// Asks isFriend, canRead or canControl. The answer is of the kind that fits and about the same JID.
    /// \a reply may be called before this returns.
    void ask(const wire::Provisioning &question, const Reply &reply, Memory memory = Memory::Use);

    /// §3.5.1. A failure means that the cache on disk may still hold old answers.
    [[nodiscard]] Result<void> clearCache();
    /// Drops the answers about \a jid.
    void forget(const QString &jid);
    /// Writes what has changed since the last time.
    [[nodiscard]] Result<void> save();

    [[nodiscard]] qsizetype cacheSize() const { return m_cache.size(); }
    /// Questions that went to the server since the start.
    [[nodiscard]] qint64 questionCount() const { return m_questionCount; }

Q_SIGNALS:
    /// The JID of the server is known; for an account, it may not be available yet.
    void found();
    void availableChanged();

private:
    void discover();
    void look(const Jid &candidate);
    void looked();
    void settleOn(const Jid &server);
    void reset();

    Connection &m_connection;
    StateStore &m_store;
    Jid m_wantedServer;
    Jid m_server;
    Jid m_address;
    QString m_rememberedServer; ///< whom the cached answers are from
    AnswerCache m_cache;
    quint64 m_generation = 0; ///< grows when the cache is cleared
    QHash<QByteArray, QList<Reply>> m_waiting; ///< several may wait for the answer to one question
    int m_looking = 0; ///< discovery questions on their way
    QTimer m_lookAgain;
    qint64 m_questionCount = 0;
};

} // namespace castellan::things
