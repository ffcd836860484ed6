// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/log.h"

Q_LOGGING_CATEGORY(lcServer, "castellan.server")
Q_LOGGING_CATEGORY(lcTransport, "castellan.server.transport")
