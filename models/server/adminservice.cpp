// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/adminservice.h"

#include "server/log.h"

using namespace Qt::StringLiterals;

namespace castellan::server {

namespace admin = wire::admin;

AdminService::AdminService(Operations &operations, Transport &transport)
    : m_operations(operations),
      m_transport(transport)
{ }

void AdminService::handle(const Jid &from, const wire::Element &iq, const wire::Element &payload)
{
    if (m_operations.roleOf(from) == AdminRole::None) { // not a word about what is well-formed
        m_transport.send(wire::iqError(iq, m_operations.refuse(from, payload.name)));
        return;
    }
    const auto request = admin::readRequest(payload, iq.attribute("type"_L1) == "set"_L1);
    if (!request) {
        qCWarning(lcServer, "%ls sent a bad %ls: %ls", qUtf16Printable(from.full()),
                  qUtf16Printable(payload.name), qUtf16Printable(request.error().text));
        m_transport.send(wire::iqError(iq, request.error()));
        return;
    }
    m_operations.execute(from, *request, [this, iq](const AdminReply &reply) {
        if (reply)
            m_transport.send(wire::iqResult(iq, admin::write(*reply)));
        else
            m_transport.send(wire::iqError(iq, reply.error().failure, reply.error().condition));
    });
}

} // namespace castellan::server
