// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/operations.h"
#include "server/transport.h"

namespace castellan::server {

/// The administration interface as typed iqs of `urn:castellan:admin:0`. Lives on the service's thread.
class AdminService
{
public:
    AdminService(Operations &operations, Transport &transport);

    /// Answers \a iq, whose child \a payload is of the namespace.
    void handle(const Jid &from, const wire::Element &iq, const wire::Element &payload);

private:
    Operations &m_operations;
    Transport &m_transport;
};

} // namespace castellan::server
