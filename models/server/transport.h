// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "vocabulary/jid.h"
#include "wire/element.h"

#include <QObject>

namespace castellan::server {

/// How stanzas reach the provisioning server and leave it: embedded, component or account. Lives on the
/// service's thread. Elements carry `from` and `to`; stanza namespaces are the transport's business.
class Transport : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    virtual void start() = 0;
    virtual void stop() = 0;
    /// The JID that things talk to: a domain (embedded, component) or an account.
    [[nodiscard]] virtual Jid jid() const = 0;
    /// Hands \a stanza over; whether it arrives, an answer or an error stanza will tell. False when there
    /// is no connection and nothing was sent.
    virtual bool send(const wire::Element &stanza) = 0;
    /// So much waits to be taken by the other side that whoever can wait should, until drained() comes.
    [[nodiscard]] virtual bool isCongested() const { return false; }
    /// How many stanzas that want an answer may be on their way before more are sent.
    [[nodiscard]] virtual int window() const { return 8192; }
    /// Whether others must be on the roster before they can talk to us (XEP-0324 §5.1).
    [[nodiscard]] virtual bool needsFriendship() const { return false; }

Q_SIGNALS:
    /// Can send now. Emitted again after each reconnect.
    void ready();
    /// Cannot send until ready() comes again; the transport tries on its own.
    void lost(const castellan::Failure &why);
    /// Not congested any more.
    void drained();
    /// Will not come back without a change of configuration (wrong secret, port in use).
    void failed(const castellan::Failure &why);
    void stanzaReceived(const castellan::wire::Element &stanza);
    /// A resource came or went, as far as this transport can see it.
    void availabilityChanged(const castellan::Jid &fullJid, bool available);
};

} // namespace castellan::server
