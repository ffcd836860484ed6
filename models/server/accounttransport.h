// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/saslclient.h"
#include "server/streamtransport.h"

#include <QDnsLookup>
#include <QSet>
#include <QSslSocket>

#include <memory>
#include <optional>

namespace castellan::server {

/// An ordinary account that things befriend (XEP-0324 §3.1.1, §5.1): every subscription request is accepted
/// and returned, and who is there is known from presence. TLS is required except to this machine itself.
///
/// Not through QXmppClient, which reads its buffer anew at every piece and builds a DOM of every stanza: one
/// stanza with ten thousand attributes kept it busy for seconds, and its socket cannot be guarded.
class AccountTransport : public StreamTransport
{
    Q_OBJECT
public:
    /// \a host empty: where the JID's domain says. Port 0: the usual one.
    AccountTransport(const Jid &account, const QString &password, const QString &host, quint16 port,
                     const Timing &timing, QObject *parent = nullptr);
    AccountTransport(const Jid &account, const QString &password, const QString &host, quint16 port,
                     QObject *parent = nullptr)
        : AccountTransport(account, password, host, port, Timing {}, parent)
    { }

    /// With the resource once connected.
    [[nodiscard]] Jid jid() const override { return isReady() ? m_jid : m_account; }
    [[nodiscard]] bool needsFriendship() const override { return true; }

protected:
    void connectToServer() override;
    void onHeader(const wire::Element &) override { }
    void onNegotiation(const wire::Element &element) override;
    void onStanza(wire::Element stanza) override;
    [[nodiscard]] qint64 unsent() const override;

private:
    AccountTransport(QSslSocket *socket, const Jid &account, const QString &password, const QString &host,
                     quint16 port, const Timing &timing, QObject *parent);

    void onServersFound();
    void onFeatures(const wire::Element &features);
    void authenticate(const wire::Element &mechanisms);
    void onChallenge(const wire::Element &challenge);
    void onSuccess(const wire::Element &success);
    void onBound(const wire::Element &iq);
    void refuseLogin(const QString &why);
    /// From our own account: the roster, and echoes of our own presence.
    void onOwn(const wire::Element &stanza);
    void onPresence(const wire::Element &presence);
    void sendPresence(const QString &type, const QString &to);

    QSslSocket &m_tls; ///< the base's socket
    Jid m_account;
    QString m_password;
    QString m_server;
    quint16 m_port;
    bool m_isLocal; ///< the server is on this machine
    QDnsLookup m_lookup;
    qsizetype m_attempt = 0; ///< which of the servers found is tried
    std::optional<SaslClient> m_login;
    bool m_isAuthenticated = false;
    Jid m_jid;
    QSet<Jid> m_there; ///< full JIDs whose presence we have
    QSet<QString> m_subscribedTo;
};

} // namespace castellan::server
