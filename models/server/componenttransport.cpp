// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/componenttransport.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace castellan::server {

ComponentTransport::ComponentTransport(const Jid &domain, const QString &host, quint16 port,
                                       const QString &secret, const Timing &timing, QObject *parent)
    : StreamTransport(std::make_unique<QTcpSocket>(), domain.domain(), wire::nsComponent, timing, parent),
      m_domain(domain),
      m_server(host),
      m_port(port),
      m_secret(secret)
{ }

void ComponentTransport::onHeader(const wire::Element &header)
{
    const QString id = header.attribute("id"_L1);
    const QByteArray hash =
        QCryptographicHash::hash((id + m_secret).toUtf8(), QCryptographicHash::Sha1).toHex();
    write("<handshake>" + hash + "</handshake>");
}

void ComponentTransport::onNegotiation(const wire::Element &element)
{
    if (element.name != "handshake"_L1)
        return;
    setReady();
    Q_EMIT ready();
}

std::optional<StreamTransport::Refusal> ComponentTransport::refusalOf(const QString &condition) const
{
    const auto refusal = [&](FailureKind kind, const QString &text, bool isFinal) {
        return Refusal { { kind, text.arg(host(), m_domain.full()) }, isFinal };
    };
    if (condition == "not-authorized"_L1) {
        return refusal(FailureKind::Forbidden,
                       u"%1 does not accept the secret for the component %2. It must be the same in the XMPP "
                       "server's configuration and in the file of --secret-file."_s,
                       true);
    }
    if (condition == "host-unknown"_L1) {
        return refusal(FailureKind::ItemNotFound, u"%1 has no component %2 in its configuration."_s, true);
    }
    if (condition == "conflict"_L1) {
        return refusal(FailureKind::Conflict, u"Another component is connected to %1 as %2 already."_s,
                       false);
    }
    return {};
}

} // namespace castellan::server
