// SPDX-FileCopyrightText: 2026 The Castellan developers
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLoggingCategory>

/// What the service decides and refuses.
Q_DECLARE_LOGGING_CATEGORY(lcServer)
/// How stanzas come and go.
Q_DECLARE_LOGGING_CATEGORY(lcTransport)
