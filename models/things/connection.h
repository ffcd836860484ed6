// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "vocabulary/result.h"
#include "wire/element.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <functional>

class QXmppClient;

namespace castellan::things {

/// Where the XMPP server of the fleet listens.
struct Endpoint
{
    QString host;
    quint16 port = 5222;
};

/// The resource that every thing binds: a thing that comes back after a crash takes the place of its
/// former self instead of standing beside it.
inline constexpr QLatin1StringView thingResource { "thing" };

/// One thing's stream to its XMPP server: elements out, elements in, answers brought back to who asked.
/// Kept up until close(): a lost stream is opened again after a random pause that grows up to half a
/// minute, so that a fleet does not come back all at once.
class Connection : public QObject
{
    Q_OBJECT
public:
    Connection(const Jid &jid, const QString &password, const Endpoint &endpoint, QObject *parent = nullptr);
    ~Connection() override;

    void open();
    void close();
    [[nodiscard]] bool isOpen() const { return m_open; }
    /// Our full JID.
    [[nodiscard]] const Jid &jid() const { return m_jid; }

    /// Dropped when there is no stream: whoever needs to know asks, or waits for opened().
    void send(const wire::Element &stanza);

    /// The answer of type `result`, or why there is none: the error stanza, nothing within half a minute,
    /// or the stream was lost. Called exactly once, never from within ask().
    using Reply = std::function<void(const Result<wire::Element> &)>;
    /// Sends an iq of \a type with \a payload. An empty \a to is our own account.
    void ask(QLatin1StringView type, const Jid &to, const wire::Element &payload, Reply reply);

Q_SIGNALS:
    void opened();
    void closed();
    /// The server does not take these credentials; no further attempt is made.
    void refused(const castellan::Failure &why);
    /// Everything but answers to ask().
    void stanzaReceived(const castellan::wire::Element &stanza);

private:
    void onOpened();
    void onLost(const QString &why);
    void receive(const wire::Element &stanza);
    void settle(const QString &id, const Result<wire::Element> &answer);

    struct Question
    {
        Jid to;
        Reply reply;
    };

    Jid m_jid;
    QString m_password;
    Endpoint m_endpoint;
    QXmppClient *m_client;
    QTimer m_reopen;
    bool m_wanted = false;
    bool m_open = false;
    int m_failures = 0; ///< attempts in vain since the stream was last open
    quint64 m_lastId = 0;
    QHash<QString, Question> m_questions;
};

} // namespace castellan::things
